//! Agents to compare with: chance, the best that a model of the robot gives, and a streaming deep learner.
//!
//! | agent | task | what it is for |
//! |---|---|---|
//! | [`Random`] | any | the lower end of the scale of scores |
//! | [`CartpoleLqr`] | `cartpole` | the upper end: optimal control of the linearised robot |
//! | [`ReacherComputedTorque`] | `reacher` | the upper end: inverse kinematics and computed torque |
//! | [`Arm7ComputedTorque`] | `arm-reach`, `arm-push` | the upper end: operational-space control with the equations of motion |
//! | [`StreamAc`] | any | what a deep network learns in the same loop, from the same number of steps |
//!
//! Controllers without an agent around them: [`gait`] makes the quadruped stand and trot, and [`operational_space`] moves
//! the gripper of the seven-joint arm along a path.

mod arm;
mod arm7;
mod computed_torque;
pub mod gait;
mod lanes;
mod lqr;
mod mlp;
mod obgd;
pub mod operational_space;
mod random;
mod reference;
mod seal;
mod stream_ac;

use mesolimb_envs::EnvSpec;

pub use arm7::Arm7ComputedTorque;
pub use computed_torque::ReacherComputedTorque;
pub use lqr::CartpoleLqr;
pub use random::Random;
pub use reference::reference_for;
pub use stream_ac::{StreamAc, StreamAcConfig};

use crate::agent::AgentError;

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
