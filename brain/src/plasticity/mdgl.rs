//! MDGL: e-prop whose learning signal is joined by what other cells broadcast, according to cell type.
//!
//! ```text
//! dE/dw_pq = Σ_t { L_p ē_pq^t + (1 − α) ē_pq^{t−1} Γ_p },   w ← w − eta m dE/dw
//! Γ_p = Σ_types W_{type(p),type} Σ_{j of type, p → j exists} L_j ψ_j
//! ```
//! `W_{A,B}` is the mean of the existing weights from type A to type B. `Γ` is computed outside, because it needs the
//! network; it comes in as `PostSignals::broadcast`. The rest is [`eprop`](super::eprop).
//! Source: Liu et al. 2021, PNAS 118:e2111821118, doi 10.1073/pnas.2111821118.
//! Scheme: one step a tick, as printed.
//! Deviations: as e-prop; `Γ` is heard a tick after it was broadcast, so that it is that of `t − 1` too; both terms use
//! the trace that is low-passed with `tau_out`, which zero turns into `e` itself.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, EpropSpec,
    spec::{ANY, Range, TAU, baseline},
};

/// e-prop with a broadcast that depends on cell type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MdglSpec {
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
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for MdglSpec {
    fn default() -> Self {
        let EpropSpec { modulator, baseline, eta, tau_m_ms, tau_out_ms, w_min, w_max, .. } = EpropSpec::default();
        Self { modulator, baseline, eta, tau_m_ms, tau_out_ms, w_min, w_max }
    }
}

impl MdglSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("eta", self.eta, ANY),
            ("tau_m_ms", self.tau_m_ms, TAU),
            ("tau_out_ms", self.tau_out_ms, [0.0, TAU[1]]),
        ]
    }

    /// The part of the rule that is e-prop.
    pub(super) fn eprop(&self) -> EpropSpec {
        EpropSpec {
            modulator: self.modulator.clone(),
            baseline: self.baseline,
            eta: self.eta,
            tau_m_ms: self.tau_m_ms,
            tau_out_ms: self.tau_out_ms,
            tau_decision_ms: 0.0,
            w_min: self.w_min,
            w_max: self.w_max,
        }
    }
}
