//! The reference of each task: what marks the upper end of its scale of scores.

mod acrobot;
mod controller;
mod lookahead;
mod pendulum;
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
        "acrobot" => acrobot::agent(env),
        "arm-reach" | "arm-push" => Ok(Box::new(Arm7ComputedTorque::new(env)?)),
        "cartpole" => Ok(Box::new(CartpoleLqr::new(env)?)),
        "cartpole-swingup" => swingup::agent(env),
        "pendulum" => pendulum::agent(env),
        "reacher" => Ok(Box::new(ReacherComputedTorque::new(env)?)),
        "set-shift" => set_shift::agent(env),
        "water-maze" => water_maze::agent(env),
        name => match stored::Stored::of(env) {
            Some(stored) => Ok(Box::new(stored?)),
            None if robot_tasks().iter().any(|task| task.name == name) => {
                Err(unsuited("reference", env.spec(), "tasks for any robot have no reference"))
            }
            None => Err(unsuited("reference", env.spec(), "it has no reference")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{Random, testing::episode};
    use crate::agent::Mode;

    #[test]
    #[ignore = "a measurement"]
    fn measure() {
        let only = std::env::var("TASKS").unwrap_or_default();
        let n: u64 = std::env::var("N").map_or(20, |n| n.parse().unwrap());
        for task in mesolimb_envs::tasks().iter().filter(|t| only.is_empty() || only.split(',').any(|o| o == t.name)) {
            let mut env = (task.make)();
            let mut agent = reference_for(env.as_ref()).map_err(|e| e.to_string());
            let mut random = Random::new(env.spec(), 1).unwrap();
            let start = std::time::Instant::now();
            let mut of = |agent: &mut dyn Agent, n: u64| -> Vec<f64> {
                (0..n).map(|s| episode(env.as_mut(), agent, s, Mode::Evaluate).0).collect()
            };
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            match &mut agent {
                Ok(agent) => {
                    let r = of(agent.as_mut(), n);
                    let secs = start.elapsed().as_secs_f64() / n as f64;
                    let c = if std::env::var("RANDOM").is_ok() { of(&mut random, n) } else { vec![f64::NAN] };
                    let (lo, hi) = r.iter().fold((f64::MAX, f64::MIN), |(a, b), &x| (a.min(x), b.max(x)));
                    eprintln!("{}: {:.2} ({lo:.2} .. {hi:.2}) random {:.2}; {secs:.3} s an episode", task.name, mean(&r), mean(&c));
                }
                Err(error) => eprintln!("{error}"),
            }
        }
    }
}
