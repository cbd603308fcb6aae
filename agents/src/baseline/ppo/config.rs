//! Settings of proximal policy optimisation.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentError, Settings};

/// Settings of [`Ppo`](super::Ppo). The defaults are those for continuous actions in Huang et al. 2022.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PpoConfig {
    /// Units in each of the two hidden layers of actor and critic.
    pub n_hidden: usize,
    /// Control steps in a rollout; an update follows each. A multiple of `minibatch`.
    pub n_steps: usize,
    /// Times that an update goes through the rollout.
    pub n_epochs: usize,
    /// Control steps in a minibatch.
    pub minibatch: usize,
    /// Step size of Adam; constant.
    pub learning_rate: f64,
    /// Discount of a step, `γ`, in [0, 1).
    pub gamma: f64,
    /// Decay of advantages besides the discount, `λ`, in [0, 1].
    pub lambda: f64,
    /// How far ratio and value may move from those of the rollout before the loss is flat, `ε`.
    pub clip: f64,
    /// Weight of the loss of the critic.
    pub value_weight: f64,
    /// Weight of the entropy of the policy.
    pub entropy: f64,
    /// Largest Euclidean norm of the gradient of all parameters together.
    pub max_gradient_norm: f64,
}

impl Default for PpoConfig {
    fn default() -> Self {
        Self {
            n_hidden: 64,
            n_steps: 2048,
            n_epochs: 10,
            minibatch: 64,
            learning_rate: 3e-4,
            gamma: 0.99,
            lambda: 0.95,
            clip: 0.2,
            value_weight: 0.5,
            entropy: 0.0,
            max_gradient_norm: 0.5,
        }
    }
}

impl Settings for PpoConfig {
    fn validate(&self) -> Result<(), AgentError> {
        let refuse = |field: &str, found: String, expected: &str| {
            Err(AgentError::Setting { field: field.to_owned(), found, expected: expected.to_owned() })
        };
        let counts = [
            ("n_hidden", self.n_hidden, (1..=4096).contains(&self.n_hidden), "a number from 1 to 4096"),
            ("minibatch", self.minibatch, (2..=65_536).contains(&self.minibatch), "a number from 2 to 65536"),
            (
                "n_steps",
                self.n_steps,
                (2..=1_048_576).contains(&self.n_steps) && self.n_steps.is_multiple_of(self.minibatch.max(1)),
                "a multiple of minibatch, at most 1048576",
            ),
            ("n_epochs", self.n_epochs, (1..=1000).contains(&self.n_epochs), "a number from 1 to 1000"),
        ];
        if let Some((field, found, _, expected)) = counts.iter().find(|(_, _, holds, _)| !holds) {
            return refuse(field, found.to_string(), expected);
        }
        let above_zero = |value: f64, most: f64| value > 0.0 && value <= most;
        let checks = [
            ("learning_rate", self.learning_rate, above_zero(self.learning_rate, 1.0), "a number above 0, at most 1"),
            ("gamma", self.gamma, (0.0..1.0).contains(&self.gamma), "a discount from 0 to below 1"),
            ("lambda", self.lambda, (0.0..=1.0).contains(&self.lambda), "a number from 0 to 1"),
            ("clip", self.clip, self.clip > 0.0 && self.clip < 1.0, "a number above 0, below 1"),
            ("value_weight", self.value_weight, (0.0..=1e3).contains(&self.value_weight), "a number from 0 to 1000"),
            ("entropy", self.entropy, (0.0..=1e3).contains(&self.entropy), "a number from 0 to 1000"),
            (
                "max_gradient_norm",
                self.max_gradient_norm,
                above_zero(self.max_gradient_norm, 1e6),
                "a number above 0, at most 1000000",
            ),
        ];
        match checks.iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((field, found, _, expected)) => refuse(field, found.to_string(), expected),
        }
    }
}
