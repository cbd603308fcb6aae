//! Three-factor plasticity in windows: the rule of the learner, within a budget.
//!
//! Its state lives with the synapses, dense or sparse (`crate::tag`); this file holds the description.

use serde::{Deserialize, Serialize};

use super::spec::Range;

/// Three-factor plasticity: a trace at each synapse waits for a modulator.
///
/// After each window `z ← z exp(−window/tau) + g`, `g = d x` with the learning signal `d` at the target and the filtered
/// activity `x` of the source; then the weights change by what the modulator above its tonic level makes of the traces,
/// within the budget of the projection ([`StepSpec`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreeFactorSpec {
    /// Modulator that turns traces into weight changes.
    pub modulator: String,
    /// Time constant of the eligibility trace in ms; zero keeps no trace beyond the window.
    pub tau_eligibility_ms: f64,
    /// What one unit of modulator may change at most, in the measure of `step`.
    pub budget: f64,
    /// A modulator whose level scales the budget, if any.
    #[serde(default)]
    pub budget_modulator: Option<String>,
    /// How traces become steps within the budget.
    #[serde(default)]
    pub step: StepSpec,
}

/// How the traces `z` of a projection become changes of weight within its budget, with the modulator `m` above its tonic level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StepSpec {
    /// The sum of all changes stays within `|m| · budget`: `w ← w + m z min(1, budget/Σ|z|)`.
    #[default]
    Summed,
    /// What the changes do to the output that the learning signal speaks of is about `m · budget`, whatever the number of
    /// synapses and their scales: `w ← w + m (budget/u) z/s`, `u = √(σ Σ z²/s)`.
    ///
    /// Every synapse has its own scale, the product of that of its source and that of its target: `s = a b`, with `a²` and
    /// `b²` the means of `d²` and `x²` over the last windows. `σ` is the mean of `Σ g²/s` over as many windows as traces last.
    ///
    /// Source: the intentional steps of Sharifnassab et al. 2026, arXiv:2604.19033, layer by layer, with second moments that
    /// factorise as traces do.
    Intentional {
        /// Windows over which the scales are means.
        #[serde(default = "scale_windows")]
        scale_windows: f64,
    },
}

fn scale_windows() -> f64 {
    1000.0
}

impl ThreeFactorSpec {
    pub(super) fn modulators(&self) -> Vec<&str> {
        std::iter::once(self.modulator.as_str()).chain(self.budget_modulator.as_deref()).collect()
    }

    pub(super) fn ranges(&self) -> Vec<Range> {
        let mut ranges =
            vec![("tau_eligibility_ms", self.tau_eligibility_ms, [0.0, 1e9]), ("budget", self.budget, [0.0, 1e6])];
        if let StepSpec::Intentional { scale_windows } = self.step {
            ranges.push(("step.intentional.scale_windows", scale_windows, [1.0, 1e5]));
        }
        ranges
    }
}
