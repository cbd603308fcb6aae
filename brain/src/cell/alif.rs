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

use super::{
    model::{Drive, Input, Model, Output},
    parameters::{Fault, NOT_NEGATIVE, POSITIVE, Parameters, parameter_lists, parameters},
    real::Real,
};

parameters! {
    /// Parameters of adaptive leaky integrate-and-fire cells.
    pub struct AlifSpec {
        /// Membrane time constant in ms.
        tau_m_ms: 20.0, POSITIVE;
        /// Threshold without adaptation.
        v_th: 1.0, POSITIVE;
        /// Rise of the threshold per unit of adaptation; zero for cells that do not adapt.
        beta: 0.1, NOT_NEGATIVE;
        /// Time constant of adaptation in ms.
        tau_a_ms: 200.0, POSITIVE;
    }
    options {
        /// Factor of the input.
        input_gain: f64 = 1.0;
        /// Most spikes in a burst, `B`.
        burst_max: u32 = 1;
        /// Lowest membrane potential.
        v_floor: f64 = -1.0;
    }
}

impl Parameters for AlifSpec {
    type Model = Alif;

    fn model(&self, _: f64) -> Alif {
        let ladder = std::array::from_fn(|level| 1.0 + level as f64 / f64::from(self.burst_max));
        Alif { input_gain: self.input_gain, burst_max: self.burst_max, ladder, v_floor: self.v_floor }
    }

    fn fault(&self) -> Option<Fault> {
        let outside = |found: f64, [low, high]: [f64; 2]| {
            (!(low..=high).contains(&found)).then(|| (found.to_string(), format!("a number in [{low}, {high}]")))
        };
        [
            ("input_gain", self.input_gain, [-1e6, 1e6]),
            ("burst_max", f64::from(self.burst_max), [1.0, MAX_BURST as f64]),
            ("v_floor", self.v_floor, [-1e6, 0.0]),
        ]
        .into_iter()
        .find_map(|(field, found, range)| outside(found, range).map(|(found, expected)| (field, found, expected)))
    }

    parameter_lists!();
}

/// Most spikes in a burst.
const MAX_BURST: usize = 8;

/// The model, with what all cells of a population share.
#[derive(Clone, Copy)]
pub struct Alif {
    input_gain: f64,
    burst_max: u32,
    /// Thresholds at which bursts get longer, in units of the first.
    ladder: [f64; MAX_BURST],
    v_floor: f64,
}

impl Model<4, 2> for Alif {
    const CONDUCTS: bool = false;
    const STATES: [&'static str; 2] = ["v", "adaptation"];

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 4] {
        let [tau_m, v_th, beta, tau_a] = p[..4] else { unreachable!("four parameters") };
        [(-tick_ms / tau_m).exp(), v_th, beta, (-tick_ms / tau_a).exp()]
    }

    fn rest(&self, _: &[f64], u: f64) -> [f64; 2] {
        [u, 0.0]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 4], s: &mut [R; 2], input: &Input<R, D>) -> Output<R> {
        let [decay, v_th, beta, rho] = *c;
        let [v, a] = *s;
        let v = (decay * v + input.of(self.input_gain) * input.soma.current_at(v)).max(input.of(self.v_floor));
        let th = v_th + beta * a;
        let quantum = input.of(1.0 / f64::from(self.burst_max));
        let factor = (input.of(1.0) - (v - th).abs()).max(input.of(0.0));
        let mut burst = input.of(0.0);
        for step in &self.ladder[..self.burst_max as usize] {
            burst = burst + R::select(v.ge(th * input.of(*step)), quantum, input.of(0.0));
        }
        *s = [v - burst * th, (rho * a + burst).flush()];
        Output::graded(burst, factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus};

    fn cell(spec: AlifSpec) -> PatchClamp {
        PatchClamp::new(&CellSpec::Alif(spec), 1.0).unwrap()
    }

    #[test]
    fn an_adapting_cell_slows_down_and_a_plain_one_does_not() {
        let intervals = |beta: f64| {
            let mut cell = cell(AlifSpec { beta: beta.into(), ..AlifSpec::default() });
            let ticks: Vec<usize> = (0..400).filter(|_| cell.tick(&Stimulus::current(0.2)) > 0.0).collect();
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
        for (current, size) in [(0.99, 0.0), (1.0, 0.25), (1.3, 0.5), (1.6, 0.75), (1.8, 1.0), (9.0, 1.0)] {
            let mut cell = cell(AlifSpec { burst_max: 4, beta: 0.0.into(), ..AlifSpec::default() });
            assert_eq!(cell.tick(&Stimulus::current(current)), size, "burst under {current}");
        }
    }
}
