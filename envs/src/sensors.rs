//! From true readings to what the agent is told: bias and noise, dropouts, then delay.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::late::{Late, MAX_DELAY_STEPS};

/// Control steps for which a channel that gets stuck stays so.
const STUCK_STEPS: u32 = 10;

/// What is done to the readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Distortion {
    /// Standard deviation of the noise, in units of the scale of each channel.
    pub noise: f64,
    /// Constant offset, in the same units.
    pub bias: f64,
    /// Probability that a channel repeats its last reading.
    pub dropout: f64,
    /// Probability that a channel gets stuck and repeats its last reading for ten control steps.
    pub stuck: f64,
    /// Age of what is told, in control steps.
    pub delay_steps: usize,
    /// By how many places the channels are exchanged in a ring.
    pub shift: usize,
}

impl Default for Distortion {
    fn default() -> Self {
        Self { noise: 0.0, bias: 0.0, dropout: 0.0, stuck: 0.0, delay_steps: 0, shift: 0 }
    }
}

/// The latest readings, and their random stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sensors {
    rng: Pcg64,
    readings: Late,
    /// How old the reported reading is, in control steps.
    delay_steps: usize,
    /// By how many places the channels are exchanged.
    shift: usize,
    /// For how many control steps each channel is still stuck.
    n_stuck_steps: Vec<u32>,
}

impl Sensors {
    pub(crate) fn new(n_channels: usize, rng: Pcg64) -> Self {
        let readings = Late::new(n_channels, MAX_DELAY_STEPS);
        Self { rng, readings, delay_steps: 0, shift: 0, n_stuck_steps: vec![0; n_channels] }
    }

    /// Starts an episode: before the first reading there was nothing else to see.
    pub(crate) fn restart(&mut self, rng: Pcg64, truth: &[f32], scales: &[f32], distortion: Distortion) {
        self.rng = rng;
        self.n_stuck_steps.fill(0);
        self.sense(truth, scales, Distortion { dropout: 0.0, stuck: 0.0, ..distortion });
        self.readings.fill_with_newest();
    }

    /// Takes the readings of this control step.
    ///
    /// Noise and dropouts are drawn even where there are none, so that the stream stays where it would be otherwise.
    pub(crate) fn sense(&mut self, truth: &[f32], scales: &[f32], distortion: Distortion) {
        let Distortion { noise, bias, dropout, stuck, delay_steps, shift } = distortion;
        (self.delay_steps, self.shift) = (delay_steps, shift);
        let readings = truth.iter().zip(scales).zip(&mut self.n_stuck_steps);
        for (told, ((&truth, &scale), n_stuck_steps)) in self.readings.begin_row().iter_mut().zip(readings) {
            let standard_normal: f32 = self.rng.sample(StandardNormal);
            let luck: f64 = self.rng.random();
            if luck >= 1.0 - stuck && *n_stuck_steps == 0 {
                *n_stuck_steps = STUCK_STEPS;
            }
            let is_stuck = *n_stuck_steps > 0;
            *n_stuck_steps = n_stuck_steps.saturating_sub(1);
            if !is_stuck && luck >= dropout {
                *told = truth + scale * (bias as f32 + noise as f32 * standard_normal);
            }
        }
    }

    /// Writes what the agent is told now.
    pub(crate) fn report(&self, out: &mut [f32]) {
        let row = self.readings.row(self.delay_steps);
        let (first, rest) = row.split_at(self.shift);
        out.iter_mut().zip(rest.iter().chain(first)).for_each(|(out, reading)| *out = *reading);
    }

    /// Whether this is a possible state of a set of `n_channels` sensors.
    pub(crate) fn is_valid(&self, n_channels: usize) -> bool {
        self.readings.is_valid(n_channels, MAX_DELAY_STEPS)
            && self.delay_steps <= MAX_DELAY_STEPS
            && self.shift < n_channels
            && self.n_stuck_steps.len() == n_channels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    fn reported<const N: usize>(sensors: &Sensors) -> [f32; N] {
        let mut out = [0.0; N];
        sensors.report(&mut out);
        out
    }

    #[test]
    fn a_delay_of_n_steps_reports_the_reading_of_n_steps_ago() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let late = Distortion { delay_steps: 3, ..Distortion::default() };
        sensors.restart(stream(0, "sensors"), &[0.0], &[1.0], late);
        for step in 1..40 {
            sensors.sense(&[step as f32], &[1.0], late);
            assert_eq!(reported(&sensors), [(step - 3).max(0) as f32]);
        }
    }

    #[test]
    fn noise_has_the_stated_standard_deviation() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let n = 20_000;
        let mut sum_sq = 0.0;
        for _ in 0..n {
            sensors.sense(&[5.0], &[2.0], Distortion { noise: 0.1, ..Distortion::default() });
            sum_sq += f64::from(reported::<1>(&sensors)[0] - 5.0).powi(2);
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
        assert_eq!(reported(&sensors), [0.0]);
        sensors.sense(&[7.0], &[2.0], Distortion { dropout: 1.0, ..plain });
        assert_eq!(reported(&sensors), [0.0]);
        sensors.sense(&[7.0], &[2.0], plain);
        assert_eq!(reported(&sensors), [7.0]);
    }

    #[test]
    fn a_channel_that_gets_stuck_stays_so_for_ten_steps() {
        let mut sensors = Sensors::new(1, stream(0, "sensors"));
        let plain = Distortion::default();
        sensors.restart(stream(0, "sensors"), &[0.0], &[1.0], plain);
        sensors.sense(&[1.0], &[1.0], Distortion { stuck: 1.0, ..plain });
        for step in 2..20 {
            assert_eq!(reported(&sensors), [if step <= 11 { 0.0 } else { (step - 1) as f32 }], "before step {step}");
            sensors.sense(&[step as f32], &[1.0], plain);
        }
    }

    #[test]
    fn exchanged_channels_move_around_the_ring() {
        let mut sensors = Sensors::new(3, stream(0, "sensors"));
        let exchanged = Distortion { shift: 1, ..Distortion::default() };
        sensors.restart(stream(0, "sensors"), &[1.0, 2.0, 3.0], &[1.0; 3], exchanged);
        assert_eq!(reported(&sensors), [2.0, 3.0, 1.0]);
    }
}
