//! Synapses between populations: dense where everyone is connected, compressed rows where not.

use std::borrow::Cow;

use crate::{
    Modulator,
    history::{Fired, History},
    kernel::{add_products, add_rows, clamp},
    plasticity::{Plasticity, PostSignals, Scaling},
    rows::Rows,
    spec::Transmitter,
    tag::{Lived, ThreeFactor},
};

/// Where the input of a projection comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// The values of a port.
    Port(usize),
    /// Spikes: index among all that spike, populations first, then ports of spikes.
    Spikes(usize),
}

/// Who is connected: rows by source, so that a spike walks along one row.
pub(crate) enum Wiring {
    /// Everyone; row `i` is `weights[i · n_post ..]`.
    Dense,
    /// Some.
    Sparse(Rows),
}

/// Weights, in the order of the rows; then, where there are biases, one more dense row for them.
pub(crate) struct Synapses {
    pub n_pre: usize,
    pub n_post: usize,
    pub wiring: Wiring,
    /// One weight for all synapses that never change, or one each.
    pub weights: Weights,
    pub biased: bool,
}

/// The weights of a projection.
pub(crate) enum Weights {
    /// All the same, for ever.
    Same(f32),
    /// One each.
    Each(Vec<f32>),
}

impl Weights {
    /// The weights where there is one each; nothing where they are all the same.
    pub(crate) fn each(&self) -> &[f32] {
        match self {
            Self::Same(_) => &[],
            Self::Each(weights) => weights,
        }
    }

    /// The same, to change.
    pub(crate) fn each_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Same(_) => &mut [],
            Self::Each(weights) => weights,
        }
    }
}

/// Synapses onto one part of a population.
pub(crate) struct Projection {
    pub name: String,
    pub source: Source,
    pub synapses: Synapses,
    /// Channel of the target that spikes arrive at.
    pub channel: usize,
    /// The delays that occur, in ticks.
    pub delays: Vec<u32>,
    pub transmitter: Option<Transmitter>,
    pub three_factor: Option<ThreeFactor>,
    /// A rule that acts within the ticks.
    pub rule: Option<Plasticity>,
    pub scaling: Option<Scaling>,
    /// Fixed weights of the feedback if these are not the forward ones; empty for no feedback at all.
    pub feedback: Option<Vec<f32>>,
    /// Spikes that arrived so far, counted at each synapse.
    pub events: u64,
}

impl Synapses {
    /// Number of synapses, biases left out.
    pub(crate) fn n_edges(&self) -> usize {
        match &self.wiring {
            Wiring::Dense => self.n_pre * self.n_post,
            Wiring::Sparse(rows) => rows.targets.len(),
        }
    }

    /// The biases; empty if there are none.
    pub(crate) fn bias(&self) -> &[f32] {
        if self.biased { &self.weights.each()[self.n_edges()..] } else { &[] }
    }

    /// Bytes that the synapses take, without what plasticity keeps.
    pub(crate) fn bytes(&self) -> usize {
        let wiring = match &self.wiring {
            Wiring::Dense => 0,
            Wiring::Sparse(rows) => 4 * rows.starts.len() + 2 * rows.targets.len(),
        };
        wiring + 4 * self.weights.each().len()
    }

    /// `out[post] += x w(pre, post)` along the row of a source and one of its delays; returns the number of synapses.
    #[inline]
    fn add_row(&self, row: usize, x: f32, out: &mut [f32]) -> usize {
        match (&self.wiring, &self.weights) {
            (Wiring::Dense, Weights::Each(weights)) => {
                add_rows(out, weights, std::iter::once((row, x)));
                self.n_post
            }
            (Wiring::Dense, Weights::Same(weight)) => {
                out.iter_mut().for_each(|out| *out += x * weight);
                self.n_post
            }
            (Wiring::Sparse(rows), Weights::Each(weights)) => {
                let range = rows.row(row);
                for (target, weight) in rows.targets[range.clone()].iter().zip(&weights[range.clone()]) {
                    out[usize::from(*target)] += x * weight;
                }
                range.len()
            }
            (Wiring::Sparse(rows), Weights::Same(weight)) => {
                let (range, amount) = (rows.row(row), x * weight);
                let (eights, rest) = rows.targets[range.clone()].as_chunks::<8>();
                for targets in eights {
                    for target in targets {
                        out[usize::from(*target)] += amount;
                    }
                }
                for target in rest {
                    out[usize::from(*target)] += amount;
                }
                range.len()
            }
        }
    }

