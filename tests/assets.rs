//! Every run file that ships can run.

use std::path::Path;

use mesolimb::{config::RunConfig, session::Session};

#[test]
fn run_files_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/runs");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} holds no run file", folder.display());
    for file in files {
        let config = RunConfig::read(&file).and_then(|table| RunConfig::resolve(table, &[])).unwrap();
        let mut session = Session::unkept(&config).unwrap_or_else(|e| panic!("{}: {e:#}", file.display()));
        session.step().unwrap();
    }
}
