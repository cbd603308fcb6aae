//! The losses of a minibatch, by the outputs of actor and critic.
//!
//! ```text
//! L = mean[max(−Â ρ, −Â clip(ρ, 1 ± ε))] − c_H H + c_V/2 mean[max((V − R)², (V_old + clip(V − V_old, ±ε) − R)²)]
//! ρ = π(a|s)/π_old(a|s)    Â = (A − mean A)/(std A + 1e-8)    R = A + V_old    H = Σᵢ ln σᵢ + const
//! ```
//!
//! Source: Schulman, Wolski, Dhariwal, Radford & Klimov 2017, arXiv:1707.06347, eq. 7 and 9; the clipped loss of the critic
//! and the normalised advantages as in Huang et al. 2022.

use super::{PpoConfig, experience::Experience};

const ADVANTAGE_EPSILON: f32 = 1e-8;
/// Largest `|ln ρ|`, so that gradients stay finite.
const MAX_LOG_RATIO: f32 = 20.0;

/// The samples of a minibatch, each list in their order.
pub(super) struct Minibatch {
    pub(super) inputs: Vec<f32>,
    pub(super) actions: Vec<f32>,
    pub(super) log_densities: Vec<f32>,
    pub(super) values: Vec<f32>,
    /// Normalised.
    pub(super) advantages: Vec<f32>,
    pub(super) returns: Vec<f32>,
}

impl Minibatch {
    pub(super) fn new(n: usize, n_inputs: usize, n_actions: usize) -> Self {
        let zeros = |each| vec![0.0; n * each];
        Self {
            inputs: zeros(n_inputs),
            actions: zeros(n_actions),
            log_densities: zeros(1),
            values: zeros(1),
            advantages: zeros(1),
            returns: zeros(1),
        }
    }

    /// Takes these steps of a rollout, and the advantages that belong to all of its steps.
    pub(super) fn gather(&mut self, experience: &Experience, advantages: &[f32], step_idxs: &[usize]) {
        let (n_inputs, n_actions) = (self.inputs.len() / step_idxs.len(), self.actions.len() / step_idxs.len());
        for (n, &step) in step_idxs.iter().enumerate() {
            self.inputs[n * n_inputs..][..n_inputs].copy_from_slice(&experience.inputs[step * n_inputs..][..n_inputs]);
            self.actions[n * n_actions..][..n_actions]
                .copy_from_slice(&experience.actions[step * n_actions..][..n_actions]);
            self.log_densities[n] = experience.log_densities[step];
            self.values[n] = experience.values[step];
            self.advantages[n] = advantages[step];
            self.returns[n] = advantages[step] + experience.values[step];
        }
        normalise(&mut self.advantages);
    }
}

/// To mean zero and sample variance one.
fn normalise(advantages: &mut [f32]) {
    let n = advantages.len() as f32;
    let mean = advantages.iter().sum::<f32>() / n;
    let variance = advantages.iter().map(|a| (a - mean) * (a - mean)).sum::<f32>() / (n - 1.0);
    let spread = variance.sqrt() + ADVANTAGE_EPSILON;
    advantages.iter_mut().for_each(|a| *a = (*a - mean) / spread);
}

/// `Σᵢ ln π(aᵢ|s)` of a normal policy, up to a constant.
pub(super) fn log_density(action: &[f32], means: &[f32], ln_sigma: &[f32]) -> f32 {
    let of = |((a, mean), ln_sigma): ((&f32, &f32), &f32)| {
        let deviation = (a - mean) * (-ln_sigma).exp();
        -0.5 * deviation * deviation - ln_sigma
    };
    action.iter().zip(means).zip(ln_sigma).map(of).sum()
}

