//! The plots below: spikes, modulators and prediction error of the last seconds, and the returns of the whole life.

use bevy_egui::egui::{self, Align, Align2, Color32, FontId, Layout, RichText, Ui, UiBuilder, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, HLine, Line, LineStyle, PlotPoints, Points};
use mesolimb_agents::Scalar;

use super::{
    axes::{
        AXIS_SPACING, Moments, mark_changes, plot, round_ticks, round_up, thousands, time_axis, time_plot, value_axis,
        value_range,
    },
    cloud::Cloud,
    history::{History, WINDOW_SECS},
    layout::Cluster,
    link::Link,
    palette,
    raster::{Dot, Raster},
};

/// Room for the names of populations.
const GUTTER: f32 = 66.0;
/// Height of the row of a cell, in pixels; where there is no room for all, some cells are left out.
const ROW_HEIGHT: f32 = 2.4;

/// Draws the panel: three columns.
pub fn show(ui: &mut Ui, link: &Link, history: &History, cloud: &Cloud) {
    let rect = ui.available_rect_before_wrap();
    let gap = 14.0;
    let width = rect.width() - 2.0 * gap;
    // Without a brain there are no spikes to show.
    let shares = if cloud.clusters.is_empty() { [0.0, 0.48, 0.52] } else { [0.40, 0.29, 0.31] };
    let mut left = rect.left();
    for (column, share) in shares.into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
        let part = egui::Rect::from_min_size(egui::pos2(left, rect.top()), vec2(share * width, rect.height()));
        left += share * width + gap;
        ui.scope_builder(UiBuilder::new().max_rect(part).id_salt(column), |ui| match column {
            0 => spikes(ui, history, cloud),
            1 => teaching_signals(ui, link, history),
            _ => returns(ui, history),
        });
    }
}

/// A title, the keys of the colours, and what it means. Keys without a title are the title.
fn heading(ui: &mut Ui, title: &str, keys: &[(&str, Color32)], tooltip: &str) {
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let is_titled = !title.is_empty();
        if is_titled {
            ui.label(RichText::new(title).strong().color(Color32::WHITE));
        }
        for (key, color) in keys {
            let key = RichText::new(format!("■ {key}")).color(*color);
            ui.label(if is_titled { key.small() } else { key });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new("ℹ").color(palette::FAINT)).on_hover_text(tooltip);
        });
    });
    row.response.on_hover_text(tooltip);
}

fn spikes(ui: &mut Ui, history: &History, cloud: &Cloud) {
    let tooltip = "Spike raster: each row is a cell of the brain, each dot a spike; brighter dots are bursts. Colours are \
                   populations, the same as in the cloud. Where there are more cells than rows, some are left out. \
                   Thin lines: episodes end. Dashed lines: the world changes.";
    heading(ui, "Spikes", &[], tooltip);
    let Some(last) = cloud.clusters.last() else { return };
    let n_cells = (last.first_cell + last.n_cells) as f64;
    let height = ui.available_height();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let (gutter, _) = ui.allocate_exact_size(vec2(GUTTER, height), egui::Sense::hover());
        let every = (ROW_HEIGHT * n_cells as f32 / (height - 20.0)).ceil().max(1.0) as u32;
        let row_height = every as f32 * (height - 20.0) / n_cells as f32;
        let dots = dots(history, cloud, every);
        let moments = Moments::of_window(history);
        let borders: Vec<f64> = cloud.clusters.iter().skip(1).map(|cluster| cluster.first_cell as f64).collect();
        let shown = time_plot("spikes", height)
            .custom_x_axes(time_axis(true))
            .show_axes([true, false])
            .show_grid([true, false])
            .show(ui, |plot| {
                plot.set_plot_bounds_x(-WINDOW_SECS..=0.0);
                // The first population on top, as in the list of names.
                plot.set_plot_bounds_y(-n_cells..=0.0);
                for border in borders {
                    plot.hline(
                        HLine::new("border", -border)
                            .color(Color32::from_rgb(52, 60, 80))
                            .width(1.0)
                            .allow_hover(false),
                    );
                }
                moments.draw(plot);
                plot.add(Raster::new(dots, [1.3, (0.75 * row_height).min(5.0)]));
            });
        // Of populations that lie too near to each other for their names, the larger have theirs.
        let height = |cluster: &Cluster| {
            let of_cells = |n: usize| shown.transform.position_from_point_y(-(n as f64));
            (of_cells(cluster.n_cells) - of_cells(0)).abs()
        };
        for (cluster_idx, cluster) in cloud.clusters.iter().enumerate() {
            let y_of = |cell: f64| shown.transform.position_from_point_y(-cell);
            match height(cluster) {
                high if high >= TWO_LINES => name_population(ui, gutter, cluster_idx, cluster, y_of),
                high if high >= ONE_LINE => {
                    let at = egui::pos2(
                        gutter.right() - 5.0,
                        y_of(cluster.first_cell as f64 + cluster.n_cells as f64 / 2.0),
                    );
                    let font = FontId::proportional(8.5);
                    ui.painter().text(at, Align2::RIGHT_CENTER, &cluster.name, font, palette::population(cluster_idx));
                }
                _ => {}
            }
        }
    });
}

