//! The agents by name. To add one: a file, and a line in each `match` here.

use mesolimb_envs::Env;
use serde::{Deserialize, Serialize};

use crate::{
    Agent, AgentError, SpikingActorCritic, SpikingConfig,
    baseline::{Random, StreamAc, StreamAcConfig, reference_for},
};

/// An agent that can be made by name.
#[derive(Clone, Copy, Debug)]
pub struct AgentEntry {
    /// Name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
}

/// Settings of all agents, each in a section of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSettings {
    /// The spiking actor-critic.
    pub spiking: SpikingConfig,
    /// The streaming deep actor-critic.
    pub stream_ac: StreamAcConfig,
}

/// All agents.
#[must_use]
pub fn agents() -> &'static [AgentEntry] {
    &[
        AgentEntry { name: "spiking", summary: "spiking actor-critic with dopamine-gated local plasticity" },
        AgentEntry { name: "stream-ac", summary: "streaming actor-critic with a multilayer perceptron, stream AC(λ)" },
        AgentEntry { name: "random", summary: "uniform random actions; score 0" },
        AgentEntry { name: "reference", summary: "model-based controller of the task; score 1" },
    ]
}

/// Makes the agent `name` for a task.
///
/// # Errors
/// If there is no such agent, it cannot do the task, or one of its settings is out of range.
pub fn make(name: &str, settings: &AgentSettings, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
    let in_section = |section: &'static str| {
        move |error| match error {
            AgentError::Setting { field, found, expected } => {
                AgentError::Setting { field: format!("{section}.{field}"), found, expected }
            }
            other => other,
        }
    };
    match name {
        "spiking" => SpikingActorCritic::new(&settings.spiking, env.spec(), seed)
            .map(|agent| Box::new(agent) as Box<dyn Agent>)
            .map_err(in_section("spiking")),
        "stream-ac" => StreamAc::new(env.spec(), settings.stream_ac, seed)
            .map(|agent| Box::new(agent) as Box<dyn Agent>)
            .map_err(in_section("stream_ac")),
        "random" => Ok(Box::new(Random::new(env.spec(), seed)?)),
        "reference" => reference_for(env),
        _ => Err(AgentError::Unknown { name: name.to_owned() }),
    }
}

/// Refuses a name that no agent has.
///
/// # Errors
/// Names the nearest that exists, if any is near.
pub fn check_name(name: &str) -> Result<(), AgentError> {
    if agents().iter().any(|agent| agent.name == name) {
        return Ok(());
    }
    Err(AgentError::Unknown { name: name.to_owned() })
}
