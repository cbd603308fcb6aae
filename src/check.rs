//! `mesolimb check`: what a robot file holds, and what of it is not read.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, ValueEnum};
use mesolimb_envs::{
    RobotSpec,
    robot::{JointKind, JointSpec, MotorSpec},
    robot_file::{Base, Note, RobotFile},
};
use serde_json::{Value, json};

use crate::{bench::OutcomeFormat, robot_file};

/// Options of `mesolimb check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Robot file, MJCF or URDF
    pub file: PathBuf,
    /// How the robot stands in the world
    #[arg(long, value_enum, default_value_t)]
    pub base: BaseArg,
    /// How the outcome is written
    #[arg(long, value_enum, default_value_t)]
    pub format: OutcomeFormat,
}

/// How a robot stands in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BaseArg {
    /// As its file says; a URDF file does not say, and its root is fixed
    #[default]
    AsWritten,
    /// Free to move
    Free,
    /// Fixed to the world
    Fixed,
}

impl From<BaseArg> for Base {
    fn from(base: BaseArg) -> Self {
        match base {
            BaseArg::AsWritten => Self::AsWritten,
            BaseArg::Free => Self::Free,
            BaseArg::Fixed => Self::Fixed,
        }
    }
}

/// Reads a robot file and tells of it.
///
/// # Errors
/// If it cannot be read; the message has the file, the line and what was expected.
pub fn run(args: &CheckArgs) -> anyhow::Result<String> {
    let read = robot_file::open(&args.file, args.base.into())?;
    Ok(match args.format {
        OutcomeFormat::Table => table(&read),
        OutcomeFormat::Json => json(&read).to_string(),
    })
}

fn table(read: &RobotFile) -> String {
    let RobotFile { robot, format, sensors, notes } = read;
    let mut out = format!(
        "{} ({}): {} links, {} degrees of freedom, {} motors, {:.6} kg\n",
        robot.name,
        format.name(),
        robot.links.len(),
        robot.n_velocities(),
        robot.motors.len(),
        robot.mass_kg()
    );
    let links = robot.links.iter().map(|link| {
        let parent = link.parent.as_deref().unwrap_or("the world");
        format!("{}: {:.6} kg, on {parent} by {}", link.name, link.mass_kg, joint(&link.joint))
    });
    section(&mut out, "links", links);
    section(&mut out, "motors", robot.motors.iter().map(|each| motor(robot, each)));
    section(&mut out, "sites", robot.sites.iter().map(|site| format!("{} on {}", site.name, site.link)));
    let named = |name: &Option<String>| name.as_deref().map(|name| format!(" '{name}'")).unwrap_or_default();
    section(
        &mut out,
        "sensors (tasks observe by themselves)",
        sensors.iter().map(|s| format!("{}{}", s.kind, named(&s.name))),
    );
    section(&mut out, "not read, or otherwise than in the file", notes.iter().map(Note::to_string));
    out.truncate(out.trim_end().len());
    out
}

fn section(out: &mut String, head: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    let _ = writeln!(out, "\n{head}: {}", lines.len());
    lines.iter().for_each(|line| _ = writeln!(out, "  {line}"));
}

fn joint(joint: &JointSpec) -> String {
    let range = joint.limits.map(|[low, high]| format!(" in [{low:.4}, {high:.4}] {}", position_unit(joint.kind)));
    format!("{} '{}'{}", kind(joint.kind), joint.name, range.unwrap_or_default())
}

fn motor(robot: &RobotSpec, motor: &MotorSpec) -> String {
    let slides = robot.motor_joint(motor).is_some_and(|joint| joint.kind == JointKind::Slide);
    let (torque, position) = if slides { ("N", "m") } else { ("N·m", "rad") };
    let servo = motor.servo.map(|servo| {
        let [low, high] = servo.range;
        format!(", servo in [{low:.4}, {high:.4}] {position} with {:.4} {torque}/{position}", servo.stiffness)
    });
    format!("{} on '{}': up to {:.4} {torque}{}", motor.name, motor.joint, motor.limit, servo.unwrap_or_default())
}

fn kind(kind: JointKind) -> &'static str {
    match kind {
        JointKind::Hinge => "hinge",
        JointKind::Slide => "slide",
        JointKind::Planar => "planar joint",
        JointKind::Free => "free joint",
    }
}

fn position_unit(kind: JointKind) -> &'static str {
    if kind == JointKind::Slide { "m" } else { "rad" }
}

fn json(read: &RobotFile) -> Value {
    let robot = &read.robot;
    let links = robot.links.iter().map(|link| {
        json!({
            "name": link.name,
            "parent": link.parent,
            "mass_kg": link.mass_kg,
            "joint": link.joint.name,
            "kind": link.joint.kind,
            "limits": link.joint.limits,
        })
    });
    let notes = read.notes.iter().map(|note| {
        json!({
            "file": &*note.place.file,
            "line": note.place.line,
            "element": note.element,
            "names": note.names,
            "count": note.count,
            "what": note.what,
        })
    });
    json!({
        "name": robot.name,
        "format": read.format.name(),
        "mass_kg": robot.mass_kg(),
        "n_velocities": robot.n_velocities(),
        "links": links.collect::<Vec<_>>(),
        "motors": robot.motors,
        "sites": robot.sites.iter().map(|site| json!({ "name": site.name, "link": site.link })).collect::<Vec<_>>(),
        "sensors": read.sensors.iter().map(|each| json!({ "name": each.name, "kind": each.kind })).collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    })
}
