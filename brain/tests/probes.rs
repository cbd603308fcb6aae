//! Probes: what they record, when, and that the network does not know of them.

use mesolimb_brain::{BrainError, CellChoice, Network, NetworkSpec, ProbeSpec, Record};

/// A small network with everything that a probe can watch: two kinds of synapses, noise, a modulator that cells release.
const NETWORK: &str = r#"
    tick_ms = 0.5
    [[port]]
    name = "drive"
    size = 1
    [[population]]
    name = "e"
    size = 40
    cell = { izhikevich_2007 = {} }
    transmitter = "excitatory"
    noise = { normal = [100.0, 60.0] }
    trace = { tau_ms = 10.0 }
    [[population]]
    name = "da"
    size = 3
    cell = { lif = {} }
    drive = 2.2
    [[projection]]
    source = "drive"
    target = "da"
    weights = 0.1
    [[projection]]
    source = "e"
    target = "e"
    connectivity = { probability = 0.2 }
    weights = { uniform = [0.0, 2.0] }
    delay_ms = { uniform = [0.5, 3.0] }
    synapse = { ampa = {} }
    [[projection]]
    source = "e"
    target = "e"
    connectivity = { in_degree = 2 }
    weights = 1.0
    synapse = { nmda = {} }
    [[modulator]]
    name = "dopamine"
    uptake_tau_ms = 50.0
    max = 5.0
    source = [{ population = "da", per_spike = 0.5 }]
"#;

/// The network with probes, which come first: TOML wants it so.
fn with(probes: &str) -> NetworkSpec {
    toml::from_str(&format!("{probes}\n{NETWORK}")).unwrap()
}

/// Runs for 100 ms in windows of so many ticks, and returns the spikes with their ticks of life, and the records.
fn live(network: &mut Network, window: u32) -> (Vec<(u64, u32)>, Vec<Record>) {
    let (mut spikes, mut records) = (Vec::new(), Vec::new());
    while network.ticks() < 200 {
        let start = network.ticks();
        network.think(window);
        spikes.extend(network.spikes().iter().map(|s| (start + u64::from(s.tick) + 1, s.cell)));
        records.extend(network.take_records());
    }
    (spikes, records)
}

const EVERYTHING: &str = r#"
    probe = [
        { name = "fired", population = "e", variable = "spikes" },
        { name = "v", population = "e", variable = "v" },
        { name = "ampa", population = "e", variable = "ampa", every_ms = 2.0 },
        { name = "input", population = "e", variable = "input" },
        { name = "rate", population = "e", variable = "rate" },
        { name = "weights", projection = "e -> e", every_ms = 50.0 },
        { name = "dopamine", modulator = "dopamine" },
    ]
"#;

#[test]
fn a_network_does_the_same_with_probes_and_without() {
    let (plain, none) = live(&mut Network::new(&with(""), 5).unwrap(), 10);
    assert!(plain.len() > 50 && none.is_empty(), "{} spikes, {} records", plain.len(), none.len());
    let mut watched = Network::new(&with(EVERYTHING), 5).unwrap();
    let (spikes, records) = live(&mut watched, 10);
    assert_eq!(spikes, plain);
    assert!(records.len() > 40 * 200);
    assert_eq!(watched.save(), {
        let mut plain = Network::new(&with(""), 5).unwrap();
        live(&mut plain, 10);
        plain.save()
    });
}

#[test]
fn records_do_not_depend_on_threads_or_windows() {
    let records = |threads, window| {
        let mut network = Network::with_threads(&with(EVERYTHING), 5, threads).unwrap();
        let weights = network.probe("weights").unwrap();
        let records = live(&mut network, window).1;
        (network.probed_synapses(weights).to_vec(), records)
    };
    let one = records(1, 10);
    assert!(one.0.len() > 200, "{} synapses are watched", one.0.len());
    assert_eq!(one, records(1, 1));
    assert_eq!(one, records(2, 10));
    assert_eq!(one, records(3, 40));
}

