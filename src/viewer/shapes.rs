//! Meshes and materials of the items of a scene.

use std::f32::consts::FRAC_PI_2;

use bevy::prelude::*;
use mesolimb_envs::{Role, SceneItem, Shape};

use super::{
    convert::{color, linear, point, pose},
    palette,
};

/// The mesh of a shape.
pub fn mesh(shape: Shape) -> Mesh {
    // Bevy's capsules and cylinders lie along y, those of a scene along z.
    let upright = Quat::from_rotation_x(FRAC_PI_2);
    match shape {
        Shape::Sphere { radius } => Sphere::new(radius).mesh().ico(4).unwrap_or_else(|_| Sphere::new(radius).into()),
        Shape::Capsule { radius, half_length } => {
            Capsule3d::new(radius, 2.0 * half_length).mesh().longitudes(32).latitudes(16).build().rotated_by(upright)
        }
        Shape::Cylinder { radius, half_length } => {
            Cylinder::new(radius, 2.0 * half_length).mesh().resolution(64).build().rotated_by(upright)
        }
        Shape::Cuboid { half_extents: [x, y, z] } => Cuboid::new(2.0 * x, 2.0 * y, 2.0 * z).into(),
    }
}

/// What things of this role are made of.
pub fn material(role: Role) -> StandardMaterial {
    let (paint, perceptual_roughness, clearcoat, glow) = match role {
        Role::Link => (palette::LINK, 0.35, 0.6, 0.0),
        Role::Joint => (palette::JOINT, 0.4, 0.4, 0.0),
        Role::Effector => (palette::EFFECTOR, 0.3, 0.6, 0.25),
        Role::Target => (palette::TARGET, 0.4, 0.0, 0.5),
        Role::Fixture => (palette::FIXTURE, 0.75, 0.0, 0.0),
    };
    StandardMaterial {
        base_color: color(paint),
        perceptual_roughness,
        clearcoat,
        clearcoat_perceptual_roughness: 0.2,
        emissive: linear(paint, glow),
        emissive_exposure_weight: -1.0,
        ..default()
    }
}

/// How far a shape reaches along its own axes.
pub fn reach(shape: Shape) -> Vec3 {
    point(shape.half_extents())
}

/// Points on the outline of an item, in the world.
pub fn outline(item: &SceneItem) -> Vec<Vec3> {
    let reach = reach(item.shape);
    let is_box = matches!(item.shape, Shape::Cuboid { .. });
    let rim = (0..16).flat_map(|i| {
        let (sin, cos) = (std::f32::consts::TAU * (i as f32 + 0.5) / 16.0).sin_cos();
        let (x, y) = if is_box { (cos.signum(), sin.signum()) } else { (cos, sin) };
        [-1.0, 1.0].map(|z| Vec3::new(x, y, z) * reach)
    });
    let pose = pose(item);
    rim.map(|corner| pose.transform_point(corner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::camera::bounds;

    fn item(shape: Shape, world_rotation: [f32; 4]) -> SceneItem {
        let name = "item".into();
        SceneItem { name, role: Role::Link, shape, world_translation: [1.0, 2.0, 3.0], world_rotation }
    }

    #[test]
    fn meshes_reach_as_far_as_their_shapes() {
        let shapes = [
            Shape::Sphere { radius: 0.5 },
            Shape::Capsule { radius: 0.1, half_length: 0.6 },
            Shape::Cylinder { radius: 0.3, half_length: 0.2 },
            Shape::Cuboid { half_extents: [0.1, 0.2, 0.3] },
        ];
        for shape in shapes {
            let mesh = mesh(shape);
            let positions = mesh.attribute(Mesh::ATTRIBUTE_POSITION).unwrap().as_float3().unwrap();
            let found = positions.iter().map(|xyz| point(*xyz).abs()).fold(Vec3::ZERO, Vec3::max);
            assert!(found.distance(reach(shape)) < 0.01, "{shape:?}: {found} instead of {}", reach(shape));
        }
    }

    #[test]
    fn an_outline_turns_with_its_item() {
        let along_x = [0.0, std::f32::consts::FRAC_1_SQRT_2, 0.0, std::f32::consts::FRAC_1_SQRT_2];
        let rod = item(Shape::Capsule { radius: 0.1, half_length: 0.9 }, along_x);
        let (low, high) = bounds(&outline(&rod)).unwrap();
        assert!((high.x - low.x - 2.0).abs() < 1e-3 && high.z - low.z < 0.21, "{low} to {high}");
    }

    #[test]
    fn a_pose_without_rotation_is_upright() {
        assert_eq!(pose(&item(Shape::Sphere { radius: 1.0 }, [0.0; 4])).rotation, Quat::IDENTITY);
    }
}
