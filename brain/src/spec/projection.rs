//! Projections as data: who is connected, how strongly, how late, and how it changes.

use serde::{Deserialize, Serialize};

use super::SynapseSpec;
use crate::{PlasticitySpec, ScalingSpec, dist::Dist};

/// Synapses from one population, or port, onto another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionSpec {
    /// Population or port that it comes from. The values of a port act as currents, held between two settings.
    pub source: String,
    /// Population that it goes to.
    pub target: String,
    /// Compartment of the target that the synapses sit on.
    #[serde(default)]
    pub compartment: Compartment,
    /// Who is connected with whom.
    #[serde(default)]
    pub connectivity: Connectivity,
    /// Weights at the start: pA for currents, nS for conductances. Not negative for a conductance.
    pub weights: Dist,
    /// How many inputs of a target cell start with a weight; the others are silent synapses, which exist at weight zero
    /// and may grow. All of them, if not given.
    #[serde(default)]
    pub active_in_degree: Option<usize>,
    /// Whether each target cell has a bias (starting at zero), learned like a weight whose input is always 1.
    #[serde(default)]
    pub bias: bool,
    /// How spikes become current; meaningless, and refused, from a port of values.
    #[serde(default)]
    pub synapse: Option<SynapseSpec>,
    /// Time in ms from a spike to its arrival, counted from the start of the tick in which the cell fired, one for each
    /// synapse, rounded to ticks; at least one tick, and one tick if not given.
    #[serde(default)]
    pub delay_ms: Option<Dist>,
    /// How the weights change, if they do.
    #[serde(default)]
    pub plasticity: Option<PlasticitySpec>,
    /// Homeostatic scaling of the weights, beside any rule.
    #[serde(default)]
    pub scaling: Option<ScalingSpec>,
    /// How the learning signal of the target reaches the source.
    #[serde(default)]
    pub feedback: Feedback,
}

/// Where on a cell synapses sit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// The soma, and the whole cell where there is only one compartment.
    #[default]
    Soma,
    /// The apical dendrite, for models that have one.
    Apical,
    /// A dendritic branch, for models that have some; currents only.
    Branch(usize),
}

/// Who is connected with whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Everyone with everyone.
    #[default]
    AllToAll,
    /// Cell i with cell i; equal sizes.
    OneToOne,
    /// Every pair with this probability.
    Probability(f64),
    /// Each target cell has this many different sources.
    InDegree(usize),
    /// Each source cell has this many different targets.
    OutDegree(usize),
    /// These pairs of source and target.
    List(Vec<[u32; 2]>),
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

/// How a projection is called in states and messages.
pub(crate) fn projection_name(source: &str, target: &str) -> String {
    format!("{source} -> {target}")
}

impl ProjectionSpec {
    /// Everyone with everyone, with these weights and nothing else.
    #[must_use]
    pub fn new(source: impl Into<String>, target: impl Into<String>, weights: impl Into<Dist>) -> Self {
        Self {
            source: source.into(),
            target: target.into(),
            compartment: Compartment::default(),
            connectivity: Connectivity::default(),
            weights: weights.into(),
            active_in_degree: None,
            bias: false,
            synapse: None,
            delay_ms: None,
            plasticity: None,
            scaling: None,
            feedback: Feedback::default(),
        }
    }
}
