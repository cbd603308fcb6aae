//! The shapes of robot files: what each weighs, and as what it touches.

use nalgebra::{Isometry3, Point3, UnitQuaternion, Vector3};

use super::{
    library::Measured,
    tree::{parts, shift},
};
use crate::{
    robot::{Mass, ShapeSpec},
    scene::{ALONG_X, ALONG_Y, Shape},
};

/// A solid, in its own frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Solid {
    /// A ball.
    Sphere(f64),
    /// Radius and half length along z.
    Capsule(f64, f64),
    /// Radius and half length along z.
    Cylinder(f64, f64),
    /// Half edges.
    Cuboid([f64; 3]),
    /// Half axes.
    Ellipsoid([f64; 3]),
    /// A mesh.
    Mesh(Measured),
}

impl Solid {
    /// Its mass at `density`; nothing for a mesh that encloses nothing.
    pub fn mass(&self, density: f64) -> Option<Mass> {
        use std::f64::consts::PI;
        Some(match *self {
            Self::Sphere(r) => Mass::ellipsoid(density * 4.0 / 3.0 * PI * r.powi(3), [r; 3]),
            Self::Ellipsoid(axes) => Mass::ellipsoid(density * 4.0 / 3.0 * PI * axes.iter().product::<f64>(), axes),
            Self::Capsule(r, half) => Mass::capsule(density * PI * r * r * (4.0 / 3.0 * r + 2.0 * half), r, half),
            Self::Cylinder(r, half) => Mass::cylinder(density * PI * r * r * 2.0 * half, r, half),
            Self::Cuboid(half) => Mass::cuboid(density * 8.0 * half.iter().product::<f64>(), half),
            Self::Mesh(mesh) => return mesh.mass.map(|mass| mass.scaled(density)),
        })
    }

    /// The shape that touches for it, at `pose`.
    pub fn shape(&self, pose: &Isometry3<f64>, contact_friction: Option<f64>) -> ShapeSpec {
        let (shape, pose) = self.touching(pose);
        let (translation, rotation) = parts(&pose);
        ShapeSpec { translation, rotation, contact_friction, ..ShapeSpec::new(shape) }
    }

    fn touching(&self, pose: &Isometry3<f64>) -> (Shape, Isometry3<f64>) {
        match *self {
            Self::Sphere(radius) => (Shape::Sphere { radius: radius as f32 }, *pose),
            Self::Capsule(radius, half) => (capsule(radius, half), *pose),
            Self::Cylinder(radius, half) => {
                (Shape::Cylinder { radius: radius as f32, half_length: half as f32 }, *pose)
            }
            Self::Cuboid(half) => (cuboid(half.into()), *pose),
            Self::Ellipsoid(axes) => {
                let (shape, turn) = round(axes);
                (shape, pose * turn)
            }
            Self::Mesh(Measured { bounds, .. }) => (cuboid(bounds.half), pose * shift(bounds.centre)),
        }
    }
}

/// A capsule, or a ball if it has no length.
fn capsule(radius: f64, half: f64) -> Shape {
    let (radius, half_length) = (radius as f32, half as f32);
    if half_length > 1e-6 * radius { Shape::Capsule { radius, half_length } } else { Shape::Sphere { radius } }
}

/// A box, at least a tenth of a millimetre thick: flat meshes have no thickness.
fn cuboid(half: Vector3<f64>) -> Shape {
    Shape::Cuboid { half_extents: half.map(|extent| (extent as f32).max(5e-5)).into() }
}

/// For an ellipsoid, the capsule along its longest axis that is as thick as the two others in the mean.
fn round(axes: [f64; 3]) -> (Shape, UnitQuaternion<f64>) {
    let long = (0..3).max_by(|&a, &b| axes[a].total_cmp(&axes[b])).unwrap_or(2);
    let radius = (axes[(long + 1) % 3] * axes[(long + 2) % 3]).sqrt();
    let turn = [ALONG_X, ALONG_Y, [0.0, 0.0, 0.0, 1.0]][long].map(f64::from);
    let [x, y, z, w] = turn;
    (capsule(radius, axes[long] - radius), UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z)))
}

/// Pose and half length of what reaches from one point to another along its z axis.
pub(super) fn from_to(ends: [f64; 6]) -> (Isometry3<f64>, f64) {
    let [a, b, c, d, e, f] = ends;
    let (from, to) = (Point3::new(a, b, c), Point3::new(d, e, f));
    // As in MuJoCo, z points from the second point to the first.
    let along = from - to;
    let rotation = UnitQuaternion::rotation_between(&Vector3::z(), &along)
        .unwrap_or_else(|| UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f64::consts::PI));
    (Isometry3::from_parts(nalgebra::center(&from, &to).into(), rotation), along.norm() / 2.0)
}
