//! A law of control as an agent: it senses and acts, and learns nothing.

use mesolimb_envs::{Env, EnvSpec};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    agent::{Agent, AgentError, Mode, Transition, check_finite},
    baseline::{observation_idxs, seal},
};

/// What to do about what is seen.
pub(super) trait Law: Send {
    /// What it is called in messages and saved states.
    const NAME: &'static str;
    /// What it keeps in mind within an episode.
    type Memory: Send + Serialize + DeserializeOwned;

    /// What is in mind as an episode begins.
    fn start(&self, seen: &[f64]) -> Self::Memory;

    /// Takes in what the last action led to.
    fn follow(&self, _memory: &mut Self::Memory, _reward: f64, _seen: &[f64]) {}

    /// Writes one value for each action channel.
    fn act(&self, memory: &Self::Memory, seen: &[f64], action: &mut [f32]);

    /// Whether a memory from a saved state is one that it could have come to.
    fn is_valid(&self, memory: &Self::Memory) -> bool;
}

/// An agent that keeps to a law.
pub(super) struct Controller<L: Law> {
    spec: EnvSpec,
    law: L,
    /// Where the channels that the law reads are observed.
    observation_idxs: Vec<usize>,
    seen: Vec<f64>,
    memory: L::Memory,
}

impl<L: Law> Controller<L> {
    /// An agent that reads `channels` in their order.
    ///
    /// # Errors
    /// If the task does not observe one of them.
    pub(super) fn new<const N: usize>(env: &dyn Env, law: L, channels: [&str; N]) -> Result<Self, AgentError> {
        let observation_idxs = observation_idxs(L::NAME, env.spec(), channels)?.to_vec();
        let seen = vec![0.0; N];
        Ok(Self { spec: env.spec().clone(), memory: law.start(&seen), law, observation_idxs, seen })
    }

    fn sense(&mut self, observation: &[f32]) {
        for (seen, &idx) in self.seen.iter_mut().zip(&self.observation_idxs) {
            *seen = f64::from(observation[idx]);
        }
    }

    fn state_name() -> String {
        format!("{}/1", L::NAME)
    }
}

impl<L: Law> Agent for Controller<L> {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.sense(observation);
        self.memory = self.law.start(&self.seen);
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        self.law.act(&self.memory, &self.seen, action);
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.sense(transition.next_observation);
        self.law.follow(&mut self.memory, transition.reward, &self.seen);
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(&Self::state_name(), &(&self.seen, &self.memory))
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let (seen, memory): (Vec<f64>, L::Memory) = seal::unseal(&Self::state_name(), state)?;
        if seen.len() != self.seen.len() || !seen.iter().all(|x| x.is_finite()) {
            return Err(AgentError::State("an observation in it is missing or not finite".into()));
        }
        if !self.law.is_valid(&memory) {
            return Err(AgentError::State("what it keeps in mind is out of range".into()));
        }
        (self.seen, self.memory) = (seen, memory);
        Ok(())
    }
}
