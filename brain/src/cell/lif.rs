//! Leaky integrate-and-fire.
//!
//! `tau_m dV/dt = −(V − v_rest) + R I`; at `V ≥ v_th` a spike, then `V ← v_reset` for `t_ref`.
//! Integrated exactly over a tick for a current that is constant in it.
//! With conductances `g` it is `C dV/dt = −C/tau_m (V − v_rest) + I + Σ g (E − V)`, `C = tau_m/R`, with one step of the
//! exponential Euler method: `ΔV = dt I(V)/C · (1 − e^(−x))/x`, `x = dt (1/tau_m + Σ g/C)`, where the last factor is
//! a polynomial, within 1e-7, up to `x = ½`.
//! Between spikes, from reset, the interval is `t_ref + tau_m ln((v_∞ − v_reset)/(v_∞ − v_th))`, `v_∞ = v_rest + R I`,
//! rounded up to the next tick.
//!
//! Source: Gerstner, Kistler, Naud, Paninski 2014, *Neuronal Dynamics*, section 1.3.
//! The surrogate derivative is the triangle of Bellec et al. 2020, doi 10.1038/s41467-020-17236-y.

use super::{
    izhikevich_2007::span,
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    real::Real,
    scheme::relax,
};

parameters! {
    /// Parameters of leaky integrate-and-fire cells.
    pub struct LifSpec {
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
    }
}

impl Parameters for LifSpec {
    type Model = Lif;

    fn model(&self, _: f64) -> Lif {
        Lif
    }

    fn fault(&self) -> Option<Fault> {
        reset_fault(("v_reset_mv", &self.v_reset_mv), ("threshold v_th_mv", &self.v_th_mv))
    }

    parameter_lists!();
}

/// The model: exact for currents, exponential Euler for conductances.
#[derive(Clone, Copy)]
pub struct Lif;

impl Model<10, 2> for Lif {
    const LEAN: bool = true;
    const STATES: [&'static str; 2] = ["v", "refractory"];

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 10] {
        let [tau_m, resistance, v_rest, v_reset, v_th, t_ref] = p[..6] else { unreachable!("six parameters") };
        let (capacitance, decay) = (tau_m / resistance, (-tick_ms / tau_m).exp());
        [
            decay,
            resistance * (1.0 - decay),
            v_rest * (1.0 - decay),
            v_reset,
            v_th,
            (t_ref / tick_ms).round(),
            tick_ms / tau_m,
            v_rest * tick_ms / tau_m,
            tick_ms / capacitance,
            span(v_rest, v_th),
        ]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 2] {
        let (v_rest, v_th) = (p[2], p[4]);
        [v_rest + (v_th - v_rest) * u, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 10], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [decay, gain, rest, v_reset, v_th, ref_ticks, leak, leak_rest, per_pa, per_span] = *c;
        let [v, refractory] = *s;
        let one = input.of(1.0);
        let free = input.of(0.0).ge(refractory);
        let integrated = if D::CONDUCTANCE {
            let (i, g) = input.soma.line_at(v);
            let x = per_pa.mul_add(g, leak);
            relax(v, per_pa.mul_add(i, leak_rest), x)
        } else {
            v.mul_add(decay, gain.mul_add(input.soma.current_at(v), rest))
        };
        let v = R::select(free, integrated, v_reset);
        let factor = (one - (v - v_th).abs() * per_span).max(input.of(0.0));
        let fires = R::both(free, v.ge(v_th));
        *s = [R::select(fires, v_reset, v), R::select(fires, ref_ticks, (refractory - one).max(input.of(0.0)))];
        Output::full(fires, R::select(free, factor, input.of(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    /// Spike ticks of one cell under a constant current.
    fn spike_ticks(current_pa: f64, tick_ms: f64, ticks: usize) -> Vec<usize> {
        let mut cell = PatchClamp::new(&CellSpec::Lif(LifSpec::default()), tick_ms).unwrap();
        (1..=ticks).filter(|_| cell.tick(&Stimulus::current(current_pa)) > 0.0).collect()
    }

    #[test]
    fn first_spike_and_intervals_are_the_closed_form_rounded_up_to_the_tick() {
        let tick_ms = 0.1;
        for current_pa in [2.1f64, 2.5, 3.0, 5.0, 10.0] {
            let v_inf = -70.0 + 10.0 * current_pa;
            let first_ms = 20.0 * ((v_inf + 70.0) / (v_inf + 50.0)).ln();
            let interval_ms = 2.0 + 20.0 * ((v_inf + 75.0) / (v_inf + 50.0)).ln();
            let ticks = spike_ticks(current_pa, tick_ms, 10_000);
            assert_eq!(ticks[0], (first_ms / tick_ms).ceil() as usize, "first spike at {current_pa} pA");
            for pair in ticks.windows(2) {
                let late = (pair[1] - pair[0]) as f64 * tick_ms - interval_ms;
                assert!((-1e-6..=tick_ms + 1e-6).contains(&late), "interval at {current_pa} pA is late by {late} ms");
            }
        }
    }

    #[test]
    fn below_the_rheobase_nothing_fires() {
        assert_eq!(spike_ticks(1.99, 0.1, 100_000), Vec::<usize>::new());
    }
}
