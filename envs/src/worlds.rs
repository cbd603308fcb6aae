//! Many worlds of one task side by side, over threads.

use std::{
    hint::spin_loop,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread::{self, JoinHandle},
};

use crossbeam::channel::{Receiver, Sender, TryRecvError, bounded};

use crate::env::{Env, EnvSpec, Step};

/// How often a thread looks for work before it sleeps: about as long as a slow control step of the others takes.
const LOOKS: u32 = 4_000;
/// Pauses between two looks: looking without pause would hold up those who work.
const PAUSES: u32 = 8;

/// Into how many shares the worlds are cut, so that no thread waits long for another.
const SHARES_PER_THREAD: usize = 8;

/// Worlds of one task that step together. What happens in one depends neither on the others nor on the threads.
///
/// A world whose episode ends begins the next one within the same step. [`Worlds::observe`] then tells how that one begins,
/// [`Worlds::observe_end`] how the last one ended.
pub struct Worlds {
    spec: EnvSpec,
    n_worlds: usize,
    /// All hold as many worlds but the last one.
    shares: Vec<Share>,
    /// All threads but the caller's own.
    crew: Option<Crew>,
}

/// Some worlds, with what they are to do and what came of it. It goes to whoever has time for it and comes back.
struct Share {
    /// Its place among the shares.
    idx: usize,
    envs: Vec<Box<dyn Env>>,
    /// One row for each world.
    actions: Vec<f32>,
    steps: Vec<Step>,
    /// Seed of the next episode of each world.
    seeds: Vec<u64>,
    /// By how much the seed grows from one episode of a world to its next.
    seed_increment: u64,
    /// One row for each world: what it observed when an episode last ended in a step.
    ends: Vec<f32>,
}

/// Threads that work on shares until no more can come. Each thread has a lane of its own, so that worlds stay in its
/// caches; who has emptied his own helps the others.
struct Crew {
    /// Where shares are laid out; the first lane is the caller's.
    to: Vec<Sender<Share>>,
    lanes: Vec<Receiver<Share>>,
    /// Shares that are done, or what broke down their thread.
    done: Receiver<thread::Result<Share>>,
    handles: Vec<JoinHandle<()>>,
}

impl Worlds {
    /// `n` worlds, on so many threads; one of them is the caller's own. They begin as after `reset(0)`.
    ///
    /// # Panics
    /// If there is to be no world or no thread, or the system gives no thread.
    #[must_use]
    pub fn new(make: impl Fn() -> Box<dyn Env>, n: usize, threads: usize) -> Self {
        assert!(n > 0 && threads > 0, "{n} worlds on {threads} threads");
        let mut envs: Vec<_> = (0..n).map(|_| make()).collect();
        let spec = envs[0].spec().clone();
        let n_shares = if threads == 1 { 1 } else { n.min(threads * SHARES_PER_THREAD) };
        let mut shares = Vec::new();
        while !envs.is_empty() {
            let rest = envs.split_off(n.div_ceil(n_shares).min(envs.len()));
            shares.push(Share::new(shares.len(), envs, &spec, n));
            envs = rest;
        }
        let crew = (threads > 1).then(|| Crew::start(threads, shares.len()));
        let mut worlds = Self { spec, n_worlds: n, shares, crew };
        worlds.reset(0);
        worlds
    }

    /// Number of worlds.
    #[must_use]
    pub fn n_worlds(&self) -> usize {
        self.n_worlds
    }

    /// What all of them observe and accept.
    #[must_use]
    pub fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    /// A world.
    #[must_use]
    pub fn world(&self, world_idx: usize) -> &dyn Env {
        let n = self.shares[0].envs.len();
        &*self.shares[world_idx / n].envs[world_idx % n]
    }

    /// A world, to change its parameters or to load a state.
    pub fn world_mut(&mut self, world_idx: usize) -> &mut dyn Env {
        let n = self.shares[0].envs.len();
        &mut *self.shares[world_idx / n].envs[world_idx % n]
    }

    /// Starts an episode in every world. Episode `e` of world `k` of `n` has seed `seed + k + e · n`; what [`Env::save`]
    /// writes of a world does not tell which one comes next.
    pub fn reset(&mut self, seed: u64) {
        let mut seeds = (0..).map(|world_idx| seed.wrapping_add(world_idx));
        for share in &mut self.shares {
            share.seeds.iter_mut().zip(&mut seeds).for_each(|(to, seed)| *to = seed);
            (0..share.envs.len()).for_each(|k| share.begin_episode(k));
        }
    }

