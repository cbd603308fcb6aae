//! Description apart from execution: a network as plain data, in Rust or TOML.

use serde::{Deserialize, Serialize};

use crate::dist::Dist;

/// A whole network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Length of a tick in ms.
    #[serde(default = "one")]
    pub tick_ms: f64,
    /// Where values come in.
    #[serde(default, rename = "port")]
    pub ports: Vec<PortSpec>,
    /// The cells.
    #[serde(default, rename = "population")]
    pub populations: Vec<PopulationSpec>,
    /// The synapses between them.
    #[serde(default, rename = "projection")]
    pub projections: Vec<ProjectionSpec>,
    /// Where filtered rates go out.
    #[serde(default, rename = "readout")]
    pub readouts: Vec<ReadoutSpec>,
    /// The neuromodulators.
    #[serde(default, rename = "modulator")]
    pub modulators: Vec<ModulatorSpec>,
}

/// A port: values that somebody outside sets, held until they are set again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortSpec {
    /// Name.
    pub name: String,
    /// Number of values.
    pub size: usize,
}

/// A population of cells of one model, each with parameters of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationSpec {
    /// Name.
    pub name: String,
    /// Number of cells.
    pub size: usize,
    /// Cell model and its parameters.
    pub cell: crate::CellSpec,
    /// Transmitter that the cells release; with one, Dale's law holds for every projection from here.
    #[serde(default)]
    pub transmitter: Option<Transmitter>,
    /// Whether PV basket cells normalise the summed current of the population, by subtraction and division.
    #[serde(default)]
    pub normalised: bool,
    /// The filtered output of the cells, read by readouts and plasticity.
    #[serde(default)]
    pub trace: TraceSpec,
    /// Apical dendrites that carry a learning signal; without them the incoming synapses cannot learn.
    #[serde(default)]
    pub apical: Option<ApicalSpec>,
    /// What modulators do to the cells.
    #[serde(default, rename = "receptor")]
    pub receptors: Vec<ReceptorSpec>,
}

/// What a cell releases onto its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transmitter {
    /// Glutamate: no weight is negative.
    Excitatory,
    /// GABA: no weight is positive.
    Inhibitory,
}

/// The filtered output of a cell: `y ← k y + (1 − k) s`, `k = exp(−tick/tau)`; it goes out as `gain · y`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceSpec {
    /// Time constant in ms.
    pub tau_ms: f64,
    /// Factor of the output.
    pub gain: f64,
}

impl Default for TraceSpec {
    fn default() -> Self {
        Self { tau_ms: 20.0, gain: 1.0 }
    }
}

/// Apical dendrites of a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApicalSpec {
    /// Part of the learning signal that reaches a cell whose membrane stayed far from threshold.
    pub floor: f64,
    /// Whether SST cells remove from the learning signal its mean over the population and its component along the
    /// activity.
    pub projected: bool,
}

impl Default for ApicalSpec {
    fn default() -> Self {
        Self { floor: 0.02, projected: true }
    }
}

/// What one modulator does to one parameter of a population: `p = p0 (1 + effect · (level − tonic))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceptorSpec {
    /// Which modulator.
    pub modulator: String,
    /// Which parameter.
    pub parameter: ReceptorTarget,
    /// Signed effect per unit of concentration above tonic.
    pub effect: f64,
}

/// A parameter that a receptor can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceptorTarget {
    /// Factor of the summed (and normalised) input current.
    InputGain,
}

/// Synapses from one population, or port, onto another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionSpec {
    /// Population or port that it comes from. A port's values act as currents, held between two settings.
    pub source: String,
    /// Population that it goes to.
    pub target: String,
    /// Who is connected with whom.
    #[serde(default)]
    pub connectivity: Connectivity,
    /// Weights at the start.
    pub weights: Dist,
    /// How many inputs of a target cell start with a weight; the others are silent synapses, which exist at weight zero
    /// and may grow. All of them, if not given.
    #[serde(default)]
    pub active_in_degree: Option<usize>,
    /// Whether each target cell has a bias (starting at zero), learned like a weight whose input is always 1.
    #[serde(default)]
    pub bias: bool,
    /// How spikes become current; meaningless, and refused, from a port.
    #[serde(default)]
    pub synapse: Option<SynapseSpec>,
    /// How the weights change, if they do.
    #[serde(default)]
    pub plasticity: Option<PlasticitySpec>,
    /// How the learning signal of the target reaches the source.
    #[serde(default)]
    pub feedback: Feedback,
}

/// Who is connected with whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Everyone with everyone; kept as a dense matrix.
    #[default]
    AllToAll,
    /// Cell i with cell i; equal sizes.
    OneToOne,
    /// Every pair with this probability.
    Probability(f64),
    /// Each target cell has this many different sources.
    InDegree(usize),
}

/// Current-based exponential synapse: `J ← k J + (1 − k) gain Σ w s`, `k = exp(−tick/tau)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SynapseSpec {
    /// Time constant in ms; zero passes spikes on as they are, for one tick.
    pub tau_ms: f64,
    /// Factor of the current.
    pub gain: f64,
    /// Ticks from a spike to its arrival, at least one.
    pub delay_ticks: usize,
}

impl Default for SynapseSpec {
    fn default() -> Self {
        Self { tau_ms: 5.0, gain: 1.0, delay_ticks: 1 }
    }
}

/// How the learning signal of a target reaches back to the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feedback {
    /// Through weights equal to the forward ones.
    #[default]
    Symmetric,
    /// Through fixed random weights.
    Random,
    /// Not at all.
    None,
}

/// Three-factor plasticity: a trace at each synapse waits for a modulator.
///
/// After each window `z ← z exp(−window/tau) + d x`, with the learning signal `d` at the target and the filtered
/// activity `x` of the source; then `w ← w + m z min(1, budget/Σ|z|)`, `m` the modulator above its tonic level.
/// The sum of all changes of a projection stays within `|m| · budget`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlasticitySpec {
    /// Modulator that turns traces into weight changes.
    pub modulator: String,
    /// Time constant of the eligibility trace in ms; zero keeps no trace beyond the window.
    pub tau_eligibility_ms: f64,
    /// Largest sum of absolute weight changes for one unit of modulator.
    pub budget: f64,
    /// A modulator whose level scales the budget, if any.
    #[serde(default)]
    pub budget_modulator: Option<String>,
}

/// A linear decoder of filtered rates: synapses onto cells that do not spike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadoutSpec {
    /// Name.
    pub name: String,
    /// Population that it reads.
    pub source: String,
    /// Number of outputs.
    pub size: usize,
    /// Weights at the start.
    pub weights: Dist,
    /// How many inputs of an output start with a weight. All of them, if not given.
    #[serde(default)]
    pub active_in_degree: Option<usize>,
    /// How the weights change, if they do.
    #[serde(default)]
    pub plasticity: Option<PlasticitySpec>,
    /// How an error on the outputs reaches the apical dendrites of the source.
    #[serde(default)]
    pub feedback: Feedback,
}

/// A neuromodulator: `level ← tonic + (level − tonic) exp(−tick/tau)`, plus what is released, never below zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModulatorSpec {
    /// Name, such as `dopamine`.
    pub name: String,
    /// Concentration at rest. A dip below it is how a negative prediction error reaches the synapses.
    #[serde(default = "one")]
    pub tonic: f64,
    /// Time constant of uptake in ms.
    pub uptake_tau_ms: f64,
    /// Largest concentration.
    pub max: f64,
    /// Keeps the concentration at rest whatever is released: the ablation.
    #[serde(default)]
    pub clamped: bool,
}

fn one() -> f64 {
    1.0
}
