//! Settings of the spiking actor-critic. Every entry is an experiment: `--set brain.variant=dopamine-clamped`.

use mesolimb_envs::EnvSpec;
use serde::{Deserialize, Serialize};

use crate::{
    agent::{AgentError, Settings},
    brain_file::{Brain, BrainChoice, BrainFile, TaskNumbers, brain},
};

/// Settings of the spiking actor-critic, `[spiking]` in a run file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikingConfig {
    /// The brain: see [`brain_file`](crate::brain_file). `brain` in a run file is short for `spiking.brain`.
    pub brain: BrainChoice,
    /// Horizon of the discount, as a share of the time limit of the task: `γ = 1 − 1/(horizon · time_limit_steps)`.
    pub horizon: f64,
    /// Whether dopamine cells adapt to the range of the errors that they see; otherwise they saturate at ±1.
    pub adapted: bool,
    /// Control steps over which the dopamine cells of the actor remember larger errors than now; at 5 000 their range is that of
    /// the errors of now.
    pub range_steps: f64,
    /// Weight of the entropy of the policy.
    pub entropy: f64,
    /// Time over which exploration goes on in one direction, in ms; zero for new noise in every control step.
    pub noise_ms: f64,
    /// Narrowest exploration, as a share of the actuator range: what the policy readout says of widths is pulled back to it.
    pub narrowest: f64,
    /// Widest exploration, likewise.
    pub widest: f64,
    /// Least arousal. In each episode widths are multiplied by an arousal between this and 1, drawn evenly, so that what is done
    /// with little noise is lived too.
    pub least_arousal: f64,
    /// Dopamine that novelty releases by itself: for a return of novelty alone, in units of scaled return. Novel is what the
    /// forward model of motor recalibration did not foresee; without recalibration nothing is novel.
    pub curiosity: f64,
    /// Control steps in which curiosity fades by a factor of e.
    pub curiosity_steps: f64,
    /// Exploration width at which noradrenaline saturates, as a share of the actuator range.
    pub full_uncertainty: f64,
    /// Motor recalibration by a forward model.
    pub recalibration: RecalibrationConfig,
}

/// Settings of motor recalibration, `[spiking.recalibration]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecalibrationConfig {
    /// Whether commands are recalibrated.
    pub enabled: bool,
    /// Step of the motor matrix.
    pub motor_rate: f64,
    /// Deviation of a motor, as a share of its reference, that is left alone. A policy that changes also changes where
    /// the robot moves, and with it what its motors seem to do: at 0.3, and settled after 5 000 steps, commands were
    /// rescaled in worlds that had not changed.
    pub deadband: f64,
    /// Step of the recalibration towards its target, per control step.
    pub gain_rate: f64,
    /// Control steps over which the reference motor matrix follows.
    pub reference_steps: f64,
    /// Control steps for which the motor matrix has to be steady before anything is recalibrated.
    pub settle_steps: u64,
}

impl Default for SpikingConfig {
    fn default() -> Self {
        Self {
            brain: BrainChoice::default(),
            horizon: 0.2,
            adapted: true,
            range_steps: 100_000.0,
            entropy: 0.03,
            noise_ms: 0.0,
            narrowest: 0.1,
            widest: 1.0,
            least_arousal: 1.0,
            curiosity: 1.0,
            curiosity_steps: 50_000.0,
            full_uncertainty: 0.7,
            recalibration: RecalibrationConfig::default(),
        }
    }
}

impl Default for RecalibrationConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            motor_rate: 0.04,
            deadband: 0.4,
            gain_rate: 0.0075,
            reference_steps: 20_000.0,
            settle_steps: 5_000,
        }
    }
}

impl SpikingConfig {
    /// Discount of a control step for a task.
    #[must_use]
    pub fn gamma(&self, spec: &EnvSpec) -> f64 {
        (1.0 - 1.0 / (self.horizon * f64::from(spec.time_limit_steps))).max(0.0)
    }

    /// What a brain file may know of a task.
    #[must_use]
    pub fn numbers(&self, spec: &EnvSpec) -> TaskNumbers {
        TaskNumbers {
            observations: spec.observations.len(),
            actions: spec.actions.len(),
            control_ms: 1000.0 * spec.control_dt_secs,
            time_limit_steps: spec.time_limit_steps,
            gamma: self.gamma(spec),
        }
    }

    /// The brain for a task.
    ///
    /// # Errors
    /// If it has no such variant or parameter, or is not one for this task.
    pub fn brain(&self, spec: &EnvSpec) -> Result<Brain, AgentError> {
        let numbers = self.numbers(spec);
        match &self.brain.resolved {
            Some(text) => BrainFile::parse(&self.brain.name, text)?.resolve(&numbers, &BrainChoice::default()),
            None if self.brain.is_file() => Err(AgentError::BrainFile {
                file: self.brain.name.clone(),
                reason: "the file has not been read, expected a brain that is resolved".into(),
            }),
            None => brain(&self.brain.name)?.resolve(&numbers, &self.brain),
        }
    }
}

impl Settings for SpikingConfig {
    fn validate(&self) -> Result<(), AgentError> {
        let check = |field: &str, found: f64, low: f64, high: f64| {
            if (low..=high).contains(&found) {
                return Ok(());
            }
            let expected = format!("a number in [{low}, {high}]");
            Err(AgentError::Setting { field: field.to_owned(), found: found.to_string(), expected })
        };
        // A file of one's own is checked where it is read.
        if self.brain.resolved.is_none() && !self.brain.is_file() {
            brain(&self.brain.name)?.check(&self.brain)?;
        }
        check("horizon", self.horizon, 1e-3, 1e6)?;
        check("range_steps", self.range_steps, 5e3, 1e12)?;
        check("entropy", self.entropy, 0.0, 10.0)?;
        check("noise_ms", self.noise_ms, 0.0, 1e6)?;
        check("narrowest", self.narrowest, 0.0501, 2.0499)?;
        check("widest", self.widest, self.narrowest, 2.0499)?;
        check("least_arousal", self.least_arousal, 0.0, 1.0)?;
        check("curiosity", self.curiosity, 0.0, 100.0)?;
        check("curiosity_steps", self.curiosity_steps, 1.0, 1e12)?;
        check("full_uncertainty", self.full_uncertainty, 1e-3, 100.0)?;
        let r = &self.recalibration;
        check("recalibration.motor_rate", r.motor_rate, 0.0, 1.0)?;
        check("recalibration.deadband", r.deadband, 0.0, 1.0)?;
        check("recalibration.gain_rate", r.gain_rate, 0.0, 1.0)?;
        check("recalibration.reference_steps", r.reference_steps, 1.0, 1e12)
    }
}
