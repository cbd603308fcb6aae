//! Pictures of curves, as SVG.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use plotters::{coord::Shift, prelude::*};

use crate::checkpoint::replace_file;

/// Place, lower end of the band, middle, upper end.
pub type Point = (f64, f64, f64, f64);

/// A line with a band around it.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What it shows.
    pub label: String,
    /// Colour, as red, green and blue.
    pub colour: (u8, u8, u8),
    /// Points: place, lower end of the band, middle, upper end.
    pub points: Vec<Point>,
}

/// What stands around the curves.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// Title.
    pub title: &'a str,
    /// Meaning and unit of the horizontal axis.
    pub x_label: &'a str,
    /// Meaning and unit of the vertical axis.
    pub y_label: &'a str,
    /// A vertical line with its meaning, if any.
    pub mark: Option<(f64, &'a str)>,
}

/// Palette that stays readable for the colour-blind (Okabe and Ito).
pub const BLUE: (u8, u8, u8) = (0, 114, 178);
/// See [`BLUE`].
pub const ORANGE: (u8, u8, u8) = (213, 94, 0);
/// See [`BLUE`].
pub const GREEN: (u8, u8, u8) = (0, 158, 115);
/// See [`BLUE`].
pub const PINK: (u8, u8, u8) = (204, 121, 167);
/// See [`BLUE`].
pub const GREY: (u8, u8, u8) = (120, 120, 120);

/// Draws curves into an SVG file.
///
/// # Errors
/// If there is nothing to draw or the file cannot be written.
pub fn draw(path: &Path, frame: &Frame<'_>, curves: &[Curve]) -> anyhow::Result<()> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (860, 430)).into_drawing_area();
        root.fill(&WHITE).map_err(|e| anyhow!("{e}"))?;
        draw_on(&root, frame, curves, true).with_context(|| path.display().to_string())?;
        root.present().map_err(|e| anyhow!("{e}"))?;
    }
    replace_file(path, svg.as_bytes())
}

/// Draws several frames of curves into an SVG file, row by row; the first of them has the legend of all.
///
/// # Errors
/// If there is nothing to draw or the file cannot be written.
pub fn draw_grid(path: &Path, panels: &[(Frame<'_>, Vec<Curve>)], columns: usize) -> anyhow::Result<()> {
    let rows = panels.len().div_ceil(columns);
    let mut svg = String::new();
    {
        let size = (420 * columns as u32, 280 * rows.max(1) as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(|e| anyhow!("{e}"))?;
        let areas = root.split_evenly((rows, columns));
        for (idx, (area, (frame, curves))) in areas.iter().zip(panels).enumerate() {
            draw_on(area, frame, curves, idx == 0).with_context(|| format!("{}, {}", path.display(), frame.title))?;
        }
        root.present().map_err(|e| anyhow!("{e}"))?;
    }
    replace_file(path, svg.as_bytes())
}

fn draw_on(
    root: &DrawingArea<SVGBackend<'_>, Shift>,
    frame: &Frame<'_>,
    curves: &[Curve],
    with_legend: bool,
) -> anyhow::Result<()> {
    let points = || curves.iter().flat_map(|c| &c.points);
    let bounds = |of: fn(&Point) -> (f64, f64)| {
        points().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| (low.min(a), high.max(b)))
    };
    let (x_low, x_high) = bounds(|p| (p.0, p.0));
    let (y_low, y_high) = bounds(|p| (p.1, p.3));
    if !(x_low < x_high && y_low <= y_high) {
        return Err(anyhow!("there is nothing to draw"));
    }
    let margin = 0.05 * (y_high - y_low).max(1e-9);
    let mut chart = ChartBuilder::on(root)
        .caption(frame.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(45)
        .y_label_area_size(60)
        .build_cartesian_2d(x_low..x_high, y_low - margin..y_high + margin)
        .map_err(|e| anyhow!("{e}"))?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(frame.x_label)
        .y_desc(frame.y_label)
        .x_label_formatter(&|x| {
            if x.abs() >= 1000.0 { format!("{}k", rounded(x / 1000.0)) } else { format!("{}", rounded(*x)) }
        })
        .label_style(("sans-serif", 14))
        .draw()
        .map_err(|e| anyhow!("{e}"))?;
    for curve in curves {
        let colour = RGBColor(curve.colour.0, curve.colour.1, curve.colour.2);
        let upper = curve.points.iter().map(|p| (p.0, p.3));
        let band: Vec<_> = upper.chain(curve.points.iter().rev().map(|p| (p.0, p.1))).collect();
        chart.draw_series([Polygon::new(band, colour.mix(0.2))]).map_err(|e| anyhow!("{e}"))?;
        let line = LineSeries::new(curve.points.iter().map(|p| (p.0, p.2)), colour.stroke_width(2));
        chart
            .draw_series(line)
            .map_err(|e| anyhow!("{e}"))?
            .label(curve.label.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
    }
    if let Some((x, what)) = frame.mark {
        let ends = [(x, y_low - margin), (x, y_high + margin)];
        chart
            .draw_series(DashedLineSeries::new(ends, 6, 4, BLACK.stroke_width(1)))
            .map_err(|e| anyhow!("{e}"))?
            .label(what)
            .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], BLACK.stroke_width(1)));
    }
    if with_legend {
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font(("sans-serif", 14))
            .position(emptiest_corner(curves, [x_low, x_high], [y_low, y_high]))
            .draw()
            .map_err(|e| anyhow!("{e}"))?;
    }
    Ok(())
}

/// Without the last digits, which are those of a sum of steps.
fn rounded(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// The corner with the fewest points of the curves; the lower right one, if none has fewer.
fn emptiest_corner(curves: &[Curve], [left, right]: [f64; 2], [low, high]: [f64; 2]) -> SeriesLabelPosition {
    let corners = [
        (SeriesLabelPosition::LowerRight, [1.0, 0.0]),
        (SeriesLabelPosition::UpperLeft, [0.0, 1.0]),
        (SeriesLabelPosition::UpperRight, [1.0, 1.0]),
        (SeriesLabelPosition::LowerLeft, [0.0, 0.0]),
    ];
    // As wide and high as a legend is at most.
    let is_near = |point: &&Point, [x, y]: [f64; 2]| {
        let from = [(point.0 - left) / (right - left) - x, (point.2 - low) / (high - low).max(1e-9) - y];
        from[0].abs() < 0.4 && from[1].abs() < 0.35
    };
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let n_near = |corner| points().filter(|point| is_near(point, corner)).count();
    corners
        .into_iter()
        .min_by_key(|(_, corner)| n_near(*corner))
        .map_or(SeriesLabelPosition::LowerRight, |(place, _)| place)
}
