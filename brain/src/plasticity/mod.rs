//! Plasticity rules, one a file. A rule sees edges in rows, arrivals, postsynaptic spikes and modulators; who is
//! connected with whom is not its concern, so it composes with any connectivity.
//!
//! Order inside tick `t`, which spans `[t, t + 1]` ticks: [`Plasticity::begin_tick`], arrivals
//! ([`Plasticity::arrive`], at its start), postsynaptic spikes ([`Plasticity::fired`], at its end),
//! [`Plasticity::end_tick`].
//! Rules that need no walk over all edges write them anew only now and then; what `weights` holds is theirs then, and
//! [`Plasticity::settle`] tells the true weights.

mod burst;
mod clocked;
mod dopamine_stdp;
mod eprop;
mod gate;
mod incoming;
mod mdgl;
mod mstdpet;
#[cfg(test)]
mod plain;
mod r_max;
mod scaling;
mod spec;
mod stdp;
mod tagged;
mod td_ltp;
#[cfg(test)]
mod tests;
mod three_factor;
mod trace;
mod urbanczik_senn;

use clocked::Factor;
use gate::Drive;

use crate::{Modulator, rows::Rows};

pub use burst::BurstSpec;
pub use dopamine_stdp::DopamineStdpSpec;
pub use eprop::EpropSpec;
pub use gate::Baseline;
pub use mdgl::MdglSpec;
pub use mstdpet::MstdpetSpec;
pub use r_max::RMaxSpec;
pub(crate) use scaling::Scaling;
pub use scaling::ScalingSpec;
pub use spec::{Pairing, PlasticitySpec};
pub use stdp::StdpSpec;
pub use td_ltp::TdLtpSpec;
pub use three_factor::ThreeFactorSpec;
pub use urbanczik_senn::UrbanczikSennSpec;

/// What the cells of the target did in a tick, one value a cell; a rule reads what it needs, the rest may be empty.
#[derive(Clone, Copy, Default)]
pub(crate) struct PostSignals<'a> {
    /// Size of the spike in this tick, zero for none.
    pub spikes: &'a [f32],
    /// What the model adds: the pseudo-derivative ψ for e-prop and MDGL, the probability of a spike in this tick for
    /// R-max, `(S − φ(V*)) h(V*)` per ms for Urbanczik-Senn.
    pub factor: &'a [f32],
    /// Learning signal `L`, set from outside.
    pub learning: &'a [f32],
    /// Signal broadcast by other cells of the network, for MDGL.
    pub broadcast: &'a [f32],
}

/// Constants of the cells of the target; empty where all are zero or the rule's own value holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct PostParameters {
    /// Rise of the threshold per unit of adaptation.
    pub beta: Vec<f32>,
    /// Time constant of adaptation in ms.
    pub tau_a_ms: Vec<f32>,
    /// Membrane time constant in ms.
    pub tau_m_ms: Vec<f32>,
}

/// What a rule does with the edges of one projection. `weights` are those of the edges, in the order of the rows, in
/// the form that the rule keeps them in.
trait Rule {
    fn begin_tick(&mut self, modulators: &[Modulator]);

    /// A spike of size `size` arrives along `row`: adds `gain · size · w` to each target in `out`.
    fn arrive(&mut self, rows: &Rows, weights: &mut [f32], row: usize, size: f32, gain: f32, out: &mut [f32]);

    /// Cells of the target that fired, and the sizes of their spikes.
    fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]);

    fn end_tick(&mut self, rows: &Rows, weights: &mut [f32], post: &PostSignals);

    /// Smallest and largest weight.
    fn bounds(&self) -> [f32; 2];

    /// What the true weight of an edge has beyond the stored one, between two ticks.
    fn offset(&self, _edge: usize) -> f32 {
        0.0
    }

    /// The eligibility, or tag, of an edge between two ticks; zero if the rule keeps none.
    fn eligibility(&self, _edge: usize) -> f32 {
        0.0
    }

    /// Traces and tags to rest; slow means stay.
    fn reset(&mut self);

    fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32]));

    /// Bytes for each edge beyond weight and target.
    fn bytes_per_edge(&self) -> f64;
}

/// The state of the rule of one projection.
pub(crate) enum Plasticity {
    Stdp(stdp::Stdp),
    Tagged(tagged::TaggedStdp),
    TdLtp(td_ltp::TdLtp),
    RMax(r_max::RMax),
    Eprop(eprop::Eprop),
    UrbanczikSenn(urbanczik_senn::UrbanczikSenn),
    Burst(burst::Burst),
}

/// Calls the same method on whichever rule it is.
macro_rules! each {
    ($self:expr, $rule:ident => $call:expr) => {
        match $self {
            Plasticity::Stdp($rule) => $call,
            Plasticity::Tagged($rule) => $call,
            Plasticity::TdLtp($rule) => $call,
            Plasticity::RMax($rule) => $call,
            Plasticity::Eprop($rule) => $call,
            Plasticity::UrbanczikSenn($rule) => $call,
            Plasticity::Burst($rule) => $call,
        }
    };
}

