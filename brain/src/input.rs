//! What flows into cells in a tick: channels, noise and constant currents, summed block by block.

use crate::{
    cell::{
        BRANCHES, Column, LANES, Lanes,
        column::{load, store},
        fast,
    },
    channel::{Channel, Kind},
    rng::Uniforms,
    spec::{Compartment, NoiseSpec},
};

/// Input of one compartment of a block of cells.
#[derive(Clone, Copy)]
pub(crate) struct Arriving {
    /// Current in pA.
    pub current: Lanes,
    /// `Σ g` in nS.
    pub g: Lanes,
    /// `Σ g E` in pA.
    pub g_e: Lanes,
    /// NMDA conductance in nS before the magnesium block.
    pub nmda: Lanes,
}

impl Arriving {
    /// A current alone.
    #[inline(always)]
    fn current(current: Lanes) -> Self {
        let zero = Lanes::splat(0.0);
        Self { current, g: zero, g_e: zero, nmda: zero }
    }
}

impl Arriving {
    /// With what a channel brings.
    #[inline(always)]
    fn with(self, kind: Kind, x: Lanes) -> Self {
        match kind {
            Kind::Current | Kind::Rising => Self { current: self.current + x, ..self },
            Kind::Conductance(reversal) => Self { g: self.g + x, g_e: self.g_e + x * Lanes::splat(reversal), ..self },
            Kind::Nmda => Self { nmda: self.nmda + x, ..self },
            Kind::Wired(_) => self,
        }
    }
}

/// How much input there can be; the kernels leave out the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Richness {
    /// Currents.
    #[default]
    Currents,
    /// And conductances.
    Conductances,
    /// And NMDA conductances with their magnesium block.
    Gated,
}

/// Cells that are taken together from their input to their spikes, few enough that what is between stays in the cache.
pub(crate) const CHUNK: usize = 256;

/// Input of a chunk of cells in a tick. What [`Chunk::richness`] leaves out is not valid.
#[derive(Default)]
pub(crate) struct Chunk {
    pub richness: Richness,
    /// Onto the somata.
    pub soma: Compartmental,
    /// Onto the apical dendrites.
    pub apical: Compartmental,
    /// Currents into the dendritic branches.
    pub branches: [Array; BRANCHES],
}

/// A number for each cell of a chunk.
pub(crate) struct Array(pub [f32; CHUNK]);

impl Default for Array {
    fn default() -> Self {
        Self([0.0; CHUNK])
    }
}

/// Input of one compartment of the cells of a chunk.
#[derive(Default)]
pub(crate) struct Compartmental {
    current: Array,
    g: Array,
    g_e: Array,
    nmda: Array,
}

impl Compartmental {
    #[inline(always)]
    fn set(&mut self, at: usize, arriving: &Arriving, richness: Richness) {
        store(arriving.current, &mut self.current.0, at);
        if richness >= Richness::Conductances {
            store(arriving.g, &mut self.g.0, at);
            store(arriving.g_e, &mut self.g_e.0, at);
        }
        if richness == Richness::Gated {
            store(arriving.nmda, &mut self.nmda.0, at);
        }
    }

    /// The input of a block of cells.
    #[inline(always)]
    pub(crate) fn at(&self, at: usize) -> Arriving {
        let lanes = |array: &Array| load(&array.0, at);
        Arriving { current: lanes(&self.current), g: lanes(&self.g), g_e: lanes(&self.g_e), nmda: lanes(&self.nmda) }
    }
}

impl Chunk {
    /// Currents onto somata alone, times a gain: `current` and `gain` of all cells, the chunk from `start` on.
    pub(crate) fn fill_currents(&mut self, current: &[f32], gain: &Column<f32>, start: usize) {
        self.richness = Richness::Currents;
        fast(
            #[inline(always)]
            || {
                for at in (0..CHUNK.min(current.len() - start)).step_by(LANES) {
                    store(gain.lanes(start + at) * load(current, start + at), &mut self.soma.current.0, at);
                }
            },
        );
    }

    /// Input from electrodes: `inputs(cell)` onto soma and apical dendrite, and into the branches.
    pub(crate) fn fill_electrodes(
        &mut self,
        start: usize,
        [soma, apical]: [[&[f32]; 4]; 2],
        branches: [&[f32]; BRANCHES],
        richness: Richness,
    ) {
        self.richness = richness;
        let arriving = |[current, g, g_e, nmda]: [&[f32]; 4], cell: usize| Arriving {
            current: load(current, cell),
            g: load(g, cell),
            g_e: load(g_e, cell),
            nmda: load(nmda, cell),
        };
        for at in (0..CHUNK).step_by(LANES) {
            self.soma.set(at, &arriving(soma, start + at), richness);
            self.apical.set(at, &arriving(apical, start + at), richness);
            for (into, branch) in self.branches.iter_mut().zip(branches) {
                store(load(branch, start + at), &mut into.0, at);
            }
        }
    }
}

