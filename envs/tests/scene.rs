//! What is drawn is where the physics is.

use mesolimb_envs::{Env, Role, Scene, SceneItem, cartpole, forage, make, reacher};

fn scene(env: &dyn Env) -> Scene {
    let mut scene = Scene::default();
    env.scene(&mut scene);
    scene
}

fn item<'a>(scene: &'a Scene, name: &str, role: Role) -> &'a SceneItem {
    scene.items.iter().find(|item| item.name == name && item.role == role).unwrap()
}

#[test]
fn the_pole_stands_on_its_hinge() {
    let mut env = cartpole::env().unwrap();
    env.reset(2);
    (0..10).for_each(|_| assert_eq!(env.step(&[5.0]).fault, None));
    let mut observation = [0.0; 4];
    env.observe(&mut observation);
    let [x, angle, ..] = observation;
    let scene = scene(&env);
    let [hinge, pole] =
        [("hinge", Role::Joint), ("pole", Role::Link)].map(|(name, role)| item(&scene, name, role).world_translation);
    let expected = [x + 0.5 * angle.sin(), 0.0, hinge[2] + 0.5 * angle.cos()];
    assert!((hinge[0] - x).abs() < 1e-5, "the hinge moves with the cart");
    assert!(pole.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{pole:?}, expected {expected:?}");
}

#[test]
fn fingertip_and_target_are_as_far_apart_as_the_observation_says() {
    let mut env = reacher::env().unwrap();
    for seed in 0..10 {
        env.reset(seed);
        env.step(&[3.0, -1.0]);
        let mut observation = [0.0; 10];
        env.observe(&mut observation);
        let scene = scene(&env);
        let fingertip = item(&scene, "fingertip", Role::Effector).world_translation;
        let target = item(&scene, "target", Role::Target).world_translation;
        assert_eq!([target[0], target[1]], [observation[4], observation[5]]);
        for axis in 0..2 {
            assert!((fingertip[axis] - target[axis] - observation[8 + axis]).abs() < 1e-5);
        }
        assert!((fingertip[2] - target[2]).abs() < 1e-5, "the arm moves in the plane of the target");
    }
}

#[test]
fn a_scene_of_another_task_is_replaced() {
    let mut shared = scene(&*make("cartpole").unwrap());
    let reacher = make("reacher").unwrap();
    reacher.scene(&mut shared);
    assert_eq!(shared, scene(&*reacher));
}

#[test]
fn every_food_is_drawn_where_it_is() {
    let mut env = forage::env().unwrap();
    let mut drawn = Vec::new();
    for (x, seed) in [(0.6, 0), (-0.6, 0), (-0.6, 1)] {
        env.params_mut().set("food_x", x).unwrap();
        env.reset(seed);
        let scene = scene(&env);
        for (food_idx, food) in env.task().foods().enumerate() {
            let [x, y, _] = item(&scene, &format!("food {food_idx}"), Role::Target).world_translation;
            assert_eq!([x, y], food.map(|x| x as f32));
            drawn.push(food);
        }
    }
    drawn.dedup();
    assert_eq!(drawn.len(), 3 * forage::N_FOODS);
}
