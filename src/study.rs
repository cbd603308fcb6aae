//! Experiments that stand in the README: several seeds, baselines and ablations, a results file and a picture each.

mod first_light;
mod reversal;

use std::{ops::Range, path::Path};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use mesolimb_agents::Episode;
use mesolimb_envs::nearest::hint;
use rayon::prelude::*;

use crate::{checkpoint::replace_file, config::RunConfig, plot::Curve, session::Session, summary::Summary};

/// Most seeds of a study.
const MAX_SEEDS: u64 = 1000;

/// The studies: name, what it asks, and how it is run.
type Study = (&'static str, &'static str, fn(&Path, Range<u64>) -> anyhow::Result<String>);

const STUDIES: &[Study] = &[
    (
        "first-light",
        "does it learn, and only with dopamine? beside stream AC on the same steps and seeds",
        first_light::run,
    ),
    ("reversal", "how soon does it recover when all motors turn the other way?", reversal::run),
];

/// Names of the studies and what they ask.
pub fn studies() -> impl Iterator<Item = (&'static str, &'static str)> {
    STUDIES.iter().map(|(name, question, _)| (*name, *question))
}

/// Runs the study `name` with `seeds` and writes its files into `out`. Returns its table, as Markdown.
///
/// # Errors
/// If there is no such study, or its files cannot be written.
pub fn run(name: &str, out: &Path, seeds: Range<u64>) -> anyhow::Result<String> {
    let Some((_, _, study)) = STUDIES.iter().find(|(known, ..)| *known == name) else {
        bail!("unknown study '{name}'{}", hint(name, STUDIES.iter().map(|s| s.0)));
    };
    if seeds.is_empty() || seeds.end - seeds.start > MAX_SEEDS {
        bail!("--seeds is {}, expected a whole number from 1 to {MAX_SEEDS}", seeds.end.saturating_sub(seeds.start));
    }
    let folder = out.join(name);
    let results = folder.join("results.csv");
    if results.exists() {
        bail!("{} exists already; choose another --out", results.display());
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    study(&folder, seeds)
}

/// A run of a study that is done.
struct Outcome {
    /// Which arm of the study it belongs to.
    arm: usize,
    summary: Summary,
    episodes: Vec<Episode>,
}

/// Runs every arm with every seed, side by side on all threads. Outcomes come in the order of arms, then seeds.
fn run_arms(arms: &[RunConfig], seeds: Range<u64>) -> anyhow::Result<Vec<Outcome>> {
    let jobs: Vec<(usize, u64)> = (0..arms.len()).flat_map(|arm| seeds.clone().map(move |seed| (arm, seed))).collect();
    let steps = jobs.iter().map(|&(arm, _)| arms[arm].steps).sum();
    let bar = ProgressBar::new(steps);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent}% of all steps, {eta} left") {
        bar.set_style(style);
    }
    let outcomes = jobs
        .into_par_iter()
        // One job at a time for each thread: their lengths differ.
        .with_max_len(1)
        .map(|(arm, seed)| {
            let mut session = Session::unkept(&RunConfig { seed, ..arms[arm].clone() })?;
            let mut episodes = Vec::new();
            while !session.is_finished() {
                episodes.extend(session.step()?.episode);
                let done = session.rollout().progress().steps;
                if done.is_multiple_of(1024) {
                    bar.inc(1024);
                }
            }
            Ok(Outcome { arm, summary: session.finish()?, episodes })
        })
        .collect();
    bar.finish_and_clear();
    outcomes
}

/// Mean return over the episodes that ended in each stretch of `width` steps; a stretch without any takes the one before.
fn binned(episodes: &[Episode], steps: u64, width: u64) -> Vec<f64> {
    let mut bins = vec![(0.0, 0u32); steps.div_ceil(width) as usize];
    for episode in episodes {
        let bin = ((episode.end_step - 1) / width) as usize;
        if let Some((sum, n)) = bins.get_mut(bin) {
            *sum += episode.total_reward;
            *n += 1;
        }
    }
    let mut last = f64::NAN;
    let mut means: Vec<f64> = bins
        .into_iter()
        .map(|(sum, n)| {
            if n > 0 {
                last = sum / f64::from(n);
            }
            last
        })
        .collect();
    // Stretches before the first episode has ended take its return.
    let first = means.iter().copied().find(|m| m.is_finite()).unwrap_or(0.0);
    means.iter_mut().filter(|m| !m.is_finite()).for_each(|m| *m = first);
    means
}

/// The learning curve of an arm: mean over seeds, and the lowest and highest seed as its band.
fn curve(outcomes: &[Outcome], arm: usize, width: u64, label: &str, colour: (u8, u8, u8)) -> Curve {
    let of_arm = outcomes.iter().filter(|o| o.arm == arm);
    let seeds: Vec<Vec<f64>> = of_arm.map(|o| binned(&o.episodes, o.summary.steps, width)).collect();
    let points = (0..seeds.iter().map(Vec::len).min().unwrap_or(0))
        .map(|bin| {
            let values: Vec<f64> = seeds.iter().map(|s| s[bin]).collect();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            ((bin as f64 + 0.5) * width as f64, low, mean, high)
        })
        .collect();
    Curve { label: label.to_owned(), colour, points }
}

/// Median; of an even number, the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// Writes a file of a study, whole or not at all.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    replace_file(path, text.as_bytes())
}
