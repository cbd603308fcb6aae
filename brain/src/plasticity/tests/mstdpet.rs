//! MSTDPET against direct integration and against the plain rules.

use proptest::prelude::*;

use super::{
    reference::{distance, table},
    trial::{Single, Trial, modulator},
};
use crate::plasticity::{
    Baseline, DopamineStdpSpec, MstdpetSpec, PlasticitySpec,
    plain::{PlainDopamineStdp, PlainMstdpet},
};

#[test]
fn every_variable_is_that_of_the_direct_integration() {
    let table = table!("mstdpet.csv");
    let spec = MstdpetSpec {
        gamma: table.parameter("gamma"),
        a_plus: table.parameter("a_plus"),
        a_minus: table.parameter("a_minus"),
        tau_plus_ms: table.parameter("tau_plus"),
        tau_minus_ms: table.parameter("tau_minus"),
        tau_z_ms: table.parameter("tau_z"),
        w_min: -100.0,
        w_max: 100.0,
        ..MstdpetSpec::default()
    };
    let w0 = table.parameter("w0");
    let [pre, post, reward] = ["pre", "post", "reward"].map(|name| table.column(name));
    let mut plain = PlainMstdpet::new(&spec, w0);
    let mut ours: [Vec<f64>; 5] = Default::default();
    for t in 0..pre.len() {
        plain.step(pre[t], post[t], reward[t], 1.0);
        for (column, x) in ours.iter_mut().zip([plain.p, plain.m, plain.zeta, plain.z, plain.w]) {
            column.push(x);
        }
    }
    for (ours, name) in ours.iter().zip(["P", "M", "zeta", "z", "w"]) {
        let off = distance(ours, &table.column(name));
        assert!(off < 1e-6, "{name}: {off}");
    }

    // The fast rule lets the trace act from the spike on, half a step earlier on average; give it the next reward.
    let w = table.column("w");
    let mut fast = Single::new(&PlasticitySpec::Mstdpet(spec), w0, vec![modulator(50.0, 1e9, 1.0)], 1.0);
    let mut w_fast = vec![w0];
    for t in 0..pre.len() - 1 {
        fast.modulators[0].level = 50.0 + reward[t + 1] as f32;
        fast.tick(pre[t] > 0.0, post[t + 1] > 0.0, [0.0; 2]);
        w_fast.push(fast.weight());
    }
    let range = w.iter().fold(f64::MIN, |a, &b| a.max(b)) - w.iter().fold(f64::MAX, |a, &b| a.min(b));
    let off = distance(&w_fast, &w) / range;
    assert!(off < 0.05, "fast: {off} of the range");
}

#[test]
fn reward_against_its_own_mean_teaches_nothing_when_it_is_always_the_same() {
    let change = |baseline| {
        let spec = MstdpetSpec { baseline, gamma: 1.0, ..MstdpetSpec::default() };
        let mut edge = Single::new(&PlasticitySpec::Mstdpet(spec), 0.5, vec![modulator(0.0, 1e9, 1.0)], 1.0);
        edge.modulators[0].release(1.0);
        (0..4000).for_each(|_| edge.tick(false, false, [0.0; 2]));
        edge.tick(true, true, [0.0; 2]);
        (0..200).for_each(|_| edge.tick(false, false, [0.0; 2]));
        edge.weight() - 0.5
    };
    assert!(change(Baseline::Tonic) > 0.4);
    assert!(change(Baseline::MeanTauMs(200.0)).abs() < 1e-4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, tonic in 0.0f64..2.0) {
        let spec = MstdpetSpec { gamma: 0.2, w_max: 100.0, ..MstdpetSpec::default() };
        let rule = PlasticitySpec::Mstdpet(spec.clone());
        let trial = Trial { seed, tonic, release: 0.5, uptake_tau_ms: 50.0, ..Trial::default() };
        // In continuous time it is dopamine-modulated STDP with other constants.
        let same = DopamineStdpSpec {
            baseline: Baseline::Tonic,
            a_plus: spec.gamma * spec.a_plus / spec.tau_z_ms,
            a_minus: -spec.gamma * spec.a_minus / spec.tau_z_ms,
            tau_c_ms: spec.tau_z_ms,
            w_max: spec.w_max,
            ..DopamineStdpSpec::default()
        };
        let off = trial.disagreement(&rule, |_, w| PlainDopamineStdp::new(&same, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
