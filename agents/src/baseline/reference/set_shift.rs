//! The reference on `set-shift`: which rule holds is inferred from what presses bring, by Bayes.
//!
//! Four rules are weighed: Go where the colour is A or B, or the shape. An episode begins with nearly all weight on the
//! rule of the unchanged world, and before each trial the rule may have changed to any other, with the probability `h`:
//!
//! ```text
//! w ← (1 − h) w + h/3 (1 − w)         w ← w where the rule says what the press brought, else ε w
//! ```
//!
//! It presses if Go is right more often than not under these weights, once for each cue. A press that brings −1 tells as
//! much as one that brings 1; leaving the lever tells nothing. Whatever it believes, it presses for half of the cues, so
//! that no change goes unnoticed.
//!
//! Source: Behrens et al. 2007 (Nat Neurosci 10:1214) for learning under change; the constants are ours.

use mesolimb_envs::{Env, set_shift::DOWN};
use serde::{Deserialize, Serialize};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "set-shift-bayes";
/// Weight of the rule of the unchanged world as an episode begins.
const PRIOR: f64 = 0.97;
/// Probability that the rule changes from one trial to the next, `h`.
const HAZARD: f64 = 0.005;
/// Probability that a press brings what the rule does not say, `ε`.
const SLIP: f64 = 0.001;
/// From here on a reward is that of a press.
const MIN_REWARD: f64 = 0.5;
/// How near to where it comes to rest the lever must be, in rad, to be pressed again.
const READY: f64 = 0.8 * DOWN;

/// For the lever of `env` as it was compiled.
///
/// # Errors
/// If this is no set shift.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let &[(_, limit)] = action_ranges(NAME, env.spec())?.as_slice() else {
        return Err(unsuited(NAME, env.spec(), format!("it has {} actions, expected 1", env.spec().actions.len())));
    };
    let channels = ["colour_1", "shape_1", "cue", "lever_angle"];
    Ok(Box::new(Controller::new(env, Weigher { limit }, channels)?))
}

/// Largest torque of the lever, in N·m.
struct Weigher {
    limit: f32,
}

/// What is in mind within an episode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Belief {
    /// Weights of the rules: Go where the colour is A, where it is B, where the shape is A, where it is B.
    weights: [f64; 4],
    /// Whether colour and shape of the cue that is on, or was last, are A.
    is_a: [bool; 2],
    is_cue_on: bool,
    is_pressing: bool,
}

impl Belief {
    /// Whether each rule asks for a press.
    fn wants_go(&self) -> [bool; 4] {
        let [colour, shape] = self.is_a;
        [colour, !colour, shape, !shape]
    }

    /// Probability that a press is right.
    fn of_go(&self) -> f64 {
        self.weights.iter().zip(self.wants_go()).filter(|(_, wants_go)| *wants_go).map(|(weight, _)| weight).sum()
    }

    /// Takes in whether a press was right.
    fn learn(&mut self, was_right: bool) {
        let wants_go = self.wants_go();
        for (weight, wants_go) in self.weights.iter_mut().zip(wants_go) {
            *weight *= if wants_go == was_right { 1.0 } else { SLIP };
        }
        let total: f64 = self.weights.iter().sum();
        self.weights = self.weights.map(|weight| weight / total);
    }

    /// Takes in the cue.
    fn look(&mut self, seen: &[f64], is_ready: bool) {
        let [colour, shape, cue, _] = [0, 1, 2, 3].map(|channel| seen[channel]);
        let is_cue_on = cue > 0.5;
        if is_cue_on && !self.is_cue_on {
            self.weights = self.weights.map(|weight| (1.0 - HAZARD) * weight + HAZARD / 3.0 * (1.0 - weight));
            self.is_a = [colour > 0.0, shape > 0.0];
        }
        self.is_cue_on = is_cue_on;
        self.is_pressing = is_cue_on && is_ready && self.of_go() > 0.5;
    }
}

impl Law for Weigher {
    const NAME: &'static str = NAME;
    type Memory = Belief;

    fn start(&self, seen: &[f64]) -> Belief {
        let other = (1.0 - PRIOR) / 3.0;
        let weights = [PRIOR, other, other, other];
        let mut belief = Belief { weights, is_a: [false; 2], is_cue_on: false, is_pressing: false };
        belief.look(seen, seen[3] < READY);
        belief
    }

    fn follow(&self, belief: &mut Belief, reward: f64, seen: &[f64]) {
        if reward.abs() > MIN_REWARD {
            belief.learn(reward > 0.0);
        }
        let is_ready = belief.is_pressing || seen[3] < READY;
        belief.look(seen, is_ready);
    }

    fn act(&self, belief: &Belief, _seen: &[f64], action: &mut [f32]) {
        action[0] = if belief.is_pressing { self.limit } else { 0.0 };
    }

    fn is_valid(&self, belief: &Belief) -> bool {
        (belief.weights.iter().sum::<f64>() - 1.0).abs() < 1e-6 && belief.weights.iter().all(|weight| *weight >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::testing::mean_return;

    #[test]
    fn every_rule_is_found_out() {
        let mut env = make("set-shift").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        for (dimension, reversed) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            env.params_mut().set("relevant_dimension", dimension).unwrap();
            env.params_mut().set("reversed", reversed).unwrap();
            let mean = mean_return(env.as_mut(), agent.as_mut(), 0..10);
            // Half of the 50 trials ask for a press, and a rule that is not the first is found out by a few that are wrong.
            assert!(mean > if dimension + reversed == 0.0 { 22.0 } else { 16.0 }, "{dimension} {reversed}: {mean}");
        }
    }
}
