//! What dopamine does to the input-output curves of medium spiny neurons of the striatum.
//!
//! Paper: Humphries, Lepora, Wood & Gurney 2009, Front Comput Neurosci 3:26, doi 10.3389/neuro.10.026.2009: the f-I
//! curves under injected current and the input-output curves under synaptic input, with and without dopamine.
//!
//! Dopamine is a modulator held at a level φ, the active fraction of the receptors. D1 and D2 neurons are cell types;
//! what their receptors do are entries of the receptor matrix: on `v_r` and `d` of D1 and on `k` of D2 neurons (intrinsic
//! terms), on the gain of the NMDA synapses onto D1 and of the AMPA synapses onto D2 neurons (synaptic terms).
//! Input: a constant current, or 84 glutamatergic and 84 GABAergic fibres that fire at random in every millisecond, all
//! at the rate that the curve is drawn against.
//!
//! Printed: rates under injected current beside the golden numbers (computed from the printed equations, ± 0.5 Hz);
//! spike counts under the input of `tests/reference/msn/` beside those of another simulator; rates under synaptic input
//! with and without dopamine.
//!
//! Deviations: conductances fade exactly within a step and act with their mean over it, the membrane steps by Euler;
//! a spike of a fibre arrives a step (0.1 ms) late.

use std::path::Path;

use anyhow::Context as _;
use mesolimb_brain::{
    Connectivity, ModulatorSpec, Network, NetworkSpec, Occupancy, PopulationSpec, PortKind, PortSpec, ProjectionSpec,
    ReceptorForm, ReceptorSpec, SynapseSpec, cell_types, rng::stream,
};
use mesolimb_papers::{Args, BLUE, GREEN, GREY, Line, ORANGE, Panel, Table, for_seeds, mean_ci};
use rand::RngExt as _;

/// Golden rates in Hz at these currents: neither receptor, D1 and D2 at φ = 0.8.
const GOLDEN_PA: [f64; 7] = [220.0, 230.0, 240.0, 260.0, 270.0, 280.0, 300.0];
const GOLDEN_HZ: [(&str, f64, [f64; 7]); 3] = [
    ("d1", 0.0, [0.0, 0.0, 3.5, 7.25, 8.75, 10.25, 13.25]),
    ("d1", 0.8, [0.0, 0.0, 0.0, 0.75, 8.0, 11.5, 15.75]),
    ("d2", 0.8, [1.75, 4.5, 6.5, 9.5, 11.0, 12.25, 15.0]),
];
/// Gain of NMDA synapses onto D1 and of AMPA synapses onto D2 neurons per active fraction.
const SYNAPTIC: [(&str, &str, f64); 2] = [("d1", "synapse.nmda", 6.3), ("d2", "synapse.ampa", -0.215)];
/// Conductance of AMPA synapses in nS ms⁻¹ per unit of `h`; NMDA and GABA relative to it.
const G_AMPA: f64 = 6.9;
const NMDA_SHARE: f64 = 1.0 / 2.0;
const GABA_SHARE: f64 = 1.0 / 1.4;
/// Time constants of AMPA, NMDA and GABA in ms.
const TAU_MS: [f64; 3] = [6.0, 160.0, 4.0];
/// Fibres of each kind.
const FIBRES: u32 = 84;
/// Seconds of synaptic input for each seed.
const SYNAPTIC_S: usize = 10;

