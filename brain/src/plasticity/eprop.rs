//! e-prop: eligibility traces that hold what a synapse did to its cell, and a learning signal for each cell.
//!
//! ```text
//! e = ψ (x̄ − β ε),   ε ← ψ x̄ + (ρ − ψ β) ε,   ē ← κ ē + e
//! supervised:  w ← w − eta m L ē
//! rewarded:    F ← γ F + L ē,   w ← w − eta m F
//! ```
//! `x̄ ← α x̄ + x` is the trace of the arrivals, `ψ` the pseudo-derivative of the cell (`PostSignals::factor`), `L` its
//! learning signal, the gradient of a loss (`PostSignals::learning`), `m` a modulator above its baseline, or 1.
//! `α, ρ, κ, γ = exp(−tick/tau)` with `tau_m`, `tau_a` (of the cells), `tau_out`, `tau_decision`. Without adaptation,
//! `β = 0`, there is no `ε`.
//! Units: ms; `eta` in weight per tick, as in the source, whose tick is 1 ms.
//! Source: Bellec et al. 2020, Nature Communications 11:3625, doi 10.1038/s41467-020-17236-y; the rewarded form follows
//! its public code. Learning rate and bounds are choices of this project.
//! Scheme: one step a tick, as printed; `x̄`, and with it `e`, belong to the tick of the arrival.
//! Deviations: weights change in every tick, not after a trial.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, PostParameters, PostSignals, Rule,
    clocked::{Factor, Gather, learn},
    spec::{ANY, Range, TAU, baseline},
};
use crate::{Modulator, kernel::flush, rows::Rows};

/// e-prop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EpropSpec {
    /// Modulator that gates learning, if any.
    pub modulator: Option<String>,
    /// What it is measured against.
    pub baseline: Baseline,
    /// Learning rate.
    pub eta: f64,
    /// Time constant of the presynaptic trace in ms, where the cells have no membrane time constant.
    pub tau_m_ms: f64,
    /// Time constant of the readout in ms; zero for none.
    pub tau_out_ms: f64,
    /// Time constant in ms of the filter between trace and modulator (rewarded form); zero for none (supervised form).
    pub tau_decision_ms: f64,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for EpropSpec {
    fn default() -> Self {
        Self {
            modulator: None,
            baseline: Baseline::Tonic,
            eta: 1e-3,
            tau_m_ms: 20.0,
            tau_out_ms: 20.0,
            tau_decision_ms: 0.0,
            w_min: -10.0,
            w_max: 10.0,
        }
    }
}

impl EpropSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("eta", self.eta, ANY),
            ("tau_m_ms", self.tau_m_ms, TAU),
            ("tau_out_ms", self.tau_out_ms, [0.0, TAU[1]]),
            ("tau_decision_ms", self.tau_decision_ms, [0.0, TAU[1]]),
        ]
    }
}

/// The trace of the arrivals: one a row where all cells filter alike, else one an edge.
enum Presynaptic {
    Rows { trace: Vec<f32>, alpha: f32 },
    Edges { trace: Vec<f32>, alpha: Vec<f32> },
}

pub(crate) struct Eprop {
    modulator: Factor,
    x: Presynaptic,
    /// `ε`; empty without adaptation.
    eps: Vec<f32>,
    ebar: Vec<f32>,
    /// `F`; empty in the supervised form.
    decision: Vec<f32>,
    /// Whether signals from other cells count too: `1 − α` of each cell; empty if they do not.
    pub(super) leak: Vec<f32>,
    beta: Vec<f32>,
    rho: Vec<f32>,
    /// Of each cell: `ψ β`, `ρ − ψ β`, factors of `ē` and of the `ē` before.
    cells: [Vec<f32>; 4],
    gather: Gather<3>,
    gather_learning: Gather<2>,
    kappa: f32,
    gamma: f32,
    eta: f32,
    bounds: [f32; 2],
}

/// `exp(−tick/tau)`, zero for `tau = 0`.
fn decay(tick_ms: f64, tau_ms: f64) -> f32 {
    (-tick_ms / tau_ms).exp() as f32
}

