//! `mesolimb bench envs`: how many steps a second each task makes, alone and many worlds side by side.

use std::{fmt::Write as _, time::Instant};

use anyhow::bail;
use mesolimb_brain::rng::stream;
use mesolimb_envs::{Step, TaskEntry, Worlds, tasks};
use rand::RngExt as _;
use serde::Serialize;

use super::BenchArgs;

/// Worlds side by side, if nobody says how many.
const WORLDS: usize = 64;
/// Seconds that each measurement takes, if nobody says how many are to be simulated.
const WALL_SECONDS: f64 = 0.75;
/// Stretches of a measurement, the fastest of which counts.
const STRETCHES: usize = 15;
/// For so many steps of all worlds actions are drawn.
const ROUNDS_OF_ACTIONS: usize = 64;
/// Steps of every world before the clock starts.
const WARM_UP_ROUNDS: usize = 10;

/// How long a measurement goes on.
#[derive(Clone, Copy)]
enum Length {
    /// So many simulated seconds, shared by the worlds.
    Simulated(f64),
    /// So many seconds.
    Wall(f64),
}

/// What was measured of a task. All actions are random, episodes that end begin anew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskSpeed {
    /// Task.
    pub task: &'static str,
    /// Length of a control step, in ms.
    pub control_step_ms: f64,
    /// Physics steps in a control step.
    pub physics_per_env_step: f64,
    /// Control steps a second of one world on one thread.
    pub env_steps_per_s: f64,
    /// Physics steps a second of one world on one thread.
    pub physics_steps_per_s: f64,
    /// Worlds side by side.
    pub worlds: usize,
    /// Control steps a second of all of them together on one thread.
    pub worlds_1_thread_per_s: f64,
    /// And on two.
    pub worlds_2_threads_per_s: f64,
    /// Second over first.
    pub two_threads_over_one: f64,
}

/// Times every task.
///
/// # Errors
/// If a number is out of range.
pub fn bench_worlds(args: &BenchArgs) -> anyhow::Result<Vec<TaskSpeed>> {
    let n = args.n.unwrap_or(WORLDS);
    let length = args.sim_seconds.map_or(Length::Wall(WALL_SECONDS), Length::Simulated);
    if !(1..=100_000).contains(&n) {
        bail!("--n is {n}, expected at least 1 and at most 100000 worlds");
    }
    if let Length::Simulated(secs) = length
        && !(secs > 0.0 && secs <= 1e6)
    {
        bail!("--sim-seconds is {secs}, expected above 0 and at most 1000000");
    }
    Ok(tasks().iter().map(|task| measure(task, n, length, args.seed)).collect())
}

fn measure(task: &TaskEntry, n: usize, length: Length, seed: u64) -> TaskSpeed {
    let mut runs = [(1, 1), (n, 1), (n, 2)].map(|(worlds, threads)| Run::new(task, worlds, threads, seed));
    // In turns, so that what else the machine does slows all of them; the fastest stretch of each counts.
    let mut fastest = [0.0_f64; 3];
    for _ in 0..STRETCHES {
        for (run, fastest) in runs.iter_mut().zip(&mut fastest) {
            *fastest = fastest.max(run.steps_per_s(length));
        }
    }
    let [env_steps_per_s, one, two] = fastest;
    let spec = runs[0].worlds.spec();
    let physics_per_env_step = (spec.control_dt_secs / spec.physics_dt_secs).round();
    TaskSpeed {
        task: task.name,
        control_step_ms: 1e3 * spec.control_dt_secs,
        physics_per_env_step,
        env_steps_per_s,
        physics_steps_per_s: env_steps_per_s * physics_per_env_step,
        worlds: n,
        worlds_1_thread_per_s: one,
        worlds_2_threads_per_s: two,
        two_threads_over_one: two / one,
    }
}

/// Worlds that run on and on.
struct Run {
    worlds: Worlds,
    /// Drawn before any clock starts; used over and over.
    actions: Vec<f32>,
    steps: Vec<Step>,
    seen: Vec<f32>,
    n_rounds: usize,
}

impl Run {
    fn new(task: &TaskEntry, n: usize, threads: usize, seed: u64) -> Self {
        let mut worlds = Worlds::new(task.make, n, threads);
        worlds.reset(seed);
        let spec = worlds.spec();
        let mut rng = stream(seed, "actions");
        let row = || spec.actions.iter().map(|channel| channel.low..channel.high);
        let actions = (0..n * ROUNDS_OF_ACTIONS).flat_map(|_| row()).map(|range| rng.random_range(range)).collect();
        let seen = vec![0.0; n * spec.observations.len()];
        let mut run = Self { worlds, actions, steps: vec![Step::default(); n], seen, n_rounds: 0 };
        (0..WARM_UP_ROUNDS).for_each(|_| run.round());
        run
    }

    /// One control step of every world.
    fn round(&mut self) {
        let of_round = self.actions.len() / ROUNDS_OF_ACTIONS;
        let actions = &self.actions[self.n_rounds % ROUNDS_OF_ACTIONS * of_round..][..of_round];
        self.worlds.step(actions, &mut self.steps);
        self.worlds.observe(&mut self.seen);
        self.n_rounds += 1;
    }

    /// Control steps a second of all worlds together, in one stretch.
    fn steps_per_s(&mut self, length: Length) -> f64 {
        let control_dt_secs = self.worlds.spec().control_dt_secs;
        let (started, mut n_steps) = (Instant::now(), 0);
        loop {
            self.round();
            n_steps += self.steps.len();
            let is_over = match length {
                Length::Simulated(secs) => n_steps as f64 * control_dt_secs * STRETCHES as f64 >= secs,
                Length::Wall(secs) => started.elapsed().as_secs_f64() * STRETCHES as f64 >= secs,
            };
            if is_over {
                return n_steps as f64 / started.elapsed().as_secs_f64();
            }
        }
    }
}

/// The outcome for people.
pub(super) fn table(speeds: &[TaskSpeed]) -> String {
    let mut text = format!(
        "{:<18} {:>12} {:>14} {:>16} {:>17} {:>8}",
        "task", "env steps/s", "physics steps/s", "worlds, 1 thread", "worlds, 2 threads", "ratio"
    );
    for speed in speeds {
        let _ = write!(
            text,
            "\n{:<18} {:>12.0} {:>15.0} {:>16.0} {:>17.0} {:>8.2}",
            speed.task,
            speed.env_steps_per_s,
            speed.physics_steps_per_s,
            speed.worlds_1_thread_per_s,
            speed.worlds_2_threads_per_s,
            speed.two_threads_over_one
        );
    }
    text
}
