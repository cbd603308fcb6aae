//! What a picture shows: things drawn together, and marks such as paths and arrows.

use mesolimb_envs::{Role, Scene, SceneItem, Shape};
use nalgebra::UnitQuaternion;

use super::ray::Vec3;

/// Discs that the head of an arrow is made of.
const HEAD_DISCS: u16 = 60;
/// Width and length of the head of an arrow, in widths of its shaft.
const HEAD: [f32; 2] = [2.6, 4.5];

/// Things that are drawn together. Of those that lie behind each other in one layer, only the first is seen.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The things.
    pub items: Vec<SceneItem>,
    /// Colour in place of those of their roles.
    pub paint: Option<[u8; 3]>,
    /// From 0, not seen, to 1.
    pub opacity: f32,
}

impl Layer {
    /// A robot as it is now, without the goal of its task.
    #[must_use]
    pub fn pose(scene: &Scene) -> Self {
        let items = scene.items.iter().filter(|item| item.role != Role::Target);
        Self { items: items.cloned().collect(), paint: None, opacity: 1.0 }
    }

    /// Where it was earlier or is later: a robot that what is behind shines through, without its surroundings.
    #[must_use]
    pub fn ghost(scene: &Scene, opacity: f32) -> Self {
        let mut layer = Self::pose(scene);
        layer.items.retain(|item| item.role != Role::Fixture);
        Self { opacity, ..layer }
    }

    /// A line through points, in m.
    #[must_use]
    pub fn path(points: &[[f32; 3]], radius: f32, paint: [u8; 3]) -> Self {
        let points: Vec<Vec3> = points.iter().copied().map(Vec3::from).collect();
        let piece = |ends: &[Vec3]| {
            let half_length = 0.5 * (ends[1] - ends[0]).norm();
            mark(Shape::Capsule { radius, half_length }, ends[0].lerp(&ends[1], 0.5), ends[1] - ends[0])
        };
        Self { items: points.windows(2).map(piece).collect(), paint: Some(paint), opacity: 1.0 }
    }

    /// Balls at points, in m.
    #[must_use]
    pub fn dots(points: &[[f32; 3]], radius: f32, paint: [u8; 3]) -> Self {
        let ball = |&point: &[f32; 3]| mark(Shape::Sphere { radius }, point.into(), Vec3::z());
        Self { items: points.iter().map(ball).collect(), paint: Some(paint), opacity: 1.0 }
    }

    /// An arrow from one point to another, in m. One that is shorter than its head is a smaller head.
    #[must_use]
    pub fn arrow(from: [f32; 3], to: [f32; 3], radius: f32, paint: [u8; 3]) -> Self {
        let (from, to) = (Vec3::from(from), Vec3::from(to));
        let length = (to - from).norm();
        let head_length = (HEAD[1] * radius).min(length);
        let at = |along: f32| from + (to - from) * (along / length.max(1e-9));
        let disc = |radius: f32, low: f32, high: f32| {
            let half_length = 0.5 * (high - low);
            mark(Shape::Cylinder { radius, half_length }, at(f32::midpoint(low, high)), to - from)
        };
        let neck = length - head_length;
        let head = (0..HEAD_DISCS).map(|idx| {
            let share = |idx: u16| f32::from(idx) / f32::from(HEAD_DISCS);
            let width = head_length * HEAD[0] / HEAD[1] * (1.0 - share(idx));
            disc(width, neck + head_length * share(idx), neck + head_length * share(idx + 1))
        });
        let shaft = (neck > 0.0).then(|| disc(radius, 0.0, neck));
        Self { items: shaft.into_iter().chain(head).collect(), paint: Some(paint), opacity: 1.0 }
    }

    /// The things that are to be seen.
    pub(super) fn on_stage(&self) -> impl Iterator<Item = &SceneItem> {
        self.items.iter().filter(|item| !item.is_off_stage())
    }
}

impl From<&Scene> for Layer {
    fn from(scene: &Scene) -> Self {
        Self { items: scene.items.clone(), paint: None, opacity: 1.0 }
    }
}

/// A shape about a point, along a direction. Like a goal, it throws no shadow.
fn mark(shape: Shape, centre: Vec3, along: Vec3) -> SceneItem {
    let turn = UnitQuaternion::rotation_between(&Vec3::z(), &along).unwrap_or_else(|| {
        // Straight down: any half turn does.
        UnitQuaternion::from_axis_angle(&Vec3::x_axis(), std::f32::consts::PI)
    });
    SceneItem {
        name: String::new(),
        role: Role::Target,
        shape,
        world_translation: centre.into(),
        world_rotation: turn.coords.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_reaches_from_end_to_end() {
        for to in [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.6, 0.0, -0.8]] {
            let arrow = Layer::arrow([0.0; 3], to, 0.01, [255; 3]);
            let lengths = arrow.items.iter().map(|item| match item.shape {
                Shape::Cylinder { half_length, .. } => 2.0 * half_length,
                _ => 0.0,
            });
            assert!((lengths.sum::<f32>() - 1.0).abs() < 1e-5);
            for item in &arrow.items {
                let [x, y, z, w] = item.world_rotation;
                let axis = UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z)) * Vec3::z();
                let centre = Vec3::from(item.world_translation);
                assert!(axis.cross(&Vec3::from(to)).norm() < 1e-5 && centre.cross(&Vec3::from(to)).norm() < 1e-5);
            }
        }
        let short = Layer::arrow([0.0; 3], [0.0, 0.0, 0.01], 0.01, [255; 3]);
        assert_eq!(short.items.len(), usize::from(HEAD_DISCS));
    }

    #[test]
    fn a_path_runs_through_its_points() {
        let path = Layer::path(&[[0.0; 3], [2.0, 0.0, 0.0], [2.0, 0.0, 4.0]], 0.1, [255; 3]);
        let centres: Vec<[f32; 3]> = path.items.iter().map(|item| item.world_translation).collect();
        assert_eq!(centres, [[1.0, 0.0, 0.0], [2.0, 0.0, 2.0]]);
    }
}
