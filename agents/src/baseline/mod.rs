//! Agents to compare with: chance, the best that is known for a task, and deep learners.
//!
//! | agent | task | what it is for |
//! |---|---|---|
//! | [`Random`], [`Idle`] | any | what takes no learning: the better of the two is the lower end of the scale of scores |
//! | [`reference_for`] | any that has a robot of its own | the upper end |
//! | [`StreamAc`] | any | what a deep network learns in the same loop, from the same number of steps |
//! | [`IntentionalAc`] | any | the same network with steps that are set by what they do to its output |
//! | [`Ppo`] | any | what the usual deep learner makes of the same steps, with rollouts and minibatches |
//!
//! The references, which learn nothing, by the task:
//!
//! | task | what it does | file |
//! |---|---|---|
//! | `cartpole` | optimal control of the linearised robot: [`CartpoleLqr`] | `lqr.rs` |
//! | `cartpole-swingup` | swing-up by energy and the regulator, made better by looking ahead | `reference/swingup.rs` |
//! | `pendulum` | value iteration on a model of the robot | `reference/pendulum.rs` |
//! | `acrobot` | adding energy, made better by looking ahead | `reference/acrobot.rs` |
//! | `reacher` | inverse kinematics and computed torque: [`ReacherComputedTorque`] | `computed_torque.rs` |
//! | `arm-reach`, `arm-push` | operational-space control: [`Arm7ComputedTorque`] | `arm7.rs` |
//! | `hopper`, `half-cheetah`, `walker` | a stored policy, the best that was found | `reference/stored.rs` |
//! | `ant` | a trot on springs and dampers that keeps its course | `reference/ant.rs` |
//! | `quadruped` | a trot whose steps follow the commanded velocity | `reference/quadruped.rs` |
//! | `water-maze` | straight to the platform, from a decoded position | `reference/water_maze.rs` |
//! | `forage` | to the food, from two scents, clear of obstacles | `reference/forage.rs` |
//! | `set-shift` | inference of the rule by Bayes | `reference/set_shift.rs` |
//!
//! Controllers without an agent around them: [`gait`] makes the quadruped stand and trot, and [`operational_space`] moves
//! the gripper of the seven-joint arm along a path.

mod arm;
mod arm7;
mod computed_torque;
pub mod gait;
mod idle;
mod intentional_ac;
mod lanes;
mod lqr;
mod mlp;
mod obgd;
pub mod operational_space;
mod ppo;
mod random;
mod reference;
mod seal;
mod stream_ac;
mod streaming;

use mesolimb_envs::{Env, EnvSpec};

pub use arm7::Arm7ComputedTorque;
pub use computed_torque::ReacherComputedTorque;
pub use idle::Idle;
pub use intentional_ac::{IntentionalAc, IntentionalAcConfig};
pub use lqr::CartpoleLqr;
pub use ppo::{Ppo, PpoConfig};
pub use random::Random;
pub use reference::reference_for;
pub use stream_ac::{StreamAc, StreamAcConfig};

use crate::agent::{Agent, AgentError, Kind, NoSettings};

/// The reference of a task, as an agent by name.
#[derive(Debug)]
pub struct Reference;

impl Kind for Reference {
    const NAME: &'static str = "reference";
    const SUMMARY: &'static str = "the best that is known for the task: a controller, or a stored policy; score 1";
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