impl Plasticity {
    /// The rule of a projection onto `n_post` cells, unless it is one of windows; `modulators` are the indices of [`PlasticitySpec::modulators`].
    pub(crate) fn new(
        spec: &PlasticitySpec,
        modulators: &[usize],
        rows: &Rows,
        n_post: usize,
        post: &PostParameters,
        tick_ms: f64,
    ) -> Option<Self> {
        let drive = |baseline| Drive::new(modulators[0], baseline, tick_ms);
        let factor = |baseline| Factor::new(modulators.first().map(|&m| Drive::new(m, baseline, tick_ms)));
        let tagged = |p, baseline| Self::Tagged(tagged::TaggedStdp::new(&p, drive(baseline), rows, n_post, tick_ms));
        let eprop = |spec: &EpropSpec| eprop::Eprop::new(spec, factor(spec.baseline), rows, n_post, post, tick_ms);
        Some(match spec {
            PlasticitySpec::ThreeFactor(_) => return None,
            PlasticitySpec::Stdp(spec) => Self::Stdp(stdp::Stdp::new(spec, rows, n_post, tick_ms)),
            PlasticitySpec::DopamineStdp(spec) => tagged(spec.parameters(), spec.baseline),
            PlasticitySpec::Mstdpet(spec) => tagged(spec.parameters(), spec.baseline),
            PlasticitySpec::TdLtp(spec) => {
                Self::TdLtp(td_ltp::TdLtp::new(spec, drive(spec.baseline), rows, n_post, tick_ms))
            }
            PlasticitySpec::RMax(spec) => {
                Self::RMax(r_max::RMax::new(spec, drive(spec.baseline), rows, n_post, tick_ms))
            }
            PlasticitySpec::Eprop(spec) => Self::Eprop(eprop(spec)),
            PlasticitySpec::Mdgl(spec) => Self::Eprop(eprop(&spec.eprop()).with_broadcast(n_post)),
            PlasticitySpec::UrbanczikSenn(spec) => {
                Self::UrbanczikSenn(urbanczik_senn::UrbanczikSenn::new(spec, rows, n_post, tick_ms))
            }
            PlasticitySpec::Burst(spec) => Self::Burst(burst::Burst::new(spec, rows, n_post, tick_ms)),
        })
    }

    /// A tick begins. The modulators have their concentration at its start, and decay from there.
    pub(crate) fn begin_tick(&mut self, modulators: &[Modulator]) {
        each!(self, rule => rule.begin_tick(modulators));
    }

    /// A spike of size `size` arrives along `row`: adds `gain · size · w` to each target in `out`, `w` the true weight
    /// now.
    pub(crate) fn arrive(
        &mut self,
        rows: &Rows,
        weights: &mut [f32],
        row: usize,
        size: f32,
        gain: f32,
        out: &mut [f32],
    ) {
        each!(self, rule => rule.arrive(rows, weights, row, size, gain, out));
    }

    /// Cells of the target that fired in this tick, and the sizes of their spikes.
    pub(crate) fn fired(&mut self, weights: &mut [f32], fired: &[(u32, f32)]) {
        each!(self, rule => rule.fired(weights, fired));
    }

    /// The tick ends; clocked rules walk over all edges.
    pub(crate) fn end_tick(&mut self, rows: &Rows, weights: &mut [f32], post: &PostSignals) {
        each!(self, rule => rule.end_tick(rows, weights, post));
    }

    /// The true weights between two ticks.
    pub(crate) fn settle(&self, weights: &[f32], out: &mut [f32]) {
        let [low, high] = self.bounds();
        each!(self, rule => for (edge, (out, w)) in out.iter_mut().zip(weights).enumerate() {
            *out = (w + rule.offset(edge)).max(low).min(high);
        });
    }

    /// The true weight of one edge, between two ticks.
    pub(crate) fn weight(&self, weights: &[f32], edge: usize) -> f32 {
        let [low, high] = self.bounds();
        (weights[edge] + each!(self, rule => rule.offset(edge))).max(low).min(high)
    }

    /// Changes the true weight of one edge, between two ticks.
    pub(crate) fn change(&self, weights: &mut [f32], edge: usize, f: impl FnOnce(f32) -> f32) {
        let [low, high] = self.bounds();
        let offset = each!(self, rule => rule.offset(edge));
        weights[edge] = f(self.weight(weights, edge)).max(low).min(high) - offset;
    }

    /// Whether there is an eligibility, or tag, for each edge.
    pub(crate) fn has_eligibility(&self) -> bool {
        matches!(self, Self::Tagged(_) | Self::RMax(_) | Self::Eprop(_))
    }

    /// The eligibility, or tag, of an edge between two ticks; zero if the rule keeps none.
    pub(crate) fn eligibility(&self, edge: usize) -> f32 {
        each!(self, rule => rule.eligibility(edge))
    }

    /// Smallest and largest weight.
    pub(crate) fn bounds(&self) -> [f32; 2] {
        each!(self, rule => rule.bounds())
    }

    /// Traces and tags to rest. The true weights stay, and so do slow means of reward and rates.
    pub(crate) fn reset_state(&mut self, weights: &mut [f32]) {
        let [low, high] = self.bounds();
        each!(self, rule => {
            for (edge, w) in weights.iter_mut().enumerate() {
                *w = (*w + rule.offset(edge)).max(low).min(high);
            }
            rule.reset();
        });
    }

    /// Shows every state array with its name, always in the same order.
    pub(crate) fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        each!(self, rule => rule.visit(f));
    }

    /// Bytes for each edge beyond weight (4) and target (2).
    pub(crate) fn bytes_per_edge(&self) -> f64 {
        each!(self, rule => rule.bytes_per_edge())
    }
}
