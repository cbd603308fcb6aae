//! Distributions of parameters: cell diversity is written as `tau_m_ms = { log_uniform = [10, 100] }`, or value by value
//! as `tau_m_ms = [10.0, 12.0, 31.0]`.

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::rng::{Rng, standard_normal};

/// Draws of a normal distribution are kept within this many standard deviations.
const NORMAL_CUTOFF: f64 = 4.0;

/// A value, values one by one, or a distribution that is sampled once for every cell or synapse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, a list of numbers, or a distribution such as { uniform = [1.0, 2.0] }"
)]
pub enum Dist {
    /// The same value everywhere.
    Constant(f64),
    /// These values, one for each: cells in their order, all-to-all synapses source by source, synapses of a list in the
    /// order of the list, weights of a readout output by output.
    Each(Vec<f64>),
    /// A value of its own for each.
    Random(RandomDist),
}

/// How a parameter is spread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RandomDist {
    /// Uniform in `[low, high)`.
    Uniform([f64; 2]),
    /// Its logarithm is uniform in `[ln low, ln high)`; both positive.
    LogUniform([f64; 2]),
    /// Normal with `[mean, standard deviation]`, kept within four standard deviations, so that its range can be checked.
    Normal([f64; 2]),
    /// Drawn from `of` with probability `fraction`, zero otherwise: some cells have it, the others do not.
    Some {
        /// Probability of having it.
        fraction: f64,
        /// What those that have it draw from.
        of: Box<Dist>,
    },
}

impl Dist {
    /// Uniform in `[low, high)`.
    #[must_use]
    pub fn uniform(low: f64, high: f64) -> Self {
        Self::Random(RandomDist::Uniform([low, high]))
    }

    /// Normal with this mean and standard deviation.
    #[must_use]
    pub fn normal(mean: f64, sd: f64) -> Self {
        Self::Random(RandomDist::Normal([mean, sd]))
    }

    /// Log-uniform in `[low, high)`.
    #[must_use]
    pub fn log_uniform(low: f64, high: f64) -> Self {
        Self::Random(RandomDist::LogUniform([low, high]))
    }

    /// These values, one for each; a constant if they are all the same.
    #[must_use]
    pub fn given(values: &[f64]) -> Self {
        match values {
            [first, rest @ ..] if rest.iter().all(|value| value == first) => Self::Constant(*first),
            _ => Self::Each(values.to_vec()),
        }
    }

    pub(crate) fn one() -> Self {
        Self::Constant(1.0)
    }

    pub(crate) fn zero() -> Self {
        Self::Constant(0.0)
    }

    /// The centre of the distribution, for a homogeneous population; the mean of values that are given one by one.
    #[must_use]
    pub fn centre(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Each(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
            Self::Random(RandomDist::Uniform([low, high])) => 0.5 * (low + high),
            Self::Random(RandomDist::LogUniform([low, high])) => (low * high).sqrt(),
            Self::Random(RandomDist::Normal([mean, _])) => *mean,
            Self::Random(RandomDist::Some { fraction, of }) => fraction * of.centre(),
        }
    }

    /// Draws one value; one of those that are given, if they are.
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Each(values) => values[rng.random_range(0..values.len())],
            Self::Random(RandomDist::Uniform([low, high])) => low + (high - low) * rng.random::<f64>(),
            Self::Random(RandomDist::LogUniform([low, high])) => low * (high / low).powf(rng.random::<f64>()),
            Self::Random(RandomDist::Normal([mean, sd])) => {
                mean + sd * standard_normal(rng).clamp(-NORMAL_CUTOFF, NORMAL_CUTOFF)
            }
            Self::Random(RandomDist::Some { fraction, of }) => {
                if rng.random::<f64>() < *fraction {
                    of.sample(rng)
                } else {
                    0.0
                }
            }
        }
    }

    /// The value of number `k`, if they are given, else a draw.
    pub(crate) fn nth(&self, k: usize, rng: &mut Rng) -> f64 {
        match self {
            Self::Each(values) => values[k],
            _ => self.sample(rng),
        }
    }

    /// Smallest and largest value that can be drawn.
    #[must_use]
    pub fn support(&self) -> [f64; 2] {
        match self {
            Self::Constant(value) => [*value, *value],
            Self::Each(values) => {
                values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(*v), high.max(*v)])
            }
            Self::Random(RandomDist::Uniform(range) | RandomDist::LogUniform(range)) => *range,
            Self::Random(RandomDist::Normal([mean, sd])) => [mean - NORMAL_CUTOFF * sd, mean + NORMAL_CUTOFF * sd],
            Self::Random(RandomDist::Some { of, .. }) => {
                let [low, high] = of.support();
                [low.min(0.0), high.max(0.0)]
            }
        }
    }

    /// What is wrong with the distribution itself, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        let finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
        let wrong = match self {
            Self::Constant(value) => !value.is_finite(),
            Self::Each(values) => values.is_empty() || !finite(values),
            Self::Random(RandomDist::Uniform([low, high])) => !finite(&[*low, *high]) || low > high,
            Self::Random(RandomDist::LogUniform([low, high])) => !finite(&[*low, *high]) || *low <= 0.0 || low > high,
            Self::Random(RandomDist::Normal([mean, sd])) => !finite(&[*mean, *sd]) || *sd < 0.0,
            Self::Random(RandomDist::Some { fraction, of }) => {
                if let Some(fault) = of.fault() {
                    return Some(fault);
                }
                matches!(**of, Self::Each(_)) || !(0.0..=1.0).contains(fraction)
            }
        };
        wrong.then(|| match self {
            Self::Constant(value) => value.to_string(),
            Self::Each(values) => match values.iter().position(|value| !value.is_finite()) {
                Some(k) => format!("a list with {} as number {}", values[k], k + 1),
                None => "an empty list".to_owned(),
            },
            Self::Random(random) => format!("{random:?}"),
        })
    }
}

impl From<f64> for Dist {
    fn from(value: f64) -> Self {
        Self::Constant(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn samples_stay_in_the_support_and_spread_as_said() {
        let mut rng = stream(0, "test");
        let half = Dist::Random(RandomDist::Some { fraction: 0.25, of: Box::new(Dist::uniform(1.0, 2.0)) });
        for dist in [Dist::uniform(-1.0, 3.0), Dist::log_uniform(10.0, 100.0), half.clone()] {
            let [low, high] = dist.support();
            assert!((0..1000).map(|_| dist.sample(&mut rng)).all(|v| (low..=high).contains(&v)), "{dist:?}");
        }
        let with = (0..4000).filter(|_| half.sample(&mut rng) > 0.0).count();
        assert!((900..1100).contains(&with), "a quarter of the draws, got {with} of 4000");
        let normal = Dist::Random(RandomDist::Normal([2.0, 0.5]));
        let draws: Vec<f64> = (0..10_000).map(|_| normal.sample(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 1e4;
        let sd = (draws.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 1e4).sqrt();
        assert!((mean - 2.0).abs() < 0.02 && (sd - 0.5).abs() < 0.02, "mean {mean}, sd {sd}");
    }

    #[test]
    fn broken_distributions_are_found() {
        for dist in [
            Dist::uniform(2.0, 1.0),
            Dist::log_uniform(0.0, 1.0),
            Dist::Constant(f64::NAN),
            Dist::Each(vec![]),
            Dist::Each(vec![1.0, f64::INFINITY]),
        ] {
            assert!(dist.fault().is_some(), "{dist:?}");
        }
    }
}
