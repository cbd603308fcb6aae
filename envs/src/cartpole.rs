//! Cart-pole: keep a pole upright on a cart that is pushed along a rail.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `cart_position` | m | ±2.6 | 1 |
//! | 1 | `pole_angle`, 0 upright, positive towards +x | rad | ±0.3 | 0.1 |
//! | 2 | `cart_velocity` | m/s | ±10 | 1 |
//! | 3 | `pole_velocity` | rad/s | ±5 | 1 |
//!
//! The ranges hold until the end of an episode in the unchanged world.
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `push`: force on the cart along +x | N | ±10 |
//!
//! Reward: 1 for each step after which |pole angle| ≤ 0.2 rad and |cart position| ≤ 2.4 m, else 0.
//! Termination: as soon as one of the two is exceeded. Time limit: 500 steps of 20 ms.
//! Start: all four quantities uniform within ±0.05 of their unit.
//!
//! Origin: Barto, Sutton and Anderson 1983 (doi 10.1109/TSMC.1983.6313077), with the masses of Gymnasium's
//! `CartPole-v1`. It differs there: the force is continuous, the pole may lean by 0.2 rad in place of 0.2095, the step
//! that ends an episode is worth nothing, the pole is a capsule, joints have some dry friction, leapfrog steps.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    scene::{ALONG_X, ALONG_Y, Role, Shape},
    task::{Design, Outcome, Prop, Sensor, Task},
    world::World,
};

/// Largest angle of the pole from upright, in rad.
pub const MAX_POLE_ANGLE: f64 = 0.2;
/// Largest distance of the cart from the middle of the rail, in m.
pub const MAX_CART_POSITION: f64 = 2.4;

const CART: usize = 0;
const POLE: usize = 1;
const RAIL_HEIGHT: f32 = 0.6;

/// Behaviour of the cart-pole; nothing lasts within an episode besides the physics.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cartpole;

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Cartpole>, EnvError> {
    RobotEnv::new(Cartpole, design())
}

/// A cart of 1 kg on a slide and a pole of 0.1 kg and 1 m on a hinge.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("cartpole")
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let rail = Shape::Cylinder { radius: 0.03, half_length: MAX_CART_POSITION as f32 + 0.2 };
    let post = Shape::Cuboid { half_extents: [0.04, 0.1, RAIL_HEIGHT / 2.0] };
    let post_x = MAX_CART_POSITION as f32 + 0.24;
    Design {
        name: "cartpole",
        robot: robot(),
        sensors: vec![
            Sensor::new("cart_position", "m", [-2.6, 2.6], 1.0),
            Sensor::new("pole_angle", "rad", [-0.3, 0.3], 0.1),
            Sensor::new("cart_velocity", "m/s", [-10.0, 10.0], 1.0),
            Sensor::new("pole_velocity", "rad/s", [-5.0, 5.0], 1.0),
        ],
        physics_dt_secs: 0.01,
        control_dt_secs: 0.02,
        time_limit_steps: 500,
        props: vec![
            Prop::fixed("rail", Role::Fixture, rail, [0.0, 0.0, RAIL_HEIGHT]).turned(ALONG_X),
            Prop::fixed("left post", Role::Fixture, post, [-post_x, 0.0, RAIL_HEIGHT / 2.0]),
            Prop::fixed("right post", Role::Fixture, post, [post_x, 0.0, RAIL_HEIGHT / 2.0]),
            Prop::on_link(CART, "hinge", Role::Joint, Shape::Cylinder { radius: 0.05, half_length: 0.14 }, [0.0; 3])
                .turned(ALONG_Y),
        ],
        ..Design::default()
    }
}

impl Task for Cartpole {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        for value in positions.iter_mut().chain(velocities) {
            *value = rng.random_range(-0.05..0.05);
        }
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        out[0] = world.joint_position(CART) as f32;
        out[1] = world.joint_position(POLE) as f32;
        out[2] = world.joint_velocity(CART) as f32;
        out[3] = world.joint_velocity(POLE) as f32;
    }

    fn evaluate(&mut self, world: &World, _command: &[f32], _design: &Design) -> Outcome {
        let upright = world.joint_position(POLE).abs() <= MAX_POLE_ANGLE;
        let on_the_rail = world.joint_position(CART).abs() <= MAX_CART_POSITION;
        let holds = upright && on_the_rail;
        Outcome { reward: f64::from(u8::from(holds)), terminated: !holds }
    }
}
