//! From a spec to a network: names become indices, distributions become numbers.

use rand::RngExt as _;

use crate::{
    BrainError, Connectivity, Dist, Feedback, Network, NetworkSpec, PlasticitySpec, ProjectionSpec, ReceptorTarget,
    Transmitter,
    modulator::Modulator,
    network::Port,
    population::{Population, Receptor},
    projection::{Plastic, Projection, Rows, Source, Synapses},
    readout::Readout,
    rng::{Rng, stream},
};

/// Spikes of a window that are logged at the most, for each cell: as many as ticks in the longest window of an agent.
const LOGGED_SPIKES_PER_CELL: usize = 100;

/// How a projection is called in states and messages.
pub(crate) fn projection_name(source: &str, target: &str) -> String {
    format!("{source} -> {target}")
}

impl Network {
    /// Builds the network that `spec` describes; every random choice comes from a named stream of `seed`.
    ///
    /// # Errors
    /// If the spec cannot run: the error names the part, the field, what was found and what was expected.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self, BrainError> {
        crate::validate::check(spec)?;
        let mut populations: Vec<Population> = spec
            .populations
            .iter()
            .map(|p| {
                let rng = &mut stream(seed, &format!("cells of {}", p.name));
                Population::new(p, longest_delay(spec, &p.name), spec.tick_ms, rng)
            })
            .collect();
        for (population, p) in populations.iter_mut().zip(&spec.populations) {
            population.receptors = p
                .receptors
                .iter()
                .map(|r| match r.parameter {
                    ReceptorTarget::InputGain => {
                        Receptor { modulator: modulator_idx(spec, &r.modulator), effect: r.effect as f32 }
                    }
                })
                .collect();
        }
        let projections: Vec<Projection> = spec.projections.iter().map(|p| projection(spec, p, seed)).collect();
        for projection in &projections {
            if let Source::Population(_) = projection.source {
                populations[projection.target].hears_spikes = true;
            }
        }
        let n_cells: usize = populations.iter().map(Population::len).sum();
        let mut network = Self {
            tick_ms: spec.tick_ms,
            tick: 0,
            lived_ticks: 0,
            now_ticks: 0,
            ports: spec.ports.iter().map(|p| port(&p.name, p.size)).collect(),
            readouts: spec.readouts.iter().map(|r| readout(spec, r, seed)).collect(),
            modulators: spec.modulators.iter().map(|m| Modulator::new(m, spec.tick_ms)).collect(),
            modulator_names: spec.modulators.iter().map(|m| m.name.clone()).collect(),
            populations,
            projections,
            spikes: Vec::with_capacity(n_cells * LOGGED_SPIKES_PER_CELL),
            reset_rng: stream(seed, "reset of membranes"),
        };
        network.reset_state();
        Ok(network)
    }
}

fn port(name: &str, size: usize) -> Port {
    Port { name: name.to_owned(), values: vec![0.0; size], lived: vec![0.0; size], next: vec![0.0; size] }
}

fn population_idx(spec: &NetworkSpec, name: &str) -> Option<usize> {
    spec.populations.iter().position(|p| p.name == name)
}

/// Index of a modulator that validation has found.
fn modulator_idx(spec: &NetworkSpec, name: &str) -> usize {
    spec.modulators.iter().position(|m| m.name == name).unwrap_or_default()
}

fn longest_delay(spec: &NetworkSpec, population: &str) -> usize {
    let delays = spec.projections.iter().filter(|p| p.source == population);
    delays.map(|p| p.synapse.clone().unwrap_or_default().delay_ticks).max().unwrap_or(1)
}

fn projection(spec: &NetworkSpec, p: &ProjectionSpec, seed: u64) -> Projection {
    let name = projection_name(&p.source, &p.target);
    let rng = &mut stream(seed, &format!("synapses of {name}"));
    let source = population_idx(spec, &p.source).map_or_else(
        || Source::Port(spec.ports.iter().position(|port| port.name == p.source).unwrap_or_default()),
        Source::Population,
    );
    let n_pre = match source {
        Source::Port(i) => spec.ports[i].size,
        Source::Population(i) => spec.populations[i].size,
    };
    let target = population_idx(spec, &p.target).unwrap_or_default();
    let n_post = spec.populations[target].size;
    let transmitter = match source {
        Source::Port(_) => None,
        Source::Population(i) => spec.populations[i].transmitter,
    };
    let rows = connect(p.connectivity, n_pre, n_post, rng);
    let n_edges = match &rows {
        Rows::Dense => n_pre * n_post,
        Rows::Sparse { targets, .. } => targets.len(),
    };
    let mut weights: Vec<f32> = (0..n_edges).map(|_| signed(p.weights.sample(rng), transmitter)).collect();
    if let Some(active) = p.active_in_degree {
        silence(&mut weights, &rows, n_pre, n_post, active, rng);
    }
    let feedback = match p.feedback {
        Feedback::Symmetric => None,
        Feedback::Random => Some((0..n_edges).map(|_| p.weights.sample(rng) as f32).collect()),
        Feedback::None => Some(Vec::new()),
    };
    if p.bias {
        weights.extend(std::iter::repeat_n(0.0, n_post));
    }
    let synapse = p.synapse.clone().unwrap_or_default();
    let decay = if synapse.tau_ms > 0.0 { (-spec.tick_ms / synapse.tau_ms).exp() as f32 } else { 0.0 };
    Projection {
        name,
        source,
        target,
        current: vec![0.0; n_post],
        decay,
        gain: (1.0 - decay) * synapse.gain as f32,
        delay_ticks: synapse.delay_ticks,
        transmitter,
        plastic: p.plasticity.as_ref().map(|rule| plastic(spec, rule, weights.len())),
        feedback,
        synapses: Synapses { n_pre, n_post, rows, weights, biased: p.bias },
    }
}

