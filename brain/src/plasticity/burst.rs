//! Burst-dependent plasticity: events depress, bursts potentiate, so that a cell that bursts more than usual learns.
//!
//! ```text
//! postsynaptic event: w −= eta min(P_i, 1) Ē_j      postsynaptic burst: w += eta Ē_j
//! P_i = B_i/E_i,  B_i and E_i running means of burst and event rate
//! ```
//! An event is a spike with no predecessor within the burst window, a burst the second spike within the window of an
//! event. `Ē_j` is a trace of the presynaptic events (arrivals, seen with the same window).
//! Homeostasis, both parts optional: at a presynaptic event, `w += eta (rate_min − rate)` if the event rate of the target
//! is below `rate_min`; at a postsynaptic event or burst, the error gets `−(rate − rate_max)/rate` if it is above
//! `rate_max`.
//! Units: ms, Hz; `eta` in units of weight.
//! Source: Payeur et al. 2021, Nature Neuroscience 24:1010, doi 10.1038/s41593-021-00857-x; window, `tau_pre`, `tau_avg`
//! as in its public code.
//! Scheme: event by event, exact; windows are counted in ticks.
//! Deviations: the means start at `start_rate_hz` and `start_burst_fraction` (choice), so that `P` is defined from the
//! first event on. The size of a spike is disregarded. Both means are updated after the weight.

use serde::{Deserialize, Serialize};

use super::{
    PostSignals, Rule,
    incoming::Incoming,
    spec::{ANY, POSITIVE, Range, TAU},
    trace::Traces,
};
use crate::{Modulator, rows::Rows};

/// Burst-dependent plasticity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BurstSpec {
    /// Learning rate.
    pub eta: f64,
    /// Longest interval within a burst in ms.
    pub window_ms: f64,
    /// Time constant of the presynaptic trace in ms.
    pub tau_pre_ms: f64,
    /// Time constant of the running means in ms.
    pub tau_avg_ms: f64,
    /// Event rate in Hz at which the means start.
    pub start_rate_hz: f64,
    /// Burst fraction at which the means start.
    pub start_burst_fraction: f64,
    /// Event rate in Hz below which presynaptic events potentiate.
    pub rate_min_hz: Option<f64>,
    /// Event rate in Hz above which postsynaptic events depress.
    pub rate_max_hz: Option<f64>,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for BurstSpec {
    fn default() -> Self {
        Self {
            eta: 8e-3,
            window_ms: 16.0,
            tau_pre_ms: 100.0,
            tau_avg_ms: 5500.0,
            start_rate_hz: 5.0,
            start_burst_fraction: 0.2,
            rate_min_hz: Some(2.0),
            rate_max_hz: Some(12.0),
            w_min: 0.0,
            w_max: 1.0,
        }
    }
}

impl BurstSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            ("eta", self.eta, ANY),
            ("window_ms", self.window_ms, POSITIVE),
            ("tau_pre_ms", self.tau_pre_ms, TAU),
            ("tau_avg_ms", self.tau_avg_ms, TAU),
            ("start_rate_hz", self.start_rate_hz, [1e-3, 1e3]),
            ("start_burst_fraction", self.start_burst_fraction, [0.0, 1.0]),
            ("rate_min_hz", self.rate_min_hz.unwrap_or(0.0), POSITIVE),
            ("rate_max_hz", self.rate_max_hz.unwrap_or(0.0), POSITIVE),
        ]
    }
}

/// Ticks during which a further spike belongs to the burst, for many cells or rows.
struct Windows {
    left: Vec<f32>,
    length: f32,
}

impl Windows {
    /// A spike: whether it has no predecessor within the window.
    fn opens(&mut self, i: usize) -> bool {
        let opens = self.left[i] <= 0.0;
        self.left[i] = self.length;
        opens
    }

    fn end_tick(&mut self) {
        self.left.iter_mut().for_each(|left| *left = (*left - 1.0).max(0.0));
    }
}

pub(crate) struct Burst {
    pre: Windows,
    post: Windows,
    /// Whether the last event of a cell was not followed by a second spike yet: 1 or 0.
    alone: Vec<f32>,
    pre_events: Traces,
    /// Running means of events and bursts, as numbers within `tau_avg`.
    events: Traces,
    bursts: Traces,
    incoming: Incoming,
    hz: f32,
    rate_min: f32,
    rate_max: f32,
    eta: f32,
    bounds: [f32; 2],
}

