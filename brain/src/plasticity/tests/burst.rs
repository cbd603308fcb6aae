//! The burst-dependent rule: signs, homeostasis, and the plain rule.

use proptest::prelude::*;

use super::trial::{Single, Trial};
use crate::plasticity::{BurstSpec, PlasticitySpec, plain::PlainBurst};

fn plain_spec() -> BurstSpec {
    BurstSpec { rate_min_hz: None, rate_max_hz: None, eta: 0.1, ..BurstSpec::default() }
}

/// Change of weight by an arrival at 100 and postsynaptic spikes at these times.
fn change(spec: BurstSpec, spikes: &[usize]) -> f64 {
    let mut edge = Single::new(&PlasticitySpec::Burst(spec), 0.5, vec![], 1.0);
    (0..300).for_each(|t| edge.tick(t == 100, spikes.contains(&(t + 1)), [0.0; 2]));
    edge.weight() - 0.5
}

#[test]
fn a_single_spike_depresses_and_a_burst_potentiates() {
    let trace = |t: f64| (-(t - 100.0) / 100.0).exp();
    let single = change(plain_spec(), &[110]);
    assert!((single + 0.1 * 0.2 * trace(110.0)).abs() < 1e-6, "{single}");
    let burst = change(plain_spec(), &[110, 120]);
    assert!((burst - single - 0.1 * trace(120.0)).abs() < 1e-6 && burst > 0.0, "{burst}");
}

#[test]
fn a_third_spike_adds_nothing_and_a_late_one_is_an_event() {
    let burst = change(plain_spec(), &[110, 120]);
    assert_eq!(change(plain_spec(), &[110, 120, 130]), burst);
    assert!(change(plain_spec(), &[110, 126]) > 0.0, "within the window");
    assert!(change(plain_spec(), &[110, 127]) < 0.0, "beyond it");
}

#[test]
fn without_an_arrival_nothing_changes() {
    assert_eq!(change(plain_spec(), &[50, 60]), 0.0);
}

#[test]
fn a_cell_that_bursts_as_usual_stays_as_it_is_on_average() {
    // One in five events is a burst, as the means say: −P E + B = 0.
    let spec = BurstSpec { tau_pre_ms: 1e9, tau_avg_ms: 1e9, ..plain_spec() };
    let spikes = [110, 130, 150, 170, 190, 191];
    assert!(change(spec, &spikes).abs() < 1e-6);
}

#[test]
fn homeostasis_lifts_silent_cells_and_holds_back_busy_ones() {
    let silent = BurstSpec { rate_min_hz: Some(8.0), ..plain_spec() };
    let lifted = change(silent, &[]);
    assert!((lifted - 0.1 * (8.0 - 5.0 * (-100.0f64 / 5500.0).exp())).abs() < 1e-5, "{lifted}");
    let busy = BurstSpec { rate_max_hz: Some(2.0), ..plain_spec() };
    assert!(change(busy, &[110, 120]) < change(plain_spec(), &[110, 120]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, full: bool, homeostasis: bool, fine: bool) {
        let spec = BurstSpec {
            eta: 1.0,
            w_min: 38.0,
            w_max: 70.0,
            rate_min_hz: homeostasis.then_some(5.0),
            rate_max_hz: homeostasis.then_some(6.0),
            ..BurstSpec::default()
        };
        let tick_ms = if fine { 0.1 } else { 1.0 };
        let trial = Trial { seed, tick_ms, density: if full { 1.0 } else { 0.6 }, ..Trial::default() };
        let off = trial.disagreement(&PlasticitySpec::Burst(spec.clone()), |_, w| PlainBurst::new(&spec, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
