//! Many worlds of one task side by side, over threads.

use std::{
    hint::spin_loop,
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
/// Nothing resets by itself: a world whose episode has ended waits for [`Worlds::reset`].
pub struct Worlds {
    spec: EnvSpec,
    n_worlds: usize,
    /// All hold as many worlds but the last one.
    shares: Vec<Share>,
    /// All threads but the caller's own.
    crew: Option<Crew>,
}

/// Some worlds, with what they are to do and what came of it. It goes to whoever has time for it and comes back.
#[derive(Default)]
struct Share {
    /// Its place among the shares.
    idx: usize,
    envs: Vec<Box<dyn Env>>,
    order: Order,
    /// One row for each world.
    actions: Vec<f32>,
    steps: Vec<Step>,
    seeds: Vec<Option<u64>>,
}

/// What the worlds of a share are to do.
#[derive(Clone, Copy, Default)]
enum Order {
    #[default]
    Step,
    Reset,
}

/// Threads that work on shares until no more can come. Each thread has a lane of its own, so that worlds stay in its
/// caches; who has emptied his own helps the others.
struct Crew {
    /// Where shares are laid out; the first lane is the caller's.
    to: Vec<Sender<Share>>,
    lanes: Vec<Receiver<Share>>,
    done: Receiver<Share>,
    handles: Vec<JoinHandle<()>>,
}

impl Worlds {
    /// `n` worlds, on so many threads; one of them is the caller's own.
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
            shares.push(Share::new(shares.len(), envs, spec.actions.len()));
            envs = rest;
        }
        let crew = (threads > 1).then(|| Crew::start(threads, shares.len()));
        Self { spec, n_worlds: n, shares, crew }
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

    /// Starts an episode in each world for which `seeds` has one.
    ///
    /// # Panics
    /// If there is not one place for each world.
    pub fn reset(&mut self, seeds: &[Option<u64>]) {
        assert_eq!(seeds.len(), self.n_worlds, "one place for each world");
        let mut seeds = seeds.iter();
        for share in &mut self.shares {
            share.order = Order::Reset;
            share.seeds.iter_mut().zip(&mut seeds).for_each(|(to, seed)| *to = *seed);
        }
        // Few resets are not worth another thread.
        if self.shares.iter().flat_map(|share| &share.seeds).flatten().nth(1).is_some() {
            self.carry_out();
        } else {
            self.shares.iter_mut().for_each(Share::carry_out);
        }
    }

    /// One control step of every world: `actions` holds one row for each, `steps` gets what came of it.
    ///
    /// # Panics
    /// If there is not one row, and one place, for each world.
    pub fn step(&mut self, actions: &[f32], steps: &mut [Step]) {
        let n_actions = self.spec.actions.len();
        assert_eq!(actions.len(), self.n_worlds * n_actions, "one row of {n_actions} for each world");
        assert_eq!(steps.len(), self.n_worlds, "one place for each world");
        let mut rows = actions.iter();
        for share in &mut self.shares {
            share.order = Order::Step;
            share.actions.iter_mut().zip(&mut rows).for_each(|(to, value)| *to = *value);
        }
        self.carry_out();
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

    /// All shares are done, by whoever comes to them first.
    fn carry_out(&mut self) {
        match &self.crew {
            Some(crew) => crew.carry_out(&mut self.shares),
            None => self.shares.iter_mut().for_each(Share::carry_out),
        }
    }
}

impl Share {
    fn new(idx: usize, envs: Vec<Box<dyn Env>>, n_actions: usize) -> Self {
        let n = envs.len();
        let none = Step { reward: 0.0, terminated: false, truncated: false, fault: None };
        Self {
            idx,
            envs,
            order: Order::Step,
            actions: vec![0.0; n * n_actions],
            steps: vec![none; n],
            seeds: vec![None; n],
        }
    }

    fn carry_out(&mut self) {
        match self.order {
            Order::Step => {
                let rows = self.actions.chunks_exact(self.actions.len() / self.envs.len());
                for ((env, action), step) in self.envs.iter_mut().zip(rows).zip(&mut self.steps) {
                    *step = env.step(action);
                }
            }
            Order::Reset => {
                for (env, seed) in self.envs.iter_mut().zip(&self.seeds) {
                    seed.iter().for_each(|&seed| env.reset(seed));
                }
            }
        }
    }
}

impl Crew {
    fn start(n_lanes: usize, n_shares: usize) -> Self {
        let (to, lanes): (Vec<_>, Vec<_>) = (0..n_lanes).map(|_| bounded::<Share>(n_shares)).unzip();
        let (done_to, done) = bounded::<Share>(n_shares);
        let handles = (1..n_lanes).map(|lane_idx| {
            let (lanes, done_to) = (lanes.clone(), done_to.clone());
            let work = move || {
                while let Some(mut share) = next(&lanes, lane_idx).or_else(|| receive(&lanes[lane_idx])) {
                    share.carry_out();
                    if done_to.send(share).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().name("worlds".into()).spawn(work).expect("the system gives threads")
        });
        Self { to, handles: handles.collect(), lanes, done }
    }

    fn carry_out(&self, shares: &mut [Share]) {
        let n_shares = shares.len();
        let mut n_open = n_shares;
        // The last lane first: its thread has to wake up.
        for (idx, share) in shares.iter_mut().enumerate().rev() {
            let laid_out = self.to[idx * self.to.len() / n_shares].send(std::mem::take(share));
            assert!(laid_out.is_ok(), "there is room for all shares");
        }
        let mut keep = |share: Share| {
            n_open -= 1;
            let idx = share.idx;
            shares[idx] = share;
        };
        while let Some(mut share) = next(&self.lanes, 0) {
            share.carry_out();
            keep(share);
        }
        for _ in 0..n_open {
            let share = receive(&self.done).expect("a thread of the worlds broke down");
            let idx = share.idx;
            shares[idx] = share;
        }
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
            // What broke it down was told where its share was missed.
            let _ = handle.join();
        }
    }
}

/// What comes next; nothing if nothing can come any more. Waking up takes longer than many a control step, so it is
/// looked for a while before the thread sleeps.
fn receive(channel: &Receiver<Share>) -> Option<Share> {
    for _ in 0..LOOKS {
        match channel.try_recv() {
            Ok(share) => return Some(share),
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
