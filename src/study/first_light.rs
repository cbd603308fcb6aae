//! Does it learn, and only with dopamine? Two tasks, several seeds, beside stream AC.

use std::{fmt::Write as _, ops::Range, path::Path};

use mesolimb_agents::{SpikingActorCritic, baseline::StreamAc};

use super::{Outcome, curve, run_arms, statistics::median, write};
use crate::{
    config::RunConfig,
    plot::{BLUE, Frame, GREEN, GREY, ORANGE, draw},
};

/// Tasks and their control steps.
const TASKS: [(&str, u64); 2] = [("cartpole", 100_000), ("reacher", 200_000)];
/// Arms: label and colour.
const ARMS: [(&str, (u8, u8, u8)); 4] = [
    ("spiking", BLUE),
    ("stream AC (MLP), as published", ORANGE),
    ("stream AC (MLP), discount of the spiking agent", GREEN),
    ("spiking, dopamine clamped", GREY),
];

/// One arm on one task.
struct Entry {
    task_idx: usize,
    arm_idx: usize,
    run: RunConfig,
}

pub(super) fn run(folder: &Path, seeds: Range<u64>) -> anyhow::Result<String> {
    let mut plan = Vec::new();
    for task_idx in 0..TASKS.len() {
        plan.extend(entries(task_idx)?);
    }
    let runs: Vec<RunConfig> = plan.iter().map(|entry| entry.run.clone()).collect();
    let outcomes = run_arms(&runs, seeds)?;
    write(&folder.join("results.csv"), &results(&plan, &outcomes))?;
    let mut table = String::from(
        "| task, steps | agent | score, median | lowest to highest | final return, median |\n|---|---|---|---|---|\n",
    );
    for (entry_idx, entry) in plan.iter().enumerate() {
        let (task, steps) = TASKS[entry.task_idx];
        let of_entry: Vec<&Outcome> = outcomes.iter().filter(|o| o.arm == entry_idx).collect();
        let scores: Vec<f64> = of_entry.iter().map(|o| score_of(o)).collect();
        let finals: Vec<f64> = of_entry.iter().map(|o| o.summary.final_return).collect();
        let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (label, score, final_return) = (ARMS[entry.arm_idx].0, median(&scores), median(&finals));
        writeln!(
            table,
            "| {task}, {}k | {label} | **{score:.2}** | {lowest:.2} to {highest:.2} | {final_return:.1} |",
            steps / 1000
        )?;
    }
    writeln!(table, "\n{}", verdict(&plan, &outcomes))?;
    for task_idx in 0..TASKS.len() {
        picture(folder, &plan, &outcomes, task_idx)?;
    }
    write(&folder.join("table.md"), &table)?;
    Ok(table)
}

/// The score; the tasks of this study have one.
fn score_of(outcome: &Outcome) -> f64 {
    outcome.summary.score.unwrap_or(f64::NAN)
}

/// By how much the spiking agent is ahead of stream AC as published, or behind it.
fn verdict(plan: &[Entry], outcomes: &[Outcome]) -> String {
    let score = |task_idx: usize, arm_idx: usize| {
        let is_meant = |entry: &Entry| (entry.task_idx, entry.arm_idx) == (task_idx, arm_idx);
        let scores = outcomes.iter().filter(|o| is_meant(&plan[o.arm])).map(score_of);
        median(&scores.collect::<Vec<_>>())
    };
    let ahead = TASKS.iter().enumerate().map(|(task_idx, (task, _))| {
        // Arms 0 and 1 of the list above.
        format!("{task} {:+.2}", score(task_idx, 0) - score(task_idx, 1))
    });
    format!("Median score, spiking minus stream AC as published: {}.", ahead.collect::<Vec<_>>().join(", "))
}

/// The arms of a task; one that would be the same as another is left out.
fn entries(task_idx: usize) -> anyhow::Result<Vec<Entry>> {
    let (task, steps) = TASKS[task_idx];
    let spiking = RunConfig { task: task.to_owned(), steps, ..RunConfig::default() };
    let stream_ac = RunConfig { agent: "stream-ac".to_owned(), ..spiking.clone() };
    let mut discounted = stream_ac.clone();
    let gamma = spiking.settings.of::<SpikingActorCritic>()?.gamma(mesolimb_envs::make(task)?.spec());
    let differs = (gamma - stream_ac.settings.of::<StreamAc>()?.gamma).abs() > 1e-9;
    discounted.settings.change::<StreamAc>(|stream_ac| stream_ac.gamma = gamma)?;
    let mut clamped = spiking.clone();
    clamped
        .settings
        .change::<SpikingActorCritic>(|spiking| spiking.brain.variant = vec!["dopamine-clamped".to_owned()])?;
    let runs = [spiking, stream_ac, discounted, clamped];
    let entries = runs.into_iter().enumerate().map(|(arm_idx, run)| Entry { task_idx, arm_idx, run });
    Ok(entries.filter(|entry| entry.arm_idx != 2 || differs).collect())
}

fn results(plan: &[Entry], outcomes: &[Outcome]) -> String {
    let mut csv = String::from(
        "task,arm,seed,steps,episodes,random_return,reference_return,training_return,final_return,score\n",
    );
    for Outcome { arm, summary: s, .. } in outcomes {
        let label = ARMS[plan[*arm].arm_idx].0.replace(',', "");
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let training = number(s.training_return);
        let _ = writeln!(
            csv,
            "{},{label},{},{},{},{},{},{training},{},{}",
            s.task,
            s.seed,
            s.steps,
            s.episodes,
            s.random_return,
            number(s.reference_return),
            s.final_return,
            number(s.score)
        );
    }
    csv
}

fn picture(folder: &Path, plan: &[Entry], outcomes: &[Outcome], task_idx: usize) -> anyhow::Result<()> {
    let (task, steps) = TASKS[task_idx];
    let of_task = plan.iter().enumerate().filter(|(_, entry)| entry.task_idx == task_idx);
    let curves: Vec<_> = of_task
        .map(|(entry_idx, entry)| {
            let (label, colour) = ARMS[entry.arm_idx];
            curve(outcomes, entry_idx, steps / 50, label, colour)
        })
        .collect();
    let title = format!("Learning {task}: mean of the seeds, band from the worst to the best seed");
    let frame = Frame { title: &title, x_label: "control steps", y_label: "return of a training episode", mark: None };
    draw(&folder.join(format!("{task}.svg")), &frame, &curves)
}
