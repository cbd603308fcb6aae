//! The pages about tasks and controllers are those that the code would write now.

use std::{fs, path::Path};

use mesolimb::docs::{controllers_page, task_pages};

const COMMAND: &str = "cargo run --release --no-default-features -- docs tasks";
const CONTROLLERS_COMMAND: &str = "cargo run --release --no-default-features -- docs controllers";
/// By how much what is measured may differ: arithmetic is not the same to the last bit on every machine.
const TOLERANCE: f64 = 0.25;

#[test]
fn the_pages_of_all_tasks_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tasks");
    let pages = task_pages();
    assert_eq!(pages.len(), mesolimb_envs::tasks().len() + 1, "a page for every task, and an index");
    for (file, text) in &pages {
        let committed = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let differs = committed.lines().zip(text.lines()).find(|(committed, current)| committed != current);
        assert!(committed == *text, "docs/tasks/{file} is out of date, for one in {differs:?}; run: {COMMAND}");
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let page = file.replace(".png", ".md");
        assert!(pages.iter().any(|(name, _)| *name == page), "docs/tasks/{file} belongs to no task; delete it");
    }
}

#[test]
fn every_task_has_a_picture() {
    for task in mesolimb_envs::tasks() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/tasks/{}.png", task.name));
        let bytes = fs::read(&path).unwrap_or_default();
        let is_picture = bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000;
        assert!(is_picture, "{} is no picture; run: {COMMAND}", path.display());
    }
}

/// Equal words, and numbers that are about equal.
fn is_alike(committed: &str, current: &str) -> bool {
    let number = |word: &str| word.replace('−', "-").trim_end_matches([',', '.', ';']).parse::<f64>().ok();
    let word_is_alike = |(a, b): (&str, &str)| match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
        _ => a == b,
    };
    let mut words = committed.split_whitespace().zip(current.split_whitespace());
    committed.split_whitespace().count() == current.split_whitespace().count() && words.all(word_is_alike)
}

#[test]
fn the_page_of_the_controllers_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/controllers");
    let (committed, current) =
        (fs::read_to_string(folder.join("README.md")).unwrap_or_default(), controllers_page().unwrap());
    let differs = committed.lines().zip(current.lines()).find(|(committed, current)| !is_alike(committed, current));
    assert!(
        differs.is_none() && committed.lines().count() == current.lines().count(),
        "docs/controllers/README.md is out of date, for one in {differs:?}; run: {CONTROLLERS_COMMAND}"
    );
    let mut shown = vec!["README.md".to_owned()];
    shown.extend(current.split("![").skip(1).filter_map(|image| image.split(['(', ')']).nth(1)).map(str::to_owned));
    let mut files: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    shown.sort();
    files.sort();
    assert_eq!(files, shown, "docs/controllers holds what its page shows; run: {CONTROLLERS_COMMAND}");
}

#[test]
fn numbers_of_a_page_are_compared_as_numbers() {
    assert!(is_alike("| all | 117.6 |", "| all | 118.0 |") && is_alike("within −1.55 m.", "within −1.56 m."));
    for other in ["| all | 160.0 |", "| both | 117.6 |", "| all | 117.6 | |", "| all |"] {
        assert!(!is_alike("| all | 117.6 |", other), "{other}");
    }
}
