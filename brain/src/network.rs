//! The engine: runs a [`NetworkSpec`](crate::NetworkSpec), tick by tick and window by window.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;

use crate::{
    NetworkSpec,
    history::{Fired, History},
    log::SpikeLog,
    modulator::Modulator,
    population::Population,
    probe::{Probe, Record},
    projection::{Projection, Source},
    readout::Readout,
    rng::Rng,
};

/// Handle of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortId(pub(crate) usize);
/// Handle of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PopulationId(pub(crate) usize);
/// Handle of a readout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadoutId(pub(crate) usize);
/// Handle of a modulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModulatorId(pub(crate) usize);

/// A port while it runs.
pub(crate) struct Port {
    pub name: String,
    pub values: Vec<f32>,
    /// The values of the window that was lived.
    pub lived: Vec<f32>,
    /// Values set for the next window.
    pub next: Vec<f32>,
    /// Spikes sent for the next tick, of a port of spikes.
    pub sent: Vec<Fired>,
    /// Index among all that spike, of a port of spikes.
    pub spiking: Option<usize>,
}

/// A population as the spec names it, and the parts that it was cut into.
pub(crate) struct Named {
    pub name: String,
    pub size: usize,
    pub parts: Range<usize>,
    /// Index of its first cell among all cells.
    pub first_cell: usize,
}

/// Cells that release a modulator.
pub(crate) struct Release {
    pub modulator: usize,
    pub population: usize,
    pub per_spike: f32,
    /// Spikes in a tick that uptake balances.
    pub tonic: f32,
}

/// A network that runs.
///
/// Time passes in windows, one for each control step. Values at the ports are held within a window.
/// Learning in windows concerns the window before the last, the *lived* one, because the last one tells how it turned
/// out: `set_port, think` (now) → `release` → `learn` (lived). Rules that spikes drive act within the ticks.
pub struct Network {
    pub(crate) spec: Arc<NetworkSpec>,
    pub(crate) seed: u64,
    pub(crate) tick_ms: f64,
    /// Ticks since the start of life.
    pub(crate) tick: u64,
    /// Ticks of all answers so far.
    pub(crate) answered: u64,
    /// Length of the lived window in ticks.
    pub(crate) lived_ticks: u32,
    pub(crate) now_ticks: u32,
    pub(crate) ports: Vec<Port>,
    pub(crate) named: Vec<Named>,
    /// The parts of all populations, in the order of the spec.
    pub(crate) populations: Vec<Population>,
    /// The synapses onto each part.
    pub(crate) incoming: Vec<Vec<Projection>>,
    /// Spikes of the last ticks: of each named population, then of each port of spikes.
    pub(crate) histories: Vec<History>,
    pub(crate) readouts: Vec<Readout>,
    pub(crate) modulators: Vec<Modulator>,
    pub(crate) modulator_names: Vec<String>,
    pub(crate) releases: Vec<Release>,
    pub(crate) spikes: SpikeLog,
    /// Spikes of each named population in the window that runs.
    pub(crate) fired_in_window: Vec<f32>,
    /// Which of them divide what others get.
    pub(crate) divides: Vec<bool>,
    pub(crate) reset_rng: Rng,
    pub(crate) threads: usize,
    pub(crate) pool: Option<rayon::ThreadPool>,
    pub(crate) probes: Vec<Probe>,
    pub(crate) records: Vec<Record>,
}

impl Network {
    /// Sets the values of a port for the coming windows.
    ///
    /// # Panics
    /// If `values` has another length than the port.
    pub fn set_port(&mut self, port: PortId, values: &[f32]) {
        self.ports[port.0].next.copy_from_slice(values);
    }

    /// Sends a spike from a port of spikes: it fires in the next tick that runs. A port of values takes no notice.
    ///
    /// # Panics
    /// If the port has no cell of that number.
    pub fn send_spike(&mut self, port: PortId, cell: u32) {
        let port = &mut self.ports[port.0];
        assert!(
            (cell as usize) < port.values.len(),
            "port '{}' has {} cells, no cell {cell}",
            port.name,
            port.values.len()
        );
        if port.spiking.is_some() {
            port.sent.push((cell, 1.0));
        }
    }

    /// Runs a window: `ticks` ticks under the values at the ports. On one thread it allocates nothing, once the lists of
    /// spikes have grown to their need; probes and the rule MDGL do.
    pub fn think(&mut self, ticks: u32) {
        match self.pool.take() {
            None => self.run(ticks),
            Some(pool) => {
                pool.install(|| self.run(ticks));
                self.pool = Some(pool);
            }
        }
    }

