//! Leaky integrate-and-fire with an adaptive threshold.
//!
//! `tau_m dV/dt = −(V − v_rest) + R I`, `tau_a da/dt = −a`; at `V ≥ v_th + β a` a spike, then `a ← a + 1` and
//! `V ← v_reset` for `t_ref`, while `a` goes on decaying. Units: mV, ms, pA, GΩ; `a` counts spikes.
//!
//! Scheme: exact over a tick for a current that is constant in it; with conductances one step of the exponential Euler
//! method, as in the plain leaky cell. `V` and the threshold are compared at the end of the tick.
//! Factor of plasticity: the triangle around the threshold as it is, zero while refractory.
//!
//! Source: Bellec et al. 2020, doi 10.1038/s41467-020-17236-y (LSNN). Deviations: in mV, and a reset to a fixed potential
//! in place of the subtraction of the threshold.

use super::{
    izhikevich_2007::span,
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    real::Real,
    scheme::relax,
};

parameters! {
    /// Parameters of leaky integrate-and-fire cells with an adaptive threshold.
    pub struct AlifThresholdSpec {
        /// Membrane time constant in ms.
        tau_m_ms: 20.0, POSITIVE;
        /// Membrane resistance in GΩ, so that pA give mV.
        resistance_gohm: 10.0, POSITIVE;
        /// Resting potential in mV.
        v_rest_mv: -70.0, FINITE;
        /// Potential after a spike in mV; below the threshold.
        v_reset_mv: -70.0, FINITE;
        /// Threshold without adaptation, in mV.
        v_th_mv: -55.0, FINITE;
        /// Refractory time in ms.
        t_ref_ms: 2.0, NOT_NEGATIVE;
        /// Rise of the threshold per spike, in mV.
        beta_mv: 1.8, NOT_NEGATIVE;
        /// Time constant of adaptation in ms.
        tau_a_ms: 200.0, POSITIVE;
    }
}

impl Parameters for AlifThresholdSpec {
    type Model = AlifThreshold;

    fn model(&self, _: f64) -> AlifThreshold {
        AlifThreshold
    }

    fn fault(&self) -> Option<Fault> {
        reset_fault(("v_reset_mv", &self.v_reset_mv), ("threshold v_th_mv", &self.v_th_mv))
    }

    parameter_lists!();
}

/// The model: exact for currents, exponential Euler for conductances.
#[derive(Clone, Copy)]
pub struct AlifThreshold;

impl Model<11, 3> for AlifThreshold {
    const STATES: [&'static str; 3] = ["v", "adaptation", "refractory"];

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 11] {
        let [tau_m, resistance, v_rest, v_reset, v_th, t_ref, beta, tau_a] = p[..8] else {
            unreachable!("eight parameters")
        };
        let (decay, rho) = ((-tick_ms / tau_m).exp(), (-tick_ms / tau_a).exp());
        let (leak, per_pa) = (tick_ms / tau_m, tick_ms * resistance / tau_m);
        let ref_ticks = (t_ref / tick_ms).round();
        [decay, resistance, v_rest, v_reset, v_th, ref_ticks, beta, rho, leak, per_pa, span(v_rest, v_th)]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 3] {
        let (v_rest, v_th) = (p[2], p[4]);
        [v_rest + (v_th - v_rest) * u, 0.0, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 11], s: &mut [R; 3], input: &Input<R, D>) -> Output<R> {
        let [decay, resistance, v_rest, v_reset, v_th, ref_ticks, beta, rho, leak, per_pa, per_span] = *c;
        let [v, a, refractory] = *s;
        let one = input.of(1.0);
        let free = input.of(0.0).ge(refractory);
        let integrated = if D::CONDUCTANCE {
            let (i, g) = input.soma.line_at(v);
            relax(v, leak * v_rest + per_pa * i, leak + per_pa * g)
        } else {
            let v_inf = v_rest + resistance * input.soma.current_at(v);
            v_inf + (v - v_inf) * decay
        };
        let v = R::select(free, integrated, v_reset);
        let a = a * rho;
        let threshold = v_th + beta * a;
        let factor = (one - (v - threshold).abs() * per_span).max(input.of(0.0));
        let fires = R::both(free, v.ge(threshold));
        *s = [
            R::select(fires, v_reset, v),
            (a + R::indicator(fires)).flush(),
            R::select(fires, ref_ticks, (refractory - one).max(input.of(0.0))),
        ];
        Output::full(fires, R::select(free, factor, input.of(0.0)))
    }
}
