//! The command line.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};

use mesolimb_agents::registry::BRAIN;
use mesolimb_envs::nearest::hint;

use crate::{
    audit::{self, AuditArgs},
    bench::{self, BenchArgs},
    brain::{self, BrainCommand},
    check::{self, CheckArgs},
    config::RunConfig,
    docs::{self, DocsCommand},
    folder,
    list::{ListArgs, list},
    robot_file::{RobotArgs, as_text},
    session::Session,
    strobe::{self, StrobeArgs},
    study::StudyOptions,
    summary::Summary,
    train::train,
};

/// Robots that learn the way animals do.
///
/// Without a command, opens the view on the default task and learns in front of you; without a display, trains in the
/// terminal.
#[derive(Debug, Parser)]
#[command(name = "mesolimb", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train an agent on a task, and keep the run in a folder
    Train {
        /// Task (see `mesolimb list`); the run file's, if not given
        task: Option<String>,
        #[command(flatten)]
        run: RunArgs,
        /// Folder of the run; a new one under runs/, if not given
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Go on with a run where it was saved last
    Resume {
        /// Folder of the run
        dir: PathBuf,
        /// Train up to this many steps instead
        #[arg(long)]
        steps: Option<u64>,
        /// Start from this checkpoint instead of the newest
        #[arg(long)]
        from: Option<PathBuf>,
        #[command(flatten)]
        threads: Threads,
    },
    /// Evaluate a run where it was saved last: learning and exploration off
    Eval {
        /// Folder of the run
        dir: PathBuf,
        #[command(flatten)]
        strobe: StrobeArgs,
        #[command(flatten)]
        threads: Threads,
    },
    /// Show body and brain in 3D while they learn
    View {
        /// Folder of a run, or a task
        what: String,
        #[command(flatten)]
        run: RunArgs,
        /// Save a picture of the window as PNG and exit
        #[arg(long, value_name = "FILE")]
        screenshot: Option<PathBuf>,
        /// Seconds to wait before the picture
        #[arg(long, default_value_t = 10.0, value_name = "SECONDS")]
        after_secs: f32,
    },
    /// List tasks, agents, studies and what can change in a world
    List(ListArgs),
    /// Write pages of the documentation from the code
    #[command(subcommand)]
    Docs(DocsCommand),
    /// Run a published experiment and write its table and picture
    Study {
        /// Which one (see `mesolimb list`)
        name: String,
        /// Folder for the results
        #[arg(long, default_value = "studies")]
        out: PathBuf,
        /// How many seeds
        #[arg(long, default_value_t = 5)]
        seeds: u64,
        /// The first of them
        #[arg(long, default_value_t = 0)]
        first_seed: u64,
        #[command(flatten)]
        options: StudyOptions,
        #[command(flatten)]
        threads: Threads,
    },
    /// Run or describe a brain alone, without a robot
    #[command(subcommand)]
    Brain(BrainCommand),
    /// Time a published network, or the worlds of all tasks
    Bench(BenchArgs),
    /// Say what a robot file holds, and what of it is not read
    Check(CheckArgs),
    /// Search a task or robot for faults of the physics to profit from, and say whether what was found holds
    Audit {
        #[command(flatten)]
        audit: AuditArgs,
        #[command(flatten)]
        threads: Threads,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Run file (TOML)
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Named changes of the world (see `mesolimb list changes`), such as slippery, or slippery,every=50000
    #[arg(long = "preset", value_name = "NAME[,KEY=VALUE…]")]
    presets: Vec<String>,
    /// Any setting of the run file, such as brain.cells=64
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Seed
    #[arg(long)]
    seed: Option<u64>,
    /// Control steps
    #[arg(long)]
    steps: Option<u64>,
    /// Agent (see `mesolimb list`)
    #[arg(long)]
    agent: Option<String>,
    #[command(flatten)]
    own: RobotArgs,
    /// Control steps between two checkpoints
    #[arg(long)]
    checkpoint_every: Option<u64>,
    /// Record spikes and states as Parquet
    #[arg(long)]
    record: bool,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Debug, Args)]
