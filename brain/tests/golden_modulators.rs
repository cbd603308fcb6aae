//! Golden tests of modulators: nominal values come back bit for bit, the order of effects is fixed, and different
//! modulators can do the same job with different spikes (degeneracy).

mod common;

use common::features::{intervals, variation};
use mesolimb_brain::{
    CellSpec, Connectivity, Dist, Feedback, Izhikevich2003Spec, Izhikevich2007Spec, ModulatorSpec, Network,
    NetworkSpec, NoiseSpec, Occupancy, PopulationSpec, ProjectionSpec, ReadoutSpec, ReceptorForm, ReceptorSpec,
    SynapseSpec, Transmitter, cell_type, maps,
};

fn modulator(name: &str, tonic: f64, clamped: bool) -> ModulatorSpec {
    ModulatorSpec { name: name.into(), tonic, uptake_tau_ms: 1.0, max: 5.0, clamped, sources: Vec::new() }
}

fn receptor(modulator: &str, parameter: &str, effect: f64, form: ReceptorForm) -> ReceptorSpec {
    ReceptorSpec {
        modulator: modulator.into(),
        parameter: parameter.into(),
        effect,
        density: 1.0.into(),
        form,
        occupancy: Occupancy::Level,
        range: None,
    }
}

/// Cells that all differ, each driven, from a fixed start.
fn diverse(receptors: Vec<ReceptorSpec>, modulators: Vec<ModulatorSpec>) -> NetworkSpec {
    let cell = Izhikevich2003Spec {
        c_mv: Dist::uniform(-68.0, -62.0),
        d: Dist::uniform(6.0, 9.0),
        a_per_ms: Dist::uniform(0.015, 0.025),
        ..Izhikevich2003Spec::default()
    };
    let mut cells = PopulationSpec {
        drive: Dist::uniform(5.0, 12.0),
        receptors,
        ..PopulationSpec::new("cells", 50, CellSpec::Izhikevich2003(cell))
    };
    cells.start.insert("v".into(), (-65.0).into());
    cells.start.insert("u".into(), (-13.0).into());
    NetworkSpec { populations: vec![cells], modulators, ..NetworkSpec::new() }
}

/// Bits of all membrane potentials over time from the start of an episode.
fn bits(network: &mut Network, ticks: usize) -> Vec<u32> {
    network.reset_state();
    let cells = network.population("cells").unwrap();
    let mut bits = Vec::new();
    for _ in 0..ticks {
        network.think(1);
        bits.extend(network.potentials(cells).iter().map(|v| v.to_bits()));
    }
    bits
}

#[test]
fn g9_parameters_come_back_bit_for_bit_when_nothing_is_bound() {
    let mut untouched = Network::new(&diverse(Vec::new(), Vec::new()), 0).unwrap();
    let nominal = bits(&mut untouched, 500);
    for (occupancy, tonic) in
        [(Occupancy::Level, 0.0), (Occupancy::Phasic, 0.7), (Occupancy::Hill { half: 0.3, n: 2.0 }, 0.0)]
    {
        let mut receptors = maps::noradrenaline_mode("noradrenaline");
        receptors.push(receptor("noradrenaline", "input_gain", 0.5, ReceptorForm::Multiply));
        receptors.push(receptor("noradrenaline", "a_per_ms", 0.3, ReceptorForm::Multiply));
        receptors.push(receptor("noradrenaline", "current", 2.0, ReceptorForm::Add));
        receptors.iter_mut().for_each(|r| (r.occupancy, r.density) = (occupancy, Dist::uniform(0.1, 0.9)));
        let spec = diverse(receptors, vec![modulator("noradrenaline", tonic, false)]);
        let mut network = Network::new(&spec, 0).unwrap();
        assert_eq!(bits(&mut network, 500), nominal, "{occupancy:?}: nothing was ever bound");

        let noradrenaline = network.modulator_id("noradrenaline").unwrap();
        for _ in 0..3 {
            network.release(noradrenaline, 0.4);
            assert_ne!(bits(&mut network, 20), nominal[..1000], "{occupancy:?}: it does something while it is there");
        }
        // The time constant is 1 ms: after this long not even the smallest number is left.
        network.think(300);
        assert_eq!(bits(&mut network, 500), nominal, "{occupancy:?}: all has gone");
    }
}

