//! Robot tasks: simulated robots in closed loop, usable by any agent.
//!
//! Rapier has the shapes, finds what touches and moves the links with the joints; the step of the physics and the forces of
//! contacts, stops and dry friction are ours (`world/advance.rs`).
//!
//! - [`Env`] is the contract; [`make`] builds a task by name, [`make_with`] one for any robot.
//! - [`Params`] are the physical parameters that can change while a robot lives; [`perturbation`] changes them on a schedule.
//! - [`robot_file`] reads robots from MJCF and URDF files.
//! - [`Scene`] says what there is to draw; nothing here draws.
//!
//! The crate knows no brain: actions and observations are plain numbers in SI units.
//! It does no input or output and reads no clock; seeds and buffers are arguments.

pub mod acrobot;
pub mod ant;
mod any_robot;
pub mod arm7;
pub mod arm_push;
pub mod arm_reach;
pub mod assets;
pub mod books;
pub mod cartpole;
pub mod cartpole_swingup;
pub mod env;
pub mod forage;
pub mod half_cheetah;
pub mod hopper;
mod late;
pub mod locomotion;
mod motors;
pub mod nearest;
pub mod params;
pub mod pendulum;
pub mod perturbation;
pub mod positions;
pub mod quadruped;
pub mod reach;
pub mod reacher;
pub mod registry;
pub mod robot;
pub mod robot_env;
pub mod robot_file;
pub mod scene;
mod seal;
mod sensors;
pub mod set_shift;
mod streams;
pub mod task;
pub mod testing;
pub mod walk;
pub mod walker;
pub mod water_maze;
pub mod world;
pub mod worlds;

pub use books::Books;
pub use env::{Channel, Env, EnvError, EnvSpec, Fault, Step};
pub use params::{Param, Params};
pub use perturbation::{Change, ChangeSchedule, PresetCall};
pub use positions::PositionsOnly;
pub use registry::{RobotTaskEntry, TaskEntry, make, make_with, robot_tasks, tasks};
pub use robot::RobotSpec;
pub use robot_env::RobotEnv;
pub use scene::{Role, Scene, SceneItem, Shape};
pub use task::Task;
pub use worlds::Worlds;
