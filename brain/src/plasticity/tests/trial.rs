//! A small projection with random spikes, lived twice: by the fast rule and by plain edges.

use rand::RngExt as _;

use crate::{
    Modulator, ModulatorSpec,
    plasticity::{
        Plasticity, PlasticitySpec, PostParameters, PostSignals,
        plain::{Level, Plain, Post},
    },
    rng::stream,
    rows::Rows,
};

/// Which projection, and how it lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub seed: u64,
    pub tick_ms: f64,
    pub n_ticks: usize,
    /// Probability that a pair of cells is connected; one for a full matrix.
    pub density: f64,
    /// Probabilities of a spike in a tick, before and after the synapse.
    pub rates: [f64; 2],
    pub tonic: f64,
    pub uptake_tau_ms: f64,
    /// Size of a release of the modulator.
    pub release: f64,
    pub weights: [f64; 2],
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            seed: 0,
            tick_ms: 1.0,
            n_ticks: 2500,
            density: 0.6,
            rates: [0.03, 0.03],
            tonic: 0.0,
            uptake_tau_ms: 200.0,
            release: 0.01,
            weights: [40.0, 60.0],
        }
    }
}

const N_PRE: usize = 5;
const N_DELAYS: usize = 3;
const N_POST: usize = 7;

/// How a trial ended.
pub(super) struct Outcome {
    /// True weights every 100 ticks, edge by edge.
    pub weights: Vec<Vec<f64>>,
    /// Sum of all that was delivered to each cell.
    pub delivered: Vec<f64>,
    pub bytes_per_edge: f64,
}

/// One tick of the script that both lives follow.
struct Tick {
    release: f32,
    arrivals: Vec<(usize, f32)>,
    fired: Vec<(u32, f32)>,
    post: [Vec<f32>; 4],
}

impl Trial {
    pub(super) fn rows(&self) -> Rows {
        let mut rng = stream(self.seed, "rows");
        let (mut starts, mut targets) = (vec![0], Vec::new());
        for _ in 0..N_PRE * N_DELAYS {
            targets.extend((0..N_POST as u16).filter(|_| self.density == 1.0 || rng.random::<f64>() < self.density));
            starts.push(targets.len() as u32);
        }
        Rows { starts, targets, n_delays: N_DELAYS }
    }

    fn start_weights(&self, n: usize) -> Vec<f32> {
        let mut rng = stream(self.seed, "weights");
        let [low, high] = self.weights;
        (0..n).map(|_| (low + (high - low) * rng.random::<f64>()) as f32).collect()
    }

    fn script(&self) -> Vec<Tick> {
        let mut rng = stream(self.seed, "script");
        let spikes: Vec<[f32; N_PRE]> = (0..self.n_ticks)
            .map(|_| {
                std::array::from_fn(|_| {
                    let fires = rng.random::<f64>() < self.rates[0];
                    // Now and then a burst of another size.
                    let size = if rng.random::<f64>() < 0.1 { 0.5 } else { 1.0 };
                    if fires { size } else { 0.0 }
                })
            })
            .collect();
        let spike_of = |t: usize, source: usize| spikes[t][source];
        (0..self.n_ticks)
            .map(|t| {
                let mut arrivals = Vec::new();
                for source in 0..N_PRE {
                    for k in 0..N_DELAYS {
                        // Delays of 1, 3 and 5 ticks.
                        let size = t.checked_sub(2 * k + 1).map_or(0.0, |t| spike_of(t, source));
                        if size > 0.0 {
                            arrivals.push((source * N_DELAYS + k, size));
                        }
                    }
                }
                let spikes: Vec<f32> = (0..N_POST)
                    .map(|_| {
                        let fires = rng.random::<f64>() < self.rates[1];
                        let size = if rng.random::<f64>() < 0.1 { 0.5 } else { 1.0 };
                        if fires { size } else { 0.0 }
                    })
                    .collect();
                let fired = (0..N_POST).filter(|&j| spikes[j] > 0.0).map(|j| (j as u32, spikes[j])).collect::<Vec<_>>();
                let mut random = |low: f32, high: f32| -> Vec<f32> {
                    (0..N_POST).map(|_| low + (high - low) * rng.random::<f32>()).collect()
                };
                let post = [spikes, random(0.0, 0.3), random(-1.0, 1.0), random(-1.0, 1.0)];
                let sign = if rng.random::<f64>() < 0.3 { -1.0 } else { 1.0 };
                let released = if rng.random::<f64>() < 0.02 { self.release } else { 0.0 };
                Tick { release: (sign * released) as f32, arrivals, fired, post }
            })
            .collect()
    }

