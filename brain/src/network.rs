//! The engine: runs a [`NetworkSpec`](crate::NetworkSpec), tick by tick and window by window.

use crate::{
    modulator::Modulator,
    population::Population,
    projection::{Projection, Source},
    readout::Readout,
    rng::Rng,
};

/// Handle of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortId(usize);
/// Handle of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PopulationId(usize);
/// Handle of a readout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadoutId(usize);
/// Handle of a modulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModulatorId(pub(crate) usize);

/// One spike, or burst, of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// Tick since the start of the window.
    pub tick: u32,
    /// Cell, counted through all populations in the order of the spec.
    pub cell: u32,
    /// Size: 1 for a spike or a full burst.
    pub size: f32,
}

/// A port while it runs.
pub(crate) struct Port {
    pub name: String,
    pub values: Vec<f32>,
    /// The values of the window that was lived.
    pub lived: Vec<f32>,
    /// Values set for the next window.
    pub next: Vec<f32>,
}

/// A network that runs.
///
/// Time passes in windows, one for each control step. Values at the ports are held within a window.
/// Learning concerns the window before the last, the *lived* one, because the last one tells how it turned out:
/// `set_port, think` (now) → `release` → `learn` (lived).
pub struct Network {
    pub(crate) tick_ms: f64,
    /// Ticks since the start of life.
    pub(crate) tick: u64,
    /// Length of the lived window in ticks.
    pub(crate) lived_ticks: u32,
    pub(crate) now_ticks: u32,
    pub(crate) ports: Vec<Port>,
    pub(crate) populations: Vec<Population>,
    pub(crate) projections: Vec<Projection>,
    pub(crate) readouts: Vec<Readout>,
    pub(crate) modulators: Vec<Modulator>,
    pub(crate) modulator_names: Vec<String>,
    pub(crate) spikes: Vec<Spike>,
    pub(crate) reset_rng: Rng,
}

impl Network {
    /// Sets the values of a port for the coming windows.
    ///
    /// # Panics
    /// If `values` has another length than the port.
    pub fn set_port(&mut self, port: PortId, values: &[f32]) {
        self.ports[port.0].next.copy_from_slice(values);
    }

    /// Runs a window: `ticks` ticks under the values at the ports. Allocates nothing.
    pub fn think(&mut self, ticks: u32) {
        self.begin_window();
        for tick in 0..ticks {
            self.deliver();
            self.integrate(tick == 0);
            self.fire(tick);
            self.modulators.iter_mut().for_each(Modulator::tick);
            self.tick += 1;
        }
        self.end_window(ticks);
    }

    fn begin_window(&mut self) {
        self.spikes.clear();
        self.lived_ticks = self.now_ticks;
        for port in &mut self.ports {
            std::mem::swap(&mut port.values, &mut port.lived);
            port.values.copy_from_slice(&port.next);
        }
        self.populations.iter_mut().for_each(Population::begin_window);
        for projection in &self.projections {
            let held = &mut self.populations[projection.target].held;
            if let Source::Port(port) = projection.source {
                projection.synapses.add_all(&self.ports[port].values, held);
            }
            crate::kernel::add_scaled(held, 1.0, projection.synapses.bias());
        }
    }

    /// Spikes that are due arrive at their synapses.
    fn deliver(&mut self) {
        for projection in &mut self.projections {
            let Source::Population(source) = projection.source else { continue };
            let source = &self.populations[source];
            let rows = source.active.len() as u64;
            // Before the first spikes of life, the rows are empty, whichever is read.
            let row = ((self.tick + rows - projection.delay_ticks as u64) % rows) as usize;
            let n = source.len();
            projection.deliver(&source.active[row], &source.spikes[row * n..(row + 1) * n]);
        }
    }

    /// Synaptic currents sum up in each population, and basket cells normalise them.
    fn integrate(&mut self, first_tick: bool) {
        for population in &mut self.populations {
            if population.hears_spikes || first_tick {
                population.current.copy_from_slice(&population.held);
            }
        }
        for projection in &self.projections {
            if let Source::Population(_) = projection.source {
                let current = &mut self.populations[projection.target].current;
                crate::kernel::add_scaled(current, 1.0, &projection.current);
            }
        }
        for population in &mut self.populations {
            if population.hears_spikes || first_tick {
                population.integrate();
            }
        }
    }

