//! Deep actor-critics that learn from each transition once, without buffer, batch or target network.
//!
//! ```text
//! a ~ N(μ(s), σ(s)), σ = softplus(·) + 1e-6     in units of the actuator range; the environment clips it
//! r̃ = r/√(Var[u] + 1e-8), u ← γ u + r           s̃ = (s − mean)/√(var + 1e-8), and the time in the episode
//! δ = r̃ + γ (1 − done) V(s′) − V(s)
//! critic: eligible by ∇V(s)
//! actor: eligible by ∇[Σᵢ ln π(aᵢ|s) + τ sign(δ) Σᵢ Hᵢ]
//! ```
//!
//! Actor and critic are networks of their own: two hidden layers with layer normalisation, sparse initialisation.
//! How eligibility becomes steps is what tells these agents apart ([`Optimiser`]); it is forgotten where an episode ends.
//! Written from the equations of Elsayed, Vasan, Mahmood 2024, arXiv:2410.14606.
//! Deviations: σ has a floor of 1e-6, and a unit keeps at least one input at initialisation.

use mesolimb_brain::rng::{Rng, standard_normal, stream};
use mesolimb_envs::EnvSpec;
use serde::{Deserialize, Serialize};

use super::{action_ranges, mlp::Mlp, seal};
use crate::{
    agent::{Agent, AgentError, Mode, Scalar, Transition, check_delta, check_finite},
    normaliser::{Normaliser, RewardScale},
};

/// What can be seen of it.
const SCALARS: [Scalar; 3] = [Scalar::VALUE, Scalar::DELTA, Scalar::EXPLORATION];
/// Smallest width of exploration, so that densities stay finite.
const MIN_SIGMA: f32 = 1e-6;
/// Stream of randomness that actions are drawn from.
const EXPLORATION: &str = "exploration";

/// How eligibility becomes steps of one network.
pub(super) trait Optimiser: Send {
    /// Makes the weights eligible in the direction of `∇(Σᵢ d_outputᵢ yᵢ)`, for the input that `net` saw last.
    fn accumulate(&mut self, net: &mut Mlp, d_output: &[f32]);

    /// Turns eligibility into a change of the weights, by the prediction error `delta`.
    fn step(&mut self, net: &mut Mlp, delta: f32);

    /// Forgets all eligibility.
    fn clear(&mut self);

    /// Shows every array of the state, always in the same order.
    fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32]));
}

/// What is set alike in all of these agents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// Name of the agent, for its messages, streams of randomness and saved states.
    pub name: &'static str,
    /// Units in each of the two hidden layers of actor and critic.
    pub n_hidden: usize,
    /// Share of the inputs of each unit that start at zero.
    pub sparsity: f64,
    /// Discount of a step, `γ`.
    pub gamma: f64,
    /// Weight of the entropy of the policy, `τ`.
    pub entropy: f64,
    /// Whether the time limit counts as an end, after which nothing comes.
    pub limit_is_end: bool,
}

/// A streaming actor-critic.
pub(super) struct Streaming<O> {
    spec: EnvSpec,
    setup: Setup,
    /// Middle and half width of each action channel.
    ranges: Vec<(f32, f32)>,
    actor: Mlp,
    critic: Mlp,
    actor_steps: O,
    critic_steps: O,
    observed: Normaliser,
    rewarded: RewardScale,
    rng: Rng,
    mode: Mode,
    n_steps: u32,
    /// Normalised observation seen last, and the time feature.
    input: Vec<f32>,
    next_input: Vec<f32>,
    /// The last action before clipping, in units of the actuator range.
    drawn: Vec<f32>,
    d_output: Vec<f32>,
    /// In the order of [`SCALARS`].
    insight: [f32; SCALARS.len()],
}

/// Everything that changes, as it is saved.
#[derive(Serialize, Deserialize)]
struct State {
    actor: Vec<f32>,
    critic: Vec<f32>,
    optimisers: Vec<f32>,
    observed: Normaliser,
    rewarded: RewardScale,
    rng: Rng,
    mode: Mode,
    n_steps: u32,
    input: Vec<f32>,
    drawn: Vec<f32>,
    seen: [f32; 3],
}

