//! The dimensional Izhikevich model.
//!
//! `C dv/dt = k (v − v_r)(v − v_t) − u + I`, `du/dt = a (b (v − v_r) − u)`; at `v ≥ v_peak`: `v ← c`, `u ← u + d`.
//! Units: mV, ms, pA, pF, nS; `k` in nS/mV.
//!
//! Special rules of single cell types ([`Rule`]):
//!
//! - `fs`: `du/dt = a (U(v) − u)`, `U = 0.025 (v − v_b)³` above `v_b` and 0 below, in place of `b (v − v_r)`.
//! - `lts` (above about 800 pA `u` saturates, the reset comes to lie above the peak, and the published rule makes the
//!   cell fire in every step): the peak is at `v_peak − 0.1 u`; `v ← c + 0.04 u`, `u ← min(u + d, 670)`.
//! - `tc`: the peak is at `v_peak + 0.1 u`; `v ← c − 0.1 u`; `b` holds at `v ≤ −65` mV and `b_above` over it.
//! - `rtn`: `b` holds at `v ≤ −65` mV and `b_above` over it.
//!
//! If `b ≤ a C` the rheobase is `(k (v_t − v_r) + b)²/(4k)`: 51.43 pA with the defaults.
//!
//! Scheme: forward Euler or Runge–Kutta in steps of at most `max_step_ms`; conductances enter through the current that
//! they carry at the present `v`. A spike is detected at the end of a step; a tick has one spike at most.
//! Factor of plasticity: the triangle `max(0, 1 − |v − v_t|/(v_t − v_r))` from `v` before the reset (a choice).
//!
//! Source: Izhikevich 2007, *Dynamical Systems in Neuroscience*, chapter 8, MIT Press. The defaults are a regular
//! spiking pyramidal cell of layer 5 (figure 8.12).

use serde::{Deserialize, Serialize};

use super::{
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    real::{Real, inlined},
    scheme::{Scheme, Steps},
};

/// What single cell types do differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The plain equations.
    #[default]
    None,
    /// Fast-spiking: a cubic recovery without a jump.
    Fs,
    /// Low-threshold spiking: peak and reset move with `u`, which saturates.
    Lts,
    /// Thalamocortical: peak and reset move with `u`; `b` depends on `v`.
    Tc,
    /// Reticular thalamic: `b` depends on `v`.
    Rtn,
}

parameters! {
    /// Parameters of dimensional Izhikevich cells.
    pub struct Izhikevich2007Spec {
        /// Membrane capacitance in pF.
        capacitance_pf: 100.0, POSITIVE;
        /// Steepness of the upstroke in nS/mV.
        k_ns_per_mv: 0.7, POSITIVE;
        /// Resting potential in mV.
        v_r_mv: -60.0, FINITE;
        /// Instantaneous threshold in mV.
        v_t_mv: -40.0, FINITE;
        /// Peak of the spike in mV, where it is cut off.
        v_peak_mv: 35.0, FINITE;
        /// Rate of recovery in 1/ms.
        a_per_ms: 0.03, NOT_NEGATIVE;
        /// Conductance of recovery in nS; with the rules `tc` and `rtn` that at −65 mV and below.
        b_ns: -2.0, FINITE;
        /// Potential after a spike in mV.
        c_mv: -50.0, FINITE;
        /// Jump of the recovery current at a spike, in pA.
        d_pa: 100.0, FINITE;
        /// Conductance of recovery above −65 mV, in nS; for the rules `tc` and `rtn`.
        b_above_ns: 0.0, FINITE;
        /// Potential above which recovery grows, in mV; for the rule `fs`.
        v_b_mv: -55.0, FINITE;
    }
    options {
        /// Integration scheme.
        scheme: QuadraticScheme = QuadraticScheme::Euler;
        /// Longest integration step in ms.
        max_step_ms: f64 = 0.1;
        /// Special rule of the cell type.
        rule: Rule = Rule::None;
    }
}

impl Parameters for Izhikevich2007Spec {
    type Model = Izhikevich2007;

    fn model(&self, tick_ms: f64) -> Izhikevich2007 {
        Izhikevich2007 { scheme: self.scheme, steps: Steps::new(tick_ms, self.max_step_ms), rule: self.rule }
    }

    fn fault(&self) -> Option<Fault> {
        step_fault(self.max_step_ms).or_else(|| reset_fault(("c_mv", &self.c_mv), ("peak v_peak_mv", &self.v_peak_mv)))
    }

    parameter_lists!();
}

