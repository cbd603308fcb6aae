//! Arm-push: push a puck over a table to a goal, with the gripper of an arm of seven joints.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 … 6 | `shoulder_yaw`, `shoulder_pitch`, `shoulder_roll`, `elbow`, `forearm_roll`, `wrist`, `hand_roll` | rad | limits of the joint and 0.6 | 1 |
//! | 7 … 13 | the same with `_velocity` | rad/s | ±80 | 3 |
//! | 14, 15 | `gripper_x`, `gripper_y`: from the shoulder | m | ±0.84 | 0.5 |
//! | 16 | `gripper_z`: from the table | m | −0.5 to 1.3 | 0.5 |
//! | 17, 18 | `puck_x`, `puck_y`: from the shoulder | m | 0.2 to 0.9, ±0.45 | 0.2 |
//! | 19, 20 | `puck_velocity_x`, `puck_velocity_y` | m/s | ±20 | 0.5 |
//! | 21, 22 | `target_x`, `target_y`: the goal, from the shoulder | m | 0.2 to 0.9, ±0.45 | 0.2 |
//! | 23, 24 | `error_x`, `error_y`: puck minus goal | m | ±0.7, ±0.9 | 0.2 |
//! | 25 … 27 | `reach_x`, `reach_y`, `reach_z`: gripper minus puck | m | −1.74 to 0.64, ±1.29, −0.5 to 1.3 | 0.2 |
//!
//! Actions: those of [`arm_reach`](crate::arm_reach), torques of the seven joints.
//!
//! Reward of a step: −d − 0.5 r − 0.05 · mean((torque / limit)²), with d the distance from puck to goal and r that from
//! gripper to puck in m after it. A puck within 5 cm ([`AT_GOAL`]) of the goal counts as brought there.
//! Termination: none. Time limit: 250 steps of 20 ms.
//! Start: the arm at rest over the table, each joint uniform within 0.1 rad of a posture with the hand pointing down; the
//! puck uniform in 10 by 24 cm before it, still sliding at up to 0.2 m/s along each axis, as it was set down; the goal 10 to
//! 18 cm away from it, uniform within 120° of straight ahead.
//! Parameters of its own: `target_shift_x`, `target_shift_y`, how far the goal of every episode is moved.
//!
//! The puck moves on two slides with dry friction: it stays flat on the table, does not turn, and stops at the edges.
//! Hand and forearm touch table and puck; the links of the arm do not touch each other.
//!
//! Origin: Gymnasium's `Pusher-v5`, which has such a puck and the shape of this reward, and `FetchPush` (Plappert et al.
//! 2018, arXiv:1802.09464), which has such starts and the 5 cm. It differs from both: an arm of human size under gravity that is
//! commanded torques, contacts that give back no more than they took, and Coulomb's friction.

use std::f64::consts::FRAC_PI_3;

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    arm_reach::{joint_props, joint_sensors, observe_joints},
    arm7::{self, GRIPPER, N_JOINTS, REACH},
    env::EnvError,
    robot::{JointKind, JointSpec, LinkSpec, RobotSpec, ShapeSpec},
    robot_env::RobotEnv,
    scene::{Role, Shape},
    task::{Design, Outcome, OwnParam, Prop, Sensor, TARGET_SHIFTS, Task, mean_effort},
    world::World,
};

/// Height of the top of the table, in m.
pub const TABLE_HEIGHT: f64 = 0.45;
/// Radius of the puck, in m.
pub const PUCK_RADIUS: f64 = 0.04;
/// Distance from the goal at which the puck counts as there, in m.
pub const AT_GOAL: f64 = 0.05;

const PUCK_MASS_KG: f64 = 0.3;
/// Dry friction along each axis, in N.
const PUCK_FRICTION: f64 = 0.6;
const PUCK_HALF_HEIGHT: f64 = 0.025;
/// Room between puck and table, in m: what holds it up are its slides.
const GAP: f64 = 0.002;
/// Smallest and largest x and y of the table, in m.
const TABLE: [[f64; 2]; 2] = [[0.2, 0.9], [-0.45, 0.45]];
const TABLE_THICKNESS: f64 = 0.04;
/// Smallest and largest x and y of the puck at the start, in m.
const PUCK_START: [[f64; 2]; 2] = [[0.4, 0.5], [-0.12, 0.12]];
/// Largest velocity of the puck at the start along each axis, in m/s.
const PUCK_SPEED: f64 = 0.2;
/// Smallest and largest distance of the goal from the puck at the start, in m.
const GOAL_DISTANCES: [f64; 2] = [0.1, 0.18];
/// Largest angle of the way to the goal to either side of straight ahead, in rad.
const GOAL_ANGLE: f64 = 2.0 * FRAC_PI_3;
const START_SPREAD: f64 = 0.1;
const NEARNESS: f64 = 0.5;
const EFFORT_COST: f64 = 0.05;
/// Friction of hand, forearm, puck and table where they touch.
const CONTACT_FRICTION: f64 = 0.4;
/// Posture of the arm with the tip 12 cm above the table and the hand pointing down.
const HOME: [f64; N_JOINTS] = [0.0, -1.3, 0.0, 1.83, 0.0, -1.7, 0.0];

