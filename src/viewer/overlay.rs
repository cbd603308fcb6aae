//! Words over the 3D views: what is what, and what the motors do.

use bevy::prelude::{Camera, GlobalTransform, Query, Rect, Vec3};
use bevy_egui::egui::{self, Align2, Color32, CornerRadius, FontId, Painter, Pos2, Stroke, StrokeKind, pos2, vec2};
use mesolimb_envs::{Channel, Role};

use super::{
    camera::{View, ViewRects},
    cloud::Cloud,
    controls::grouped,
    convert::point,
    floor,
    history::{History, WINDOW_SECS},
    layout::MANY,
    link::Link,
    palette,
    stage::Stage,
};
use crate::live::Frame;

/// What the words are about.
pub struct Shown<'a> {
    /// The simulation.
    pub link: &'a Link,
    /// Its past.
    pub history: &'a History,
    /// The brain.
    pub cloud: &'a Cloud,
    /// The body.
    pub stage: &'a Stage,
    /// Where the views are.
    pub rects: &'a ViewRects,
}

/// Draws the words over both views.
pub fn show(painter: &Painter, shown: &Shown<'_>, cameras: &Query<(&View, &Camera, &GlobalTransform)>) {
    let project = |view: View, at: Vec3| {
        let (_, camera, transform) = cameras.iter().find(|(other, ..)| **other == view)?;
        camera.world_to_viewport(transform, at).ok().map(|at| pos2(at.x, at.y))
    };
    let Some(frame) = &shown.link.latest else { return };
    let body = shown.rects.body;
    caption(
        painter,
        body,
        "BODY",
        &format!("one square of the floor is {}", length(floor::grid_spacing(shown.stage.size))),
    );
    name_goals(painter, frame, |at| project(View::Body, at));
    motors(painter, shown.link, frame, body);
    if !shown.cloud.clusters.is_empty() {
        let brain = shown.rects.brain;
        let edge = Stroke::new(1.0, Color32::from_rgb(44, 50, 66));
        if brain.min.x > body.min.x {
            painter.vline(brain.min.x, brain.min.y..=brain.max.y, edge);
        } else {
            painter.hline(brain.min.x..=brain.max.x, brain.max.y, edge);
        }
        let n_cells = shown.link.cast.populations.iter().map(|(_, n)| *n as u64).sum();
        let what = format!("{} cells flash as they spike", grouped(n_cells));
        caption(painter, shown.rects.brain, "BRAIN", &what);
        name_populations(painter, shown, |at| project(View::Brain, at));
        explain_aura(painter, shown.rects.brain);
    }
}

fn caption(painter: &Painter, rect: Rect, title: &str, text: &str) {
    let at = pos2(rect.min.x + 14.0, rect.min.y + 10.0);
    let title = shaded(painter, at, Align2::LEFT_TOP, title, 13.0, Color32::WHITE);
    shaded(painter, title.right_center() + vec2(8.0, 0.5), Align2::LEFT_CENTER, text, 11.0, palette::FAINT);
}

fn length(metres: f32) -> String {
    if metres < 1.0 { format!("{:.0} cm", metres * 100.0) } else { format!("{metres:.0} m") }
}

/// Names the target and the effector beside them.
fn name_goals(painter: &Painter, frame: &Frame, project: impl Fn(Vec3) -> Option<Pos2>) {
    for item in &frame.scene.items {
        // Aside to opposite corners, so that the words stay apart where the two meet.
        let (color, aside, anchor) = match item.role {
            Role::Target => (palette::TARGET, vec2(12.0, 9.0), Align2::LEFT_TOP),
            Role::Effector => (palette::EFFECTOR, vec2(-12.0, -8.0), Align2::RIGHT_BOTTOM),
            Role::Link | Role::Joint | Role::Fixture => continue,
        };
        if let Some(at) = project(point(item.world_translation)) {
            shaded(painter, at + aside, anchor, &item.name, 12.0, color);
        }
    }
}

/// One bar for each motor: what it was told last.
fn motors(painter: &Painter, link: &Link, frame: &Frame, body: Rect) {
    const MAX_SHOWN: usize = 8;
    const ROW_HEIGHT: f32 = 17.0;
    let channels = link.cast.env.actions.iter().zip(&frame.action).take(MAX_SHOWN);
    let width = |channel: &Channel| {
        painter.layout_no_wrap(channel.name.clone(), FontId::proportional(11.0), palette::TEXT).size().x
    };
    let name_width = channels.clone().map(|(channel, _)| width(channel)).fold(56.0, f32::max);
    let size = vec2(name_width + 178.0, 22.0 + ROW_HEIGHT * channels.len() as f32);
    let card = egui::Rect::from_min_size(pos2(body.min.x + 8.0, body.max.y - 8.0 - size.y), size);
    painter.rect_filled(card, CornerRadius::same(6), shade());
    let title = card.min + vec2(8.0, 4.0);
    let words = match link.cast.env.actions.len() {
        n if n > MAX_SHOWN => format!("motor commands ({MAX_SHOWN} of {n})"),
        _ => "motor commands".to_owned(),
    };
    painter.text(title, Align2::LEFT_TOP, words, FontId::proportional(11.0), palette::FAINT);
    for (row, (channel, command)) in channels.enumerate() {
        let middle = pos2(card.min.x + 8.0, card.min.y + 20.0 + (row as f32 + 0.5) * ROW_HEIGHT);
        motor(painter, middle, name_width, channel, *command);
    }
}

