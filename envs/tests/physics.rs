//! The compiled worlds against closed forms.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use mesolimb_envs::{RobotSpec, assets, cartpole, pendulum, reacher, world::World};

const DT: f64 = 0.001;
const G: f64 = 9.81;

/// The robot without friction and damping, so that closed forms hold.
fn ideal(mut robot: RobotSpec) -> RobotSpec {
    for link in &mut robot.links {
        (link.joint.friction, link.joint.damping) = (0.0, 0.0);
    }
    robot
}

fn run(world: &mut World, secs: f64) {
    for _ in 0..(secs / DT).round() as usize {
        world.step().unwrap();
    }
}

/// Inertia of a capsule about an axis across it through its centre, in kg·m².
fn capsule_inertia(mass: f64, radius: f64, half_length: f64) -> f64 {
    let (length, r2) = (2.0 * half_length, radius * radius);
    let (cylinder, sphere) = (length * std::f64::consts::PI * r2, 4.0 / 3.0 * std::f64::consts::PI * r2 * radius);
    let density = mass / (cylinder + sphere);
    let of_cylinder = density * cylinder * (length * length / 12.0 + r2 / 4.0);
    let of_caps = density * sphere * (0.4 * r2 + half_length * half_length + 0.75 * half_length * radius);
    of_cylinder + of_caps
}

/// Inertia of the pole about its hinge, in kg·m².
fn pole_inertia() -> f64 {
    capsule_inertia(0.1, 0.025, 0.475) + 0.1 * 0.25
}

#[test]
fn a_pushed_cart_accelerates_by_force_over_mass() {
    let mut robot = ideal(cartpole::robot());
    robot.links.truncate(1);
    robot.sites.clear();
    let mut world = World::compile(&robot, None, DT).unwrap();
    world.set_motor(0, 3.0);
    run(&mut world, 1.0);
    // Semi-implicit Euler: v is exact, x is ahead by v dt / 2.
    assert!((world.joint_velocity(0) - 3.0).abs() < 1e-3, "v = {}", world.joint_velocity(0));
    assert!((world.joint_position(0) - 1.5).abs() < 3.0 * DT, "x = {}", world.joint_position(0));
}

#[test]
fn twice_the_mass_halves_the_acceleration() {
    let mut robot = ideal(cartpole::robot());
    robot.links.truncate(1);
    robot.sites.clear();
    let mut world = World::compile(&robot, None, DT).unwrap();
    world.set_link_mass(0, 2.0);
    world.set_motor(0, 3.0);
    run(&mut world, 1.0);
    assert!((world.joint_velocity(0) - 1.5).abs() < 1e-4, "v = {}", world.joint_velocity(0));
}

#[test]
fn a_hanging_pole_swings_with_the_period_of_its_inertia() {
    let mut robot = ideal(cartpole::robot());
    // So heavy a cart is a wall.
    robot.links[0].mass_kg = 1e6;
    let mut world = World::compile(&robot, None, DT).unwrap();
    let amplitude = 0.05;
    world.set_joints(&[0.0, std::f64::consts::PI - amplitude], &[0.0, 0.0]);
    let omega = (0.1 * G * 0.5 / pole_inertia()).sqrt();
    let n_periods = 5.0;
    run(&mut world, n_periods * std::f64::consts::TAU / omega);
    let deviation = std::f64::consts::PI - world.joint_position(1);
    // After whole periods it is back; a phase error of 1 % of a period would show in the velocity.
    assert!((deviation - amplitude).abs() < 0.01 * amplitude, "deviation {deviation}");
    let phase_error = world.joint_velocity(1) / (amplitude * omega) / (n_periods * std::f64::consts::TAU);
    assert!(phase_error.abs() < 2e-3, "phase error {phase_error}");
}

