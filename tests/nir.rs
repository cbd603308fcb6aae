//! Networks in the format NIR: what its reference package wrote is read here, what is written here comes back as the
//! same network, and what the format cannot carry is said.
//!
//! `tests/reference/nir/make.py` wrote the files; `check.py` beside it reads with the reference package what is written
//! here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mesolimb::brain::{export_nir, import_nir, read};
use mesolimb_brain::{CellSpec, Connectivity, Dist, Network, NetworkSpec, PortKind, SynapseSpec};

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/nir").join(name)
}

/// The network in a file, and what was said about it.
fn imported(file: &Path, tick_ms: Option<f64>) -> (NetworkSpec, Vec<String>) {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("network.toml");
    let notes = import_nir(file, &out, tick_ms).unwrap();
    (read(&out).unwrap(), notes)
}

/// Values of a distribution, one by one.
fn values(dist: &Dist, n: usize) -> Vec<f64> {
    match dist {
        Dist::Each(values) => values.clone(),
        other => vec![other.centre(); n],
    }
}

#[test]
fn feedforward_graphs_of_the_reference_package_fire_when_the_equations_say() {
    let (spec, notes) = imported(&reference("feedforward.nir"), Some(0.01));
    assert_eq!(spec.tick_ms, 0.01);
    assert!(notes.iter().any(|note| note.contains("'input'") && note.contains("values")), "{notes:?}");
    let mut network = Network::new(&spec, 0).unwrap();
    let port = network.port("input").unwrap();
    // The weights and biases of make.py.
    let input = [1.5f32, 0.5];
    network.set_port(port, &input);
    let current = [1.5 + 0.25 + 0.5, 3.0, 0.375 + 0.375 + 1.0];
    let (hidden, mut first) = (network.population("hidden").unwrap(), [0.0; 3]);
    let start = spec.populations.iter().take_while(|p| p.name != "hidden").map(|p| p.size).sum::<usize>() as u32;
    for tick in 0..10_000 {
        network.think(1);
        for spike in network.spikes().iter().filter(|s| (start..start + 3).contains(&s.cell)) {
            let first = &mut first[(spike.cell - start) as usize];
            *first = if *first == 0.0 { f64::from(tick + 1) * 0.01 } else { *first };
        }
    }
    assert!(network.spike_count(hidden) > 10);
    for (k, (tau, r, threshold)) in [(10.0, 1.0, 1.0), (20.0, 1.5, 1.25), (30.0, 2.0, 1.5)].into_iter().enumerate() {
        let settled: f64 = r * current[k];
        let expected = tau * (settled / (settled - threshold)).ln();
        assert!((0.0..0.0101).contains(&(first[k] - expected)), "cell {k}: {} ms, expected {expected}", first[k]);
    }
}

