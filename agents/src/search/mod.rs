//! Augmented random search: a linear policy climbs the return by trying directions.
//!
//! A round tries each of `n` random directions `δ` from the same start, forwards and backwards: returns `r₊` of `W + ν δ`
//! and `r₋` of `W − ν δ`. Of the directions the `b` with the largest `max(r₊, r₋)` move the policy,
//! `W ← W + α / (b σ) · Σ (r₊ − r₋) δ`, with `σ` the standard deviation of the `2b` returns. Observations are normalised by
//! mean and deviation of all that was seen up to the round.
//!
//! Source: Mania, Guy & Recht 2018, arXiv:1803.07055, V2-t.
//!
//! It is here as a sceptic: it knows no physics, and what pays without a source it finds. So the books of energy of every
//! episode are kept, and the worst episodes with them.

mod episode;
mod extremes;
mod ledger;
mod player;
mod policy;
mod settings;

use mesolimb_brain::rng::{Rng, standard_normal, stream};
use mesolimb_envs::Env;
use rayon::prelude::*;

use crate::{agent::AgentError, normaliser::Normaliser, rollout::episode_seed};

pub use episode::{Lived, Moment, Runner};
pub use extremes::{Case, Extremes, Source};
pub use ledger::{Account, Gain, Ledger};
pub use player::{Policy, Trained};
pub use policy::LinearPolicy;
pub use settings::SearchConfig;

/// Smallest standard deviation that returns are divided by.
const MIN_SPREAD: f64 = 1e-6;

/// A search under way. Results do not depend on the number of threads.
pub struct Search {
    config: SearchConfig,
    seed: u64,
    policy: LinearPolicy,
    seen: Normaliser,
    rng: Rng,
    /// One for each episode of a round.
    runners: Vec<Runner>,
    steps: u64,
    rounds: u64,
    extremes: Extremes,
}

/// A direction that was tried.
struct Tried {
    delta: Vec<f64>,
    /// Returns forwards and backwards, without the bonus for being alive.
    returns: [f64; 2],
}

impl Search {
    /// Starts at the zero policy, in worlds from `make`.
    ///
    /// # Errors
    /// If a setting is out of range, a world cannot be made, or an action has no finite range.
    pub fn new<F>(make: F, config: SearchConfig, seed: u64) -> Result<Self, AgentError>
    where
        F: Fn() -> Result<Box<dyn Env>, AgentError>,
    {
        config.validate()?;
        let env = make()?;
        let policy = LinearPolicy::zero(env.spec())?;
        let seen = Normaliser::new(env.spec().observations.len());
        let others = (1..2 * config.directions).map(|_| make());
        let envs: Result<Vec<_>, _> = std::iter::once(Ok(env)).chain(others).collect();
        Ok(Self {
            config,
            seed,
            policy,
            seen,
            rng: stream(seed, "search directions"),
            runners: envs?.into_iter().map(Runner::new).collect(),
            steps: 0,
            rounds: 0,
            extremes: Extremes::default(),
        })
    }

    /// The policy found so far.
    #[must_use]
    pub fn policy(&self) -> &LinearPolicy {
        &self.policy
    }

    /// Control steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Rounds so far.
    #[must_use]
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// The worst of all episodes so far.
    #[must_use]
    pub fn extremes(&self) -> &Extremes {
        &self.extremes
    }

    /// One round: tries all directions and moves the policy.
    pub fn round(&mut self) {
        let n_weights = self.policy.weights.iter().map(Vec::len).sum();
        let deltas: Vec<Vec<f64>> = (0..self.config.directions)
            .map(|_| (0..n_weights).map(|_| standard_normal(&mut self.rng)).collect())
            .collect();
        let returns = self.try_out(&deltas);
        let mut tried: Vec<Tried> =
            deltas.into_iter().zip(returns).map(|(delta, returns)| Tried { delta, returns }).collect();
        let best = |tried: &Tried| tried.returns[0].max(tried.returns[1]);
        tried.sort_by(|a, b| best(b).total_cmp(&best(a)));
        tried.truncate(self.config.kept);
        let spread = spread(tried.iter().flat_map(|tried| tried.returns));
        let length = self.config.step / (tried.len() as f64 * spread.max(MIN_SPREAD));
        for Tried { delta, returns: [forwards, backwards] } in &tried {
            self.policy.shift(delta, length * (forwards - backwards));
        }
        self.policy.normalise_by(&self.seen);
        self.rounds += 1;
    }

    /// Lives an episode for each direction and sign, all at once. What they saw and did is taken in in their order.
    fn try_out(&mut self, deltas: &[Vec<f64>]) -> Vec<[f64; 2]> {
        let (base, round, seed) = (&self.policy, self.rounds, self.seed);
        let SearchConfig { noise, alive_bonus, .. } = self.config;
        let n_channels = self.seen.len();
        let lived: Vec<(Case, Normaliser)> = self
            .runners
            .par_iter_mut()
            .enumerate()
            // One episode at a time for each thread: their lengths differ.
            .with_max_len(1)
            .map(|(idx, runner)| {
                let direction = idx / 2;
                let mut policy = base.clone();
                policy.shift(&deltas[direction], if idx % 2 == 0 { noise } else { -noise });
                let seed = episode_seed(seed, "search", round * deltas.len() as u64 + direction as u64);
                let mut seen = Normaliser::new(n_channels);
                let lived = runner.run_linear(&policy, seed, |moment| seen.update(moment.observation));
                (Case { source: Source::Search, seed, clock: 1, policy: policy.into(), lived }, seen)
            })
            .collect();
        for (case, seen) in &lived {
            self.steps += u64::from(case.lived.steps);
            self.seen.merge(seen);
            self.extremes.take(&case.lived, || case.clone());
        }
        let earned = |case: &Case| case.lived.total_reward - alive_bonus * f64::from(case.lived.steps);
        lived.chunks_exact(2).map(|pair| [earned(&pair[0].0), earned(&pair[1].0)]).collect()
    }

    /// Returns of the policy found so far, in as many episodes, at most as many as a round has. They are not part of the
    /// search: their steps do not count, and nothing is learned from what they see.
    pub fn evaluate(&mut self, episodes: usize) -> Vec<f64> {
        let (policy, seed) = (&self.policy, self.seed);
        let runners = self.runners.par_iter_mut().take(episodes).enumerate().with_max_len(1);
        let live = |(idx, runner): (usize, &mut Runner)| {
            runner.run_linear(policy, episode_seed(seed, "search evaluation", idx as u64), |_| ()).total_reward
        };
        runners.map(live).collect()
    }
}

/// Standard deviation of all that there is.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt()
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
