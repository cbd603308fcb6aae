//! A picture of a scene without window or graphics card: rays are cast at its shapes, one by one.

mod camera;
mod layer;
mod ray;

use std::{fs::File, io::BufWriter, path::Path};

use anyhow::Context as _;
use mesolimb_envs::{Role, Scene, SceneItem, Shape};
use nalgebra::{Matrix3, Quaternion, UnitQuaternion};
use rayon::prelude::*;

use crate::palette;
use camera::Camera;
pub use layer::Layer;
use ray::{Ray, Vec3, meet};

/// Rays along each side of a pixel.
const RAYS: usize = 3;
/// Distance from a surface at which rays to the light start, in shares of the size of the scene.
const CLEARANCE: f32 = 1e-4;

/// An image of red, green and blue bytes, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Three bytes for each pixel.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Draws a scene from where it shows well. Its floor is as high as the lowest thing in it.
    #[must_use]
    pub fn of(scene: &Scene, width: u32, height: u32) -> Self {
        let stage = Stage::new(&[scene.into()], None, width as f32 / height as f32);
        Self::taken(&stage, width, height)
    }

    /// Draws layers in one picture, seen from a direction about the vertical and above the horizon, in degrees. Where two
    /// of them coincide, the first is seen.
    #[must_use]
    pub fn of_layers(layers: &[Layer], direction: [f32; 2], width: u32, height: u32) -> Self {
        let stage = Stage::new(layers, Some(direction), width as f32 / height as f32);
        Self::taken(&stage, width, height)
    }

    fn taken(stage: &Stage, width: u32, height: u32) -> Self {
        let rows = (0..height)
            .into_par_iter()
            .flat_map_iter(|row| (0..width).flat_map(move |column| stage.pixel([column, row], [width, height])));
        Self { width, height, rgb: rows.collect() }
    }

    /// Writes it as PNG.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        Ok(writer.finish()?)
    }
}

/// What is drawn, and from where.
struct Stage {
    layers: Vec<Cast>,
    camera: Camera,
    /// Height of the floor, its middle, and how far it is seen, in metres.
    floor: f32,
    middle: Vec3,
    size: f32,
    /// Side of a square of the floor, in metres.
    square: f32,
}

/// The bodies of a layer.
struct Cast {
    bodies: Vec<Body>,
    opacity: f32,
}

struct Body {
    shape: Shape,
    role: Role,
    paint: Vec3,
    centre: Vec3,
    local_from_world: Matrix3<f32>,
    /// Radius of a ball around it.
    reach: f32,
}

/// What a ray meets.
struct Hit {
    t: f32,
    normal: Vec3,
    role: Role,
    paint: Vec3,
}

impl Stage {
    fn new(layers: &[Layer], from: Option<[f32; 2]>, aspect: f32) -> Self {
        let items = || layers.iter().flat_map(Layer::on_stage);
        let layers: Vec<Cast> = layers.iter().map(Cast::new).collect();
        let bodies = || layers.iter().flat_map(|cast| &cast.bodies);
        let everything: Vec<Vec3> = bodies().flat_map(Body::corners).collect();
        let actors: Vec<Vec3> = bodies().filter(|body| body.role != Role::Fixture).flat_map(Body::corners).collect();
        let (low, high) = bounds(&actors);
        let actor_size = (high - low).max();
        // Surroundings much larger than the robot may run out of the picture.
        let near = |point: &&Vec3| {
            let beyond = (low - **point).sup(&(**point - high)).max();
            beyond < 0.6 * actor_size
        };
        let (lowest, highest) = bounds(&everything);
        // What has walls around it is shown whole.
        let has_walls = everything.iter().any(|point| !near(&point) && point.z > low.z);
        let is_small = (highest - lowest).max() < 4.0 * actor_size;
        let framed: Vec<Vec3> = if is_flat(high - low) && is_small && has_walls {
            everything
        } else {
            actors.iter().chain(everything.iter().filter(near)).copied().collect()
        };
        let (low, high) = bounds(&framed);
        let [azimuth, elevation] = from.unwrap_or_else(|| direction(high - low)).map(f32::to_radians);
        let floor = items().map(|item| item.world_translation[2] - item.shape.half_height(item.world_rotation));
        let floor = floor.fold(f32::INFINITY, f32::min);
        let size = (high - low).max();
        Self {
            camera: Camera::framing(&framed, azimuth, elevation, aspect),
            layers,
            floor,
            middle: low.lerp(&high, 0.5),
            size,
            square: 10_f32.powf((0.6 * size).log10().floor()),
        }
    }

