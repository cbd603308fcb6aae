//! The brain of the spiking actor-critic, as a spec like any other.
//!
//! Critic and actor are two chains of the same build: observation → sensory population → association population →
//! readout. Times are those of `T` ticks a control step: membranes 4 to 40 ticks, synapses and traces `T/4`, adaptation
//! 20 to 100 ticks.

use mesolimb_brain::{
    AlifSpec, ApicalSpec, CellSpec, Compartment, Dist, Feedback, ModulatorSpec, NetworkSpec, Occupancy, PlasticitySpec,
    PopulationSpec, PortKind, PortSpec, ProjectionSpec, RandomDist, ReadoutSpec, ReceptorForm, ReceptorSpec,
    SynapseSpec, ThreeFactorSpec, TraceSpec,
};

use mesolimb_envs::EnvSpec;

use super::config::SpikingConfig;

/// Port of the normalised observation.
pub const OBSERVATION: &str = "observation";
/// Readout of the critic: the value.
pub const VALUE: &str = "value";
/// Readout of the actor: a mean for each actuator, then a width for each.
pub const POLICY: &str = "policy";
/// The modulator that carries the prediction error to the actor.
pub const DOPAMINE: &str = "dopamine";
/// The modulator that carries the prediction error to the critic.
pub const VENTRAL_DOPAMINE: &str = "ventral dopamine";
/// The range of errors that dopamine cells have adapted to, as the synapses of the critic feel it.
pub const DOPAMINE_RANGE: &str = "dopamine range";
/// The modulator that carries uncertainty.
pub const NORADRENALINE: &str = "noradrenaline";

/// Most that the range of errors can be, in units of scaled reward.
const LARGEST_RANGE: f64 = 1e6;
/// Gain of the input current of a cell; its inverse scales what cells put out.
const INPUT_GAIN: f64 = 0.3;

/// The network for a task.
#[must_use]
pub fn spec(config: &SpikingConfig, env: &EnvSpec) -> NetworkSpec {
    let control_ms = 1000.0 * env.control_dt_secs;
    let (n_observations, n_actions) = (env.observations.len(), env.actions.len());
    let tick_ms = control_ms / f64::from(config.ticks);
    let build = Builder { config, gamma: config.gamma(env), tick_ms, control_ms };
    let mut spec = NetworkSpec {
        tick_ms: build.tick_ms,
        ports: vec![PortSpec {
            name: OBSERVATION.into(),
            size: n_observations,
            kind: PortKind::Values,
            optional: false,
        }],
        modulators: [DOPAMINE, NORADRENALINE, VENTRAL_DOPAMINE, DOPAMINE_RANGE]
            .map(|name| build.modulator(name))
            .into(),
        ..NetworkSpec::new()
    };
    let critic = build.plasticity(VENTRAL_DOPAMINE, config.critic_budget, DOPAMINE_RANGE);
    build.chain(&mut spec, "critic", VALUE, 1, &critic);
    let budget = (config.actor_budget * n_actions as f64).min(config.largest_actor_budget);
    let actor = build.plasticity(DOPAMINE, budget, NORADRENALINE);
    build.chain(&mut spec, "actor", POLICY, 2 * n_actions, &actor);
    spec
}

struct Builder<'a> {
    config: &'a SpikingConfig,
    gamma: f64,
    tick_ms: f64,
    control_ms: f64,
}

