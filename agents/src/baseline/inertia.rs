//! Moments of inertia of links, from their nominal shape and mass.

use mesolimb_envs::{Shape, robot::LinkSpec};
use nalgebra::{Quaternion, UnitQuaternion, Vector3};

/// Moment of inertia of a link about an axis through its centre of mass, in kg·m².
/// The axis is given in the frame of the link.
pub(super) fn moment_of_inertia(link: &LinkSpec, axis: [f64; 3]) -> f64 {
    let [x, y, z, w] = link.shape_rotation;
    let shape_in_link = UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z));
    let axis = shape_in_link.inverse() * Vector3::from(axis).normalize();
    let per_mass = Vector3::from(principal_moments_per_mass(link.shape));
    link.mass_kg * per_mass.dot(&axis.component_mul(&axis))
}

/// Moments of inertia about the axes of the shape, in m², for its mass spread evenly.
fn principal_moments_per_mass(shape: Shape) -> [f64; 3] {
    match shape {
        Shape::Sphere { radius } => [0.4 * square(radius); 3],
        Shape::Cylinder { radius, half_length } => {
            let across = square(radius) / 4.0 + square(half_length) / 3.0;
            [across, across, square(radius) / 2.0]
        }
        Shape::Capsule { radius, half_length } => {
            let (r, h) = (f64::from(radius), f64::from(half_length));
            // Volumes over π r²: the cylinder, and the two half balls.
            let (cylinder, balls) = (2.0 * h, 4.0 / 3.0 * r);
            let (cylinder, balls) = (cylinder / (cylinder + balls), balls / (cylinder + balls));
            let across = cylinder * (r * r / 4.0 + h * h / 3.0) + balls * (0.4 * r * r + h * h + 0.75 * h * r);
            [across, across, cylinder * r * r / 2.0 + balls * 0.4 * r * r]
        }
        Shape::Cuboid { half_extents } => {
            let [x, y, z] = half_extents.map(square);
            [(y + z) / 3.0, (x + z) / 3.0, (x + y) / 3.0]
        }
    }
}

fn square(x: f32) -> f64 {
    f64::from(x) * f64::from(x)
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;

    #[test]
    fn a_capsule_lies_between_a_rod_and_a_ball() {
        let capsule = |radius, half_length| principal_moments_per_mass(Shape::Capsule { radius, half_length });
        // A rod of length 1: L²/12.
        assert!((capsule(1e-4, 0.5)[0] - 1.0 / 12.0).abs() < 1e-4);
        for moment in capsule(0.5, 1e-6) {
            assert!((moment - 0.4 * 0.25).abs() < 1e-5);
        }
    }

    #[test]
    fn the_axis_turns_with_the_shape() {
        let env = make("reacher").unwrap();
        let forearm = &env.robot().links[1];
        let (along, across) =
            (moment_of_inertia(forearm, [1.0, 0.0, 0.0]), moment_of_inertia(forearm, [0.0, 0.0, 2.0]));
        assert!((across - moment_of_inertia(forearm, [0.0, 1.0, 0.0])).abs() < 1e-9);
        assert!(across > 10.0 * along);
    }
}
