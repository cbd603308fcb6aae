//! Maps of modulators in the gallery: cells with receptors in a network, at several levels of the modulator.

use mesolimb_brain::{
    AlifCurrentSpec, CellSpec, Compartment, Connectivity, ModulatorSpec, Network, NetworkSpec, PopulationSpec,
    PortKind, PortSpec, ProjectionSpec, PyramidalSpec, ReceptorSpec, SynapseSpec, cell_type, maps,
};

use super::measure::{COUNTED_MS, Course, ONSET_MS, SETTLING_MS, Step, TICK_MS, currents, peak_mv, ticks};

/// Currents of an f–I curve.
const CURRENTS: usize = 41;
/// Intervals below this belong to bursts, in ms.
const SHORT_MS: f64 = 10.0;
/// A current that an exponential synapse with this time constant leaves behind does not fade, in ms.
const FOREVER_MS: f64 = 1e9;

/// A map, on the cell that it is shown with.
pub struct Map {
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    pub modulator: &'static str,
    /// Name of the cell.
    pub cell: &'static str,
    pub spec: CellSpec,
    pub receptors: Vec<ReceptorSpec>,
    /// Levels of the modulator, rising.
    pub levels: [f64; 3],
    pub unit: &'static str,
    /// Lowest and highest current of the f–I curves.
    pub range: [f64; 2],
    /// Current of the step, and its course.
    pub current: f64,
    pub step: Step,
    /// Current into the apical dendrite at all times, in pA.
    pub apical: f64,
}

/// What the cells do at one level.
pub struct Answer {
    pub level: f64,
    /// Current, rate in Hz, and share of short intervals.
    pub rates: Vec<(f64, f64, f64)>,
    pub course: Course,
}

const SHORT: Step = Step { from_ms: 50.0, to_ms: 450.0, end_ms: 550.0 };
const LONG: Step = Step { from_ms: 100.0, to_ms: 1600.0, end_ms: 1800.0 };
const NA: &str = "noradrenaline";
const DA: &str = "dopamine";

/// All maps.
pub fn maps() -> Vec<Map> {
    let named = |name: &str| cell_type(name).unwrap_or_else(|| CellSpec::AlifCurrent(AlifCurrentSpec::default()));
    let gain_cell = AlifCurrentSpec { t_ref_ms: 0.0.into(), ..AlifCurrentSpec::default() };
    let uncoupled = PyramidalSpec { g_c: 0.0.into(), ..PyramidalSpec::default() };
    let on_rs = |name, title, sentence, modulator, receptors| Map {
        name,
        title,
        sentence,
        modulator,
        cell: "rs",
        spec: named("rs"),
        receptors,
        levels: [0.0, 0.5, 1.0],
        unit: "pA",
        range: [0.0, 300.0],
        current: 150.0,
        step: SHORT,
        apical: 0.0,
    };
    let on_msn = |name, title, sentence, cell, current, receptors| Map {
        cell,
        spec: named(cell),
        levels: [0.0, 0.4, 0.8],
        range: [200.0, 320.0],
        current,
        step: LONG,
        ..on_rs(name, title, sentence, DA, receptors)
    };
    vec![
        Map {
            cell: "alif_current",
            spec: CellSpec::AlifCurrent(gain_cell),
            range: [0.0, 6.0],
            current: 2.5,
            ..on_rs(
                "noradrenaline_gain",
                "Noradrenaline as gain, on an adaptive leaky cell",
                "It steepens the f–I curve and lowers the rheobase: more input gain, less adaptation, a lower threshold.",
                NA,
                maps::noradrenaline_gain(NA),
            )
        },
        Map {
            cell: "rs_2003",
            spec: named("rs_2003"),
            levels: [0.0, 0.25, 0.5],
            unit: "mV/ms",
            range: [0.0, 20.0],
            current: 10.0,
            ..on_rs(
                "noradrenaline_mode",
                "Noradrenaline as a switch of the firing mode, on a regular spiking cell of 2003",
                "It raises the potential after a spike and weakens adaptation: a regular spiking cell begins to chatter.",
                NA,
                maps::noradrenaline_mode(NA),
            )
        },
        on_msn(
            "d1",
            "Dopamine at D1 receptors, on a medium spiny neuron",
            "It raises the rheobase and the slope above it: weak input is lost, strong input is enhanced.",
            "d1",
            245.0,
            maps::d1_intrinsic(DA),
        ),
        on_msn(
            "d2",
            "Dopamine at D2 receptors, on a medium spiny neuron",
            "It lowers the rheobase: the curve shifts to the left (the synaptic effect goes the other way).",
            "d2",
            245.0,
            maps::d2_intrinsic(DA),
        ),
        on_rs(
            "acetylcholine_adaptation",
            "Acetylcholine at muscarinic receptors, on a regular spiking cell",
            "It takes adaptation away and lowers the threshold: the same current makes the cell fire faster.",
            "acetylcholine",
            maps::acetylcholine_adaptation("acetylcholine"),
        ),
        on_rs(
            "serotonin_inhibition",
            "Serotonin as a bias towards inhibition (60 pA), on a regular spiking cell",
            "It opens potassium channels: the curve shifts to the right by a constant current.",
            "serotonin",
            maps::serotonin_inhibition("serotonin", 60.0),
        ),
        Map {
            cell: "l5_pyramidal",
            spec: CellSpec::Pyramidal(uncoupled),
            range: [400.0, 1600.0],
            current: 1000.0,
            apical: 800.0,
            ..on_rs(
                "apical_coupling",
                "Coupling of dendrite and soma, on a layer-5 pyramidal cell with 800 pA into its dendrite",
                "The more often the coupling is open, the more plateaus of the dendrite turn spikes into bursts.",
                NA,
                maps::apical_coupling(NA),
            )
        },
    ]
}

