//! The fast arrays and the patch clamp run the same equations: every registered model, under random currents.

use mesolimb_brain::{CellArray, CellSpec, Dist, Electrode, Electrodes, PatchClamp, Stimuli, Stimulus, rng};
use proptest::prelude::*;

/// Cells in an array: not a multiple of the lanes.
const N: usize = 11;
const TICKS: usize = 400;

/// Currents, low and high, that make a model with its default parameters spike now and then.
fn drive(name: &str) -> [f64; 2] {
    match name {
        "lif" | "alif_threshold" => [0.0, 8.0],
        "alif" => [-0.1, 0.5],
        "alif_current" => [0.0, 15.0],
        "dh_lif" => [0.0, 0.8],
        "izhikevich_2003" => [-5.0, 25.0],
        "izhikevich_2007" => [-100.0, 500.0],
        "adex" => [0.0, 2500.0],
        "msn" => [0.0, 1000.0],
        "pyramidal" => [0.0, 3000.0],
        "two_compartment" => [0.0, 20_000.0],
        "srm0" => [0.0, 30.0],
        "poisson" => [-20.0, 100.0],
        _ => panic!("say here what makes '{name}' spike"),
    }
}

/// The same model with every parameter spread by five percent, as far as it may.
fn varied(spec: &CellSpec) -> CellSpec {
    let mut table = toml::Table::try_from(spec).unwrap();
    let name = table.keys().next().unwrap().clone();
    let fields: Vec<String> = table[&name].as_table().unwrap().keys().cloned().collect();
    for field in fields {
        let Some(nominal) = table[&name][&field].as_float() else { continue };
        let (low, high) = (nominal * 0.95, nominal * 1.05);
        let before = table.clone();
        let spread = toml::Value::try_from(Dist::uniform(low.min(high), low.max(high))).unwrap();
        table[&name].as_table_mut().unwrap().insert(field, spread);
        let valid = table.clone().try_into::<CellSpec>().is_ok_and(|spec| CellArray::new(&spec, 1, 1.0, 0).is_ok());
        if !valid {
            table = before;
        }
    }
    table.try_into().unwrap()
}

/// Twins of the cells of an array, with the parameters that those have drawn.
fn twins(array: &CellArray, spec: &CellSpec, tick_ms: f64) -> Vec<PatchClamp> {
    let twin = |i| {
        let mut cell = PatchClamp::new(spec, tick_ms).unwrap();
        for name in cell.parameters().to_vec() {
            assert!(cell.set(name, array.parameter(spec, name, i).unwrap()));
        }
        cell
    };
    (0..N).map(twin).collect()
}

fn electrodes(rows: &[[f32; N]; 4], conducting: bool) -> Electrodes<'_> {
    let [current, conductance, conductance_times_reversal, nmda] = rows;
    if conducting {
        Electrodes { current, conductance, conductance_times_reversal, nmda }
    } else {
        Electrodes { current, ..Electrodes::default() }
    }
}

/// Every model, and every option that takes another way through the equations.
fn models() -> Vec<(String, CellSpec)> {
    let mut models = CellSpec::defaults();
    assert!(models.len() > 10, "there are models to compare");
    for text in [
        "izhikevich_2003 = { scheme = 'published' }",
        "izhikevich_2003 = { scheme = 'sequential' }",
        "izhikevich_2003 = { scheme = 'euler' }",
        "izhikevich_2003 = { scheme = 'rk4' }",
        "izhikevich_2007 = { scheme = 'rk4' }",
        "izhikevich_2007 = { rule = 'fs', d_pa = 0.0 }",
        "izhikevich_2007 = { rule = 'lts', b_ns = 8.0, d_pa = 20.0 }",
        "izhikevich_2007 = { rule = 'tc', b_ns = 15.0 }",
        "izhikevich_2007 = { rule = 'rtn', b_ns = 10.0, b_above_ns = 2.0 }",
        "adex = { scheme = 'rk4' }",
        "msn = { scheme = 'rk4' }",
        "pyramidal = { scheme = 'rk4' }",
        "pyramidal = { g_c = 0.5 }",
        "alif = { burst_max = 4 }",
    ] {
        let name = text.split_whitespace().next().unwrap();
        models.push((name.to_owned(), toml::from_str(text).unwrap()));
    }
    models
}

/// Largest difference after one tick, relative to `1 + |x|`.
const TOLERANCE: f64 = 1e-4;

#[derive(Debug, Default)]
struct Outcome {
    spikes: usize,
    disagreements: usize,
    worst: f64,
}

