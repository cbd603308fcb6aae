//! The closed loop: one agent, one robot, one stream of experience.

use std::collections::VecDeque;

use mesolimb_brain::rng::stream;
use mesolimb_envs::{ChangeSchedule, Env, Fault, perturbation::ScheduleState};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::agent::{Agent, AgentError, Mode, Transition};

/// Episodes whose returns make up the training return.
pub const RECENT_EPISODES: usize = 20;

/// An agent that lives in a world and learns, control step by control step.
pub struct Rollout {
    env: Box<dyn Env>,
    agent: Box<dyn Agent>,
    changes: ChangeSchedule,
    seed: u64,
    observation: Vec<f32>,
    action: Vec<f32>,
    progress: Progress,
}

/// Where a rollout stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Control steps of life.
    pub steps: u64,
    /// Episodes that have ended.
    pub episodes: u64,
    /// Whether an episode is under way.
    pub in_episode: bool,
    /// Return of the episode under way.
    pub episode_return: f64,
    /// Control steps of the episode under way.
    pub episode_steps: u32,
    /// Returns of the last [`RECENT_EPISODES`] episodes, oldest first.
    pub recent_returns: VecDeque<f64>,
}

/// What a control step led to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Reward of the step.
    pub reward: f64,
    /// Whether the schedule of changes changed the world before the step.
    pub world_changed: bool,
    /// The episode, if it ended with the step.
    pub episode: Option<Episode>,
}

/// An episode that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Which one, from 0.
    pub index: u64,
    /// Control step of life at its end.
    pub end_step: u64,
    /// Its length in control steps.
    pub steps: u32,
    /// Sum of its rewards.
    pub total_reward: f64,
    /// Why it ended.
    pub end: EpisodeEnd,
}

/// Why an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EpisodeEnd {
    /// By the rule of the task.
    Terminated,
    /// By its time limit.
    Truncated,
    /// The simulation broke; its last step taught nothing.
    Fault(Fault),
}

impl std::fmt::Display for EpisodeEnd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Terminated => f.write_str("terminated"),
            Self::Truncated => f.write_str("truncated"),
            Self::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

/// A rollout as one value: physics, brain, schedule and counters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutState {
    env: Vec<u8>,
    agent: Vec<u8>,
    changes: ScheduleState,
    progress: Progress,
    observation: Vec<f32>,
    action: Vec<f32>,
}

impl Rollout {
    /// Puts an agent into a world that changes by `changes`. Episodes are drawn from `seed`.
    #[must_use]
    pub fn new(env: Box<dyn Env>, agent: Box<dyn Agent>, changes: ChangeSchedule, seed: u64) -> Self {
        let observation = vec![0.0; env.spec().observations.len()];
        let action = vec![0.0; env.spec().actions.len()];
        Self { env, agent, changes, seed, observation, action, progress: Progress::default() }
    }

    /// Lives for one control step: sense, think, act, move, evaluate, learn.
    ///
    /// Begins an episode first, if none is under way: see [`Rollout::prepare`].
    /// Sensing and thinking happen once a step, where the value of what comes next is needed: at the start of an episode,
    /// and then within [`Agent::learn`]; the next act answers that thought. Allocates nothing within an episode.
    ///
    /// # Errors
    /// If an observation or reward is not finite; the agent has learned nothing from it. If an action is not finite; the
    /// world has not moved then.
    pub fn step(&mut self) -> Result<StepReport, AgentError> {
        self.prepare()?;
        self.agent.act(&mut self.action);
        self.check_action()?;
        let world_changed = self.changes.advance(self.progress.steps, self.env.params_mut());
        let step = self.env.step(&self.action);
        self.env.observe(&mut self.observation);
        if step.fault.is_none() {
            self.agent.learn(&Transition {
                reward: step.reward,
                next_observation: &self.observation,
                terminated: step.terminated,
                truncated: step.truncated,
            })?;
            self.progress.episode_return += step.reward;
        }
        self.progress.steps += 1;
        self.progress.episode_steps += 1;
        let end = match step.fault {
            Some(fault) => Some(EpisodeEnd::Fault(fault)),
            None if step.terminated => Some(EpisodeEnd::Terminated),
            None if step.truncated => Some(EpisodeEnd::Truncated),
            None => None,
        };
        Ok(StepReport { reward: step.reward, world_changed, episode: end.map(|end| self.end_episode(end)) })
    }

