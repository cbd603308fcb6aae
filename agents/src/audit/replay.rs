//! A policy in episodes at one clock.

use rayon::prelude::*;

use super::{Make, at_clock, kept::mean};
use crate::{
    agent::AgentError,
    search::{Account, Case, Extremes, Lived, Policy, Runner, Source},
};

/// What came of a policy at one clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Steps of the physics in the time of one of the task's.
    pub clock: u32,
    /// Its episodes with their seeds.
    pub episodes: Vec<(u64, Lived)>,
    /// The worst of them.
    pub extremes: Extremes,
    policy: Policy,
}

impl Replay {
    pub(super) fn new(clock: u32, policy: &Policy) -> Self {
        Self { clock, episodes: Vec::new(), extremes: Extremes::default(), policy: policy.clone() }
    }

    /// Lives episodes until there are `n`, each in a world of its own.
    pub(super) fn live_on(&mut self, make: &Make<'_>, n: u64, seed: impl Fn(u64) -> u64) -> Result<(), AgentError> {
        let (clock, policy) = (self.clock, &self.policy);
        let seeds: Vec<u64> = (self.episodes.len() as u64..n).map(seed).collect();
        let lived: Result<Vec<(u64, Lived)>, AgentError> = seeds
            .into_par_iter()
            // One episode at a time for each thread: their lengths differ.
            .with_max_len(1)
            .map(|seed| Ok((seed, Runner::new(at_clock(make, clock)?).run(policy, seed, |_| ())?)))
            .collect();
        for (seed, lived) in lived? {
            self.extremes.take(&lived, || case(clock, policy, seed, lived));
            self.episodes.push((seed, lived));
        }
        Ok(())
    }

    /// Return of each episode.
    #[must_use]
    pub fn returns(&self) -> Vec<f64> {
        self.episodes.iter().map(|(_, lived)| lived.total_reward).collect()
    }

    /// Mean of the returns.
    #[must_use]
    pub fn mean_return(&self) -> f64 {
        mean(&self.returns())
    }

    /// Mean of the sums of all rewards, counted as positive.
    pub(super) fn mean_gross(&self) -> f64 {
        self.episodes.iter().map(|(_, lived)| lived.gross_reward).sum::<f64>() / self.episodes.len() as f64
    }

    /// Mean of a quantity over the accounts of the episodes.
    #[must_use]
    pub fn mean_of(&self, of: impl Fn(&Account) -> f64) -> f64 {
        self.episodes.iter().map(|(_, lived)| of(&lived.account)).sum::<f64>() / self.episodes.len() as f64
    }

    /// The episode that lost most against the same one of `other`.
    pub(super) fn largest_loss(&self, other: &Self) -> Case {
        let loss = |idx: usize| other.episodes[idx].1.total_reward - self.episodes[idx].1.total_reward;
        let worst = (0..self.episodes.len()).max_by(|&a, &b| loss(a).total_cmp(&loss(b))).unwrap_or_default();
        let (seed, lived) = self.episodes[worst];
        case(self.clock, &self.policy, seed, lived)
    }
}

fn case(clock: u32, policy: &Policy, seed: u64, lived: Lived) -> Case {
    Case { source: Source::Replay, seed, clock, policy: policy.clone(), lived }
}
