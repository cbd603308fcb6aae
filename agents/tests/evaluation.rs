//! An evaluation teaches nothing: it moves no weight, and a twin that was evaluated in between learns on as the other.

use mesolimb_agents::{Agent, AgentSettings, Mode, SpikingActorCritic, Transition, registry};
use mesolimb_envs::{Env, make};

fn twin(name: &str, env: &dyn Env) -> Box<dyn Agent> {
    let mut settings = AgentSettings::default();
    settings.change::<SpikingActorCritic>(|spiking| _ = spiking.brain.parameters.insert("cells".into(), 32.0)).unwrap();
    registry::make(name, &settings, env, 5).unwrap()
}

/// Lives for episodes of these seeds, and returns everything that was done, bit by bit.
fn live(env: &mut dyn Env, agent: &mut dyn Agent, seeds: std::ops::Range<u64>, mode: Mode) -> Vec<u32> {
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut action = vec![0.0; env.spec().actions.len()];
    let mut done = Vec::new();
    for seed in seeds {
        env.reset(seed);
        env.observe(&mut observation);
        agent.begin_episode(&observation, mode).unwrap();
        loop {
            agent.act(&mut action);
            done.extend(action.iter().map(|value| value.to_bits()));
            let step = env.step(&action);
            env.observe(&mut observation);
            let (terminated, truncated) = (step.terminated, step.truncated);
            let next_observation = &observation[..];
            agent.learn(&Transition { reward: step.reward, next_observation, terminated, truncated }).unwrap();
            if step.ended() {
                break;
            }
        }
    }
    done
}

/// What a twin does and is after it has learned, lived `between`, and learned on.
fn life(name: &str, between: Option<Mode>) -> (Vec<u32>, Vec<u8>) {
    let mut env = make("cartpole").unwrap();
    let mut agent = twin(name, env.as_ref());
    live(env.as_mut(), agent.as_mut(), 0..6, Mode::Learn);
    if let Some(mode) = between {
        let done = live(env.as_mut(), agent.as_mut(), 100..103, mode);
        assert!(done.len() > 20, "the episodes between were too short to tell");
    }
    let done = live(env.as_mut(), agent.as_mut(), 6..12, Mode::Learn);
    (done, agent.save())
}

/// The bytes of the weights of every readout of a brain.
fn weights(agent: &dyn Agent) -> Vec<u32> {
    let brain = agent.brain().unwrap();
    let readouts = ["value", "policy"].map(|name| brain.readout_id(name).unwrap());
    readouts.iter().flat_map(|id| brain.readout_weights(*id).iter().map(|weight| weight.to_bits())).collect()
}

#[test]
fn a_twin_that_was_evaluated_learns_on_as_the_other() {
    // Not so the spiking agent: each episode, evaluated or not, begins with cells in another state, drawn from one stream.
    let name = "stream-ac";
    let (done, state) = life(name, None);
    let (done_after_evaluation, state_after_evaluation) = life(name, Some(Mode::Evaluate));
    assert!(done_after_evaluation == done, "{name} acts in another way after an evaluation");
    assert!(state_after_evaluation == state, "{name} has learned from an evaluation");
    assert!(life(name, Some(Mode::Learn)).0 != done, "{name} learns nothing anyway, so nothing was tested");
}

#[test]
fn an_evaluation_moves_no_weight_of_the_brain() {
    let mut env = make("cartpole").unwrap();
    let mut agent = twin("spiking", env.as_ref());
    let naive = weights(agent.as_ref());
    live(env.as_mut(), agent.as_mut(), 0..6, Mode::Learn);
    let learned = weights(agent.as_ref());
    assert!(learned != naive, "nothing was learned, so nothing was tested");
    for mode in [Mode::Evaluate, Mode::Explore] {
        live(env.as_mut(), agent.as_mut(), 100..103, mode);
        assert!(weights(agent.as_ref()) == learned, "an evaluation moved weights: {mode:?}");
    }
}

#[test]
fn what_is_tried_in_exploring_follows_the_seed_and_what_is_done_otherwise_does_not() {
    for name in ["spiking", "stream-ac", "intentional-ac", "ppo"] {
        let mut env = make("cartpole").unwrap();
        let mut learned = twin(name, env.as_ref());
        live(env.as_mut(), learned.as_mut(), 0..6, Mode::Learn);
        let state = learned.save();
        let mut done = |mode: Mode, seed: u64| {
            let mut agent = twin(name, env.as_ref());
            agent.load(&state).unwrap();
            agent.reseed(seed);
            live(env.as_mut(), agent.as_mut(), 100..101, mode)
        };
        assert!(done(Mode::Explore, 1) == done(Mode::Explore, 1), "{name}");
        assert!(done(Mode::Explore, 1) != done(Mode::Explore, 2), "{name} tries the same");
        assert!(done(Mode::Evaluate, 1) == done(Mode::Evaluate, 2), "{name} tries something in an evaluation");
    }
}
