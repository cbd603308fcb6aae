//! Quadruped: walk with a commanded velocity on four legs with twelve joints.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `height` of the trunk's middle | m | 0 to 5 | 0.1 |
//! | 1 to 3 | `up_x`, `up_y`, `up_z`: the vertical along the trunk's axes | 1 | ±1.01 | 0.3 |
//! | 4 to 6 | `velocity_x`, `velocity_y`, `velocity_z` of the trunk's middle, along its axes | m/s | ±20 | 0.5 |
//! | 7 to 9 | `roll_rate`, `pitch_rate`, `yaw_rate`, along the trunk's axes | rad/s | ±50 | 1 |
//! | 10 to 21 | joint positions: abduction, hip and knee of the front left, front right, back left, back right leg | rad | limits ± 0.5 | 0.3 |
//! | 22 to 33 | joint velocities, in the same order | rad/s | ±100 | 5 |
//! | 34 to 36 | `command_x`, `command_y`, `command_yaw`: wanted velocity along the trunk's axes | m/s, rad/s | ±1.5, ±1, ±2 | 0.5 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 to 11 | wanted position of each joint, in the same order | rad | abduction ±0.5, hip 0 to 1.6, knee −2.35 to −0.75 |
//!
//! The motors are servos of 60 N·m/rad and 1.5 N·m·s/rad with at most 24 N·m.
//!
//! Reward of a step: exp(−|v − command|² / 0.25) + 0.5 · exp(−(yaw rate − command)² / 0.25) − 0.02 · mean(share²), with
//! v the velocity of the trunk in its own horizontal plane and the share that of each command in its range.
//! Termination: the trunk is lower than 0.12 m or tilted by more than 1 rad. Time limit: 1000 steps of 20 ms.
//! Start: standing, joints uniform within ±0.05 rad of rest, the command uniform: x −0.5 to 1 m/s, y ±0.3 m/s,
//! yaw ±0.7 rad/s, and moved by `command_shift_x`, `_y` and `_yaw`.
//!
//! Origin: the commanded-velocity tasks of quadruped learning, as in Kumar et al. 2021 (RMA); a robot of our own.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    task::{Design, Outcome, OwnParam, Sensor, Task, mean_effort},
    world::{Floor, World},
};

/// Index of the trunk.
const TRUNK: usize = 0;
/// Smallest and largest command that an episode starts with: m/s, m/s, rad/s.
const COMMANDS: [[f64; 2]; 3] = [[-0.5, 1.0], [-0.3, 0.3], [-0.7, 0.7]];
/// How far commands can be moved.
const SHIFTS: [f64; 3] = [0.5, 0.7, 1.3];
/// Squared speed error that costs all but 1/e of the reward, in (m/s)² and (rad/s)².
const TOLERANCE: f64 = 0.25;
const EFFORT_COST: f64 = 0.02;
const MIN_HEIGHT: f64 = 0.12;
const MAX_TILT: f64 = 1.0;
const START_SCATTER: f64 = 0.05;
const MAX_SPEED: f32 = 20.0;
const MAX_TURN_RATE: f32 = 50.0;
const MAX_JOINT_RATE: f32 = 100.0;

/// Behaviour of the quadruped.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Quadruped {
    /// What the episode started with: forwards, to the left, about the vertical.
    command: [f64; 3],
    /// By how much it is moved.
    shift: [f64; 3],
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Quadruped>, EnvError> {
    RobotEnv::new(Quadruped::default(), design())
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let robot = assets::robot("quadruped");
    Design {
        name: "quadruped",
        sensors: sensors(&robot),
        robot,
        physics_dt_secs: 0.0025,
        control_dt_secs: 0.02,
        time_limit_steps: 1000,
        floor: Some(Floor { friction: 0.8 }),
        legs: ["front_left_hip", "front_right_hip", "back_left_hip", "back_right_hip"].map(String::from).into(),
        ..Design::default()
    }
}

