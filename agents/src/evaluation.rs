//! How good an agent is: episodes with learning off, and exploration off or as in training.

use mesolimb_envs::{Env, Params};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, AgentError, Mode, Transition},
    rollout::{EpisodeEnd, episode_seed},
};

/// Stream of randomness that the episodes of an evaluation start from.
pub const EVALUATION_STREAM: &str = "evaluation";

/// An episode of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Sum of its rewards; those of a step that broke the physics do not count.
    #[serde(rename = "return")]
    pub total_reward: f64,
    /// Its length in control steps.
    pub steps: u32,
    /// Why it ended.
    pub end: EpisodeEnd,
    /// Mean speed along x, in m/s, until it ended or the physics broke; none of a robot that hangs on the world.
    pub speed_m_per_s: Option<f64>,
}

/// The episodes of an evaluation in `mode`, in a world with the parameters `params`.
///
/// Each has an environment and an agent of its own, from `make`, so that the result does not depend on the number of threads.
///
/// # Errors
/// If an agent cannot be made or an observation is not finite.
pub fn evaluate<F>(make: F, params: &Params, seed: u64, episodes: u64, mode: Mode) -> Result<Vec<Evaluated>, AgentError>
where
    F: Fn(u64) -> Result<(Box<dyn Env>, Box<dyn Agent>), AgentError> + Sync,
{
    (0..episodes)
        .into_par_iter()
        .map(|index| {
            let (mut env, mut agent) = make(index)?;
            env.params_mut().copy_values_from(params)?;
            agent.reseed(episode_seed(seed, "exploration", index));
            episode(env.as_mut(), agent.as_mut(), episode_seed(seed, EVALUATION_STREAM, index), mode)
        })
        .collect()
}

/// Runs one evaluation episode.
fn episode(env: &mut dyn Env, agent: &mut dyn Agent, seed: u64, mode: Mode) -> Result<Evaluated, AgentError> {
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut action = vec![0.0; env.spec().actions.len()];
    env.reset(seed);
    let start_m = env.forward_m();
    env.observe(&mut observation);
    agent.begin_episode(&observation, mode)?;
    let (mut total_reward, mut steps, mut now_m) = (0.0, 0, start_m);
    let end = loop {
        agent.act(&mut action);
        let step = env.step(&action);
        if let Some(fault) = step.fault {
            break EpisodeEnd::Fault(fault);
        }
        total_reward += step.reward;
        steps += 1;
        now_m = env.forward_m();
        if step.ended() {
            break if step.terminated { EpisodeEnd::Terminated } else { EpisodeEnd::Truncated };
        }
        env.observe(&mut observation);
        agent.learn(&Transition {
            reward: step.reward,
            next_observation: &observation,
            terminated: step.terminated,
            truncated: step.truncated,
        })?;
    };
    let secs = f64::from(steps.max(1)) * env.spec().control_dt_secs;
    let speed_m_per_s = now_m.zip(start_m).map(|(now_m, start_m)| (now_m - start_m) / secs);
    Ok(Evaluated { total_reward, steps, end, speed_m_per_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{self, AgentSettings};

    fn random(task: &str) -> Vec<Evaluated> {
        let make = |index| {
            let env = mesolimb_envs::make(task)?;
            let agent = registry::make("random", &AgentSettings::default(), env.as_ref(), index)?;
            Ok((env, agent))
        };
        let params = mesolimb_envs::make(task).unwrap().params().clone();
        evaluate(make, &params, 3, 2, Mode::Evaluate).unwrap()
    }

    #[test]
    fn what_moves_freely_has_a_speed_and_what_hangs_on_the_world_has_none() {
        for episode in random("half-cheetah") {
            assert_eq!((episode.steps, episode.end), (1000, EpisodeEnd::Truncated));
            // It is thrown about where it is.
            assert!(episode.speed_m_per_s.is_some_and(|speed| speed.abs() < 1.0), "{episode:?}");
        }
        for episode in random("cartpole") {
            assert!(episode.speed_m_per_s.is_none() && episode.end == EpisodeEnd::Terminated, "{episode:?}");
            // The step in which the pole falls earns nothing.
            assert_eq!(episode.total_reward, f64::from(episode.steps - 1));
        }
    }
}
