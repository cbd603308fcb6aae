//! Arm-reach: bring the gripper of an arm of seven joints to a target in space and hold it there, against gravity.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 … 6 | `shoulder_yaw`, `shoulder_pitch`, `shoulder_roll`, `elbow`, `forearm_roll`, `wrist`, `hand_roll` | rad | limits of the joint and 0.6 | 1 |
//! | 7 … 13 | the same with `_velocity` | rad/s | ±80 | 3 |
//! | 14 … 16 | `gripper_x`, `gripper_y`, `gripper_z`: from the shoulder | m | ±0.84 | 0.5 |
//! | 17 … 19 | `target_x`, `target_y`, `target_z`: from the shoulder | m | −0.7 to 0.7 | 0.5 |
//! | 20 … 22 | `error_x`, `error_y`, `error_z`: gripper minus target | m | ±1.54 | 0.5 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0, 1 | `shoulder_yaw`, `shoulder_pitch`: torque | N·m | ±30, ±40 |
//! | 2, 3 | `shoulder_roll`, `elbow` | N·m | ±25 |
//! | 4, 5 | `forearm_roll`, `wrist` | N·m | ±8 |
//! | 6 | `hand_roll` | N·m | ±4 |
//!
//! Reward of a step: −d − 0.05 · mean((torque / limit)²), with d the distance from gripper to target in m after it.
//! Termination: none. Time limit: 150 steps of 20 ms.
//! Start: at rest, each joint uniform within 0.4 rad of the posture of the robot's description; target uniform by volume
//! in a part of a shell about the shoulder: 0.35 to 0.7 m away, within 60° of straight ahead and between 60° below and
//! 30° above the horizontal.
//! Parameters of its own: `cursor_rotation`, by which the gripper that is observed and rewarded is turned about the
//! vertical through the shoulder against the true one, as a cursor is against the hand; `target_shift_x`,
//! `target_shift_y`, `target_shift_z`, how far the target of every episode is moved.
//!
//! Origin: [`reacher`](crate::reacher) in space; compare DeWolf et al. 2016 (Proc R Soc B 283:20162134), who move an arm
//! with spiking neurons.

use std::f64::consts::{FRAC_PI_3, FRAC_PI_6};

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    arm7::{self, GRIPPER, N_JOINTS, REACH, SHOULDER_HEIGHT},
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    scene::{Role, Shape},
    task::{CURSOR_ROTATION, Design, Outcome, OwnParam, Prop, Sensor, TARGET_SHIFTS, Task, mean_effort, turned},
    world::World,
};

/// Smallest and largest distance of the target from the shoulder, in m.
pub const TARGET_RADII: [f64; 2] = [0.35, 0.7];
/// Largest angle of the target to either side, in rad.
const TARGET_AZIMUTH: f64 = FRAC_PI_3;
/// Lowest and highest angle of the target above the horizontal, in rad.
const TARGET_ELEVATIONS: [f64; 2] = [-FRAC_PI_3, FRAC_PI_6];
/// Largest distance of a joint from its place in the posture to start from, in rad.
const START_SPREAD: f64 = 0.4;
const EFFORT_COST: f64 = 0.05;
/// The only site of the robot.
const GRIPPER_SITE: usize = 0;
/// How far a stop gives way, in rad.
const GIVE: f64 = 0.6;
const MAX_VELOCITY: f32 = 80.0;

/// Behaviour of the task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ArmReach {
    /// Target of the episode from the shoulder before it is moved, in m.
    target: [f64; 3],
    /// How far it is moved, in m.
    target_shift: [f64; 3],
    /// Turn of the cursor against the hand, in rad.
    cursor_rotation: f64,
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<ArmReach>, EnvError> {
    RobotEnv::new(ArmReach::default(), design())
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let robot = arm7::robot();
    let reach = REACH as f32 + 0.01;
    let farthest = TARGET_RADII[1] as f32;
    let mut sensors = joint_sensors(&robot);
    for (name, half_width) in [("gripper", reach), ("target", farthest), ("error", reach + farthest)] {
        sensors.extend(
            ["x", "y", "z"].map(|axis| Sensor::new(&format!("{name}_{axis}"), "m", [-half_width, half_width], 0.5)),
        );
    }
    let mut props = joint_props(&robot);
    props.push(Prop::fixed("target", Role::Target, Shape::Sphere { radius: 0.04 }, [0.0; 3]));
    Design {
        name: "arm-reach",
        robot,
        sensors,
        physics_dt_secs: 0.0025,
        control_dt_secs: 0.02,
        time_limit_steps: 150,
        hand: Some(GRIPPER.into()),
        props,
        ..Design::default()
    }
}