/// Gradient of the policy's part of the loss by the means, one row a sample, and by `ln σ`.
pub(super) fn policy_gradient(
    batch: &Minibatch,
    config: &PpoConfig,
    means: &[f32],
    ln_sigma: &[f32],
    d_means: &mut [f32],
    d_ln_sigma: &mut [f32],
) {
    let (n_actions, n, clip) = (ln_sigma.len(), batch.advantages.len() as f32, config.clip as f32);
    d_means.fill(0.0);
    d_ln_sigma.fill(-config.entropy as f32);
    let rows = batch.actions.chunks_exact(n_actions).zip(means.chunks_exact(n_actions));
    let outputs = rows.zip(d_means.chunks_exact_mut(n_actions));
    for (((action, means), d_means), (old, advantage)) in outputs.zip(batch.log_densities.iter().zip(&batch.advantages))
    {
        let log_ratio = log_density(action, means, ln_sigma) - old;
        let ratio = log_ratio.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp();
        // Where the clipped ratio gives the larger loss, that loss is flat.
        if -advantage * ratio < -advantage * ratio.clamp(1.0 - clip, 1.0 + clip) {
            continue;
        }
        let slope = -advantage * ratio / n;
        for i in 0..n_actions {
            let per_sigma = (-ln_sigma[i]).exp();
            let deviation = (action[i] - means[i]) * per_sigma;
            d_means[i] = slope * deviation * per_sigma;
            d_ln_sigma[i] += slope * (deviation * deviation - 1.0);
        }
    }
}

/// Gradient of the critic's part of the loss by the values.
pub(super) fn value_gradient(batch: &Minibatch, config: &PpoConfig, values: &[f32], d_values: &mut [f32]) {
    let (clip, weight) = (config.clip as f32, config.value_weight as f32 / values.len() as f32);
    let samples = values.iter().zip(&batch.values).zip(&batch.returns);
    for (d_value, ((value, old), expected)) in d_values.iter_mut().zip(samples) {
        let clipped = old + (value - old).clamp(-clip, clip);
        let (error, clipped_error) = (value - expected, clipped - expected);
        // Within the range both errors are the same but for rounding, and beyond it the clipped one is flat.
        let flat = (value - old).abs() > clip && clipped_error * clipped_error > error * error;
        *d_value = if flat { 0.0 } else { weight * error };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::ppo::experience::Lived;

    #[test]
    fn a_minibatch_takes_its_steps_and_normalises_their_advantages() {
        let mut experience = Experience::new(4, 1, 2);
        for step in 0..4u8 {
            let x = f32::from(step);
            let (input, action) = (&[x], &[10.0 + x, 20.0 + x]);
            let value = 100.0 * x;
            experience.push(Lived { input, action, log_density: -x, value, delta: 0.0, ended: false });
        }
        let mut batch = Minibatch::new(3, 1, 2);
        batch.gather(&experience, &[1.0, 50.0, 2.0, 3.0], &[3, 0, 2]);
        assert_eq!(batch.inputs, [3.0, 0.0, 2.0]);
        assert_eq!(batch.actions, [13.0, 23.0, 10.0, 20.0, 12.0, 22.0]);
        assert_eq!(batch.log_densities, [-3.0, 0.0, -2.0]);
        assert_eq!(batch.values, [300.0, 0.0, 200.0]);
        assert_eq!(batch.returns, [303.0, 1.0, 202.0]);
        // Mean 2, sample variance 1.
        assert_eq!(batch.advantages, [1.0, -1.0, 0.0]);
    }

    #[test]
    fn an_action_that_the_policy_has_left_far_behind_gives_a_finite_gradient() {
        let mut batch = Minibatch::new(2, 1, 1);
        (batch.log_densities, batch.advantages) = (vec![-1e4, 1e4], vec![-1.0, 1.0]);
        let (mut d_means, mut d_ln_sigma) = ([0.0; 2], [0.0]);
        policy_gradient(&batch, &PpoConfig::default(), &[2.0, 2.0], &[-3.0], &mut d_means, &mut d_ln_sigma);
        assert!(d_means.iter().chain(&d_ln_sigma).all(|d| d.is_finite()), "{d_means:?}, {d_ln_sigma:?}");
        assert_ne!(d_means, [0.0; 2]);
    }
}
