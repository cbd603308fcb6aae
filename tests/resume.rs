//! A run that is killed with SIGKILL at any moment and resumed ends as one that was never interrupted.
//!
//! Each test kills at 3 moments, spread over the life of a run from its first to its last millisecond, and each resumed
//! run once more; `MESOLIMB_KILLS=20 cargo test --test resume` takes 20 moments instead.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{curve, files, mesolimb, outcome, recorded, train_on};
use mesolimb::{config::RunConfig, intervention::Intervention, session::Session};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

/// A run to be killed, by the command line that starts it. It saves every few milliseconds.
struct Plan {
    start: &'static str,
    steps: u64,
}

const RUN: Plan = Plan { start: "train reacher --steps 6000 --checkpoint-every 70 --set brain.cells=32", steps: 6000 };
/// The same, shorter and recorded.
const RECORDED: Plan =
    Plan { start: "train reacher --steps 900 --checkpoint-every 60 --set brain.cells=8 --record", steps: 900 };

/// A run that nobody interrupts: its folder, and how long it takes to train and in all.
struct Undisturbed {
    dir: PathBuf,
    training: Duration,
    whole: Duration,
}

impl Undisturbed {
    fn run(plan: &Plan, folder: &Path) -> Self {
        let dir = folder.join("undisturbed");
        let last_checkpoint = dir.join(format!("checkpoints/step_{:012}.ckpt", plan.steps));
        let clock = Instant::now();
        let mut child =
            mesolimb(&format!("{} --out", plan.start), &[]).arg(&dir).stdout(Stdio::null()).spawn().unwrap();
        while !last_checkpoint.exists() {
            assert!(clock.elapsed() < Duration::from_secs(120), "{} does not come", last_checkpoint.display());
            thread::sleep(Duration::from_millis(1));
        }
        let training = clock.elapsed();
        assert!(child.wait().unwrap().success());
        Self { dir, training, whole: clock.elapsed() }
    }

    /// A moment in the life of the run, from its start at 0 to its end at 1; most of it is training.
    fn moment(&self, x: f64) -> Duration {
        const TRAINING: f64 = 0.85;
        if x < TRAINING {
            return self.training.mul_f64(x / TRAINING);
        }
        self.training + (self.whole - self.training).mul_f64((x - TRAINING) / (1.0 - TRAINING))
    }
}

fn n_kills() -> u32 {
    std::env::var("MESOLIMB_KILLS").map_or(3, |n| n.parse().expect("MESOLIMB_KILLS is a number"))
}

/// Starts the run in `dir`, or takes it up if it has come to exist.
fn start_or_resume(plan: &Plan, dir: &Path) -> Command {
    let mut command =
        if dir.exists() { mesolimb("resume", &[]) } else { mesolimb(&format!("{} --out", plan.start), &[]) };
    command.arg(dir).stdout(Stdio::null());
    command
}

/// Starts the run in `dir`, or takes it up if it has come to exist, and kills it after `life`. Returns whether it was
/// alive until then.
fn live(plan: &Plan, dir: &Path, life: Duration) -> bool {
    let mut child = start_or_resume(plan, dir).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(life);
    // SIGKILL; nothing happens if it has ended.
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let killed = output.status.code().is_none();
    assert!(killed || output.status.success(), "{}", common::complaint(&output));
    killed
}

/// Starts the run in `dir`, or takes it up, and lets it train to its end. Whether it was summed up does not matter here.
fn live_on(plan: &Plan, dir: &Path) {
    if dir.exists() {
        common::resume(dir);
    } else {
        assert!(start_or_resume(plan, dir).status().unwrap().success());
    }
}

/// What makes up a run: every file but the summary, which is written later and tells of speed.
fn contents(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all: BTreeMap<_, _> =
        files(run).into_iter().map(|(path, bytes)| (path.strip_prefix(run).unwrap().to_owned(), bytes)).collect();
    all.remove(Path::new("summary.json"));
    all
}

