//! Overshooting-bounded gradient descent: an eligibility trace, and a step size that never overshoots.
//!
//! ```text
//! z ← γ λ z + ∇      M = α κ max(|δ|, 1) ‖z‖₁      step = α if M ≤ 1, else α/M      w ← w + step δ z
//! ```
//!
//! Hence one step changes the weights by at most `|δ|/(κ max(|δ|, 1)) ≤ 1/κ` in the L1 norm, a budget for all of them.
//!
//! Source: Elsayed, Vasan, Mahmood 2024, arXiv:2410.14606.

use super::{mlp::Mlp, streaming::Optimiser};

/// The trace of one network, and how it turns into steps.
pub(super) struct Obgd {
    /// Step size while the bound does not bite.
    pub(super) alpha: f32,
    /// How far below overshooting the bound lies.
    pub(super) kappa: f32,
    /// Decay of the trace in one step, `γ λ`.
    pub(super) decay: f32,
    trace: Vec<f32>,
    /// `‖z‖₁`
    magnitude: f32,
}

impl Obgd {
    /// With a trace of zeros.
    pub(super) fn new(n_params: usize, alpha: f32, kappa: f32, decay: f32) -> Self {
        Self { alpha, kappa, decay, trace: vec![0.0; n_params], magnitude: 0.0 }
    }
}

impl Optimiser for Obgd {
    fn accumulate(&mut self, net: &mut Mlp, d_output: &[f32]) {
        self.magnitude = net.accumulate_gradient(d_output, self.decay, &mut self.trace);
    }

    fn step(&mut self, net: &mut Mlp, delta: f32) {
        let overshoot = self.alpha * self.kappa * delta.abs().max(1.0) * self.magnitude;
        let step = if overshoot <= 1.0 { self.alpha } else { self.alpha / overshoot };
        let change = step * delta;
        for (w, z) in net.params_mut().iter_mut().zip(&self.trace) {
            *w += change * z;
        }
    }

    fn clear(&mut self) {
        self.trace.fill(0.0);
        self.magnitude = 0.0;
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        visit(&mut self.trace);
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_brain::rng::stream;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_step_stays_within_its_budget(seed: u64, kappa in 1.1f32..5.0, delta in -20.0f32..20.0, push in -50.0f32..50.0) {
            let mut net = Mlp::new(4, 16, 2, 0.5, &mut stream(seed, "test"));
            let mut optimiser = Obgd::new(net.params().len(), 1.0, kappa, 0.792);
            for i in 0..5 {
                net.forward(&[1.0, -0.5, 0.1 * i as f32, 0.3]);
                optimiser.accumulate(&mut net, &[push, 1.0]);
            }
            let before = net.params().to_vec();
            optimiser.step(&mut net, delta);
            let change: f64 = net.params().iter().zip(&before).map(|(a, b)| f64::from((a - b).abs())).sum();
            let budget = f64::from(delta.abs() / (kappa * delta.abs().max(1.0)));
            prop_assert!(change <= budget + 1e-4, "{} > {}", change, budget);
            // The bound bites here, so the budget is used up.
            prop_assert!(change >= 0.99 * budget - 1e-4 || optimiser.magnitude * kappa * delta.abs().max(1.0) < 1.0);
        }
    }

    #[test]
    fn a_small_trace_takes_the_plain_step() {
        let mut net = Mlp::new(2, 4, 1, 0.0, &mut stream(1, "test"));
        let mut optimiser = Obgd::new(net.params().len(), 0.5, 2.0, 0.9);
        net.forward(&[0.5, 0.5]);
        optimiser.accumulate(&mut net, &[0.01]);
        let before = net.params().to_vec();
        optimiser.step(&mut net, 0.8);
        for ((after, before), z) in net.params().iter().zip(&before).zip(&optimiser.trace) {
            assert!((after - before - 0.5 * 0.8 * z).abs() < 1e-7);
        }
    }
}