/// What the synapses of a population bring, and the currents that are always there.
pub(crate) struct Synaptic<'a> {
    /// Current of each cell in this window.
    pub held: &'a [f32],
    /// The channels; each fades as it is read.
    pub channels: &'a mut [Channel],
    /// What modulators make of each channel.
    pub scales: &'a [Column<f32>],
    /// Ionotropic current.
    pub ionotropic: &'a Column<f32>,
    /// Factor of the summed current onto the somata.
    pub gain: &'a Column<f32>,
    pub noise: Option<NoiseSpec>,
    pub uniforms: Uniforms,
    /// Index of the first cell in its population, for the noise.
    pub first_cell: usize,
    pub tick: u64,
    /// Where the current onto the somata is kept, if it is not empty.
    pub seen: &'a mut [f32],
}

impl Synaptic<'_> {
    fn richness(&self) -> Richness {
        let of = |channel: &Channel| match channel.kind {
            Kind::Current | Kind::Rising | Kind::Wired(_) => Richness::Currents,
            Kind::Conductance(_) => Richness::Conductances,
            Kind::Nmda => Richness::Gated,
        };
        self.channels.iter().map(of).max().unwrap_or_default()
    }

    /// The input of the cells from `start` on; each chunk once a tick, because channels fade as they are read.
    pub(crate) fn fill(&mut self, start: usize, chunk: &mut Chunk) {
        chunk.richness = self.richness();
        let elsewhere = self.channels.iter().any(|channel| channel.compartment != Compartment::Soma);
        fast(
            #[inline(always)]
            || {
                for at in (0..CHUNK.min(self.held.len() - start)).step_by(LANES) {
                    let (soma, apical, branches) = self.block(start + at);
                    chunk.soma.set(at, &soma, chunk.richness);
                    if elsewhere {
                        chunk.apical.set(at, &apical, chunk.richness);
                        for (into, branch) in chunk.branches.iter_mut().zip(branches) {
                            store(branch, &mut into.0, at);
                        }
                    }
                }
            },
        );
    }

    #[inline(always)]
    fn block(&mut self, start: usize) -> (Arriving, Arriving, [Lanes; BRANCHES]) {
        let none = Lanes::splat(0.0);
        let mut soma = Arriving::current(load(self.held, start));
        let mut apical = Arriving::current(none);
        let mut branches = [none; BRANCHES];
        for (channel, scale) in self.channels.iter_mut().zip(self.scales) {
            let x = scale.lanes(start) * channel.take(start);
            match (channel.compartment, channel.kind) {
                (_, Kind::Wired(_)) => {}
                (Compartment::Branch(branch), _) => branches[branch] = branches[branch] + x,
                (Compartment::Soma, kind) => soma = soma.with(kind, x),
                (Compartment::Apical, kind) => apical = apical.with(kind, x),
            }
        }
        soma.current = self.gain.lanes(start) * (soma.current + self.noise(start) + self.ionotropic.lanes(start));
        if !self.seen.is_empty() {
            store(soma.current, self.seen, start);
        }
        (soma, apical, branches)
    }

    #[inline(always)]
    fn noise(&self, start: usize) -> Lanes {
        let mut noise = Lanes::splat(0.0);
        let first = self.first_cell + start;
        match self.noise {
            None => {}
            Some(NoiseSpec::Uniform([low, high])) => {
                for (lane, noise) in noise.0.iter_mut().enumerate() {
                    *noise = low as f32 + (high - low) as f32 * self.uniforms.draw(first + lane, self.tick, 2);
                }
            }
            Some(NoiseSpec::Normal([mean, sd])) => {
                for (lane, noise) in noise.0.iter_mut().enumerate() {
                    *noise = mean as f32 + sd as f32 * self.uniforms.normal(first + lane, self.tick);
                }
            }
        }
        noise
    }

    /// Writes the summed current onto each soma.
    pub(crate) fn sum(&mut self, out: &mut [f32]) {
        fast(
            #[inline(always)]
            || {
                for start in (0..out.len()).step_by(LANES) {
                    store(self.block(start).0.current, out, start);
                }
            },
        );
    }
}