    /// `out += Σ x_pre w(pre, ·)`, for values without a delay.
    pub(crate) fn add_all(&self, x: &[f32], out: &mut [f32]) {
        if let (Wiring::Dense, Weights::Each(weights)) = (&self.wiring, &self.weights) {
            return add_rows(out, weights, x.iter().copied().enumerate());
        }
        for (pre, &x) in x.iter().enumerate() {
            self.add_row(pre, x, out);
        }
    }

    /// `out_pre += factor Σ_post w(pre, post) d_post`, with the weights given (the forward ones, or those of a fixed feedback).
    pub(crate) fn add_backward(&self, weights: &[f32], factor: f32, d: &[f32], out: &mut [f32]) {
        let rows = match &self.wiring {
            Wiring::Dense => return add_products(out, weights, factor, d),
            Wiring::Sparse(rows) => rows,
        };
        for (pre, out) in out.iter_mut().enumerate() {
            let edges = rows.starts[pre * rows.n_delays] as usize..rows.starts[(pre + 1) * rows.n_delays] as usize;
            *out += factor * edges.map(|edge| weights[edge] * d[usize::from(rows.targets[edge])]).sum::<f32>();
        }
    }
}

impl Wiring {
    /// The rows where not everyone is connected.
    fn sparse(&self) -> Option<&Rows> {
        match self {
            Self::Dense => None,
            Self::Sparse(rows) => Some(rows),
        }
    }
}

impl Projection {
    /// Spikes that are due arrive at the synapses; `arrivals` is the channel, `gain` its factor.
    pub(crate) fn deliver(&mut self, history: &History, tick: u64, arrivals: &mut [f32], gain: f32) {
        let n_delays = self.delays.len();
        // All spikes together, where everyone is connected; there is one delay then.
        if let (None, Wiring::Dense, Weights::Each(weights)) =
            (&self.rule, &self.synapses.wiring, &self.synapses.weights)
        {
            let due = history.at(tick, self.delays[0]);
            add_rows(arrivals, weights, due.iter().map(|&(pre, size)| (pre as usize, gain * size)));
            self.events += (due.len() * self.synapses.n_post) as u64;
            return;
        }
        for (k, &delay) in self.delays.iter().enumerate() {
            for &(pre, size) in history.at(tick, delay) as &[Fired] {
                let row = pre as usize * n_delays + k;
                self.events += match (&mut self.rule, &self.synapses.wiring, &mut self.synapses.weights) {
                    (Some(rule), Wiring::Sparse(rows), Weights::Each(weights)) => {
                        rule.arrive(rows, weights, row, size, gain, arrivals);
                        rows.row(row).len()
                    }
                    _ => self.synapses.add_row(row, gain * size, arrivals),
                } as u64;
            }
        }
    }

    /// Rules that act within the ticks get ready for one.
    pub(crate) fn begin_tick(&mut self, modulators: &[Modulator]) {
        if let Some(rule) = &mut self.rule {
            rule.begin_tick(modulators);
        }
    }

    /// They learn from what the target did in the tick.
    pub(crate) fn end_tick(&mut self, fired: &[Fired], post: &PostSignals) {
        let (Wiring::Sparse(rows), Weights::Each(weights)) = (&self.synapses.wiring, &mut self.synapses.weights) else {
            return;
        };
        if let Some(rule) = &mut self.rule {
            rule.fired(weights, fired);
            rule.end_tick(rows, weights, post);
        }
        if let Some(scaling) = &mut self.scaling {
            scaling.end_tick(rows, weights, fired, self.rule.as_ref());
        }
    }

