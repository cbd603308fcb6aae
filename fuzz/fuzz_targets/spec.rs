//! Any text as a network: it is refused with a message, or it runs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mesolimb_brain::{Connectivity, Network, NetworkSpec};

/// Cells, synapses and spikes under way that a network may have here, so that an input takes milliseconds.
const MAX_CELLS: usize = 500;
const MAX_SYNAPSES: f64 = 50_000.0;
const MAX_DELAYED: f64 = 200_000.0;

fn is_small(spec: &NetworkSpec) -> bool {
    let ports = spec.ports.iter().map(|p| (&p.name, p.size));
    let sizes: Vec<_> = ports.chain(spec.populations.iter().map(|p| (&p.name, p.size))).collect();
    let size_of = |name: &String| sizes.iter().find(|(n, _)| *n == name).map_or(0.0, |(_, size)| *size as f64);
    let synapses: f64 = spec
        .projections
        .iter()
        .map(|p| match &p.connectivity {
            Connectivity::List(pairs) => pairs.len() as f64,
            Connectivity::OneToOne => size_of(&p.target),
            Connectivity::InDegree(k) => *k as f64 * size_of(&p.target),
            Connectivity::OutDegree(k) => *k as f64 * size_of(&p.source),
            _ => size_of(&p.source) * size_of(&p.target),
        })
        .sum();
    let readouts: f64 = spec.readouts.iter().map(|r| r.size as f64 * size_of(&r.source)).sum();
    let delayed = spec.projections.iter().filter_map(|p| {
        let longest_ms = p.delay_ms.as_ref()?.support()[1];
        Some(longest_ms / spec.tick_ms * size_of(&p.source))
    });
    sizes.iter().map(|(_, size)| size).sum::<usize>() <= MAX_CELLS
        && synapses + readouts <= MAX_SYNAPSES
        && delayed.sum::<f64>() <= MAX_DELAYED
}

fuzz_target!(|text: &str| {
    let Ok(spec) = toml::from_str::<NetworkSpec>(text) else { return };
    match spec.check() {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(()) if is_small(&spec) => {
            let mut network = Network::new(&spec, 1).expect("a spec that passes can run");
            for port in &spec.ports {
                let id = network.port(&port.name).expect("ports have their names");
                network.set_port(id, &vec![1.0; port.size]);
                network.send_spike(id, port.size as u32 - 1);
            }
            network.think(10);
            network.reset_state();
            network.think(1);
            let _ = (network.take_records(), network.footprint(), network.save());
            let again = toml::to_string(&spec).expect("a spec can be written");
            assert_eq!(toml::from_str::<NetworkSpec>(&again).expect("what was written can be read"), spec);
        }
        Ok(()) => {}
    }
});
