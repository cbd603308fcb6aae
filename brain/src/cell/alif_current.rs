//! Leaky integrate-and-fire with an adaptation current.
//!
//! `tau_m dV/dt = −(V − v_rest) + R (γ I − w)`, `tau_w dw/dt = −w`; at `V ≥ v_th` a spike, then `w ← w + b` and
//! `V ← v_reset` for `t_ref`, while `w` goes on decaying. `γ` is a gain that modulators can move.
//! Units: mV, ms, pA, GΩ.
//!
//! Scheme: the exact solution of both equations over a tick for a current that is constant in it. With conductances one
//! step of the exponential Euler method for `V`, as in the plain leaky cell, and the exact one for `w`.
//! Factor of plasticity: the triangle of Bellec et al. 2020.
//!
//! Source: Benda & Herz 2003, doi 10.1162/089976603322385063; Gerstner, Kistler, Naud, Paninski 2014, *Neuronal
//! Dynamics*, section 6.1. Default values: the noradrenaline study of arXiv:2407.04525.

use super::{
    izhikevich_2007::span,
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    real::Real,
    scheme::relax,
};

parameters! {
    /// Parameters of leaky integrate-and-fire cells with an adaptation current.
    pub struct AlifCurrentSpec {
        /// Membrane time constant in ms.
        tau_m_ms: 20.0, POSITIVE;
        /// Membrane resistance in GΩ, so that pA give mV.
        resistance_gohm: 10.0, POSITIVE;
        /// Resting potential in mV.
        v_rest_mv: -70.0, FINITE;
        /// Potential after a spike in mV; below the threshold.
        v_reset_mv: -75.0, FINITE;
        /// Threshold in mV.
        v_th_mv: -50.0, FINITE;
        /// Refractory time in ms.
        t_ref_ms: 2.0, NOT_NEGATIVE;
        /// Time constant of adaptation in ms.
        tau_w_ms: 100.0, POSITIVE;
        /// Jump of the adaptation current at a spike, in pA.
        b_pa: 1.2, FINITE;
        /// Gain of the input.
        gain: 1.0, FINITE;
    }
}

impl Parameters for AlifCurrentSpec {
    type Model = AlifCurrent;

    fn model(&self, _: f64) -> AlifCurrent {
        AlifCurrent
    }

    fn fault(&self) -> Option<Fault> {
        reset_fault(("v_reset_mv", &self.v_reset_mv), ("threshold v_th_mv", &self.v_th_mv))
    }

    parameter_lists!();
}

/// The model: exact for currents, exponential Euler for conductances.
#[derive(Clone, Copy)]
pub struct AlifCurrent;

impl Model<13, 3> for AlifCurrent {
    const STATES: [&'static str; 3] = ["v", "w", "refractory"];

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 13] {
        let [tau_m, resistance, v_rest, v_reset, v_th, t_ref, tau_w, b, gain] = p[..9] else {
            unreachable!("nine parameters")
        };
        let decay = (-tick_ms / tau_m).exp();
        // What a unit of w at the start of a tick has moved V by at its end, per R: two exponentials, one time constant
        // each, in a form that holds where the two are equal too.
        let x = tick_ms * (1.0 / tau_m - 1.0 / tau_w);
        let pull = decay * tick_ms / tau_m * if x.abs() < 1e-9 { 1.0 } else { x.exp_m1() / x };
        [
            decay,
            resistance * gain,
            v_rest,
            v_reset,
            v_th,
            (t_ref / tick_ms).round(),
            (-tick_ms / tau_w).exp(),
            b,
            resistance * pull,
            tick_ms / tau_m,
            gain * tick_ms * resistance / tau_m,
            resistance,
            span(v_rest, v_th),
        ]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 3] {
        let (v_rest, v_th) = (p[2], p[4]);
        [v_rest + (v_th - v_rest) * u, 0.0, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 13], s: &mut [R; 3], input: &Input<R, D>) -> Output<R> {
        let [decay, input_mv, v_rest, v_reset, v_th, ref_ticks, decay_w, b, pull, leak, per_pa, resistance, per_span] =
            *c;
        let [v, w, refractory] = *s;
        let one = input.of(1.0);
        let free = input.of(0.0).ge(refractory);
        let integrated = if D::CONDUCTANCE {
            let (i, g) = input.soma.line_at(v);
            relax(v, leak * (v_rest - resistance * w) + per_pa * i, leak + per_pa * g)
        } else {
            let v_inf = v_rest + input_mv * input.soma.current_at(v);
            v_inf + (v - v_inf) * decay - pull * w
        };
        let v = R::select(free, integrated, v_reset);
        let factor = (one - (v - v_th).abs() * per_span).max(input.of(0.0));
        let fires = R::both(free, v.ge(v_th));
        *s = [
            R::select(fires, v_reset, v),
            (w * decay_w + R::select(fires, b, input.of(0.0))).flush(),
            R::select(fires, ref_ticks, (refractory - one).max(input.of(0.0))),
        ];
        Output::full(fires, R::select(free, factor, input.of(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    #[test]
    fn the_step_is_exact_whatever_its_length_and_for_equal_time_constants() {
        for tau_w in [100.0, 20.0, 5.0] {
            let spec = AlifCurrentSpec { tau_w_ms: tau_w.into(), ..AlifCurrentSpec::default() };
            let after = |tick_ms: f64| {
                let mut cell = PatchClamp::new(&CellSpec::AlifCurrent(spec.clone()), tick_ms).unwrap();
                cell.state_mut()[1] = 1.5;
                (0..(10.0 / tick_ms).round() as usize).for_each(|_| {
                    cell.tick(&Stimulus::current(1.0));
                });
                [cell.state()[0], cell.state()[1]]
            };
            let ([v, w], [v_fine, w_fine]) = (after(10.0), after(0.1));
            assert!((v - v_fine).abs() < 1e-9 && (w - w_fine).abs() < 1e-9, "tau_w {tau_w}: {v} and {v_fine}");
            let analytic = 1.5 * (-10.0 / tau_w).exp();
            assert!((w - analytic).abs() < 1e-12);
        }
    }
}
