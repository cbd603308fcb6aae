//! Equal runs are equal to the bit: whoever records, whoever watches, whatever the number of threads.

mod common;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use common::{curve, newest_checkpoint, outcome, recorded, recorded_columns, succeed, train_on};
use mesolimb::{
    config::RunConfig,
    live::{self, Command, Live, Speed},
    session::Session,
};
use mesolimb_agents::SpikingConfig;
use mesolimb_brain::Spike;
use tempfile::TempDir;

const STEPS: u64 = 3_000;

/// Runs of `STEPS` steps with a small brain, each in a folder of its own.
struct Runs(TempDir);

impl Runs {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Trains by the command line.
    fn train(&self, name: &str, options: &str) -> PathBuf {
        succeed(self.0.path(), &format!("train reacher --steps {STEPS} --set brain.cells=32 --out {name} {options}"));
        self.0.path().join(name)
    }

    /// The same run by hand.
    fn session(&self, name: &str, seed: u64) -> Session {
        let settings = [format!("seed={seed}"), format!("steps={STEPS}"), "brain.cells=32".into()];
        let config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
        Session::create(&config, &self.0.path().join(name)).unwrap()
    }
}

/// The run that all others are held against.
fn plain() -> &'static Path {
    static PLAIN: OnceLock<(Runs, PathBuf)> = OnceLock::new();
    let (_, path) = PLAIN.get_or_init(|| {
        let runs = Runs::new();
        let path = runs.train("plain", "--seed 0 --threads 1");
        (runs, path)
    });
    path
}

fn assert_same(run: &Path) {
    assert!(curve(plain()).lines().count() > 10, "hardly any episode has ended: {}", curve(plain()));
    assert_eq!(curve(run), curve(plain()), "{} has another curve than the plain run", run.display());
    assert_eq!(outcome(run), outcome(plain()), "{} comes to another end than the plain run", run.display());
}

#[test]
fn g10_the_same_seed_gives_the_same_run_and_another_seed_another() {
    let runs = Runs::new();
    let [again, other] = [("again", 0), ("other", 1)].map(|(name, seed)| {
        train_on(runs.session(name, seed));
        runs.0.path().join(name)
    });
    assert_eq!(curve(&again), curve(plain()));
    let checkpoint = |run: &Path| std::fs::read(newest_checkpoint(run)).unwrap();
    assert!(checkpoint(&again) == checkpoint(plain()), "the final checkpoints differ");
    assert_ne!(curve(&other), curve(plain()), "the seed makes no difference");
}

#[test]
fn two_threads_and_a_recorder_change_nothing() {
    let runs = Runs::new();
    assert_same(&runs.train("two", "--threads 2"));
    assert_same(&runs.train("recorded", "--threads 1 --record"));
    let recorded = runs.train("two-recorded", "--threads 2 --record --checkpoint-every 700");
    assert_same(&recorded);
    check_record(&recorded);
}

/// The record tells of every step once, and of the spikes of steps that were lived.
fn check_record(run: &Path) {
    let steps = recorded(run, "steps");
    let counted: Vec<String> = (1..=STEPS).map(|step| step.to_string()).collect();
    assert_eq!(steps.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), counted, "steps that were recorded");
    let columns = recorded_columns(run, "steps");
    for name in ["step", "reward", "value", "delta", "dopamine", "observation_target_x", "action_shoulder"] {
        assert!(columns.iter().any(|column| column == name), "no column '{name}' among {columns:?}");
    }
    let dopamine = columns.iter().position(|column| column == "dopamine").unwrap();
    assert!(steps.iter().any(|row| row[dopamine] != steps[0][dopamine]), "dopamine never moves");

    let spikes = recorded(run, "spikes");
    assert_eq!(recorded_columns(run, "spikes"), ["step", "tick", "cell", "size"]);
    assert!(spikes.len() as u64 > STEPS, "only {} spikes were recorded", spikes.len());
    let in_range = |row: &Vec<String>| {
        let [step, tick, cell]: [i64; 3] = std::array::from_fn(|i| row[i].parse().unwrap());
        (1..=STEPS as i64).contains(&step) && (0..16 * STEPS as i64).contains(&tick) && (0..4 * 32).contains(&cell)
    };
    assert_eq!(spikes.iter().find(|row| !in_range(row)), None, "a spike that cannot be");
}

