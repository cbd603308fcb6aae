//! Pendulum: swing a rod up with a motor too weak to lift it, and keep it upright.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `angle_cos`, 1 upright | 1 | ±1 | 1 |
//! | 1 | `angle_sin`, positive towards +x | 1 | ±1 | 1 |
//! | 2 | `velocity` | rad/s | ±60 | 4 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `pivot`: torque about the pivot, towards +x | N·m | ±2 |
//!
//! Reward: `−(θ² + 0.1 ω² + 0.001 τ²)` with the angle θ from upright in (−π, π], the velocity ω after the step and the
//! torque τ of the step.
//! Termination: none. Time limit: 250 steps of 40 ms.
//! Start: the angle uniform in ±π, the velocity uniform in ±1 rad/s.
//!
//! Origin: Gymnasium's `Pendulum-v1`: a rod of 1 kg and 1 m, the same torque and reward. It differs there: gravity
//! is 9.81 m/s², a step takes 40 ms in place of 50 and is made of two leapfrog steps, the pivot damps a little instead of a
//! limit of the velocity at 8 rad/s, the rod is a capsule.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    scene::{ALONG_Y, Role, Shape},
    task::{Design, Outcome, Prop, Sensor, Task, wrapped},
    world::World,
};

const ROD: usize = 0;
const LENGTH: f32 = 1.0;
const PIVOT_HEIGHT: f32 = 1.25;

/// Behaviour of the pendulum; nothing lasts within an episode besides the physics.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pendulum;

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Pendulum>, EnvError> {
    RobotEnv::new(Pendulum, design())
}

/// A rod of 1 kg and 1 m on a hinge at its end.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("pendulum")
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let post = Shape::Cuboid { half_extents: [0.04, 0.04, PIVOT_HEIGHT / 2.0] };
    Design {
        name: "pendulum",
        robot: robot(),
        sensors: vec![
            Sensor::new("angle_cos", "1", [-1.0, 1.0], 1.0),
            Sensor::new("angle_sin", "1", [-1.0, 1.0], 1.0),
            Sensor::new("velocity", "rad/s", [-60.0, 60.0], 4.0),
        ],
        physics_dt_secs: 0.02,
        control_dt_secs: 0.04,
        time_limit_steps: 250,
        props: vec![
            Prop::fixed("post", Role::Fixture, post, [0.0, 0.16, PIVOT_HEIGHT / 2.0]),
            Prop::on_link(ROD, "pivot", Role::Joint, Shape::Cylinder { radius: 0.06, half_length: 0.12 }, [0.0; 3])
                .turned(ALONG_Y),
            Prop::on_link(ROD, "tip", Role::Effector, Shape::Sphere { radius: 0.05 }, [0.0, 0.0, LENGTH]),
        ],
        ..Design::default()
    }
}

impl Task for Pendulum {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        positions[ROD] = rng.random_range(-std::f64::consts::PI..std::f64::consts::PI);
        velocities[ROD] = rng.random_range(-1.0..1.0);
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (sin, cos) = world.joint_position(ROD).sin_cos();
        (out[0], out[1], out[2]) = (cos as f32, sin as f32, world.joint_velocity(ROD) as f32);
    }

    fn evaluate(&mut self, world: &World, command: &[f32], _design: &Design) -> Outcome {
        let (angle, velocity) = (wrapped(world.joint_position(ROD)), world.joint_velocity(ROD));
        let cost = angle * angle + 0.1 * velocity * velocity + 0.001 * f64::from(command[0]).powi(2);
        Outcome { reward: -cost, terminated: false }
    }
}
