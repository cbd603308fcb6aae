//! The spiking actor-critic: one network, local three-factor plasticity, one thought a control step.
//!
//! In a control step the agent senses and thinks once; the prediction error becomes dopamine, and dopamine turns the tags
//! of the step before into changes of weight. There is no replay, no batch and no backpropagation through time.
//!
//! - **Sense**: `x = clip((o − mean)/√(var + 1e-8), ±10)`, running mean and variance of each channel.
//! - **Think**: the brain of the file ([`brain_file`](crate::brain_file)) runs for its ticks; the lean one has two chains of two
//!   populations, critic and actor, of [`AlifSpec`](mesolimb_brain::AlifSpec), currents normalised over each. Readouts give the value `V`, and for
//!   each actuator a mean `μ` and a width `σ = 0.05 + 2 (1 − exp(−softplus(raw)/2))`, in units of the actuator range.
//! - **Act**: `a = μ + σ ε`, with `ε` anew in every step or, on request, `ε ← ρ ε + √(1 − ρ²) ξ`; the command is `a` times the
//!   factor of motor recalibration, clipped to the range. On request `σ` is smaller in some episodes
//!   ([`SpikingConfig::least_arousal`]).
//! - **Evaluate**: `δ = r̃ + c (1 − γ) n + γ V(s′) − V(s)`, with `V(s)` read again with today's weights, `r̃` the reward over the
//!   spread of the discounted return, `V(s′) = 0` only after termination, and novelty `n` what the forward model of motor
//!   recalibration did not foresee ([`SpikingConfig::curiosity`]), which fades with life.
//! - **Release**: each modulator as the roles of the brain say, while it learns; in evaluation modulators rest. Dopamine cells adapt to the range of the errors that they see, means over 5 000 control steps: those of the
//!   actor answer by `δ/(3 mean|δ|)` within ±1, with the mean over [`SpikingConfig::range_steps`] where that is larger, those
//!   of the critic by `δ/R` within ±1, `R = 20 √mean δ²`, where the
//!   critic's budget is scaled by `R`.
//! - **Learn**: the error on the value readout is 1, on the policy readout the score of the executed action plus an entropy
//!   drive `β sign(δ)/σ`. It runs back to the apical dendrites: `d ← (Wᵀ g) ⊙ (P + 0.02)`, then mean and component along
//!   the activity are taken out, `d ← (d − mean d − N mean(d ⊙ N))/s`. Each layer keeps `z ← γλ z + d xᵀ` and changes by
//!   [`ThreeFactorSpec`](mesolimb_brain::ThreeFactorSpec), with dopamine above its baseline: its output moves by a share of the
//!   error. The actor's budget is one for each actuator, within one for all, scaled by noradrenaline, `min(1, mean σ/0.7)`. A mean beyond `1 + σ` is pulled back by a
//!   tenth of the excess, and so is what the readout says of widths outside [`SpikingConfig::narrowest`] and
//!   [`SpikingConfig::widest`]: steps in units of their usual size do not get smaller where a width saturates.
//!
//! With [`SpikingConfig::adapted`] off, errors saturate at ±1.
//!
//! Sources: streaming actor-critic with sparse start and these normalisations, Elsayed, Vasan, Mahmood 2024,
//! arXiv:2410.14606; steps by what they do to the output, Sharifnassab et al. 2026, arXiv:2604.19033; cells that adapt to
//! the range of errors, Tobler, Fiorillo, Schultz 2005, doi 10.1126/science.1105370; factorised eligibility and surrogate
//! derivative, Bellec et al. 2020, doi 10.1038/s41467-020-17236-y; dopamine as temporal-difference error, Schultz, Dayan,
//! Montague 1997, doi 10.1126/science.275.5306.1593; dopamine for novelty, Kakade & Dayan 2002,
//! doi 10.1016/S0893-6080(02)00048-5.
//!
//! Deviations from these: one budget for each layer, with scales that are products of one of the source and one of the target;
//! the score is that of the clipped action; the learning signal is projected; the discount follows the time limit of the task
//! ([`SpikingConfig::horizon`]); a spike reaches the second population one tick later; noise that goes on from step to step is
//! scored as if it did not.

mod config;
mod dopamine;
mod outlook;
mod policy;
mod recalibration;
mod shuffle;
mod state;

