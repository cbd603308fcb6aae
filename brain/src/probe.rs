//! Probes at work: what they see is written down in memory, and nothing that they do reaches the network.

use crate::{
    Modulator, Network, ProbeSpec,
    history::History,
    kernel::flush,
    network::Named,
    population::Population,
    projection::Projection,
    spec::{Watched, projection_name},
};

/// Variable of a population: its spikes.
pub(crate) const SPIKES: &str = "spikes";
/// Variable of a population: the current into the soma.
pub(crate) const INPUT: &str = "input";
/// Variable of a population: filtered spikes.
pub(crate) const RATE: &str = "rate";
/// Variable of a projection: its weights.
pub(crate) const WEIGHT: &str = "weight";
/// Variable of a projection: eligibility, or tags.
pub(crate) const ELIGIBILITY: &str = "eligibility";
/// Variable of a modulator.
pub(crate) const LEVEL: &str = "level";

/// Handle of a probe: its place in the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeId(pub(crate) usize);

/// One value that a probe saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Which probe.
    pub probe: ProbeId,
    /// Ticks of life that had passed at the time of the sample, and at the end of the tick of a spike.
    pub tick: u64,
    /// Cell within its population; of a projection, place in [`Network::probed_synapses`]; of a modulator, 0.
    pub index: u32,
    /// The value; of a spike, its size.
    pub value: f32,
}

/// A synapse that a probe watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbedSynapse {
    /// Source cell within its population or port.
    pub source: u32,
    /// Target cell within its population.
    pub target: u32,
    /// Delay in ticks; zero from a port of values.
    pub delay_ticks: u32,
}

/// A probe while the network runs.
pub(crate) struct Probe {
    name: String,
    reads: Reads,
    /// First tick of a sample, last one, and ticks from one to the next.
    first: u64,
    last: u64,
    every: u64,
    only_changes: bool,
    /// What was recorded last of each value, if only changes are recorded.
    recorded: Vec<f32>,
}

/// What a probe reads.
enum Reads {
    /// Spikes of a population; of these cells, if some were chosen.
    Spikes { population: usize, chosen: Option<Vec<bool>> },
    /// A variable of cells.
    Cells { variable: Variable, cells: Vec<CellPlace> },
    /// Filtered spikes of cells: what is left of them after a tick, the rise in Hz by one, and the rates now.
    Rates { population: usize, cells: Vec<u32>, decay: f32, rise: f32, rates: Vec<f32> },
    /// Weights, or eligibility, of synapses.
    Synapses { eligibility: bool, synapses: Vec<ProbedSynapse>, places: Vec<EdgePlace> },
    /// A concentration.
    Modulator(usize),
}

enum Variable {
    /// A state variable, or what the synapses of a kind hold together.
    Named(String),
    Input,
}

/// Where a cell lives: which part, and its place in there.
struct CellPlace {
    cell: u32,
    part: u32,
    at: u32,
}

/// Where a synapse lives: onto which part, in which projection of it, and its place in there.
#[derive(Clone, Copy)]
struct EdgePlace {
    part: u32,
    projection: u32,
    edge: u32,
}

/// What there is to see.
pub(crate) struct Scene<'a> {
    pub named: &'a [Named],
    pub populations: &'a [Population],
    pub incoming: &'a [Vec<Projection>],
    pub histories: &'a [History],
    pub modulators: &'a [Modulator],
}

impl Probe {
    /// A probe on what is there; validation has found every name.
    pub(crate) fn new(spec: &ProbeSpec, network: &Network) -> Self {
        let (tick_ms, scene) = (network.tick_ms, network.scene());
        let ticks = |ms: f64| (ms / tick_ms).round() as u64;
        let reads = match spec.watched() {
            Some(Watched::Population(name, variable)) => {
                let k = scene.named.iter().position(|named| named.name == name).unwrap_or_default();
                let chosen = spec.cells.as_ref().map(crate::CellChoice::cells);
                let trace_tau_ms = network.spec.populations[k].trace.tau_ms;
                Reads::of_population(&scene, k, variable, chosen, trace_tau_ms, tick_ms)
            }
            Some(Watched::Projection(source, target)) => {
                let chosen = spec.cells.as_ref().map(crate::CellChoice::cells);
                let (name, eligibility) =
                    (projection_name(source, target), spec.variable.as_deref() == Some(ELIGIBILITY));
                let (synapses, places) = synapses(&scene, &name, chosen.as_deref(), eligibility);
                Reads::Synapses { eligibility, synapses, places }
            }
            Some(Watched::Modulator(name)) => {
                Reads::Modulator(network.modulator_names.iter().position(|m| m == name).unwrap_or_default())
            }
            None => Reads::Modulator(0),
        };
        let mut probe = Self {
            name: spec.name.clone(),
            reads,
            first: ticks(spec.start_ms),
            last: spec.stop_ms.map_or(u64::MAX, ticks),
            every: spec.every_ms.map_or(1, ticks).max(1),
            only_changes: spec.only_changes,
            recorded: Vec::new(),
        };
        probe.forget();
        probe
    }

