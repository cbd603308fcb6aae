//! Learning by the dendritic prediction of somatic spiking.
//!
//! ```text
//! dw/dt = eta Δ,   tau_Δ dΔ/dt = −Δ + [S(t) − φ(V*)] h(V*) PSP_j(t)
//! PSP_j = Σ exp(−s/tau_l) − exp(−s/tau_s) over the arrivals of the row
//! ```
//! The cell gives `[S − φ(V*)] h(V*)` per ms in `PostSignals::factor`, a spike as 1/tick: `V*` is what the dendrite alone
//! would make of the soma, `h = φ′/φ`.
//! Units: ms; `eta` takes up the unit of the weight. NEST's `eta` times `15 C tau_s/(g_L (tau_l − tau_s))` is this `eta`,
//! and its `h` has a factor 15 besides.
//! Source: Urbanczik & Senn 2014, Neuron 81:521, doi 10.1016/j.neuron.2013.11.030 (equations; `eta` and time constants).
//! Scheme: one step a tick; `PSP` and the decay of `Δ` exact, the product held over the tick.
//! Deviations: none but the step.

use serde::{Deserialize, Serialize};

use super::{
    PostSignals, Rule,
    clocked::Gather,
    spec::{ANY, Range, TAU},
    trace::Traces,
};
use crate::{Modulator, rows::Rows};

/// Dendritic prediction of somatic spiking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UrbanczikSennSpec {
    /// Learning rate.
    pub eta: f64,
    /// Time constant of the dendrite in ms.
    pub tau_l_ms: f64,
    /// Time constant of the synapse in ms; another one than `tau_l_ms`.
    pub tau_s_ms: f64,
    /// Time constant of the low-pass in ms.
    pub tau_delta_ms: f64,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for UrbanczikSennSpec {
    fn default() -> Self {
        Self { eta: 0.07, tau_l_ms: 10.0, tau_s_ms: 3.0, tau_delta_ms: 100.0, w_min: 0.0, w_max: 100.0 }
    }
}

impl UrbanczikSennSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            ("eta", self.eta, ANY),
            ("tau_l_ms", self.tau_l_ms, TAU),
            ("tau_s_ms", self.tau_s_ms, [TAU[0], 0.999 * self.tau_l_ms]),
            ("tau_delta_ms", self.tau_delta_ms, TAU),
        ]
    }
}

pub(crate) struct UrbanczikSenn {
    /// The two exponentials of a potential, for each row.
    potentials: [Traces; 2],
    delta: Vec<f32>,
    gather: Gather<1>,
    keep: f32,
    eta: f32,
    bounds: [f32; 2],
}

impl UrbanczikSenn {
    pub(super) fn new(spec: &UrbanczikSennSpec, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        let potentials = |tau_ms| Traces::new(rows.n_rows(), tau_ms, tick_ms, false);
        Self {
            potentials: [potentials(spec.tau_l_ms), potentials(spec.tau_s_ms)],
            delta: vec![0.0; rows.n_edges()],
            gather: Gather::new(rows, n_post),
            keep: (-tick_ms / spec.tau_delta_ms).exp() as f32,
            eta: (spec.eta * tick_ms) as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }
}

impl Rule for UrbanczikSenn {
    fn begin_tick(&mut self, _: &[Modulator]) {
        self.potentials.iter_mut().for_each(Traces::begin_tick);
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        self.potentials.iter_mut().for_each(|p| p.add_at_start(row, size));
        self.gather.deliver(rows, weights, row, gain * size, out);
    }

    fn fired(&mut self, _: &mut [f32], _: &[(u32, f32)]) {}

    fn end_tick(&mut self, rows: &Rows, weights: &mut [f32], post: &PostSignals) {
        let (keep, eta, [low, high]) = (self.keep, self.eta, self.bounds);
        for row in 0..rows.n_rows() {
            let edges = rows.row(row);
            let psp = (1.0 - keep) * (self.potentials[0].at_end(row) - self.potentials[1].at_end(row));
            let [factor] = self.gather.at(&rows.targets[edges.clone()], [post.factor]);
            for ((w, delta), factor) in weights[edges.clone()].iter_mut().zip(&mut self.delta[edges]).zip(factor) {
                *delta = keep * *delta + factor * psp;
                *w = (*w + eta * *delta).max(low).min(high);
            }
        }
        self.potentials.iter_mut().for_each(|p| {
            p.end_tick();
        });
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn reset(&mut self) {
        self.potentials.iter_mut().for_each(Traces::reset);
        self.delta.fill(0.0);
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.potentials.iter_mut().for_each(|potentials| potentials.visit("potentials", f));
        f("low-passed error", &mut self.delta);
    }

    fn bytes_per_edge(&self) -> f64 {
        4.0
    }
}
