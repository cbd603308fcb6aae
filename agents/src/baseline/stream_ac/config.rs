//! Settings of the streaming actor-critic.

use serde::{Deserialize, Serialize};

use crate::agent::{AgentError, Settings};

/// Settings of [`StreamAc`](super::StreamAc). The defaults are those of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StreamAcConfig {
    /// Units in each of the two hidden layers of actor and critic.
    pub n_hidden: usize,
    /// Share of the inputs of each unit that start at zero, in [0, 1).
    pub sparsity: f64,
    /// Discount of a step, `γ`, in [0, 1).
    pub gamma: f64,
    /// Decay of eligibility besides the discount, `λ`, in [0, 1].
    pub lambda: f64,
    /// Step size while the bound does not bite, `α`.
    pub alpha: f64,
    /// Safety factor of the bound on steps of the actor, `κ`; above 1.
    pub kappa_actor: f64,
    /// Safety factor of the bound on steps of the critic; above 1.
    pub kappa_critic: f64,
    /// Weight of the entropy of the policy, `τ`.
    pub entropy: f64,
}

impl Default for StreamAcConfig {
    fn default() -> Self {
        Self {
            n_hidden: 128,
            sparsity: 0.9,
            gamma: 0.99,
            lambda: 0.8,
            alpha: 1.0,
            kappa_actor: 3.0,
            kappa_critic: 2.0,
            entropy: 0.01,
        }
    }
}

impl Settings for StreamAcConfig {
    fn validate(&self) -> Result<(), AgentError> {
        let refuse = |field: &str, found: String, expected: &str| {
            Err(AgentError::Setting { field: field.to_owned(), found, expected: expected.to_owned() })
        };
        if !(2..=4096).contains(&self.n_hidden) {
            return refuse("n_hidden", self.n_hidden.to_string(), "a number from 2 to 4096");
        }
        let checks = [
            ("sparsity", self.sparsity, (0.0..1.0).contains(&self.sparsity), "a share from 0 to below 1"),
            ("gamma", self.gamma, (0.0..1.0).contains(&self.gamma), "a discount from 0 to below 1"),
            ("lambda", self.lambda, (0.0..=1.0).contains(&self.lambda), "a number from 0 to 1"),
            ("alpha", self.alpha, self.alpha > 0.0 && self.alpha <= 1e3, "a number above 0, at most 1000"),
            ("kappa_actor", self.kappa_actor, self.kappa_actor > 1.0 && self.kappa_actor <= 1e6, "a number above 1"),
            (
                "kappa_critic",
                self.kappa_critic,
                self.kappa_critic > 1.0 && self.kappa_critic <= 1e6,
                "a number above 1",
            ),
            ("entropy", self.entropy, (0.0..=1e3).contains(&self.entropy), "a number from 0 to 1000"),
        ];
        match checks.iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((field, found, _, expected)) => refuse(field, found.to_string(), expected),
        }
    }
}
