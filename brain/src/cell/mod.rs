//! Cell models, one a file. To add one: a file with a spec and a state, and a line in each `match` below.

mod alif;
mod lif;

pub use alif::AlifSpec;
pub use lif::LifSpec;

use crate::{dist::Dist, rng::Rng, spec::CellSpec};

/// The cells of one population: parameters and state of one model, as arrays.
pub(crate) enum Cells {
    Lif(lif::Lif),
    Alif(alif::Alif),
}

/// One call per population and tick, never one per cell.
macro_rules! dispatch {
    ($self:expr, $cells:ident => $body:expr) => {
        match $self {
            Cells::Lif($cells) => $body,
            Cells::Alif($cells) => $body,
        }
    };
}

impl Cells {
    /// Draws the parameters of `n` cells.
    pub(crate) fn new(spec: &CellSpec, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        match spec {
            CellSpec::Lif(spec) => Self::Lif(lif::Lif::new(spec, n, tick_ms, rng)),
            CellSpec::Alif(spec) => Self::Alif(alif::Alif::new(spec, n, tick_ms, rng)),
        }
    }

    /// Advances all cells by a tick under `gain · current`. Writes the spikes (0, or the size of a burst up to 1) and
    /// the surrogate derivative of the spike by the membrane potential.
    pub(crate) fn tick(&mut self, current: &[f32], gain: f32, spikes: &mut [f32], surrogate: &mut [f32]) {
        dispatch!(self, cells => cells.tick(current, gain, spikes, surrogate));
    }

    /// Puts the cells at rest, with membrane potentials drawn anew.
    pub(crate) fn reset(&mut self, rng: &mut Rng) {
        dispatch!(self, cells => cells.reset(rng));
    }

    /// Membrane potentials.
    pub(crate) fn v(&self) -> &[f32] {
        dispatch!(self, cells => &cells.v)
    }

    /// Shows every state array to `visit`.
    pub(crate) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        dispatch!(self, cells => cells.visit(visit));
    }
}

impl CellSpec {
    /// The parameters that may be distributions, with the range that they must keep to.
    pub(crate) fn distributions(&self) -> Vec<(&'static str, &Dist, [f64; 2])> {
        match self {
            Self::Lif(spec) => spec.distributions(),
            Self::Alif(spec) => spec.distributions(),
        }
    }
}

/// Bounds for a parameter that has to be positive.
const POSITIVE: [f64; 2] = [1e-6, 1e9];
/// Bounds for a parameter of any sign.
const FINITE: [f64; 2] = [-1e9, 1e9];
/// Bounds for a parameter that must not be negative.
const NOT_NEGATIVE: [f64; 2] = [0.0, 1e9];

/// One value of `dist` for each of `n` cells.
fn sample(dist: &Dist, n: usize, rng: &mut Rng) -> Vec<f32> {
    (0..n).map(|_| dist.sample(rng) as f32).collect()
}

/// `exp(−tick/tau)` for each time constant.
fn decays(tau_ms: &Dist, n: usize, tick_ms: f64, rng: &mut Rng) -> Vec<f32> {
    (0..n).map(|_| (-tick_ms / tau_ms.sample(rng)).exp() as f32).collect()
}
