//! Any bytes as a saved state: they are refused and change nothing, or the network goes on with them.
//!
//! The first byte says what the others are: bytes of a state as they stand, or changes to those of a good one, four
//! bytes each: where (two bytes), which change, and a byte for it.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use mesolimb_brain::{Network, NetworkState};

/// Small, with everything that a state holds: delays, ports of both kinds, plasticity by windows and within the ticks,
/// lazy and not, a modulator.
const SPEC: &str = r#"
    port = [{ name = "values", size = 2 }, { name = "clicks", size = 2, kind = "spikes", optional = true }]
    population = [
        { name = "a", size = 4, cell = { alif = {} }, normalised = true, apical = {}, transmitter = "excitatory" },
        { name = "b", size = 3, cell = { lif = {} }, noise = { normal = [2.0, 1.0] } },
    ]
    projection = [
        { source = "values", target = "a", weights = 1.0, plasticity = { three_factor = { modulator = "da", tau_eligibility_ms = 50.0, budget = 0.1 } } },
        { source = "clicks", target = "b", weights = 3.0, delay_ms = 3.0, synapse = { ampa = {} } },
        { source = "a", target = "b", weights = { uniform = [0.0, 1.0] }, delay_ms = { uniform = [1.0, 4.0] } },
        { source = "b", target = "b", weights = 0.5, connectivity = { probability = 0.9 }, plasticity = { dopamine_stdp = { modulator = "da" } } },
        { source = "clicks", target = "b", weights = 0.5, plasticity = { stdp = {} } },
        { source = "a", target = "a", weights = 0.1, connectivity = { probability = 0.5 }, plasticity = { three_factor = { modulator = "da", tau_eligibility_ms = 50.0, budget = 0.1 } } },
    ]
    readout = [{ name = "out", source = "a", size = 1, weights = 0.1, plasticity = { modulator = "da", tau_eligibility_ms = 9.0, budget = 1.0 } }]
    modulator = [{ name = "da", uptake_tau_ms = 100.0, max = 2.0, source = [{ population = "b", per_spike = 0.1 }] }]
    probe = [{ name = "v", population = "b", variable = "v", only_changes = true }]
"#;

struct Subject {
    network: Network,
    good: NetworkState,
    bytes: Vec<u8>,
}

impl Subject {
    fn new() -> Self {
        let mut network = Network::new(&toml::from_str(SPEC).expect("TOML"), 1).expect("a network");
        live(&mut network);
        let good = network.save();
        let bytes = postcard::to_allocvec(&good).expect("a state can be written");
        Self { network, good, bytes }
    }
}

fn apply(change: &[u8], bytes: &mut Vec<u8>) {
    let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len().max(1);
    match change[2] % 4 {
        _ if bytes.is_empty() => {}
        0 => bytes[at] ^= change[3],
        1 => bytes.insert(at, change[3]),
        2 => {
            bytes.remove(at);
        }
        // The largest whole number, as it is written.
        _ => {
            let largest = [0xff; 9].into_iter().chain([0x01]);
            bytes.splice(at..=at, largest);
        }
    }
}

fn live(network: &mut Network) {
    let (values, clicks) = (network.port("values").expect("a port"), network.port("clicks").expect("a port"));
    let modulator = network.modulator_id("da").expect("a modulator");
    for _ in 0..4 {
        network.set_port(values, &[1.0, 2.0]);
        network.send_spike(clicks, 1);
        network.think(3);
        network.release(modulator, 0.5);
        network.learn();
    }
    network.take_records();
}

thread_local! {
    static SUBJECT: RefCell<Subject> = RefCell::new(Subject::new());
}

fuzz_target!(|data: &[u8]| {
    SUBJECT.with_borrow_mut(|subject| {
        let Some((mode, rest)) = data.split_first() else { return };
        let bytes = if mode.is_multiple_of(2) {
            rest.to_vec()
        } else {
            let mut bytes = subject.bytes.clone();
            rest.chunks_exact(4).for_each(|change| apply(change, &mut bytes));
            bytes
        };
        let Ok(state) = postcard::from_bytes::<NetworkState>(&bytes) else { return };
        match subject.network.load(&state) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(subject.network.save(), subject.good, "a state that is refused changes nothing");
            }
            Ok(()) => {
                live(&mut subject.network);
                subject.network.load(&subject.good).expect("a good state fits");
                assert_eq!(subject.network.save(), subject.good, "a good state comes back bit for bit");
            }
        }
    });
});
