//! What a running network tells about itself.

use std::borrow::Cow;

use crate::{
    Modulator, ModulatorId, Network, PopulationId, PortId, ReadoutId, SpikeLog,
    population::Population,
    projection::{Projection, Weights},
    spec::projection_name,
};

/// How much a network holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Footprint {
    /// Cells.
    pub cells: usize,
    /// Synapses that never change.
    pub static_synapses: usize,
    /// Synapses that learn.
    pub plastic_synapses: usize,
    /// Bytes of the cells: parameters, state and channels.
    pub cell_bytes: usize,
    /// Bytes of the synapses that never change: wiring, weights and delays.
    pub static_bytes: usize,
    /// Bytes of the synapses that learn: wiring, weights, delays and everything that the rule keeps.
    pub plastic_bytes: usize,
}

/// One synapse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synapse {
    /// Source cell within its population or port.
    pub source: usize,
    /// Target cell within its population.
    pub target: usize,
    /// Weight.
    pub weight: f32,
    /// Delay in ticks; zero from a port of values.
    pub delay_ticks: u32,
}

/// The synapses onto a part that begins with the cell `first` of its population.
fn of_part(first: usize, projection: &Projection) -> impl Iterator<Item = Synapse> {
    projection.edges().map(move |(source, target, weight, delay_ticks)| Synapse {
        source,
        target: first + target,
        weight,
        delay_ticks,
    })
}

impl Network {
    /// The spec that it was built from.
    #[must_use]
    pub fn spec(&self) -> &crate::NetworkSpec {
        &self.spec
    }

