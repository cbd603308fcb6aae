//! Actor, critic and how a rollout changes them.

use mesolimb_brain::rng::{Rng, stream};
use rand::RngExt as _;

use super::{
    PpoConfig,
    adam::Adam,
    experience::Experience,
    loss::{Minibatch, policy_gradient, value_gradient},
    net::Net,
};
use crate::baseline::lanes::dot;

/// Gain of the orthogonal weights of the heads.
const POLICY_GAIN: f64 = 0.01;
const VALUE_GAIN: f64 = 1.0;
/// Bounds of `ln σ`, so that densities stay finite.
const MAX_LN_SIGMA: f32 = 10.0;
/// Keeps the norm of the gradient from dividing by zero.
const NORM_EPSILON: f32 = 1e-6;

/// Actor, critic and width of exploration, with one optimiser for all of them.
pub(super) struct Learner {
    config: PpoConfig,
    actor: Net,
    critic: Net,
    /// Of the actor, of the critic, then `ln σ` of each action.
    params: Vec<f32>,
    gradient: Vec<f32>,
    adam: Adam,
    shuffling: Rng,
    /// For each step of the rollout.
    advantages: Vec<f32>,
    /// The steps of the rollout in the order of the epoch.
    order: Vec<usize>,
    batch: Minibatch,
    d_means: Vec<f32>,
    d_values: Vec<f32>,
}

/// What a learner learned, and where it stands.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct LearnerState {
    params: Vec<f32>,
    adam: Adam,
    shuffling: Rng,
}

impl Learner {
    pub(super) fn new(n_inputs: usize, n_actions: usize, config: PpoConfig, seed: u64) -> Self {
        let n = config.minibatch;
        let net = |n_outputs| Net::new(n_inputs, config.n_hidden, n_outputs, n);
        let (actor, critic) = (net(n_actions), net(1));
        let mut params = actor.initial(POLICY_GAIN, &mut stream(seed, "ppo actor weights"));
        params.extend(critic.initial(VALUE_GAIN, &mut stream(seed, "ppo critic weights")));
        params.extend((0..n_actions).map(|_| 0.0));
        Self {
            gradient: vec![0.0; params.len()],
            adam: Adam::new(params.len()),
            shuffling: stream(seed, "ppo minibatches"),
            advantages: vec![0.0; config.n_steps],
            order: vec![0; config.n_steps],
            batch: Minibatch::new(n, n_inputs, n_actions),
            d_means: vec![0.0; n * n_actions],
            d_values: vec![0.0; n],
            config,
            actor,
            critic,
            params,
        }
    }

    /// Means of the policy for an observation, and `ln σ` of each action.
    pub(super) fn policy(&mut self, input: &[f32]) -> (&[f32], &[f32]) {
        let (actor, rest) = self.params.split_at(self.actor.n_params());
        (self.actor.forward(actor, input), &rest[self.critic.n_params()..])
    }

    /// `V` of an observation.
    pub(super) fn value(&mut self, input: &[f32]) -> f32 {
        let start = self.actor.n_params();
        self.critic.forward(&self.params[start..start + self.critic.n_params()], input)[0]
    }

    /// Learns from a full rollout.
    pub(super) fn update(&mut self, experience: &Experience) {
        let decay = self.config.gamma * self.config.lambda;
        experience.advantages(decay as f32, &mut self.advantages);
        self.order.iter_mut().enumerate().for_each(|(step, place)| *place = step);
        for _ in 0..self.config.n_epochs {
            shuffle(&mut self.order, &mut self.shuffling);
            for start in (0..self.order.len()).step_by(self.config.minibatch) {
                let step_idxs = &self.order[start..start + self.config.minibatch];
                self.batch.gather(experience, &self.advantages, step_idxs);
                self.differentiate();
                self.descend();
            }
        }
    }

    /// Gradient of the loss of the minibatch by all parameters.
    fn differentiate(&mut self) {
        let (actor, rest) = self.params.split_at(self.actor.n_params());
        let (critic, ln_sigma) = rest.split_at(self.critic.n_params());
        let (d_actor, rest) = self.gradient.split_at_mut(actor.len());
        let (d_critic, d_ln_sigma) = rest.split_at_mut(critic.len());
        let batch = &self.batch;

        let means = self.actor.forward(actor, &batch.inputs);
        policy_gradient(batch, &self.config, means, ln_sigma, &mut self.d_means, d_ln_sigma);
        self.actor.backward(actor, &batch.inputs, &self.d_means, d_actor);

        let values = self.critic.forward(critic, &batch.inputs);
        value_gradient(batch, &self.config, values, &mut self.d_values);
        self.critic.backward(critic, &batch.inputs, &self.d_values, d_critic);
    }

    /// One step down the gradient, no longer than its norm may be.
    fn descend(&mut self) {
        let norm = dot(&self.gradient, &self.gradient).sqrt();
        let scale = (self.config.max_gradient_norm as f32 / (norm + NORM_EPSILON)).min(1.0);
        self.adam.step(&mut self.params, &self.gradient, scale, self.config.learning_rate);
        let ln_sigma = &mut self.params[self.actor.n_params() + self.critic.n_params()..];
        ln_sigma.iter_mut().for_each(|ln_sigma| *ln_sigma = ln_sigma.clamp(-MAX_LN_SIGMA, MAX_LN_SIGMA));
    }

    pub(super) fn state(&self) -> LearnerState {
        LearnerState { params: self.params.clone(), adam: self.adam.clone(), shuffling: self.shuffling.clone() }
    }

    /// Whether this is the state of a learner built alike.
    pub(super) fn check(&self, state: &LearnerState) -> Result<(), String> {
        let (found, expected) = (state.params.len(), self.params.len());
        if found != expected {
            return Err(format!("weights: {found} values, expected {expected}"));
        }
        if !state.params.iter().all(|v| v.is_finite()) {
            return Err("weights: a value is not finite".into());
        }
        if !state.adam.fits(expected) {
            return Err("its moments of the gradient do not fit".into());
        }
        Ok(())
    }

    /// Takes back a state that [`Learner::check`] has passed.
    pub(super) fn restore(&mut self, state: LearnerState) {
        (self.params, self.adam, self.shuffling) = (state.params, state.adam, state.shuffling);
    }
}

/// Fisher and Yates's shuffle.
fn shuffle(order: &mut [usize], rng: &mut Rng) {
    for last in (1..order.len()).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
}

#[cfg(test)]
mod tests;
