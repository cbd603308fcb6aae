//! Cameras that circle around what they show: framing, mouse, and their places in the window.

use bevy::{
    camera::Viewport,
    input::mouse::{AccumulatedMouseMotion, AccumulatedMouseScroll, MouseScrollUnit},
    prelude::*,
    window::PrimaryWindow,
};

/// Vertical field of view of both views, in radians. Narrow, so that balls stay round at the edges.
pub const FOV_Y: f32 = 0.5;
/// Share of a view that stays free around what is framed.
const MARGIN: f32 = 0.07;
const RADIANS_PER_PIXEL: f32 = 0.008;
const MAX_ELEVATION: f32 = 1.5;

/// Which of the two views.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The robot in its world.
    Body,
    /// The cells of the brain.
    Brain,
}

/// Where the views are in the window, in logical pixels.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct ViewRects {
    /// The robot.
    pub body: Rect,
    /// The brain; empty without one.
    pub brain: Rect,
}

impl ViewRects {
    /// The place of a view.
    pub fn of(&self, view: View) -> Rect {
        match view {
            View::Body => self.body,
            View::Brain => self.brain,
        }
    }
}

/// A camera that looks at `focus` from `distance`.
#[derive(Component, Clone, Debug)]
pub struct Orbit {
    /// Point looked at, before the robot went anywhere.
    pub focus: Vec3,
    /// How far the robot has gone since.
    pub offset: Vec3,
    /// Distance to it, in metres.
    pub distance: f32,
    /// Direction from the focus to the camera about the vertical, in radians from x.
    pub azimuth: f32,
    /// Direction from the focus to the camera above the horizon, in radians.
    pub elevation: f32,
    /// What is to be in view until someone moves the camera.
    pub framed: Vec<Vec3>,
    /// Someone has moved the camera.
    pub moved: bool,
    home: [f32; 2],
}

impl Orbit {
    /// A camera that frames `points` from the given direction.
    pub fn framing(points: Vec<Vec3>, azimuth: f32, elevation: f32) -> Self {
        let mut orbit = Self {
            focus: Vec3::ZERO,
            offset: Vec3::ZERO,
            distance: 1.0,
            azimuth,
            elevation,
            framed: points,
            moved: false,
            home: [azimuth, elevation],
        };
        orbit.frame(1.0);
        orbit
    }

    /// Goes back to where it was before someone moved it.
    pub fn go_home(&mut self) {
        [self.azimuth, self.elevation] = self.home;
        self.moved = false;
    }

    /// Where the camera is and where it looks.
    pub fn transform(&self) -> Transform {
        let focus = self.focus + self.offset;
        Transform::from_translation(focus + self.distance * self.backward()).looking_at(focus, Vec3::Z)
    }

    /// Chooses focus and distance so that all framed points are seen in a view of the given width to height.
    pub fn frame(&mut self, aspect: f32) {
        let Some(bounds) = bounds(&self.framed) else { return };
        self.focus = bounds.0.midpoint(bounds.1);
        let rotation = self.transform().rotation;
        let (right, up, backward) = (rotation * Vec3::X, rotation * Vec3::Y, rotation * Vec3::Z);
        let tan = Vec2::new(aspect, 1.0) * (FOV_Y / 2.0).tan() * (1.0 - 2.0 * MARGIN);
        // Perspective moves the middle of what is seen, so the focus follows in a few rounds.
        for _ in 0..6 {
            let seen: Vec<Vec3> = self
                .framed
                .iter()
                .map(|point| point - self.focus)
                .map(|offset| Vec3::new(offset.dot(right), offset.dot(up), offset.dot(backward)))
                .collect();
            let needed = |point: &Vec3| (point.x.abs() / tan.x).max(point.y.abs() / tan.y) + point.z;
            self.distance = seen.iter().map(needed).fold(0.1, f32::max);
            let on_screen = |point: &Vec3| point.truncate() / (self.distance - point.z).max(1e-3);
            let low = seen.iter().map(on_screen).fold(Vec2::MAX, Vec2::min);
            let high = seen.iter().map(on_screen).fold(Vec2::MIN, Vec2::max);
            let middle = low.midpoint(high) * self.distance;
            self.focus += middle.x * right + middle.y * up;
        }
    }

