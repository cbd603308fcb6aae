//! Probes as data: what is recorded of a network, and when.

use serde::{Deserialize, Serialize};

/// What is recorded of a population, a projection or a modulator, on which schedule.
///
/// Exactly one of `population`, `projection` and `modulator` is given. What is sampled is the state at the end of a tick;
/// a sample at time zero is the state before the first one. A spike belongs to the end of its tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeSpec {
    /// Name: letters, digits, `_` and `-`.
    pub name: String,
    /// Population that is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// Projection that is watched, as `source -> target`; all of them, where there are several between the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection: Option<String>,
    /// Modulator that is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modulator: Option<String>,
    /// What is recorded.
    ///
    /// Of a population: `spikes`, as they occur, with their sizes; a state variable of the model, such as `v` or `u`; what
    /// a kind of synapse holds at each cell, such as `ampa` (in nS) or `exponential` (in pA), before receptors scale it;
    /// `input`, the current into the soma in pA in the last tick, without that of conductances; `rate`, spikes filtered
    /// with the `trace.tau_ms` of the population, in Hz, from the start of life or the last reset or load.
    /// Of a projection: `weight`, which need not be said, or `eligibility`, where the rule keeps one for each synapse.
    /// Of a modulator: `level`, its concentration, which need not be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// Which cells; of a projection, the synapses onto which target cells. All, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellChoice>,
    /// Time in ms between two samples, a whole number of ticks; each tick, if not given. Spikes take none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<f64>,
    /// Time in ms of the first sample.
    #[serde(default)]
    pub start_ms: f64,
    /// Time in ms after which nothing is recorded. Never, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_ms: Option<f64>,
    /// Whether a value is recorded only where it differs from the last one that was recorded. Spikes take none.
    #[serde(default)]
    pub only_changes: bool,
}

/// Some cells of a population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of cells, such as [0, 3], or a range, such as { from = 0, to = 10 }")]
pub enum CellChoice {
    /// These.
    List(Vec<u32>),
    /// Those of a range.
    Range(CellRange),
}

/// The cells from `from` up to, but without, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRange {
    /// First cell.
    #[serde(default)]
    pub from: u32,
    /// The cell after the last.
    pub to: u32,
}

impl CellChoice {
    /// The cells, ascending and each once.
    #[must_use]
    pub fn cells(&self) -> Vec<u32> {
        match self {
            Self::List(cells) => {
                let mut cells = cells.clone();
                cells.sort_unstable();
                cells.dedup();
                cells
            }
            Self::Range(CellRange { from, to }) => (*from..*to).collect(),
        }
    }

    /// Largest number of a cell, and how many are said, without listing them.
    pub(crate) fn extent(&self) -> (u32, usize) {
        match self {
            Self::List(cells) => (cells.iter().copied().max().unwrap_or(0), cells.len()),
            Self::Range(CellRange { from, to }) => (to.saturating_sub(1), to.saturating_sub(*from) as usize),
        }
    }
}

/// What a probe watches, with the names that it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched<'a> {
    /// A population and one of its variables.
    Population(&'a str, &'a str),
    /// The synapses between a source and a target.
    Projection(&'a str, &'a str),
    /// The concentration of a modulator.
    Modulator(&'a str),
}

impl ProbeSpec {
    /// What is watched, if exactly one thing is.
    pub(crate) fn watched(&self) -> Option<Watched<'_>> {
        match (&self.population, &self.projection, &self.modulator) {
            (Some(population), None, None) => {
                Some(Watched::Population(population, self.variable.as_deref().unwrap_or_default()))
            }
            (None, Some(projection), None) => {
                let (source, target) = projection.split_once("->").unwrap_or((projection, ""));
                Some(Watched::Projection(source.trim(), target.trim()))
            }
            (None, None, Some(modulator)) => Some(Watched::Modulator(modulator)),
            _ => None,
        }
    }
}
