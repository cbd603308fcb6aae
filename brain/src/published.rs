//! Published networks, as specs like any other: benchmarks, and what the examples build upon.

use std::collections::BTreeMap;

use crate::{
    Baseline, CellSpec, Connectivity, Dist, DopamineStdpSpec, Izhikevich2003Scheme, Izhikevich2003Spec, LifSpec,
    ModulatorSpec, NetworkSpec, NoiseSpec, Pairing, PlasticitySpec, PopulationSpec, ProjectionSpec, SynapseSpec,
    Transmitter,
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
    const { &[CUBA, COBA, IZHIKEVICH_DA] }
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

const IZHIKEVICH_DA: Published = Published {
    name: "izhikevich-da",
    summary: "dopamine-modulated STDP (Izhikevich 2007)",
    cells: IZHIKEVICH_DA_CELLS,
    sim_seconds: 10.0,
    spec: |n, _| izhikevich_da(n),
    pulses: Some(Pulses { modulator: "dopamine", amount: IZHIKEVICH_DA_REWARD, first_ms: 1000.0, period_ms: 10_000.0 }),
};

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
/// It keeps itself going once started, here with `v` uniform in −60 to −50 mV, `g_e` in 0 to 40 and `g_i` in 0 to 200 nS:
/// a choice, so that no conductance starts below zero.
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

/// Cells of the network of Izhikevich 2007 as published.
pub const IZHIKEVICH_DA_CELLS: usize = 1000;
/// Rise of the dopamine concentration with a reward in the network of Izhikevich 2007.
pub const IZHIKEVICH_DA_REWARD: f32 = 0.5;

/// The dopamine-modulated network of `n` cells, 80 % regular spiking and 20 % fast spiking, with a tick of 1 ms.
///
/// Each cell has 100 targets: excitatory cells all others, inhibitory cells only excitatory ones. Excitatory weights
/// start at 1 and learn within `[0, 4]`, inhibitory ones stay at −1; a weight acts as a current for one tick. Every
/// cell gets noise, uniform in ±6.5, anew in each tick. Populations `excitatory` and `inhibitory`, modulator
/// `dopamine` with tonic level 0.002; a reward releases [`IZHIKEVICH_DA_REWARD`].
///
/// The published program adds `(0.002 + DA) c` to the weights every 10 ms, with tags of 0.1 and −0.15 for a pair of
/// spikes and decays of 0.95 (traces), 0.99 in 10 ms (tags) and 0.995 (dopamine); here the same in continuous time.
/// Deviations: delays are one tick for all; each excitatory cell has 80 excitatory and 20 inhibitory targets.
///
/// Source: Izhikevich 2007, Cerebral Cortex 17:2443, doi 10.1093/cercor/bhl152.
#[must_use]
pub fn izhikevich_da(n: usize) -> NetworkSpec {
    const TARGETS: usize = 100;
    let n_exc = n * 4 / 5;
    let cell = |a_per_ms: f64, d: f64| {
        CellSpec::Izhikevich2003(Izhikevich2003Spec {
            a_per_ms: a_per_ms.into(),
            d: d.into(),
            scheme: Izhikevich2003Scheme::Published,
            ..Izhikevich2003Spec::default()
        })
    };
    let population = |name: &str, size: usize, cell: CellSpec, transmitter: Transmitter| PopulationSpec {
        transmitter: Some(transmitter),
        noise: Some(NoiseSpec::Uniform([-6.5, 6.5])),
        start: [("v", -65.0), ("u", -13.0)].map(|(name, value)| (name.to_owned(), value.into())).into(),
        ..PopulationSpec::new(name, size, cell)
    };
    // One tag is at most 0.1 (LTP) or 0.15 (LTD), and the weights follow it every 10 ms. The program reads the trace of
    // LTP as it was one tick before, not yet decayed: here a spike that arrives in a tick is one decay old at its end.
    let rule = DopamineStdpSpec {
        modulator: "dopamine".into(),
        baseline: Baseline::Level(0.0),
        a_plus: 0.1 / 0.95 / 10.0,
        a_minus: 0.15 / 10.0,
        tau_plus_ms: -1.0 / 0.95f64.ln(),
        tau_minus_ms: -1.0 / 0.95f64.ln(),
        tau_c_ms: -10.0 / 0.99f64.ln(),
        pairing: Pairing::Nearest,
        w_min: 0.0,
        w_max: 4.0,
    };
    let projection = |source: &str, target: &str, targets: usize, weight: f64| ProjectionSpec {
        connectivity: Connectivity::OutDegree(targets),
        synapse: Some(SynapseSpec::Filter { tau_ms: 0.0, gain: 1.0 }),
        plasticity: (weight > 0.0).then(|| PlasticitySpec::DopamineStdp(rule.clone())),
        ..ProjectionSpec::new(source, target, weight)
    };
    NetworkSpec {
        tick_ms: 1.0,
        populations: vec![
            population("excitatory", n_exc, cell(0.02, 8.0), Transmitter::Excitatory),
            population("inhibitory", n - n_exc, cell(0.1, 2.0), Transmitter::Inhibitory),
        ],
        projections: vec![
            projection("excitatory", "excitatory", TARGETS * 4 / 5, 1.0),
            projection("excitatory", "inhibitory", TARGETS / 5, 1.0),
            projection("inhibitory", "excitatory", TARGETS, -1.0),
        ],
        modulators: vec![ModulatorSpec {
            name: "dopamine".into(),
            tonic: 0.002,
            uptake_tau_ms: -1.0 / 0.995f64.ln(),
            max: 1e3,
            clamped: false,
            sources: Vec::new(),
        }],
        ..NetworkSpec::new()
    }
}
