//! Synapses between populations: dense where everyone is connected, compressed rows where not.

use crate::{
    kernel::{add_scaled, decay_and_add, dot, flush},
    spec::Transmitter,
};

/// Where the input of a projection comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Port(usize),
    Population(usize),
}

/// Who is connected: rows by source, so that a spike walks along one row.
pub(crate) enum Rows {
    /// Everyone; row `i` is `weights[i · n_post ..]`.
    Dense,
    /// `targets[starts[i] .. starts[i + 1]]`, ascending.
    Sparse { starts: Vec<u32>, targets: Vec<u32> },
}

/// Weights, in the order of the rows; then, where there are biases, one more dense row for them.
pub(crate) struct Synapses {
    pub n_pre: usize,
    pub n_post: usize,
    pub rows: Rows,
    pub weights: Vec<f32>,
    pub biased: bool,
}

/// State of the synapses of one layer that learn.
pub(crate) struct Plastic {
    /// Eligibility, one for each weight.
    pub trace: Vec<f32>,
    /// `Σ|z|`.
    pub trace_l1: f32,
    pub tau_eligibility_ms: f64,
    pub modulator: usize,
    pub budget: f32,
    pub budget_modulator: Option<usize>,
}

pub(crate) struct Projection {
    pub name: String,
    pub source: Source,
    pub target: usize,
    pub synapses: Synapses,
    /// Synaptic current at each target cell.
    pub current: Vec<f32>,
    pub decay: f32,
    pub gain: f32,
    pub delay_ticks: usize,
    pub transmitter: Option<Transmitter>,
    pub plastic: Option<Plastic>,
    /// Fixed weights of the feedback if these are not the forward ones; empty for no feedback at all.
    pub feedback: Option<Vec<f32>>,
}

impl Synapses {
    fn n_edges(&self) -> usize {
        self.weights.len() - if self.biased { self.n_post } else { 0 }
    }

    /// The biases; empty if there are none.
    pub(crate) fn bias(&self) -> &[f32] {
        &self.weights[self.n_edges()..]
    }

    /// `out[post] += x w(pre, post)` along one row.
    fn add_row(&self, pre: usize, x: f32, out: &mut [f32]) {
        match &self.rows {
            Rows::Dense => add_scaled(out, x, &self.weights[pre * self.n_post..(pre + 1) * self.n_post]),
            Rows::Sparse { starts, targets } => {
                for edge in starts[pre] as usize..starts[pre + 1] as usize {
                    out[targets[edge] as usize] += x * self.weights[edge];
                }
            }
        }
    }

    /// `out += Σ x_pre w(pre, ·)`.
    pub(crate) fn add_all(&self, x: &[f32], out: &mut [f32]) {
        for (pre, &x) in x.iter().enumerate() {
            self.add_row(pre, x, out);
        }
    }

    /// `out_pre += Σ_post w(pre, post) d_post`, with the weights given (the forward ones, or those of a fixed feedback).
    pub(crate) fn add_backward(&self, weights: &[f32], d: &[f32], out: &mut [f32]) {
        for (pre, out) in out.iter_mut().enumerate() {
            *out += match &self.rows {
                Rows::Dense => dot(d, &weights[pre * self.n_post..(pre + 1) * self.n_post]),
                Rows::Sparse { starts, targets } => (starts[pre] as usize..starts[pre + 1] as usize)
                    .map(|edge| weights[edge] * d[targets[edge] as usize])
                    .sum::<f32>(),
            };
        }
    }

    /// `z ← decay z + x_pre d_post` at every synapse; biases count as a source that is always 1. Returns `Σ|z|`.
    fn tag(&self, trace: &mut [f32], decay: f32, x: &[f32], d: &[f32]) -> f32 {
        let (edges, biases) = trace.split_at_mut(self.n_edges());
        let mut l1 = 0.0;
        match &self.rows {
            Rows::Dense => {
                for (row, &x) in edges.chunks_exact_mut(self.n_post).zip(x) {
                    l1 += decay_and_add(row, decay, x, d);
                }
            }
            Rows::Sparse { starts, targets } => {
                for pre in 0..self.n_pre {
                    for edge in starts[pre] as usize..starts[pre + 1] as usize {
                        edges[edge] = flush(decay * edges[edge] + x[pre] * d[targets[edge] as usize]);
                        l1 += edges[edge].abs();
                    }
                }
            }
        }
        l1 + decay_and_add(biases, decay, 1.0, d)
    }
}

impl Projection {
    /// Lets the synaptic current fade, then adds the spikes that arrive now.
    pub(crate) fn deliver(&mut self, active: &[u32], spikes: &[f32]) {
        let decay = self.decay;
        self.current.iter_mut().for_each(|j| *j = flush(decay * *j));
        for &pre in active {
            let pre = pre as usize;
            self.synapses.add_row(pre, self.gain * spikes[pre], &mut self.current);
        }
    }

    /// Sets the tags of the step that was lived.
    pub(crate) fn tag(&mut self, window_ms: f64, x: &[f32], d: &[f32]) {
        if let Some(plastic) = &mut self.plastic {
            let decay = plastic.decay(window_ms);
            plastic.trace_l1 = self.synapses.tag(&mut plastic.trace, decay, x, d);
        }
    }

    /// Changes the weights by what the modulator makes of the tags, within the budget and Dale's law.
    pub(crate) fn learn(&mut self, modulators: &[crate::Modulator]) {
        let Some(plastic) = &self.plastic else { return };
        let rate = plastic.rate(modulators);
        if rate == 0.0 {
            return;
        }
        add_scaled(&mut self.synapses.weights, rate, &plastic.trace);
        let edges = self.synapses.n_edges();
        match self.transmitter {
            None => {}
            Some(Transmitter::Excitatory) => self.synapses.weights[..edges].iter_mut().for_each(|w| *w = w.max(0.0)),
            Some(Transmitter::Inhibitory) => self.synapses.weights[..edges].iter_mut().for_each(|w| *w = w.min(0.0)),
        }
    }
}

impl Plastic {
    /// How much of a trace is left after a window.
    pub(crate) fn decay(&self, window_ms: f64) -> f32 {
        if self.tau_eligibility_ms > 0.0 { (-window_ms / self.tau_eligibility_ms).exp() as f32 } else { 0.0 }
    }

    /// Change of weight per unit of trace: `m min(1, budget/Σ|z|)`.
    pub(crate) fn rate(&self, modulators: &[crate::Modulator]) -> f32 {
        let budget = self.budget * self.budget_modulator.map_or(1.0, |m| modulators[m].level());
        modulators[self.modulator].phasic() * (budget / self.trace_l1.max(1e-30)).min(1.0)
    }
}
