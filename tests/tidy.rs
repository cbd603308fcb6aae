//! The shape of the source: which crate may know what, documents that tell the truth, files with a head and an end.

use std::{
    fs,
    path::{Path, PathBuf},
};

const CRATES: [&str; 3] = ["brain", "envs", "agents"];
/// Lines that a source file may have.
const MAX_LINES: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All Rust files below `folder`.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Source, tests and benches of the app and of every crate.
fn all_rust_files() -> Vec<PathBuf> {
    let folders = CRATES.iter().flat_map(|name| ["src", "tests", "benches"].map(|folder| format!("{name}/{folder}")));
    let folders = folders.chain(["src".into(), "tests".into()]).filter(|folder| root().join(folder).is_dir());
    let files: Vec<PathBuf> = folders.flat_map(|folder| rust_files(&folder)).collect();
    for folder in ["src", "tests", "brain/src", "envs/src", "agents/src"] {
        assert!(files.iter().any(|file| file.starts_with(root().join(folder))), "no source in {folder}");
    }
    files
}

/// What a manifest depends on, in whichever way.
fn dependencies(manifest: &str) -> Vec<String> {
    fn collect(table: &toml::Table, into: &mut Vec<String>) {
        for (key, value) in table {
            match value {
                toml::Value::Table(section) if key.ends_with("dependencies") => {
                    for (name, dependency) in section {
                        // A dependency may go by another name.
                        let package = dependency.get("package").and_then(toml::Value::as_str);
                        into.push(package.unwrap_or(name).to_owned());
                    }
                }
                toml::Value::Table(section) => collect(section, into),
                _ => {}
            }
        }
    }
    let mut all = Vec::new();
    collect(&toml::from_str(manifest).unwrap(), &mut all);
    all
}

#[test]
fn each_crate_depends_only_on_what_it_may_know() {
    let body = ["rapier", "parry", "bevy"];
    for (name, forbidden) in [
        ("brain", [&body[..], &["mesolimb-envs", "mesolimb-agents"]].concat()),
        ("envs", vec!["bevy", "mesolimb-brain", "mesolimb-agents"]),
        ("agents", vec!["rapier", "parry", "bevy"]),
    ] {
        let dependencies = dependencies(&read(format!("{name}/Cargo.toml")));
        assert!(dependencies.iter().any(|d| d == "serde"), "the dependencies of {name} were not found");
        let found = dependencies.iter().find(|d| *d == "mesolimb" || forbidden.iter().any(|f| d.starts_with(f)));
        assert_eq!(found, None, "{name} must not depend on this");
    }
}

#[test]
fn bevy_stays_behind_the_viewer() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let dependencies = manifest["dependencies"].as_table().unwrap();
    let drawing: Vec<_> =
        dependencies.iter().filter(|(name, _)| name.contains("bevy") || name.contains("egui")).collect();
    assert!(drawing.len() >= 2, "Bevy was not found");
    for (name, dependency) in drawing {
        assert_eq!(dependency.get("optional"), Some(&true.into()), "{name} must be optional");
    }
    for path in rust_files("src").iter().filter(|path| !path.starts_with(root().join("src/viewer"))) {
        let draws = ["bevy::", "bevy_egui::", "egui_plot::"].iter().any(|path_of| code(path).contains(path_of));
        assert!(!draws, "{} draws; only src/viewer/ does", path.display());
    }
}

/// The code of a file: no comments, and nothing from its tests on.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The words of a piece of code, `::` and other signs between them left out.
fn words(code: &str) -> Vec<&str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
}

/// The parts of the standard library that a piece of code names: `fs` in `std::fs::read` and in `use std::{fs, io}`.
fn parts_of_std(code: &str) -> Vec<String> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let mut parts = Vec::new();
    for rest in code.split("std::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            parts.extend(words(rest).first().map(ToString::to_string));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => parts.extend(words(&std::mem::take(&mut item)).first().map(ToString::to_string)),
                _ if depth == 0 => item.push(c),
                _ => {}
            }
        }
        parts.extend(words(&item).first().map(ToString::to_string));
    }
    parts
}

/// What a library must not do: files, network, clocks, terminal, randomness of its own.
fn forbidden_in_library(code: &str) -> Option<String> {
    let part =
        parts_of_std(code).into_iter().find(|part| ["fs", "net", "env", "process", "io"].contains(&part.as_str()));
    let banned = [
        "Instant",
        "SystemTime",
        "println",
        "eprintln",
        "print",
        "eprint",
        "thread_rng",
        "ThreadRng",
        "OsRng",
        "SysRng",
        "from_os_rng",
        "StdRng",
        "SmallRng",
    ];
    let word = words(code).into_iter().find(|word| banned.contains(word)).map(str::to_owned);
    let compact: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let global = ["rand::rng(", "rand::random("].into_iter().find(|call| compact.contains(call)).map(str::to_owned);
    part.map(|part| format!("std::{part}")).or(word).or(global)
}