/// Integration scheme of cells with a quadratic upstroke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuadraticScheme {
    /// Forward Euler, all variables from the state before the step.
    #[default]
    Euler,
    /// The classical fourth-order method of Runge and Kutta; the input is constant within a tick.
    Rk4,
    /// Euler, implicit where the potential relaxes and explicit where it runs away: `v ← v + h f/(1 + h max(0, −∂f/∂v))`. It is
    /// stable in steps of a millisecond, in which forward Euler is not where a cell is small (`h k (v_t − v_r)/C > 2`); medium
    /// spiny neurons fire up to a quarter more in them than in fine steps.
    SemiImplicit,
}

/// What is wrong with a longest step.
pub(super) fn step_fault(max_step_ms: f64) -> Option<Fault> {
    (!(1e-3..=10.0).contains(&max_step_ms))
        .then(|| ("max_step_ms", max_step_ms.to_string(), "a number in [0.001, 10]".to_owned()))
}

/// The model, with what all cells of a population share.
#[derive(Clone, Copy)]
pub struct Izhikevich2007 {
    pub(super) scheme: QuadraticScheme,
    pub(super) steps: Steps,
    pub(super) rule: Rule,
}

impl Izhikevich2007 {
    /// Changes of peak and reset per unit of `u`, and the largest `u`.
    const fn with_u(rule: Rule) -> [f64; 3] {
        match rule {
            Rule::Lts => [-0.1, 0.04, 670.0],
            Rule::Tc => [0.1, -0.1, 1e9],
            Rule::None | Rule::Fs | Rule::Rtn => [0.0, 0.0, 1e9],
        }
    }
}

impl Model<12, 2> for Izhikevich2007 {
    const LONG: bool = true;
    const STATES: [&'static str; 2] = ["v", "u"];

    fn coefficients(&self, p: &[f64], _: f64) -> [f64; 12] {
        let [capacitance, k, v_r, v_t, v_peak, a, b, c, d] = p[..9] else { unreachable!("nine parameters") };
        // Medium spiny neurons run on the same equations and have no parameters of special rules.
        let [b_above, v_b] = p[9..] else {
            return [1.0 / capacitance, k, v_r, v_t, v_peak, a, b, c, d, b, v_r, span(v_r, v_t)];
        };
        [1.0 / capacitance, k, v_r, v_t, v_peak, a, b, c, d, b_above, v_b, span(v_r, v_t)]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 2] {
        let (v_r, v_t) = (p[2], p[3]);
        [v_r + (v_t - v_r) * u, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 12], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [per_capacitance, k, v_r, v_t, v_peak, a, b, c, d, b_above, v_b, per_span] = *c;
        let (one, zero) = (input.of(1.0), input.of(0.0));
        let recovery = inlined(
            #[inline(always)]
            |v: R| match self.rule {
                Rule::None | Rule::Lts => b * (v - v_r),
                Rule::Tc | Rule::Rtn => R::select(input.of(-65.0).ge(v), b, b_above) * (v - v_r),
                Rule::Fs => {
                    let above = (v - v_b).max(zero);
                    input.of(0.025) * above * above * above
                }
            },
        );
        let slope = inlined(
            #[inline(always)]
            |[v, u]: [R; 2]| {
                let current = k * (v - v_r) * (v - v_t) - u + input.soma.current_at(v);
                [current * per_capacitance, a * (recovery(v) - u)]
            },
        );
        let [peak_with_u, reset_with_u, u_max] = Self::with_u(self.rule).map(|x| input.of(x));
        let (mut spike, mut factor) = (zero, zero);
        for _ in 0..self.steps.n {
            let h = self.steps.dt_ms;
            let [v, u] = match self.scheme {
                QuadraticScheme::Euler => Scheme::Euler.advance(*s, h, slope),
                QuadraticScheme::Rk4 => Scheme::Rk4.advance(*s, h, slope),
                QuadraticScheme::SemiImplicit => {
                    let [v, u] = *s;
                    let [dv, du] = slope([v, u]);
                    let relaxing = (k * (v_r + v_t - v - v) + input.soma.conductance_at(v)) * per_capacitance;
                    let damped = input.of(h).mul_add(relaxing.max(zero), one);
                    [v + input.of(h) * dv / damped, u + input.of(h) * du]
                }
            };
            factor = factor.max(one - (v - v_t).abs() * per_span);
            let fires = v.ge(v_peak + peak_with_u * u);
            spike = spike + R::indicator(fires);
            *s = [R::select(fires, c + reset_with_u * u, v), R::select(fires, (u + d).min(u_max), u)];
        }
        Output::graded(spike, factor)
    }
}

/// One over the distance between rest and threshold, for the triangle.
pub(super) fn span(v_r: f64, v_t: f64) -> f64 {
    1.0 / (v_t - v_r).abs().max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, MsnSpec, PatchClamp, Stimulus};

