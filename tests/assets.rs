//! Every run file, and every brain, that ships can run.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::mesolimb;
use mesolimb::{
    brain::{self, DescribeArgs},
    config::RunConfig,
    session::Session,
};

/// The TOML files of a folder under `assets/`.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(folder);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|e| e == "toml")).collect();
    assert!(!files.is_empty(), "{} holds no file", folder.display());
    files
}

fn described(file: &Path) -> DescribeArgs {
    DescribeArgs { spec: file.to_owned(), task: "reacher".into(), settings: Vec::new(), svg: None, seed: 0 }
}

#[test]
fn run_files_run() {
    for file in files("runs") {
        let config = RunConfig::read(&file).and_then(|table| RunConfig::resolve(table, &[])).unwrap();
        let mut session = Session::unkept(&config).unwrap_or_else(|e| panic!("{}: {e:#}", file.display()));
        session.step().unwrap();
    }
}

#[test]
fn brains_run() {
    for file in files("brains") {
        let spec = brain::read(&file).unwrap_or_else(|error| panic!("{error:#}"));
        let mut network = brain::build(&file, &spec, 0, 1).unwrap_or_else(|error| panic!("{error:#}"));
        network.think((100.0 / spec.tick_ms).round() as u32);
        assert!(!network.take_records().is_empty(), "{} records nothing", file.display());
        assert!(!brain::describe(&described(&file)).unwrap().is_empty());
    }
}

/// The page about brains of one's own: what it says to write makes a brain, with its variants.
#[test]
fn the_brain_that_the_page_builds_can_be_built() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/brains/README.md")).unwrap();
    let lean = fs::read_to_string(root.join("assets/brains/learner/lean.toml")).unwrap();
    let more = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let parameter = "chattering_gain = { value = 0.5, range = [-2, 2] }";
    let policy = "policy = [\"policy\", \"chattering policy\"]";
    assert!(page.contains(parameter) && page.contains(policy));
    let text = lean.replacen("[parameters]\n", &format!("[parameters]\n{parameter}\n"), 1).replacen(
        "policy = \"policy\"\n",
        &format!("{policy}\n"),
        1,
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("my.toml");
    fs::write(&file, format!("{text}\n{more}")).unwrap();
    for variant in ["deaf", "without-chattering", "homogeneous"] {
        let settings = vec![format!("brain.variant={variant}")];
        let text = brain::describe(&DescribeArgs { settings, ..described(&file) }).unwrap();
        assert!(text.contains("izhikevich_2007"), "{text}");
    }
}

#[test]
fn brains_of_learners_are_described_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for file in files("brains/learner") {
        let svg = folder.path().join("brain.svg");
        let text = brain::describe(&DescribeArgs { svg: Some(svg.clone()), ..described(&file) }).unwrap();
        assert!(text.contains("Roles") && text.contains("Variants"), "{text}");
        assert!(fs::read_to_string(svg).unwrap().contains("sensory"));
    }
}

/// The head of each brain says how to run it: the command works as it stands there, and cells fire.
#[test]
fn brains_run_as_their_heads_say() {
    for file in files("brains") {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim).collect();
        let start = lines.iter().position(|line| line.starts_with("mesolimb ")).unwrap();
        let end = start + lines[start..].iter().position(|line| !line.ends_with('\\')).unwrap();
        let command = lines[start..=end].join(" ").replace('\\', " ");
        let place = tempfile::tempdir().unwrap();
        let (options, out) = command.strip_prefix("mesolimb ").unwrap().split_once(" --out ").unwrap();
        assert!(out.starts_with("runs/") && !out.contains(' '), "{command}");
        let out = place.path().join("out");
        let mut program = mesolimb(options, &[]);
        let output = program.arg("--out").arg(&out).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{command}: {}", common::complaint(&output));
        let summary: serde_json::Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
        for (name, population) in summary["populations"].as_object().unwrap() {
            assert!(population["spikes"].as_u64().unwrap() > 0, "{command}: no cell of '{name}' fires");
        }
    }
}
