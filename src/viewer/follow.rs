//! Camera and floor go along with a robot that has the world for itself and walks away.

use bevy::prelude::*;
use mesolimb_envs::{Role, Scene};

use super::{
    camera::{Orbit, View},
    convert::point,
    floor::grid_spacing,
    link::Link,
    stage::Stage,
};

/// Seconds in which the camera makes all but 1/e of the way to the robot.
const LAG_SECS: f32 = 0.15;
/// In sizes of the scene: so far away at once is not walked, but the start of an episode.
const JUMP: f32 = 1.5;

/// Goes along with the robot, by whole squares of the grid.
#[derive(Component)]
pub struct Ground;

/// Where the robot is, if there is nothing else in the scene that is to stay in view.
pub fn whereabouts(scene: &Scene) -> Option<Vec3> {
    let is_alone = scene.items.iter().all(|item| !matches!(item.role, Role::Fixture | Role::Target));
    let links = scene.items.iter().filter(|item| item.role == Role::Link && !item.is_off_stage());
    let (sum, n) = links.fold((Vec3::ZERO, 0), |(sum, n), item| (sum + point(item.world_translation), n + 1));
    (is_alone && n > 0).then(|| sum / n as f32)
}

/// Moves camera and floor after the robot.
pub fn follow_robot(
    time: Res<Time<Real>>,
    link: Res<Link>,
    stage: Res<Stage>,
    mut orbits: Query<(&View, &mut Orbit)>,
    mut grounds: Query<&mut Transform, With<Ground>>,
) {
    let Some((start, now)) = stage.start.zip(link.latest.as_ref().and_then(|frame| whereabouts(&frame.scene))) else {
        return;
    };
    let Some((_, mut orbit)) = orbits.iter_mut().find(|(view, _)| **view == View::Body) else { return };
    let way = (now - start).with_z(0.0);
    orbit.offset = next_offset(orbit.offset, way, stage.size, time.delta_secs());
    let square = grid_spacing(stage.size);
    let [x, y] = [orbit.offset.x, orbit.offset.y].map(|along| (along / square).round() * square);
    for mut ground in &mut grounds {
        (ground.translation.x, ground.translation.y) = (x, y);
    }
}

fn next_offset(offset: Vec3, way: Vec3, size: f32, secs: f32) -> Vec3 {
    if offset.distance(way) > JUMP * size { way } else { offset.lerp(way, 1.0 - (-secs / LAG_SECS).exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(task: &str) -> Scene {
        let mut scene = Scene::default();
        mesolimb_envs::make(task).unwrap().scene(&mut scene);
        scene
    }

    #[test]
    fn who_runs_is_followed_and_who_has_a_place_is_not() {
        for task in ["ant", "half-cheetah", "quadruped"] {
            assert!(whereabouts(&scene(task)).is_some(), "{task}");
        }
        for task in ["cartpole", "reacher", "forage", "water-maze"] {
            assert_eq!(whereabouts(&scene(task)), None, "{task}");
        }
    }

    #[test]
    fn the_camera_keeps_up_and_jumps_to_a_new_start() {
        let mut offset = Vec3::ZERO;
        for frame in 1..500 {
            offset = next_offset(offset, Vec3::X * 0.02 * frame as f32, 1.0, 0.02);
        }
        assert!(9.98 - offset.x < 0.2, "at {} of 9.98 m", offset.x);
        assert_eq!(next_offset(offset, Vec3::ZERO, 1.0, 0.02), Vec3::ZERO);
    }
}
