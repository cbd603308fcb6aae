//! Our robots move as they do in MuJoCo: trajectories of `mujoco/trajectories.py`, which anyone can run.
//!
//! The tolerances are about three times what was measured with steps of 1 ms. MuJoCo's own Euler steps differ from its
//! Runge-Kutta steps by as much; where stops and floors are touched, ours give back no more than they took.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use mesolimb_envs::{
    assets,
    robot::JointKind,
    tasks,
    world::{Clock, Contacts, Floor, World},
};

/// The clock of the comparisons that say how true the equations of motion are.
const FINE: Clock = Clock { dt_secs: 0.001, contacts: Contacts::Soft };
const HELD_SECS: f64 = 0.005;

struct Trajectory {
    rows: Vec<Vec<f64>>,
}

impl Trajectory {
    fn read(text: &str) -> Self {
        let numbers = |line: &str| line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        Self { rows: text.lines().skip(1).map(numbers).collect() }
    }
}

/// MuJoCo writes quaternions `w, x, y, z`.
fn from_mujoco(row: &[f64], is_free: bool) -> Vec<f64> {
    let mut positions = row.to_vec();
    if is_free {
        positions[3..7].rotate_left(1);
    }
    positions
}

/// Largest difference of a joint position within the first and within the whole second, in rad or m.
fn differences(robot: &str, text: &str, friction: Option<f64>, torques: f64, clock: Clock) -> [f64; 2] {
    let mut robot = assets::robot(robot);
    // MuJoCo's dry friction is soft: its joints creep where ours stick.
    robot.links.iter_mut().for_each(|link| link.joint.friction = 0.0);
    let is_free = robot.links[0].joint.kind == JointKind::Free;
    let trajectory = Trajectory::read(text);
    let stride_secs = clock.stride_secs();
    let mut world = World::compile(&robot, friction.map(|friction| Floor { friction }), clock).unwrap();
    world.set_joints(&from_mujoco(&trajectory.rows[0][1..], is_free), &vec![0.0; robot.n_velocities()]);
    let mut now = robot.zero_positions();
    let (mut early, mut all) = (0.0_f64, 0.0_f64);
    let mut n_strides = 0;
    for row in &trajectory.rows {
        while (n_strides as f64 + 0.5) * stride_secs < row[0] {
            let t = (n_strides as f64 * stride_secs / HELD_SECS + 1e-9).floor() * HELD_SECS;
            for (motor_idx, motor) in robot.motors.iter().enumerate() {
                world.set_motor(motor_idx, torques * motor.limit * ((3.0 + motor_idx as f64) * t).sin());
            }
            world.step().unwrap_or_else(|fault| panic!("{fault} before {} s", row[0]));
            n_strides += 1;
        }
        // Not every sample falls on a step of a coarse clock.
        if (n_strides as f64 * stride_secs - row[0]).abs() > 1e-6 {
            continue;
        }
        world.joint_positions(&mut now);
        let expected = from_mujoco(&row[1..], is_free);
        let worst = now.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        all = all.max(worst);
        if row[0] <= 0.25 {
            early = early.max(worst);
        }
    }
    println!("{}: {early:.5} in the first quarter of a second, {all:.5} in all", robot.name);
    [early, all]
}

#[test]
fn a_pendulum_swings_as_in_mujoco() {
    let [_, all] = differences("pendulum", include_str!("mujoco/pendulum.csv"), None, 0.0, FINE);
    assert!(all < 0.01, "{all} rad");
}

#[test]
fn a_double_pendulum_swings_as_in_mujoco() {
    let [_, all] = differences("acrobot", include_str!("mujoco/double-pendulum.csv"), None, 0.0, FINE);
    assert!(all < 0.02, "{all} rad");
}

#[test]
fn a_driven_arm_moves_as_in_mujoco() {
    let [early, all] = differences("reacher", include_str!("mujoco/arm.csv"), None, 0.05, FINE);
    assert!(early < 0.001 && all < 0.002, "{early} and {all} rad");
}

#[test]
fn a_dropped_ant_comes_to_rest_as_in_mujoco() {
    let [early, all] = differences("ant", include_str!("mujoco/ant-drop.csv"), Some(1.0), 0.0, FINE);
    assert!(early < 0.03 && all < 0.05, "{early} and {all} rad or m");
}

#[test]
fn a_driven_ant_in_the_air_moves_as_in_mujoco() {
    let [early, all] = differences("ant", include_str!("mujoco/ant-in-air.csv"), None, 0.01, FINE);
    assert!(early < 0.005 && all < 0.03, "{early} and {all} rad or m");
}

/// Semi-implicit steps are ahead by half a step of the motion: that, and not more, is what coarse clocks cost.
#[test]
fn at_the_clocks_of_the_tasks_robots_still_move_as_in_mujoco() {
    let of = |task: &str| {
        let entry = tasks().iter().find(|entry| entry.name == task).unwrap_or_else(|| panic!("there is a task {task}"));
        (entry.design)().clock()
    };
    let [_, pendulum] = differences("pendulum", include_str!("mujoco/pendulum.csv"), None, 0.0, of("pendulum"));
    assert!(pendulum < 0.05, "pendulum: {pendulum} rad");
    let [_, acrobot] = differences("acrobot", include_str!("mujoco/double-pendulum.csv"), None, 0.0, of("acrobot"));
    assert!(acrobot < 0.1, "acrobot: {acrobot} rad");
    let [_, ant] = differences("ant", include_str!("mujoco/ant-drop.csv"), Some(1.0), 0.0, of("ant"));
    assert!(ant < 0.15, "ant: {ant} rad or m");
}
