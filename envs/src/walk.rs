//! Walk: any robot gets forward without falling.
//!
//! | observation | unit | range | scale |
//! |---|---|---|---|
//! | `height` of the root's centre of mass | m | −1 to 4 times its height at the start | 0.2 times that |
//! | `up_x`, `up_y`, `up_z`: the vertical along the root's axes | 1 | ±1.01 | 0.3 |
//! | `velocity_x`, `velocity_y`, `velocity_z` of the root's origin, along its axes | m/s | ±20 | 0.5 |
//! | `roll_rate`, `pitch_rate`, `yaw_rate`, along the root's axes | rad/s | ±50 | 1 |
//! | position of each hinge | rad | limits ± 0.5 | 0.3 |
//! | of each hinge without limits: `_cos` and `_sin` of its angle | 1 | ±1 | 0.3 |
//! | of each slide | m | limits ± 0.1; ±10 without limits | 0.05 |
//! | `_velocity` of each hinge, of each slide | rad/s, m/s | ±100, ±10 | 5, 0.5 |
//!
//! What there is in all, and so the index of each, depends on the robot: the channels are in the order of the rows, and
//! those of joints in the order of the file, all positions first. Values beyond a range are clipped to it.
//! A robot that its file keeps in the plane of x and z has no `up_y`, `velocity_y`, `roll_rate` and `yaw_rate`.
//!
//! | action | unit | range |
//! |---|---|---|
//! | each motor of the file, in its order: torque (force) | N·m (N) | ± limit |
//! | wanted position, where the motor is a servo | rad (m) | range of the servo |
//!
//! Motors get less than the limit of the file where it would move their joint faster than 20 000 rad/s² (10 000 m/s²), or
//! a tenth of that with more than 1.5 times the torque that holds the weight of the robot at the height of its root:
//! files often say any number. A joint with a motor and without damping gets limit / 100 rad/s (10 m/s).
//!
//! Reward of a step: `forward_weight` · way of the root along x / 20 ms + cos(tilt) − 0.1 · mean((torque / limit)²), with
//! the tilt of the root against its orientation at the start. The torque of a servo is the one at the end of the step.
//! Termination: the root is tilted by more than 1 rad, or its centre of mass is lower than half of its height at the
//! start. Time limit: 1000 steps of 20 ms.
//! Start: at rest in the posture of the file (its first keyframe, else all joints at zero or at the limit next to it),
//! hinges uniform within ±0.05 rad of it and slides within ±5 mm, moved up or down so that the lowest point touches
//! the floor. Robots look along x, as files have them.
//!
//! Version history: 1.

use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    any_robot::{
        CONTROL_DT_SECS, PHYSICS_DT_SECS, check, joint_sensors, keep_bearable, mean_effort, observe_joints, refused,
        scatter, tell_apart,
    },
    env::EnvError,
    robot::{JointKind, RobotSpec},
    robot_env::RobotEnv,
    task::{Design, Outcome, OwnParam, Sensor, Task},
    world::{Floor, STANDARD_GRAVITY, World},
};

const FLOOR: Floor = Floor { friction: 1.0 };
const START_SCATTER: f64 = 0.05;
/// Largest torque of a motor: so many times what holds the weight of the robot at the height of its root. A walking robot
/// has about one.
const MAX_STRENGTH: f64 = 1.5;
const EFFORT_COST: f64 = 0.1;
const MAX_TILT: f64 = 1.0;
/// Lowest height of the root, as a share of its height at the start.
const MIN_HEIGHT: f64 = 0.5;
/// Between which shares of its height at the start the root's height is observed.
const OBSERVED_HEIGHTS: [f32; 2] = [-1.0, 4.0];
const MAX_SPEED: f32 = 20.0;
const MAX_TURN_RATE: f32 = 50.0;
/// What reaches down to this share of the root's height at the start is a leg.
const LEG_HEIGHT: f64 = 0.1;
/// Axes that count for a robot in space, and for one in the plane of x and z.
const AXES: [&[usize]; 2] = [&[0, 1, 2], &[0, 2]];
/// Axes about which it can turn.
const TURN_AXES: [&[usize]; 2] = [&[0, 1, 2], &[1]];

