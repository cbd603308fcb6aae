//! What a finished run amounts to: evaluation, its scale from no skill to the reference of the task, and speed.

use std::{hint::black_box, time::Instant};

use anyhow::Context as _;
use mesolimb_agents::{Agent, AgentError, EpisodeEnd, Evaluated, Mode, Transition, evaluate, registry};
use mesolimb_envs::{Env, Params};
use serde::{Deserialize, Serialize};

use crate::{config::RunConfig, session::Session, study::median};

/// Episodes of an evaluation.
pub const EVALUATION_EPISODES: u64 = 20;
/// Episodes behind the lower end of the scale of scores: more, because chance varies much.
const CHANCE_EPISODES: u64 = 100;
/// Control steps over which speed is measured.
const TIMED_STEPS: u32 = 3_000;

/// `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Version of mesolimb.
    pub version: String,
    /// Task.
    pub task: String,
    /// Agent.
    pub agent: String,
    /// Seed.
    pub seed: u64,
    /// Control steps of training.
    pub steps: u64,
    /// Training episodes that ended.
    pub episodes: u64,
    /// Changes of the world that were made by hand: rows of `interventions.csv`. A run with any cannot be repeated from
    /// its run file alone.
    pub interventions: u64,
    /// Mean return of random actions in the unchanged world.
    pub random_return: f64,
    /// Mean return of doing nothing in the unchanged world.
    #[serde(default = "nan")]
    pub idle_return: f64,
    /// Mean return of the reference of the task in the unchanged world; none for a task without one.
    pub reference_return: Option<f64>,
    /// Mean return of the last 20 training episodes; none if no episode has ended.
    pub training_return: Option<f64>,
    /// Mean return of 20 evaluation episodes after training, learning and exploration off, in the world as it is then.
    pub final_return: f64,
    /// The same with exploration as in training.
    pub acting_return: f64,
    /// `(final − none)/(reference − none)`, with the better of random actions and doing nothing; none for a task without a
    /// reference.
    pub score: Option<f64>,
    /// The episodes behind `final_return`.
    #[serde(default)]
    pub evaluation: Vec<Evaluated>,
    /// Control steps a second of the world alone, one thread.
    pub env_steps_per_s: f64,
    /// Microseconds that the agent takes for a control step: sensing, thinking, acting, learning.
    pub brain_us_per_step: f64,
}

/// A summary that was written before doing nothing was measured.
fn nan() -> f64 {
    f64::NAN
}

/// The ends of the scale of scores: what takes no learning, and the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Mean return of random actions in the unchanged world.
    pub random_return: f64,
    /// Mean return of doing nothing there.
    pub idle_return: f64,
    /// Mean return of the reference in the unchanged world; none for a task without one.
    pub reference_return: Option<f64>,
}

impl Scale {
    /// One that was not measured.
    pub const UNKNOWN: Self = Self { random_return: f64::NAN, idle_return: f64::NAN, reference_return: None };

    /// Measures both ends in the task of a run, whose changes do not count.
    ///
    /// # Errors
    /// If an agent cannot be made.
    pub fn of(config: &RunConfig) -> anyhow::Result<Self> {
        // A reference sees velocities.
        let config = RunConfig { partial: false, ..config.clone() };
        let mut nominal = config.make_env()?.params().clone();
        nominal.reset_all();
        let mean_return = |agent, episodes| {
            let lived = live_episodes(&config, agent, None, &nominal, episodes, Mode::Evaluate)?;
            anyhow::Ok(mean_return(&lived))
        };
        Ok(Self {
            random_return: mean_return("random", CHANCE_EPISODES)?,
            idle_return: mean_return("idle", EVALUATION_EPISODES)?,
            reference_return: has_reference(&config)?
                .then(|| mean_return("reference", EVALUATION_EPISODES))
                .transpose()?,
        })
    }

    /// What takes no learning: the better of random actions and doing nothing.
    #[must_use]
    pub fn unlearned_return(&self) -> f64 {
        self.random_return.max(self.idle_return)
    }

    /// 0 for a return that takes no learning, 1 for that of the reference; none without a reference.
    #[must_use]
    pub fn score(&self, value: f64) -> Option<f64> {
        let none = self.unlearned_return();
        self.reference_return.map(|reference| (value - none) / (reference - none))
    }
}

impl Summary {
    /// The outcome in a line.
    #[must_use]
    pub fn one_line(&self) -> String {
        let Self { agent, task, final_return, random_return, idle_return, steps, episodes, .. } = self;
        let returns = match (self.score, self.reference_return) {
            (Some(score), Some(reference)) => {
                format!(
                    "score {score:.3} (final return {final_return:.1}; random {random_return:.1}, idle {idle_return:.1}, \
                     reference {reference:.1})"
                )
            }
            _ => {
                format!(
                    "final return {final_return:.1} (random {random_return:.1}, idle {idle_return:.1}; there is no reference \
                     for a score)"
                )
            }
        };
        format!("{agent} on {task}: {returns} after {steps} steps, {episodes} episodes{}", self.walked())
    }

