//! How good an agent is: episodes with learning off, and exploration off or as in training.

use mesolimb_envs::{Env, Params};
use rayon::prelude::*;

use crate::{
    agent::{Agent, AgentError, Mode, Transition},
    rollout::episode_seed,
};

/// Returns of `episodes` evaluation episodes in `mode`, in a world with the parameters `params`.
///
/// Each episode has an environment and an agent of its own, from `make`, so that the result does not depend on the number
/// of threads. An episode that physics broke counts with the reward up to then.
///
/// # Errors
/// If an agent cannot be made or an observation is not finite.
pub fn evaluate<F>(make: F, params: &Params, seed: u64, episodes: u64, mode: Mode) -> Result<Vec<f64>, AgentError>
where
    F: Fn(u64) -> Result<(Box<dyn Env>, Box<dyn Agent>), AgentError> + Sync,
{
    (0..episodes)
        .into_par_iter()
        .map(|index| {
            let (mut env, mut agent) = make(index)?;
            env.params_mut().copy_values_from(params)?;
            agent.reseed(episode_seed(seed, "exploration", index));
            episode(env.as_mut(), agent.as_mut(), episode_seed(seed, "evaluation", index), mode)
        })
        .collect()
}

/// Runs one evaluation episode and returns the sum of its rewards.
fn episode(env: &mut dyn Env, agent: &mut dyn Agent, seed: u64, mode: Mode) -> Result<f64, AgentError> {
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut action = vec![0.0; env.spec().actions.len()];
    env.reset(seed);
    env.observe(&mut observation);
    agent.begin_episode(&observation, mode)?;
    let mut total = 0.0;
    loop {
        agent.act(&mut action);
        let step = env.step(&action);
        if step.fault.is_some() {
            return Ok(total);
        }
        total += step.reward;
        if step.ended() {
            return Ok(total);
        }
        env.observe(&mut observation);
        agent.learn(&Transition {
            reward: step.reward,
            next_observation: &observation,
            terminated: step.terminated,
            truncated: step.truncated,
        })?;
    }
}
