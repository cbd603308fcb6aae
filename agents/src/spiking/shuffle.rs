//! Signals in another order: an ablation that leaves everything of them but the moment.

use mesolimb_brain::rng::{Rng, stream};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

/// Signals that wait.
const WAITING: usize = 1000;

/// Keeps signals for a random time: each that comes takes the place of one that waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Shuffle {
    waiting: Vec<f32>,
    rng: Rng,
}

impl Shuffle {
    pub fn new(seed: u64, idx: usize) -> Self {
        Self { waiting: Vec::with_capacity(WAITING), rng: stream(seed, &format!("shuffle of signal {idx}")) }
    }

    /// The same with room for all that will wait.
    pub fn roomy(mut self) -> Self {
        self.waiting.reserve_exact(WAITING - self.waiting.len());
        self
    }

    /// Whether this is a possible state.
    pub fn is_valid(&self) -> bool {
        self.waiting.len() <= WAITING && self.waiting.iter().all(|signal| signal.is_finite())
    }

    /// Takes in a signal, and gives one that came before, or this one.
    pub fn exchange(&mut self, signal: f32) -> f32 {
        if self.waiting.len() < WAITING {
            self.waiting.push(signal);
            return self.waiting[self.rng.random_range(0..self.waiting.len())];
        }
        let place = &mut self.waiting[self.rng.random_range(0..WAITING)];
        std::mem::replace(place, signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_what_went_in_at_another_time() {
        let mut shuffle = Shuffle::new(0, 0);
        (0..WAITING).for_each(|_| _ = shuffle.exchange(0.0));
        let (mut sum, mut along) = (0.0, 0.0);
        let n = 200_000;
        for k in 0..n {
            let signal = if k % 2 == 0 { 1.0 } else { -0.5 };
            let out = shuffle.exchange(signal);
            sum += out;
            along += out * (signal - 0.25);
        }
        assert!((sum / n as f32 - 0.25).abs() < 0.01 && (along / n as f32).abs() < 0.02, "{sum} {along}");
    }
}