impl Eprop {
    pub(super) fn new(
        spec: &EpropSpec,
        modulator: Factor,
        rows: &Rows,
        n_post: usize,
        post: &PostParameters,
        tick_ms: f64,
    ) -> Self {
        let n = rows.n_edges();
        let alpha: Vec<f32> = post.tau_m_ms.iter().map(|&tau| decay(tick_ms, f64::from(tau))).collect();
        let x = match alpha.first() {
            Some(first) if alpha.iter().any(|a| a != first) => Presynaptic::Edges { trace: vec![0.0; n], alpha },
            first => {
                let alpha = first.copied().unwrap_or_else(|| decay(tick_ms, spec.tau_m_ms));
                Presynaptic::Rows { trace: vec![0.0; rows.n_rows()], alpha }
            }
        };
        let adapts = post.beta.iter().any(|&beta| beta != 0.0);
        Self {
            modulator,
            x,
            eps: if adapts { vec![0.0; n] } else { vec![] },
            ebar: vec![0.0; n],
            decision: if spec.tau_decision_ms > 0.0 { vec![0.0; n] } else { vec![] },
            leak: vec![],
            beta: if adapts { post.beta.clone() } else { vec![0.0; n_post] },
            rho: post.tau_a_ms.iter().map(|&tau| decay(tick_ms, f64::from(tau))).collect(),
            cells: std::array::from_fn(|_| vec![0.0; n_post]),
            gather: Gather::new(rows, n_post),
            gather_learning: Gather::new(rows, n_post),
            kappa: decay(tick_ms, spec.tau_out_ms),
            gamma: decay(tick_ms, spec.tau_decision_ms),
            eta: spec.eta as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }

    /// Counts signals that other cells broadcast (MDGL).
    pub(super) fn with_broadcast(mut self, n_post: usize) -> Self {
        self.leak = match &self.x {
            Presynaptic::Rows { alpha, .. } => vec![1.0 - alpha; n_post],
            Presynaptic::Edges { alpha, .. } => alpha.iter().map(|alpha| 1.0 - alpha).collect(),
        };
        self
    }

    /// What the cells contribute in this tick.
    fn prepare(&mut self, post: &PostSignals) {
        let [psi_beta, keep, own, others] = &mut self.cells;
        let rate = -self.eta * self.modulator.now();
        let rewarded = !self.decision.is_empty();
        for (j, psi) in post.factor.iter().enumerate() {
            psi_beta[j] = psi * self.beta[j];
            keep[j] = self.rho.get(j).unwrap_or(&0.0) - psi_beta[j];
            own[j] = if rewarded { post.learning[j] } else { rate * post.learning[j] };
        }
        for (others, (leak, broadcast)) in others.iter_mut().zip(self.leak.iter().zip(post.broadcast)) {
            *others = rate * leak * broadcast;
        }
    }
}

/// One tick of the traces of a row; `x` is the trace of the arrivals at each edge.
fn step(x: impl Fn(usize) -> f32, [psi, psi_beta, keep]: [&[f32]; 3], eps: &mut [f32], ebar: &mut [f32], kappa: f32) {
    let n = ebar.len();
    let psi = &psi[..n];
    if eps.is_empty() {
        for k in 0..n {
            ebar[k] = flush(kappa * ebar[k] + psi[k] * x(k));
        }
        return;
    }
    let (psi_beta, keep, eps) = (&psi_beta[..n], &keep[..n], &mut eps[..n]);
    for k in 0..n {
        let drive = psi[k] * x(k);
        ebar[k] = flush(kappa * ebar[k] + drive - psi_beta[k] * eps[k]);
        eps[k] = flush(drive + keep[k] * eps[k]);
    }
}

impl Rule for Eprop {
    fn begin_tick(&mut self, modulators: &[Modulator]) {
        self.modulator.begin_tick(modulators);
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        match &mut self.x {
            Presynaptic::Rows { trace, .. } => trace[row] += size,
            Presynaptic::Edges { trace, .. } => trace[rows.row(row)].iter_mut().for_each(|x| *x += size),
        }
        self.gather.deliver(rows, weights, row, gain * size, out);
    }

    fn fired(&mut self, _: &mut [f32], _: &[(u32, f32)]) {}

    fn end_tick(&mut self, rows: &Rows, weights: &mut [f32], post: &PostSignals) {
        self.prepare(post);
        let [psi_beta, keep, own, others] = &self.cells;
        for row in 0..rows.n_rows() {
            let edges = rows.row(row);
            let (targets, w) = (&rows.targets[edges.clone()], &mut weights[edges.clone()]);
            let ebar = &mut self.ebar[edges.clone()];
            let [own, others] = self.gather_learning.at(targets, [own, others]);
            if !self.leak.is_empty() {
                learn(w, others, ebar, [f32::NEG_INFINITY, f32::INFINITY]);
            }
            let eps = if self.eps.is_empty() { &mut [] } else { &mut self.eps[edges.clone()] };
            let cells = self.gather.at(targets, [post.factor, psi_beta, keep]);
            match &self.x {
                Presynaptic::Rows { trace, .. } => step(|_| trace[row], cells, eps, ebar, self.kappa),
                Presynaptic::Edges { trace, .. } => {
                    let trace = &trace[edges.clone()];
                    step(|k| trace[k], cells, eps, ebar, self.kappa);
                }
            }
            if self.decision.is_empty() {
                learn(w, own, ebar, self.bounds);
            } else {
                let (rate, [low, high]) = (-self.eta * self.modulator.now(), self.bounds);
                for (((w, f), l), e) in w.iter_mut().zip(&mut self.decision[edges]).zip(own).zip(ebar) {
                    *f = flush(self.gamma * *f + l * *e);
                    *w = (*w + rate * *f).max(low).min(high);
                }
            }
        }
        match &mut self.x {
            Presynaptic::Rows { trace, alpha } => trace.iter_mut().for_each(|x| *x = flush(*x * *alpha)),
            Presynaptic::Edges { trace, alpha } => {
                for (x, &j) in trace.iter_mut().zip(&rows.targets) {
                    *x = flush(*x * alpha[j as usize]);
                }
            }
        }
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn reset(&mut self) {
        let (Presynaptic::Rows { trace, .. } | Presynaptic::Edges { trace, .. }) = &mut self.x;
        [trace, &mut self.eps, &mut self.ebar, &mut self.decision].into_iter().for_each(|values| values.fill(0.0));
    }

    fn eligibility(&self, edge: usize) -> f32 {
        let eligibility = if self.decision.is_empty() { &self.ebar } else { &self.decision };
        eligibility[edge]
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.modulator.visit(f);
        let (Presynaptic::Rows { trace, .. } | Presynaptic::Edges { trace, .. }) = &mut self.x;
        f("presynaptic traces", trace);
        f("adaptation traces", &mut self.eps);
        f("eligibility", &mut self.ebar);
        f("filtered eligibility", &mut self.decision);
    }

    fn bytes_per_edge(&self) -> f64 {
        let of_edges = matches!(self.x, Presynaptic::Edges { .. });
        let arrays = [of_edges, !self.eps.is_empty(), true, !self.decision.is_empty()];
        4.0 * arrays.into_iter().filter(|&there| there).count() as f64
    }
}
