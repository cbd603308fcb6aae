//! A cursor that is turned against the hand, and targets that are moved: what is seen and rewarded follows the cursor.

use mesolimb_envs::{Env, Role, Scene, arm_reach, arm7, reacher, world::World};

/// Value of an observation.
fn read(env: &dyn Env, name: &str) -> f64 {
    let mut observation = vec![0.0; env.spec().observations.len()];
    env.observe(&mut observation);
    let idx = env.spec().observations.iter().position(|channel| channel.name == name).unwrap();
    f64::from(observation[idx])
}

/// Where the only target of the scene is.
fn drawn_target(env: &dyn Env) -> [f64; 3] {
    let mut scene = Scene::default();
    env.scene(&mut scene);
    let target = scene.items.iter().find(|item| item.role == Role::Target).unwrap();
    target.world_translation.map(f64::from)
}

fn hand(world: &World) -> [f64; 3] {
    world.site_pose(0).translation.map(f64::from)
}

/// A motor that pushes and a few steps of it.
fn play(env: &mut dyn Env, n_steps: usize) -> f64 {
    let mut action = vec![0.0; env.spec().actions.len()];
    action[0] = 1.0;
    (0..n_steps).map(|_| env.step(&action).reward).last().unwrap_or_default()
}

#[test]
fn the_cursor_of_the_reacher_is_the_hand_turned_about_the_shoulder() {
    let mut env = reacher::env().unwrap();
    let angle: f64 = 30_f64.to_radians();
    for seed in 0..5 {
        env.params_mut().set("cursor_rotation", angle).unwrap();
        env.reset(seed);
        let reward = play(&mut env, 10);
        let [x, y, _] = hand(env.world());
        let cursor = [angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y];
        let [target_x, target_y] = env.task().target_xy();
        let error = [cursor[0] - target_x, cursor[1] - target_y];
        assert!((read(&env, "error_x") - error[0]).abs() < 1e-5 && (read(&env, "error_y") - error[1]).abs() < 1e-5);
        let effort = 0.05 * (1.0_f64 / 6.0).powi(2) / 2.0;
        assert!((reward + error[0].hypot(error[1]) + effort).abs() < 1e-6, "{reward}");
        // What the arm feels of itself is not turned.
        let angles = [env.world().joint_position(0), env.world().joint_position(1)];
        assert!((read(&env, "shoulder_sin") - angles[0].sin()).abs() < 1e-6);
        assert!((read(&env, "elbow_sin") - angles[1].sin()).abs() < 1e-6);
    }
}

#[test]
fn the_cursor_of_the_arm_is_the_hand_turned_about_the_vertical() {
    let mut env = arm_reach::env().unwrap();
    env.params_mut().set("cursor_rotation", -0.7).unwrap();
    env.reset(1);
    play(&mut env, 10);
    let [x, y, z] = hand(env.world());
    let (sin, cos) = (-0.7_f64).sin_cos();
    let cursor = [cos * x - sin * y, sin * x + cos * y, z - arm7::SHOULDER_HEIGHT];
    for (name, expected) in ["gripper_x", "gripper_y", "gripper_z"].into_iter().zip(cursor) {
        assert!((read(&env, name) - expected).abs() < 1e-5, "{name}");
    }
}

#[test]
fn a_moved_target_is_moved_by_so_much_wherever_it_is_seen() {
    let mut env = arm_reach::env().unwrap();
    let shift = [0.1, -0.2, 0.05];
    env.reset(3);
    let (before, drawn) = (env.task().target_from_shoulder(), drawn_target(&env));
    let error = ["error_x", "error_y", "error_z"].map(|name| read(&env, name));
    for (name, shift) in ["target_shift_x", "target_shift_y", "target_shift_z"].into_iter().zip(shift) {
        env.params_mut().set(name, shift).unwrap();
    }
    env.reset(3);
    for axis in 0..3 {
        let moved = |after: f64, before: f64| (after - before - shift[axis]).abs() < 1e-6;
        assert!(moved(env.task().target_from_shoulder()[axis], before[axis]));
        assert!(moved(drawn_target(&env)[axis], drawn[axis]));
        assert!(moved(read(&env, ["target_x", "target_y", "target_z"][axis]), before[axis]));
        assert!((read(&env, ["error_x", "error_y", "error_z"][axis]) - error[axis] + shift[axis]).abs() < 1e-6);
    }
}
