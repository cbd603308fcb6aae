//! The thick-tufted pyramidal cell of layer 5: a soma and an apical dendrite whose plateau turns single spikes into
//! bursts.
//!
//! - Soma: `C dv/dt = k (v − v_r)(v − v_t) − u + I`, `du/dt = a (b (v − v_r) − u)`.
//! - Apical dendrite: `C_d dv_d/dt = −l_d (v_d − v_dr) + k_d F(v_d) + p_d BAP [ξ1 < g_c] + u_d + I_d`,
//!   `du_d/dt = a_d (b_d (v_d − v_dr) − u_d)`, `F(x) = 1/(1 + e^((−38 − x)/6))`. `u_d` is added, `u` subtracted.
//! - At `v ≥ v_peak` a spike. It is reset to `(c, d)`; if `v_d ≥ v_ca` and `ξ2 < g_c` to `(c_burst, d_burst)`: `v ← c`,
//!   `u ← u + d`.
//! - `BAP`, the spike that runs back, is 1 from `bap_delay` after a spike for `bap_width`, else 0.
//! - Slow adaptation: a conductance `g_a` with reversal at −80 mV; `τ dg_a/dt = −g_a`, `g_a += adaptation` per spike.
//!
//! No current flows between the compartments: only `BAP` and the reset couple them. `g_c` in `[0, 1]`, the chance that
//! the coupling is open, is the handle of modulators and of matrix thalamus. `ξ1`, `ξ2` are uniform and drawn anew in
//! each tick, so `g_c` belongs to a length of the tick.
//! Units: mV, ms, pA, pF, nS. Input: the soma, and an apical compartment of its own.
//!
//! Scheme: forward Euler in steps of at most `max_step_ms`, semi-implicit in the synaptic conductances,
//! `v ← (v + Δv)/(1 + g Δt/C)`; or Runge–Kutta with explicit conductances.
//! Factor of plasticity: the triangle `max(0, 1 − |v − v_t|/(v_t − v_r))` of the soma (a choice).
//!
//! Source: Whyte et al. 2025, doi 10.1371/journal.pcbi.1012951, with the constants of its code. Deviations: the plateau
//! is read in the step of the spike; NMDA channels have the magnesium block that all cells have, not the gate
//! `m/(1 + m)`, `m = ((v + 80)/60)²`, with a cap on the conductance.

use super::{
    izhikevich_2007::{span, step_fault},
    model::{Drive, Input, Model, Output},
    parameters::{FINITE, Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters},
    real::{Real, inlined},
    scheme::{Scheme, Steps, euler},
};