/// Behaviour of the task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Walk {
    /// Where the root was along x at the end of the last step, in m.
    x: f64,
    forward_weight: f64,
    /// Height of the root's centre of mass at the start, in m.
    standing_height: f64,
    /// The vertical along the root's axes at the start.
    up: [f32; 3],
}

/// The environment for `robot`.
///
/// # Errors
/// If the robot is not physical, has no motors, cannot move freely or has no shape to stand on.
pub fn env(robot: RobotSpec) -> Result<RobotEnv<Walk>, EnvError> {
    let (task, design) = task(robot)?;
    RobotEnv::new(task, design)
}

/// The task of `robot`, and what of it never changes.
///
/// # Errors
/// As [`env()`].
pub fn task(mut robot: RobotSpec) -> Result<(Walk, Design), EnvError> {
    check(&robot)?;
    let Some(root) = robot.free_root() else {
        let root = &robot.links[0];
        let reason = format!(
            "link '{}' hangs on the world by {:?} '{}', expected a root that moves freely",
            root.name, root.joint.kind, root.joint.name
        );
        return Err(refused(&robot, reason));
    };
    let mut standing = World::compile(&robot, Some(FLOOR), PHYSICS_DT_SECS)?;
    if !standing.lowest_point().is_finite() {
        return Err(refused(&robot, "none of its shapes touches anything, expected one to stand on".into()));
    }
    let mut home = robot.rest_positions();
    stand(&mut standing, &mut home);
    robot.home = Some(home);
    let task = Walk {
        x: 0.0,
        forward_weight: 1.0,
        standing_height: height(&standing),
        up: standing.into_link(root, [0.0, 0.0, 1.0]),
    };
    if task.standing_height <= 0.0 {
        let reason = format!("the centre of mass of its root stands {} m above its feet", task.standing_height);
        return Err(refused(&robot, format!("{reason}, expected more than 0")));
    }
    let of_weight = MAX_STRENGTH * robot.mass_kg() * STANDARD_GRAVITY * task.standing_height;
    keep_bearable(&mut robot, &standing, of_weight);
    let design = Design {
        name: "walk",
        sensors: sensors(&robot, task.standing_height as f32),
        physics_dt_secs: PHYSICS_DT_SECS,
        control_dt_secs: CONTROL_DT_SECS,
        time_limit_steps: 1000,
        floor: Some(FLOOR),
        legs: legs(&standing, LEG_HEIGHT * task.standing_height),
        robot,
        ..Design::default()
    };
    Ok((task, design))
}

fn sensors(robot: &RobotSpec, standing_height: f32) -> Vec<Sensor> {
    let heights = OBSERVED_HEIGHTS.map(|share| share * standing_height);
    let mut sensors = vec![Sensor::new("height", "m", heights, 0.2 * standing_height)];
    let [axes, turn_axes] = axes(robot);
    let mut add = |names: [&str; 3], axes: &[usize], unit: &str, bound: f32, scale: f32| {
        sensors.extend(axes.iter().map(|&axis| Sensor::new(names[axis], unit, [-bound, bound], scale)));
    };
    add(["up_x", "up_y", "up_z"], axes, "1", 1.01, 0.3);
    add(["velocity_x", "velocity_y", "velocity_z"], axes, "m/s", MAX_SPEED, 0.5);
    add(["roll_rate", "pitch_rate", "yaw_rate"], turn_axes, "rad/s", MAX_TURN_RATE, 1.0);
    sensors.extend(joint_sensors(robot));
    tell_apart(&mut sensors);
    sensors
}

/// The same in a robot that has one.
fn root(world: &World) -> usize {
    world.robot().free_root().unwrap_or_default()
}

/// Axes along which the root can move and about which it can turn.
fn axes(robot: &RobotSpec) -> [&'static [usize]; 2] {
    let is_planar = robot.free_root().is_some_and(|root| robot.links[root].joint.kind == JointKind::Planar);
    [AXES, TURN_AXES].map(|of_kinds| of_kinds[usize::from(is_planar)])
}