    /// The nuclei answer what stands at their ports: they alone live for so many ticks, at the end of the window that ran last,
    /// and release their modulators, which fade meanwhile. Time does not go on for the others. Allocates nothing.
    pub fn answer(&mut self, ticks: u32) {
        let Self { populations, incoming, ports, modulators, .. } = self;
        for (nucleus, incoming) in populations.iter_mut().zip(&*incoming).filter(|(p, _)| p.nucleus) {
            nucleus.begin_window();
            for projection in incoming {
                if let Source::Port(port) = projection.source {
                    projection.synapses.add_all(&ports[port].next, &mut nucleus.held);
                }
                crate::kernel::add_scaled(&mut nucleus.held, 1.0, projection.synapses.bias());
            }
        }
        for tick in 0..ticks {
            for nucleus in populations.iter_mut().filter(|p| p.nucleus) {
                nucleus.tick(modulators, self.answered, tick == 0);
                let named = &self.named[nucleus.named];
                self.spikes.add(
                    self.now_ticks.saturating_sub(1),
                    named.first_cell + nucleus.first_cell,
                    &nucleus.fired,
                );
                self.histories[nucleus.named].count += nucleus.fired.len() as u64;
            }
            let of_nucleus = |population: usize| populations[self.named[population].parts.start].nucleus;
            // What was released before fades first: at the end of the answer, what was fired last is there as it is.
            for (idx, modulator) in modulators.iter_mut().enumerate() {
                if self.releases.iter().any(|release| release.modulator == idx && of_nucleus(release.population)) {
                    modulator.tick();
                }
            }
            for release in self.releases.iter().filter(|release| of_nucleus(release.population)) {
                let fired =
                    populations[self.named[release.population].parts.clone()].iter().flat_map(|part| &part.fired);
                let spikes = fired.map(|(_, size)| size).sum::<f32>();
                modulators[release.modulator].release(release.per_spike * (spikes - release.tonic));
            }
            self.answered += 1;
        }
    }

    fn run(&mut self, ticks: u32) {
        self.begin_window();
        if self.tick == 0 && ticks > 0 {
            self.watch(false);
        }
        for tick in 0..ticks {
            self.advance(tick == 0);
            self.gather(tick);
            self.broadcast();
            self.modulators.iter_mut().for_each(Modulator::tick);
            self.tick += 1;
            self.watch(true);
        }
        self.end_window(ticks);
    }

    fn begin_window(&mut self) {
        self.spikes.clear();
        self.fired_in_window.fill(0.0);
        self.lived_ticks = self.now_ticks;
        for port in &mut self.ports {
            std::mem::swap(&mut port.values, &mut port.lived);
            port.values.copy_from_slice(&port.next);
        }
        for (population, incoming) in self.populations.iter_mut().zip(&self.incoming).filter(|(p, _)| !p.nucleus) {
            population.begin_window();
            for projection in incoming {
                if let Source::Port(port) = projection.source {
                    projection.synapses.add_all(&self.ports[port].values, &mut population.held);
                }
                crate::kernel::add_scaled(&mut population.held, 1.0, projection.synapses.bias());
            }
        }
    }

    /// All parts live through a tick. Each hears only of earlier ticks, so that none waits for another.
    fn advance(&mut self, first_of_window: bool) {
        let (histories, modulators, tick) = (&self.histories, &self.modulators, self.tick);
        let live = |population: &mut Population, incoming: &mut [Projection]| {
            if population.nucleus {
                return;
            }
            for projection in &mut *incoming {
                projection.begin_tick(modulators);
                if let Source::Spikes(source) = projection.source {
                    let (arrivals, gain) = population.channels[projection.channel].arrivals();
                    projection.deliver(&histories[source], tick, arrivals, gain);
                }
            }
            population.tick(modulators, tick, first_of_window);
            for projection in incoming {
                projection.end_tick(&population.fired, &population.post_signals());
            }
        };
        if self.threads > 1 {
            let parts = self.populations.par_iter_mut().zip(self.incoming.par_iter_mut());
            parts.for_each(|(population, incoming)| live(population, incoming));
        } else {
            let parts = self.populations.iter_mut().zip(self.incoming.iter_mut());
            parts.for_each(|(population, incoming)| live(population, incoming));
        }
    }

    /// Spikes of the tick become known to all: to those that listen, to the log, and as releases of modulators.
    fn gather(&mut self, tick_of_window: u32) {
        for (at, (named, history)) in self.named.iter().zip(&mut self.histories).enumerate() {
            let row = history.begin(self.tick);
            match &mut self.populations[named.parts.clone()] {
                [nucleus, ..] if nucleus.nucleus => {}
                // The part fills the emptied row in the next tick.
                [whole] => std::mem::swap(row, &mut whole.fired),
                parts => {
                    for part in parts {
                        let first = part.first_cell as u32;
                        row.extend(part.fired.iter().map(|&(cell, size)| (first + cell, size)));
                    }
                }
            }
            if self.divides[at] {
                self.fired_in_window[at] += row.iter().map(|(_, size)| size).sum::<f32>();
            }
            self.spikes.add(tick_of_window, named.first_cell, row);
            history.count += row.len() as u64;
        }
        for port in &mut self.ports {
            if let Some(spiking) = port.spiking {
                self.histories[spiking].begin(self.tick).append(&mut port.sent);
            }
        }
        for release in &self.releases {
            if self.populations[self.named[release.population].parts.start].nucleus {
                continue;
            }
            let fired = self.histories[release.population].at(self.tick, 0);
            let spikes = fired.iter().map(|(_, size)| size).sum::<f32>() - release.tonic;
            if spikes != 0.0 {
                self.modulators[release.modulator].release(release.per_spike * spikes);
            }
        }
    }

