//! Doing nothing: every action in the middle of its range.

use mesolimb_envs::{Env, EnvSpec};

use super::{action_ranges, seal};
use crate::agent::{Agent, AgentError, Kind, Mode, NoSettings, Transition, check_finite};

const STATE: &str = "idle/1";

/// Keeps each action in the middle of its range, which leaves a motor alone and a servo in its rest position, in every
/// mode. It learns nothing.
pub struct Idle {
    spec: EnvSpec,
    middles: Vec<f32>,
}

impl Idle {
    /// For tasks with this interface.
    ///
    /// # Errors
    /// If an action channel has no finite range.
    pub fn new(spec: &EnvSpec) -> Result<Self, AgentError> {
        let middles = action_ranges(Self::NAME, spec)?.into_iter().map(|(middle, _)| middle).collect();
        Ok(Self { spec: spec.clone(), middles })
    }
}

impl Kind for Idle {
    const NAME: &'static str = "idle";
    const SUMMARY: &'static str = "every action in the middle of its range; score 0 or less";
    type Settings = NoSettings;

    fn make(_settings: NoSettings, env: &dyn Env, _seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(Self::new(env.spec())?))
    }
}

impl Agent for Idle {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)
    }

    fn act(&mut self, action: &mut [f32]) {
        action.copy_from_slice(&self.middles);
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &())
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        seal::unseal(STATE, state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::testing::mean_return;

    #[test]
    fn a_quadruped_that_is_left_alone_stands() {
        let mut env = mesolimb_envs::make("quadruped").unwrap();
        let mut agent = Idle::new(env.spec()).unwrap();
        let mut action = vec![9.0; env.spec().actions.len()];
        agent.act(&mut action);
        assert!(action.iter().zip(&env.spec().actions).all(|(a, c)| (a - 0.5 * (c.low + c.high)).abs() < 1e-6));
        assert!(mean_return(env.as_mut(), &mut agent, 0..3) > 500.0);
    }
}
