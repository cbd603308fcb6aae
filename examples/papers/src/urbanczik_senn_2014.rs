//! Neurons whose dendrites learn to predict what a teacher does to their somata.
//!
//! Source: Urbanczik & Senn 2014, Neuron 81:521, doi 10.1016/j.neuron.2013.11.030.

use std::f64::consts::TAU;

use mesolimb_brain::{
    BrainError, CellSpec, Compartment, Connectivity, Dist, Network, NetworkSpec, PlasticitySpec, PopulationId,
    PopulationSpec, PortId, PortKind, PortSpec, ProjectionSpec, SynapseSpec, TwoCompartmentSpec, UrbanczikSennSpec,
    rng,
};
use rand::RngExt as _;

/// Length of a tick in ms.
pub const TICK_MS: f64 = 1.0;
/// Time in ms after which input and targets repeat.
pub const PERIOD_MS: f64 = 1000.0;
/// Neurons, each with a target of its own.
pub const NEURONS: usize = 3;

/// Ticks of a period.
const TICKS: usize = (PERIOD_MS / TICK_MS) as usize;
/// Spikes in a tick that make up the whole conductance of a teacher.
const TEACHING: f64 = 40.0;
/// Reversal potentials of excitation and inhibition in mV.
const REVERSAL_MV: [f64; 2] = [0.0, -75.0];

/// What is learned, and how.
#[derive(Clone, Debug)]
pub struct PredictionSpec {
    /// Inputs of the dendrites.
    pub n_inputs: usize,
    /// Rate of an input in Hz: a random pattern that repeats for ever.
    pub input_hz: f64,
    /// Conductance of the teacher in nS, shared between excitation and inhibition.
    pub teacher_ns: f64,
    /// Weights at the start in pA.
    pub weights: Dist,
    /// Learning rate.
    pub eta: f64,
}

impl Default for PredictionSpec {
    fn default() -> Self {
        Self { n_inputs: 400, input_hz: 10.0, teacher_ns: 1000.0, weights: Dist::uniform(0.0, 50.0), eta: 8.0 }
    }
}

/// The potential in mV that the teacher of a neuron wants at a time of the period.
#[must_use]
pub fn target_mv(neuron: usize, t_ms: f64) -> f64 {
    let phase = t_ms / PERIOD_MS;
    match neuron {
        0 => -60.0 + 5.0 * (TAU * phase).sin(),
        1 => -60.0 + 3.5 * (TAU * 2.0 * phase).sin() + 2.0 * (TAU * 5.0 * phase).cos(),
        _ => [-65.0, -56.0, -60.0, -56.0][(4.0 * phase) as usize % 4],
    }
}

/// Neurons, their inputs and their teachers.
pub struct Prediction {
    spec: PredictionSpec,
    network: Network,
    inputs: PortId,
    teachers: [PortId; 2],
    neurons: PopulationId,
    /// Parts of a spike that the teachers of each neuron have not sent yet.
    due: [[f64; 2]; NEURONS],
    /// Inputs that fire in each tick of the period.
    pattern: Vec<Vec<u32>>,
}

impl Prediction {
    /// Builds the network and draws the pattern.
    ///
    /// # Errors
    /// If the spec cannot run.
    pub fn new(spec: &PredictionSpec, seed: u64) -> Result<Self, BrainError> {
        let network = Network::new(&network(spec), seed)?;
        let mut draw = rng::stream(seed, "pattern");
        let p = 1e-3 * spec.input_hz * TICK_MS;
        let pattern =
            (0..TICKS).map(|_| (0..spec.n_inputs as u32).filter(|_| draw.random::<f64>() < p).collect()).collect();
        let port = |name| network.port(name).expect("the spec has it");
        Ok(Self {
            inputs: port("inputs"),
            teachers: [port("excite"), port("inhibit")],
            neurons: network.population("neurons").expect("the spec has it"),
            due: [[0.0; 2]; NEURONS],
            spec: spec.clone(),
            network,
            pattern,
        })
    }

