//! Every named cell type has its signature, by which it is told from most others.

mod common;

use std::collections::BTreeSet;

use common::features::{Step, adaptation, groups, intervals, late_rate, step, variation};
use mesolimb_brain::{CellArray, CellSpec, Electrode, PatchClamp, Stimulus, cell_type, cell_types, rng};
use rand::RngExt as _;

/// Spikes of a second under a step of current from the start.
fn driven(spec: &CellSpec, current: f64) -> Vec<f64> {
    run(spec, 1000.0, |_| Stimulus::current(current))
}

/// Spikes in the half second after one of this current.
fn released(spec: &CellSpec, current: f64) -> Vec<f64> {
    let spikes = run(spec, 1500.0, |t| Stimulus::current(if (500.0..1000.0).contains(&t) { current } else { 0.0 }));
    spikes.into_iter().filter(|t| *t > 1000.0).collect()
}

fn run(spec: &CellSpec, duration_ms: f64, stimulus: impl Fn(f64) -> Stimulus) -> Vec<f64> {
    let mut cell = PatchClamp::new(spec, 0.1).unwrap();
    let ticks = (duration_ms * 10.0).round() as usize;
    let fired = (0..ticks).filter(|tick| cell.tick(&stimulus(*tick as f64 * 0.1)) > 0.0);
    fired.map(|tick| (tick + 1) as f64 * 0.1).collect()
}

/// Adaptation once the first interval is over.
fn settled_adaptation(spikes: &[f64]) -> f64 {
    if spikes.len() < 4 { f64::NAN } else { adaptation(&spikes[1..]) }
}

fn rate(spikes: &[f64]) -> f64 {
    late_rate(spikes, 0.0, 1000.0)
}

/// Bursts again and again, three spikes each.
fn chatters(spec: &CellSpec, current: f64) -> bool {
    step(&driven(spec, current), 1000.0) == Step::TonicBursting
}

/// A burst at the onset, then single spikes.
fn bursts_first(spec: &CellSpec, current: f64) -> bool {
    let spikes = driven(spec, current);
    matches!(groups(&spikes, 10.0)[..], [n, 1, .., 1] if n > 2 && adaptation(&spikes) > 2.0)
}

/// Rings: a spike upon release, and a steady rate of at least this at a weak current.
fn resonates(spec: &CellSpec) -> bool {
    let weak = driven(spec, 1.0);
    released(spec, -2.0).len() == 1 && rate(&weak) > 30.0 && adaptation(&weak) < 1.1
}

/// With and without a current into the apical dendrite.
fn apical_gain(spec: &CellSpec) -> [usize; 2] {
    [0.0, 800.0].map(|current| {
        let stimulus = Stimulus { apical: Electrode { current, ..Electrode::default() }, ..Stimulus::current(1000.0) };
        run(spec, 1000.0, |_| stimulus).len()
    })
}

/// What makes a type what it is. Currents in pA, but in the unit of the simple model for the types of 2003.
fn signature(name: &str, spec: &CellSpec) -> bool {
    let quiet = || driven(spec, 0.0).is_empty();
    match name {
        "rs" => {
            let spikes = driven(spec, 200.0);
            let adapts = (30.0..40.0).contains(&rate(&spikes)) && (1.2..1.6).contains(&adaptation(&spikes));
            adapts && released(spec, -1000.0).is_empty()
        }
        "ib" => driven(spec, 300.0).is_empty() && bursts_first(spec, 1000.0),
        "ch" => chatters(spec, 500.0),
        "fs" => {
            let spikes = driven(spec, 400.0);
            rate(&spikes) > 120.0
                && (0.8..1.2).contains(&settled_adaptation(&spikes))
                && rate(&driven(spec, 100.0)) > 30.0
        }
        "lts" => {
            let peak = |u: f64| {
                let mut cell = PatchClamp::new(spec, 0.1).unwrap();
                let ended = (-40..50).find(|v| {
                    cell.state_mut()[..2].copy_from_slice(&[f64::from(*v), u]);
                    cell.tick(&Stimulus::default()) > 0.0
                });
                ended.unwrap_or(99)
            };
            adaptation(&driven(spec, 200.0)) > 1.6 && peak(600.0) < peak(0.0) - 20
        }
        "vip" => {
            let isi = intervals(&driven(spec, 45.0));
            isi.len() > 20 && variation(&isi[isi.len() / 3..]) > 0.3
        }
        "tc" => {
            let tonic = driven(spec, 100.0);
            groups(&released(spec, -1000.0), 30.0).first().is_some_and(|n| *n >= 5)
                && groups(&tonic, 10.0).iter().all(|n| *n == 1)
                && rate(&tonic) > 10.0
                && adaptation(&tonic) < 1.5
        }
        "rtn" => !released(spec, -100.0).is_empty() && released(spec, -1000.0).len() >= 5 && quiet(),
        "d1" | "d2" => {
            let spikes = driven(spec, 300.0);
            spikes.first().is_some_and(|first| *first > 300.0) && driven(spec, 225.0).is_empty()
        }
        "dopaminergic" => {
            let alone = run(spec, 5000.0, |_| Stimulus::default());
            let burst = run(spec, 150.0, |_| Stimulus::current(300.0));
            (2.0..5.0).contains(&(alone.len() as f64 / 5.0))
                && variation(&intervals(&alone)) < 0.05
                && driven(spec, -50.0).len() <= 1
                && burst.len() >= 5
        }
        "l5_pyramidal" => {
            let [without, with] = apical_gain(spec);
            without == 16 && with > 20
        }
        "basket" => {
            let spikes = driven(spec, 300.0);
            driven(spec, 100.0).len() <= 1 && rate(&spikes) > 100.0 && settled_adaptation(&spikes) < 1.2
        }
        "matrix_thalamus" => {
            adaptation(&driven(spec, 200.0)) > 2.0
                && released(spec, -1000.0).is_empty()
                && driven(spec, 50.0).is_empty()
        }
        "rs_2003" => {
            let spikes = driven(spec, 10.0);
            (20.0..25.0).contains(&rate(&spikes)) && groups(&spikes, 10.0).iter().all(|n| *n == 1)
        }
        "ib_2003" => step(&driven(spec, 10.0), 1000.0) == Step::MixedMode && driven(spec, 1.0).is_empty(),
        "ch_2003" => chatters(spec, 10.0),
        "fs_2003" => {
            let spikes = driven(spec, 10.0);
            rate(&spikes) > 120.0 && settled_adaptation(&spikes) < 1.5 && driven(spec, 1.0).is_empty()
        }
        "lts_2003" => {
            adaptation(&driven(spec, 4.0)) > 3.0 && driven(spec, 1.0).len() > 5 && released(spec, -6.0).len() == 1
        }
        "tc_2003" => released(spec, -20.0).len() >= 5 && groups(&released(spec, -20.0), 15.0).len() == 1,
        "rz_2003" => resonates(spec),
        _ => panic!("say here what '{name}' is known by"),
    }
}

