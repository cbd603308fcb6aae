//! Free bodies, floors and friction against closed forms.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use mesolimb_envs::{
    Env, RobotSpec, Shape,
    half_cheetah::HalfCheetah,
    locomotion,
    robot::{JointKind, JointSpec, LinkSpec, ShapeSpec},
    world::{Floor, Terrain, World},
};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

const DT: f64 = 0.002;
const G: f64 = 9.81;

/// A single body without a fixed base.
fn body(shape: Shape, kind: JointKind) -> RobotSpec {
    let link = LinkSpec {
        name: "body".into(),
        parent: None,
        joint: JointSpec::new("root", kind, [0.0, 0.0, 1.0]),
        shapes: vec![ShapeSpec { contact_friction: Some(0.5), ..ShapeSpec::new(shape) }],
        mass_kg: 2.0,
        inertia: None,
    };
    RobotSpec { name: "body".into(), links: vec![link], ..RobotSpec::default() }
}

const BOX: Shape = Shape::Cuboid { half_extents: [0.3, 0.3, 0.1] };
const BALL: Shape = Shape::Sphere { radius: 0.1 };
const FLOOR: Option<Floor> = Some(Floor { friction: 0.5 });

fn run(world: &mut World, secs: f64) {
    for _ in 0..(secs / DT).round() as usize {
        world.step().unwrap();
    }
}

fn positions(world: &World) -> Vec<f64> {
    let mut positions = world.robot().zero_positions();
    world.joint_positions(&mut positions);
    positions
}

#[test]
fn a_thrown_body_flies_a_parabola_and_keeps_its_spin() {
    for (kind, start, velocity) in [
        (JointKind::Free, vec![0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 1.0], vec![1.0, -0.5, 3.0, 0.0, 0.0, 2.0]),
        (JointKind::Planar, vec![0.0, 5.0, 0.0], vec![1.0, 3.0, 2.0]),
    ] {
        let mut world = World::compile(&body(BOX, kind), FLOOR, DT).unwrap();
        world.set_joints(&start, &velocity);
        run(&mut world, 0.5);
        let [x, y, z] = world.link_pose(0).translation.map(f64::from);
        assert!((x - 0.5).abs() < 1e-4, "x {x}");
        let (expected_y, turn_about) = if kind == JointKind::Free { (-0.25, 2) } else { (0.0, 1) };
        assert!((y - expected_y).abs() < 1e-4, "y {y}");
        // Semi-implicit Euler falls short by g t dt / 2.
        let expected = 5.0 + 3.0 * 0.5 - 0.5 * G * 0.25;
        assert!((z - expected).abs() < G * 0.5 * DT, "z {z}, expected {expected}");
        let (linear, angular) = world.link_velocity(0);
        assert!((f64::from(linear[2]) - (3.0 - G * 0.5)).abs() < 1e-3, "v {linear:?}");
        assert!((angular[turn_about] - 2.0).abs() < 1e-4, "w {angular:?}");
        let rotation = world.link_pose(0).rotation;
        assert!((rotation[turn_about] - 0.5_f32.sin()).abs() < 1e-3, "turned by 1 rad: {rotation:?}");
    }
}

#[test]
fn a_body_turns_about_its_centre_of_mass() {
    let mut robot = body(BOX, JointKind::Free);
    robot.links[0].shapes[0].translation = [0.3, 0.0, 0.0];
    let mut world = World::compile(&robot, None, DT).unwrap();
    world.set_gravity(0.0);
    // The origin circles about a centre at rest.
    world.set_joints(&[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], &[0.0, -0.6, 0.0, 0.0, 0.0, 2.0]);
    for _ in 0..100 {
        run(&mut world, 0.01);
        let [x, y, _] = world.centre_of_mass();
        assert!((x - 0.3).abs() < 5e-3 && y.abs() < 5e-3, "centre at {x} {y}");
    }
    let (_, angular) = world.link_velocity(0);
    assert!((angular[2] - 2.0).abs() < 1e-3);
}

