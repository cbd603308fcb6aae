//! A picture of a run: who spiked when, how often, and what the probes saw, on one axis of time.

use std::path::Path;

use anyhow::anyhow;
use mesolimb_brain::{NetworkSpec, ProbeSpec};
use plotters::{coord::Shift, prelude::*};

use super::run::Summary;
use crate::{
    checkpoint::replace_file,
    plot::{BLUE, GREEN, GREY, ORANGE, PINK},
};

/// Colours of populations and lines, readable for the colour-blind (Okabe and Ito), used in turn.
const COLOURS: [(u8, u8, u8); 6] = [BLUE, ORANGE, GREEN, PINK, (230, 159, 0), GREY];
/// Most rows of cells that a population gets.
const MAX_ROWS: usize = 150;
/// Fewest rows that a population is as high as.
const MIN_HEIGHT: usize = 12;
/// Most spikes that are drawn; beyond it, fewer cells are.
const MAX_SPIKES: usize = 15_000;
/// Most points of a line; beyond it, every second one is.
const MAX_POINTS: usize = 3_000;
/// Most lines of a probe, and most probes.
const MAX_LINES: usize = 4;
const MAX_PROBES: usize = 6;
/// Bins of the rates.
const BINS: usize = 100;
/// Fewest cells of a population whose rate is drawn.
const MIN_CELLS: usize = 10;
const WIDTH: u32 = 1000;
/// Least height of the mark of a spike.
const MARK_PIXELS: f64 = 3.0;
/// Room at the right for what the lines mean.
const LEGEND: u32 = 190;
const TITLE_HEIGHT: u32 = 46;
const PANEL_HEIGHT: u32 = 140;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What will be drawn, as it comes in.
pub(super) struct Picture {
    sim_ms: f64,
    /// Time in the picture for one in ms, and its unit.
    scale: f64,
    unit: &'static str,
    bands: Vec<Band>,
    spikes: Vec<(f64, usize, usize)>,
    panels: Vec<Panel>,
}

/// A population in the raster.
struct Band {
    name: String,
    size: usize,
    /// Every so many cells one is drawn.
    stride: usize,
    /// Spikes of all its cells in each bin.
    bins: Vec<u32>,
}

/// A probe.
struct Panel {
    probe: usize,
    label: String,
    lines: Vec<Line>,
    /// Only changes are recorded: a value holds until the next one.
    stepped: bool,
}

/// The values of one cell, synapse or modulator, thinned out where there are many.
struct Line {
    index: u32,
    stride: usize,
    seen: usize,
    points: Vec<(f64, f64)>,
}

impl Picture {
    pub(super) fn new(spec: &NetworkSpec, ticks: u64) -> Self {
        let sim_ms = ticks as f64 * spec.tick_ms;
        let (scale, unit) = if sim_ms >= 5000.0 { (1e-3, "s") } else { (1.0, "ms") };
        let band = |p: &mesolimb_brain::PopulationSpec| Band {
            name: p.name.clone(),
            size: p.size,
            stride: p.size.div_ceil(MAX_ROWS),
            bins: vec![0; BINS],
        };
        let traced = spec.probes.iter().enumerate().filter(|(_, p)| p.variable.as_deref() != Some("spikes"));
        let panel = |(probe, p): (usize, &ProbeSpec)| Panel {
            probe,
            label: label(p),
            lines: Vec::new(),
            stepped: p.only_changes,
        };
        Self {
            sim_ms,
            scale,
            unit,
            bands: spec.populations.iter().map(band).collect(),
            spikes: Vec::new(),
            panels: traced.take(MAX_PROBES).map(panel).collect(),
        }
    }

    pub(super) fn note_spike(&mut self, t_ms: f64, population: usize, cell: usize) {
        let band = &mut self.bands[population];
        let bin = (t_ms / self.sim_ms * BINS as f64) as usize;
        band.bins[bin.min(BINS - 1)] += 1;
        if !cell.is_multiple_of(band.stride) {
            return;
        }
        self.spikes.push((t_ms * self.scale, population, cell));
        if self.spikes.len() > MAX_SPIKES {
            // The first cell of each population always stays.
            self.bands.iter_mut().for_each(|band| band.stride *= 2);
            let bands = &self.bands;
            self.spikes.retain(|(_, population, cell)| cell.is_multiple_of(bands[*population].stride));
        }
    }

    pub(super) fn note_value(&mut self, probe: usize, t_ms: f64, index: u32, value: f32) {
        let Some(panel) = self.panels.iter_mut().find(|panel| panel.probe == probe) else { return };
        let at = match panel.lines.iter().position(|line| line.index == index) {
            Some(at) => at,
            None if panel.lines.len() < MAX_LINES => {
                panel.lines.push(Line { index, stride: 1, seen: 0, points: Vec::new() });
                panel.lines.len() - 1
            }
            None => return,
        };
        panel.lines[at].add((t_ms * self.scale, f64::from(value)));
    }

