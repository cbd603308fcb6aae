//! A run that is killed with SIGKILL at any moment and resumed ends as one that was never interrupted.
//!
//! Each test kills at 3 moments, spread over the life of a run from its first to its last millisecond, and each resumed
//! run once more; `MESOLIMB_KILLS=20 cargo test --test resume` takes 20 moments instead.

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use common::{curve, files, mesolimb, outcome, recorded};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

/// A run with many episodes and a checkpoint every few milliseconds.
const RUN: &str = "train cartpole --steps 4000 --checkpoint-every 60 --set spiking.cells=32";
/// The same, shorter and recorded.
const RECORDED: &str = "train cartpole --steps 1200 --checkpoint-every 60 --set spiking.cells=8 --record";

fn n_kills() -> u32 {
    std::env::var("MESOLIMB_KILLS").map_or(3, |n| n.parse().expect("MESOLIMB_KILLS is a number"))
}

/// Starts the run in `dir`, or takes it up if it has come to exist, and kills it after `life`, or lets it end.
/// Returns whether it was killed.
fn live(start: &str, dir: &Path, life: Option<Duration>) -> bool {
    let mut command = if dir.exists() { mesolimb("resume", &[]) } else { mesolimb(&format!("{start} --out"), &[]) };
    let mut child = command.arg(dir).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(life) = life {
        thread::sleep(life);
        // SIGKILL; nothing happens if it has ended.
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let killed = output.status.code().is_none();
    assert!(killed || output.status.success(), "{}", common::complaint(&output));
    killed
}

/// A run that nobody interrupts, and how long it takes.
fn undisturbed(start: &str, folder: &Path) -> (PathBuf, Duration) {
    let dir = folder.join("undisturbed");
    let clock = Instant::now();
    assert!(!live(start, &dir, None));
    (dir, clock.elapsed())
}

/// What makes up a run: every file but the summary, which tells of speed.
fn contents(run: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all: BTreeMap<_, _> =
        files(run).into_iter().map(|(path, bytes)| (path.strip_prefix(run).unwrap().to_owned(), bytes)).collect();
    all.remove(Path::new("summary.json")).expect("a run that has ended has a summary");
    all
}

fn assert_same_end(run: &Path, expected: &Path, story: &str) {
    assert_eq!(curve(run), curve(expected), "{story}: curve.csv differs");
    assert_eq!(outcome(run), outcome(expected), "{story}: summary.json differs");
    let (found, expected) = (contents(run), contents(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{story}: the files differ");
    for (path, bytes) in &expected {
        assert!(found[path] == *bytes, "{story}: {} differs", path.display());
    }
}

/// Kills `start` at moments all over its life, each resumed run once more, and compares the ends.
fn kill_at_random_moments(start: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (expected, duration) = undisturbed(start, folder.path());
    let n = n_kills();
    let mut rng = Pcg64::seed_from_u64(6);
    let mut n_killed = 0;
    for i in 0..n {
        let first = duration.mul_f64((f64::from(i) + rng.random::<f64>()) / f64::from(n));
        let second = duration.mul_f64(rng.random());
        let dir = folder.path().join(format!("killed-{i}"));
        for life in [first, second] {
            n_killed += u32::from(live(start, &dir, Some(life)));
        }
        live(start, &dir, None);
        assert_same_end(&dir, &expected, &format!("killed after {first:?} and after {second:?}"));
        if start.contains("--record") {
            assert_same_record(&dir, &expected);
        }
    }
    assert!(n_killed > n / 2, "only {n_killed} of {} kills met a live run, so little was tested", 2 * n);
}

fn assert_same_record(run: &Path, expected: &Path) {
    for kind in ["steps", "spikes"] {
        let rows = recorded(run, kind);
        assert!(rows.len() >= 1200, "only {} {kind} were recorded", rows.len());
        assert!(rows == recorded(expected, kind), "the {kind} that {} recorded differ", run.display());
    }
}

#[test]
fn killed_at_any_moment() {
    kill_at_random_moments(RUN);
}

#[test]
fn killed_at_any_moment_while_recording() {
    kill_at_random_moments(RECORDED);
}

#[test]
fn killed_while_it_starts() {
    let start = "train cartpole --steps 300 --checkpoint-every 60 --set spiking.cells=8";
    let folder = tempfile::tempdir().unwrap();
    let (expected, _) = undisturbed(start, folder.path());
    let dir = folder.path().join("killed");
    let mut killed_before_it_existed = 0;
    for life_ms in [0, 0, 1, 1, 2, 2, 3, 4, 5, 7, 10, 15, 20, 30] {
        live(start, &dir, Some(Duration::from_millis(life_ms)));
        killed_before_it_existed += u32::from(!dir.exists());
    }
    assert!(killed_before_it_existed > 0, "no kill came before the folder existed");
    live(start, &dir, None);
    assert_same_end(&dir, &expected, "killed at start-up, again and again");
}

/// A run that was killed right after it had closed a stretch of the record, before the checkpoint was in place.
#[test]
fn killed_between_the_record_and_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, _) = undisturbed(RECORDED, folder.path());
    let dir = folder.path().join("killed");
    copy(&expected, &dir);
    fs::remove_file(dir.join("summary.json")).unwrap();
    let newest = common::newest_checkpoint(&dir);
    fs::rename(&newest, newest.with_extension("ckpt.tmp")).unwrap();
    fs::write(dir.join("record/steps_000000001200.parquet.tmp"), "half a fil").unwrap();
    live(RECORDED, &dir, None);
    assert_same_end(&dir, &expected, "killed before a checkpoint was in place");
    assert_same_record(&dir, &expected);
}

/// A run that goes back before what it has recorded, and saves at other moments from then on.
#[test]
fn resumed_with_checkpoints_at_other_moments() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, _) = undisturbed(RECORDED, folder.path());
    let dir = folder.path().join("killed");
    copy(&expected, &dir);
    fs::remove_file(common::newest_checkpoint(&dir)).unwrap();
    fs::write(dir.join("checkpoints/step_000000001150.ckpt.tmp"), "half a checkpoi").unwrap();
    let run_file = fs::read_to_string(dir.join("run.toml")).unwrap();
    let altered = run_file.replace("checkpoint_every = 60", "checkpoint_every = 25");
    assert_ne!(altered, run_file);
    fs::write(dir.join("run.toml"), altered).unwrap();
    live(RECORDED, &dir, None);
    assert_eq!(curve(&dir), curve(&expected));
    assert_same_record(&dir, &expected);
    let left_over: Vec<_> =
        files(&dir).into_keys().filter(|path| path.extension().is_some_and(|e| e == "tmp")).collect();
    assert!(left_over.is_empty(), "{left_over:?} are left over");
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
