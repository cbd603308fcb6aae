//! The two-compartment cell of Urbanczik and Senn, whose dendrite learns to predict its soma.
//!
//! - Soma: `C dV/dt = −g_L (V − E_L) + g_SD (V_d − V) + I`, with its synapses in `I`.
//! - Dendrite: `C_d dV_d/dt = −g_Ld (V_d − E_L) + I_d`.
//! - Spikes come at the rate `φ(V)`, `φ(u) = φ_max/(1 + k e^(β (θ − u)))`, except in the `t_ref` after one; `V` is not
//!   reset.
//! - Prediction of the soma from the dendrite alone: `V* = (g_L E_L + g_SD V_d)/(g_L + g_SD)`.
//!
//! Units: mV, ms, pA, pF, nS. Input: the soma, and the dendrite as an apical compartment.
//!
//! Scheme: the dendrite exactly for a constant current, the soma by one step of the exponential Euler method with the
//! mean `V_d` of the tick; conductances by exponential Euler too.
//! Factor of plasticity: `(S − φ(V*) Δt) h(V*)`, `h = φ'/φ = β/(1 + e^(−β (θ − u))/k)`, where `S` is 1 in a tick with a
//! spike: the factor of the postsynaptic potential in the rule of Urbanczik & Senn, integrated over the tick, in 1/mV.
//!
//! Source: Urbanczik & Senn 2014, doi 10.1016/j.neuron.2013.11.030, with the parameters that NEST uses.

use super::{
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters},
    real::{Real, inlined},
    scheme::{probability, relax},
};

parameters! {
    /// Parameters of Urbanczik–Senn cells.
    pub struct TwoCompartmentSpec {
        /// Capacitance of the soma in pF.
        capacitance_pf: 300.0, POSITIVE;
        /// Leak conductance of the soma in nS.
        g_leak_ns: 30.0, POSITIVE;
        /// Reversal potential of both leaks in mV.
        v_leak_mv: -70.0, FINITE;
        /// Conductance from the dendrite to the soma in nS.
        g_sd_ns: 600.0, NOT_NEGATIVE;
        /// Capacitance of the dendrite in pF.
        capacitance_d_pf: 300.0, POSITIVE;
        /// Leak conductance of the dendrite in nS.
        g_leak_d_ns: 30.0, POSITIVE;
        /// Highest rate in 1/ms.
        phi_max_per_ms: 0.15, NOT_NEGATIVE;
        /// Factor of the exponential in the rate.
        rate_slope: 0.5, POSITIVE;
        /// Steepness of the rate in 1/mV.
        beta_per_mv: 1.0 / 3.0, POSITIVE;
        /// Potential where the rate grows, in mV.
        theta_mv: -55.0, FINITE;
        /// Refractory time in ms.
        t_ref_ms: 3.0, NOT_NEGATIVE;
    }
}

impl Parameters for TwoCompartmentSpec {
    type Model = TwoCompartment;

    fn model(&self, _: f64) -> TwoCompartment {
        TwoCompartment
    }

    parameter_lists!();
}

/// The model.
#[derive(Clone, Copy)]
pub struct TwoCompartment;

impl Model<15, 3> for TwoCompartment {
    const STATES: [&'static str; 3] = ["v", "v_dendrite", "refractory"];
    const DRAWS: usize = 1;
    const APICAL: bool = true;

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 15] {
        let [capacitance, g_leak, v_leak, g_sd, capacitance_d, g_leak_d, phi_max, rate_slope, beta, theta, t_ref] =
            p[..11]
        else {
            unreachable!("eleven parameters")
        };
        let share = g_sd / (g_leak + g_sd);
        [
            tick_ms * (g_leak + g_sd) / capacitance,
            tick_ms / capacitance,
            v_leak,
            share,
            (-tick_ms * (g_leak + g_sd) / capacitance).exp(),
            1.0 / (g_leak + g_sd),
            tick_ms * g_leak_d / capacitance_d,
            tick_ms / capacitance_d,
            (-tick_ms * g_leak_d / capacitance_d).exp(),
            1.0 / g_leak_d,
            phi_max * tick_ms,
            rate_slope,
            beta,
            theta,
            (t_ref / tick_ms).round(),
        ]
    }

