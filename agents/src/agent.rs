//! Whoever acts in a world: the spiking agent, the baselines and a frozen agent are interchangeable.

use mesolimb_brain::Network;
use mesolimb_envs::{EnvSpec, nearest::hint};

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
    /// If the reward or an observation is not finite. Nothing has changed then.
    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError>;

    /// Draws what it tries from another stream from now on. Agents that try nothing of their own leave it at that.
    fn reseed(&mut self, _seed: u64) {}

    /// What can be seen of the agent from outside.
    fn insight(&self) -> Insight {
        Insight::default()
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

/// What can be seen of an agent from outside, for curves, recordings and the viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Insight {
    /// Value of the observation that was acted on last, as it was before anything was learned from that act, in units of scaled reward.
    pub value: f32,
    /// Reward prediction error of the last step, in units of scaled reward.
    pub delta: f32,
    /// Dopamine that the last prediction error left behind; 1 at rest.
    pub dopamine: f32,
    /// Noradrenaline; 1 when fully uncertain.
    pub noradrenaline: f32,
    /// Mean width of exploration, as a share of the actuator range.
    pub exploration: f32,
    /// Mean factor that motor recalibration puts on the commands; 1 when nothing has changed.
    pub recalibration: f32,
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