#[test]
fn the_floor_pushes_back_with_the_weight() {
    for kind in [JointKind::Free, JointKind::Planar] {
        let mut world = World::compile(&body(BOX, kind), FLOOR, DT).unwrap();
        let (mut start, still) = (positions(&world), vec![0.0; world.robot().n_velocities()]);
        start[if kind == JointKind::Free { 2 } else { 1 }] = 0.15;
        world.set_joints(&start, &still);
        run(&mut world, 1.0);
        let force = f64::from(world.contact_force(0)[2]);
        assert!((force / (2.0 * G) - 1.0).abs() < 1e-3, "{force} N under {kind:?}");
        assert!((world.link_pose(0).translation[2] - 0.1).abs() < 2e-3);
        assert!(world.touches(0));
        world.set_payload(0, 1.0);
        run(&mut world, 0.5);
        let force = f64::from(world.contact_force(0)[2]);
        assert!((force / (3.0 * G) - 1.0).abs() < 1e-3, "{force} N with a payload");
        world.set_gravity(3.7);
        run(&mut world, 0.5);
        let force = f64::from(world.contact_force(0)[2]);
        assert!((force / (3.0 * 3.7) - 1.0).abs() < 1e-3, "{force} N on Mars");
    }
}

/// Box on the floor, at rest.
fn resting_box() -> World {
    let mut world = World::compile(&body(BOX, JointKind::Free), FLOOR, DT).unwrap();
    world.set_joints(&[0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 1.0], &[0.0; 6]);
    run(&mut world, 0.5);
    world
}

#[test]
fn a_block_slips_where_the_slope_is_steeper_than_its_friction() {
    for friction in [0.02, 0.2, 1.0, 2.0] {
        for (share, slips) in [(0.95, false), (1.05, true)] {
            // The friction changes under a resting contact.
            let mut world = resting_box();
            world.set_contact_friction(friction);
            world.set_slope((friction * share).atan());
            run(&mut world, 1.0);
            let speed = -f64::from(world.link_velocity(0).0[0]);
            let angle = (friction * share).atan();
            let expected = if slips { G * (angle.sin() - friction * angle.cos()) } else { 0.0 };
            // What holds creeps by a few cm/s where friction is larger than the weight.
            assert!(
                (speed - expected).abs() < 0.03 + 0.05 * expected,
                "{speed} m/s at {share} of {friction}, expected {expected}"
            );
        }
    }
}

