//! Pair STDP that leaves a tag, and a modulator that turns tags into weight: the engine of
//! [`dopamine_stdp`](super::dopamine_stdp) and [`mstdpet`](super::mstdpet).
//!
//! At an arrival the tag jumps by `at_pre · K−`, at a postsynaptic spike by `at_post · K+`; `K+` is a trace of the row,
//! `K−` one of the cell. Everything else is in [`gate`](super::gate).

use super::{
    Rule,
    gate::{Drive, Gate},
    incoming::Incoming,
    trace::Traces,
};
use crate::{Modulator, rows::Rows};

/// Constants, in the units of the rule that uses them.
pub(super) struct TaggedParameters {
    /// Jump of the tag at a postsynaptic spike, per unit of `K+`.
    pub at_post: f64,
    /// Jump of the tag at an arrival, per unit of `K−`.
    pub at_pre: f64,
    pub tau_plus_ms: f64,
    pub tau_minus_ms: f64,
    pub nearest: bool,
    /// Time constant of the tag.
    pub tau_tag_ms: f64,
    /// Weight per tag, modulator and ms.
    pub rate: f64,
    pub bounds: [f64; 2],
}

pub(crate) struct TaggedStdp {
    drive: Drive,
    gate: Gate,
    tags: Vec<f32>,
    pre: Traces,
    post: Traces,
    incoming: Incoming,
    at_post: f32,
    at_pre: f32,
    bounds: [f32; 2],
}

impl TaggedStdp {
    pub(super) fn new(p: &TaggedParameters, drive: Drive, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        Self {
            drive,
            gate: Gate::new(p.tau_tag_ms, p.rate, tick_ms),
            tags: vec![0.0; rows.n_edges()],
            pre: Traces::new(rows.n_rows(), p.tau_plus_ms, tick_ms, p.nearest),
            post: Traces::new(n_post, p.tau_minus_ms, tick_ms, p.nearest),
            incoming: Incoming::new(rows, n_post),
            at_post: p.at_post as f32,
            at_pre: p.at_pre as f32,
            bounds: p.bounds.map(|w| w as f32),
        }
    }
}

impl Rule for TaggedStdp {
    fn begin_tick(&mut self, modulators: &[Modulator]) {
        self.gate.begin_tick(self.drive.read(modulators));
        self.pre.begin_tick();
        self.post.begin_tick();
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        self.pre.add_at_start(row, size);
        let (now, [low, high]) = (self.gate.start(), self.bounds);
        let (x, jump) = (gain * size, self.at_pre * size * now.grow * self.post.start_shrink());
        let pass = |w: &mut f32, tag: &mut f32, k_minus: f32| {
            let weight = (*w + *tag * now.integral).max(low).min(high);
            *tag += jump * k_minus;
            *w = weight - *tag * now.integral;
            x * weight
        };
        let edges = rows.row(row);
        let (targets, k_minus) = (&rows.targets[edges.clone()], self.post.hats());
        let state = weights[edges.clone()].iter_mut().zip(&mut self.tags[edges]);
        match self.incoming {
            Incoming::Full { .. } => {
                for ((w, tag), (out, &k_minus)) in state.zip(out.iter_mut().zip(k_minus)) {
                    *out += pass(w, tag, k_minus);
                }
            }
            Incoming::Listed { .. } => {
                for ((w, tag), &j) in state.zip(targets) {
                    out[j as usize] += pass(w, tag, k_minus[j as usize]);
                }
            }
        }
    }

    fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]) {
        let (now, [low, high]) = (self.gate.end(), self.bounds);
        let (tags, pre) = (&mut self.tags, &self.pre);
        for &(j, size) in fired {
            let jump = self.at_post * size * now.grow;
            self.incoming.each(j as usize, |edge, row| {
                let (w, tag) = (&mut weights[edge], &mut tags[edge]);
                let weight = (*w + *tag * now.integral).max(low).min(high);
                *tag += jump * pre.at_end(row);
                *w = weight - *tag * now.integral;
            });
            self.post.add_at_end(j as usize, size);
        }
    }

    fn end_tick(&mut self, _: &Rows, weights: &mut [f32], _: &super::PostSignals) {
        self.pre.end_tick();
        self.post.end_tick();
        if self.gate.end_tick() {
            self.gate.renew(weights.iter_mut().zip(&mut self.tags));
        }
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn offset(&self, edge: usize) -> f32 {
        self.tags[edge] * self.gate.integral()
    }

    fn eligibility(&self, edge: usize) -> f32 {
        self.tags[edge] * self.gate.shrink()
    }

    fn reset(&mut self) {
        self.gate.reset();
        self.tags.fill(0.0);
        self.pre.reset();
        self.post.reset();
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.drive.visit(f);
        self.gate.visit(f);
        f("tags", &mut self.tags);
        self.pre.visit("presynaptic traces", f);
        self.post.visit("postsynaptic traces", f);
    }

    fn bytes_per_edge(&self) -> f64 {
        4.0 + self.incoming.bytes_per_edge()
    }
}
