//! e-prop and MDGL: a small recurrent network against numpy, and the plain rules.

use proptest::prelude::*;

use super::{
    reference::{Table, distance, table},
    trial::Trial,
};
use crate::{
    plasticity::{
        EpropSpec, MdglSpec, Plasticity, PlasticitySpec, PostParameters, PostSignals,
        plain::{Plain, PlainEprop, Post},
    },
    rows::Rows,
};

const N: usize = 8;
const N_LIF: usize = 4;
const N_IN: usize = 6;
const N_OUT: usize = 2;

/// What the cells did in a step.
struct Step {
    /// Spikes of the inputs, and of the cells in the step before.
    arrivals: [Vec<f64>; 2],
    psi: Vec<f64>,
    learning: Vec<f64>,
}

/// The network of the files, step by step, with the gradient of its readout.
fn live() -> (Vec<Step>, Vec<Vec<f64>>) {
    let (inputs, states, weights) =
        (table!("eprop_inputs.csv"), table!("eprop_states.csv"), table!("eprop_weights.csv"));
    let parameter = |name: &str| inputs.parameter(name);
    let [v_th, gamma, t_ref] = ["v_th", "gamma", "t_ref_steps"].map(parameter);
    let [alpha, rho, kappa] = ["tau_m", "tau_a", "tau_out"].map(|tau| (-1.0 / parameter(tau)).exp());
    let [w_in, w_rec, w_out, w_fb] = ["in", "rec", "out", "fb"].map(|name| matrix(&weights, name));
    let x: Vec<Vec<f64>> = (0..N_IN).map(|i| inputs.column(&format!("x{i}"))).collect();
    let target: Vec<Vec<f64>> = (0..N_OUT).map(|k| inputs.column(&format!("target{k}"))).collect();

    let (mut v, mut a, mut z, mut blocked) = (vec![0.0; N], vec![0.0; N], vec![0.0; N], vec![0.0; N]);
    let (mut y, mut filtered) = ([0.0; N_OUT], vec![0.0; N]);
    let mut gradient_out = vec![vec![0.0; N]; N_OUT];
    let mut steps = Vec::new();
    let mut ours: [Vec<f64>; 6] = Default::default();
    for t in 0..x[0].len() {
        let arrivals = [x.iter().map(|x| x[t]).collect::<Vec<_>>(), z.clone()];
        let psi: Vec<f64> = (0..N)
            .map(|j| {
                let beta = if j < N_LIF { 0.0 } else { parameter("beta") };
                let current = dot(&w_in[j], &arrivals[0]) + dot(&w_rec[j], &arrivals[1]);
                v[j] = alpha * v[j] + current - v_th * arrivals[1][j];
                a[j] = rho * a[j] + arrivals[1][j];
                let threshold = v_th + beta * a[j];
                let free = blocked[j] == 0.0;
                z[j] = if free && v[j] > threshold { 1.0 } else { 0.0 };
                blocked[j] = if z[j] > 0.0 { t_ref } else { f64::max(blocked[j] - 1.0, 0.0) };
                let psi = gamma / v_th * f64::max(1.0 - ((v[j] - threshold) / v_th).abs(), 0.0);
                let psi = if free { psi } else { 0.0 };
                for (column, x) in ours.iter_mut().zip([v[j], a[j], threshold, psi, z[j]]) {
                    column.push(x);
                }
                psi
            })
            .collect();
        filtered.iter_mut().zip(&z).for_each(|(f, z)| *f = kappa * *f + z);
        let error: Vec<f64> = (0..N_OUT)
            .map(|k| {
                y[k] = kappa * y[k] + dot(&w_out[k], &z);
                let error = y[k] - target[k][t];
                gradient_out[k].iter_mut().zip(&filtered).for_each(|(g, f)| *g += error * f);
                error
            })
            .collect();
        let learning: Vec<f64> = (0..N).map(|j| dot(&w_fb[j], &error)).collect();
        ours[5].extend(&learning);
        steps.push(Step { arrivals, psi, learning });
    }
    for (ours, name) in ours.iter().zip(["v", "a", "threshold", "psi", "z", "L"]) {
        let off = distance(ours, &states.column(name));
        assert!(off < 1e-6, "{name}: {off}");
    }
    (steps, gradient_out)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Rows of a matrix of a file, by target; what is left out is zero.
fn matrix(table: &Table, name: &str) -> Vec<Vec<f64>> {
    let (to, from, value) = (table.column("to"), table.column("from"), table.column("value"));
    let mut matrix = vec![vec![0.0; N]; N];
    for (i, _) in table.text("matrix").iter().enumerate().filter(|(_, matrix)| **matrix == name) {
        matrix[to[i] as usize][from[i] as usize] = value[i];
    }
    matrix
}

/// The rule that leaves the gradient in the weight, with its sign turned.
fn gradient_spec() -> EpropSpec {
    EpropSpec { eta: 1.0, w_min: -1e9, w_max: 1e9, ..EpropSpec::default() }
}

fn of_cell(j: usize) -> [f64; 3] {
    [20.0, if j < N_LIF { 0.0 } else { 0.17 }, 200.0]
}

#[test]
fn states_traces_and_gradients_are_those_of_numpy() {
    let (steps, gradient_out) = live();
    let (traces, gradients) = (table!("eprop_traces.csv"), table!("eprop_gradients.csv"));
    for (which, name) in ["in", "rec"].into_iter().enumerate() {
        let n_pre = [N_IN, N][which];
        let spec = gradient_spec();
        let mut edges: Vec<Vec<PlainEprop>> =
            (0..N).map(|j| (0..n_pre).map(|_| PlainEprop::new(&spec, false, of_cell(j), 1.0, 0.0)).collect()).collect();
        for (t, step) in steps.iter().enumerate() {
            for (j, edges) in edges.iter_mut().enumerate() {
                for (i, edge) in edges.iter_mut().enumerate() {
                    edge.arrive(step.arrivals[which][i]);
                    edge.end(&Post { factor: step.psi[j], learning: step.learning[j], ..Post::default() }, 1.0);
                }
            }
            for (kind, column) in [(0, "e"), (1, "e_bar")] {
                let trace = |j: usize, i: usize| [edges[j][i].e, edges[j][i].ebar][kind];
                compare(&traces, name, column, Some(t), trace);
            }
        }
        let checked = compare(&gradients, name, "gradient", None, |j, i| -edges[j][i].weight());
        assert_eq!(checked, [48, 56][which]);
    }
    compare(&gradients, "out", "gradient", None, |k, j| gradient_out[k][j]);
}

/// Holds what `f(to, from)` gives to a column of a file; returns how many there were.
fn compare(table: &Table, matrix: &str, column: &str, step: Option<usize>, f: impl Fn(usize, usize) -> f64) -> usize {
    let [to, from, wanted] = ["to", "from", column].map(|name| table.column(name));
    let steps = step.map(|step| (step, table.column("step")));
    let here = |i: usize| steps.as_ref().is_none_or(|(step, steps)| steps[i] == *step as f64);
    let rows = table.text("matrix");
    let rows = (0..rows.len()).filter(|&i| rows[i] == matrix && here(i));
    rows.map(|i| {
        let off = (f(to[i] as usize, from[i] as usize) - wanted[i]).abs();
        assert!(off < 1e-6 * wanted[i].abs().max(1.0), "{matrix} {column} {} ← {}: {off}", to[i], from[i]);
    })
    .count()
}

#[test]
fn the_fast_rule_gives_the_gradients_in_single_precision() {
    let (steps, _) = live();
    let gradients = table!("eprop_gradients.csv");
    let beta = (0..N).map(|j| of_cell(j)[1] as f32).collect();
    let post = PostParameters { beta, tau_a_ms: vec![200.0; N], tau_m_ms: vec![20.0; N] };
    for (which, name) in ["in", "rec"].into_iter().enumerate() {
        let n_pre = [N_IN, N][which];
        // No cell excites itself.
        let targets = |i: usize| (0..N as u16).filter(move |&j| which == 0 || i != j as usize);
        let starts = (0..=n_pre).map(|i| (0..i).map(|i| targets(i).count() as u32).sum()).collect();
        let rows = Rows { starts, targets: (0..n_pre).flat_map(targets).collect(), n_delays: 1 };
        let mut weights = vec![0.0; rows.n_edges()];
        let mut rule = Plasticity::new(&PlasticitySpec::Eprop(gradient_spec()), &[], &rows, N, &post, 1.0).unwrap();
        let mut out = vec![0.0; N];
        for step in &steps {
            rule.begin_tick(&[]);
            for (row, _) in step.arrivals[which].iter().enumerate().filter(|(_, x)| **x > 0.0) {
                rule.arrive(&rows, &mut weights, row, 1.0, 1.0, &mut out);
            }
            let [factor, learning] =
                [&step.psi, &step.learning].map(|x| x.iter().map(|&x| x as f32).collect::<Vec<_>>());
            let signals = PostSignals { factor: &factor, learning: &learning, ..PostSignals::default() };
            rule.end_tick(&rows, &mut weights, &signals);
        }
        let [to, from, wanted] = ["to", "from", "gradient"].map(|name| gradients.column(name));
        let largest = wanted.iter().fold(0.0f64, |a, g| a.max(g.abs()));
        let mut checked = 0;
        for (i, _) in gradients.text("matrix").iter().enumerate().filter(|(_, matrix)| **matrix == name) {
            let Some(edge) = rows.row(from[i] as usize).find(|&e| f64::from(rows.targets[e]) == to[i]) else {
                assert_eq!(wanted[i], 0.0);
                continue;
            };
            let off = (f64::from(-weights[edge]) - wanted[i]).abs() / largest;
            assert!(off < 3e-6, "{name} {} ← {}: {off}", to[i], from[i]);
            checked += 1;
        }
        assert_eq!(checked, rows.n_edges());
    }
}

fn of_trial(trial: &Trial, j: usize) -> [f64; 3] {
    let post = trial.post_parameters();
    [post.tau_m_ms[j], post.beta[j], post.tau_a_ms[j]].map(f64::from)
}

#[test]
fn a_broadcast_counts_where_there_is_one() {
    let trial = Trial::default();
    let spec = MdglSpec { eta: 0.1, w_max: 100.0, ..MdglSpec::default() };
    let mdgl = trial.fast(&PlasticitySpec::Mdgl(spec.clone()));
    let eprop = trial.fast(&PlasticitySpec::Eprop(spec.eprop()));
    assert_ne!(mdgl.weights, eprop.weights);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn fast_and_plain_agree(seed in 0u64..1000, full: bool, rewarded: bool, broadcast: bool, tonic in 0.0f64..1.0) {
        let mdgl = MdglSpec {
            modulator: rewarded.then(|| "dopamine".into()),
            eta: 0.01,
            w_min: 38.0,
            w_max: 62.0,
            ..MdglSpec::default()
        };
        let mut spec = mdgl.eprop();
        if !broadcast && rewarded {
            spec.tau_decision_ms = 100.0;
        }
        let rule = if broadcast { PlasticitySpec::Mdgl(mdgl) } else { PlasticitySpec::Eprop(spec.clone()) };
        let density = if full { 1.0 } else { 0.6 };
        let trial = Trial { seed, density, tonic, release: 5.0, rates: [0.1, 0.1], ..Trial::default() };
        let off = trial.disagreement(&rule, |j, w| PlainEprop::new(&spec, broadcast, of_trial(&trial, j), 1.0, w));
        prop_assert!(off < 3e-4, "{off}");
    }
}
