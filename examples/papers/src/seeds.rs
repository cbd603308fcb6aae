//! The loop over seeds, in parallel, with a line that tells how far it is.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use rayon::prelude::*;

/// Runs `run` for each seed and returns the outcomes in the order of the seeds, however many threads there are.
///
/// # Errors
/// The first error, if there is any.
pub fn for_seeds<T: Send>(
    what: &str,
    seeds: Range<u64>,
    run: impl Fn(u64) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let (done, start, n) = (AtomicU64::new(0), Instant::now(), seeds.end - seeds.start);
    let outcomes = seeds
        .into_par_iter()
        .map(|seed| {
            let outcome = run(seed);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            eprint!("\r{what}: {done}/{n} seeds, {:.0} s ", start.elapsed().as_secs_f64());
            outcome
        })
        .collect();
    eprintln!();
    outcomes
}
