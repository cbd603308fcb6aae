//! Motor recalibration by a forward model: the cerebellum's part.
//!
//! A linear model predicts how the observation changes, `p = F φ + B c`, from what is seen and thought (`φ`) and what was
//! commanded (`c`). When the plant changes, the fast motor matrix `B` is blamed first. Where a column of `B` no longer
//! looks like its slowly following reference, the commands to that actuator are scaled back until it does, so that the
//! policy goes on in units that it knows.
//!
//! With `ε = y − p`, `y` the change of the observation in units of its spread:
//! `F += η_F/(φ·φ + 1) ε φᵀ`, `η_F = max(0.01, min(0.1, 1/(1 + 0.01 n)))`; `B += η_B/(E[c·c] + c·c + 1e-3) ε cᵀ`.
//! For each actuator `m = ⟨B, B_ref⟩/⟨B_ref, B_ref⟩`, channels weighted by the inverse variance of `ε`; within
//! `|m − 1| < deadband`, or below `|m| = 0.2` (a dead motor), the target of the recalibration is 1, otherwise `1/m` within
//! ±2.5; it is approached by `gain_rate` of the way in each control step.

use mesolimb_brain::{add_scaled, dot};
use serde::{Deserialize, Serialize};

use super::config::RecalibrationConfig;
use crate::normaliser::Normaliser;

/// Most that a command is scaled.
const MAX_GAIN: f64 = 2.5;
/// Share of its reference below which a motor counts as dead.
const DEAD: f64 = 0.2;
/// Steps of the averages of command power and error variance.
const AVERAGE_STEPS: f64 = 1000.0;

/// Forward model and the factors that it puts on the commands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Recalibration {
    n_features: usize,
    n_actions: usize,
    change_spread: Normaliser,
    /// `F`, one row for each observation channel.
    model: Vec<f32>,
    /// `B`, one column of observation channels for each actuator.
    motor: Vec<f32>,
    reference: Vec<f32>,
    error_variance: Vec<f64>,
    command_power: f64,
    steps: u64,
    /// Mean square of the last errors of the model, each in units of its usual size: 1 in the mean.
    surprise: f64,
    /// Steps for which all columns have stayed within the deadband.
    steady_steps: u64,
    /// Factor on the command of each actuator.
    pub gains: Vec<f32>,
    /// Scratch: change of the observation, and the features of the step that was lived.
    change: Vec<f32>,
    pub features: Vec<f32>,
}

impl Recalibration {
    pub(super) fn new(n_observations: usize, n_features: usize, n_actions: usize) -> Self {
        Self {
            n_features,
            n_actions,
            change_spread: Normaliser::new(n_observations),
            model: vec![0.0; n_observations * n_features],
            motor: vec![0.0; n_observations * n_actions],
            reference: vec![0.0; n_observations * n_actions],
            error_variance: vec![1.0; n_observations],
            command_power: 0.0,
            steps: 0,
            surprise: 1.0,
            steady_steps: 0,
            gains: vec![1.0; n_actions],
            change: vec![0.0; n_observations],
            features: vec![0.0; n_features],
        }
    }

    /// Whether a loaded state has the shape of this one and only finite numbers.
    pub(super) fn alike(&self, other: &Self) -> bool {
        let same = |a: &[f32], b: &[f32]| a.len() == b.len() && b.iter().all(|v| v.is_finite());
        self.n_features == other.n_features
            && self.n_actions == other.n_actions
            && other.change_spread.fits(self.change.len())
            && same(&self.model, &other.model)
            && same(&self.motor, &other.motor)
            && same(&self.reference, &other.reference)
            && same(&self.gains, &other.gains)
            && same(&self.change, &other.change)
            && same(&self.features, &other.features)
            && other.error_variance.len() == self.error_variance.len()
            && other.error_variance.iter().all(|v| v.is_finite())
            && other.command_power.is_finite()
            && other.surprise.is_finite()
    }

