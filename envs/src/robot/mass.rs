//! Mass, centre of mass and inertia: of solids, moved, added up.

use nalgebra::{Isometry3, Matrix3, Point3, Rotation3, SymmetricEigen, UnitQuaternion, Vector3};

use super::InertiaSpec;
use crate::scene::Shape;

/// How much something weighs and where, in some frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mass {
    /// In kg.
    pub mass_kg: f64,
    /// Centre of mass, in m.
    pub centre: Vector3<f64>,
    /// Inertia about the centre of mass, along the axes of the frame, in kg·m².
    pub inertia: Matrix3<f64>,
}

impl Default for Mass {
    fn default() -> Self {
        Self { mass_kg: 0.0, centre: Vector3::zeros(), inertia: Matrix3::zeros() }
    }
}

impl Mass {
    /// A body whose centre of mass is the origin and whose principal axes are those of the frame.
    pub fn centred(mass_kg: f64, moments: [f64; 3]) -> Self {
        Self { mass_kg, centre: Vector3::zeros(), inertia: Matrix3::from_diagonal(&moments.into()) }
    }

    /// An ellipsoid with these half axes; a ball if they are equal.
    pub fn ellipsoid(mass_kg: f64, [a, b, c]: [f64; 3]) -> Self {
        let fifth = mass_kg / 5.0;
        Self::centred(mass_kg, [fifth * (b * b + c * c), fifth * (a * a + c * c), fifth * (a * a + b * b)])
    }

    /// A box.
    pub fn cuboid(mass_kg: f64, [a, b, c]: [f64; 3]) -> Self {
        let third = mass_kg / 3.0;
        Self::centred(mass_kg, [third * (b * b + c * c), third * (a * a + c * c), third * (a * a + b * b)])
    }

    /// A cylinder along z.
    pub fn cylinder(mass_kg: f64, radius: f64, half_length: f64) -> Self {
        let across = mass_kg * (radius * radius / 4.0 + half_length * half_length / 3.0);
        Self::centred(mass_kg, [across, across, mass_kg * radius * radius / 2.0])
    }

    /// A cylinder along z with a half ball on either end.
    pub fn capsule(mass_kg: f64, radius: f64, half_length: f64) -> Self {
        let ball = mass_kg * (4.0 / 3.0 * radius) / (4.0 / 3.0 * radius + 2.0 * half_length);
        let cylinder = Self::cylinder(mass_kg - ball, radius, half_length);
        // A half ball: 83/320 m r² across its own centre of mass, which lies 3/8 r above its face.
        let across_half = ball / 2.0 * (83.0 / 320.0 * radius * radius + (half_length + 0.375 * radius).powi(2));
        let along = 0.4 * ball * radius * radius;
        let balls = Self::centred(ball, [2.0 * across_half, 2.0 * across_half, along]);
        cylinder.plus(&balls)
    }

    /// A mass spread evenly over `shape`.
    pub fn of_shape(mass_kg: f64, shape: Shape) -> Self {
        match shape {
            Shape::Sphere { radius } => Self::ellipsoid(mass_kg, [radius.into(); 3]),
            Shape::Cylinder { radius, half_length } => Self::cylinder(mass_kg, radius.into(), half_length.into()),
            Shape::Capsule { radius, half_length } => Self::capsule(mass_kg, radius.into(), half_length.into()),
            Shape::Cuboid { half_extents } => Self::cuboid(mass_kg, half_extents.map(f64::from)),
        }
    }

    /// The solid that `triangles` enclose, with this density; nothing if they enclose nothing.
    pub fn mesh(density: f64, triangles: impl Iterator<Item = [Point3<f64>; 3]>) -> Option<Self> {
        let (mut volume, mut first, mut second) = (0.0, Vector3::zeros(), Matrix3::zeros());
        for [a, b, c] in triangles.map(|corners| corners.map(|corner| corner.coords)) {
            let det = a.dot(&b.cross(&c));
            let sum = a + b + c;
            volume += det / 6.0;
            first += det / 24.0 * sum;
            second += det / 120.0 * (a * a.transpose() + b * b.transpose() + c * c.transpose() + sum * sum.transpose());
        }
        // Triangles that face inwards enclose a negative volume.
        let sign = volume.signum() * density;
        let mass_kg = volume * sign;
        if !(mass_kg.is_finite() && mass_kg > 0.0) {
            return None;
        }
        let centre = first / volume;
        let second = second * sign - mass_kg * centre * centre.transpose();
        let inertia = Matrix3::identity() * second.trace() - second;
        Some(Self { mass_kg, centre, inertia })
    }

    /// The same, seen from a frame in which this one is at `pose`.
    pub fn moved(&self, pose: &Isometry3<f64>) -> Self {
        let rotation = pose.rotation.to_rotation_matrix();
        Self {
            mass_kg: self.mass_kg,
            centre: pose.transform_point(&Point3::from(self.centre)).coords,
            inertia: rotation * self.inertia * rotation.transpose(),
        }
    }

