//! The adaptive exponential integrate-and-fire model.
//!
//! `C dv/dt = −g_L (v − E_L) + g_L Δ_T e^((v − V_T)/Δ_T) − w + I`, `τ_w dw/dt = a (v − E_L) − w`;
//! at `v ≥ v_peak`: `v ← v_reset`, `w ← w + b`. Units: mV, ms, pA, pF, nS.
//!
//! Scheme: forward Euler or Runge–Kutta in steps of at most `max_step_ms`; within a step `v` counts as `v_peak` at most,
//! so that the exponential stays finite. Conductances enter through the current that they carry at the present `v`.
//! A spike is detected at the end of a step; a tick has one spike at most.
//! Factor of plasticity: the triangle `max(0, 1 − |v − V_T|/(V_T − E_L))` from `v` before the reset (a choice).
//!
//! Sources: Brette & Gerstner 2005, doi 10.1152/jn.00686.2005 (equations and defaults, a regular spiking cell);
//! Naud, Marcille, Clopath, Gerstner 2008, doi 10.1007/s00422-008-0264-7 (firing patterns).

use super::{
    izhikevich_2007::{span, step_fault},
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, POSITIVE, Parameters, parameter_lists, parameters},
    real::{Real, inlined},
    scheme::{Scheme, Steps},
};

parameters! {
    /// Parameters of adaptive exponential integrate-and-fire cells.
    pub struct AdexSpec {
        /// Membrane capacitance in pF.
        capacitance_pf: 281.0, POSITIVE;
        /// Leak conductance in nS.
        g_leak_ns: 30.0, POSITIVE;
        /// Reversal potential of the leak in mV.
        v_leak_mv: -70.6, FINITE;
        /// Threshold of the exponential in mV.
        v_t_mv: -50.4, FINITE;
        /// Sharpness of the upstroke in mV.
        delta_t_mv: 2.0, POSITIVE;
        /// Time constant of adaptation in ms.
        tau_w_ms: 144.0, POSITIVE;
        /// Adaptation to the potential in nS.
        a_ns: 4.0, FINITE;
        /// Adaptation to spikes in pA.
        b_pa: 80.5, FINITE;
        /// Potential after a spike in mV.
        v_reset_mv: -70.6, FINITE;
        /// Peak of the spike in mV, where it is cut off.
        v_peak_mv: -40.4, FINITE;
    }
    options {
        /// Integration scheme.
        scheme: Scheme = Scheme::Euler;
        /// Longest integration step in ms.
        max_step_ms: f64 = 0.1;
    }
}

impl Parameters for AdexSpec {
    type Model = Adex;

    fn model(&self, tick_ms: f64) -> Adex {
        Adex { scheme: self.scheme, steps: Steps::new(tick_ms, self.max_step_ms) }
    }

    fn fault(&self) -> Option<Fault> {
        let [lowest_peak, highest_peak] = self.v_peak_mv.support();
        let [lowest_t, highest_t] = self.v_t_mv.support();
        let [_, highest_reset] = self.v_reset_mv.support();
        let [sharpest, _] = self.delta_t_mv.support();
        let fault = |field, found: f64, expected: String| Some((field, found.to_string(), expected));
        if highest_reset >= lowest_peak {
            fault("v_reset_mv", highest_reset, format!("below the peak v_peak_mv ({lowest_peak})"))
        } else if highest_t > lowest_peak {
            fault("v_peak_mv", lowest_peak, format!("not below the threshold v_t_mv ({highest_t})"))
        } else if highest_peak - lowest_t > 60.0 * sharpest {
            // Single precision could not hold the exponential there.
            fault("v_peak_mv", highest_peak, "at most 60 delta_t_mv above v_t_mv".to_owned())
        } else {
            step_fault(self.max_step_ms)
        }
    }

    parameter_lists!();
}

/// The model, with what all cells of a population share.
#[derive(Clone, Copy)]
pub struct Adex {
    scheme: Scheme,
    steps: Steps,
}

impl Model<12, 2> for Adex {
    const STATES: [&'static str; 2] = ["v", "w"];

    fn coefficients(&self, p: &[f64], _: f64) -> [f64; 12] {
        let [capacitance, g_leak, v_leak, v_t, delta_t, tau_w, a, b, v_reset, v_peak] = p[..10] else {
            unreachable!("ten parameters")
        };
        [
            1.0 / capacitance,
            g_leak,
            v_leak,
            v_t,
            delta_t,
            1.0 / delta_t,
            1.0 / tau_w,
            a,
            b,
            v_reset,
            v_peak,
            span(v_leak, v_t),
        ]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 2] {
        let (v_leak, v_t) = (p[2], p[3]);
        [v_leak + (v_t - v_leak) * u, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 12], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [per_capacitance, g_leak, v_leak, v_t, delta_t, per_delta_t, per_tau_w, a, b, v_reset, v_peak, per_span] =
            *c;
        let slope = inlined(
            #[inline(always)]
            |[v, w]: [R; 2]| {
                let v = v.min(v_peak);
                let upstroke = delta_t * ((v - v_t) * per_delta_t).exp();
                let current = g_leak * (upstroke - (v - v_leak)) - w + input.soma.current_at(v);
                [current * per_capacitance, (a * (v - v_leak) - w) * per_tau_w]
            },
        );
        let (mut spike, mut factor) = (input.of(0.0), input.of(0.0));
        for _ in 0..self.steps.n {
            let [v, w] = self.scheme.advance(*s, self.steps.dt_ms, slope);
            factor = factor.max(input.of(1.0) - (v - v_t).abs() * per_span);
            let fires = v.ge(v_peak);
            spike = spike + R::indicator(fires);
            *s = [R::select(fires, v_reset, v), R::select(fires, w + b, w)];
        }
        Output::graded(spike, factor)
    }
}