/// The slides of the puck, as joints of the robot.
const PUCK_X: usize = N_JOINTS;
const PUCK_Y: usize = N_JOINTS + 1;
const GRIPPER_SITE: usize = 0;

/// Behaviour of the task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ArmPush {
    /// Goal of the episode before it is moved, in m.
    goal: [f64; 2],
    /// How far it is moved, in m.
    shift: [f64; 2],
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<ArmPush>, EnvError> {
    RobotEnv::new(ArmPush::default(), design())
}

/// The arm, a table and a puck of 0.3 kg on it.
#[must_use]
pub fn robot() -> RobotSpec {
    let mut robot = arm7::robot();
    robot.name = "arm7-and-puck".into();
    for link in robot.links.iter_mut().filter(|link| ["forearm", "hand"].contains(&link.name.as_str())) {
        link.shapes.iter_mut().for_each(|shape| shape.contact_friction = Some(CONTACT_FRICTION));
    }
    let [x, y] = TABLE;
    let half = |[low, high]: [f64; 2]| (0.5 * (high - low)) as f32;
    let middle = |[low, high]: [f64; 2]| f64::midpoint(low, high);
    let top = Shape::Cuboid { half_extents: [half(x), half(y), (0.5 * TABLE_THICKNESS) as f32] };
    robot.base.push(ShapeSpec {
        translation: [middle(x), middle(y), TABLE_HEIGHT - 0.5 * TABLE_THICKNESS],
        contact_friction: Some(CONTACT_FRICTION),
        ..ShapeSpec::new(top)
    });
    robot.links.extend(puck());
    robot.home = Some(HOME.into_iter().chain([middle(PUCK_START[0]), middle(PUCK_START[1])]).collect());
    robot
}

/// A puck on a slide along y, on a slide along x.
fn puck() -> [LinkSpec; 2] {
    let slide = |name: &str, axis: [f64; 3], [low, high]: [f64; 2]| JointSpec {
        limits: Some([low + PUCK_RADIUS, high - PUCK_RADIUS]),
        friction: PUCK_FRICTION,
        ..JointSpec::new(name, JointKind::Slide, axis)
    };
    let height = TABLE_HEIGHT + GAP + PUCK_HALF_HEIGHT;
    let along_x = JointSpec { anchor: [0.0, 0.0, height], ..slide("puck_x", [1.0, 0.0, 0.0], TABLE[0]) };
    let carriage = LinkSpec {
        name: "puck_carriage".into(),
        parent: None,
        joint: along_x,
        shapes: Vec::new(),
        mass_kg: 0.0,
        inertia: None,
    };
    let disc = Shape::Cylinder { radius: PUCK_RADIUS as f32, half_length: PUCK_HALF_HEIGHT as f32 };
    let puck = LinkSpec {
        name: "puck".into(),
        parent: Some(carriage.name.clone()),
        joint: slide("puck_y", [0.0, 1.0, 0.0], TABLE[1]),
        shapes: vec![ShapeSpec { contact_friction: Some(CONTACT_FRICTION), ..ShapeSpec::new(disc) }],
        mass_kg: PUCK_MASS_KG,
        inertia: None,
    };
    [carriage, puck]
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let robot = robot();
    let reach = REACH as f32 + 0.01;
    let [x, y] = TABLE.map(|range| range.map(|bound| bound as f32));
    let z = [-0.5, 1.3];
    let across = |[low, high]: [f32; 2]| [low - high, high - low];
    let from_table = |[low, high]: [f32; 2]| [-reach - high, reach - low];
    let mut sensors = joint_sensors(&robot);
    let channels = [
        ("gripper_x", "m", [-reach, reach], 0.5),
        ("gripper_y", "m", [-reach, reach], 0.5),
        ("gripper_z", "m", z, 0.5),
        ("puck_x", "m", x, 0.2),
        ("puck_y", "m", y, 0.2),
        ("puck_velocity_x", "m/s", [-20.0, 20.0], 0.5),
        ("puck_velocity_y", "m/s", [-20.0, 20.0], 0.5),
        ("target_x", "m", x, 0.2),
        ("target_y", "m", y, 0.2),
        ("error_x", "m", across(x), 0.2),
        ("error_y", "m", across(y), 0.2),
        ("reach_x", "m", from_table(x), 0.2),
        ("reach_y", "m", from_table(y), 0.2),
        ("reach_z", "m", z, 0.2),
    ];
    sensors.extend(channels.map(|(name, unit, range, scale)| Sensor::new(name, unit, range, scale)));
    let mut props = joint_props(&robot);
    let goal = Shape::Cylinder { radius: AT_GOAL as f32, half_length: 0.001 };
    props.push(Prop::fixed("goal", Role::Target, goal, [0.0; 3]));
    Design {
        name: "arm-push",
        robot,
        sensors,
        physics_dt_secs: 0.0025,
        control_dt_secs: 0.02,
        time_limit_steps: 250,
        hand: Some(GRIPPER.into()),
        props,
        ..Design::default()
    }
}