/// The spikes of every cell whose index is a multiple of `every`.
fn dots(history: &History, cloud: &Cloud, every: u32) -> Vec<Dot> {
    let population_of = |cell: u32| cloud.clusters.partition_point(|cluster| cluster.first_cell <= cell as usize) - 1;
    let shown = history.spikes.iter().filter(|spike| spike.cell % every == 0);
    shown
        .map(|spike| Dot {
            at: [history.secs_to_tick(spike.tick), -(f64::from(spike.cell) + 0.5 * f64::from(every))],
            color: palette::population(population_of(spike.cell))
                .gamma_multiply(0.25 + 0.75 * spike.size.clamp(0.0, 1.0)),
        })
        .collect()
}

/// Pixels that a population needs in the raster for its name in one line, and in two.
const ONE_LINE: f32 = 9.0;
const TWO_LINES: f32 = 25.0;

fn name_population(ui: &Ui, gutter: egui::Rect, cluster_idx: usize, cluster: &Cluster, y_of: impl Fn(f64) -> f32) {
    let middle = y_of(cluster.first_cell as f64 + cluster.n_cells as f64 / 2.0);
    let font = FontId::proportional(10.5);
    let color = palette::population(cluster_idx);
    for (line, word) in cluster.name.splitn(2, ' ').enumerate() {
        let n_lines = if cluster.name.contains(' ') { 2.0 } else { 1.0 };
        let y = middle + 12.0 * (line as f32 - 0.5 * (n_lines - 1.0));
        let at = egui::pos2(gutter.right() - 5.0, y);
        ui.painter().text(at, Align2::RIGHT_CENTER, word, font.clone(), color);
    }
}

fn teaching_signals(ui: &mut Ui, link: &Link, history: &History) {
    let tooltip = "Dopamine carries the prediction error to the synapses. 1 is its baseline: a burst above says better than \
                   expected, a dip below says worse than expected. Noradrenaline is 1 while the animal is uncertain of \
                   what to do, and lower as it gets sure.";
    let has_brain = !link.cast.populations.is_empty();
    let line_height = ui.text_style_height(&egui::TextStyle::Body) + 8.0;
    let height = ui.available_height();
    let each = ((height - 2.0 * line_height - 6.0) / 2.0).max(40.0);
    if has_brain {
        heading(ui, "", &[("dopamine", palette::DOPAMINE), ("noradrenaline", palette::NORADRENALINE)], tooltip);
        modulators(ui, history, each - 8.0);
    }
    let tooltip = "Prediction error δ: reward plus what is expected from now on, minus what was expected before. \
                   Above zero: better than expected. Below: worse. It goes to zero as the animal learns to foresee. \
                   In units of scaled reward.";
    heading(ui, "Prediction error δ", &[("better", palette::BETTER), ("worse", palette::WORSE)], tooltip);
    let rest = ui.available_height();
    prediction_error(ui, history, rest);
}

/// What can be seen of the agent over the window; nothing if this cannot.
fn trace(history: &History, scalar: &Scalar) -> Vec<[f64; 2]> {
    let Some(idx) = history.scalar(scalar) else { return Vec::new() };
    let finite = history.samples.iter().filter(|sample| sample.insight[idx].is_finite());
    finite.map(|sample| [history.step_secs(sample.step), f64::from(sample.insight[idx])]).collect()
}

