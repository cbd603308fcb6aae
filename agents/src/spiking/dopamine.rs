//! Dopamine cells adapt to the range of the errors that they see.
//!
//! Source: Tobler, Fiorillo & Schultz 2005, doi 10.1126/science.1105370: the same cells tell small rewards apart where rewards
//! are small, and large ones where they are large.

use serde::{Deserialize, Serialize};

/// How much of what was seen is kept in a control step: the range follows in 5 000 of them.
const KEEP: f64 = 0.9998;
/// Mean absolute errors at which the dopamine of the actor saturates.
const ACTOR_REACH: f64 = 3.0;
/// Root mean square errors at which the dopamine of the critic saturates.
const CRITIC_REACH: f64 = 20.0;

/// Range of the prediction errors of a life.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ErrorRange {
    /// Of errors without their sign, of now and of a longer time: where all goes as foreseen, small errors stay small.
    absolute: [Mean; 2],
    square: Mean,
}

/// A mean that began at zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Mean {
    value: f64,
    /// How much of the zero is left in it.
    left: f64,
}

impl Mean {
    const EMPTY: Self = Self { value: 0.0, left: 1.0 };

    /// Takes in a number, of which `keep` is left after a control step; the mean of all that there were.
    fn take_in(&mut self, x: f64, keep: f64) -> f64 {
        self.value += (1.0 - keep) * (x - self.value);
        self.left *= keep;
        self.value / (1.0 - self.left)
    }

    fn is_valid(&self) -> bool {
        self.value.is_finite() && self.value >= 0.0 && (0.0..=1.0).contains(&self.left)
    }
}

/// What dopamine cells make of an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Response {
    /// Of those that teach the actor, within ±1.
    pub actor: f32,
    /// Of those that teach the critic, within ±1.
    pub critic: f32,
    /// The error at which the latter saturate.
    pub critic_range: f32,
}

impl Default for ErrorRange {
    fn default() -> Self {
        Self { absolute: [Mean::EMPTY; 2], square: Mean::EMPTY }
    }
}

impl ErrorRange {
    /// Whether this is a possible state.
    pub fn is_valid(&self) -> bool {
        self.absolute.iter().chain([&self.square]).all(Mean::is_valid)
    }

    /// Takes in an error, and answers it. Larger errors are remembered for `range_steps` control steps.
    pub fn respond(&mut self, delta: f32, range_steps: f64) -> Response {
        let error = f64::from(delta);
        let [now, long] = &mut self.absolute;
        let usual = now.take_in(error.abs(), KEEP).max(long.take_in(error.abs(), (-1.0 / range_steps).exp()));
        let [usual, largest] = [ACTOR_REACH * usual, CRITIC_REACH * self.square.take_in(error * error, KEEP).sqrt()];
        let share = |range: f64| if range > 0.0 { (error / range).clamp(-1.0, 1.0) as f32 } else { 0.0 };
        Response { actor: share(usual), critic: share(largest), critic_range: largest as f32 }
    }
}

impl Response {
    /// That of cells which do not adapt: errors saturate at ±1.
    pub fn fixed(delta: f32) -> Self {
        let level = delta.clamp(-1.0, 1.0);
        Self { actor: level, critic: level, critic_range: 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_does_not_depend_on_the_unit_of_reward() {
        let errors = [0.3, -0.1, 0.0, 2.0, -0.4, 0.05];
        let answers = |unit: f32| {
            let mut range = ErrorRange::default();
            errors.map(|error| range.respond(unit * error, 5_000.0))
        };
        for (small, large) in answers(1.0).iter().zip(answers(1000.0)) {
            assert!((small.actor - large.actor).abs() < 1e-5 && (small.critic - large.critic).abs() < 1e-5);
            assert!((1000.0 * small.critic_range / large.critic_range - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_usual_error_makes_a_third_of_the_largest_answer() {
        let mut range = ErrorRange::default();
        let last = (0..100_000).map(|k| range.respond(if k % 2 == 0 { 0.2 } else { -0.2 }, 5_000.0)).last().unwrap();
        assert!((last.actor + 1.0 / 3.0).abs() < 1e-3 && (last.critic + 0.05).abs() < 1e-3, "{last:?}");
        assert_eq!(range.respond(9.0, 5_000.0).actor, 1.0);
        assert_eq!(
            ErrorRange::default().respond(0.0, 5_000.0),
            Response { actor: 0.0, critic: 0.0, critic_range: 0.0 }
        );
    }

    #[test]
    fn where_all_goes_as_foreseen_small_errors_stay_small() {
        let after_calm = |range_steps: f64| {
            let mut range = ErrorRange::default();
            (0..50_000).for_each(|_| _ = range.respond(1.0, range_steps));
            (0..50_000).map(|_| range.respond(0.01, range_steps).actor).last().unwrap()
        };
        let (forgetful, mindful) = (after_calm(5_000.0), after_calm(100_000.0));
        assert!((forgetful - 1.0 / 3.0).abs() < 1e-2 && mindful < 0.02, "{forgetful} and {mindful}");
    }
}
