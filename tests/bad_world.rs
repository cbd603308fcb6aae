//! A world that breaks: a sensor that reads nonsense is refused by name, physics that diverges ends the episode, and the
//! brain learns from neither. And an agent that breaks: an action that is no number moves nothing.

mod common;

use common::stub::{Mishap, StubEnv};
use mesolimb_agents::{Agent, AgentError, AgentSettings, EpisodeEnd, Mode, Rollout, Transition, registry};
use mesolimb_envs::{ChangeSchedule, Env as _, Fault};

/// The step at which it happens.
const WHEN: u64 = 40;

/// An agent in a world in which `mishap` happens after [`WHEN`] steps.
fn rollout(agent: &str, mishap: Option<Mishap>) -> Rollout {
    let env = StubEnv::new(mishap.map(|mishap| (WHEN, mishap)));
    let agent = registry::make(agent, &AgentSettings::default(), &env, 3).unwrap();
    let changes = ChangeSchedule::new(Vec::new(), env.params(), 3).unwrap();
    Rollout::new(Box::new(env), agent, changes, 3)
}

/// The state of an agent that has lived up to the mishap and has acted once more, but has not learned from it.
fn state_after_acting(agent: &str) -> Vec<u8> {
    let mut rollout = rollout(agent, None);
    live(&mut rollout);
    let mut action = vec![0.0; rollout.action().len()];
    rollout.agent_mut().act(&mut action);
    rollout.agent_mut().save()
}

fn live(rollout: &mut Rollout) {
    for _ in 0..WHEN {
        let report = rollout.step().unwrap();
        assert_eq!(report.episode, None);
    }
}

fn learners() -> impl Iterator<Item = &'static str> {
    let learners = ["spiking", "stream-ac", "intentional-ac", "ppo"];
    assert!(learners.iter().all(|name| registry::agents().iter().any(|agent| agent.name == *name)));
    learners.into_iter()
}

#[test]
fn an_observation_that_is_not_finite_is_refused_by_name() {
    for agent in learners() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut rollout = rollout(agent, Some(Mishap::Observation(value)));
            live(&mut rollout);
            let error = rollout.step().unwrap_err();
            let channel = rollout.env().spec().observations.last().unwrap().name.clone();
            assert!(matches!(&error, AgentError::Observation { channel: named, .. } if *named == channel), "{error}");
            assert_eq!(error.to_string(), format!("observation '{channel}' is {value}, expected a finite number"));
            assert_eq!(rollout.progress().steps, WHEN, "the step counts as lived");
            assert!(rollout.agent_mut().save() == state_after_acting(agent), "{agent} has learned from {value}");
        }
    }
}

#[test]
fn a_reward_that_is_not_finite_is_refused() {
    for agent in learners() {
        let mut rollout = rollout(agent, Some(Mishap::Reward(f64::NAN)));
        live(&mut rollout);
        assert_eq!(rollout.step().unwrap_err().to_string(), "reward is NaN, expected a finite number");
        assert!(rollout.agent_mut().save() == state_after_acting(agent), "{agent} has learned from it");
    }
}

#[test]
fn an_episode_does_not_begin_with_an_observation_that_is_not_finite() {
    for agent in learners() {
        let env = StubEnv::new(Some((0, Mishap::Observation(f32::NAN))));
        let mut agent = registry::make(agent, &AgentSettings::default(), &env, 3).unwrap();
        let naive = agent.save();
        let changes = ChangeSchedule::new(Vec::new(), env.params(), 3).unwrap();
        let mut rollout = Rollout::new(Box::new(env), agent, changes, 3);
        let error = rollout.step().unwrap_err();
        assert!(error.to_string().contains("is NaN, expected a finite number"), "{error}");
        assert!(rollout.agent_mut().save() == naive, "the agent has changed");
        assert!(!rollout.progress().in_episode);
    }
}

#[test]
fn diverging_physics_ends_the_episode_and_teaches_nothing() {
    for agent in learners() {
        for fault in [Fault::NonFiniteState, Fault::Quarantined] {
            let mut rollout = rollout(agent, Some(Mishap::Fault(fault)));
            live(&mut rollout);
            let return_before = rollout.progress().episode_return;
            let episode = rollout.step().unwrap().episode.expect("the episode ends");
            assert_eq!(episode.end, EpisodeEnd::Fault(fault));
            assert!(episode.end.to_string().contains("physics diverged"), "{}", episode.end);
            assert_eq!(u64::from(episode.steps), WHEN + 1);
            assert_eq!(episode.total_reward, return_before, "the reward of the broken step counts");
            assert!(rollout.agent_mut().save() == state_after_acting(agent), "{agent} has learned from a broken step");
            let next = rollout.step().expect("life goes on with a new episode");
            assert_eq!((next.episode, rollout.progress().episodes, rollout.progress().episode_steps), (None, 1, 1));
        }
    }
}

/// An agent whose policy becomes something that is no number after [`WHEN`] steps.
struct Breaks {
    n_acts: u64,
    into: f32,
}

impl Agent for Breaks {
    fn begin_episode(&mut self, _observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        action.fill(if self.n_acts == WHEN { self.into } else { 0.5 });
        self.n_acts += 1;
    }

    fn learn(&mut self, _transition: &Transition<'_>) -> Result<(), AgentError> {
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn load(&mut self, _state: &[u8]) -> Result<(), AgentError> {
        Ok(())
    }
}

#[test]
fn an_action_that_is_not_finite_moves_nothing() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let env = StubEnv::new(None);
        let changes = ChangeSchedule::new(Vec::new(), env.params(), 3).unwrap();
        let mut rollout = Rollout::new(Box::new(env), Box::new(Breaks { n_acts: 0, into: value }), changes, 3);
        live(&mut rollout);
        let before = rollout.observation().to_vec();
        let error = rollout.step().unwrap_err();
        let channel = &rollout.env().spec().actions[0].name;
        assert!(matches!(&error, AgentError::Action { step, .. } if *step == WHEN + 1), "{error:?}");
        assert_eq!(error.to_string(), format!("action '{channel}' is {value}, expected a finite number"));
        assert_eq!(rollout.progress().steps, WHEN, "the step counts as lived");
        let mut now = vec![0.0; before.len()];
        rollout.env().observe(&mut now);
        assert_eq!(now, before, "the world has moved");
    }
}
