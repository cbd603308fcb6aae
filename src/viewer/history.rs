//! What the plots show: the last seconds of the brain, and the returns and changes of a whole life. All of it bounded.

use std::collections::VecDeque;

use bevy::prelude::Resource;

use super::returns::ReturnCurve;
use mesolimb_agents::Scalar;

use crate::live::{Cast, Frame, Mark, Sample, TimedSpike};

/// Seconds of life in the plots of the brain.
pub const WINDOW_SECS: f64 = 2.0;
/// Spikes kept at most, whatever the rates.
const MAX_SPIKES: usize = 200_000;
/// Changes of the world kept.
const MAX_MARKS: usize = 200;
/// Changes of the same thing closer than this share of a life are one, so that a drifting world does not fill the plot.
const MERGED_MARKS: f64 = 0.002;

/// The bounded past of a run.
#[derive(Resource, Clone, Debug)]
pub struct History {
    /// Spikes of the window, oldest first.
    pub spikes: VecDeque<TimedSpike>,
    /// Control steps of the window, oldest first.
    pub samples: VecDeque<Sample>,
    /// Returns of the whole life.
    pub returns: ReturnCurve,
    /// Changes of the world, oldest first.
    pub marks: VecDeque<Mark>,
    /// Control steps at which episodes of the window ended.
    pub episode_ends: VecDeque<u64>,
    /// Control steps of life.
    pub step: u64,
    /// Ticks of the brain's life.
    pub tick: u64,
    /// Control step at which the viewer came in.
    pub first_step: Option<u64>,
    scalars: &'static [Scalar],
    tick_secs: f64,
    control_dt_secs: f64,
}

impl History {
    /// An empty past.
    pub fn new(cast: &Cast) -> Self {
        Self {
            spikes: VecDeque::new(),
            samples: VecDeque::new(),
            returns: ReturnCurve::default(),
            marks: VecDeque::new(),
            episode_ends: VecDeque::new(),
            step: 0,
            tick: 0,
            first_step: None,
            scalars: cast.scalars,
            tick_secs: cast.tick_secs,
            control_dt_secs: cast.env.control_dt_secs,
        }
    }

    /// Takes over what a frame tells.
    pub fn add(&mut self, frame: &Frame) {
        self.step = frame.step;
        self.tick = frame.tick;
        self.first_step.get_or_insert(frame.step);
        self.spikes.extend(&frame.spikes);
        self.samples.extend(frame.samples.iter().cloned());
        for episode in &frame.episodes {
            self.returns.push(episode.end_step, episode.total_reward);
            self.episode_ends.push_back(episode.end_step);
        }
        for mark in &frame.marks {
            self.mark(mark);
        }
        self.forget();
    }

    /// Where a sample has what goes by this name, if it can be seen of the agent.
    pub fn scalar(&self, name: &Scalar) -> Option<usize> {
        self.scalars.iter().position(|scalar| scalar.name == name.name)
    }

    /// Seconds of the brain from now to a tick of the past: not above zero.
    pub fn secs_to_tick(&self, tick: u64) -> f64 {
        -(self.tick.saturating_sub(tick) as f64) * self.tick_secs
    }

    /// Seconds from now to a control step of the past: not above zero.
    pub fn step_secs(&self, step: u64) -> f64 {
        -(self.step.saturating_sub(step) as f64) * self.control_dt_secs
    }

    /// Seconds of life that the viewer has seen.
    pub fn watched_secs(&self) -> f64 {
        -self.step_secs(self.first_step.unwrap_or(self.step))
    }

    /// Seconds of life so far.
    pub fn life_secs(&self) -> f64 {
        self.step as f64 * self.control_dt_secs
    }

    fn mark(&mut self, mark: &Mark) {
        let merged = (MERGED_MARKS * self.step as f64) as u64;
        match self.marks.back_mut() {
            Some(last) if subject(last) == subject(mark) && mark.step.saturating_sub(last.step) <= merged => {
                last.clone_from(mark);
            }
            _ => self.marks.push_back(mark.clone()),
        }
        while self.marks.len() > MAX_MARKS {
            self.marks.pop_front();
        }
    }