    fn pixel(&self, [column, row]: [u32; 2], [width, height]: [u32; 2]) -> [u8; 3] {
        let mut sum = Vec3::zeros();
        for part in 0..RAYS * RAYS {
            let within = [part % RAYS, part / RAYS].map(|k| (k as f32 + 0.5) / RAYS as f32);
            let x = 2.0 * (column as f32 + within[0]) / width as f32 - 1.0;
            let y = 1.0 - 2.0 * (row as f32 + within[1]) / height as f32;
            // Each ray asks another part of the light, so that shadows have soft edges.
            let part_of_light = [within[1] - 0.5, 0.5 - within[0]];
            sum += self.colour(&self.camera.ray([x, y]), part_of_light);
        }
        (sum / (RAYS * RAYS) as f32).data.0[0].map(encoded)
    }

    /// What is seen along a ray, in linear light.
    fn colour(&self, ray: &Ray, part_of_light: [f32; 2]) -> Vec3 {
        let to_light = Vec3::new(-0.40 + 0.10 * part_of_light[0], -0.52 + 0.10 * part_of_light[1], 0.86).normalize();
        let lit = |point: Vec3, normal: Vec3| {
            let ray = Ray { origin: point + CLEARANCE * self.size * normal, direction: to_light };
            let light = self.layers.iter().filter(|cast| cast.shades(&ray)).map(|cast| 1.0 - cast.opacity);
            light.product::<f32>() * normal.dot(&to_light).max(0.0)
        };
        let nearer = CLEARANCE * self.size;
        let mut hits: Vec<(Hit, f32)> =
            self.layers.iter().filter_map(|cast| Some((cast.first(ray, nearer)?, cast.opacity))).collect();
        hits.sort_by(|a, b| a.0.t.total_cmp(&b.0.t));
        let (mut seen, mut through) = (Vec3::zeros(), 1.0);
        for (hit, opacity) in hits {
            let light = lit(ray.at(hit.t), hit.normal);
            seen += through * opacity * shaded(&hit, ray, to_light, light);
            through *= 1.0 - opacity;
            if through <= 0.0 {
                return seen;
            }
        }
        seen + through * self.ground(ray, lit)
    }

    /// The floor, or what is behind it.
    fn ground(&self, ray: &Ray, lit: impl Fn(Vec3, Vec3) -> f32) -> Vec3 {
        let background = linear(palette::BACKGROUND) * (1.0 + 1.2 * (ray.direction.z + 0.5).clamp(0.0, 1.0));
        let t = (self.floor - ray.origin.z) / ray.direction.z;
        if !(t.is_finite() && t > 0.0) {
            return background;
        }
        let point = ray.at(t);
        let away = (point - self.middle).xy().norm() / self.size;
        let seen = 1.0 - ((away - 1.2) / 2.0).clamp(0.0, 1.0);
        let floor = linear([62, 71, 96]) * (0.30 + 0.75 * lit(point, Vec3::z()));
        let off_line = |x: f32| ((x / self.square + 0.5).rem_euclid(1.0) - 0.5).abs();
        let is_line = off_line(point.x).min(off_line(point.y)) < 0.008;
        let floor = if is_line { floor * 0.6 + linear([120, 138, 180]) * 0.4 } else { floor };
        background.lerp(&floor, seen * seen)
    }
}

impl Cast {
    fn new(layer: &Layer) -> Self {
        let mut bodies: Vec<Body> = layer.on_stage().map(Body::new).collect();
        match layer.paint {
            Some(paint) => bodies.iter_mut().for_each(|body| body.paint = linear(paint)),
            None => tell_apart(layer.on_stage(), &mut bodies),
        }
        Self { bodies, opacity: layer.opacity }
    }

