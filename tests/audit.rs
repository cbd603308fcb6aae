//! Auditing tasks and robots: the same on any number of threads, kept in a folder, and refused where it cannot be done.

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::{complaint, files, mesolimb};
use serde_json::Value;

const BIPED: &str = include_str!("../envs/tests/data/biped.urdf");

/// What the program says, and whether it ended well.
fn said(folder: &Path, args: &str) -> (String, bool) {
    let output = mesolimb(args, &[]).current_dir(folder).output().unwrap();
    let complaint = complaint(&output);
    assert!(!complaint.contains("panicked"), "{args}: {complaint}");
    (String::from_utf8(output.stdout).unwrap() + &complaint, output.status.success())
}

#[test]
fn a_report_is_the_same_on_any_number_of_threads_and_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let report = |out: &str, threads: u32| -> Value {
        let args = format!(
            "audit cartpole --steps 6000 --seed 3 --episodes 2 --format json --width 32 --out {out} --threads {threads}"
        );
        let output = mesolimb(&args, &[]).current_dir(place.path()).output().unwrap();
        let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["passed"] == true, output.status.success(), "{}", complaint(&output));
        assert_eq!(report["kept_in"].take(), out);
        report
    };
    let (one, two) = (report("one", 1), report("two", 2));
    assert_eq!(one, two);
    assert_eq!((&one["task"], &one["seed"]), (&"cartpole".into(), &3.into()));
    assert!(one["steps"].as_u64().unwrap() >= 6000);
    assert!(one["return"].as_f64().unwrap() > one["zero_return"].as_f64().unwrap(), "{one}");
    let factors: Vec<_> = one["clocks"].as_array().unwrap().iter().map(|clock| clock["factor"].as_u64()).collect();
    assert_eq!(factors, [Some(1), Some(2), Some(4)]);
    assert!(one["clocks"][2]["kept"]["share"].as_f64().unwrap() > 0.8, "{one}");
    assert!(one["curve"].as_array().unwrap().len() > 2);

    let folder = place.path().join("one");
    let kept: BTreeSet<_> = files(&folder).into_keys().map(|path| path.file_name().unwrap().to_owned()).collect();
    let expected = ["audit.json", "audit.svg", "moment.png", "policy.json", "search.svg", "shown.json", "trace.csv"];
    assert_eq!(kept, expected.map(Into::into).into());
    let trace = fs::read_to_string(folder.join("trace.csv")).unwrap();
    assert!(trace.starts_with("t,kinetic,potential,springs,motors,") && trace.lines().count() > 10, "{trace}");
    assert_eq!(trace.lines().next().map(|line| line.matches(',').count()), Some(18));
    let policy: Value = serde_json::from_slice(&fs::read(folder.join("policy.json")).unwrap()).unwrap();
    assert_eq!(policy["policy"]["weights"][0].as_array().unwrap().len(), 4);

    // The policy that was kept does again what it did.
    let again = "audit cartpole --seed 3 --episodes 2 --format json --policy one/policy.json --width 32 --out again";
    let output = mesolimb(again, &[]).current_dir(place.path()).output().unwrap();
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&again["returns"], &again["clocks"]), (&one["returns"], &one["clocks"]));
    assert_eq!(again["steps"], 0);
}

#[test]
fn a_robot_of_ones_own_walks_and_several_seeds_have_a_report_each() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("biped.urdf"), BIPED).unwrap();
    let args = "audit --robot biped.urdf --rounds 1 --seed 7 --seeds 2 --episodes 1 --width 32 --out both";
    let (text, passed) = said(place.path(), args);
    for part in ["walk with biped.urdf, seed 7", "seed 8: searched for", "zero policy", "1/4 of the step", "in a step"]
    {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
    assert_eq!(text.contains("FAILED"), !passed, "{text}");
    assert!(place.path().join("both/seed-8/audit.json").is_file());
}

#[test]
fn a_trained_agent_is_audited_as_it_was_saved() {
    let place = tempfile::tempdir().unwrap();
    let trained = said(place.path(), "train cartpole --agent ppo --steps 4000 --seed 2 --out run");
    assert!(trained.1, "{}", trained.0);
    let args = "audit --trained run --episodes 2 --format json --width 32 --out kept";
    let output = mesolimb(args, &[]).current_dir(place.path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["task"], &report["steps"], &report["rounds"]), (&"cartpole".into(), &4000.into(), &0.into()));
    assert_eq!(report["clocks"].as_array().map(Vec::len), Some(3));
    assert!(report["return"].as_f64().unwrap() >= 2.0 && report["findings"].as_array().unwrap().is_empty(), "{report}");
    let folder = place.path().join("kept");
    assert!(folder.join("moment.png").is_file() && !folder.join("policy.json").exists());
    let (text, _) = said(place.path(), "audit --trained run --episodes 2 --width 32 --out again");
    assert!(text.contains("cartpole, seed 0: an agent that was trained for 4000 steps"), "{text}");
}

#[test]
fn what_cannot_be_audited_is_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("there")).unwrap();
    for (args, expected) in [
        ("audit", "required arguments"),
        ("audit cartpol", "did you mean 'cartpole'?"),
        ("audit walk", "mesolimb audit walk --robot FILE"),
        ("audit --robot nowhere.xml", "nowhere.xml"),
        ("audit cartpole --steps 0", "expected at least 1"),
        ("audit cartpole --steps 10 --rounds 1", "cannot be used with"),
        ("audit cartpole --episodes 0", "--episodes is 0"),
        ("audit cartpole --seeds 0", "--seeds is 0"),
        ("audit cartpole --policy nowhere.json", "cannot read nowhere.json"),
        ("audit --trained nowhere", "nowhere"),
        ("audit cartpole --trained run", "cannot be used with"),
        ("audit cartpole --policy p.json --steps 100", "cannot be used with"),
        ("audit cartpole --out there", "there exists already"),
    ] {
        let (text, passed) = said(place.path(), args);
        assert!(!passed && text.contains(expected), "{args} does not say '{expected}' but: {text}");
    }
    assert_eq!(files(place.path()).len(), 1, "nothing was written");
}

#[test]
fn a_movement_is_drawn_if_the_episode_lasts_so_long() {
    let place = tempfile::tempdir().unwrap();
    let (text, trained) = said(place.path(), "train cartpole --agent random --steps 100 --seed 2 --out run");
    assert!(trained, "{text}");
    let (text, drawn) = said(place.path(), "eval run --picture moves.png --from 0 --lasting 0.1 --poses 3 --width 120");
    assert!(drawn && text.contains("\"speed_m_per_s\": null"), "{text}");
    let png = fs::read(place.path().join("moves.png")).unwrap();
    // Width and height stand behind the first sixteen bytes.
    assert_eq!((&png[1..4], &png[16..24]), (&b"PNG"[..], &[0, 0, 0, 120, 0, 0, 0, 43][..]));
    for (args, expected) in [
        ("eval run --picture no.png --from 50", "the episode ends after"),
        ("eval run --picture no.png --poses 1", "--poses is 1, expected 2 to 50"),
        ("eval run --poses 3", "--picture"),
    ] {
        let (text, done) = said(place.path(), args);
        assert!(!done && text.contains(expected), "{args}: {text}");
    }
    assert!(!place.path().join("no.png").exists());
}
