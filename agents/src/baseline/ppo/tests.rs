//! Tests of proximal policy optimisation: what it keeps of its life, and that it learns.

use mesolimb_envs::{Env, make};

use super::*;
use crate::baseline::testing::{episode, mean_return};

const SHORT: PpoConfig = PpoConfig {
    n_hidden: 8,
    n_steps: 8,
    n_epochs: 2,
    minibatch: 4,
    learning_rate: 3e-3,
    gamma: 0.9,
    lambda: 0.5,
    clip: 0.2,
    value_weight: 0.5,
    entropy: 0.0,
    max_gradient_norm: 0.5,
};

fn agent(env: &dyn Env, config: PpoConfig, seed: u64) -> Ppo {
    Ppo::new(env.spec(), config, seed).unwrap()
}

fn transition(reward: f64, next_observation: &[f32]) -> Transition<'_> {
    Transition { reward, next_observation, terminated: false, truncated: false }
}

/// Steps of a life in a made-up world, from one on; episodes of three.
fn live(agent: &mut Ppo, steps: std::ops::Range<u32>) {
    let observed = |step: u32| [0.1 * step as f32, (step % 3) as f32, -0.3, (step as f32).sin()];
    let mut action = [0.0];
    for step in steps {
        if step % 3 == 0 {
            agent.begin_episode(&observed(step), Mode::Learn).unwrap();
        }
        agent.act(&mut action);
        let next = observed(step + 1);
        let (terminated, truncated) = (step % 6 == 2, step % 6 == 5);
        let reward = f64::from(action[0]) - 0.1 * f64::from(step % 5);
        agent.learn(&Transition { reward, next_observation: &next, terminated, truncated }).unwrap();
    }
}

/// δ of four steps: one that terminates, one that is cut at the time limit, one that the world broke off, one that goes on.
#[test]
fn the_value_of_what_comes_next_counts_unless_the_task_has_ended() {
    let env = make("cartpole").unwrap();
    let mut agent = agent(env.as_ref(), SHORT, 1);
    let observations = [[0.1, 0.5, -0.2, 0.3], [0.3, -0.5, 0.2, 0.0]];
    let mut expected = Vec::new();
    for (terminated, truncated) in [(true, false), (false, true), (false, false), (false, false)] {
        agent.begin_episode(&observations[0], Mode::Learn).unwrap();
        agent.act(&mut [0.0]);
        let value = agent.learner.value(&agent.input.clone());
        agent.learn(&Transition { reward: 0.7, next_observation: &observations[1], terminated, truncated }).unwrap();
        let next = if terminated { 0.0 } else { agent.learner.value(&agent.input.clone()) };
        // The discounted return is 0.7 each time: it has no spread, and its scaled reward is clipped.
        let reward = if expected.is_empty() { 0.7 } else { 10.0 };
        expected.push(reward + 0.9 * next - value);
        assert_eq!((agent.insight[0], agent.insight[1]), (value, *expected.last().unwrap()));
    }
    assert_eq!(agent.experience.deltas, expected);
    assert_eq!(agent.experience.ended, [true, true, true, false]);
    let mut advantages = [0.0; 4];
    agent.experience.advantages(0.45, &mut advantages);
    assert_eq!(advantages[..], expected);
}

/// In the first rollout, and in the second one, which begins within an episode.
#[test]
fn at_its_first_minibatch_the_policy_is_the_one_that_lived_the_rollout() {
    let env = make("cartpole").unwrap();
    for (n_steps, n_kept) in [(7, 7), (13, 5)] {
        let mut agent = agent(env.as_ref(), SHORT, 1);
        live(&mut agent, 0..n_steps);
        let experience = agent.experience.clone();
        assert_eq!(experience.len(), n_kept);
        for step in 0..n_kept {
            let input = &experience.inputs[4 * step..][..4];
            let (means, ln_sigma) = agent.learner.policy(input);
            let log_density = log_density(&experience.actions[step..=step], means, ln_sigma);
            assert_eq!(log_density, experience.log_densities[step]);
            assert_eq!(agent.learner.value(input), experience.values[step]);
        }
    }
}