/// Sensors of the positions and velocities of the arm.
pub(crate) fn joint_sensors(robot: &RobotSpec) -> Vec<Sensor> {
    let joints = robot.links[..N_JOINTS].iter().map(|link| &link.joint);
    let positions = joints.clone().map(|joint| {
        let [low, high] = joint.limits.unwrap_or([-f64::INFINITY, f64::INFINITY]);
        Sensor::new(&joint.name, "rad", [(low - GIVE) as f32, (high + GIVE) as f32], 1.0)
    });
    let range = [-MAX_VELOCITY, MAX_VELOCITY];
    let velocities = joints.map(|joint| Sensor::new(&format!("{}_velocity", joint.name), "rad/s", range, 3.0));
    positions.chain(velocities).collect()
}

/// Writes what [`joint_sensors`] sense.
pub(crate) fn observe_joints(world: &World, out: &mut [f32]) {
    for joint_idx in 0..N_JOINTS {
        out[joint_idx] = world.joint_position(joint_idx) as f32;
        out[N_JOINTS + joint_idx] = world.joint_velocity(joint_idx) as f32;
    }
}

/// The bearings of the arm, its gripper, and the ground.
pub(crate) fn joint_props(robot: &RobotSpec) -> Vec<Prop> {
    let bearing = |name: &str, radius| {
        Prop::on_link(robot.link_idx(name).unwrap_or_default(), name, Role::Joint, Shape::Sphere { radius }, [0.0; 3])
    };
    let gripper = &robot.sites[GRIPPER_SITE];
    let (hand, point) = (robot.link_idx(&gripper.link).unwrap_or_default(), gripper.translation.map(|x| x as f32));
    vec![
        bearing("upper_arm_mount", 0.08),
        bearing("elbow", 0.06),
        bearing("wrist", 0.045),
        Prop::on_link(hand, GRIPPER, Role::Effector, Shape::Sphere { radius: 0.035 }, point),
        Prop::fixed("ground", Role::Fixture, Shape::Cylinder { radius: 1.2, half_length: 0.01 }, [0.0, 0.0, -0.01]),
    ]
}

impl ArmReach {
    /// Target of the episode from the shoulder, in m.
    #[must_use]
    pub fn target_from_shoulder(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.target[axis] + self.target_shift[axis])
    }

    /// The cursor from the shoulder, in m: the gripper unless it is turned.
    fn cursor(&self, world: &World) -> [f64; 3] {
        let [x, y, z] = world.site_pose(GRIPPER_SITE).translation;
        let [x, y] = turned([x, y], self.cursor_rotation);
        [x, y, f64::from(z) - SHOULDER_HEIGHT]
    }

    /// From the target to the cursor, in m.
    fn error(&self, world: &World) -> [f64; 3] {
        let (cursor, target) = (self.cursor(world), self.target_from_shoulder());
        [0, 1, 2].map(|axis| cursor[axis] - target[axis])
    }
}

impl Task for ArmReach {
    fn start(&mut self, _body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        for position in positions.iter_mut() {
            *position += rng.random_range(-START_SPREAD..START_SPREAD);
        }
        let [nearest, farthest] = TARGET_RADII.map(|radius| radius.powi(3));
        let radius = rng.random_range(nearest..farthest).cbrt();
        let (sin, cos) = rng.random_range(-TARGET_AZIMUTH..TARGET_AZIMUTH).sin_cos();
        let [lowest, highest] = TARGET_ELEVATIONS.map(f64::sin);
        let height: f64 = rng.random_range(lowest..highest);
        let level = (1.0 - height * height).sqrt();
        self.target = [radius * level * cos, radius * level * sin, radius * height];
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        observe_joints(world, out);
        let readings = [self.cursor(world), self.target_from_shoulder(), self.error(world)];
        for (out, reading) in out[2 * N_JOINTS..].iter_mut().zip(readings.as_flattened()) {
            *out = *reading as f32;
        }
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let distance = self.error(world).iter().map(|x| x * x).sum::<f64>().sqrt();
        let effort = mean_effort(command, &design.robot);
        Outcome { reward: -distance - EFFORT_COST * effort, terminated: false }
    }

    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        let [x, y, z] = self.target_from_shoulder();
        Some([x as f32, y as f32, (z + SHOULDER_HEIGHT) as f32])
    }

    fn own_params() -> Vec<OwnParam> {
        [vec![CURSOR_ROTATION], TARGET_SHIFTS.to_vec()].concat()
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