pub use config::{RecalibrationConfig, SpikingConfig};
use dopamine::{ErrorRange, Response};
use mesolimb_brain::{ModulatorId, Network, PortId, ReadoutId, rng};
use mesolimb_envs::{Env, EnvSpec};
use outlook::Outlook;
use policy::Gaussian;
use rand::RngExt as _;
use recalibration::Recalibration;
use shuffle::Shuffle;

use crate::{
    agent::{Agent, AgentError, Kind, Mode, Scalar, Settings as _, Transition, check_delta, check_finite},
    brain_file::{Brain, ErrorKind, Roles, Signal},
    normaliser::{Normaliser, RewardScale},
};

/// Normalised observations are clipped to this many standard deviations.
const OBSERVATION_LIMIT: f32 = 10.0;
/// Speed of the homeostatic pull on a mean that has left the reach of exploration.
const PULL: f32 = 0.1;

/// What can be seen of it.
const SCALARS: [Scalar; 6] =
    [Scalar::VALUE, Scalar::DELTA, Scalar::DOPAMINE, Scalar::NORADRENALINE, Scalar::EXPLORATION, Scalar::RECALIBRATION];

/// An actor-critic with a spiking brain: it senses, thinks, acts, evaluates and learns; the brain is a file.
pub struct SpikingActorCritic {
    config: SpikingConfig,
    /// Discount of a control step.
    gamma: f64,
    /// Brain ticks in a control step.
    ticks: u32,
    spec: EnvSpec,
    network: Network,
    ids: Ids,
    normaliser: Normaliser,
    reward_scale: RewardScale,
    error_range: ErrorRange,
    outlook: Outlook,
    /// What modulators are told in this step: those released, followed and driven.
    told: Vec<f32>,
    shuffles: Vec<Shuffle>,
    recalibration: Recalibration,
    rng: rng::Rng,
    mode: Mode,
    /// Factor of the widths in this episode.
    arousal: f32,
    /// In the order of [`SCALARS`].
    insight: [f32; SCALARS.len()],
    /// Observation seen last, and the same normalised.
    observation: Vec<f32>,
    normalised: Vec<f32>,
    /// Policy of the last act, what it drew, and the command after recalibration and clipping, all in units of the
    /// actuator range.
    policy: Vec<Gaussian>,
    drawn: Vec<f32>,
    /// Noise of the last act, in widths, and how much of it is left in the next.
    noise: Vec<f32>,
    persistence: f32,
    command: Vec<f32>,
    /// Where the actuators clip, in units of the policy: a command is clipped after recalibration.
    limits: Vec<f32>,
    /// What the policy readout says for the narrowest and the widest exploration.
    raw_widths: [f32; 2],
    /// Scratch for the errors on the policy readout.
    error: Vec<f32>,
    pull: Vec<f32>,
}

/// Where the agent meets its brain.
struct Ids {
    observation: PortId,
    /// Of which the value is the sum, and the policy.
    value: Vec<ReadoutId>,
    /// Each counts with its sign.
    policy: Vec<(ReadoutId, f32)>,
    /// What is released in a control step, times a sign.
    released: Vec<(ModulatorId, Signal, f32)>,
    /// What concentrations follow.
    followed: Vec<(ModulatorId, Signal)>,
    /// What nuclei hear, times a sign, and for how many ticks they answer.
    driven: Vec<(PortId, Signal, f32)>,
    answer_ticks: u32,
    /// Which of those released, followed and driven, counted through, get their signals in another order.
    shuffled: Vec<usize>,
    error: ErrorKind,
    /// Those that are shown, where the brain has them.
    dopamine: Option<ModulatorId>,
    noradrenaline: Option<ModulatorId>,
}

