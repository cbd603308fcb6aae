//! The learner, written once more as plainly as its equations, beside the engine that runs it fast.

use mesolimb_brain::{Network, NetworkSpec};

const N_IN: usize = 3;
const N: usize = 11;
const N_OUT: usize = 2;
const TICKS: usize = 8;
/// Input gain of the cells; its inverse scales what they put out.
const C: f32 = 0.3;

fn spec() -> NetworkSpec {
    toml::from_str(&format!(
        r#"
        tick_ms = 2.5
        port = [{{ name = "in", size = {N_IN} }}]
        modulator = [{{ name = "dopamine", uptake_tau_ms = 2.0, max = 2.0 }}]

        [[population]]
        name = "first"
        size = {N}
        cell = {{ alif = {{ tau_m_ms = 25.0, beta = 0.2, tau_a_ms = 100.0, input_gain = {C}, burst_max = 4 }} }}
        normalised = true
        trace = {{ tau_ms = 5.0, gain = {gain} }}
        apical = {{}}

        [[population]]
        name = "second"
        size = {N}
        cell = {{ alif = {{ tau_m_ms = 25.0, beta = 0.2, tau_a_ms = 100.0, input_gain = {C}, burst_max = 4 }} }}
        normalised = true
        trace = {{ tau_ms = 5.0, gain = {gain} }}
        apical = {{}}

        [[projection]]
        source = "in"
        target = "first"
        weights = {{ uniform = [-0.6, 0.6] }}
        bias = true
        plasticity = {{ three_factor = {{ modulator = "dopamine", tau_eligibility_ms = 86.0, budget = 0.4, scale_windows = 50.0 }} }}

        [[projection]]
        source = "first"
        target = "second"
        weights = {{ uniform = [-0.3, 0.3] }}
        bias = true
        synapse = {{ filter = {{ tau_ms = 5.0, gain = {gain} }} }}
        plasticity = {{ three_factor = {{ modulator = "dopamine", tau_eligibility_ms = 86.0, budget = 0.4, scale_windows = 50.0 }} }}

        [[readout]]
        name = "out"
        source = "second"
        size = {N_OUT}
        weights = {{ uniform = [-0.3, 0.3] }}
        plasticity = {{ modulator = "dopamine", tau_eligibility_ms = 86.0, budget = 0.4, scale_windows = 50.0 }}
        "#,
        gain = 1.0 / C,
    ))
    .unwrap()
}

/// Mean and standard deviation as the normalisation has them.
fn moments(x: &[f32]) -> (f32, f32) {
    let mean = x.iter().sum::<f32>() / x.len() as f32;
    let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
    (mean, (variance + 1e-5).sqrt())
}

/// One layer of cells.
#[derive(Clone, Default)]
struct Layer {
    v: Vec<f32>,
    a: Vec<f32>,
    y: Vec<f32>,
    s: Vec<f32>,
    /// Filtered surrogate, normalised current, its spread, mean and final output of the step.
    p: Vec<f32>,
    drive: Vec<f32>,
    spread: f32,
    x: Vec<f32>,
    r: Vec<f32>,
}

impl Layer {
    fn new(v: &[f32]) -> Self {
        let zeros = vec![0.0; v.len()];
        Self {
            v: v.to_vec(),
            a: zeros.clone(),
            y: zeros.clone(),
            s: zeros.clone(),
            p: zeros.clone(),
            drive: zeros.clone(),
            spread: 1.0,
            x: zeros.clone(),
            r: zeros,
        }
    }

