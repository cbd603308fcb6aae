//! Pair STDP: each pair of spikes changes the weight at once.
//!
//! ```text
//! postsynaptic spike: w += A+ ((w_max − w)/(w_max − w_min))^mu K+
//! arrival:            w −= A− ((w − w_min)/(w_max − w_min))^mu K−
//! dK±/dt = −K±/tau±,  K+ += 1 at an arrival, K− += 1 at a postsynaptic spike
//! ```
//! `mu = 0` is the additive rule with hard bounds, `mu = 1` has soft bounds; the weight stays within its bounds always.
//! Units: ms; `A±` in units of weight.
//! Source: Song, Miller, Abbott 2000, doi 10.1038/78829 (additive); Gütig et al. 2003, doi 10.1523/JNEUROSCI.23-09-03697.2003
//! (`mu`).
//! Scheme: event by event, exact.
//! Deviations: a spike of size `s` counts `s` times. A postsynaptic spike and an arrival at the same instant count in this
//! order. An arrival transmits the weight after its own change, as NEST does.

use serde::{Deserialize, Serialize};

use super::{
    Pairing, PostSignals, Rule,
    incoming::Incoming,
    spec::{ANY, POSITIVE, Range, TAU},
    trace::Traces,
};
use crate::{Modulator, rows::Rows};

/// Pair STDP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StdpSpec {
    /// Change of weight by a pair with the presynaptic spike first.
    pub a_plus: f64,
    /// Change of weight, taken away, by a pair with the postsynaptic spike first.
    pub a_minus: f64,
    /// Time constant of `K+` in ms.
    pub tau_plus_ms: f64,
    /// Time constant of `K−` in ms.
    pub tau_minus_ms: f64,
    /// Which pairs count.
    pub pairing: Pairing,
    /// Exponent of the soft bounds; zero for hard ones.
    pub mu: f64,
    /// Smallest weight.
    pub w_min: f64,
    /// Largest weight.
    pub w_max: f64,
}

impl Default for StdpSpec {
    fn default() -> Self {
        Self {
            a_plus: 0.005,
            a_minus: 0.00525,
            tau_plus_ms: 20.0,
            tau_minus_ms: 20.0,
            pairing: Pairing::All,
            mu: 0.0,
            w_min: 0.0,
            w_max: 1.0,
        }
    }
}

impl StdpSpec {
    pub(super) fn ranges(&self) -> Vec<Range> {
        vec![
            ("a_plus", self.a_plus, ANY),
            ("a_minus", self.a_minus, ANY),
            ("tau_plus_ms", self.tau_plus_ms, TAU),
            ("tau_minus_ms", self.tau_minus_ms, TAU),
            ("mu", self.mu, POSITIVE),
        ]
    }
}

pub(crate) struct Stdp {
    pre: Traces,
    post: Traces,
    incoming: Incoming,
    a_plus: f32,
    a_minus: f32,
    mu: f32,
    bounds: [f32; 2],
}

impl Stdp {
    pub(super) fn new(spec: &StdpSpec, rows: &Rows, n_post: usize, tick_ms: f64) -> Self {
        let nearest = spec.pairing == Pairing::Nearest;
        Self {
            pre: Traces::new(rows.n_rows(), spec.tau_plus_ms, tick_ms, nearest),
            post: Traces::new(n_post, spec.tau_minus_ms, tick_ms, nearest),
            incoming: Incoming::new(rows, n_post),
            a_plus: spec.a_plus as f32,
            a_minus: spec.a_minus as f32,
            mu: spec.mu as f32,
            bounds: [spec.w_min as f32, spec.w_max as f32],
        }
    }
}

/// `room^mu`, cheap for the two usual exponents.
#[inline]
fn soften(room: f32, mu: f32) -> f32 {
    if mu == 0.0 {
        1.0
    } else if mu == 1.0 {
        room
    } else {
        room.max(0.0).powf(mu)
    }
}

impl Rule for Stdp {
    fn begin_tick(&mut self, _: &[Modulator]) {
        self.pre.begin_tick();
        self.post.begin_tick();
    }

    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]) {
        self.pre.add_at_start(row, size);
        let ([low, high], mu) = (self.bounds, self.mu);
        let (x, jump, inverse) = (gain * size, self.a_minus * size, 1.0 / (high - low));
        let edges = rows.row(row);
        for (&j, w) in rows.targets[edges.clone()].iter().zip(&mut weights[edges]) {
            let j = j as usize;
            *w = (*w - jump * soften((*w - low) * inverse, mu) * self.post.at_start(j)).max(low).min(high);
            out[j] += x * *w;
        }
    }

    fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]) {
        let ([low, high], mu, pre) = (self.bounds, self.mu, &self.pre);
        let inverse = 1.0 / (high - low);
        for &(j, size) in fired {
            let jump = self.a_plus * size;
            self.incoming.each(j as usize, |edge, row| {
                let w = &mut weights[edge];
                *w = (*w + jump * soften((high - *w) * inverse, mu) * pre.at_end(row)).max(low).min(high);
            });
            self.post.add_at_end(j as usize, size);
        }
    }

    fn end_tick(&mut self, _: &Rows, _: &mut [f32], _: &PostSignals) {
        self.pre.end_tick();
        self.post.end_tick();
    }

    fn bounds(&self) -> [f32; 2] {
        self.bounds
    }

    fn reset(&mut self) {
        self.pre.reset();
        self.post.reset();
    }

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.pre.visit("presynaptic traces", f);
        self.post.visit("postsynaptic traces", f);
    }

    fn bytes_per_edge(&self) -> f64 {
        self.incoming.bytes_per_edge()
    }
}