    /// Signals of the targets of each cell reach it, by cell type, for the rule that wants them.
    fn broadcast(&mut self) {
        if self.populations.iter().all(|part| part.broadcast.is_empty()) {
            return;
        }
        for part in &mut self.populations {
            part.broadcast.fill(0.0);
        }
        for target in 0..self.populations.len() {
            let secreted = self.populations[target].secretion();
            for projection in &self.incoming[target] {
                let Source::Spikes(source) = projection.source else { continue };
                let Some(source) = self.named.get(source) else { continue };
                let weights = projection.weights_now();
                let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
                let mut heard = vec![0.0; source.size];
                projection.edges().for_each(|(cell, target, ..)| heard[cell] += secreted[target]);
                for part in &mut self.populations[source.parts.clone()] {
                    let first = part.first_cell;
                    part.broadcast.iter_mut().zip(&heard[first..]).for_each(|(sum, heard)| *sum += mean * heard);
                }
            }
        }
    }

    /// Sets the learning signal of each cell of a population, for rules that want one; it stays until it is set again.
    ///
    /// # Panics
    /// If `signal` has another length than the population.
    pub fn set_learning_signal(&mut self, population: PopulationId, signal: &[f32]) {
        let named = &self.named[population.0];
        assert_eq!(signal.len(), named.size, "a signal for each cell of population '{}'", named.name);
        for part in &mut self.populations[named.parts.clone()] {
            if !part.signal.is_empty() {
                part.signal.copy_from_slice(&signal[part.first_cell..part.first_cell + part.held.len()]);
            }
        }
    }

    fn end_window(&mut self, ticks: u32) {
        self.now_ticks = ticks;
        for population in self.populations.iter_mut().filter(|p| !p.nucleus) {
            population.end_window(ticks);
            for division in [&mut population.current_by, &mut population.signal_by].into_iter().flatten() {
                division.take_in(self.fired_in_window[division.by]);
            }
        }
        self.refresh_readouts();
    }

    /// Releases a modulator: positive for a burst, negative for a pause.
    pub fn release(&mut self, modulator: ModulatorId, amount: f32) {
        self.modulators[modulator.0].release(amount);
    }

    /// Keeps the concentration of a modulator at `level`, whatever is released or taken up, until it is let go: a clamp
    /// that comes and goes while the network runs. It is part of the state.
    pub fn hold(&mut self, modulator: ModulatorId, level: f32) {
        self.modulators[modulator.0].hold(level);
    }

    /// Lets go of a modulator that was held; it returns to its tonic level from where it is.
    pub fn let_go(&mut self, modulator: ModulatorId) {
        self.modulators[modulator.0].let_go();
    }

    /// A modulator.
    #[must_use]
    pub fn modulator(&self, modulator: ModulatorId) -> &Modulator {
        &self.modulators[modulator.0]
    }

    /// Starts a new episode: membranes, currents, filters and eligibility are at rest, membrane potentials drawn anew;
    /// weights and modulators stay.
    pub fn reset_state(&mut self) {
        for population in &mut self.populations {
            population.cells.reset(&mut self.reset_rng);
            population.reset();
        }
        self.draw_starts();
        self.histories.iter_mut().for_each(History::clear);
        for port in &mut self.ports {
            port.values.fill(0.0);
            port.lived.fill(0.0);
            port.sent.clear();
        }
        let of_projections = self.incoming.iter_mut().flatten().filter_map(|p| p.three_factor.as_mut());
        for rule in of_projections.chain(self.readouts.iter_mut().filter_map(|r| r.three_factor.as_mut())) {
            rule.forget();
        }
        for projection in self.incoming.iter_mut().flatten() {
            if let Some(rule) = &mut projection.rule {
                rule.reset_state(projection.synapses.weights.each_mut());
            }
        }
        self.probes.iter_mut().for_each(Probe::forget);
    }

    /// Starts a new life: everything is as it was when the network was built.
    ///
    /// # Errors
    /// None that building the network did not meet.
    pub fn reset_all(&mut self) -> Result<(), crate::BrainError> {
        *self = Self::with_threads(&self.spec, self.seed, self.threads)?;
        Ok(())
    }

    /// Draws the state variables whose start the spec gives, in the order of the cells, however they are cut into parts.
    /// Variables that share a name, such as channels of one kind, start alike.
    fn draw_starts(&mut self) {
        let spec = Arc::clone(&self.spec);
        for (population, named) in spec.populations.iter().zip(&self.named) {
            for (name, dist) in &population.start {
                let rng = &mut self.reset_rng;
                let starts: Vec<f32> = (0..named.size).map(|cell| dist.nth(cell, rng) as f32).collect();
                for part in &mut self.populations[named.parts.clone()] {
                    let share = &starts[part.first_cell..part.first_cell + part.len()];
                    part.visit(&mut |state, values| {
                        if state == name {
                            values.copy_from_slice(share);
                        }
                    });
                }
            }
        }
    }
}
