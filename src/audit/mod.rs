//! `mesolimb audit`: a search looks for faults of the physics to profit from, and an auditor looks at what it found.

mod found;
mod keep;
mod progress;
mod report;
mod text;
mod trace;

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use clap::Args;
use mesolimb_agents::{
    AgentError,
    audit::{Audit, AuditConfig, audit},
    search::{Search, SearchConfig},
};
use mesolimb_envs::{Env, robot_tasks, tasks};

use crate::{bench::OutcomeFormat, config::RunConfig, folder, robot_file::RobotArgs, session::Session};
use found::{Budget, Found};
use report::Ended;
pub use report::{CurvePoint, Report};

/// Most seeds.
const MAX_SEEDS: u64 = 1000;

/// Options of `mesolimb audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Task (see `mesolimb list`); walk, if a robot is given and no task
    #[arg(required_unless_present_any = ["robot", "trained"])]
    pub task: Option<String>,
    /// A robot of one's own
    #[command(flatten)]
    pub own: RobotArgs,
    /// Control steps of the search; the round that reaches them is finished
    #[arg(long, default_value_t = 1_000_000)]
    pub steps: u64,
    /// Rounds of the search, 16 episodes each, instead of steps
    #[arg(long, conflicts_with = "steps")]
    pub rounds: Option<u64>,
    /// Audit the policy in this file instead of searching: policy.json of another audit
    #[arg(long, value_name = "FILE", conflicts_with_all = ["steps", "rounds", "alive_bonus"])]
    pub policy: Option<PathBuf>,
    /// Audit the agent of this run instead, as it was saved last
    #[arg(long, value_name = "RUN", conflicts_with_all = ["task", "robot", "effector", "policy", "steps", "rounds", "alive_bonus"])]
    pub trained: Option<PathBuf>,
    /// Seed of search and audit; the first of them, if there are several
    #[arg(long, alias = "first-seed", default_value_t = 0)]
    pub seed: u64,
    /// Seeds, each with a search and an audit of its own
    #[arg(long, default_value_t = 1)]
    pub seeds: u64,
    /// Episodes of the audit at each clock; up to eight times as many where scatter leaves a doubt
    #[arg(long, default_value_t = AuditConfig::default().episodes)]
    pub episodes: u64,
    /// Reward of every step for being alive, not to be searched for; the task's, if not given
    #[arg(long, value_name = "REWARD")]
    pub alive_bonus: Option<f64>,
    /// Folder for report, policy, trace and pictures; only what failed is kept, under runs/, if not given
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Width of the picture in that folder, in pixels
    #[arg(long, default_value_t = 640, value_name = "PIXELS")]
    pub width: u32,
    /// How the outcome is written
    #[arg(long, value_enum, default_value_t)]
    pub format: OutcomeFormat,
}

/// Searches and audits with each seed, and tells of it with `say`.
///
/// # Errors
/// If there is no such task, a number is out of range, something cannot be written, or an audit failed.
pub fn run(args: &AuditArgs, say: impl Fn(&str)) -> anyhow::Result<()> {
    let budget = args.rounds.map_or(Budget::Steps(args.steps), Budget::Rounds);
    ensure!(budget.total() > 0, "the search has 0 steps or rounds, expected at least 1");
    ensure!((1..=100_000).contains(&args.episodes), "--episodes is {}, expected 1 to 100000", args.episodes);
    ensure!((1..=MAX_SEEDS).contains(&args.seeds), "--seeds is {}, expected 1 to {MAX_SEEDS}", args.seeds);
    ensure!((1..=10_000).contains(&args.width), "--width is {}, expected 1 to 10000 pixels", args.width);
    let world = world(args)?;
    if let Some(out) = args.out.as_ref().filter(|out| out.exists()) {
        bail!("{} exists already; choose another --out", out.display());
    }
    let mut failed = Vec::new();
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        let out = args.out.as_ref().map(|out| match args.seeds {
            1 => out.clone(),
            _ => out.join(format!("seed-{seed}")),
        });
        let report = one(args, &world, budget, seed, out)?;
        say(&match args.format {
            OutcomeFormat::Table => report.text(),
            OutcomeFormat::Json => serde_json::to_string(&report)?,
        });
        if let Some(first) = report.findings.first() {
            failed.push(format!("seed {seed}: {}", first.text));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("{} of {} audits of {} failed; {}", failed.len(), args.seeds, world.task, failed.join("; "))
}

/// Audits the agent of a session as it is now, in the unchanged world of its task; it neither learns nor explores.
///
/// # Errors
/// If a world or an agent cannot be made.
pub fn audit_trained(session: &mut Session) -> anyhow::Result<Audit> {
    let world = session.config().clone();
    let make = || -> Result<Box<dyn Env>, AgentError> { Ok(world.make_env()?) };
    let config = AuditConfig { seed: world.seed, ..AuditConfig::default() };
    let found = Found::trained(session);
    Ok(audit(&make, &found.policy, &found.extremes, &config)?)
}

/// The run of which only the world counts here.
fn world(args: &AuditArgs) -> anyhow::Result<RunConfig> {
    if let Some(run) = &args.trained {
        return folder::read_run(run);
    }
    let task = args.task.clone().unwrap_or_else(|| "walk".to_owned());
    if args.own.robot.is_none() && robot_tasks().iter().any(|known| known.name == task) {
        bail!("task '{task}' has no robot of its own; name its file, MJCF or URDF: mesolimb audit {task} --robot FILE");
    }
    let (robot, effector) = (args.own.file()?, args.own.effector.clone());
    let mut world = RunConfig { task, robot, effector, ..RunConfig::default() };
    world.read_robot(Path::new(""))?;
    world.open_env()?;
    Ok(world)
}

/// The search and the audit with one seed. They are kept in `out`, or under `runs/` if the audit failed.
fn one(args: &AuditArgs, world: &RunConfig, budget: Budget, seed: u64, out: Option<PathBuf>) -> anyhow::Result<Report> {
    let make = || -> Result<Box<dyn Env>, AgentError> { Ok(world.make_env()?) };
    let alive_bonus = args.alive_bonus.unwrap_or_else(|| alive_bonus(&world.task));
    let found = match (&args.policy, &args.trained) {
        (_, Some(run)) => Found::trained(&mut Session::look_at(run)?),
        (Some(file), _) => Found::in_file(file, &world.task, make()?.spec())?,
        (None, None) => {
            Found::by(Search::new(make, SearchConfig { alive_bonus, ..SearchConfig::default() }, seed)?, budget)
        }
    };
    let config = AuditConfig { episodes: args.episodes, seed, ..AuditConfig::default() };
    let audit = audit(&make, &found.policy, &found.extremes, &config)?;
    let control_dt_secs = make()?.spec().control_dt_secs;
    let mut report =
        Report::of(&Ended { world, seed, alive_bonus, control_dt_secs, found: &found, config, audit: &audit });
    let failed = || folder::fresh(&format!("audit-{}-{seed}", world.task));
    if let Some(out) = out.or_else(|| (!audit.passed()).then(failed)) {
        keep::keep(&out, &mut report, &make, &found, &audit, args.width)?;
    }
    Ok(report)
}

/// What a task pays for being alive.
fn alive_bonus(task: &str) -> f64 {
    tasks().iter().find(|known| known.name == task).map_or(0.0, |known| (known.design)().alive_bonus)
}
