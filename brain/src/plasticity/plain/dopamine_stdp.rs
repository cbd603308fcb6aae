//! Dopamine-modulated STDP on one edge, with the closed form between events.

use super::{Level, Plain};
use crate::plasticity::{Baseline, DopamineStdpSpec, Pairing};

pub(crate) struct PlainDopamineStdp {
    spec: DopamineStdpSpec,
    pub(crate) w: f64,
    pub(crate) c: f64,
    k_plus: f64,
    k_minus: f64,
    level: Level,
}

impl PlainDopamineStdp {
    pub(crate) fn new(spec: &DopamineStdpSpec, w: f64) -> Self {
        Self { spec: spec.clone(), w, c: 0.0, k_plus: 0.0, k_minus: 0.0, level: Level::default() }
    }

    /// `ms` pass without an event; `n` decays to zero with `tau_n_ms`, `b` is the baseline.
    pub(crate) fn advance(&mut self, ms: f64, n: f64, tau_n_ms: f64, b: f64) {
        let tau_c = self.spec.tau_c_ms;
        let kap = (tau_c + tau_n_ms) / (tau_c * tau_n_ms);
        self.w -= self.c * ((n / kap) * (-kap * ms).exp_m1() - b * tau_c * (-ms / tau_c).exp_m1());
        self.c *= (-ms / tau_c).exp();
        self.k_plus *= (-ms / self.spec.tau_plus_ms).exp();
        self.k_minus *= (-ms / self.spec.tau_minus_ms).exp();
    }

    fn clip(&mut self) {
        self.w = self.w.clamp(self.spec.w_min, self.spec.w_max);
    }
}

impl Plain for PlainDopamineStdp {
    fn begin(&mut self, modulators: &[Level]) {
        self.level = modulators[0];
    }

    fn arrive(&mut self, size: f64) -> f64 {
        self.clip();
        self.c -= self.spec.a_minus * size * self.k_minus;
        self.k_plus = size + if self.spec.pairing == Pairing::All { self.k_plus } else { 0.0 };
        self.w
    }

    fn fire(&mut self, size: f64) {
        self.clip();
        self.c += self.spec.a_plus * size * self.k_plus;
        self.k_minus = size + if self.spec.pairing == Pairing::All { self.k_minus } else { 0.0 };
    }

    fn pass(&mut self, ms: f64) {
        let Level { now, tonic, tau_ms } = self.level;
        let b = match self.spec.baseline {
            Baseline::Tonic => tonic,
            Baseline::Level(level) => level,
            Baseline::MeanTauMs(_) => panic!("the mean is tested by itself"),
        };
        // The part of the concentration that does not decay counts as less baseline.
        self.advance(ms, now - tonic, tau_ms, b - tonic);
    }

    fn weight(&self) -> f64 {
        self.w.clamp(self.spec.w_min, self.spec.w_max)
    }
}
