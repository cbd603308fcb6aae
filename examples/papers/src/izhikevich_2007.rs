//! Conditioning of one synapse by rewarded coincidences, with cells that burst under noradrenaline; what it is about
//! stands in the example of the same name.

use anyhow::Context as _;
use mesolimb_brain::{
    Connectivity, ModulatorId, ModulatorSpec, Network, NetworkSpec, Occupancy, PopulationId, ProjectionSpec,
    ReceptorForm, ReceptorSpec,
    published::{IZHIKEVICH_DA_CELLS, IZHIKEVICH_DA_REWARD, izhikevich_da},
    rng::{Rng, stream},
};
use rand::RngExt as _;

use crate::mean;

/// Weight at the criterion: the bound, up to rounding.
const CRITERION: f32 = 3.999;
/// Weight that counts as retained.
const RETAINED: f32 = 3.5;
/// Noradrenaline that makes cells burst.
const BURSTING: f32 = 0.5;
/// Targets of each cell among the excitatory ones.
const TARGETS: usize = 80;

/// What came of a condition with one seed.
#[derive(Clone, Default)]
pub struct Outcome {
    /// Time to criterion in s; infinite if it was not reached.
    pub reach_s: f64,
    /// Part of the time after it with the weight retained; none without a criterion.
    pub retain: Option<f64>,
    /// Mean rate of all cells in that time in Hz.
    pub rate_hz: f64,
    /// Mean weight of the excitatory synapses at its end.
    pub mean_weight: f64,
    /// Weight of the tagged synapse in each second.
    pub trace: Vec<f32>,
}

/// Runs the first of these conditions to its criterion, for `search_s` seconds at the most, and each of them for
/// `retain_s` seconds from there.
///
/// # Errors
/// If the network cannot be built.
pub fn branch(seed: u64, conditions: &[char], search_s: u32, retain_s: u32) -> anyhow::Result<Vec<(char, Outcome)>> {
    let mut start = Conditioning::new(seed, conditions[0])?;
    let mut trace = Vec::new();
    while trace.len() < search_s as usize && !trace.last().is_some_and(|&w| w >= CRITERION) {
        start.second();
        trace.push(start.tagged_weight());
    }
    let reached = trace.last().is_some_and(|&w| w >= CRITERION);
    let reach_s = if reached { trace.len() as f64 } else { f64::INFINITY };
    let state = start.network.save();
    let rewards = start.rewards.clone();
    let mut outcomes = Vec::new();
    for &condition in conditions {
        start.network.load(&state)?;
        start.rewards.clone_from(&rewards);
        let mut outcome = Outcome { reach_s, trace: trace.clone(), ..Outcome::default() };
        if reached {
            start.switch(condition);
            let spikes = start.spikes();
            for _ in 0..retain_s {
                start.second();
                outcome.trace.push(start.tagged_weight());
            }
            let later = &outcome.trace[trace.len()..];
            let retained = later.iter().filter(|&&w| w >= RETAINED).count();
            outcome.retain = Some(retained as f64 / later.len() as f64);
            let cell_seconds = IZHIKEVICH_DA_CELLS as f64 * f64::from(retain_s);
            outcome.rate_hz = (start.spikes() - spikes) as f64 / cell_seconds;
        } else {
            outcome.rate_hz = start.spikes() as f64 / (IZHIKEVICH_DA_CELLS as f64 * f64::from(search_s));
        }
        outcome.mean_weight = start.mean_weight();
        outcomes.push((condition, outcome));
    }
    Ok(outcomes)
}

/// The network with its task.
struct Conditioning {
    network: Network,
    populations: [PopulationId; 2],
    dopamine: ModulatorId,
    noradrenaline: ModulatorId,
    /// Source and target of the tagged synapse.
    tagged: [u32; 2],
    rewards: Rewards,
}

/// Rewards on their way.
#[derive(Clone)]
struct Rewards {
    /// When the source fired last, in ms; never, if negative.
    last_pre_ms: i64,
    /// When rewards are due, in ms.
    due: Vec<u64>,
    rng: Rng,
}

impl Conditioning {
    fn new(seed: u64, condition: char) -> anyhow::Result<Self> {
        let (spec, tagged) = network(seed, condition == 'B');
        let mut network = Network::new(&spec, seed)?;
        let population = |name| network.population(name).context("a population");
        let populations = [population("excitatory")?, population("inhibitory")?];
        let modulator = |name| network.modulator_id(name).context("a modulator");
        let (dopamine, noradrenaline) = (modulator("dopamine")?, modulator("noradrenaline")?);
        network.hold(noradrenaline, if condition == 'C' { BURSTING } else { 0.0 });
        Ok(Self {
            network,
            populations,
            dopamine,
            noradrenaline,
            tagged,
            rewards: Rewards { last_pre_ms: -1000, due: Vec::new(), rng: stream(seed, "reward") },
        })
    }

