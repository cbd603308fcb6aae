//! The burst-dependent rule on one edge.

use super::{Plain, Post};
use crate::plasticity::BurstSpec;

/// What one side of the synapse did: time since its last spike, and whether that was an event without a second spike.
#[derive(Clone, Copy)]
struct Train {
    since_ms: f64,
    alone: bool,
}

/// What a spike is.
#[derive(PartialEq)]
enum Kind {
    Event,
    Burst,
    Further,
}

impl Train {
    const SILENT: Self = Self { since_ms: f64::INFINITY, alone: false };

    fn spike(&mut self, window_ms: f64) -> Kind {
        let near = self.since_ms <= window_ms + 1e-6;
        let kind = match (near, self.alone) {
            (false, _) => Kind::Event,
            (true, true) => Kind::Burst,
            (true, false) => Kind::Further,
        };
        *self = Self { since_ms: 0.0, alone: kind == Kind::Event };
        kind
    }
}

pub(crate) struct PlainBurst {
    spec: BurstSpec,
    w: f64,
    pre: Train,
    post: Train,
    pre_trace: f64,
    event_rate_hz: f64,
    burst_rate_hz: f64,
}

impl PlainBurst {
    pub(crate) fn new(spec: &BurstSpec, w: f64) -> Self {
        Self {
            w,
            pre: Train::SILENT,
            post: Train::SILENT,
            pre_trace: 0.0,
            event_rate_hz: spec.start_rate_hz,
            burst_rate_hz: spec.start_rate_hz * spec.start_burst_fraction,
            spec: spec.clone(),
        }
    }

    fn change(&mut self, by: f64) {
        self.w = (self.w + by).clamp(self.spec.w_min, self.spec.w_max);
    }
}

impl Plain for PlainBurst {
    fn arrive(&mut self, _: f64) -> f64 {
        let before = self.w;
        if self.pre.spike(self.spec.window_ms) == Kind::Event {
            let lacking = self.spec.rate_min_hz.map_or(0.0, |min| (min - self.event_rate_hz).max(0.0));
            self.change(self.spec.eta * lacking);
            self.pre_trace += 1.0;
        }
        before
    }

    fn fire(&mut self, _: f64) {
        let rate = self.event_rate_hz;
        let excess = self.spec.rate_max_hz.map_or(0.0, |max| if rate > max { (rate - max) / rate } else { 0.0 });
        let one = 1000.0 / self.spec.tau_avg_ms;
        match self.post.spike(self.spec.window_ms) {
            Kind::Event => {
                let usual = (self.burst_rate_hz / rate).min(1.0);
                self.change(self.spec.eta * (-usual - excess) * self.pre_trace);
                self.event_rate_hz += one;
            }
            Kind::Burst => {
                self.change(self.spec.eta * (1.0 - excess) * self.pre_trace);
                self.burst_rate_hz += one;
            }
            Kind::Further => {}
        }
    }

    fn pass(&mut self, ms: f64) {
        self.pre.since_ms += ms;
        self.post.since_ms += ms;
        self.pre_trace *= (-ms / self.spec.tau_pre_ms).exp();
        self.event_rate_hz *= (-ms / self.spec.tau_avg_ms).exp();
        self.burst_rate_hz *= (-ms / self.spec.tau_avg_ms).exp();
    }

    fn end(&mut self, _: &Post, _: f64) {}

    fn weight(&self) -> f64 {
        self.w
    }
}
