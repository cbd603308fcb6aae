//! Running means and variances (Welford), so that every channel comes in at the same scale.

use serde::{Deserialize, Serialize};

/// Mean and variance of each channel over all of life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    count: f64,
    mean: Vec<f64>,
    /// Sum of squared deviations from the mean.
    m2: Vec<f64>,
}

impl Normaliser {
    /// For `n` channels that have not been seen yet.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { count: 0.0, mean: vec![0.0; n], m2: vec![0.0; n] }
    }

    /// Number of channels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Whether there are no channels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// Whether all numbers are finite and there are `n` channels.
    #[must_use]
    pub fn fits(&self, n: usize) -> bool {
        let finite = |values: &[f64]| values.len() == n && values.iter().all(|v| v.is_finite());
        self.count.is_finite() && finite(&self.mean) && finite(&self.m2)
    }

    /// Takes in one sample of every channel.
    pub fn update(&mut self, x: &[f32]) {
        self.count += 1.0;
        for ((mean, m2), &x) in self.mean.iter_mut().zip(&mut self.m2).zip(x) {
            let before = f64::from(x) - *mean;
            *mean += before / self.count;
            *m2 += before * (f64::from(x) - *mean);
        }
    }

    /// Takes in all samples that another one has taken in.
    ///
    /// Source: Chan, Golub & LeVeque 1979, for the sums of squares of two samples together.
    pub fn merge(&mut self, other: &Self) {
        let count = self.count + other.count;
        if other.count == 0.0 {
            return;
        }
        let share = other.count / count;
        for (idx, (mean, m2)) in self.mean.iter_mut().zip(&mut self.m2).enumerate() {
            let apart = other.mean[idx] - *mean;
            *mean += share * apart;
            *m2 += other.m2[idx] + self.count * share * apart * apart;
        }
        self.count = count;
    }

    /// Sample variance of a channel; 1 until there are two samples.
    #[must_use]
    pub fn variance(&self, channel: usize) -> f64 {
        if self.count < 2.0 { 1.0 } else { self.m2[channel] / (self.count - 1.0) }
    }

    /// Mean of a channel.
    #[must_use]
    pub fn mean(&self, channel: usize) -> f64 {
        self.mean[channel]
    }

    /// `out = clip((x − mean)/√(variance + 1e-8), ±limit)`.
    pub fn normalise(&self, x: &[f32], limit: f32, out: &mut [f32]) {
        for (i, (out, &x)) in out.iter_mut().zip(x).enumerate() {
            let scaled = (f64::from(x) - self.mean[i]) / (self.variance(i) + 1e-8).sqrt();
            *out = (scaled as f32).clamp(-limit, limit);
        }
    }
}

/// Scales rewards by the spread of the discounted return, `r/√(Var[u] + 1e-8)` with `u ← γ u + r` and `u` starting anew in
/// each episode.
///
/// Source: Elsayed, Vasan, Mahmood 2024, arXiv:2410.14606.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RewardScale {
    discounted: f64,
    spread: Normaliser,
}

impl Default for RewardScale {
    fn default() -> Self {
        Self { discounted: 0.0, spread: Normaliser::new(1) }
    }
}

impl RewardScale {
    /// Whether all numbers are finite.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.discounted.is_finite() && self.spread.fits(1)
    }

    /// Starts an episode: the discounted return starts anew, however the last one ended.
    pub fn begin_episode(&mut self) {
        self.discounted = 0.0;
    }

    /// Takes in a reward and scales it.
    pub fn scale(&mut self, reward: f64, gamma: f64) -> f32 {
        self.discounted = gamma * self.discounted + reward;
        self.spread.update(&[self.discounted as f32]);
        (reward / (self.spread.variance(0) + 1e-8).sqrt()) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised_samples_have_mean_zero_and_variance_one() {
        let mut normaliser = Normaliser::new(1);
        let samples: Vec<f32> = (0..1000).map(|i| 5.0 + 3.0 * ((i * 37 % 100) as f32 / 50.0 - 1.0)).collect();
        samples.iter().for_each(|&x| normaliser.update(&[x]));
        let mut out = [0.0];
        let scaled: Vec<f32> = samples
            .iter()
            .map(|&x| {
                normaliser.normalise(&[x], 10.0, &mut out);
                out[0]
            })
            .collect();
        let mean = scaled.iter().sum::<f32>() / 1000.0;
        let variance = scaled.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 999.0;
        assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "mean {mean}, variance {variance}");
    }

    #[test]
    fn samples_that_are_merged_count_as_if_seen_one_after_the_other() {
        let samples: Vec<[f32; 2]> = (0..50).map(|i| [(i * i % 17) as f32, 3.0 - i as f32]).collect();
        let of = |samples: &[[f32; 2]]| {
            let mut normaliser = Normaliser::new(2);
            samples.iter().for_each(|sample| normaliser.update(sample));
            normaliser
        };
        let (mut merged, whole) = (of(&samples[..20]), of(&samples));
        merged.merge(&of(&samples[20..]));
        merged.merge(&Normaliser::new(2));
        for channel in 0..2 {
            assert!((merged.mean(channel) - whole.mean(channel)).abs() < 1e-12, "mean {channel}");
            assert!((merged.variance(channel) - whole.variance(channel)).abs() < 1e-9, "variance {channel}");
        }
        let mut fresh = Normaliser::new(2);
        fresh.merge(&whole);
        assert_eq!(fresh, whole);
    }

    #[test]
    fn an_outlier_is_clipped() {
        let mut normaliser = Normaliser::new(1);
        (0..100).for_each(|i| normaliser.update(&[(i % 2) as f32]));
        let mut out = [0.0];
        normaliser.normalise(&[1e6], 10.0, &mut out);
        assert_eq!(out, [10.0]);
    }
}
