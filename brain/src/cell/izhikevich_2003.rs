//! The simple model of Izhikevich.
//!
//! `dv/dt = q v² + l v + n − u + I`, `du/dt = a (b (v − v_u) − λ u)`; at `v ≥ v_peak`: `v ← c`, `u ← u + d`.
//! With the defaults `q = 0.04`, `l = 5`, `n = 140`, `v_u = 0`, `λ = 1` it is the published model; class 1 and
//! integrator cells use `l = 4.1`, `n = 108`, accommodating cells `v_u = −65`, `λ = 0`.
//! `v` in mV and time in ms; `u` and `I` are dimensionless (mV/ms).
//!
//! Schemes ([`Izhikevich2003Scheme`]), with the spike detected at the end of the tick:
//!
//! - `published`: two half-steps of `v` with `u` frozen, then one step of `u` with the new `v`. In ticks of 1 ms `v`
//!   overshoots to values of up to 1570 before the reset and `u` integrates that once, so that the effective `d` is
//!   larger than the printed one: up to 78 % fewer spikes than the converged solution.
//! - `sequential`: one step of `v`, then one of `u` with the new `v`, as in the program of the patterns of 2004. Some of
//!   them (latency, bistability, inhibition-induced bursting) need it, with the step that was used there.
//! - `clipped` (default, a choice): the published one, with `v` cut off at `v_peak` after each half-step, and
//!   kept above −120 mV, below which half-steps of 0.5 ms are unstable and strong inhibition would make a cell spike.
//! - `euler`, `rk4`: both variables from the state before the step, in steps of at most `max_step_ms`.
//!
//! Closed forms for `b = 0.2`: rest at `v = −70`, `u = −14`; it vanishes at `I = (5 − b)²/0.16 − 140 = 4`.
//!
//! The published program tests and resets at the start of a tick. A spike that it reports in tick `n`, counted from 0,
//! is reported here at the end of tick `n − 1`: at the same time.
//! Factor of plasticity: the triangle around the upper fixed point, as wide as its distance from rest (a choice).
//!
//! Source: Izhikevich 2003, doi 10.1109/TNN.2003.820440; patterns: Izhikevich 2004, IEEE TNN 15:1063.
//! The defaults are a regular spiking cell.

use serde::{Deserialize, Serialize};

use super::{
    izhikevich_2007::step_fault,
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    real::{Real, inlined},
    scheme::{Scheme, Steps},
};

/// Integration scheme of the simple model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Izhikevich2003Scheme {
    /// Two half-steps of `v`, then one of `u`, a tick; as in the published program.
    Published,
    /// One step of `v`, then one of `u`, a tick; as in the program of the firing patterns.
    Sequential,
    /// The published one, with `v` cut off at its peak after each half-step.
    #[default]
    Clipped,
    /// Forward Euler.
    Euler,
    /// The classical fourth-order method of Runge and Kutta.
    Rk4,
}

parameters! {
    /// Parameters of the simple model of Izhikevich.
    pub struct Izhikevich2003Spec {
        /// Rate of recovery in 1/ms; inhibition-induced patterns have a negative one.
        a_per_ms: 0.02, FINITE;
        /// Sensitivity of the recovery to the potential.
        b: 0.2, FINITE;
        /// Potential after a spike in mV.
        c_mv: -65.0, FINITE;
        /// Jump of the recovery at a spike.
        d: 8.0, FINITE;
        /// Peak of the spike in mV, where it is cut off.
        v_peak_mv: 30.0, FINITE;
        /// Quadratic coefficient of `dv/dt`.
        quadratic: 0.04, POSITIVE;
        /// Linear coefficient of `dv/dt`.
        linear: 5.0, FINITE;
        /// Constant term of `dv/dt`.
        constant: 140.0, FINITE;
        /// Potential that the recovery is driven from, in mV.
        v_u_mv: 0.0, FINITE;
        /// Decay of the recovery, in units of `a`.
        u_leak: 1.0, NOT_NEGATIVE;
    }
    options {
        /// Integration scheme.
        scheme: Izhikevich2003Scheme = Izhikevich2003Scheme::Clipped;
        /// Longest step in ms of the schemes `euler` and `rk4`.
        max_step_ms: f64 = 0.1;
    }
}

impl Parameters for Izhikevich2003Spec {
    type Model = Izhikevich2003;

    fn model(&self, tick_ms: f64) -> Izhikevich2003 {
        Izhikevich2003 { scheme: self.scheme, tick_ms, steps: Steps::new(tick_ms, self.max_step_ms) }
    }

    fn fault(&self) -> Option<Fault> {
        step_fault(self.max_step_ms).or_else(|| reset_fault(("c_mv", &self.c_mv), ("peak v_peak_mv", &self.v_peak_mv)))
    }

    parameter_lists!();
}

/// Lowest potential of the clipped scheme in mV.
const FLOOR_MV: f64 = -120.0;

