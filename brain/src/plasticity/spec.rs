//! Plasticity rules as data, and what of them is refused.

use serde::{Deserialize, Serialize};

use super::{Baseline, DopamineStdpSpec, StdpSpec};
use crate::BrainError;

/// How the weights of a projection change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSpec {
    /// Pair STDP.
    Stdp(StdpSpec),
    /// Dopamine-modulated STDP.
    DopamineStdp(DopamineStdpSpec),
}

/// Which pairs of spikes count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Every spike with every other one: a spike adds to its trace.
    #[default]
    All,
    /// Every spike with the nearest one before it: a spike sets its trace.
    Nearest,
}

/// Shortest and longest time constant in ms.
pub(super) const TAU: [f64; 2] = [1e-3, 1e9];
/// Any finite number of a sane size.
pub(super) const ANY: [f64; 2] = [-1e9, 1e9];
/// The same, not negative.
pub(super) const POSITIVE: [f64; 2] = [0.0, 1e9];

/// A field, what it holds and what it may hold.
pub(super) type Range = (&'static str, f64, [f64; 2]);

impl RuleSpec {
    /// Names of the modulators that the rule reads.
    #[must_use]
    pub fn modulators(&self) -> Vec<&str> {
        match self {
            Self::Stdp(_) => vec![],
            Self::DopamineStdp(spec) => vec![&spec.modulator],
        }
    }

    /// Smallest and largest weight.
    #[must_use]
    pub fn bounds(&self) -> [f64; 2] {
        match self {
            Self::Stdp(s) => [s.w_min, s.w_max],
            Self::DopamineStdp(s) => [s.w_min, s.w_max],
        }
    }

    fn ranges(&self) -> Vec<Range> {
        match self {
            Self::Stdp(s) => s.ranges(),
            Self::DopamineStdp(s) => s.ranges(),
        }
    }

    /// Refuses what cannot run.
    ///
    /// # Errors
    /// Names the place, the field, what was found and what was expected.
    pub(crate) fn check(&self, place: &str) -> Result<(), BrainError> {
        let [low, high] = self.bounds();
        let bounds = [("w_min", low, ANY), ("w_max", high, [low.next_up(), ANY[1]])];
        check(place, self.ranges().into_iter().chain(bounds))
    }
}

pub(super) fn check(place: &str, ranges: impl IntoIterator<Item = Range>) -> Result<(), BrainError> {
    for (field, found, [low, high]) in ranges {
        if !(low..=high).contains(&found) {
            return Err(BrainError::Value {
                place: place.to_owned(),
                field: format!("plasticity.{field}"),
                found: found.to_string(),
                expected: format!("a number in [{low}, {high}]"),
            });
        }
    }
    Ok(())
}

/// What a baseline may hold.
pub(super) fn baseline(baseline: Baseline) -> Range {
    match baseline {
        Baseline::Tonic => ("baseline", 0.0, ANY),
        Baseline::Level(level) => ("baseline.level", level, ANY),
        Baseline::MeanTauMs(tau_ms) => ("baseline.mean_tau_ms", tau_ms, TAU),
    }
}
