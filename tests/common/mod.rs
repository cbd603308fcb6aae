//! What the tests of the app share: the program, and run folders to compare.

#![allow(dead_code, reason = "every test takes what it needs")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub mod stub;

use mesolimb::{config::RunConfig, session::Session, summary::Summary};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use rayon::prelude::*;
use serde_json::Value;

/// The program, with `args` (one string, split at blanks) and then `settings`, each behind a `--set`.
pub fn mesolimb(args: &str, settings: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesolimb"));
    command.args(args.split_whitespace());
    for setting in settings {
        command.args(["--set", setting]);
    }
    command
}

/// Runs the program in `folder` to its end, which must be a good one.
pub fn succeed(folder: &Path, args: &str) {
    let output = mesolimb(args, &[]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "mesolimb {args}: {}", complaint(&output));
}

/// Takes a run up and trains to its end, without the summary, which takes longer than a short run.
pub fn resume(run: &Path) {
    train_on(Session::resume(run, None, None).unwrap());
}

/// Trains to the end.
pub fn train_on(mut session: Session) {
    while !session.is_finished() {
        session.step().unwrap();
    }
}

/// What the program wrote to standard error.
pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below `folder` with its contents.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
            // An empty folder that is left behind counts too.
            all.insert(path, Vec::new());
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

/// The curve of a run folder.
pub fn curve(run: &Path) -> String {
    fs::read_to_string(run.join("curve.csv")).unwrap()
}

/// The newest checkpoint of a run folder.
pub fn newest_checkpoint(run: &Path) -> PathBuf {
    mesolimb::folder::checkpoints(run).unwrap().pop().unwrap().1
}

/// What `summary.json` says, but for the speeds of this machine.
pub fn outcome(run: &Path) -> Value {
    let mut summary: Value = serde_json::from_slice(&fs::read(run.join("summary.json")).unwrap()).unwrap();
    for speed in ["env_steps_per_s", "brain_us_per_step"] {
        assert!(summary[speed].as_f64().unwrap() > 0.0, "{speed} in {}", run.display());
        summary.as_object_mut().unwrap().remove(speed);
    }
    summary
}

/// All rows of the recorded table `kind` (`steps` or `spikes`), segment after segment, values as text.
pub fn recorded(run: &Path, kind: &str) -> Vec<Vec<String>> {
    let segments = fs::read_dir(run.join("record")).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<PathBuf> = segments
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
        .inspect(|path| assert_eq!(path.extension().unwrap(), "parquet", "{} is left over", path.display()))
        .collect();
    segments.sort();
    let mut rows = Vec::new();
    for segment in segments {
        let reader = SerializedFileReader::new(File::open(&segment).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            rows.push(row.get_column_iter().map(|(_, value)| value.to_string()).collect());
        }
    }
    rows
}

/// Names of the columns of the recorded table `kind`.
pub fn recorded_columns(run: &Path, kind: &str) -> Vec<String> {
    let first = run.join("record").join(format!("{kind}_000000000000.parquet"));
    let reader = SerializedFileReader::new(File::open(first).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    schema.columns().iter().map(|column| column.name().to_owned()).collect()
}

/// Seeds of [`summaries`].
const SEEDS: u64 = 3;

/// Trains with each of a few seeds, side by side, then evaluates.
pub fn summaries(task: &str, steps: u64, settings: &[&str]) -> Vec<Summary> {
    let mut settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
    settings.extend([format!("task={task}"), format!("steps={steps}")]);
    let summary = |seed| {
        let config = RunConfig { seed, ..RunConfig::resolve(toml::Table::new(), &settings).unwrap() };
        let mut session = Session::unkept(&config).unwrap();
        while !session.is_finished() {
            session.step().unwrap();
        }
        Summary::of(&mut session, None).unwrap()
    };
    (0..SEEDS).into_par_iter().map(summary).collect()
}

/// Median of what each summary says.
pub fn median(summaries: &[Summary], of: impl Fn(&Summary) -> f64) -> f64 {
    let mut values: Vec<f64> = summaries.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median score after training with each of a few seeds.
pub fn median_score(task: &str, steps: u64, settings: &[&str]) -> f64 {
    median(&summaries(task, steps, settings), |summary| summary.score.unwrap())
}