#[test]
fn every_type_has_its_signature() {
    assert!(cell_types().len() > 20);
    for t in cell_types() {
        assert!(signature(t.name, &(t.make)()), "{}", t.name);
    }
}

#[test]
fn other_types_do_not_have_it() {
    // Currents of the simple model have a unit of their own.
    let simple = |name: &str| name.ends_with("_2003");
    let mut mistaken = Vec::new();
    for t in cell_types() {
        let others = cell_types().iter().filter(|other| other.name != t.name && simple(other.name) == simple(t.name));
        let alike = others.filter(|other| signature(t.name, &(other.make)()));
        mistaken.extend(alike.map(|other| format!("{} for {}", other.name, t.name)));
    }
    // Both kinds of medium spiny neurons are the same cell; dopamine tells them apart.
    assert_eq!(mistaken, ["d2 for d1", "d1 for d2"]);
}

#[test]
fn names_are_unique_and_all_of_them_lead_to_a_cell() {
    let mut seen = BTreeSet::new();
    for t in cell_types() {
        for name in std::iter::once(&t.name).chain(t.aliases) {
            assert!(seen.insert(*name), "'{name}' twice");
            assert_eq!(cell_type(name), Some((t.make)()));
        }
        assert!(!t.summary.is_empty() && !t.source.is_empty());
        for lever in t.levers {
            let cell = PatchClamp::new(&(t.make)(), 0.1).unwrap();
            assert!(cell.get(lever.parameter).is_some(), "{} has no parameter {}", t.name, lever.parameter);
        }
    }
    assert_eq!(cell_type("pv"), cell_type("fs"));
    assert_eq!(cell_type("sst"), cell_type("lts"));
    assert_eq!(cell_type("none"), None);
}

#[test]
fn the_levers_of_dopamine_tell_the_two_pathways_apart() {
    let rate_at = |name: &str, phi: f64, current: f64| {
        let t = cell_types().iter().find(|t| t.name == name).unwrap();
        let mut cell = PatchClamp::new(&(t.make)(), 0.1).unwrap();
        for lever in t.levers {
            let nominal = cell.get(lever.parameter).unwrap();
            assert!(cell.set(lever.parameter, nominal * (1.0 + lever.effect * phi)));
        }
        (0..10_000).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0).count()
    };
    assert_eq!(rate_at("d1", 0.0, 300.0), rate_at("d2", 0.0, 300.0));
    assert!(rate_at("d1", 0.8, 280.0) < rate_at("d1", 0.0, 280.0), "D1 raises the rheobase");
    assert!(rate_at("d1", 0.8, 400.0) > rate_at("d1", 0.0, 400.0), "and steepens the curve");
    assert!(rate_at("d2", 0.8, 280.0) > rate_at("d2", 0.0, 280.0), "D2 shifts the curve to the left");
}

#[test]
fn every_type_stays_finite_under_rough_treatment() {
    for t in cell_types() {
        let strength = if t.name.ends_with("_2003") { 100.0 } else { 5000.0 };
        for tick_ms in [0.1, 1.0] {
            let spec = (t.make)();
            let mut cells = CellArray::new(&spec, 8, tick_ms, 1).unwrap();
            let mut rng = rng::stream(1, "rough");
            for _ in 0..2000 {
                let currents: [f32; 8] = std::array::from_fn(|_| (strength * (rng.random::<f64>() - 0.5)) as f32);
                cells.tick(&currents);
            }
            for state in spec.states() {
                let values = cells.state(state).unwrap();
                assert!(
                    values.iter().all(|x| x.is_finite()),
                    "{} in ticks of {tick_ms} ms: {state} {values:?}",
                    t.name
                );
            }
        }
    }
}