    /// Somata integrate and spike; traces follow.
    fn fire(&mut self, tick_of_window: u32) {
        let mut first_cell = 0;
        for population in &mut self.populations {
            let gain = population
                .receptors
                .iter()
                .map(|r| (1.0 + r.effect * self.modulators[r.modulator].phasic()).max(0.0))
                .product();
            population.fire(gain, self.tick);
            let rows = population.active.len() as u64;
            let row = (self.tick % rows) as usize;
            let n = population.len();
            for &cell in &population.active[row] {
                // The log has a fixed room, so that thinking allocates nothing; a longer window keeps its first spikes.
                if self.spikes.len() < self.spikes.capacity() {
                    let size = population.spikes[row * n + cell as usize];
                    self.spikes.push(Spike { tick: tick_of_window, cell: first_cell + cell, size });
                }
            }
            first_cell += n as u32;
        }
    }

    fn end_window(&mut self, ticks: u32) {
        self.now_ticks = ticks;
        for population in &mut self.populations {
            population.end_window(ticks);
        }
        self.refresh_readouts();
    }

    /// Reads all outputs of the last window again, with today's weights.
    pub fn refresh_readouts(&mut self) {
        for readout in &mut self.readouts {
            readout.refresh(&self.populations[readout.source].now.rate);
        }
    }

    /// Outputs of a readout after the last window.
    #[must_use]
    pub fn readout(&self, readout: ReadoutId) -> &[f32] {
        &self.readouts[readout.0].values
    }

    /// Filtered rates that a readout reads, after the last window: one for each cell of its source.
    #[must_use]
    pub fn rates_of_readout(&self, readout: ReadoutId) -> &[f32] {
        let source = &self.populations[self.readouts[readout.0].source];
        &source.now.rate[..source.len()]
    }

    /// Writes what a readout says of the lived window with today's weights.
    pub fn read_lived(&self, readout: ReadoutId, out: &mut [f32]) {
        let readout = &self.readouts[readout.0];
        readout.read(&self.populations[readout.source].lived.rate, out);
    }

    /// Sets the error on the outputs of a readout in the lived window; it stays until it is set again.
    ///
    /// # Panics
    /// If `error` has another length than the readout.
    pub fn set_error(&mut self, readout: ReadoutId, error: &[f32]) {
        self.readouts[readout.0].error.copy_from_slice(error);
    }

    /// Releases a modulator: positive for a burst, negative for a pause.
    pub fn release(&mut self, modulator: ModulatorId, amount: f32) {
        self.modulators[modulator.0].release(amount);
    }

    /// A modulator.
    #[must_use]
    pub fn modulator(&self, modulator: ModulatorId) -> &Modulator {
        &self.modulators[modulator.0]
    }

    /// Learns from the lived window: learning signals reach the apical dendrites, synapses are tagged, and modulators
    /// turn tags into changes of weight. Allocates nothing.
    pub fn learn(&mut self) {
        self.signal();
        self.tag();
        self.change_weights();
    }

    /// Feeds the errors back, from the readouts through the populations in reverse order of the spec.
    fn signal(&mut self) {
        for population in &mut self.populations {
            population.signal.fill(0.0);
        }
        for readout in &self.readouts {
            if self.populations[readout.source].apical.is_some() {
                readout.feed_back(&mut self.populations[readout.source].signal);
            }
        }
        for target in (0..self.populations.len()).rev() {
            self.populations[target].settle_signal();
            let (before, rest) = self.populations.split_at_mut(target);
            for projection in self.projections.iter().filter(|p| p.target == target) {
                let Source::Population(source) = projection.source else { continue };
                // Feedback runs against the order of the spec only: recurrent synapses carry none.
                if let Some(source) = before.get_mut(source).filter(|s| s.apical.is_some()) {
                    let weights = projection.feedback.as_ref().unwrap_or(&projection.synapses.weights);
                    if !weights.is_empty() {
                        projection.synapses.add_backward(weights, &rest[0].signal, &mut source.signal);
                    }
                }
            }
        }
    }

