//! Reacher: bring the tip of a two-joint arm to a target on a table and hold it there.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0, 1 | `shoulder_cos`, `shoulder_sin` | 1 | ±1 | 1 |
//! | 2, 3 | `elbow_cos`, `elbow_sin` | 1 | ±1 | 1 |
//! | 4 | `target_x` | m | 0 to 0.85 | 0.5 |
//! | 5 | `target_y` | m | ±0.85 | 0.5 |
//! | 6 | `shoulder_velocity` | rad/s | ±35 | 5 |
//! | 7 | `elbow_velocity` | rad/s | ±80 | 5 |
//! | 8, 9 | `error_x`, `error_y`: fingertip minus target | m | ±1.75 | 0.5 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `shoulder`: torque about the vertical | N·m | ±6 |
//! | 1 | `elbow`: torque about the vertical | N·m | ±2.5 |
//!
//! Reward of a step: −d − 0.05 · mean((torque / limit)²), with d the distance from fingertip to target in m after it.
//! Termination: none. Time limit: 100 steps of 20 ms.
//! Start: at rest, shoulder uniform within ±90° of straight ahead, elbow uniform within ±2.2 rad; target uniform by area
//! in the half ring before the robot, between 0.3 and 0.85 m from the shoulder.
//! Parameters of its own: `cursor_rotation`, by which the fingertip that is observed in the error and rewarded is turned
//! about the shoulder against the true one, as a cursor is against the hand (Krakauer et al. 2000, J Neurosci 20:8916);
//! `target_shift_x`, `target_shift_y`, how far the target of every episode is moved.
//!
//! Origin: Gymnasium's `Reacher-v5`. It differs there: links of human size (0.5 and 0.4 m), an elbow with stops,
//! torques that make a reach last about half a second, targets before the robot that it can reach, and leapfrog steps of 5 ms.

use std::f64::consts::FRAC_PI_2;

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    scene::{Role, Shape},
    task::{CURSOR_ROTATION, Design, Outcome, OwnParam, Prop, Sensor, TARGET_SHIFTS, Task, mean_effort, turned},
    world::World,
};

/// Half of the angle in which arms start and targets lie: the half plane before the robot.
const FRONT: f64 = FRAC_PI_2;
/// Distance from shoulder to elbow, in m.
pub const UPPER_ARM_LENGTH: f64 = 0.5;
/// Distance from elbow to fingertip, in m.
pub const FOREARM_LENGTH: f64 = 0.4;
/// Smallest and largest distance of the target from the shoulder, in m.
pub const TARGET_RADII: [f64; 2] = [0.3, 0.85];

const SHOULDER: usize = 0;
const ELBOW: usize = 1;
const FINGERTIP: usize = 0;
const ARM_HEIGHT: f32 = 0.14;
const EFFORT_COST: f64 = 0.05;
const MAX_START_ELBOW: f64 = 2.2;

/// Behaviour of the reacher.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reacher {
    /// Target of the episode in the plane of the arm before it is moved, in m.
    target: [f64; 2],
    /// How far it is moved, in m.
    target_shift: [f64; 2],
    /// Turn of the cursor against the hand, in rad.
    cursor_rotation: f64,
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Reacher>, EnvError> {
    RobotEnv::new(Reacher::default(), design())
}

