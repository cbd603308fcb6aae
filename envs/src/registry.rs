//! The tasks by name.

use crate::{
    acrobot, ant, arm_push, arm_reach, cartpole, cartpole_swingup,
    env::{Env, EnvError},
    forage, half_cheetah, hopper, locomotion,
    nearest::nearest,
    pendulum, quadruped, reach, reacher,
    robot::RobotSpec,
    robot_file::Base,
    set_shift,
    task::Design,
    walk, walker, water_maze,
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
            make: || Box::new(locomotion::env::<hopper::Hopper>().expect("its robot and clocks are tested")),
            design: locomotion::design::<hopper::Hopper>,
            source: include_str!("hopper.rs"),
        },
        TaskEntry {
            name: "half-cheetah",
            summary: "run forward on two legs and a back",
            make: || Box::new(locomotion::env::<half_cheetah::HalfCheetah>().expect("its robot and clocks are tested")),
            design: locomotion::design::<half_cheetah::HalfCheetah>,
            source: include_str!("half_cheetah.rs"),
        },
        TaskEntry {
            name: "walker",
            summary: "walk forward on two legs without falling",
            make: || Box::new(locomotion::env::<walker::Walker>().expect("its robot and clocks are tested")),
            design: locomotion::design::<walker::Walker>,
            source: include_str!("walker.rs"),
        },
        TaskEntry {
            name: "ant",
            summary: "run forward on four legs without falling over",
            make: || Box::new(locomotion::env::<ant::Ant>().expect("its robot and clocks are tested")),
            design: locomotion::design::<ant::Ant>,
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

/// Makes a task for a robot and the effector that was named.
type MakeWith = fn(RobotSpec, Option<&str>) -> Result<Box<dyn Env>, EnvError>;

/// A task for any robot.
#[derive(Clone, Copy, Debug)]
pub struct RobotTaskEntry {
    /// Name, as in [`EnvSpec::name`](crate::EnvSpec).
    pub name: &'static str,
    /// What it is about, in a few words.
    pub summary: &'static str,
    /// How a robot from a file is to stand in the world for it.
    pub base: Base,
    make: MakeWith,
}

/// All tasks for any robot.
#[must_use]
pub fn robot_tasks() -> &'static [RobotTaskEntry] {
    &[
        RobotTaskEntry {
            name: "walk",
            summary: "get forward without falling",
            base: Base::Free,
            make: |robot, effector| match effector {
                None => Ok(Box::new(walk::env(robot)?)),
                Some(name) => {
                    let reason =
                        format!("effector is '{name}', expected none: it is what task 'reach' brings to a target");
                    Err(EnvError::Robot { robot: robot.name, reason })
                }
            },
        },
        RobotTaskEntry {
            name: "reach",
            summary: "bring a link or a site to a target that it can reach",
            base: Base::Fixed,
            make: |robot, effector| Ok(Box::new(reach::env(robot, effector)?)),
        },
    ]
}

/// Makes the task `name` for `robot`, with its first episode started. `effector` names the site or link that the task is
/// about, where it is about one.
///
/// # Errors
/// If there is no such task, it has a robot of its own, or cannot be done by this one.
pub fn make_with(name: &str, robot: RobotSpec, effector: Option<&str>) -> Result<Box<dyn Env>, EnvError> {
    if let Some(task) = robot_tasks().iter().find(|task| task.name == name) {
        return (task.make)(robot, effector);
    }
    if tasks().iter().any(|task| task.name == name) {
        let for_any: Vec<_> = robot_tasks().iter().map(|task| task.name).collect();
        return Err(EnvError::HasRobot { task: name.to_owned(), for_any: for_any.join(", ") });
    }
    Err(unknown(name))
}

/// Makes the task `name`, with its first episode started.
///
/// # Errors
/// If there is no such task, or it is one for any robot.
pub fn make(name: &str) -> Result<Box<dyn Env>, EnvError> {
    match tasks().iter().find(|task| task.name == name) {
        Some(task) => Ok((task.make)()),
        None if robot_tasks().iter().any(|task| task.name == name) => {
            Err(EnvError::NeedsRobot { task: name.to_owned() })
        }
        None => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> EnvError {
    let names = tasks().iter().map(|task| task.name).chain(robot_tasks().iter().map(|task| task.name));
    EnvError::UnknownTask { name: name.to_owned(), nearest: nearest(name, names) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;

    #[test]
    fn every_task_is_made_under_its_own_name() {
        assert!(!tasks().is_empty());
        for task in tasks() {
            assert_eq!(make(task.name).unwrap().spec().name, task.name);
        }
    }

    #[test]
    fn a_task_for_any_robot_takes_one_and_no_other_does() {
        assert!(!robot_tasks().is_empty());
        for task in robot_tasks() {
            let error = make(task.name).err().unwrap();
            assert_eq!(error, EnvError::NeedsRobot { task: task.name.into() });
            assert!(!tasks().iter().any(|other| other.name == task.name), "'{}' names two tasks", task.name);
        }
        let error = make_with("cartpole", assets::robot("ant"), None).err().unwrap().to_string();
        assert_eq!(error, "task 'cartpole' has a robot of its own; the tasks for any robot are walk, reach");
        let error = make_with("wlak", assets::robot("ant"), None).err().unwrap().to_string();
        assert!(error.contains("did you mean 'walk'?"), "{error}");
        let error = make_with("walk", assets::robot("ant"), Some("front_left_foot")).err().unwrap().to_string();
        assert!(error.contains("effector is 'front_left_foot', expected none"), "{error}");
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