#[test]
fn a_sliding_block_slows_by_its_friction() {
    let mut world = resting_box();
    world.set_contact_friction(0.3);
    let at = positions(&world);
    world.set_joints(&at, &[2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    run(&mut world, 0.4);
    let speed = f64::from(world.link_velocity(0).0[0]);
    let expected = 2.0 - 0.3 * G * 0.4;
    assert!((speed - expected).abs() < 0.02, "{speed}, expected {expected}");
    run(&mut world, 1.0);
    let way = f64::from(world.link_pose(0).translation[0]);
    let expected = 2.0 * 2.0 / (2.0 * 0.3 * G);
    assert!((way / expected - 1.0).abs() < 0.02, "{way} m, expected {expected}");
}

#[test]
fn a_ball_rolls_down_a_slope_at_five_sevenths() {
    let mut world = World::compile(&body(BALL, JointKind::Free), FLOOR, DT).unwrap();
    world.set_joints(&[0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 1.0], &[0.0; 6]);
    let angle: f64 = 0.2;
    world.set_slope(angle);
    run(&mut world, 1.0);
    let (linear, angular) = world.link_velocity(0);
    let expected = -5.0 / 7.0 * G * angle.sin();
    assert!((f64::from(linear[0]) / expected - 1.0).abs() < 0.02, "{} m/s, expected {expected}", linear[0]);
    assert!((angular[1] - linear[0] / 0.1).abs() < 0.02 * angular[1].abs(), "it rolls without slipping: {angular:?}");
}

#[test]
fn wind_accelerates_by_force_over_mass_and_stops_when_it_is_still() {
    let mut world = World::compile(&body(BOX, JointKind::Free), None, DT).unwrap();
    world.set_gravity(0.0);
    world.set_wind(0, [4.0, 0.0, 0.0]);
    run(&mut world, 0.5);
    assert!((world.link_velocity(0).0[0] - 1.0).abs() < 1e-3);
    world.set_wind(0, [0.0; 3]);
    run(&mut world, 0.5);
    assert!((world.link_velocity(0).0[0] - 1.0).abs() < 1e-3);
}

#[test]
fn terrain_appears_under_a_body_and_goes_again() {
    let mut world = resting_box();
    world.set_terrain(Terrain { roughness: 0.0, step_height: 0.2 });
    run(&mut world, 2.0);
    let low = world.link_pose(0).translation[2];
    let heights = [0.1, -0.1, -0.3];
    assert!(heights.iter().any(|height| (low - height).abs() < 0.02), "rests on a plateau, at {low}");
    // Terrain has no end.
    for x in [4.9, -123.4, 5678.9] {
        world.set_joints(&[x, 0.5 * x, 0.3, 0.0, 0.0, 0.0, 1.0], &[0.0; 6]);
        run(&mut world, 2.0);
        let z = world.link_pose(0).translation[2];
        assert!((-0.4..0.2).contains(&z), "rests at {z} m where x is {x} m");
    }
    world.set_terrain(Terrain::default());
    run(&mut world, 3.0);
    assert!(world.lowest_point().abs() < 0.01, "back on the level floor: {}", world.lowest_point());
}

#[test]
fn a_saved_world_in_contact_goes_on_bit_for_bit() {
    let mut world = resting_box();
    world.set_slope(0.6);
    run(&mut world, 0.1);
    let copy = world.clone();
    run(&mut world, 1.0);
    let mut copy = copy;
    run(&mut copy, 1.0);
    assert_eq!(positions(&world), positions(&copy));
}

/// The value below which a share of all values lies.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}

#[test]
fn a_half_cheetah_under_full_torques_stays_on_the_floor_and_within_its_stops() {
    // Depth of the lowest point in the floor and excess of the joints over their stops, after every control step.
    let (mut depths, mut excesses) = (Vec::new(), Vec::new());
    let mut env = locomotion::env::<HalfCheetah>().unwrap();
    let limits: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
    let mut action = limits.clone();
    for seed in 0..20 {
        env.reset(seed);
        let mut rng = Pcg64::seed_from_u64(seed);
        for step in 0..400 {
            if step % 2 == 0 {
                let drawn = limits.iter().map(|&limit| if rng.random() { limit } else { -limit });
                action.iter_mut().zip(drawn).for_each(|(to, torque)| *to = torque);
            }
            assert_eq!(env.step(&action).fault, None);
            let world = env.world();
            depths.push(f64::from(-world.lowest_point()).max(0.0));
            for (joint_idx, link) in world.robot().links.iter().enumerate() {
                if let Some([low, high]) = link.joint.limits {
                    let position = world.joint_position(joint_idx);
                    excesses.push((low - position).max(position - high).max(0.0));
                }
            }
        }
    }
    let depths = [0.9, 0.99, 0.999, 1.0].map(|share| 1e3 * quantile(&depths, share));
    let excesses = [0.99, 1.0].map(|share| quantile(&excesses, share));
    println!("depth {depths:.1?} mm, excess {excesses:.3?} rad");
    // MuJoCo's floor under the half-cheetah is as soft.
    assert!(depths[1] < 50.0 && depths[3] < 100.0, "depth: {depths:?} mm");
    assert!(excesses[0] < 0.2 && excesses[1] < 0.5, "excess: {excesses:?} rad");
}
