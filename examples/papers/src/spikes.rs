//! Statistics of the spikes of a network in an asynchronous irregular state.
//!
//! This file needs nothing else, so that tests may include it.

/// What the spikes of a network look like over a span of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeStatistics {
    /// Mean rate of the excitatory cells in Hz.
    pub rate_exc_hz: f64,
    /// Mean rate of the inhibitory cells in Hz.
    pub rate_inh_hz: f64,
    /// Mean rate of all cells in Hz.
    pub rate_all_hz: f64,
    /// Part of the cells that did not fire.
    pub frac_silent: f64,
    /// Mean coefficient of variation of the intervals, over cells with at least 4 spikes.
    pub cv_isi: f64,
    /// Mean correlation of the counts in bins of 5 ms, over all pairs of 400 cells with at least 2 spikes.
    pub corr_5ms: f64,
    /// Variance over mean of the counts of all cells together in bins of 5 ms.
    pub fano_pop_5ms: f64,
}

/// Width of the bins of counts in ms.
const BIN_MS: f64 = 5.0;
/// Cells behind the mean correlation.
const CORRELATED: usize = 400;

impl SpikeStatistics {
    /// Names of the statistics, as in the reference tables.
    pub const NAMES: [&'static str; 7] =
        ["rate_exc_hz", "rate_inh_hz", "rate_all_hz", "frac_silent", "cv_isi", "corr_5ms", "fano_pop_5ms"];

    /// The statistics in the order of [`Self::NAMES`].
    #[must_use]
    pub fn values(&self) -> [f64; 7] {
        [
            self.rate_exc_hz,
            self.rate_inh_hz,
            self.rate_all_hz,
            self.frac_silent,
            self.cv_isi,
            self.corr_5ms,
            self.fano_pop_5ms,
        ]
    }

    /// Of spikes as (time in ms, cell), in order of time, of `n` cells of which the first `n_exc` are excitatory, in
    /// `[from_ms, to_ms)`.
    #[must_use]
    pub fn of(spikes: &[(f64, u32)], n: usize, n_exc: usize, [from_ms, to_ms]: [f64; 2]) -> Self {
        let mut trains = vec![Vec::new(); n];
        for &(t, cell) in spikes.iter().filter(|(t, _)| (from_ms..to_ms).contains(t)) {
            trains[cell as usize].push(t);
        }
        let rate = |trains: &[Vec<f64>]| {
            let spikes: usize = trains.iter().map(Vec::len).sum();
            spikes as f64 * 1000.0 / ((to_ms - from_ms) * trains.len() as f64)
        };
        let n_bins = ((to_ms - from_ms) / BIN_MS).round() as usize;
        let counts = |train: &[f64]| {
            let mut counts = vec![0.0; n_bins];
            train.iter().for_each(|t| counts[(((t - from_ms) / BIN_MS) as usize).min(n_bins - 1)] += 1.0);
            counts
        };
        let mut together = vec![0.0; n_bins];
        trains.iter().for_each(|train| together.iter_mut().zip(counts(train)).for_each(|(sum, count)| *sum += count));
        let (mean, sd) = mean_and_sd(&together);
        let irregular: Vec<f64> = trains.iter().filter(|train| train.len() >= 4).map(|train| cv(train)).collect();
        let active: Vec<&Vec<f64>> = trains.iter().filter(|train| train.len() >= 2).collect();
        let chosen = (0..CORRELATED.min(active.len())).map(|k| active[k * active.len() / CORRELATED.min(active.len())]);
        Self {
            rate_exc_hz: rate(&trains[..n_exc]),
            rate_inh_hz: rate(&trains[n_exc..]),
            rate_all_hz: rate(&trains),
            frac_silent: trains.iter().filter(|train| train.is_empty()).count() as f64 / n as f64,
            cv_isi: mean_and_sd(&irregular).0,
            corr_5ms: mean_correlation(&chosen.map(|train| counts(train)).collect::<Vec<_>>()),
            fano_pop_5ms: sd * sd / mean,
        }
    }
}

/// Mean and standard deviation of a whole population of values.
fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// Coefficient of variation of the intervals of a train.
fn cv(train: &[f64]) -> f64 {
    let intervals: Vec<f64> = train.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (mean, sd) = mean_and_sd(&intervals);
    sd / mean
}

/// Mean correlation over all pairs: with standardised counts `z`, that of `|Σ z|²`.
fn mean_correlation(counts: &[Vec<f64>]) -> f64 {
    let (n, n_bins) = (counts.len() as f64, counts.first().map_or(0, Vec::len));
    let mut sum = vec![0.0; n_bins];
    for counts in counts {
        let (mean, sd) = mean_and_sd(counts);
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += (count - mean) / sd);
    }
    let power = sum.iter().map(|sum| sum * sum).sum::<f64>() / n_bins as f64;
    (power - n) / (n * (n - 1.0))
}
