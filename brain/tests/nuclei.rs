//! Nuclei answer and release what they fire; interneurons divide; what D2 cells learn by grows where dopamine dips.

use mesolimb_brain::{Network, NetworkSpec};

fn build(text: &str, threads: usize) -> Network {
    let spec: NetworkSpec = toml::from_str(text).unwrap();
    Network::with_threads(&spec, 0, threads).unwrap()
}

/// Pacemakers that fire half of what they can at rest, and a modulator of theirs and one of somebody else's.
const MIDBRAIN: &str = r#"
    tick_ms = 10.0
    port = [{ name = "error", size = 1 }]
    modulator = [
        { name = "dopamine", uptake_tau_ms = 10.0, max = 2.0, source = [{ population = "midbrain", per_spike = 0.04024, tonic = 16.0 }] },
        { name = "other", uptake_tau_ms = 20.0, max = 9.0 },
    ]
    population = [{ name = "midbrain", size = 32, nucleus = true, drive = 0.5, cell = { alif = { tau_m_ms = 1e6, v_th = 1.0, beta = 0.0, burst_max = 8 } } }]
    projection = [{ source = "error", target = "midbrain", weights = 0.5 }]
"#;

#[test]
fn dopamine_is_what_the_midbrain_was_told() {
    let mut network = build(MIDBRAIN, 1);
    let (port, dopamine) = (network.port("error").unwrap(), network.modulator_id("dopamine").unwrap());
    for told in [0.0f32, 0.3, -0.3, 0.9, -0.9] {
        let mut sum = 0.0;
        for _ in 0..200 {
            network.think(6);
            network.set_port(port, &[told]);
            network.answer(4);
            sum += network.modulator(dopamine).phasic() / 200.0;
        }
        assert!((sum - told).abs() < 0.02, "told {told}, released {sum}");
    }
    assert!(network.spike_count(network.population("midbrain").unwrap()) > 1000);
}

#[test]
fn an_answer_leaves_alone_what_no_nucleus_releases() {
    let mut network = build(MIDBRAIN, 1);
    let other = network.modulator_id("other").unwrap();
    network.release(other, 3.0);
    network.answer(50);
    assert_eq!(network.modulator(other).level(), 4.0);
    let midbrain = network.population("midbrain").unwrap();
    let before = network.spike_count(midbrain);
    network.think(50);
    assert!(network.modulator(other).level() < 1.1, "it fades while the network thinks");
    assert_eq!(network.spike_count(midbrain), before, "a nucleus lives in answers only");
}

#[test]
fn answers_go_on_from_a_saved_state_on_any_number_of_threads() {
    let run = |threads: usize, stop: bool| {
        let mut network = build(MIDBRAIN, threads);
        let (port, dopamine) = (network.port("error").unwrap(), network.modulator_id("dopamine").unwrap());
        let mut levels = Vec::new();
        for step in 0..60 {
            if stop && step == 30 {
                let state = network.save();
                network = build(MIDBRAIN, threads);
                network.load(&state).unwrap();
            }
            network.set_port(port, &[(step as f32).sin()]);
            network.think(3);
            network.answer(4);
            levels.push(network.modulator(dopamine).level().to_bits());
        }
        levels
    };
    let expected = run(1, false);
    assert_eq!(run(1, true), expected);
    assert_eq!(run(2, false), expected);
}

#[test]
fn what_a_nucleus_cannot_do_is_refused() {
    let refusal = |from: &str, to: &str| {
        assert!(MIDBRAIN.contains(from));
        let spec: NetworkSpec = toml::from_str(&MIDBRAIN.replacen(from, to, 1)).unwrap();
        Network::new(&spec, 0).err().unwrap().to_string()
    };
    let more = "projection = [{ source = \"midbrain\", target = \"midbrain\", weights = 0.5 }, ";
    assert!(refusal("projection = [", more).contains("no nucleus"));
    assert!(refusal("nucleus = true,", "nucleus = true, apical = { projected = false },").contains("nucleus is true"));
}

/// Two cells under one current; interneurons that fire `drive` of what they can divide it.
fn divided(drive: f64) -> String {
    format!(
        r#"
        port = [{{ name = "in", size = 2 }}]
        projection = [{{ source = "in", target = "cells", connectivity = "one_to_one", weights = 1.0 }}]
        [[population]]
        name = "cells"
        size = 2
        cell = {{ lif = {{ tau_m_ms = 5.0 }} }}
        normalised = {{ mean = 1.5, sd = 0.4, by = "inhibitors" }}
        [[population]]
        name = "inhibitors"
        size = 8
        drive = {drive}
        cell = {{ alif = {{ tau_m_ms = 1e6, v_th = 1.0, beta = 0.0, burst_max = 8 }} }}
        [[readout]]
        name = "out"
        source = "cells"
        size = 1
        weights = 1.0
        [[modulator]]
        name = "boost"
        uptake_tau_ms = 1e6
        max = 9.0
        "#
    )
    .replace("drive = 0.25\n", "drive = 0.25\n        receptor = [{ modulator = \"boost\", parameter = \"current\", effect = 0.25, form = \"add\" }]\n")
}

#[test]
fn interneurons_that_fire_more_than_usual_leave_less_spread() {
    let mut network = build(&divided(0.25), 1);
    let (port, boost) = (network.port("in").unwrap(), network.modulator_id("boost").unwrap());
    let cells = network.population("cells").unwrap();
    network.set_port(port, &[1.0, -1.0]);
    let spread = |network: &mut Network, n: usize| {
        (0..n).for_each(|_| network.think(10));
        let v = network.potentials(cells);
        f64::from(v[0] - v[1])
    };
    let usual = spread(&mut network, 2000);
    network.release(boost, 1.0);
    let dampened = spread(&mut network, 30);
    // Twice as many spikes: 2/(1 + 2) of the spread is left.
    assert!(usual > 0.0 && (dampened / usual - 2.0 / 3.0).abs() < 0.08, "{usual} and {dampened}");
}

#[test]
fn where_the_effect_is_negative_synapses_grow_by_dips() {
    let text = |effect: f64| {
        format!(
            r#"
            port = [{{ name = "in", size = 2 }}]
            projection = [{{ source = "in", target = "cells", weights = 0.3, bias = true }}]
            modulator = [{{ name = "dopamine", uptake_tau_ms = 5.0, max = 2.0 }}]
            [[population]]
            name = "cells"
            size = 8
            cell = {{ alif = {{ tau_m_ms = 10.0, input_gain = 0.5 }} }}
            [[readout]]
            name = "out"
            source = "cells"
            size = 1
            weights = 0.1
            plasticity = {{ modulator = "dopamine", tau_eligibility_ms = 20.0, budget = 0.1, effect = {effect} }}
            "#
        )
    };
    let change = |effect: f64, release: f32| {
        let mut network = build(&text(effect), 1);
        let (port, out) = (network.port("in").unwrap(), network.readout_id("out").unwrap());
        let dopamine = network.modulator_id("dopamine").unwrap();
        network.set_port(port, &[1.0, 1.0]);
        (0..5).for_each(|_| network.think(10));
        let before = network.readout(out)[0];
        for _ in 0..5 {
            network.think(10);
            network.release(dopamine, release);
            network.set_error(out, &[1.0]);
            network.learn();
        }
        network.refresh_readouts();
        network.readout(out)[0] - before
    };
    assert!(change(1.0, 0.5) > 0.0 && change(1.0, -0.5) < 0.0);
    assert!(change(-1.0, -0.5) > 0.0 && change(-1.0, 0.5) < 0.0);
}
