//! Many worlds of one task side by side, over threads.

use rayon::prelude::*;

use crate::env::{Env, EnvSpec, Step};

/// Worlds of one task that step together. What happens in one depends neither on the others nor on the threads.
///
/// Nothing resets by itself: a world whose episode has ended waits for [`Worlds::reset`].
pub struct Worlds {
    envs: Vec<Box<dyn Env>>,
    pool: Option<rayon::ThreadPool>,
}

impl Worlds {
    /// `n` worlds, on so many threads; one thread is the caller's own.
    ///
    /// # Panics
    /// If there is to be no world or no thread, or the system gives no thread.
    #[must_use]
    pub fn new(make: impl Fn() -> Box<dyn Env>, n: usize, threads: usize) -> Self {
        assert!(n > 0 && threads > 0, "{n} worlds on {threads} threads");
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("the system gives threads"));
        Self { envs: (0..n).map(|_| make()).collect(), pool }
    }

    /// Number of worlds.
    #[must_use]
    pub fn n_worlds(&self) -> usize {
        self.envs.len()
    }

    /// What all of them observe and accept.
    #[must_use]
    pub fn spec(&self) -> &EnvSpec {
        self.envs[0].spec()
    }

    /// A world.
    #[must_use]
    pub fn world(&self, world_idx: usize) -> &dyn Env {
        &*self.envs[world_idx]
    }

    /// A world, to change its parameters or to load a state.
    pub fn world_mut(&mut self, world_idx: usize) -> &mut dyn Env {
        &mut *self.envs[world_idx]
    }

    /// Starts an episode in each world for which `seeds` has one.
    ///
    /// # Panics
    /// If there is not one place for each world.
    pub fn reset(&mut self, seeds: &[Option<u64>]) {
        assert_eq!(seeds.len(), self.envs.len(), "one place for each world");
        let Self { envs, pool } = self;
        let begin = |(env, seed): (&mut Box<dyn Env>, &Option<u64>)| seed.iter().for_each(|&seed| env.reset(seed));
        match pool {
            // Few resets are not worth waking a thread for.
            Some(pool) if seeds.iter().flatten().nth(1).is_some() => {
                pool.install(|| envs.par_iter_mut().zip(seeds).for_each(begin));
            }
            _ => envs.iter_mut().zip(seeds).for_each(begin),
        }
    }

    /// One control step of every world: `actions` holds one row for each, `steps` gets what came of it.
    ///
    /// # Panics
    /// If there is not one row, and one place, for each world.
    pub fn step(&mut self, actions: &[f32], steps: &mut [Step]) {
        let n_actions = self.spec().actions.len();
        assert_eq!(actions.len(), self.envs.len() * n_actions, "one row of {n_actions} for each world");
        assert_eq!(steps.len(), self.envs.len(), "one place for each world");
        let Self { envs, pool } = self;
        match pool {
            None => {
                for ((env, action), step) in envs.iter_mut().zip(actions.chunks_exact(n_actions)).zip(steps) {
                    *step = env.step(action);
                }
            }
            Some(pool) => pool.install(|| {
                let rows = actions.par_chunks_exact(n_actions);
                let worlds = envs.par_iter_mut().zip(rows).zip(steps.par_iter_mut());
                worlds.for_each(|((env, action), step)| *step = env.step(action));
            }),
        }
    }

    /// Writes what every world observes, one row for each.
    ///
    /// # Panics
    /// If `out` has not one row for each world.
    pub fn observe(&self, out: &mut [f32]) {
        let n = self.spec().observations.len();
        assert_eq!(out.len(), self.envs.len() * n, "one row of {n} for each world");
        self.envs.iter().zip(out.chunks_exact_mut(n)).for_each(|(env, row)| env.observe(row));
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::{registry::tasks, streams::stream};

    /// Rewards and last observations of eleven worlds, bit for bit.
    fn lived(make: fn() -> Box<dyn Env>, threads: usize) -> (Vec<u64>, Vec<u32>) {
        let mut worlds = Worlds::new(make, 11, threads);
        worlds.reset(&std::array::from_fn::<_, 11, _>(|k| Some(100 + k as u64)));
        let none = Step { reward: 0.0, terminated: false, truncated: false, fault: None };
        let (mut steps, mut rewards, mut rng) = (vec![none; 11], Vec::new(), stream(0, "actions"));
        for _ in 0..30 {
            let spec = worlds.spec();
            let row = || spec.actions.iter().map(|channel| channel.high);
            let actions: Vec<f32> =
                (0..11).flat_map(|_| row()).map(|high| high * rng.random_range(-1.0f32..1.0)).collect();
            worlds.step(&actions, &mut steps);
            rewards.extend(steps.iter().map(|step| step.reward.to_bits()));
        }
        let mut seen = vec![0.0; 11 * worlds.spec().observations.len()];
        worlds.observe(&mut seen);
        (rewards, seen.into_iter().map(f32::to_bits).collect())
    }

    #[test]
    fn worlds_live_alike_on_any_number_of_threads() {
        for task in tasks() {
            let alone = lived(task.make, 1);
            assert_ne!(alone.1[..alone.1.len() / 11], alone.1[alone.1.len() / 11..2 * (alone.1.len() / 11)]);
            for threads in [2, 3] {
                assert_eq!(alone, lived(task.make, threads), "{} on {threads} threads", task.name);
            }
        }
    }
}