    /// What happens at the criterion.
    fn switch(&mut self, condition: char) {
        if "DE".contains(condition) {
            self.network.hold(self.noradrenaline, 0.0);
        }
        if "DFG".contains(condition) {
            let tonic = self.network.modulator(self.dopamine).tonic();
            self.network.hold(self.dopamine, tonic);
        }
    }

    /// Lives through a second, in windows that end where rewards are due.
    fn second(&mut self) {
        let end = self.network.ticks() + 1000;
        while self.network.ticks() < end {
            let start = self.network.ticks();
            let due = self.rewards.due.iter().copied().filter(|due| *due > start).min().unwrap_or(end);
            // Short enough for the log of spikes, and for no reward of this window to be due within it.
            self.network.think((due.min(end) - start).min(100) as u32);
            self.watch(start);
            let now = self.network.ticks();
            if self.rewards.due.contains(&now) {
                // Two rewards at the same time are one, as published.
                self.rewards.due.retain(|due| *due != now);
                self.network.release(self.dopamine, IZHIKEVICH_DA_REWARD);
            }
        }
    }

    /// Looks for the target firing within 20 ms after the source in the window that began at `start`.
    fn watch(&mut self, start: u64) {
        let rewards = &mut self.rewards;
        // In a tick, the source comes before the target, because its number is lower.
        for spike in self.network.spikes().iter().filter(|spike| self.tagged.contains(&spike.cell)) {
            let now = (start + u64::from(spike.tick) + 1) as i64;
            if spike.cell == self.tagged[0] {
                rewards.last_pre_ms = now;
            } else if (1..20).contains(&(now - rewards.last_pre_ms)) {
                rewards.due.push(now as u64 + 1000 + rewards.rng.random_range(1..=2000));
            }
        }
    }

    fn tagged_weight(&self) -> f32 {
        // Its projection was added last.
        self.network.weights("excitatory", "excitatory").and_then(|weights| weights.last().copied()).unwrap_or_default()
    }

    fn mean_weight(&self) -> f64 {
        let of = |target| self.network.weights("excitatory", target).unwrap_or_default();
        let all = [of("excitatory"), of("inhibitory")].concat();
        mean(&all.into_iter().map(f64::from).collect::<Vec<_>>())
    }

    fn spikes(&self) -> u64 {
        self.populations.iter().map(|&population| self.network.spike_count(population)).sum()
    }
}

/// The published network with noradrenaline, and with a tagged synapse between its first cell and another one.
fn network(seed: u64, inhibition_regular: bool) -> (NetworkSpec, [u32; 2]) {
    let mut spec = izhikevich_da(IZHIKEVICH_DA_CELLS);
    spec.modulators.push(ModulatorSpec {
        name: "noradrenaline".into(),
        tonic: 0.0,
        uptake_tau_ms: 200.0,
        max: 1.0,
        clamped: false,
        sources: Vec::new(),
    });
    let receptor = |parameter: &str, effect: f64, range: Option<[f64; 2]>| ReceptorSpec {
        modulator: "noradrenaline".into(),
        parameter: parameter.into(),
        effect,
        density: 1.0.into(),
        form: ReceptorForm::Add,
        occupancy: Occupancy::Level,
        range,
    };
    spec.populations[0].receptors = vec![receptor("c_mv", 30.0, None), receptor("d", -12.0, Some([0.0, 8.0]))];
    if inhibition_regular {
        spec.populations[1].cell = spec.populations[0].cell.clone();
    }
    let edges = wiring(seed, spec.populations[0].size);
    let tagged = edges[0];
    spec.projections[0].connectivity = Connectivity::List(edges[1..].to_vec());
    let alone = ProjectionSpec {
        connectivity: Connectivity::List(vec![tagged]),
        weights: 0.0.into(),
        ..spec.projections[0].clone()
    };
    spec.projections.push(alone);
    (spec, tagged)
}

/// Different targets for each excitatory cell, none of them itself.
fn wiring(seed: u64, n: usize) -> Vec<[u32; 2]> {
    let mut rng = stream(seed, "wiring");
    let mut cells: Vec<u32> = (0..n as u32).collect();
    let mut edges = Vec::with_capacity(n * TARGETS);
    for source in 0..n as u32 {
        let mut found = 0;
        // A shuffle from the front, as far as it is needed.
        for k in 0..n {
            let other = rng.random_range(k..n);
            cells.swap(k, other);
            if cells[k] != source {
                edges.push([source, cells[k]]);
                found += 1;
            }
            if found == TARGETS {
                break;
            }
        }
    }
    edges
}
