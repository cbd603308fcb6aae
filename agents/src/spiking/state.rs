//! The state of the spiking actor-critic as bytes.

use mesolimb_brain::{NetworkState, rng::Rng};
use serde::{Deserialize, Serialize};

use super::{
    Recalibration, SpikingActorCritic, dopamine::ErrorRange, outlook::Outlook, policy::Gaussian, shuffle::Shuffle,
};
use crate::{
    agent::{AgentError, Mode},
    normaliser::{Normaliser, RewardScale},
};

#[derive(Serialize, Deserialize)]
struct State {
    network: NetworkState,
    normaliser: Normaliser,
    reward_scale: RewardScale,
    error_range: ErrorRange,
    outlook: Outlook,
    shuffles: Vec<Shuffle>,
    recalibration: Recalibration,
    rng: Rng,
    mode: Mode,
    arousal: f32,
    insight: [f32; 6],
    observation: Vec<f32>,
    normalised: Vec<f32>,
    policy: Vec<Gaussian>,
    drawn: Vec<f32>,
    noise: Vec<f32>,
    command: Vec<f32>,
    limits: Vec<f32>,
}

impl SpikingActorCritic {
    pub(super) fn save_state(&mut self) -> Vec<u8> {
        let state = State {
            network: self.network.save(),
            normaliser: self.normaliser.clone(),
            reward_scale: self.reward_scale.clone(),
            error_range: self.error_range,
            outlook: self.outlook,
            shuffles: self.shuffles.clone(),
            recalibration: self.recalibration.clone(),
            rng: self.rng.clone(),
            mode: self.mode,
            arousal: self.arousal,
            insight: self.insight,
            observation: self.observation.clone(),
            normalised: self.normalised.clone(),
            policy: self.policy.clone(),
            drawn: self.drawn.clone(),
            noise: self.noise.clone(),
            command: self.command.clone(),
            limits: self.limits.clone(),
        };
        postcard::to_stdvec(&state).expect("plain numbers always serialise")
    }

    pub(super) fn load_state(&mut self, bytes: &[u8]) -> Result<(), AgentError> {
        let state: State = postcard::from_bytes(bytes).map_err(|e| AgentError::State(e.to_string()))?;
        let (n_observations, n_actions) = (self.observation.len(), self.policy.len());
        let finite = |values: &[f32], n: usize| values.len() == n && values.iter().all(|v| v.is_finite());
        let fits = state.normaliser.fits(n_observations)
            && state.reward_scale.fits()
            && state.error_range.is_valid()
            && state.outlook.is_valid()
            && state.shuffles.len() == self.shuffles.len()
            && state.shuffles.iter().all(Shuffle::is_valid)
            && self.recalibration.alike(&state.recalibration)
            && [&state.observation, &state.normalised].iter().all(|v| finite(v, n_observations))
            && [&state.drawn, &state.noise, &state.command, &state.limits].iter().all(|v| finite(v, n_actions))
            && finite(&state.insight, state.insight.len())
            && (0.0..=1.0).contains(&state.arousal)
            && state.policy.len() == n_actions
            && state.policy.iter().all(Gaussian::is_finite);
        if !fits {
            return Err(AgentError::State(
                "it belongs to an agent with other sizes, or holds numbers that are not finite".into(),
            ));
        }
        // The last thing that can fail, and it changes nothing if it does.
        self.network.load(&state.network)?;
        self.normaliser = state.normaliser;
        self.reward_scale = state.reward_scale;
        self.error_range = state.error_range;
        self.outlook = state.outlook;
        self.shuffles = state.shuffles.into_iter().map(Shuffle::roomy).collect();
        self.recalibration = state.recalibration;
        self.rng = state.rng;
        self.mode = state.mode;
        self.arousal = state.arousal;
        self.insight = state.insight;
        self.observation = state.observation;
        self.normalised = state.normalised;
        self.policy = state.policy;
        self.drawn = state.drawn;
        self.noise = state.noise;
        self.command = state.command;
        self.limits = state.limits;
        Ok(())
    }
}
