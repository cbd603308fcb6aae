//! Urbanczik-Senn against NEST and the plain rule.

use proptest::prelude::*;

use super::{
    reference::{distance, table},
    trial::{Single, Trial},
};
use crate::plasticity::{
    PlasticitySpec, UrbanczikSennSpec,
    plain::{Plain, PlainUrbanczikSenn, Post},
};

/// `phi` per ms and `h`, the latter with the factor 15 of NEST.
fn prediction(v: f64) -> (f64, f64) {
    let (phi_max, k, beta, theta) = (0.15, 0.5, 1.0 / 3.0, -55.0);
    let phi = phi_max / (1.0 + k * (beta * (theta - v)).exp());
    (phi, 15.0 * beta / (1.0 + (-beta * (theta - v)).exp() / k))
}

#[test]
fn weights_are_those_of_nest_under_the_same_dendrite() {
    let (trace, weights) = (table!("urbanczik_trace.csv"), table!("urbanczik_weights.csv"));
    let (v_star, tick) = (trace.column("v_star_mV"), 0.1);
    let outputs = weights.list("output spikes are random");
    let (synapse, times) = (weights.column("synapse"), weights.column("t_ms"));
    let spec = UrbanczikSennSpec {
        // Of C 300 pF, g_L 30 nS; the file tells the factor.
        eta: weights.parameter("eta") * 15.0 * 300.0 * 3.0 / (30.0 * 7.0),
        tau_delta_ms: weights.parameter("tau_Delta"),
        w_max: weights.parameter("w_max"),
        ..UrbanczikSennSpec::default()
    };
    let (mut used, mut used_fast) = (vec![f64::NAN; times.len()], vec![f64::NAN; times.len()]);
    for (which, w0) in [8.0, 14.0].into_iter().enumerate() {
        assert_eq!(trace.list(&format!("presynaptic spikes of synapse {which}")).len(), 18);
        let mut plain = PlainUrbanczikSenn::new(&spec, w0);
        let mut fast = Single::new(&PlasticitySpec::UrbanczikSenn(spec.clone()), w0, vec![], tick);
        for t in 0..9990 {
            let now = |i: &usize| synapse[*i] == which as f64 && (times[*i] * 10.0).round() as usize == t;
            let arrival = (0..times.len()).find(now);
            if let Some(i) = arrival {
                used_fast[i] = fast.weight();
                used[i] = plain.arrive(1.0);
            }
            plain.pass(tick);
            // The trace has a row each ms, from 1 ms on; between them a straight line.
            let at = ((t as f64 + 1.0) * tick - 1.0).max(0.0);
            let (i, part) = (at as usize, at.fract());
            let v = v_star[i] + part * (v_star[(i + 1).min(v_star.len() - 1)] - v_star[i]);
            // With its delay of one step, NEST lets an output spike meet the potential one step later.
            let fires = outputs.iter().any(|&s| (s * 10.0).round() as usize == t);
            let (phi, h) = prediction(v);
            let factor = (if fires { 1.0 / tick } else { 0.0 } - phi) * h;
            plain.end(&Post { factor, ..Post::default() }, tick);
            fast.tick(arrival.is_some(), fires, [factor as f32, 0.0]);
        }
    }
    for column in ["w_nest", "w_direct"] {
        let wanted = weights.column(column);
        let change = wanted.iter().fold(0.0f64, |a, &w| a.max(w)) - 8.0;
        let off = [&used, &used_fast].map(|ours| distance(ours, &wanted) / change);
        assert!(off[0] < 1e-3 && off[1] < 1e-3, "{column}: {off:?} of the total change");
    }
    assert!(used.iter().all(|w| w.is_finite()), "an arrival was left out");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, full: bool, fine: bool) {
        let spec = UrbanczikSennSpec { w_min: 38.0, w_max: 62.0, ..UrbanczikSennSpec::default() };
        let (density, tick_ms) = (if full { 1.0 } else { 0.6 }, if fine { 0.25 } else { 1.0 });
        let trial = Trial { seed, density, tick_ms, ..Trial::default() };
        let rule = PlasticitySpec::UrbanczikSenn(spec.clone());
        let off = trial.disagreement(&rule, |_, w| PlainUrbanczikSenn::new(&spec, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
