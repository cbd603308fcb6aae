//! Three-factor plasticity in windows: the rule of the learner, within a budget.
//!
//! Its state lives with the synapses, dense or sparse; this file holds the description.

use serde::{Deserialize, Serialize};

use super::spec::Range;

/// Three-factor plasticity: a trace at each synapse waits for a modulator.
///
/// After each window `z ← z exp(−window/tau) + d x`, with the learning signal `d` at the target and the filtered
/// activity `x` of the source; then `w ← w + m z min(1, budget/Σ|z|)`, `m` the modulator above its tonic level.
/// The sum of all changes of a projection stays within `|m| · budget`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThreeFactorSpec {
    /// Modulator that turns traces into weight changes.
    pub modulator: String,
    /// Time constant of the eligibility trace in ms; zero keeps no trace beyond the window.
    pub tau_eligibility_ms: f64,
    /// Largest sum of absolute weight changes for one unit of modulator.
    pub budget: f64,
    /// A modulator whose level scales the budget, if any.
    #[serde(default)]
    pub budget_modulator: Option<String>,
}

impl ThreeFactorSpec {
    pub(super) fn modulators(&self) -> Vec<&str> {
        std::iter::once(self.modulator.as_str()).chain(self.budget_modulator.as_deref()).collect()
    }

    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![("tau_eligibility_ms", self.tau_eligibility_ms, [0.0, 1e9]), ("budget", self.budget, [0.0, 1e6])]
    }
}
