//! Adam: steps in proportion to the running mean of the gradient over its running size.
//!
//! ```text
//! m ← β₁ m + (1 − β₁) g    v ← β₂ v + (1 − β₂) g²    w ← w − α m̂/(√v̂ + ε)
//! m̂ = m/(1 − β₁ᵗ)          v̂ = v/(1 − β₂ᵗ)           t: steps, this one included
//! ```
//!
//! Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1.

use serde::{Deserialize, Serialize};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f32 = 1e-5;
/// Moments below this count as zero: what fades never becomes denormal, which is slow.
const TINY: f32 = 1e-30;

/// Moments of the gradient of all parameters.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    pub(super) n_steps: u64,
}

impl Adam {
    pub(super) fn new(n_params: usize) -> Self {
        Self { first: vec![0.0; n_params], second: vec![0.0; n_params], n_steps: 0 }
    }

    /// Whether these are moments of `n_params` parameters.
    pub(super) fn fits(&self, n_params: usize) -> bool {
        self.first.len() == n_params
            && self.second.len() == n_params
            && self.first.iter().all(|m| m.is_finite())
            && self.second.iter().all(|v| v.is_finite() && *v >= 0.0)
    }

    /// One step down `scale · gradient`, of size `learning_rate`.
    pub(super) fn step(&mut self, params: &mut [f32], gradient: &[f32], scale: f32, learning_rate: f64) {
        self.n_steps = self.n_steps.saturating_add(1);
        let t = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        let rate = (learning_rate / (1.0 - BETA_1.powi(t))) as f32;
        let unbias = (1.0 / (1.0 - BETA_2.powi(t))) as f32;
        let (beta_1, beta_2) = (BETA_1 as f32, BETA_2 as f32);
        let (fresh_1, fresh_2) = ((1.0 - BETA_1) as f32, (1.0 - BETA_2) as f32);
        let kept = |x: f32| if x.abs() < TINY { 0.0 } else { x };
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((w, &g), (m, v)) in params.iter_mut().zip(gradient).zip(moments) {
            let g = scale * g;
            *m = kept(beta_1 * *m + fresh_1 * g);
            *v = kept(beta_2 * *v + fresh_2 * g * g);
            *w -= rate * *m / ((unbias * *v).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, with α = 0.1. Step 1, g = 0.5: m̂ = 0.5, v̂ = 0.25, w = 1 − 0.1 · 0.5/0.50001 = 0.900002.
    /// Step 2, g = −1: m = 0.9 · 0.05 − 0.1 = −0.055, m̂ = −0.055/0.19 = −0.289474;
    /// v = 0.999 · 0.00025 + 0.001 = 0.00124975, v̂ = 0.00124975/0.001999 = 0.625188;
    /// w = 0.900002 + 0.1 · 0.289474/0.790697 = 0.936612.
    #[test]
    fn two_steps_agree_with_those_by_hand() {
        let (mut adam, mut w) = (Adam::new(1), [1.0]);
        adam.step(&mut w, &[0.5], 1.0, 0.1);
        assert!((w[0] - 0.900_002).abs() < 1e-6, "{}", w[0]);
        adam.step(&mut w, &[-2.0], 0.5, 0.1);
        assert!((w[0] - 0.936_612).abs() < 1e-6, "{}", w[0]);
    }

    #[test]
    fn what_has_faded_is_zero() {
        let (mut adam, mut w) = (Adam::new(1), [0.0]);
        adam.step(&mut w, &[1.0], 1.0, 1e-3);
        (0..2000).for_each(|_| adam.step(&mut w, &[0.0], 1.0, 1e-3));
        assert_eq!(adam.first, [0.0]);
    }
}