/// Spikes of glutamatergic and of GABAergic fibres in each millisecond, for each level of drive.
struct Fibres {
    levels: Vec<[Vec<u32>; 2]>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse(20, &["reference"])?;
    let reference =
        args.option("reference", concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/msn").to_owned())?;
    let injected = injected_currents(&args)?;
    against_reference(Path::new(&reference))?;
    let synaptic = synaptic_input(&args)?;
    mesolimb_papers::save(&args.file("humphries_2009.svg"), 2, &[&injected[..], &synaptic[..]].concat())
}

/// `n` neurons of a type, each with an electrode and fibres of its own, under dopamine.
fn neurons(cell: &str, n: usize, phi: f64, synaptic: bool) -> anyhow::Result<Network> {
    let cell_type = cell_types().iter().find(|t| t.name == cell).context("the cell type")?;
    let receptor = |parameter: &str, effect: f64| ReceptorSpec {
        modulator: "dopamine".into(),
        parameter: parameter.into(),
        effect,
        density: 1.0.into(),
        form: ReceptorForm::Multiply,
        occupancy: Occupancy::Level,
        range: None,
    };
    let intrinsic = cell_type.levers.iter().map(|lever| receptor(lever.parameter, lever.effect));
    let of_synapses = SYNAPTIC.iter().filter(|(of, ..)| synaptic && *of == cell);
    let receptors = intrinsic.chain(of_synapses.map(|(_, parameter, effect)| receptor(parameter, *effect))).collect();
    // The neurons start at their resting potential, which D1 receptors move.
    let moved: f64 = cell_type.levers.iter().filter(|l| l.parameter == "v_r_mv").map(|l| l.effect * phi).sum();
    let start = [("v", -80.0 * (1.0 + moved)), ("u", 0.0)].map(|(name, value)| (name.to_owned(), value.into())).into();
    let population = PopulationSpec { start, receptors, ..PopulationSpec::new("msn", n, (cell_type.make)()) };
    let port = |name: &str, kind| PortSpec { name: name.into(), size: n, kind, optional: false };
    let from = |source: &str, weight: f64, synapse: Option<SynapseSpec>| ProjectionSpec {
        connectivity: Connectivity::OneToOne,
        synapse,
        ..ProjectionSpec::new(source, "msn", weight)
    };
    let [ampa, nmda, gaba] = TAU_MS;
    let spec = NetworkSpec {
        tick_ms: 0.1,
        ports: vec![
            port("electrode", PortKind::Values),
            port("glutamate", PortKind::Spikes),
            port("gaba", PortKind::Spikes),
        ],
        populations: vec![population],
        projections: vec![
            from("electrode", 1.0, None),
            from("glutamate", G_AMPA / ampa, Some(SynapseSpec::Ampa { tau_ms: ampa, reversal_mv: 0.0 })),
            from("glutamate", NMDA_SHARE * G_AMPA / nmda, Some(SynapseSpec::Nmda { tau_ms: nmda })),
            from("gaba", GABA_SHARE * G_AMPA / gaba, Some(SynapseSpec::Gaba { tau_ms: gaba, reversal_mv: -60.0 })),
        ],
        modulators: vec![ModulatorSpec {
            name: "dopamine".into(),
            tonic: 0.0,
            uptake_tau_ms: 200.0,
            max: 1.0,
            clamped: false,
            sources: Vec::new(),
        }],
        ..NetworkSpec::new()
    };
    let mut network = Network::new(&spec, 0)?;
    let dopamine = network.modulator_id("dopamine").context("dopamine")?;
    network.hold(dopamine, phi as f32);
    Ok(network)
}

/// Rates in Hz under constant currents, over the last 4 of 5 s.
fn rates_under_current(cell: &str, phi: f64, currents: &[f64]) -> anyhow::Result<Vec<f64>> {
    let mut network = neurons(cell, currents.len(), phi, false)?;
    let electrode = network.port("electrode").context("the electrode")?;
    network.set_port(electrode, &currents.iter().map(|&current| current as f32).collect::<Vec<_>>());
    let mut counts = vec![0.0; currents.len()];
    for ms in 0..5000 {
        network.think(10);
        if ms >= 1000 {
            network.spikes().iter().for_each(|spike| counts[spike.cell as usize] += 1.0);
        }
    }
    Ok(counts.into_iter().map(|count| count / 4.0).collect())
}

fn injected_currents(args: &Args) -> anyhow::Result<[Panel; 2]> {
    let mut golden = Table::new(&["I, pA", "none", "golden", "D1 0.8", "golden", "D2 0.8", "golden"]);
    let found = GOLDEN_HZ.map(|(cell, phi, _)| rates_under_current(cell, phi, &GOLDEN_PA));
    let found = found.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let mut off = 0.0f64;
    for (k, current) in GOLDEN_PA.iter().enumerate() {
        let pairs = found.iter().zip(GOLDEN_HZ).map(|(found, (.., golden))| (found[k], golden[k]));
        off = pairs.clone().map(|(found, golden)| (found - golden).abs()).fold(off, f64::max);
        let fields = pairs.flat_map(|(found, golden)| [found.to_string(), golden.to_string()]);
        golden.row(std::iter::once(current.to_string()).chain(fields));
    }
    golden.print();
    let mut outcome = Table::new(&["largest difference, Hz", "allowed"]);
    outcome.row([off.to_string(), "0.5".into()]);
    outcome.print();
    let currents: Vec<f64> = (0..=40).map(|k| 200.0 + 5.0 * f64::from(k)).collect();
    let mut curves = Table::new(&["receptor", "phi", "current_pa", "rate_hz"]);
    let mut panels = ["d1", "d2"].map(|cell| Panel {
        title: format!("{} neurons, injected current", cell.to_uppercase()),
        x_label: "current in pA".into(),
        y_label: "rate in Hz".into(),
        ..Panel::default()
    });
    for (cell, panel) in ["d1", "d2"].into_iter().zip(&mut panels) {
        for (phi, colour) in [(0.0, GREY), (0.4, GREEN), (0.8, if cell == "d1" { BLUE } else { ORANGE })] {
            let rates = rates_under_current(cell, phi, &currents)?;
            let points: Vec<_> = currents.iter().copied().zip(rates).collect();
            for (current, rate) in &points {
                curves.row([cell.to_uppercase(), phi.to_string(), current.to_string(), rate.to_string()]);
            }
            panel.lines.push(Line { label: format!("dopamine {phi}"), colour, points, ..Line::default() });
        }
    }
    curves.write(&args.file("humphries_2009_current.csv"), &["rates over the last 4 of 5 s"])?;
    Ok(panels)
}

impl Fibres {
    /// 84 fibres of each kind that fire at random at these rates.
    fn random(seed: u64, rates_hz: &[f64], seconds: usize) -> Self {
        let mut rng = stream(seed, "fibres");
        let mut count = |rate_hz: f64| (0..FIBRES).filter(|_| rng.random::<f64>() < rate_hz * 1e-3).count() as u32;
        let mut train = |rate_hz: f64| (0..1000 * seconds).map(|_| count(rate_hz)).collect();
        Self { levels: rates_hz.iter().map(|&rate_hz| [train(rate_hz), train(rate_hz)]).collect() }
    }