impl Ids {
    /// Finds all that the roles of a brain name.
    fn of(network: &Network, roles: &Roles) -> Result<Self, AgentError> {
        let missing = |name: &str| AgentError::State(format!("the network has no '{name}'"));
        let port = |name: &String| network.port(name).ok_or_else(|| missing(name));
        let readouts = |names: &[String]| {
            names
                .iter()
                .map(|name| network.readout_id(name).ok_or_else(|| missing(name)))
                .collect::<Result<Vec<_>, _>>()
        };
        let modulator = |name: &String| network.modulator_id(name).ok_or_else(|| missing(name));
        let sign = |name: &String| if roles.reversed.contains(name) { -1.0 } else { 1.0 };
        let released = roles.release.iter().map(|(name, signal)| Ok((modulator(name)?, *signal, sign(name))));
        let followed = roles.level.iter().map(|(name, signal)| Ok((modulator(name)?, *signal)));
        let driven = roles.drive.iter().map(|(name, signal)| Ok((port(name)?, *signal, sign(name))));
        Ok(Self {
            observation: port(&roles.observation)?,
            value: readouts(&roles.value)?,
            policy: {
                let sides = [(readouts(&roles.policy)?, 1.0), (readouts(&roles.policy_against)?, -1.0)];
                sides.into_iter().flat_map(|(ids, sign)| ids.into_iter().map(move |id| (id, sign))).collect()
            },
            released: released.collect::<Result<_, AgentError>>()?,
            followed: followed.collect::<Result<_, AgentError>>()?,
            driven: driven.collect::<Result<_, AgentError>>()?,
            answer_ticks: roles.answer_ticks,
            shuffled: {
                let told = roles.release.keys().chain(roles.level.keys()).chain(roles.drive.keys());
                let told = told.enumerate().filter(|(_, name)| roles.shuffled.contains(name));
                told.map(|(idx, _)| idx).collect()
            },
            error: roles.error,
            dopamine: network.modulator_id("dopamine"),
            noradrenaline: network.modulator_id("noradrenaline"),
        })
    }
}

impl SpikingActorCritic {
    /// Builds the agent for a task; weights, cells and exploration come from `seed`.
    ///
    /// # Errors
    /// If a setting is out of range, the clocks do not fit, or an action channel has no finite range.
    pub fn new(config: &SpikingConfig, spec: &EnvSpec, seed: u64) -> Result<Self, AgentError> {
        config.validate()?;
        if let Some(channel) = spec.actions.iter().find(|c| !(c.low.is_finite() && c.high.is_finite())) {
            return Err(AgentError::Unsuited {
                agent: "spiking".into(),
                task: spec.name.clone(),
                reason: format!("action '{}' has no finite range", channel.name),
            });
        }
        let (n_observations, n_actions) = (spec.observations.len(), spec.actions.len());
        let Brain { ticks, network, roles } = config.brain(spec)?;
        let network = Network::new(&network, seed)?;
        let ids = Ids::of(&network, &roles)?;
        let n_told = ids.released.len() + ids.followed.len() + ids.driven.len();
        let shuffles = ids.shuffled.iter().map(|idx| Shuffle::new(seed, *idx)).collect();
        let n_cells: usize = ids.policy.iter().map(|(readout, _)| network.rates_of_readout(*readout).len()).sum();
        Ok(Self {
            config: config.clone(),
            gamma: config.gamma(spec),
            ticks,
            spec: spec.clone(),
            network,
            ids,
            normaliser: Normaliser::new(n_observations),
            reward_scale: RewardScale::default(),
            error_range: ErrorRange::default(),
            outlook: Outlook::default(),
            told: vec![0.0; n_told],
            shuffles,
            recalibration: Recalibration::new(n_observations, n_observations + 1 + n_cells, n_actions),
            rng: rng::stream(seed, "exploration"),
            mode: Mode::Learn,
            arousal: 1.0,
            insight: SCALARS.map(|scalar| scalar.at_rest),
            observation: vec![0.0; n_observations],
            normalised: vec![0.0; n_observations],
            policy: vec![Gaussian::from_readout(0.0, 0.0); n_actions],
            drawn: vec![0.0; n_actions],
            noise: vec![0.0; n_actions],
            persistence: if config.noise_ms > 0.0 {
                (-1000.0 * spec.control_dt_secs / config.noise_ms).exp() as f32
            } else {
                0.0
            },
            command: vec![0.0; n_actions],
            limits: vec![1.0; n_actions],
            raw_widths: [config.narrowest, config.widest].map(|width| Gaussian::raw_of(width as f32)),
            error: vec![0.0; 2 * n_actions],
            pull: vec![0.0; 2 * n_actions],
        })
    }

    /// Sense: the forward model takes in what the last command led to, and the observation comes in at one scale.
    ///
    /// [`Agent::learn`] senses, thinks and learns; these parts of it are public to be timed one by one.
    pub fn sense(&mut self, next_observation: &[f32]) {
        if self.mode.learns() && self.config.recalibration.enabled {
            let config = &self.config.recalibration;
            self.recalibration.learn(config, &self.observation, next_observation, &self.command);
        }
        self.perceive(next_observation);
    }

