//! From true readings to what the agent is told: bias and noise, dropouts, then delay.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::late::{Late, MAX_DELAY_STEPS};

/// What is done to the readings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Distortion {
    /// Standard deviation of the noise, in units of the scale of each channel.
    pub noise: f64,
    /// Constant offset, in the same units.
    pub bias: f64,
    /// Probability that a channel repeats its last reading.
    pub dropout: f64,
    /// Age of what is told, in control steps.
    pub delay_steps: usize,
}

/// The latest readings, and their random stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sensors {
    rng: Pcg64,
    readings: Late,
    /// How old the reported reading is, in control steps.
    delay_steps: usize,
}

impl Sensors {
    pub(crate) fn new(n_channels: usize, rng: Pcg64) -> Self {
        Self { rng, readings: Late::new(n_channels), delay_steps: 0 }
    }

    /// Starts an episode: before the first reading there was nothing else to see.
    pub(crate) fn restart(&mut self, rng: Pcg64, truth: &[f32], scales: &[f32], distortion: Distortion) {
        self.rng = rng;
        self.sense(truth, scales, Distortion { dropout: 0.0, ..distortion });
        self.readings.fill_with_newest();
    }

    /// Takes the readings of this control step.
    ///
    /// Noise and dropouts are drawn even where there are none, so that the stream stays where it would be otherwise.
    pub(crate) fn sense(&mut self, truth: &[f32], scales: &[f32], distortion: Distortion) {
        let Distortion { noise, bias, dropout, delay_steps } = distortion;
        self.delay_steps = delay_steps;
        for (told, (&truth, &scale)) in self.readings.begin_row().iter_mut().zip(truth.iter().zip(scales)) {
            let standard_normal: f32 = self.rng.sample(StandardNormal);
            let lost = self.rng.random::<f64>() < dropout;
            if !lost {
                *told = truth + scale * (bias as f32 + noise as f32 * standard_normal);
            }
        }
    }

    /// What the agent is told now.
    pub(crate) fn reported(&self) -> &[f32] {
        self.readings.row(self.delay_steps)
    }

    /// Whether this is a possible state of a set of `n_channels` sensors.
    pub(crate) fn is_valid(&self, n_channels: usize) -> bool {
        self.readings.is_valid(n_channels) && self.delay_steps <= MAX_DELAY_STEPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    #[test]
    fn a_delay_of_n_steps_reports_the_reading_of_n_steps_ago() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let late = Distortion { delay_steps: 3, ..Distortion::default() };
        sensors.restart(stream(0, "sensors"), &[0.0], &[1.0], late);
        for step in 1..40 {
            sensors.sense(&[step as f32], &[1.0], late);
            assert_eq!(sensors.reported(), [(step - 3).max(0) as f32]);
        }
    }

    #[test]
    fn noise_has_the_stated_standard_deviation() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let n = 20_000;
        let mut sum_sq = 0.0;
        for _ in 0..n {
            sensors.sense(&[5.0], &[2.0], Distortion { noise: 0.1, ..Distortion::default() });
            sum_sq += f64::from(sensors.reported()[0] - 5.0).powi(2);
        }
        // The standard error of a standard deviation over n draws is 1 / sqrt(2 n), here 0.5 %.
        let sd = (sum_sq / f64::from(n)).sqrt();
        assert!((sd / 0.2 - 1.0).abs() < 0.02, "sd {sd}");
    }

    #[test]
    fn a_bias_shifts_by_its_share_of_the_scale_and_a_dropout_repeats_the_last_reading() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let plain = Distortion::default();
        sensors.restart(stream(0, "sensors"), &[1.0], &[2.0], plain);
        sensors.sense(&[1.0], &[2.0], Distortion { bias: -0.5, ..plain });
        assert_eq!(sensors.reported(), [0.0]);
        sensors.sense(&[7.0], &[2.0], Distortion { dropout: 1.0, ..plain });
        assert_eq!(sensors.reported(), [0.0]);
        sensors.sense(&[7.0], &[2.0], plain);
        assert_eq!(sensors.reported(), [7.0]);
    }
}