struct Threads {
    /// Threads for evaluation, studies and audits; results do not depend on it
    #[arg(long)]
    threads: Option<usize>,
}

impl Threads {
    fn apply(&self) -> anyhow::Result<()> {
        if self.threads == Some(0) {
            bail!("--threads is 0, expected at least 1");
        }
        if let Some(n) = self.threads {
            // Fails only where the threads were set before, and they are set once.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
        }
        Ok(())
    }
}

impl RunArgs {
    /// The options about a run that were given, those about threads aside.
    fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--run", self.run.is_some()),
            ("--preset", !self.presets.is_empty()),
            ("--set", !self.settings.is_empty()),
            ("--seed", self.seed.is_some()),
            ("--steps", self.steps.is_some()),
            ("--agent", self.agent.is_some()),
            ("--robot", self.own.robot.is_some()),
            ("--effector", self.own.effector.is_some()),
            ("--record", self.record),
            ("--checkpoint-every", self.checkpoint_every.is_some()),
        ];
        options.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect()
    }

    /// The resolved run: the run file, then the options, then `--set`.
    fn resolve(&self, task: Option<&str>) -> anyhow::Result<RunConfig> {
        self.threads.apply()?;
        let mut table = self.run.as_deref().map_or_else(|| Ok(toml::Table::new()), RunConfig::read)?;
        // From here on, paths count from where the program was started.
        if let (Some(toml::Value::String(robot)), Some(folder)) =
            (table.get_mut("robot"), self.run.as_deref().and_then(Path::parent))
        {
            *robot = as_text(&folder.join(&*robot))?;
        }
        if let (Some(brain), Some(folder)) = (brain_file_of(&mut table), self.run.as_deref().and_then(Path::parent)) {
            *brain = as_text(&folder.join(&*brain))?;
        }
        let mut put = |key: &str, value: toml::Value| table.insert(key.to_owned(), value);
        if let Some(task) = task {
            put("task", task.into());
        }
        for (key, name) in [("agent", &self.agent), ("effector", &self.own.effector)] {
            if let Some(name) = name {
                put(key, name.as_str().into());
            }
        }
        if let Some(robot) = self.own.file()? {
            put("robot", robot.into());
        }
        for (key, value) in [("seed", self.seed), ("steps", self.steps), ("checkpoint_every", self.checkpoint_every)] {
            if let Some(value) = value {
                let value = i64::try_from(value)
                    .with_context(|| format!("--{key} is {value}, expected at most {}", i64::MAX))?;
                put(key, value.into());
            }
        }
        if self.record {
            put("record", true.into());
        }
        if !self.presets.is_empty() {
            let entry = table.entry("presets").or_insert_with(|| toml::Value::Array(Vec::new()));
            let Some(presets) = entry.as_array_mut() else { bail!("presets is {entry}, expected a list") };
            for text in &self.presets {
                presets.push(preset(text)?);
            }
        }
        let mut config = RunConfig::resolve(table, &self.settings)?;
        let n_notes = config.read_robot(Path::new(""))?;
        if let (Some(robot), 1..) = (&config.robot, n_notes) {
            eprintln!(
                "{robot}: {n_notes} kinds of things are not read, or otherwise than in the file; see: mesolimb check {robot}"
            );
        }
        let checked = config.check_names();
        match &self.run {
            Some(file) => checked.with_context(|| format!("{}, with the options given", file.display()))?,
            None => checked?,
        }
        config.read_brain()?;
        if let (Some(robot), [first, rest @ ..]) = (&config.robot, &config.weakened_motors()?[..]) {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            eprintln!(
                "{robot}: motor {first}{more} is kept below the limit in the file: so much would tear the robot apart"
            );
        }
        Ok(config)
    }
}

/// The brain that a run file names, if that is a file.
fn brain_file_of(table: &mut toml::Table) -> Option<&mut String> {
    let section = if table.contains_key(BRAIN) { table } else { table.get_mut("spiking")?.as_table_mut()? };
    let name = match section.get_mut(BRAIN)? {
        toml::Value::Table(brain) => brain.get_mut("name")?,
        name => name,
    };
    match name {
        toml::Value::String(name) if name.ends_with(".toml") => Some(name),
        _ => None,
    }
}