    /// One control step of every world: `actions` holds one row for each, `steps` gets what came of it. Where an episode
    /// has ended, the next one has begun.
    ///
    /// # Panics
    /// If there is not one row, and one place, for each world.
    pub fn step(&mut self, actions: &[f32], steps: &mut [Step]) {
        let n_actions = self.spec.actions.len();
        assert_eq!(actions.len(), self.n_worlds * n_actions, "one row of {n_actions} for each world");
        assert_eq!(steps.len(), self.n_worlds, "one place for each world");
        let mut rows = actions.iter();
        for share in &mut self.shares {
            share.actions.iter_mut().zip(&mut rows).for_each(|(to, value)| *to = *value);
        }
        match &self.crew {
            Some(crew) => crew.carry_out(&mut self.shares),
            None => self.shares.iter_mut().for_each(Share::step),
        }
        let done = self.shares.iter().flat_map(|share| &share.steps);
        steps.iter_mut().zip(done).for_each(|(step, done)| *step = *done);
    }

    /// Writes what every world observes, one row for each.
    ///
    /// # Panics
    /// If `out` has not one row for each world.
    pub fn observe(&self, out: &mut [f32]) {
        let n = self.spec.observations.len();
        assert_eq!(out.len(), self.n_worlds * n, "one row of {n} for each world");
        let envs = self.shares.iter().flat_map(|share| &share.envs);
        envs.zip(out.chunks_exact_mut(n)).for_each(|(env, row)| env.observe(row));
    }

    /// Writes what a world observed when an episode last ended in [`Worlds::step`]: zeros before any has.
    ///
    /// # Panics
    /// If `out` has another length than the observation.
    pub fn observe_end(&self, world_idx: usize, out: &mut [f32]) {
        let (n, in_share) = (self.spec.observations.len(), self.shares[0].envs.len());
        let row = world_idx % in_share * n;
        out.copy_from_slice(&self.shares[world_idx / in_share].ends[row..row + n]);
    }
}

impl Share {
    fn new(idx: usize, envs: Vec<Box<dyn Env>>, spec: &EnvSpec, seed_increment: usize) -> Self {
        let n = envs.len();
        Self {
            idx,
            envs,
            actions: vec![0.0; n * spec.actions.len()],
            steps: vec![Step::default(); n],
            seeds: vec![0; n],
            seed_increment: seed_increment as u64,
            ends: vec![0.0; n * spec.observations.len()],
        }
    }

    fn step(&mut self) {
        let n = self.envs.len();
        let (n_actions, n_observations) = (self.actions.len() / n, self.ends.len() / n);
        for k in 0..n {
            let step = self.envs[k].step(&self.actions[k * n_actions..][..n_actions]);
            self.steps[k] = step;
            if step.ended() {
                self.envs[k].observe(&mut self.ends[k * n_observations..][..n_observations]);
                self.begin_episode(k);
            }
        }
    }

    fn begin_episode(&mut self, k: usize) {
        self.envs[k].reset(self.seeds[k]);
        self.seeds[k] = self.seeds[k].wrapping_add(self.seed_increment);
    }
}

