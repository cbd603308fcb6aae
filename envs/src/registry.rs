//! The tasks by name.

use crate::{
    acrobot, ant, arm_push, arm_reach, cartpole, cartpole_swingup,
    env::{Env, EnvError},
    forage, half_cheetah, hopper,
    nearest::nearest,
    pendulum, quadruped, reacher, set_shift,
    task::Design,
    walker, water_maze,
};

/// A task that can be made by name.
#[derive(Clone, Copy, Debug)]
pub struct TaskEntry {
    /// Name, as in [`EnvSpec::name`](crate::EnvSpec).
    pub name: &'static str,
    /// What it is about, in a few words.
    pub summary: &'static str,
    /// Makes it, with its first episode started.
    pub make: fn() -> Box<dyn Env>,
    /// What it is made of.
    pub design: fn() -> Design,
    /// Source of its module, whose head documents it.
    source: &'static str,
}

impl TaskEntry {
    /// The documentation of its module, in Markdown: tables of observation and action, reward, end, start, origin.
    #[must_use]
    pub fn documentation(&self) -> String {
        let head = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        head.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    }
}

/// All tasks.
#[must_use]
pub fn tasks() -> &'static [TaskEntry] {
    &[
        TaskEntry {
            name: "cartpole",
            summary: "balance a pole on a cart by pushing the cart",
            make: || Box::new(cartpole::env().expect("its robot and clocks are tested")),
            design: cartpole::design,
            source: include_str!("cartpole.rs"),
        },
        TaskEntry {
            name: "cartpole-swingup",
            summary: "swing the hanging pole of a cart up and keep it upright",
            make: || Box::new(cartpole_swingup::env().expect("its robot and clocks are tested")),
            design: cartpole_swingup::design,
            source: include_str!("cartpole_swingup.rs"),
        },
        TaskEntry {
            name: "pendulum",
            summary: "swing a rod up with a weak motor and keep it upright",
            make: || Box::new(pendulum::env().expect("its robot and clocks are tested")),
            design: pendulum::design,
            source: include_str!("pendulum.rs"),
        },
        TaskEntry {
            name: "acrobot",
            summary: "swing the tip of two rods above the bar that they hang on, with a motor between them",
            make: || Box::new(acrobot::env().expect("its robot and clocks are tested")),
            design: acrobot::design,
            source: include_str!("acrobot.rs"),
        },
        TaskEntry {
            name: "reacher",
            summary: "bring the tip of a two-joint arm to a target and hold it there",
            make: || Box::new(reacher::env().expect("its robot and clocks are tested")),
            design: reacher::design,
            source: include_str!("reacher.rs"),
        },
        TaskEntry {
            name: "arm-reach",
            summary: "bring the gripper of a seven-joint arm to a target in space, against gravity",
            make: || Box::new(arm_reach::env().expect("its robot and clocks are tested")),
            design: arm_reach::design,
            source: include_str!("arm_reach.rs"),
        },
        TaskEntry {
            name: "arm-push",
            summary: "push a puck over a table to a goal, with a seven-joint arm",
            make: || Box::new(arm_push::env().expect("its robot and clocks are tested")),
            design: arm_push::design,
            source: include_str!("arm_push.rs"),
        },
        TaskEntry {
            name: "hopper",
            summary: "hop forward on one leg without falling",
            make: || Box::new(hopper::env().expect("its robot and clocks are tested")),
            design: hopper::design,
            source: include_str!("hopper.rs"),
        },
        TaskEntry {
            name: "half-cheetah",
            summary: "run forward on two legs and a back",
            make: || Box::new(half_cheetah::env().expect("its robot and clocks are tested")),
            design: half_cheetah::design,
            source: include_str!("half_cheetah.rs"),
        },
        TaskEntry {
            name: "walker",
            summary: "walk forward on two legs without falling",
            make: || Box::new(walker::env().expect("its robot and clocks are tested")),
            design: walker::design,
            source: include_str!("walker.rs"),
        },
        TaskEntry {
            name: "ant",
            summary: "run forward on four legs without falling over",
            make: || Box::new(ant::env().expect("its robot and clocks are tested")),
            design: ant::design,
            source: include_str!("ant.rs"),
        },
        TaskEntry {
            name: "quadruped",
            summary: "walk with a commanded velocity on four legs with twelve joints",
            make: || Box::new(quadruped::env().expect("its robot and clocks are tested")),
            design: quadruped::design,
            source: include_str!("quadruped.rs"),
        },
        TaskEntry {
            name: "water-maze",
            summary: "swim to a platform that cannot be seen, from what place cells say",
            make: || Box::new(water_maze::env().expect("its robot and clocks are tested")),
            design: water_maze::design,
            source: include_str!("water_maze.rs"),
        },
        TaskEntry {
            name: "forage",
            summary: "drive a rover to food by its scent, among obstacles; what is eaten grows elsewhere",
            make: || Box::new(forage::env().expect("its robot and clocks are tested")),
            design: forage::design,
            source: include_str!("forage.rs"),
        },
        TaskEntry {
            name: "set-shift",
            summary: "press a lever or leave it, by a rule about two cues that may change without a sign",
            make: || Box::new(set_shift::env().expect("its robot and clocks are tested")),
            design: set_shift::design,
            source: include_str!("set_shift.rs"),
        },
    ]
}

/// Makes the task `name`, with its first episode started.
///
/// # Errors
/// If there is no such task.
pub fn make(name: &str) -> Result<Box<dyn Env>, EnvError> {
    match tasks().iter().find(|task| task.name == name) {
        Some(task) => Ok((task.make)()),
        None => Err(EnvError::UnknownTask {
            name: name.to_owned(),
            nearest: nearest(name, tasks().iter().map(|task| task.name)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_made_under_its_own_name() {
        assert!(!tasks().is_empty());
        for task in tasks() {
            assert_eq!(make(task.name).unwrap().spec().name, task.name);
        }
    }

    #[test]
    fn every_task_documents_observation_reward_end_and_origin() {
        for task in tasks() {
            let text = task.documentation();
            for part in ["| index | observation | unit | range | scale |", "Reward", "Termination:", "Origin:"] {
                assert!(text.contains(part), "the documentation of {} has no '{part}'", task.name);
            }
        }
    }

    #[test]
    fn an_unknown_task_is_answered_with_the_nearest() {
        let error = make("cartpol").err().unwrap();
        assert_eq!(error.to_string(), "unknown task 'cartpol'; did you mean 'cartpole'?");
    }
}
