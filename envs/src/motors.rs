//! From the command to what the motors get: delay, then noise, then the dead zone and the saturation of each motor.

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
    /// Standard deviation of the noise, as a share of the limit of the motor.
    pub noise: f64,
    /// Control steps that a command takes.
    pub delay_steps: usize,
}

impl Motors {
    pub(crate) fn new(n_motors: usize, rng: Pcg64) -> Self {
        Self { rng, commands: Late::new(n_motors, MAX_DELAY_STEPS), n_held_steps: 0 }
    }

    /// Starts an episode: before the first command, motors rest.
    pub(crate) fn restart(&mut self, rng: Pcg64) {
        self.rng = rng;
        self.commands.clear();
        self.n_held_steps = 0;
    }

    /// Takes the command of a control step, one value for each motor.
    /// Each is given as its way from the middle of its range, where motors rest.
    /// It is heard only every `repeat_steps`; the last one that was heard holds in between.
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

    /// What motor `motor_idx` gets now; to be asked once a step for each motor, in order.
    ///
    /// As its way from the middle of its range, whose half is `limit`. Below the share `dead_zone` of it nothing
    /// arrives, above the share `saturation` no more than that.
    /// The noise is drawn even where it is zero, so that the stream stays where it would be otherwise.
    pub(crate) fn arrival(&mut self, motor_idx: usize, line: Line, limit: f64, dead_zone: f64, saturation: f64) -> f64 {
        let standard_normal: f64 = self.rng.sample(StandardNormal);
        let sent = f64::from(self.commands.row(line.delay_steps)[motor_idx]);
        let force = if line.noise > 0.0 { sent + line.noise * limit * standard_normal } else { sent };
        if force.abs() < dead_zone * limit { 0.0 } else { force.clamp(-saturation * limit, saturation * limit) }
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
            assert_eq!(motors.arrival(0, PLAIN, 2.0, 0.0, 1.0), f64::from(force));
        }
    }

    #[test]
    fn a_command_with_a_delay_of_n_steps_arrives_n_steps_later() {
        let mut motors = motors();
        for step in 0..40 {
            motors.command([step as f32].into_iter(), 1);
            let arrived = motors.arrival(0, Line { delay_steps: 7, ..PLAIN }, 100.0, 0.0, 1.0);
            assert_eq!(arrived, f64::from((step - 7).max(0)));
        }
    }

    #[test]
    fn a_repeated_command_holds_for_its_steps() {
        let mut motors = motors();
        for step in 0..12 {
            motors.command([step as f32].into_iter(), 3);
            assert_eq!(motors.arrival(0, PLAIN, 100.0, 0.0, 1.0), f64::from(step / 3 * 3));
        }
    }

    #[test]
    fn a_motor_is_silent_in_its_dead_zone_and_no_stronger_than_its_saturation() {
        let mut motors = motors();
        for (sent, arrived) in [(0.39, 0.0), (-0.39, 0.0), (0.41, 0.41), (1.5, 1.0), (-2.0, -1.0)] {
            motors.command([sent].into_iter(), 1);
            assert!((motors.arrival(0, PLAIN, 2.0, 0.2, 0.5) - arrived).abs() < 1e-6, "{sent} sent");
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
            sum_sq += (motors.arrival(0, line, 4.0, 0.0, 1.0) - 1.0).powi(2);
        }
        // The standard error of a standard deviation over n draws is 1/sqrt(2 n), here 0.5 %.
        let sd = (sum_sq / f64::from(n)).sqrt();
        assert!((sd / 0.4 - 1.0).abs() < 0.02, "sd {sd}");
    }
}