parameters! {
    /// Parameters of layer-5 pyramidal cells with two compartments.
    pub struct PyramidalSpec {
        /// Capacitance of the soma in pF.
        capacitance_pf: 150.0, POSITIVE;
        /// Steepness of the upstroke in nS/mV.
        k_ns_per_mv: 2.5, POSITIVE;
        /// Resting potential of the soma in mV.
        v_r_mv: -75.0, FINITE;
        /// Instantaneous threshold in mV.
        v_t_mv: -45.0, FINITE;
        /// Peak of the spike in mV, where it is cut off.
        v_peak_mv: 50.0, FINITE;
        /// Rate of somatic recovery in 1/ms.
        a_per_ms: 0.01, NOT_NEGATIVE;
        /// Conductance of somatic recovery in nS.
        b_ns: 5.0, FINITE;
        /// Potential after a single spike in mV.
        c_mv: -65.0, FINITE;
        /// Jump of the somatic recovery current at a single spike, in pA.
        d_pa: 250.0, FINITE;
        /// Potential after a spike under a plateau in mV.
        c_burst_mv: -55.0, FINITE;
        /// Jump of the somatic recovery current at a spike under a plateau, in pA.
        d_burst_pa: 150.0, FINITE;
        /// Chance that soma and dendrite are coupled, in `[0, 1]`.
        g_c: 1.0, [0.0, 1.0];
        /// Capacitance of the dendrite in pF.
        capacitance_d_pf: 170.0, POSITIVE;
        /// Resting potential of the dendrite in mV.
        v_dr_mv: -70.0, FINITE;
        /// Leak conductance of the dendrite in nS.
        leak_d_ns: 170.0 / 7.0, POSITIVE;
        /// Regenerative calcium current in pA.
        k_d_pa: 1200.0, NOT_NEGATIVE;
        /// Current of the spike that runs back, in pA.
        bap_pa: 2600.0, NOT_NEGATIVE;
        /// Rate of dendritic recovery in 1/ms.
        a_d_per_ms: 1.0 / 30.0, NOT_NEGATIVE;
        /// Conductance of dendritic recovery in nS.
        b_d_ns: -13.0, FINITE;
        /// Potential of the dendrite from which it is in a plateau, in mV.
        v_ca_mv: -30.0, FINITE;
        /// Time that a spike needs to run back, in ms.
        bap_delay_ms: 0.5, NOT_NEGATIVE;
        /// Duration of the spike that runs back, in ms.
        bap_width_ms: 2.0, NOT_NEGATIVE;
        /// Slow adaptation: conductance that a spike adds, in nS.
        adaptation_ns: 0.065, NOT_NEGATIVE;
        /// Time constant of slow adaptation in ms.
        tau_adaptation_ms: 2000.0, POSITIVE;
    }
    options {
        /// Integration scheme.
        scheme: Scheme = Scheme::Euler;
        /// Longest integration step in ms.
        max_step_ms: f64 = 0.1;
    }
}

impl Parameters for PyramidalSpec {
    type Model = Pyramidal;

    fn model(&self, tick_ms: f64) -> Pyramidal {
        Pyramidal { scheme: self.scheme, steps: Steps::new(tick_ms, self.max_step_ms) }
    }

    fn fault(&self) -> Option<Fault> {
        let [lowest_peak, _] = self.v_peak_mv.support();
        let above = |field, dist: &crate::Dist| {
            let [_, highest] = dist.support();
            (highest >= lowest_peak)
                .then(|| (field, highest.to_string(), format!("below the peak v_peak_mv ({lowest_peak})")))
        };
        step_fault(self.max_step_ms)
            .or_else(|| above("c_mv", &self.c_mv))
            .or_else(|| above("c_burst_mv", &self.c_burst_mv))
    }

    parameter_lists!();
}

/// Reversal potential of slow adaptation in mV.
const V_ADAPTATION_MV: f64 = -80.0;

/// The model, with what all cells of a population share.
#[derive(Clone, Copy)]
pub struct Pyramidal {
    scheme: Scheme,
    steps: Steps,
}

