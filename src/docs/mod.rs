//! `mesolimb docs`: pages of the documentation, written from the code.

mod controllers;
mod page;
mod prose;

use std::{fmt::Write as _, path::Path};

use anyhow::Context as _;
use clap::Subcommand;
use mesolimb_envs::{Scene, TaskEntry, robot::JointKind, tasks};

use crate::{checkpoint::replace_file, render::Picture};
pub use controllers::{controllers_page, write_controllers};

/// Seconds for which a robot may settle on the ground before its picture is taken.
const SETTLING_SECS: f64 = 0.5;
/// Share of its strength with which a robot that moves in a plane spreads its legs for the picture, and for how long.
const SPREAD: f32 = 0.25;
const SPREAD_SECS: f64 = 0.15;
/// Pixels of a picture.
const SIZE: [u32; 2] = [640, 480];
/// First line of every page.
const MARK: &str = "<!-- Written by `mesolimb docs tasks` from the code: edit the module of the task instead. -->";

/// What there is to write.
#[derive(Debug, Subcommand)]
pub enum DocsCommand {
    /// A page and a picture for every task
    Tasks {
        /// Folder of the pages
        #[arg(long, default_value = "docs/tasks")]
        out: std::path::PathBuf,
    },
    /// A page with pictures about controllers that stand, walk and follow a path, measured while it is written
    Controllers {
        /// Folder of the page
        #[arg(long, default_value = "docs/controllers")]
        out: std::path::PathBuf,
    },
}

/// Writes a page and a picture for every task, and an index of them.
///
/// # Errors
/// If a file cannot be written.
pub fn write_tasks(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    for (file, text) in task_pages() {
        replace_file(&out.join(file), text.as_bytes())?;
    }
    for task in tasks() {
        let [width, height] = SIZE;
        Picture::of(&posture(task), width, height).write(&out.join(format!("{}.png", task.name)))?;
    }
    Ok(())
}

/// Name and text of every page about tasks, the index among them.
#[must_use]
pub fn task_pages() -> Vec<(String, String)> {
    let pages = tasks().iter().map(|task| (format!("{}.md", task.name), page::page(task)));
    std::iter::once(("README.md".to_owned(), index())).chain(pages).collect()
}

fn index() -> String {
    let mut text = format!("{MARK}\n\n# Tasks\n\n");
    text.push_str(
        "What each robot looks like, what it observes and can do, how it is rewarded, and what can change.\n\n",
    );
    text.push_str("| | task | channels, motors | control step |\n|---|---|---|---|\n");
    for task in tasks() {
        let (name, env) = (task.name, (task.make)());
        let spec = env.spec();
        let _ = writeln!(
            text,
            "| [<img src=\"{name}.png\" width=\"200\" alt=\"{name}\">]({name}.md) | [{name}]({name}.md): {} | {}, {} | {} |",
            task.summary,
            spec.observations.len(),
            spec.actions.len(),
            page::millis(spec.control_dt_secs),
        );
    }
    text
}

/// The scene of a task at its start; what stands on the ground has come down to it.
fn posture(task: &TaskEntry) -> Scene {
    let mut env = (task.make)();
    env.reset(0);
    let mut scene = Scene::default();
    env.scene(&mut scene);
    if (task.design)().floor.is_none() {
        return scene;
    }
    let is_planar = env.robot().links.iter().any(|link| link.joint.kind == JointKind::Planar);
    let (spread, settling_secs) = if is_planar { (SPREAD, SPREAD_SECS) } else { (0.0, SETTLING_SECS) };
    let channels = env.spec().actions.iter().enumerate();
    let first_half = env.spec().actions.len().div_ceil(2);
    let action: Vec<f32> = channels
        .map(|(idx, channel)| {
            let sign = if idx < first_half { 1.0 } else { -1.0 };
            f32::midpoint(channel.low, channel.high) + sign * spread * (channel.high - channel.low) / 2.0
        })
        .collect();
    for _ in 0..(settling_secs / env.spec().control_dt_secs) as u32 {
        let has_landed = !is_planar && !scene.contacts.is_empty();
        if has_landed || env.step(&action).ended() {
            break;
        }
        env.scene(&mut scene);
    }
    scene
}
