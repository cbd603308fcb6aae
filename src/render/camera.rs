//! From where a scene is seen.

use super::ray::{Ray, Vec3};

/// Vertical field of view, in radians. Narrow, so that balls stay round at the edges.
const FOV_Y: f32 = 0.5;
/// Share of the picture that stays free on each side of what is framed.
const MARGIN: f32 = 0.09;

/// A camera that looks at what it frames.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Where it is.
    pub position: Vec3,
    right: Vec3,
    up: Vec3,
    forward: Vec3,
    /// Half of the width and height of the picture at distance one.
    tan: [f32; 2],
}

impl Camera {
    /// A camera that frames `points`, from a direction about the vertical and above the horizon, in radians.
    #[must_use]
    pub fn framing(points: &[Vec3], azimuth: f32, elevation: f32, aspect: f32) -> Self {
        let backward = Vec3::new(azimuth.cos() * elevation.cos(), azimuth.sin() * elevation.cos(), elevation.sin());
        let right = Vec3::z().cross(&backward).normalize();
        let up = backward.cross(&right);
        let tan = [aspect, 1.0].map(|share| share * (FOV_Y / 2.0).tan());
        let inner = tan.map(|tan| tan * (1.0 - 2.0 * MARGIN));
        let mut focus = points.iter().sum::<Vec3>() / points.len().max(1) as f32;
        let mut distance = 1.0;
        // Perspective moves the middle of what is seen, so the focus follows in a few rounds.
        for _ in 0..8 {
            let seen = points.iter().map(|point| point - focus);
            let seen: Vec<[f32; 3]> =
                seen.map(|offset| [offset.dot(&right), offset.dot(&up), offset.dot(&backward)]).collect();
            let needed = |[x, y, z]: &[f32; 3]| (x.abs() / inner[0]).max(y.abs() / inner[1]) + z;
            distance = seen.iter().map(needed).fold(0.1, f32::max);
            let middle = [0, 1].map(|k| {
                let on_screen = seen.iter().map(|point| point[k] / (distance - point[2]).max(1e-3));
                let bounds =
                    on_screen.fold([f32::MAX, f32::MIN], |[low, high], share| [low.min(share), high.max(share)]);
                f32::midpoint(bounds[0], bounds[1]) * distance
            });
            focus += middle[0] * right + middle[1] * up;
        }
        Self { position: focus + distance * backward, right, up, forward: -backward, tan }
    }

    /// The ray through a place of the picture, from −1 at the left and the bottom to 1.
    #[must_use]
    pub fn ray(&self, [x, y]: [f32; 2]) -> Ray {
        let direction = self.forward + x * self.tan[0] * self.right + y * self.tan[1] * self.up;
        Ray { origin: self.position, direction: direction.normalize() }
    }

    /// Where a point is in the picture, as in [`Camera::ray`].
    #[cfg(test)]
    fn place(&self, point: Vec3) -> [f32; 2] {
        let offset = point - self.position;
        let depth = offset.dot(&self.forward);
        [offset.dot(&self.right) / (depth * self.tan[0]), offset.dot(&self.up) / (depth * self.tan[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_framed_and_fills_the_picture() {
        let corner = |i: u8, k: u8| f32::from(i >> k & 1);
        let corners: Vec<Vec3> =
            (0..8).map(|i| Vec3::new(5.0 * corner(i, 0), corner(i, 1) - 7.0, 2.0 * corner(i, 2))).collect();
        for (azimuth, elevation) in [(-1.2, 0.2), (0.4, 0.9), (3.0, 0.05)] {
            let camera = Camera::framing(&corners, azimuth, elevation, 4.0 / 3.0);
            let reach = corners.iter().flat_map(|corner| camera.place(*corner)).fold(0.0, |a: f32, b| a.max(b.abs()));
            assert!((0.7..0.95).contains(&reach), "{reach} of the half picture");
            let ray = camera.ray(camera.place(corners[3]));
            assert!(ray.direction.cross(&(corners[3] - camera.position)).norm() < 1e-3);
        }
    }
}