    /// Forgets what it saw before: rates start at zero, and the next sample is a whole one.
    pub(crate) fn forget(&mut self) {
        if let Reads::Rates { rates, .. } = &mut self.reads {
            rates.fill(0.0);
        }
        if self.only_changes {
            // No value is this one, bit for bit: what runs is finite.
            self.recorded = vec![f32::NAN; self.reads.len()];
        }
    }

    /// Writes down what there is to see after `tick` ticks of life; `lived` says whether a tick has just passed.
    pub(crate) fn watch(&mut self, id: ProbeId, scene: &Scene, tick: u64, lived: bool, records: &mut Vec<Record>) {
        if let (Reads::Rates { population, cells, decay, rise, rates }, true) = (&mut self.reads, lived) {
            rates.iter_mut().for_each(|rate| *rate = flush(*decay * *rate));
            for (cell, size) in scene.histories[*population].at(tick - 1, 0) {
                if let Ok(at) = cells.binary_search(cell) {
                    rates[at] += *rise * size;
                }
            }
        }
        let due = (self.first..=self.last).contains(&tick) && (tick - self.first).is_multiple_of(self.every);
        if !due {
            return;
        }
        let (only_changes, recorded) = (self.only_changes, &mut self.recorded);
        let mut at = 0;
        let mut note = |index: u32, value: f32| {
            if only_changes {
                let before = std::mem::replace(&mut recorded[at], value);
                at += 1;
                if before.to_bits() == value.to_bits() {
                    return;
                }
            }
            records.push(Record { probe: id, tick, index, value });
        };
        match &self.reads {
            Reads::Spikes { population, chosen } if lived => {
                for &(cell, size) in scene.histories[*population].at(tick - 1, 0) {
                    if chosen.as_ref().is_none_or(|chosen| chosen[cell as usize]) {
                        note(cell, size);
                    }
                }
            }
            Reads::Spikes { .. } => {}
            Reads::Cells { variable, cells } => {
                let mut seen = Seen::default();
                for place in cells {
                    note(place.cell, seen.value(scene, variable, place));
                }
            }
            Reads::Rates { cells, rates, .. } => cells.iter().zip(rates).for_each(|(cell, rate)| note(*cell, *rate)),
            Reads::Synapses { eligibility, places, .. } => {
                for (index, place) in places.iter().enumerate() {
                    let projection = &scene.incoming[place.part as usize][place.projection as usize];
                    let edge = place.edge as usize;
                    note(
                        index as u32,
                        if *eligibility { projection.eligibility(edge) } else { projection.weight(edge) },
                    );
                }
            }
            Reads::Modulator(modulator) => note(0, scene.modulators[*modulator].level()),
        }
    }
}

impl Reads {
    fn of_population(
        scene: &Scene,
        k: usize,
        variable: &str,
        chosen: Option<Vec<u32>>,
        trace_tau_ms: f64,
        tick_ms: f64,
    ) -> Self {
        let size = scene.named[k].size;
        let all = || (0..size as u32).collect();
        match variable {
            SPIKES => {
                let flags = |cells: Vec<u32>| {
                    let mut flags = vec![false; size];
                    cells.into_iter().for_each(|cell| flags[cell as usize] = true);
                    flags
                };
                Self::Spikes { population: k, chosen: chosen.map(flags) }
            }
            RATE => {
                let decay = (-tick_ms / trace_tau_ms).exp();
                let cells: Vec<u32> = chosen.unwrap_or_else(all);
                let rates = vec![0.0; cells.len()];
                let rise = ((1.0 - decay) * 1000.0 / tick_ms) as f32;
                Self::Rates { population: k, cells, decay: decay as f32, rise, rates }
            }
            name => {
                let variable = if name == INPUT { Variable::Input } else { Variable::Named(name.to_owned()) };
                let parts = scene.named[k].parts.clone();
                let place = |cell: u32| {
                    let holds = |part: &usize| scene.populations[*part].first_cell <= cell as usize;
                    let part = parts.clone().rev().find(holds).unwrap_or(parts.start);
                    let at = cell - scene.populations[part].first_cell as u32;
                    CellPlace { cell, part: part as u32, at }
                };
                Self::Cells { variable, cells: chosen.unwrap_or_else(all).into_iter().map(place).collect() }
            }
        }
    }

