//! What holds for any network: delays, postsynaptic currents, Dale's law, modulators, saving, and what is refused.

use mesolimb_brain::{BrainError, Network, NetworkSpec};
use proptest::prelude::*;

fn parse(text: &str) -> NetworkSpec {
    toml::from_str(text).unwrap()
}

fn build(text: &str) -> Network {
    Network::new(&parse(text), 1).unwrap()
}

/// A cell that spikes at once when driven, and one that listens to it.
fn pair(delay_ticks: usize) -> Network {
    build(&format!(
        r#"
        tick_ms = 1.0
        port = [{{ name = "drive", size = 1 }}]
        population = [
            {{ name = "source", size = 1, cell = {{ alif = {{ tau_m_ms = 5.0, beta = 0.0 }} }} }},
            {{ name = "target", size = 1, cell = {{ alif = {{ tau_m_ms = 20.0, v_th = 1000.0 }} }} }},
        ]
        projection = [
            {{ source = "drive", target = "source", weights = 1.0 }},
            {{ source = "source", target = "target", weights = 0.5, delay_ms = {delay_ticks}.0, synapse = {{ filter = {{ tau_ms = 4.0, gain = 2.0 }} }} }},
        ]
        "#
    ))
}

#[test]
fn a_spike_arrives_after_its_delay_and_the_potential_is_the_closed_form() {
    for delay in [1, 3, 7] {
        let mut network = pair(delay);
        let (drive, target) = (network.port("drive").unwrap(), network.population("target").unwrap());
        network.set_port(drive, &[2.0]);
        network.think(1);
        assert_eq!(network.spikes().len(), 1, "the source spikes in the first tick");
        let start = network.potentials(target)[0];
        network.set_port(drive, &[-9.0]);
        // J(t) = g (1 − k) w k^t from its arrival on, and v is its leaky sum.
        let (k, leak) = ((-1.0f32 / 4.0).exp(), (-1.0f32 / 20.0).exp());
        let (mut j, mut v) = (0.0, start);
        for tick in 1..20 {
            network.think(1);
            j *= k;
            if tick == delay {
                j += 2.0 * (1.0 - k) * 0.5;
            }
            v = leak * v + j;
            let found = network.potentials(target)[0];
            assert!((found - v).abs() < 1e-5, "delay {delay}, tick {tick}: {found}, expected {v}");
        }
    }
}

/// A population that learns, with the connectivity, sign and dopamine that are asked for.
fn learner(connectivity: &str, weights: &str, transmitter: &str, clamped: bool) -> Network {
    build(&format!(
        r#"
        port = [{{ name = "in", size = 4 }}]
        modulator = [
            {{ name = "dopamine", uptake_tau_ms = 100.0, max = 2.0, clamped = {clamped} }},
            {{ name = "noradrenaline", uptake_tau_ms = 100.0, max = 2.0 }},
        ]

        [[population]]
        name = "first"
        size = 16
        {transmitter}
        cell = {{ alif = {{ tau_m_ms = 10.0, input_gain = 0.3 }} }}
        normalised = true
        receptor = [{{ modulator = "noradrenaline", parameter = "input_gain", effect = 1.0 }}]

        [[population]]
        name = "second"
        size = 12
        cell = {{ alif = {{ tau_m_ms = 10.0, input_gain = 0.3 }} }}
        normalised = true
        apical = {{}}

        [[projection]]
        source = "in"
        target = "first"
        weights = {{ uniform = [-1.0, 1.0] }}

        [[projection]]
        source = "first"
        target = "second"
        connectivity = {connectivity}
        weights = {weights}
        plasticity = {{ three_factor = {{ modulator = "dopamine", tau_eligibility_ms = 50.0, budget = 5.0 }} }}

        [[readout]]
        name = "out"
        source = "second"
        size = 1
        weights = {{ uniform = [-1.0, 1.0] }}
        plasticity = {{ modulator = "dopamine", tau_eligibility_ms = 50.0, budget = 5.0 }}
        "#
    ))
}

