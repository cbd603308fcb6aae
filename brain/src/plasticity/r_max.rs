//! R-max: the policy gradient of a cell with escape noise, gated by reward.
//!
//! ```text
//! e ← (1 − dt/tau_e) e + [y − p/(1 + (tau_g/dt) p)] x,   w ← w + eta dt R e
//! ```
//! `y` is the postsynaptic spike, `p` its probability in this tick (`PostSignals::factor`), `x` the trace of the row,
//! which jumps by 1 at an arrival and decays with `tau_x`, `R` the modulator above its baseline.
//! `tau_g = 0` is the policy gradient (`y − p`), `tau_g → ∞` naive Hebb (`y`).
//! Units: ms; `eta` in weight per reward and ms.
//! Source: Vasilaki et al. 2009, PLoS Comput Biol 5:e1000586, doi 10.1371/journal.pcbi.1000586; Frémaux et al. 2010,
//! doi 10.1523/JNEUROSCI.6249-09.2010.
//! Scheme: one step a tick, as printed; `x` decays exactly.
//! Deviations: `eta` is per ms, so that it means the same at any tick. The trace of the row has one exponential.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, PostSignals, Rule,
    clocked::{Factor, Gather},
    gate::Drive,
    spec::{ANY, POSITIVE, Range, TAU, baseline},
    trace::Traces,
};
use crate::{Modulator, rows::Rows};

/// R-max.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RMaxSpec {
    /// Which modulator is the reward.
    pub modulator: String,
    /// What the reward is measured against.
    pub baseline: Baseline,
    /// Learning rate.
    pub eta: f64,
    /// Time constant of the eligibility trace in ms.
    pub tau_e_ms: f64,
    /// How Hebbian the rule is, in ms.
    pub tau_g_ms: f64,
    /// Time constant of the presynaptic trace in ms.
    pub tau_x_ms: f64,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for RMaxSpec {
    fn default() -> Self {
        Self {
            modulator: "reward".into(),
            baseline: Baseline::Tonic,
            eta: 0.01,
            tau_e_ms: 25.0,
            tau_g_ms: 5.0,
            tau_x_ms: 20.0,
            w_min: 0.0,
            w_max: 1.0,
        }
    }
}

impl RMaxSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("eta", self.eta, ANY),
            ("tau_e_ms", self.tau_e_ms, TAU),
            ("tau_g_ms", self.tau_g_ms, POSITIVE),
            ("tau_x_ms", self.tau_x_ms, TAU),
        ]
    }
}

pub(crate) struct RMax {
    reward: Factor,
    x: Traces,
    trace: Vec<f32>,
    /// `y − p/(1 + (tau_g/dt) p)` of each cell.
    surprise: Vec<f32>,
    gather: Gather<1>,
    keep: f32,
    tau_g_ticks: f32,
    eta: f32,
    bounds: [f32; 2],
}

impl RMax {
    pub(super) fn new(spec: &RMaxSpec, drive: Drive, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        Self {
            reward: Factor::new(Some(drive)),
            x: Traces::new(rows.n_rows(), spec.tau_x_ms, tick_ms, false),
            trace: vec![0.0; rows.n_edges()],
            surprise: vec![0.0; n_post],
            gather: Gather::new(rows, n_post),
            keep: (1.0 - tick_ms / spec.tau_e_ms).max(0.0) as f32,
            tau_g_ticks: (spec.tau_g_ms / tick_ms) as f32,
            eta: (spec.eta * tick_ms) as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }
}

impl Rule for RMax {
    fn begin_tick(&mut self, modulators: &[Modulator]) {
        self.reward.begin_tick(modulators);
        self.x.begin_tick();
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        self.x.add_at_start(row, size);
        self.gather.deliver(rows, weights, row, gain * size, out);
    }

    fn fired(&mut self, _: &mut [f32], _: &[(u32, f32)]) {}

    fn end_tick(&mut self, rows: &Rows, weights: &mut [f32], post: &PostSignals) {
        for (surprise, (y, p)) in self.surprise.iter_mut().zip(post.spikes.iter().zip(post.factor)) {
            *surprise = y - p / (1.0 + self.tau_g_ticks * p);
        }
        let (rate, keep, [low, high]) = (self.eta * self.reward.now(), self.keep, self.bounds);
        for row in 0..rows.n_rows() {
            let edges = rows.row(row);
            let x = self.x.at_start(row);
            let [surprise] = self.gather.at(&rows.targets[edges.clone()], [&self.surprise]);
            for ((w, e), s) in weights[edges.clone()].iter_mut().zip(&mut self.trace[edges]).zip(surprise) {
                *e = keep * *e + s * x;
                *w = (*w + rate * *e).max(low).min(high);
            }
        }
        self.x.end_tick();
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn reset(&mut self) {
        self.x.reset();
        self.trace.fill(0.0);
    }

    fn eligibility(&self, edge: usize) -> f32 {
        self.trace[edge]
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.reward.visit(f);
        self.x.visit("presynaptic traces", f);
        f("eligibility", &mut self.trace);
    }

    fn bytes_per_edge(&self) -> f64 {
        4.0
    }
}
