//! What holds for all rules: specs as text, refusals, reset, scaling.

use super::trial::{Single, Trial, modulator};
use crate::{
    BrainError,
    plasticity::{
        Baseline, BurstSpec, DopamineStdpSpec, EpropSpec, MdglSpec, MstdpetSpec, Plasticity, PlasticitySpec,
        PostParameters, PostSignals, RMaxSpec, Scaling, ScalingSpec, StdpSpec, TdLtpSpec, UrbanczikSennSpec,
    },
    rows::Rows,
};

fn all() -> Vec<PlasticitySpec> {
    vec![
        PlasticitySpec::Stdp(StdpSpec::default()),
        PlasticitySpec::DopamineStdp(DopamineStdpSpec::default()),
        PlasticitySpec::Mstdpet(MstdpetSpec::default()),
        PlasticitySpec::TdLtp(TdLtpSpec::default()),
        PlasticitySpec::RMax(RMaxSpec::default()),
        PlasticitySpec::Eprop(EpropSpec { modulator: Some("dopamine".into()), ..EpropSpec::default() }),
        PlasticitySpec::Mdgl(MdglSpec::default()),
        PlasticitySpec::UrbanczikSenn(UrbanczikSennSpec::default()),
        PlasticitySpec::Burst(BurstSpec::default()),
    ]
}

#[test]
fn defaults_can_run_and_survive_the_way_through_text() {
    for spec in all() {
        spec.check("projection").unwrap();
        let text = toml::to_string(&spec).unwrap();
        assert_eq!(toml::from_str::<PlasticitySpec>(&text).unwrap(), spec, "{text}");
    }
    ScalingSpec::default().check("projection").unwrap();
}

#[test]
fn a_rule_is_written_in_a_line() {
    #[derive(serde::Deserialize)]
    struct Projection {
        plasticity: PlasticitySpec,
    }
    let text = "plasticity = { dopamine_stdp = { baseline = { level = 0.004 }, pairing = \"nearest\" } }";
    let PlasticitySpec::DopamineStdp(spec) = toml::from_str::<Projection>(text).unwrap().plasticity else { panic!() };
    assert_eq!((spec.baseline, spec.a_minus), (Baseline::Level(0.004), 1.5));
    let unknown = toml::from_str::<Projection>("plasticity = { stdp = { tau = 1.0 } }").map(|p| p.plasticity);
    assert!(unknown.unwrap_err().to_string().contains("unknown field `tau`"));
}

#[test]
fn what_cannot_run_is_refused_with_its_field() {
    let refused = |spec: PlasticitySpec, name: &str| match spec.check("projection 'a->b'") {
        Err(BrainError::Value { field, .. }) => assert_eq!(field, format!("plasticity.{name}")),
        other => panic!("{name}: {other:?}"),
    };
    refused(PlasticitySpec::Stdp(StdpSpec { tau_plus_ms: 0.0, ..StdpSpec::default() }), "tau_plus_ms");
    refused(PlasticitySpec::Stdp(StdpSpec { w_max: 0.0, ..StdpSpec::default() }), "w_max");
    refused(PlasticitySpec::TdLtp(TdLtpSpec { nu_k_ms: 200.0, ..TdLtpSpec::default() }), "nu_k_ms");
    refused(PlasticitySpec::RMax(RMaxSpec { eta: f64::NAN, ..RMaxSpec::default() }), "eta");
    let scaling = ScalingSpec { strength: 2.0, ..ScalingSpec::default() };
    assert!(scaling.check("projection").is_err());
}

#[test]
fn the_modulators_that_a_rule_reads_are_named() {
    let names: Vec<String> = all().iter().map(|spec| spec.modulators().join(",")).collect();
    assert_eq!(names, ["", "dopamine", "reward", "dopamine", "reward", "dopamine", "", "", ""]);
}

#[test]
fn a_reset_keeps_the_weights_and_forgets_the_rest() {
    let rows = Trial::default().rows();
    let n_post = 7;
    for spec in all() {
        let read = vec![0; spec.modulators().len()];
        let new = || Plasticity::new(&spec, &read, &rows, n_post, &PostParameters::default(), 1.0).unwrap();
        let mut rule = new();
        let mut weights = vec![0.5; rows.n_edges()];
        let signals = [1.0; 7];
        let post = PostSignals { spikes: &signals, factor: &signals, learning: &signals, broadcast: &signals };
        let mut modulators = [modulator(1.0, 200.0, 1.0)];
        modulators[0].release(0.5);
        for t in 0..50 {
            rule.begin_tick(&modulators);
            (0..rows.n_rows()).for_each(|row| rule.arrive(&rows, &mut weights, row, 1.0, 1.0, &mut [0.0; 7]));
            rule.fired(&mut weights, &[(t % 7, 1.0)]);
            rule.end_tick(&rows, &mut weights, &post);
        }
        let (mut before, mut after) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
        rule.settle(&weights, &mut before);
        rule.reset_state(&mut weights);
        rule.settle(&weights, &mut after);
        assert_eq!(before, after, "{spec:?}");
        assert!(before.iter().any(|&w| w != 0.5), "nothing was learned: {spec:?}");
        let arrays = |rule: &mut Plasticity| {
            let mut arrays = Vec::new();
            rule.visit(&mut |name, values| {
                // Slow means stay.
                if !name.starts_with("mean") {
                    arrays.push((name.to_owned(), values.to_vec()));
                }
            });
            arrays
        };
        assert_eq!(arrays(&mut rule), arrays(&mut new()), "{spec:?}");
    }
}