/// Lives for `steps` windows with a dopamine release of `release` in each.
fn live(network: &mut Network, steps: usize, release: f32) {
    let (port, out) = (network.port("in").unwrap(), network.readout_id("out").unwrap());
    let dopamine = network.modulator_id("dopamine").unwrap();
    for step in 0..steps {
        let values: Vec<f32> = (0..4).map(|i| ((step + 3 * i) as f32 * 0.7).sin()).collect();
        network.set_port(port, &values);
        network.think(10);
        network.set_error(out, &[1.0]);
        network.release(dopamine, release);
        network.learn();
    }
}

fn weights(network: &Network) -> Vec<f32> {
    network.weights("first", "second").unwrap().to_vec()
}

#[test]
fn weights_move_with_dopamine_only_and_a_dip_moves_them_the_other_way() {
    let before = weights(&learner("\"all_to_all\"", "0.3", "", false));
    let change = |release: f32, clamped: bool| -> Vec<f32> {
        let mut network = learner("\"all_to_all\"", "0.3", "", clamped);
        live(&mut network, 3, release);
        weights(&network).iter().zip(&before).map(|(after, before)| after - before).collect()
    };
    assert!(change(0.0, false).iter().all(|d| *d == 0.0), "at its baseline dopamine teaches nothing");
    assert!(change(1.0, true).iter().all(|d| *d == 0.0), "clamped dopamine teaches nothing");
    let (burst, dip) = (change(0.3, false), change(-0.3, false));
    assert!(burst.iter().any(|d| d.abs() > 1e-3), "a burst changes weights");
    let along: f32 = burst.iter().zip(&dip).map(|(b, d)| b * d).sum();
    assert!(along < 0.0, "a dip undoes what a burst does: {along}");
}

#[test]
fn the_first_step_moves_an_output_by_the_budget_and_dopamine() {
    let mut network = learner("\"all_to_all\"", "0.3", "", false);
    let (port, out) = (network.port("in").unwrap(), network.readout_id("out").unwrap());
    network.set_port(port, &[0.3, -0.8, 1.0, 0.5]);
    network.think(10);
    // The second window makes the first one the window that was lived.
    network.think(10);
    network.set_error(out, &[1.0]);
    let read = |network: &Network| {
        let mut value = [0.0];
        network.read_lived(out, &mut value);
        value[0]
    };
    let before = read(&network);
    let dopamine = network.modulator_id("dopamine").unwrap();
    network.release(dopamine, 0.2);
    network.learn();
    let moved = read(&network) - before;
    // The budget of the readout is 5.
    assert!((moved - 0.2 * 5.0).abs() < 1e-3, "{moved}");
}

#[test]
fn a_complete_sparse_projection_does_what_a_dense_one_does() {
    let biased = "0.3\n        bias = true";
    let mut dense = learner("\"all_to_all\"", biased, "", false);
    let mut sparse = learner("{ probability = 1.0 }", biased, "", false);
    live(&mut dense, 20, 0.02);
    live(&mut sparse, 20, 0.02);
    assert!(weights(&dense).iter().any(|w| (w - 0.3).abs() > 1e-3), "it learns");
    for (d, s) in weights(&dense).iter().zip(weights(&sparse)) {
        assert!((d - s).abs() < 1e-4, "{d} and {s}");
    }
}

#[test]
fn noradrenaline_raises_the_gain_of_the_cells_that_have_its_receptor() {
    let spikes = |level: f32| {
        let mut network = learner("\"all_to_all\"", "0.3", "", false);
        let noradrenaline = network.modulator_id("noradrenaline").unwrap();
        let port = network.port("in").unwrap();
        network.set_port(port, &[1.0, -1.0, 0.5, 0.2]);
        (0..20)
            .map(|_| {
                network.release(noradrenaline, level - network.modulator(noradrenaline).level());
                network.think(10);
                // Cells of the first population are counted from 0 to 15.
                network.spikes().iter().filter(|s| s.cell < 16).count()
            })
            .sum::<usize>()
    };
    let (low, rest, high) = (spikes(0.5), spikes(1.0), spikes(2.0));
    assert!(low < rest && rest < high, "spikes at low, resting and high noradrenaline: {low}, {rest}, {high}");
}

