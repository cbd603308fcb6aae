//! Intentional AC(λ): a [streaming actor-critic](super::streaming) whose steps are set by what they do to the output.
//!
//! ```text
//! v ← β v + (1 − β) g²          m = √v̂ + 1e-8                 g = ∇, v̂ without the zero that it began at
//! z ← γ λ z + g                 σ: mean of Σ g²/m over as many steps as traces last
//! u = √(σ Σ z²/m)               w ← w + (η/u) D z/m
//! critic: D = clip(δ, ±20 √mean δ²)      actor: D = clip(δ/mean|δ|, ±3)
//! ```
//!
//! A step moves the output by about `η D`, whatever the number of weights and their scales: the value by a share of its
//! error, the policy by a bounded amount.
//! Written from the equations of Sharifnassab et al. 2026, arXiv:2604.19033. Deviation: errors are clipped by their own range.

use mesolimb_envs::{Env, EnvSpec};
use serde::{Deserialize, Serialize};

use super::streaming::{Setup, Streaming};
use crate::agent::{Agent, AgentError, Kind, Settings};
use optimiser::{Answer, Intentional};

mod optimiser;

/// The streaming actor-critic with intentional steps.
#[derive(Debug)]
pub struct IntentionalAc;

/// Settings of [`IntentionalAc`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntentionalAcConfig {
    /// Units in each of the two hidden layers of actor and critic.
    pub n_hidden: usize,
    /// Share of the inputs of each unit that start at zero, in [0, 1).
    pub sparsity: f64,
    /// Discount of a step, `γ`, in [0, 1).
    pub gamma: f64,
    /// Decay of eligibility besides the discount, `λ`, in [0, 1].
    pub lambda: f64,
    /// Share of a prediction error by which a step moves the value, `η` of the critic.
    pub critic_step: f64,
    /// `η` of the actor, for an error as large as usual.
    pub actor_step: f64,
    /// Weight of the entropy of the policy, `τ`.
    pub entropy: f64,
}

impl Default for IntentionalAcConfig {
    fn default() -> Self {
        Self {
            n_hidden: 128,
            sparsity: 0.9,
            gamma: 0.99,
            lambda: 0.8,
            critic_step: 0.5,
            actor_step: 0.05,
            entropy: 0.01,
        }
    }
}

impl Settings for IntentionalAcConfig {
    fn validate(&self) -> Result<(), AgentError> {
        let checks = [
            ("n_hidden", self.n_hidden as f64, 2.0, 4096.0),
            ("sparsity", self.sparsity, 0.0, 0.999),
            ("gamma", self.gamma, 0.0, 0.999_999),
            ("lambda", self.lambda, 0.0, 1.0),
            ("critic_step", self.critic_step, 0.0, 1.0),
            ("actor_step", self.actor_step, 0.0, 1.0),
            ("entropy", self.entropy, 0.0, 1e3),
        ];
        match checks.iter().find(|(_, found, low, high)| !(low..=high).contains(&found)) {
            None => Ok(()),
            Some((field, found, low, high)) => Err(AgentError::Setting {
                field: (*field).to_owned(),
                found: found.to_string(),
                expected: format!("a number in [{low}, {high}]"),
            }),
        }
    }
}

impl Kind for IntentionalAc {
    const NAME: &'static str = "intentional-ac";
    const SUMMARY: &'static str = "streaming actor-critic with a multilayer perceptron, intentional steps";
    type Settings = IntentionalAcConfig;

    fn make(settings: IntentionalAcConfig, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(agent(settings, env.spec(), seed)?))
    }
}

pub(super) fn agent(
    config: IntentionalAcConfig,
    spec: &EnvSpec,
    seed: u64,
) -> Result<Streaming<Intentional>, AgentError> {
    config.validate()?;
    let setup = Setup {
        name: IntentionalAc::NAME,
        n_hidden: config.n_hidden,
        sparsity: config.sparsity,
        gamma: config.gamma,
        entropy: config.entropy,
        limit_is_end: false,
    };
    let decay = (config.gamma * config.lambda) as f32;
    let steps = [(config.actor_step, Answer::Scaled), (config.critic_step, Answer::Clipped)]
        .map(|(step, answer)| move |n_params| Intentional::new(n_params, step as f32, decay, answer));
    Streaming::new(setup, spec, steps, seed)
}
