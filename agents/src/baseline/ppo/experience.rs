//! A rollout: what was lived under one policy, and what it says about each action.

use serde::{Deserialize, Serialize};

/// The steps of a rollout so far, each list in their order.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Experience {
    /// Normalised observations, step by step.
    pub(super) inputs: Vec<f32>,
    /// Actions before clipping, in units of the actuator range, step by step.
    pub(super) actions: Vec<f32>,
    /// Logarithm of the density of each action, up to a constant.
    pub(super) log_densities: Vec<f32>,
    /// `V(s)`
    pub(super) values: Vec<f32>,
    /// `δ = r̃ + γ V(s′) − V(s)`
    pub(super) deltas: Vec<f32>,
    /// Whether the next step belongs to another episode.
    pub(super) ended: Vec<bool>,
}

/// One step of a rollout.
#[derive(Clone, Copy)]
pub(super) struct Lived<'a> {
    pub(super) input: &'a [f32],
    pub(super) action: &'a [f32],
    pub(super) log_density: f32,
    pub(super) value: f32,
    pub(super) delta: f32,
    pub(super) ended: bool,
}

impl Experience {
    /// With room for `n_steps` steps.
    pub(super) fn new(n_steps: usize, n_inputs: usize, n_actions: usize) -> Self {
        let room = |each| Vec::with_capacity(n_steps * each);
        Self {
            inputs: room(n_inputs),
            actions: room(n_actions),
            log_densities: room(1),
            values: room(1),
            deltas: room(1),
            ended: Vec::with_capacity(n_steps),
        }
    }

    /// Steps so far.
    pub(super) fn len(&self) -> usize {
        self.ended.len()
    }

    pub(super) fn push(&mut self, lived: Lived<'_>) {
        self.inputs.extend_from_slice(lived.input);
        self.actions.extend_from_slice(lived.action);
        self.log_densities.push(lived.log_density);
        self.values.push(lived.value);
        self.deltas.push(lived.delta);
        self.ended.push(lived.ended);
    }

    /// The episode goes no further, though its last step did not say so.
    pub(super) fn break_off(&mut self) {
        if let Some(ended) = self.ended.last_mut() {
            *ended = true;
        }
    }

    /// Forgets all steps and keeps the room.
    pub(super) fn clear(&mut self) {
        let Self { inputs, actions, log_densities, values, deltas, ended } = self;
        [inputs, actions, log_densities, values, deltas].into_iter().for_each(Vec::clear);
        ended.clear();
    }

    /// Takes over the steps of another, within the room that there is.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.inputs.clone_from(&other.inputs);
        self.actions.clone_from(&other.actions);
        self.log_densities.clone_from(&other.log_densities);
        self.values.clone_from(&other.values);
        self.deltas.clone_from(&other.deltas);
        self.ended.clone_from(&other.ended);
    }

    /// Whether every list is as long as the number of steps says, and all numbers are finite.
    pub(super) fn fits(&self, n_inputs: usize, n_actions: usize) -> bool {
        let n = self.len();
        let lists = [
            (&self.inputs, n_inputs),
            (&self.actions, n_actions),
            (&self.log_densities, 1),
            (&self.values, 1),
            (&self.deltas, 1),
        ];
        lists.iter().all(|(list, each)| list.len() == n * each && list.iter().all(|v| v.is_finite()))
    }

    /// Generalised advantage estimation: `A ← δ + γ λ A′`, from the last step to the first, without `A′` where an episode
    /// ends and where the rollout does. `decay` is `γ λ`.
    ///
    /// Source: Schulman, Moritz, Levine, Jordan & Abbeel 2016, arXiv:1506.02438, eq. 16.
    pub(super) fn advantages(&self, decay: f32, advantages: &mut [f32]) {
        let mut next = 0.0;
        for ((advantage, &delta), &ended) in advantages.iter_mut().zip(&self.deltas).zip(&self.ended).rev() {
            next = delta + if ended { 0.0 } else { decay * next };
            *advantage = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With `γ λ = 1/2`: an episode that terminates after two steps, one that is cut after one, and one that goes on.
    #[test]
    fn advantages_agree_with_those_by_hand() {
        let mut experience = Experience::new(5, 1, 1);
        for (delta, ended) in [(1.0, false), (2.0, true), (-3.0, true), (4.0, false), (8.0, false)] {
            experience.push(Lived { input: &[0.0], action: &[0.0], log_density: 0.0, value: 0.0, delta, ended });
        }
        let mut advantages = [0.0; 5];
        experience.advantages(0.5, &mut advantages);
        assert_eq!(advantages, [2.0, 2.0, -3.0, 8.0, 8.0]);
    }
}