#[test]
fn a_held_modulator_is_held_in_a_saved_state_too() {
    let mut network = learner("\"all_to_all\"", "0.3", "", false);
    let noradrenaline = network.modulator_id("noradrenaline").unwrap();
    network.hold(noradrenaline, 1.7);
    let held = network.save();
    network.let_go(noradrenaline);
    network.think(1000);
    assert!(network.modulator(noradrenaline).phasic().abs() < 1e-3, "it returns to its tonic level");
    network.load(&held).unwrap();
    network.release(noradrenaline, 0.5);
    network.think(1000);
    assert_eq!(network.modulator(noradrenaline).level(), 1.7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn learning_never_breaks_dales_law(steps in 1usize..40, release in -1.0f32..1.0) {
        let mut excitatory = learner("{ in_degree = 8 }", "{ uniform = [0.0, 0.2] }", "transmitter = \"excitatory\"", false);
        live(&mut excitatory, steps, release);
        prop_assert!(weights(&excitatory).iter().all(|w| *w >= 0.0));
        let mut inhibitory = learner("{ in_degree = 8 }", "{ uniform = [-0.2, 0.0] }", "transmitter = \"inhibitory\"", false);
        live(&mut inhibitory, steps, release);
        prop_assert!(weights(&inhibitory).iter().all(|w| *w <= 0.0));
    }

    #[test]
    fn a_saved_network_goes_on_bit_for_bit(before in 0usize..20, after in 1usize..20, connectivity in prop_oneof![Just("\"all_to_all\""), Just("{ in_degree = 5 }")]) {
        let new = || learner(connectivity, "{ uniform = [-0.5, 0.5] }", "", false);
        let mut first = new();
        live(&mut first, before, 0.3);
        let bytes = postcard::to_stdvec(&first.save()).unwrap();
        let mut second = new();
        second.load(&postcard::from_bytes(&bytes).unwrap()).unwrap();
        live(&mut first, after, -0.2);
        live(&mut second, after, -0.2);
        first.reset_state();
        second.reset_state();
        live(&mut first, 2, 0.1);
        live(&mut second, 2, 0.1);
        prop_assert_eq!(first.save(), second.save());
    }
}

#[test]
fn a_state_of_another_network_is_refused_and_changes_nothing() {
    let mut dense = learner("\"all_to_all\"", "0.3", "", false);
    let mut sparse = learner("{ in_degree = 5 }", "0.3", "", false);
    let before = dense.save();
    let error = dense.load(&sparse.save()).unwrap_err();
    assert!(error.to_string().contains("first -> second"), "{error}");
    assert_eq!(dense.save(), before);
}

#[test]
fn a_new_episode_keeps_the_weights_and_rests_the_cells() {
    let mut network = learner("\"all_to_all\"", "0.3", "", false);
    live(&mut network, 10, 0.3);
    let before = weights(&network);
    network.reset_state();
    assert_eq!(weights(&network), before);
    let dopamine = network.modulator_id("dopamine").unwrap();
    network.release(dopamine, 1.0);
    network.learn();
    assert_eq!(weights(&network), before, "no tag survives into the next episode");
}

/// What is said about a spec in which `from` is replaced by `to`.
fn refusal(from: &str, to: &str) -> String {
    let good = r#"
        port = [{ name = "in", size = 4 }]
        modulator = [{ name = "dopamine", uptake_tau_ms = 100.0, max = 2.0 }]
        population = [
            { name = "first", size = 16, transmitter = "excitatory", cell = { lif = { tau_m_ms = 10.0 } } },
            { name = "second", size = 12, cell = { alif = {} }, normalised = true, apical = {} },
        ]
        projection = [
            { source = "in", target = "first", weights = 1.0 },
            { source = "first", target = "second", weights = 0.5, delay_ms = 1.0, plasticity = { three_factor = { modulator = "dopamine", tau_eligibility_ms = 50.0, budget = 5.0 } } },
        ]
    "#;
    Network::new(&parse(good), 0).expect("the spec is valid before it is spoiled");
    assert!(good.contains(from), "{from}");
    match toml::from_str::<NetworkSpec>(&good.replace(from, to)) {
        Ok(spec) => Network::new(&spec, 0).err().expect("the spoiled spec is refused").to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn refusals_name_the_part_the_field_and_what_was_expected() {
    for (from, to, expected) in [
        ("tau_m_ms = 10.0", "tau_m_ms = -10.0", "population 'first': tau_m_ms is -10, expected values in"),
        ("tau_m_ms = 10.0", "v_th_mv = -80.0", "population 'first': v_reset_mv is -75, expected below the threshold"),
        ("delay_ms = 1.0", "delay_ms = 0.5", "delay_ms is 0.5, expected at least one tick (1 ms)"),
        ("weights = 0.5", "weights = -0.5", "(Dale's law)"),
        ("weights = 0.5", "weights = nan", "expected finite numbers"),
        (
            "modulator = \"dopamine\"",
            "modulator = \"dopamin\"",
            "names 'dopamin', but there is no such modulator (there are: dopamine)",
        ),
        ("target = \"second\"", "target = \"third\"", "no such population (there are: first, second)"),
        ("name = \"second\"", "name = \"first\"", "called 'first'"),
        ("apical = {}", "apical = { floor = -1.0 }", "population 'second': apical.floor is -1"),
        ("size = 16", "size = 0", "population 'first': size is 0"),
        ("size = 4 ", "size = 90000000 ", "memory"),
        ("lif = {", "lifo = {", "unknown cell model 'lifo'"),
    ] {
        let message = refusal(from, to);
        assert!(message.contains(expected), "{to}: got \"{message}\", expected \"{expected}\"");
    }
}

#[test]
fn errors_carry_their_data() {
    let spec = parse("population = [{ name = \"a\", size = 0, cell = { lif = {} } }]");
    let error = Network::new(&spec, 0).err().unwrap();
    let BrainError::Value { place, field, .. } = error else { panic!("{error}") };
    assert_eq!((place.as_str(), field.as_str()), ("population 'a'", "size"));
}

#[test]
fn synapses_with_weights_and_delays_of_their_own_keep_to_their_bytes() {
    let network = build(
        r#"
        tick_ms = 1.0
        modulator = [{ name = "dopamine", uptake_tau_ms = 100.0, max = 2.0 }]
        population = [
            { name = "source", size = 1000, transmitter = "excitatory", cell = { lif = {} } },
            { name = "fixed", size = 1000, cell = { lif = {} } },
            { name = "learning", size = 1000, cell = { lif = {} } },
        ]
        projection = [
            { source = "source", target = "fixed", connectivity = { out_degree = 100 }, weights = { uniform = [0.0, 1.0] }, delay_ms = { uniform = [1.0, 20.0] } },
            { source = "source", target = "learning", connectivity = { out_degree = 100 }, weights = { uniform = [0.0, 1.0] }, delay_ms = { uniform = [1.0, 20.0] }, plasticity = { dopamine_stdp = {} } },
        ]
        "#,
    );
    let found = network.footprint();
    assert_eq!([found.static_synapses, found.plastic_synapses], [100_000; 2]);
    let [fixed, learning] = [found.static_bytes, found.plastic_bytes].map(|bytes| bytes as f64 / 1e5);
    assert!((6.0..=8.0).contains(&fixed), "{fixed} bytes a synapse that never changes");
    assert!((18.0..=20.0).contains(&learning), "{learning} bytes a synapse with eligibility");
}

/// A population whose receptors are these, onto which the default synapse, AMPA on soma and dendrite, and wired dopamine
/// go; `start` is the start of its state.
fn receiving(receptors: &str, start: &str) -> NetworkSpec {
    parse(&format!(
        r#"
        modulator = [{{ name = "dopamine", uptake_tau_ms = 100.0, max = 2.0 }}]
        population = [
            {{ name = "source", size = 1, transmitter = "excitatory", cell = {{ lif = {{}} }} }},
            {{ name = "cells", size = 40, cell = {{ pyramidal = {{}} }}, receptor = [{receptors}], start = {{ {start} }} }},
        ]
        projection = [
            {{ source = "source", target = "cells", weights = 0.0 }},
            {{ source = "source", target = "cells", weights = 0.0, synapse = {{ alpha = {{ tau_ms = 5.0 }} }} }},
            {{ source = "source", target = "cells", weights = 0.0, synapse = {{ ampa = {{}} }} }},
            {{ source = "source", target = "cells", weights = 0.0, synapse = {{ ampa = {{}} }}, compartment = "apical" }},
            {{ source = "source", target = "cells", weights = 0.0, synapse = {{ wired = {{ modulator = "dopamine", tau_ms = 9.0 }} }} }},
        ]
        "#
    ))
}

#[test]
fn ranges_of_receptors_that_leave_no_value_are_refused() {
    let receptor = |parameter: &str, range: &str| {
        format!(r#"{{ modulator = "dopamine", parameter = "{parameter}", effect = 1.0, range = {range} }},"#)
    };
    let one_beside = |first: &str, second: &str| receptor("synapse.ampa", first) + &receptor("synapse.ampa", second);
    for (receptors, expected) in [
        (
            receptor("input_gain", "[-10.0, -5.0]"),
            "population 'cells': receptor.range is [-10, -5], expected a range that meets [0, inf], to which 'input_gain' is",
        ),
        (
            one_beside("[0.0, 1.0]", "[2.0, 3.0]"),
            "population 'cells': receptor.range is [2, 3], expected a range that meets [0, 1], to which 'synapse.ampa' is",
        ),
    ] {
        let refusal = Network::new(&receiving(&receptors, ""), 0).err().expect("refused").to_string();
        assert!(refusal.contains(expected), "{refusal}, expected: {expected}");
    }
    let spec = receiving(&(one_beside("[-1.0, 2.0]", "[2.0, 3.0]") + &receptor("input_gain", "[-1.0, 0.0]")), "");
    Network::new(&spec, 0).unwrap().think(1);
}

#[test]
fn variables_that_share_a_name_start_alike_however_many_threads_there_are() {
    let given: Vec<f64> = (0..40).map(f64::from).collect();
    let spec = receiving(
        "",
        &format!("alpha = {given:?}, ampa = {{ uniform = [0.0, 1.0] }}, v = {{ uniform = [-70.0, -60.0] }}"),
    );
    let states = |threads: usize| {
        let mut network = Network::with_threads(&spec, 3, threads).unwrap();
        let cells = network.population("cells").unwrap();
        let alpha = network.state(cells, "alpha").unwrap().to_vec();
        assert!(alpha.iter().zip(&given).all(|(x, given)| *x == *given as f32), "{alpha:?}");
        network.think(10);
        // Nothing was on its way that would let the current rise.
        let faded = network.state(cells, "alpha").unwrap();
        let expected = given.iter().map(|x| *x as f32 * (-2.0f32).exp());
        assert!(faded.iter().zip(expected).all(|(x, expected)| (x - expected).abs() < 1e-4), "{faded:?}");
        ["v", "v_apical", "ampa"].map(|name| network.state(cells, name).unwrap().to_vec())
    };
    let alone = states(1);
    for threads in [2, 3] {
        assert_eq!(alone, states(threads), "{threads} threads");
    }
}

#[test]
fn a_population_that_is_seen_as_a_whole_has_no_more_cells_than_targets_can_be_told_apart() {
    let spec = |of_cells: &str, readout: &str| {
        parse(&format!(
            r#"
            population = [
                {{ name = "source", size = 1, cell = {{ lif = {{}} }} }},
                {{ name = "cells", size = 65537, cell = {{ lif = {{}} }}, {of_cells} }},
            ]
            projection = [
                {{ source = "source", target = "cells", connectivity = {{ list = [[0, 65536]] }}, weights = 900000.0 }},
            ]
            {readout}
            "#
        ))
    };
    let readout = r#"readout = [{ name = "out", source = "cells", size = 1, weights = 1.0 }]"#;
    for (of_cells, readout) in [("normalised = true", ""), ("apical = {}", ""), ("", readout)] {
        let refusal = spec(of_cells, readout).check().unwrap_err().to_string();
        assert!(refusal.contains("population 'cells': size is 65537, expected at most 65536"), "{refusal}");
    }
    let mut broadcasting = spec("", "");
    let learning = "source = 'source'\ntarget = 'source'\nweights = 0.0\nplasticity = { mdgl = {} }";
    broadcasting.projections.push(toml::from_str(learning).unwrap());
    let refusal = broadcasting.check().unwrap_err().to_string();
    assert!(refusal.contains("population 'cells': size is 65537") && refusal.contains("mdgl"), "{refusal}");
    let network = Network::new(&spec("", ""), 0).unwrap();
    assert_eq!(network.synapses("source", "cells")[0].target, 65536, "one that may be cut has as many as it likes");
}

#[test]
fn receptors_feel_all_that_brings_their_modulator_by_wire() {
    // The weight of the wired synapses that fade slowly, and of those that fade fast.
    let potential = |slow: f64, fast: f64| {
        let mut network = build(&format!(
            r#"
            port = [{{ name = "in", size = 1, kind = "spikes" }}]
            modulator = [{{ name = "dopamine", uptake_tau_ms = 100.0, max = 2.0 }}]
            [[population]]
            name = "cells"
            size = 1
            cell = {{ lif = {{}} }}
            start = {{ v = -70.0 }}
            receptor = [{{ modulator = "dopamine", parameter = "current", form = "add", effect = 1.0 }}]
            [[projection]]
            source = "in"
            target = "cells"
            weights = {slow}
            synapse = {{ wired = {{ modulator = "dopamine", tau_ms = 20.0 }} }}
            [[projection]]
            source = "in"
            target = "cells"
            weights = {fast}
            synapse = {{ wired = {{ modulator = "dopamine", tau_ms = 2.0 }} }}
            "#
        ));
        network.send_spike(network.port("in").unwrap(), 0);
        network.think(5);
        f64::from(network.potentials(network.population("cells").unwrap())[0])
    };
    let rest = potential(0.0, 0.0);
    let [slow, fast, both] = [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(slow, fast)| potential(slow, fast) - rest);
    assert!(slow > fast && fast > 0.1, "each alone: {slow} and {fast} mV");
    assert!((both - slow - fast).abs() < 1e-3, "{both} mV, expected {slow} + {fast} mV");
}

#[test]
fn the_default_synapse_is_known_by_its_name_and_a_wire_has_no_gain() {
    let gain = |synapse: &str| {
        format!(r#"{{ modulator = "dopamine", parameter = "synapse.{synapse}", effect = 1.0, range = [0.0, 1.0] }}"#)
    };
    let network = Network::new(&receiving(&gain("filter"), "filter = 7.0"), 0).unwrap();
    let started = network.state(network.population("cells").unwrap(), "filter").unwrap().to_vec();
    assert_eq!(started, [7.0; 40]);
    let refusal = Network::new(&receiving(&gain("wired"), ""), 0).err().expect("refused").to_string();
    let expected = "names 'synapse.wired', but there is no such parameter (there are: input_gain, current, \
                    synapse.filter, synapse.alpha, synapse.ampa, ";
    assert!(refusal.contains(expected), "{refusal}");
}