impl Burst {
    pub(super) fn new(spec: &BurstSpec, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        // A spike exactly one window after another one belongs to its burst; what rounds to a tick counts as one.
        let length = (spec.window_ms / tick_ms + 1e-6).floor() as f32 + 1.0;
        let events = spec.start_rate_hz * spec.tau_avg_ms / 1000.0;
        let mean = |start: f64| {
            let mut mean = Traces::new(n_post, spec.tau_avg_ms, tick_ms, false);
            (0..n_post).for_each(|j| mean.add_at_start(j, start as f32));
            mean
        };
        Self {
            pre: Windows { left: vec![0.0; rows.n_rows()], length },
            post: Windows { left: vec![0.0; n_post], length },
            alone: vec![0.0; n_post],
            pre_events: Traces::new(rows.n_rows(), spec.tau_pre_ms, tick_ms, false),
            events: mean(events),
            bursts: mean(events * spec.start_burst_fraction),
            incoming: Incoming::new(rows, n_post),
            hz: (1000.0 / spec.tau_avg_ms) as f32,
            rate_min: spec.rate_min_hz.unwrap_or(0.0) as f32,
            rate_max: spec.rate_max_hz.map_or(f32::INFINITY, |rate| rate as f32),
            eta: spec.eta as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }
}

impl Rule for Burst {
    fn begin_tick(&mut self, _: &[Modulator]) {
        [&mut self.pre_events, &mut self.events, &mut self.bursts].into_iter().for_each(Traces::begin_tick);
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        let (x, edges, [low, high]) = (gain * size, rows.row(row), self.bounds);
        let is_event = self.pre.opens(row);
        let eta = if is_event { self.eta } else { 0.0 };
        for (&j, w) in rows.targets[edges.clone()].iter().zip(&mut weights[edges]) {
            let j = j as usize;
            out[j] += x * *w;
            let lacking = (self.rate_min - self.hz * self.events.at_start(j)).max(0.0);
            *w = (*w + eta * lacking).max(low).min(high);
        }
        if is_event {
            self.pre_events.add_at_start(row, 1.0);
        }
    }

    fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]) {
        for &(j, _) in fired {
            let j = j as usize;
            let is_event = self.post.opens(j);
            if !is_event && self.alone[j] == 0.0 {
                continue;
            }
            self.alone[j] = if is_event { 1.0 } else { 0.0 };
            let (events, bursts) = (self.events.at_end(j), self.bursts.at_end(j));
            let usual = if events > 0.0 { (bursts / events).min(1.0) } else { 0.0 };
            let rate = self.hz * events;
            let excess = if rate > self.rate_max { (rate - self.rate_max) / rate } else { 0.0 };
            let error = self.eta * (if is_event { -usual } else { 1.0 } - excess);
            let (pre, [low, high]) = (&self.pre_events, self.bounds);
            self.incoming.each(j, |edge, row| {
                weights[edge] = (weights[edge] + error * pre.at_end(row)).max(low).min(high);
            });
            let mean = if is_event { &mut self.events } else { &mut self.bursts };
            mean.add_at_end(j, 1.0);
        }
    }

    fn end_tick(&mut self, _: &Rows, _: &mut [f32], _: &PostSignals) {
        self.pre.end_tick();
        self.post.end_tick();
        for traces in [&mut self.pre_events, &mut self.events, &mut self.bursts] {
            traces.end_tick();
        }
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn reset(&mut self) {
        self.pre_events.reset();
        for values in [&mut self.pre.left, &mut self.post.left, &mut self.alone] {
            values.fill(0.0);
        }
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        f("presynaptic windows", &mut self.pre.left);
        f("postsynaptic windows", &mut self.post.left);
        f("events without a burst", &mut self.alone);
        self.pre_events.visit("presynaptic events", f);
        self.events.visit("mean event rates", f);
        self.bursts.visit("mean burst rates", f);
    }

    fn bytes_per_edge(&self) -> f64 {
        self.incoming.bytes_per_edge()
    }
}
