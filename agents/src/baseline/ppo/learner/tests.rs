//! The gradient of the whole loss against central differences of a second version in double precision.

use mesolimb_brain::rng::standard_normal;

use super::*;
use crate::baseline::ppo::{experience::Lived, loss::log_density};

const SIZES: [usize; 4] = [3, 5, 5, 2];
const N: usize = 24;
const CONFIG: PpoConfig = PpoConfig {
    n_hidden: SIZES[1],
    n_steps: N,
    n_epochs: 1,
    minibatch: N,
    learning_rate: 1e-3,
    gamma: 0.9,
    lambda: 0.8,
    clip: 0.2,
    value_weight: 0.7,
    entropy: 0.3,
    max_gradient_norm: 0.5,
};

/// A learner with weights of ordinary size, before a minibatch that an older policy lived.
fn learner() -> Learner {
    let mut learner = Learner::new(SIZES[0], SIZES[3], CONFIG, 5);
    let rng = &mut stream(5, "test");
    let mut normals = |values: &mut [f32], scale: f32| {
        values.iter_mut().for_each(|value| *value = scale * standard_normal(rng) as f32);
    };
    normals(&mut learner.params, 0.4);
    let mut older = vec![0.0; 2 * N];
    normals(&mut older, 0.25);
    let batch = &mut learner.batch;
    normals(&mut batch.inputs, 1.0);
    normals(&mut batch.actions, 1.0);
    normals(&mut batch.advantages, 1.0);
    normals(&mut batch.returns, 1.0);
    for n in 0..N {
        let (input, action) =
            (&learner.batch.inputs[3 * n..][..3].to_vec(), &learner.batch.actions[2 * n..][..2].to_vec());
        let (means, ln_sigma) = learner.policy(input);
        let now = log_density(action, means, ln_sigma);
        learner.batch.log_densities[n] = now + older[n];
        learner.batch.values[n] = learner.value(input) + older[N + n];
    }
    learner
}

/// Outputs of a perceptron, one unit after the other.
fn outputs(params: &[f64], input: &[f32], n_outputs: usize) -> Vec<f64> {
    let sizes = [SIZES[0], SIZES[1], SIZES[2], n_outputs];
    let (mut active, mut start) = (input.iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), 0);
    for layer in 0..3 {
        let (n_inputs, n_units) = (sizes[layer], sizes[layer + 1]);
        let sum = |unit: usize| {
            let weighted = (0..n_inputs).map(|i| active[i] * params[start + i * n_units + unit]);
            weighted.sum::<f64>() + params[start + n_inputs * n_units + unit]
        };
        let squash = |x: f64| if layer < 2 { x.tanh() } else { x };
        active = (0..n_units).map(|unit| squash(sum(unit))).collect();
        start += (n_inputs + 1) * n_units;
    }
    active
}

/// What befell the samples: the policy's loss was flat, the critic's was.
#[derive(Default, Debug, PartialEq)]
struct Flat {
    policy: usize,
    value: usize,
}

/// The loss, as the head of `loss` has it.
fn loss(learner: &Learner, params: &[f64]) -> (f64, Flat) {
    let n_actor = learner.actor.n_params();
    let (critic, ln_sigma) = params[n_actor..].split_at(learner.critic.n_params());
    let (batch, clip) = (&learner.batch, CONFIG.clip);
    let (mut total, mut flat) = (-CONFIG.entropy * ln_sigma.iter().sum::<f64>(), Flat::default());
    for n in 0..N {
        let input = &batch.inputs[3 * n..][..3];
        let means = outputs(&params[..n_actor], input, 2);
        let log_density: f64 = (0..2)
            .map(|i| {
                let deviation = (f64::from(batch.actions[2 * n + i]) - means[i]) / ln_sigma[i].exp();
                -deviation * deviation / 2.0 - ln_sigma[i]
            })
            .sum();
        let ratio = (log_density - f64::from(batch.log_densities[n])).exp();
        let advantage = f64::from(batch.advantages[n]);
        let (free, bound) = (-advantage * ratio, -advantage * ratio.clamp(1.0 - clip, 1.0 + clip));
        flat.policy += usize::from(bound > free);
        total += free.max(bound) / N as f64;

        let (old, expected) = (f64::from(batch.values[n]), f64::from(batch.returns[n]));
        let value = outputs(critic, input, 1)[0];
        let clipped = old + (value - old).clamp(-clip, clip);
        let (free, bound) = ((value - expected).powi(2), (clipped - expected).powi(2));
        flat.value += usize::from(bound > free);
        total += CONFIG.value_weight / 2.0 * free.max(bound) / N as f64;
    }
    (total, flat)
}

#[test]
fn the_gradient_of_every_parameter_agrees_with_finite_differences() {
    let mut learner = learner();
    learner.differentiate();
    let params: Vec<f64> = learner.params.iter().map(|&w| f64::from(w)).collect();
    let (_, flat) = loss(&learner, &params);
    for count in [flat.policy, flat.value] {
        assert!((3..N - 3).contains(&count), "samples on both sides of the clip are wanted: {flat:?}");
    }
    for idx in 0..params.len() {
        let shifted = |h: f64| {
            let mut params = params.clone();
            params[idx] += h;
            loss(&learner, &params).0
        };
        let numeric = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
        let found = f64::from(learner.gradient[idx]);
        assert!((numeric - found).abs() < 2e-4 * numeric.abs().max(0.1), "{idx}: {found}, expected {numeric}");
    }
}

#[test]
fn a_long_gradient_is_cut_to_its_norm_and_a_step_is_bounded() {
    let mut learner = learner();
    let before = learner.params.clone();
    learner.gradient.fill(0.0);
    (learner.gradient[0], learner.gradient[1]) = (300.0, -400.0);
    learner.descend();
    // The first step of Adam is α g/(|g| + ε), here with g = 0.5 · (0.6, −0.8).
    for (idx, g) in [(0, 0.3), (1, -0.4)] {
        let expected = -1e-3 * g / (f32::abs(g) + 1e-5);
        assert!((learner.params[idx] - before[idx] - expected).abs() < 1e-7, "{idx}");
    }
    assert_eq!(learner.params[2..], before[2..]);
}

#[test]
fn an_epoch_goes_through_every_step_once() {
    let mut order: Vec<usize> = (0..100).collect();
    shuffle(&mut order, &mut stream(1, "test"));
    assert_ne!(order, (0..100).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<_>>());
}

/// An error at the last step alone: `γ λ` takes it back through the rollout.
#[test]
fn an_update_spreads_errors_back_and_takes_every_minibatch_of_every_epoch() {
    let config = PpoConfig { n_epochs: 3, minibatch: N / 2, ..CONFIG };
    let mut learner = Learner::new(SIZES[0], SIZES[3], config, 5);
    let mut experience = Experience::new(N, 3, 2);
    for step in 0..N {
        let delta = if step + 1 == N { 1.0 } else { 0.0 };
        let (input, action) = (&[0.1; 3], &[0.2; 2]);
        experience.push(Lived { input, action, log_density: 0.0, value: 0.0, delta, ended: false });
    }
    learner.update(&experience);
    assert_eq!(learner.adam.n_steps, 6);
    // With values of zero, returns are advantages; those of the last minibatch are still there.
    for (&step, &found) in learner.order[N / 2..].iter().zip(&learner.batch.returns) {
        let expected = (0.9f32 * 0.8).powi((N - 1 - step) as i32);
        assert!((found - expected).abs() < 1e-5 * expected, "{step}: {found}, expected {expected}");
    }
}
