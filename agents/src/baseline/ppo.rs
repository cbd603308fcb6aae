//! Proximal policy optimisation for continuous actions: rollouts under one policy, then several passes over each.
//!
//! ```text
//! a ~ N(μ(s), σ), σ = exp(·) of no state        in units of the actuator range; the environment clips it
//! r̃ = clip(r/√(Var[u] + 1e-8), ±10), u ← γ u + r        s̃ = clip((s − mean)/√(var + 1e-8), ±10)
//! δ = r̃ + γ (1 − terminated) V(s′) − V(s)               V(s′) counts at a time limit
//! A ← δ + γ λ (1 − ended) A′                             ended: terminated or truncated
//! after each rollout, for each epoch, for each minibatch: a step of Adam down the clipped loss
//! ```
//!
//! Actor and critic are networks of their own: two hidden layers of tanh units, orthogonal initialisation.
//! The losses stand in `loss`, the advantages in `experience`, the steps in `learner` and `adam`.
//! The step that fills a rollout does the whole update.
//!
//! Written from the equations of Schulman et al. 2017, arXiv:1707.06347, and Schulman et al. 2016, arXiv:1506.02438; details
//! and defaults are those of Huang et al. 2022, "The 37 Implementation Details of Proximal Policy Optimization".
//! Deviations: the learning rate stays constant, since an agent does not know how long it will live; a time limit is told
//! from an end; `u` starts anew in each episode; `ln σ` stays within ±10 and the logarithm of the ratio of densities
//! within ±20; tanh is exact to 1e-5.

use mesolimb_brain::rng::{Rng, standard_normal, stream};
use mesolimb_envs::{Env, EnvSpec};
use serde::{Deserialize, Serialize};

pub use config::PpoConfig;

use self::{
    experience::{Experience, Lived},
    learner::{Learner, LearnerState},
    loss::log_density,
};
use super::{action_ranges, seal};
use crate::{
    agent::{Agent, AgentError, Kind, Mode, Scalar, Settings as _, Transition, check_finite},
    normaliser::{Normaliser, RewardScale},
};

mod adam;
mod config;
mod experience;
mod learner;
mod loss;
mod matrix;
mod net;

const STATE: &str = "ppo/1";
/// What can be seen of it.
const SCALARS: [Scalar; 3] = [Scalar::VALUE, Scalar::DELTA, Scalar::EXPLORATION];
/// Largest normalised observation and scaled reward.
const LIMIT: f32 = 10.0;

/// Proximal policy optimisation.
pub struct Ppo {
    spec: EnvSpec,
    config: PpoConfig,
    /// Middle and half width of each action channel.
    ranges: Vec<(f32, f32)>,
    learner: Learner,
    /// The rollout under way.
    experience: Experience,
    observed: Normaliser,
    rewarded: RewardScale,
    rng: Rng,
    mode: Mode,
    /// Normalised observation seen last.
    input: Vec<f32>,
    next_input: Vec<f32>,
    /// The last action before clipping, in units of the actuator range.
    drawn: Vec<f32>,
    /// Of the last action, when it was drawn.
    log_density: f32,
    /// `V` of the observation seen last, while learning.
    value: f32,
    /// In the order of [`SCALARS`].
    insight: [f32; SCALARS.len()],
}

/// Everything that changes, as it is saved.
#[derive(Serialize, Deserialize)]
struct State {
    learner: LearnerState,
    experience: Experience,
    observed: Normaliser,
    rewarded: RewardScale,
    rng: Rng,
    mode: Mode,
    input: Vec<f32>,
    drawn: Vec<f32>,
    log_density: f32,
    value: f32,
    seen: [f32; 3],
}

impl Ppo {
    /// A naive agent for tasks with this interface.
    ///
    /// # Errors
    /// If a setting is out of its range, or an action channel has no finite range.
    pub fn new(spec: &EnvSpec, config: PpoConfig, seed: u64) -> Result<Self, AgentError> {
        config.validate()?;
        let ranges = action_ranges(Self::NAME, spec)?;
        let (n_inputs, n_actions) = (spec.observations.len(), ranges.len());
        Ok(Self {
            learner: Learner::new(n_inputs, n_actions, config, seed),
            experience: Experience::new(config.n_steps, n_inputs, n_actions),
            observed: Normaliser::new(n_inputs),
            rewarded: RewardScale::default(),
            rng: stream(seed, "ppo exploration"),
            mode: Mode::Learn,
            input: vec![0.0; n_inputs],
            next_input: vec![0.0; n_inputs],
            drawn: vec![0.0; n_actions],
            log_density: 0.0,
            value: 0.0,
            insight: SCALARS.map(|scalar| scalar.at_rest),
            spec: spec.clone(),
            config,
            ranges,
        })
    }

    /// Writes the normalised observation to `next_input`.
    fn sense(&mut self, observation: &[f32]) {
        if self.mode.learns() {
            self.observed.update(observation);
        }
        self.observed.normalise(observation, LIMIT, &mut self.next_input);
    }