/// `NAME[,KEY=VALUE…]` as it stands in a run file.
fn preset(text: &str) -> anyhow::Result<toml::Value> {
    let Some((name, arguments)) = text.split_once(',') else { return Ok(text.into()) };
    let table = toml::from_str::<toml::Table>(&format!("preset = {{ {arguments} }}"));
    let Some(toml::Value::Table(mut table)) = table.ok().and_then(|mut table| table.remove("preset")) else {
        bail!("--preset {text}: expected NAME,KEY=VALUE, such as slippery,every=50000");
    };
    table.insert("name".to_owned(), name.into());
    Ok(table.into())
}

/// Runs the command line.
///
/// # Errors
/// If what was asked for cannot be done; the message says what was expected.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        None => first_light(),
        Some(Command::Train { task, run, out }) => {
            if task.is_none() && run.run.is_none() {
                bail!("train: name a task, such as `mesolimb train reacher`, or give a run file with --run");
            }
            let config = run.resolve(task.as_deref())?;
            let out = out.unwrap_or_else(|| folder::fresh_path(&config));
            train_and_tell(Session::create(&config, &out)?)
        }
        Some(Command::Resume { dir, steps, from, threads }) => {
            threads.apply()?;
            train_and_tell(Session::resume(&dir, from.as_deref(), steps)?)
        }
        Some(Command::Eval { dir, strobe, threads }) => {
            threads.apply()?;
            let mut session = Session::look_at(&dir)?;
            strobe::draw(&strobe, &mut session)?;
            let summary = Summary::of(&mut session, None)?;
            say(&serde_json::to_string_pretty(&summary)?);
            Ok(())
        }
        Some(Command::View { what, run, screenshot, after_secs }) => {
            let (session, times) = to_view(&what, &run)?;
            view(session, times, screenshot.map(|file| (file, after_secs)))
        }
        Some(Command::List(args)) => {
            say(&list(&args)?);
            Ok(())
        }
        Some(Command::Docs(command)) => {
            match &command {
                DocsCommand::Tasks { out } => docs::write_tasks(out)?,
                DocsCommand::Controllers { out } => docs::write_controllers(out)?,
            }
            let (DocsCommand::Tasks { out } | DocsCommand::Controllers { out }) = command;
            say(&format!("look at {}", out.join("README.md").display()));
            Ok(())
        }
        Some(Command::Study { name, out, seeds, first_seed, options, threads }) => {
            threads.apply()?;
            say(&crate::study::run(&name, &out, first_seed..first_seed.saturating_add(seeds), &options)?);
            say(&format!("results and pictures are in {}", crate::study::folder(&name, &out, &options).display()));
            Ok(())
        }
        Some(Command::Brain(command)) => brain_alone(command),
        Some(Command::Bench(args)) => {
            say(&bench::run(&args)?);
            Ok(())
        }
        Some(Command::Check(args)) => {
            say(&check::run(&args)?);
            Ok(())
        }
        Some(Command::Audit { audit, threads }) => {
            threads.apply()?;
            audit::run(&audit, say)
        }
    }
}

/// `mesolimb brain …`
fn brain_alone(command: BrainCommand) -> anyhow::Result<()> {
    match command {
        BrainCommand::Run(args) => {
            let stem = args.spec.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let out = args.out.clone().unwrap_or_else(|| folder::fresh(&format!("{stem}-{}", args.seed)));
            say(&brain::run(&args, &out)?.one_line());
            say(&format!("written to {}; look at {}", out.display(), out.join("raster.svg").display()));
        }
        BrainCommand::Describe(args) => say(&brain::describe(&args)?),
        BrainCommand::Gallery { out } => {
            brain::gallery(&out)?;
            say(&format!("look at {}", out.join("index.html").display()));
        }
        BrainCommand::ExportNir { spec, out, seed } => {
            let dropped = brain::export_nir(&spec, &out, seed)?;
            report_nir(&out, "left out, because the format cannot carry it", &dropped);
        }
        BrainCommand::ImportNir { file, out, tick_ms } => {
            let notes = brain::import_nir(&file, &out, tick_ms)?;
            report_nir(&out, "not quite the same", &notes);
        }
    }
    Ok(())
}

