//! TD-LTP: a postsynaptic spike tags the synapses whose potentials led to it, the TD error turns tags into weight.
//!
//! ```text
//! dw/dt = eta δ(t) ([Y_i PSP_ij] ∗ kap/tau_r)(t),   PSP_ij = X_j ∗ eps since the last postsynaptic spike
//! kap(t) = (exp(−t/tau_k) − exp(−t/nu_k))/(tau_k − nu_k)
//! eps(t) = eps0 (exp(−t/tau_m) − exp(−t/tau_s))/(tau_m − tau_s)
//! ```
//! Only pairs with the presynaptic spike first count. Actor and critic learn alike; `δ` is a modulator above its
//! baseline. Units: ms, mV (`eps0` in mV ms); `eta` in weight per unit of `δ`, mV and ms.
//! Source: Frémaux, Sprekeler, Gerstner 2013, PLoS Comput Biol 9:e1003024, doi 10.1371/journal.pcbi.1003024; the bounds
//! are a choice of this project.
//! Scheme: exact. The two exponentials of `kap` are two tags under one integral each (see [`gate`](super::gate)); the
//! potential since the last spike is that of the row less what the row had left at that spike, which each edge keeps.
//! Deviations: bounds hold where a weight is read or its edge has an event. The modulator decays within a tick.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, PostSignals, Rule,
    gate::{Drive, Gate},
    incoming::Incoming,
    spec::{ANY, Range, TAU, baseline},
    trace::Traces,
};
use crate::{Modulator, kernel::flush, rows::Rows};

/// TD-LTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TdLtpSpec {
    /// Which modulator is the TD error.
    pub modulator: String,
    /// Its concentration without an error.
    pub baseline: Baseline,
    /// Learning rate.
    pub eta: f64,
    /// Slow time constant of the eligibility trace in ms.
    pub tau_k_ms: f64,
    /// Fast time constant of the eligibility trace in ms; another one than `tau_k_ms`.
    pub nu_k_ms: f64,
    /// Time constant of the membrane in ms.
    pub tau_m_ms: f64,
    /// Time constant of the synapse in ms; another one than `tau_m_ms`.
    pub tau_s_ms: f64,
    /// Area of a postsynaptic potential in mV ms.
    pub eps0_mv_ms: f64,
    /// Time constant of discounting in ms.
    pub tau_r_ms: f64,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for TdLtpSpec {
    fn default() -> Self {
        Self {
            modulator: "dopamine".into(),
            baseline: Baseline::Tonic,
            eta: 1.0,
            tau_k_ms: 200.0,
            nu_k_ms: 50.0,
            tau_m_ms: 20.0,
            tau_s_ms: 5.0,
            eps0_mv_ms: 20.0,
            tau_r_ms: 4000.0,
            w_min: 0.0,
            w_max: 5.0,
        }
    }
}

impl TdLtpSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("eta", self.eta, ANY),
            ("tau_k_ms", self.tau_k_ms, TAU),
            ("nu_k_ms", self.nu_k_ms, [TAU[0], 0.999 * self.tau_k_ms]),
            ("tau_m_ms", self.tau_m_ms, TAU),
            ("tau_s_ms", self.tau_s_ms, [TAU[0], 0.999 * self.tau_m_ms]),
            ("eps0_mv_ms", self.eps0_mv_ms, ANY),
            ("tau_r_ms", self.tau_r_ms, TAU),
        ]
    }
}

/// State of an edge, together in memory, because a postsynaptic spike walks across the rows.
///
/// `[tag of tau_k, tag of nu_k, what the slow and the fast potential of the row were at the last postsynaptic spike]`
type Edge = [f32; 4];

pub(crate) struct TdLtp {
    drive: Drive,
    incoming: Incoming,
    /// The two exponentials of `kap`.
    gates: [Gate; 2],
    /// The two exponentials of `eps`, for each row.
    potentials: [Traces; 2],
    edges: Vec<Edge>,
    eps: f32,
    bounds: [f32; 2],
}