    /// Takes in how the observation changed after `command` (in units of the actuator range, as executed); `self.features`
    /// holds what was seen and thought before.
    pub(super) fn learn(&mut self, config: &RecalibrationConfig, before: &[f32], after: &[f32], command: &[f32]) {
        for ((change, &before), &after) in self.change.iter_mut().zip(before).zip(after) {
            *change = after - before;
        }
        self.change_spread.update(&self.change);
        self.steps += 1;

        let power: f64 = command.iter().map(|&c| f64::from(c * c)).sum();
        self.command_power += (power - self.command_power) / AVERAGE_STEPS.min(self.steps as f64);
        let features_power = dot(&self.features, &self.features);
        let slow = (1.0 / (1.0 + 0.01 * self.steps as f64)).clamp(0.01, 0.1) as f32 / (features_power + 1.0);
        let fast = (config.motor_rate / (self.command_power + power + 1e-3)) as f32;

        let n_observations = self.change.len();
        self.surprise = 0.0;
        for channel in 0..n_observations {
            let row = &mut self.model[channel * self.n_features..(channel + 1) * self.n_features];
            let mut predicted = dot(row, &self.features);
            for (k, &c) in command.iter().enumerate() {
                predicted += self.motor[k * n_observations + channel] * c;
            }
            let spread = self.change_spread.variance(channel).sqrt() as f32 + 1e-6;
            let error = (self.change[channel] / spread).clamp(-5.0, 5.0) - predicted;
            let usual = self.error_variance[channel] + 1e-6;
            self.surprise += f64::from(error * error) / usual / n_observations as f64;
            self.error_variance[channel] += (f64::from(error * error) - self.error_variance[channel]) / AVERAGE_STEPS;
            add_scaled(row, slow * error, &self.features);
            for (k, &c) in command.iter().enumerate() {
                self.motor[k * n_observations + channel] += fast * error * c;
            }
        }
        self.recalibrate(config);
    }

    /// Mean square of the errors in the last step, each in units of its usual size: 1 in the mean.
    pub(super) fn surprise(&self) -> f32 {
        self.surprise as f32
    }

    /// Share of what happens that the model does not foresee, from 0 to 1: the mean of its errors' variance, over 1 000 steps.
    pub(super) fn unforeseen(&self) -> f32 {
        let n = self.error_variance.len() as f64;
        (self.error_variance.iter().sum::<f64>() / n).clamp(0.0, 1.0) as f32
    }

    /// How novel the last step was: what the model did not foresee, above what it usually does not, from −1 to 3. It fades
    /// with life, by a factor of e in so many steps.
    pub(super) fn novelty(&self, steps: f64) -> f64 {
        (self.surprise - 1.0).clamp(-1.0, 3.0) * (-(self.steps as f64) / steps).exp()
    }

    /// Compares each column of the motor matrix with its reference and moves the factor on the commands.
    fn recalibrate(&mut self, config: &RecalibrationConfig) {
        let n = self.change.len();
        let mut steady = true;
        for k in 0..self.n_actions {
            let column = k * n..(k + 1) * n;
            let match_now = self.likeness(k);
            let near = (match_now - 1.0).abs() < config.deadband;
            steady &= near;
            let settled = self.steady_steps >= config.settle_steps;
            if near || !settled {
                let follow = 1.0 / config.reference_steps.min(self.steps as f64);
                // Before anything is settled, the reference is just the matrix, averaged over a tenth of the steps.
                let follow = if settled { follow } else { follow.max(10.0 / config.reference_steps) } as f32;
                for (reference, &motor) in self.reference[column.clone()].iter_mut().zip(&self.motor[column]) {
                    *reference += follow * (motor - *reference);
                }
            }
            if settled {
                let target =
                    if near || match_now.abs() < DEAD { 1.0 } else { (1.0 / match_now).clamp(-MAX_GAIN, MAX_GAIN) };
                self.gains[k] += config.gain_rate as f32 * (target as f32 - self.gains[k]);
            }
        }
        // Once settled it stays so: a change of the plant must not switch off what compensates for it.
        if self.steady_steps < config.settle_steps {
            self.steady_steps = if steady { self.steady_steps + 1 } else { 0 };
        }
    }

