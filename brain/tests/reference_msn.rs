//! Medium spiny neurons of Humphries et al. 2009 against Brian2: injected currents and synaptic drive, with dopamine.

mod common;

use std::collections::BTreeMap;

use common::{Table, read_by, worst_of_first};
use mesolimb_brain::{CellSpec, Electrode, MsnSpec, PatchClamp, QuadraticScheme, Stimulus};

/// Active fractions of the two receptors, and which terms they act on.
struct Dopamine {
    d1: f64,
    d2: f64,
    synaptic: bool,
}

/// A neuron with its synapses, each a trace `h` in 1/ms that spikes raise by `1/tau`.
struct Neuron {
    cell: PatchClamp,
    h: [f64; 3],
    g: [f64; 3],
    decay: [f64; 3],
    /// Share of `h` at the start of a step that acts during it.
    held: [f64; 3],
    tau: [f64; 3],
    e_gaba: f64,
}

impl Neuron {
    fn new(p: &BTreeMap<String, f64>, dopamine: &Dopamine, scheme: QuadraticScheme, dt_ms: f64) -> Self {
        let spec = MsnSpec { scheme, ..MsnSpec::default() };
        for (name, value) in
            [("C", &spec.capacitance_pf), ("v_t", &spec.v_t_mv), ("d", &spec.d_pa), ("k", &spec.k_ns_per_mv)]
        {
            assert_eq!(value.centre(), p[name], "{name} as published");
        }
        let mut cell = PatchClamp::new(&CellSpec::Msn(spec), dt_ms).unwrap();
        // What receptors do to the parameters.
        let mut scale = |name: &str, factor: f64| {
            let nominal = cell.get(name).unwrap();
            assert!(cell.set(name, nominal * factor));
        };
        scale("v_r_mv", 1.0 + p["K"] * dopamine.d1);
        scale("d_pa", 1.0 - p["L"] * dopamine.d1);
        scale("k_ns_per_mv", 1.0 - p["alpha"] * dopamine.d2);
        cell.state_mut()[0] = cell.get("v_r_mv").unwrap();
        let (d1, d2) = if dopamine.synaptic { (dopamine.d1, dopamine.d2) } else { (0.0, 0.0) };
        let ampa = p["g_ampa"];
        let g = [ampa * (1.0 - p["beta2"] * d2), ampa / 2.0 * (1.0 + p["beta1"] * d1), ampa / 1.4];
        let tau = [p["tau_ampa"], p["tau_nmda"], p["tau_gaba"]];
        // Euler takes the traces of the start of a step; otherwise their mean over the step is held.
        let decay =
            tau.map(|tau| if scheme == QuadraticScheme::Euler { 1.0 - dt_ms / tau } else { (-dt_ms / tau).exp() });
        let mean = tau.map(|tau| -f64::exp_m1(-dt_ms / tau) * tau / dt_ms);
        let held = if scheme == QuadraticScheme::Euler { [1.0; 3] } else { mean };
        Self { cell, h: [0.0; 3], g, decay, held, tau, e_gaba: p["e_gaba"] }
    }

    /// Spikes of the fibres arrive at the start of a millisecond.
    fn receive(&mut self, glutamate: f64, gaba: f64) {
        for (k, spikes) in [glutamate, glutamate, gaba].into_iter().enumerate() {
            self.h[k] += spikes / self.tau[k];
        }
    }

    fn tick(&mut self, current: f64) -> bool {
        let [ampa, nmda, gaba] = std::array::from_fn(|k| self.g[k] * self.h[k] * self.held[k]);
        let soma =
            Electrode { current, conductance: ampa + gaba, conductance_times_reversal: gaba * self.e_gaba, nmda };
        for (h, decay) in self.h.iter_mut().zip(self.decay) {
            *h *= decay;
        }
        self.cell.tick(&Stimulus { soma, ..Stimulus::default() }) > 0.0
    }
}

