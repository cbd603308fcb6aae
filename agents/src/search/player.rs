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

impl Trained {
    /// An agent for each episode comes from `make`.
    pub fn new(make: impl Fn() -> Result<Box<dyn Agent>, AgentError> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make) }
    }

    /// The agent for an episode.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn agent(&self) -> Result<Box<dyn Agent>, AgentError> {
        (self.make)()
    }
}

/// What acts in an episode of an agent: writes the action for what is observed, or fails if the agent refuses that.
pub(super) fn acting(mut agent: Box<dyn Agent>) -> impl FnMut(&[f32], &mut [f32]) -> Result<(), AgentError> {
    let mut has_begun = false;
    move |observation, action| {
        if std::mem::replace(&mut has_begun, true) {
            let (terminated, truncated) = (false, false);
            // Nothing is learned, so the reward does not matter.
            agent.learn(&Transition { reward: 0.0, next_observation: observation, terminated, truncated })?;
        } else {
            agent.begin_episode(observation, Mode::Evaluate)?;
        }
        agent.act(action);
        Ok(())
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
