//! What flows into cells in a tick: channels, noise and constant currents, summed chunk by chunk.

use std::ops::Range;

use crate::{
    blocks::{Blocks, LANES},
    cell::{BRANCHES, Column, fast},
    channel::{Channel, Kind},
    history::Fired,
    rng::{Uniforms, normal_of},
    spec::{Compartment, NoiseSpec},
};

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
pub(crate) const CHUNK: usize = 512;

/// A number for each cell of a chunk, in blocks.
pub(crate) type Numbers = [[f32; LANES]; CHUNK / LANES];
const ZEROS: Numbers = [[0.0; LANES]; CHUNK / LANES];

/// A chunk of cells in a tick: what goes into them, and what comes out.
///
/// Each population has its own: of what its channels bring, the first one of a kind overwrites what there was, and what
/// none of them brings stays zero.
#[repr(align(64))]
pub(crate) struct Chunk {
    /// Onto the somata.
    pub soma: Compartmental,
    /// Onto the apical dendrites.
    pub apical: Compartmental,
    /// Currents into the dendritic branches.
    pub branches: [Numbers; BRANCHES],
    /// Random numbers, for models that need them.
    pub draws: [Numbers; 2],
    /// Size of the spike of each cell, zero for none.
    pub spikes: Numbers,
    /// Factor of plasticity of each cell: a surrogate derivative of the spike, or its probability.
    pub factor: Numbers,
    /// Who spiked; behind them is room for a vector of cells that did not.
    pub fired: [Fired; CHUNK + LANES],
    /// Vectors in which cells spiked.
    pub loud: [u16; CHUNK],
    /// Whether somebody asks for spikes and factor.
    pub wanted: bool,
    /// How much input there is.
    pub richness: Richness,
}

/// Input of one compartment of the cells of a chunk.
pub(crate) struct Compartmental {
    /// Current in pA.
    pub current: Numbers,
    /// `Σ g` in nS.
    pub g: Numbers,
    /// `Σ g E` in pA.
    pub g_e: Numbers,
    /// NMDA conductance in nS before the magnesium block.
    pub nmda: Numbers,
}

impl Default for Chunk {
    fn default() -> Self {
        const NOTHING: Compartmental = Compartmental { current: ZEROS, g: ZEROS, g_e: ZEROS, nmda: ZEROS };
        Self {
            soma: NOTHING,
            apical: NOTHING,
            branches: [ZEROS; BRANCHES],
            draws: [ZEROS; 2],
            spikes: ZEROS,
            factor: ZEROS,
            fired: [(0, 0.0); CHUNK + LANES],
            loud: [0; CHUNK],
            wanted: false,
            richness: Richness::default(),
        }
    }
}

impl Compartmental {
    /// The quantities in their order, as `n` vectors.
    #[inline(always)]
    pub(crate) fn vectors<V: pulp::Simd>(&self, n: usize) -> [&[V::f32s]; 4] {
        [&self.current, &self.g, &self.g_e, &self.nmda].map(
            #[inline(always)]
            |numbers| &V::as_simd_f32s(numbers.as_flattened()).0[..n],
        )
    }
}

impl Chunk {
    /// Currents onto somata alone, times a gain, brought to this mean and deviation: `currents` and `gain` of all cells, these
    /// blocks of them.
    pub(crate) fn fill_currents(
        &mut self,
        currents: &Blocks,
        gain: &Column<f32>,
        [mean, sd]: [f32; 2],
        blocks: Range<usize>,
    ) {
        let n = blocks.len();
        self.richness = Richness::Currents;
        self.soma.current[..blocks.len()].copy_from_slice(&currents.blocks()[blocks.clone()]);
        scale(&mut self.soma.current, gain, blocks);
        if [mean, sd] != [0.0, 1.0] {
            for current in self.soma.current[..n].as_flattened_mut() {
                *current = sd * *current + mean;
            }
        }
    }

