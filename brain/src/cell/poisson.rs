//! A spike generator: spikes at random, at a rate that its input raises.
//!
//! A tick of length `Δt` has a spike with probability `1 − e^(−ρ Δt)`, `ρ = max(0, rate + I)`, with the input `I` in Hz.
//! The state `v` is `ρ` in Hz. Factor of plasticity: the probability of a spike in the tick.

use super::{
    model::{Drive, Input, Model, Output},
    parameters::{NOT_NEGATIVE, Parameters, parameter_lists, parameters},
    real::Real,
    scheme::probability,
};

parameters! {
    /// Parameters of Poisson spike generators.
    pub struct PoissonSpec {
        /// Rate without input in Hz.
        rate_hz: 10.0, NOT_NEGATIVE;
    }
}

impl Parameters for PoissonSpec {
    type Model = Poisson;

    fn model(&self, _: f64) -> Poisson {
        Poisson
    }

    parameter_lists!();
}

/// The model.
#[derive(Clone, Copy)]
pub struct Poisson;

impl Model<2, 1> for Poisson {
    const CONDUCTS: bool = false;
    const STATES: [&'static str; 1] = ["v"];
    const DRAWS: usize = 1;

    fn coefficients(&self, p: &[f64], tick_ms: f64) -> [f64; 2] {
        [p[0], tick_ms * 1e-3]
    }

    fn rest(&self, p: &[f64], _: f64) -> [f64; 1] {
        [p[0]]
    }

    #[inline(always)]
    fn step<R: Real, D: Drive<R>>(&self, c: &[R; 2], s: &mut [R; 1], input: &Input<R, D>) -> Output<R> {
        let [rate, tick_s] = *c;
        let rate = (rate + input.soma.current_at(input.of(0.0))).max(input.of(0.0));
        let p = probability(rate * tick_s);
        *s = [rate];
        Output::graded(R::select(input.draws[0].ge(p), input.of(0.0), input.of(1.0)), p)
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::{CellSpec, PatchClamp, Stimulus, rng};

    #[test]
    fn the_rate_is_the_parameter_plus_the_input_and_never_negative() {
        for (current, expected) in [(0.0, 10.0), (40.0, 50.0), (-30.0, 0.0)] {
            let mut cell = PatchClamp::new(&CellSpec::Poisson(PoissonSpec::default()), 1.0).unwrap();
            let mut rng = rng::stream(1, "test");
            let seconds = 200.0;
            let spikes = (0..(seconds * 1e3) as usize)
                .filter(|_| cell.tick(&Stimulus { draws: [rng.random(), 0.0], ..Stimulus::current(current) }) > 0.0)
                .count() as f64;
            // The chance of a spike in a millisecond is a little less than rate times time; four standard deviations.
            let mean = -f64::exp_m1(-expected * 1e-3) * seconds * 1e3;
            assert!((spikes - mean).abs() <= 4.0 * mean.sqrt(), "{spikes} spikes, expected {mean}");
        }
    }
}