    /// A period, with or without the teachers; the potential of each soma in each tick, in mV.
    pub fn period(&mut self, taught: bool) -> Vec<[f64; NEURONS]> {
        (0..TICKS)
            .map(|tick| {
                let t_ms = tick as f64 * TICK_MS;
                // Excitation e and inhibition i = 1 − e pull the soma to e E_exc + i E_inh.
                let share = |neuron| (target_mv(neuron, t_ms) - REVERSAL_MV[1]) / (REVERSAL_MV[0] - REVERSAL_MV[1]);
                for neuron in 0..if taught { NEURONS } else { 0 } {
                    for (k, part) in [share(neuron), 1.0 - share(neuron)].into_iter().enumerate() {
                        let due = &mut self.due[neuron][k];
                        *due += TEACHING * part;
                        (0..*due as usize).for_each(|_| self.network.send_spike(self.teachers[k], neuron as u32));
                        *due = due.fract();
                    }
                }
                for &input in &self.pattern[tick] {
                    self.network.send_spike(self.inputs, input);
                }
                self.network.think(1);
                let v = self.network.potentials(self.neurons);
                std::array::from_fn(|neuron| f64::from(v[neuron]))
            })
            .collect()
    }

    /// What the somata do without the teachers: two periods, of which the second is returned. Nothing is learned from it.
    pub fn test(&mut self) -> Vec<[f64; NEURONS]> {
        let state = self.network.save();
        self.period(false);
        let potentials = self.period(false);
        self.network.load(&state).expect("it is its own state");
        potentials
    }

    /// Root mean square in mV of what is wrong without the teachers, over all neurons.
    pub fn error_mv(&mut self) -> f64 {
        let potentials = self.test();
        let square = |(tick, v): (usize, &[f64; NEURONS])| -> f64 {
            (0..NEURONS).map(|n| (v[n] - target_mv(n, tick as f64 * TICK_MS)).powi(2)).sum()
        };
        let sum: f64 = potentials.iter().enumerate().map(square).sum();
        (sum / (TICKS * NEURONS) as f64).sqrt()
    }

    /// The spec.
    #[must_use]
    pub fn spec(&self) -> &PredictionSpec {
        &self.spec
    }
}

fn network(spec: &PredictionSpec) -> NetworkSpec {
    let port = |name: &str, size| PortSpec { name: name.into(), size, kind: PortKind::Spikes, optional: false };
    // Spikes are Poisson, without refractoriness, as in the paper.
    let cell = TwoCompartmentSpec { t_ref_ms: 0.0.into(), ..TwoCompartmentSpec::default() };
    let tau_ms = 3.0;
    let per_spike = spec.teacher_ns * TICK_MS / (tau_ms * TEACHING);
    let teach = |from: &str, synapse| ProjectionSpec {
        connectivity: Connectivity::OneToOne,
        synapse: Some(synapse),
        ..ProjectionSpec::new(from, "neurons", per_spike)
    };
    let rule = UrbanczikSennSpec { eta: spec.eta, w_min: -400.0, w_max: 400.0, ..UrbanczikSennSpec::default() };
    NetworkSpec {
        tick_ms: TICK_MS,
        ports: vec![port("inputs", spec.n_inputs), port("excite", NEURONS), port("inhibit", NEURONS)],
        populations: vec![PopulationSpec::new("neurons", NEURONS, CellSpec::TwoCompartment(cell))],
        projections: vec![
            teach("excite", SynapseSpec::Ampa { tau_ms, reversal_mv: REVERSAL_MV[0] }),
            teach("inhibit", SynapseSpec::Gaba { tau_ms, reversal_mv: REVERSAL_MV[1] }),
            ProjectionSpec {
                compartment: Compartment::Apical,
                synapse: Some(SynapseSpec::Exponential { tau_ms: rule.tau_s_ms }),
                plasticity: Some(PlasticitySpec::UrbanczikSenn(rule)),
                ..ProjectionSpec::new("inputs", "neurons", spec.weights.clone())
            },
        ],
        ..NetworkSpec::new()
    }
}
