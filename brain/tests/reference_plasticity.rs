//! No reference file of plasticity lies unread: each is named by a test of the rules, which live beside the code.

use std::{fs, path::Path};

#[test]
fn every_reference_file_of_plasticity_is_read_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = |folder: &str| -> Vec<_> {
        let folder = root.join(folder);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let tests: String = list("src/plasticity/tests").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let files = list("../tests/reference/plasticity");
    assert!(files.len() >= 12, "the reference files were not found");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(tests.contains(&format!("table!(\"{name}\")")), "{name} is read by no test");
    }
}