/// Records of a probe as tick, index and value.
fn of(network: &Network, records: &[Record], name: &str) -> Vec<(u64, u32, f32)> {
    let probe = network.probe(name).unwrap();
    records.iter().filter(|r| r.probe == probe).map(|r| (r.tick, r.index, r.value)).collect()
}

#[test]
fn what_is_recorded_is_what_was_there() {
    let mut network = Network::new(&with(EVERYTHING), 5).unwrap();
    let (e, dopamine) = (network.population("e").unwrap(), network.modulator_id("dopamine").unwrap());
    let decay = (-0.5f32 / 10.0).exp();
    let (mut rates, mut n_spikes) = (vec![0.0f32; 40], 0);
    let start = network.potentials(e).to_vec();
    for tick in 1..=200u64 {
        network.think(1);
        let records = network.take_records();
        if tick == 1 {
            let first: Vec<f32> = of(&network, &records, "v").iter().filter(|r| r.0 == 0).map(|r| r.2).collect();
            assert_eq!(first, start, "the state before the first tick");
        }
        let now: Vec<Record> = records.into_iter().filter(|r| r.tick == tick).collect();
        let values = |name: &str| of(&network, &now, name).iter().map(|r| r.2).collect::<Vec<_>>();
        assert_eq!(values("v"), &*network.potentials(e));
        assert_eq!(values("dopamine"), [network.modulator(dopamine).level()]);
        assert_eq!(values("ampa").len(), if tick % 4 == 0 { 40 } else { 0 });
        if tick % 4 == 0 {
            assert_eq!(values("ampa"), &*network.state(e, "ampa").unwrap());
        }
        rates.iter_mut().for_each(|rate| *rate *= decay);
        let fired: Vec<u32> = network.spikes().iter().filter(|s| s.cell < 40).map(|s| s.cell).collect();
        fired.iter().for_each(|&cell| rates[cell as usize] += (1.0 - decay) * 2000.0);
        assert_eq!(of(&network, &now, "fired").iter().map(|r| r.1).collect::<Vec<_>>(), fired);
        n_spikes += fired.len();
        for (found, expected) in values("rate").iter().zip(&rates) {
            assert!((found - expected).abs() < 1e-3 * expected.max(1.0), "{found} Hz, expected {expected}");
        }
    }
    assert!(n_spikes > 20, "{n_spikes} spikes");
}

#[test]
fn weights_come_with_their_synapses() {
    let mut network = Network::new(&with(EVERYTHING), 5).unwrap();
    let (_, records) = live(&mut network, 200);
    let probe = network.probe("weights").unwrap();
    let samples = of(&network, &records, "weights");
    let synapses = network.probed_synapses(probe);
    let known = network.synapses("e", "e");
    assert_eq!(synapses.len(), known.len());
    assert_eq!(samples.len(), 3 * known.len(), "samples at 0, 50 and 100 ms");
    for (_, index, weight) in samples {
        let s = synapses[index as usize];
        let exists = known.iter().any(|k| {
            (k.source, k.target, k.delay_ticks, k.weight)
                == (s.source as usize, s.target as usize, s.delay_ticks, weight)
        });
        assert!(exists, "{s:?} with weight {weight}");
    }
}

