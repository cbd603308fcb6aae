//! Where a ray meets a shape.

use mesolimb_envs::Shape;
use nalgebra::Vector3;

/// A vector in metres, or a direction.
pub type Vec3 = Vector3<f32>;

/// Points `origin + t · direction`, with t above zero and a direction of length one.
#[derive(Clone, Copy, Debug)]
pub struct Ray {
    /// Where it starts.
    pub origin: Vec3,
    /// Where it goes.
    pub direction: Vec3,
}

impl Ray {
    /// The point at a distance.
    #[must_use]
    pub fn at(&self, t: f32) -> Vec3 {
        self.origin + t * self.direction
    }
}

/// Distance to the nearest point of a shape at the origin, and the normal there, if the ray, from outside, meets it.
#[must_use]
pub fn meet(ray: &Ray, shape: Shape) -> Option<(f32, Vec3)> {
    match shape {
        Shape::Sphere { radius } => ball(ray, Vec3::zeros(), radius),
        Shape::Capsule { radius, half_length } => {
            let ends = [half_length, -half_length].map(|z| ball(ray, Vec3::new(0.0, 0.0, z), radius));
            nearest([side(ray, radius, half_length), ends[0], ends[1]])
        }
        Shape::Cylinder { radius, half_length } => {
            let lids = [half_length, -half_length].map(|z| lid(ray, radius, z));
            nearest([side(ray, radius, half_length), lids[0], lids[1]])
        }
        Shape::Cuboid { half_extents } => cuboid(ray, Vec3::from(half_extents)),
    }
}

fn nearest(hits: [Option<(f32, Vec3)>; 3]) -> Option<(f32, Vec3)> {
    hits.into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0))
}

/// Smallest root above zero of `a t² + 2 b t + c`.
fn first_root(a: f32, b: f32, c: f32) -> Option<f32> {
    let discriminant = b * b - a * c;
    if discriminant < 0.0 || a <= f32::EPSILON {
        return None;
    }
    let t = (-b - discriminant.sqrt()) / a;
    (t > 0.0).then_some(t)
}

fn ball(ray: &Ray, centre: Vec3, radius: f32) -> Option<(f32, Vec3)> {
    let offset = ray.origin - centre;
    let t = first_root(1.0, offset.dot(&ray.direction), offset.norm_squared() - radius * radius)?;
    Some((t, (ray.at(t) - centre) / radius))
}

/// The curved side of a cylinder along z.
fn side(ray: &Ray, radius: f32, half_length: f32) -> Option<(f32, Vec3)> {
    let (o, d) = (ray.origin.xy(), ray.direction.xy());
    let t = first_root(d.norm_squared(), o.dot(&d), o.norm_squared() - radius * radius)?;
    let point = ray.at(t);
    (point.z.abs() <= half_length).then(|| (t, Vec3::new(point.x, point.y, 0.0) / radius))
}

/// The flat end of a cylinder along z.
fn lid(ray: &Ray, radius: f32, z: f32) -> Option<(f32, Vec3)> {
    let t = (z - ray.origin.z) / ray.direction.z;
    let is_met = t > 0.0 && t.is_finite() && ray.at(t).xy().norm_squared() <= radius * radius;
    is_met.then(|| (t, Vec3::new(0.0, 0.0, z.signum())))
}

/// The ray is inside where it is between the two faces along every axis.
fn cuboid(ray: &Ray, half_extents: Vec3) -> Option<(f32, Vec3)> {
    let (mut enters, mut leaves, mut axis) = (f32::NEG_INFINITY, f32::INFINITY, 0);
    for k in 0..3 {
        let (o, d, half) = (ray.origin[k], ray.direction[k], half_extents[k]);
        if d.abs() < 1e-9 {
            if o.abs() > half {
                return None;
            }
            continue;
        }
        let (first, last) = ((-half * d.signum() - o) / d, (half * d.signum() - o) / d);
        if first > enters {
            (enters, axis) = (first, k);
        }
        leaves = leaves.min(last);
    }
    let mut normal = Vec3::zeros();
    normal[axis] = -ray.direction[axis].signum();
    (enters > 0.0 && enters <= leaves).then_some((enters, normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(origin: [f32; 3], towards: [f32; 3], shape: Shape) -> Option<(f32, Vec3)> {
        let origin = Vec3::from(origin);
        meet(&Ray { origin, direction: (Vec3::from(towards) - origin).normalize() }, shape)
    }

    #[test]
    fn shapes_are_met_at_their_surface() {
        let capsule = Shape::Capsule { radius: 0.5, half_length: 1.0 };
        let cylinder = Shape::Cylinder { radius: 0.5, half_length: 1.0 };
        let cuboid = Shape::Cuboid { half_extents: [0.5, 0.6, 1.0] };
        for (shape, origin, distance, normal) in [
            (Shape::Sphere { radius: 0.5 }, [4.0, 0.0, 0.0], 3.5, Vec3::x()),
            (capsule, [4.0, 0.0, 0.0], 3.5, Vec3::x()),
            (capsule, [0.0, 0.0, -4.0], 2.5, -Vec3::z()),
            (cylinder, [0.0, -4.0, 0.0], 3.5, -Vec3::y()),
            (cylinder, [0.0, 0.0, 4.0], 3.0, Vec3::z()),
            (cuboid, [-4.0, 0.0, 0.0], 3.5, -Vec3::x()),
            (cuboid, [0.0, 4.0, 0.0], 3.4, Vec3::y()),
        ] {
            let (found, found_normal) = meets(origin, [0.0; 3], shape).unwrap();
            assert!((found - distance).abs() < 1e-4, "{shape:?} at {found}");
            assert!((found_normal - normal).norm() < 1e-4, "{shape:?} with normal {found_normal}");
            let behind = origin.map(|x| 2.0 * x);
            assert!(meets(origin, behind, shape).is_none(), "{shape:?} is behind");
            assert!(meets(origin, [1.2, 1.2, 1.8], shape).is_none(), "{shape:?} is passed by");
        }
    }

    /// From all sides, the point that is met lies on the surface, and no nearer one does.
    #[test]
    fn a_slanting_ray_stops_at_the_surface() {
        let shape = Shape::Capsule { radius: 0.3, half_length: 0.7 };
        let distance_to_surface = |p: Vec3| (p - Vec3::new(0.0, 0.0, p.z.clamp(-0.7, 0.7))).norm() - 0.3;
        for k in 0..200_u16 {
            let (sin, cos) = (0.37 * f32::from(k)).sin_cos();
            let origin = Vec3::new(3.0 * cos, 3.0 * sin, 0.02 * f32::from(k) - 2.0);
            let ray = Ray { origin, direction: (Vec3::new(0.05, 0.02, 0.4) - origin).normalize() };
            let (t, _) = meet(&ray, shape).unwrap();
            assert!(distance_to_surface(ray.at(t)).abs() < 1e-3);
            assert!((1..100).all(|part| distance_to_surface(ray.at(t * 0.0099 * f32::from(part as u8))) > 0.0));
        }
    }
}