/// What a map does, at each of its levels.
pub fn answers(map: &Map) -> anyhow::Result<Vec<Answer>> {
    let answer = |&level: &f64| Ok(Answer { level, rates: rates(map, level)?, course: course(map, level)? });
    map.levels.iter().map(answer).collect()
}

/// One cell for each current, at rest, with the modulator clamped to a level.
fn network(map: &Map, level: f64, n: usize) -> anyhow::Result<Network> {
    let modulator = ModulatorSpec {
        name: map.modulator.to_owned(),
        tonic: level,
        uptake_tau_ms: 200.0,
        max: 1.0,
        clamped: true,
        sources: Vec::new(),
    };
    let rest = ["v_rest_mv", "v_r_mv"].into_iter().find_map(|name| {
        let cell = mesolimb_brain::PatchClamp::new(&map.spec, TICK_MS).ok()?;
        cell.get(name)
    });
    let mut cells =
        PopulationSpec { receptors: map.receptors.clone(), ..PopulationSpec::new("cells", n, map.spec.clone()) };
    cells.start.insert("v".to_owned(), rest.unwrap_or(-70.0).into());
    let mut spec = NetworkSpec {
        tick_ms: TICK_MS,
        ports: vec![PortSpec { name: "current".to_owned(), size: n, kind: PortKind::Values, optional: false }],
        populations: vec![cells],
        projections: vec![ProjectionSpec {
            connectivity: Connectivity::OneToOne,
            ..ProjectionSpec::new("current", "cells", 1.0)
        }],
        modulators: vec![modulator],
        ..NetworkSpec::new()
    };
    if map.apical != 0.0 {
        spec.ports.push(PortSpec { name: "apical".to_owned(), size: 1, kind: PortKind::Spikes, optional: false });
        spec.projections.push(ProjectionSpec {
            compartment: Compartment::Apical,
            synapse: Some(SynapseSpec::Exponential { tau_ms: FOREVER_MS }),
            ..ProjectionSpec::new("apical", "cells", map.apical)
        });
    }
    let mut network = Network::new(&spec, 0)?;
    if let Some(apical) = network.port("apical") {
        network.send_spike(apical, 0);
    }
    Ok(network)
}

/// Current, rate in Hz, and share of short intervals, once the onset is over.
fn rates(map: &Map, level: f64) -> anyhow::Result<Vec<(f64, f64, f64)>> {
    const WINDOW: usize = 50;
    let currents = currents(map.range, CURRENTS);
    let mut network = network(map, level, currents.len())?;
    if let Some(port) = network.port("current") {
        network.set_port(port, &currents.iter().map(|&current| current as f32).collect::<Vec<_>>());
    }
    let mut spikes: Vec<Vec<f64>> = vec![Vec::new(); currents.len()];
    for window in 0..ticks(ONSET_MS + COUNTED_MS) / WINDOW {
        network.think(WINDOW as u32);
        for spike in network.spikes().iter() {
            spikes[spike.cell as usize].push((window * WINDOW + spike.tick as usize) as f64 * TICK_MS);
        }
    }
    let of_cell = |(current, spikes): (f64, Vec<f64>)| {
        let counted: Vec<f64> = spikes.into_iter().filter(|t| *t >= ONSET_MS).collect();
        let short = counted.windows(2).filter(|pair| pair[1] - pair[0] < SHORT_MS).count();
        let intervals = counted.len().saturating_sub(1).max(1);
        (current, counted.len() as f64 / COUNTED_MS * 1000.0, short as f64 / intervals as f64)
    };
    Ok(currents.into_iter().zip(spikes).map(of_cell).collect())
}

fn course(map: &Map, level: f64) -> anyhow::Result<Course> {
    let mut network = network(map, level, 1)?;
    let (port, cells) = (network.port("current"), network.population("cells"));
    let (Some(port), Some(cells)) = (port, cells) else { anyhow::bail!("the network of a map has lost its cells") };
    network.think(ticks(SETTLING_MS) as u32);
    let (mut course, peak) = (Course::default(), peak_mv(&map.spec)?);
    for tick in 0..ticks(map.step.end_ms) {
        network.set_port(port, &[map.step.at(tick as f64 * TICK_MS, map.current) as f32]);
        network.think(1);
        course.add(f64::from(network.potentials(cells)[0]), !network.spikes().is_empty(), peak);
    }
    Ok(course)
}
