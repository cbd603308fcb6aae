//! The water maze: a rat swims from the rim of a round pool to a platform that it cannot see.
//!
//! Place cells sit on a grid of 11 × 11, each with a Gaussian field as wide as the grid is fine. A trial starts at a
//! random place near the rim, and ends on the platform or when time is out. On the platform the reward of 1 comes, in the
//! course of some 200 ms, and the place cells fall silent: nothing more is to be expected. A trial that timed out ends
//! without an event. Running into the wall costs a little each time, and the rat bounces off.

use std::f64::consts::TAU;

use mesolimb_brain::{BrainError, rng};
use rand::RngExt as _;

use super::{Learner, LearnerSpec, Step};

/// The pool and the one who learns in it. Lengths in metres, the origin in the middle of the pool.
#[derive(Clone, Debug)]
pub struct MazeSpec {
    /// Radius of the pool.
    pub radius: f64,
    /// Middle of the platform.
    pub platform: [f64; 2],
    /// Radius of the platform.
    pub platform_radius: f64,
    /// Longest trial in ms.
    pub trial_ms: u32,
    /// Time on the platform after a successful trial in ms: the reward comes, and no place cell fires.
    pub after_ms: u32,
    /// Place cells along an edge of their grid.
    pub grid: usize,
    /// Highest rate of a place cell in Hz.
    pub peak_hz: f64,
    /// Speed in m/s for each Hz of the population vector of the actor.
    pub speed_per_hz: f64,
    /// Distance from the wall in m to which the rat bounces off it.
    pub bounce: f64,
    /// Reward for running into the wall.
    pub wall_reward: f64,
    /// The learner.
    pub learner: LearnerSpec,
}

impl Default for MazeSpec {
    fn default() -> Self {
        Self {
            radius: 1.0,
            platform: [0.35, 0.35],
            platform_radius: 0.15,
            trial_ms: 60_000,
            after_ms: 1000,
            grid: 11,
            peak_hz: 400.0,
            speed_per_hz: 0.03,
            bounce: 0.02,
            wall_reward: -0.02,
            learner: LearnerSpec::default(),
        }
    }
}

impl MazeSpec {
    /// Rates of the place cells in Hz at a place.
    #[must_use]
    pub fn rates(&self, at: [f64; 2]) -> Vec<f32> {
        let n = self.grid;
        let spacing = 2.0 * self.radius / (n - 1) as f64;
        let along = |x: f64| -> Vec<f64> {
            let centre = |k: usize| k as f64 * spacing - self.radius;
            (0..n).map(|k| (-0.5 * ((x - centre(k)) / spacing).powi(2)).exp()).collect()
        };
        let [x, y] = at.map(along);
        y.iter().flat_map(|y| x.iter().map(move |x| (self.peak_hz * x * y) as f32)).collect()
    }
}

/// What came of a trial.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Time to the platform in seconds; the longest time if it was not reached.
    pub seconds: f64,
    /// Whether the platform was reached.
    pub reached: bool,
    /// Where the rat was, every 100 ms.
    pub path: Vec<[f64; 2]>,
}

/// A rat in the pool.
pub struct Maze {
    spec: MazeSpec,
    learner: Learner,
    starts: rng::Rng,
    at: [f64; 2],
    rates: Vec<f32>,
}

impl Maze {
    /// Builds the learner.
    ///
    /// # Errors
    /// If its spec cannot run.
    pub fn new(spec: &MazeSpec, seed: u64) -> Result<Self, BrainError> {
        Ok(Self {
            learner: Learner::new(&spec.learner, seed)?,
            starts: rng::stream(seed, "starts"),
            at: [0.0; 2],
            rates: vec![0.0; spec.grid * spec.grid],
            spec: spec.clone(),
        })
    }

    /// Moves the platform.
    pub fn move_platform(&mut self, to: [f64; 2]) {
        self.spec.platform = to;
    }

    /// A trial from a random place at the rim to the platform, or until time is out.
    pub fn trial(&mut self) -> Trial {
        let angle = TAU * self.starts.random::<f64>();
        let rim = 0.9 * self.spec.radius;
        self.at = [rim * angle.cos(), rim * angle.sin()];
        self.learner.rest();
        let mut trial = Trial { seconds: f64::from(self.spec.trial_ms) / 1000.0, ..Trial::default() };
        let mut reward = Reward::default();
        for t in 0..self.spec.trial_ms {
            self.rates = self.spec.rates(self.at);
            let step = self.learner.tick(&self.rates, reward.tick());
            if t % 100 == 0 {
                trial.path.push(self.at);
            }
            if self.swim(&step) {
                reward.give(self.spec.wall_reward);
            }
            if distance(self.at, self.spec.platform) < self.spec.platform_radius {
                trial.path.push(self.at);
                (trial.seconds, trial.reached) = (f64::from(t + 1) / 1000.0, true);
                self.rest_on_platform();
                break;
            }
        }
        trial
    }

    /// The reward comes; the trial is over, so that there is nothing more to expect.
    fn rest_on_platform(&mut self) {
        let mut reward = Reward::default();
        reward.give(1.0);
        self.rates.fill(0.0);
        for _ in 0..self.spec.after_ms {
            self.learner.tick(&self.rates, reward.tick());
        }
    }

    /// The rat moves for a tick, and bounces off the wall. True if it hit it.
    fn swim(&mut self, step: &Step) -> bool {
        let metres = self.spec.speed_per_hz * 1e-3;
        self.at = [self.at[0] + metres * step.action[0], self.at[1] + metres * step.action[1]];
        let r = distance(self.at, [0.0; 2]);
        let hit = r > self.spec.radius;
        if hit {
            let back = (self.spec.radius - self.spec.bounce) / r;
            self.at = self.at.map(|x| x * back);
        }
        hit
    }

    /// What the critic says of a place. Only between two trials.
    #[must_use]
    pub fn value_at(&mut self, at: [f64; 2]) -> f64 {
        self.learner.value_of(&self.spec.rates(at))
    }

    /// Where the weights onto the actor point at a place.
    #[must_use]
    pub fn preference_at(&self, at: [f64; 2]) -> [f64; 2] {
        self.learner.preference_of(&self.spec.rates(at))
    }
}

fn distance([ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    (ax - bx).hypot(ay - by)
}

/// A reward that comes in the course of some 200 ms, as reward per second.
#[derive(Default)]
pub(super) struct Reward {
    slow: f64,
    fast: f64,
}

impl Reward {
    pub(super) fn give(&mut self, amount: f64) {
        self.slow += amount;
        self.fast += amount;
    }

    pub(super) fn tick(&mut self) -> f64 {
        let (slow, fast) = (200.0f64, 50.0f64);
        self.slow *= (-1.0 / slow).exp();
        self.fast *= (-1.0 / fast).exp();
        1000.0 * (self.slow - self.fast) / (slow - fast)
    }
}