#[test]
fn libraries_touch_no_file_no_clock_no_terminal_no_global_randomness() {
    for name in CRATES {
        let files = rust_files(&format!("{name}/src"));
        assert!(files.len() > 3, "the source of {name} was not found");
        for path in files {
            assert_eq!(forbidden_in_library(&code(&path)), None, "{} must not use this", path.display());
        }
    }
}

#[test]
fn what_is_forbidden_is_found() {
    for planted in [
        "use std::{\n    collections::{BTreeMap, VecDeque},\n    fs::File,\n};",
        "let text = std::fs::read(path);",
        "use std::net;",
        "use std::{time::{Duration, Instant}};",
        "println!(\"here\")",
        "let mut rng = rand::rng();",
        "let mut rng = rand::thread_rng();",
    ] {
        assert!(forbidden_in_library(planted).is_some(), "not found in: {planted}");
    }
    let allowed = "use std::{collections::{BTreeMap}, fmt, sync::Arc};\nlet mut rng = crate::rng::stream(seed, \"x\");";
    assert_eq!(forbidden_in_library(allowed), None);
    let renamed = "[target.'cfg(unix)'.dev-dependencies]\nbody = { package = \"rapier3d\", version = \"1\" }";
    assert_eq!(dependencies(renamed), ["rapier3d"]);
    assert_eq!(links("[a](b/c.md#d) ![e](f.png) [g](https://h.i) [j](#k)"), ["b/c.md", "f.png"]);
    assert_eq!(
        paths_named("A `src/cli.rs` and `Network::learn`.\n```\n`not/this`\n```\n`a b/c` `brain/`"),
        ["src/cli.rs", "brain/"]
    );
}

/// What a document names in backticks and looks like a path: it has a slash or ends like a file.
fn paths_named(document: &str) -> Vec<String> {
    // Every other part between fences, and then between backticks, is code.
    let prose = document.split("```").step_by(2).collect::<Vec<_>>().join("\n");
    let named = prose.split('`').skip(1).step_by(2).map(str::to_owned);
    let ends_like_a_file = |name: &str| {
        name.rsplit_once('.').is_some_and(|(_, end)| ["rs", "toml", "md", "xml", "lock", "yml"].contains(&end))
    };
    named.filter(|name| !name.contains([' ', '(']) && (name.contains('/') || ends_like_a_file(name))).collect()
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let paths = paths_named(&read("ARCHITECTURE.md"));
    assert!(paths.len() >= 5, "ARCHITECTURE.md names hardly any path: {paths:?}");
    for path in &paths {
        assert!(root().join(path).exists(), "ARCHITECTURE.md names `{path}`, which does not exist (from the root)");
    }
    for name in CRATES.iter().chain(&["src"]) {
        assert!(paths.iter().any(|path| path.starts_with(name)), "ARCHITECTURE.md names nothing in {name}/");
    }
}

#[test]
fn every_file_says_what_it_holds() {
    for path in all_rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let head = text.lines().next().unwrap_or_default();
        let says = head.strip_prefix("//! ").is_some_and(|says| says.len() > 10);
        assert!(says, "{} must start with a `//!` line that says what it holds", path.display());
    }
}

#[test]
fn no_file_grows_too_long() {
    for path in all_rust_files() {
        let n_lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(n_lines <= MAX_LINES, "{} has {n_lines} lines, at most {MAX_LINES} are wanted", path.display());
    }
}

/// Whether a test file holds tests, itself or in a module that belongs to it.
fn holds_tests(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    let folder = path.parent().unwrap();
    let modules = text.lines().filter_map(|line| line.trim().strip_prefix("mod ")?.strip_suffix(';'));
    let mut files = modules
        .flat_map(|name| [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")])
        .filter(|file| file.exists());
    text.contains("#[test]") || files.any(|file| fs::read_to_string(file).unwrap().contains("#[test]"))
}

/// What a document links to, apart from the web and places within it.
fn links(document: &str) -> Vec<String> {
    let targets = document.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    local.map(|target| target.split('#').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_readme_and_contributing_name_and_link_to_exists() {
    // What building and running makes is named too.
    let made = ["target/", "runs/", "studies/"];
    for name in ["README.md", "CONTRIBUTING.md"] {
        let document = read(name);
        let (links, paths) = (links(&document), paths_named(&document));
        assert!(!links.is_empty(), "{name} links to nothing");
        let paths = paths.iter().filter(|path| path.contains('/') && !made.iter().any(|made| path.starts_with(made)));
        for path in links.iter().chain(paths) {
            assert!(root().join(path).exists(), "{name} names {path}, which does not exist (from the root)");
        }
    }
    assert!(!read("README.md").contains("RESULTS_"), "README.md waits for results");
}

/// Every test file holds tests: one that holds none passes for nothing.
#[test]
fn every_test_file_holds_tests() {
    let folders = CRATES.iter().map(|name| format!("{name}/tests")).chain(["tests".to_owned()]);
    for folder in folders.filter(|folder| root().join(folder).is_dir()) {
        let folder = root().join(folder);
        for path in rust_files(folder.to_str().unwrap()).iter().filter(|path| path.parent() == Some(&folder)) {
            assert!(holds_tests(path), "{} holds no test", path.display());
        }
    }
}
