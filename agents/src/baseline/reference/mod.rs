//! The reference of each task: what marks the upper end of its scale of scores.

mod acrobot;
mod ant;
mod controller;
mod forage;
mod lookahead;
mod pendulum;
mod quadruped;
mod set_shift;
mod stored;
mod swingup;
mod water_maze;

use mesolimb_envs::{Env, robot_tasks};

use super::{Arm7ComputedTorque, CartpoleLqr, ReacherComputedTorque, unsuited};
use crate::agent::{Agent, AgentError};

/// The controller that marks the upper end of the scale of a task.
/// It knows the robot as it was compiled and what never changes about the task, and is not told when the world changes.
///
/// # Errors
/// If there is none for this task.
pub fn reference_for(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    match env.spec().name.as_str() {
        "ant" => ant::agent(env),
        "acrobot" => acrobot::agent(env),
        "arm-reach" | "arm-push" => Ok(Box::new(Arm7ComputedTorque::new(env)?)),
        "cartpole" => Ok(Box::new(CartpoleLqr::new(env)?)),
        "cartpole-swingup" => swingup::agent(env),
        "forage" => forage::agent(env),
        "pendulum" => pendulum::agent(env),
        "quadruped" => quadruped::agent(env),
        "reacher" => Ok(Box::new(ReacherComputedTorque::new(env)?)),
        "set-shift" => set_shift::agent(env),
        "water-maze" => water_maze::agent(env),
        name => match stored::Stored::of(env) {
            Some(stored) => Ok(Box::new(stored?)),
            None if robot_tasks().iter().any(|task| task.name == name) => {
                Err(unsuited("reference", env.spec(), "a task for any robot has none"))
            }
            None => Err(unsuited("reference", env.spec(), "there is none for it")),
        },
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::{assets, make_with, tasks};

    use super::*;
    use crate::{
        agent::{Mode, Transition},
        baseline::Random,
    };

    /// Steps that an episode of these tests has at the most.
    const MAX_STEPS: u32 = 300;

    /// Sum of the rewards of the beginning of an episode.
    fn beginning(env: &mut dyn Env, agent: &mut dyn Agent, seed: u64) -> f64 {
        let mut observation = vec![0.0; env.spec().observations.len()];
        let mut action = vec![0.0; env.spec().actions.len()];
        env.reset(seed);
        env.observe(&mut observation);
        agent.begin_episode(&observation, Mode::Evaluate).unwrap();
        let mut total = 0.0;
        for _ in 0..MAX_STEPS {
            agent.act(&mut action);
            assert!(action.iter().all(|value| value.is_finite()), "{}: {action:?}", env.spec().name);
            let step = env.step(&action);
            assert_eq!(step.fault, None);
            total += step.reward;
            if step.ended() {
                break;
            }
            env.observe(&mut observation);
            let (reward, next_observation) = (step.reward, &observation[..]);
            agent.learn(&Transition { reward, next_observation, terminated: false, truncated: false }).unwrap();
        }
        total
    }

    #[test]
    fn every_task_has_one_that_is_better_than_chance_from_every_start() {
        assert!(!tasks().is_empty());
        for task in tasks() {
            let mut env = (task.make)();
            let mut reference = reference_for(env.as_ref()).unwrap();
            let mut random = Random::new(env.spec(), 1).unwrap();
            for seed in 0..3 {
                let reached = beginning(env.as_mut(), reference.as_mut(), seed);
                let chance = beginning(env.as_mut(), &mut random, seed);
                assert!(reached > chance + 0.2 * chance.abs(), "{}: {reached}, by chance {chance}", task.name);
            }
        }
    }

    #[test]
    fn a_restored_one_acts_alike_and_a_bad_observation_changes_nothing() {
        for task in tasks() {
            let mut env = (task.make)();
            let n_actions = env.spec().actions.len();
            let mut observation = vec![0.0; env.spec().observations.len()];
            let (mut agent, mut other) = (reference_for(env.as_ref()).unwrap(), reference_for(env.as_ref()).unwrap());
            let (mut a, mut b) = (vec![0.0; n_actions], vec![1.0; n_actions]);
            env.reset(1);
            env.observe(&mut observation);
            agent.begin_episode(&observation, Mode::Evaluate).unwrap();
            for _ in 0..20 {
                agent.act(&mut a);
                let reward = env.step(&a).reward;
                env.observe(&mut observation);
                let next_observation = &observation[..];
                agent.learn(&Transition { reward, next_observation, terminated: false, truncated: false }).unwrap();
            }
            let state = agent.save();
            let bad = vec![f32::NAN; observation.len()];
            assert!(agent.begin_episode(&bad, Mode::Evaluate).is_err(), "{}", task.name);
            assert_eq!(agent.save(), state, "{}", task.name);
            other.load(&state).unwrap();
            agent.act(&mut a);
            other.act(&mut b);
            assert_eq!(a, b, "{}", task.name);
            assert!(other.load(&state[1..]).is_err(), "{}", task.name);
        }
    }

    #[test]
    fn a_task_for_any_robot_has_none_and_the_error_says_so() {
        let env = make_with("walk", assets::robot("ant"), None).unwrap();
        let error = reference_for(env.as_ref()).err().unwrap().to_string();
        assert_eq!(error, "agent 'reference' cannot do task 'walk': a task for any robot has none");
    }
}
