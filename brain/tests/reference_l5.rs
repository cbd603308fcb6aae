//! The layer-5 cell with two compartments against Brian2: spikes, burst flags and traces of four protocols.

mod common;

use common::{Table, read_by, worst};
use mesolimb_brain::{CellSpec, Electrode, PatchClamp, PyramidalSpec, Scheme, Stimulus};

/// What a protocol does, from 100 to 500 ms: somatic and apical current in pA, spikes of an SST cell.
fn protocol(name: &str) -> (f64, f64, bool) {
    match name {
        "soma_only" => (1000.0, 0.0, false),
        "apical_only" => (0.0, 700.0, false),
        "coincident" => (1000.0, 700.0, false),
        "coincident_som" => (1000.0, 700.0, true),
        _ => panic!("no protocol '{name}'"),
    }
}

#[derive(Default)]
struct Run {
    spikes: Vec<f64>,
    flags: Vec<f64>,
    /// Soma, its recovery, dendrite, its recovery, inhibitory conductance at the start of each ms.
    rows: Vec<[f64; 5]>,
    highest_dendrite: f64,
}

fn run(name: &str, g_c: f64, scheme: Scheme, dt_ms: f64) -> Run {
    const WEIGHT_NS: f64 = 30.0;
    const TAU_MS: f64 = 6.0;
    let spec = PyramidalSpec { g_c: g_c.into(), scheme, adaptation_ns: 0.0.into(), ..PyramidalSpec::default() };
    let mut cell = PatchClamp::new(&CellSpec::Pyramidal(spec), dt_ms).unwrap();
    let (soma, apical, inhibited) = protocol(name);
    let ticks = (1.0 / dt_ms).round() as usize;
    let (mut run, mut g_i) = (Run { highest_dendrite: f64::MIN, ..Run::default() }, 0.0);
    for ms in 0..600 {
        let on = (100..500).contains(&ms);
        if inhibited && on && ms % 5 == 0 {
            g_i += WEIGHT_NS;
        }
        let [v, u, v_d, u_d] = cell.state()[..4] else { unreachable!() };
        run.rows.push([v, u, v_d, u_d, g_i]);
        run.highest_dendrite = run.highest_dendrite.max(v_d);
        for tick in 1..=ticks {
            // The mean over the step is held for Runge–Kutta, the value at its start for Euler.
            let (held, decay) = match scheme {
                Scheme::Euler => (1.0, 1.0 - dt_ms / TAU_MS),
                Scheme::Rk4 => (-f64::exp_m1(-dt_ms / TAU_MS) * TAU_MS / dt_ms, (-dt_ms / TAU_MS).exp()),
            };
            let electrode =
                |current: f64| Electrode { current: if on { current } else { 0.0 }, ..Electrode::default() };
            let dendrite = Electrode {
                conductance: g_i * held,
                conductance_times_reversal: -75.0 * g_i * held,
                ..electrode(apical)
            };
            let spike = cell.tick(&Stimulus { soma: electrode(soma), apical: dendrite, ..Stimulus::default() });
            g_i *= decay;
            if spike > 0.0 {
                run.spikes.push(f64::from(ms) + tick as f64 * dt_ms);
                run.flags.push(cell.state()[6]);
            }
        }
    }
    run
}

#[test]
fn spikes() {
    for table in read_by("l5 spikes") {
        for row in 0..table.rows.len() {
            let (name, g_c) = (table.text(row, "protocol"), table.number(row, "g_c").unwrap());
            let scheme = if table.text(row, "method") == "euler" { Scheme::Euler } else { Scheme::Rk4 };
            let dt_ms = table.number(row, "dt_ms").unwrap();
            let found = run(name, g_c, scheme, dt_ms);
            let expected = table.list(row, "spike_times_ms");
            let place = format!("{name} g_c {g_c} {scheme:?}: {:?}, expected {expected:?}", found.spikes);
            assert_eq!(found.spikes.len(), expected.len(), "{place}");
            assert!(worst(&found.spikes, &expected) <= 1e-6, "{place}");
            assert_eq!(found.flags, table.list(row, "burst_flags"), "{place}");
            assert_eq!(found.flags.iter().sum::<f64>(), table.number(row, "n_burst_resets").unwrap());
            // Euler is semi-implicit here in the inhibitory conductance.
            let off = (found.highest_dendrite - table.number(row, "vd_max_sampled_mV").unwrap()).abs();
            let tolerance = if name == "coincident_som" && scheme == Scheme::Euler { 0.5 } else { 1e-3 };
            assert!(off <= tolerance, "highest potential of the dendrite off by {off} mV: {place}");
        }
    }
}

#[test]
fn traces() {
    for table in read_by("l5 traces") {
        let name = table.stem().trim_start_matches("l5_").trim_end_matches("_gc1");
        let found = run(name, 1.0, Scheme::Rk4, 0.01);
        for (k, column) in ["v_mV", "u_pA", "vd_mV", "ud_pA", "g_i_nS"].into_iter().enumerate() {
            let expected = table.column(column);
            for (row, expected) in found.rows.iter().zip(expected) {
                assert!((row[k] - expected).abs() <= 2e-3, "{}: {column} {} for {expected}", table.path, row[k]);
            }
        }
        let soma = table.column("i_soma_pA");
        assert!(
            soma.iter().zip(0..).all(|(i, ms)| *i == if (100..500).contains(&ms) { protocol(name).0 } else { 0.0 })
        );
    }
}

#[test]
fn semi_implicit_inhibition_stays_near_the_converged_solution() {
    let table = Table::load("l5/l5_coincident_som_gc1.csv");
    let found = run("coincident_som", 1.0, Scheme::Euler, 0.1);
    let expected = table.column("vd_mV");
    // Up to the first spike, whose time depends on the step.
    let off =
        found.rows.iter().zip(expected).take(110).map(|(row, expected)| (row[2] - expected).abs()).fold(0.0, f64::max);
    assert!(off <= 0.2, "dendrite off by {off} mV");
}
