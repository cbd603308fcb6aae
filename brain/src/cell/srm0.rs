//! Spike response neuron with escape noise.
//!
//! `u = u_rest + h + η`, where the input `h` is the summed drive of the postsynaptic potentials in mV and
//! `η = χ e^(−(t − t̂)/tau_m)` the refractory kernel of the last spike `t̂`; spikes come at the rate
//! `ρ0 e^((u − θ)/Δu)`, so that a tick of length `Δt` has one with probability `1 − e^(−ρ Δt)`.
//! Units: mV, ms, Hz. The state `v` is `u` of this tick.
//!
//! Factor of plasticity: the probability of a spike in the tick; less the spike it is what policy gradients want.
//!
//! Source: Frémaux, Sprekeler, Gerstner 2013, doi 10.1371/journal.pcbi.1003024, whose postsynaptic potentials are
//! `20 mV ms (e^(−t/tau_m) − e^(−t/tau_s))/(tau_m − tau_s)` with time constants of 20 and 5 ms, and are cancelled by a
//! spike of the cell: synapses of the kind `double_exponential` with `cancelled = true`. Synapses of other kinds go on.

use super::{
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters},
    real::Real,
    scheme::probability,
};

parameters! {
    /// Parameters of spike response neurons with escape noise.
    pub struct Srm0Spec {
        /// Resting potential in mV.
        u_rest_mv: 0.0, FINITE;
        /// Height of the refractory kernel in mV.
        chi_mv: -5.0, FINITE;
        /// Time constant of the refractory kernel in ms.
        tau_m_ms: 20.0, POSITIVE;
        /// Potential at which the rate is `rho_0_hz`, in mV.
        theta_mv: 16.0, FINITE;
        /// Range of potentials over which the rate grows by a factor of e, in mV.
        delta_u_mv: 5.0, POSITIVE;
        /// Rate at `theta_mv`, in Hz.
        rho_0_hz: 60.0, NOT_NEGATIVE;
    }
}

impl Parameters for Srm0Spec {
    type Model = Srm0;

    fn model(&self, _: f64) -> Srm0 {
        Srm0
    }

    parameter_lists!();
}

/// The model.
#[derive(Clone, Copy)]
pub struct Srm0;

impl Model<6, 2> for Srm0 {
    const CONDUCTS: bool = false;
    const STATES: [&'static str; 2] = ["v", "refractory"];
    const DRAWS: usize = 1;

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 6] {
        let [u_rest, chi, tau_m, theta, delta_u, rho_0] = p[..6] else { unreachable!("six parameters") };
        let decay = (-tick_ms / tau_m).exp();
        // A spike at the end of this tick has decayed for one tick at the end of the next, where `u` is read.
        [u_rest, chi, decay, theta, 1.0 / delta_u, rho_0 * tick_ms * 1e-3]
    }

    fn rest(&self, p: &[f64], _: f64) -> [f64; 2] {
        [p[0], 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 6], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [u_rest, chi, decay, theta, per_delta_u, rho_0] = *c;
        let kernel = s[1] * decay;
        let u = u_rest + kernel + input.soma.current_at(s[0]);
        // The exponent is bounded so that the rate stays finite; spikes are certain long before.
        let p = probability(rho_0 * ((u - theta) * per_delta_u).min(input.of(30.0)).exp());
        let silent = input.draws[0].ge(p);
        *s = [u, R::select(silent, kernel.flush(), chi)];
        Output::graded(R::select(silent, input.of(0.0), input.of(1.0)), p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    #[test]
    fn probability_and_kernel_are_the_closed_forms() {
        let mut cell = PatchClamp::new(&CellSpec::Srm0(Srm0Spec::default()), 1.0).unwrap();
        let silent = Stimulus { draws: [0.999_999, 0.0], ..Stimulus::current(16.0) };
        assert_eq!(cell.tick(&silent), 0.0);
        assert!((cell.factor() - -f64::exp_m1(-0.06)).abs() < 1e-8, "60 Hz at the threshold: {}", cell.factor());
        let spiking = Stimulus { draws: [0.0, 0.0], ..Stimulus::current(16.0) };
        assert_eq!(cell.tick(&spiking), 1.0);
        (0..20).for_each(|_| assert_eq!(cell.tick(&silent), 0.0));
        assert!((cell.v() - (16.0 - 5.0 / std::f64::consts::E)).abs() < 1e-9, "20 ms after the spike: {}", cell.v());
        let rate = 0.06 * (-1.0 / std::f64::consts::E).exp();
        assert!((cell.factor() - -f64::exp_m1(-rate)).abs() < 1e-8, "a spike makes the next one less likely");
    }

    #[test]
    fn the_rate_grows_e_fold_per_delta_u() {
        let factor = |current: f64| {
            let mut cell = PatchClamp::new(&CellSpec::Srm0(Srm0Spec::default()), 0.01).unwrap();
            cell.tick(&Stimulus { draws: [0.999_999, 0.0], ..Stimulus::current(current) });
            cell.factor()
        };
        assert!((factor(5.0) / factor(0.0) - std::f64::consts::E).abs() < 1e-4);
    }
}
