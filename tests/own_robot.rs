//! Training a robot of one's own: its file may go away afterwards, and what cannot be done with it is refused.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use common::{complaint, curve, files, mesolimb, newest_checkpoint, resume, succeed};
use mesolimb::{checkpoint::Checkpoint, session::Session};
use tempfile::TempDir;

const BIPED: &str = include_str!("../envs/tests/data/biped.urdf");
/// An arm of two joints with a gripper, and something that is not read.
const ARM: &str = r#"<mujoco model="two-joint arm">
  <option timestep="0.001"/>
  <worldbody>
    <body name="upper">
      <joint name="shoulder" axis="0 1 0" range="-90 90"/>
      <geom type="capsule" fromto="0 0 0 0.3 0 0" size="0.03" mass="1"/>
      <body name="lower" pos="0.3 0 0">
        <joint name="elbow" axis="0 1 0" range="0 120"/>
        <geom type="capsule" fromto="0 0 0 0.2 0 0" size="0.02" mass="0.5"/>
        <site name="gripper" pos="0.2 0 0"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="shoulder" joint="shoulder" ctrlrange="-20 20"/>
    <motor name="elbow" joint="elbow" ctrlrange="-10 10"/>
  </actuator>
</mujoco>
"#;
const SHORT: &str = "--steps 400 --checkpoint-every 100 --set brain.cells=8";

fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("biped.urdf"), BIPED).unwrap();
    fs::write(place.path().join("arm.xml"), ARM).unwrap();
    place
}

fn run_in(place: &Path, args: &str) -> Output {
    mesolimb(args, &[]).current_dir(place).output().unwrap()
}

/// Runs the program and expects a refusal that says all of `expected` and leaves all files as they are.
fn refuses(place: &Path, args: &str, expected: &[&str]) {
    let before = files(place);
    let output = run_in(place, args);
    let complaint = complaint(&output);
    assert!(!output.status.success() && !complaint.contains("panicked"), "{args}: {complaint}");
    for part in expected {
        assert!(complaint.contains(part), "{args} does not say '{part}' but: {complaint}");
    }
    assert!(files(place) == before, "{args} changes files");
}

/// A run that is cut short after 200 steps: what came later is removed.
fn cut_short(run: &Path) -> PathBuf {
    let newest = newest_checkpoint(run);
    fs::remove_file(&newest).unwrap();
    let _ = fs::remove_file(run.join("summary.json"));
    newest
}

#[test]
fn a_run_goes_on_without_the_file_of_its_robot() {
    for (task, file) in [("walk", "biped.urdf"), ("reach", "arm.xml")] {
        let place = place();
        let run = place.path().join("run");
        succeed(place.path(), &format!("train {task} --robot {file} {SHORT} --out run"));
        let undisturbed = (curve(&run), Checkpoint::read(&newest_checkpoint(&run)).unwrap());
        fs::remove_file(place.path().join(file)).unwrap();
        let moved = place.path().join("elsewhere");
        fs::rename(&run, &moved).unwrap();
        cut_short(&moved);
        resume(&moved);
        assert_eq!(curve(&moved), undisturbed.0, "{task}");
        assert!(Checkpoint::read(&newest_checkpoint(&moved)).unwrap() == undisturbed.1, "{task} ends otherwise");
        Session::look_at(&moved).unwrap().step().unwrap();
        succeed(place.path(), "eval elsewhere");
    }
}

#[test]
fn the_robot_of_a_run_file_lies_beside_it() {
    let place = place();
    let folder = place.path().join("robots");
    fs::create_dir(&folder).unwrap();
    fs::rename(place.path().join("arm.xml"), folder.join("arm.xml")).unwrap();
    fs::write(folder.join("run.toml"), "task = \"reach\"\nrobot = \"arm.xml\"\neffector = \"upper\"\nsteps = 100\n")
        .unwrap();
    succeed(place.path(), "train --run robots/run.toml --agent random --out run");
    // A run folder's own run file names the robot beside it.
    succeed(place.path(), "train --run run/run.toml --out again");
    let robot = |run: &str| fs::read_to_string(place.path().join(run).join("robot.toml")).unwrap();
    assert_eq!(robot("run"), robot("again"));
    assert_eq!(curve(&place.path().join("run")), curve(&place.path().join("again")));
}

#[test]
fn what_is_not_read_is_said_once() {
    let place = place();
    let output = run_in(place.path(), "train reach --robot arm.xml --agent random --steps 50 --out run");
    let said = complaint(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("mesolimb check arm.xml").count(), 1, "{said}");
    assert!(!complaint(&run_in(place.path(), "resume run --steps 60")).contains("mesolimb check"));
}