    /// Both together.
    pub fn plus(&self, other: &Self) -> Self {
        if self.mass_kg == 0.0 || other.mass_kg == 0.0 {
            let heavy = if self.mass_kg == 0.0 { other } else { self };
            return Self { inertia: self.inertia + other.inertia, ..*heavy };
        }
        let mass_kg = self.mass_kg + other.mass_kg;
        let centre = (self.mass_kg * self.centre + other.mass_kg * other.centre) / mass_kg;
        Self { mass_kg, centre, inertia: self.inertia_about(&centre) + other.inertia_about(&centre) }
    }

    /// The same with `factor` times the density.
    pub fn scaled(&self, factor: f64) -> Self {
        Self { mass_kg: self.mass_kg * factor, centre: self.centre, inertia: self.inertia * factor }
    }

    /// Whether all of it is finite.
    pub fn is_finite(&self) -> bool {
        self.mass_kg.is_finite()
            && self.centre.iter().all(|x| x.is_finite())
            && self.inertia.iter().all(|x| x.is_finite())
    }

    /// Principal moments and axes. Axes that are principal already are kept.
    pub fn principal(&self) -> (Vector3<f64>, UnitQuaternion<f64>) {
        let inertia = (self.inertia + self.inertia.transpose()) / 2.0;
        let off_diagonal = inertia[(0, 1)].abs() + inertia[(0, 2)].abs() + inertia[(1, 2)].abs();
        let (moments, rotation) = if off_diagonal <= 1e-12 * inertia.trace().abs() {
            (inertia.diagonal(), UnitQuaternion::identity())
        } else {
            match SymmetricEigen::try_new(inertia, 1e-14, 1000) {
                Some(SymmetricEigen { eigenvalues, eigenvectors: mut axes }) => {
                    if axes.determinant() < 0.0 {
                        axes.column_mut(2).neg_mut();
                    }
                    (eigenvalues, UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(axes)))
                }
                None => (inertia.diagonal(), UnitQuaternion::identity()),
            }
        };
        // Rounding makes the smallest moment of a thin rod negative, and that of nothing at all.
        let rounding = -(1e-9 * moments.amax()).max(1e-15);
        (moments.map(|moment| if moment < 0.0 && moment >= rounding { 0.0 } else { moment }), rotation)
    }

    /// The same with zero for the principal moments below zero.
    pub fn without_negative_moments(&self) -> Self {
        let (moments, rotation) = self.principal();
        if moments.min() >= 0.0 {
            return *self;
        }
        let rotation = rotation.to_rotation_matrix();
        let moments = moments.map(|moment| moment.max(0.0));
        Self { inertia: rotation * Matrix3::from_diagonal(&moments) * rotation.transpose(), ..*self }
    }

    /// As the description of a robot has it.
    pub fn spec(&self) -> InertiaSpec {
        let (moments, rotation) = self.principal();
        InertiaSpec {
            centre_of_mass: self.centre.into(),
            principal_moments: moments.into(),
            rotation: rotation.coords.into(),
        }
    }

    fn inertia_about(&self, point: &Vector3<f64>) -> Matrix3<f64> {
        let d = self.centre - point;
        self.inertia + self.mass_kg * (Matrix3::identity() * d.norm_squared() - d * d.transpose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(a: &Mass, b: &Mass) {
        assert!((a.mass_kg - b.mass_kg).abs() < 1e-9, "{a:?} {b:?}");
        assert!((a.centre - b.centre).norm() < 1e-9, "{a:?} {b:?}");
        assert!((a.inertia - b.inertia).norm() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn halves_make_a_whole() {
        let half = Mass::cuboid(1.5, [0.1, 0.2, 0.15]);
        let up = half.moved(&Isometry3::translation(0.0, 0.0, 0.15));
        let down = half.moved(&Isometry3::translation(0.0, 0.0, -0.15));
        assert_near(&up.plus(&down), &Mass::cuboid(3.0, [0.1, 0.2, 0.3]));
        assert_near(&Mass::capsule(2.0, 0.3, 0.0), &Mass::ellipsoid(2.0, [0.3; 3]));
    }

    #[test]
    fn a_capsule_lies_between_a_rod_and_a_ball() {
        // A rod of length 1: L²/12.
        assert!((Mass::capsule(1.0, 1e-4, 0.5).inertia[(0, 0)] - 1.0 / 12.0).abs() < 1e-4);
        for moment in &Mass::capsule(1.0, 0.5, 1e-6).inertia.diagonal() {
            assert!((moment - 0.4 * 0.25).abs() < 1e-5);
        }
    }

    #[test]
    fn principal_axes_give_the_inertia_back() {
        let pose = Isometry3::new(Vector3::new(0.1, 0.0, 0.3), Vector3::new(0.4, -1.0, 0.2));
        let mass = Mass::cuboid(2.0, [0.1, 0.2, 0.3]).moved(&pose);
        let (moments, rotation) = mass.principal();
        let rotation = rotation.to_rotation_matrix();
        let inertia = rotation * Matrix3::from_diagonal(&moments) * rotation.transpose();
        assert!((inertia - mass.inertia).norm() < 1e-12);
    }
}