    /// Begins an episode if none is under way, and returns whether it did: the agent has sensed and thought for the first
    /// time then. [`Rollout::step`] does so by itself; whoever wants to see that first thought calls this before.
    ///
    /// # Errors
    /// If an observation is not finite; the agent has not changed.
    pub fn prepare(&mut self) -> Result<bool, AgentError> {
        let begins = !self.progress.in_episode;
        if begins {
            self.begin_episode()?;
        }
        Ok(begins)
    }

    fn begin_episode(&mut self) -> Result<(), AgentError> {
        self.env.reset(episode_seed(self.seed, "training", self.progress.episodes));
        self.env.observe(&mut self.observation);
        self.agent.begin_episode(&self.observation, Mode::Learn)?;
        self.progress.in_episode = true;
        self.progress.episode_return = 0.0;
        self.progress.episode_steps = 0;
        Ok(())
    }

    fn check_action(&self) -> Result<(), AgentError> {
        match self.action.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(i) => Err(AgentError::Action {
                step: self.progress.steps + 1,
                channel: self.env.spec().actions[i].name.clone(),
                value: self.action[i],
            }),
        }
    }

    fn end_episode(&mut self, end: EpisodeEnd) -> Episode {
        let progress = &mut self.progress;
        let episode = Episode {
            index: progress.episodes,
            end_step: progress.steps,
            steps: progress.episode_steps,
            total_reward: progress.episode_return,
            end,
        };
        progress.episodes += 1;
        progress.in_episode = false;
        if progress.recent_returns.len() == RECENT_EPISODES {
            progress.recent_returns.pop_front();
        }
        progress.recent_returns.push_back(episode.total_reward);
        episode
    }

    /// Where the rollout stands.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The world.
    #[must_use]
    pub fn env(&self) -> &dyn Env {
        self.env.as_ref()
    }

    /// The world, to change its parameters by hand.
    pub fn env_mut(&mut self) -> &mut dyn Env {
        self.env.as_mut()
    }

    /// The agent.
    #[must_use]
    pub fn agent(&self) -> &dyn Agent {
        self.agent.as_ref()
    }

    /// The agent, to save it.
    pub fn agent_mut(&mut self) -> &mut dyn Agent {
        self.agent.as_mut()
    }

    /// What was observed last, in the units of the channels.
    #[must_use]
    pub fn observation(&self) -> &[f32] {
        &self.observation
    }

    /// What was done last, in the units of the channels.
    #[must_use]
    pub fn action(&self) -> &[f32] {
        &self.action
    }

    /// Mean return of the last [`RECENT_EPISODES`] episodes, if one has ended.
    #[must_use]
    pub fn training_return(&self) -> Option<f64> {
        let recent = &self.progress.recent_returns;
        (!recent.is_empty()).then(|| recent.iter().sum::<f64>() / recent.len() as f64)
    }

    /// The state now, at any step.
    pub fn save(&mut self) -> RolloutState {
        RolloutState {
            env: self.env.save(),
            agent: self.agent.save(),
            changes: self.changes.state().clone(),
            progress: self.progress.clone(),
            observation: self.observation.clone(),
            action: self.action.clone(),
        }
    }

    /// Takes back a state of a rollout built alike.
    ///
    /// # Errors
    /// If it does not fit. The rollout is to be thrown away then.
    pub fn load(&mut self, state: RolloutState) -> Result<(), AgentError> {
        let unfit = |what: &str| AgentError::State(format!("{what} does not fit"));
        if state.observation.len() != self.observation.len() || state.action.len() != self.action.len() {
            return Err(unfit("the number of channels"));
        }
        if state.progress.recent_returns.len() > RECENT_EPISODES {
            return Err(unfit("the number of recent returns"));
        }
        self.env.load(&state.env)?;
        self.agent.load(&state.agent)?;
        self.changes.restore(state.changes, self.env.params())?;
        self.progress = state.progress;
        self.observation = state.observation;
        self.action = state.action;
        Ok(())
    }
}

/// Seed of an episode: its own for each purpose and index.
#[must_use]
pub fn episode_seed(seed: u64, purpose: &str, index: u64) -> u64 {
    stream(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15), purpose).random()
}
