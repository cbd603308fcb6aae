//! How things go: whether the world still is as it was, and how much reward there is in it.
//!
//! Sources: unexpected uncertainty apart from expected, Yu & Dayan 2005, doi 10.1016/j.neuron.2005.04.026; average reward
//! as what serotonin tells, Daw, Kakade & Dayan 2002, doi 10.1016/S0893-6080(02)00052-7.

use serde::{Deserialize, Serialize};

/// Control steps over which errors of the forward model are averaged.
const SURPRISE_STEPS: f32 = 20.0;
/// Mean square of its errors, in units of their usual size, at which uncertainty is full.
const FULL_SURPRISE: f32 = 3.0;
/// Control steps over which reward is averaged.
const REWARD_STEPS: f32 = 2_000.0;

/// Running means of surprise and reward.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outlook {
    surprise: f32,
    reward: f32,
    /// The largest size that the mean reward has had.
    largest: f32,
}

impl Default for Outlook {
    fn default() -> Self {
        Self { surprise: 1.0, reward: 0.0, largest: 0.0 }
    }
}

impl Outlook {
    /// Whether this is a possible state.
    pub fn is_valid(&self) -> bool {
        [self.surprise, self.reward, self.largest].iter().all(|x| x.is_finite())
    }

    /// Takes in the scaled reward of a step, and the square of what the forward model erred in it, in units of the usual.
    pub fn take_in(&mut self, reward: f32, surprise: f32) {
        self.surprise += (surprise.min(10.0 * FULL_SURPRISE) - self.surprise) / SURPRISE_STEPS;
        self.reward += (reward - self.reward) / REWARD_STEPS;
        self.largest = self.largest.max(self.reward.abs());
    }

    /// By how much the world is other than it usually is, from 0 to 1.
    pub fn unexpected(&self) -> f32 {
        ((self.surprise - 1.0) / (FULL_SURPRISE - 1.0)).clamp(0.0, 1.0)
    }

    /// Mean reward in units of the largest that there was, within ±1.
    pub fn average_reward(&self) -> f32 {
        if self.largest > 0.0 { self.reward / self.largest } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_the_world_is_unexpected_until_it_is_usual() {
        let mut outlook = Outlook::default();
        (0..1000).for_each(|_| outlook.take_in(0.5, 1.0));
        assert!(outlook.unexpected() < 1e-6 && outlook.average_reward() > 0.99);
        (0..60).for_each(|_| outlook.take_in(-0.5, 9.0));
        assert_eq!(outlook.unexpected(), 1.0);
        (0..200).for_each(|_| outlook.take_in(-0.5, 1.0));
        assert!(outlook.unexpected() < 0.01);
        (0..10_000).for_each(|_| outlook.take_in(-0.5, 1.0));
        assert!(outlook.average_reward() < -0.9);
    }
}