    /// Input from electrodes: `[current, g, g E, NMDA]` of all cells onto soma and apical dendrite, and into the
    /// branches, the chunk from `start` on.
    pub(crate) fn fill_electrodes(
        &mut self,
        start: usize,
        electrodes: [[&[f32]; 4]; 2],
        branches: [&[f32]; BRANCHES],
        richness: Richness,
    ) {
        self.richness = richness;
        let fill = |numbers: &mut Numbers, from: &[f32]| {
            let from = &from[start.min(from.len())..from.len().min(start + CHUNK)];
            let (some, rest) = numbers.as_flattened_mut().split_at_mut(from.len());
            some.copy_from_slice(from);
            rest.fill(0.0);
        };
        for (into, [current, g, g_e, nmda]) in [&mut self.soma, &mut self.apical].into_iter().zip(electrodes) {
            fill(&mut into.current, current);
            fill(&mut into.g, g);
            fill(&mut into.g_e, g_e);
            fill(&mut into.nmda, nmda);
        }
        self.branches.iter_mut().zip(branches).for_each(|(into, from)| fill(into, from));
    }
}

/// What the synapses of a population bring, and the currents that are always there.
pub(crate) struct Synaptic<'a> {
    /// Current of each cell in this window.
    pub held: &'a Blocks,
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

    /// The input of these blocks of cells; each chunk once a tick, because channels fade as they are read.
    ///
    /// Returns whether the currents onto the somata are those held and nothing else; the chunk has none then.
    pub(crate) fn fill(&mut self, blocks: Range<usize>, chunk: &mut Chunk) -> bool {
        chunk.richness = self.richness();
        let to_soma =
            |c: &Channel| c.compartment == Compartment::Soma && matches!(c.kind, Kind::Current | Kind::Rising);
        let (begun, none) = (self.channels.iter().any(to_soma), *self.ionotropic == Column::Same(0.0));
        let held = &self.held.blocks()[blocks.clone()];
        if !begun && self.noise.is_none() && none && *self.gain == Column::Same(1.0) {
            fast(
                #[inline(always)]
                || self.pour(&blocks, chunk),
            );
            return true;
        }
        fast(
            #[inline(always)]
            || {
                if !begun {
                    chunk.soma.current[..held.len()].copy_from_slice(held);
                }
                self.pour(&blocks, chunk);
                self.add_noise(&mut chunk.soma.current, blocks.clone());
                if !none {
                    for (i, current) in cells(&blocks).zip(chunk.soma.current.as_flattened_mut()) {
                        *current += self.ionotropic.or_zero(i);
                    }
                }
                scale(&mut chunk.soma.current, self.gain, blocks);
            },
        );
        false
    }

    #[inline(always)]
    fn pour(&mut self, blocks: &Range<usize>, chunk: &mut Chunk) {
        for (channel, scale) in self.channels.iter_mut().zip(self.scales) {
            channel.pour(blocks.clone(), self.tick, scale, &self.held.blocks()[blocks.clone()], chunk);
        }
    }

    #[inline(always)]
    fn add_noise(&self, currents: &mut Numbers, blocks: Range<usize>) {
        let currents = currents[..blocks.len()].as_flattened_mut();
        let first = self.first_cell + blocks.start * LANES;
        match self.noise {
            None => {}
            Some(NoiseSpec::Uniform([low, high])) => {
                let (low, span) = (low as f32, (high - low) as f32);
                let draws = self.uniforms.at(self.tick, 2);
                for (at, current) in currents.iter_mut().enumerate() {
                    *current += low + span * draws.of((first + at) as u32);
                }
            }
            Some(NoiseSpec::Normal([mean, sd])) => {
                let draws = [2, 3].map(|k| self.uniforms.at(self.tick, k));
                for (at, current) in currents.iter_mut().enumerate() {
                    *current += mean as f32 + sd as f32 * normal_of(draws, (first + at) as u32);
                }
            }
        }
    }
}

/// The cells of these blocks, and what is behind the last one.
fn cells(blocks: &Range<usize>) -> Range<usize> {
    blocks.start * LANES..blocks.end * LANES
}

/// Times a gain, of these blocks of all cells.
#[inline(always)]
fn scale(currents: &mut Numbers, gain: &Column<f32>, blocks: Range<usize>) {
    if *gain != Column::Same(1.0) {
        for (current, i) in currents.as_flattened_mut().iter_mut().zip(cells(&blocks)) {
            *current *= gain.or_zero(i);
        }
    }
}