#[test]
fn recurrent_graphs_of_the_reference_package_have_the_potentials_of_the_equations() {
    let (spec, _) = imported(&reference("recurrent.nir"), Some(0.1));
    let ring = spec.projections.iter().find(|p| p.source == "cells").unwrap();
    // A spike takes a tick, and then the delay of its source.
    assert_eq!(values(ring.delay_ms.as_ref().unwrap(), 4), [2.1, 4.1, 6.1, 8.1]);
    assert_eq!(ring.connectivity, Connectivity::List(vec![[0, 1], [1, 2], [2, 3], [3, 0]]));
    assert_eq!(spec.readouts[0].name, "output");
    assert_eq!(values(&spec.readouts[0].weights, 4), [1.0, -1.0, 1.0, -1.0]);
    let cells = spec.populations.iter().find(|p| p.name == "cells").unwrap();
    assert_eq!(cells.trace.tau_ms, 50.0);
    assert_eq!(spec.ports[0].kind, PortKind::Spikes);

    // tau_syn dI/dt = −I + w δ(t) and tau dv/dt = v_leak − v + r I, from a spike into each cell.
    let mut network = Network::new(&spec, 0).unwrap();
    let (port, id) = (network.port("input").unwrap(), network.population("cells").unwrap());
    (0..4).for_each(|cell| network.send_spike(port, cell));
    // The spikes fire in the first tick and arrive in the second.
    network.think(1);
    for tick in 1..=200 {
        network.think(1);
        let t = f64::from(tick) * 0.1;
        for (k, v) in network.potentials(id).iter().enumerate() {
            let n = k as f64;
            let (w, tau, r, leak) = (0.01 * (n + 1.0), 10.0 * (n + 1.0), 2.0 + n, 0.1 * n);
            let jump = w / 0.005;
            let expected = leak + r * jump * 5.0 / (5.0 - tau) * ((-t / 5.0).exp() - (-t / tau).exp());
            assert!(
                (f64::from(*v) - expected).abs() < 2e-3 * expected.abs().max(1.0),
                "cell {k} at {t}: {v}, {expected}"
            );
        }
    }
    assert_eq!(network.spike_count(id), 0);
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("network.toml");
    let refusal = format!("{:#}", import_nir(&reference("convolution.nir"), &out, None).unwrap_err());
    assert!(refusal.contains("'convolution'") && refusal.contains("Conv2d"), "{refusal}");
    let no_graph = format!("{:#}", import_nir(&reference("make.py"), &out, None).unwrap_err());
    assert!(no_graph.contains("make.py") && no_graph.contains("no HDF5 file"), "{no_graph}");
    assert!(!out.exists());

    let spec = place.path().join("rich.toml");
    fs::write(&spec, RICH).unwrap();
    let out = place.path().join("rich.nir");
    let refusal = format!("{:#}", export_nir(&spec, &out, 0).unwrap_err());
    for said in ["population 'b': the cell model is adex", "projection 'a -> b': the synapse is ampa"] {
        assert!(refusal.contains(said), "'{said}' is not in: {refusal}");
    }
    assert!(!out.exists());
}

const RICH: &str = r#"
tick_ms = 0.1
population = [
    { name = "a", size = 4, cell = { lif = {} }, drive = 3.0 },
    { name = "b", size = 4, cell = { adex = {} } },
]
projection = [{ source = "a", target = "b", weights = 1.0, synapse = { ampa = {} } }]
"#;

/// Excitation and inhibition with delays, a port of values, one of spikes, and a readout; all cells differ.
const NETWORK: &str = r#"
tick_ms = 0.5
port = [{ name = "drive", size = 3 }, { name = "touch", size = 5, kind = "spikes" }]

[[population]]
name = "excitatory"
size = 40
transmitter = "excitatory"
drive = { uniform = [1.0, 1.5] }
trace = { tau_ms = 40.0, gain = 2.0 }
start = { v = -70.0 }
noise = { normal = [0.0, 0.0] }
cell = { lif = { tau_m_ms = { uniform = [15.0, 25.0] }, v_th_mv = { uniform = [-52.0, -48.0] }, v_rest_mv = -70.0 } }

[[population]]
name = "inhibitory"
size = 10
start = { v = -70.0 }
cell = { lif = { tau_m_ms = 10.0, v_reset_mv = -72.0, t_ref_ms = { uniform = [1.0, 3.0] } } }

[[projection]]
source = "drive"
target = "excitatory"
weights = { uniform = [0.0, 1.0] }

[[projection]]
source = "touch"
target = "excitatory"
weights = { uniform = [1.0, 8.0] }
connectivity = { probability = 0.4 }
synapse = { exponential = { tau_ms = 5.0 } }

[[projection]]
source = "excitatory"
target = "excitatory"
weights = { uniform = [0.0, 0.2] }
connectivity = { in_degree = 8 }
delay_ms = { uniform = [0.5, 4.0] }
synapse = { exponential = { tau_ms = 5.0 } }