#[test]
fn a_nearly_upright_pole_falls_as_the_linearised_cart_pole_does() {
    let mut world = World::compile(&ideal(cartpole::robot()), None, DT).unwrap();
    let start = 1e-3;
    world.set_joints(&[0.0, start], &[0.0, 0.0]);
    // theta'' = m g l / (I - (m l)² / (M + m)) theta, Barto et al. 1983 with the inertia of the capsule.
    let (m, l, total) = (0.1, 0.5, 1.1);
    let lambda = (m * G * l / (pole_inertia() - (m * l) * (m * l) / total)).sqrt();
    let secs = 0.8;
    run(&mut world, secs);
    let expected = start * (lambda * secs).cosh();
    let angle = world.joint_position(1);
    assert!((angle / expected - 1.0).abs() < 0.01, "angle {angle}, expected {expected}");
    // Momentum along the rail is conserved: the cart recoils.
    let recoil = -m * l * (expected - start) / total;
    assert!((world.joint_position(0) / recoil - 1.0).abs() < 0.01, "cart {}", world.joint_position(0));
}

#[test]
fn gravity_scales_the_fall() {
    let mut world = World::compile(&ideal(cartpole::robot()), None, DT).unwrap();
    world.set_joints(&[0.0, 0.1], &[0.0, 0.0]);
    world.set_gravity(0.0);
    run(&mut world, 0.5);
    assert!((world.joint_position(1) - 0.1).abs() < 1e-6, "without gravity nothing falls");
}

#[test]
fn a_torque_accelerates_a_hinge_by_torque_over_inertia() {
    let mut robot = ideal(reacher::robot());
    robot.links.truncate(1);
    robot.sites.clear();
    robot.motors.truncate(1);
    let mut world = World::compile(&robot, None, DT).unwrap();
    let inertia = capsule_inertia(0.5, 0.035, 0.25) + 0.5 * 0.0625;
    world.set_motor(0, 0.3);
    run(&mut world, 0.5);
    let expected = 0.3 / inertia * 0.5;
    assert!((world.joint_velocity(0) / expected - 1.0).abs() < 1e-3, "{} {expected}", world.joint_velocity(0));
}

#[test]
fn armature_adds_to_the_inertia_and_damping_sets_the_final_speed() {
    let mut robot = ideal(reacher::robot());
    robot.links.truncate(1);
    robot.sites.clear();
    robot.motors.truncate(1);
    let inertia = capsule_inertia(0.5, 0.035, 0.25) + 0.5 * 0.0625;
    (robot.links[0].joint.armature, robot.links[0].joint.damping) = (inertia, 0.5);
    let mut world = World::compile(&robot, None, DT).unwrap();
    world.set_motor(0, 1.0);
    let tau = 2.0 * inertia / 0.5;
    run(&mut world, tau);
    let expected = 2.0 * (1.0 - (-1.0_f64).exp());
    assert!((world.joint_velocity(0) / expected - 1.0).abs() < 0.01, "{} {expected}", world.joint_velocity(0));
    run(&mut world, 20.0 * tau);
    assert!((world.joint_velocity(0) - 2.0).abs() < 1e-3, "{}", world.joint_velocity(0));
}

#[test]
fn motor_torque_is_proportional_and_signed() {
    let speed = |torque: f64| {
        let mut world = World::compile(&ideal(reacher::robot()), None, DT).unwrap();
        world.set_motor(0, torque);
        run(&mut world, 0.05);
        world.joint_velocity(0)
    };
    let one = speed(0.01);
    assert!(one > 0.0);
    assert_eq!(speed(-0.01), -one, "a reversed motor mirrors the motion");
    assert_eq!(speed(0.0), 0.0, "a dead motor leaves the arm alone");
    assert!((speed(0.02) / one - 2.0).abs() < 1e-4, "twice the torque is twice the speed");
}

#[test]
fn dry_friction_holds_below_its_torque_and_brakes_by_it() {
    let mut robot = ideal(cartpole::robot());
    robot.links.truncate(1);
    robot.sites.clear();
    let mut world = World::compile(&robot, None, DT).unwrap();
    world.set_joint_friction(0, 2.0);
    world.set_motor(0, 1.9);
    run(&mut world, 1.0);
    assert!(
        world.joint_position(0).abs() < 1e-3,
        "a push below the friction moves nothing: {}",
        world.joint_position(0)
    );
    world.set_motor(0, 5.0);
    run(&mut world, 1.0);
    assert!((world.joint_velocity(0) - 3.0).abs() < 0.01, "friction takes 2 of 5 N: {}", world.joint_velocity(0));
    world.set_motor(0, 0.0);
    run(&mut world, 2.0);
    assert!(world.joint_velocity(0).abs() < 1e-3, "friction stops the cart: {}", world.joint_velocity(0));
}

