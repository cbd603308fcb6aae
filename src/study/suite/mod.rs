//! Does it learn everywhere, with one setting, and as fast as its peers? All tasks, several agents and seeds.
//!
//! Every finished run is a row of *runs.csv*, so that a study can be stopped at any time, go on where it was, and be split
//! over days: rows that are there are not run again. *scales.csv* has what random actions, doing nothing and the reference of each task earn.

mod report;
mod rows;

use std::{
    ops::Range,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use anyhow::{Context as _, bail, ensure};
use indicatif::HumanDuration;
use mesolimb_agents::{BrainChoice, SpikingActorCritic, registry};
use mesolimb_envs::nearest::hint;
use rayon::prelude::*;

use super::{Outcome, StudyOptions, binned, live};
use crate::{audit::audit_trained, config::RunConfig, summary::Scale};
use rows::{Cells, Row, Rows, cell};

/// Tasks and their control steps.
const TASKS: [(&str, u64); 15] = [
    ("cartpole", 200_000),
    ("cartpole-swingup", 200_000),
    ("pendulum", 200_000),
    ("acrobot", 200_000),
    ("reacher", 200_000),
    ("arm-reach", 200_000),
    ("arm-push", 200_000),
    ("hopper", 500_000),
    ("half-cheetah", 500_000),
    ("walker", 500_000),
    ("ant", 500_000),
    ("quadruped", 500_000),
    ("forage", 200_000),
    ("water-maze", 200_000),
    ("set-shift", 200_000),
];
/// Tasks of which only positions are shown with `--partial`.
const PARTIAL_TASKS: [&str; 3] = ["hopper", "walker", "half-cheetah"];
/// Tasks on which trained agents are audited: do they earn the same with finer steps of the physics?
const AUDITED_TASKS: [&str; 4] = ["hopper", "half-cheetah", "walker", "ant"];
/// What the audit of a run says that nothing speaks against.
const PASSED: &str = "passed";
/// The agent that is asked about.
const OURS: &str = "spiking";
/// Its twin whose dopamine does not move.
const CLAMPED: &str = "clamped";
/// Agents that take part unless others are named.
const AGENTS: [&str; 4] = [OURS, "intentional-ac", "stream-ac", "ppo"];
/// Points of a learning curve.
const CURVE_POINTS: u64 = 25;

/// A run that is to be done.
struct Job {
    /// Name of the agent, of its twin, or of its brain if that is another than usual.
    agent: String,
    run: RunConfig,
    /// A checksum of what decides the outcome, besides task, seed and steps.
    settings: String,
}

/// A run that is done.
#[derive(Clone, Debug, PartialEq)]
struct RunRow {
    task: String,
    agent: String,
    seed: u64,
    steps: u64,
    /// What tells settings apart: a checksum of everything that decides the outcome.
    settings: String,
    episodes: u64,
    training_return: Option<f64>,
    final_return: f64,
    acting_return: f64,
    brain_us_per_step: f64,
    /// Share of what is earned beyond the zero policy that is left with half the physics step; none where it was not audited, or
    /// where next to nothing is earned.
    kept_at_half_step: Option<f64>,
    /// What the audit says: `passed`, or what speaks against the run; empty where it was not audited.
    audit: String,
    /// Mean returns of training, stretch by stretch.
    curve: Vec<f64>,
}

/// The ends of the scale of scores of a task.
#[derive(Clone, Debug, PartialEq)]
struct ScaleRow {
    task: String,
    scale: Scale,
}

impl Row for RunRow {
    const HEADER: &'static str = "task,agent,seed,steps,settings,episodes,training_return,final_return,acting_return,brain_us_per_step,\
         kept_at_half_step,audit,curve";

    fn to_line(&self) -> String {
        let Self { task, agent, seed, steps, settings, episodes, final_return, acting_return, .. } = self;
        let curve: Vec<String> = self.curve.iter().map(|point| format!("{point:.2}")).collect();
        format!(
            "{task},{agent},{seed},{steps},{settings},{episodes},{},{final_return},{acting_return},{:.1},{},{},{}",
            cell(self.training_return),
            self.brain_us_per_step,
            cell(self.kept_at_half_step),
            self.audit,
            curve.join(" ")
        )
    }

    fn read(cells: &mut Cells<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            task: cells.text()?.to_owned(),
            agent: cells.text()?.to_owned(),
            seed: cells.needed()?,
            steps: cells.needed()?,
            settings: cells.text()?.to_owned(),
            episodes: cells.needed()?,
            training_return: cells.number()?,
            final_return: cells.needed()?,
            acting_return: cells.needed()?,
            brain_us_per_step: cells.needed()?,
            kept_at_half_step: cells.number()?,
            audit: cells.text()?.to_owned(),
            curve: cells
                .text()?
                .split_whitespace()
                .map(|point| point.parse().with_context(|| format!("'curve' has '{point}', expected a number")))
                .collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Row for ScaleRow {
    const HEADER: &'static str = "task,random_return,idle_return,reference_return";

    fn to_line(&self) -> String {
        let Scale { random_return, idle_return, reference_return } = self.scale;
        format!("{},{random_return},{idle_return},{}", self.task, cell(reference_return))
    }

    fn read(cells: &mut Cells<'_>) -> anyhow::Result<Self> {
        let task = cells.text()?.to_owned();
        let (random_return, idle_return) = (cells.needed()?, cells.needed()?);
        Ok(Self { task, scale: Scale { random_return, idle_return, reference_return: cells.number()? } })
    }
}

pub(super) fn run(folder: &Path, seeds: Range<u64>, options: &StudyOptions) -> anyhow::Result<String> {
    let jobs = plan(seeds, options)?;
    let runs = Rows::<RunRow>::open(&folder.join("runs.csv"))?;
    let scales = Rows::<ScaleRow>::open(&folder.join("scales.csv"))?;
    let mut open = Vec::new();
    for job in &jobs {
        match runs.known.iter().find(|row| job.is_of(row)) {
            None => open.push(job),
            Some(row) if row.settings == job.settings && row.steps == job.run.steps => {}
            Some(row) => bail!(
                "{} has a run of '{}' on '{}' with seed {} that was made with other settings; choose another --out, or \
                 remove its row",
                folder.join("runs.csv").display(),
                row.agent,
                row.task,
                row.seed
            ),
        }
    }
    measure_scales(&scales, &jobs)?;
    let progress = Progress::new(&open);
    open.par_iter().with_max_len(1).try_for_each(|job| {
        let row = job.live()?;
        runs.add(&row)?;
        progress.show(&row);
        anyhow::Ok(())
    })?;
    let runs = Rows::<RunRow>::open(&folder.join("runs.csv"))?.known;
    let scales = Rows::<ScaleRow>::open(&folder.join("scales.csv"))?.known;
    report::write_all(folder, &runs, &scales)
}

/// All runs, those of the first seed first.
fn plan(seeds: Range<u64>, options: &StudyOptions) -> anyhow::Result<Vec<Job>> {
    let pick = |chosen: &[String], all: &[&'static str], what: &str| -> anyhow::Result<Vec<&'static str>> {
        let find = |name: &String| {
            let found = all.iter().find(|known| *known == name).copied();
            found.with_context(|| format!("--{what} has '{name}'{}", hint(name, all.iter().copied())))
        };
        chosen.iter().map(find).collect()
    };
    let of_study: Vec<&str> =
        TASKS.iter().map(|(task, _)| *task).filter(|task| !options.partial || PARTIAL_TASKS.contains(task)).collect();
    let tasks = if options.tasks.is_empty() { of_study.clone() } else { pick(&options.tasks, &of_study, "tasks")? };
    let known: Vec<&str> = registry::agents().iter().map(|agent| agent.name).chain([CLAMPED]).collect();
    let agents = if options.agents.is_empty() { AGENTS.to_vec() } else { pick(&options.agents, &known, "agents")? };
    for setting in &options.settings {
        let of_agent = setting.starts_with("spiking.") || setting.starts_with("brain");
        ensure!(of_agent, "--set {setting}: expected a setting of the spiking agent, brain… or spiking.…");
    }
    let mut jobs = Vec::new();
    for seed in seeds {
        for task in &tasks {
            for agent in &agents {
                jobs.push(Job::new(task, agent, seed, options)?);
            }
        }
    }
    Ok(jobs)
}

impl Job {
    fn new(task: &str, agent: &str, seed: u64, options: &StudyOptions) -> anyhow::Result<Self> {
        let steps = TASKS.iter().find(|(known, _)| *known == task).map_or(0, |(_, steps)| *steps);
        let is_ours = [OURS, CLAMPED].contains(&agent);
        let settings = if is_ours { &options.settings[..] } else { &[] };
        let mut run = RunConfig {
            task: task.to_owned(),
            agent: if is_ours { OURS } else { agent }.to_owned(),
            seed,
            steps: options.steps.unwrap_or(steps),
            partial: options.partial,
            ..RunConfig::resolve(toml::Table::new(), settings)?
        };
        run.validate()?;
        if agent == CLAMPED {
            run.settings
                .change::<SpikingActorCritic>(|spiking| spiking.brain.variant.push("dopamine-clamped".into()))?;
        }
        let brain = run.settings.of::<SpikingActorCritic>()?.brain;
        let agent = if agent == OURS && brain != BrainChoice::default() { brain.label() } else { agent.to_owned() };
        run.read_brain()?;
        let section = run.settings.section(&run.agent);
        let text = format!("{} {} {} {section}", env!("CARGO_PKG_VERSION"), run.agent, run.partial);
        Ok(Self { agent, run, settings: format!("{:08x}", crc32fast::hash(text.as_bytes())) })
    }

    fn is_of(&self, row: &RunRow) -> bool {
        self.run.task == row.task && self.agent == row.agent && self.run.seed == row.seed
    }

    fn live(&self) -> anyhow::Result<RunRow> {
        let RunConfig { task, seed, steps, .. } = &self.run;
        let about = || format!("'{}' on '{task}' with seed {seed}", self.agent);
        // The ends of the scale are measured once for all runs of a task.
        let lived = live(&self.run, |_| {}, Some(Scale::UNKNOWN)).with_context(about)?;
        let (Outcome { summary, episodes, .. }, mut session) = lived;
        let numbers = [summary.final_return, summary.acting_return];
        ensure!(numbers.iter().all(|number| number.is_finite()), "{}: a return is not finite", about());
        let audited = AUDITED_TASKS.contains(&task.as_str()).then(|| audit_trained(&mut session)).transpose();
        let (kept_at_half_step, audit) = audited.with_context(about)?.map_or((None, String::new()), |audit| {
            let mut kinds: Vec<&str> = audit.findings.iter().map(|finding| finding.what.name()).collect();
            kinds.dedup();
            let verdict = if audit.passed() { PASSED.to_owned() } else { kinds.join(" ") };
            (audit.kept.first().filter(|kept| kept.beyond_zero).map(|kept| kept.share), verdict)
        });
        Ok(RunRow {
            task: task.clone(),
            agent: self.agent.clone(),
            seed: *seed,
            steps: *steps,
            settings: self.settings.clone(),
            episodes: summary.episodes,
            training_return: summary.training_return,
            final_return: summary.final_return,
            acting_return: summary.acting_return,
            brain_us_per_step: summary.brain_us_per_step,
            kept_at_half_step,
            audit,
            curve: binned(&episodes, *steps, steps.div_ceil(CURVE_POINTS)),
        })
    }
}

/// Measures the ends of the scales of the tasks that have no row yet.
fn measure_scales(scales: &Rows<ScaleRow>, jobs: &[Job]) -> anyhow::Result<()> {
    let mut open: Vec<&str> = Vec::new();
    for job in jobs {
        let task = job.run.task.as_str();
        if !open.contains(&task) && !scales.known.iter().any(|row| row.task == task) {
            open.push(task);
        }
    }
    open.into_par_iter().with_max_len(1).try_for_each(|task| {
        // Of the whole task: a reference sees velocities.
        let run = RunConfig { task: task.to_owned(), ..Default::default() };
        eprintln!("measuring random actions, doing nothing and the reference of {task}");
        scales.add(&ScaleRow { task: task.to_owned(), scale: Scale::of(&run)? })
    })
}

/// Tells of every run that is done, and how long the others will take.
struct Progress {
    started: Instant,
    n: usize,
    done: AtomicUsize,
}

impl Progress {
    fn new(open: &[&Job]) -> Self {
        let steps: u64 = open.iter().map(|job| job.run.steps).sum();
        eprintln!("{} runs, {} million control steps in all", open.len(), steps / 1_000_000);
        Self { started: Instant::now(), n: open.len(), done: AtomicUsize::new(0) }
    }

    fn show(&self, row: &RunRow) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let left = self.started.elapsed().mul_f64((self.n - done) as f64 / done as f64);
        eprintln!(
            "{done}/{} · {} on {}, seed {}: return {:.1} · about {} left",
            self.n,
            row.agent,
            row.task,
            row.seed,
            row.final_return,
            HumanDuration(left)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_of_the_registry_takes_part() {
        let all: Vec<&str> = mesolimb_envs::tasks().iter().map(|task| task.name).collect();
        let ours: Vec<&str> = TASKS.iter().map(|(task, _)| *task).collect();
        assert!(all.iter().all(|task| ours.contains(task)) && all.len() == ours.len(), "{all:?} {ours:?}");
    }

    #[test]
    fn rows_read_back_and_belong_to_their_job() {
        let of = |task, agent, seed, partial| {
            Job::new(task, agent, seed, &StudyOptions { partial, ..StudyOptions::default() }).unwrap()
        };
        let job = of("hopper", CLAMPED, 3, false);
        let row = RunRow {
            task: "hopper".into(),
            agent: CLAMPED.into(),
            seed: 3,
            steps: 500_000,
            settings: job.settings.clone(),
            episodes: 12,
            training_return: None,
            final_return: 2.5,
            acting_return: -0.1,
            brain_us_per_step: 31.5,
            kept_at_half_step: Some(0.9),
            audit: "passed".into(),
            curve: vec![1.0, -2.25],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.csv");
        Rows::open(&path).unwrap().add(&row).unwrap();
        assert_eq!(Rows::<RunRow>::open(&path).unwrap().known, std::slice::from_ref(&row));
        assert!(job.is_of(&row));
        let others = [("hopper", OURS, 3, false), ("hopper", CLAMPED, 4, false), ("walker", CLAMPED, 3, false)];
        for (task, agent, seed, partial) in others {
            assert!(!of(task, agent, seed, partial).is_of(&row));
        }
        let settings = |agent, partial| of("hopper", agent, 3, partial).settings;
        assert_eq!(settings(CLAMPED, false), row.settings);
        assert_ne!(settings(CLAMPED, true), row.settings);
        assert_ne!(settings(OURS, false), row.settings);
        let other = StudyOptions { settings: vec!["brain=cortico-striatal".into()], ..StudyOptions::default() };
        assert_eq!(Job::new("hopper", OURS, 3, &other).unwrap().agent, "cortico-striatal");
        assert_eq!(Job::new("hopper", "stream-ac", 3, &other).unwrap().settings, settings("stream-ac", false));
    }

    #[test]
    fn what_is_not_in_the_study_is_refused_by_name() {
        let refused = |tasks: &[&str], agents: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let options =
                StudyOptions { partial: true, tasks: names(tasks), agents: names(agents), ..StudyOptions::default() };
            format!("{:#}", plan(0..1, &options).err().unwrap())
        };
        assert_eq!(refused(&["hoper"], &[]), "--tasks has 'hoper'; did you mean 'hopper'?");
        assert!(refused(&["ant"], &[]).starts_with("--tasks has 'ant'"), "it is not among those with --partial");
        assert_eq!(refused(&[], &["clampd"]), "--agents has 'clampd'; did you mean 'clamped'?");
    }
}
