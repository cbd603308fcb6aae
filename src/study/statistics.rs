//! Statistics over runs and tasks, after Agarwal et al. 2021, arXiv:2108.13264.
//!
//! Scores come as one list for each task, with one score for each run.

use mesolimb_brain::rng::{Rng, stream};
use rand::RngExt as _;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 2_000;
/// Share of the resamples outside an interval.
const OUTSIDE: f64 = 0.05;

/// A number with the interval that it lies in with 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Median; of an even number, the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// Interquartile mean: that of the middle half. Where a quarter of the number of values is not whole, the values at the
/// edges of the middle half count in part.
pub fn iqm(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (low, high) = (0.25 * n, 0.75 * n);
    let weighted = sorted(values).into_iter().enumerate().map(|(rank, value)| {
        let weight = (high.min(rank as f64 + 1.0) - low.max(rank as f64)).max(0.0);
        (weight, value)
    });
    let (weights, sum) = weighted.fold((0.0, 0.0), |(weights, sum), (weight, value)| {
        // A value without weight may be infinite.
        (weights + weight, if weight > 0.0 { sum + weight * value } else { sum })
    });
    sum / weights
}

/// Share of the pairs in which the first is larger, ties counting half, as a mean over tasks: the probability that a run of
/// the one agent is better than one of the other in a task drawn at random.
pub fn probability_of_improvement(better: &[Vec<f64>], worse: &[Vec<f64>]) -> f64 {
    let of_task = |(x, y): (&Vec<f64>, &Vec<f64>)| {
        let pairs = x.iter().flat_map(|a| y.iter().map(move |b| (a, b)));
        let won: f64 = pairs.map(|(a, b)| if a > b { 1.0 } else { 0.5 * f64::from(u8::from(a == b)) }).sum();
        won / (x.len() * y.len()) as f64
    };
    let tasks = better.iter().zip(worse).map(of_task).collect::<Vec<_>>();
    tasks.iter().sum::<f64>() / tasks.len() as f64
}

/// Share of all runs with a score above `threshold`.
pub fn share_above(tasks: &[Vec<f64>], threshold: f64) -> f64 {
    let n: usize = tasks.iter().map(Vec::len).sum();
    tasks.iter().flatten().filter(|score| **score > threshold).count() as f64 / n as f64
}

/// What `statistic` makes of several agents, and an interval from bootstrap: runs are drawn anew within each task.
pub fn bootstrap<const N: usize>(agents: [&[Vec<f64>]; N], statistic: impl Fn([&[Vec<f64>]; N]) -> f64) -> Estimate {
    let mut rng = stream(0, "bootstrap");
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = agents.map(|tasks| tasks.iter().map(|runs| drawn_from(runs, &mut rng)).collect::<Vec<_>>());
            statistic(drawn.each_ref().map(Vec::as_slice))
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((share * RESAMPLES as f64) as usize).min(RESAMPLES - 1)];
    Estimate { value: statistic(agents), low: at(0.5 * OUTSIDE), high: at(1.0 - 0.5 * OUTSIDE) }
}

fn drawn_from(runs: &[f64], rng: &mut Rng) -> Vec<f64> {
    (0..runs.len()).map(|_| runs[rng.random_range(0..runs.len())]).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_is_meant() {
        assert_eq!(iqm(&[9.0, 1.0, 2.0, 4.0]), 3.0);
        // Of five values the middle half is the third, and three quarters of each of its neighbours.
        let expected = (0.75 * 2.0 + 3.0 + 0.75 * 5.0) / 2.5;
        assert!((iqm(&[f64::INFINITY, 1.0, 3.0, 2.0, 5.0]) - expected).abs() < 1e-12);
        assert_eq!(iqm(&[7.0]), 7.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn improvement_counts_pairs_task_by_task() {
        let (a, b) = (vec![vec![2.0, 3.0], vec![1.0]], vec![vec![1.0, 2.0], vec![1.0]]);
        // 3.5 of four pairs in the first task, a tie in the second.
        assert!((probability_of_improvement(&a, &b) - 0.5 * (3.5 / 4.0 + 0.5)).abs() < 1e-12);
        assert_eq!(share_above(&a, 1.0), 2.0 / 3.0);
    }

    #[test]
    fn an_interval_is_as_wide_as_the_scatter_of_the_mean() {
        let runs: Vec<f64> = (0..100).map(|k| f64::from(k % 10)).collect();
        let mean = |[tasks]: [&[Vec<f64>]; 1]| tasks[0].iter().sum::<f64>() / tasks[0].len() as f64;
        let estimate = bootstrap([&[runs]], mean);
        // Deviation √8.25 of ten values, over √100, times 1.96 to either side.
        let half = 1.96 * 8.25_f64.sqrt() / 10.0;
        assert_eq!(estimate.value, 4.5);
        assert!((estimate.low - 4.5 + half).abs() < 0.06 && (estimate.high - 4.5 - half).abs() < 0.06, "{estimate:?}");
        let alone = bootstrap([&[vec![2.0]]], mean);
        assert_eq!([alone.low, alone.value, alone.high], [2.0; 3]);
    }
}