    fn modulator(&self) -> Modulator {
        let spec = ModulatorSpec {
            name: "dopamine".into(),
            tonic: self.tonic,
            uptake_tau_ms: self.uptake_tau_ms,
            max: 1e3,
            clamped: false,
            sources: Vec::new(),
        };
        Modulator::new(&spec, self.tick_ms)
    }

    pub(super) fn post_parameters(&self) -> PostParameters {
        let beta = (0..N_POST).map(|j| if j % 2 == 0 { 0.0 } else { 0.17 }).collect();
        let tau_m_ms =
            (0..N_POST).map(|j| if self.seed.is_multiple_of(2) { 20.0 } else { 10.0 + 3.0 * j as f32 }).collect();
        PostParameters { beta, tau_a_ms: vec![200.0; N_POST], tau_m_ms }
    }

    /// The life under the fast rule.
    pub(super) fn fast(&self, spec: &PlasticitySpec) -> Outcome {
        self.lived(spec, false)
    }

    /// The same, perhaps saved and restored into a new rule half way.
    pub(super) fn lived(&self, spec: &PlasticitySpec, restore: bool) -> Outcome {
        let (rows, post) = (self.rows(), self.post_parameters());
        let mut weights = self.start_weights(rows.n_edges());
        let modulators = vec![0; spec.modulators().len()];
        let new = || Plasticity::new(spec, &modulators, &rows, N_POST, &post, self.tick_ms).unwrap();
        let (mut rule, mut modulators) = (new(), [self.modulator()]);
        let mut settled = vec![0.0; weights.len()];
        let mut out = vec![0.0; N_POST];
        let mut outcome =
            Outcome { weights: vec![], delivered: vec![0.0; N_POST], bytes_per_edge: rule.bytes_per_edge() };
        for (t, tick) in self.script().iter().enumerate() {
            modulators[0].release(tick.release);
            rule.begin_tick(&modulators);
            out.fill(0.0);
            for &(row, size) in &tick.arrivals {
                rule.arrive(&rows, &mut weights, row, size, 2.0, &mut out);
            }
            outcome.delivered.iter_mut().zip(&out).for_each(|(sum, x)| *sum += f64::from(*x));
            rule.fired(&mut weights, &tick.fired);
            let [spikes, factor, learning, broadcast] = &tick.post;
            rule.end_tick(&rows, &mut weights, &PostSignals { spikes, factor, learning, broadcast });
            modulators[0].tick();
            if t % 100 == 99 {
                rule.settle(&weights, &mut settled);
                outcome.weights.push(settled.iter().map(|&w| f64::from(w)).collect());
            }
            if restore && t == self.n_ticks / 2 {
                rule = restored(&mut rule, new());
            }
        }
        outcome
    }

    /// The life under plain edges, made from their number, target and first weight.
    pub(super) fn plain<P: Plain>(&self, make: impl Fn(usize, f64) -> P) -> Outcome {
        let rows = self.rows();
        let start = self.start_weights(rows.n_edges());
        let mut edges: Vec<P> =
            rows.targets.iter().zip(&start).map(|(&j, &w)| make(j as usize, f64::from(w))).collect();
        let mut modulator = self.modulator();
        let mut outcome = Outcome { weights: vec![], delivered: vec![0.0; N_POST], bytes_per_edge: 0.0 };
        for (t, tick) in self.script().iter().enumerate() {
            modulator.release(tick.release);
            let level = Level {
                now: f64::from(modulator.level()),
                tonic: f64::from(modulator.tonic()),
                tau_ms: self.uptake_tau_ms,
            };
            edges.iter_mut().for_each(|edge| edge.begin(&[level]));
            for &(row, size) in &tick.arrivals {
                for edge in rows.row(row) {
                    let size = f64::from(size);
                    outcome.delivered[rows.targets[edge] as usize] += 2.0 * size * edges[edge].arrive(size);
                }
            }
            for (edge, &j) in edges.iter_mut().zip(&rows.targets) {
                edge.pass(self.tick_ms);
                let [spike, factor, learning, broadcast] = [0, 1, 2, 3].map(|i| f64::from(tick.post[i][j as usize]));
                if spike > 0.0 {
                    edge.fire(spike);
                }
                edge.end(&Post { spike, factor, learning, broadcast }, self.tick_ms);
            }
            modulator.tick();
            if t % 100 == 99 {
                outcome.weights.push(edges.iter().map(Plain::weight).collect());
            }
        }
        outcome
    }