/// Puts each twin where its cell is, advances both by a tick and compares; then the next tick.
///
/// Where a cell is about to spike, a difference in the last digit may move the spike to the next integration step.
fn compare(name: &str, spec: &CellSpec, tick_ms: f64, conducting: bool, seed: u64) -> Outcome {
    let mut array = CellArray::new(spec, N, tick_ms, seed).unwrap();
    let mut twins = twins(&array, spec, tick_ms);
    let mut rng = rng::stream(seed, "currents");
    let mut draw = |low: f64, high: f64| (low + (high - low) * rng.random::<f64>()) as f32;
    let [low, high] = drive(name);
    let states = spec.states();
    let mut outcome = Outcome::default();
    for _ in 0..TICKS {
        let mut row = |low: f64, high: f64| -> [f32; N] { std::array::from_fn(|_| draw(low, high)) };
        // Current, conductance, conductance times reversal, NMDA conductance; onto soma and dendrite.
        let scale = if conducting { 1.0 } else { 0.0 };
        let mut rows = |low: f64, high: f64| {
            [row(low, high), row(0.0, 0.02 * scale), row(-0.2 * scale, 0.2 * scale), row(0.0, 0.02 * scale)]
        };
        let (soma, apical) = (rows(low, high), rows(-200.0, 1000.0));
        let branches: [[f32; N]; 4] = std::array::from_fn(|_| row(low, high));
        let stimuli: [Stimulus; N] = std::array::from_fn(|i| {
            let electrode = |rows: &[[f32; N]; 4]| {
                let [current, conductance, conductance_times_reversal, nmda] = rows.map(|row| f64::from(row[i]));
                Electrode { current, conductance, conductance_times_reversal, nmda }
            };
            Stimulus {
                soma: electrode(&soma),
                apical: electrode(&apical),
                branches: branches.map(|branch| f64::from(branch[i])),
                draws: array.next_draws(i),
            }
        });
        for (i, twin) in twins.iter_mut().enumerate() {
            for (value, state) in twin.state_mut().iter_mut().zip(states) {
                *value = f64::from(array.state(state).unwrap()[i]);
            }
        }
        let branches = std::array::from_fn(|b| branches[b].as_slice());
        let arriving =
            Stimuli { soma: electrodes(&soma, conducting), apical: electrodes(&apical, conducting), branches };
        let spikes = array.tick_with(&arriving).to_vec();
        for (i, twin) in twins.iter_mut().enumerate() {
            let spike = twin.tick(&stimuli[i]);
            outcome.spikes += usize::from(spike > 0.0);
            let pairs =
                twin.state().iter().zip(states).map(|(x, state)| (*x, f64::from(array.state(state).unwrap()[i])));
            let pairs = pairs.chain([(twin.factor(), f64::from(array.factors()[i]))]);
            let off = pairs.map(|(x, y)| (x - y).abs() / (1.0 + x.abs())).fold(0.0, f64::max);
            if spike != f64::from(spikes[i]) || off > TOLERANCE {
                outcome.disagreements += 1;
            } else {
                outcome.worst = outcome.worst.max(off);
            }
        }
    }
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn fast_arrays_and_patch_clamp_agree(seed in any::<u64>()) {
        for (name, spec) in models() {
            for (spec, tick_ms, conducting) in [
                (spec.clone(), 0.1, false),
                (spec.clone(), 1.0, true),
                (varied(&spec), 1.0, false),
                (varied(&spec), 0.1, true),
            ] {
                let outcome = compare(&name, &spec, tick_ms, conducting, seed);
                let place = format!("{spec:?} in ticks of {tick_ms} ms, conducting {conducting}: {outcome:?}");
                // One spike in a few hundred may fall into the next integration step.
                prop_assert!(outcome.disagreements * 1000 <= TICKS * N, "{}", place);
                prop_assert!(tick_ms < 1.0 || outcome.spikes > 20, "{}", place);
            }
        }
    }
}

#[test]
fn parameters_are_varied_and_every_cell_has_its_own() {
    for (name, spec) in CellSpec::defaults() {
        let varied = varied(&spec);
        assert_ne!(spec, varied, "{name}");
        let array = CellArray::new(&varied, N, 1.0, 3).unwrap();
        let cell = PatchClamp::new(&varied, 1.0).unwrap();
        let differs = |p: &&str| array.parameter(&varied, p, 0) != array.parameter(&varied, p, 1);
        assert!(cell.parameters().iter().any(differs), "{name}");
    }
}

#[test]
fn every_name_of_a_model_is_the_one_in_a_spec() {
    for (name, spec) in CellSpec::defaults() {
        let parsed: CellSpec = toml::from_str(&format!("{name} = {{}}")).unwrap();
        assert_eq!(parsed, spec);
    }
}
