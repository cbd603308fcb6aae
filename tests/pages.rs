//! The pages about tasks are those that the code would write now.

use std::{fs, path::Path};

use mesolimb::docs::task_pages;

const COMMAND: &str = "cargo run --release --no-default-features -- docs tasks";

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
