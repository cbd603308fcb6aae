//! Settings of the spiking actor-critic. Every entry is an experiment: `--set spiking.dopamine_clamped=true`.

use mesolimb_brain::Feedback;
use mesolimb_envs::EnvSpec;
use serde::{Deserialize, Serialize};

use crate::agent::{AgentError, Settings};

/// Settings of the spiking actor-critic, `[spiking]` in a run file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikingConfig {
    /// Cells in each of the two populations of the critic, and of the actor.
    pub cells: usize,
    /// Brain ticks in a control step.
    pub ticks: u32,
    /// Horizon of the discount, as a share of the time limit of the task: `γ = 1 − 1/(horizon · time_limit_steps)`.
    pub horizon: f64,
    /// Decay of eligibility in a control step, besides the discount.
    pub lambda: f64,
    /// Whether synapses are tagged; without tags dopamine finds nothing to change.
    pub tagged: bool,
    /// Plasticity budget of each layer of the critic for one unit of prediction error.
    pub critic_budget: f64,
    /// The same for the actor and each of its actuators, for the largest dip or burst of dopamine and at full uncertainty;
    /// noradrenaline scales it down.
    pub actor_budget: f64,
    /// Largest budget of all actuators together.
    pub largest_actor_budget: f64,
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
    /// Share of the observation channels that a cell listens to at the start (at least one).
    pub input_density: f64,
    /// Share of the cells of the layer below that a cell, or a readout, listens to at the start.
    pub hidden_density: f64,
    /// Most spikes in a burst; 1 makes every spike binary.
    pub burst_max: u32,
    /// Whether basket cells normalise the current of each population.
    pub normalised: bool,
    /// Whether SST cells project the learning signal.
    pub projected: bool,
    /// How the learning signal travels back.
    pub feedback: Feedback,
    /// All cells alike, at the centre of the distributions.
    pub homogeneous: bool,
    /// Keeps dopamine at its baseline: no prediction error reaches a synapse. Normalisers and recalibration go on.
    pub dopamine_clamped: bool,
    /// Dopamine that answers the actor with the wrong sign: what is worse than expected is reinforced.
    pub dopamine_reversed: bool,
    /// Control steps over which the scales of synapses are means.
    pub scale_windows: f64,
    /// Keeps noradrenaline at its baseline: the actor's steps do not follow its certainty.
    pub noradrenaline_clamped: bool,
    /// Effect of noradrenaline above baseline on the input gain of all cells.
    pub noradrenaline_gain: f64,
    /// Time constant of dopamine uptake in ms. Shorter than in striatum (about 200 ms), so that the prediction error of
    /// one control step does not teach the next.
    pub dopamine_uptake_ms: f64,
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
            cells: 128,
            ticks: 6,
            horizon: 0.2,
            lambda: 0.9,
            tagged: true,
            critic_budget: 0.1,
            actor_budget: 0.05,
            largest_actor_budget: 0.4,
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
            input_density: 0.5,
            hidden_density: 0.1,
            burst_max: 8,
            normalised: true,
            projected: true,
            feedback: Feedback::Symmetric,
            homogeneous: false,
            dopamine_clamped: false,
            dopamine_reversed: false,
            scale_windows: 1000.0,
            noradrenaline_clamped: false,
            noradrenaline_gain: 0.0,
            dopamine_uptake_ms: 2.0,
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
        check("cells", self.cells as f64, 8.0, 4096.0)?;
        check("ticks", f64::from(self.ticks), 1.0, 100.0)?;
        check("horizon", self.horizon, 1e-3, 1e6)?;
        check("lambda", self.lambda, 0.0, 1.0)?;
        check("critic_budget", self.critic_budget, 0.0, 100.0)?;
        check("actor_budget", self.actor_budget, 0.0, 100.0)?;
        check("largest_actor_budget", self.largest_actor_budget, 0.0, 1e4)?;
        check("range_steps", self.range_steps, 5e3, 1e12)?;
        check("entropy", self.entropy, 0.0, 10.0)?;
        check("noise_ms", self.noise_ms, 0.0, 1e6)?;
        check("narrowest", self.narrowest, 0.0501, 2.0499)?;
        check("widest", self.widest, self.narrowest, 2.0499)?;
        check("least_arousal", self.least_arousal, 0.0, 1.0)?;
        check("curiosity", self.curiosity, 0.0, 100.0)?;
        check("curiosity_steps", self.curiosity_steps, 1.0, 1e12)?;
        check("scale_windows", self.scale_windows, 1.0, 1e5)?;
        check("full_uncertainty", self.full_uncertainty, 1e-3, 100.0)?;
        check("input_density", self.input_density, 0.0, 1.0)?;
        check("hidden_density", self.hidden_density, 0.0, 1.0)?;
        check("burst_max", f64::from(self.burst_max), 1.0, 8.0)?;
        check("noradrenaline_gain", self.noradrenaline_gain, -10.0, 10.0)?;
        check("dopamine_uptake_ms", self.dopamine_uptake_ms, 1e-3, 1e6)?;
        let r = &self.recalibration;
        check("recalibration.motor_rate", r.motor_rate, 0.0, 1.0)?;
        check("recalibration.deadband", r.deadband, 0.0, 1.0)?;
        check("recalibration.gain_rate", r.gain_rate, 0.0, 1.0)?;
        check("recalibration.reference_steps", r.reference_steps, 1.0, 1e12)
    }
}
