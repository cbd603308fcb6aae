//! Leaky integrate-and-fire.
//!
//! `tau_m dV/dt = −(V − v_rest) + R I`; at `V ≥ v_th` a spike, then `V ← v_reset` for `t_ref`.
//! Integrated exactly over a tick for a current that is constant in it.
//! Between spikes, from reset, the interval is `t_ref + tau_m ln((v_∞ − v_reset)/(v_∞ − v_th))`, `v_∞ = v_rest + R I`,
//! rounded up to the next tick.
//!
//! Source: Gerstner, Kistler, Naud, Paninski 2014, *Neuronal Dynamics*, section 1.3.
//! The surrogate derivative is the triangle of Bellec et al. 2020, doi 10.1038/s41467-020-17236-y.

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::{FINITE, NOT_NEGATIVE, POSITIVE, decays, sample};
use crate::{dist::Dist, rng::Rng};

/// Parameters of leaky integrate-and-fire cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LifSpec {
    /// Membrane time constant in ms.
    pub tau_m_ms: Dist,
    /// Membrane resistance in GΩ, so that pA give mV.
    pub resistance_gohm: Dist,
    /// Resting potential in mV.
    pub v_rest_mv: Dist,
    /// Potential after a spike in mV.
    pub v_reset_mv: Dist,
    /// Threshold in mV; above the resting and the reset potential.
    pub v_th_mv: Dist,
    /// Refractory time in ms.
    pub t_ref_ms: Dist,
}

impl Default for LifSpec {
    fn default() -> Self {
        Self {
            tau_m_ms: 20.0.into(),
            resistance_gohm: 10.0.into(),
            v_rest_mv: (-70.0).into(),
            v_reset_mv: (-75.0).into(),
            v_th_mv: (-50.0).into(),
            t_ref_ms: 2.0.into(),
        }
    }
}

impl LifSpec {
    pub(super) fn distributions(&self) -> Vec<(&'static str, &Dist, [f64; 2])> {
        vec![
            ("tau_m_ms", &self.tau_m_ms, POSITIVE),
            ("resistance_gohm", &self.resistance_gohm, POSITIVE),
            ("v_rest_mv", &self.v_rest_mv, FINITE),
            ("v_reset_mv", &self.v_reset_mv, FINITE),
            ("v_th_mv", &self.v_th_mv, FINITE),
            ("t_ref_ms", &self.t_ref_ms, NOT_NEGATIVE),
        ]
    }
}

pub(crate) struct Lif {
    decay: Vec<f32>,
    resistance: Vec<f32>,
    v_rest: Vec<f32>,
    v_reset: Vec<f32>,
    v_th: Vec<f32>,
    ref_ticks: Vec<f32>,
    pub(super) v: Vec<f32>,
    /// Ticks that a cell is still refractory.
    refractory: Vec<f32>,
}

impl Lif {
    pub(super) fn new(spec: &LifSpec, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        let v_rest = sample(&spec.v_rest_mv, n, rng);
        Self {
            decay: decays(&spec.tau_m_ms, n, tick_ms, rng),
            resistance: sample(&spec.resistance_gohm, n, rng),
            v_reset: sample(&spec.v_reset_mv, n, rng),
            v_th: sample(&spec.v_th_mv, n, rng),
            ref_ticks: sample(&spec.t_ref_ms, n, rng)
                .iter()
                .map(|t| (f64::from(*t) / tick_ms).round() as f32)
                .collect(),
            v: v_rest.clone(),
            refractory: vec![0.0; n],
            v_rest,
        }
    }

    pub(super) fn tick(&mut self, current: &[f32], gain: f32, spikes: &mut [f32], surrogate: &mut [f32]) {
        for i in 0..self.v.len() {
            let v_inf = self.v_rest[i] + self.resistance[i] * gain * current[i];
            let free = self.refractory[i] <= 0.0;
            let v = if free { v_inf + (self.v[i] - v_inf) * self.decay[i] } else { self.v_reset[i] };
            let span = (self.v_th[i] - self.v_rest[i]).abs().max(1e-3);
            surrogate[i] = if free { (1.0 - ((v - self.v_th[i]) / span).abs()).max(0.0) } else { 0.0 };
            let fires = free && v >= self.v_th[i];
            spikes[i] = if fires { 1.0 } else { 0.0 };
            self.v[i] = if fires { self.v_reset[i] } else { v };
            self.refractory[i] = if fires { self.ref_ticks[i] } else { (self.refractory[i] - 1.0).max(0.0) };
        }
    }

    pub(super) fn reset(&mut self, rng: &mut Rng) {
        self.refractory.fill(0.0);
        for i in 0..self.v.len() {
            self.v[i] = self.v_rest[i] + (self.v_th[i] - self.v_rest[i]) * rng.random::<f32>();
        }
    }

    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        visit("v", &mut self.v);
        visit("refractory", &mut self.refractory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    /// Spike ticks of one cell under a constant current.
    fn spike_ticks(current_pa: f32, tick_ms: f64, ticks: usize) -> Vec<usize> {
        let mut cell = Lif::new(&LifSpec::default(), 1, tick_ms, &mut stream(0, "lif"));
        let (mut spikes, mut surrogate) = ([0.0], [0.0]);
        (1..=ticks)
            .filter(|_| {
                cell.tick(&[current_pa], 1.0, &mut spikes, &mut surrogate);
                spikes[0] > 0.0
            })
            .collect()
    }

    #[test]
    fn first_spike_and_intervals_are_the_closed_form_rounded_up_to_the_tick() {
        let tick_ms = 0.1;
        for current_pa in [2.1, 2.5, 3.0, 5.0, 10.0] {
            let v_inf = -70.0 + 10.0 * f64::from(current_pa);
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