    /// One step from the given state; returns the spike and the state after it.
    fn one_step(spec: Izhikevich2007Spec, state: [f64; 2]) -> (f64, [f64; 2]) {
        let mut cell = PatchClamp::new(&CellSpec::Izhikevich2007(spec), 0.1).unwrap();
        cell.state_mut().copy_from_slice(&state);
        let spike = cell.tick(&Stimulus::default());
        (spike, [cell.state()[0], cell.state()[1]])
    }

    fn with(rule: Rule) -> Izhikevich2007Spec {
        Izhikevich2007Spec { rule, ..Izhikevich2007Spec::default() }
    }

    #[test]
    fn low_threshold_cells_move_peak_and_reset_and_saturate() {
        let lts = || Izhikevich2007Spec {
            a_per_ms: 0.0.into(),
            v_peak_mv: 40.0.into(),
            c_mv: (-53.0).into(),
            d_pa: 20.0.into(),
            k_ns_per_mv: 1e-6.into(),
            capacitance_pf: 1e9.into(),
            ..with(Rule::Lts)
        };
        assert_eq!(one_step(lts(), [29.0, 100.0]).0, 0.0, "below the peak of 40 − 10 mV");
        let (spike, [v, u]) = one_step(lts(), [31.0, 100.0]);
        assert_eq!((spike, u), (1.0, 120.0));
        assert!((v - (-53.0 + 4.0)).abs() < 1e-9, "reset at {v} mV");
        assert_eq!(one_step(lts(), [31.0, 660.0]).1[1], 670.0, "u saturates");
    }

    #[test]
    fn thalamocortical_cells_move_peak_and_reset_the_other_way() {
        let tc = || Izhikevich2007Spec {
            a_per_ms: 0.0.into(),
            c_mv: (-60.0).into(),
            d_pa: 10.0.into(),
            k_ns_per_mv: 1e-6.into(),
            capacitance_pf: 1e9.into(),
            ..with(Rule::Tc)
        };
        assert_eq!(one_step(tc(), [44.0, 100.0]).0, 0.0, "below the peak of 35 + 10 mV");
        let (spike, [v, u]) = one_step(tc(), [46.0, 100.0]);
        assert_eq!((spike, u), (1.0, 110.0));
        assert!((v - (-60.0 - 10.0)).abs() < 1e-9, "reset at {v} mV");
    }

    #[test]
    fn recovery_of_thalamic_cells_switches_at_minus_65() {
        for (rule, above) in [(Rule::Tc, 0.0), (Rule::Rtn, 2.0)] {
            let spec = || Izhikevich2007Spec { b_ns: 10.0.into(), b_above_ns: above.into(), ..with(rule) };
            let slope = |v: f64| one_step(spec(), [v, 0.0]).1[1] / (0.1 * 0.03 * (v + 60.0));
            assert!((slope(-65.0) - 10.0).abs() < 1e-9, "{rule:?} at −65 mV");
            assert!((slope(-64.9) - above).abs() < 1e-9, "{rule:?} above −65 mV");
        }
    }

    #[test]
    fn recovery_of_fast_spiking_cells_is_cubic_and_does_not_jump() {
        let spec = || Izhikevich2007Spec { d_pa: 0.0.into(), ..with(Rule::Fs) };
        let slope = |v: f64| one_step(spec(), [v, 0.0]).1[1] / (0.1 * 0.03);
        assert_eq!(slope(-56.0), 0.0);
        assert!((slope(-45.0) - 25.0).abs() < 1e-9);
        let (spike, [_, u]) = one_step(Izhikevich2007Spec { a_per_ms: 0.0.into(), ..spec() }, [34.9, 7.0]);
        assert_eq!((spike, u), (1.0, 7.0));
    }

    /// Spikes of a medium spiny neuron in two seconds under a constant current.
    fn n_spikes(scheme: QuadraticScheme, max_step_ms: f64, current_pa: f64) -> f64 {
        let spec = CellSpec::Msn(MsnSpec { scheme, max_step_ms, ..MsnSpec::default() });
        let mut cell = PatchClamp::new(&spec, 10.0).unwrap();
        (0..200).map(|_| cell.tick(&Stimulus::current(current_pa))).sum()
    }

    #[test]
    fn steps_of_a_millisecond_are_near_fine_ones_where_relaxing_is_implicit() {
        for current_pa in [300.0, 400.0, 600.0, 800.0] {
            let fine = n_spikes(QuadraticScheme::Rk4, 0.05, current_pa);
            let coarse = n_spikes(QuadraticScheme::SemiImplicit, 1.0, current_pa);
            assert!((coarse - fine).abs() <= 0.25 * fine, "{current_pa} pA: {coarse} spikes, fine steps give {fine}");
        }
    }
}
