//! What the tasks for any robot have in common: its joints as they are observed, and its effort.

use std::collections::HashSet;

use nalgebra::Vector3;
use rand::RngExt;
use rand_pcg::Pcg64;

use crate::{
    env::EnvError,
    robot::{JointKind, JointSpec, RobotSpec, unit_quaternion},
    task::Sensor,
    world::World,
};

/// Physics step, in seconds: eight in a control step.
pub(crate) const PHYSICS_DT_SECS: f64 = 0.0025;
/// Control step, in seconds.
pub(crate) const CONTROL_DT_SECS: f64 = 0.02;
/// Largest acceleration that a motor may give what hangs on its joint, in rad/s² (m/s²): 50 rad/s (25 m/s) in a step.
const MAX_ACCELERATION: [f64; 2] = [2e4, 1e4];
/// Speed at which a motor has no torque left, in rad/s (m/s), where the file damps its joint not at all.
const TOP_SPEED: [f64; 2] = [100.0, 10.0];
/// How far a position is observed beyond the limits of its joint, in rad (m).
const GIVE: [f64; 2] = [0.5, 0.1];
/// Farthest observed position of a slide without limits, in m.
const MAX_WAY: f64 = 10.0;
/// Largest observed velocity of a joint, in rad/s (m/s).
const MAX_RATE: [f64; 2] = [100.0, 10.0];
/// Typical velocity of a joint, in rad/s (m/s).
const RATE_SCALE: [f32; 2] = [5.0, 0.5];

/// What a robot is refused for.
pub(crate) fn refused(robot: &RobotSpec, reason: String) -> EnvError {
    EnvError::Robot { robot: robot.name.clone(), reason }
}

/// Refuses a robot that is not physical or cannot do anything.
pub(crate) fn check(robot: &RobotSpec) -> Result<(), EnvError> {
    robot.validate()?;
    if robot.motors.is_empty() {
        return Err(refused(robot, "it has no motors, expected at least one that moves a joint".into()));
    }
    Ok(())
}

/// Keeps motors to what the physics can bear: files give those that nobody has measured any limit.
///
/// `resting` is the robot in the posture of rest. No motor moves what hangs on its joint faster than
/// [`MAX_ACCELERATION`], and none that is stronger than `strongest` (N·m, N) faster than a tenth of that. A joint with a
/// motor and without damping gets that of a motor with [`TOP_SPEED`], whose torque falls with its speed.
pub(crate) fn keep_bearable(robot: &mut RobotSpec, resting: &World, strongest: f64) {
    for motor_idx in 0..robot.motors.len() {
        let Some(joint_idx) = robot.joint_idx(&robot.motors[motor_idx].joint) else { continue };
        let fastest = of_kind(&robot.links[joint_idx].joint, MAX_ACCELERATION);
        let inertia = inertia_at(resting, joint_idx);
        let bearable = (fastest * inertia).min(strongest.max(0.1 * fastest * inertia));
        let motor = &mut robot.motors[motor_idx];
        motor.limit = motor.limit.min(bearable);
        let limit = motor.limit;
        let joint = &mut robot.links[joint_idx].joint;
        if joint.damping == 0.0 {
            joint.damping = limit / of_kind(joint, TOP_SPEED);
        }
    }
}

/// Inertia of what hangs on a hinge or slide, about or along its axis, in kg·m² (kg).
fn inertia_at(resting: &World, joint_idx: usize) -> f64 {
    let robot = resting.robot();
    let joint = &robot.links[joint_idx].joint;
    let pose = |idx: usize| {
        let pose = resting.link_pose(idx);
        let origin = Vector3::from(pose.translation.map(f64::from));
        (origin, unit_quaternion(pose.rotation.map(f64::from)))
    };
    let (origin, turn) = pose(joint_idx);
    let axis = turn * Vector3::from(joint.axis).normalize();
    let inertias = robot.branch(joint_idx).into_iter().map(|idx| {
        let link = &robot.links[idx];
        if joint.kind == JointKind::Slide {
            return link.mass_kg;
        }
        let (link_origin, turn) = pose(idx);
        let centre = link_origin + turn * Vector3::from(link.inertia().centre_of_mass);
        let about_centre = link.moment_about((turn.inverse() * axis).into());
        about_centre + link.mass_kg * axis.cross(&(centre - origin)).norm_squared()
    });
    joint.armature + inertias.sum::<f64>()
}

