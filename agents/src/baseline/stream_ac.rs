//! Stream AC(λ): a [streaming actor-critic](super::streaming) with overshooting-bounded steps.
//!
//! ```text
//! z ← γ λ z + ∇      M = α κ max(|δ|, 1) ‖z‖₁      step = α if M ≤ 1, else α/M      w ← w + step δ z
//! ```
//!
//! Written from the equations of Elsayed, Vasan, Mahmood 2024, arXiv:2410.14606, where the time limit counts as an end.

use mesolimb_envs::{Env, EnvSpec};

pub use config::StreamAcConfig;

use super::{
    obgd::Obgd,
    streaming::{Setup, Streaming},
};
use crate::agent::{Agent, AgentError, Kind, Settings as _};

mod config;

/// The streaming actor-critic of Elsayed, Vasan, Mahmood 2024.
#[derive(Debug)]
pub struct StreamAc;

impl Kind for StreamAc {
    const NAME: &'static str = "stream-ac";
    const SUMMARY: &'static str = "streaming actor-critic with a multilayer perceptron, stream AC(λ)";
    type Settings = StreamAcConfig;

    fn make(settings: StreamAcConfig, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(agent(settings, env.spec(), seed)?))
    }
}

pub(super) fn agent(config: StreamAcConfig, spec: &EnvSpec, seed: u64) -> Result<Streaming<Obgd>, AgentError> {
    config.validate()?;
    let setup = Setup {
        name: StreamAc::NAME,
        n_hidden: config.n_hidden,
        sparsity: config.sparsity,
        gamma: config.gamma,
        entropy: config.entropy,
        limit_is_end: true,
    };
    let decay = (config.gamma * config.lambda) as f32;
    let steps = [config.kappa_actor, config.kappa_critic]
        .map(|kappa| move |n_params| Obgd::new(n_params, config.alpha as f32, kappa as f32, decay));
    Streaming::new(setup, spec, steps, seed)
}