#[test]
fn a_life_that_was_saved_and_restored_half_way_is_the_same_bit_by_bit() {
    for mut spec in all() {
        if let PlasticitySpec::Mstdpet(spec) = &mut spec {
            spec.baseline = Baseline::MeanTauMs(300.0);
        }
        let trial = Trial { tonic: 0.5, release: 0.1, weights: [0.1, 0.9], seed: 3, ..Trial::default() };
        let (whole, restored) = (trial.lived(&spec, false), trial.lived(&spec, true));
        assert_eq!((whole.weights, whole.delivered), (restored.weights, restored.delivered), "{spec:?}");
    }
}

#[test]
fn an_inhibitory_synapse_keeps_its_sign() {
    let spec = StdpSpec { w_min: -1.0, w_max: 0.0, a_plus: 5.0, ..StdpSpec::default() };
    let mut edge = Single::new(&PlasticitySpec::Stdp(spec), -0.5, vec![], 1.0);
    (0..50).for_each(|_| edge.tick(true, true, [0.0; 2]));
    assert_eq!(edge.weight(), 0.0);
}

#[test]
fn scaling_strengthens_silent_cells_and_weakens_busy_ones_all_synapses_alike() {
    let rows = Rows { starts: vec![0, 2, 4], targets: vec![0, 1, 0, 1], n_delays: 1 };
    let spec = ScalingSpec { target_hz: 10.0, tau_ms: 200.0, interval_ms: 100.0, strength: 0.05 };
    let mut scaling = Scaling::new(&spec, 2, 1.0);
    let mut weights = vec![2.0, 2.0, 4.0, 4.0];
    for t in 0..1000 {
        let fired: &[(u32, f32)] = if t % 20 == 0 { &[(1, 1.0)] } else { &[] };
        scaling.end_tick(&rows, &mut weights, fired, None);
    }
    assert!(weights[0] > 2.5 && weights[1] < 1.5, "{weights:?}");
    assert!((weights[2] / weights[0] - 2.0).abs() < 1e-5 && (weights[3] / weights[1] - 2.0).abs() < 1e-5);
}

#[test]
fn scaling_multiplies_the_true_weight_of_a_rule_that_keeps_it_in_another_form() {
    let rows = Rows { starts: vec![0, 2], targets: vec![0, 1], n_delays: 1 };
    let dopamine = PlasticitySpec::DopamineStdp(DopamineStdpSpec::default());
    let rules = [(dopamine, [100.0, 150.0]), (PlasticitySpec::TdLtp(TdLtpSpec::default()), [2.0, 3.0])];
    for (spec, start) in rules {
        let mut rule = Plasticity::new(&spec, &[0], &rows, 2, &PostParameters::default(), 1.0).unwrap();
        let mut modulators = [modulator(1.0, 1e9, 1.0)];
        modulators[0].release(0.5);
        let mut weights = start.to_vec();
        for t in 0..40 {
            rule.begin_tick(&modulators);
            rule.arrive(&rows, &mut weights, 0, 0.1, 1.0, &mut [0.0; 2]);
            rule.fired(&mut weights, if t == 10 { &[(0, 0.1), (1, 0.1)] } else { &[] });
            rule.end_tick(&rows, &mut weights, &PostSignals::default());
        }
        let (mut before, mut after) = (vec![0.0; 2], vec![0.0; 2]);
        rule.settle(&weights, &mut before);
        assert_ne!(before, weights, "the weight is kept in another form");

        // Cell 0 has been silent for long, cell 1 fires far too much.
        let scaling = ScalingSpec { target_hz: 10.0, tau_ms: 1.0, interval_ms: 50.0, strength: 0.05 };
        let mut scaling = Scaling::new(&scaling, 2, 1.0);
        (0..50).for_each(|_| scaling.end_tick(&rows, &mut weights, &[(1, 1.0)], Some(&rule)));
        rule.settle(&weights, &mut after);
        let factors = [after[0] / before[0], after[1] / before[1]];
        assert!((factors[0] - 1.05).abs() < 1e-5 && (factors[1] - 0.95).abs() < 1e-5, "{spec:?}: {factors:?}");
    }
}
