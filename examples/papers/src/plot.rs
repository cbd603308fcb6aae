//! Pictures with several panels, as SVG.

use std::{ops::Range, path::Path};

use anyhow::{Context as _, anyhow};
use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
};

use crate::Estimate;

/// Palette that stays readable for the colour-blind (Okabe and Ito).
pub const BLUE: (u8, u8, u8) = (0, 114, 178);
/// See [`BLUE`].
pub const ORANGE: (u8, u8, u8) = (213, 94, 0);
/// See [`BLUE`].
pub const GREEN: (u8, u8, u8) = (0, 158, 115);
/// See [`BLUE`].
pub const PURPLE: (u8, u8, u8) = (204, 121, 167);
/// See [`BLUE`].
pub const SKY: (u8, u8, u8) = (86, 180, 233);
/// See [`BLUE`].
pub const GREY: (u8, u8, u8) = (120, 120, 120);
/// Lines of reference.
pub const BLACK: (u8, u8, u8) = (0, 0, 0);

/// The colour of the `k`-th of several things.
#[must_use]
pub fn colour(k: usize) -> (u8, u8, u8) {
    [BLUE, ORANGE, GREEN, PURPLE, SKY, GREY][k % 6]
}

/// Points joined by a line, with a band around it if there is one; or points alone.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What it shows; lines without a label are not in the legend.
    pub label: String,
    /// Colour, as red, green and blue.
    pub colour: (u8, u8, u8),
    /// The points.
    pub points: Vec<(f64, f64)>,
    /// Lower and upper end of the band at each point; none if empty.
    pub band: Vec<(f64, f64)>,
    /// Radius of the points if they are not joined.
    pub scatter: Option<u32>,
}

/// Values of many seeds in a column, with their median and its interval.
#[derive(Clone, Debug)]
pub struct Dots {
    /// Name under the column.
    pub label: String,
    /// Colour.
    pub colour: (u8, u8, u8),
    /// A dot for each seed.
    pub values: Vec<f64>,
    /// The bar.
    pub estimate: Option<Estimate>,
}

/// A rectangle of a map.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    /// Its middle.
    pub at: (f64, f64),
    /// Its width and height.
    pub size: f64,
    /// What it shows, from 0 (white) to 1 (full colour).
    pub value: f64,
}

/// One of the panels of a picture: lines, or columns of dots, perhaps on a map.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// Title.
    pub title: String,
    /// Meaning and unit of the horizontal axis.
    pub x_label: String,
    /// Meaning and unit of the vertical axis.
    pub y_label: String,
    /// Range of the horizontal axis; that of the data, if not given.
    pub x: Option<Range<f64>>,
    /// Range of the vertical axis; that of the data, if not given.
    pub y: Option<Range<f64>>,
    /// The map behind the lines.
    pub tiles: Vec<Tile>,
    /// The lines.
    pub lines: Vec<Line>,
    /// The columns of dots.
    pub dots: Vec<Dots>,
    /// Vertical lines.
    pub marks: Vec<f64>,
    /// Where the legend is.
    pub legend: Legend,
}

/// Where the legend of a panel is, at its top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legend {
    /// On the left.
    #[default]
    Left,
    /// In the middle.
    Middle,
    /// On the right.
    Right,
}

