//! What a control step costs: the agent alone (act and learn), and the closed loop with learning on, for every task.

#![allow(missing_docs, reason = "the macros of criterion write undocumented functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mesolimb_agents::{AgentSettings, Mode, Rollout, Transition, registry};
use mesolimb_envs::{ChangeSchedule, TaskEntry, tasks};

/// The agents that learn.
const LEARNERS: [&str; 4] = ["spiking", "stream-ac", "intentional-ac", "ppo"];
/// Steps of life before anything is measured: normalisers have settled and the brain spikes as it does when it learns.
const WARM_UP: usize = 2_000;

/// An agent that has lived in its world for a while.
fn warm_rollout(task: &TaskEntry, agent: &str) -> Rollout {
    let env = (task.make)();
    let agent = registry::make(agent, &AgentSettings::default(), env.as_ref(), 0).expect("it can do the task");
    let changes = ChangeSchedule::new(Vec::new(), env.params(), 0).expect("nothing changes");
    let mut rollout = Rollout::new(env, agent, changes, 0);
    for _ in 0..WARM_UP {
        rollout.step().expect("observations are finite");
    }
    rollout
}

/// Time of a control step of the agent alone, on what it has seen in its world.
fn brain(criterion: &mut Criterion) {
    for task in tasks() {
        let mut group = criterion.benchmark_group(format!("brain/{}", task.name));
        for name in LEARNERS {
            let mut rollout = warm_rollout(task, name);
            let seen: Vec<(f64, Vec<f32>)> = (0..200)
                .map(|_| {
                    let reward = rollout.step().expect("observations are finite").reward;
                    (reward, rollout.observation().to_vec())
                })
                .collect();
            let mut action = rollout.action().to_vec();
            let agent = rollout.agent_mut();
            agent.begin_episode(&seen[0].1, Mode::Learn).expect("observations are finite");
            let mut lived = seen.iter().cycle();
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    agent.act(black_box(&mut action));
                    let (reward, next_observation) = lived.next().expect("a cycle has no end");
                    let transition =
                        Transition { reward: *reward, next_observation, terminated: false, truncated: false };
                    agent.learn(&transition).expect("observations are finite");
                });
            });
        }
        group.finish();
    }
}

/// Control steps a second of the whole loop: physics, sensing, thinking, acting, learning, and new episodes.
fn closed_loop(criterion: &mut Criterion) {
    for task in tasks() {
        let mut group = criterion.benchmark_group(format!("closed_loop/{}", task.name));
        group.throughput(Throughput::Elements(1));
        for name in LEARNERS {
            let mut rollout = warm_rollout(task, name);
            group.bench_function(name, |bencher| {
                bencher.iter(|| rollout.step().expect("observations are finite"));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, brain, closed_loop);
criterion_main!(benches);
