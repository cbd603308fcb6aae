//! Mass distribution of links and shapes, in closed form.

use nalgebra::{Matrix3, Quaternion, Rotation3, SymmetricEigen, UnitQuaternion, Vector3};

use super::{InertiaSpec, LinkSpec, ShapeSpec};
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
        let parts = self.shapes.iter().map(|spec| {
            let mass_kg = self.mass_kg * spec.shape.volume() / volume;
            (mass_kg, spec.inertia(mass_kg))
        });
        InertiaSpec::of_parts(parts)
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
        Self { shape, translation: [0.0; 3], rotation: super::unrotated(), contact_friction: None }
    }

    /// The shape in a link that is `scale` times as long.
    #[must_use]
    pub(crate) fn stretched(&self, scale: f64) -> Self {
        let translation = self.translation.map(|x| x * scale);
        Self { shape: self.shape.stretched(scale as f32), translation, ..self.clone() }
    }

    /// A mass spread evenly over it, in the frame of the link.
    #[must_use]
    pub fn inertia(&self, mass_kg: f64) -> InertiaSpec {
        InertiaSpec {
            centre_of_mass: self.translation,
            principal_moments: self.shape.moments_per_mass().map(|moment| moment * mass_kg),
            rotation: self.rotation,
        }
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

    /// That of rigidly joined parts, each with its mass in kg.
    #[must_use]
    pub fn of_parts(parts: impl Iterator<Item = (f64, Self)> + Clone) -> Self {
        let mut several = parts.clone();
        if let (Some((_, only)), None) = (several.next(), several.next()) {
            return only;
        }
        let (mut mass, mut weighted) = (0.0, Vector3::zeros());
        for (part_mass, part) in parts.clone() {
            mass += part_mass;
            weighted += Vector3::from(part.centre_of_mass) * part_mass;
        }
        let centre = if mass > 0.0 { weighted / mass } else { Vector3::zeros() };
        let mut tensor = Matrix3::zeros();
        for (part_mass, part) in parts {
            let axes = unit_quaternion(part.rotation).to_rotation_matrix();
            let about_own_centre = axes.matrix()
                * Matrix3::from_diagonal(&Vector3::from(part.principal_moments))
                * axes.matrix().transpose();
            let away = Vector3::from(part.centre_of_mass) - centre;
            let of_point = Matrix3::identity() * away.norm_squared() - away * away.transpose();
            tensor += about_own_centre + of_point * part_mass;
        }
        Self::of_tensor(centre.into(), tensor)
    }

    /// That of an inertia tensor about the centre of mass, in kg·m², along the axes of the link.
    #[must_use]
    pub fn of_tensor(centre_of_mass: [f64; 3], tensor: Matrix3<f64>) -> Self {
        let SymmetricEigen { eigenvalues, mut eigenvectors } = SymmetricEigen::new(tensor);
        if eigenvectors.determinant() < 0.0 {
            eigenvectors.column_mut(2).neg_mut();
        }
        let axes = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(eigenvectors));
        Self {
            centre_of_mass,
            principal_moments: eigenvalues.map(|moment| moment.max(0.0)).into(),
            rotation: axes.coords.into(),
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

    /// Moments of inertia about its axes for a mass of 1 kg that is spread evenly over it, in m².
    #[must_use]
    pub fn moments_per_mass(self) -> [f64; 3] {
        match self {
            Self::Sphere { radius } => [0.4 * square(radius); 3],
            Self::Cylinder { radius, half_length } => {
                let across = square(radius) / 4.0 + square(half_length) / 3.0;
                [across, across, square(radius) / 2.0]
            }
            Self::Capsule { radius, half_length } => {
                let (r, h) = (f64::from(radius), f64::from(half_length));
                // Volumes over π r²: the cylinder, and the two half balls.
                let (cylinder, balls) = (2.0 * h, 4.0 / 3.0 * r);
                let (cylinder, balls) = (cylinder / (cylinder + balls), balls / (cylinder + balls));
                let across = cylinder * (r * r / 4.0 + h * h / 3.0) + balls * (0.4 * r * r + h * h + 0.75 * h * r);
                [across, across, cylinder * r * r / 2.0 + balls * 0.4 * r * r]
            }
            Self::Cuboid { half_extents } => {
                let [x, y, z] = half_extents.map(square);
                [(y + z) / 3.0, (x + z) / 3.0, (x + y) / 3.0]
            }
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
    use crate::reacher;

    #[test]
    fn a_capsule_lies_between_a_rod_and_a_ball() {
        let capsule = |radius, half_length| Shape::Capsule { radius, half_length }.moments_per_mass();
        // A rod of length 1: L²/12.
        assert!((capsule(1e-4, 0.5)[0] - 1.0 / 12.0).abs() < 1e-4);
        for moment in capsule(0.5, 1e-6) {
            assert!((moment - 0.4 * 0.25).abs() < 1e-5);
        }
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
        let halves = [half(-0.25), half(0.25)];
        let joined = InertiaSpec::of_parts(halves.iter().map(|half| (1.0, half.inertia(1.0))));
        let whole = Shape::Cuboid { half_extents: [0.5, 0.1, 0.2] }.moments_per_mass().map(|moment| 2.0 * moment);
        let mut moments = joined.principal_moments;
        moments.sort_by(f64::total_cmp);
        let mut expected = whole;
        expected.sort_by(f64::total_cmp);
        for (moment, expected) in moments.iter().zip(expected) {
            assert!((moment - expected).abs() < 1e-6, "{moments:?} {expected:?}");
        }
        assert!((joined.centre_of_mass[0]).abs() < 1e-12 && (joined.centre_of_mass[2] + 0.2).abs() < 1e-12);
    }
}