    fn learn_from(&mut self, transition: &Transition<'_>) {
        let gamma = self.config.gamma;
        let reward = self.rewarded.scale(transition.reward, gamma).clamp(-LIMIT, LIMIT);
        self.sense(transition.next_observation);
        let next_value = if transition.terminated { 0.0 } else { self.learner.value(&self.next_input) };
        let delta = reward + gamma as f32 * next_value - self.value;
        self.experience.push(Lived {
            input: &self.input,
            action: &self.drawn,
            log_density: self.log_density,
            value: self.value,
            delta,
            ended: transition.terminated || transition.truncated,
        });
        self.insight[0] = self.value;
        self.insight[1] = delta;
        self.value = next_value;
        if self.experience.len() == self.config.n_steps {
            self.learner.update(&self.experience);
            self.experience.clear();
            self.value = self.learner.value(&self.next_input);
        }
    }

    fn check_state(&self, state: &State) -> Result<(), String> {
        self.learner.check(&state.learner)?;
        let vectors = [("observation", &state.input, self.input.len()), ("action", &state.drawn, self.drawn.len())];
        for (name, values, expected) in vectors {
            if values.len() != expected {
                return Err(format!("{name}: {} values, expected {expected}", values.len()));
            }
            if !values.iter().all(|v| v.is_finite()) {
                return Err(format!("{name}: a value is not finite"));
            }
        }
        if state.experience.len() >= self.config.n_steps {
            return Err(format!("rollout: {} steps, expected below {}", state.experience.len(), self.config.n_steps));
        }
        if !state.experience.fits(self.input.len(), self.drawn.len()) {
            return Err("its rollout does not fit".into());
        }
        if !state.observed.fits(self.observed.len()) || !state.rewarded.fits() {
            return Err("its normalisation does not fit".into());
        }
        if ![state.log_density, state.value].iter().chain(&state.seen).all(|v| v.is_finite()) {
            return Err("a signal is not finite".into());
        }
        Ok(())
    }
}

impl Kind for Ppo {
    const NAME: &'static str = "ppo";
    const SUMMARY: &'static str = "proximal policy optimisation with a multilayer perceptron, rollouts and minibatches";
    type Settings = PpoConfig;

    fn make(settings: PpoConfig, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(Self::new(env.spec(), settings, seed)?))
    }
}

impl Agent for Ppo {
    fn begin_episode(&mut self, observation: &[f32], mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.mode = mode;
        self.sense(observation);
        std::mem::swap(&mut self.input, &mut self.next_input);
        if mode.learns() {
            self.experience.break_off();
            self.rewarded.begin_episode();
            self.value = self.learner.value(&self.input);
        }
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        let (means, ln_sigma) = self.learner.policy(&self.input);
        self.drawn.copy_from_slice(means);
        if self.mode.explores() {
            for (drawn, &ln_sigma) in self.drawn.iter_mut().zip(ln_sigma) {
                *drawn += ln_sigma.exp() * standard_normal(&mut self.rng) as f32;
            }
        }
        self.log_density = log_density(&self.drawn, means, ln_sigma);
        self.insight[2] = ln_sigma.iter().map(|ln_sigma| ln_sigma.exp()).sum::<f32>() / ln_sigma.len() as f32;
        for ((action, &drawn), &(middle, half)) in action.iter_mut().zip(&self.drawn).zip(&self.ranges) {
            *action = middle + half * drawn;
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        match self.mode {
            Mode::Learn => self.learn_from(transition),
            Mode::Evaluate | Mode::Explore => self.sense(transition.next_observation),
        }
        std::mem::swap(&mut self.input, &mut self.next_input);
        Ok(())
    }

    fn reseed(&mut self, seed: u64) {
        self.rng = stream(seed, "ppo exploration");
    }

    fn scalars(&self) -> &'static [Scalar] {
        &SCALARS
    }

    fn insight(&self) -> &[f32] {
        &self.insight
    }

    fn save(&mut self) -> Vec<u8> {
        let state = State {
            learner: self.learner.state(),
            experience: self.experience.clone(),
            observed: self.observed.clone(),
            rewarded: self.rewarded.clone(),
            rng: self.rng.clone(),
            mode: self.mode,
            input: self.input.clone(),
            drawn: self.drawn.clone(),
            log_density: self.log_density,
            value: self.value,
            seen: self.insight,
        };
        seal::seal(STATE, &state)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let state: State = seal::unseal(STATE, state)?;
        self.check_state(&state).map_err(AgentError::State)?;
        self.learner.restore(state.learner);
        self.experience.copy_from(&state.experience);
        (self.observed, self.rewarded, self.rng) = (state.observed, state.rewarded, state.rng);
        (self.mode, self.input, self.drawn) = (state.mode, state.input, state.drawn);
        (self.log_density, self.value) = (state.log_density, state.value);
        self.insight = state.seen;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
