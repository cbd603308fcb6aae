//! TD-LTP on one edge: potentials summed over all arrivals since the last postsynaptic spike.

use super::{Level, Plain};
use crate::plasticity::{Baseline, TdLtpSpec};

pub(crate) struct PlainTdLtp {
    spec: TdLtpSpec,
    w: f64,
    now_ms: f64,
    /// Time and size of the arrivals since the last postsynaptic spike.
    arrivals: Vec<(f64, f64)>,
    /// The two exponentials of `kap`.
    tags: [f64; 2],
    level: Level,
}

impl PlainTdLtp {
    pub(crate) fn new(spec: &TdLtpSpec, w: f64) -> Self {
        Self { spec: spec.clone(), w, now_ms: 0.0, arrivals: vec![], tags: [0.0; 2], level: Level::default() }
    }

    /// The potential that the arrivals since the last postsynaptic spike make now.
    pub(crate) fn psp(&self) -> f64 {
        let s = &self.spec;
        let eps =
            |t: f64| s.eps0_mv_ms * ((-t / s.tau_m_ms).exp() - (-t / s.tau_s_ms).exp()) / (s.tau_m_ms - s.tau_s_ms);
        self.arrivals.iter().map(|(at, size)| size * eps(self.now_ms - at)).sum()
    }

    fn clip(&mut self) {
        self.w = self.w.clamp(self.spec.w_min, self.spec.w_max);
    }
}

impl Plain for PlainTdLtp {
    fn begin(&mut self, modulators: &[Level]) {
        assert_eq!(self.spec.baseline, Baseline::Tonic);
        self.level = modulators[0];
    }

    fn arrive(&mut self, size: f64) -> f64 {
        self.clip();
        self.arrivals.push((self.now_ms, size));
        self.w
    }

    fn fire(&mut self, size: f64) {
        self.clip();
        let psp = self.psp();
        self.tags.iter_mut().for_each(|tag| *tag += size * psp);
        self.arrivals.clear();
    }

    fn pass(&mut self, ms: f64) {
        let (s, level) = (&self.spec, self.level);
        let taus = [s.tau_k_ms, s.nu_k_ms];
        // ∫ δ exp(−t/tau) over the tick, δ decaying with the modulator.
        let area = |tau: f64| {
            let kap = 1.0 / tau + 1.0 / level.tau_ms;
            (level.now - level.tonic) * -(-kap * ms).exp_m1() / kap
        };
        let change = self.tags[0] * area(taus[0]) - self.tags[1] * area(taus[1]);
        self.w += s.eta * change / (s.tau_r_ms * (s.tau_k_ms - s.nu_k_ms));
        for (tag, tau) in self.tags.iter_mut().zip(taus) {
            *tag *= (-ms / tau).exp();
        }
        self.now_ms += ms;
    }

    fn weight(&self) -> f64 {
        self.w.clamp(self.spec.w_min, self.spec.w_max)
    }
}