    /// Lives both ways and returns the largest distance of weights on the way, as part of the largest change of a
    /// weight from its start.
    pub(super) fn disagreement<P: Plain>(&self, spec: &PlasticitySpec, make: impl Fn(usize, f64) -> P) -> f64 {
        let (fast, plain) = (self.fast(spec), self.plain(make));
        let start: Vec<f64> = self.start_weights(self.rows().n_edges()).into_iter().map(f64::from).collect();
        let largest = |a: &[Vec<f64>], b: &dyn Fn(usize) -> Vec<f64>| {
            let all = a
                .iter()
                .enumerate()
                .flat_map(|(i, a)| a.iter().zip(b(i)).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>());
            all.fold(0.0, f64::max)
        };
        let change = largest(&plain.weights, &|_| start.clone());
        assert!(change > 0.0, "nothing was learned");
        let delivered: f64 = fast.delivered.iter().zip(&plain.delivered).map(|(a, b)| (a - b).abs()).sum();
        let all: f64 = plain.delivered.iter().map(|x| x.abs()).sum();
        assert!(delivered <= 1e-3 * all, "{delivered} of {all} delivered differ");
        largest(&fast.weights, &|i| plain.weights[i].clone()) / change
    }
}

/// The state of one rule in another one, by way of its arrays.
fn restored(from: &mut Plasticity, mut into: Plasticity) -> Plasticity {
    let mut arrays = Vec::new();
    from.visit(&mut |_, values| arrays.push(values.to_vec()));
    let mut arrays = arrays.iter();
    into.visit(&mut |_, values| values.copy_from_slice(arrays.next().unwrap()));
    into
}

/// A rule on a single edge, driven by hand.
pub(super) struct Single {
    rule: Plasticity,
    rows: Rows,
    weights: Vec<f32>,
    pub modulators: Vec<Modulator>,
}

impl Single {
    pub(super) fn new(spec: &PlasticitySpec, w: f64, modulators: Vec<Modulator>, tick_ms: f64) -> Self {
        let rows = Rows { starts: vec![0, 1], targets: vec![0], n_delays: 1 };
        let rule =
            Plasticity::new(spec, &vec![0; spec.modulators().len()], &rows, 1, &PostParameters::default(), tick_ms)
                .unwrap();
        Self { rule, rows, weights: vec![w as f32], modulators }
    }

    /// One tick, with an arrival at its start and a postsynaptic spike at its end.
    pub(super) fn tick(&mut self, arrives: bool, fires: bool, signals: [f32; 2]) {
        let spike = if fires { 1.0 } else { 0.0 };
        self.rule.begin_tick(&self.modulators);
        if arrives {
            self.rule.arrive(&self.rows, &mut self.weights, 0, 1.0, 1.0, &mut [0.0]);
        }
        if fires {
            self.rule.fired(&mut self.weights, &[(0, 1.0)]);
        }
        let [factor, learning] = signals.map(|x| [x]);
        let post = PostSignals { spikes: &[spike], factor: &factor, learning: &learning, broadcast: &[0.0] };
        self.rule.end_tick(&self.rows, &mut self.weights, &post);
        self.modulators.iter_mut().for_each(Modulator::tick);
    }

    pub(super) fn weight(&self) -> f64 {
        let mut out = [0.0];
        self.rule.settle(&self.weights, &mut out);
        f64::from(out[0])
    }
}

/// A modulator that rests at zero.
pub(super) fn modulator(tonic: f64, uptake_tau_ms: f64, tick_ms: f64) -> Modulator {
    let spec =
        ModulatorSpec { name: "dopamine".into(), tonic, uptake_tau_ms, max: 1e3, clamped: false, sources: Vec::new() };
    Modulator::new(&spec, tick_ms)
}