[[projection]]
source = "excitatory"
target = "inhibitory"
weights = { uniform = [0.5, 2.0] }
delay_ms = 1.5
synapse = { filter = { tau_ms = 4.0, gain = 3.0 } }

[[projection]]
source = "inhibitory"
target = "excitatory"
weights = { uniform = [-0.4, 0.0] }
connectivity = { probability = 0.5 }
synapse = { exponential = { tau_ms = 10.0 } }

[[readout]]
name = "sum"
source = "excitatory"
size = 2
weights = { uniform = [-1.0, 1.0] }
"#;

/// Spikes and readouts over a second, by the names of the populations.
fn lived(spec: &NetworkSpec, seed: u64) -> (Vec<(usize, String, u32)>, Vec<f32>) {
    let mut network = Network::new(spec, seed).unwrap();
    let (drive, touch) = (network.port("drive").unwrap(), network.port("touch").unwrap());
    let (mut spikes, mut outputs) = (Vec::new(), Vec::new());
    for tick in 0..2000 {
        let phase = tick as f32 * 0.01;
        network.set_port(drive, &[1.0 + phase.sin(), 1.0 + phase.cos(), 0.5]);
        if tick % 13 == 0 {
            network.send_spike(touch, (tick / 13 % 5) as u32);
        }
        network.think(1);
        for spike in network.spikes().iter() {
            let (mut cell, mut populations) = (spike.cell, spec.populations.iter());
            let population = populations.find(|p| {
                let here = (cell as usize) < p.size;
                cell -= if here { 0 } else { p.size as u32 };
                here
            });
            spikes.push((tick, population.unwrap().name.clone(), cell));
        }
        outputs.extend_from_slice(network.readout(network.readout_id("sum").unwrap()));
    }
    spikes.sort();
    (spikes, outputs)
}

#[test]
fn a_network_that_goes_out_and_comes_back_does_the_same() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    fs::write(path("network.toml"), NETWORK).unwrap();
    let seed = 3;
    let dropped = export_nir(&path("network.toml"), &path("network.nir"), seed).unwrap();
    for said in [
        "population 'excitatory': noise",
        "population 'excitatory': transmitter",
        "population 'inhibitory': refractory time",
    ] {
        assert!(dropped.iter().any(|line| line.starts_with(said)), "'{said}' is not in {dropped:?}");
    }
    let (back, notes) = imported(&path("network.nir"), None);
    assert_eq!(notes, Vec::<String>::new());
    let original = read(&path("network.toml")).unwrap();
    let (spikes, outputs) = lived(&original, seed);
    assert!(spikes.iter().filter(|(_, name, _)| name == "inhibitory").count() > 20, "all take part");
    assert!(spikes.len() > 500, "{} spikes", spikes.len());
    // Another seed draws nothing: every number is in the file.
    for other_seed in [seed, 17] {
        let (again, outputs_again) = lived(&back, other_seed);
        let same = spikes.iter().zip(&again).take_while(|(a, b)| a == b).count();
        assert_eq!(
            again.len(),
            spikes.len(),
            "the same up to spike {same}: {:?}, {:?}",
            spikes.get(same),
            again.get(same)
        );
        assert_eq!(again, spikes);
        for (a, b) in outputs.iter().zip(&outputs_again) {
            assert!((a - b).abs() <= 1e-4 * a.abs().max(0.01), "readout {a} and {b}");
        }
    }
    let inhibitory = back.populations.iter().find(|p| p.name == "inhibitory").unwrap();
    let CellSpec::Lif(cell) = &inhibitory.cell else { panic!("leaky cells") };
    assert!(matches!(&cell.t_ref_ms, Dist::Each(values) if values.len() == 10));
    let onto = back.projections.iter().find(|p| p.target == "inhibitory").unwrap();
    assert_eq!(onto.synapse, Some(SynapseSpec::Filter { tau_ms: 4.0, gain: 3.0 }));
}
