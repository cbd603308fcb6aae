//! Rules of plasticity as data.

use serde::{Deserialize, Serialize};

/// How the weights of a projection change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlasticitySpec {
    /// Three factors, window by window, within a budget: the rule of the learner.
    ThreeFactor(ThreeFactorSpec),
}

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
