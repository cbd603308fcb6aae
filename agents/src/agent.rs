//! Whoever acts in a world: the spiking agent, the baselines and a frozen agent are interchangeable.

use mesolimb_brain::Network;
use mesolimb_envs::{Env, EnvSpec, nearest::hint};
use serde::{Serialize, de::DeserializeOwned};

use crate::registry::agents;

/// An agent that acts and learns online, from one stream of experience.
///
/// The agent sees each observation once: in [`Agent::begin_episode`], then as `next_observation` of each transition.
/// [`Agent::act`] answers the observation seen last.
pub trait Agent: Send {
    /// Starts an episode at `observation`. Fast state rests; what was learned stays. The mode holds until the next
    /// episode.
    ///
    /// # Errors
    /// If the observation is not finite. Nothing has changed then.
    fn begin_episode(&mut self, observation: &[f32], mode: Mode) -> Result<(), AgentError>;

    /// Chooses what to do about the observation seen last. Writes one value for each action channel, in its unit.
    fn act(&mut self, action: &mut [f32]);

    /// Takes in what the last action led to, and in [`Mode::Learn`] learns from it.
    ///
    /// # Errors
    /// If the reward or an observation is not finite; nothing has changed then. If the prediction error is not finite; no weight
    /// has changed then.
    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError>;

    /// Draws what it tries from another stream from now on. Agents that try nothing of their own leave it at that.
    fn reseed(&mut self, _seed: u64) {}

    /// What can be seen of the agent from outside: a scalar for each number of [`Agent::insight`].
    fn scalars(&self) -> &'static [Scalar] {
        &[]
    }

    /// What the scalars are now.
    fn insight(&self) -> &[f32] {
        &[]
    }

    /// The spiking brain, if the agent has one.
    fn brain(&self) -> Option<&Network> {
        None
    }

    /// The whole state, bit-exact, as bytes.
    fn save(&mut self) -> Vec<u8>;

    /// Takes back a state written by [`Agent::save`] of an agent built alike.
    ///
    /// # Errors
    /// If the bytes are no such state. The agent is unchanged then.
    fn load(&mut self, state: &[u8]) -> Result<(), AgentError>;
}

/// What an episode is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mode {
    /// Explore and learn.
    Learn,
    /// Do what seems best and learn nothing: weights, normalisers and calibration stay as they are.
    Evaluate,
    /// Explore as in training and learn nothing.
    Explore,
}

impl Mode {
    /// Whether anything is learned.
    #[must_use]
    pub fn learns(self) -> bool {
        self == Self::Learn
    }

    /// Whether other things are tried than what seems best.
    #[must_use]
    pub fn explores(self) -> bool {
        self != Self::Evaluate
    }
}

/// What one action led to.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// Reward.
    pub reward: f64,
    /// What is observed now.
    pub next_observation: &'a [f32],
    /// The task ended by its own rule; nothing comes after.
    pub terminated: bool,
    /// The time limit was reached; the world would have gone on.
    pub truncated: bool,
}

/// Something that can be seen of an agent from outside, for curves, recordings and the viewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    /// Name, one word.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Value while nothing happens.
    pub at_rest: f32,
}

impl Scalar {
    /// Value of the observation that was acted on last, as it was before anything was learned from that act.
    pub const VALUE: Self = Self { name: "value", unit: "scaled reward", at_rest: 0.0 };
    /// Reward prediction error of the last step.
    pub const DELTA: Self = Self { name: "delta", unit: "scaled reward", at_rest: 0.0 };
    /// Mean width of exploration.
    pub const EXPLORATION: Self = Self { name: "exploration", unit: "share of the actuator range", at_rest: 0.0 };
    /// Dopamine that the last prediction error left behind.
    pub const DOPAMINE: Self = Self { name: "dopamine", unit: "tonic level", at_rest: 1.0 };
    /// Noradrenaline; it is at rest when fully uncertain.
    pub const NORADRENALINE: Self = Self { name: "noradrenaline", unit: "tonic level", at_rest: 1.0 };
    /// Mean factor that motor recalibration puts on the commands.
    pub const RECALIBRATION: Self = Self { name: "recalibration", unit: "factor", at_rest: 1.0 };
}

