//! From the command to what arrives at the motors: repeats, then delay, then noise.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::late::{Late, MAX_DELAY_STEPS};

/// Most control steps for which a command can be held.
pub(crate) const MAX_REPEAT_STEPS: u32 = 8;

/// The latest commands, and the random stream of their noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Motors {
    rng: Pcg64,
    commands: Late,
    /// For how many control steps the newest command has been held.
    n_held_steps: u32,
}

/// What lies between a command and a motor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    /// Standard deviation of the noise, as a share of half the range of the command.
    pub noise: f64,
    /// Control steps that a command takes.
    pub delay_steps: usize,
}

impl Motors {
    pub(crate) fn new(n_motors: usize, rng: Pcg64) -> Self {
        Self { rng, commands: Late::new(n_motors, MAX_DELAY_STEPS), n_held_steps: 0 }
    }

    /// Starts an episode: before the first command, motors do as `at_rest` says, one command for each.
    pub(crate) fn restart(&mut self, rng: Pcg64, at_rest: impl Iterator<Item = f64>) {
        self.rng = rng;
        self.commands.begin_row().iter_mut().zip(at_rest).for_each(|(sent, command)| *sent = command as f32);
        self.commands.fill_with_newest();
        self.n_held_steps = 0;
    }

    /// Takes the command of a control step, one value for each motor. It is heard only every `repeat_steps`; the last one that was heard holds in between.
    pub(crate) fn command(&mut self, command: impl Iterator<Item = f32>, repeat_steps: u32) {
        let row = self.commands.begin_row();
        if self.n_held_steps == 0 {
            row.iter_mut().zip(command).for_each(|(sent, command)| *sent = command);
        }
        self.n_held_steps += 1;
        if self.n_held_steps >= repeat_steps {
            self.n_held_steps = 0;
        }
    }

    /// What arrives at motor `motor_idx` now, half of whose range is `half`; to be asked once a step for each motor, in
    /// order. The noise is drawn even where it is zero, so that the stream stays where it would be otherwise.
    pub(crate) fn arrival(&mut self, motor_idx: usize, line: Line, half: f64) -> f64 {
        let standard_normal: f64 = self.rng.sample(StandardNormal);
        let sent = f64::from(self.commands.row(line.delay_steps)[motor_idx]);
        if line.noise > 0.0 { sent + line.noise * half * standard_normal } else { sent }
    }

    /// Whether this is a possible state of `n_motors` motors.
    pub(crate) fn is_valid(&self, n_motors: usize) -> bool {
        self.commands.is_valid(n_motors, MAX_DELAY_STEPS) && self.n_held_steps < MAX_REPEAT_STEPS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    const PLAIN: Line = Line { noise: 0.0, delay_steps: 0 };

    fn motors() -> Motors {
        Motors::new(1, stream(0, "motors"))
    }

    #[test]
    fn an_undisturbed_command_arrives_as_it_was_sent() {
        let mut motors = motors();
        for force in [-2.0, -0.3, 0.0, 1e-3, 2.0] {
            motors.command([force].into_iter(), 1);
            assert_eq!(motors.arrival(0, PLAIN, 2.0), f64::from(force));
        }
    }

    #[test]
    fn a_command_with_a_delay_of_n_steps_arrives_n_steps_later() {
        let mut motors = motors();
        for step in 0..40 {
            motors.command([step as f32].into_iter(), 1);
            let arrived = motors.arrival(0, Line { delay_steps: 7, ..PLAIN }, 100.0);
            assert_eq!(arrived, f64::from((step - 7).max(0)));
        }
    }

    #[test]
    fn a_repeated_command_holds_for_its_steps() {
        let mut motors = motors();
        for step in 0..12 {
            motors.command([step as f32].into_iter(), 3);
            assert_eq!(motors.arrival(0, PLAIN, 100.0), f64::from(step / 3 * 3));
        }
    }

    #[test]
    fn noise_has_the_stated_standard_deviation() {
        let mut motors = motors();
        let n = 20_000;
        let line = Line { noise: 0.1, ..PLAIN };
        let mut sum_sq = 0.0;
        for _ in 0..n {
            motors.command([1.0].into_iter(), 1);
            sum_sq += (motors.arrival(0, line, 4.0) - 1.0).powi(2);
        }
        // The standard error of a standard deviation over n draws is 1/sqrt(2 n), here 0.5 %.
        let sd = (sum_sq / f64::from(n)).sqrt();
        assert!((sd / 0.4 - 1.0).abs() < 0.02, "sd {sd}");
    }
}