impl Builder<'_> {
    fn chain(&self, spec: &mut NetworkSpec, name: &str, readout: &str, size: usize, rule: &ThreeFactorSpec) {
        let n_inputs = spec.ports[0].size;
        let n = self.config.cells;
        let share = |density: f64, n: usize| Some(((density * n as f64).round() as usize).clamp(1, n));
        let (sensory, association) = (format!("{name} sensory"), format!("{name} association"));
        spec.populations.push(self.population(&sensory));
        spec.populations.push(self.population(&association));
        spec.projections.push(ProjectionSpec {
            source: OBSERVATION.into(),
            target: sensory.clone(),
            connectivity: Default::default(),
            compartment: Compartment::Soma,
            delay_ms: None,
            weights: Dist::fan_in(n_inputs),
            active_in_degree: share(self.config.input_density, n_inputs),
            bias: true,
            synapse: None,
            plasticity: self.config.tagged.then(|| PlasticitySpec::ThreeFactor(rule.clone())),
            scaling: None,
            feedback: Feedback::Symmetric,
        });
        spec.projections.push(ProjectionSpec {
            source: sensory,
            target: association.clone(),
            connectivity: Default::default(),
            compartment: Compartment::Soma,
            delay_ms: None,
            weights: Dist::fan_in(n),
            active_in_degree: share(self.config.hidden_density, n),
            bias: true,
            synapse: Some(SynapseSpec::Filter { tau_ms: self.synaptic_ms(), gain: 1.0 / INPUT_GAIN }),
            plasticity: self.config.tagged.then(|| PlasticitySpec::ThreeFactor(rule.clone())),
            scaling: None,
            feedback: self.config.feedback,
        });
        spec.readouts.push(ReadoutSpec {
            name: readout.into(),
            source: association,
            size,
            weights: Dist::fan_in(n),
            active_in_degree: share(self.config.hidden_density, n),
            plasticity: self.config.tagged.then(|| rule.clone()),
            feedback: self.config.feedback,
        });
    }

    /// Time constant of synapses and traces: a quarter of a control step.
    fn synaptic_ms(&self) -> f64 {
        0.25 * self.control_ms
    }

    fn population(&self, name: &str) -> PopulationSpec {
        let ticks = |n: f64| n * self.tick_ms;
        let spread = |dist: Dist| if self.config.homogeneous { Dist::Constant(dist.centre()) } else { dist };
        let adapting = RandomDist::Some { fraction: 0.25, of: Box::new(Dist::uniform(0.0, 0.5)) };
        PopulationSpec {
            name: name.into(),
            size: self.config.cells,
            cell: CellSpec::Alif(AlifSpec {
                tau_m_ms: spread(Dist::log_uniform(ticks(4.0), ticks(40.0))),
                v_th: spread(Dist::uniform(0.8, 1.2)),
                beta: spread(Dist::Random(adapting)),
                tau_a_ms: spread(Dist::uniform(ticks(20.0), ticks(100.0))),
                input_gain: INPUT_GAIN,
                burst_max: self.config.burst_max,
                v_floor: -1.0,
            }),
            transmitter: None,
            drive: 0.0.into(),
            noise: None,
            start: Default::default(),
            normalised: self.config.normalised,
            trace: TraceSpec { tau_ms: self.synaptic_ms(), gain: 1.0 / INPUT_GAIN },
            apical: Some(ApicalSpec { floor: 0.02, projected: self.config.projected && self.config.normalised }),
            receptors: vec![ReceptorSpec {
                modulator: NORADRENALINE.into(),
                parameter: "input_gain".into(),
                effect: self.config.noradrenaline_gain,
                density: 1.0.into(),
                form: ReceptorForm::Multiply,
                occupancy: Occupancy::Phasic,
                range: None,
            }],
        }
    }

    fn plasticity(&self, modulator: &str, budget: f64, budget_modulator: &str) -> ThreeFactorSpec {
        let decay = self.gamma * self.config.lambda;
        ThreeFactorSpec {
            modulator: modulator.into(),
            tau_eligibility_ms: if decay > 0.0 { -self.control_ms / decay.ln() } else { 0.0 },
            budget,
            budget_modulator: Some(budget_modulator.into()),
            scale_windows: self.config.scale_windows,
        }
    }

    fn modulator(&self, name: &str) -> ModulatorSpec {
        let clamped = match name {
            NORADRENALINE => self.config.noradrenaline_clamped,
            _ => self.config.dopamine_clamped,
        };
        let is_phasic = [DOPAMINE, VENTRAL_DOPAMINE].contains(&name);
        ModulatorSpec {
            name: name.into(),
            tonic: 1.0,
            uptake_tau_ms: if is_phasic { self.config.dopamine_uptake_ms } else { self.control_ms },
            max: if name == DOPAMINE_RANGE { LARGEST_RANGE } else { 2.0 },
            clamped,
            sources: Vec::new(),
        }
    }
}
