//! Cart-pole swing-up: bring the hanging pole of a cart upright and keep it there, on a rail with ends.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `cart_position` | m | ±2.6 | 1 |
//! | 1 | `pole_cos`, 1 upright | 1 | ±1 | 1 |
//! | 2 | `pole_sin`, positive towards +x | 1 | ±1 | 1 |
//! | 3 | `cart_velocity` | m/s | ±20 | 1 |
//! | 4 | `pole_velocity` | rad/s | ±80 | 5 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `push`: force on the cart along +x | N | ±10 |
//!
//! Reward: `(1 + cos θ)/2 · (1 − (x/2.4)²)`, with the angle θ of the pole from upright and the position x of the cart: 1
//! where it stands in the middle, 0 where it hangs or the cart is at an end of the rail.
//! Termination: none; the rail ends at ±2.4 m. Time limit: 500 steps of 20 ms.
//! Start: hanging; position and angle uniform within ±0.05 of that, velocities within ±0.05.
//!
//! Origin: the plant of [`cartpole`] with ends of the rail; the task of `cartpole-swingup` of the
//! DeepMind control suite (Tassa et al. 2018, arXiv:1801.00690). It differs there: the plant, and a reward without
//! terms of force and velocity.

use std::f64::consts::PI;

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    cartpole::{self, MAX_CART_POSITION},
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    task::{Design, Outcome, Sensor, Task},
    world::World,
};

const CART: usize = 0;
const POLE: usize = 1;

/// Behaviour of the swing-up; nothing lasts within an episode besides the physics.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CartpoleSwingup;

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<CartpoleSwingup>, EnvError> {
    RobotEnv::new(CartpoleSwingup, design())
}

/// The cart-pole, with ends of the rail.
#[must_use]
pub fn robot() -> RobotSpec {
    let mut robot = cartpole::robot();
    robot.links[CART].joint.limits = Some([-MAX_CART_POSITION, MAX_CART_POSITION]);
    robot
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    Design {
        name: "cartpole-swingup",
        robot: robot(),
        sensors: vec![
            Sensor::new("cart_position", "m", [-2.6, 2.6], 1.0),
            Sensor::new("pole_cos", "1", [-1.0, 1.0], 1.0),
            Sensor::new("pole_sin", "1", [-1.0, 1.0], 1.0),
            Sensor::new("cart_velocity", "m/s", [-20.0, 20.0], 1.0),
            Sensor::new("pole_velocity", "rad/s", [-80.0, 80.0], 5.0),
        ],
        ..cartpole::design()
    }
}

impl Task for CartpoleSwingup {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        for value in positions.iter_mut().chain(velocities) {
            *value = rng.random_range(-0.05..0.05);
        }
        positions[POLE] += PI;
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (sin, cos) = world.joint_position(POLE).sin_cos();
        out[0] = world.joint_position(CART) as f32;
        (out[1], out[2]) = (cos as f32, sin as f32);
        out[3] = world.joint_velocity(CART) as f32;
        out[4] = world.joint_velocity(POLE) as f32;
    }

    fn evaluate(&mut self, world: &World, _command: &[f32], _design: &Design) -> Outcome {
        let share_of_rail = (world.joint_position(CART) / MAX_CART_POSITION).abs().min(1.0);
        let upright = 0.5 * (1.0 + world.joint_position(POLE).cos());
        Outcome { reward: upright * (1.0 - share_of_rail * share_of_rail), terminated: false }
    }
}
