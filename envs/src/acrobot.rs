//! Acrobot: two rods on a bar with a motor in the joint between them; swing the tip above the bar.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `shoulder_cos`, 1 hanging | 1 | ±1 | 1 |
//! | 1 | `shoulder_sin`, positive towards −x | 1 | ±1 | 1 |
//! | 2 | `elbow_cos`, 1 stretched | 1 | ±1 | 1 |
//! | 3 | `elbow_sin` | 1 | ±1 | 1 |
//! | 4 | `shoulder_velocity` | rad/s | ±60 | 4 |
//! | 5 | `elbow_velocity` | rad/s | ±120 | 8 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `elbow`: torque of the second rod against the first | N·m | ±1 |
//!
//! Reward: −1 for each step until the tip is 1 m above the bar, 0 for the step that brings it there.
//! Termination: as soon as it is there. Time limit: 1250 steps of 40 ms.
//! Start: hanging; both angles and velocities uniform in ±0.1 of their unit.
//!
//! Origin: Sutton 1996 (NIPS 8:1038) and Gymnasium's `Acrobot-v1`: rods of 1 kg and 1 m, torque of ±1 N·m. It differs
//! there: the torque is continuous, rods are uniform (inertia 1/12 in place of 1 kg·m²), joints damp a little instead of
//! limits of the velocities, a step takes 40 ms in place of 200, and is made of leapfrog steps.

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

const UPPER: usize = 0;
const LOWER: usize = 1;
const LENGTH: f32 = 1.0;
const BAR_HEIGHT: f32 = 2.4;
/// Height of the tip above the bar that is asked for, in m.
pub const GOAL_HEIGHT: f64 = 1.0;

/// Behaviour of the acrobot; nothing lasts within an episode besides the physics.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Acrobot;

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Acrobot>, EnvError> {
    RobotEnv::new(Acrobot, design())
}

/// Two rods of 1 kg and 1 m that hang on hinges, with a motor on the second.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("acrobot")
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let unit = [-1.0, 1.0];
    let bar = Shape::Cylinder { radius: 0.04, half_length: 0.3 };
    let line = Shape::Cylinder { radius: 0.01, half_length: 1.0 };
    Design {
        name: "acrobot",
        robot: robot(),
        sensors: vec![
            Sensor::new("shoulder_cos", "1", unit, 1.0),
            Sensor::new("shoulder_sin", "1", unit, 1.0),
            Sensor::new("elbow_cos", "1", unit, 1.0),
            Sensor::new("elbow_sin", "1", unit, 1.0),
            Sensor::new("shoulder_velocity", "rad/s", [-60.0, 60.0], 4.0),
            Sensor::new("elbow_velocity", "rad/s", [-120.0, 120.0], 8.0),
        ],
        physics_dt_secs: 0.0025,
        control_dt_secs: 0.04,
        time_limit_steps: 1250,
        props: vec![
            Prop::fixed("bar", Role::Fixture, bar, [0.0, 0.0, BAR_HEIGHT]).turned(ALONG_Y),
            Prop::fixed("goal", Role::Fixture, line, [0.0, 0.12, BAR_HEIGHT + GOAL_HEIGHT as f32]).turned(ALONG_X),
            Prop::on_link(LOWER, "elbow", Role::Joint, Shape::Cylinder { radius: 0.055, half_length: 0.07 }, [0.0; 3])
                .turned(ALONG_Y),
            Prop::on_link(LOWER, "tip", Role::Effector, Shape::Sphere { radius: 0.05 }, [0.0, 0.0, -LENGTH]),
        ],
        ..Design::default()
    }
}

/// Height of the tip above the bar, in m.
fn tip_height(world: &World) -> f64 {
    f64::from(world.link_point(LOWER, [0.0, 0.0, -LENGTH])[2] - BAR_HEIGHT)
}

impl Task for Acrobot {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        for value in positions.iter_mut().chain(velocities) {
            *value = rng.random_range(-0.1..0.1);
        }
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (shoulder_sin, shoulder_cos) = world.joint_position(UPPER).sin_cos();
        let (elbow_sin, elbow_cos) = world.joint_position(LOWER).sin_cos();
        let velocities = [world.joint_velocity(UPPER), world.joint_velocity(LOWER)];
        let readings = [shoulder_cos, shoulder_sin, elbow_cos, elbow_sin].into_iter().chain(velocities);
        for (out, reading) in out.iter_mut().zip(readings) {
            *out = reading as f32;
        }
    }

    fn evaluate(&mut self, world: &World, _command: &[f32], _design: &Design) -> Outcome {
        let terminated = tip_height(world) >= GOAL_HEIGHT;
        Outcome { reward: if terminated { 0.0 } else { -1.0 }, terminated }
    }
}