    /// Number of spikes of a neuron at each level.
    fn drive(&self, cell: &str, phi: f64, synaptic: bool) -> anyhow::Result<Vec<u64>> {
        let mut network = neurons(cell, self.levels.len(), phi, synaptic)?;
        let port = |name| network.port(name).context("a port");
        let ports = [port("glutamate")?, port("gaba")?];
        let mut counts = vec![0; self.levels.len()];
        for ms in 0..self.levels[0][0].len() {
            for (neuron, level) in self.levels.iter().enumerate() {
                for (port, train) in ports.iter().zip(level) {
                    (0..train[ms]).for_each(|_| network.send_spike(*port, neuron as u32));
                }
            }
            network.think(10);
            network.spikes().iter().for_each(|spike| counts[spike.cell as usize] += 1);
        }
        Ok(counts)
    }
}

/// Prints the spike counts under the input that another simulator got.
fn against_reference(folder: &Path) -> anyhow::Result<()> {
    let lines = |name: &str| {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
        anyhow::Ok(rows.map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>())
    };
    let counts = lines("msn_input_counts.csv")?;
    let train = |column: usize| counts.iter().map(|row| Ok(row[column].parse()?)).collect::<anyhow::Result<Vec<u32>>>();
    let levels = (0..10).map(|k| Ok([train(1 + k)?, train(11 + k)?])).collect::<anyhow::Result<_>>()?;
    let fibres = Fibres { levels };
    let expected = lines("msn_fi.csv")?;
    let mut table = Table::new(&[
        "neurons",
        "dopamine",
        "terms",
        "spikes by level of drive",
        "Brian2, Euler 0.1 ms",
        "largest difference",
    ]);
    for cell in ["d1", "d2"] {
        for (phi, terms) in [(0.0, "syn_full"), (0.8, "syn_intrinsic"), (0.8, "syn_full")] {
            let found = fibres.drive(cell, phi, terms == "syn_full")?;
            let of = |row: &&Vec<String>| {
                row[0].eq_ignore_ascii_case(cell) && row[1] == phi.to_string() && row[2] == terms && row[6] == "euler"
            };
            let rows = expected.iter().filter(of).map(|row| Ok(row[8].parse()?));
            let brian = rows.collect::<anyhow::Result<Vec<u64>>>()?;
            anyhow::ensure!(brian.len() == found.len(), "{} rows of {cell} {phi} {terms}", brian.len());
            let off = found.iter().zip(&brian).map(|(found, expected)| found.abs_diff(*expected)).max();
            let list = |counts: &[u64]| counts.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
            table.row([
                cell.to_uppercase(),
                phi.to_string(),
                terms.trim_start_matches("syn_").to_owned(),
                list(&found),
                list(&brian),
                off.unwrap_or_default().to_string(),
            ]);
        }
    }
    table.print();
    Ok(())
}

fn synaptic_input(args: &Args) -> anyhow::Result<[Panel; 2]> {
    let rates_hz: Vec<f64> = (0..=12).map(|k| 4.0 + 0.5 * f64::from(k)).collect();
    // Active fraction of the receptors, and whether synaptic terms act.
    let settings = [(0.0, true), (0.8, false), (0.4, true), (0.8, true)];
    let runs = for_seeds("humphries_2009", args.seeds(), |seed| {
        let fibres = Fibres::random(seed, &rates_hz, SYNAPTIC_S);
        let of = |cell| {
            settings.iter().map(|&(phi, full)| fibres.drive(cell, phi, full)).collect::<anyhow::Result<Vec<_>>>()
        };
        Ok([of("d1")?, of("d2")?])
    })?;
    let mut curves = Table::new(&["receptor", "phi", "terms", "fibre_hz", "rate_hz", "low", "high"]);
    let mut summary = Table::new(&["neurons", "dopamine", "terms", "rate at 6 Hz", "at 8 Hz", "at 10 Hz"]);
    let mut panels = Vec::new();
    for (c, cell) in ["D1", "D2"].into_iter().enumerate() {
        let mut lines = Vec::new();
        for (s, &(phi, full)) in settings.iter().enumerate() {
            let terms = if full { "full" } else { "intrinsic" };
            let estimates: Vec<_> = (0..rates_hz.len())
                .map(|k| mean_ci(&runs.iter().map(|run| run[c][s][k] as f64 / SYNAPTIC_S as f64).collect::<Vec<_>>()))
                .collect();
            for (fibre_hz, e) in rates_hz.iter().zip(&estimates) {
                let numbers = [e.value, e.low, e.high].map(|x| format!("{x:.3}"));
                let head = [cell.to_owned(), phi.to_string(), terms.to_owned(), fibre_hz.to_string()];
                curves.row(head.into_iter().chain(numbers));
            }
            summary.row([
                cell.to_owned(),
                phi.to_string(),
                terms.to_owned(),
                estimates[4].show(2),
                estimates[8].show(2),
                estimates[12].show(2),
            ]);
            lines.push(Line {
                label: if phi == 0.0 { "no dopamine".into() } else { format!("dopamine {phi}, {terms}") },
                colour: [GREY, GREEN, ORANGE, BLUE][s],
                points: rates_hz.iter().zip(&estimates).map(|(&x, e)| (x, e.value)).collect(),
                band: estimates.iter().map(|e| (e.low, e.high)).collect(),
                ..Line::default()
            });
        }
        panels.push(Panel {
            title: format!("{cell} neurons, synaptic input"),
            x_label: "rate of each of 84 + 84 fibres in Hz".into(),
            y_label: "rate in Hz".into(),
            lines,
            ..Panel::default()
        });
    }
    summary.print();
    let note = format!("means over {} seeds of {SYNAPTIC_S} s with 95 % bootstrap intervals", args.seeds);
    curves.write(&args.file("humphries_2009_synaptic.csv"), &[&note])?;
    panels.try_into().map_err(|_| anyhow::anyhow!("two panels"))
}