impl<O: Optimiser> Streaming<O> {
    /// A naive agent for tasks with this interface, with optimisers of the actor and the critic for so many weights.
    ///
    /// # Errors
    /// If an action channel has no finite range.
    pub fn new(setup: Setup, spec: &EnvSpec, steps: [impl Fn(usize) -> O; 2], seed: u64) -> Result<Self, AgentError> {
        let ranges = action_ranges(setup.name, spec)?;
        let (n_inputs, n_actions) = (spec.observations.len() + 1, ranges.len());
        let named = |what: &str| stream(seed, &format!("{} {what}", setup.name));
        let net = |n_outputs, mut rng| Mlp::new(n_inputs, setup.n_hidden, n_outputs, setup.sparsity as f32, &mut rng);
        let actor = net(2 * n_actions, named("actor weights"));
        let critic = net(1, named("critic weights"));
        let [of_actor, of_critic] = steps;
        Ok(Self {
            actor_steps: of_actor(actor.params().len()),
            critic_steps: of_critic(critic.params().len()),
            actor,
            critic,
            observed: Normaliser::new(spec.observations.len()),
            rewarded: RewardScale::default(),
            rng: named(EXPLORATION),
            mode: Mode::Learn,
            n_steps: 0,
            input: vec![0.0; n_inputs],
            next_input: vec![0.0; n_inputs],
            drawn: vec![0.0; n_actions],
            d_output: vec![0.0; 2 * n_actions],
            insight: SCALARS.map(|scalar| scalar.at_rest),
            spec: spec.clone(),
            setup,
            ranges,
        })
    }

    /// Who a saved state belongs to, with the version of its layout.
    fn owner(&self) -> String {
        format!("{}/2", self.setup.name)
    }

    /// Writes the normalised observation and the time in the episode to `next_input`.
    fn sense(&mut self, observation: &[f32]) {
        if self.mode.learns() {
            self.observed.update(observation);
        }
        let (normalised, time) = self.next_input.split_at_mut(observation.len());
        self.observed.normalise(observation, f32::INFINITY, normalised);
        time[0] = self.n_steps as f32 / self.spec.time_limit_steps.max(1) as f32 - 0.5;
    }

    /// `∂[Σᵢ ln π(aᵢ|s) + τ sign(δ) Σᵢ Hᵢ]` by the outputs of the actor: means, then widths before softplus.
    fn policy_gradient(&mut self, delta: f32) {
        let n_actions = self.drawn.len();
        let urge = self.setup.entropy as f32 * sign(delta);
        let (d_means, d_widths) = self.d_output.split_at_mut(n_actions);
        let (means, widths) = self.actor.output().split_at(n_actions);
        for (i, &drawn) in self.drawn.iter().enumerate() {
            let sigma = sigma(widths[i]);
            let deviation = (drawn - means[i]) / sigma;
            d_means[i] = deviation / sigma;
            // H = ln σ + const, hence ∂H/∂σ = 1/σ; the slope of softplus is the logistic function.
            d_widths[i] = (deviation * deviation - 1.0 + urge) / sigma * logistic(widths[i]);
        }
    }

    fn learn_from(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        let ended = transition.terminated || transition.truncated;
        let done = transition.terminated || (transition.truncated && self.setup.limit_is_end);
        let gamma = self.setup.gamma;
        let reward = self.rewarded.scale(transition.reward, gamma);
        self.sense(transition.next_observation);
        let next_value = if done { 0.0 } else { self.critic.forward(&self.next_input)[0] };
        let value = self.critic.forward(&self.input)[0];
        let delta = check_delta(reward + gamma as f32 * next_value - value)?;

        self.critic_steps.accumulate(&mut self.critic, &[1.0]);
        self.policy_gradient(delta);
        self.actor_steps.accumulate(&mut self.actor, &self.d_output);
        self.critic_steps.step(&mut self.critic, delta);
        self.actor_steps.step(&mut self.actor, delta);
        if ended {
            self.clear_traces();
        }
        self.insight[0] = value;
        self.insight[1] = delta;
        Ok(())
    }

    fn clear_traces(&mut self) {
        self.actor_steps.clear();
        self.critic_steps.clear();
    }

    fn optimisers(&mut self) -> Vec<f32> {
        let mut all = Vec::new();
        for optimiser in [&mut self.actor_steps, &mut self.critic_steps] {
            optimiser.visit(&mut |values| all.extend_from_slice(values));
        }
        all
    }