fn assert_same_end(run: &Path, expected: &Path, story: &str) {
    assert_eq!(curve(run), curve(expected), "{story}: curve.csv differs");
    if run.join("summary.json").exists() {
        assert_eq!(outcome(run), outcome(expected), "{story}: summary.json differs");
    }
    let (found, expected) = (contents(run), contents(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{story}: the files differ");
    for (path, bytes) in &expected {
        assert!(found[path] == *bytes, "{story}: {} differs", path.display());
    }
}

/// Kills a run at moments all over its life, each resumed run once more, and compares the ends.
fn kill_at_random_moments(plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let expected = Undisturbed::run(plan, folder.path());
    let n = n_kills();
    let mut rng = Pcg64::seed_from_u64(6);
    let mut n_killed = 0;
    for i in 0..n {
        let first = expected.moment((f64::from(i) + rng.random::<f64>()) / f64::from(n));
        let second = expected.moment(rng.random());
        let dir = folder.path().join(format!("killed-{i}"));
        for life in [first, second] {
            n_killed += u32::from(live(plan, &dir, life));
        }
        live_on(plan, &dir);
        assert_same_end(&dir, &expected.dir, &format!("killed after {first:?} and after {second:?}"));
        if dir.join("record").exists() {
            assert_same_record(plan, &dir, &expected.dir);
        }
    }
    assert!(n_killed > n / 2, "only {n_killed} of {} kills met a live run, so little was tested", 2 * n);
}

fn assert_same_record(plan: &Plan, run: &Path, expected: &Path) {
    for kind in ["steps", "spikes"] {
        let rows = recorded(run, kind);
        assert!(rows.len() as u64 >= plan.steps, "only {} {kind} were recorded", rows.len());
        assert!(rows == recorded(expected, kind), "the {kind} that {} recorded differ", run.display());
    }
}

#[test]
fn g10_killed_at_any_moment() {
    kill_at_random_moments(&RUN);
}

#[test]
fn killed_at_any_moment_while_recording() {
    kill_at_random_moments(&RECORDED);
}

#[test]
fn killed_while_it_starts() {
    let plan = Plan { start: "train cartpole --steps 300 --checkpoint-every 60 --set brain.cells=8", steps: 300 };
    let folder = tempfile::tempdir().unwrap();
    let expected = Undisturbed::run(&plan, folder.path());
    let dir = folder.path().join("killed");
    let mut killed_before_it_existed = 0;
    for life_ms in [0, 0, 1, 1, 2, 2, 3, 4, 5, 7, 10, 15, 20, 30] {
        live(&plan, &dir, Duration::from_millis(life_ms));
        killed_before_it_existed += u32::from(!dir.exists());
    }
    assert!(killed_before_it_existed > 0, "no kill came before the folder existed");
    assert!(start_or_resume(&plan, &dir).status().unwrap().success());
    assert!(dir.join("summary.json").exists());
    assert_same_end(&dir, &expected.dir, "killed at start-up, again and again");
}

/// A run that was killed right after it had closed a stretch of the record, before the checkpoint was in place; and one
/// that saves at other moments from then on.
#[test]
fn killed_between_the_record_and_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let expected = Undisturbed::run(&RECORDED, folder.path()).dir;
    for every in [60, 25] {
        let dir = folder.path().join(format!("every-{every}"));
        copy(&expected, &dir);
        let newest = common::newest_checkpoint(&dir);
        fs::rename(&newest, newest.with_extension("ckpt.tmp")).unwrap();
        fs::write(dir.join("checkpoints/step_000000000870.ckpt.tmp"), "half a checkpoi").unwrap();
        fs::write(dir.join("record/steps_000000000850.parquet.tmp"), "half a fil").unwrap();
        let run_file = fs::read_to_string(dir.join("run.toml")).unwrap();
        assert!(run_file.contains("checkpoint_every = 60"));
        let run_file = run_file.replace("checkpoint_every = 60", &format!("checkpoint_every = {every}"));
        fs::write(dir.join("run.toml"), run_file).unwrap();
        common::resume(&dir);
        assert_eq!(curve(&dir), curve(&expected));
        assert_same_record(&RECORDED, &dir, &expected);
        if every == 60 {
            assert_same_end(&dir, &expected, "killed before a checkpoint was in place");
        }
        let left_over = files(&dir).into_keys().find(|path| path.extension().is_some_and(|e| e == "tmp"));
        assert_eq!(left_over, None, "something is left over");
    }
}

/// A run that lived longer, and is then taken back to an older checkpoint.
#[test]
fn taken_back_before_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let expected = Undisturbed::run(&RECORDED, folder.path()).dir;
    let dir = folder.path().join("longer");
    copy(&expected, &dir);
    let older = dir.join("checkpoints/step_000000000840.ckpt");
    let kept = folder.path().join("kept.ckpt");
    fs::copy(&older, &kept).unwrap();
    train_on(Session::resume(&dir, None, Some(1200)).unwrap());
    assert!(!older.exists(), "more than two checkpoints are kept");
    train_on(Session::resume(&dir, Some(&kept), Some(RECORDED.steps)).unwrap());
    assert_same_end(&dir, &expected, "taken back");
    assert_same_record(&RECORDED, &dir, &expected);
}

