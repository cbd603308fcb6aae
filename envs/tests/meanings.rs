//! Changes do what their names say.

use mesolimb_envs::{Env, Task, acrobot, forage, pendulum, quadruped, robot_env::RobotEnv};

fn set<T: Task>(env: &mut RobotEnv<T>, kind: &str, value: f64) {
    let names: Vec<String> = env.params().matching(kind).map(|param| param.name.clone()).collect();
    assert!(!names.is_empty(), "there is a {kind}");
    for name in names {
        env.params_mut().set(&name, value).unwrap();
    }
}

/// Control steps until the episode ends, and the return. Motors are commanded the middle of their ranges.
fn rest<T: Task>(env: &mut RobotEnv<T>, most: usize) -> (usize, f64) {
    let action: Vec<f32> = env.spec().actions.iter().map(|channel| f32::midpoint(channel.low, channel.high)).collect();
    let mut total = 0.0;
    for n_steps in 1..=most {
        let step = env.step(&action);
        total += step.reward;
        if step.ended() {
            return (n_steps, total);
        }
    }
    (most, total)
}

#[test]
fn a_delayed_reward_is_told_before_the_episode_is_over() {
    let mut env = pendulum::env().unwrap();
    env.reset(1);
    let (n_steps, at_once) = rest(&mut env, 10_000);
    set(&mut env, "reward_delay", 40.0);
    env.reset(1);
    let (as_many, late) = rest(&mut env, 10_000);
    assert_eq!(n_steps, as_many);
    assert!((at_once - late).abs() < 1e-3, "{at_once} at once, {late} late");
}

#[test]
fn a_quadruped_stands_on_any_terrain_that_is_offered() {
    for (kind, value) in [("step_height", 0.3), ("step_height", 0.1)] {
        let mut env = quadruped::env().unwrap();
        set(&mut env, kind, value);
        env.reset(0);
        assert_eq!(rest(&mut env, 200).0, 200, "{kind} of {value} m");
    }
}

/// It yields by less in a step than single precision can tell, and what it yields must not be lost.
#[test]
fn a_robot_that_stands_gains_nothing_by_rounding() {
    let mut env = quadruped::env().unwrap();
    env.reset(0);
    assert_eq!(rest(&mut env, 200).0, 200);
    let start = env.books();
    assert_eq!(rest(&mut env, 700).0, 700);
    let gained = env.books().drift - start.drift;
    assert!(gained.abs() < 2e-4, "{gained} J came from nowhere in 14 s");
}

#[test]
fn longer_legs_begin_on_the_floor() {
    let mut env = quadruped::env().unwrap();
    env.reset(3);
    let nominal = env.world().lowest_point();
    set(&mut env, "link_length", 2.0);
    env.reset(3);
    let lowest = env.world().lowest_point();
    assert!((lowest - nominal.min(0.0)).abs() < 2e-3, "lowest point at {lowest} m");
}

#[test]
fn a_servo_without_strength_holds_nothing() {
    let mut env = quadruped::env().unwrap();
    set(&mut env, "motor_saturation", 0.0);
    env.reset(0);
    assert!(rest(&mut env, 100).0 < 100, "it falls");
}

#[test]
fn a_delayed_servo_holds_the_posture_it_began_in() {
    let mut env = quadruped::env().unwrap();
    set(&mut env, "action_delay", 10.0);
    env.reset(0);
    let before = env.world().joint_position(2);
    let action: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
    (0..5).for_each(|_| {
        env.step(&action);
    });
    let after = env.world().joint_position(2);
    assert!((after - before).abs() < 0.1, "from {before} to {after} rad before the first command arrives");
}

#[test]
fn wheels_spin_where_the_ground_is_slippery() {
    let driven = |friction: Option<f64>| {
        let mut env = forage::env().unwrap();
        friction.into_iter().for_each(|friction| set(&mut env, "ground_friction", friction));
        env.reset(0);
        let start = env.world().link_pose(0).translation;
        let action: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
        (0..25).for_each(|_| {
            env.step(&action);
        });
        let now = env.world().link_pose(0).translation;
        (now[0] - start[0]).hypot(now[1] - start[1])
    };
    let (nominal, slippery) = (driven(None), driven(Some(0.02)));
    assert!(slippery < 0.5 * nominal, "{slippery} m on ice, {nominal} m on the ground");
}

#[test]
fn the_tip_of_a_longer_acrobot_is_where_its_end_is() {
    let mut env = acrobot::env().unwrap();
    set(&mut env, "link_length/lower", 2.0);
    env.reset(0);
    let [hinge, tip] = [[0.0; 3], [0.0, 0.0, -1.0]].map(|point| env.world().link_point(1, point));
    let length = hinge.iter().zip(tip).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    assert!((length - 2.0).abs() < 1e-3, "{length} m");
}
