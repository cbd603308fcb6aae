//! Agents to compare with: chance, the best that a model of the robot gives, and deep learners.
//!
//! | agent | task | what it is for |
//! |---|---|---|
//! | [`Random`] | any | the lower end of the scale of scores |
//! | [`CartpoleLqr`] | `cartpole` | the upper end: optimal control of the linearised robot |
//! | [`ReacherComputedTorque`] | `reacher` | the upper end: inverse kinematics and computed torque |
//! | [`Arm7ComputedTorque`] | `arm-reach`, `arm-push` | the upper end: operational-space control with the equations of motion |
//! | [`StreamAc`] | any | what a deep network learns in the same loop, from the same number of steps |
//! | [`IntentionalAc`] | any | the same network with steps that are set by what they do to its output |
//! | [`Ppo`] | any | what the usual deep learner makes of the same steps, with rollouts and minibatches |
//!
//! Controllers without an agent around them: [`gait`] makes the quadruped stand and trot, and [`operational_space`] moves
//! the gripper of the seven-joint arm along a path.

mod arm;
mod arm7;
mod computed_torque;
pub mod gait;
mod intentional_ac;
mod lanes;
mod lqr;
mod mlp;
mod obgd;
pub mod operational_space;
mod ppo;
mod random;
mod seal;
mod stream_ac;
mod streaming;

use mesolimb_envs::{Env, EnvSpec};

pub use arm7::Arm7ComputedTorque;
pub use computed_torque::ReacherComputedTorque;
pub use intentional_ac::{IntentionalAc, IntentionalAcConfig};
pub use lqr::CartpoleLqr;
pub use ppo::{Ppo, PpoConfig};
pub use random::Random;
pub use stream_ac::{StreamAc, StreamAcConfig};

use crate::agent::{Agent, AgentError, Kind, NoSettings};

/// The model-based controller that marks the upper end of the scale of a task.
/// It knows the robot as it was compiled, and is not told when the world changes.
///
/// # Errors
/// If there is none for this task.
pub fn reference_for(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    match env.spec().name.as_str() {
        "cartpole" => Ok(Box::new(CartpoleLqr::new(env)?)),
        "reacher" => Ok(Box::new(ReacherComputedTorque::new(env)?)),
        "arm-reach" | "arm-push" => Ok(Box::new(Arm7ComputedTorque::new(env)?)),
        _ => Err(unsuited(
            "reference",
            env.spec(),
            "there is a reference for 'cartpole', 'reacher', 'arm-reach' and 'arm-push' only",
        )),
    }
}

/// The reference of a task, as an agent by name.
#[derive(Debug)]
pub struct Reference;

impl Kind for Reference {
    const NAME: &'static str = "reference";
    const SUMMARY: &'static str = "model-based controller of the task; score 1";
    type Settings = NoSettings;

    fn make(_settings: NoSettings, env: &dyn Env, _seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        reference_for(env)
    }
}

fn unsuited(agent: &str, spec: &EnvSpec, reason: impl Into<String>) -> AgentError {
    AgentError::Unsuited { agent: agent.to_owned(), task: spec.name.clone(), reason: reason.into() }
}

/// Where each of the named observations is found.
///
/// # Errors
/// If the task does not observe one of them.
fn observation_idxs<const N: usize>(agent: &str, spec: &EnvSpec, names: [&str; N]) -> Result<[usize; N], AgentError> {
    let mut idxs = [0; N];
    for (idx, name) in idxs.iter_mut().zip(names) {
        *idx = spec
            .observations
            .iter()
            .position(|channel| channel.name == name)
            .ok_or_else(|| unsuited(agent, spec, format!("it does not observe '{name}'")))?;
    }
    Ok(idxs)
}

/// Middle and half width of each action channel.
///
/// # Errors
/// If a channel has no finite range.
pub(crate) fn action_ranges(agent: &str, spec: &EnvSpec) -> Result<Vec<(f32, f32)>, AgentError> {
    let range = |channel: &mesolimb_envs::Channel| {
        let (middle, half) = (0.5 * (channel.low + channel.high), 0.5 * (channel.high - channel.low));
        if middle.is_finite() && half.is_finite() && half > 0.0 {
            return Ok((middle, half));
        }
        let (name, low, high) = (&channel.name, channel.low, channel.high);
        Err(unsuited(agent, spec, format!("action '{name}' ranges from {low} to {high}, expected a finite range")))
    };
    spec.actions.iter().map(range).collect()
}

#[cfg(test)]
mod testing;
