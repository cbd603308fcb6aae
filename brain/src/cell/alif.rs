//! Adaptive leaky integrate-and-fire with graded bursts, dimensionless (the threshold is about 1).
//!
//! Each tick, with input `I`:
//!
//! - `v ← max(v_floor, α v + c I)`, `α = exp(−tick/tau_m)`, `c` the input gain;
//! - threshold `th = v_th + β a`;
//! - burst: `s = k/B`, `k` the number of levels `th (1 + j/B)`, `j = 0 … B − 1`, that `v` has reached;
//!   `B = 1` is a binary spike;
//! - `v ← v − s th`; `a ← ρ a + s`, `ρ = exp(−tick/tau_a)`;
//! - surrogate derivative `ψ = max(0, 1 − |v − th|)`, from `v` before the reset.
//!
//! Sources: threshold adaptation, reset by subtraction and the triangle from Bellec et al. 2020 (LSNN),
//! doi 10.1038/s41467-020-17236-y.
//! Deviations: the burst of up to `B` spikes a tick (burst firing of layer-5 cells), the reset in the tick of the spike
//! rather than the next one, the lower bound on `v`, and no refractory time.

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::{NOT_NEGATIVE, POSITIVE, decays, sample};
use crate::{dist::Dist, kernel::flush, rng::Rng};

/// Parameters of adaptive leaky integrate-and-fire cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlifSpec {
    /// Membrane time constant in ms.
    pub tau_m_ms: Dist,
    /// Threshold without adaptation.
    pub v_th: Dist,
    /// Rise of the threshold per unit of adaptation; zero for cells that do not adapt.
    pub beta: Dist,
    /// Time constant of adaptation in ms.
    pub tau_a_ms: Dist,
    /// Factor of the input.
    pub input_gain: f64,
    /// Most spikes in a burst, `B`.
    pub burst_max: u32,
    /// Lowest membrane potential.
    pub v_floor: f64,
}

impl Default for AlifSpec {
    fn default() -> Self {
        Self {
            tau_m_ms: 20.0.into(),
            v_th: 1.0.into(),
            beta: 0.1.into(),
            tau_a_ms: 200.0.into(),
            input_gain: 1.0,
            burst_max: 1,
            v_floor: -1.0,
        }
    }
}

impl AlifSpec {
    pub(super) fn distributions(&self) -> Vec<(&'static str, &Dist, [f64; 2])> {
        vec![
            ("tau_m_ms", &self.tau_m_ms, POSITIVE),
            ("v_th", &self.v_th, POSITIVE),
            ("beta", &self.beta, NOT_NEGATIVE),
            ("tau_a_ms", &self.tau_a_ms, POSITIVE),
        ]
    }
}

pub(crate) struct Alif {
    decay: Vec<f32>,
    v_th: Vec<f32>,
    beta: Vec<f32>,
    adaptation_decay: Vec<f32>,
    input_gain: f32,
    burst_max: u32,
    v_floor: f32,
    pub(super) v: Vec<f32>,
    adaptation: Vec<f32>,
}

impl Alif {
    pub(super) fn new(spec: &AlifSpec, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        Self {
            decay: decays(&spec.tau_m_ms, n, tick_ms, rng),
            v_th: sample(&spec.v_th, n, rng),
            beta: sample(&spec.beta, n, rng),
            adaptation_decay: decays(&spec.tau_a_ms, n, tick_ms, rng),
            input_gain: spec.input_gain as f32,
            burst_max: spec.burst_max,
            v_floor: spec.v_floor as f32,
            v: vec![0.0; n],
            adaptation: vec![0.0; n],
        }
    }

    pub(super) fn tick(&mut self, current: &[f32], gain: f32, spikes: &mut [f32], surrogate: &mut [f32]) {
        match self.burst_max {
            1 => self.tick_bursting::<1>(current, gain, spikes, surrogate),
            2 => self.tick_bursting::<2>(current, gain, spikes, surrogate),
            3 => self.tick_bursting::<3>(current, gain, spikes, surrogate),
            4 => self.tick_bursting::<4>(current, gain, spikes, surrogate),
            5 => self.tick_bursting::<5>(current, gain, spikes, surrogate),
            6 => self.tick_bursting::<6>(current, gain, spikes, surrogate),
            7 => self.tick_bursting::<7>(current, gain, spikes, surrogate),
            _ => self.tick_bursting::<8>(current, gain, spikes, surrogate),
        }
    }