    /// Draws everything into an SVG file.
    pub(super) fn draw(&self, path: &Path, summary: &Summary) -> anyhow::Result<()> {
        let mut svg = String::new();
        self.draw_into(&mut svg, summary).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        replace_file(path, svg.as_bytes())
    }

    fn draw_into(&self, svg: &mut String, summary: &Summary) -> Result<(), Box<dyn std::error::Error>> {
        let heights: usize = self.bands.iter().map(Band::height).sum();
        let raster_height = (80 + heights as u32).clamp(130, 400);
        let height =
            TITLE_HEIGHT + raster_height + PANEL_HEIGHT * (u32::from(self.has_rates()) + self.panels.len() as u32);
        let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let name = Path::new(&summary.spec).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let title = format!("{name}: {} cells, {} synapses, seed {}", summary.cells, summary.synapses, summary.seed);
        root.draw(&Text::new(title, (16, 10), ("sans-serif", 20)))?;
        let explained =
            "Each mark is a spike, each row a cell. Below: rates of the populations, and what the probes saw.";
        root.draw(&Text::new(explained, (16, 34), ("sans-serif", 13).into_font().color(&BLACK.mix(0.6))))?;
        let (_, mut rest) = root.split_vertically(TITLE_HEIGHT);
        let (raster, below) = rest.split_vertically(raster_height);
        self.draw_raster(&raster)?;
        rest = below;
        if self.has_rates() {
            let (rates, below) = rest.split_vertically(PANEL_HEIGHT);
            self.draw_rates(&rates, self.panels.is_empty())?;
            rest = below;
        }
        for (at, panel) in self.panels.iter().enumerate() {
            let (area, below) = rest.split_vertically(PANEL_HEIGHT);
            let end = self.sim_ms * self.scale;
            let lines =
                panel.lines.iter().map(|line| (panel.name_of(line), panel.points_of(line, end))).collect::<Vec<_>>();
            self.draw_lines(&area, &panel.label, &lines, at + 1 == self.panels.len())?;
            rest = below;
        }
        root.present()?;
        Ok(())
    }

    fn has_rates(&self) -> bool {
        self.bands.iter().any(|band| band.size >= MIN_CELLS)
    }

    fn draw_raster(&self, area: &Area<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let heights: usize = self.bands.iter().map(Band::height).sum();
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(LEGEND)
            .x_label_area_size(22)
            .y_label_area_size(70)
            // The first population is at the top.
            .build_cartesian_2d(0.0..self.sim_ms * self.scale, (heights.max(1) as f64)..0.0)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_mesh()
            .y_labels(0)
            .y_desc("cells")
            .label_style(("sans-serif", 13))
            .x_label_formatter(&plain)
            .draw()?;
        let top = |k: usize| self.bands[..k].iter().map(Band::height).sum::<usize>() as f64;
        let tops: Vec<f64> = (0..self.bands.len()).map(top).collect();
        let pixels = chart.plotting_area().dim_in_pixel().1;
        let half_mark = 0.5 * MARK_PIXELS * heights.max(1) as f64 / f64::from(pixels.max(1));
        for &(t, population, cell) in &self.spikes {
            let band = &self.bands[population];
            let row = band.height() as f64 / band.rows() as f64;
            let y = tops[population] + row * (cell / band.stride) as f64;
            let (middle, half) = (y + 0.5 * row, (0.4 * row).max(half_mark));
            let mark = [(t, middle - half), (t, middle + half)];
            chart.draw_series([PathElement::new(mark, colour(population))])?;
        }
        for (k, band) in self.bands.iter().enumerate() {
            if k > 0 {
                let line = [(0.0, tops[k]), (self.sim_ms * self.scale, tops[k])];
                chart.draw_series([PathElement::new(line, BLACK.mix(0.3))])?;
            }
            let (x, y) = chart.backend_coord(&(self.sim_ms * self.scale, tops[k] + band.height() as f64 / 2.0));
            let (x, y) = (x + 10 - area.get_base_pixel().0, y - 7 - area.get_base_pixel().1);
            area.draw(&Text::new(band.label(), (x, y), ("sans-serif", 13).into_font().color(&colour(k))))?;
        }
        Ok(())
    }

