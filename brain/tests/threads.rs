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
    let first = network.spikes().to_vec();
    network.think(1000);
    network.reset_all().unwrap();
    network.think(200);
    assert!(first == network.spikes(), "reset_all starts from the same state");
}