impl Model<25, 7> for Pyramidal {
    /// `since_spike` counts integration steps; `plateau` is 1 while the last spike was one under a plateau.
    const STATES: [&'static str; 7] = ["v", "u", "v_apical", "u_apical", "g_adaptation", "since_spike", "plateau"];
    const DRAWS: usize = 2;
    const APICAL: bool = true;

    fn coefficients(&self, p: &[f64], _: f64) -> [f64; 25] {
        let [capacitance, k, v_r, v_t, v_peak, a, b, c, d, c_burst, d_burst, g_c] = p[..12] else {
            unreachable!("twelve parameters of the soma")
        };
        let [capacitance_d, v_dr, leak_d, k_d, bap, a_d, b_d, v_ca, delay, width, adaptation, tau] = p[12..] else {
            unreachable!("twelve parameters of the dendrite")
        };
        let dt = self.steps.dt_ms;
        let (bap_from, bap_to) = ((delay / dt).round(), ((delay + width) / dt).round());
        let fade = (-dt / tau).exp();
        let [soma, dendrite] = [1.0 / capacitance, 1.0 / capacitance_d];
        [
            soma,
            k,
            v_r,
            v_t,
            v_peak,
            a,
            b,
            c,
            d,
            c_burst,
            d_burst,
            g_c,
            dendrite,
            v_dr,
            leak_d,
            k_d,
            bap,
            a_d,
            b_d,
            v_ca,
            bap_from,
            bap_to,
            adaptation,
            fade,
            span(v_r, v_t),
        ]
    }

    fn rest(&self, p: &[f64], u: f64) -> [f64; 7] {
        let (v_r, v_t, v_dr) = (p[2], p[3], p[13]);
        [v_r + (v_t - v_r) * u, 0.0, v_dr, 0.0, 0.0, NEVER, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 25], s: &mut [R; 7], input: &Input<R, D>) -> Output<R> {
        let [
            per_c,
            k,
            v_r,
            v_t,
            v_peak,
            a,
            b,
            c_single,
            d_single,
            c_burst,
            d_burst,
            g_c,
            per_c_d,
            v_dr,
            leak_d,
            k_d,
            bap_pa,
            a_d,
            b_d,
            v_ca,
            bap_from,
            bap_to,
            adaptation,
            fade,
            per_span,
        ] = *c;
        let (zero, one) = (input.of(0.0), input.of(1.0));
        let [bap_open, burst_open] = input.draws.map(|xi| R::select(xi.ge(g_c), zero, one));
        let dt = self.steps.dt_ms;
        let (mut spike, mut factor) = (zero, zero);
        for _ in 0..self.steps.n {
            let [v, u, v_d, u_d, g_a, since, plateau] = *s;
            let running_back =
                R::select(R::both(since.ge(bap_from), (bap_to - one).ge(since)), bap_open * bap_pa, zero);
            let slope = inlined(
                #[inline(always)]
                |[v, u, v_d, u_d]: [R; 4]| {
                    let slow = g_a * (input.of(V_ADAPTATION_MV) - v);
                    let soma = k * (v - v_r) * (v - v_t) - u + slow + input.soma.current_at(v);
                    let calcium = k_d / (one + ((input.of(-38.0) - v_d) * input.of(1.0 / 6.0)).exp());
                    let apical = calcium - leak_d * (v_d - v_dr) + running_back + u_d + input.apical.current_at(v_d);
                    [soma * per_c, a * (b * (v - v_r) - u), apical * per_c_d, a_d * (b_d * (v_d - v_dr) - u_d)]
                },
            );
            let before = [v, u, v_d, u_d];
            let [v, u, v_d, u_d] = match self.scheme {
                Scheme::Euler => {
                    let [next, u, next_d, u_d] = euler(before, dt, slope);
                    if D::CONDUCTANCE {
                        let damp = inlined(
                            #[inline(always)]
                            |g: R, per_c: R| one / (one + input.of(dt) * per_c * g),
                        );
                        let soma = damp(input.soma.conductance_at(v), per_c);
                        let apical = damp(input.apical.conductance_at(v_d), per_c_d);
                        [v + (next - v) * soma, u, v_d + (next_d - v_d) * apical, u_d]
                    } else {
                        [next, u, next_d, u_d]
                    }
                }
                Scheme::Rk4 => self.scheme.advance(before, dt, slope),
            };
            factor = factor.max(one - (v - v_t).abs() * per_span);
            let fires = v.ge(v_peak);
            let bursts = R::select(v_d.ge(v_ca), burst_open, zero);
            let under_plateau = bursts.ge(one);
            spike = spike + R::indicator(fires);
            *s = [
                R::select(fires, R::select(under_plateau, c_burst, c_single), v),
                R::select(fires, u + R::select(under_plateau, d_burst, d_single), u),
                v_d,
                u_d,
                (g_a * fade + R::select(fires, adaptation, zero)).flush(),
                R::select(fires, zero, (since + one).min(input.of(NEVER))),
                R::select(fires, bursts, plateau),
            ];
        }
        Output::graded(spike, factor)
    }
}

/// Steps since a spike that has not happened.
const NEVER: f64 = 1e6;