#[test]
fn g9_the_order_of_effects_is_fixed() {
    let names = ["noradrenaline", "acetylcholine", "serotonin"];
    let modulators: Vec<ModulatorSpec> =
        names.iter().zip([0.1, 0.4, 0.7]).map(|(name, level)| modulator(name, level, true)).collect();
    let mut receptors: Vec<ReceptorSpec> = [(0, "d", 0.37), (1, "d", -0.21), (2, "d", 0.83), (1, "a_per_ms", 0.11)]
        .into_iter()
        .map(|(k, parameter, effect)| receptor(names[k], parameter, effect, ReceptorForm::Multiply))
        .collect();
    receptors.push(receptor(names[2], "c_mv", 7.3, ReceptorForm::Add));
    let run = |receptors: &[ReceptorSpec]| {
        bits(&mut Network::new(&diverse(receptors.to_vec(), modulators.clone()), 0).unwrap(), 500)
    };
    let expected = run(&receptors);
    assert_ne!(expected, run(&[]));
    // However the receptors are listed, the product goes over the modulators in the order of the network.
    for turn in 1..receptors.len() {
        receptors.rotate_left(1);
        assert_eq!(run(&receptors), expected, "receptors turned by {turn}");
    }
}

#[test]
fn g9_the_product_is_that_of_the_formula() {
    // p = p0 Π (1 + κ m), on a cell whose spikes show it: the same bits as a cell that is born with that value.
    let born =
        |d: f64| CellSpec::Izhikevich2007(Izhikevich2007Spec { d_pa: d.into(), ..Izhikevich2007Spec::default() });
    let run = |cell: CellSpec, receptors: Vec<ReceptorSpec>| {
        let mut cells = PopulationSpec { drive: 200.0.into(), receptors, ..PopulationSpec::new("cells", 8, cell) };
        cells.start.insert("v".into(), (-60.0).into());
        let modulators = vec![modulator("x", 0.5, true), modulator("y", 0.25, true)];
        let spec = NetworkSpec { populations: vec![cells], modulators, ..NetworkSpec::new() };
        bits(&mut Network::new(&spec, 0).unwrap(), 500)
    };
    let receptors = vec![
        receptor("x", "d_pa", 0.4, ReceptorForm::Multiply),
        receptor("x", "d_pa", -0.1, ReceptorForm::Multiply),
        receptor("y", "d_pa", 0.8, ReceptorForm::Multiply),
        receptor("y", "d_pa", 12.0, ReceptorForm::Add),
    ];
    let expected = 100.0 * ((1.0 + (0.4 * 0.5 - 0.1 * 0.5)) * (1.0 + 0.8 * 0.25)) + 12.0 * 0.25;
    assert_eq!(run(born(100.0), receptors), run(born(expected), Vec::new()));
}

/// Levels of noradrenaline, acetylcholine and serotonin.
type Vector = [f64; 3];

/// Bursting, held down by serotonin. Found by bisection over the level of serotonin, on the seeds 1000 to 1039.
const BURSTING: Vector = [0.5, 0.0, 0.461];
/// Regular spiking, raised by acetylcholine.
const REGULAR: Vector = [0.0, 0.5, 0.0];
const SEEDS: u64 = 20;
const EXCITATORY: usize = 160;

/// A balanced network with three modulators: one switches the firing mode, one depolarises, one inhibits.
/// Its output is the mean rate in Hz of the excitatory cells, as a decoder sees it.
fn decoded([noradrenaline, acetylcholine, serotonin]: Vector) -> NetworkSpec {
    let mut receptors = maps::noradrenaline_mode("noradrenaline");
    receptors.push(receptor("acetylcholine", "current", 4.0, ReceptorForm::Add));
    receptors.extend(maps::serotonin_inhibition("serotonin", 4.0));
    let excitatory = PopulationSpec {
        drive: Dist::uniform(3.0, 5.0),
        noise: Some(NoiseSpec::Normal([0.0, 3.0])),
        transmitter: Some(Transmitter::Excitatory),
        receptors,
        ..PopulationSpec::new("excitatory", EXCITATORY, cell_type("rs_2003").unwrap())
    };
    let inhibitory = PopulationSpec {
        noise: Some(NoiseSpec::Normal([0.0, 1.0])),
        transmitter: Some(Transmitter::Inhibitory),
        ..PopulationSpec::new("inhibitory", 40, cell_type("fs_2003").unwrap())
    };
    let synapses = |source: &str, target: &str, inputs, weight: f64, tau_ms| ProjectionSpec {
        connectivity: Connectivity::InDegree(inputs),
        synapse: Some(SynapseSpec::Exponential { tau_ms }),
        ..ProjectionSpec::new(source, target, weight)
    };
    NetworkSpec {
        populations: vec![excitatory, inhibitory],
        projections: vec![
            synapses("excitatory", "excitatory", 16, 0.1, 5.0),
            synapses("excitatory", "inhibitory", 16, 0.6, 5.0),
            synapses("inhibitory", "excitatory", 8, -0.4, 10.0),
        ],
        readouts: vec![ReadoutSpec {
            name: "rate".into(),
            source: "excitatory".into(),
            size: 1,
            // Filtered spikes a tick of 1 ms, to Hz.
            weights: (1000.0 / EXCITATORY as f64).into(),
            active_in_degree: None,
            plasticity: None,
            feedback: Feedback::None,
        }],
        modulators: vec![
            modulator("noradrenaline", noradrenaline, true),
            modulator("acetylcholine", acetylcholine, true),
            modulator("serotonin", serotonin, true),
        ],
        ..NetworkSpec::new()
    }
}

