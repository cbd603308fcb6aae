//! How the mass of a link is distributed.

use nalgebra::{Isometry3, Quaternion, UnitQuaternion, Vector3};

use super::{InertiaSpec, LinkSpec, ShapeSpec, Softness, mass::Mass};
use crate::scene::Shape;

impl LinkSpec {
    /// How the mass of the link is distributed: as described, or evenly over its shapes.
    /// A link without mass and shapes has none.
    #[must_use]
    pub fn inertia(&self) -> InertiaSpec {
        if let Some(inertia) = self.inertia {
            return inertia;
        }
        let volume: f64 = self.shapes.iter().map(|shape| shape.shape.volume()).sum();
        let masses = self.shapes.iter().map(|spec| spec.mass(self.mass_kg * spec.shape.volume() / volume));
        masses.fold(Mass::default(), |sum, mass| sum.plus(&mass)).spec()
    }

    /// Moment of inertia about an axis through the centre of mass, given in the frame of the link, in kg·m².
    #[must_use]
    pub fn moment_about(&self, axis: [f64; 3]) -> f64 {
        let InertiaSpec { principal_moments, rotation, .. } = self.inertia();
        let axis = unit_quaternion(rotation).inverse() * Vector3::from(axis).normalize();
        Vector3::from(principal_moments).dot(&axis.component_mul(&axis))
    }
}

impl ShapeSpec {
    /// A shape at the origin of its link that touches nothing.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            translation: [0.0; 3],
            rotation: super::unrotated(),
            contact_friction: None,
            softness: Softness::default(),
            margin: 0.0,
        }
    }

    /// The shape in a link that is `scale` times as long.
    #[must_use]
    pub(crate) fn stretched(&self, scale: f64) -> Self {
        let translation = self.translation.map(|x| x * scale);
        Self { shape: self.shape.stretched(scale as f32), translation, ..self.clone() }
    }

    /// A mass spread evenly over it, in the frame of the link.
    fn mass(&self, mass_kg: f64) -> Mass {
        let pose = Isometry3::from_parts(self.translation.into(), unit_quaternion(self.rotation));
        Mass::of_shape(mass_kg, self.shape).moved(&pose)
    }
}

impl InertiaSpec {
    /// That of a link that is `scale` times as long.
    #[must_use]
    pub(crate) fn stretched(&self, scale: f64) -> Self {
        Self {
            centre_of_mass: self.centre_of_mass.map(|x| x * scale),
            principal_moments: self.principal_moments.map(|moment| moment * scale * scale),
            ..*self
        }
    }
}

impl Shape {
    /// Volume, in m³.
    #[must_use]
    pub fn volume(self) -> f64 {
        use std::f64::consts::PI;
        match self {
            Self::Sphere { radius } => 4.0 / 3.0 * PI * cube(radius),
            Self::Cylinder { radius, half_length } => PI * square(radius) * 2.0 * f64::from(half_length),
            Self::Capsule { radius, half_length } => {
                PI * square(radius) * 2.0 * f64::from(half_length) + 4.0 / 3.0 * PI * cube(radius)
            }
            Self::Cuboid { half_extents } => half_extents.map(f64::from).into_iter().product::<f64>() * 8.0,
        }
    }
}

pub(crate) fn unit_quaternion([x, y, z, w]: [f64; 4]) -> UnitQuaternion<f64> {
    UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z))
}

fn square(x: f32) -> f64 {
    f64::from(x) * f64::from(x)
}

fn cube(x: f32) -> f64 {
    square(x) * f64::from(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{reacher, robot_file};

    fn reacher_link() -> LinkSpec {
        reacher::robot().links[0].clone()
    }

    #[test]
    fn the_axis_turns_with_the_shape() {
        let forearm = &reacher::robot().links[1];
        let (along, across) = (forearm.moment_about([1.0, 0.0, 0.0]), forearm.moment_about([0.0, 0.0, 2.0]));
        assert!((across - forearm.moment_about([0.0, 1.0, 0.0])).abs() < 1e-7);
        assert!(across > 10.0 * along);
    }

    #[test]
    fn two_halves_of_a_box_are_the_box() {
        let half = |x: f64| ShapeSpec {
            translation: [x, 0.3, -0.2],
            ..ShapeSpec::new(Shape::Cuboid { half_extents: [0.25, 0.1, 0.2] })
        };
        let link = LinkSpec { inertia: None, shapes: vec![half(-0.25), half(0.25)], mass_kg: 2.0, ..reacher_link() };
        let whole = Mass::cuboid(2.0, [0.5, 0.1, 0.2]);
        let InertiaSpec { centre_of_mass, principal_moments, .. } = link.inertia();
        assert!((Vector3::from(principal_moments) - whole.inertia.diagonal()).norm() < 1e-6, "{principal_moments:?}");
        assert!((Vector3::from(centre_of_mass) - Vector3::new(0.0, 0.3, -0.2)).norm() < 1e-12, "{centre_of_mass:?}");
    }

    #[test]
    fn shapes_weigh_the_same_in_a_file_and_in_a_description() {
        let geoms = r#"<geom type="capsule" size="0.05" fromto="0 0 0 0.3 0.1 0"/><geom type="box" size="0.1 0.2 0.1"/>
            <geom type="cylinder" size="0.1 0.2" pos="0 0 1" euler="30 20 0"/><geom size="0.2" pos="0 1 0"/>"#;
        let text = format!("<mujoco><worldbody><body><joint/>{geoms}</body></worldbody></mujoco>");
        let read = &robot_file::mjcf("robot.xml", &text).unwrap().robot.links[0];
        let described = LinkSpec { inertia: None, ..read.clone() };
        for axis in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]] {
            let (a, b) = (read.moment_about(axis), described.moment_about(axis));
            assert!((a - b).abs() < 1e-6 * a, "{axis:?}: {a} and {b}");
        }
        let [a, b] = [read, &described].map(|link| Vector3::from(link.inertia().centre_of_mass));
        assert!((a - b).norm() < 1e-6, "{a} and {b}");
    }

    #[test]
    fn a_link_without_mass_and_shapes_has_no_inertia() {
        let link = LinkSpec { inertia: None, shapes: Vec::new(), mass_kg: 0.0, ..reacher_link() };
        assert_eq!(link.inertia().principal_moments, [0.0; 3]);
    }
}