impl TdLtp {
    pub(super) fn new(spec: &TdLtpSpec, drive: Drive, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        let rate = spec.eta / (spec.tau_r_ms * (spec.tau_k_ms - spec.nu_k_ms));
        let potentials = |tau_ms| Traces::new(rows.n_rows(), tau_ms, tick_ms, false);
        Self {
            drive,
            incoming: Incoming::new(rows, n_post),
            gates: [Gate::new(spec.tau_k_ms, rate, tick_ms), Gate::new(spec.nu_k_ms, -rate, tick_ms)],
            potentials: [potentials(spec.tau_m_ms), potentials(spec.tau_s_ms)],
            edges: vec![Edge::default(); rows.n_edges()],
            eps: (spec.eps0_mv_ms / (spec.tau_m_ms - spec.tau_s_ms)) as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }
}

impl Rule for TdLtp {
    fn begin_tick(&mut self, modulators: &[Modulator]) {
        let drive = self.drive.read(modulators);
        self.gates.iter_mut().for_each(|gate| gate.begin_tick(drive));
        self.potentials.iter_mut().for_each(Traces::begin_tick);
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        self.potentials.iter_mut().for_each(|p| p.add_at_start(row, size));
        let ([a, b], [low, high]) = (self.gates.each_ref().map(|gate| gate.start().integral), self.bounds);
        let (x, range) = (gain * size, rows.row(row));
        let edges = rows.targets[range.clone()].iter().zip(&self.edges[range.clone()]);
        for ((&j, edge), w) in edges.zip(&mut weights[range]) {
            let offset = edge[0] * a + edge[1] * b;
            let weight = (*w + offset).max(low).min(high);
            out[j as usize] += x * weight;
            *w = weight - offset;
        }
    }

    fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]) {
        let ([a, b], [low, high]) = (self.gates.each_ref().map(Gate::end), self.bounds);
        let [slow, fast] = self.potentials.each_ref().map(Traces::hats);
        let [slow_now, fast_now] = self.potentials.each_ref().map(Traces::end_shrink);
        let edges = &mut self.edges;
        for &(j, size) in fired {
            let eps = self.eps * size;
            self.incoming.each(j as usize, |edge, row| {
                let (w, [tag_a, tag_b, left_slow, left_fast]) = (&mut weights[edge], &mut edges[edge]);
                let jump = eps * ((slow[row] - *left_slow) * slow_now - (fast[row] - *left_fast) * fast_now);
                (*left_slow, *left_fast) = (slow[row], fast[row]);
                let weight = (*w + *tag_a * a.integral + *tag_b * b.integral).max(low).min(high);
                *tag_a += jump * a.grow;
                *tag_b += jump * b.grow;
                *w = weight - (*tag_a * a.integral + *tag_b * b.integral);
            });
        }
    }

    fn end_tick(&mut self, _: &Rows, weights: &mut [f32], _: &PostSignals) {
        for (i, potentials) in self.potentials.iter_mut().enumerate() {
            if let Some(shrink) = potentials.end_tick() {
                self.edges.iter_mut().for_each(|edge| edge[2 + i] = flush(edge[2 + i] * shrink));
            }
        }
        for (i, gate) in self.gates.iter_mut().enumerate() {
            if gate.end_tick() {
                gate.renew(weights.iter_mut().zip(self.edges.iter_mut().map(|edge| &mut edge[i])));
            }
        }
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn offset(&self, edge: usize) -> f32 {
        self.edges[edge][0] * self.gates[0].integral() + self.edges[edge][1] * self.gates[1].integral()
    }

    fn reset(&mut self) {
        self.gates.iter_mut().for_each(Gate::reset);
        self.potentials.iter_mut().for_each(Traces::reset);
        self.edges.fill(Edge::default());
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.drive.visit(f);
        self.gates.iter_mut().for_each(|gate| gate.visit(f));
        self.potentials.iter_mut().for_each(|potentials| potentials.visit("potentials", f));
        f("tags and what was left at the last spike", self.edges.as_flattened_mut());
    }

    fn bytes_per_edge(&self) -> f64 {
        16.0 + self.incoming.bytes_per_edge()
    }
}
