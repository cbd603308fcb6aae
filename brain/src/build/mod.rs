//! From a spec to a network: names become indices, distributions become numbers.

mod connect;
pub(crate) mod levers;

use std::{ops::Range, sync::Arc};

use crate::{
    BrainError, CellSpec, Compartment, Connectivity, Dist, Feedback, Network, NetworkSpec, PlasticitySpec,
    PopulationSpec, PortKind, ProjectionSpec, SynapseSpec, ThreeFactorSpec, Transmitter,
    blocks::LANES,
    cell::{Cells, Column},
    channel::Channel,
    history::History,
    log::SpikeLog,
    modulator::Modulator,
    network::{Named, Port, Release},
    plasticity::{Plasticity, PostParameters, Scaling},
    population::{Division, Observed, Population},
    probe::Probe,
    projection::{Projection, Source, Synapses, Weights, Wiring},
    readout::Readout,
    receptor::{Lever, Receptors},
    rng::{Uniforms, stream},
    rows::Rows,
    spec::projection_name,
    tag::ThreeFactor,
};
use connect::{Edge, choose_some, delays, pairs, rows, signed, silence, weigh};

/// Spikes of a window that are logged at the most, for each cell: as many as ticks in the longest window of an agent.
const LOGGED_SPIKES_PER_CELL: usize = 100;
/// Spikes of a window that are logged at the most.
const LOGGED_SPIKES: usize = 1 << 20;
/// Most cells that one part of a population may have, because targets are kept in 16 bits.
pub(crate) const MAX_PART: usize = 1 << 16;

impl Network {
    /// Builds the network that `spec` describes; every random choice comes from a named stream of `seed`.
    ///
    /// # Errors
    /// If the spec cannot run: the error names the part, the field, what was found and what was expected.
    pub fn new(spec: &NetworkSpec, seed: u64) -> Result<Self, BrainError> {
        Self::with_threads(spec, seed, 1)
    }

    /// The same on several threads: populations are cut into parts, one for each thread. What the network does is the
    /// same, bit for bit; a saved state is of use only to a network with as many threads.
    ///
    /// # Errors
    /// Those of [`Network::new`]; and if the threads cannot be started.
    pub fn with_threads(spec: &NetworkSpec, seed: u64, threads: usize) -> Result<Self, BrainError> {
        crate::validate::check(spec)?;
        let pool = match threads {
            0 | 1 => None,
            n => Some(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(n)
                    .build()
                    .map_err(|e| BrainError::Threads(e.to_string()))?,
            ),
        };
        let build = Builder { spec, seed, threads: threads.max(1) };
        let named = build.named();
        let mut populations: Vec<Population> =
            spec.populations.iter().zip(&named).flat_map(|(p, named)| build.population(p, named)).collect();
        let mut incoming: Vec<Vec<Projection>> = populations.iter().map(|_| Vec::new()).collect();
        for p in &spec.projections {
            build.projection(p, &named, &mut populations, &mut incoming);
        }
        let mut spiking = named.len();
        let ports = spec.ports.iter().map(|p| port(&p.name, p.size, p.kind, &mut spiking)).collect();
        let n_cells: usize = populations.iter().map(Population::len).sum();
        let mut network = Self {
            tick_ms: spec.tick_ms,
            tick: 0,
            answered: 0,
            lived_ticks: 0,
            now_ticks: 0,
            ports,
            readouts: spec.readouts.iter().map(|r| build.readout(r, &named)).collect(),
            modulators: spec.modulators.iter().map(|m| Modulator::new(m, spec.tick_ms)).collect(),
            modulator_names: spec.modulators.iter().map(|m| m.name.clone()).collect(),
            releases: build.releases(),
            histories: build.histories(),
            populations,
            incoming,
            named,
            fired_in_window: vec![0.0; spec.populations.len()],
            divides: spec.populations.iter().map(|p| spec.divides(&p.name)).collect(),
            spikes: SpikeLog::new((n_cells * LOGGED_SPIKES_PER_CELL).min(LOGGED_SPIKES)),
            reset_rng: stream(seed, "reset of membranes"),
            spec: Arc::new(spec.clone()),
            seed,
            threads: threads.max(1),
            pool,
            probes: Vec::new(),
            records: Vec::new(),
        };
        for probe in spec.probes.iter().filter(|probe| probe.variable.as_deref() == Some(crate::probe::INPUT)) {
            let named = network.named.iter().filter(|named| probe.population.as_deref() == Some(&named.name));
            named
                .for_each(|named| network.populations[named.parts.clone()].iter_mut().for_each(Population::keep_input));
        }
        network.probes = spec.probes.iter().map(|p| Probe::new(p, &network)).collect();
        network.reset_state();
        Ok(network)
    }
}

