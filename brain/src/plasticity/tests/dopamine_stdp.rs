//! Dopamine-modulated STDP against NEST, the golden numbers and the plain rule.

use proptest::prelude::*;

use super::{
    reference::{Table, distance, table},
    trial::{Single, Trial, modulator},
};
use crate::plasticity::{
    Baseline, DopamineStdpSpec, Pairing, PlasticitySpec,
    plain::{Level, Plain, PlainDopamineStdp},
};

fn hold(table: &Table) {
    let (tau_n, w0) = (table.parameter("tau_n"), table.parameter("w0"));
    let spec = DopamineStdpSpec {
        baseline: Baseline::Level(table.parameter("b")),
        a_plus: table.parameter("a_plus"),
        a_minus: table.parameter("a_minus"),
        tau_plus_ms: table.parameter("tau_plus"),
        tau_minus_ms: table.parameter("tau_minus"),
        tau_c_ms: table.parameter("tau_c"),
        w_min: table.parameter("w_min"),
        w_max: table.parameter("w_max"),
        ..DopamineStdpSpec::default()
    };
    let [pre, post, dopamine] = ["pre (ms)", "post (ms)", "dopamine (ms)"].map(|name| table.list(name));
    let rows = table.column("t_ms");
    let mut plain = PlainDopamineStdp::new(&spec, w0);
    let mut fast = Single::new(&PlasticitySpec::DopamineStdp(spec), w0, vec![modulator(0.0, tau_n, 1.0)], 1.0);
    let (mut w, mut c, mut n, mut w_fast) = (vec![], vec![], vec![], vec![]);
    let mut level = 0.0;
    for t in 0..=*rows.last().unwrap() as usize {
        let at = |list: &[f64], t: usize| list.contains(&(t as f64));
        if rows.contains(&(t as f64)) {
            w_fast.push(fast.weight());
        }
        if at(&dopamine, t) {
            level += 1.0 / tau_n;
            fast.modulators[0].release((1.0 / tau_n) as f32);
        }
        plain.begin(&[Level { now: level, tonic: 0.0, tau_ms: tau_n }]);
        if at(&pre, t) {
            plain.arrive(1.0);
        }
        if rows.contains(&(t as f64)) {
            w.push(plain.weight());
            c.push(plain.c);
            n.push(level);
        }
        plain.pass(1.0);
        if at(&post, t + 1) {
            plain.fire(1.0);
        }
        level *= (-1.0 / tau_n).exp();
        fast.tick(at(&pre, t), at(&post, t + 1), [0.0; 2]);
    }
    for (ours, column) in [(&w, "w"), (&w, "w_nest"), (&c, "c"), (&c, "c_nest"), (&n, "n"), (&n, "n_nest")] {
        let off = distance(ours, &table.column(column));
        assert!(off < 1e-6, "{column}: {off}");
    }
    let off = distance(&w_fast, &table.column("w"));
    assert!(off < 2e-4, "fast: {off}");
}

#[test]
fn weights_tags_and_dopamine_are_those_of_nest() {
    hold(&table!("dopamine_stdp_b0.csv"));
    hold(&table!("dopamine_stdp_b1.csv"));
}

/// The printed numbers: tag 1, `n` 0.005, no event for a while.
const GOLDEN: [(f64, f64, f64); 6] = [
    (0.0, 10.0, 0.048530),
    (0.0, 100.0, 0.375990),
    (0.0, 1000.0, 0.831268),
    (0.002, 10.0, 0.028629),
    (0.002, 100.0, 0.185665),
    (0.002, 1000.0, -0.432973),
];

#[test]
fn g5_the_closed_form_gives_the_golden_numbers_and_so_does_numeric_integration() {
    for (b, ms, wanted) in GOLDEN {
        let spec = DopamineStdpSpec { baseline: Baseline::Level(b), ..DopamineStdpSpec::default() };
        let mut plain = PlainDopamineStdp::new(&spec, 50.0);
        plain.c = 1.0;
        plain.advance(ms, 0.005, 200.0, b);
        assert!((plain.w - 50.0 - wanted).abs() < 1e-6, "b {b}, {ms} ms: {}", plain.w - 50.0);

        // Midpoint rule of the equations.
        let h = 0.01;
        let steps = (ms / h) as usize;
        let dw = |t: f64| (-t / 1000.0f64).exp() * (0.005 * (-t / 200.0f64).exp() - b) * h;
        let numeric: f64 = (0..steps).map(|i| dw((i as f64 + 0.5) * h)).sum();
        assert!((numeric - wanted).abs() < 2e-6, "b {b}, {ms} ms: {numeric}");
    }
}

