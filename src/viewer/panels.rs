//! Lays out the window: controls left, plots below, body and brain in what remains.

use bevy::{ecs::system::SystemParam, prelude::*, window::PrimaryWindow};
use bevy_egui::{
    EguiContexts,
    egui::{self, Color32, CornerRadius, FontId, Frame, Margin, Stroke, TextStyle, Visuals},
};

use super::{
    camera::{View, ViewRects},
    cloud::Cloud,
    controls::{self, Edits},
    history::History,
    link::Link,
    overlay, palette, plots,
    screenshot::Shots,
    stage::Stage,
};

/// Share of the width between the panels that the body has; the rest is the brain's.
const BODY_SHARE: f32 = 0.62;

/// What the panels tell of.
#[derive(SystemParam)]
pub struct Seen<'w> {
    link: Res<'w, Link>,
    history: Res<'w, History>,
    cloud: Res<'w, Cloud>,
    stage: Res<'w, Stage>,
}

/// Draws everything that is not 3D, and decides where the 3D views are.
pub fn draw(
    mut contexts: EguiContexts,
    seen: Seen,
    mut shots: ResMut<Shots>,
    mut edits: ResMut<Edits>,
    mut rects: ResMut<ViewRects>,
    cameras: Query<(&View, &Camera, &GlobalTransform)>,
    window: Single<&Window, With<PrimaryWindow>>,
) -> Result {
    let Seen { link, history, cloud, stage } = &seen;
    let ctx = contexts.ctx_mut()?;
    let layer = egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(ctx.viewport_rect());
    let mut root = egui::Ui::new(ctx.clone(), "viewer".into(), layer);
    let (width, height) = (window.width(), window.height());
    let panel = Frame::new().fill(palette::PANEL).inner_margin(Margin::symmetric(10, 8));
    let controls = panel.inner_margin(Margin { left: 12, right: 4, top: 8, bottom: 8 });
    egui::Panel::left("controls").exact_size((0.21 * width).clamp(232.0, 290.0)).frame(controls).show(
        &mut root,
        |ui| {
            controls::show(ui, link, history, &mut edits, &mut shots);
        },
    );
    egui::Panel::bottom("plots").exact_size((0.36 * height).clamp(180.0, 420.0)).frame(panel).show(&mut root, |ui| {
        plots::show(ui, link, history, cloud);
    });
    let free = root.available_rect_before_wrap();
    *rects = divide(free, !cloud.clusters.is_empty());
    overlay::show(&root.painter_at(free), &overlay::Shown { link, history, cloud, stage, rects: &rects }, &cameras);
    Ok(())
}

fn divide(free: egui::Rect, has_brain: bool) -> ViewRects {
    let all = Rect::new(free.min.x, free.min.y, free.max.x, free.max.y);
    if !has_brain {
        return ViewRects { body: all, brain: Rect::default() };
    }
    let is_upright = all.height() > 1.1 * all.width();
    let (mut body, mut brain) = (all, all);
    if is_upright {
        brain.max.y = all.min.y + (1.0 - BODY_SHARE) * all.height();
        body.min.y = brain.max.y;
    } else {
        body.max.x = all.min.x + BODY_SHARE * all.width();
        brain.min.x = body.max.x;
    }
    ViewRects { body, brain }
}

/// Dark, quiet and legible.
pub fn set_style(mut contexts: EguiContexts, mut done: Local<bool>) -> Result {
    if *done {
        return Ok(());
    }
    let ctx = contexts.ctx_mut()?;
    ctx.set_theme(egui::Theme::Dark);
    ctx.all_styles_mut(|style| {
        let font = FontId::proportional;
        style.text_styles = [
            (TextStyle::Heading, font(17.0)),
            (TextStyle::Body, font(13.0)),
            (TextStyle::Button, font(13.0)),
            (TextStyle::Small, font(11.0)),
            (TextStyle::Monospace, FontId::monospace(12.0)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(6.0, 4.0);
        style.spacing.button_padding = egui::vec2(7.0, 3.0);
        style.visuals = visuals();
    });
    *done = true;
    Ok(())
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.override_text_color = Some(palette::TEXT);
    visuals.panel_fill = palette::PANEL;
    visuals.window_fill = palette::PANEL;
    visuals.extreme_bg_color = palette::PLOT;
    visuals.selection.bg_fill = palette::ACCENT;
    visuals.selection.stroke = Stroke::new(1.0, Color32::WHITE);
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, Color32::from_rgb(44, 50, 66));
    let widgets = &mut visuals.widgets;
    for (widget, fill) in [
        (&mut widgets.inactive, Color32::from_rgb(46, 53, 71)),
        (&mut widgets.hovered, Color32::from_rgb(62, 72, 97)),
        (&mut widgets.active, palette::ACCENT),
        (&mut widgets.open, Color32::from_rgb(46, 53, 71)),
    ] {
        widget.weak_bg_fill = fill;
        widget.bg_fill = fill;
        widget.corner_radius = CornerRadius::same(5);
        widget.expansion = 0.0;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_views_share_what_is_free() {
        for (width, height) in [(1000.0, 460.0), (500.0, 900.0)] {
            let free = egui::Rect::from_min_size(egui::pos2(260.0, 0.0), egui::vec2(width, height));
            let ViewRects { body, brain } = divide(free, true);
            assert!(body.intersect(brain).is_empty());
            let area = |rect: Rect| rect.width() * rect.height();
            assert!((area(body) + area(brain) - width * height).abs() < 1.0);
            assert!(divide(free, false).brain.is_empty());
        }
    }
}