/// Two links in a horizontal plane on hinges about the vertical.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("reacher")
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let unit = [-1.0, 1.0];
    let farthest = TARGET_RADII[1] as f32;
    let reach = (UPPER_ARM_LENGTH + FOREARM_LENGTH + TARGET_RADII[1]) as f32;
    let pedestal_half_length = ARM_HEIGHT / 2.0;
    let bearing = |radius, half_length| Shape::Cylinder { radius, half_length };
    Design {
        name: "reacher",
        robot: robot(),
        sensors: vec![
            Sensor::new("shoulder_cos", "1", unit, 1.0),
            Sensor::new("shoulder_sin", "1", unit, 1.0),
            Sensor::new("elbow_cos", "1", unit, 1.0),
            Sensor::new("elbow_sin", "1", unit, 1.0),
            Sensor::new("target_x", "m", [0.0, farthest], 0.5),
            Sensor::new("target_y", "m", [-farthest, farthest], 0.5),
            Sensor::new("shoulder_velocity", "rad/s", [-35.0, 35.0], 5.0),
            Sensor::new("elbow_velocity", "rad/s", [-80.0, 80.0], 5.0),
            Sensor::new("error_x", "m", [-reach, reach], 0.5),
            Sensor::new("error_y", "m", [-reach, reach], 0.5),
        ],
        physics_dt_secs: 0.0025,
        control_dt_secs: 0.02,
        time_limit_steps: 100,
        hand: Some("fingertip".into()),
        is_horizontal: true,
        props: vec![
            Prop::fixed("table", Role::Fixture, bearing(1.1, 0.02), [0.0, 0.0, -0.02]),
            Prop::fixed(
                "pedestal",
                Role::Fixture,
                bearing(0.07, pedestal_half_length),
                [0.0, 0.0, pedestal_half_length],
            ),
            Prop::on_link(SHOULDER, "shoulder", Role::Joint, bearing(0.05, 0.05), [0.0; 3]),
            Prop::on_link(ELBOW, "elbow", Role::Joint, bearing(0.042, 0.045), [0.0; 3]),
            Prop::on_link(ELBOW, "fingertip", Role::Effector, Shape::Sphere { radius: 0.035 }, fingertip_in_forearm()),
            Prop::fixed("target", Role::Target, Shape::Sphere { radius: 0.04 }, [0.0, 0.0, ARM_HEIGHT]),
        ],
        ..Design::default()
    }
}

impl Reacher {
    /// Target of the episode in the plane of the arm, in m.
    #[must_use]
    pub fn target_xy(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.target[axis] + self.target_shift[axis])
    }

    /// From the target to the cursor, which is the fingertip unless it is turned, in m.
    fn error(&self, world: &World) -> [f64; 2] {
        let fingertip = world.site_pose(FINGERTIP).translation;
        let (cursor, target) = (turned([fingertip[0], fingertip[1]], self.cursor_rotation), self.target_xy());
        [0, 1].map(|axis| cursor[axis] - target[axis])
    }
}

impl Task for Reacher {
    fn start(&mut self, _body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        positions[SHOULDER] = rng.random_range(-FRONT..FRONT);
        positions[ELBOW] = rng.random_range(-MAX_START_ELBOW..MAX_START_ELBOW);
        let [nearest, farthest] = TARGET_RADII;
        let radius = rng.random_range(nearest * nearest..farthest * farthest).sqrt();
        let (sin, cos) = rng.random_range(-FRONT..FRONT).sin_cos();
        self.target = [radius * cos, radius * sin];
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (shoulder_sin, shoulder_cos) = world.joint_position(SHOULDER).sin_cos();
        let (elbow_sin, elbow_cos) = world.joint_position(ELBOW).sin_cos();
        let ([target_x, target_y], [error_x, error_y]) = (self.target_xy(), self.error(world));
        let readings = [
            shoulder_cos,
            shoulder_sin,
            elbow_cos,
            elbow_sin,
            target_x,
            target_y,
            world.joint_velocity(SHOULDER),
            world.joint_velocity(ELBOW),
            error_x,
            error_y,
        ];
        for (out, reading) in out.iter_mut().zip(readings) {
            *out = reading as f32;
        }
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let [error_x, error_y] = self.error(world);
        let effort = mean_effort(command, &design.robot);
        Outcome { reward: -error_x.hypot(error_y) - EFFORT_COST * effort, terminated: false }
    }

    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        let [x, y] = self.target_xy();
        Some([x as f32, y as f32, ARM_HEIGHT])
    }

    fn own_params() -> Vec<OwnParam> {
        [vec![CURSOR_ROTATION], TARGET_SHIFTS[..2].to_vec()].concat()
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        match own_idx {
            0 => self.cursor_rotation = value,
            axis => self.target_shift[axis - 1] = value,
        }
    }

    fn is_valid(&self) -> bool {
        self.target.iter().chain(&self.target_shift).all(|x| x.is_finite()) && self.cursor_rotation.is_finite()
    }
}

fn fingertip_in_forearm() -> [f32; 3] {
    [FOREARM_LENGTH as f32, 0.0, 0.0]
}
