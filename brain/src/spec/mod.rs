//! Description apart from execution: a network as plain data, in Rust or TOML.

mod cell;
mod probe;
mod projection;
mod receptor;
mod synapse;

use std::collections::BTreeMap;

pub(crate) use probe::Watched;
pub use probe::{CellChoice, CellRange, ProbeSpec};
pub(crate) use projection::projection_name;
pub use projection::{Compartment, Connectivity, Feedback, ProjectionSpec};
pub use receptor::{Occupancy, ReceptorForm, ReceptorSpec};
pub use synapse::SynapseSpec;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{PlasticitySpec, ThreeFactorSpec, dist::Dist};

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
    /// What is recorded.
    #[serde(default, rename = "probe")]
    pub probes: Vec<ProbeSpec>,
}

/// A port: where somebody outside sets values or sends spikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortSpec {
    /// Name.
    pub name: String,
    /// Number of values.
    pub size: usize,
    /// What comes in.
    #[serde(default)]
    pub kind: PortKind,
    /// Whether the network makes sense with nobody at the port: zeros, or no spikes, come in then.
    #[serde(default)]
    pub optional: bool,
}

/// What comes in at a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortKind {
    /// Values, held until they are set again; through a weight they act as currents.
    #[default]
    Values,
    /// Spikes, sent one by one.
    Spikes,
}

/// A population of cells of one model, each with parameters of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationSpec {
    /// Name.
    pub name: String,
    /// Number of cells.
    pub size: usize,
    /// Cell model and its parameters; in TOML also a cell type, as `"rs"` or `{ type = "rs", d_pa = 120.0 }`.
    #[serde(deserialize_with = "cell::read")]
    pub cell: crate::CellSpec,
    /// Transmitter that the cells release; with one, Dale's law holds for every projection from here.
    #[serde(default)]
    pub transmitter: Option<Transmitter>,
    /// Current in pA that each cell always gets.
    #[serde(default = "Dist::zero")]
    pub drive: Dist,
    /// Noise current, drawn anew for each cell and tick.
    #[serde(default)]
    pub noise: Option<NoiseSpec>,
    /// State variables at the start, by name; those not given start as the model says. Channels are named by their kind;
    /// those of one kind start alike.
    #[serde(default)]
    pub start: BTreeMap<String, Dist>,
    /// Whether, and to what, PV basket cells normalise the summed current of the population, by subtraction and division; in
    /// TOML also `true`, for mean 0 and deviation 1.
    #[serde(default, deserialize_with = "normalised")]
    pub normalised: Option<NormalisedSpec>,
    /// The filtered output of the cells, read by readouts and plasticity.
    #[serde(default)]
    pub trace: TraceSpec,
    /// Apical dendrites that carry a learning signal; without them the incoming synapses cannot learn.
    #[serde(default)]
    pub apical: Option<ApicalSpec>,
    /// What modulators do to the cells.
    #[serde(default, rename = "receptor")]
    pub receptors: Vec<ReceptorSpec>,
    /// Whether the cells are a nucleus that lives in answers only ([`Network::answer`](crate::Network::answer)): they hear of
    /// ports of values, and their spikes release modulators.
    #[serde(default)]
    pub nucleus: bool,
}

/// What the summed current of a population is normalised to, over its cells and in each tick.
///
/// Cells that do it may be named. Where these fire more than they usually do, the deviation is smaller: it is multiplied by
/// `2 r̄/(r̄ + r)`, with their spikes `r` in the last window, and the mean `r̄` of those over the last thousand windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalisedSpec {
    /// Mean in pA, or in the unit of a dimensionless model.
    pub mean: f64,
    /// Standard deviation, likewise.
    pub sd: f64,
    /// Population of the PV cells that do it, if there is one.
    #[serde(default)]
    pub by: Option<String>,
}

impl Default for NormalisedSpec {
    fn default() -> Self {
        Self { mean: 0.0, sd: 1.0, by: None }
    }
}

