//! Medium spiny neurons of the striatum, with dopamine acting from outside.
//!
//! The equations are those of [`Izhikevich2007`] without a special rule, with the parameters fitted by Humphries et al.
//! Dopamine acts through receptors on the parameters, with `φ1`, `φ2` in `[0, 1]` the active fractions of D1 and D2:
//!
//! - D1: `v_r ← v_r (1 + K φ1)`, which is more negative; `d ← d (1 − L φ1)`; `K = 0.0289`, `L = 0.331`.
//! - D2: `k ← k (1 − α φ2)`, `α = 0.032`.
//! - Synapses: NMDA `× (1 + β1 φ1)` on D1 cells, `β1 = 6.3`; AMPA `× (1 − β2 φ2)` on D2 cells, `β2 = 0.215`.
//!
//! Rheobase `(k (v_t − v_r) + b)²/(4k)`: 229.5 pA without dopamine, 258.4 pA for D1 and 216.0 pA for D2 at `φ = 0.8`.
//!
//! Source: Humphries, Lepora, Wood, Gurney 2009, doi 10.3389/neuro.10.026.2009, Front Comput Neurosci 3:26; forward
//! Euler in steps of 0.1 ms, as there.

use super::{
    izhikevich_2007::{Izhikevich2007, QuadraticScheme, Rule, step_fault},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters, reset_fault},
    scheme::Steps,
};

// The fields are those of the dimensional Izhikevich model, in its order.
parameters! {
    /// Parameters of medium spiny neurons without dopamine.
    pub struct MsnSpec {
        /// Membrane capacitance in pF.
        capacitance_pf: 15.2, POSITIVE;
        /// Steepness of the upstroke in nS/mV.
        k_ns_per_mv: 1.0, POSITIVE;
        /// Resting potential in mV.
        v_r_mv: -80.0, FINITE;
        /// Instantaneous threshold in mV.
        v_t_mv: -29.7, FINITE;
        /// Peak of the spike in mV, where it is cut off.
        v_peak_mv: 40.0, FINITE;
        /// Rate of recovery in 1/ms.
        a_per_ms: 0.01, NOT_NEGATIVE;
        /// Conductance of recovery in nS.
        b_ns: -20.0, FINITE;
        /// Potential after a spike in mV.
        c_mv: -55.0, FINITE;
        /// Jump of the recovery current at a spike, in pA.
        d_pa: 91.0, FINITE;
    }
    options {
        /// Integration scheme.
        scheme: QuadraticScheme = QuadraticScheme::Euler;
        /// Longest integration step in ms.
        max_step_ms: f64 = 0.1;
    }
}

impl Parameters for MsnSpec {
    type Model = Izhikevich2007;

    fn model(&self, tick_ms: f64) -> Izhikevich2007 {
        Izhikevich2007 { scheme: self.scheme, steps: Steps::new(tick_ms, self.max_step_ms), rule: Rule::None }
    }

    fn fault(&self) -> Option<Fault> {
        step_fault(self.max_step_ms).or_else(|| reset_fault(("c_mv", &self.c_mv), ("peak v_peak_mv", &self.v_peak_mv)))
    }

    parameter_lists!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Izhikevich2007Spec;

    #[test]
    fn the_fields_are_those_of_the_equations_in_their_order() {
        let names = |dists: Vec<(&'static str, &crate::Dist, [f64; 2])>| -> Vec<&str> {
            dists.into_iter().map(|(name, ..)| name).take(9).collect()
        };
        let (ours, theirs) = (MsnSpec::default(), Izhikevich2007Spec::default());
        assert_eq!(names(ours.dists()), names(theirs.dists()));
    }
}