    fn forget(&mut self) {
        let window_steps = (WINDOW_SECS / self.control_dt_secs).ceil() as u64 + 1;
        let first_step = self.step.saturating_sub(window_steps);
        let n_old = self.samples.partition_point(|sample| sample.step < first_step);
        self.samples.drain(..n_old);
        let n_old = self.episode_ends.partition_point(|step| *step < first_step);
        self.episode_ends.drain(..n_old);
        let n_old = self.spikes.partition_point(|spike| self.secs_to_tick(spike.tick) < -WINDOW_SECS);
        self.spikes.drain(..n_old.max(self.spikes.len().saturating_sub(MAX_SPIKES)));
    }
}

/// What changed, without the value that it changed to.
fn subject(mark: &Mark) -> &str {
    mark.what.split_once(" = ").map_or(mark.what.as_str(), |(subject, _)| subject)
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::EnvSpec;

    use super::*;

    fn empty() -> History {
        let env = EnvSpec {
            name: "test".into(),
            observations: Vec::new(),
            actions: Vec::new(),
            control_dt_secs: 0.02,
            physics_dt_secs: 0.005,
            time_limit_steps: 100,
        };
        History::new(&Cast {
            agent: "spiking".into(),
            seed: 0,
            steps: Some(1_000),
            env,
            populations: vec![("all".into(), 10)],
            tick_secs: 0.0025,
            scalars: &[],
        })
    }

    fn live_for(history: &mut History, steps: std::ops::RangeInclusive<u64>) {
        for step in steps {
            history.step = step;
            history.tick = 8 * (step + 1);
            history.samples.push_back(Sample { step, reward: 0.0, insight: Vec::new() });
            history.spikes.push_back(TimedSpike { tick: 8 * step, cell: 3, size: 1.0 });
            history.forget();
        }
    }

    #[test]
    fn only_the_window_is_kept() {
        let mut history = empty();
        live_for(&mut history, 1..=10_000);
        assert_eq!(history.samples.len(), 102);
        assert_eq!(history.samples.front().unwrap().step, 10_000 - 101);
        assert_eq!(history.spikes.len(), 100, "a spike of the tick 2 s ago is the oldest");
        assert_eq!(history.secs_to_tick(history.spikes.front().unwrap().tick), -WINDOW_SECS);
    }

    #[test]
    fn times_count_back_from_now() {
        let mut history = empty();
        live_for(&mut history, 1..=50);
        assert_eq!(history.step_secs(50), 0.0);
        assert!((history.step_secs(0) + 1.0).abs() < 1e-12);
        assert!((history.secs_to_tick(8 * 50) + 0.02).abs() < 1e-12, "the first tick of the last step is a step ago");
        assert_eq!(history.secs_to_tick(8 * 51), 0.0);
    }

    #[test]
    fn spikes_are_bounded_whatever_the_rates() {
        let mut history = empty();
        history.spikes = (0..3 * MAX_SPIKES as u32).map(|cell| TimedSpike { tick: 0, cell, size: 1.0 }).collect();
        history.forget();
        assert_eq!(history.spikes.len(), MAX_SPIKES);
        assert_eq!(history.spikes.front().unwrap().cell, 2 * MAX_SPIKES as u32);
    }

    #[test]
    fn a_world_that_drifts_leaves_one_mark_and_others_stay_apart() {
        let mut history = empty();
        history.step = 100_000;
        for step in 1_000..1_100 {
            history.mark(&Mark { step, what: format!("gravity = {step}") });
        }
        history.mark(&Mark { step: 1_100, what: "undone".into() });
        history.mark(&Mark { step: 5_000, what: "undone".into() });
        assert_eq!(history.marks.iter().map(|mark| mark.step).collect::<Vec<_>>(), [1_099, 1_100, 5_000]);
        for step in 0..1_000 {
            history.mark(&Mark { step, what: step.to_string() });
        }
        assert_eq!(history.marks.len(), MAX_MARKS);
    }
}
