//! Episodes for the tests of the baselines.

use std::ops::Range;

use mesolimb_envs::Env;

use crate::agent::{Agent, Mode, Transition};

/// Return and length of one episode.
pub(super) fn episode(env: &mut dyn Env, agent: &mut dyn Agent, seed: u64, mode: Mode) -> (f64, u32) {
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut action = vec![0.0; env.spec().actions.len()];
    env.reset(seed);
    env.observe(&mut observation);
    agent.begin_episode(&observation, mode).unwrap();
    let (mut score, mut n_steps) = (0.0, 0);
    loop {
        agent.act(&mut action);
        let step = env.step(&action);
        assert_eq!(step.fault, None);
        env.observe(&mut observation);
        let (terminated, truncated) = (step.terminated, step.truncated);
        agent
            .learn(&Transition { reward: step.reward, next_observation: &observation, terminated, truncated })
            .unwrap();
        score += step.reward;
        n_steps += 1;
        if step.ended() {
            return (score, n_steps);
        }
    }
}

/// Mean return over these seeds, with learning off.
pub(super) fn mean_return(env: &mut dyn Env, agent: &mut dyn Agent, seeds: Range<u64>) -> f64 {
    let n = seeds.end - seeds.start;
    seeds.map(|seed| episode(env, agent, seed, Mode::Evaluate).0).sum::<f64>() / n as f64
}
