//! The equations of motion that controllers use, against the simulated robots and against closed forms.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows the errors, to quote them")]

use mesolimb_envs::{
    RobotSpec, acrobot, arm7, cartpole, reacher,
    robot::{TreeDynamics, dynamics::Motion},
    world::World,
};
use nalgebra::SVector;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// So short a step that the change of velocity over it is an acceleration.
const DT: f64 = 2e-4;

/// The robot without dry friction, which the equations leave out.
fn frictionless(mut robot: RobotSpec) -> RobotSpec {
    robot.links.iter_mut().for_each(|link| link.joint.friction = 0.0);
    robot
}

/// A random posture within the limits, at speed.
fn random_motion<const N: usize>(robot: &RobotSpec, rng: &mut Pcg64) -> Motion<N> {
    let q = SVector::from_fn(|joint, _| {
        let [low, high] = robot.links[joint].joint.limits.unwrap_or([-3.0, 3.0]);
        low + (high - low) * rng.random_range(0.1..0.9)
    });
    Motion { q, v: SVector::from_fn(|_, _| rng.random_range(-3.0..3.0)) }
}

/// Largest difference between predicted and simulated acceleration, as a share of the largest acceleration.
fn worst_prediction<const N: usize>(robot: &RobotSpec) -> f64 {
    let robot = frictionless(robot.clone());
    let tree = TreeDynamics::<N>::of(&robot, &robot.links[0].name).unwrap();
    let template = World::compile(&robot, None, DT).unwrap();
    let mut rng = Pcg64::seed_from_u64(1);
    let mut worst: f64 = 0.0;
    for _ in 0..50 {
        let motion = random_motion::<N>(&robot, &mut rng);
        let mut world = template.clone();
        world.set_joints(motion.q.as_slice(), motion.v.as_slice());
        let mut torques = SVector::<f64, N>::zeros();
        for (motor_idx, motor) in robot.motors.iter().enumerate() {
            let torque = motor.limit * rng.random_range(-1.0..1.0);
            torques[robot.joint_idx(&motor.joint).unwrap()] = torque;
            world.set_motor(motor_idx, torque);
        }
        world.step().unwrap();
        let found = SVector::<f64, N>::from_fn(|joint, _| (world.joint_velocity(joint) - motion.v[joint]) / DT);
        let predicted = tree.forward(&motion, &torques).unwrap();
        worst = worst.max((found - predicted).amax() / predicted.amax());
        // The inverse of the inverse.
        assert!((tree.inverse(&motion, &predicted) - torques).amax() < 1e-9 * torques.amax().max(1.0));
    }
    worst
}

#[test]
fn the_equations_of_motion_predict_the_simulated_robots() {
    let worst = [
        ("arm7", worst_prediction::<7>(&arm7::robot())),
        ("reacher", worst_prediction::<2>(&reacher::robot())),
        ("acrobot", worst_prediction::<2>(&acrobot::robot())),
        ("cartpole", worst_prediction::<2>(&cartpole::robot())),
    ];
    println!("largest error of an acceleration, as a share: {worst:?}");
    for (robot, worst) in worst {
        assert!(worst < 0.01, "{robot}: {worst}");
    }
}

#[test]
fn jacobian_and_drift_are_the_derivatives_of_the_position() {
    let robot = arm7::robot();
    let tree = TreeDynamics::<7>::of(&robot, "shoulder").unwrap();
    let gripper = tree.site(&robot, arm7::GRIPPER).unwrap();
    let mut rng = Pcg64::seed_from_u64(2);
    let h = 1e-5;
    for _ in 0..50 {
        let motion = random_motion::<7>(&robot, &mut rng);
        let [before, now, after] =
            [-h, 0.0, h].map(|dt| tree.point(&Motion { q: motion.q + motion.v * dt, v: motion.v }, gripper));
        let velocity = (after.position - before.position) / (2.0 * h);
        assert!((now.velocity - velocity).norm() < 1e-6 * velocity.norm().max(1.0));
        assert!((now.jacobian * motion.v - velocity).norm() < 1e-6 * velocity.norm().max(1.0));
        let drift = (after.velocity - before.velocity) / (2.0 * h);
        assert!((now.drift - drift).norm() < 1e-5 * drift.norm().max(1.0), "{} {drift}", now.drift);
    }
}

#[test]
fn the_model_and_the_world_agree_on_where_the_gripper_is() {
    let robot = arm7::robot();
    let tree = TreeDynamics::<7>::of(&robot, "shoulder").unwrap();
    let gripper = tree.site(&robot, arm7::GRIPPER).unwrap();
    let mut world = World::compile(&robot, None, DT).unwrap();
    let mut rng = Pcg64::seed_from_u64(3);
    for _ in 0..20 {
        let motion = random_motion::<7>(&robot, &mut rng);
        world.set_joints(motion.q.as_slice(), motion.v.as_slice());
        let (found, modelled) = (world.site_pose(0).translation, tree.point(&motion, gripper).position);
        assert!(found.iter().zip(&modelled).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5), "{found:?} {modelled}");
    }
}

/// Without dissipation, dE/dt = torques · velocities, whatever the Coriolis forces: M' − 2C is skew-symmetric.
#[test]
fn the_power_of_the_torques_is_what_the_energy_gains() {
    let mut robot = arm7::robot();
    robot.links.iter_mut().for_each(|link| link.joint.damping = 0.0);
    let tree = TreeDynamics::<7>::of(&robot, "shoulder").unwrap();
    let mut rng = Pcg64::seed_from_u64(4);
    let h = 1e-5;
    for _ in 0..50 {
        let motion = random_motion::<7>(&robot, &mut rng);
        let a = SVector::<f64, 7>::from_fn(|_, _| rng.random_range(-5.0..5.0));
        let kinetic = |dt: f64| {
            let (q, v) = (motion.q + motion.v * dt + a * (0.5 * dt * dt), motion.v + a * dt);
            0.5 * v.dot(&(tree.mass_matrix(&q) * v))
        };
        let still = Motion { q: motion.q, v: SVector::zeros() };
        // What the torques do beyond holding the arm against gravity.
        let power = motion.v.dot(&(tree.inverse(&motion, &a) - tree.bias(&still)));
        let gained = (kinetic(h) - kinetic(-h)) / (2.0 * h);
        assert!((power - gained).abs() < 1e-4 * power.abs().max(1.0), "{power} {gained}");
    }
}

#[test]
fn what_is_no_tree_of_hinges_and_slides_is_refused_with_the_reason() {
    let refusal = |robot: &RobotSpec, root: &str| TreeDynamics::<7>::of(robot, root).unwrap_err().to_string();
    let robot = arm7::robot();
    assert!(refusal(&robot, "foot").contains("it has no link 'foot'"));
    assert!(refusal(&robot, "wrist").contains("link 'wrist' hangs on 'forearm', expected the root of a tree"));
    assert!(refusal(&reacher::robot(), "upper_arm").contains("2 joints hang on 'upper_arm', expected 7"));
}
