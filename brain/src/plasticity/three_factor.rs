//! Three-factor plasticity in windows: the rule of the learner, within a budget.
//!
//! Its state lives with the synapses, dense or sparse (`crate::tag`); this file holds the description.

use serde::{Deserialize, Serialize};

use super::spec::Range;

/// Three-factor plasticity: a trace at each synapse waits for a modulator.
///
/// After each window `z ← z exp(−window/tau) + g`, `g = d x` with the learning signal `d` at the target and the filtered
/// activity `x` of the source; then the weights change by what the modulator above its tonic level, `m`, makes of the traces:
/// `w ← w + m (budget/u) z/s`. What the changes do to the output that the learning signal speaks of is about `m · budget`,
/// whatever the number of synapses and their scales.
///
/// Every synapse has its own scale, the product of that of its source and that of its target: `s = a b`, with `a²` and `b²` the
/// means of `d²` and `x²` over the last windows. `u² = σ S`, where `σ` is the mean of `Σ g²/s` over as many windows as traces
/// last, and `S` is `Σ z²/s` as it is if `g` has the direction of the traces, `S = (exp(−window/tau) √(Σ z²/s) + √(Σ g²/s))²`
/// with the sums from before the window and of it: known before the traces are touched, and, but for what the scales move in a
/// window, never less than it is. Where `g` has nothing to do with the traces, steps are smaller by up to √2.
///
/// Source: the intentional steps of Sharifnassab et al. 2026, arXiv:2604.19033, layer by layer, with second moments that
/// factorise as traces do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreeFactorSpec {
    /// Modulator that turns traces into weight changes.
    pub modulator: String,
    /// Time constant of the eligibility trace in ms; zero keeps no trace beyond the window.
    pub tau_eligibility_ms: f64,
    /// What one unit of modulator changes the output by.
    pub budget: f64,
    /// A modulator whose level scales the budget, if any.
    #[serde(default)]
    pub budget_modulator: Option<String>,
    /// Windows over which the scales are means.
    #[serde(default = "scale_windows")]
    pub scale_windows: f64,
    /// What the receptors at these synapses make of the modulator, as a factor: 1 where a burst strengthens what was active (D1),
    /// −1 where a dip does (D2). A learning signal that runs back through them is turned with them.
    #[serde(default = "one")]
    pub effect: f64,
}

fn one() -> f64 {
    1.0
}

fn scale_windows() -> f64 {
    1000.0
}

impl ThreeFactorSpec {
    pub(super) fn modulators(&self) -> Vec<&str> {
        std::iter::once(self.modulator.as_str()).chain(self.budget_modulator.as_deref()).collect()
    }

    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            ("tau_eligibility_ms", self.tau_eligibility_ms, [0.0, 1e9]),
            ("budget", self.budget, [0.0, 1e6]),
            ("scale_windows", self.scale_windows, [1.0, 1e5]),
            ("effect", self.effect, [-1e3, 1e3]),
        ]
    }
}