/// Of two values, the one for a hinge or for a slide.
fn of_kind<T: Copy>(joint: &JointSpec, [of_hinge, of_slide]: [T; 2]) -> T {
    if joint.kind == JointKind::Slide { of_slide } else { of_hinge }
}

/// Positions, then velocities of all hinges and slides. A hinge without limits is observed as the cosine and the sine of
/// its angle.
pub(crate) fn joint_sensors(robot: &RobotSpec) -> Vec<Sensor> {
    let mut sensors = Vec::new();
    for (_, joint) in robot.axial_joints() {
        match observed_range(joint) {
            Some(range) => {
                let range = range.map(|bound| bound as f32);
                sensors.push(Sensor::new(
                    &joint.name,
                    of_kind(joint, ["rad", "m"]),
                    range,
                    of_kind(joint, [0.3, 0.05]),
                ));
            }
            None => sensors.extend(
                ["cos", "sin"].map(|part| Sensor::new(&format!("{}_{part}", joint.name), "1", [-1.0, 1.0], 0.3)),
            ),
        }
    }
    sensors.extend(robot.axial_joints().map(|(_, joint)| {
        let bound = of_kind(joint, MAX_RATE) as f32;
        let unit = of_kind(joint, ["rad/s", "m/s"]);
        Sensor::new(&format!("{}_velocity", joint.name), unit, [-bound, bound], of_kind(joint, RATE_SCALE))
    }));
    sensors
}

/// Writes what [`joint_sensors`] sense, and what is left of `out` behind it.
pub(crate) fn observe_joints<'a>(world: &World, out: &'a mut [f32]) -> &'a mut [f32] {
    let robot = world.robot();
    let mut n_written = 0;
    let mut write = |value: f64| {
        out[n_written] = value as f32;
        n_written += 1;
    };
    for (idx, joint) in robot.axial_joints() {
        let position = world.joint_position(idx);
        match observed_range(joint) {
            Some([low, high]) => write(position.clamp(low, high)),
            None => [position.cos(), position.sin()].into_iter().for_each(&mut write),
        }
    }
    for (idx, joint) in robot.axial_joints() {
        let bound = of_kind(joint, MAX_RATE);
        write(world.joint_velocity(idx).clamp(-bound, bound));
    }
    &mut out[n_written..]
}

/// Between which values the position of a joint is observed; none where only its direction is.
fn observed_range(joint: &JointSpec) -> Option<[f64; 2]> {
    let give = of_kind(joint, GIVE);
    match joint.limits {
        Some([low, high]) => Some([low - give, high + give]),
        None if joint.kind == JointKind::Slide => Some([-MAX_WAY, MAX_WAY]),
        None => None,
    }
}

/// Gives each sensor a name of its own: a joint may be called as something else is.
pub(crate) fn tell_apart(sensors: &mut [Sensor]) {
    let mut taken = HashSet::new();
    for sensor in sensors {
        while !taken.insert(sensor.channel.name.clone()) {
            sensor.channel.name.push('\'');
        }
    }
}

/// Moves the positions of all hinges by up to `reach` (rad) and of all slides by up to a tenth of it (m), within their
/// limits.
pub(crate) fn scatter(robot: &RobotSpec, reach: f64, positions: &mut [f64], rng: &mut Pcg64) {
    for (idx, joint) in robot.axial_joints() {
        let position = &mut positions[robot.position_range(idx).start];
        let reach = of_kind(joint, [reach, 0.1 * reach]);
        *position += rng.random_range(-reach..=reach);
        if let Some([low, high]) = joint.limits {
            *position = position.clamp(low, high);
        }
    }
}

/// What the motors give, as a share of what they could: the mean of the squares, at most 1. What a servo gives follows
/// from where its joint is.
pub(crate) fn mean_effort(world: &World, command: &[f32]) -> f64 {
    let motors = &world.robot().motors;
    let share = |(idx, command): (usize, &f32)| world.motor_torque(idx, f64::from(*command)) / motors[idx].limit;
    command.iter().enumerate().map(|motor| share(motor).powi(2)).sum::<f64>() / motors.len() as f64
}
