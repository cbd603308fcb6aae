//! TD-LTP against its closed form and the plain rule.

use proptest::prelude::*;

use super::trial::{Single, Trial, modulator};
use crate::plasticity::{
    PlasticitySpec, TdLtpSpec,
    plain::{Plain, PlainTdLtp},
};

/// Change of weight by an arrival at 0 and spikes at these times, under a lasting TD error.
fn change(spec: &TdLtpSpec, spikes: &[usize], delta: f32, ticks: usize) -> f64 {
    let mut edge = Single::new(&PlasticitySpec::TdLtp(spec.clone()), 1.0, vec![modulator(5.0, 1e9, 1.0)], 1.0);
    edge.modulators[0].release(delta);
    (0..ticks).for_each(|t| edge.tick(t == 50, spikes.contains(&(t + 1)), [0.0; 2]));
    edge.weight() - 1.0
}

#[test]
fn a_lasting_error_turns_the_potential_at_the_spike_into_weight() {
    // The kernel of the trace has area 1: dw = eta δ PSP/tau_r.
    let spec = TdLtpSpec { eta: 100.0, ..TdLtpSpec::default() };
    let psp = |t: f64| 20.0 * ((-t / 20.0f64).exp() - (-t / 5.0f64).exp()) / 15.0;
    for delta in [1.0, -1.0] {
        let wanted = 100.0 * f64::from(delta) * psp(10.0) / 4000.0;
        let got = change(&spec, &[60], delta, 4000);
        assert!((got - wanted).abs() < 1e-5, "{got}, wanted {wanted}");
    }
}

#[test]
fn only_arrivals_since_the_last_spike_count_and_only_before_a_spike() {
    let spec = TdLtpSpec { eta: 100.0, ..TdLtpSpec::default() };
    assert_eq!(change(&spec, &[40], 1.0, 2000), 0.0, "a spike before the arrival");
    let once = change(&spec, &[60], 1.0, 4000);
    assert!((change(&spec, &[60, 65, 80], 1.0, 4000) - once).abs() < 1e-6, "the arrival counts once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, tonic in 0.0f64..2.0, full: bool, tight: bool) {
        let spec = TdLtpSpec {
            eta: 1000.0,
            w_min: if tight { 39.0 } else { 0.0 },
            w_max: if tight { 61.0 } else { 200.0 },
            ..TdLtpSpec::default()
        };
        let density = if full { 1.0 } else { 0.6 };
        let trial = Trial { seed, tonic, density, release: 1.0, ..Trial::default() };
        let off = trial.disagreement(&PlasticitySpec::TdLtp(spec.clone()), |_, w| PlainTdLtp::new(&spec, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}

#[test]
fn the_plain_rule_sums_potentials() {
    let mut plain = PlainTdLtp::new(&TdLtpSpec::default(), 1.0);
    plain.begin(&[super::super::plain::Level { now: 0.0, tonic: 0.0, tau_ms: 1.0 }]);
    plain.arrive(1.0);
    plain.pass(10.0);
    let one = plain.psp();
    plain.arrive(1.0);
    plain.pass(10.0);
    let (two, later) = (plain.psp(), 20.0 * ((-1.0f64).exp() - (-4.0f64).exp()) / 15.0);
    assert!((two - one - later).abs() < 1e-12);
}