fn modulators(ui: &mut Ui, history: &History, height: f32) {
    let dopamine = trace(history, &Scalar::DOPAMINE);
    let noradrenaline = trace(history, &Scalar::NORADRENALINE);
    let moments = Moments::of_window(history);
    let integers = |_: GridInput| (0..=2).map(|i| GridMark { value: f64::from(i), step_size: 1.0 }).collect();
    let plot = time_plot("modulators", height)
        .custom_x_axes(time_axis(false))
        .custom_y_axes(value_axis())
        .y_grid_spacer(integers);
    plot.show_axes([false, true]).show(ui, |plot| {
        plot.set_plot_bounds_x(-WINDOW_SECS..=0.0);
        plot.set_plot_bounds_y(-0.1..=2.1);
        plot.hline(
            HLine::new("baseline", 1.0)
                .color(palette::FAINT)
                .width(1.0)
                .style(LineStyle::dashed_loose())
                .allow_hover(false),
        );
        moments.draw(plot);
        plot.line(Line::new("noradrenaline", PlotPoints::from(noradrenaline)).color(palette::NORADRENALINE).width(1.5));
        plot.line(Line::new("dopamine", PlotPoints::from(dopamine)).color(palette::DOPAMINE).width(1.8));
    });
}

fn prediction_error(ui: &mut Ui, history: &History, height: f32) {
    let delta = trace(history, &Scalar::DELTA);
    let reach = round_up(delta.iter().map(|point| point[1].abs()).fold(0.0, f64::max), 0.1);
    let moments = Moments::of_window(history);
    let marks = move |_: GridInput| [-reach, 0.0, reach].map(|value| GridMark { value, step_size: reach }).to_vec();
    let plot = time_plot("prediction error", height)
        .custom_x_axes(time_axis(true))
        .custom_y_axes(value_axis())
        .y_grid_spacer(marks);
    plot.show(ui, |plot| {
        plot.set_plot_bounds_x(-WINDOW_SECS..=0.0);
        plot.set_plot_bounds_y(-1.15 * reach..=1.15 * reach);
        plot.hline(HLine::new("zero", 0.0).color(palette::FAINT).width(1.0).allow_hover(false));
        moments.draw(plot);
        let (better, worse): (Vec<_>, Vec<_>) = (
            delta.iter().map(|[time, delta]| [*time, delta.max(0.0)]).collect(),
            delta.iter().map(|[time, delta]| [*time, delta.min(0.0)]).collect(),
        );
        for (points, color) in [(better, palette::BETTER), (worse, palette::WORSE)] {
            plot.line(Line::new("δ", PlotPoints::from(points)).color(color).width(1.5).fill(0.0).fill_alpha(0.25));
        }
    });
}

fn returns(ui: &mut Ui, history: &History) {
    let curve = &history.returns;
    let keys =
        [("episodes", palette::RETURN.gamma_multiply(0.6)), ("mean", palette::RETURN), ("changes", palette::CHANGE)];
    let dots = match curve.stride() {
        1 => "Each dot is an episode".to_owned(),
        n => format!("Each dot is the mean of {n} episodes"),
    };
    let tooltip = format!(
        "Return: the sum of the rewards of an episode, over the whole life. Higher is better. {dots}, the line a moving \
         mean. Dashed lines: the world changes, as listed to the left."
    );
    heading(ui, "Return", &keys, &tooltip);
    let height = ui.available_height();
    let raw: Vec<[f64; 2]> = curve.points().iter().map(|point| [point.step as f64, point.value]).collect();
    let mean = curve.moving_mean();
    let marks: Vec<f64> = history.marks.iter().map(|mark| mark.step as f64).collect();
    let faintness = if raw.len() > 200 { 0.35 } else { 0.7 };
    let (low, high) = value_range(&raw);
    let first = history.first_step.unwrap_or(0) as f64;
    let now = (history.step as f64).max(first + 100.0);
    let x_axis = AxisHints::new_x().tick_label_font(FontId::proportional(10.0)).label_spacing(AXIS_SPACING);
    let x_axis = x_axis.formatter(|mark, _| thousands(mark.value));
    let plot = plot("returns", height)
        .custom_x_axes(vec![x_axis.label(RichText::new("control steps of life").size(10.0).color(palette::FAINT))])
        .custom_y_axes(value_axis())
        .x_grid_spacer(|input| round_ticks(input.bounds, 5.0))
        .y_grid_spacer(|input| round_ticks(input.bounds, 5.0))
        .label_formatter(|_| None);
    plot.show(ui, |plot| {
        plot.set_plot_bounds_x(first..=now + 0.02 * (now - first));
        plot.set_plot_bounds_y(low..=high);
        mark_changes(plot, &marks);
        plot.points(
            Points::new("episodes", PlotPoints::from(raw)).radius(1.6).color(palette::RETURN.gamma_multiply(faintness)),
        );
        plot.line(Line::new("mean", PlotPoints::from(mean)).color(palette::RETURN).width(2.2));
    });
}