    fn backward(&self) -> Vec3 {
        let (sin_azimuth, cos_azimuth) = self.azimuth.sin_cos();
        let (sin_elevation, cos_elevation) = self.elevation.sin_cos();
        Vec3::new(cos_azimuth * cos_elevation, sin_azimuth * cos_elevation, sin_elevation)
    }
}

/// Smallest and largest coordinates of some points, if there are any.
pub fn bounds(points: &[Vec3]) -> Option<(Vec3, Vec3)> {
    let first = *points.first()?;
    Some(points.iter().fold((first, first), |(low, high), point| (low.min(*point), high.max(*point))))
}

/// A direction from which a scene of this size shows well: wide scenes from the side, flat ones from above.
pub fn good_direction(size: Vec3) -> (f32, f32) {
    let is_a_track = size.y < 0.3 * size.x;
    let is_flat = size.z < 0.4 * size.x.min(size.y);
    let azimuth = if is_a_track { -100_f32 } else { -75.0 };
    let elevation = if is_flat { 46_f32 } else { 14.0 };
    (azimuth.to_radians(), elevation.to_radians())
}

/// The view that is being turned by the mouse.
#[derive(Resource, Default)]
pub struct Grab(Option<View>);

/// Turns and zooms the view under the mouse.
pub fn follow_mouse(
    mut grab: ResMut<Grab>,
    rects: Res<ViewRects>,
    buttons: Res<ButtonInput<MouseButton>>,
    motion: Res<AccumulatedMouseMotion>,
    scroll: Res<AccumulatedMouseScroll>,
    window: Single<&Window, With<PrimaryWindow>>,
    mut orbits: Query<(&View, &mut Orbit)>,
) {
    let cursor = window.cursor_position();
    let hovered =
        [View::Body, View::Brain].into_iter().find(|&view| cursor.is_some_and(|at| rects.of(view).contains(at)));
    if buttons.just_pressed(MouseButton::Left) {
        grab.0 = hovered;
    } else if !buttons.pressed(MouseButton::Left) {
        grab.0 = None;
    }
    let lines = match scroll.unit {
        MouseScrollUnit::Line => scroll.delta.y,
        MouseScrollUnit::Pixel => scroll.delta.y / 40.0,
    };
    for (view, mut orbit) in &mut orbits {
        if grab.0 == Some(*view) && motion.delta != Vec2::ZERO {
            orbit.azimuth -= RADIANS_PER_PIXEL * motion.delta.x;
            let elevation = orbit.elevation + RADIANS_PER_PIXEL * motion.delta.y;
            orbit.elevation = elevation.clamp(-MAX_ELEVATION, MAX_ELEVATION);
            orbit.moved = true;
        }
        if hovered == Some(*view) && lines != 0.0 {
            orbit.distance *= 0.9_f32.powf(lines);
            orbit.moved = true;
        }
    }
}

/// Frames what nobody has moved, and puts the cameras where their orbits say.
pub fn place_cameras(rects: Res<ViewRects>, mut cameras: Query<(&View, &mut Orbit, &mut Transform)>) {
    for (view, mut orbit, mut transform) in &mut cameras {
        let rect = rects.of(*view);
        if !orbit.moved && rect.height() >= 1.0 {
            orbit.frame(rect.width() / rect.height());
        }
        *transform = orbit.transform();
    }
}

