//! Cells as fast arrays, without a network around them.

use super::{Arriving, Cells, Inputs, model::BRANCHES};
use crate::{
    BrainError, CellSpec,
    rng::{self, Uniforms},
};

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
    spikes: Vec<f32>,
    factors: Vec<f32>,
}

impl CellArray {
    /// `n` cells at rest, with parameters and membrane potentials drawn from the seed.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub fn new(spec: &CellSpec, n: usize, tick_ms: f64, seed: u64) -> Result<Self, BrainError> {
        crate::validate::cell("cell", spec)?;
        let mut cells = Cells::new(spec, n, tick_ms, &mut rng::stream(seed, "cells"));
        cells.reset(&mut rng::stream(seed, "rest"));
        Ok(Self { cells, uniforms: Uniforms::new(seed, "cells"), tick: 0, spikes: vec![0.0; n], factors: vec![0.0; n] })
    }

    /// Advances all cells by a tick under these currents into their somata; returns the size of each spike.
    ///
    /// Currents beyond the end of the slice are zero.
    pub fn tick(&mut self, currents: &[f32]) -> &[f32] {
        self.tick_with(currents, &[], [&[]; BRANCHES])
    }

    /// The same, with currents into the apical dendrites and into each dendritic branch.
    pub fn tick_with(&mut self, soma: &[f32], apical: &[f32], branches: [&[f32]; BRANCHES]) -> &[f32] {
        let arriving = |current| Arriving { current, ..Arriving::default() };
        let inputs = Inputs {
            soma: arriving(soma),
            apical: arriving(apical),
            branches,
            uniforms: self.uniforms,
            tick: self.tick,
            ..Inputs::default()
        };
        self.tick += 1;
        self.cells.tick(&inputs, &mut self.spikes, Some(&mut self.factors));
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