/// A run that goes back to a moment in the midst of a stretch that was recorded.
#[test]
fn taken_back_into_the_midst_of_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let expected = Undisturbed::run(&RECORDED, folder.path()).dir;
    let settings = ["steps=900", "checkpoint_every=60", "brain.cells=8", "record=true"].map(String::from);
    let config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
    let dir = folder.path().join("unaligned");
    let mut session = Session::create(&config, &dir).unwrap();
    let (early, midst) = (folder.path().join("early.ckpt"), folder.path().join("midst.ckpt"));
    while session.rollout().progress().steps < 300 {
        session.step().unwrap();
        let step = session.rollout().progress().steps;
        if let Some(kept) = [(60, &early), (180, &midst)].iter().find(|(at, _)| *at == step).map(|(_, kept)| kept) {
            fs::copy(dir.join(format!("checkpoints/step_{step:012}.ckpt")), kept).unwrap();
        }
    }
    drop(session);
    let run_file = fs::read_to_string(dir.join("run.toml")).unwrap();
    let seldom = run_file.replace("checkpoint_every = 60", "checkpoint_every = 400");
    fs::write(dir.join("run.toml"), seldom).unwrap();
    let mut session = Session::resume(&dir, Some(&early), None).unwrap();
    while session.rollout().progress().steps < 450 {
        session.step().unwrap();
    }
    drop(session);
    assert!(dir.join("record/steps_000000000060.parquet").exists(), "no stretch holds step 180 in its midst");
    train_on(Session::resume(&dir, Some(&midst), None).unwrap());
    assert_same_record(&RECORDED, &dir, &expected);
}

/// Changes by hand are part of the run: what a resumed run forgets, its folder forgets too.
#[test]
fn changed_by_hand_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["task=cartpole", "steps=300", "checkpoint_every=100", "brain.cells=8"].map(String::from);
    let config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
    let scale = |factor| Intervention::Scale { parameter: "motor_gain".into(), factor };
    // The changes, each once so many steps have been lived.
    let story = [(40, scale(0.5)), (150, Intervention::Undo)];
    let live_until = |session: &mut Session, end: u64| {
        while session.rollout().progress().steps < end {
            let now = session.rollout().progress().steps;
            for (_, intervention) in story.iter().filter(|(step, _)| *step == now) {
                session.intervene(intervention).unwrap();
            }
            session.step().unwrap();
        }
    };
    let (expected, dir) = (folder.path().join("expected"), folder.path().join("dropped"));
    let mut session = Session::create(&config, &expected).unwrap();
    live_until(&mut session, 200);
    // Changed right after it was saved: it is saved once more.
    session.intervene(&scale(-1.0)).unwrap();
    session.suspend().unwrap();
    train_on(session);
    let rows = |dir: &Path| fs::read_to_string(dir.join("interventions.csv")).unwrap();
    let first = "step,parameter,value\n40,motor_gain/push,0.5\n";
    assert_eq!(rows(&expected), format!("{first}150,all,undo\n200,motor_gain/push,-1\n"));

    let mut session = Session::create(&config, &dir).unwrap();
    assert!(!dir.join("interventions.csv").exists());
    let unknown = Intervention::Set { parameter: "motor_gian".into(), value: 1.0 };
    let error = session.intervene(&unknown).unwrap_err().to_string();
    assert!(error.contains("no parameter 'motor_gian'; did you mean 'motor_gain"), "{error}");
    live_until(&mut session, 160);
    assert_eq!(session.interventions(), 2);
    let naive = folder.path().join("naive.ckpt");
    fs::copy(dir.join("checkpoints/step_000000000000.ckpt"), &naive).unwrap();
    drop(session);
    let mut session = Session::resume(&dir, None, None).unwrap();
    assert_eq!((rows(&dir).as_str(), session.interventions()), (first, 1));
    live_until(&mut session, 200);
    session.intervene(&scale(-1.0)).unwrap();
    session.suspend().unwrap();
    drop(session);
    let mut session = Session::resume(&dir, None, None).unwrap();
    assert_eq!((session.rollout().progress().steps, session.interventions()), (200, 3));
    assert_eq!(session.finish(None).unwrap().interventions, 3);
    train_on(session);
    fs::remove_file(dir.join("summary.json")).unwrap();
    assert_same_end(&dir, &expected, "changed by hand");

    drop(Session::resume(&dir, Some(&naive), None).unwrap());
    assert!(!dir.join("interventions.csv").exists(), "changes of another life are left over");
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        if path.is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, bytes).unwrap();
        }
    }
}