    fn tick(&mut self, current: &[f32]) {
        let (mean, spread) = moments(current);
        self.spread = spread;
        let k = (-2.5f32 / 5.0).exp();
        for (i, current) in current.iter().enumerate() {
            self.drive[i] = (current - mean) / spread;
            let v = ((-2.5f32 / 25.0).exp() * self.v[i] + C * self.drive[i]).max(-1.0);
            let th = 1.0 + 0.2 * self.a[i];
            let psi = (1.0 - (v - th).abs()).max(0.0);
            self.s[i] = (0..4).filter(|j| v >= th * (1.0 + *j as f32 * 0.25)).count() as f32 * 0.25;
            self.v[i] = v - self.s[i] * th;
            self.a[i] = (-2.5f32 / 100.0).exp() * self.a[i] + self.s[i];
            self.y[i] = k * self.y[i] + (1.0 - k) * self.s[i];
            self.x[i] += self.y[i] / C / TICKS as f32;
            self.r[i] = self.y[i] / C;
            self.p[i] = k * self.p[i] + (1.0 - k) * psi;
        }
    }

    /// The learning signal of a raw signal `d` that was fed back.
    fn signal(&self, d: &[f32]) -> Vec<f32> {
        let mut d: Vec<f32> = d.iter().zip(&self.p).map(|(d, p)| d * (p + 0.02)).collect();
        let mean = d.iter().sum::<f32>() / N as f32;
        let along = d.iter().zip(&self.drive).map(|(d, x)| d * x).sum::<f32>() / N as f32;
        d.iter_mut().zip(&self.drive).for_each(|(d, x)| *d = (*d - mean - x * along) / self.spread);
        d
    }
}

/// A weight matrix with biases, `[post][pre + 1]`, and its traces.
#[derive(Clone)]
struct Weights {
    w: Vec<Vec<f32>>,
    z: Vec<Vec<f32>>,
    /// Means of `d²`, `x²` and `Σ g²/s` without correction, and how many windows they are over.
    d2: Vec<f64>,
    x2: Vec<f64>,
    reach: f64,
    n: i32,
    /// `Σ z²/s` of the window before.
    squares: f64,
}

impl Weights {
    fn new(w: Vec<Vec<f32>>) -> Self {
        let z = w.iter().map(|row| vec![0.0; row.len()]).collect();
        let (d2, x2) = (vec![0.0; w.len()], vec![0.0; w[0].len()]);
        Self { w, z, d2, x2, reach: 0.0, n: 0, squares: 0.0 }
    }

    /// From the engine's order: one row for each source, then the biases.
    fn from_rows_by_source(weights: &[f32], n_pre: usize, n_post: usize) -> Self {
        let row = |post: usize| (0..=n_pre).map(|pre| weights[pre * n_post + post]).collect();
        Self::new((0..n_post).map(row).collect())
    }

    fn apply(&self, x: &[f32]) -> Vec<f32> {
        self.w.iter().map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + row[x.len()]).collect()
    }

    fn learn(&mut self, d: &[f32], x: &[f32], dopamine: f32) {
        let decay = (-20.0f32 / 86.0).exp();
        let x = |i: usize| x.get(i).copied().unwrap_or(1.0);
        self.n += 1;
        let keep = (-1.0f64 / 50.0).exp();
        for (mean, d) in self.d2.iter_mut().zip(d) {
            *mean = keep * *mean + (1.0 - keep) * f64::from(*d).powi(2);
        }
        for (i, mean) in self.x2.iter_mut().enumerate() {
            *mean = keep * *mean + (1.0 - keep) * f64::from(x(i)).powi(2);
        }
        let whole = 1.0 - keep.powi(self.n);
        let (d2, x2) = (&self.d2, &self.x2);
        let s = |post: usize, pre: usize| ((d2[post] / whole).sqrt() + 1e-8) * ((x2[pre] / whole).sqrt() + 1e-8);
        let mut now = 0.0;
        let before = std::mem::take(&mut self.squares);
        for (post, row) in self.z.iter_mut().enumerate() {
            for (pre, z) in row.iter_mut().enumerate() {
                *z = decay * *z + d[post] * x(pre);
                now += (f64::from(d[post]) * f64::from(x(pre))).powi(2) / s(post, pre);
                self.squares += f64::from(*z).powi(2) / s(post, pre);
            }
        }
        let decay = f64::from(decay);
        self.reach = decay * self.reach + (1.0 - decay) * now;
        let most = decay * before.sqrt() + now.sqrt();
        let rate = 0.4 / ((self.reach / (1.0 - decay.powi(self.n))).sqrt() * most);
        for (post, row) in self.w.iter_mut().enumerate() {
            for (pre, w) in row.iter_mut().enumerate() {
                *w += (f64::from(dopamine * self.z[post][pre]) * rate / s(post, pre)) as f32;
            }
        }
    }
}

