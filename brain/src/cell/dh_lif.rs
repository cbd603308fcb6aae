//! Leaky integrate-and-fire with dendritic branches that each have a time constant of their own.
//!
//! `i_b ← β_b i_b + (1 − β_b) I_b`, `V ← α V + (1 − α) R (Σ_b i_b + I) − v_th s`, where `s` is the spike of the tick
//! before; a spike at `V ≥ v_th`. `β_b = e^(−tick/tau_b)`, `α = e^(−tick/tau_m)`. Dimensionless: the threshold is about 1.
//!
//! A cell has four branches, [`BRANCHES`](super::model::BRANCHES); one that nothing reaches does nothing. `I` is input
//! of the soma, without a filter. Distributions over the time constants give each cell and branch its own.
//! Factor of plasticity: the triangle `max(0, 1 − |V − v_th|/v_th)` before the reset.
//!
//! Source: Zheng et al. 2024, doi 10.1038/s41467-023-44614-z, Nat Commun 15:277. There the time constants are learned and
//! start at `sigmoid(U(2, 6))` a branch and `sigmoid(U(0, 4))` a soma: 8 to 400 and 1.4 to 55 ticks. Deviations: they are
//! parameters here, spread evenly on a logarithmic scale by default (a choice).

use super::{
    model::{BRANCHES, Drive, Input, Model, Output},
    parameters::{POSITIVE, Parameters, parameter_lists, parameters},
    real::Real,
};

parameters! {
    /// Parameters of leaky integrate-and-fire cells with dendritic branches.
    pub struct DhLifSpec {
        /// Membrane time constant in ms.
        tau_m_ms: 20.0, POSITIVE;
        /// Threshold.
        v_th: 1.0, POSITIVE;
        /// Resistance, the factor of all input.
        resistance: 1.0, POSITIVE;
        /// Time constant of the first branch in ms.
        tau_branch_1_ms: 8.0, POSITIVE;
        /// Time constant of the second branch in ms.
        tau_branch_2_ms: 30.0, POSITIVE;
        /// Time constant of the third branch in ms.
        tau_branch_3_ms: 110.0, POSITIVE;
        /// Time constant of the fourth branch in ms.
        tau_branch_4_ms: 400.0, POSITIVE;
    }
}

impl Parameters for DhLifSpec {
    type Model = DhLif;

    fn model(&self, _: f64) -> DhLif {
        DhLif
    }

    parameter_lists!();
}

/// The model.
#[derive(Clone, Copy)]
pub struct DhLif;

impl Model<7, 6> for DhLif {
    const CONDUCTS: bool = false;
    const STATES: [&'static str; 6] = ["v", "spiked", "branch_1", "branch_2", "branch_3", "branch_4"];
    const BRANCHED: bool = true;

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 7] {
        let [tau_m, v_th, resistance, tau_1, tau_2, tau_3, tau_4] = p[..7] else { unreachable!("seven parameters") };
        let decay = |tau: f64| (-tick_ms / tau).exp();
        [decay(tau_m), v_th, resistance, decay(tau_1), decay(tau_2), decay(tau_3), decay(tau_4)]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 6] {
        [p[1] * u, 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 7], s: &mut [R; 6], input: &Input<R, D>) -> Output<R> {
        let [decay, v_th, resistance, ..] = *c;
        let one = input.of(1.0);
        let mut current = input.soma.current_at(s[0]);
        for b in 0..BRANCHES {
            let (beta, i) = (c[3 + b], &mut s[2 + b]);
            *i = (beta * *i + (one - beta) * input.branches[b]).flush();
            current = current + *i;
        }
        let v = decay * s[0] + (one - decay) * resistance * current - v_th * s[1];
        let spike = R::indicator(v.ge(v_th));
        let factor = (one - (v - v_th).abs() / v_th).max(input.of(0.0));
        (s[0], s[1]) = (v, spike);
        Output::graded(spike, factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    #[test]
    fn each_branch_filters_with_its_own_time_constant() {
        for (branch, tau_ms) in [8.0, 30.0, 110.0, 400.0].into_iter().enumerate() {
            let mut cell = PatchClamp::new(&CellSpec::DhLif(DhLifSpec::default()), 1.0).unwrap();
            let mut stimulus = Stimulus::default();
            stimulus.branches[branch] = 0.5;
            let ticks = 50;
            (0..ticks).for_each(|_| assert_eq!(cell.tick(&stimulus), 0.0));
            let expected = 0.5 * -f64::exp_m1(-f64::from(ticks) / tau_ms);
            assert!((cell.state()[2 + branch] - expected).abs() < 1e-12, "branch {branch}");
            let others: f64 = (0..4).filter(|b| *b != branch).map(|b| cell.state()[2 + b]).sum();
            assert_eq!(others, 0.0);
        }
    }

    #[test]
    fn a_spike_takes_the_threshold_off_in_the_next_tick() {
        let mut cell = PatchClamp::new(&CellSpec::DhLif(DhLifSpec::default()), 1.0).unwrap();
        cell.state_mut()[0] = 1.5;
        assert_eq!(cell.tick(&Stimulus::default()), 1.0);
        let v = cell.v();
        assert_eq!(cell.tick(&Stimulus::default()), 0.0);
        assert!((cell.v() - (v * f64::exp(-1.0 / 20.0) - 1.0)).abs() < 1e-12);
    }
}
