//! Plasticity rules as data, and what of them is refused.

use serde::{Deserialize, Serialize};

use super::{
    Baseline, BurstSpec, DopamineStdpSpec, EpropSpec, MdglSpec, MstdpetSpec, RMaxSpec, StdpSpec, TdLtpSpec,
    ThreeFactorSpec, UrbanczikSennSpec,
};
use crate::BrainError;

/// How the weights of a projection change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlasticitySpec {
    /// Three factors, window by window, within a budget: the rule of the learner.
    ThreeFactor(ThreeFactorSpec),
    /// Pair STDP.
    Stdp(StdpSpec),
    /// Dopamine-modulated STDP.
    DopamineStdp(DopamineStdpSpec),
    /// Reward-modulated STDP with an eligibility trace; R-STDP.
    Mstdpet(MstdpetSpec),
    /// TD-LTP of a spiking actor or critic.
    TdLtp(TdLtpSpec),
    /// R-max: policy gradient with escape noise.
    RMax(RMaxSpec),
    /// e-prop.
    Eprop(EpropSpec),
    /// e-prop with a broadcast that depends on cell type.
    Mdgl(MdglSpec),
    /// Dendritic prediction of somatic spiking.
    UrbanczikSenn(UrbanczikSennSpec),
    /// Burst-dependent plasticity.
    Burst(BurstSpec),
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

impl PlasticitySpec {
    /// Names of the modulators that the rule reads.
    #[must_use]
    pub fn modulators(&self) -> Vec<&str> {
        match self {
            Self::Stdp(_) | Self::UrbanczikSenn(_) | Self::Burst(_) => vec![],
            Self::ThreeFactor(spec) => spec.modulators(),
            Self::DopamineStdp(spec) => vec![&spec.modulator],
            Self::Mstdpet(spec) => vec![&spec.modulator],
            Self::TdLtp(spec) => vec![&spec.modulator],
            Self::RMax(spec) => vec![&spec.modulator],
            Self::Eprop(spec) => spec.modulator.iter().map(String::as_str).collect(),
            Self::Mdgl(spec) => spec.modulator.iter().map(String::as_str).collect(),
        }
    }

    /// Whether the rule keeps an eligibility, or tag, for each synapse that a probe can watch.
    #[must_use]
    pub fn has_eligibility(&self) -> bool {
        matches!(
            self,
            Self::ThreeFactor(_)
                | Self::DopamineStdp(_)
                | Self::Mstdpet(_)
                | Self::RMax(_)
                | Self::Eprop(_)
                | Self::Mdgl(_)
        )
    }

    /// Smallest and largest weight.
    #[must_use]
    pub fn bounds(&self) -> [f64; 2] {
        match self {
            Self::ThreeFactor(_) => ANY,
            Self::Stdp(s) => [s.w_min, s.w_max],
            Self::DopamineStdp(s) => [s.w_min, s.w_max],
            Self::Mstdpet(s) => [s.w_min, s.w_max],
            Self::TdLtp(s) => [s.w_min, s.w_max],
            Self::RMax(s) => [s.w_min, s.w_max],
            Self::Eprop(s) => [s.w_min, s.w_max],
            Self::Mdgl(s) => [s.w_min, s.w_max],
            Self::UrbanczikSenn(s) => [s.w_min, s.w_max],
            Self::Burst(s) => [s.w_min, s.w_max],
        }
    }

    fn ranges(&self) -> Vec<Range> {
        match self {
            Self::ThreeFactor(s) => s.ranges(),
            Self::Stdp(s) => s.ranges(),
            Self::DopamineStdp(s) => s.ranges(),
            Self::Mstdpet(s) => s.ranges(),
            Self::TdLtp(s) => s.ranges(),
            Self::RMax(s) => s.ranges(),
            Self::Eprop(s) => s.ranges(),
            Self::Mdgl(s) => s.ranges(),
            Self::UrbanczikSenn(s) => s.ranges(),
            Self::Burst(s) => s.ranges(),
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
