//! Dopamine-modulated STDP: pairs of spikes leave a tag, dopamine turns it into weight.
//!
//! ```text
//! dc/dt = −c/tau_c + events,   dw/dt = c (n − b)
//! postsynaptic spike: c += A+ K+      arrival: c −= A− K−
//! dK±/dt = −K±/tau±,  K+ += 1 at an arrival, K− += 1 at a postsynaptic spike
//! ```
//! `n` is the concentration of the modulator, which decays exponentially within a tick; with `n < b`, LTP and LTD change
//! places. Units: ms; `w` in units of weight; `c` in weight per concentration and ms.
//! Source: Izhikevich 2007, Cerebral Cortex 17:2443, doi 10.1093/cercor/bhl152; Potjans et al. 2010,
//! doi 10.3389/fncom.2010.00141 (equations, parameters).
//! Scheme: exact, see [`gate`](super::gate).
//! Deviations: bounds hold where a weight is read or its edge has an event, not within the time between; a spike of
//! size `s` counts `s` times. A postsynaptic spike and an arrival at the same instant count in this order.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, Pairing,
    spec::{ANY, Range, TAU, baseline},
    tagged::TaggedParameters,
};

/// Dopamine-modulated STDP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DopamineStdpSpec {
    /// Which modulator is `n`.
    pub modulator: String,
    /// The baseline `b`.
    pub baseline: Baseline,
    /// Tag of a pair with the presynaptic spike first.
    pub a_plus: f64,
    /// Tag, taken away, of a pair with the postsynaptic spike first.
    pub a_minus: f64,
    /// Time constant of `K+` in ms.
    pub tau_plus_ms: f64,
    /// Time constant of `K−` in ms.
    pub tau_minus_ms: f64,
    /// Time constant of the tag in ms.
    pub tau_c_ms: f64,
    /// Which pairs count.
    pub pairing: Pairing,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for DopamineStdpSpec {
    fn default() -> Self {
        Self {
            modulator: "dopamine".into(),
            baseline: Baseline::Level(0.0),
            a_plus: 1.0,
            a_minus: 1.5,
            tau_plus_ms: 20.0,
            tau_minus_ms: 20.0,
            tau_c_ms: 1000.0,
            pairing: Pairing::All,
            w_min: 0.0,
            w_max: 200.0,
        }
    }
}

impl DopamineStdpSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            baseline(self.baseline),
            ("a_plus", self.a_plus, ANY),
            ("a_minus", self.a_minus, ANY),
            ("tau_plus_ms", self.tau_plus_ms, TAU),
            ("tau_minus_ms", self.tau_minus_ms, TAU),
            ("tau_c_ms", self.tau_c_ms, TAU),
        ]
    }

    pub(super) fn parameters(&self) -> TaggedParameters {
        TaggedParameters {
            at_post: self.a_plus,
            at_pre: -self.a_minus,
            tau_plus_ms: self.tau_plus_ms,
            tau_minus_ms: self.tau_minus_ms,
            nearest: self.pairing == Pairing::Nearest,
            tau_tag_ms: self.tau_c_ms,
            rate: 1.0,
            bounds: [self.w_min, self.w_max],
        }
    }
}
