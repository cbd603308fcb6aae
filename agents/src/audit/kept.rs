//! How much of its return a policy keeps with finer steps of the physics.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An advantage over doing nothing counts from so many standard errors on,
const CLEAR_ERRORS: f64 = 2.0;
/// and from this share of the return on.
const CLEAR_SHARE: f64 = 0.05;

/// What is kept of a return.
///
/// With `R`, `F` and `Z` the mean returns of the policy at the clock of the task, of the policy at the finer clock, and of
/// the zero policy, all with the same seeds, it is `1 + (F − R) / scale`. The scale is what the policy earns beyond doing
/// nothing, `R − Z`, so that the share is `(F − Z) / (R − Z)`, for returns of either sign. Where `R − Z` is less than two of
/// its standard errors, or less than a twentieth of the larger of `|R|` and `|Z|`, the policy is not clearly better than
/// doing nothing; then the scale is the larger of the mean of `Σ |reward|` and the standard deviation of the returns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Steps of the physics in the time of one of the task's.
    pub clock: u32,
    /// Share of the return.
    pub share: f64,
    /// Its standard error, from the scatter of the episodes.
    pub error: f64,
    /// Whether the share is one of what the policy earns beyond doing nothing.
    pub beyond_zero: bool,
}

impl Kept {
    /// What is kept, from the returns in the same episodes at the clock of the task, at `clock`, and of the zero policy.
    /// `gross` is the mean over the first of them of the sum of all rewards, counted as positive.
    #[must_use]
    pub fn of(clock: u32, returns: &[f64], gross: f64, finer: &[f64], zero: &[f64]) -> Self {
        let difference = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
        let (mean_return, mean_zero) = (mean(returns), mean(zero));
        let advantage = difference(returns, zero);
        let least = CLEAR_SHARE * mean_return.abs().max(mean_zero.abs());
        let beyond_zero = mean(&advantage) > least.max(CLEAR_ERRORS * standard_error(&advantage));
        let scale = if beyond_zero { mean(&advantage) } else { gross.max(deviation(returns)) };
        let scale = scale.max(f64::MIN_POSITIVE);
        let loss = difference(finer, returns);
        Self { clock, share: 1.0 + mean(&loss) / scale, error: standard_error(&loss) / scale, beyond_zero }
    }

    /// Whether at least `bound` is kept. What a policy keeps that is no better than doing nothing is mostly scatter, and counts
    /// as too little only if scatter does not explain it.
    #[must_use]
    pub fn holds(&self, bound: f64) -> bool {
        self.share >= bound || (!self.beyond_zero && !self.is_clear_of(bound))
    }

    /// Whether it is above or below `bound` by more than scatter explains.
    #[must_use]
    pub fn is_clear_of(&self, bound: f64) -> bool {
        (self.share - bound).abs() > CLEAR_ERRORS * self.error
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.beyond_zero { "what it earns beyond the zero policy" } else { "all its rewards" };
        write!(f, "with 1/{} of the step the policy keeps {:.2} ± {:.2} of {what}", self.clock, self.share, self.error)
    }
}

/// Mean.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation of a sample; zero for a single value.
fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0).max(1.0)).sqrt()
}

/// Standard error of a mean.
fn standard_error(values: &[f64]) -> f64 {
    deviation(values) / (values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rewards have the same sign.
    fn of(returns: &[f64], finer: &[f64], zero: &[f64]) -> Kept {
        Kept::of(2, returns, mean(returns).abs(), finer, zero)
    }

    fn share(returns: &[f64], finer: &[f64], zero: &[f64]) -> f64 {
        of(returns, finer, zero).share
    }

    #[test]
    fn what_is_kept_is_a_share_of_what_is_earned_beyond_nothing() {
        assert!((share(&[100.0; 3], &[80.0; 3], &[0.0; 3]) - 0.8).abs() < 1e-12);
        assert!((share(&[-20.0, -22.0], &[-29.0, -33.0], &[-60.0, -62.0]) - 0.75).abs() < 1e-12, "negative returns");
        assert!(share(&[100.0; 3], &[120.0; 3], &[0.0; 3]) > 1.0);
        assert!(share(&[500.0; 3], &[-300.0; 3], &[-200.0; 3]) < 0.0, "worse than nothing");
    }

    #[test]
    fn a_policy_that_found_nothing_is_held_against_its_return_and_the_scatter() {
        let kept = of(&[100.0, 102.0], &[95.0, 97.0], &[100.0, 101.0]);
        assert!(!kept.beyond_zero && kept.share > 0.9, "{kept:?}");
        assert!(share(&[100.0; 4], &[70.0; 4], &[100.0; 4]) < 0.8);
        // Scatter about zero: a shift well within it says nothing.
        assert!(share(&[-10.0, 10.0, 0.0], &[-11.0, 9.0, -1.0], &[-10.0, 10.0, 0.0]) > 0.8);
        assert!(share(&[0.0; 2], &[0.0; 2], &[0.0; 2]) == 1.0);
        let scattered = of(&[-9.0, 12.0, 3.0], &[3.0, -10.0, -4.0], &[-8.0, 11.0, 4.0]);
        assert!(scattered.share < 0.8 && scattered.holds(0.8), "{scattered:?}");
        let lying = Kept::of(2, &[0.1; 3], 3.0, &[-0.1; 3], &[0.1; 3]);
        assert!(lying.holds(0.8), "of rewards of either sign nearly nothing is left: {lying:?}");
        let lost = of(&[100.0; 4], &[70.0, 70.0, 71.0, 70.0], &[100.0; 4]);
        assert!(!lost.beyond_zero && !lost.holds(0.8), "{lost:?}");
    }

    #[test]
    fn scatter_leaves_a_doubt() {
        let near = of(&[100.0, 20.0, 100.0, 60.0], &[60.0, 90.0, 30.0, 40.0], &[0.0; 4]);
        assert!(!near.is_clear_of(0.8), "{near:?}");
        let far = of(&[100.0; 4], &[70.0, 70.0, 71.0, 70.0], &[0.0; 4]);
        assert!(far.is_clear_of(0.8), "{far:?}");
    }
}