    /// Number of values in a sample.
    fn len(&self) -> usize {
        match self {
            Self::Spikes { .. } => 0,
            Self::Cells { cells, .. } => cells.len(),
            Self::Rates { cells, .. } => cells.len(),
            Self::Synapses { places, .. } => places.len(),
            Self::Modulator(_) => 1,
        }
    }
}

/// The arrays of the part that was looked at last, so that names are looked up once for each part.
#[derive(Default)]
struct Seen<'a> {
    part: Option<u32>,
    arrays: Vec<&'a [f32]>,
}

impl<'a> Seen<'a> {
    fn value(&mut self, scene: &Scene<'a>, variable: &Variable, place: &CellPlace) -> f32 {
        if self.part != Some(place.part) {
            self.part = Some(place.part);
            self.arrays.clear();
            let population = &scene.populations[place.part as usize];
            match variable {
                Variable::Input => self.arrays.push(population.input()),
                Variable::Named(name) => match population.cells.state(name) {
                    Some(values) => self.arrays.push(values),
                    None => {
                        let of_kind = population.channels.iter().filter(|c| c.spec.name() == name);
                        self.arrays.extend(of_kind.map(|c| &*c.x));
                    }
                },
            }
        }
        self.arrays.iter().map(|values| values[place.at as usize]).sum()
    }
}

/// The synapses of the projections called `name` onto the cells `chosen`, in the order of the projections, then of
/// source, delay and target, however populations are cut into parts; perhaps only those with an eligibility.
fn synapses(scene: &Scene, name: &str, chosen: Option<&[u32]>, eligible: bool) -> (Vec<ProbedSynapse>, Vec<EdgePlace>) {
    let mut found: Vec<(usize, ProbedSynapse, EdgePlace)> = Vec::new();
    for (part, (population, incoming)) in scene.populations.iter().zip(scene.incoming).enumerate() {
        let of_name = incoming.iter().enumerate().filter(|(_, p)| p.name == name && (!eligible || p.has_eligibility()));
        for (nth, (k, projection)) in of_name.enumerate() {
            for (edge, (source, target, _, delay_ticks)) in projection.edges().enumerate() {
                let target = (population.first_cell + target) as u32;
                if chosen.is_none_or(|chosen| chosen.binary_search(&target).is_ok()) {
                    let synapse = ProbedSynapse { source: source as u32, target, delay_ticks };
                    let place = EdgePlace { part: part as u32, projection: k as u32, edge: edge as u32 };
                    found.push((nth, synapse, place));
                }
            }
        }
    }
    found.sort_by_key(|(nth, s, _)| (*nth, s.source, s.delay_ticks, s.target));
    found.into_iter().map(|(_, synapse, place)| (synapse, place)).unzip()
}

impl Network {
    pub(crate) fn scene(&self) -> Scene<'_> {
        Scene {
            named: &self.named,
            populations: &self.populations,
            incoming: &self.incoming,
            histories: &self.histories,
            modulators: &self.modulators,
        }
    }

    /// All probes look.
    pub(crate) fn watch(&mut self, lived: bool) {
        if self.probes.is_empty() {
            return;
        }
        let (mut probes, mut records) = (std::mem::take(&mut self.probes), std::mem::take(&mut self.records));
        let scene = self.scene();
        for (k, probe) in probes.iter_mut().enumerate() {
            probe.watch(ProbeId(k), &scene, self.tick, lived, &mut records);
        }
        (self.probes, self.records) = (probes, records);
    }

    /// Hands out what the probes have recorded since the last call, in order of time, then of the probes.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// The probe called `name`.
    #[must_use]
    pub fn probe(&self, name: &str) -> Option<ProbeId> {
        self.probes.iter().position(|p| p.name == name).map(ProbeId)
    }

    /// Handles of all probes, in the order of the spec.
    pub fn probes(&self) -> impl Iterator<Item = ProbeId> + use<> {
        (0..self.probes.len()).map(ProbeId)
    }

    /// The synapses that a probe watches, in the order of the indices of its records; none, if it watches no projection.
    #[must_use]
    pub fn probed_synapses(&self, probe: ProbeId) -> &[ProbedSynapse] {
        match &self.probes[probe.0].reads {
            Reads::Synapses { synapses, .. } => synapses,
            _ => &[],
        }
    }
}

impl ProbeId {
    /// Place of the probe in the spec.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}
