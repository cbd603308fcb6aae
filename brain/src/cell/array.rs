//! Cells as fast arrays, without a network around them.

use super::{Cells, Context, model::BRANCHES};
use crate::{
    BrainError, CellSpec,
    history::Fired,
    input::{CHUNK, Chunk, Richness},
    rng::{self, Uniforms},
};

/// What the electrodes do to an array of cells in one tick. Empty slices, and what is beyond their end, count as zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stimuli<'a> {
    /// Onto the somata.
    pub soma: Electrodes<'a>,
    /// Onto the apical dendrites, for models that have one.
    pub apical: Electrodes<'a>,
    /// Currents into each dendritic branch, for models that have some.
    pub branches: [&'a [f32]; BRANCHES],
}

/// Input of one compartment of an array of cells, constant within a tick; units as in [`Electrode`](crate::Electrode).
#[derive(Clone, Copy, Debug, Default)]
pub struct Electrodes<'a> {
    /// Currents.
    pub current: &'a [f32],
    /// Sums of the conductances.
    pub conductance: &'a [f32],
    /// Sums of conductance times reversal potential.
    pub conductance_times_reversal: &'a [f32],
    /// NMDA conductances before the magnesium block.
    pub nmda: &'a [f32],
}

impl<'a> Electrodes<'a> {
    fn arrays(&self) -> [&'a [f32]; 4] {
        [self.current, self.conductance, self.conductance_times_reversal, self.nmda]
    }

    fn conducts(&self) -> bool {
        !self.conductance.is_empty() || !self.nmda.is_empty()
    }
}

/// Cells of one kind that nothing connects: the arrays of a population, to be driven and read by hand.
///
/// ```
/// use mesolimb_brain::{AdexSpec, CellArray, CellSpec};
///
/// let mut cells = CellArray::new(&CellSpec::Adex(AdexSpec::default()), 100, 1.0, 0)?;
/// let currents: Vec<f32> = (0..100).map(|i| 20.0 * i as f32).collect();
/// let spikes: f32 = (0..500).map(|_| cells.tick(&currents).iter().sum::<f32>()).sum();
/// assert!(spikes > 100.0);
/// # Ok::<(), mesolimb_brain::BrainError>(())
/// ```
pub struct CellArray {
    cells: Cells,
    uniforms: Uniforms,
    tick: u64,
    chunk: Box<Chunk>,
    fired: Vec<Fired>,
    spikes: Vec<f32>,
    factors: Vec<f32>,
}

impl CellArray {
    /// `n` cells at rest, with parameters and membrane potentials drawn from the seed.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub fn new(spec: &CellSpec, n: usize, tick_ms: f64, seed: u64) -> Result<Self, BrainError> {
        crate::validate::cell("cell", spec, Some(n))?;
        let mut cells = Cells::new(spec, n, tick_ms, &mut rng::stream(seed, "cells"));
        cells.reset(&mut rng::stream(seed, "rest"));
        Ok(Self {
            cells,
            uniforms: Uniforms::new(seed, "cells"),
            tick: 0,
            chunk: Box::new(Chunk { wanted: true, ..Chunk::default() }),
            fired: Vec::new(),
            spikes: vec![0.0; n],
            factors: vec![0.0; n],
        })
    }

    /// Advances all cells by a tick under these currents into their somata; returns the size of each spike.
    pub fn tick(&mut self, currents: &[f32]) -> &[f32] {
        self.tick_with(&Stimuli {
            soma: Electrodes { current: currents, ..Electrodes::default() },
            ..Stimuli::default()
        })
    }

    /// The same, under any input.
    pub fn tick_with(&mut self, stimuli: &Stimuli) -> &[f32] {
        let context = Context { uniforms: self.uniforms, first_cell: 0, tick: self.tick };
        self.tick += 1;
        let conducts = stimuli.soma.conducts() || stimuli.apical.conducts();
        let richness = if conducts { Richness::Gated } else { Richness::Currents };
        let compartments = [stimuli.soma.arrays(), stimuli.apical.arrays()];
        self.fired.clear();
        for start in (0..self.spikes.len()).step_by(CHUNK) {
            self.chunk.fill_electrodes(start, compartments, stimuli.branches, richness);
            self.cells.tick(start, None, &mut self.chunk, &context, &mut self.fired);
            let here = start..self.spikes.len().min(start + CHUNK);
            let n = here.len();
            self.spikes[here.clone()].copy_from_slice(&self.chunk.spikes.as_flattened()[..n]);
            self.factors[here].copy_from_slice(&self.chunk.factor.as_flattened()[..n]);
        }
        &self.spikes
    }

    /// The random numbers that cell `i` gets in the next tick.
    #[must_use]
    pub fn next_draws(&self, i: usize) -> [f64; 2] {
        [0, 1].map(|k| f64::from(self.uniforms.draw(i, self.tick, k)))
    }

    /// What plasticity wants to know of the last tick: surrogate derivatives, or probabilities of spikes.
    #[must_use]
    pub fn factors(&self) -> &[f32] {
        &self.factors
    }

    /// A state variable of all cells by its name.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<&[f32]> {
        self.cells.state(name)
    }

    /// Sets a state variable of all cells; `false` if they have no such variable.
    pub fn set_state(&mut self, name: &str, value: f32) -> bool {
        let mut found = false;
        self.cells.visit(&mut |state, values| {
            if state == name {
                values.fill(value);
                found = true;
            }
        });
        found
    }

    /// A parameter of cell `i` by its name, as it was drawn.
    #[must_use]
    pub fn parameter(&self, spec: &CellSpec, name: &str, i: usize) -> Option<f64> {
        let k = spec.dists().iter().position(|(n, ..)| *n == name)?;
        Some(self.cells.nominal(k).get(i))
    }
}