    /// Weights of all synapses as they are now, without biases.
    pub(crate) fn weights_now(&self) -> Cow<'_, [f32]> {
        let n = self.synapses.n_edges();
        match (&self.synapses.weights, &self.rule) {
            (Weights::Same(weight), _) => Cow::Owned(vec![*weight; n]),
            (Weights::Each(weights), None) => Cow::Borrowed(&weights[..n]),
            (Weights::Each(weights), Some(rule)) => {
                let mut out = vec![0.0; n];
                rule.settle(weights, &mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Tags the synapses for the step that was lived, and changes the weights by what the modulator makes of the tags, within the
    /// budget and Dale's law.
    pub(crate) fn adapt(&mut self, window_ms: f64, x: &[f32], d: &[f32], modulators: &[Modulator]) {
        let edges = self.synapses.n_edges();
        let Some(rule) = &mut self.three_factor else { return };
        let Synapses { n_pre, n_post, wiring, weights, biased } = &mut self.synapses;
        let (sparse, rows, columns) = (wiring.sparse(), &x[..*n_pre], &d[..*n_post]);
        let weights = weights.each_mut();
        if !rule.adapt(&Lived { sparse, window_ms, rows, bias: *biased, columns }, modulators, weights) {
            return;
        }
        match self.transmitter {
            None => {}
            Some(Transmitter::Excitatory) => clamp(&mut weights[..edges], 0.0, f32::INFINITY),
            Some(Transmitter::Inhibitory) => clamp(&mut weights[..edges], f32::NEG_INFINITY, 0.0),
        }
    }

    /// Whether the weights change.
    pub(crate) fn learns(&self) -> bool {
        self.three_factor.is_some() || self.rule.is_some() || self.scaling.is_some()
    }

    /// Bytes of the synapses and of all that plasticity keeps of them.
    pub(crate) fn bytes(&self) -> usize {
        let of_rule = self.rule.as_ref().map_or(0.0, |rule| rule.bytes_per_edge() * self.synapses.n_edges() as f64);
        let of_windows = self.three_factor.as_ref().map_or(0, ThreeFactor::bytes);
        self.synapses.bytes() + of_windows + of_rule as usize
    }

    /// Whether the rule keeps an eligibility for each synapse.
    pub(crate) fn has_eligibility(&self) -> bool {
        self.three_factor.is_some() || self.rule.as_ref().is_some_and(Plasticity::has_eligibility)
    }

    /// The eligibility of a synapse by its place in the rows; zero where the rule keeps none.
    pub(crate) fn eligibility(&self, edge: usize) -> f32 {
        match (&self.three_factor, &self.rule) {
            (Some(rule), _) => rule.trace[edge],
            (None, Some(rule)) => rule.eligibility(edge),
            (None, None) => 0.0,
        }
    }

    /// The weight of a synapse by its place in the rows.
    pub(crate) fn weight(&self, edge: usize) -> f32 {
        match (&self.synapses.weights, &self.rule) {
            (Weights::Same(weight), _) => *weight,
            (Weights::Each(weights), None) => weights[edge],
            (Weights::Each(weights), Some(rule)) => rule.weight(weights, edge),
        }
    }

    /// Source, target within this part, weight and delay in ticks of every synapse, in the order of the rows.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (usize, usize, f32, u32)> {
        let n = self.synapses.n_edges();
        let weights = self.weights_now();
        let mut row = 0;
        (0..n).map(move |edge| match &self.synapses.wiring {
            Wiring::Dense => (edge / self.synapses.n_post, edge % self.synapses.n_post, weights[edge], self.delays[0]),
            Wiring::Sparse(rows) => {
                while rows.starts[row + 1] as usize <= edge {
                    row += 1;
                }
                let delay = self.delays[row % rows.n_delays];
                (row / rows.n_delays, usize::from(rows.targets[edge]), weights[edge], delay)
            }
        })
    }
}