    /// What a ray meets first. Where two surfaces are no more than `nearer` apart, as at the joint of two capsules, the
    /// first body is seen.
    fn first(&self, ray: &Ray, nearer: f32) -> Option<Hit> {
        let hits = self.bodies.iter().filter_map(|body| body.meet(ray).map(|(t, normal)| (t, normal, body)));
        let (t, normal, body) = hits.reduce(|first, other| if other.0 < first.0 - nearer { other } else { first })?;
        Some(Hit { t, normal: body.local_from_world.transpose() * normal, role: body.role, paint: body.paint })
    }

    /// Whether it keeps light from a ray.
    fn shades(&self, ray: &Ray) -> bool {
        self.bodies.iter().any(|body| body.role != Role::Target && body.meet(ray).is_some())
    }
}

impl Body {
    fn new(item: &SceneItem) -> Self {
        let [x, y, z, w] = item.world_rotation;
        let world_from_local = UnitQuaternion::try_new(Quaternion::new(w, x, y, z), 1e-6).unwrap_or_default();
        let mut body = Self {
            shape: item.shape,
            role: item.role,
            paint: linear(palette::of(item.role)),
            centre: Vec3::from(item.world_translation),
            local_from_world: world_from_local.inverse().to_rotation_matrix().into_inner(),
            reach: 0.0,
        };
        body.reach = body.half_extents().norm();
        body
    }

    fn half_extents(&self) -> Vec3 {
        self.shape.half_extents().into()
    }

    fn corners(&self) -> Vec<Vec3> {
        let sign = |i: u8, k: u8| if i >> k & 1 == 1 { 1.0 } else { -1.0 };
        let world_from_local = self.local_from_world.transpose();
        let corner = |i| self.half_extents().component_mul(&Vec3::new(sign(i, 0), sign(i, 1), sign(i, 2)));
        (0..8).map(|i| self.centre + world_from_local * corner(i)).collect()
    }

    fn meet(&self, ray: &Ray) -> Option<(f32, Vec3)> {
        let offset = self.centre - ray.origin;
        let along = offset.dot(&ray.direction);
        if along < -self.reach || offset.norm_squared() - along * along > self.reach * self.reach {
            return None;
        }
        let local = Ray { origin: -(self.local_from_world * offset), direction: self.local_from_world * ray.direction };
        meet(&local, self.shape)
    }
}

/// Paints every other link a little darker, so that it is seen where one ends.
fn tell_apart<'a>(items: impl Iterator<Item = &'a SceneItem>, bodies: &mut [Body]) {
    let mut names: Vec<&str> = Vec::new();
    for (item, body) in items.zip(bodies).filter(|(item, _)| item.role == Role::Link) {
        if names.last() != Some(&item.name.as_str()) {
            names.push(&item.name);
        }
        if names.len().is_multiple_of(2) {
            body.paint.component_mul_assign(&Vec3::new(0.42, 0.55, 0.80));
        }
    }
}

/// A surface under the light from above, some of the sky, and a weak light from the other side.
fn shaded(hit: &Hit, ray: &Ray, to_light: Vec3, light: f32) -> Vec3 {
    let sky = 0.22 + 0.16 * hit.normal.z;
    let fill = 0.14 * hit.normal.dot(&Vec3::new(0.75, 0.55, 0.35)).max(0.0);
    let glow = if hit.role == Role::Target { 0.45 } else { 0.0 };
    let half_way = (to_light - ray.direction).normalize();
    let shine = if light > 0.0 { 0.18 * hit.normal.dot(&half_way).max(0.0).powi(40) } else { 0.0 };
    hit.paint * (sky + fill + glow + 0.72 * light) + Vec3::repeat(shine)
}

/// Smallest and largest coordinates.
fn bounds(points: &[Vec3]) -> (Vec3, Vec3) {
    let first = points.first().copied().unwrap_or_default();
    points.iter().fold((first, first), |(low, high), point| (low.inf(point), high.sup(point)))
}