/// Spikes of presynaptic fibres in each millisecond at a level of drive: glutamate, GABA.
fn input(counts: &Table, level: usize) -> [Vec<f64>; 2] {
    ["glu", "gaba"].map(|kind| counts.column(&format!("{kind}{level}")))
}

fn dopamine(receptor: &str, phi: f64, stim: &str) -> Dopamine {
    let synaptic = stim == "syn_full";
    match receptor {
        "D1" => Dopamine { d1: phi, d2: 0.0, synaptic },
        "D2" => Dopamine { d1: 0.0, d2: phi, synaptic },
        _ => panic!("no receptor {receptor}"),
    }
}

/// Spike times of a second under injected current, or under the spikes of fibres.
fn run(
    neuron: &mut Neuron,
    current: f64,
    input: Option<&[Vec<f64>; 2]>,
    dt_ms: f64,
    mut each_ms: impl FnMut(&Neuron),
) -> Vec<f64> {
    let ticks = (1.0 / dt_ms).round() as usize;
    let mut spikes = Vec::new();
    for ms in 0..1000 {
        if let Some([glutamate, gaba]) = input {
            neuron.receive(glutamate[ms], gaba[ms]);
        }
        each_ms(neuron);
        for tick in 1..=ticks {
            if neuron.tick(current) {
                spikes.push(ms as f64 + tick as f64 * dt_ms);
            }
        }
    }
    spikes
}

#[test]
fn rates() {
    let counts = &read_by("msn input")[0];
    let inputs: Vec<[Vec<f64>; 2]> = (0..10).map(|level| input(counts, level)).collect();
    for table in read_by("msn rates") {
        let p = table.parameters();
        let mut late = 0;
        let mut compared = 0;
        for row in 0..table.rows.len() {
            let (receptor, stim) = (table.text(row, "receptor"), table.text(row, "stim"));
            let phi = table.number(row, "phi").unwrap();
            let scheme =
                if table.text(row, "method") == "euler" { QuadraticScheme::Euler } else { QuadraticScheme::Rk4 };
            let dt_ms = table.number(row, "dt_ms").unwrap();
            let drive = table.number(row, "drive").unwrap();
            let level = table.number(row, "level").unwrap() as usize;
            let mut neuron = Neuron::new(&p, &dopamine(receptor, phi, stim), scheme, dt_ms);
            let found = if stim == "inject" {
                run(&mut neuron, drive, None, dt_ms, |_| ())
            } else {
                run(&mut neuron, 0.0, Some(&inputs[level]), dt_ms, |_| ())
            };
            let expected = table.number(row, "n_spikes").unwrap();
            let place = format!("{receptor} phi {phi} {stim} level {level} {scheme:?}: {found:?}");
            assert!((found.len() as f64 - expected).abs() <= 1.0, "expected {expected} spikes: {place}");
            let Some(first_ms) = table.number(row, "t_first_ms") else { continue };
            // Same scheme, same step; conductances held over a step of Runge–Kutta are another scheme.
            let exact = scheme == QuadraticScheme::Euler || stim == "inject";
            let off = (found[0] - first_ms).abs();
            compared += 1;
            late += usize::from(off > 0.1);
            assert!(off <= if exact { 1e-6 } else { 1.5 }, "expected the first at {first_ms} ms: {place}");
            if let Some(isi) = table.number(row, "isi_first_ms").filter(|_| exact) {
                assert!((found[1] - found[0] - isi).abs() <= 1e-4, "expected a first interval of {isi} ms: {place}");
            }
        }
        assert!(late * 50 <= compared, "{late} of {compared} first spikes are more than 0.1 ms off");
    }
}