    /// How far forward a robot got that moves freely.
    fn walked(&self) -> String {
        let speeds: Vec<f64> = self.evaluation.iter().filter_map(|episode| episode.speed_m_per_s).collect();
        if speeds.is_empty() {
            return String::new();
        }
        let whole = self.evaluation.iter().filter(|episode| episode.end == EpisodeEnd::Truncated).count();
        let (median, n) = (median(&speeds), self.evaluation.len());
        format!("; {median:.2} m/s along x, {whole} of {n} evaluation episodes to the time limit")
    }

    /// Evaluates a session where it stands, on a scale that is measured unless it is known. The session itself is not
    /// touched.
    ///
    /// # Errors
    /// If an agent cannot be made or restored.
    pub fn of(session: &mut Session, scale: Option<Scale>) -> anyhow::Result<Self> {
        let config = session.config().clone();
        let state = session.rollout_mut().agent_mut().save();
        let progress = session.rollout().progress().clone();
        let training_return = session.rollout().training_return();
        let now = session.rollout().env().params().clone();
        let scale = scale.map_or_else(|| Scale::of(&config), Ok)?;
        let of_learner = |mode| live_episodes(&config, &config.agent, Some(&state), &now, EVALUATION_EPISODES, mode);
        let [evaluation, acting] = [of_learner(Mode::Evaluate)?, of_learner(Mode::Explore)?];
        let [final_return, acting_return] = [&evaluation, &acting].map(|lived| mean_return(lived));
        let (env_steps_per_s, brain_us_per_step) = speed(&config, &state)?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            task: config.task,
            agent: config.agent,
            seed: config.seed,
            steps: progress.steps,
            episodes: progress.episodes,
            interventions: session.interventions(),
            random_return: scale.random_return,
            idle_return: scale.idle_return,
            reference_return: scale.reference_return,
            training_return,
            final_return,
            acting_return,
            score: scale.score(final_return),
            evaluation,
            env_steps_per_s,
            brain_us_per_step,
        })
    }
}

/// Whether the task has a reference.
fn has_reference(config: &RunConfig) -> Result<bool, AgentError> {
    let env = config.make_env()?;
    match registry::make("reference", &config.settings, env.as_ref(), config.seed) {
        Ok(_) => Ok(true),
        Err(AgentError::Unsuited { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A world and who lives in it.
type Pair = (Box<dyn Env>, Box<dyn Agent>);

fn mean_return(lived: &[Evaluated]) -> f64 {
    lived.iter().map(|episode| episode.total_reward).sum::<f64>() / lived.len() as f64
}

/// The evaluation episodes of an agent, of which the first are the same for every agent of a seed.
fn live_episodes(
    config: &RunConfig,
    agent: &str,
    state: Option<&[u8]>,
    params: &Params,
    episodes: u64,
    mode: Mode,
) -> anyhow::Result<Vec<Evaluated>> {
    let settings = &config.settings;
    let make = |index: u64| -> Result<Pair, AgentError> {
        let env = config.make_env()?;
        // Random actions differ from episode to episode; what was learned does not.
        let seed = if state.is_some() { config.seed } else { config.seed.wrapping_mul(1_000).wrapping_add(index) };
        let mut agent = registry::make(agent, settings, env.as_ref(), seed)?;
        if let Some(state) = state {
            agent.load(state)?;
        }
        Ok((env, agent))
    };
    evaluate(make, params, config.seed, episodes, mode)
        .with_context(|| format!("evaluation of agent '{agent}' on task '{}'", config.task))
}

/// Steps a second of the world alone, and microseconds a step of the agent alone, on copies.
fn speed(config: &RunConfig, state: &[u8]) -> anyhow::Result<(f64, f64)> {
    let mut env = config.make_env()?;
    let mut agent = registry::make(&config.agent, &config.settings, env.as_ref(), config.seed)?;
    agent.load(state)?;
    let mut action: Vec<f32> = env.spec().actions.iter().map(|c| 0.1 * c.high).collect();
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut seen = Vec::new();

    env.reset(config.seed);
    let start = Instant::now();
    for i in 0..TIMED_STEPS {
        if env.step(black_box(&action)).ended() {
            env.reset(config.seed.wrapping_add(u64::from(i)));
        }
    }
    let env_steps_per_s = f64::from(TIMED_STEPS) / start.elapsed().as_secs_f64();

    env.reset(config.seed);
    for _ in 0..100 {
        env.step(&action);
        env.observe(&mut observation);
        seen.push(observation.clone());
    }
    agent.begin_episode(&seen[0], Mode::Learn)?;
    let start = Instant::now();
    for i in 0..TIMED_STEPS as usize {
        agent.act(&mut action);
        let next_observation = &seen[i % seen.len()];
        agent.learn(&Transition { reward: 0.5, next_observation, terminated: false, truncated: false })?;
    }
    let brain_us_per_step = start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMED_STEPS);
    Ok((env_steps_per_s, brain_us_per_step))
}
