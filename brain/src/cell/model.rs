//! What a cell model is: names, coefficients, and one step of its equations.

use super::real::Real;

/// Equations of one kind of cell, with `C` coefficients and `S` state variables each.
///
/// A value of the type holds what all cells of a population share, such as the integration scheme.
pub(crate) trait Model<const C: usize, const S: usize>: Clone + Send + Sync {
    /// Names of the state variables, the membrane potential first.
    const STATES: [&'static str; S];
    /// Uniform random numbers that a cell needs in a tick.
    const DRAWS: usize = 0;
    /// Whether it has an apical dendrite that takes input of its own.
    const APICAL: bool = false;
    /// Whether it takes conductances; cells without a membrane potential in mV do not.
    const CONDUCTS: bool = true;
    /// Whether it is so simple that it has kernels of its own for conductances without NMDA, and for cells that are all
    /// alike. Others run them as if there were NMDA, and as if cells differed.
    const LEAN: bool = false;
    /// Whether it takes many steps in a tick, each of which waits for the last: two vectors at a time are faster then.
    const LONG: bool = false;
    /// Whether it has dendritic branches that take input of their own.
    const BRANCHED: bool = false;

    /// What the equations need in a tick of this length, from the parameters in the order of the spec.
    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; C];

    /// The state at the start; `u` in `[0, 1)` spreads the membrane potentials.
    fn rest(&self, p: &[f64], u: f64) -> [f64; S];

    /// One tick: integrate, test the threshold, reset. A spike belongs to the end of the tick.
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; C], s: &mut [R; S], input: &Input<R, D>) -> Output<R>;
}

/// Dendritic branches of a cell that has some.
pub(crate) const BRANCHES: usize = 4;

/// What reaches a cell in a tick; constant within it.
#[derive(Clone, Copy)]
pub(crate) struct Input<R, D> {
    /// Onto the soma.
    pub soma: D,
    /// Onto the apical dendrite, for models that have one.
    pub apical: D,
    /// Current into each dendritic branch, for models that have some.
    pub branches: [R; BRANCHES],
    /// Uniform random numbers in `[0, 1)`, for models that need them.
    pub draws: [R; 2],
}

impl<R: Real, D> Input<R, D> {
    /// A constant.
    #[inline(always)]
    pub fn of(&self, x: f64) -> R {
        self.draws[0].like(x)
    }
}

/// What a cell gives back.
#[derive(Clone, Copy)]
pub(crate) struct Output<R> {
    /// 1 for a spike, less for a burst that is not full, as many as there were in a tick of many steps, else 0.
    pub spike: R,
    /// What plasticity wants to know of the cell: a surrogate derivative of the spike, or the probability of one.
    pub factor: R,
    /// Whether there is no spike.
    pub silent: bool,
}

impl<R: Real> Output<R> {
    /// Full spikes where `fires` holds.
    #[inline(always)]
    pub fn full(fires: R::Mask, factor: R) -> Self {
        Self { spike: R::indicator(fires), factor, silent: R::none(fires) }
    }

    /// Spikes of these sizes.
    #[inline(always)]
    pub fn graded(spike: R, factor: R) -> Self {
        Self { spike, factor, silent: R::all(spike.like(0.0).ge(spike)) }
    }
}

/// Input of one compartment.
pub(crate) trait Drive<R: Real>: Copy {
    /// Whether there are conductances; if not, the current does not depend on the potential.
    const CONDUCTANCE: bool;
    /// `(i, g)` of the line that the current is on near membrane potential `v`: `i − g v` in pA.
    fn line_at(&self, v: R) -> (R, R);

    /// Current in pA at membrane potential `v`.
    #[inline(always)]
    fn current_at(&self, v: R) -> R {
        let (i, g) = self.line_at(v);
        if Self::CONDUCTANCE { g.neg_mul_add(v, i) } else { i }
    }

    /// Total synaptic conductance in nS at `v`.
    #[inline(always)]
    fn conductance_at(&self, v: R) -> R {
        self.line_at(v).1
    }
}

/// What there is to know of the input of a compartment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Current in pA.
    Current,
    /// `Σ g` in nS.
    G,
    /// `Σ g E` in pA.
    GE,
    /// NMDA conductance in nS before the magnesium block.
    Nmda,
}

/// Which of these quantities flow into cells.
pub(crate) trait Flow {
    /// The input of a compartment.
    type Drive<R: Real>: Drive<R>;
    /// Reads it.
    fn drive<R: Real>(read: impl Fn(Quantity) -> R) -> Self::Drive<R>;
}

/// Currents alone.
pub(crate) struct Currents;
/// And conductances without a gate.
pub(crate) struct Open;
/// And NMDA conductances.
pub(crate) struct All;

impl Flow for Currents {
    type Drive<R: Real> = Current<R>;

    #[inline(always)]
    fn drive<R: Real>(read: impl Fn(Quantity) -> R) -> Current<R> {
        Current(read(Quantity::Current))
    }
}

impl Flow for Open {
    type Drive<R: Real> = Conductances<R>;

    #[inline(always)]
    fn drive<R: Real>(read: impl Fn(Quantity) -> R) -> Conductances<R> {
        Conductances { current: read(Quantity::Current), g: read(Quantity::G), g_e: read(Quantity::GE) }
    }
}

impl Flow for All {
    type Drive<R: Real> = Gated<R>;

    #[inline(always)]
    fn drive<R: Real>(read: impl Fn(Quantity) -> R) -> Gated<R> {
        let nmda = read(Quantity::Nmda);
        Gated { open: Open::drive(read), nmda }
    }
}

/// A current in pA (or in the unit of a dimensionless model).
#[derive(Clone, Copy)]
pub(crate) struct Current<R>(pub R);

impl<R: Real> Drive<R> for Current<R> {
    const CONDUCTANCE: bool = false;

    #[inline(always)]
    fn line_at(&self, v: R) -> (R, R) {
        (self.0, v.like(0.0))
    }
}

/// A current and conductances without a gate: `I + Σ g E − v Σ g`.
#[derive(Clone, Copy)]
pub(crate) struct Conductances<R> {
    /// Current in pA.
    pub current: R,
    /// `Σ g` in nS.
    pub g: R,
    /// `Σ g E` in pA.
    pub g_e: R,
}

impl<R: Real> Drive<R> for Conductances<R> {
    const CONDUCTANCE: bool = true;

    #[inline(always)]
    fn line_at(&self, _: R) -> (R, R) {
        (self.current + self.g_e, self.g)
    }
}

/// The same, and an NMDA conductance with reversal at 0 mV and the magnesium block of [`unblocked`].
#[derive(Clone, Copy)]
pub(crate) struct Gated<R> {
    /// Without a gate.
    pub open: Conductances<R>,
    /// NMDA conductance in nS if nothing were blocked.
    pub nmda: R,
}

impl<R: Real> Drive<R> for Gated<R> {
    const CONDUCTANCE: bool = true;

    #[inline(always)]
    fn line_at(&self, v: R) -> (R, R) {
        let (i, g) = self.open.line_at(v);
        (i, self.nmda.mul_add(unblocked(v), g))
    }
}

/// Share of NMDA channels that magnesium does not block: `1/(1 + [Mg]/3.57 e^(−0.062 v))`, `[Mg]` = 1 mM.
///
/// Source: Jahr & Stevens 1990, J Neurosci 10:3178, as used by Humphries et al. 2009.
#[inline(always)]
pub(crate) fn unblocked<R: Real>(v: R) -> R {
    let one = v.like(1.0);
    one / (v * v.like(-0.062)).exp().mul_add(v.like(1.0 / 3.57), one)
}