    /// The tick for bursts of at most `B` spikes, known at compile time so that the loop over cells vectorises.
    fn tick_bursting<const B: usize>(&mut self, current: &[f32], gain: f32, spikes: &mut [f32], surrogate: &mut [f32]) {
        let n = self.v.len();
        let gain = gain * self.input_gain;
        let (v, a) = (&mut self.v[..n], &mut self.adaptation[..n]);
        let (decay, v_th) = (&self.decay[..n], &self.v_th[..n]);
        let (beta, rho) = (&self.beta[..n], &self.adaptation_decay[..n]);
        let (current, spikes, surrogate) = (&current[..n], &mut spikes[..n], &mut surrogate[..n]);
        let quantum = 1.0 / B as f32;
        for i in 0..n {
            let potential = (decay[i] * v[i] + gain * current[i]).max(self.v_floor);
            let th = v_th[i] + beta[i] * a[i];
            surrogate[i] = (1.0 - (potential - th).abs()).max(0.0);
            let mut burst = 0.0;
            for level in 0..B {
                burst += if potential >= th * (1.0 + level as f32 * quantum) { quantum } else { 0.0 };
            }
            spikes[i] = burst;
            v[i] = potential - burst * th;
            a[i] = flush(rho[i] * a[i] + burst);
        }
    }

    pub(super) fn reset(&mut self, rng: &mut Rng) {
        self.adaptation.fill(0.0);
        self.v.fill_with(|| rng.random::<f32>());
    }

    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        visit("v", &mut self.v);
        visit("adaptation", &mut self.adaptation);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::stream;

    /// A cell as the equations above say, one number at a time: the plain twin of the fast kernel.
    struct Plain {
        v: f32,
        a: f32,
    }

    impl Plain {
        fn tick(&mut self, spec: [f32; 4], bursts: u32, current: f32) -> (f32, f32) {
            let [alpha, th0, beta, rho] = spec;
            self.v = (alpha * self.v + current).max(-1.0);
            let th = th0 + beta * self.a;
            let psi = (1.0 - (self.v - th).abs()).max(0.0);
            let q = 1.0 / bursts as f32;
            let reached = (0..bursts).filter(|&j| self.v >= th * (1.0 + j as f32 * q)).count();
            let s = reached as f32 * q;
            self.v -= s * th;
            self.a = rho * self.a + s;
            (s, psi)
        }
    }

    proptest! {
        #[test]
        fn fast_and_plain_cells_agree(currents in proptest::collection::vec(-0.5f32..1.5, 1..100), seed in 0u64..100, bursts in 1u32..5) {
            let spec = AlifSpec {
                tau_m_ms: Dist::log_uniform(4.0, 40.0), v_th: Dist::uniform(0.8, 1.2), beta: Dist::uniform(0.0, 0.5),
                tau_a_ms: Dist::uniform(20.0, 100.0), burst_max: bursts, ..AlifSpec::default()
            };
            let n = 9;
            let mut fast = Alif::new(&spec, n, 1.0, &mut stream(seed, "alif"));
            let mut plain: Vec<Plain> = (0..n).map(|_| Plain { v: 0.0, a: 0.0 }).collect();
            let (mut spikes, mut surrogate) = (vec![0.0; n], vec![0.0; n]);
            for &current in &currents {
                fast.tick(&vec![current; n], 1.0, &mut spikes, &mut surrogate);
                for i in 0..n {
                    let parameters = [fast.decay[i], fast.v_th[i], fast.beta[i], fast.adaptation_decay[i]];
                    let (s, psi) = plain[i].tick(parameters, bursts, current);
                    prop_assert!((spikes[i] - s).abs() < 1e-6 && (surrogate[i] - psi).abs() < 1e-5);
                    prop_assert!((fast.v[i] - plain[i].v).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn an_adapting_cell_slows_down_and_a_plain_one_does_not() {
        let intervals = |beta: f64| {
            let spec = AlifSpec { beta: beta.into(), ..AlifSpec::default() };
            let mut cell = Alif::new(&spec, 1, 1.0, &mut stream(0, "alif"));
            let (mut spikes, mut surrogate) = ([0.0], [0.0]);
            let ticks: Vec<usize> = (0..400)
                .filter(|_| {
                    cell.tick(&[0.2], 1.0, &mut spikes, &mut surrogate);
                    spikes[0] > 0.0
                })
                .collect();
            let last = ticks.len() - 1;
            (ticks[1] - ticks[0], ticks[last] - ticks[last - 1])
        };
        let (first, last) = intervals(0.3);
        assert!(last > first + 2, "adaptation lengthens the interval: {first} then {last}");
        let (first, last) = intervals(0.0);
        assert!(first.abs_diff(last) <= 1, "no adaptation, no change: {first} then {last}");
    }

    #[test]
    fn a_stronger_drive_gives_a_larger_burst() {
        let spec = AlifSpec { burst_max: 4, beta: 0.0.into(), ..AlifSpec::default() };
        for (current, size) in [(0.99, 0.0), (1.0, 0.25), (1.3, 0.5), (1.6, 0.75), (1.8, 1.0), (9.0, 1.0)] {
            let mut cell = Alif::new(&spec, 1, 1.0, &mut stream(0, "alif"));
            let (mut spikes, mut surrogate) = ([0.0], [0.0]);
            cell.tick(&[current], 1.0, &mut spikes, &mut surrogate);
            assert_eq!(spikes[0], size, "burst under {current}");
        }
    }
}