    /// Eligibility traces fade and take up what the lived window did.
    fn tag(&mut self) {
        let window_ms = f64::from(self.lived_ticks) * self.tick_ms;
        for projection in &mut self.projections {
            let x = match projection.source {
                Source::Port(port) => &self.ports[port].lived,
                Source::Population(source) => &self.populations[source].lived.mean_rate,
            };
            projection.tag(window_ms, x, &self.populations[projection.target].signal);
        }
        for readout in &mut self.readouts {
            readout.tag(window_ms, &self.populations[readout.source].lived.rate);
        }
    }

    fn change_weights(&mut self) {
        for projection in &mut self.projections {
            projection.learn(&self.modulators);
        }
        for readout in &mut self.readouts {
            readout.learn(&self.modulators);
        }
    }

    /// Moves the outputs of a readout in the lived window by about `step`, through its weights: homeostasis, not reward.
    pub fn pull_readout(&mut self, readout: ReadoutId, step: &[f32]) {
        let readout = &mut self.readouts[readout.0];
        readout.pull(step, &self.populations[readout.source].lived.rate);
    }

    /// Starts a new episode: membranes, currents, filters and eligibility are at rest, membrane potentials drawn anew;
    /// weights and modulators stay.
    pub fn reset_state(&mut self) {
        for population in &mut self.populations {
            population.reset(&mut self.reset_rng);
        }
        for port in &mut self.ports {
            port.values.fill(0.0);
            port.lived.fill(0.0);
        }
        for projection in &mut self.projections {
            projection.current.fill(0.0);
        }
        let of_projections = self.projections.iter_mut().filter_map(|p| p.plastic.as_mut());
        for plastic in of_projections.chain(self.readouts.iter_mut().filter_map(|r| r.plastic.as_mut())) {
            plastic.trace.fill(0.0);
            plastic.trace_l1 = 0.0;
        }
    }

    /// Spikes of the last window, in order of time; of a window beyond 100 ticks, perhaps only the first.
    #[must_use]
    pub fn spikes(&self) -> &[Spike] {
        &self.spikes
    }

    /// Membrane potentials of a population.
    #[must_use]
    pub fn potentials(&self, population: PopulationId) -> &[f32] {
        self.populations[population.0].cells.v()
    }

    /// Names and sizes of the populations, in the order of the spec.
    pub fn populations(&self) -> impl Iterator<Item = (&str, usize)> {
        self.populations.iter().map(|p| (p.name.as_str(), p.len()))
    }

    /// Names of the modulators and their concentrations.
    pub fn modulators(&self) -> impl Iterator<Item = (&str, &Modulator)> {
        self.modulator_names.iter().map(String::as_str).zip(&self.modulators)
    }

    /// Weights of the synapses between `source` and `target`, biases last, if there are any.
    #[must_use]
    pub fn weights(&self, source: &str, target: &str) -> Option<&[f32]> {
        let name = crate::build::projection_name(source, target);
        self.projections.iter().find(|p| p.name == name).map(|p| p.synapses.weights.as_slice())
    }

    /// Weights of a readout: for each output, one for each cell and then the bias.
    #[must_use]
    pub fn readout_weights(&self, readout: ReadoutId) -> &[f32] {
        &self.readouts[readout.0].weights
    }

    /// The port called `name`.
    #[must_use]
    pub fn port(&self, name: &str) -> Option<PortId> {
        self.ports.iter().position(|p| p.name == name).map(PortId)
    }

    /// The population called `name`.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<PopulationId> {
        self.populations.iter().position(|p| p.name == name).map(PopulationId)
    }

    /// The readout called `name`.
    #[must_use]
    pub fn readout_id(&self, name: &str) -> Option<ReadoutId> {
        self.readouts.iter().position(|r| r.name == name).map(ReadoutId)
    }

    /// The modulator called `name`.
    #[must_use]
    pub fn modulator_id(&self, name: &str) -> Option<ModulatorId> {
        self.modulator_names.iter().position(|m| m == name).map(ModulatorId)
    }
}