    fn rest(&self, p: &[f64], _: f64) -> [f64; 3] {
        [p[2], p[2], 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 15], s: &mut [R; 3], input: &Input<R, D>) -> Output<R> {
        let [
            loss,
            per_pa,
            v_leak,
            share,
            decay,
            resistance,
            loss_d,
            per_pa_d,
            decay_d,
            resistance_d,
            phi_max,
            rate_slope,
            beta,
            theta,
            ref_ticks,
        ] = *c;
        let [v, v_d, refractory] = *s;
        let one = input.of(1.0);
        let dendrite = if D::CONDUCTANCE {
            let (i, g) = input.apical.line_at(v_d);
            relax(v_d, loss_d * v_leak + per_pa_d * i, loss_d + per_pa_d * g)
        } else {
            let v_inf = v_leak + resistance_d * input.apical.current_at(v_d);
            v_inf + (v_d - v_inf) * decay_d
        };
        // Where the soma would settle without input of its own.
        let predicted = inlined(
            #[inline(always)]
            |v_d: R| v_leak + share * (v_d - v_leak),
        );
        let target = predicted(input.of(0.5) * (v_d + dendrite));
        let v = if D::CONDUCTANCE {
            let (i, g) = input.soma.line_at(v);
            relax(v, loss * target + per_pa * i, loss + per_pa * g)
        } else {
            let v_inf = target + resistance * input.soma.current_at(v);
            v_inf + (v - v_inf) * decay
        };
        let v_star = predicted(dendrite);
        let growth = inlined(
            #[inline(always)]
            |u: R| rate_slope * (beta * (theta - u)).min(input.of(60.0)).exp(),
        );
        let rate = inlined(
            #[inline(always)]
            |u: R| phi_max / (one + growth(u)),
        );
        let hazard = growth(v_star);
        let slope = beta * hazard / (one + hazard);
        let free = input.of(0.0).ge(refractory);
        let p = R::select(free, probability(rate(v)), input.of(0.0));
        let silent = input.draws[0].ge(p);
        let spike = R::select(silent, input.of(0.0), one);
        let left = (refractory - one).max(input.of(0.0));
        *s = [v, dendrite, R::select(silent, left, ref_ticks)];
        Output::graded(spike, (spike - rate(v_star)) * slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, Electrode, PatchClamp, Stimulus};

    fn cell(tick_ms: f64) -> PatchClamp {
        PatchClamp::new(&CellSpec::TwoCompartment(TwoCompartmentSpec::default()), tick_ms).unwrap()
    }

    const SILENT: [f64; 2] = [0.999_999, 0.0];

    #[test]
    fn the_soma_settles_where_the_dendrite_says() {
        let mut cell = cell(0.1);
        let apical = Electrode { current: 600.0, ..Electrode::default() };
        for _ in 0..20_000 {
            cell.tick(&Stimulus { apical, draws: SILENT, ..Stimulus::default() });
        }
        let [v, v_d] = [cell.state()[0], cell.state()[1]];
        assert!((v_d - -50.0).abs() < 1e-6, "dendrite at {v_d} mV");
        assert!((v - (-70.0 + 600.0 / 630.0 * 20.0)).abs() < 1e-6, "soma at {v} mV");
    }

    #[test]
    fn the_soma_follows_another_simulator() {
        // NEST 3.10, pp_cond_exp_mc_urbanczik, 1500 pA into the soma: potentials at 1, 2 and 3 ms.
        let mut cell = cell(0.1);
        let soma = Electrode { current: 1500.0, ..Electrode::default() };
        for expected in [-67.91061, -67.65475, -67.62342] {
            (0..10).for_each(|_| {
                cell.tick(&Stimulus { soma, draws: SILENT, ..Stimulus::default() });
            });
            assert!((cell.v() - expected).abs() < 1e-5, "{} mV, expected {expected}", cell.v());
        }
    }

    #[test]
    fn without_spikes_the_factor_is_minus_the_predicted_rate_times_the_slope() {
        let mut cell = cell(0.1);
        cell.state_mut().copy_from_slice(&[-50.0, -50.0, 0.0]);
        cell.tick(&Stimulus { draws: SILENT, ..Stimulus::default() });
        let v_star = -70.0 + 600.0 / 630.0 * (cell.state()[1] + 70.0);
        let phi = |u: f64| 0.15 / (1.0 + 0.5 * ((-55.0 - u) / 3.0).exp());
        let slope = (phi(v_star + 1e-5) - phi(v_star - 1e-5)) / 2e-5 / phi(v_star);
        assert!((cell.factor() - -0.1 * phi(v_star) * slope).abs() < 1e-9, "{}", cell.factor());
    }

    #[test]
    fn it_is_silent_while_refractory() {
        let mut cell = cell(0.1);
        cell.state_mut()[0] = -40.0;
        let eager = Stimulus { soma: Electrode { current: 20_000.0, ..Electrode::default() }, ..Stimulus::default() };
        let spikes: Vec<usize> = (0..100).filter(|_| cell.tick(&eager) > 0.0).collect();
        assert!(spikes.windows(2).all(|pair| pair[1] - pair[0] == 31), "a spike, then 30 ticks without: {spikes:?}");
    }
}
