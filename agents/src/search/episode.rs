//! An episode under a policy, with its books.

use std::convert::Infallible;

use mesolimb_envs::{Env, Fault};
use serde::{Deserialize, Serialize};

use super::{
    ledger::{Account, Gain, Ledger},
    player::{Policy, acting},
    policy::LinearPolicy,
};
use crate::agent::AgentError;

/// What came of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lived {
    /// Sum of the rewards; those of a step that broke the physics do not count.
    pub total_reward: f64,
    /// Sum of the rewards, all counted as positive.
    pub gross_reward: f64,
    /// Control steps.
    pub steps: u32,
    /// What broke, if the physics did.
    pub fault: Option<Fault>,
    /// Its energy.
    pub account: Account,
}

/// A control step that was just lived.
pub struct Moment<'a> {
    /// Its number, from 1.
    pub step: u32,
    /// What was observed before it.
    pub observation: &'a [f32],
    /// The world after it.
    pub env: &'a dyn Env,
    /// The account of the episode after it.
    pub account: &'a Account,
    /// What it gained.
    pub gain: Gain,
}

/// A world with all that it takes to live episodes in it.
pub struct Runner {
    env: Box<dyn Env>,
    observation: Vec<f32>,
    action: Vec<f32>,
}

impl Runner {
    /// Takes a world.
    #[must_use]
    pub fn new(env: Box<dyn Env>) -> Self {
        let (n_observations, n_actions) = (env.spec().observations.len(), env.spec().actions.len());
        Self { env, observation: vec![0.0; n_observations], action: vec![0.0; n_actions] }
    }

    /// Lives the episode of a seed to its end under a policy. `see` is shown every step.
    ///
    /// # Errors
    /// If the agent of the policy cannot be made, or fails in the episode.
    pub fn run(&mut self, policy: &Policy, seed: u64, see: impl FnMut(&Moment<'_>)) -> Result<Lived, AgentError> {
        match policy {
            Policy::Linear(policy) => Ok(self.run_linear(policy, seed, see)),
            Policy::Trained(trained) => self.live(acting(trained.agent()?), seed, see),
        }
    }

    /// Lives under a linear policy, which cannot fail.
    pub(super) fn run_linear(&mut self, policy: &LinearPolicy, seed: u64, see: impl FnMut(&Moment<'_>)) -> Lived {
        let mut scaled = vec![0.0; policy.mean.len()];
        let act = |observation: &[f32], action: &mut [f32]| {
            policy.act(observation, &mut scaled, action);
            Ok::<(), Infallible>(())
        };
        let Ok(lived) = self.live(act, seed, see);
        lived
    }

    fn live<E>(
        &mut self,
        mut act: impl FnMut(&[f32], &mut [f32]) -> Result<(), E>,
        seed: u64,
        mut see: impl FnMut(&Moment<'_>),
    ) -> Result<Lived, E> {
        self.env.reset(seed);
        let mut ledger = Ledger::open(self.env.books());
        let (mut total_reward, mut gross_reward, mut steps) = (0.0, 0.0, 0);
        loop {
            self.env.observe(&mut self.observation);
            act(&self.observation, &mut self.action)?;
            let step = self.env.step(&self.action);
            steps += 1;
            if step.fault.is_none() {
                total_reward += step.reward;
                gross_reward += step.reward.abs();
                ledger.enter(self.env.books(), steps);
            }
            let account = ledger.account();
            let (env, observation, gain) = (&*self.env, &self.observation[..], ledger.last());
            see(&Moment { step: steps, observation, env, account, gain });
            if step.ended() {
                return Ok(Lived { total_reward, gross_reward, steps, fault: step.fault, account: *account });
            }
        }
    }
}
