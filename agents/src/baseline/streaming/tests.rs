//! Tests of the streaming actor-critics: their gradients, their states, and that they learn.

use std::ops::Range;

use mesolimb_envs::{Env, make};

use super::*;
use crate::{
    AgentSettings,
    agent::Kind,
    baseline::{
        IntentionalAc, IntentionalAcConfig, StreamAc, StreamAcConfig, intentional_ac, stream_ac,
        testing::{episode, mean_return},
    },
    registry,
};

/// Names of the agents that are tested here.
const NAMES: [&str; 2] = [StreamAc::NAME, IntentionalAc::NAME];

fn agent(name: &str, env: &dyn Env, seed: u64) -> Box<dyn Agent> {
    registry::make(name, &AgentSettings::default(), env, seed).unwrap()
}

#[test]
fn the_gradient_of_the_policy_agrees_with_finite_differences() {
    let env = make("reacher").unwrap();
    let mut agent = stream_ac::agent(StreamAcConfig { entropy: 0.3, ..Default::default() }, env.spec(), 1).unwrap();
    let observation: Vec<f32> = (0..10).map(|i| 0.1 * i as f32).collect();
    agent.begin_episode(&observation, Mode::Learn).unwrap();
    agent.act(&mut [0.0; 2]);
    agent.policy_gradient(-2.0);
    let output: Vec<f64> = agent.actor.output().iter().map(|&y| f64::from(y)).collect();
    // Σ ln π + τ sign(δ) Σ H, with δ < 0.
    let objective = |y: &[f64]| -> f64 {
        (0..2)
            .map(|i| {
                let sigma = y[2 + i].exp().ln_1p() + 1e-6;
                let deviation = (f64::from(agent.drawn[i]) - y[i]) / sigma;
                -0.5 * deviation * deviation - sigma.ln() - 0.3 * sigma.ln()
            })
            .sum()
    };
    for i in 0..4 {
        let shifted = |h: f64| {
            let mut y = output.clone();
            y[i] += h;
            objective(&y)
        };
        let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
        assert!((numeric - f64::from(agent.d_output[i])).abs() < 1e-3 * numeric.abs().max(1.0), "{i}: {numeric}");
    }
}

#[test]
fn a_restored_agent_goes_on_bit_exactly_from_any_point() {
    for name in NAMES {
        let mut env = make("cartpole").unwrap();
        let fresh = |env: &dyn Env, seed| agent(name, env, seed);
        let mut agent = fresh(env.as_ref(), 7);
        live(env.as_mut(), agent.as_mut(), 0..5);
        let (mut observation, mut action) = ([0.0; 4], [0.0]);
        env.reset(5);
        env.observe(&mut observation);
        agent.begin_episode(&observation, Mode::Learn).unwrap();
        for n in 0..6 {
            if n % 2 == 0 {
                agent.act(&mut action);
            } else {
                agent.learn(&transition(1.0, &[0.01, 0.02, -0.1, 0.1 * n as f32])).unwrap();
            }
            let state = agent.save();
            let mut other = fresh(env.as_ref(), 8);
            other.load(&state).unwrap();
            assert!(other.save() == state, "{name}");
            assert_eq!(other.insight(), agent.insight());
            let mut branch = fresh(env.as_ref(), 9);
            branch.load(&state).unwrap();
            for agent in [&mut other, &mut branch] {
                if n % 2 == 0 {
                    agent.learn(&transition(0.5, &[0.0, 0.1, 0.2, 0.3])).unwrap();
                }
                live(env.as_mut(), agent.as_mut(), 10..12);
            }
            assert!(other.save() == branch.save(), "{name}");
        }
        // The agent that was saved goes the same way as the one that was restored.
        let mut restored = fresh(env.as_ref(), 8);
        agent.act(&mut action);
        restored.load(&agent.save()).unwrap();
        for agent in [&mut agent, &mut restored] {
            agent.learn(&transition(0.5, &[0.0, 0.1, 0.2, 0.3])).unwrap();
            episode(env.as_mut(), agent.as_mut(), 20, Mode::Learn);
        }
        assert!(agent.save() == restored.save(), "{name}");
    }
}