/// The model, with what all cells of a population share.
#[derive(Clone, Copy)]
pub struct Izhikevich2003 {
    scheme: Izhikevich2003Scheme,
    tick_ms: f64,
    steps: Steps,
}

impl Model<12, 2> for Izhikevich2003 {
    const CONDUCTS: bool = false;
    const STATES: [&'static str; 2] = ["v", "u"];

    fn coefficients(&self, p: &[f64], _: f64) -> [f64; 12] {
        let [a, b, c, d, v_peak, quadratic, linear, constant, v_u, u_leak] = p[..10] else {
            unreachable!("ten parameters")
        };
        // Fixed points without current; where there are none, the triangle sits around the lowest slope.
        let slope = if u_leak > 0.0 { b / u_leak } else { 0.0 };
        let (half, offset) = ((linear - slope) / (2.0 * quadratic), (constant + slope * v_u) / quadratic);
        let spread = (half * half - offset).max(25.0).sqrt();
        [a, b, c, d, v_peak, quadratic, linear, constant, v_u, u_leak, spread - half, 0.5 / spread]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 2] {
        let (b, v_u, u_leak) = (p[1], p[8], p[9]);
        [-65.0 + 15.0 * u, if u_leak > 0.0 { b * (-65.0 - v_u) / u_leak } else { 0.0 }]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 12], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [a, b, c, d, v_peak, quadratic, linear, constant, v_u, u_leak, v_t, per_span] = *c;
        let one = input.of(1.0);
        let dv = inlined(
            #[inline(always)]
            |v: R, u: R| quadratic * v * v + linear * v + constant - u + input.soma.current_at(v),
        );
        let du = inlined(
            #[inline(always)]
            |v: R, u: R| a * (b * (v - v_u) - u_leak * u),
        );
        let reset = inlined(
            #[inline(always)]
            |[v, u]: [R; 2]| {
                let fires = v.ge(v_peak);
                ([R::select(fires, c, v), R::select(fires, u + d, u)], R::indicator(fires))
            },
        );
        let triangle = inlined(
            #[inline(always)]
            |v: R| (one - (v - v_t).abs() * per_span).max(input.of(0.0)),
        );
        let scheme = match self.scheme {
            Izhikevich2003Scheme::Published | Izhikevich2003Scheme::Sequential | Izhikevich2003Scheme::Clipped => {
                let clips = self.scheme == Izhikevich2003Scheme::Clipped;
                let parts = if self.scheme == Izhikevich2003Scheme::Sequential { 1 } else { 2 };
                let (part, tick) = (input.of(self.tick_ms / f64::from(parts)), input.of(self.tick_ms));
                let [mut v, u] = *s;
                for _ in 0..parts {
                    v = v + part * dv(v, u);
                    v = if clips { v.min(v_peak).max(input.of(FLOOR_MV)) } else { v };
                }
                let u = u + tick * du(v, u);
                let (after, spike) = reset([v, u]);
                *s = after;
                return Output::graded(spike, triangle(v));
            }
            Izhikevich2003Scheme::Euler => Scheme::Euler,
            Izhikevich2003Scheme::Rk4 => Scheme::Rk4,
        };
        let (mut spike, mut factor) = (input.of(0.0), input.of(0.0));
        for _ in 0..self.steps.n {
            let before = scheme.advance(*s, self.steps.dt_ms, |[v, u]| [dv(v, u), du(v, u)]);
            factor = factor.max(triangle(before[0]));
            let (after, fired) = reset(before);
            (*s, spike) = (after, spike + fired);
        }
        Output::graded(spike, factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    #[test]
    fn strong_inhibition_never_makes_a_clipped_cell_spike() {
        for current in [-20.0, -100.0, -300.0, -1000.0, -1e5] {
            let mut cell = PatchClamp::new(&CellSpec::Izhikevich2003(Izhikevich2003Spec::default()), 1.0).unwrap();
            let spikes = (0..1000).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0).count();
            assert_eq!(spikes, 0, "at {current}");
        }
    }

    #[test]
    fn rest_is_the_closed_form_and_vanishes_at_four() {
        for scheme in [
            Izhikevich2003Scheme::Published,
            Izhikevich2003Scheme::Sequential,
            Izhikevich2003Scheme::Clipped,
            Izhikevich2003Scheme::Euler,
            Izhikevich2003Scheme::Rk4,
        ] {
            let spec = CellSpec::Izhikevich2003(Izhikevich2003Spec { scheme, ..Izhikevich2003Spec::default() });
            let spikes = |current: f64| {
                let mut cell = PatchClamp::new(&spec, 1.0).unwrap();
                let n = (0..3000).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0).count();
                (n, [cell.state()[0], cell.state()[1]])
            };
            let (n, [v, u]) = spikes(0.0);
            assert_eq!(n, 0, "{scheme:?}");
            assert!((v + 70.0).abs() < 1e-6 && (u + 14.0).abs() < 1e-6, "{scheme:?} rests at {v}, {u}");
            assert!(spikes(4.1).0 > 3, "{scheme:?} fires above the saddle-node");
        }
    }
}