#[test]
fn a_restored_agent_goes_on_bit_exactly_from_any_point() {
    let env = make("cartpole").unwrap();
    for n in 0..10 {
        let mut saved = agent(env.as_ref(), SHORT, 7);
        live(&mut saved, 0..6 + n);
        let state = saved.save();
        let mut restored = agent(env.as_ref(), SHORT, 8);
        live(&mut restored, 0..5);
        restored.load(&state).unwrap();
        assert_eq!(restored.save(), state);
        assert_eq!(restored.insight(), saved.insight());
        // Through an update and more.
        for agent in [&mut saved, &mut restored] {
            live(agent, 6 + n..6 + n + 11);
        }
        assert_eq!(restored.save(), saved.save());
        assert_ne!(restored.save(), state);
    }
    // Between an action and what it led to.
    let mut saved = agent(env.as_ref(), SHORT, 7);
    saved.begin_episode(&[0.1; 4], Mode::Learn).unwrap();
    saved.act(&mut [0.0]);
    let mut restored = agent(env.as_ref(), SHORT, 8);
    restored.load(&saved.save()).unwrap();
    for agent in [&mut saved, &mut restored] {
        agent.learn(&transition(0.5, &[0.0, 0.1, 0.2, 0.3])).unwrap();
        live(agent, 0..12);
    }
    assert_eq!(restored.save(), saved.save());
}

#[test]
fn equal_seeds_live_equal_lives_and_others_do_not() {
    let env = make("cartpole").unwrap();
    let life = |seed| {
        let mut agent = agent(env.as_ref(), SHORT, seed);
        live(&mut agent, 0..20);
        agent.save()
    };
    assert_eq!(life(3), life(3));
    assert_ne!(life(3), life(4));
}

#[test]
fn damaged_or_foreign_states_are_refused() {
    let (cartpole, reacher) = (make("cartpole").unwrap(), make("reacher").unwrap());
    let mut other = agent(reacher.as_ref(), SHORT, 1);
    let mut agent = agent(cartpole.as_ref(), SHORT, 1);
    live(&mut agent, 0..5);
    let before = agent.save();
    assert!(matches!(agent.load(&other.save()), Err(AgentError::State(_))));
    assert!(agent.load(&before[..before.len() - 1]).is_err());
    let mut damaged = before.clone();
    damaged[100] ^= 4;
    assert!(agent.load(&damaged).is_err());
    // Whole, but not what this agent could have written.
    let spoiled: [fn(&mut State); 6] = [
        |state| state.value = f32::NAN,
        |state| state.drawn.clear(),
        |state| state.experience.values[0] = f32::INFINITY,
        |state| state.experience.actions.push(0.0),
        |state| state.observed = Normaliser::new(3),
        |state| {
            let Experience { inputs, actions, log_densities, values, deltas, ended } = &mut state.experience;
            inputs.resize(8 * 4, 0.0);
            [actions, log_densities, values, deltas].into_iter().for_each(|list| list.resize(8, 0.0));
            ended.resize(8, false);
        },
    ];
    for (case, spoil) in spoiled.into_iter().enumerate() {
        let mut state: State = seal::unseal(STATE, &before).unwrap();
        spoil(&mut state);
        assert!(matches!(agent.load(&seal::seal(STATE, &state)), Err(AgentError::State(_))), "{case}");
    }
    assert_eq!(agent.save(), before);
}