/// Gives each camera its part of the window. Parts are kept within the window as it is now, whatever they were when
/// the panels were laid out.
pub fn place_viewports(
    rects: Res<ViewRects>,
    window: Single<&Window, With<PrimaryWindow>>,
    mut cameras: Query<(&View, &mut Camera)>,
) {
    let (scale, size) = (window.scale_factor(), window.physical_size());
    for (view, mut camera) in &mut cameras {
        let viewport = physical(rects.of(*view), scale, size);
        camera.is_active = viewport.is_some();
        if let Some((physical_position, physical_size)) = viewport {
            camera.viewport = Some(Viewport { physical_position, physical_size, ..default() });
        }
    }
}

/// Position and size of a place in the window in physical pixels, if something of it is within the window.
fn physical(rect: Rect, scale: f32, window: UVec2) -> Option<(UVec2, UVec2)> {
    let low = (rect.min * scale).max(Vec2::ZERO).as_uvec2().min(window);
    let high = (rect.max * scale).max(Vec2::ZERO).as_uvec2().min(window);
    let size = high.saturating_sub(low);
    (size.x > 0 && size.y > 0).then_some((low, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners(low: Vec3, high: Vec3) -> Vec<Vec3> {
        let pick = |bit: bool, low: f32, high: f32| if bit { high } else { low };
        (0..8)
            .map(|i| {
                Vec3::new(
                    pick(i & 1 > 0, low.x, high.x),
                    pick(i & 2 > 0, low.y, high.y),
                    pick(i & 4 > 0, low.z, high.z),
                )
            })
            .collect()
    }

    /// Largest distance from the middle of the view, as a share of its half width and half height.
    fn extent(orbit: &Orbit, aspect: f32) -> Vec2 {
        let view_from_world = orbit.transform().compute_affine().inverse();
        let tan = (FOV_Y / 2.0).tan();
        let on_screen = |point: &Vec3| {
            let seen = view_from_world.transform_point3(*point);
            Vec2::new(seen.x / aspect, seen.y).abs() / (-seen.z * tan)
        };
        orbit.framed.iter().map(on_screen).fold(Vec2::ZERO, Vec2::max)
    }

    #[test]
    fn everything_is_framed_and_fills_the_view() {
        let boxes = [
            (Vec3::new(-1.1, -1.1, -0.04), Vec3::new(1.1, 1.1, 0.2)),
            (Vec3::new(-2.7, -0.1, 0.0), Vec3::new(2.7, 0.1, 1.6)),
            (Vec3::new(40.0, 7.0, 1.0), Vec3::new(40.3, 7.4, 3.0)),
        ];
        for (low, high) in boxes {
            for aspect in [0.5, 1.0, 1.7, 3.0] {
                let (azimuth, elevation) = good_direction(high - low);
                let mut orbit = Orbit::framing(corners(low, high), azimuth, elevation);
                orbit.frame(aspect);
                let extent = extent(&orbit, aspect);
                assert!(extent.max_element() < 1.0, "{extent} of the half view at aspect {aspect}");
                assert!(extent.max_element() > 0.75, "{extent} of the half view at aspect {aspect}");
            }
        }
    }

    #[test]
    fn a_viewport_never_leaves_the_window() {
        let window = UVec2::new(1024, 640);
        let rect = Rect::new(300.0, 0.0, 1280.0, 500.0);
        assert_eq!(physical(rect, 1.0, window), Some((UVec2::new(300, 0), UVec2::new(724, 500))));
        assert_eq!(physical(rect, 2.0, window), Some((UVec2::new(600, 0), UVec2::new(424, 640))));
        assert_eq!(physical(Rect::new(1100.0, 0.0, 1280.0, 500.0), 1.0, window), None);
        assert_eq!(physical(Rect::default(), 1.0, window), None);
    }

    #[test]
    fn home_is_where_it_started() {
        let mut orbit = Orbit::framing(corners(Vec3::ZERO, Vec3::ONE), -1.0, 0.5);
        orbit.azimuth = 2.0;
        orbit.moved = true;
        orbit.go_home();
        assert_eq!((orbit.azimuth, orbit.elevation, orbit.moved), (-1.0, 0.5, false));
    }
}