    fn perceive(&mut self, observation: &[f32]) {
        if self.mode.learns() {
            self.normaliser.update(observation);
        }
        self.observation.copy_from_slice(observation);
        self.normaliser.normalise(observation, OBSERVATION_LIMIT, &mut self.normalised);
        self.network.set_port(self.ids.observation, &self.normalised);
    }

    /// Think: the network runs for a control step.
    pub fn think(&mut self) {
        self.network.think(self.ticks);
    }

    /// Evaluate, release, learn: from the step that was lived, after the thought about where it led to.
    ///
    /// # Errors
    /// If the prediction error is not finite; nothing is learned then.
    pub fn learn_from(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        let delta = check_delta(self.evaluate(transition))?;
        self.release(delta);
        self.adapt(delta);
        let level = |modulator: Option<ModulatorId>| modulator.map_or(1.0, |id| self.network.modulator(id).level());
        let factor = self.recalibration.gains.iter().sum::<f32>() / self.policy.len() as f32;
        let [value, _, _, _, exploration, _] = self.insight;
        self.insight = [value, delta, level(self.ids.dopamine), level(self.ids.noradrenaline), exploration, factor];
        Ok(())
    }

    /// The prediction error of the step that was lived: `δ = r̃ + γ V(s′) − V(s)`, both values with today's weights.
    fn evaluate(&mut self, transition: &Transition<'_>) -> f32 {
        let novelty =
            self.config.curiosity * (1.0 - self.gamma) * self.recalibration.novelty(self.config.curiosity_steps);
        let scaled = self.reward_scale.scale(transition.reward, self.gamma);
        self.outlook.take_in(scaled, self.recalibration.surprise());
        let reward = scaled + novelty as f32;
        if self.ids.error == ErrorKind::Reward {
            return reward;
        }
        let next_value = if transition.terminated { 0.0 } else { self.value() };
        reward + self.gamma as f32 * next_value - self.lived_value()
    }

    /// Value of what is observed now.
    fn value(&self) -> f32 {
        sum(self.ids.value.iter().map(|readout| self.network.readout(*readout)[0]))
    }

    /// Value of what was observed before the last act, with today's weights.
    fn lived_value(&self) -> f32 {
        sum(self.ids.value.iter().map(|readout| {
            let mut value = [0.0];
            self.network.read_lived(*readout, &mut value);
            value[0]
        }))
    }

    /// Modulators hear of what the roles of the brain give them.
    fn release(&mut self, delta: f32) {
        let response = if self.config.adapted {
            self.error_range.respond(delta, self.config.range_steps)
        } else {
            Response::fixed(delta)
        };
        let uncertainty = (self.mean_width() / self.config.full_uncertainty as f32).min(1.0);
        let strength = |signal| match signal {
            Signal::ActorError => response.actor,
            Signal::CriticError => response.critic,
            Signal::ErrorRange => response.critic_range,
            Signal::PolicyUncertainty => uncertainty,
            Signal::UnexpectedUncertainty => self.outlook.unexpected(),
            Signal::ExpectedUncertainty => self.recalibration.unforeseen(),
            Signal::AverageReward => self.outlook.average_reward(),
        };
        let Ids { released, followed, driven, shuffled, .. } = &self.ids;
        let signals = released.iter().map(|told| told.1).chain(followed.iter().map(|told| told.1));
        for (told, signal) in self.told.iter_mut().zip(signals.chain(driven.iter().map(|told| told.1))) {
            *told = strength(signal);
        }
        for (shuffle, &idx) in self.shuffles.iter_mut().zip(shuffled) {
            self.told[idx] = shuffle.exchange(self.told[idx]);
        }
        let mut told = self.told.iter();
        for (&(modulator, _, sign), told) in released.iter().zip(&mut told) {
            self.network.release(modulator, sign * told);
        }
        for (&(modulator, _), told) in followed.iter().zip(&mut told) {
            let now = self.network.modulator(modulator).level();
            self.network.release(modulator, told - now);
        }
        for (&(port, _, sign), told) in driven.iter().zip(&mut told) {
            self.network.set_port(port, &[sign * told]);
        }
        if !self.ids.driven.is_empty() {
            self.network.answer(self.ids.answer_ticks);
        }
    }

