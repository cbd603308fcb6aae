//! What flows into cells in a tick: channels, noise and constant currents, summed block by block.

use crate::{
    cell::{BRANCHES, Column, LANES, Lanes, column::load},
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
    pub(crate) fn current(current: Lanes) -> Self {
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

/// Input of a block of cells.
pub(crate) struct Block {
    /// Onto the somata.
    pub soma: Arriving,
    /// Onto the apical dendrites.
    pub apical: Arriving,
    /// Currents into the dendritic branches.
    pub branches: [Lanes; BRANCHES],
}

/// How much of a [`Block`] there can be; the kernels leave out the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Richness {
    /// Currents.
    Currents,
    /// And conductances.
    Conductances,
    /// And NMDA conductances with their magnesium block.
    Gated,
}

/// Where the input of cells comes from.
pub(crate) trait Feed {
    /// How much there can be.
    fn richness(&self) -> Richness;
    /// The input of the cells from `start` on, each block once a tick.
    fn block(&mut self, start: usize) -> Block;
}

/// A current for each cell, times a gain.
pub(crate) struct Currents<'a> {
    pub current: &'a [f32],
    pub gain: &'a Column<f32>,
}

impl Feed for Currents<'_> {
    fn richness(&self) -> Richness {
        Richness::Currents
    }

    #[inline(always)]
    fn block(&mut self, start: usize) -> Block {
        let soma = Arriving::current(self.gain.lanes(start) * load(self.current, start));
        let none = Lanes::splat(0.0);
        Block { soma, apical: Arriving::current(none), branches: [none; BRANCHES] }
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
}

impl Feed for Synaptic<'_> {
    fn richness(&self) -> Richness {
        let of = |channel: &Channel| match channel.kind {
            Kind::Current | Kind::Rising | Kind::Wired(_) => Richness::Currents,
            Kind::Conductance(_) => Richness::Conductances,
            Kind::Nmda => Richness::Gated,
        };
        self.channels.iter().map(of).max().unwrap_or(Richness::Currents)
    }

    #[inline(always)]
    fn block(&mut self, start: usize) -> Block {
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
        Block { soma, apical, branches }
    }
}

impl Synaptic<'_> {
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

    /// Writes the summed current onto each soma, before the gain.
    #[inline(always)]
    pub(crate) fn sum(&mut self, out: &mut [f32]) {
        for start in (0..out.len()).step_by(LANES) {
            crate::cell::column::store(self.block(start).soma.current, out, start);
        }
    }
}