#[test]
fn robots_and_tasks_that_do_not_fit() {
    let place = place();
    let dir = place.path();
    fs::write(dir.join("idle.xml"), ARM.split("<actuator>").next().unwrap().to_owned() + "</mujoco>").unwrap();
    fs::write(dir.join("broken.xml"), ARM.replace("range=\"0 120\"", "range=\"0 many\"")).unwrap();
    refuses(dir, "train walk", &["task 'walk' has no robot of its own", "--robot FILE"]);
    refuses(dir, "view reach", &["task 'reach' has no robot of its own", "--robot FILE"]);
    refuses(dir, "train cartpole --robot arm.xml", &["'cartpole' has a robot of its own", "walk, reach"]);
    refuses(dir, "train cartpole --effector hand", &["effector is 'hand'"]);
    refuses(dir, "train walk --robot arm.xml --effector gripper", &["arm.xml", "effector is 'gripper'"]);
    refuses(dir, "train reach --robot arm.xml --effector griper", &["arm.xml", "did you mean 'gripper'?"]);
    refuses(dir, "train reach --robot idle.xml", &["idle.xml", "it has no motors, expected at least one"]);
    refuses(dir, "train reach --robot broken.xml", &["broken.xml:8", "range"]);
    refuses(dir, "train walk --robot nowhere.urdf", &["nowhere.urdf"]);
    refuses(dir, "train wlak --robot biped.urdf", &["unknown task 'wlak'", "did you mean 'walk'?"]);
    refuses(dir, "train walk --robot biped.urdf --set body=1", &["unknown key 'body'"]);
}

#[test]
fn a_robot_that_was_changed_is_noticed() {
    let place = place();
    succeed(place.path(), "train reach --robot arm.xml --agent random --steps 50 --out run");
    let robot = place.path().join("run/robot.toml");
    let text = fs::read_to_string(&robot).unwrap();
    fs::write(&robot, text.replace("mass_kg = 0.5", "mass_kg = 0.6")).unwrap();
    refuses(place.path(), "resume run --steps 100", &["the robot is not the one in the run that was saved"]);
    fs::write(&robot, text.replace("mass_kg = 0.5", "mass_kg = -0.5")).unwrap();
    refuses(place.path(), "eval run", &["robot.toml", "mass_kg is -0.5"]);
    fs::remove_file(&robot).unwrap();
    refuses(place.path(), "resume run --steps 100", &["robot.toml"]);
    refuses(place.path(), "view run --robot arm.xml", &["--robot is for a new run"]);
}

#[test]
fn changes_are_listed_with_a_robot_of_ones_own() {
    let place = place();
    let dir = place.path();
    let listed = |args: &str| {
        let output = run_in(dir, args);
        assert!(output.status.success(), "{args}: {}", complaint(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let reach = listed("list changes reach --robot arm.xml --effector upper");
    assert!(reach.starts_with("in reach: ") && reach.contains("damping/elbow"), "{reach}");
    assert!(listed("list changes walk --robot biped.urdf").contains("forward_weight"));
    let how = ["task 'walk' has no robot of its own", "mesolimb list changes walk --robot FILE"];
    refuses(dir, "list changes walk", &how);
    refuses(dir, "list changes reach --effector gripper", &["task 'reach' has no robot of its own"]);
    refuses(dir, "list changes reach --robot arm.xml --effector griper", &["arm.xml", "did you mean 'gripper'?"]);
    refuses(dir, "list changes ant --robot arm.xml", &["'ant' has a robot of its own", "walk, reach"]);
    refuses(dir, "list changes ant --effector hip", &["effector is 'hip', expected none"]);
    refuses(dir, "list changes --robot arm.xml", &["needs its task"]);
    refuses(dir, "list changes wlak", &["unknown task 'wlak'", "did you mean 'walk'?"]);
}

#[test]
fn the_list_names_the_tasks_for_any_robot() {
    let output = mesolimb("list tasks", &[]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, for_any) = said.split_once("Tasks for any robot").unwrap();
    assert!(for_any.lines().next().unwrap().contains("--robot FILE"), "{said}");
    for task in ["walk", "reach"] {
        assert!(for_any.lines().any(|line| line.trim_start().starts_with(&format!("{task} "))), "{task} in {said}");
    }
}

#[test]
fn presets_change_the_world_of_a_robot_of_ones_own() {
    let place = place();
    let args = format!("train walk --robot biped.urdf --preset slippery,every=100 {SHORT} --out run");
    succeed(place.path(), &args);
    let run = fs::read_to_string(place.path().join("run/run.toml")).unwrap();
    assert!(run.contains("presets = []") && run.contains("ground_friction"), "{run}");
    refuses(
        place.path(),
        "train reach --robot arm.xml --preset slippery --out other",
        &["slippery", "ground_friction", "reach"],
    );
}