fn readout(spec: &NetworkSpec, r: &crate::ReadoutSpec, seed: u64) -> Readout {
    let rng = &mut stream(seed, &format!("weights of readout {}", r.name));
    let source = population_idx(spec, &r.source).unwrap_or_default();
    let n = spec.populations[source].size;
    let mut weights = vec![0.0; r.size * (n + 1)];
    for row in weights.chunks_exact_mut(n + 1) {
        for cell in choose(r.active_in_degree.unwrap_or(n), n, rng) {
            row[cell] = r.weights.sample(rng) as f32;
        }
    }
    let feedback = match r.feedback {
        Feedback::Symmetric => None,
        Feedback::Random => Some(weights.iter().map(|_| r.weights.sample(rng) as f32).collect()),
        Feedback::None => Some(Vec::new()),
    };
    Readout {
        name: r.name.clone(),
        source,
        plastic: r.plasticity.as_ref().map(|rule| plastic(spec, rule, weights.len())),
        weights,
        feedback,
        values: vec![0.0; r.size],
        error: vec![0.0; r.size],
    }
}

fn plastic(spec: &NetworkSpec, rule: &PlasticitySpec, n: usize) -> Plastic {
    Plastic {
        trace: vec![0.0; n],
        trace_l1: 0.0,
        tau_eligibility_ms: rule.tau_eligibility_ms,
        modulator: modulator_idx(spec, &rule.modulator),
        budget: rule.budget as f32,
        budget_modulator: rule.budget_modulator.as_ref().map(|name| modulator_idx(spec, name)),
    }
}

/// A weight with the sign of its transmitter; validation has seen to it that the distribution has no other.
fn signed(weight: f64, transmitter: Option<Transmitter>) -> f32 {
    match transmitter {
        None => weight as f32,
        Some(Transmitter::Excitatory) => weight.max(0.0) as f32,
        Some(Transmitter::Inhibitory) => weight.min(0.0) as f32,
    }
}

fn connect(connectivity: Connectivity, n_pre: usize, n_post: usize, rng: &mut Rng) -> Rows {
    let mut sources_of: Vec<Vec<usize>> = match connectivity {
        Connectivity::AllToAll => return Rows::Dense,
        Connectivity::OneToOne => (0..n_post).map(|post| vec![post]).collect(),
        Connectivity::Probability(p) => {
            (0..n_post).map(|_| (0..n_pre).filter(|_| rng.random::<f64>() < p).collect()).collect()
        }
        Connectivity::InDegree(k) => (0..n_post).map(|_| choose(k, n_pre, rng)).collect(),
    };
    let mut targets_of: Vec<Vec<u32>> = vec![Vec::new(); n_pre];
    for (post, sources) in sources_of.iter_mut().enumerate() {
        for &pre in &*sources {
            targets_of[pre].push(post as u32);
        }
    }
    let mut starts = vec![0];
    let mut targets = Vec::new();
    for row in targets_of {
        targets.extend(row);
        starts.push(targets.len() as u32);
    }
    Rows::Sparse { starts, targets }
}

/// Sets all but `active` of the weights onto each target to zero.
fn silence(weights: &mut [f32], rows: &Rows, n_pre: usize, n_post: usize, active: usize, rng: &mut Rng) {
    let mut edges_onto: Vec<Vec<usize>> = vec![Vec::new(); n_post];
    match rows {
        Rows::Dense => (0..n_pre * n_post).for_each(|edge| edges_onto[edge % n_post].push(edge)),
        Rows::Sparse { targets, .. } => {
            targets.iter().enumerate().for_each(|(edge, &post)| edges_onto[post as usize].push(edge));
        }
    }
    for edges in edges_onto {
        let kept = choose(active.min(edges.len()), edges.len(), rng);
        for (i, edge) in edges.into_iter().enumerate() {
            if kept.binary_search(&i).is_err() {
                weights[edge] = 0.0;
            }
        }
    }
}

/// `k` different numbers below `n`, ascending.
fn choose(k: usize, n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in 0..k.min(n) {
        let other = rng.random_range(i..n);
        all.swap(i, other);
    }
    all.truncate(k.min(n));
    all.sort_unstable();
    all
}

impl Dist {
    /// Uniform in ±1/√fan-in: the start of a layer with this many inputs.
    #[must_use]
    pub fn fan_in(n: usize) -> Self {
        let bound = 1.0 / (n.max(1) as f64).sqrt();
        Self::uniform(-bound, bound)
    }
}