#[test]
fn g5_the_fast_rule_gives_the_golden_numbers_at_any_tick() {
    for tick_ms in [0.1, 1.0, 10.0] {
        for (b, ms, wanted) in GOLDEN {
            let tag = Pair { b, ms, tick_ms };
            let off = (tag.change(0.005) - wanted).abs();
            // The modulator keeps its decay in single precision, which tells at short ticks.
            assert!(off < 5e-6 * (1.0 / tick_ms).max(1.0), "b {b}, {ms} ms, tick {tick_ms}: {off}");
        }
    }
}

/// A tag of 1 at the moment at which dopamine comes, then silence.
struct Pair {
    b: f64,
    ms: f64,
    tick_ms: f64,
}

impl Pair {
    fn change(&self, n: f32) -> f64 {
        // One arrival and a spike at the end of the same tick.
        let lag = (-self.tick_ms / 20.0).exp();
        let spec =
            DopamineStdpSpec { baseline: Baseline::Level(self.b), a_plus: 1.0 / lag, ..DopamineStdpSpec::default() };
        let mut edge = Single::new(
            &PlasticitySpec::DopamineStdp(spec),
            1.0,
            vec![modulator(0.0, 200.0, self.tick_ms)],
            self.tick_ms,
        );
        edge.tick(true, true, [0.0; 2]);
        edge.modulators[0].release(n);
        (0..(self.ms / self.tick_ms).round() as usize).for_each(|_| edge.tick(false, false, [0.0; 2]));
        edge.weight() - 1.0
    }
}

#[test]
fn dopamine_below_the_baseline_exchanges_ltp_and_ltd() {
    for [arrival, spike] in [[0, 5], [5, 0]] {
        let change = |b: f64| {
            let spec = DopamineStdpSpec { baseline: Baseline::Level(b), ..DopamineStdpSpec::default() };
            let mut edge =
                Single::new(&PlasticitySpec::DopamineStdp(spec), 50.0, vec![modulator(0.004, 200.0, 1.0)], 1.0);
            (0..300).for_each(|t| edge.tick(t == arrival, t == spike, [0.0; 2]));
            edge.weight() - 50.0
        };
        let (above, below) = (change(0.002), change(0.006));
        assert_eq!(above > 0.0, arrival < spike, "a pair with the arrival first is LTP: {above}");
        assert!((above + below).abs() < 1e-5 && above.abs() > 0.1, "{above} and {below}");
    }
}

#[test]
fn a_synapse_fits_in_twenty_bytes() {
    let spec = PlasticitySpec::DopamineStdp(DopamineStdpSpec::default());
    let sparse = Trial { n_ticks: 1, ..Trial::default() }.fast(&spec).bytes_per_edge;
    let full = Trial { n_ticks: 1, density: 1.0, ..Trial::default() }.fast(&spec).bytes_per_edge;
    assert_eq!([4.0 + 2.0 + sparse, 4.0 + 2.0 + full], [18.0, 10.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn fast_and_plain_agree(
        seed in 0u64..1000, nearest: bool, full: bool, tight: bool, tonic in 0.0f64..0.01, coarse: bool,
        baseline in prop_oneof![Just(Baseline::Tonic), (0.0f64..0.01).prop_map(Baseline::Level)],
    ) {
        let spec = DopamineStdpSpec {
            pairing: if nearest { Pairing::Nearest } else { Pairing::All },
            baseline,
            w_min: if tight { 38.0 } else { 0.0 },
            w_max: if tight { 62.0 } else { 200.0 },
            ..DopamineStdpSpec::default()
        };
        let tick_ms = if coarse { 2.5 } else { 0.5 };
        let trial = Trial { seed, tonic, tick_ms, density: if full { 1.0 } else { 0.6 }, ..Trial::default() };
        let rule = PlasticitySpec::DopamineStdp(spec.clone());
        let off = trial.disagreement(&rule, |_, w| PlainDopamineStdp::new(&spec, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
