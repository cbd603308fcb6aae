//! Medians and means over seeds, with 95 % bootstrap intervals.

use mesolimb_brain::rng;
use rand::RngExt as _;

/// Resamples behind an interval.
const RESAMPLES: usize = 10_000;

/// A statistic with the ends of its 95 % interval.
///
/// Censored values may be infinite; so may the statistic be then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The statistic of the sample.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// As `value [low, high]` with so many decimals.
    #[must_use]
    pub fn show(&self, decimals: usize) -> String {
        format!("{:.decimals$} [{:.decimals$}, {:.decimals$}]", self.value, self.low, self.high)
    }
}

/// Median with its 95 % interval (percentile bootstrap).
#[must_use]
pub fn median_ci(values: &[f64]) -> Estimate {
    interval(values, median)
}

/// Mean with its 95 % interval (percentile bootstrap).
#[must_use]
pub fn mean_ci(values: &[f64]) -> Estimate {
    interval(values, mean)
}

/// Any statistic with its 95 % interval (percentile bootstrap, always the same resamples).
#[must_use]
pub fn interval(values: &[f64], statistic: impl Fn(&[f64]) -> f64) -> Estimate {
    if values.is_empty() {
        return Estimate { value: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let mut rng = rng::stream(0, "bootstrap");
    let mut resample = vec![0.0; values.len()];
    let mut drawn: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            resample.iter_mut().for_each(|value| *value = values[rng.random_range(0..values.len())]);
            statistic(&resample)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let end = |share: f64| drawn[(share * (RESAMPLES - 1) as f64).round() as usize];
    Estimate { value: statistic(values), low: end(0.025), high: end(0.975) }
}

/// Median; of an even number, the mean of the two in the middle.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// Mean.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of a sample.
#[must_use]
pub fn sd(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_bears_censored_values() {
        assert_eq!(median(&[3.0, f64::INFINITY, 1.0]), 3.0);
        assert_eq!(median(&[1.0, 2.0, 3.0, 4.0]), 2.5);
        assert_eq!(median(&[f64::INFINITY, f64::INFINITY, 1.0]), f64::INFINITY);
    }

    #[test]
    fn the_interval_of_a_mean_is_two_standard_errors_wide_to_each_side() {
        let mut rng = rng::stream(1, "sample");
        let sample: Vec<f64> = (0..400).map(|_| rng::standard_normal(&mut rng)).collect();
        let Estimate { value, low, high } = mean_ci(&sample);
        assert!((value - low - 1.96 / 20.0).abs() < 0.015 && (high - value - 1.96 / 20.0).abs() < 0.015);
    }
}
