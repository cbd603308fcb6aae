//! `mesolimb bench learner`: what the parts of the learner's control step cost, for every brain and task.

use std::{fmt::Write as _, hint::black_box, time::Instant};

use anyhow::bail;
use mesolimb_agents::{
    Agent as _, BrainChoice, Mode, SpikingActorCritic, SpikingConfig, Transition, brain_file::brains,
};
use mesolimb_envs::{TaskEntry, tasks};
use serde::Serialize;

use super::BenchArgs;

/// Control steps of life before the clock starts: normalisers have settled, and cells spike as they do while they learn.
const WARM_UP_STEPS: usize = 2_000;
/// Control steps that are lived in the world, and again and again while the clock runs.
const LIVED_STEPS: usize = 200;
/// Passes over them, the fastest of which counts.
const PASSES: usize = 25;

/// What was measured of a task, in microseconds a control step; the world does not count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LearnerSpeed {
    /// Brain.
    pub brain: &'static str,
    /// Task.
    pub task: &'static str,
    /// Cells.
    pub cells: usize,
    /// Synapses, without biases.
    pub synapses: usize,
    /// The observation comes in at one scale; the forward model takes it in.
    pub sense_us: f64,
    /// Brain ticks.
    pub think_us: f64,
    /// The readout becomes an action.
    pub act_us: f64,
    /// Prediction error, dopamine, tags, changes of weight.
    pub learn_us: f64,
    /// All of it.
    pub total_us: f64,
}

/// Times the learner with every brain in every task, one brain after the other in each.
///
/// # Errors
/// If a number is out of range, or the learner breaks.
pub fn bench_learner(args: &BenchArgs) -> anyhow::Result<Vec<LearnerSpeed>> {
    if args.n.is_some() || args.sim_seconds.is_some() {
        bail!("bench learner: --n and --sim-seconds are for networks and envs");
    }
    let pairs = tasks().iter().flat_map(|task| brains().iter().map(move |brain| (task, brain.name())));
    pairs.map(|(task, brain)| measure(task, brain, args.seed)).collect()
}

/// A control step that was lived.
struct Lived {
    reward: f64,
    observation: Vec<f32>,
}

fn measure(task: &TaskEntry, brain: &'static str, seed: u64) -> anyhow::Result<LearnerSpeed> {
    let config = SpikingConfig { brain: BrainChoice::named(brain), ..SpikingConfig::default() };
    let mut env = (task.make)();
    let mut agent = SpikingActorCritic::new(&config, env.spec(), seed)?;
    let mut action = vec![0.0; env.spec().actions.len()];
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut lived = Vec::new();
    let mut begins = true;
    for step in 0..WARM_UP_STEPS + LIVED_STEPS {
        if begins {
            env.reset(seed.wrapping_add(step as u64));
            env.observe(&mut observation);
            agent.begin_episode(&observation, Mode::Learn)?;
        }
        agent.act(&mut action);
        let now = env.step(&action);
        env.observe(&mut observation);
        let (terminated, truncated) = (now.terminated, now.truncated);
        agent.learn(&Transition { reward: now.reward, next_observation: &observation, terminated, truncated })?;
        begins = now.ended();
        if step >= WARM_UP_STEPS {
            lived.push(Lived { reward: now.reward, observation: observation.clone() });
        }
    }
    agent.begin_episode(&observation, Mode::Learn)?;
    // Parts are taken from the pass that was the fastest as a whole, so that they add up.
    let passes = (0..PASSES).map(|_| pass(&mut agent, &lived, &mut action));
    let total = |parts: &[f64; 4]| parts.iter().sum::<f64>();
    let parts = passes.min_by(|a, b| total(a).total_cmp(&total(b))).unwrap_or_default();
    let [act_us, sense_us, think_us, learn_us] = parts.map(|secs| 1e6 * secs / LIVED_STEPS as f64);
    let footprint = agent.brain().map(|brain| brain.footprint()).unwrap_or_default();
    Ok(LearnerSpeed {
        brain,
        task: task.name,
        cells: footprint.cells,
        synapses: footprint.static_synapses + footprint.plastic_synapses,
        sense_us,
        think_us,
        act_us,
        learn_us,
        total_us: sense_us + think_us + act_us + learn_us,
    })
}

/// Seconds of acting, sensing, thinking and learning in one pass over what was lived.
fn pass(agent: &mut SpikingActorCritic, lived: &[Lived], action: &mut [f32]) -> [f64; 4] {
    let mut secs = [0.0; 4];
    for Lived { reward, observation } in lived {
        let next_observation = observation;
        let transition = Transition { reward: *reward, next_observation, terminated: false, truncated: false };
        let times = [
            Instant::now(),
            after(|| agent.act(black_box(action))),
            after(|| agent.sense(black_box(observation))),
            after(|| agent.think()),
            after(|| _ = black_box(agent.learn_from(&transition))),
        ];
        for (secs, pair) in secs.iter_mut().zip(times.windows(2)) {
            *secs += (pair[1] - pair[0]).as_secs_f64();
        }
    }
    secs
}

fn after(work: impl FnOnce()) -> Instant {
    work();
    Instant::now()
}

pub(super) fn table(speeds: &[LearnerSpeed]) -> String {
    let mut text = format!(
        "{:<18}{:<18}{:>7}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "task", "brain", "cells", "synapses", "sense µs", "think µs", "act µs", "learn µs", "all µs"
    );
    for LearnerSpeed { brain, task, cells, synapses, sense_us, think_us, act_us, learn_us, total_us } in speeds {
        let parts = [sense_us, think_us, act_us, learn_us, total_us];
        let _ = write!(text, "\n{task:<18}{brain:<18}{cells:>7}{synapses:>10}");
        parts.iter().for_each(|part| text += &format!("{part:>10.2}"));
    }
    text
}
