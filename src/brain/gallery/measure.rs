//! Measurements of cells under steps of current.

use mesolimb_brain::{CellSpec, Electrode, PatchClamp, Stimulus};

/// Length of a tick in ms.
pub const TICK_MS: f64 = 0.1;
/// Time before anything is recorded, in which a cell comes to rest, in ms.
pub const SETTLING_MS: f64 = 300.0;
/// Part of a measurement of rate that is not counted, and the part that is, in ms.
pub const ONSET_MS: f64 = 500.0;
pub const COUNTED_MS: f64 = 2000.0;
/// Time between two points of a course, in ms; spikes have points of their own.
const POINT_MS: f64 = 1.0;

/// A step of current: when it begins and ends, and how long all is recorded, in ms.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub from_ms: f64,
    pub to_ms: f64,
    pub end_ms: f64,
}

impl Step {
    /// The current at a time, given the one of the step.
    pub fn at(&self, t_ms: f64, current: f64) -> f64 {
        if (self.from_ms..self.to_ms).contains(&t_ms) { current } else { 0.0 }
    }
}

/// A membrane potential at a time.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub t_ms: f64,
    pub v_mv: f64,
    /// Whether it is the peak of a spike, which models cut off.
    pub spike: bool,
}

/// The course of a membrane potential, with spikes drawn up to their peak.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub points: Vec<Point>,
    ticks: usize,
}

impl Course {
    /// Adds what a tick brought.
    pub fn add(&mut self, v_mv: f64, spike: bool, peak_mv: f64) {
        let t_ms = self.ticks as f64 * TICK_MS;
        let every = (POINT_MS / TICK_MS).round() as usize;
        if spike {
            let before = self.points.last().map_or(v_mv, |p| p.v_mv);
            for (v_mv, spike) in [(before, false), (peak_mv, true), (v_mv, false)] {
                self.points.push(Point { t_ms, v_mv, spike });
            }
        } else if self.ticks.is_multiple_of(every) {
            self.points.push(Point { t_ms, v_mv, spike: false });
        }
        self.ticks += 1;
    }
}

/// Where the spikes of a cell are drawn up to: its peak, or 0 mV for models that have none.
pub fn peak_mv(spec: &CellSpec) -> anyhow::Result<f64> {
    Ok(PatchClamp::new(spec, TICK_MS)?.get("v_peak_mv").unwrap_or(0.0))
}

fn stimulus(current: f64, apical: f64) -> Stimulus {
    Stimulus { apical: Electrode { current: apical, ..Electrode::default() }, ..Stimulus::current(current) }
}

/// The course of a cell under a step into the soma, and into the apical dendrite at the same time.
pub fn course(spec: &CellSpec, step: &Step, current: f64, apical: f64) -> anyhow::Result<Course> {
    let mut cell = PatchClamp::new(spec, TICK_MS)?;
    let peak = peak_mv(spec)?;
    for _ in 0..ticks(SETTLING_MS) {
        cell.tick(&Stimulus::default());
    }
    let mut course = Course::default();
    for tick in 0..ticks(step.end_ms) {
        let t_ms = tick as f64 * TICK_MS;
        let spike = cell.tick(&stimulus(step.at(t_ms, current), step.at(t_ms, apical))) > 0.0;
        course.add(cell.v(), spike, peak);
    }
    Ok(course)
}

/// Rate in Hz under a constant current, once the onset is over.
pub fn rate_hz(spec: &CellSpec, current: f64) -> anyhow::Result<f64> {
    let mut cell = PatchClamp::new(spec, TICK_MS)?;
    let mut count = |ms: f64| (0..ticks(ms)).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0).count();
    count(ONSET_MS);
    Ok(count(COUNTED_MS) as f64 / COUNTED_MS * 1000.0)
}

pub fn ticks(ms: f64) -> usize {
    (ms / TICK_MS).round() as usize
}

/// `n` currents from the lowest to the highest.
pub fn currents([low, high]: [f64; 2], n: usize) -> Vec<f64> {
    let rounded = |current: f64| (current * 1e6).round() / 1e6;
    (0..n).map(|k| rounded(low + (high - low) * k as f64 / (n - 1) as f64)).collect()
}