#[test]
fn the_engine_learns_what_the_equations_say() {
    let mut network = Network::new(&spec(), 3).unwrap();
    let (port, out) = (network.port("in").unwrap(), network.readout_id("out").unwrap());
    let dopamine = network.modulator_id("dopamine").unwrap();
    let potentials = |network: &Network, name| network.potentials(network.population(name).unwrap()).to_vec();

    let mut layers = [Layer::new(&potentials(&network, "first")), Layer::new(&potentials(&network, "second"))];
    let mut w1 = Weights::from_rows_by_source(&network.weights("in", "first").unwrap(), N_IN, N);
    let mut w2 = Weights::from_rows_by_source(&network.weights("first", "second").unwrap(), N, N);
    let mut wo = Weights::new(network.readout_weights(out).chunks(N + 1).map(<[f32]>::to_vec).collect());
    let mut j = [0.0f32; N];
    let mut lived: Option<(Vec<f32>, [Layer; 2])> = None;

    for step in 0..60 {
        let x: Vec<f32> = (0..N_IN).map(|i| ((step * (i + 2)) as f32 * 0.37).sin()).collect();
        network.set_port(port, &x);
        network.think(TICKS as u32);

        let i1 = w1.apply(&x);
        for layer in &mut layers {
            layer.x.fill(0.0);
            layer.p.fill(0.0);
        }
        let k = (-2.5f32 / 5.0).exp();
        for _ in 0..TICKS {
            // A spike arrives one tick later: the second layer hears what the first said before.
            for (post, j) in j.iter_mut().enumerate() {
                let arrived: f32 = (0..N).map(|pre| layers[0].s[pre] * w2.w[post][pre]).sum();
                *j = k * *j + (1.0 - k) * arrived / C;
            }
            let i2: Vec<f32> = j.iter().zip(&w2.w).map(|(j, row)| j + row[N]).collect();
            layers[0].tick(&i1);
            layers[1].tick(&i2);
        }
        let expected = wo.apply(&layers[1].r);
        for (value, expected) in network.readout(out).iter().zip(&expected) {
            assert!((value - expected).abs() < 2e-3, "step {step}: readout {value}, expected {expected}");
        }

        if let Some((x, before)) = &lived {
            let error = [1.0, -0.5 + 0.1 * (step as f32).cos()];
            let delta = (step as f32 * 0.9).sin();
            network.set_error(out, &error);
            network.release(dopamine, delta - network.modulator(dopamine).phasic());
            network.learn();

            let back = |w: &Weights, d: &[f32]| -> Vec<f32> {
                (0..N).map(|pre| w.w.iter().zip(d).map(|(row, d)| row[pre] * d).sum()).collect()
            };
            let d2 = before[1].signal(&back(&wo, &error));
            let d1 = before[0].signal(&back(&w2, &d2));
            wo.learn(&error, &before[1].r, delta);
            w2.learn(&d2, &before[0].x, delta);
            w1.learn(&d1, x, delta);
        }
        lived = Some((x, layers.clone()));
    }
    let ends = Weights::from_rows_by_source(&network.weights("first", "second").unwrap(), N, N);
    for (row, expected) in ends.w.iter().zip(&w2.w) {
        for (w, expected) in row.iter().zip(expected) {
            assert!((w - expected).abs() < 2e-3, "weight {w}, expected {expected}");
        }
    }
}
