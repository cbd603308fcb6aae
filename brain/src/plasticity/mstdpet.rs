//! Reward-modulated STDP with an eligibility trace (MSTDPET), and R-STDP.
//!
//! ```text
//! dz/dt = −z/tau_z + ζ/tau_z,   dw/dt = gamma r z
//! ζ = A+ K+ at a postsynaptic spike, A− K− at an arrival
//! dK±/dt = −K±/tau±,  K+ += 1 at an arrival, K− += 1 at a postsynaptic spike
//! ```
//! The reward `r` is the modulator above its baseline. With the running mean as baseline this is R-STDP,
//! `dw ∝ (R − ⟨R⟩) z`; note that `⟨R⟩` must belong to the stimulus, or the unsupervised part of the rule wins.
//! Units: ms; `z` in 1/ms; `gamma` in weight per reward.
//! Source: Florian 2007, Neural Computation 19:1468, doi 10.1162/neco.2007.19.6.1468; Frémaux et al. 2010,
//! doi 10.1523/JNEUROSCI.6249-09.2010 (R-STDP).
//! Scheme: exact, see [`gate`](super::gate).
//! Deviations: the paper steps all variables in turn, so that its trace lags by a step; here time is continuous between
//! events, and the reward decays within a tick like its modulator. Bounds hold where a weight is read or its edge has an
//! event.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, Pairing,
    spec::{ANY, Range, TAU, baseline},
    tagged::TaggedParameters,
};

/// Reward-modulated STDP with an eligibility trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MstdpetSpec {
    /// Which modulator is the reward.
    pub modulator: String,
    /// What the reward is measured against.
    pub baseline: Baseline,
    /// Learning rate `gamma`.
    pub gamma: f64,
    /// Trace of a pair with the presynaptic spike first.
    pub a_plus: f64,
    /// Trace of a pair with the postsynaptic spike first, with its sign.
    pub a_minus: f64,
    /// Time constant of `K+` in ms.
    pub tau_plus_ms: f64,
    /// Time constant of `K−` in ms.
    pub tau_minus_ms: f64,
    /// Time constant of the eligibility trace in ms.
    pub tau_z_ms: f64,
    /// Which pairs count.
    pub pairing: Pairing,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for MstdpetSpec {
    fn default() -> Self {
        Self {
            modulator: "reward".into(),
            baseline: Baseline::Tonic,
            gamma: 0.01,
            a_plus: 1.0,
            a_minus: -1.0,
            tau_plus_ms: 20.0,
            tau_minus_ms: 20.0,
            tau_z_ms: 25.0,
            pairing: Pairing::All,
            w_min: 0.0,
            w_max: 1.0,
        }
    }
}

impl MstdpetSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("gamma", self.gamma, ANY),
            ("a_plus", self.a_plus, ANY),
            ("a_minus", self.a_minus, ANY),
            ("tau_plus_ms", self.tau_plus_ms, TAU),
            ("tau_minus_ms", self.tau_minus_ms, TAU),
            ("tau_z_ms", self.tau_z_ms, TAU),
        ]
    }

    pub(super) fn parameters(&self) -> TaggedParameters {
        TaggedParameters {
            at_post: self.a_plus / self.tau_z_ms,
            at_pre: self.a_minus / self.tau_z_ms,
            tau_plus_ms: self.tau_plus_ms,
            tau_minus_ms: self.tau_minus_ms,
            nearest: self.pairing == Pairing::Nearest,
            tau_tag_ms: self.tau_z_ms,
            rate: self.gamma,
            bounds: [self.w_min, self.w_max],
        }
    }
}