fn sensors(robot: &RobotSpec) -> Vec<Sensor> {
    let of_vector = |names: [&str; 3], unit: &str, bound: f32, scale: f32| {
        names.map(|name| Sensor::new(name, unit, [-bound, bound], scale))
    };
    let joints = || robot.links[1..].iter().map(|link| &link.joint);
    let mut sensors = vec![Sensor::new("height", "m", [0.0, 5.0], 0.1)];
    sensors.extend(of_vector(["up_x", "up_y", "up_z"], "1", 1.01, 0.3));
    sensors.extend(of_vector(["velocity_x", "velocity_y", "velocity_z"], "m/s", MAX_SPEED, 0.5));
    sensors.extend(of_vector(["roll_rate", "pitch_rate", "yaw_rate"], "rad/s", MAX_TURN_RATE, 1.0));
    sensors.extend(joints().map(|joint| {
        let [low, high] = joint.limits.unwrap_or_default().map(|limit| limit as f32);
        Sensor::new(&joint.name, "rad", [low - 0.5, high + 0.5], 0.3)
    }));
    let rate = |name: &str| Sensor::new(&format!("{name}_velocity"), "rad/s", [-MAX_JOINT_RATE, MAX_JOINT_RATE], 5.0);
    sensors.extend(joints().map(|joint| rate(&joint.name)));
    for (k, (name, unit)) in [("x", "m/s"), ("y", "m/s"), ("yaw", "rad/s")].into_iter().enumerate() {
        let bound = (COMMANDS[k][1] + SHIFTS[k]) as f32;
        sensors.push(Sensor::new(&format!("command_{name}"), unit, [-bound, bound], 0.5));
    }
    sensors
}

impl Quadruped {
    /// Wanted velocity along the trunk: forwards and to the left, in m/s, and about the vertical, in rad/s.
    #[must_use]
    pub fn command(&self) -> [f64; 3] {
        std::array::from_fn(|k| self.command[k] + self.shift[k])
    }
}

impl Task for Quadruped {
    fn start(&mut self, _body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        for position in &mut positions[7..] {
            *position += rng.random_range(-START_SCATTER..=START_SCATTER);
        }
        self.command = COMMANDS.map(|[low, high]| rng.random_range(low..=high));
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (linear, angular) = world.link_velocity(TRUNK);
        let clipped = |vector: [f32; 3], bound: f32| vector.map(|x| x.clamp(-bound, bound));
        let height = world.height(TRUNK) as f32;
        let joints = 1..world.robot().links.len();
        let rate = |idx| (world.joint_velocity(idx) as f32).clamp(-MAX_JOINT_RATE, MAX_JOINT_RATE);
        let readings = std::iter::once(height)
            .chain(world.into_link(TRUNK, [0.0, 0.0, 1.0]))
            .chain(clipped(world.into_link(TRUNK, linear), MAX_SPEED))
            .chain(clipped(world.into_link(TRUNK, angular), MAX_TURN_RATE))
            .chain(joints.clone().map(|idx| world.joint_position(idx) as f32))
            .chain(joints.map(rate))
            .chain(self.command().map(|wanted| wanted as f32));
        out.iter_mut().zip(readings).for_each(|(out, reading)| *out = reading);
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let (linear, angular) = world.link_velocity(TRUNK);
        let [vx, vy, _] = world.into_link(TRUNK, linear).map(f64::from);
        let [wanted_x, wanted_y, wanted_yaw] = self.command();
        let off = (vx - wanted_x).powi(2) + (vy - wanted_y).powi(2);
        let off_yaw = (f64::from(angular[2]) - wanted_yaw).powi(2);
        let effort = mean_effort(command, &design.robot);
        let reward = (-off / TOLERANCE).exp() + 0.5 * (-off_yaw / TOLERANCE).exp() - EFFORT_COST * effort;
        let has_fallen = world.height(TRUNK) < MIN_HEIGHT || world.tilt(TRUNK) > MAX_TILT;
        Outcome { reward, terminated: has_fallen }
    }

    fn own_params() -> Vec<OwnParam> {
        vec![
            OwnParam::new("command_shift_x", "m/s", [-SHIFTS[0], SHIFTS[0]], 0.0),
            OwnParam::new("command_shift_y", "m/s", [-SHIFTS[1], SHIFTS[1]], 0.0),
            OwnParam::new("command_shift_yaw", "rad/s", [-SHIFTS[2], SHIFTS[2]], 0.0),
        ]
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        self.shift[own_idx] = value;
    }

    fn is_valid(&self) -> bool {
        self.command.iter().chain(&self.shift).all(|x| x.is_finite())
    }
}