/// A kind of agents, as the registry knows it.
pub trait Kind {
    /// Name on the command line; its settings stand in a section of this name, with `_` for `-`.
    const NAME: &'static str;
    /// What it is, in a few words.
    const SUMMARY: &'static str;
    /// What can be set.
    type Settings: Settings;

    /// Makes an agent for a task.
    ///
    /// # Errors
    /// If it cannot do the task, or a setting is out of its range.
    fn make(settings: Self::Settings, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError>;
}

/// Settings of a kind of agents: a section of a run file, in which every key has a default.
pub trait Settings: Default + Serialize + DeserializeOwned {
    /// Refuses settings that cannot run.
    ///
    /// # Errors
    /// Names the field, its value and its range.
    fn validate(&self) -> Result<(), AgentError>;
}

/// For agents in which nothing can be set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

impl Settings for NoSettings {
    fn validate(&self) -> Result<(), AgentError> {
        Ok(())
    }
}

/// What an agent refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AgentError {
    /// An observation holds a value that is not finite. Agents learn from finite numbers only.
    #[error("observation '{channel}' is {value}, expected a finite number")]
    Observation {
        /// Channel.
        channel: String,
        /// What was found.
        value: f32,
    },
    /// An action is not finite: what was learned has broken, and no body is moved by it.
    #[error("action '{channel}' is {value}, expected a finite number")]
    Action {
        /// Control step of life, from 1.
        step: u64,
        /// Channel.
        channel: String,
        /// What was found.
        value: f32,
    },
    /// The prediction error is not finite: the values that were learned have broken. No weight has changed by it.
    #[error("the prediction error is {0}, expected a finite number: the values that were learned have broken")]
    PredictionError(f32),
    /// The reward is not finite.
    #[error("reward is {0}, expected a finite number")]
    Reward(f64),
    /// No agent has this name.
    #[error("unknown agent '{name}'{}", hint(name, agents().iter().map(|agent| agent.name)))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A setting holds a value that it must not.
    #[error("{field} is {found}, expected {expected}")]
    Setting {
        /// Field.
        field: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A setting cannot be read.
    #[error("{field}: {reason}")]
    Unreadable {
        /// Field, or section.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// A brain file cannot be read, or is not one for this task.
    #[error("{file}: {reason}")]
    BrainFile {
        /// Name of the brain, or its file.
        file: String,
        /// The key, what was found and what was expected.
        reason: String,
    },
    /// The agent cannot do this task.
    #[error("agent '{agent}' cannot do task '{task}': {reason}")]
    Unsuited {
        /// Agent.
        agent: String,
        /// Task.
        task: String,
        /// Why.
        reason: String,
    },
    /// The brain could not be built or restored.
    #[error(transparent)]
    Brain(#[from] mesolimb_brain::BrainError),
    /// The world could not be made, changed or restored.
    #[error(transparent)]
    Env(#[from] mesolimb_envs::EnvError),
    /// A saved state does not fit or is damaged.
    #[error("saved state of the agent cannot be used: {0}")]
    State(String),
}

/// Refuses a prediction error that is not finite.
pub(crate) fn check_delta(delta: f32) -> Result<f32, AgentError> {
    if delta.is_finite() { Ok(delta) } else { Err(AgentError::PredictionError(delta)) }
}

/// Refuses observations and rewards that are not finite, before anything is learned from them.
///
/// # Errors
/// Names the channel and the value.
pub fn check_finite(spec: &EnvSpec, observation: &[f32], reward: f64) -> Result<(), AgentError> {
    if !reward.is_finite() {
        return Err(AgentError::Reward(reward));
    }
    match observation.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => {
            let channel = spec.observations.get(i).map_or_else(|| format!("#{i}"), |c| c.name.clone());
            Err(AgentError::Observation { channel, value: observation[i] })
        }
    }
}
