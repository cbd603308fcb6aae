//! `mesolimb list`: what there is, by name.

use std::{fmt::Write as _, path::Path};

use anyhow::{bail, ensure};
use clap::Args;
use mesolimb_envs::{Env, Param, params::kinds, perturbation::presets, robot_tasks, tasks};

use crate::{config::RunConfig, robot_file::RobotArgs};

/// Options of `mesolimb list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// One of them
    pub what: Option<Listed>,
    /// Task whose parameters are listed
    #[arg(requires = "what")]
    pub task: Option<String>,
    /// Robot of a task for any robot.
    #[command(flatten)]
    pub own: RobotArgs,
}

/// What `mesolimb list` tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Listed {
    /// Robot tasks
    Tasks,
    /// What acts in them
    Agents,
    /// Brains of the spiking agent
    Brains,
    /// Published experiments
    Studies,
    /// What can change in a world, with units, ranges and tasks, and presets of changes; name a task for its parameters
    Changes,
}

/// Lists one thing, or all of them; of changes, those of one task if it is named.
///
/// # Errors
/// If there is no such task, it lacks its robot, or a task is named for something else.
pub fn list(args: &ListArgs) -> anyhow::Result<String> {
    use Listed::{Agents, Brains, Changes, Studies, Tasks};
    let ListArgs { what, task, own } = args;
    if let Some(name) = task {
        ensure!(*what == Some(Changes), "a task is listed only with `changes`: mesolimb list changes {name}");
        return Ok(params_of(&*task_with(name, own)?));
    }
    if own.robot.is_some() || own.effector.is_some() {
        bail!("list: a robot of your own needs its task, such as: mesolimb list changes walk --robot FILE");
    }
    let listed = what.map_or(vec![Tasks, Agents, Brains, Studies, Changes], |what| vec![what]);
    let sections: Vec<String> = listed
        .into_iter()
        .map(|listed| match listed {
            Tasks => {
                let own = section("Tasks", tasks().iter().map(|task| (task.name, task.summary)));
                let any = robot_tasks().iter().map(|task| (task.name, task.summary));
                format!("{own}\n{}", section("Tasks for any robot: they need --robot FILE", any))
            }
            Agents => section("Agents", mesolimb_agents::agents().iter().map(|agent| (agent.name, agent.summary))),
            Brains => {
                let brains = mesolimb_agents::brain_file::brains();
                section("Brains: --set brain=NAME, or a file of your own", brains.iter().map(|b| (b.name(), &*b.about)))
            }
            Studies => section("Studies", crate::study::studies()),
            Changes => format!("{}\n{}", changes(), preset_lines()),
        })
        .collect();
    Ok(sections.join("\n"))
}

fn section<'a>(title: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows.iter().map(|(name, summary)| format!("  {name:<width$}  {summary}\n"));
    format!("{title}\n{}", lines.collect::<String>())
}

/// Every kind of parameter, with its units and ranges over all tasks and the tasks that offer it.
fn changes() -> String {
    let params: Vec<(&str, Vec<Param>)> =
        tasks().iter().map(|task| (task.name, (task.make)().params().iter().cloned().collect())).collect();
    let width = kinds().iter().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    let mut text = String::from("Changes\n");
    for (kind, summary) in kinds() {
        let of_kind =
            |params: &[Param]| params.iter().filter(|param| param.kind() == *kind).cloned().collect::<Vec<_>>();
        let all: Vec<Param> = params.iter().flat_map(|(_, params)| of_kind(params)).collect();
        let offering: Vec<&str> =
            params.iter().filter(|(_, params)| !of_kind(params).is_empty()).map(|(task, _)| *task).collect();
        let offering = if offering.len() == params.len() { "every task".to_owned() } else { offering.join(", ") };
        let _ = writeln!(text, "  {kind:<width$}  {summary}\n  {:<width$}    {}; {offering}", "", ranges(&all));
    }
    text.push_str("\n  mesolimb list changes TASK    what they are in a task, with its nominal values\n");
    text.push_str("  mesolimb list changes walk --robot FILE    the same with a robot of your own\n");
    text.push_str("  --set 'changes=[{ parameter = \"…\", scale = 0.5, at = 100000 }]'    how to change one\n");
    text
}

