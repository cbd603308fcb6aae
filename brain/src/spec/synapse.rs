//! Kinds of synapses as data.

use serde::{Deserialize, Serialize};

/// How spikes become currents or conductances at the target, and how these fade.
///
/// A synapse that fades within a tick counts with its mean over the tick; on leaky integrate-and-fire cells with one
/// time constant, currents are integrated exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SynapseSpec {
    /// A current filtered to unit area in time, in ticks: `J ← k J + (1 − k) gain Σ w s`, `k = exp(−tick/tau)`, held in
    /// each tick. Time constant zero passes spikes on as they are, for one tick.
    Filter {
        /// Time constant in ms.
        tau_ms: f64,
        /// Factor of the current.
        #[serde(default = "one")]
        gain: f64,
    },
    /// A current that jumps by the weight and decays: `dI/dt = −I/tau`, `I += w` in pA.
    Exponential {
        /// Time constant in ms.
        tau_ms: f64,
    },
    /// A current `w e (t/tau) e^(−t/tau)` after a spike, with its peak `w` in pA at `tau`.
    Alpha {
        /// Time constant in ms.
        tau_ms: f64,
    },
    /// A current `w area (e^(−t/tau) − e^(−t/rise))/(tau − rise)` after a spike, in pA: of a spike response model, the
    /// postsynaptic potential itself, in mV.
    DoubleExponential {
        /// Time constant of the rise in ms; another one than `tau_ms`.
        rise_ms: f64,
        /// Time constant of the decay in ms.
        tau_ms: f64,
        /// Area under the course of a weight of 1, in ms.
        #[serde(default = "one")]
        area_ms: f64,
        /// Whether a spike of the target cancels all that arrived before it.
        #[serde(default)]
        cancelled: bool,
    },
    /// A conductance `dg/dt = −g/tau`, `g += w` in nS, with the current `g (E − v)`.
    Ampa {
        /// Time constant in ms.
        #[serde(default = "ampa_tau")]
        tau_ms: f64,
        /// Reversal potential `E` in mV.
        #[serde(default)]
        reversal_mv: f64,
    },
    /// The same with an inhibitory reversal potential.
    Gaba {
        /// Time constant in ms.
        #[serde(default = "gaba_tau")]
        tau_ms: f64,
        /// Reversal potential `E` in mV.
        #[serde(default = "gaba_reversal")]
        reversal_mv: f64,
    },
    /// The same with reversal at 0 mV and the voltage-dependent block by 1 mM of magnesium:
    /// `B(v) = 1/(1 + e^(−0.062 v)/3.57)` (Jahr & Stevens 1990).
    Nmda {
        /// Time constant in ms.
        #[serde(default = "nmda_tau")]
        tau_ms: f64,
    },
    /// Wired transmission of a modulator: each spike raises its concentration at the target cell by the weight, from
    /// where it fades; only receptors of this population feel it.
    Wired {
        /// Which modulator.
        modulator: String,
        /// Time constant of uptake in ms.
        tau_ms: f64,
    },
}

impl Default for SynapseSpec {
    fn default() -> Self {
        Self::Filter { tau_ms: 5.0, gain: 1.0 }
    }
}

impl SynapseSpec {
    /// The name under which receptors know the synapses of this kind.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Filter { .. } => "filter",
            Self::Exponential { .. } => "exponential",
            Self::Alpha { .. } => "alpha",
            Self::DoubleExponential { .. } => "double_exponential",
            Self::Ampa { .. } => "ampa",
            Self::Gaba { .. } => "gaba",
            Self::Nmda { .. } => "nmda",
            Self::Wired { .. } => "wired",
        }
    }

    /// Time constant in ms.
    #[must_use]
    pub fn tau_ms(&self) -> f64 {
        match self {
            Self::Filter { tau_ms, .. }
            | Self::Exponential { tau_ms }
            | Self::Alpha { tau_ms }
            | Self::DoubleExponential { tau_ms, .. }
            | Self::Ampa { tau_ms, .. }
            | Self::Gaba { tau_ms, .. }
            | Self::Nmda { tau_ms }
            | Self::Wired { tau_ms, .. } => *tau_ms,
        }
    }

    /// Whether weights are conductances (or concentrations), and so never negative.
    #[must_use]
    pub fn unsigned(&self) -> bool {
        matches!(self, Self::Ampa { .. } | Self::Gaba { .. } | Self::Nmda { .. } | Self::Wired { .. })
    }
}

fn ampa_tau() -> f64 {
    5.0
}

fn gaba_tau() -> f64 {
    10.0
}

fn gaba_reversal() -> f64 {
    -75.0
}

fn nmda_tau() -> f64 {
    100.0
}

fn one() -> f64 {
    1.0
}
