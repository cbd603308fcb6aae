//! Published networks, as specs like any other: benchmarks, and what the examples build upon.

use std::collections::BTreeMap;

use crate::{
    CellSpec, Connectivity, Dist, LifSpec, NetworkSpec, PopulationSpec, ProjectionSpec, SynapseSpec, Transmitter,
};

/// Cells of the networks of Vogels and Abbott as published.
pub const VOGELS_ABBOTT_CELLS: usize = 4000;
/// Inputs of each cell: 2 % of the published number of cells.
const VOGELS_ABBOTT_IN_DEGREE: usize = 80;

/// How the cells of a network of Vogels and Abbott are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// Each pair with probability 2 %, as published.
    Published,
    /// Each cell with 80 inputs, as many as the published network has on average, whatever the number of cells.
    ConstantInDegree,
}

/// A published network that goes by a name.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Name.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Cells as published.
    pub cells: usize,
    /// Seconds that are simulated if nobody says how many.
    pub sim_seconds: f64,
    /// The network with so many cells.
    pub spec: fn(usize, Wiring) -> NetworkSpec,
    /// A modulator that somebody outside releases.
    pub pulses: Option<Pulses>,
}

/// Releases of a modulator at regular times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulses {
    /// Which modulator.
    pub modulator: &'static str,
    /// How much at a time.
    pub amount: f32,
    /// Time of the first in ms.
    pub first_ms: f64,
    /// Time between two in ms.
    pub period_ms: f64,
}

/// All networks that go by a name.
#[must_use]
pub fn all() -> &'static [Published] {
    const { &[CUBA, COBA] }
}

/// The network called `name`.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Published> {
    all().iter().find(|network| network.name == name)
}

const CUBA: Published = Published {
    name: "cuba",
    summary: "current-based, balanced (Vogels & Abbott 2005)",
    cells: VOGELS_ABBOTT_CELLS,
    sim_seconds: 2.0,
    spec: cuba,
    pulses: None,
};

const COBA: Published =
    Published { name: "coba", summary: "conductance-based, balanced (Vogels & Abbott 2005)", spec: coba, ..CUBA };

/// The current-based network of `n` cells, 80 % excitatory and 20 % inhibitory, with a tick of 0.1 ms.
///
/// `20 ms dv/dt = (−49 mV − v) + g_e + g_i`, threshold −50 mV, reset −60 mV, refractory for 5 ms; a spike raises `g_e`
/// (5 ms) by 1.62 mV or lowers `g_i` (10 ms) by 9 mV. Here in pA on a membrane of 1 GΩ, with the part of the resting
/// potential above −60 mV as a constant current.
///
/// Source: Vogels & Abbott 2005, J Neurosci 25:10786, as benchmark 2 of Brette et al. 2007, J Comput Neurosci 23:349.
#[must_use]
pub fn cuba(n: usize, wiring: Wiring) -> NetworkSpec {
    let cell = LifSpec {
        tau_m_ms: 20.0.into(),
        resistance_gohm: 1.0.into(),
        v_rest_mv: (-60.0).into(),
        v_reset_mv: (-60.0).into(),
        v_th_mv: (-50.0).into(),
        t_ref_ms: 5.0.into(),
    };
    let excitatory = (SynapseSpec::Exponential { tau_ms: 5.0 }, 1.62);
    let inhibitory = (SynapseSpec::Exponential { tau_ms: 10.0 }, -9.0);
    let start = [("v", Dist::uniform(-60.0, -50.0))];
    vogels_abbott(n, wiring, cell, 11.0, &start, [excitatory, inhibitory])
}

/// The conductance-based network of `n` cells, with a tick of 0.1 ms.
///
/// `200 pF dv/dt = 10 nS (−60 mV − v) + g_e (0 − v) + g_i (−80 mV − v) + 200 pA`, threshold −50 mV, reset −60 mV,
/// refractory for 5 ms; a spike raises `g_e` (5 ms) by 6 nS or `g_i` (10 ms) by 67 nS.
/// The start of the simulator comparison: `v` normal (−55, 5) mV, `g_e` normal (40, 15) nS, `g_i` normal (200, 120) nS,
/// kept above zero.
///
/// Source: Vogels & Abbott 2005, J Neurosci 25:10786, as benchmark 1 of Brette et al. 2007, J Comput Neurosci 23:349.
#[must_use]
pub fn coba(n: usize, wiring: Wiring) -> NetworkSpec {
    let cell = LifSpec {
        tau_m_ms: 20.0.into(),
        resistance_gohm: 0.1.into(),
        v_rest_mv: (-60.0).into(),
        v_reset_mv: (-60.0).into(),
        v_th_mv: (-50.0).into(),
        t_ref_ms: 5.0.into(),
    };
    let excitatory = (SynapseSpec::Ampa { tau_ms: 5.0, reversal_mv: 0.0 }, 6.0);
    let inhibitory = (SynapseSpec::Gaba { tau_ms: 10.0, reversal_mv: -80.0 }, 67.0);
    let start =
        [("v", Dist::uniform(-60.0, -50.0)), ("ampa", Dist::uniform(0.0, 40.0)), ("gaba", Dist::uniform(0.0, 200.0))];
    vogels_abbott(n, wiring, cell, 200.0, &start, [excitatory, inhibitory])
}

fn vogels_abbott(
    n: usize,
    wiring: Wiring,
    cell: LifSpec,
    drive_pa: f64,
    start: &[(&str, Dist)],
    synapses: [(SynapseSpec, f64); 2],
) -> NetworkSpec {
    let n_exc = n * 4 / 5;
    let names = ["excitatory", "inhibitory"];
    let transmitters = [Transmitter::Excitatory, Transmitter::Inhibitory];
    let sizes = [n_exc, n - n_exc];
    let start: BTreeMap<String, Dist> = start.iter().map(|(name, dist)| ((*name).to_owned(), dist.clone())).collect();
    let population = |k: usize| PopulationSpec {
        transmitter: Some(transmitters[k]),
        drive: drive_pa.into(),
        start: start.clone(),
        ..PopulationSpec::new(names[k], sizes[k], CellSpec::Lif(cell.clone()))
    };
    let projection = |source: usize, target: usize| {
        let (synapse, weight) = synapses[source].clone();
        let inputs = (VOGELS_ABBOTT_IN_DEGREE * sizes[source]).div_ceil(n).min(sizes[source]);
        ProjectionSpec {
            connectivity: match wiring {
                Wiring::Published => Connectivity::Probability(0.02),
                Wiring::ConstantInDegree => Connectivity::InDegree(inputs),
            },
            synapse: Some(synapse),
            ..ProjectionSpec::new(names[source], names[target], weight)
        }
    };
    NetworkSpec {
        tick_ms: 0.1,
        populations: vec![population(0), population(1)],
        projections: vec![projection(0, 0), projection(0, 1), projection(1, 0), projection(1, 1)],
        ..NetworkSpec::new()
    }
}