/// Name, bar and value of a motor; `at` is the middle of the left edge.
fn motor(painter: &Painter, at: Pos2, name_width: f32, channel: &Channel, command: f32) {
    const HALF_WIDTH: f32 = 44.0;
    let font = FontId::proportional(11.0);
    painter.text(at, Align2::LEFT_CENTER, &channel.name, font.clone(), palette::TEXT);
    let centre = at + vec2(name_width + 8.0 + HALF_WIDTH, 0.0);
    let track = egui::Rect::from_center_size(centre, vec2(2.0 * HALF_WIDTH, 9.0));
    painter.rect_filled(track, CornerRadius::same(3), palette::PLOT);
    let limit = channel.high.abs().max(channel.low.abs());
    let share = if limit.is_finite() && limit > 0.0 { (command / limit).clamp(-1.0, 1.0) } else { 0.0 };
    let end = pos2(centre.x + share * HALF_WIDTH, track.bottom());
    let bar = egui::Rect::from_two_pos(pos2(centre.x, track.top()), end);
    painter.rect_filled(bar, CornerRadius::same(2), palette::JOINT);
    painter.vline(centre.x, track.y_range(), Stroke::new(1.0, palette::FAINT));
    painter.rect_stroke(track, CornerRadius::same(3), Stroke::new(1.0, Color32::from_gray(70)), StrokeKind::Outside);
    let unit = if channel.unit == "1" { "" } else { channel.unit.as_str() };
    let value = format!("{command:+.1} {unit}").replace('-', "−");
    painter.text(pos2(track.right() + 8.0, at.y), Align2::LEFT_CENTER, value, font, palette::FAINT);
}

/// Name and rate of each population above it.
fn name_populations(painter: &Painter, shown: &Shown<'_>, project: impl Fn(Vec3) -> Option<Pos2>) {
    let mut counts = vec![0_u32; shown.cloud.clusters.len()];
    for spike in &shown.history.spikes {
        let after = shown.cloud.clusters.partition_point(|cluster| cluster.first_cell <= spike.cell as usize);
        counts[after - 1] += 1;
    }
    let window_secs = shown.history.watched_secs().clamp(0.05, WINDOW_SECS);
    for (cluster_idx, (cluster, count)) in shown.cloud.clusters.iter().zip(counts).enumerate() {
        let Some(at) = project(cluster.centre + cluster.radius * Vec3::Z) else { continue };
        let rate = f64::from(count) / (window_secs * cluster.n_cells as f64).max(1e-9);
        let color = palette::population(cluster_idx);
        if shown.cloud.clusters.len() >= MANY {
            let text = format!("{} · {rate:.0}/s", cluster.name);
            shaded(painter, at - vec2(0.0, 1.0), Align2::CENTER_BOTTOM, &text, 10.5, color);
            continue;
        }
        shaded(painter, at - vec2(0.0, 13.0), Align2::CENTER_BOTTOM, &cluster.name, 12.5, color);
        let text = format!("{} cells · {rate:.0} spikes/s", cluster.n_cells);
        shaded(painter, at - vec2(0.0, 1.0), Align2::CENTER_BOTTOM, &text, 10.5, palette::FAINT);
    }
}

fn explain_aura(painter: &Painter, brain: Rect) {
    let at = pos2(brain.center().x, brain.max.y - 8.0);
    let text = "glow behind: dopamine burst (gold) or dip (red)";
    painter.text(at, Align2::CENTER_BOTTOM, text, FontId::proportional(10.5), palette::FAINT);
}

/// Text that reads on any background, and where it is.
fn shaded(painter: &Painter, at: Pos2, anchor: Align2, text: &str, size: f32, color: Color32) -> egui::Rect {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(size), color);
    let rect = anchor.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(4.0, 1.0)), CornerRadius::same(4), shade());
    painter.galley(rect.min, galley, color);
    rect
}

/// Background of words over a view.
fn shade() -> Color32 {
    Color32::from_rgba_unmultiplied(10, 12, 18, 190)
}