#[test]
fn damaged_or_foreign_states_are_refused() {
    let (cartpole, reacher) = (make("cartpole").unwrap(), make("reacher").unwrap());
    for name in NAMES {
        let mut agent_here = agent(name, cartpole.as_ref(), 1);
        let before = agent_here.save();
        for other in NAMES {
            let foreign = agent(other, reacher.as_ref(), 1).save();
            assert!(matches!(agent_here.load(&foreign), Err(AgentError::State(_))));
        }
        assert!(agent_here.load(&before[..before.len() - 1]).is_err());
        let mut damaged = before.clone();
        damaged[100] ^= 4;
        assert!(agent_here.load(&damaged).is_err());
        assert!(agent_here.save() == before, "{name}");
    }
}

#[test]
fn what_is_not_finite_is_refused_and_changes_nothing() {
    let env = make("cartpole").unwrap();
    for name in NAMES {
        let mut agent = agent(name, env.as_ref(), 1);
        agent.begin_episode(&[0.0, 0.1, 0.2, 0.3], Mode::Learn).unwrap();
        agent.act(&mut [0.0]);
        let before = agent.save();
        let bad = [0.0, f32::NAN, 0.0, 0.0];
        assert!(matches!(agent.learn(&transition(1.0, &bad)), Err(AgentError::Observation { .. })));
        assert!(matches!(agent.learn(&transition(f64::INFINITY, &[0.0; 4])), Err(AgentError::Reward(_))));
        assert!(agent.begin_episode(&bad, Mode::Evaluate).is_err());
        assert!(agent.save() == before, "{name}");
    }
}

#[test]
fn evaluation_learns_nothing_and_draws_nothing() {
    let mut env = make("cartpole").unwrap();
    for name in NAMES {
        let mut agent = agent(name, env.as_ref(), 1);
        live(env.as_mut(), agent.as_mut(), 0..3);
        let learned = |agent: &mut dyn Agent| {
            let mut state: State = seal::unseal(&format!("{name}/2"), &agent.save()).unwrap();
            // Where the return of the episode under way stands is fast state.
            state.rewarded.begin_episode();
            seal::seal(name, &(state.actor, state.critic, state.observed, state.rewarded, state.rng))
        };
        let before = learned(agent.as_mut());
        let first = episode(env.as_mut(), agent.as_mut(), 9, Mode::Evaluate);
        let again = episode(env.as_mut(), agent.as_mut(), 9, Mode::Evaluate);
        assert!(learned(agent.as_mut()) == before, "{name}: something was learned");
        assert_eq!(first, again);
    }
}

#[test]
fn a_setting_out_of_range_is_named() {
    let env = make("cartpole").unwrap();
    let refused = |config| stream_ac::agent(config, env.spec(), 1).err().unwrap().to_string();
    let default = StreamAcConfig::default();
    assert_eq!(refused(StreamAcConfig { gamma: 1.0, ..default }), "gamma is 1, expected a discount from 0 to below 1");
    assert!(refused(StreamAcConfig { kappa_critic: f64::NAN, ..default }).starts_with("kappa_critic is NaN"));
    assert!(refused(StreamAcConfig { n_hidden: 0, ..default }).starts_with("n_hidden is 0"));
    assert!(toml::from_str::<StreamAcConfig>("gama = 0.9").is_err());
    let refused = |config| intentional_ac::agent(config, env.spec(), 1).err().unwrap().to_string();
    let default = IntentionalAcConfig::default();
    assert_eq!(
        refused(IntentionalAcConfig { critic_step: 2.0, ..default }),
        "critic_step is 2, expected a number in [0, 1]"
    );
    assert!(refused(IntentionalAcConfig { lambda: f64::NAN, ..default }).starts_with("lambda is NaN"));
}

/// The mean over three agents after 20,000 steps, well above what agents that do not learn reach.
#[test]
fn they_learn_to_balance() {
    let mut env = make("cartpole").unwrap();
    for name in NAMES {
        let mut after = 0.0;
        for seed in 0..3 {
            let mut agent = agent(name, env.as_ref(), seed);
            let (mut n_steps, mut index) = (0, 0);
            while n_steps < 20_000 {
                n_steps += episode(env.as_mut(), agent.as_mut(), 1_000_000 * seed + index, Mode::Learn).1;
                index += 1;
            }
            after += mean_return(env.as_mut(), agent.as_mut(), 0..10) / 3.0;
        }
        assert!(after > 150.0, "{name}: mean return {after}");
    }
}

fn transition(reward: f64, next_observation: &[f32]) -> Transition<'_> {
    Transition { reward, next_observation, terminated: false, truncated: false }
}

fn live(env: &mut dyn Env, agent: &mut dyn Agent, seeds: Range<u64>) {
    for seed in seeds {
        episode(env, agent, seed, Mode::Learn);
    }
}
