//! Pair STDP on one edge.

use super::Plain;
use crate::plasticity::{Pairing, StdpSpec};

pub(crate) struct PlainStdp {
    spec: StdpSpec,
    w: f64,
    k_plus: f64,
    k_minus: f64,
}

impl PlainStdp {
    pub(crate) fn new(spec: &StdpSpec, w: f64) -> Self {
        Self { spec: spec.clone(), w, k_plus: 0.0, k_minus: 0.0 }
    }

    fn room(&self, w: f64) -> f64 {
        (w / (self.spec.w_max - self.spec.w_min)).max(0.0).powf(self.spec.mu)
    }

    fn clip(&mut self) {
        self.w = self.w.clamp(self.spec.w_min, self.spec.w_max);
    }
}

impl Plain for PlainStdp {
    fn arrive(&mut self, size: f64) -> f64 {
        self.w -= self.spec.a_minus * size * self.room(self.w - self.spec.w_min) * self.k_minus;
        self.clip();
        self.k_plus = size + if self.spec.pairing == Pairing::All { self.k_plus } else { 0.0 };
        self.w
    }

    fn fire(&mut self, size: f64) {
        self.w += self.spec.a_plus * size * self.room(self.spec.w_max - self.w) * self.k_plus;
        self.clip();
        self.k_minus = size + if self.spec.pairing == Pairing::All { self.k_minus } else { 0.0 };
    }

    fn pass(&mut self, ms: f64) {
        self.k_plus *= (-ms / self.spec.tau_plus_ms).exp();
        self.k_minus *= (-ms / self.spec.tau_minus_ms).exp();
    }

    fn weight(&self) -> f64 {
        self.w
    }
}