    fn set_optimisers(&mut self, mut all: &[f32]) {
        for optimiser in [&mut self.actor_steps, &mut self.critic_steps] {
            optimiser.visit(&mut |values| {
                let (these, rest) = all.split_at(values.len());
                values.copy_from_slice(these);
                all = rest;
            });
        }
    }

    fn check_state(&mut self, state: &State) -> Result<(), String> {
        let n_of_optimisers = self.optimisers().len();
        let vectors = [
            ("weights of the actor", &state.actor, self.actor.params().len()),
            ("weights of the critic", &state.critic, self.critic.params().len()),
            ("traces", &state.optimisers, n_of_optimisers),
            ("observation", &state.input, self.input.len()),
            ("action", &state.drawn, self.drawn.len()),
        ];
        for (name, values, expected) in vectors {
            if values.len() != expected {
                return Err(format!("{name}: {} values, expected {expected}", values.len()));
            }
            if !values.iter().all(|v| v.is_finite()) {
                return Err(format!("{name}: a value is not finite"));
            }
        }
        if !state.observed.fits(self.observed.len()) || !state.rewarded.fits() {
            return Err("its normalisation does not fit".into());
        }
        if !state.seen.iter().all(|v| v.is_finite()) {
            return Err("a signal is not finite".into());
        }
        Ok(())
    }
}

impl<O: Optimiser> Agent for Streaming<O> {
    fn begin_episode(&mut self, observation: &[f32], mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.mode = mode;
        self.n_steps = 0;
        self.rewarded.begin_episode();
        self.sense(observation);
        std::mem::swap(&mut self.input, &mut self.next_input);
        self.clear_traces();
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        let n_actions = self.drawn.len();
        let output = self.actor.forward(&self.input);
        let (means, widths) = output.split_at(n_actions);
        self.drawn.copy_from_slice(means);
        if self.mode.explores() {
            for (drawn, &width) in self.drawn.iter_mut().zip(widths) {
                *drawn += sigma(width) * standard_normal(&mut self.rng) as f32;
            }
        }
        self.insight[2] = widths.iter().map(|&width| sigma(width)).sum::<f32>() / n_actions as f32;
        for ((action, &drawn), &(middle, half)) in action.iter_mut().zip(&self.drawn).zip(&self.ranges) {
            *action = middle + half * drawn;
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.n_steps = self.n_steps.saturating_add(1);
        match self.mode {
            Mode::Learn => self.learn_from(transition)?,
            Mode::Evaluate | Mode::Explore => self.sense(transition.next_observation),
        }
        std::mem::swap(&mut self.input, &mut self.next_input);
        Ok(())
    }

    fn reseed(&mut self, seed: u64) {
        self.rng = stream(seed, &format!("{} {EXPLORATION}", self.setup.name));
    }

    fn scalars(&self) -> &'static [Scalar] {
        &SCALARS
    }

    fn insight(&self) -> &[f32] {
        &self.insight
    }

    fn save(&mut self) -> Vec<u8> {
        let state = State {
            actor: self.actor.params().to_vec(),
            critic: self.critic.params().to_vec(),
            optimisers: self.optimisers(),
            observed: self.observed.clone(),
            rewarded: self.rewarded.clone(),
            rng: self.rng.clone(),
            mode: self.mode,
            n_steps: self.n_steps,
            input: self.input.clone(),
            drawn: self.drawn.clone(),
            seen: self.insight,
        };
        seal::seal(&self.owner(), &state)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let state: State = seal::unseal(&self.owner(), state)?;
        self.check_state(&state).map_err(AgentError::State)?;
        self.actor.params_mut().copy_from_slice(&state.actor);
        self.critic.params_mut().copy_from_slice(&state.critic);
        self.set_optimisers(&state.optimisers);
        (self.observed, self.rewarded, self.rng) = (state.observed, state.rewarded, state.rng);
        (self.mode, self.n_steps) = (state.mode, state.n_steps);
        (self.input, self.drawn) = (state.input, state.drawn);
        self.insight = state.seen;
        // The activity that `learn` goes back through follows from the weights and the observation.
        self.actor.forward(&self.input);
        Ok(())
    }
}

fn sigma(width: f32) -> f32 {
    // Softplus without overflow.
    width.max(0.0) + (-width.abs()).exp().ln_1p() + MIN_SIGMA
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Sign with `sign(0) = 0`.
fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

#[cfg(test)]
mod tests;
