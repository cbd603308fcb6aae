//! The linear track: a rat runs to a reward at constant speed, and a critic learns what to expect where.

use mesolimb_brain::BrainError;

use super::{Learner, LearnerSpec, Step, maze::Reward};

/// The track and the one who learns on it.
#[derive(Clone, Debug)]
pub struct TrackSpec {
    /// Time before the trial in ms: no place cell fires.
    pub before_ms: u32,
    /// Time from start to goal in ms.
    pub run_ms: u32,
    /// Time after the goal in ms: the reward comes, and no place cell fires.
    pub after_ms: u32,
    /// Highest rate of a place cell in Hz.
    pub peak_hz: f64,
    /// Width of a place field, as part of the track.
    pub width: f64,
    /// The learner.
    pub learner: LearnerSpec,
}

impl Default for TrackSpec {
    fn default() -> Self {
        let learner = LearnerSpec { n_place: 21, n_actor: 0, eta_critic: 20.0, ..LearnerSpec::default() };
        Self { before_ms: 1000, run_ms: 4000, after_ms: 1500, peak_hz: 400.0, width: 0.1, learner }
    }
}

/// A rat on the track.
pub struct Track {
    spec: TrackSpec,
    learner: Learner,
}

impl Track {
    /// Builds the learner.
    ///
    /// # Errors
    /// If its spec cannot run.
    pub fn new(spec: &TrackSpec, seed: u64) -> Result<Self, BrainError> {
        Ok(Self { spec: spec.clone(), learner: Learner::new(&spec.learner, seed)? })
    }

    /// A trial, with what the learner said in each tick of 1 ms.
    pub fn trial(&mut self) -> Vec<Step> {
        let TrackSpec { before_ms, run_ms, after_ms, peak_hz, width, .. } = self.spec;
        let n = self.spec.learner.n_place;
        self.learner.rest();
        let mut rates = vec![0.0; n];
        let mut reward = Reward::default();
        (0..before_ms + run_ms + after_ms)
            .map(|t| {
                rates.fill(0.0);
                if (before_ms..before_ms + run_ms).contains(&t) {
                    let x = f64::from(t - before_ms) / f64::from(run_ms);
                    for (k, rate) in rates.iter_mut().enumerate() {
                        let centre = k as f64 / (n - 1) as f64;
                        *rate = (peak_hz * (-0.5 * ((x - centre) / width).powi(2)).exp()) as f32;
                    }
                }
                if t == before_ms + run_ms {
                    reward.give(1.0);
                }
                self.learner.tick(&rates, reward.tick())
            })
            .collect()
    }

    /// What a perfect critic would say so many ms after the start of a trial.
    #[must_use]
    pub fn expected(&self, t_ms: u32) -> f64 {
        let TrackSpec { before_ms, run_ms, .. } = self.spec;
        let left = f64::from(before_ms + run_ms) - f64::from(t_ms);
        let on_track = (before_ms..before_ms + run_ms).contains(&t_ms);
        if on_track { (-left / self.spec.learner.tau_r_ms).exp() } else { 0.0 }
    }
}
