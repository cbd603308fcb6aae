//! Who acts in an episode: a linear policy, or an agent that was trained.

use std::{fmt, sync::Arc};

use super::policy::LinearPolicy;
use crate::agent::{Agent, AgentError, Mode, Transition};

/// Who acts in an episode.
#[derive(Clone, Debug, PartialEq)]
pub enum Policy {
    /// A linear policy.
    Linear(LinearPolicy),
    /// An agent that was trained. It neither learns nor explores.
    Trained(Trained),
}

/// Makes a trained agent, as often as there are episodes.
type MakeAgent = dyn Fn() -> Result<Box<dyn Agent>, AgentError> + Send + Sync;

/// An agent that was trained.
#[derive(Clone)]
pub struct Trained {
    make: Arc<MakeAgent>,
}

/// Acts through one episode.
pub(super) enum Player<'a> {
    Linear { policy: &'a LinearPolicy, scaled: Vec<f64> },
    Trained { agent: Box<dyn Agent>, has_begun: bool },
}

impl Trained {
    /// An agent for each episode comes from `make`.
    pub fn new(make: impl Fn() -> Result<Box<dyn Agent>, AgentError> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make) }
    }
}

impl PartialEq for Trained {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.make, &other.make)
    }
}

impl fmt::Debug for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trained")
    }
}

impl From<LinearPolicy> for Policy {
    fn from(policy: LinearPolicy) -> Self {
        Self::Linear(policy)
    }
}

impl Policy {
    /// For an episode.
    ///
    /// # Errors
    /// If the trained agent cannot be made.
    pub(super) fn player(&self) -> Result<Player<'_>, AgentError> {
        Ok(match self {
            Self::Linear(policy) => Player::Linear { policy, scaled: vec![0.0; policy.mean.len()] },
            Self::Trained(trained) => Player::Trained { agent: (trained.make)()?, has_begun: false },
        })
    }
}

impl Player<'_> {
    /// Writes the action for what is observed.
    ///
    /// # Errors
    /// If the agent refuses it.
    pub(super) fn act(&mut self, observation: &[f32], action: &mut [f32]) -> Result<(), AgentError> {
        match self {
            Self::Linear { policy, scaled } => policy.act(observation, scaled, action),
            Self::Trained { agent, has_begun } => {
                if std::mem::replace(has_begun, true) {
                    let (terminated, truncated) = (false, false);
                    // Nothing is learned, so the reward does not matter.
                    agent.learn(&Transition { reward: 0.0, next_observation: observation, terminated, truncated })?;
                } else {
                    agent.begin_episode(observation, Mode::Evaluate)?;
                }
                agent.act(action);
            }
        }
        Ok(())
    }
}
