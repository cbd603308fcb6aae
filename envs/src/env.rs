//! The contract between a robot task and whoever acts in it.

use serde::{Deserialize, Serialize};

use crate::{books::Books, params::Params, robot::RobotSpec, scene::Scene};

/// A robot task in closed loop.
///
/// The meanings are Gymnasium's: `terminated` and `truncated` are apart, nothing resets by itself (only [`crate::Worlds`]
/// do), seeds are arguments.
/// Buffers belong to the caller, and [`Env::step`] and [`Env::observe`] allocate nothing.
pub trait Env: Send {
    /// What the task observes, accepts and how long an episode lasts.
    fn spec(&self) -> &EnvSpec;

    /// The robot as it was compiled, with nominal masses, lengths and limits. Model-based controllers read it.
    fn robot(&self) -> &RobotSpec;

    /// Starts an episode. Equal seeds and equal parameters start equal episodes.
    fn reset(&mut self, seed: u64);

    /// Holds `action` for one control step. `action` has one value for each of `spec().actions`, in its unit;
    /// values outside the channel's range are clipped to it, as an actuator would.
    ///
    /// # Panics
    /// If `action` has another length than `spec().actions`.
    fn step(&mut self, action: &[f32]) -> Step;

    /// Writes what the sensors say now, noise and delay included: one value for each of `spec().observations`.
    ///
    /// # Panics
    /// If `out` has another length than `spec().observations`.
    fn observe(&self, out: &mut [f32]);

    /// The physical parameters that can be changed while the robot lives, with their nominal values.
    fn params(&self) -> &Params;

    /// Changes parameters; they take effect at the next [`Env::step`] or [`Env::reset`] and outlast the episode.
    fn params_mut(&mut self) -> &mut Params;

    /// The books of energy of the episode so far.
    fn books(&self) -> Books;

    /// Where the robot is along x, in m: the origin of its root. Nothing of a robot that hangs on the world.
    fn forward_m(&self) -> Option<f64> {
        None
    }

    /// Makes the steps of the physics `factor` times as short, for good, and starts an episode with seed 0. Parameters keep
    /// their values. What was learned with one clock can be tried with a finer one.
    ///
    /// # Errors
    /// If `factor` is zero.
    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError>;

    /// Rewrites `out` with the shapes and poses to draw.
    fn scene(&self, out: &mut Scene);

    /// The whole state (physics, task, sensors, parameters, random streams), bit-exact, as bytes.
    fn save(&self) -> Vec<u8>;

    /// Takes back a state written by [`Env::save`] of the same task.
    ///
    /// # Errors
    /// If the bytes are no state of this task. The environment is unchanged then.
    fn load(&mut self, state: &[u8]) -> Result<(), EnvError>;
}

/// What one control step led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Reward of this step.
    pub reward: f64,
    /// The task ended by its own rule: nothing comes after, so the value of what follows is zero.
    pub terminated: bool,
    /// The time limit was reached: the world goes on, only the episode stops.
    pub truncated: bool,
    /// The simulation broke in this step. The step teaches nothing: reward and observation are not to be learned from.
    pub fault: Option<Fault>,
}

impl Step {
    /// Whether the episode is over, for whichever reason.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.terminated || self.truncated || self.fault.is_some()
    }
}

/// Why the simulation, not the task, ended an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Fault {
    /// A pose or velocity became infinite or not a number.
    #[error("physics diverged: a pose or velocity is not finite")]
    NonFiniteState,
    /// Rapier took a body out of the simulation because its state was not finite.
    #[error("physics diverged: a body was quarantined")]
    Quarantined,
    /// The action held a value that is not finite; nothing was simulated.
    #[error("the action is not finite")]
    NonFiniteAction,
}

/// What a task observes and accepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvSpec {
    /// Name in the registry, such as `cartpole`.
    pub name: String,
    /// Observation channels, in order.
    pub observations: Vec<Channel>,
    /// Action channels, in order.
    pub actions: Vec<Channel>,
    /// Control step, in seconds.
    pub control_dt_secs: f64,
    /// Physics step, in seconds; the control step is a whole multiple of it.
    pub physics_dt_secs: f64,
    /// Control steps after which an episode is truncated.
    pub time_limit_steps: u32,
}

/// One named number that is observed or commanded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Name, such as `pole_angle`.
    pub name: String,
    /// Unit in SI notation, such as `rad/s`; `1` where there is none.
    pub unit: String,
    /// Smallest value; `-inf` where there is no bound.
    pub low: f32,
    /// Largest value; `inf` where there is no bound.
    pub high: f32,
}

/// What is refused by an environment.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EnvError {
    /// No task has this name.
    #[error("unknown task '{name}'{}", hint(.nearest))]
    UnknownTask {
        /// What was asked for.
        name: String,
        /// The registered name that is closest, if any is close.
        nearest: Option<String>,
    },
    /// The task is for any robot, and there is none.
    #[error("task '{task}' has no robot of its own, and none was given")]
    NeedsRobot {
        /// The task.
        task: String,
    },
    /// The task has a robot of its own.
    #[error("task '{task}' has a robot of its own; the tasks for any robot are {for_any}")]
    HasRobot {
        /// The task.
        task: String,
        /// The names of those that take a robot.
        for_any: String,
    },
    /// No parameter has this name.
    #[error("task '{task}' has no parameter '{name}'{}", hint(.nearest))]
    UnknownParameter {
        /// The task.
        task: String,
        /// What was asked for.
        name: String,
        /// The parameter that is closest, if any is close.
        nearest: Option<String>,
    },
    /// No preset of changes has this name.
    #[error("unknown preset '{name}'{}", hint(.nearest))]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// The preset that is closest, if any is close.
        nearest: Option<String>,
    },
    /// A preset of changes cannot be made for a task.
    #[error("preset '{preset}' {reason}")]
    Preset {
        /// The preset.
        preset: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// A value lies outside what a field allows.
    #[error("{field} is {value}, expected {expected}")]
    OutOfRange {
        /// The field, as the user wrote it.
        field: String,
        /// What was found.
        value: f64,
        /// What was expected.
        expected: String,
    },
    /// Two clocks do not fit: the control step must be a whole multiple of the physics steps of a stride.
    #[error(
        "control step {control_dt_secs} s is not a whole multiple of {n_steps} × the physics step {physics_dt_secs} s"
    )]
    Clocks {
        /// Control step.
        control_dt_secs: f64,
        /// Physics step.
        physics_dt_secs: f64,
        /// Physics steps from one look for contacts to the next.
        n_steps: u32,
    },
    /// A saved state does not belong to this task or is damaged.
    #[error("saved state of task '{task}' cannot be used: {reason}")]
    State {
        /// The task.
        task: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A robot description is not physical.
    #[error("robot '{robot}': {reason}")]
    Robot {
        /// The robot.
        robot: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean '{name}'?"))
}