    fn draw_rates(&self, area: &Area<'_>, last: bool) -> Result<(), Box<dyn std::error::Error>> {
        let bin_ms = self.sim_ms / BINS as f64;
        let rates = |band: &Band| -> Vec<(f64, f64)> {
            let rate = |spikes: u32| f64::from(spikes) / band.size as f64 / bin_ms * 1000.0;
            let centre = |bin: usize| (bin as f64 + 0.5) * bin_ms * self.scale;
            // Of few cells the rate is a comb of spikes, which the raster shows better.
            let bins = if band.size < MIN_CELLS { &[] } else { band.bins.as_slice() };
            bins.iter().enumerate().map(|(bin, spikes)| (centre(bin), rate(*spikes))).collect()
        };
        let lines: Vec<(String, Vec<(f64, f64)>)> =
            self.bands.iter().map(|band| (band.name.clone(), rates(band))).collect();
        self.draw_lines(area, "rate (Hz)", &lines, last)
    }

    fn draw_lines(
        &self,
        area: &Area<'_>,
        label: &str,
        lines: &[(String, Vec<(f64, f64)>)],
        last: bool,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let values = || lines.iter().flat_map(|(_, points)| points.iter().map(|p| p.1)).filter(|v| v.is_finite());
        let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        // A rate is compared with silence.
        let low = if label.starts_with("rate") { low.min(0.0) } else { low };
        let margin = if high > low { 0.06 * (high - low) } else { 0.5 * high.abs().max(0.1) };
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(LEGEND)
            .x_label_area_size(if last { 42 } else { 22 })
            .y_label_area_size(70)
            .build_cartesian_2d(0.0..self.sim_ms * self.scale, low - margin..high + margin)?;
        let time = format!("time ({})", self.unit);
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE)
            .y_desc(label)
            .y_labels(4)
            .label_style(("sans-serif", 13))
            .x_label_formatter(&plain);
        if last {
            mesh.x_desc(time);
        }
        mesh.draw()?;
        let right = area.dim_in_pixel().0 as i32 - LEGEND as i32;
        for (k, (name, points)) in lines.iter().enumerate().filter(|(_, (_, points))| !points.is_empty()) {
            chart.draw_series(LineSeries::new(points.iter().copied(), colour(k).stroke_width(1)))?;
            let y = 10 + 17 * k as i32;
            area.draw(&PathElement::new([(right + 10, y + 7), (right + 26, y + 7)], colour(k).stroke_width(3)))?;
            area.draw(&Text::new(name.clone(), (right + 32, y), ("sans-serif", 13)))?;
        }
        Ok(())
    }
}

impl Band {
    fn rows(&self) -> usize {
        self.size.div_ceil(self.stride)
    }

    fn height(&self) -> usize {
        self.rows().max(MIN_HEIGHT)
    }

    fn label(&self) -> String {
        match self.stride {
            1 => format!("{} ({})", self.name, self.size),
            stride => format!("{} ({} of {})", self.name, self.size.div_ceil(stride), self.size),
        }
    }
}

impl Panel {
    fn name_of(&self, line: &Line) -> String {
        let of_synapses = self.label.starts_with("weight") || self.label.starts_with("eligibility");
        let what = if of_synapses { "synapse" } else { "cell" };
        if self.label.starts_with("level") { self.label.clone() } else { format!("{what} {}", line.index) }
    }
}

impl Panel {
    fn points_of(&self, line: &Line, end: f64) -> Vec<(f64, f64)> {
        if !self.stepped {
            return line.points.clone();
        }
        let next = line.points.iter().skip(1).map(|p| p.0).chain([end]);
        line.points.iter().zip(next).flat_map(|(&(t, value), next)| [(t, value), (next, value)]).collect()
    }
}

impl Line {
    fn add(&mut self, point: (f64, f64)) {
        if self.seen.is_multiple_of(self.stride) {
            self.points.push(point);
        }
        self.seen += 1;
        if self.points.len() > MAX_POINTS {
            self.stride *= 2;
            let mut at = 0;
            self.points.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }
    }
}

/// What a probe shows, with its unit.
fn label(probe: &ProbeSpec) -> String {
    if let Some(modulator) = &probe.modulator {
        return format!("level of {modulator}");
    }
    if probe.projection.is_some() {
        return format!("{}, {}", probe.variable.as_deref().unwrap_or("weight"), probe.name);
    }
    let variable = probe.variable.as_deref().unwrap_or_default();
    let unit = match variable {
        "v" | "v_apical" | "v_dendrite" => " (mV)",
        "ampa" | "nmda" | "gaba" => " (nS)",
        "exponential" | "alpha" | "double_exponential" | "filter" | "input" => " (pA)",
        "rate" => " (Hz)",
        _ => "",
    };
    format!("{variable}{unit}, {}", probe.population.as_deref().unwrap_or_default())
}

/// A time on the axis, without the last bits that say nothing.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "plotters asks for it")]
fn plain(time: &f64) -> String {
    format!("{}", (time * 1e6).round() / 1e6)
}

fn colour(k: usize) -> RGBColor {
    let (r, g, b) = COLOURS[k % COLOURS.len()];
    RGBColor(r, g, b)
}
