//! Threads change nothing: the same network gives the same spikes and weights, bit for bit.

use mesolimb_brain::{
    Network, NetworkSpec,
    published::{Wiring, coba, cuba, izhikevich_da},
};

/// Tick and cell of each spike; source, target and bits of each weight.
type Life = (Vec<(u32, u32)>, Vec<(usize, usize, u32)>);

/// Spikes of 100 windows and all weights between excitatory cells, bit by bit.
fn life(spec: &NetworkSpec, threads: usize, ticks: u32) -> Life {
    let mut network = Network::with_threads(spec, 7, threads).unwrap();
    let mut spikes = Vec::new();
    for window in 0..100 {
        if let Some(dopamine) = network.modulator_id("dopamine").filter(|_| window == 20) {
            network.release(dopamine, 0.5);
        }
        network.think(ticks / 100);
        spikes.extend(network.spikes().iter().map(|s| (window * ticks / 100 + s.tick, s.cell)));
    }
    let synapses = network.synapses("excitatory", "excitatory");
    let mut weights: Vec<_> = synapses.iter().map(|s| (s.source, s.target, s.weight.to_bits())).collect();
    weights.sort_unstable();
    (spikes, weights)
}

#[test]
fn one_two_and_three_threads_give_the_same_spikes_and_weights() {
    let networks = [
        ("cuba", cuba(1000, Wiring::ConstantInDegree), 2000),
        ("coba", coba(1000, Wiring::ConstantInDegree), 2000),
        ("izhikevich-da", izhikevich_da(1000), 2000),
    ];
    for (name, spec, ticks) in networks {
        let alone = life(&spec, 1, ticks);
        assert!(alone.0.len() > 500, "{name} spikes: {}", alone.0.len());
        for threads in [2, 3] {
            let together = life(&spec, threads, ticks);
            assert!(alone.0 == together.0, "{name}: spikes on {threads} threads");
            assert!(alone.1 == together.1, "{name}: weights after {threads} threads");
        }
    }
}

/// All weights after cells of both populations have been told of their errors, bit by bit; the hidden cells learn by
/// `rule`, with these projections beside those from the port and to the output.
fn taught(rule: &str, beside: &str, threads: usize) -> Vec<(usize, usize, u32)> {
    let spec: NetworkSpec = toml::from_str(&format!(
        r#"
        port = [{{ name = "in", size = 20, kind = "spikes" }}]
        population = [
            {{ name = "hidden", size = 90, cell = {{ alif = {{}} }} }},
            {{ name = "output", size = 70, cell = {{ alif = {{}} }} }},
        ]
        projection = [
            {{ source = "in", target = "hidden", weights = {{ uniform = [0.0, 1.0] }}, plasticity = {{ {rule} = {{ eta = 0.01, w_min = -5.0, w_max = 5.0 }} }} }},
            {{ source = "hidden", target = "output", weights = {{ uniform = [-0.2, 0.3] }}, plasticity = {{ eprop = {{ eta = 0.01, w_min = -5.0, w_max = 5.0 }} }} }},
            {beside}
        ]
        "#
    ))
    .unwrap();
    let mut network = Network::with_threads(&spec, 7, threads).unwrap();
    for (name, size) in [("hidden", 90), ("output", 70)] {
        let error: Vec<f32> = (0..size).map(|cell| (cell as f32 * 0.7).sin()).collect();
        network.set_learning_signal(network.population(name).unwrap(), &error);
    }
    let port = network.port("in").unwrap();
    for tick in 0..300 {
        (0..20).filter(|cell| (tick + 3 * cell) % 7 == 0).for_each(|cell| network.send_spike(port, cell));
        network.think(1);
    }
    let all = (0..spec.projections.len()).flat_map(|k| {
        let mut synapses = network.synapses_of(k).unwrap();
        synapses.sort_unstable_by_key(|s| (s.source, s.target));
        synapses
    });
    all.map(|s| (s.source, s.target, s.weight.to_bits())).collect()
}

#[test]
fn signals_that_cells_broadcast_are_the_same_however_many_threads_there_are() {
    let recurrent = r#"{ source = "hidden", target = "hidden", weights = { uniform = [-0.1, 0.1] } }"#;
    for beside in ["", recurrent] {
        let alone = taught("mdgl", beside, 1);
        assert!(alone != taught("eprop", beside, 1), "what is broadcast counts");
        for threads in [2, 3] {
            assert!(alone == taught("mdgl", beside, threads), "weights after {threads} threads, beside: '{beside}'");
        }
    }
}

#[test]
fn weights_of_the_dopamine_network_do_change() {
    let (_, weights) = life(&izhikevich_da(1000), 1, 2000);
    let moved = weights.iter().filter(|(_, _, bits)| f32::from_bits(*bits) != 1.0).count();
    assert!(moved > weights.len() / 2, "{moved} of {} weights moved", weights.len());
}

#[test]
fn a_new_life_is_the_first_one_again() {
    let spec = izhikevich_da(1000);
    let mut network = Network::new(&spec, 3).unwrap();
    network.think(200);
    let first = network.spikes().clone();
    network.think(1000);
    network.reset_all().unwrap();
    network.think(200);
    assert!(first == *network.spikes(), "reset_all starts from the same state");
}
