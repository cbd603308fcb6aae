//! Axes, ticks and vertical lines that the plots have in common.

use bevy_egui::egui::{Color32, FontId, Id, Rangef, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, LineStyle, Plot, PlotUi, VLine};

use super::{
    history::{History, WINDOW_SECS},
    palette,
};

/// Width of the labels of a vertical axis.
const AXIS_WIDTH: f32 = 30.0;
/// Pixels between the ticks of an axis from which on their labels show.
pub const AXIS_SPACING: Rangef = Rangef { min: 10.0, max: 16.0 };
/// Plots in this group share their time axis and cursor.
const TIME: &str = "seconds before now";

/// A plot without mouse controls of its own, in the style of all.
pub fn plot<'a>(name: &str, height: f32) -> Plot<'a> {
    Plot::new(name.to_owned())
        .height(height)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.0, 0.06))
        .grid_color(Color32::from_rgb(84, 94, 120))
}

/// A plot over the last seconds.
pub fn time_plot<'a>(name: &str, height: f32) -> Plot<'a> {
    let marks = |_: GridInput| {
        (0..=(2.0 * WINDOW_SECS) as i32)
            .map(|half_secs| GridMark { value: -0.5 * f64::from(half_secs), step_size: 0.5 })
            .collect()
    };
    plot(name, height).link_cursor(Id::new(TIME), [true, false]).x_grid_spacer(marks).label_formatter(|_| None)
}

/// The time axis of a plot over the last seconds.
pub fn time_axis<'a>(is_labelled: bool) -> Vec<AxisHints<'a>> {
    let axis = AxisHints::new_x().tick_label_font(FontId::proportional(10.0)).label_spacing(AXIS_SPACING).formatter(
        |mark, _| if mark.value == 0.0 { "now".to_owned() } else { format!("{:.1} s", mark.value).replace('-', "−") },
    );
    vec![if is_labelled { axis } else { axis.formatter(|_, _| String::new()) }]
}

/// A vertical axis of numbers.
pub fn value_axis<'a>() -> Vec<AxisHints<'a>> {
    let axis = AxisHints::new_y().min_thickness(AXIS_WIDTH).tick_label_font(FontId::proportional(10.0));
    vec![axis.label_spacing(AXIS_SPACING).formatter(|mark, _| number(mark.value))]
}

/// Moments of the window at which the world changed, and at which episodes ended.
pub struct Moments {
    changes: Vec<f64>,
    episode_ends: Vec<f64>,
}

impl Moments {
    /// Those of the window that is shown.
    pub fn of_window(history: &History) -> Self {
        let within = |step: u64| Some(history.step_secs(step)).filter(|time| *time > -WINDOW_SECS);
        Self {
            changes: history.marks.iter().filter_map(|mark| within(mark.step)).collect(),
            episode_ends: history.episode_ends.iter().filter_map(|step| within(*step)).collect(),
        }
    }

    /// Draws them as vertical lines.
    pub fn draw(&self, plot: &mut PlotUi<'_>) {
        for time in &self.episode_ends {
            let line = VLine::new("episode", *time).color(palette::FAINT.gamma_multiply(0.7)).width(1.0);
            plot.vline(line.allow_hover(false));
        }
        mark_changes(plot, &self.changes);
    }
}

/// Draws the times at which the world changed.
pub fn mark_changes(plot: &mut PlotUi<'_>, times: &[f64]) {
    for &time in times {
        let line = VLine::new("change", time).color(palette::CHANGE).width(1.2).style(LineStyle::dashed_dense());
        plot.vline(line.allow_hover(false));
    }
}

/// Ticks at round numbers, `n` of them or fewer.
pub fn round_ticks((low, high): (f64, f64), n: f64) -> Vec<GridMark> {
    let step_size = round_up((high - low) / n, 1e-6);
    let first = (low / step_size).ceil() as i64;
    let last = (high / step_size).floor() as i64;
    (first..=last).map(|i| GridMark { value: i as f64 * step_size, step_size }).collect()
}

/// A number on an axis.
fn number(value: f64) -> String {
    let text = if value.abs() >= 10.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// The next of 1, 2, 5 times a power of ten, at least `least`.
pub fn round_up(value: f64, least: f64) -> f64 {
    let decade = 10_f64.powf(value.max(least).log10().floor());
    let value = value.max(least) * 0.999;
    [1.0, 2.0, 5.0].into_iter().map(|step| step * decade).find(|&step| step >= value).unwrap_or(10.0 * decade)
}

/// The range of values to show, with some room; outliers stay in view.
pub fn value_range(points: &[[f64; 2]]) -> (f64, f64) {
    let values = || points.iter().map(|point| point[1]);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return (-1.0, 1.0);
    }
    let room = (0.06 * (high - low)).max(0.02 * high.abs()).max(1e-3);
    (low - room, high + room)
}

/// A number of steps on an axis.
pub fn thousands(steps: f64) -> String {
    match steps {
        steps if steps >= 1e6 => format!("{}M", steps / 1e6),
        steps if steps >= 1e3 => format!("{}k", steps / 1e3),
        steps => format!("{steps}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, expected) in
            [(0.0, 0.1), (0.1, 0.1), (0.13, 0.2), (0.9, 1.0), (4.0, 5.0), (5.1, 10.0), (73.0, 100.0)]
        {
            assert!((round_up(value, 0.1) / expected - 1.0).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn ticks_are_few_and_round() {
        let values = |low, high| round_ticks((low, high), 5.0).iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert_eq!(values(0.0, 1_000.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0]);
        assert_eq!(values(-93.0, -12.0), [-80.0, -60.0, -40.0, -20.0]);
        assert_eq!([0.0, -0.5, 0.25, 120.0, -35.0].map(number), ["0", "−0.5", "0.25", "120", "−35"]);
    }

    #[test]
    fn a_range_has_room_around_its_values() {
        let (low, high) = value_range(&[[0.0, -10.0], [1.0, 30.0]]);
        assert!(low < -10.0 && high > 30.0 && high - low < 50.0);
        let (low, high) = value_range(&[[0.0, 7.0]]);
        assert!(low < 7.0 && high > 7.0);
        assert_eq!(value_range(&[]), (-1.0, 1.0));
    }

    #[test]
    fn steps_are_short_on_an_axis() {
        assert_eq!([0.0, 500.0, 2_500.0, 1.5e6].map(thousands), ["0", "500", "2.5k", "1.5M"]);
    }
}
