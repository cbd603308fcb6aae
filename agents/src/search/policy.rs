//! A linear policy: what is observed, normalised, times a matrix.

use mesolimb_envs::EnvSpec;
use serde::{Deserialize, Serialize};

use crate::{agent::AgentError, baseline::action_ranges, normaliser::Normaliser};

/// Smallest deviation that an observation is divided by, in its unit.
const MIN_DEVIATION: f64 = 1e-3;

/// `action = middle + half_range · clip(W · (observation − mean) / deviation, ±1)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearPolicy {
    /// The matrix `W`, a row for each action.
    pub weights: Vec<Vec<f64>>,
    /// Mean of each observation, in its unit.
    pub mean: Vec<f64>,
    /// Deviation of each observation, in its unit.
    pub deviation: Vec<f64>,
    /// Middle of the range of each action, in its unit.
    pub middle: Vec<f64>,
    /// Half of the range of each action, in its unit.
    pub half_range: Vec<f64>,
}

impl LinearPolicy {
    /// The zero policy of a task: every action in the middle of its range.
    ///
    /// # Errors
    /// If an action has no finite range.
    pub fn zero(spec: &EnvSpec) -> Result<Self, AgentError> {
        let n = spec.observations.len();
        let ranges = action_ranges("search", spec)?;
        Ok(Self {
            weights: vec![vec![0.0; n]; ranges.len()],
            mean: vec![0.0; n],
            deviation: vec![1.0; n],
            middle: ranges.iter().map(|range| f64::from(range.0)).collect(),
            half_range: ranges.iter().map(|range| f64::from(range.1)).collect(),
        })
    }

    /// Refuses a policy that does not fit a task.
    ///
    /// # Errors
    /// Names what does not fit, and what was expected.
    pub fn check(&self, spec: &EnvSpec) -> Result<(), AgentError> {
        let (n_in, n_out) = (spec.observations.len(), spec.actions.len());
        let rows = self.weights.iter().map(|row| ("weights", row, n_in));
        let others = [
            ("mean", &self.mean, n_in),
            ("deviation", &self.deviation, n_in),
            ("middle", &self.middle, n_out),
            ("half_range", &self.half_range, n_out),
        ];
        let refuse = |field: &str, found: String, expected: String| {
            Err(AgentError::Setting { field: format!("policy.{field}"), found, expected })
        };
        if self.weights.len() != n_out {
            return refuse("weights", format!("{} rows", self.weights.len()), format!("{n_out}, one for each action"));
        }
        for (field, values, n) in rows.chain(others) {
            if values.len() != n {
                return refuse(field, format!("{} values", values.len()), format!("{n} for task '{}'", spec.name));
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return refuse(field, value.to_string(), "finite numbers".to_owned());
            }
        }
        match self.deviation.iter().find(|deviation| **deviation <= 0.0) {
            Some(deviation) => refuse("deviation", deviation.to_string(), "numbers above 0".to_owned()),
            None => Ok(()),
        }
    }

    /// Takes mean and deviation of the observations from what was seen.
    pub fn normalise_by(&mut self, seen: &Normaliser) {
        for (channel, (mean, deviation)) in self.mean.iter_mut().zip(&mut self.deviation).enumerate() {
            *mean = seen.mean(channel);
            *deviation = seen.variance(channel).sqrt().max(MIN_DEVIATION);
        }
    }

    /// Moves the matrix by `scale · delta`; `delta` has its values row by row.
    pub fn shift(&mut self, delta: &[f64], scale: f64) {
        for (weight, delta) in self.weights.iter_mut().flatten().zip(delta) {
            *weight += scale * delta;
        }
    }

    /// Writes the action for an observation. `scaled` is a buffer, as long as the observation.
    pub fn act(&self, observation: &[f32], scaled: &mut [f64], action: &mut [f32]) {
        for (idx, (scaled, &seen)) in scaled.iter_mut().zip(observation).enumerate() {
            *scaled = (f64::from(seen) - self.mean[idx]) / self.deviation[idx];
        }
        for (idx, (action, row)) in action.iter_mut().zip(&self.weights).enumerate() {
            let sum: f64 = row.iter().zip(&*scaled).map(|(weight, scaled)| weight * scaled).sum();
            *action = (self.middle[idx] + self.half_range[idx] * sum.clamp(-1.0, 1.0)) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_normalised_clipped_and_scaled() {
        let mut policy = LinearPolicy {
            weights: vec![vec![1.0, 0.0], vec![0.0, 10.0]],
            mean: vec![2.0, 0.0],
            deviation: vec![4.0, 1.0],
            middle: vec![0.0, 5.0],
            half_range: vec![8.0, 1.0],
        };
        let (mut scaled, mut action) = ([0.0; 2], [0.0; 2]);
        policy.act(&[4.0, -3.0], &mut scaled, &mut action);
        assert_eq!(action, [4.0, 4.0]);
        policy.shift(&[0.0, 1.0, 0.0, -10.0], 1.0);
        policy.act(&[4.0, 0.25], &mut scaled, &mut action);
        assert_eq!(action, [6.0, 5.0]);
    }

    #[test]
    fn the_zero_policy_stays_in_the_middle_and_still_channels_keep_a_deviation() {
        let env = mesolimb_envs::make("cartpole").unwrap();
        let mut policy = LinearPolicy::zero(env.spec()).unwrap();
        let mut seen = Normaliser::new(4);
        (0..3).for_each(|_| seen.update(&[1.0; 4]));
        policy.normalise_by(&seen);
        assert_eq!((policy.mean[0], policy.deviation[0]), (1.0, MIN_DEVIATION));
        let (mut scaled, mut action) = ([0.0; 4], [9.0]);
        policy.act(&[0.3; 4], &mut scaled, &mut action);
        assert_eq!(action, [0.0]);
        policy.check(env.spec()).unwrap();
        let refusal = |change: fn(&mut LinearPolicy)| {
            let mut changed = policy.clone();
            change(&mut changed);
            changed.check(env.spec()).unwrap_err().to_string()
        };
        assert_eq!(refusal(|p| p.mean.truncate(3)), "policy.mean is 3 values, expected 4 for task 'cartpole'");
        assert_eq!(refusal(|p| p.weights.clear()), "policy.weights is 0 rows, expected 1, one for each action");
        assert_eq!(refusal(|p| p.weights[0][1] = f64::NAN), "policy.weights is NaN, expected finite numbers");
        assert_eq!(refusal(|p| p.deviation[0] = 0.0), "policy.deviation is 0, expected numbers above 0");
    }
}