#[test]
fn schedules_and_choices_are_kept() {
    let probes = r#"
        probe = [
            { name = "some", population = "e", variable = "v", cells = [7, 3], start_ms = 10.0, stop_ms = 20.0, every_ms = 2.5 },
            { name = "range", population = "e", variable = "spikes", cells = { from = 10, to = 20 } },
            { name = "onto", projection = "e->e", cells = [4], stop_ms = 0.0 },
        ]
    "#;
    let mut network = Network::new(&with(probes), 5).unwrap();
    let (spikes, records) = live(&mut network, 10);
    let some: Vec<(u64, u32)> = of(&network, &records, "some").iter().map(|r| (r.0, r.1)).collect();
    let expected: Vec<(u64, u32)> = [20, 25, 30, 35, 40].into_iter().flat_map(|tick| [(tick, 3), (tick, 7)]).collect();
    assert_eq!(some, expected);
    let range: Vec<(u64, u32)> = of(&network, &records, "range").iter().map(|r| (r.0, r.1)).collect();
    let expected: Vec<(u64, u32)> = spikes.into_iter().filter(|(_, cell)| (10..20).contains(cell)).collect();
    assert!(!range.is_empty());
    assert_eq!(range, expected);
    let onto = network.probed_synapses(network.probe("onto").unwrap());
    assert_eq!(onto.len(), of(&network, &records, "onto").len());
    assert!(!onto.is_empty() && onto.iter().all(|s| s.target == 4));
}

#[test]
fn only_changes_leaves_out_what_stays() {
    let probes = r#"
        probe = [
            { name = "all", modulator = "dopamine" },
            { name = "changes", modulator = "dopamine", only_changes = true },
            { name = "still", projection = "e -> e", only_changes = true },
        ]
    "#;
    let mut network = Network::new(&with(probes), 5).unwrap();
    let (_, records) = live(&mut network, 10);
    let (all, changes) = (of(&network, &records, "all"), of(&network, &records, "changes"));
    let mut expected = all.clone();
    expected.dedup_by_key(|r| r.2);
    assert_eq!(changes, expected);
    assert!(changes.len() < all.len() && changes.len() > 10);
    let still = of(&network, &records, "still");
    assert_eq!(still.len(), network.probed_synapses(network.probe("still").unwrap()).len(), "one sample in all");
}

/// What a reset or a load does to the times of samples and rates is written down in the spec.
#[test]
fn a_reset_starts_rates_anew() {
    let mut network = Network::new(&with(EVERYTHING), 5).unwrap();
    live(&mut network, 10);
    network.reset_state();
    network.think(1);
    let records = network.take_records();
    let rates = of(&network, &records, "rate");
    assert!(rates.len() == 40 && rates.iter().filter(|r| r.2 != 0.0).count() < 10, "{rates:?}");
    assert_eq!(rates[0].0, 201);
}