#[test]
fn stops_hold_against_the_motor() {
    let mut world = World::compile(&reacher::robot(), None, 0.005).unwrap();
    world.set_motor(1, 2.5);
    let mut worst: f64 = 0.0;
    for _ in 0..600 {
        world.step().unwrap();
        worst = worst.max(world.joint_position(1));
    }
    assert!(worst < 2.9, "elbow at {worst}");
    assert!((world.joint_position(1) - 2.6).abs() < 0.02, "elbow rests at {}", world.joint_position(1));
}

#[test]
fn energy_is_conserved_without_losses() {
    let mut world = World::compile(&ideal(reacher::robot()), None, DT).unwrap();
    world.set_joints(&[0.0, 0.5], &[3.0, -1.0]);
    let energy = |world: &World| {
        let (w1, w2, q2) = (world.joint_velocity(0), world.joint_velocity(1), world.joint_position(1));
        let i1 = capsule_inertia(0.5, 0.035, 0.25) + 0.5 * 0.0625 + 0.3 * 0.25;
        let i2 = capsule_inertia(0.3, 0.028, 0.2) + 0.3 * 0.04;
        let coupling = 0.3 * 0.5 * 0.2 * q2.cos();
        0.5 * (i1 + i2 + 2.0 * coupling) * w1 * w1 + (i2 + coupling) * w1 * w2 + 0.5 * i2 * w2 * w2
    };
    let start = energy(&world);
    run(&mut world, 0.5);
    assert!((energy(&world) / start - 1.0).abs() < 0.01, "{start} became {}", energy(&world));
}

/// It swings through the speed above which strides are cut, and back, some thirty times.
#[test]
fn energy_is_conserved_where_strides_are_cut() {
    let robot = ideal(pendulum::robot());
    let mut world = World::compile(&robot, None, 0.02).unwrap();
    let mut upright = robot.zero_positions();
    upright[0] = 0.3;
    world.set_joints(&upright, &[0.0]);
    world.step().unwrap();
    let (start, mut most) = (world.books(), 0.0_f64);
    for _ in 0..2000 {
        world.step().unwrap();
        most = most.max(world.books().kinetic);
    }
    let [lost, drift] = [start.energy() - world.books().energy(), world.books().drift - start.drift];
    println!("of {most:.3} J of motion {lost:.5} J were lost in 40 s, the books say {drift:.5} J");
    assert!(most > 2.0 && lost.abs() < 0.01 * most && drift.abs() < 0.01 * most, "{most} {lost} {drift}");
}

#[test]
fn a_joint_driven_into_its_stop_is_held() {
    // Worst excess of any joint of a half-cheetah without springs in the air, driven at full torque from rest just before its stop.
    let mut robot = ideal(assets::robot("half-cheetah"));
    robot.links.iter_mut().for_each(|link| link.joint.stiffness = 0.0);
    for (motor_idx, motor) in robot.motors.iter().enumerate() {
        let mut world = World::compile(&robot, None, 0.005).unwrap();
        let joint_idx = robot.joint_idx(&motor.joint).unwrap();
        let [_, high] = robot.links[joint_idx].joint.limits.unwrap();
        let mut start = robot.rest_positions();
        start[robot.position_range(joint_idx).start] = high - 0.01;
        world.set_joints(&start, &vec![0.0; robot.n_velocities()]);
        world.set_motor(motor_idx, motor.limit);
        let excess = (0..100).map(|_| {
            world.step().unwrap();
            world.joint_position(joint_idx) - high
        });
        let worst = excess.fold(f64::NEG_INFINITY, f64::max);
        assert!(worst < 0.2, "{}: {worst} rad", motor.name);
    }
}
