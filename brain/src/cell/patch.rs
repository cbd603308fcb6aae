//! One cell in the patch clamp: the same equations in double precision, one cell, one tick at a time.
//!
//! It is the plain twin of the fast arrays, and the bench at which cell types are measured.

use super::{
    model::{BRANCHES, Conductances, Current, Gated, Input, Model},
    parameters::Parameters,
};
use crate::{BrainError, CellSpec};

/// What the electrodes do to a cell in one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stimulus {
    /// Onto the soma.
    pub soma: Electrode,
    /// Onto the apical dendrite, for models that have one.
    pub apical: Electrode,
    /// Current into each dendritic branch, for models that have some.
    pub branches: [f64; BRANCHES],
    /// Uniform random numbers in `[0, 1)`, for models with random gates or escape noise.
    pub draws: [f64; 2],
}

/// Input of one compartment, constant within a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Electrode {
    /// Current in pA (in the unit of the model where that is dimensionless).
    pub current: f64,
    /// Sum of the conductances in nS.
    pub conductance: f64,
    /// Sum of conductance times reversal potential, in pA.
    pub conductance_times_reversal: f64,
    /// NMDA conductance in nS before the magnesium block; its reversal potential is 0 mV.
    pub nmda: f64,
}

impl Stimulus {
    /// A current into the soma.
    #[must_use]
    pub fn current(current: f64) -> Self {
        Self { soma: Electrode { current, ..Electrode::default() }, ..Self::default() }
    }
}

/// A single cell of any model.
pub(crate) trait Patched: Send {
    fn tick(&mut self, stimulus: &Stimulus) -> [f64; 2];
    fn states(&self) -> &'static [&'static str];
    fn state(&self) -> &[f64];
    fn state_mut(&mut self) -> &mut [f64];
    fn set(&mut self, parameters: &[f64]);
}

pub(super) struct Single<M, const C: usize, const S: usize> {
    model: M,
    tick_ms: f64,
    c: [f64; C],
    s: [f64; S],
    states: &'static [&'static str],
}

impl<M: Model<C, S> + 'static, const C: usize, const S: usize> Single<M, C, S> {
    /// A cell with every parameter at the centre of its distribution.
    pub(super) fn boxed<P: Parameters<Model = M>>(spec: &P, tick_ms: f64) -> Box<dyn Patched> {
        let model = spec.model(tick_ms);
        let p: Vec<f64> = spec.dists().into_iter().map(|(_, dist, _)| dist.centre()).collect();
        let (c, s) = (model.coefficients(&p, tick_ms), model.rest(&p, 0.0));
        Box::new(Self { model, tick_ms, c, s, states: &const { M::STATES } })
    }
}

impl<M: Model<C, S>, const C: usize, const S: usize> Patched for Single<M, C, S> {
    fn tick(&mut self, stimulus: &Stimulus) -> [f64; 2] {
        let Stimulus { soma, apical, branches, draws } = stimulus;
        let (branches, draws) = (*branches, *draws);
        let conducts = |e: &Electrode| e.conductance != 0.0 || e.nmda != 0.0;
        let output = if M::CONDUCTS && (conducts(soma) || conducts(apical)) {
            let drive = |e: &Electrode| Gated {
                open: Conductances { current: e.current, g: e.conductance, g_e: e.conductance_times_reversal },
                nmda: e.nmda,
            };
            let input = Input { soma: drive(soma), apical: drive(apical), branches, draws };
            self.model.step(&self.c, &mut self.s, &input)
        } else {
            let input = Input { soma: Current(soma.current), apical: Current(apical.current), branches, draws };
            self.model.step(&self.c, &mut self.s, &input)
        };
        [output.spike, output.factor]
    }

    fn states(&self) -> &'static [&'static str] {
        self.states
    }

    fn state(&self) -> &[f64] {
        &self.s
    }

    fn state_mut(&mut self) -> &mut [f64] {
        &mut self.s
    }

    fn set(&mut self, parameters: &[f64]) {
        self.c = self.model.coefficients(parameters, self.tick_ms);
    }
}

/// One cell with electrodes in it.
///
/// ```
/// use mesolimb_brain::{CellSpec, LifSpec, PatchClamp, Stimulus};
///
/// let mut cell = PatchClamp::new(&CellSpec::Lif(LifSpec::default()), 0.1)?;
/// let spikes = (0..10_000).filter(|_| cell.tick(&Stimulus::current(3.0)) > 0.0).count();
/// assert!(spikes > 10);
/// # Ok::<(), mesolimb_brain::BrainError>(())
/// ```
pub struct PatchClamp {
    cell: Box<dyn Patched>,
    names: Vec<&'static str>,
    parameters: Vec<f64>,
    factor: f64,
}

impl PatchClamp {
    /// A cell with every parameter at the centre of its distribution, at rest.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub fn new(spec: &CellSpec, tick_ms: f64) -> Result<Self, BrainError> {
        crate::validate::cell("cell", spec, None)?;
        let (names, parameters) = spec.dists().into_iter().map(|(name, dist, _)| (name, dist.centre())).unzip();
        Ok(Self { cell: spec.patch(tick_ms), names, parameters, factor: 0.0 })
    }

    /// Advances the cell by a tick; returns the size of its spike, zero for none.
    pub fn tick(&mut self, stimulus: &Stimulus) -> f64 {
        let [spike, factor] = self.cell.tick(stimulus);
        self.factor = factor;
        spike
    }

    /// What plasticity wants to know of the last tick: a surrogate derivative, or the probability of a spike.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Names of the state variables, the membrane potential first.
    #[must_use]
    pub fn states(&self) -> &'static [&'static str] {
        self.cell.states()
    }

    /// The state variables, in the order of their names.
    #[must_use]
    pub fn state(&self) -> &[f64] {
        self.cell.state()
    }

    /// The same, to set.
    pub fn state_mut(&mut self) -> &mut [f64] {
        self.cell.state_mut()
    }

    /// Membrane potential.
    #[must_use]
    pub fn v(&self) -> f64 {
        self.state()[0]
    }

    /// Names of the parameters.
    #[must_use]
    pub fn parameters(&self) -> &[&'static str] {
        &self.names
    }

    /// Sets a parameter to another value while the cell runs; `false` if it has no such parameter.
    pub fn set(&mut self, name: &str, value: f64) -> bool {
        let Some(k) = self.names.iter().position(|n| *n == name) else { return false };
        self.parameters[k] = value;
        self.cell.set(&self.parameters);
        true
    }

    /// A parameter as it is now.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.names.iter().position(|n| *n == name).map(|k| self.parameters[k])
    }
}