/// The widest range of some parameters in each of their units.
fn ranges(params: &[Param]) -> String {
    let mut units: Vec<&str> = Vec::new();
    for param in params {
        if !units.contains(&param.unit.as_str()) {
            units.push(&param.unit);
        }
    }
    let range = |unit: &&str| {
        let of_unit = params.iter().filter(|param| param.unit == *unit);
        let [low, high] = of_unit
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], param| [low.min(param.low), high.max(param.high)]);
        format!("{} to {}{}", tidy(low), tidy(high), after_number(unit))
    };
    units.iter().map(range).collect::<Vec<_>>().join(", ")
}

fn preset_lines() -> String {
    let width = presets().iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    let mut text = String::from("Presets of changes: --preset NAME, or --preset NAME,KEY=VALUE,…\n");
    for preset in presets() {
        let _ = writeln!(text, "  {:<width$}  {}", preset.name, preset.summary);
        let _ = writeln!(text, "  {:<width$}    {}", "", preset.source);
        let arguments = preset.arguments.iter().map(|[name, meaning, value]| format!("{name} = {value} ({meaning})"));
        let _ = writeln!(text, "  {:<width$}    {}", "", arguments.collect::<Vec<_>>().join(", "));
    }
    text
}

/// The task `name`, with a robot of one's own where it takes one.
fn task_with(name: &str, own: &RobotArgs) -> anyhow::Result<Box<dyn Env>> {
    if own.robot.is_none() && robot_tasks().iter().any(|task| task.name == name) {
        bail!(
            "task '{name}' has no robot of its own; name its file, MJCF or URDF: mesolimb list changes {name} --robot FILE"
        );
    }
    let (robot, effector) = (own.file()?, own.effector.clone());
    let mut config = RunConfig { task: name.to_owned(), robot, effector, ..RunConfig::default() };
    config.read_robot(Path::new(""))?;
    config.open_env()
}

/// What can change in a task: nominal values and ranges.
fn params_of(env: &dyn Env) -> String {
    let name = &env.spec().name;
    let mut text = format!("in {name}: --set 'changes=[{{ parameter = \"…\", scale = 0.5, at = 100000 }}]'\n");
    let width = env.params().iter().map(|param| param.name.len()).max().unwrap_or(0);
    for param in env.params().iter() {
        let [nominal, low, high] = [param.nominal, param.low, param.high].map(tidy);
        let _ = writeln!(text, "  {:<width$}  {nominal}{}, in [{low}, {high}]", param.name, after_number(&param.unit));
    }
    text
}

/// A unit as it stands behind a number.
fn after_number(unit: &str) -> String {
    if unit == "1" { String::new() } else { format!(" {unit}") }
}

/// Ranges are products of nominal values: four digits of them are of interest.
fn tidy(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes_of(task: Option<&str>) -> anyhow::Result<String> {
        list(&ListArgs { what: Some(Listed::Changes), task: task.map(str::to_owned), ..ListArgs::default() })
    }

    #[test]
    fn every_kind_has_a_range_and_a_task() {
        let text = changes();
        for (kind, summary) in kinds() {
            let line =
                text.lines().skip_while(|line| !line.ends_with(&format!("  {summary}"))).nth(1).unwrap_or_default();
            assert!(line.contains(" to ") && line.contains("; "), "{kind}: {line}");
            assert!(!line.ends_with("; "), "no task offers {kind}");
        }
        let friction = text.lines().skip_while(|line| !line.starts_with("  friction")).nth(1).unwrap();
        assert!(friction.contains(" N, ") && friction.contains(" N·m;"), "two units: {friction}");
    }

    #[test]
    fn presets_are_listed_with_their_arguments() {
        let text = changes_of(None).unwrap();
        assert!(presets().iter().all(|preset| text.contains(preset.name)));
        assert!(text.contains("every = 200000"));
    }

    #[test]
    fn a_task_is_listed_with_changes_only() {
        assert!(changes_of(Some("ant")).unwrap().contains("leg_off/front_left_hip"));
        let error = changes_of(Some("antt")).unwrap_err().to_string();
        assert!(error.contains("did you mean 'ant'?"), "{error}");
        let agents = ListArgs { what: Some(Listed::Agents), task: Some("ant".into()), ..ListArgs::default() };
        assert!(list(&agents).is_err());
    }
}