    /// Errors reach the readouts, tags meet dopamine, and means that left the reach of exploration are pulled back.
    fn adapt(&mut self, delta: f32) {
        let n = self.policy.len();
        let entropy = self.config.entropy as f32 * if delta == 0.0 { 0.0 } else { delta.signum() };
        for (k, gaussian) in self.policy.iter().enumerate() {
            (self.error[k], self.error[n + k]) = gaussian.score(self.drawn[k], self.limits[k], entropy);
            let pull = PULL / self.ids.policy.len() as f32;
            self.pull[k] = -pull * gaussian.excess();
            self.pull[n + k] = -pull * gaussian.excess_of_raw(self.raw_widths);
        }
        self.ids.value.iter().for_each(|readout| self.network.set_error(*readout, &[1.0]));
        self.ids.policy.iter().for_each(|(readout, _)| self.network.set_error(*readout, &self.error));
        self.network.learn();
        for &(readout, sign) in &self.ids.policy {
            self.network.pull_readout(readout, sign, &self.pull);
        }
        self.network.refresh_readouts();
    }

    /// Notes what the forward model goes by: what is seen now and what the actor makes of it.
    fn note_features(&mut self) {
        let n = self.normalised.len();
        let features = &mut self.recalibration.features;
        features[..n].copy_from_slice(&self.normalised);
        features[n] = 1.0;
        let mut rest = &mut features[n + 1..];
        for (readout, _) in &self.ids.policy {
            let rates = self.network.rates_of_readout(*readout);
            let (of_readout, others) = rest.split_at_mut(rates.len());
            of_readout.copy_from_slice(rates);
            rest = others;
        }
    }

    fn mean_width(&self) -> f32 {
        self.policy.iter().map(|g| g.width).sum::<f32>() / self.policy.len() as f32
    }
}

/// The sum of what several readouts say; of one, what it says.
fn sum(said: impl Iterator<Item = f32>) -> f32 {
    said.reduce(|a, b| a + b).unwrap_or(0.0)
}

impl Kind for SpikingActorCritic {
    const NAME: &'static str = "spiking";
    const SUMMARY: &'static str = "spiking actor-critic with dopamine-gated local plasticity";
    type Settings = SpikingConfig;

    fn make(settings: SpikingConfig, env: &dyn Env, seed: u64) -> Result<Box<dyn Agent>, AgentError> {
        Ok(Box::new(Self::new(&settings, env.spec(), seed)?))
    }
}

impl Agent for SpikingActorCritic {
    fn begin_episode(&mut self, observation: &[f32], mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.mode = mode;
        self.reward_scale.begin_episode();
        self.network.reset_state();
        if mode.explores() {
            let least = self.config.least_arousal as f32;
            self.arousal = least + (1.0 - least) * self.rng.random::<f32>();
            self.noise.fill_with(|| rng::standard_normal(&mut self.rng) as f32);
        }
        self.perceive(observation);
        self.think();
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        let n = self.policy.len();
        for (k, action) in action.iter_mut().enumerate().take(n) {
            let [mean, raw] = [k, n + k].map(|output| {
                sum(self.ids.policy.iter().map(|(readout, sign)| sign * self.network.readout(*readout)[output]))
            });
            self.policy[k] = Gaussian::from_readout(mean, raw).aroused(self.arousal);
            self.drawn[k] = self.policy[k].mean;
            if self.mode.explores() {
                let fresh = rng::standard_normal(&mut self.rng) as f32;
                let left = self.persistence;
                self.noise[k] = left * self.noise[k] + (1.0 - left * left).sqrt() * fresh;
                self.drawn[k] += self.policy[k].width * self.noise[k];
            }
            let gain = self.recalibration.gains[k];
            self.command[k] = (gain * self.drawn[k]).clamp(-1.0, 1.0);
            self.limits[k] = 1.0 / gain.abs().max(1e-3);
            let channel = &self.spec.actions[k];
            let half_range = 0.5 * (channel.high - channel.low);
            *action = 0.5 * (channel.high + channel.low) + half_range * self.command[k];
        }
        if self.mode.learns() && self.config.recalibration.enabled {
            self.note_features();
        }
        self.insight[0] = self.value();
        self.insight[4] = self.mean_width();
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.sense(transition.next_observation);
        self.think();
        if self.mode.learns() { self.learn_from(transition) } else { Ok(()) }
    }

    fn reseed(&mut self, seed: u64) {
        self.rng = rng::stream(seed, "exploration");
    }

    fn scalars(&self) -> &'static [Scalar] {
        &SCALARS
    }

    fn insight(&self) -> &[f32] {
        &self.insight
    }

    fn brain(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn save(&mut self) -> Vec<u8> {
        self.save_state()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        self.load_state(state)
    }
}