    /// How much of its reference a column of the motor matrix is: 1 unchanged, −1 reversed, 0 dead.
    fn likeness(&self, k: usize) -> f64 {
        let n = self.change.len();
        let (mut along, mut own) = (0.0, 0.0);
        for channel in 0..n {
            let weight = 1.0 / (self.error_variance[channel] + 1e-3);
            let reference = f64::from(self.reference[k * n + channel]);
            along += weight * reference * f64::from(self.motor[k * n + channel]);
            own += weight * reference * reference;
        }
        if own > 1e-12 { along / own } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_brain::rng::stream;
    use rand::RngExt as _;

    use super::*;

    const SETTLED: usize = 30_000;

    /// A plant with two motors that push two of three channels, `Δo = drift o + gain C c + noise`, lived in for `steps`
    /// steps under random commands of the policy that go through the recalibration.
    struct Plant {
        recalibration: Recalibration,
        config: RecalibrationConfig,
        observation: [f32; 3],
        rng: mesolimb_brain::rng::Rng,
    }

    impl Plant {
        fn new() -> Self {
            Self {
                recalibration: Recalibration::new(3, 4, 2),
                config: RecalibrationConfig { settle_steps: 10_000, ..RecalibrationConfig::default() },
                observation: [0.0; 3],
                rng: stream(5, "plant"),
            }
        }

        fn live(&mut self, steps: usize, motors: [f32; 2]) -> [f32; 2] {
            for _ in 0..steps {
                let before = self.observation;
                let draw = |rng: &mut mesolimb_brain::rng::Rng| 2.0 * rng.random::<f32>() - 1.0;
                let gains = [self.recalibration.gains[0], self.recalibration.gains[1]];
                let command = [0, 1].map(|k| (gains[k] * draw(&mut self.rng)).clamp(-1.0, 1.0));
                let push = [0.5 * motors[0] * command[0], 0.3 * motors[1] * command[1], 0.0];
                for (channel, push) in push.iter().enumerate() {
                    self.observation[channel] += push - 0.1 * before[channel] + 0.02 * draw(&mut self.rng);
                }
                self.recalibration.features.copy_from_slice(&[before[0], before[1], before[2], 1.0]);
                self.recalibration.learn(&self.config, &before, &self.observation, &command);
            }
            [self.recalibration.gains[0], self.recalibration.gains[1]]
        }
    }

    #[test]
    fn a_reversed_motor_is_turned_round_and_the_other_is_left_alone() {
        let mut plant = Plant::new();
        assert_eq!(plant.live(SETTLED, [1.0, 1.0]), [1.0, 1.0], "a steady plant is left alone");
        let [first, second] = plant.live(3_000, [-1.0, 1.0]);
        assert!(first < -0.9, "the reversed motor has gain {first}");
        assert!((second - 1.0).abs() < 0.1, "the other motor has gain {second}");
        let [first, _] = plant.live(3_000, [1.0, 1.0]);
        assert!(first > 0.9, "turned back, it has gain {first}");
    }

    #[test]
    fn a_weak_motor_is_driven_harder_and_a_dead_one_is_not() {
        let mut plant = Plant::new();
        plant.live(SETTLED, [1.0, 1.0]);
        let [weak, dead] = plant.live(4_000, [0.5, 0.0]);
        assert!((weak - 2.0).abs() < 0.4, "half a motor has gain {weak}, expected about 2");
        assert!((dead - 1.0).abs() < 0.2, "a dead motor has gain {dead}, expected about 1");
    }

    #[test]
    fn nothing_is_recalibrated_before_the_motors_were_steady_for_long() {
        let mut plant = Plant::new();
        plant.live(5_000, [1.0, 1.0]);
        assert_eq!(plant.live(4_000, [-1.0, 1.0]), [1.0, 1.0]);
    }
}
