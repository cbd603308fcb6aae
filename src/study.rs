//! Experiments that stand in the README: several seeds, baselines and ablations, a results file and a picture each.

mod first_light;
mod reversal;
mod statistics;
mod suite;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use mesolimb_agents::Episode;
use mesolimb_envs::nearest::hint;
use rayon::prelude::*;

pub use statistics::median;

use crate::{
    checkpoint::replace_file,
    config::RunConfig,
    plot::Curve,
    session::Session,
    summary::{Scale, Summary},
};

/// Most seeds of a study.
const MAX_SEEDS: u64 = 1000;
/// Steps between two words about progress.
const STEPS_PER_LOOK: u64 = 1024;

/// The studies: name, what it asks, and how it is run.
type Study = (&'static str, &'static str, fn(&Path, Range<u64>, &StudyOptions) -> anyhow::Result<String>);

/// Options of the study `suite`.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct StudyOptions {
    /// suite: hide velocities, so that whoever acts has to remember
    #[arg(long)]
    pub partial: bool,
    /// suite: only these tasks
    #[arg(long, value_delimiter = ',', value_name = "TASK,…")]
    pub tasks: Vec<String>,
    /// suite: only these agents; `clamped` is the spiking agent with its dopamine held
    #[arg(long, value_delimiter = ',', value_name = "AGENT,…")]
    pub agents: Vec<String>,
    /// suite: a setting of the spiking agent, such as brain=cortico-striatal; with another brain its rows are those of an agent
    /// of that name
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// suite: control steps of every run, instead of those of the task
    #[arg(long)]
    pub steps: Option<u64>,
}

const STUDIES: &[Study] = &[
    (
        "first-light",
        "does it learn, and only with dopamine? beside stream AC on the same steps and seeds",
        |folder, seeds, _| first_light::run(folder, seeds),
    ),
    ("reversal", "how soon does it recover when all motors turn the other way?", |folder, seeds, _| {
        reversal::run(folder, seeds)
    }),
    (
        SUITE,
        "does it learn every task with one setting, and how do others? rows are kept, so that it can go on",
        suite::run,
    ),
];
/// The study that goes on where it was, and has options.
const SUITE: &str = "suite";

/// Names of the studies and what they ask.
pub fn studies() -> impl Iterator<Item = (&'static str, &'static str)> {
    STUDIES.iter().map(|(name, question, _)| (*name, *question))
}

/// Runs the study `name` with `seeds` and writes its files into `out`. Returns its table, as Markdown.
///
/// # Errors
/// If there is no such study, or its files cannot be written.
pub fn run(name: &str, out: &Path, seeds: Range<u64>, options: &StudyOptions) -> anyhow::Result<String> {
    let Some((_, _, study)) = STUDIES.iter().find(|(known, ..)| *known == name) else {
        bail!("unknown study '{name}'{}", hint(name, STUDIES.iter().map(|s| s.0)));
    };
    if seeds.is_empty() || seeds.end - seeds.start > MAX_SEEDS {
        bail!("--seeds is {}, expected a whole number from 1 to {MAX_SEEDS}", seeds.end.saturating_sub(seeds.start));
    }
    if name != SUITE && *options != StudyOptions::default() {
        bail!("--partial, --tasks, --agents, --set and --steps are for the study '{SUITE}'");
    }
    let folder = folder(name, out, options);
    let results = folder.join("results.csv");
    if results.exists() {
        bail!("{} exists already; choose another --out", results.display());
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    study(&folder, seeds, options)
}

/// Where the files of a study go.
pub fn folder(name: &str, out: &Path, options: &StudyOptions) -> PathBuf {
    out.join(if options.partial { format!("{name}-partial") } else { name.to_owned() })
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
            let (outcome, _) = live(&RunConfig { seed, ..arms[arm].clone() }, |steps| bar.inc(steps), None)?;
            Ok(Outcome { arm, ..outcome })
        })
        .collect();
    bar.finish_and_clear();
    outcomes
}

/// Lives through a run that is kept nowhere, and evaluates it on a scale that is measured unless it is known. `progress` is
/// told of steps that were done. The session is as it ended.
fn live(run: &RunConfig, progress: impl Fn(u64), scale: Option<Scale>) -> anyhow::Result<(Outcome, Session)> {
    let mut session = Session::unkept(run)?;
    let mut episodes = Vec::new();
    while !session.is_finished() {
        episodes.extend(session.step()?.episode);
        if session.rollout().progress().steps.is_multiple_of(STEPS_PER_LOOK) {
            progress(STEPS_PER_LOOK);
        }
    }
    Ok((Outcome { arm: 0, summary: session.finish(scale)?, episodes }, session))
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

/// Writes a file of a study, whole or not at all.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    replace_file(path, text.as_bytes())
}