    /// Ticks since the start of life.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.tick
    }

    /// Tick of life with which the last window began.
    #[must_use]
    pub fn window_start(&self) -> u64 {
        self.tick.saturating_sub(u64::from(self.now_ticks))
    }

    /// Length of a tick in ms.
    #[must_use]
    pub fn tick_ms(&self) -> f64 {
        self.tick_ms
    }

    /// Spikes of the last window, in order of time; of a long window, perhaps only the first.
    #[must_use]
    pub fn spikes(&self) -> &SpikeLog {
        &self.spikes
    }

    /// Spikes of a population since the start of life.
    #[must_use]
    pub fn spike_count(&self, population: PopulationId) -> u64 {
        self.histories[population.0].count
    }

    /// Arrivals of spikes at synapses since the start of life.
    #[must_use]
    pub fn synaptic_events(&self) -> u64 {
        self.incoming.iter().flatten().map(|p| p.events).sum()
    }

    /// Membrane potentials of a population.
    #[must_use]
    pub fn potentials(&self, population: PopulationId) -> Cow<'_, [f32]> {
        self.state(population, "v").unwrap_or_default()
    }

    /// A state variable of the cells of a population, or what its channels of this name hold at each of them together.
    #[must_use]
    pub fn state<'a>(&'a self, population: PopulationId, name: &str) -> Option<Cow<'a, [f32]>> {
        let parts = &self.populations[self.named[population.0].parts.clone()];
        let of_part = |part: &'a Population| {
            let mut channels = part.channels.iter().filter(|c| c.spec.name() == name).map(|c| &*c.x);
            let mut sum = Cow::Borrowed(part.cells.state(name).or_else(|| channels.next())?);
            for channel in channels.filter(|_| part.cells.state(name).is_none()) {
                sum.to_mut().iter_mut().zip(channel).for_each(|(sum, x)| *sum += x);
            }
            Some(sum)
        };
        match parts {
            [whole] => of_part(whole),
            _ => Some(Cow::Owned(parts.iter().map(of_part).collect::<Option<Vec<_>>>()?.concat())),
        }
    }

    /// Names and sizes of the populations, in the order of the spec.
    pub fn populations(&self) -> impl Iterator<Item = (&str, usize)> {
        self.named.iter().map(|p| (p.name.as_str(), p.size))
    }

    /// Names of the modulators and their concentrations.
    pub fn modulators(&self) -> impl Iterator<Item = (&str, &Modulator)> {
        self.modulator_names.iter().map(String::as_str).zip(&self.modulators)
    }

    fn projections<'a>(&'a self, source: &str, target: &str) -> impl Iterator<Item = (usize, &'a Projection)> {
        let name = projection_name(source, target);
        let parts = self.populations.iter().zip(&self.incoming);
        parts
            .flat_map(|(part, incoming)| incoming.iter().map(|p| (part.first_cell, p)))
            .filter(move |(_, p)| p.name == name)
    }

    /// Weights of the synapses between `source` and `target`, part by part and row by row, biases last, if there are
    /// any.
    #[must_use]
    pub fn weights(&self, source: &str, target: &str) -> Option<Cow<'_, [f32]>> {
        let mut all: Option<Cow<'_, [f32]>> = None;
        for (_, projection) in self.projections(source, target) {
            let weights = match &projection.synapses.weights {
                Weights::Each(weights) if projection.synapses.biased => Cow::Borrowed(weights.as_slice()),
                _ => projection.weights_now(),
            };
            all = Some(match all {
                None => weights,
                Some(before) => Cow::Owned([before, weights].concat()),
            });
        }
        all
    }

    /// The synapses between `source` and `target`, in no promised order.
    #[must_use]
    pub fn synapses(&self, source: &str, target: &str) -> Vec<Synapse> {
        self.projections(source, target).flat_map(|(first, projection)| of_part(first, projection)).collect()
    }

    /// Number of synapses of each projection, in the order of the spec.
    #[must_use]
    pub fn synapse_counts(&self) -> Vec<usize> {
        let mut seen = vec![0; self.named.len()];
        let of_projection = |p: &crate::ProjectionSpec| {
            let target = self.named.iter().position(|named| named.name == p.target).unwrap_or_default();
            let nth = seen[target];
            seen[target] += 1;
            self.named[target].parts.clone().map(|part| self.incoming[part][nth].synapses.n_edges()).sum()
        };
        self.spec.projections.iter().map(of_projection).collect()
    }

    /// The synapses of the projection of this number, in the order of the spec and without its biases, in no promised
    /// order among them.
    #[must_use]
    pub fn synapses_of(&self, projection: usize) -> Option<Vec<Synapse>> {
        let spec = self.spec.projections.get(projection)?;
        let before = self.spec.projections[..projection].iter().filter(|p| p.target == spec.target).count();
        let named = self.named.iter().find(|named| named.name == spec.target)?;
        let of = |part: usize| of_part(self.populations[part].first_cell, &self.incoming[part][before]);
        Some(named.parts.clone().flat_map(of).collect())
    }

    /// The nominal values of a parameter of the cells of a population, one for each, by its name in the spec.
    #[must_use]
    pub fn parameter(&self, population: PopulationId, name: &str) -> Option<Vec<f64>> {
        let spec = &self.spec.populations[population.0];
        let k = spec.cell.dists().iter().position(|(parameter, ..)| *parameter == name)?;
        let parts = &self.populations[self.named[population.0].parts.clone()];
        let of_part = |part: &'_ Population| {
            let nominal = part.cells.nominal(k);
            (0..part.len()).map(|cell| nominal.get(cell)).collect::<Vec<_>>()
        };
        Some(parts.iter().flat_map(of_part).collect())
    }

    /// The constant current that each cell of a population gets.
    #[must_use]
    pub fn drive(&self, population: PopulationId) -> Vec<f32> {
        let parts = &self.populations[self.named[population.0].parts.clone()];
        parts.iter().flat_map(|part| (0..part.len()).map(|cell| part.drive.get(cell)).collect::<Vec<_>>()).collect()
    }

    /// Weights of a readout: for each output, one for each cell and then the bias.
    #[must_use]
    pub fn readout_weights(&self, readout: ReadoutId) -> &[f32] {
        &self.readouts[readout.0].weights
    }

    /// How much it holds.
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        let mut sum = Footprint::default();
        for (population, incoming) in self.populations.iter().zip(&self.incoming) {
            sum.cells += population.len();
            sum.cell_bytes += population.bytes();
            for projection in incoming {
                let (n, bytes) = (projection.synapses.n_edges(), projection.bytes());
                if projection.learns() {
                    sum.plastic_synapses += n;
                    sum.plastic_bytes += bytes;
                } else {
                    sum.static_synapses += n;
                    sum.static_bytes += bytes;
                }
            }
        }
        sum
    }

    /// The port called `name`.
    #[must_use]
    pub fn port(&self, name: &str) -> Option<PortId> {
        self.ports.iter().position(|p| p.name == name).map(PortId)
    }

    /// The population called `name`.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<PopulationId> {
        self.named.iter().position(|p| p.name == name).map(PopulationId)
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