#[test]
fn probes_that_cannot_record_are_refused_by_name() {
    let cases: &[(&str, &[&str])] = &[
        (r#"name = "a/b", modulator = "dopamine""#, &["name", "a/b", "letters"]),
        (r#"name = "p""#, &["what it watches is none", "population, projection and modulator"]),
        (r#"name = "p", population = "e", modulator = "dopamine""#, &["population and modulator"]),
        (r#"name = "p", population = "x", variable = "v""#, &["population names 'x'", "there are: e, da"]),
        (r#"name = "p", population = "e""#, &["variable is missing", "v, u, ampa, nmda, spikes, input, rate"]),
        (r#"name = "p", population = "e", variable = "gaba""#, &["variable names 'gaba'", "ampa"]),
        (r#"name = "p", projection = "e -> da""#, &["projection names 'e -> da'", "drive -> da, e -> e"]),
        (r#"name = "p", projection = "e -> e", variable = "v""#, &["variable names 'v'", "weight"]),
        (r#"name = "p", projection = "e -> e", variable = "eligibility""#, &["variable is eligibility", "no rule"]),
        (r#"name = "p", modulator = "dopamin""#, &["modulator names 'dopamin'", "dopamine"]),
        (r#"name = "p", modulator = "dopamine", cells = [0]"#, &["cells is given", "one concentration"]),
        (r#"name = "p", population = "e", variable = "v", cells = [40]"#, &["cells is 40", "below 40"]),
        (r#"name = "p", population = "e", variable = "v", cells = []"#, &["cells is empty"]),
        (r#"name = "p", population = "e", variable = "v", cells = { from = 5, to = 5 }"#, &["cells is empty"]),
        (r#"name = "p", population = "e", variable = "v", every_ms = 0.7"#, &["every_ms is 0.7", "ticks of 0.5 ms"]),
        (r#"name = "p", population = "e", variable = "v", every_ms = 0.0"#, &["every_ms is 0"]),
        (r#"name = "p", population = "e", variable = "v", start_ms = -1.0"#, &["start_ms is -1"]),
        (r#"name = "p", population = "e", variable = "v", start_ms = 5.0, stop_ms = 4.0"#, &["stop_ms is 4"]),
        (r#"name = "p", population = "e", variable = "spikes", every_ms = 1.0"#, &["every_ms", "as they occur"]),
        (r#"name = "p", population = "e", variable = "spikes", only_changes = true"#, &["only_changes"]),
    ];
    for (probe, expected) in cases {
        let error = Network::new(&with(&format!("probe = [{{ {probe} }}]")), 0).err();
        let Some(error) = error else { panic!("not refused: {probe}") };
        let message = error.to_string();
        for part in [&["probe '"], *expected].concat() {
            assert!(message.contains(part), "{probe} does not say '{part}' but: {message}");
        }
    }
    let twice = with(r#"probe = [{ name = "p", modulator = "dopamine" }, { name = "p", modulator = "dopamine" }]"#);
    assert_eq!(Network::new(&twice, 0).err(), Some(BrainError::Duplicate { kind: "probe", name: "p".into() }));
}

/// Eligibility fades with its time constant but where a spike arrives or the target fires, and it is seen to move.
#[test]
fn eligibility_is_seen_as_it_is() {
    let mut spec = mesolimb_brain::published::izhikevich_da(200);
    let probe = |name: &str, variable: &str| ProbeSpec {
        name: name.into(),
        projection: Some("excitatory -> excitatory".into()),
        variable: Some(variable.into()),
        cells: Some(CellChoice::List((0..20).collect())),
        ..ProbeSpec::default()
    };
    spec.probes = vec![probe("tags", "eligibility"), probe("weights", "weight")];
    let mut network = Network::new(&spec, 3).unwrap();
    let synapses = network.probed_synapses(network.probe("tags").unwrap()).to_vec();
    let fade = 0.99f32.powf(0.1);
    let (mut before, mut fired_before) = (vec![0.0f32; synapses.len()], Vec::new());
    let (mut jumps, mut weights) = (0, Vec::new());
    for tick in 1..=400u64 {
        network.think(1);
        let records: Vec<Record> = network.take_records().into_iter().filter(|r| r.tick == tick).collect();
        let now: Vec<f32> = of(&network, &records, "tags").iter().map(|r| r.2).collect();
        weights = of(&network, &records, "weights").iter().map(|r| r.2).collect();
        let fired: Vec<u32> = network.spikes().iter().map(|s| s.cell).collect();
        for ((synapse, now), before) in synapses.iter().zip(&now).zip(&before) {
            // The delay is one tick for all: what arrived was fired in the tick before.
            if fired_before.contains(&synapse.source) || fired.contains(&synapse.target) {
                jumps += usize::from((now - before * fade).abs() > 1e-6);
            } else {
                assert!((now - before * fade).abs() < 1e-5 * before.abs().max(1e-2), "{now} after {before}");
            }
        }
        (before, fired_before) = (now, fired);
    }
    assert!(jumps > 50, "{jumps} changes by spikes");
    // Weights come as they are now, whenever the rule writes them down.
    let known = network.synapses("excitatory", "excitatory");
    for (synapse, weight) in synapses.iter().zip(weights) {
        let same = |k: &mesolimb_brain::Synapse| {
            (k.source, k.target) == (synapse.source as usize, synapse.target as usize) && k.weight == weight
        };
        assert!(known.iter().any(same), "{synapse:?} with weight {weight}");
    }
}