/// A noise current in pA, drawn anew for each cell and tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSpec {
    /// Uniform in `[low, high)`.
    Uniform([f64; 2]),
    /// Normal with `[mean, standard deviation]`.
    Normal([f64; 2]),
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
    /// Population of the SST cells that do it, if there is one. Where they fire more than they usually do, less of the learning
    /// signal gets through, as the current of [`NormalisedSpec`] does.
    pub by: Option<String>,
}

impl Default for ApicalSpec {
    fn default() -> Self {
        Self { floor: 0.02, projected: true, by: None }
    }
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
    pub plasticity: Option<ThreeFactorSpec>,
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
    /// Populations whose spikes release it into the volume.
    #[serde(default, rename = "source")]
    pub sources: Vec<SourceSpec>,
}

/// Cells that release a modulator (volume transmission: one concentration for all who have receptors).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// Which population.
    pub population: String,
    /// Rise of the concentration with each spike, or full burst.
    pub per_spike: f64,
    /// Spikes of the whole population in a tick that uptake balances: with so many the concentration stays, with fewer it falls.
    #[serde(default)]
    pub tonic: f64,
}

fn one() -> f64 {
    1.0
}

/// Reads `true`, `false`, or `{ mean, sd }`.
fn normalised<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NormalisedSpec>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected true, false, or { mean = …, sd = … }")]
    enum Normalised {
        Plain(bool),
        To(NormalisedSpec),
    }
    Ok(match Normalised::deserialize(deserializer)? {
        Normalised::Plain(is) => is.then(NormalisedSpec::default),
        Normalised::To(spec) => Some(spec),
    })
}

impl NetworkSpec {
    /// Nothing yet, with a tick of 1 ms.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tick_ms: 1.0,
            ports: Vec::new(),
            populations: Vec::new(),
            projections: Vec::new(),
            readouts: Vec::new(),
            modulators: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// The channel that a projection sends spikes into; none from a port of values.
    pub(crate) fn channel_kind(&self, p: &ProjectionSpec) -> Option<(SynapseSpec, Compartment)> {
        let held = self.ports.iter().any(|port| port.name == p.source && port.kind == PortKind::Values);
        (!held).then(|| (p.synapse.clone().unwrap_or_default(), p.compartment))
    }

    /// Whether a population is never cut into parts: it is observed, or tells cells that learn by MDGL of its signals, of
    /// which sums and means over all of its synapses are made.
    pub(crate) fn whole(&self, p: &PopulationSpec) -> bool {
        let learns = |q: &ProjectionSpec| matches!(q.plasticity, Some(PlasticitySpec::Mdgl(_)));
        let listens = |name: &str| self.projections.iter().any(|q| q.target == name && learns(q));
        self.observed(p) || self.projections.iter().any(|q| q.target == p.name && listens(&q.source))
    }

    /// Whether a population divides the current or the learning signal of another.
    pub(crate) fn divides(&self, name: &str) -> bool {
        let by = |p: &PopulationSpec| {
            [p.normalised.as_ref().and_then(|to| to.by.clone()), p.apical.as_ref().and_then(|a| a.by.clone())]
        };
        self.populations.iter().flat_map(by).flatten().any(|by| by == name)
    }

    /// Whether a population is seen window by window.
    pub(crate) fn observed(&self, p: &PopulationSpec) -> bool {
        let read = self.readouts.iter().any(|r| r.source == p.name);
        let learns = |rule: &Option<PlasticitySpec>| matches!(rule, Some(PlasticitySpec::ThreeFactor(_)));
        let taught = |q: &ProjectionSpec| learns(&q.plasticity) && (q.source == p.name || q.target == p.name);
        p.normalised.is_some() || p.apical.is_some() || read || self.projections.iter().any(taught)
    }
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self::new()
    }
}

impl PopulationSpec {
    /// `size` cells of a kind, and nothing else.
    #[must_use]
    pub fn new(name: impl Into<String>, size: usize, cell: crate::CellSpec) -> Self {
        Self {
            name: name.into(),
            size,
            cell,
            transmitter: None,
            drive: Dist::zero(),
            noise: None,
            start: BTreeMap::new(),
            normalised: None,
            trace: TraceSpec::default(),
            apical: None,
            receptors: Vec::new(),
            nucleus: false,
        }
    }
}
