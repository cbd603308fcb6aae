//! Homeostatic scaling: a cell that fires too little strengthens all its incoming synapses, one that fires too much
//! weakens them, by the same factor for all.
//!
//! ```text
//! every interval: w ← w (1 + strength clamp((target − rate)/target, −1, 1))
//! ```
//! `rate` is a running mean of the cell's own firing rate. It composes with any rule, or none; bounds are those of the
//! rule.
//! Units: ms, Hz.
//! Source: Turrigiano et al. 1998, Nature 391:892, doi 10.1038/36103; multiplicative form as in van Rossum, Bi,
//! Turrigiano 2000, doi 10.1523/JNEUROSCI.20-23-08812.2000. All constants are choices of this project, far faster than
//! biology.
//! Scheme: a step each interval.
//! Deviations: the error is clamped, so that no step changes a weight by more than the part `strength`, and no sign.

use serde::{Deserialize, Serialize};

use super::{
    Plasticity,
    spec::{TAU, check},
    trace::Traces,
};
use crate::{BrainError, rows::Rows};

/// Homeostatic scaling of the incoming weights of each cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScalingSpec {
    /// Firing rate to keep, in Hz.
    pub target_hz: f64,
    /// Time constant of the mean rate in ms.
    pub tau_ms: f64,
    /// Time between two steps in ms.
    pub interval_ms: f64,
    /// Largest part of a weight that a step adds or takes away.
    pub strength: f64,
}

impl Default for ScalingSpec {
    fn default() -> Self {
        Self { target_hz: 5.0, tau_ms: 10_000.0, interval_ms: 1000.0, strength: 0.01 }
    }
}

impl ScalingSpec {
    /// Refuses what cannot run.
    pub(crate) fn check(&self, place: &str) -> Result<(), BrainError> {
        check(
            place,
            [
                ("scaling.target_hz", self.target_hz, [1e-6, 1e3]),
                ("scaling.tau_ms", self.tau_ms, TAU),
                ("scaling.interval_ms", self.interval_ms, TAU),
                ("scaling.strength", self.strength, [0.0, 1.0]),
            ],
        )
    }
}

/// The state of the scaling of one projection.
pub(crate) struct Scaling {
    rate: Traces,
    /// Ticks since the last step; a whole number.
    elapsed: f32,
    interval: f32,
    target_hz: f32,
    /// From the trace to Hz.
    hz: f32,
    strength: f32,
    factors: Vec<f32>,
}

impl Scaling {
    pub(crate) fn new(spec: &ScalingSpec, n_post: usize, tick_ms: f64) -> Self {
        // Every cell counts as firing at its target until it shows otherwise.
        let mut rate = Traces::new(n_post, spec.tau_ms, tick_ms, false);
        (0..n_post).for_each(|j| rate.add_at_start(j, (spec.target_hz * spec.tau_ms / 1000.0) as f32));
        Self {
            rate,
            elapsed: 0.0,
            interval: (spec.interval_ms / tick_ms).round().clamp(1.0, 1e7) as f32,
            target_hz: spec.target_hz as f32,
            hz: (1000.0 / spec.tau_ms) as f32,
            strength: spec.strength as f32,
            factors: vec![1.0; n_post],
        }
    }

    /// A tick ends, after the rule's own end of it. `weights` are as the rule keeps them.
    pub(crate) fn end_tick(
        &mut self,
        rows: &Rows,
        weights: &mut [f32],
        fired: &[(u32, f32)],
        rule: Option<&Plasticity>,
    ) {
        self.rate.begin_tick();
        fired.iter().for_each(|&(j, size)| self.rate.add_at_end(j as usize, size));
        self.elapsed += 1.0;
        if self.elapsed >= self.interval {
            self.elapsed = 0.0;
            for (j, factor) in self.factors.iter_mut().enumerate() {
                let lacking = 1.0 - self.hz * self.rate.at_end(j) / self.target_hz;
                *factor = 1.0 + self.strength * lacking.clamp(-1.0, 1.0);
            }
            for (edge, &j) in rows.targets.iter().enumerate() {
                let factor = self.factors[j as usize];
                match rule {
                    Some(rule) => rule.change(weights, edge, |w| w * factor),
                    None => weights[edge] *= factor,
                }
            }
        }
        self.rate.end_tick();
    }

    /// Shows every state array with its name, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.rate.visit("mean rates", f);
        f("ticks since the last step", std::slice::from_mut(&mut self.elapsed));
    }
}