#[test]
fn traces() {
    let counts = &read_by("msn input")[0];
    for table in read_by("msn traces") {
        let p = Table::load("msn/msn_fi.csv").parameters();
        let parts: Vec<&str> = table.stem().splitn(4, '_').collect();
        let [_, receptor, phi, stim] = parts[..] else { panic!("{}", table.path) };
        let phi: f64 = phi.trim_start_matches("phi").parse().unwrap();
        let setting = table.comment("dt = 0.02 ms; level ").unwrap();
        let (level, rest) = setting.split_once(", drive ").unwrap();
        let (drive, _) = rest.split_once(';').unwrap();
        let (level, drive): (usize, f64) = (level.parse().unwrap(), drive.parse().unwrap());
        let mut neuron = Neuron::new(&p, &dopamine(receptor, phi, stim), QuadraticScheme::Rk4, 0.02);
        let effective = table.parameters();
        for (name, ours) in [("v_r", "v_r_mv"), ("d", "d_pa"), ("k", "k_ns_per_mv")] {
            assert!((neuron.cell.get(ours).unwrap() - effective[name]).abs() < 1e-4, "{}: {name}", table.path);
        }
        for (k, name) in ["g_ampa", "g_nmda", "g_gaba"].into_iter().enumerate() {
            assert!((neuron.g[k] - effective[name]).abs() < 1e-4, "{}: {name}", table.path);
        }
        let (current, input) = if stim == "inject" { (drive, None) } else { (0.0, Some(input(counts, level))) };
        let mut rows = Vec::new();
        let found = run(&mut neuron, current, input.as_ref(), 0.02, |neuron| {
            let [v, u] = [neuron.cell.state()[0], neuron.cell.state()[1]];
            rows.push([v, u, neuron.h[0], neuron.h[1], neuron.h[2]]);
        });
        let expected = common::numbers(table.comment("spikes (ms):").unwrap());
        assert_eq!(found.len(), expected.len(), "{}: {found:?}", table.path);
        // From the ninth spike on the last digit decides: the upstroke takes 10 mV a step.
        let off = worst_of_first(8, &found, &expected);
        assert!(off <= 0.0401, "{}: spikes off by {off} ms: {found:?} {expected:?}", table.path);
        let before = expected[0] - 2.0;
        for (k, column) in ["v_mV", "u_pA", "h_ampa", "h_nmda", "h_gaba"].into_iter().enumerate() {
            let column_values = table.column(column);
            let rows = column_values.iter().zip(&rows).enumerate().take_while(|(ms, _)| (*ms as f64) < before);
            let off = rows.map(|(_, (expected, found))| (expected - found[k]).abs()).fold(0.0, f64::max);
            assert!(off <= 1e-3, "{}: {column} off by {off}", table.path);
        }
    }
}

#[test]
fn dopamine_moves_the_curves_as_published() {
    let p = Table::load("msn/msn_fi.csv").parameters();
    let spikes = |receptor: &str, phi: f64, current: f64| {
        let mut neuron = Neuron::new(&p, &dopamine(receptor, phi, "inject"), QuadraticScheme::Euler, 0.1);
        run(&mut neuron, current, None, 0.1, |_| ()).len()
    };
    assert!(spikes("D1", 0.8, 280.0) < spikes("D1", 0.0, 280.0), "D1 raises the rheobase");
    let slope = |phi: f64| spikes("D1", phi, 400.0) - spikes("D1", phi, 340.0);
    assert!(slope(0.8) > slope(0.0), "D1 steepens the curve");
    for current in [260.0, 300.0, 400.0] {
        assert!(spikes("D2", 0.8, current) > spikes("D2", 0.0, current), "D2 shifts the curve to the left");
    }
    let counts = &read_by("msn input")[0];
    let driven = |receptor: &str, phi: f64| {
        let mut neuron = Neuron::new(&p, &dopamine(receptor, phi, "syn_full"), QuadraticScheme::Euler, 0.1);
        run(&mut neuron, 0.0, Some(&input(counts, 7)), 0.1, |_| ()).len()
    };
    assert!(driven("D1", 0.8) > driven("D1", 0.0), "with its synaptic term D1 excites");
    assert!(driven("D2", 0.8) < driven("D2", 0.0), "with its synaptic term D2 inhibits");
}