fn port(name: &str, size: usize, kind: PortKind, spiking: &mut usize) -> Port {
    let values = || vec![0.0; size];
    let spiking = (kind == PortKind::Spikes).then(|| {
        *spiking += 1;
        *spiking - 1
    });
    Port { name: name.to_owned(), values: values(), lived: values(), next: values(), sent: Vec::new(), spiking }
}

/// What a builder of the parts knows. Validation has found every name that is looked up here.
struct Builder<'a> {
    spec: &'a NetworkSpec,
    seed: u64,
    threads: usize,
}

impl Builder<'_> {
    fn population_idx(&self, name: &str) -> Option<usize> {
        self.spec.populations.iter().position(|p| p.name == name)
    }

    fn modulator_idx(&self, name: &str) -> usize {
        self.spec.modulators.iter().position(|m| m.name == name).unwrap_or_default()
    }

    /// Populations and the parts that they are cut into.
    fn named(&self) -> Vec<Named> {
        let (mut part, mut first_cell) = (0, 0);
        let mut named = Vec::new();
        for p in &self.spec.populations {
            let n = if self.spec.whole(p) { 1 } else { self.parts(p.size).len() };
            named.push(Named { name: p.name.clone(), size: p.size, parts: part..part + n, first_cell });
            part += n;
            first_cell += p.size;
        }
        named
    }

    /// Cells of each part of a population that may be cut: whole blocks, and not more than targets can be told apart.
    fn parts(&self, size: usize) -> Vec<Range<usize>> {
        let n = self.threads.max(size.div_ceil(MAX_PART)).min(size.div_ceil(LANES));
        let share = size.div_ceil(n).next_multiple_of(LANES).min(MAX_PART);
        (0..size).step_by(share).map(|start| start..(start + share).min(size)).collect()
    }

    fn population(&self, p: &PopulationSpec, named: &Named) -> Vec<Population> {
        let rng = &mut stream(self.seed, &format!("cells of {}", p.name));
        let whole = Cells::new(&p.cell, p.size, self.spec.tick_ms, rng);
        let kinds = self.channel_kinds(p);
        let levers = self.levers(p, &kinds);
        let drive = {
            let rng = &mut stream(self.seed, &format!("drive of {}", p.name));
            match Column::sample(&p.drive, p.size, rng) {
                Column::Same(drive) => Column::Same(drive as f32),
                Column::Each(drive) => Column::Each(drive.into_iter().map(|drive| drive as f32).collect()),
            }
        };
        let parts = if named.parts.len() == 1 { std::iter::once(0..p.size).collect() } else { self.parts(p.size) };
        parts.into_iter().map(|part| self.part(p, &whole, &kinds, &levers, &drive, part)).collect()
    }

    fn part(
        &self,
        p: &PopulationSpec,
        whole: &Cells,
        kinds: &[(SynapseSpec, Compartment)],
        levers: &[Lever],
        drive: &Column<f32>,
        cells: Range<usize>,
    ) -> Population {
        let (n, tick_ms) = (cells.len(), self.spec.tick_ms);
        let channels = kinds
            .iter()
            .map(|(synapse, compartment)| {
                Channel::new(synapse, *compartment, n, tick_ms, leak_ms(&p.cell), |name| self.modulator_idx(name))
            })
            .collect();
        let receptors = Receptors::new(levers.iter().map(|lever| lever.slice(cells.clone())).collect(), kinds.len());
        let mut part = Population::new(whole.slice(cells.clone()), n, channels, receptors, p.normalised.as_ref());
        part.first_cell = cells.start;
        part.named = self.population_idx(&p.name).unwrap_or_default();
        let division = |by: &Option<String>| Some(Division::new(self.population_idx(by.as_deref()?)?));
        part.current_by = p.normalised.as_ref().and_then(|to| division(&to.by));
        part.signal_by = p.apical.as_ref().and_then(|apical| division(&apical.by));
        part.nucleus = p.nucleus;
        part.apical = p.apical.clone();
        part.noise = p.noise;
        part.uniforms = Uniforms::new(self.seed, &format!("noise of {}", p.name));
        part.drive = drive.slice(cells);
        part.restless = !kinds.is_empty() || p.noise.is_some() || !levers.is_empty();
        if self.spec.observed(p) {
            let decay = (-tick_ms / p.trace.tau_ms).exp() as f32;
            part.observed = Some(Observed::new(n, decay, p.trace.gain as f32));
            part.spikes = vec![0.0; n];
            part.factor = vec![0.0; n];
            part.signal = vec![0.0; n];
        }
        part
    }

    /// The kinds of synapses that reach a population, each once, in the order of the projections.
    fn channel_kinds(&self, p: &PopulationSpec) -> Vec<(SynapseSpec, Compartment)> {
        let mut kinds = Vec::new();
        for projection in self.spec.projections.iter().filter(|q| q.target == p.name) {
            if let Some(kind) = self.spec.channel_kind(projection)
                && !kinds.contains(&kind)
            {
                kinds.push(kind);
            }
        }
        kinds
    }

    fn projection(
        &self,
        p: &ProjectionSpec,
        named: &[Named],
        populations: &mut [Population],
        incoming: &mut [Vec<Projection>],
    ) {
        let spec = self.spec;
        let name = projection_name(&p.source, &p.target);
        let rng = &mut stream(self.seed, &format!("synapses of {name}"));
        let (source, n_pre, transmitter) = self.source(&p.source);
        let target = &named[self.population_idx(&p.target).unwrap_or_default()];
        let n_post = target.size;
        let kind = self.spec.channel_kind(p);
        let unsigned = kind.as_ref().is_some_and(|(synapse, _)| synapse.unsigned());
        let sign = if unsigned { Some(Transmitter::Excitatory) } else { transmitter };

        let learns = p.plasticity.is_some() || p.scaling.is_some() || p.bias;
        let windows = matches!(p.plasticity, None | Some(PlasticitySpec::ThreeFactor(_))) && p.scaling.is_none();
        let dense =
            windows && p.connectivity == Connectivity::AllToAll && p.delay_ms.as_ref().is_none_or(|d| d.is_constant());
        let uniform = match p.weights {
            Dist::Constant(weight) if !learns && p.active_in_degree.is_none() => Some(signed(weight, sign)),
            _ => None,
        };
        let mut edges: Vec<Edge> = pairs(&p.connectivity, n_pre, n_post, rng)
            .into_iter()
            .map(|[source, target]| Edge { source, target, weight: 0.0, delay: 0 })
            .collect();
        weigh(&mut edges, p, sign, rng);
        if let Some(active) = p.active_in_degree {
            silence(&mut edges, n_post, active, rng);
        }
        let feedback = match p.feedback {
            Feedback::Symmetric => None,
            Feedback::Random => Some(edges.iter().map(|_| p.weights.sample(rng) as f32).collect()),
            Feedback::None => Some(Vec::new()),
        };
        let delays = delays(p, spec.tick_ms, &mut edges, rng);

        for part in target.parts.clone() {
            let population = &mut populations[part];
            let cells = population.first_cell..population.first_cell + population.len();
            let (rows, mut weights) = rows(&edges, &cells, n_pre, delays.len());
            if p.bias {
                weights.extend(std::iter::repeat_n(0.0, cells.len()));
            }
            let three_factor = match &p.plasticity {
                Some(PlasticitySpec::ThreeFactor(rule)) => {
                    Some(self.three_factor(rule, weights.len(), [n_pre + usize::from(p.bias), cells.len()]))
                }
                _ => None,
            };
            let rule = p.plasticity.as_ref().and_then(|rule| self.rule(rule, &rows, population));
            let scaling = p.scaling.as_ref().map(|scaling| Scaling::new(scaling, cells.len(), spec.tick_ms));
            let channel = kind.as_ref().and_then(|(synapse, compartment)| {
                population.channels.iter().position(|c| c.spec == *synapse && c.compartment == *compartment)
            });
            incoming[part].push(Projection {
                name: name.clone(),
                source,
                channel: channel.unwrap_or_default(),
                delays: delays.clone(),
                transmitter,
                three_factor,
                rule,
                scaling,
                feedback: feedback.clone(),
                events: 0,
                synapses: Synapses {
                    n_pre,
                    n_post: cells.len(),
                    wiring: if dense { Wiring::Dense } else { Wiring::Sparse(rows) },
                    weights: uniform.map_or(Weights::Each(weights), Weights::Same),
                    biased: p.bias,
                },
            });
        }
    }

    /// Where a projection comes from, how many there are, and what they release.
    fn source(&self, name: &str) -> (Source, usize, Option<Transmitter>) {
        if let Some(k) = self.population_idx(name) {
            return (Source::Spikes(k), self.spec.populations[k].size, self.spec.populations[k].transmitter);
        }
        let k = self.spec.ports.iter().position(|port| port.name == name).unwrap_or_default();
        let port = &self.spec.ports[k];
        let source = match port.kind {
            PortKind::Values => Source::Port(k),
            PortKind::Spikes => {
                let before = self.spec.ports[..k].iter().filter(|p| p.kind == PortKind::Spikes).count();
                Source::Spikes(self.spec.populations.len() + before)
            }
        };
        (source, port.size, None)
    }

    /// One history for each population, then for each port of spikes, as long as the longest delay from there.
    fn histories(&self) -> Vec<History> {
        let ports = self.spec.ports.iter().filter(|p| p.kind == PortKind::Spikes).map(|p| (&p.name, p.size));
        let sources = self.spec.populations.iter().map(|p| (&p.name, p.size)).chain(ports);
        sources
            .map(|(name, size)| {
                let delays = self
                    .spec
                    .projections
                    .iter()
                    .filter(|p| p.source == *name)
                    .map(|p| p.delay_ms.as_ref().map_or(1, |d| ticks(d.support()[1], self.spec.tick_ms) as usize));
                History::new(delays.max().unwrap_or(1), size)
            })
            .collect()
    }

    fn releases(&self) -> Vec<Release> {
        let of = |m: usize| {
            self.spec.modulators[m].sources.iter().map(move |s| Release {
                modulator: m,
                population: self.population_idx(&s.population).unwrap_or_default(),
                per_spike: s.per_spike as f32,
                tonic: s.tonic as f32,
            })
        };
        (0..self.spec.modulators.len()).flat_map(of).collect()
    }

    fn readout(&self, r: &crate::ReadoutSpec, named: &[Named]) -> Readout {
        let rng = &mut stream(self.seed, &format!("weights of readout {}", r.name));
        let source = self.population_idx(&r.source).unwrap_or_default();
        let n = named[source].size;
        let mut weights = vec![0.0; r.size * (n + 1)];
        for (output, row) in weights.chunks_exact_mut(n + 1).enumerate() {
            for cell in choose_some(r.active_in_degree.unwrap_or(n), n, rng) {
                row[cell] = r.weights.nth(output * n + cell, rng) as f32;
            }
        }
        let feedback = match r.feedback {
            Feedback::Symmetric => None,
            Feedback::Random => Some(weights.iter().map(|_| r.weights.sample(rng) as f32).collect()),
            Feedback::None => Some(Vec::new()),
        };
        Readout {
            name: r.name.clone(),
            source: named[source].parts.start,
            three_factor: r.plasticity.as_ref().map(|rule| self.three_factor(rule, weights.len(), [r.size, n + 1])),
            weights,
            feedback,
            values: vec![0.0; r.size],
            error: vec![0.0; r.size],
        }
    }

    /// A rule that acts within the ticks, and the arrays that it wants of the cells.
    fn rule(&self, rule: &PlasticitySpec, rows: &Rows, population: &mut Population) -> Option<Plasticity> {
        let n = population.len();
        let modulators: Vec<usize> = rule.modulators().into_iter().map(|name| self.modulator_idx(name)).collect();
        let cell = &self.spec.populations[population.named].cell;
        let of_cells = |name: &str| match cell.dists().iter().position(|(parameter, ..)| *parameter == name) {
            Some(k) => (0..n).map(|i| population.cells.nominal(k).get(i) as f32).collect(),
            None => Vec::new(),
        };
        let post =
            PostParameters { beta: of_cells("beta"), tau_a_ms: of_cells("tau_a_ms"), tau_m_ms: of_cells("tau_m_ms") };
        let plasticity = Plasticity::new(rule, &modulators, rows, n, &post, self.spec.tick_ms)?;
        for array in [&mut population.spikes, &mut population.factor, &mut population.signal] {
            array.resize(n, 0.0);
        }
        if matches!(rule, PlasticitySpec::Mdgl(_)) {
            population.broadcast.resize(n, 0.0);
        }
        Some(plasticity)
    }

    fn three_factor(&self, rule: &ThreeFactorSpec, n: usize, shape: [usize; 2]) -> ThreeFactor {
        let budget_modulator = rule.budget_modulator.as_ref().map(|name| self.modulator_idx(name));
        ThreeFactor::new(rule, n, shape, self.modulator_idx(&rule.modulator), budget_modulator)
    }
}

/// The membrane time constant of leaky cells that have all the same.
fn leak_ms(cell: &CellSpec) -> Option<f64> {
    match cell {
        CellSpec::Lif(cell) if cell.tau_m_ms.is_constant() => Some(cell.tau_m_ms.centre()),
        _ => None,
    }
}

/// A delay in ticks.
pub(crate) fn ticks(delay_ms: f64, tick_ms: f64) -> u32 {
    (delay_ms / tick_ms).round() as u32
}

impl Dist {
    /// Uniform in ±1/√fan-in: the start of a layer with this many inputs.
    #[must_use]
    pub fn fan_in(n: usize) -> Self {
        let bound = 1.0 / (n.max(1) as f64).sqrt();
        Self::uniform(-bound, bound)
    }

    /// Whether it is the same value everywhere.
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }
}