impl Crew {
    fn start(n_lanes: usize, n_shares: usize) -> Self {
        let (to, lanes): (Vec<_>, Vec<_>) = (0..n_lanes).map(|_| bounded::<Share>(n_shares)).unzip();
        let (done_to, done) = bounded(n_shares);
        let handles = (1..n_lanes).map(|lane_idx| {
            let (lanes, done_to) = (lanes.clone(), done_to.clone());
            let work = move || {
                while let Some(mut share) = next(&lanes, lane_idx).or_else(|| receive(&lanes[lane_idx])) {
                    let done = catch_unwind(AssertUnwindSafe(|| {
                        share.step();
                        share
                    }));
                    if done_to.send(done).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().name("worlds".into()).spawn(work).expect("the system gives threads")
        });
        Self { to, handles: handles.collect(), lanes, done }
    }

    fn carry_out(&self, shares: &mut Vec<Share>) {
        let n_shares = shares.len();
        // The last lane first: its thread has to wake up.
        for share in shares.drain(..).rev() {
            let laid_out = self.to[share.idx * self.to.len() / n_shares].send(share);
            assert!(laid_out.is_ok(), "there is room for all shares");
        }
        while let Some(mut share) = next(&self.lanes, 0) {
            share.step();
            shares.push(share);
        }
        while shares.len() < n_shares {
            let done = receive(&self.done).expect("threads work until no shares can come");
            shares.push(done.unwrap_or_else(|panic| resume_unwind(panic)));
        }
        shares.sort_unstable_by_key(|share| share.idx);
    }
}

/// The next share of a lane, or of another one.
fn next(lanes: &[Receiver<Share>], lane_idx: usize) -> Option<Share> {
    let (before, from) = lanes.split_at(lane_idx);
    from.iter().chain(before).find_map(|lane| lane.try_recv().ok())
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.to.clear();
        for handle in self.handles.drain(..) {
            // A share that broke down was told of where it was missed.
            let _ = handle.join();
        }
    }
}

/// What comes next; nothing if nothing can come any more. Waking up takes longer than many a control step, so it is
/// looked for a while before the thread sleeps.
fn receive<T>(channel: &Receiver<T>) -> Option<T> {
    for _ in 0..LOOKS {
        match channel.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => (0..PAUSES).for_each(|_| spin_loop()),
        }
    }
    channel.recv().ok()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::{registry::tasks, streams::stream};

    /// Rewards and last observations of eleven worlds, bit for bit.
    fn lived(make: fn() -> Box<dyn Env>, threads: usize) -> (Vec<u64>, Vec<u32>) {
        let mut worlds = Worlds::new(make, 11, threads);
        worlds.reset(100);
        let (mut steps, mut rewards, mut rng) = (vec![Step::default(); 11], Vec::new(), stream(0, "actions"));
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

    #[test]
    fn an_episode_that_ends_is_followed_by_the_next_and_tells_how_it_ended() {
        let (n, seed, action) = (3, 5, [10.0]);
        let make = || crate::make("cartpole").unwrap();
        let mut worlds = Worlds::new(make, n, 2);
        worlds.reset(seed);
        let mut alone: Vec<_> = (0..n as u64).map(|k| (make(), seed + k)).collect();
        alone.iter_mut().for_each(|(env, seed)| env.reset(*seed));
        let n_seen = worlds.spec().observations.len();
        let (mut steps, mut seen, mut expected) = (vec![Step::default(); n], vec![0.0; n * n_seen], vec![0.0; n_seen]);
        let mut n_ended = 0;
        for _ in 0..60 {
            worlds.step(&action.repeat(n), &mut steps);
            worlds.observe(&mut seen);
            for (world_idx, (env, seed)) in alone.iter_mut().enumerate() {
                let step = env.step(&action);
                assert_eq!(step, steps[world_idx]);
                env.observe(&mut expected);
                if step.ended() {
                    n_ended += 1;
                    let mut end = vec![0.0; n_seen];
                    worlds.observe_end(world_idx, &mut end);
                    assert_eq!(end, expected, "the end of an episode");
                    *seed += n as u64;
                    env.reset(*seed);
                    env.observe(&mut expected);
                    assert_ne!(end, expected);
                }
                assert_eq!(seen[world_idx * n_seen..][..n_seen], expected, "world {world_idx}");
            }
        }
        assert!(n_ended > 2 * n, "{n_ended} episodes ended");
    }

    #[test]
    fn what_breaks_down_on_any_thread_breaks_down_the_step() {
        for threads in [1, 2, 4] {
            let mut worlds = Worlds::new(|| crate::make("cartpole").unwrap(), 32, threads);
            // Stands for an error of a task: a world of another one, which takes another action.
            *worlds.shares.last_mut().unwrap().envs.last_mut().unwrap() = crate::make("reacher").unwrap();
            let step = AssertUnwindSafe(|| worlds.step(&[0.0; 32], &mut [Step::default(); 32]));
            let panic = catch_unwind(step).expect_err("an action that does not fit is refused");
            let told = panic.downcast_ref::<String>().map_or("", String::as_str);
            assert!(told.contains("length of the action of 'reacher'"), "{told:?} on {threads} threads");
        }
    }
}