/// What is recorded is what happened: every number of every step, and every spike, those of the first thought of an
/// episode too. A twin of the run tells what happened.
#[test]
fn the_record_tells_what_happened() {
    let runs = Runs::new();
    let settings = ["steps=300", "brain.cells=8", "record=true", "checkpoint_every=77"].map(String::from);
    let config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
    let run = runs.0.path().join("recorded");
    train_on(Session::create(&config, &run).unwrap());
    let mut twin = Session::unkept(&config).unwrap();
    let (mut steps, mut spikes) = (Vec::new(), Vec::new());
    let spikes_of = |session: &Session, step: u64, n_thoughts: u64| {
        let spikes = session.rollout().agent().brain().unwrap().spikes().iter();
        let ticks = u64::from(SpikingConfig::default().brain(session.rollout().env().spec()).unwrap().ticks);
        let tick = |s: Spike| (ticks * n_thoughts + u64::from(s.tick)) as f64;
        let rows = spikes.map(|s| vec![step as f64, tick(s), f64::from(s.cell), f64::from(s.size)]);
        rows.collect::<Vec<_>>()
    };
    let mut n_thoughts = 0;
    let mut n_first = 0;
    while !twin.is_finished() {
        if twin.rollout_mut().prepare().unwrap() {
            let first_thought = spikes_of(&twin, twin.rollout().progress().steps + 1, n_thoughts);
            n_thoughts += 1;
            n_first += usize::from(!first_thought.is_empty());
            spikes.extend(first_thought);
        }
        let report = twin.step().unwrap();
        let rollout = twin.rollout();
        let step = rollout.progress().steps;
        let numbers = rollout
            .agent()
            .insight()
            .iter()
            .chain(rollout.observation())
            .chain(rollout.action())
            .map(|v| f64::from(*v));
        steps.push([step as f64, report.reward].into_iter().chain(numbers).collect::<Vec<f64>>());
        spikes.extend(spikes_of(&twin, step, n_thoughts));
        n_thoughts += 1;
    }
    assert!(n_first > 1, "only {n_first} first thoughts with spikes, so little was tested");
    for (kind, expected) in [("steps", steps), ("spikes", spikes)] {
        let found: Vec<Vec<f64>> =
            recorded(&run, kind).iter().map(|row| row.iter().map(|v| v.parse().unwrap()).collect()).collect();
        assert_eq!(found.len(), expected.len(), "number of {kind}");
        for (found, expected) in found.iter().zip(&expected) {
            // The reader writes numbers with few digits.
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 * (1.0 + b.abs());
            assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{found:?} {expected:?}");
        }
    }
}

/// Waits for `done`, which a working program reaches in a second or so.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} does not come");
        thread::sleep(Duration::from_millis(5));
    }
}

fn run_is_done(run: &Path) -> bool {
    run.join("summary.json").exists()
}

/// One who looks at every frame, and goes away half-way.
#[test]
fn a_watcher_changes_nothing() {
    let runs = Runs::new();
    let Live { commands, frames, thread, .. } = live::start(runs.session("watched", 0), Speed::Max);
    let (mut step, mut n_samples) = (0, 0);
    wait_for("the middle of the run", || {
        for frame in frames.try_iter() {
            step = frame.step;
            n_samples += frame.samples.len() as u64;
        }
        step > STEPS / 2
    });
    drop(frames);
    assert!((1..=step).contains(&n_samples), "{n_samples} samples of {step} steps");
    wait_for("the summary", || run_is_done(&runs.0.path().join("watched")));
    commands.send(Command::Quit).unwrap();
    assert_same(thread.join().unwrap().unwrap().path().unwrap());
}

#[test]
fn a_watcher_who_never_looks_changes_nothing() {
    let runs = Runs::new();
    let Live { commands, frames, thread, .. } = live::start(runs.session("ignored", 0), Speed::Max);
    wait_for("the summary", || run_is_done(&runs.0.path().join("ignored")));
    assert!(frames.is_full(), "no frame was offered, so nothing was tested");
    commands.send(Command::Quit).unwrap();
    assert_same(thread.join().unwrap().unwrap().path().unwrap());
}
