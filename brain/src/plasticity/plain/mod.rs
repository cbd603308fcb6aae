//! The rules as they are printed: one edge, `f64`, event by event or tick by tick, no tricks. What the fast ones are
//! held to.

mod burst;
mod clocked;
mod dopamine_stdp;
mod mstdpet;
mod stdp;
mod td_ltp;

pub(super) use burst::PlainBurst;
pub(super) use clocked::{PlainEprop, PlainRMax, PlainUrbanczikSenn};
pub(super) use dopamine_stdp::PlainDopamineStdp;
pub(super) use mstdpet::PlainMstdpet;
pub(super) use stdp::PlainStdp;
pub(super) use td_ltp::PlainTdLtp;

/// A modulator at the start of a tick.
#[derive(Clone, Copy, Default)]
pub(super) struct Level {
    pub now: f64,
    pub tonic: f64,
    pub tau_ms: f64,
}

/// What the target of the edge did in a tick; see `PostSignals`.
#[derive(Clone, Copy, Default)]
pub(super) struct Post {
    pub spike: f64,
    pub factor: f64,
    pub learning: f64,
    pub broadcast: f64,
}

/// One edge under a rule.
pub(super) trait Plain {
    /// A tick begins.
    fn begin(&mut self, _modulators: &[Level]) {}
    /// A spike arrives, at the start of the tick. Returns the weight that transmits it.
    fn arrive(&mut self, size: f64) -> f64;
    /// The target fires, at the end of the tick.
    fn fire(&mut self, _size: f64) {}
    /// The tick passes; called before [`Plain::fire`].
    fn pass(&mut self, _tick_ms: f64) {}
    /// Everything of the tick is known.
    fn end(&mut self, _post: &Post, _tick_ms: f64) {}
    /// The weight now.
    fn weight(&self) -> f64;
}