/// Where things are, in m.
struct Places {
    /// From the shoulder along x and y, from the table along z.
    gripper: [f64; 3],
    puck: [f64; 2],
    goal: [f64; 2],
}

impl Places {
    /// From the goal to the puck.
    fn error(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.puck[axis] - self.goal[axis])
    }

    /// From the middle of the puck to the gripper.
    fn reach(&self) -> [f64; 3] {
        let [x, y, z] = self.gripper;
        [x - self.puck[0], y - self.puck[1], z - GAP - PUCK_HALF_HEIGHT]
    }
}

impl ArmPush {
    fn goal(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.goal[axis] + self.shift[axis])
    }

    fn places(&self, world: &World) -> Places {
        let [x, y, z] = world.site_pose(GRIPPER_SITE).translation.map(f64::from);
        Places {
            gripper: [x, y, z - TABLE_HEIGHT],
            puck: [PUCK_X, PUCK_Y].map(|joint| world.joint_position(joint)),
            goal: self.goal(),
        }
    }
}

impl Task for ArmPush {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        for position in &mut positions[..N_JOINTS] {
            *position += rng.random_range(-START_SPREAD..START_SPREAD);
        }
        for (joint, [low, high]) in [PUCK_X, PUCK_Y].into_iter().zip(PUCK_START) {
            positions[joint] = rng.random_range(low..high);
            velocities[joint] = rng.random_range(-PUCK_SPEED..PUCK_SPEED);
        }
        let [nearest, farthest] = GOAL_DISTANCES;
        let distance = rng.random_range(nearest..farthest);
        let (sin, cos) = rng.random_range(-GOAL_ANGLE..GOAL_ANGLE).sin_cos();
        self.goal = [positions[PUCK_X] + distance * cos, positions[PUCK_Y] + distance * sin];
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        observe_joints(world, out);
        let places = self.places(world);
        let ([gripper_x, gripper_y, gripper_z], [reach_x, reach_y, reach_z]) = (places.gripper, places.reach());
        let ([puck_x, puck_y], [goal_x, goal_y], [error_x, error_y]) = (places.puck, places.goal, places.error());
        let readings = [
            gripper_x,
            gripper_y,
            gripper_z,
            puck_x,
            puck_y,
            world.joint_velocity(PUCK_X),
            world.joint_velocity(PUCK_Y),
            goal_x,
            goal_y,
            error_x,
            error_y,
            reach_x,
            reach_y,
            reach_z,
        ];
        for (out, reading) in out[2 * N_JOINTS..].iter_mut().zip(readings) {
            *out = reading as f32;
        }
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let places = self.places(world);
        let ([error_x, error_y], [reach_x, reach_y, reach_z]) = (places.error(), places.reach());
        let distance = error_x.hypot(error_y);
        let to_puck = reach_x.hypot(reach_y).hypot(reach_z);
        let effort = mean_effort(command, &design.robot);
        Outcome { reward: -distance - NEARNESS * to_puck - EFFORT_COST * effort, terminated: false }
    }

    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        let [x, y] = self.goal();
        Some([x as f32, y as f32, TABLE_HEIGHT as f32])
    }

    fn own_params() -> Vec<OwnParam> {
        TARGET_SHIFTS[..2].to_vec()
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        self.shift[own_idx] = value;
    }

    fn is_valid(&self) -> bool {
        self.goal.iter().chain(&self.shift).all(|x| x.is_finite())
    }
}
