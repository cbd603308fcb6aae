//! MSTDPET on one edge, step by step in the order of the reference: trace, weight, then spikes.

use super::{Level, Plain, Post};
use crate::plasticity::{Baseline, MstdpetSpec};

pub(crate) struct PlainMstdpet {
    spec: MstdpetSpec,
    pub(crate) p: f64,
    pub(crate) m: f64,
    pub(crate) zeta: f64,
    pub(crate) z: f64,
    pub(crate) w: f64,
    reward: f64,
    arrived: f64,
}

impl PlainMstdpet {
    pub(crate) fn new(spec: &MstdpetSpec, w: f64) -> Self {
        Self { spec: spec.clone(), p: 0.0, m: 0.0, zeta: 0.0, z: 0.0, w, reward: 0.0, arrived: 0.0 }
    }

    pub(crate) fn step(&mut self, pre: f64, post: f64, reward: f64, ms: f64) {
        let s = &self.spec;
        self.z = self.z * (-ms / s.tau_z_ms).exp() + self.zeta / s.tau_z_ms;
        self.w += s.gamma * ms * reward * self.z;
        self.p = self.p * (-ms / s.tau_plus_ms).exp() + s.a_plus * pre;
        self.m = self.m * (-ms / s.tau_minus_ms).exp() + s.a_minus * post;
        self.zeta = self.p * post + self.m * pre;
    }
}

impl Plain for PlainMstdpet {
    fn begin(&mut self, modulators: &[Level]) {
        assert_eq!(self.spec.baseline, Baseline::Tonic);
        self.reward = modulators[0].now - modulators[0].tonic;
        self.arrived = 0.0;
    }

    fn arrive(&mut self, size: f64) -> f64 {
        self.arrived += size;
        self.w
    }

    fn end(&mut self, post: &Post, tick_ms: f64) {
        self.step(self.arrived, post.spike, self.reward, tick_ms);
    }

    fn weight(&self) -> f64 {
        self.w
    }
}
