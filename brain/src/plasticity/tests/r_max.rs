//! R-max: its limits, and the plain rule.

use proptest::prelude::*;

use super::trial::{Single, Trial, modulator};
use crate::plasticity::{PlasticitySpec, RMaxSpec, plain::PlainRMax};

/// Change of weight in a tick with an arrival, with and without a spike of probability `p`.
fn change(tau_g_ms: f64, p: f32, fires: bool) -> f64 {
    let spec = RMaxSpec { tau_g_ms, eta: 0.1, ..RMaxSpec::default() };
    let mut edge = Single::new(&PlasticitySpec::RMax(spec), 0.5, vec![modulator(0.0, 1e9, 1.0)], 1.0);
    edge.modulators[0].release(1.0);
    edge.tick(true, fires, [p, 0.0]);
    edge.weight() - 0.5
}

#[test]
fn without_tau_g_it_is_the_policy_gradient_which_has_no_drift() {
    for p in [0.01, 0.1, 0.5] {
        let drift = f64::from(p) * change(0.0, p, true) + f64::from(1.0 - p) * change(0.0, p, false);
        assert!(drift.abs() < 1e-7, "{drift}");
        assert!((change(0.0, p, true) - 0.1 * f64::from(1.0 - p)).abs() < 1e-6);
    }
}

#[test]
fn with_a_long_tau_g_it_is_naive_hebb() {
    assert!((change(1e9, 0.3, true) - 0.1).abs() < 1e-6);
    assert!(change(1e9, 0.3, false).abs() < 1e-6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, tau_g_ms in 0.0f64..20.0, full: bool, tonic in 0.0f64..1.0) {
        let spec = RMaxSpec { tau_g_ms, w_min: 39.0, w_max: 61.0, ..RMaxSpec::default() };
        let density = if full { 1.0 } else { 0.6 };
        let trial = Trial { seed, tonic, density, release: 5.0, ..Trial::default() };
        let off = trial.disagreement(&PlasticitySpec::RMax(spec.clone()), |_, w| PlainRMax::new(&spec, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