#[test]
fn what_is_not_finite_is_refused_and_changes_nothing() {
    let env = make("cartpole").unwrap();
    let mut agent = agent(env.as_ref(), SHORT, 1);
    agent.begin_episode(&[0.0, 0.1, 0.2, 0.3], Mode::Learn).unwrap();
    agent.act(&mut [0.0]);
    let before = agent.save();
    let bad = [0.0, f32::NAN, 0.0, 0.0];
    assert!(matches!(agent.learn(&transition(1.0, &bad)), Err(AgentError::Observation { .. })));
    assert!(matches!(agent.learn(&transition(f64::INFINITY, &[0.0; 4])), Err(AgentError::Reward(_))));
    assert!(agent.begin_episode(&bad, Mode::Evaluate).is_err());
    assert_eq!(agent.save(), before);
}

#[test]
fn evaluation_learns_nothing_and_draws_nothing() {
    let mut env = make("cartpole").unwrap();
    let mut agent = agent(env.as_ref(), SHORT, 1);
    live(&mut agent, 0..13);
    let learned = |agent: &mut Ppo| {
        let state: State = seal::unseal(STATE, &agent.save()).unwrap();
        seal::seal(STATE, &(state.learner, state.experience, state.observed, state.rewarded))
    };
    let (before, rng) = (learned(&mut agent), agent.rng.clone());
    let first = episode(env.as_mut(), &mut agent, 9, Mode::Evaluate);
    let again = episode(env.as_mut(), &mut agent, 9, Mode::Evaluate);
    assert_eq!(first, again);
    assert!(agent.rng == rng, "something was drawn");
    let explored = episode(env.as_mut(), &mut agent, 9, Mode::Explore);
    assert_ne!(explored, first);
    assert!(learned(&mut agent) == before, "something was learned");
}

#[test]
fn a_setting_out_of_range_is_named() {
    let env = make("cartpole").unwrap();
    let refused = |config: PpoConfig| Ppo::new(env.spec(), config, 1).err().unwrap().to_string();
    let default = PpoConfig::default();
    assert_eq!(refused(PpoConfig { gamma: 1.0, ..default }), "gamma is 1, expected a discount from 0 to below 1");
    assert!(refused(PpoConfig { lambda: 1.1, ..default }).starts_with("lambda is 1.1"));
    assert!(refused(PpoConfig { clip: f64::NAN, ..default }).starts_with("clip is NaN"));
    assert!(refused(PpoConfig { learning_rate: 0.0, ..default }).starts_with("learning_rate is 0"));
    assert!(refused(PpoConfig { value_weight: -1.0, ..default }).starts_with("value_weight is -1"));
    assert!(refused(PpoConfig { entropy: -1.0, ..default }).starts_with("entropy is -1"));
    assert!(refused(PpoConfig { max_gradient_norm: 0.0, ..default }).starts_with("max_gradient_norm is 0"));
    assert!(refused(PpoConfig { n_hidden: 0, ..default }).starts_with("n_hidden is 0"));
    assert!(refused(PpoConfig { n_epochs: 0, ..default }).starts_with("n_epochs is 0"));
    assert!(refused(PpoConfig { minibatch: 1, ..default }).starts_with("minibatch is 1"));
    assert_eq!(
        refused(PpoConfig { n_steps: 2000, ..default }),
        "n_steps is 2000, expected a multiple of minibatch, at most 1048576"
    );
    assert!(toml::from_str::<PpoConfig>("gama = 0.9").is_err());
    assert_eq!(toml::from_str::<PpoConfig>("clip = 0.3").unwrap(), PpoConfig { clip: 0.3, ..default });
}

/// The mean over three agents after 20,000 steps; agents that have learned nothing reach 40.
#[test]
fn it_learns_to_balance() {
    let mut env = make("cartpole").unwrap();
    let mut after = 0.0;
    for seed in 0..3 {
        let mut agent = agent(env.as_ref(), PpoConfig::default(), seed);
        let (mut n_steps, mut index) = (0, 0);
        while n_steps < 20_000 {
            n_steps += episode(env.as_mut(), &mut agent, 1_000_000 * seed + index, Mode::Learn).1;
            index += 1;
        }
        after += mean_return(env.as_mut(), &mut agent, 0..10) / 3.0;
    }
    assert!(after > 150.0, "mean return {after}");
}
