//! Does it learn, and only with dopamine? Two tasks, five seeds, beside stream AC.

use std::{fmt::Write as _, path::Path};

use super::{Outcome, curve, median, run_arms, write};
use crate::{
    config::RunConfig,
    plot::{BLUE, Frame, GREY, ORANGE, draw},
};

/// Tasks and their control steps.
const TASKS: [(&str, u64); 2] = [("cartpole", 100_000), ("reacher", 200_000)];
/// Arms of each task: label and colour.
const ARMS: [(&str, (u8, u8, u8)); 3] =
    [("spiking", BLUE), ("stream AC (MLP)", ORANGE), ("spiking, dopamine clamped", GREY)];

pub(super) fn run(folder: &Path, seeds: u64) -> anyhow::Result<String> {
    let arms: Vec<RunConfig> = TASKS.iter().flat_map(|&(task, steps)| arms(task, steps)).collect();
    let outcomes = run_arms(&arms, seeds)?;
    write(&folder.join("results.csv"), &results(&outcomes))?;
    let mut table = String::from("| task, steps | agent | score, median | all seeds | final return, median |\n|---|---|---|---|---|\n");
    for (task_idx, (task, steps)) in TASKS.iter().enumerate() {
        for (arm, (label, _)) in ARMS.iter().enumerate() {
            let of_arm: Vec<&Outcome> = outcomes.iter().filter(|o| o.arm == task_idx * ARMS.len() + arm).collect();
            let scores: Vec<f64> = of_arm.iter().map(|o| o.summary.score).collect();
            let finals: Vec<f64> = of_arm.iter().map(|o| o.summary.final_return).collect();
            let all = scores.iter().map(|s| format!("{s:.2}")).collect::<Vec<_>>().join(", ");
            writeln!(table, "| {task}, {}k | {label} | **{:.2}** | {all} | {:.1} |", steps / 1000, median(&scores), median(&finals))?;
        }
        picture(folder, &outcomes, task_idx)?;
    }
    write(&folder.join("table.md"), &table)?;
    Ok(table)
}

fn arms(task: &str, steps: u64) -> [RunConfig; 3] {
    let base = RunConfig { task: task.to_owned(), steps, ..RunConfig::default() };
    let stream_ac = RunConfig { agent: "stream-ac".to_owned(), ..base.clone() };
    let mut clamped = base.clone();
    clamped.spiking.dopamine_clamped = true;
    [base, stream_ac, clamped]
}

fn results(outcomes: &[Outcome]) -> String {
    let mut csv = String::from(
        "task,arm,seed,steps,episodes,random_return,reference_return,training_return,final_return,score,env_steps_per_s,brain_us_per_step\n",
    );
    for Outcome { arm, summary: s, .. } in outcomes {
        let label = ARMS[arm % ARMS.len()].0.replace(',', "");
        let training = s.training_return.map_or_else(String::new, |r| r.to_string());
        let _ = writeln!(
            csv,
            "{},{label},{},{},{},{},{},{training},{},{},{:.0},{:.1}",
            s.task, s.seed, s.steps, s.episodes, s.random_return, s.reference_return, s.final_return, s.score, s.env_steps_per_s, s.brain_us_per_step
        );
    }
    csv
}

fn picture(folder: &Path, outcomes: &[Outcome], task_idx: usize) -> anyhow::Result<()> {
    let (task, steps) = TASKS[task_idx];
    let curves: Vec<_> = ARMS
        .iter()
        .enumerate()
        .map(|(arm, (label, colour))| curve(outcomes, task_idx * ARMS.len() + arm, steps / 50, label, *colour))
        .collect();
    let title = format!("Learning {task}: mean of the seeds, band from the worst to the best seed");
    let frame = Frame { title: &title, x_label: "control steps", y_label: "return of a training episode", mark: None };
    draw(&folder.join(format!("{task}.svg")), &frame, &curves)
}
