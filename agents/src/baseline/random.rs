//! Chance: actions drawn evenly from all that can be done.

use mesolimb_brain::rng::{Rng, stream};
use mesolimb_envs::{Env, EnvSpec};
use rand::RngExt as _;

use super::{action_ranges, seal};
use crate::agent::{Agent, AgentError, Kind, Mode, NoSettings, Transition, check_finite};

const STATE: &str = "random/1";

/// Draws each action uniformly from the range of its channel, in every mode. It learns nothing.
pub struct Random {
    spec: EnvSpec,
    /// Middle and half width of each action channel.
    ranges: Vec<(f32, f32)>,
    rng: Rng,
}

impl Random {
    /// For tasks with this interface.
    ///
    /// # Errors
    /// If an action channel has no finite range.
    pub fn new(spec: &EnvSpec, seed: u64) -> Result<Self, AgentError> {
        Ok(Self { ranges: action_ranges(Self::NAME, spec)?, spec: spec.clone(), rng: stream(seed, "random agent") })
    }
}

impl Kind for Random {
    const NAME: &'static str = "random";
    const SUMMARY: &'static str = "uniform random actions; score 0 or less";
    type Settings = NoSettings;

    fn make(_settings: NoSettings, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(Self::new(env.spec(), seed)?))
    }
}

impl Agent for Random {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)
    }

    fn act(&mut self, action: &mut [f32]) {
        for (action, &(middle, half)) in action.iter_mut().zip(&self.ranges) {
            *action = middle + half * self.rng.random_range(-1.0..=1.0f32);
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &self.rng)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        self.rng = seal::unseal(STATE, state)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;

    #[test]
    fn actions_fill_the_range_of_their_channel() {
        let env = make("reacher").unwrap();
        let mut agent = Random::new(env.spec(), 3).unwrap();
        let mut action = vec![0.0; env.spec().actions.len()];
        let mut squares = vec![0.0; action.len()];
        for _ in 0..10_000 {
            agent.act(&mut action);
            for ((square, &action), channel) in squares.iter_mut().zip(&action).zip(&env.spec().actions) {
                assert!((channel.low..=channel.high).contains(&action));
                *square += f64::from(action / channel.high).powi(2);
            }
        }
        // A uniform variable on ±1 has variance 1/3; four standard errors of it at this length are 0.012.
        assert!(squares.iter().all(|square| (square / 10_000.0 - 1.0 / 3.0).abs() < 0.012), "{squares:?}");
    }

    #[test]
    fn a_restored_agent_goes_on_with_the_same_draws() {
        let env = make("cartpole").unwrap();
        let mut agent = Random::new(env.spec(), 3).unwrap();
        let (mut a, mut b) = ([0.0], [0.0]);
        agent.act(&mut a);
        let state = agent.save();
        agent.act(&mut a);
        let mut other = Random::new(env.spec(), 4).unwrap();
        other.load(&state).unwrap();
        other.act(&mut b);
        assert_eq!(a, b);
        assert!(other.load(&state[1..]).is_err());
    }
}