/// Output in Hz, variation of the intervals between spikes, and share of them below 10 ms, over 2 s.
fn outcome(vector: Vector, seed: u64) -> [f64; 3] {
    const WINDOWS: u32 = 40;
    let mut network = Network::new(&decoded(vector), seed).unwrap();
    let rate = network.readout_id("rate").unwrap();
    network.think(500);
    let mut output = 0.0;
    let mut spikes: Vec<Vec<f64>> = vec![Vec::new(); EXCITATORY];
    for window in 0..WINDOWS {
        network.think(50);
        output += f64::from(network.readout(rate)[0]) / f64::from(WINDOWS);
        for spike in network.spikes().iter().filter(|spike| (spike.cell as usize) < EXCITATORY) {
            spikes[spike.cell as usize].push(f64::from(window * 50 + spike.tick));
        }
    }
    let isi: Vec<Vec<f64>> = spikes.iter().map(|s| intervals(s)).filter(|isi| isi.len() >= 5).collect();
    let variations: Vec<f64> = isi.iter().map(|isi| variation(isi)).collect();
    let all: Vec<f64> = isi.concat();
    let short = all.iter().filter(|isi| **isi < 10.0).count() as f64 / all.len() as f64;
    [output, mean(&variations), short]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Ends of a confidence interval of the mean; `t` is the quantile of Student's distribution with 19 degrees of freedom.
fn interval(values: &[f64], t: f64) -> [f64; 2] {
    let (n, mean) = (values.len() as f64, mean(values));
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = t * (variance / n).sqrt();
    [mean - half, mean + half]
}

/// Student's t with 19 degrees of freedom: two one-sided tests at 5 % each, and an interval of 95 %.
const T_90: f64 = 1.729;
const T_95: f64 = 2.093;
/// Outputs that differ by less than this are the same to whoever reads them (3 % of the output).
const SAME_HZ: f64 = 0.45;

#[test]
fn g9_degeneracy_two_modulations_with_one_output_and_different_spikes() {
    let distance = BURSTING.iter().zip(REGULAR).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    assert!(distance > 0.8, "far apart among the receptors: {distance}");
    let all = |vector: Vector| -> Vec<[f64; 3]> { (0..SEEDS).map(|seed| outcome(vector, seed)).collect() };
    let column = |outcomes: &[[f64; 3]], k: usize| -> Vec<f64> { outcomes.iter().map(|o| o[k]).collect() };
    let difference = |a: &[[f64; 3]], b: &[[f64; 3]]| -> [f64; 2] {
        interval(&a.iter().zip(b).map(|(a, b)| a[0] - b[0]).collect::<Vec<_>>(), T_90)
    };
    let same = |[low, high]: [f64; 2]| -SAME_HZ < low && high < SAME_HZ;
    let (bursting, regular, plain) = (all(BURSTING), all(REGULAR), all([0.0; 3]));

    let output = mean(&column(&regular, 0));
    assert!((10.0..20.0).contains(&output), "the network is at work: {output} Hz");
    let found = difference(&bursting, &regular);
    assert!(same(found), "difference of the outputs in Hz: {found:?}");
    for (k, what) in [(1, "variation of the intervals"), (2, "share of short intervals")] {
        let [low, _] = interval(&column(&bursting, k), T_95);
        let [_, high] = interval(&column(&regular, k), T_95);
        assert!(low > high + 0.3, "{what}: bursting from {low}, regular up to {high}");
    }
    // The test can fail: without modulators the output is another one, and the spikes are as regular.
    assert!(!same(difference(&plain, &regular)), "the unmodulated network has the same output");
    let noradrenaline_alone = all([BURSTING[0], 0.0, 0.0]);
    assert!(!same(difference(&noradrenaline_alone, &regular)), "noradrenaline alone has the same output");
}