/// Height of the root's centre of mass, in m.
fn height(world: &World) -> f64 {
    let root = root(world);
    let centre = world.robot().links[root].inertia().centre_of_mass;
    world.height_of(world.link_point(root, centre.map(|x| x as f32)))
}

/// Poses `world`, and moves all that moves freely up or down together so that the lowest point touches the floor.
fn stand(world: &mut World, positions: &mut [f64]) {
    let still = vec![0.0; world.robot().n_velocities()];
    world.set_joints(positions, &still);
    let lowest = f64::from(world.lowest_point());
    world.robot().lift(positions, -lowest);
    world.set_joints(positions, &still);
}

/// The first links of the legs: from the root down, the branches of the first fork of which several reach down to `top`
/// (m), or all that does if there is no such fork.
fn legs(standing: &World, top: f64) -> Vec<String> {
    let robot = standing.robot();
    let links = &robot.links;
    let mut reaches_down: Vec<_> =
        (0..links.len()).map(|idx| f64::from(standing.lowest_point_of(idx)) <= top).collect();
    for idx in (0..links.len()).rev() {
        if let Some(parent) = robot.parent_idx(idx) {
            reaches_down[parent] |= reaches_down[idx];
        }
    }
    let branches = |of: &str| -> Vec<&str> {
        let hanging =
            links.iter().zip(&reaches_down).filter(|(link, down)| link.parent.as_deref() == Some(of) && **down);
        hanging.map(|(link, _)| link.name.as_str()).collect()
    };
    let first = branches(&links[root(standing)].name);
    let mut legs = first.clone();
    while let [only] = legs[..] {
        legs = branches(only);
    }
    let legs = if legs.is_empty() { first } else { legs };
    legs.into_iter().map(String::from).collect()
}

impl Task for Walk {
    fn start(&mut self, body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        scatter(body.robot(), START_SCATTER, positions, rng);
        let mut standing = body.clone();
        stand(&mut standing, positions);
        self.x = f64::from(standing.link_pose(root(&standing)).translation[0]);
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let root = root(world);
        let [axes, turn_axes] = axes(world.robot());
        let mut n_written = 0;
        let mut write = |value: f32, [low, high]: [f32; 2]| {
            out[n_written] = value.clamp(low, high);
            n_written += 1;
        };
        write(height(world) as f32, OBSERVED_HEIGHTS.map(|share| share * self.standing_height as f32));
        let up = world.into_link(root, [0.0, 0.0, 1.0]);
        let (linear, angular) = world.link_velocity(root);
        let [linear, angular] = [linear, angular].map(|velocity| world.into_link(root, velocity));
        axes.iter().for_each(|&axis| write(up[axis], [-1.01, 1.01]));
        axes.iter().for_each(|&axis| write(linear[axis], [-MAX_SPEED, MAX_SPEED]));
        turn_axes.iter().for_each(|&axis| write(angular[axis], [-MAX_TURN_RATE, MAX_TURN_RATE]));
        observe_joints(world, &mut out[n_written..]);
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let root = root(world);
        let x = f64::from(world.link_pose(root).translation[0]);
        let speed = (x - self.x) / design.control_dt_secs;
        self.x = x;
        let up = world.into_link(root, [0.0, 0.0, 1.0]);
        let cos_tilt: f64 = up.iter().zip(self.up).map(|(now, then)| f64::from(now * then)).sum();
        let reward = self.forward_weight * speed + cos_tilt - EFFORT_COST * mean_effort(world, command);
        let is_low = height(world) < MIN_HEIGHT * self.standing_height;
        Outcome { reward, terminated: is_low || cos_tilt < MAX_TILT.cos() }
    }

    fn own_params() -> Vec<OwnParam> {
        vec![OwnParam::new("forward_weight", "1", [-1.0, 2.0], 1.0)]
    }

    fn set_own_param(&mut self, _own_idx: usize, value: f64) {
        self.forward_weight = value;
    }

    fn is_valid(&self) -> bool {
        let numbers = [self.x, self.forward_weight, self.standing_height];
        numbers.iter().all(|x| x.is_finite()) && self.standing_height > 0.0 && self.up.iter().all(|x| x.is_finite())
    }
}