fn report_nir(out: &Path, what: &str, lines: &[String]) {
    say(&format!("written to {}", out.display()));
    if lines.is_empty() {
        say("nothing was left out");
    } else {
        say(&format!("{what}:{}", brain::listed(lines)));
    }
}

/// How many times as fast as a real robot an animal lives that learns in front of you: slow enough to see how it moves,
/// fast enough to see it learn.
const LEARNING_SPEED: f64 = 4.0;

/// What `view` shows, and how many times as fast as in reality.
fn to_view(what: &str, run: &RunArgs) -> anyhow::Result<(Session, f64)> {
    if Path::new(what).is_dir() {
        run.threads.apply()?;
        if let Some(option) = run.given().first() {
            bail!("view {what}: {option} is for a new run; this one is shown as it was saved");
        }
        return Ok((Session::look_at(Path::new(what))?, 1.0));
    }
    let of_any_robot = mesolimb_envs::robot_tasks().iter().map(|task| task.name);
    let mut tasks = mesolimb_envs::tasks().iter().map(|task| task.name).chain(of_any_robot);
    if !tasks.clone().any(|task| task == what) {
        let hint = hint(what, &mut tasks);
        bail!("'{what}' is neither a run folder nor a task{hint}");
    }
    if let Some(option) = run.given().iter().find(|option| ["--record", "--checkpoint-every"].contains(option)) {
        bail!("view {what}: {option} is for a run that is kept; use: mesolimb train {what} {option}");
    }
    Ok((Session::unkept(&run.resolve(Some(what))?)?, LEARNING_SPEED))
}

/// `mesolimb` alone: the default run, in front of you.
fn first_light() -> anyhow::Result<()> {
    let config = RunConfig::default();
    let out = folder::fresh_path(&config);
    if has_display() {
        return view(Session::create(&config, &out)?, LEARNING_SPEED, None);
    }
    say(no_view_reason());
    train_and_tell(Session::create(&config, &out)?)
}

fn train_and_tell(mut session: Session) -> anyhow::Result<()> {
    let summary = train(&mut session)?;
    say(&summary.one_line());
    if let Some(path) = session.path() {
        say(&format!("kept in {0}; look at it with: mesolimb view {0}", path.display()));
    }
    Ok(())
}

#[cfg(feature = "viewer")]
fn has_display() -> bool {
    crate::viewer::has_display()
}

#[cfg(not(feature = "viewer"))]
fn has_display() -> bool {
    false
}

fn no_view_reason() -> &'static str {
    if cfg!(feature = "viewer") {
        "no display found: training here in the terminal instead"
    } else {
        "built without the viewer: training here in the terminal instead"
    }
}

#[cfg(feature = "viewer")]
fn view(session: Session, times: f64, screenshot: Option<(PathBuf, f32)>) -> anyhow::Result<()> {
    use crate::{live, viewer};
    if !viewer::has_display() {
        bail!("no display found: set DISPLAY, or start a virtual one, such as: xvfb-run mesolimb view …");
    }
    let title = format!("mesolimb: {} on {}", session.config().agent, session.config().task);
    let session =
        viewer::run(live::start(session, live::Speed::Times(times)), viewer::ViewOptions { screenshot, title })?;
    if let Some(path) = session.path() {
        say(&format!("kept in {0}; go on with: mesolimb resume {0}", path.display()));
    }
    Ok(())
}

#[cfg(not(feature = "viewer"))]
fn view(_session: Session, _times: f64, _screenshot: Option<(PathBuf, f32)>) -> anyhow::Result<()> {
    bail!("this mesolimb was built without the viewer; build it with the default features")
}

/// What was asked for goes to standard output. A reader who has seen enough, such as `head`, is no error.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
