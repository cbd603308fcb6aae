//! Pair STDP against its closed form, NEST and Brian2, and against the plain rule.

use proptest::prelude::*;

use super::{
    reference::{Table, distance, table},
    trial::{Single, Trial},
};
use crate::plasticity::{
    Pairing, PlasticitySpec, StdpSpec,
    plain::{Plain, PlainStdp},
};

fn spec(table: &Table) -> StdpSpec {
    StdpSpec {
        a_plus: table.parameter("a_plus"),
        a_minus: table.parameter("a_minus"),
        tau_plus_ms: table.parameter("tau_plus"),
        tau_minus_ms: table.parameter("tau_minus"),
        w_max: table.parameter("w_max"),
        ..StdpSpec::default()
    }
}

/// The weight after a pair of spikes, `lag` ticks of 1 ms from the arrival to the postsynaptic spike.
fn after_pair(lag: i64, mut tick: impl FnMut(bool, bool)) {
    // A spike at the end of tick t is at the same time as an arrival in tick t + 1.
    let (arrival, fires) = (100, 99 + lag);
    (0..250).for_each(|t| tick(t == arrival, t == fires));
}

#[test]
fn the_window_is_that_of_the_closed_form_nest_and_brian() {
    let table = table!("stdp_window.csv");
    let (spec, w0) = (spec(&table), table.parameter("w0"));
    let lags = table.column("dt_ms");
    let pair = |lag: f64| -> [f64; 2] {
        let mut plain = PlainStdp::new(&spec, w0);
        let mut fast = Single::new(&PlasticitySpec::Stdp(spec.clone()), w0, vec![], 1.0);
        after_pair(lag as i64, |arrives, fires| {
            if arrives {
                plain.arrive(1.0);
            }
            plain.pass(1.0);
            if fires {
                plain.fire(1.0);
            }
            fast.tick(arrives, fires, [0.0; 2]);
        });
        // No simulator agrees with another about a pair without a lag.
        if lag == 0.0 { [f64::NAN; 2] } else { [plain.weight() - w0, fast.weight() - w0] }
    };
    let pairs: Vec<_> = lags.iter().map(|&lag| pair(lag)).collect();
    for column in ["dw_closed_form", "dw_nest", "dw_brian2"] {
        let wanted = table.column(column);
        let off = [0, 1].map(|i| distance(&pairs.iter().map(|p| p[i]).collect::<Vec<_>>(), &wanted));
        assert!(off[0] < 1e-9 && off[1] < 1e-6, "{column}: {off:?}");
    }
}

#[test]
fn the_weight_along_two_trains_is_that_of_nest() {
    let table = table!("stdp_train.csv");
    let (spec, w0) = (spec(&table), table.parameter("w0"));
    let (times, events) = (table.column("t_ms"), table.text("event"));
    let mut plain = PlainStdp::new(&spec, w0);
    let mut fast = Single::new(&PlasticitySpec::Stdp(spec), w0, vec![], 1.0);
    let (mut after_plain, mut after_fast) = (vec![f64::NAN; times.len()], vec![f64::NAN; times.len()]);
    let at = |time: usize, what: &str| (0..times.len()).find(|&i| times[i] == time as f64 && events[i] == what);
    for t in 0..=times.iter().fold(0.0, |a: f64, &b| a.max(b)) as usize {
        let (arrival, fires) = (at(t, "pre"), at(t + 1, "post"));
        if let Some(i) = arrival {
            after_plain[i] = plain.arrive(1.0);
        }
        plain.pass(1.0);
        if let Some(i) = fires {
            plain.fire(1.0);
            after_plain[i] = plain.weight();
        }
        fast.tick(arrival.is_some(), fires.is_some(), [0.0; 2]);
        // Of two events in one tick the fast rule is seen after the second.
        for i in [arrival.filter(|_| fires.is_none()), fires].into_iter().flatten() {
            after_fast[i] = fast.weight();
        }
    }
    for column in ["w_closed_form", "w_nest"] {
        let wanted = table.column(column);
        let off = [distance(&after_plain, &wanted), distance(&after_fast, &wanted)];
        assert!(off[0] < 1e-6 && off[1] < 1e-5, "{column}: {off:?}");
    }
    assert!(after_plain.iter().all(|w| w.is_finite()), "an event was left out");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn fast_and_plain_agree(
        seed in 0u64..1000, nearest: bool, full: bool, mu in prop_oneof![Just(0.0), Just(1.0), Just(0.3)], tight: bool,
    ) {
        let spec = StdpSpec {
            pairing: if nearest { Pairing::Nearest } else { Pairing::All },
            mu,
            a_plus: 1.0,
            a_minus: 1.05,
            w_min: if tight { 38.0 } else { 0.0 },
            w_max: if tight { 62.0 } else { 200.0 },
            ..StdpSpec::default()
        };
        let trial = Trial { seed, density: if full { 1.0 } else { 0.6 }, ..Trial::default() };
        let off = trial.disagreement(&PlasticitySpec::Stdp(spec.clone()), |_, w| PlainStdp::new(&spec, w));
        prop_assert!(off < 1e-4, "{off}");
    }
}