/// A direction from which a scene of this size shows well, in degrees: what moves in a plane from the side, what is flat from above.
fn direction(size: Vec3) -> [f32; 2] {
    let azimuth: f32 = if is_in_a_plane(size) { -70.0 } else { -58.0 };
    let elevation: f32 = if is_flat(size) { 42.0 } else { 18.0 };
    [azimuth, elevation]
}

fn is_in_a_plane(size: Vec3) -> bool {
    size.y < 0.35 * size.x.max(size.z)
}

fn is_flat(size: Vec3) -> bool {
    size.z < 0.4 * size.x.max(size.y) && !is_in_a_plane(size)
}

/// A colour in linear light.
fn linear(rgb: [u8; 3]) -> Vec3 {
    Vec3::from(rgb.map(|byte| (f32::from(byte) / 255.0).powf(2.2)))
}

/// Linear light as a byte of a picture.
fn encoded(light: f32) -> u8 {
    (light.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ball(role: Role, world_translation: [f32; 3]) -> SceneItem {
        let shape = Shape::Sphere { radius: 0.2 };
        SceneItem { name: "ball".into(), role, shape, world_translation, world_rotation: [0.0, 0.0, 0.0, 1.0] }
    }

    fn pixels(picture: &Picture) -> impl Iterator<Item = [u8; 3]> {
        picture.rgb.chunks(3).map(|rgb| [rgb[0], rgb[1], rgb[2]])
    }

    #[test]
    fn a_scene_is_drawn_in_the_colours_of_its_roles() {
        let items = vec![ball(Role::Target, [0.0, 0.0, 0.2]), ball(Role::Effector, [1.0, 0.0, 0.2])];
        let picture = Picture::of(&Scene { items, contacts: Vec::new() }, 64, 48);
        assert_eq!(picture.rgb.len(), 64 * 48 * 3);
        let red = pixels(&picture).filter(|[r, g, _]| r / 2 > *g.max(&20)).count();
        let green = pixels(&picture).filter(|[r, g, _]| g / 3 * 2 > *r.max(&20)).count();
        assert!(red > 20 && green > 20, "{red} pixels of the target, {green} of the effector");
    }

    #[test]
    fn what_is_off_stage_is_not_drawn() {
        let picture = |other: SceneItem| {
            let items = vec![ball(Role::Link, [0.0, 0.0, 0.2]), other];
            Picture::of(&Scene { items, contacts: Vec::new() }, 32, 24)
        };
        let there = ball(Role::Target, [0.5, 0.0, 0.2]);
        let mut gone = there.clone();
        gone.leave_stage();
        let alone = Scene { items: vec![ball(Role::Link, [0.0, 0.0, 0.2])], contacts: Vec::new() };
        assert_eq!(picture(gone), Picture::of(&alone, 32, 24));
        assert_ne!(picture(there), Picture::of(&alone, 32, 24));
    }

    #[test]
    fn what_is_behind_shines_through_a_layer() {
        let alone = Layer { items: vec![ball(Role::Link, [0.0, 0.0, 0.2])], paint: None, opacity: 1.0 };
        let brightness = |opacity: f32| {
            let before = Layer { items: vec![ball(Role::Effector, [0.2, -0.3, 0.2])], paint: Some([0; 3]), opacity };
            let picture = Picture::of_layers(&[alone.clone(), before], [-70.0, 20.0], 32, 24);
            picture.rgb.iter().map(|&byte| u32::from(byte)).sum::<u32>()
        };
        let [unseen, half, whole] = [0.0, 0.5, 1.0].map(brightness);
        assert!(unseen > half && half > whole, "{unseen}, {half}, {whole}");
    }

    #[test]
    fn a_picture_is_written_as_png() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ball.png");
        let items = vec![ball(Role::Link, [0.0, 0.0, 0.2])];
        Picture::of(&Scene { items, contacts: Vec::new() }, 32, 24).write(&path).unwrap();
        assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));
    }
}
