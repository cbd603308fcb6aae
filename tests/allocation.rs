//! A control step allocates nothing: neither the brain, nor the agents that learn, nor the loop that joins them to a
//! world.

#![allow(unsafe_code, reason = "a counting allocator can only be written with unsafe code")]

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use common::stub::StubEnv;
use mesolimb_agents::{
    Agent, AgentSettings, BrainChoice, Mode, Rollout, SpikingActorCritic, SpikingConfig, Transition, registry,
    rollout::episode_seed,
};
use mesolimb_brain::Network;
use mesolimb_envs::{Change, ChangeSchedule, Env, TaskEntry};

struct Counting;

thread_local! {
    static N_ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        N_ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        N_ALLOCATIONS.with(|n| n.set(n.get() + 1));
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn n_allocations(run: impl FnOnce()) -> usize {
    let before = N_ALLOCATIONS.with(Cell::get);
    run();
    N_ALLOCATIONS.with(Cell::get) - before
}

/// Steps before anything is counted, and steps that are.
const WARM_UP: usize = 50;
const COUNTED: usize = 1_000;

#[test]
fn the_counter_counts() {
    assert_eq!(n_allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert_eq!(n_allocations(|| drop(std::hint::black_box(vec![0_u8; 10]))), 1);
}

#[test]
fn a_window_of_the_brain_allocates_nothing() {
    let config = SpikingConfig::default();
    let env = mesolimb_envs::make("reacher").unwrap();
    let brain = config.brain(env.spec()).unwrap();
    let mut network = Network::new(&brain.network, 0).unwrap();
    let port = network.port("observation").unwrap();
    let (value, policy) = (network.readout_id("value").unwrap(), network.readout_id("policy").unwrap());
    let dopamine = network.modulator_id("dopamine").unwrap();
    let mut n_spikes = 0;
    let mut window = |i: usize| {
        let phase = i as f32 * 0.1;
        network.set_port(port, &std::array::from_fn::<f32, 10, _>(|k| 2.0 * (phase * (k as f32 + 1.0)).sin()));
        network.think(brain.ticks);
        n_spikes += network.spikes().len();
        network.release(dopamine, phase.cos());
        network.set_error(value, &[1.0]);
        network.set_error(policy, &[0.5, -0.5, 0.1, -0.1]);
        network.learn();
        network.pull_readout(policy, 1.0, &[0.01, 0.0, 0.0, 0.0]);
        network.refresh_readouts();
    };
    (0..WARM_UP).for_each(&mut window);
    assert_eq!(n_allocations(|| (0..COUNTED).for_each(&mut window)), 0, "allocations in {COUNTED} windows");
    assert!(n_spikes > COUNTED, "the brain hardly spiked, so little was tested");
}

/// The learning agents; all must be in the registry.
const LEARNERS: [&str; 4] = ["spiking", "stream-ac", "intentional-ac", "ppo"];

fn agent(name: &str, env: &dyn Env) -> Box<dyn Agent> {
    registry::make(name, &AgentSettings::default(), env, 1).unwrap()
}

#[test]
fn acting_and_learning_allocate_nothing() {
    for task in mesolimb_envs::tasks() {
        for name in LEARNERS {
            let env = (task.make)();
            let mut agent = agent(name, env.as_ref());
            let mut action = vec![0.0; env.spec().actions.len()];
            let mut observation = vec![0.1; env.spec().observations.len()];
            agent.begin_episode(&observation, Mode::Learn).unwrap();
            let mut step = |i: usize| {
                agent.act(&mut action);
                let phase = i as f32 * 0.05;
                observation.iter_mut().enumerate().for_each(|(k, v)| *v = (phase * (k as f32 + 1.0)).sin());
                let (reward, next_observation) = (f64::from(phase.cos()), &observation[..]);
                let transition = Transition { reward, next_observation, terminated: false, truncated: i % 200 == 199 };
                agent.learn(&transition).unwrap();
            };
            (0..WARM_UP).for_each(&mut step);
            let found = n_allocations(|| (0..COUNTED).for_each(&mut step));
            assert_eq!(found, 0, "allocations of {name} on {} in {COUNTED} steps", task.name);
        }
    }
}

#[test]
fn thinking_and_learning_with_any_brain_allocate_nothing() {
    for brain in mesolimb_agents::brain_file::brains() {
        let env = mesolimb_envs::make("reacher").unwrap();
        let config = SpikingConfig { brain: BrainChoice::named(brain.name()), ..SpikingConfig::default() };
        let mut agent = SpikingActorCritic::new(&config, env.spec(), 1).unwrap();
        let mut action = vec![0.0; env.spec().actions.len()];
        let mut observation = vec![0.1; env.spec().observations.len()];
        agent.begin_episode(&observation, Mode::Learn).unwrap();
        let mut step = |i: usize| {
            agent.act(&mut action);
            observation.iter_mut().enumerate().for_each(|(k, v)| *v = (i as f32 * 0.05 * (k as f32 + 1.0)).sin());
            let transition = Transition {
                reward: (i as f64 * 0.05).cos(),
                next_observation: &observation[..],
                terminated: false,
                truncated: i % 200 == 199,
            };
            agent.learn(&transition).unwrap();
        };
        (0..WARM_UP).for_each(&mut step);
        let found = n_allocations(|| (0..COUNTED).for_each(&mut step));
        assert_eq!(found, 0, "allocations of brain '{}' in {COUNTED} steps", brain.name());
    }
}

/// What changes in the world while the loop is counted.
fn changes() -> Vec<Change> {
    let text = r#"
        changes = [
            { parameter = "gravity", scale = 0.9, at = 5, random_walk = 0.01 },
            { parameter = "motor_gain", scale = { uniform = [0.5, 1.0] }, every = 7, ramp = 3 },
        ]"#;
    #[derive(serde::Deserialize)]
    struct File {
        changes: Vec<Change>,
    }
    toml::from_str::<File>(text).unwrap().changes
}

#[test]
fn the_loop_allocates_nothing_in_a_world_that_does_not() {
    for name in LEARNERS {
        for changes in [Vec::new(), changes()] {
            let env = StubEnv::new(None);
            let agent = agent(name, &env);
            let schedule = ChangeSchedule::new(changes.clone(), env.params(), 1).unwrap();
            let mut rollout = Rollout::new(Box::new(env), agent, schedule, 1);
            let mut n_changed = 0;
            let mut step = || n_changed += usize::from(rollout.step().unwrap().world_changed);
            (0..WARM_UP).for_each(|_| step());
            let found = n_allocations(|| (0..COUNTED).for_each(|_| step()));
            assert_eq!(found, 0, "allocations of the loop with {name} and {} changes", changes.len());
            assert_eq!(n_changed > COUNTED / 2, !changes.is_empty(), "the world changed {n_changed} times");
        }
    }
}

/// Rapier allocates within its own step, by an amount that depends on the history of the world: a twin of the world that
/// lives the same episode without a loop around it allocates as much.
#[test]
fn the_loop_adds_nothing_to_what_physics_allocates() {
    for task in mesolimb_envs::tasks() {
        for name in LEARNERS {
            let n_steps = steps_like_those_of_a_twin(task, name);
            assert!(n_steps > 5, "the first episode of {} is over before anything was counted", task.name);
        }
    }
}

/// Lives an episode, in the loop and in a twin of its world, and returns its length.
fn steps_like_those_of_a_twin(task: &TaskEntry, name: &str) -> usize {
    let env = (task.make)();
    let agent = agent(name, env.as_ref());
    let schedule = ChangeSchedule::new(Vec::new(), env.params(), 1).unwrap();
    let mut rollout = Rollout::new(env, agent, schedule, 1);
    let mut twin = (task.make)();
    let mut observation = vec![0.0; twin.spec().observations.len()];
    let mut action = vec![0.0; twin.spec().actions.len()];
    twin.reset(episode_seed(1, "training", 0));
    for i in 0.. {
        let mut ended = false;
        let in_loop = n_allocations(|| ended = rollout.step().unwrap().episode.is_some());
        action.copy_from_slice(rollout.action());
        let in_twin = n_allocations(|| {
            twin.step(&action);
            twin.observe(&mut observation);
        });
        assert_eq!(observation, rollout.observation(), "the twins part");
        if ended {
            return i;
        }
        // The loop's first step starts the episode too.
        if i > 0 {
            assert_eq!(in_loop, in_twin, "allocations of the loop with {name} on {} in step {i}", task.name);
        }
    }
    unreachable!("episodes end")
}
