//! What cannot be done is refused: with a message that names what was found and what was expected, an exit status other
//! than zero, and every file as it was before.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use common::{complaint, curve, files, mesolimb, newest_checkpoint, resume, train_on};
use mesolimb::{
    checkpoint::Checkpoint,
    config::RunConfig,
    live::{self, Live, Speed},
    session::Session,
};
use tempfile::TempDir;

/// A run with two checkpoints, in a folder of its own.
struct Workplace(TempDir);

impl Workplace {
    fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with_run() -> Self {
        let place = Self::empty();
        place.train("run", 400);
        place
    }

    fn train(&self, name: &str, steps: u64) {
        self.train_with(name, steps, &["brain.cells=8"]);
    }

    fn train_with(&self, name: &str, steps: u64, settings: &[&str]) {
        let numbers = [format!("steps={steps}"), "task=cartpole".into(), "checkpoint_every=200".into()];
        let settings: Vec<String> = settings.iter().map(ToString::to_string).chain(numbers).collect();
        let config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
        train_on(Session::create(&config, &self.path(name)).unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    /// Runs the program and expects a refusal that says all of `expected` and leaves all files as they are.
    fn refuses(&self, args: &str, settings: &[&str], expected: &[&str]) {
        self.check_refusal(mesolimb(args, settings), &format!("mesolimb {args} {settings:?}"), expected);
    }

    fn check_refusal(&self, mut command: Command, what: &str, expected: &[&str]) {
        let before = files(self.0.path());
        let output = command.current_dir(self.0.path()).output().unwrap();
        let complaint = complaint(&output);
        assert!(!output.status.success(), "{what} is not refused");
        assert!(output.status.code().is_some() && !complaint.contains("panicked"), "{what} breaks down: {complaint}");
        for part in expected {
            assert!(complaint.contains(part), "{what} does not say '{part}' but: {complaint}");
        }
        assert!(files(self.0.path()) == before, "{what} changes files");
    }
}

#[test]
fn names_that_do_not_exist() {
    let place = Workplace::empty();
    place.refuses("train cartpol", &[], &["unknown task 'cartpol'", "did you mean 'cartpole'?"]);
    place.refuses("train cartpole --agent spikin", &[], &["unknown agent 'spikin'", "did you mean 'spiking'?"]);
    place.refuses("train cartpole", &["agent=stream-a"], &["unknown agent 'stream-a'", "did you mean 'stream-ac'?"]);
    place.refuses("train cartpole", &["spiking.horzon=9"], &["'spiking.horzon'", "did you mean 'spiking.horizon'?"]);
    place.refuses("train cartpole", &["brain.cels=9"], &["brain.cels is 9", "did you mean 'cells'?"]);
    place.refuses("train cartpole", &["brain=leen"], &["brain is 'leen'", "did you mean 'lean'?"]);
    place.refuses("train cartpole", &["brain.variant=homogenous"], &["brain.variant", "did you mean 'homogeneous'?"]);
    place.refuses("train cartpole", &["brain=none.toml"], &["cannot read none.toml"]);
    place.refuses("train cartpole", &["spikng.cells=9"], &["'spikng'", "did you mean 'spiking'?"]);
    place.refuses(
        "train cartpole",
        &["spiking.recalibration.enable=true"],
        &["did you mean 'spiking.recalibration.enabled'?"],
    );
    place.refuses(
        "train reacher",
        &[r#"changes=[{ parameter = "motor_gian", scale = -1.0 }]"#],
        &["no parameter 'motor_gian'", "did you mean 'motor_gain"],
    );
    place.refuses("train cartpole --sed 1", &[], &["--sed", "--seed"]);
    place.refuses("trian cartpole", &[], &["trian", "train"]);
    place.refuses("train", &[], &["name a task"]);
    place.refuses("study frist-light", &[], &["unknown study 'frist-light'"]);
    place.refuses("view runs/cartpole", &[], &["'runs/cartpole' is neither a run folder nor a task"]);
    place.refuses("view cartpol", &[], &["'cartpol' is neither", "did you mean 'cartpole'?"]);
    place.refuses("resume nowhere", &[], &["nowhere", "no run folder"]);
    place.refuses("eval nowhere", &[], &["nowhere", "no run folder"]);
}

#[test]
fn values_that_cannot_be() {
    let place = Workplace::empty();
    let cases: &[(&str, &[&str])] = &[
        ("brain.cells=1", &["brain.cells is 1", "[8, 4096]"]),
        ("brain.cells=-1", &["brain.cells", "-1"]),
        ("spiking.horizon=0.0", &["spiking.horizon is 0", "[0.001"]),
        ("spiking.horizon=nan", &["spiking.horizon is NaN", "[0.001"]),
        ("spiking.entropy=inf", &["spiking.entropy is inf", "[0, 10]"]),
        ("spiking.recalibration.gain_rate=2", &["spiking.recalibration.gain_rate is 2", "[0, 1]"]),
        ("brain.cells=many", &["cells", "many", "expected a number"]),
        ("stream_ac.sparsity=1.5", &["stream_ac.sparsity is 1.5", "from 0 to below 1"]),
        ("steps=0", &["steps is 0", "from 1 to"]),
        ("steps=2000000000000", &["steps is 2000000000000", "to 1000000000000"]),
        ("checkpoint_every=0", &["checkpoint_every is 0", "from 1 to"]),
        ("seed=-1", &["seed", "-1"]),
        ("steps", &["expected key=value"]),
        ("steps=[", &["--set steps"]),
        ("spiking=3", &["'spiking' is 3", "expected a section"]),
    ];
    for (setting, expected) in cases {
        place.refuses("train cartpole", &[setting], expected);
    }
    place.refuses("train cartpole --steps 0", &[], &["steps is 0"]);
    place.refuses("train cartpole --threads 0", &[], &["--threads is 0", "at least 1"]);
    place.refuses("train cartpole --seed -1", &[], &["-1"]);
    place.refuses("train cartpole --steps many", &[], &["--steps", "many"]);
}

#[test]
fn changes_that_cannot_be() {
    let place = Workplace::empty();
    let cases: &[(&str, &[&str])] = &[
        ("scale = 1e9", &["motor_gain/", "scale", "1000000000", "from"]),
        ("set = nan", &["motor_gain", "set", "NaN", "finite"]),
        ("scale = inf", &["motor_gain", "inf", "finite"]),
        ("set = { uniform = [0.0, nan] }", &["motor_gain", "NaN", "finite"]),
        ("scale = 2.0, at = 10, until = 10", &["until of 'motor_gain' is 10", "after at = 10"]),
        ("scale = 2.0, every = 0", &["every of 'motor_gain' is 0"]),
        ("scale = 0.5, add = 0.5", &["exactly one of set, scale and add"]),
        ("at = 5", &["exactly one of set, scale and add"]),
        ("scale = 0.5, untill = 5", &["untill", "until"]),
        ("scale = { unifrm = [0.5, 1.0] }", &["uniform"]),
        ("scale = 0.5, at = -1", &["-1"]),
    ];
    for (change, expected) in cases {
        let setting = format!(r#"changes=[{{ parameter = "motor_gain", {change} }}]"#);
        place.refuses("train reacher", &[&setting], expected);
    }
}

#[test]
fn a_run_file_with_a_slip() {
    let place = Workplace::empty();
    let cases: &[(&str, &[&str])] = &[
        ("task = 'cartpole'\nstepz = 5\n", &["'stepz'", "did you mean 'steps'?"]),
        ("[spiking]\nhorzon = 64\n", &["'spiking.horzon'", "did you mean 'spiking.horizon'?"]),
        ("task = 'cartpole'\nsteps = = 5\n", &["line 2"]),
        ("task = 'cartpole'\n\nsteps = 'five'\n", &["line 3", "steps", "five"]),
        ("[[changes]]\nparameter = 'gravity'\nsclae = 2.0\n", &["line 3", "sclae", "scale"]),
        ("task = 'cartpole'\nsteps = 0\n", &["steps is 0"]),
        ("[brain]\ncells = 3\n", &["brain.cells is 3"]),
        ("agent = 'spikin'\n", &["unknown agent 'spikin'"]),
        ("[[changes]]\nparameter = 'gravity'\nset = 1e9\n", &["gravity", "1000000000"]),
        ("\u{0}\u{1}", &["line 1"]),
    ];
    for (text, expected) in cases {
        place.write("my.toml", text);
        place.refuses("train cartpole --run my.toml", &[], &[expected, &["my.toml"][..]].concat());
    }
    place.write("my.toml", b"task = '\xff'");
    place.refuses("train --run my.toml", &[], &["my.toml"]);
    place.refuses("train --run none.toml", &[], &["none.toml"]);
    place.refuses("train --run .", &[], &["cannot read ."]);
}

#[test]
fn a_folder_that_holds_something() {
    let place = Workplace::with_run();
    place.refuses("train cartpole --steps 400 --out run", &[], &["run exists already", "mesolimb resume run"]);
    place.write("file", "mine");
    place.refuses("train cartpole --steps 400 --out file", &[], &["file exists already"]);
    place.refuses("train cartpole --steps 400 --out file/run", &[], &["file"]);
    fs::create_dir(place.path("mine")).unwrap();
    place.refuses("train cartpole --steps 400 --out mine", &[], &["mine exists already"]);
    place.refuses("resume mine", &[], &["mine", "run.toml"]);
}

#[test]
fn a_checkpoint_that_is_damaged() {
    let place = Workplace::with_run();
    let newest = newest_checkpoint(&place.path("run"));
    let good = fs::read(&newest).unwrap();
    let name = newest.file_name().unwrap().to_str().unwrap();
    let flipped = |at: usize, bit: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << bit;
        bytes
    };
    let mut newer = good.clone();
    newer[8..12].copy_from_slice(&9_u32.to_le_bytes());
    let mut too_long = good.clone();
    too_long.push(0);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "empty"),
        (good[..10].to_vec(), "cut off"),
        (good[..24].to_vec(), "cut off"),
        (good[..good.len() - 1].to_vec(), "cut off"),
        (too_long, "bytes of state, expected"),
        (newer, "version 9 is newer"),
        (flipped(0, 0), "no mesolimb checkpoint"),
        (flipped(8, 0), "version is 0, expected 1"),
        (flipped(13, 3), "checksum"),
        (flipped(16, 0), "bytes of state, expected"),
        (flipped(23, 7), "bytes of state, expected"),
        (flipped(24, 0), "checksum"),
        (flipped(good.len() / 2, 5), "checksum"),
        (flipped(good.len() - 1, 7), "checksum"),
        (b"MESOLIMB of a story that is no checkpoint at all".to_vec(), "version"),
    ];
    for (bytes, expected) in &cases {
        fs::write(&newest, bytes).unwrap();
        // The older one is whole, and the message says how to go on from it.
        place.refuses("resume run", &[], &[expected, name, "step 200 is whole", "--from"]);
        place.refuses("eval run", &[], &[expected, name]);
    }
    for at in (0..good.len()).step_by(good.len() / 200 + 1) {
        fs::write(&newest, flipped(at, (at % 8) as u8)).unwrap();
        assert!(Checkpoint::read(&newest).is_err(), "a flipped bit in byte {at} goes unnoticed");
    }
    place.refuses(&format!("resume run --from run/checkpoints/{name}"), &[], &[name]);
    fs::remove_dir_all(place.path("run/checkpoints")).unwrap();
    fs::create_dir(place.path("run/checkpoints")).unwrap();
    place.refuses("resume run", &[], &["holds no checkpoint"]);
}

/// The way that the message about a damaged checkpoint shows leads back to the same end.
#[test]
fn an_older_checkpoint_leads_to_the_same_end() {
    let place = Workplace::with_run();
    let run = place.path("run");
    let (expected, newest) = (curve(&run), newest_checkpoint(&run));
    let good = fs::read(&newest).unwrap();
    fs::write(&newest, "damaged").unwrap();
    let older = run.join("checkpoints/step_000000000200.ckpt");
    // Gone back but ended before anything was saved: the folder stands at the older checkpoint, and is whole.
    drop(Session::resume(&run, Some(&older), None).unwrap());
    assert_eq!(newest_checkpoint(&run), older);
    resume(&run);
    assert_eq!(curve(&run), expected);
    assert!(fs::read(newest).unwrap() == good, "the final checkpoint differs");

    // From a file that lies elsewhere, to a step that is saved beside newer ones.
    fs::rename(&older, place.path("elsewhere.ckpt")).unwrap();
    drop(Session::resume(&run, Some(&place.path("elsewhere.ckpt")), None).unwrap());
    resume(&run);
    assert_eq!(curve(&run), expected);
}

#[test]
fn a_run_that_was_altered() {
    let place = Workplace::with_run();
    let run_file = fs::read_to_string(place.path("run/run.toml")).unwrap();
    let altered = |from: &str, to: &str| {
        assert!(run_file.contains(from), "'{from}' is not in {run_file}");
        place.write("run/run.toml", run_file.replace(from, to));
    };
    let cases: &[(&str, &str, &[&str])] = &[
        ("seed = 0", "seed = 1", &["seed is 1, but 0 in the run that was saved"]),
        ("cells = 8", "cells = 16", &["spiking.brain.cells is 16, but 8"]),
        ("task = \"cartpole\"", "task = \"reacher\"", &["task is \"reacher\", but \"cartpole\""]),
        ("agent = \"spiking\"", "agent = \"spikin\"", &["agent is \"spikin\", but \"spiking\""]),
        ("gamma = ", "gama = ", &["gama", "did you mean"]),
        ("steps = 400", "steps = 0", &["steps is 0"]),
    ];
    for (from, to, expected) in cases {
        altered(from, to);
        place.refuses("resume run", &[], &[expected, &["run.toml"][..]].concat());
        place.refuses("eval run", &[], &[expected, &["run.toml"][..]].concat());
    }
    place.write("run/run.toml", &run_file);
    place.refuses("resume run --steps 0", &[], &["steps is 0"]);
    place.refuses("resume run --steps 399", &[], &["--steps is 399, expected at least 400"]);

    let lines = curve(&place.path("run"));
    place.write("run/curve.csv", &lines[..lines.len() - 9]);
    place.refuses("resume run", &[], &["curve.csv", "lines are missing"]);
    fs::remove_file(place.path("run/curve.csv")).unwrap();
    place.refuses("resume run", &[], &["curve.csv"]);
}

#[test]
fn two_at_work_in_one_folder() {
    let place = Workplace::with_run();
    let run = place.path("run");
    let expected = ["another mesolimb is at work in run"];
    let first = Session::resume(&run, None, None).unwrap();
    place.refuses("resume run", &[], &expected);
    drop(first);
    let longer = Session::resume(&run, None, Some(500)).unwrap();
    place.refuses("resume run", &[], &expected);
    place.refuses("resume run --steps 900", &[], &expected);
    drop(longer);
    resume(&run);
}

/// Room for the curve, not for a checkpoint.
const NEARLY_FULL_KIB: u32 = 20;

/// Runs the program where no file can grow beyond `room_kib`, as on a disk that is full.
fn on_a_full_disk(place: &Workplace, room_kib: u32, args: &str, expected: &[&str]) {
    let mut command = Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {room_kib}; exec '{}' {args}", env!("CARGO_BIN_EXE_mesolimb"));
    command.args(["-c", &script]).current_dir(place.0.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "mesolimb {args} on a full disk: {}", complaint(&output));
    for part in expected {
        assert!(complaint(&output).contains(part), "'{part}' is not in: {}", complaint(&output));
    }
}

#[test]
fn a_full_disk() {
    let place = Workplace::empty();
    on_a_full_disk(&place, NEARLY_FULL_KIB, "train cartpole --set brain.cells=32 --out none", &[".ckpt", "too large"]);
    assert_eq!(files(place.0.path()).len(), 0, "a run that could not be started leaves something behind");

    place.train_with("expected", 1000, &["brain.cells=32"]);
    for record in [false, true] {
        place.train_with("run", 400, &["brain.cells=32", &format!("record={record}")]);
        let run = place.path("run");
        let (newest, good) = (newest_checkpoint(&run), fs::read(newest_checkpoint(&run)).unwrap());
        let what = if record { "File too large" } else { "step_000000000600.ckpt" };
        let before = files(&run.join("checkpoints"));
        on_a_full_disk(&place, 0, "resume run --steps 1000", &["run.toml", "too large"]);
        assert!(fs::read_to_string(run.join("run.toml")).unwrap().contains("steps = 400"), "run.toml did not survive");
        assert!(files(&run.join("checkpoints")) == before, "a run that could not be taken up has changed");
        on_a_full_disk(&place, NEARLY_FULL_KIB, "resume run --steps 1000", &[what, "too large"]);
        assert_eq!(newest_checkpoint(&run), newest);
        assert!(fs::read(newest).unwrap() == good, "the last good checkpoint did not survive");
        let left_over =
            |path: &Path| path.extension().is_some_and(|e| e == "tmp") && !path.starts_with(run.join("record"));
        assert!(!files(&run).keys().any(|path| left_over(path)), "half a checkpoint is left over");

        resume(&run);
        assert_eq!(curve(&run), curve(&place.path("expected")));
        if record {
            assert_eq!(common::recorded(&run, "steps").len(), 1000);
        } else {
            let last = |run: &str| fs::read(newest_checkpoint(&place.path(run))).unwrap();
            assert!(last("run") == last("expected"), "the final checkpoint differs");
        }
        fs::remove_dir_all(&run).unwrap();
    }
}

/// What cannot be saved is not saved later either, when parts of it are lost.
#[test]
fn a_step_that_failed_is_the_last() {
    let place = Workplace::with_run();
    place.train("expected", 800);
    let (run, checkpoints) = (place.path("run"), place.path("run/checkpoints"));
    let mut session = Session::resume(&run, None, Some(800)).unwrap();
    fs::rename(&checkpoints, place.path("away")).unwrap();
    let error = std::iter::repeat_with(|| session.step()).find_map(Result::err).unwrap();
    assert!(format!("{error:#}").contains("step_000000000600.ckpt"), "{error:#}");
    fs::rename(place.path("away"), &checkpoints).unwrap();
    let before = files(&checkpoints);
    assert!(session.step().is_err(), "the run goes on as if nothing had happened");
    session.suspend().unwrap();
    assert!(session.finish(None).is_err(), "a run that broke off has a summary");
    assert!(files(&checkpoints) == before, "a checkpoint was written after a step had failed");
    drop(session);
    resume(&run);
    assert_eq!(curve(&run), curve(&place.path("expected")));
}

/// Whoever watches is told by a frame, and the program by the thread.
#[test]
fn a_step_that_failed_in_front_of_a_watcher_is_an_error() {
    let place = Workplace::with_run();
    let (run, checkpoints) = (place.path("run"), place.path("run/checkpoints"));
    let session = Session::resume(&run, None, Some(800)).unwrap();
    fs::rename(&checkpoints, place.path("away")).unwrap();
    let Live { frames, commands, thread, .. } = live::start(session, Speed::Max);
    let told = frames.iter().find_map(|frame| frame.ended).unwrap();
    assert!(told.starts_with("stopped: ") && told.contains("step_000000000600.ckpt"), "{told}");
    fs::rename(place.path("away"), &checkpoints).unwrap();
    let before = files(&checkpoints);
    commands.send(live::Command::Quit).unwrap();
    let error = thread.join().unwrap().map(|_| ()).unwrap_err();
    assert_eq!(format!("stopped: {error:#}"), told);
    assert!(files(&checkpoints) == before, "a checkpoint was written after a step had failed");
}

/// Options that would be ignored are refused.
#[test]
fn options_that_a_view_does_not_take() {
    let place = Workplace::with_run();
    place.write("my.toml", "task = 'cartpole'");
    for option in
        ["--run my.toml", "--set seed=1", "--seed 1", "--steps 9", "--agent random", "--record", "--checkpoint-every 9"]
    {
        let name = option.split(' ').next().unwrap();
        place.refuses(&format!("view run {option}"), &[], &["view run", name, "as it was saved"]);
    }
    place.refuses("view cartpole --record", &[], &["--record is for a run that is kept"]);
    place.refuses("view cartpole --checkpoint-every 9", &[], &["--checkpoint-every is for a run that is kept"]);
}

/// What a start that was killed has left behind goes with the next start of the same name; a start under way stays.
#[test]
fn a_start_that_was_killed_leaves_nothing_for_long() {
    let place = Workplace::empty();
    let long_ago = SystemTime::now() - Duration::from_secs(3_600);
    for name in [".run.123.tmp", ".run.124.tmp", ".runner.125.tmp", ".run.tmp"] {
        fs::create_dir_all(place.path(name).join("checkpoints")).unwrap();
        if name != ".run.124.tmp" {
            fs::File::open(place.path(name)).unwrap().set_modified(long_ago).unwrap();
        }
    }
    place.train("run", 200);
    let stays = |name: &str| place.path(name).exists();
    assert!(!stays(".run.123.tmp"), "it is left behind");
    assert!(stays(".run.124.tmp"), "a start under way was disturbed");
    assert!(stays(".runner.125.tmp") && stays(".run.tmp"), "something else was removed");
}