/// Draws panels in rows of `columns` into an SVG file.
///
/// # Errors
/// If there is nothing to draw in a panel or the file cannot be written.
pub fn save(path: &Path, columns: usize, panels: &[Panel]) -> anyhow::Result<()> {
    let (width, height) = ((1200 / columns as u32).clamp(280, 860), 300);
    let rows = panels.len().div_ceil(columns);
    let mut svg = String::new();
    {
        let size = (width * columns as u32, height * rows as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(|e| anyhow!("{e}"))?;
        for (area, panel) in root.split_evenly((rows, columns)).iter().zip(panels) {
            panel.draw(area).map_err(|e| anyhow!("{}, '{}': {e}", path.display(), panel.title))?;
        }
        root.present().map_err(|e| anyhow!("{e}"))?;
    }
    std::fs::write(path, svg).with_context(|| path.display().to_string())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Panel {
    fn draw(&self, area: &Area<'_>) -> anyhow::Result<()> {
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d(self.x_range()?, self.y_range()?)
            .map_err(|e| anyhow!("{e}"))?;
        self.axes(&mut chart)?;
        let rectangles = self.tiles.iter().map(|tile| {
            let ((x, y), half) = (tile.at, 0.5 * tile.size);
            let colour = rgb(ORANGE).mix(0.75 * tile.value.clamp(0.0, 1.0));
            Rectangle::new([(x - half, y - half), (x + half, y + half)], colour.filled())
        });
        chart.draw_series(rectangles).map_err(|e| anyhow!("{e}"))?;
        for line in &self.lines {
            line.draw(&mut chart)?;
        }
        for (k, dots) in self.dots.iter().enumerate() {
            dots.draw(k, &mut chart)?;
        }
        if self.lines.iter().any(|line| !line.label.is_empty()) {
            chart
                .configure_series_labels()
                .background_style(WHITE.mix(0.85))
                .border_style(rgb(BLACK).mix(0.3))
                .label_font(("sans-serif", 12))
                .position(match self.legend {
                    Legend::Left => SeriesLabelPosition::UpperLeft,
                    Legend::Middle => SeriesLabelPosition::UpperMiddle,
                    Legend::Right => SeriesLabelPosition::UpperRight,
                })
                .draw()
                .map_err(|e| anyhow!("{e}"))?;
        }
        Ok(())
    }

    /// Axes, their names, and vertical lines.
    fn axes(&self, chart: &mut Chart<'_, '_>) -> anyhow::Result<()> {
        let columns = !self.dots.is_empty();
        let name = |x: &f64| {
            let whole = (x - x.round()).abs() < 1e-6 && *x > -0.5;
            self.dots.get(x.round() as usize).filter(|_| whole).map(|dots| dots.label.clone()).unwrap_or_default()
        };
        let number = |x: &f64| {
            if x.abs() >= 1e4 { format!("{}k", x / 1e3) } else { format!("{}", (x * 1e6).round() / 1e6 + 0.0) }
        };
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc(&self.x_label)
            .y_desc(&self.y_label)
            .x_labels(if columns { self.dots.len() + 2 } else { 6 })
            .x_label_formatter(&|x| if columns { name(x) } else { number(x) })
            .y_label_formatter(&number)
            .label_style(("sans-serif", 12))
            .draw()
            .map_err(|e| anyhow!("{e}"))?;
        let y = self.y_range()?;
        for &x in &self.marks {
            let line = DashedLineSeries::new([(x, y.start), (x, y.end)], 5, 3, rgb(BLACK).stroke_width(1));
            chart.draw_series(line).map_err(|e| anyhow!("{e}"))?;
        }
        Ok(())
    }

    fn x_range(&self) -> anyhow::Result<Range<f64>> {
        if !self.dots.is_empty() {
            return Ok(-0.6..self.dots.len() as f64 - 0.4);
        }
        let points = self.lines.iter().flat_map(|line| &line.points).map(|p| p.0);
        self.x.clone().map_or_else(|| range(points, 0.0), Ok)
    }

    fn y_range(&self) -> anyhow::Result<Range<f64>> {
        let points = self.lines.iter().flat_map(|line| &line.points).map(|p| p.1);
        let bands = self.lines.iter().flat_map(|line| &line.band).flat_map(|band| [band.0, band.1]);
        let dots = self.dots.iter().flat_map(|dots| &dots.values).copied();
        self.y.clone().map_or_else(|| range(points.chain(bands).chain(dots), 0.05), Ok)
    }
}

impl Line {
    fn draw(&self, chart: &mut Chart<'_, '_>) -> anyhow::Result<()> {
        let colour = rgb(self.colour);
        if !self.band.is_empty() {
            let upper = self.points.iter().zip(&self.band).map(|(p, band)| (p.0, band.1));
            let lower = self.points.iter().zip(&self.band).rev().map(|(p, band)| (p.0, band.0));
            let band: Vec<_> = upper.chain(lower).collect();
            chart.draw_series([Polygon::new(band, colour.mix(0.2))]).map_err(|e| anyhow!("{e}"))?;
        }
        let drawn = match self.scatter {
            Some(radius) => {
                let dots = self.points.iter().map(|&p| Circle::new(p, radius, colour.filled()));
                chart.draw_series(dots).map_err(|e| anyhow!("{e}"))?
            }
            None => chart
                .draw_series(LineSeries::new(self.points.iter().copied(), colour.stroke_width(2)))
                .map_err(|e| anyhow!("{e}"))?,
        };
        if !self.label.is_empty() {
            drawn
                .label(self.label.clone())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 15, y)], colour.stroke_width(3)));
        }
        Ok(())
    }
}

impl Dots {
    /// As the `k`-th column.
    fn draw(&self, k: usize, chart: &mut Chart<'_, '_>) -> anyhow::Result<()> {
        let (k, colour, n) = (k as f64, rgb(self.colour), self.values.len().max(2) as f64);
        let place = |i: usize| k + 0.4 * (i as f64 / (n - 1.0) - 0.5);
        let within = self.values.iter().enumerate().filter(|(_, value)| value.is_finite());
        let circles = within.map(|(i, &value)| Circle::new((place(i), value), 2, colour.mix(0.6).filled()));
        chart.draw_series(circles).map_err(|e| anyhow!("{e}"))?;
        if let Some(estimate) = self.estimate.filter(|e| e.value.is_finite()) {
            // An interval without an end leaves the picture.
            let high = estimate.high.min(chart.y_range().end);
            let bars = [
                PathElement::new(vec![(k - 0.35, estimate.value), (k + 0.35, estimate.value)], colour.stroke_width(3)),
                PathElement::new(vec![(k, estimate.low), (k, high)], colour.stroke_width(2)),
            ];
            chart.draw_series(bars).map_err(|e| anyhow!("{e}"))?;
        }
        Ok(())
    }
}

fn rgb((r, g, b): (u8, u8, u8)) -> RGBColor {
    RGBColor(r, g, b)
}

/// The range of what is finite, with a margin.
fn range(values: impl Iterator<Item = f64>, margin: f64) -> anyhow::Result<Range<f64>> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if low > high {
        return Err(anyhow!("there is nothing to draw"));
    }
    let width = if high > low { high - low } else { low.abs().max(1.0) };
    let margin = if high > low { margin * width } else { 0.5 * width };
    Ok(low - margin..high + margin)
}
