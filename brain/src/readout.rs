//! Linear decoders of filtered rates: synapses onto cells that do not spike.

use crate::{
    Modulator,
    kernel::{add_scaled, dot},
    tag::{Lived, ThreeFactor},
};

pub(crate) struct Readout {
    pub name: String,
    pub source: usize,
    /// One row for each output: a weight for each cell, then the bias.
    pub weights: Vec<f32>,
    pub three_factor: Option<ThreeFactor>,
    /// Fixed weights of the feedback if these are not the forward ones; empty for no feedback at all.
    pub feedback: Option<Vec<f32>>,
    /// Outputs of the last window.
    pub values: Vec<f32>,
    /// Error on each output, set from outside.
    pub error: Vec<f32>,
}

impl Readout {
    fn row_len(&self) -> usize {
        self.weights.len() / self.values.len()
    }

    /// `out = W R + b`, `rate` with its trailing 1.
    pub(crate) fn read(&self, rate: &[f32], out: &mut [f32]) {
        for (out, row) in out.iter_mut().zip(self.weights.chunks_exact(self.row_len())) {
            *out = dot(row, rate);
        }
    }

    /// Reads the last window again, with today's weights.
    pub(crate) fn refresh(&mut self, rate: &[f32]) {
        let len = self.row_len();
        for (value, row) in self.values.iter_mut().zip(self.weights.chunks_exact(len)) {
            *value = dot(row, rate);
        }
    }

    /// `signal += Wᵀ error`, biases left out.
    pub(crate) fn feed_back(&self, signal: &mut [f32]) {
        let weights = self.feedback.as_ref().unwrap_or(&self.weights);
        for (&error, row) in self.error.iter().zip(weights.chunks_exact(self.row_len())) {
            add_scaled(signal, error, row);
        }
    }

    /// `z ← decay z + error Rᵀ`, and weights follow.
    pub(crate) fn adapt(&mut self, window_ms: f64, rate: &[f32], modulators: &[Modulator]) {
        let columns = &rate[..self.row_len()];
        if let Some(rule) = &mut self.three_factor {
            let lived = Lived { sparse: None, window_ms, rows: &self.error, bias: false, columns };
            rule.adapt(&lived, modulators, &mut self.weights);
        }
    }

    /// Moves the outputs by about `factor · step`: the normalised least-mean-squares step `w += factor step R/(R·R + 1)`.
    pub(crate) fn pull(&mut self, factor: f32, step: &[f32], rate: &[f32]) {
        let len = self.row_len();
        let cells = &rate[..len - 1];
        let scale = factor / (dot(cells, cells) + 1.0);
        for (row, &step) in self.weights.chunks_exact_mut(len).zip(step) {
            if step != 0.0 {
                add_scaled(row, step * scale, rate);
            }
        }
    }
}
