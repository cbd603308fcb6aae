//! R-max, Urbanczik-Senn, e-prop and MDGL on one edge, step by step.

use super::{Level, Plain, Post};
use crate::plasticity::{EpropSpec, RMaxSpec, UrbanczikSennSpec};

pub(crate) struct PlainRMax {
    pub(crate) spec: RMaxSpec,
    pub(crate) w: f64,
    pub(crate) e: f64,
    pub(crate) x: f64,
    pub(crate) reward: f64,
}

impl PlainRMax {
    pub(crate) fn new(spec: &RMaxSpec, w: f64) -> Self {
        Self { spec: spec.clone(), w, e: 0.0, x: 0.0, reward: 0.0 }
    }
}

impl Plain for PlainRMax {
    fn begin(&mut self, modulators: &[Level]) {
        self.reward = modulators[0].now - modulators[0].tonic;
    }

    fn arrive(&mut self, size: f64) -> f64 {
        self.x += size;
        self.w
    }

    fn end(&mut self, post: &Post, dt: f64) {
        let (s, y, p) = (&self.spec, post.spike, post.factor);
        self.e = (1.0 - dt / s.tau_e_ms) * self.e + (y - p / (1.0 + (s.tau_g_ms / dt) * p)) * self.x;
        self.w = (self.w + s.eta * dt * self.reward * self.e).clamp(s.w_min, s.w_max);
        self.x *= (-dt / s.tau_x_ms).exp();
    }

    fn weight(&self) -> f64 {
        self.w
    }
}

pub(crate) struct PlainUrbanczikSenn {
    spec: UrbanczikSennSpec,
    w: f64,
    potential: [f64; 2],
    delta: f64,
}

impl PlainUrbanczikSenn {
    pub(crate) fn new(spec: &UrbanczikSennSpec, w: f64) -> Self {
        Self { spec: spec.clone(), w, potential: [0.0; 2], delta: 0.0 }
    }
}

impl Plain for PlainUrbanczikSenn {
    fn arrive(&mut self, size: f64) -> f64 {
        self.potential.iter_mut().for_each(|p| *p += size);
        self.w
    }

    fn pass(&mut self, ms: f64) {
        self.potential[0] *= (-ms / self.spec.tau_l_ms).exp();
        self.potential[1] *= (-ms / self.spec.tau_s_ms).exp();
    }

    fn end(&mut self, post: &Post, ms: f64) {
        let keep = (-ms / self.spec.tau_delta_ms).exp();
        self.delta = keep * self.delta + (1.0 - keep) * post.factor * (self.potential[0] - self.potential[1]);
        self.w = (self.w + self.spec.eta * ms * self.delta).clamp(self.spec.w_min, self.spec.w_max);
    }

    fn weight(&self) -> f64 {
        self.w
    }
}

pub(crate) struct PlainEprop {
    spec: EpropSpec,
    alpha: f64,
    beta: f64,
    rho: f64,
    /// Whether signals from other cells count (MDGL).
    broadcast: bool,
    w: f64,
    x: f64,
    eps: f64,
    pub(crate) e: f64,
    pub(crate) ebar: f64,
    decision: f64,
    modulator: f64,
}

impl PlainEprop {
    /// `tau_m`, `beta` and `tau_a` are those of the target.
    pub(crate) fn new(
        spec: &EpropSpec,
        broadcast: bool,
        [tau_m_ms, beta, tau_a_ms]: [f64; 3],
        tick_ms: f64,
        w: f64,
    ) -> Self {
        let [alpha, rho] = [tau_m_ms, tau_a_ms].map(|tau| (-tick_ms / tau).exp());
        Self {
            spec: spec.clone(),
            alpha,
            beta,
            rho,
            broadcast,
            w,
            x: 0.0,
            eps: 0.0,
            e: 0.0,
            ebar: 0.0,
            decision: 0.0,
            modulator: 1.0,
        }
    }
}

impl Plain for PlainEprop {
    fn begin(&mut self, modulators: &[Level]) {
        if self.spec.modulator.is_some() {
            self.modulator = modulators[0].now - modulators[0].tonic;
        }
    }

    fn arrive(&mut self, size: f64) -> f64 {
        self.x += size;
        self.w
    }

    fn end(&mut self, post: &Post, ms: f64) {
        let (s, psi) = (&self.spec, post.factor);
        let [kappa, gamma] = [s.tau_out_ms, s.tau_decision_ms].map(|tau| (-ms / tau).exp());
        let before = self.ebar;
        self.e = psi * (self.x - self.beta * self.eps);
        self.eps = psi * self.x + (self.rho - psi * self.beta) * self.eps;
        self.ebar = kappa * self.ebar + self.e;
        self.decision = gamma * self.decision + post.learning * self.ebar;
        let mut gradient = if s.tau_decision_ms > 0.0 { self.decision } else { post.learning * self.ebar };
        if self.broadcast {
            gradient += (1.0 - self.alpha) * before * post.broadcast;
        }
        self.w = (self.w - s.eta * self.modulator * gradient).clamp(s.w_min, s.w_max);
        self.x *= self.alpha;
    }

    fn weight(&self) -> f64 {
        self.w
    }
}
