//! What the rows of the suite come to: a table, plain answers, learning curves, a performance profile.

use std::{fmt::Write as _, path::Path};

use mesolimb_agents::registry;

use super::{CLAMPED, OURS, PASSED, RunRow, ScaleRow, TASKS};
use crate::{
    plot::{self, BLUE, Curve, Frame, GREEN, GREY, ORANGE, PINK},
    study::{
        statistics::{Estimate, bootstrap, iqm, median, probability_of_improvement, share_above},
        write,
    },
    summary::Scale,
};

/// Agents of streams, whose better one ours is held against.
const STREAMING: [&str; 2] = ["intentional-ac", "stream-ac"];
/// The agent of batches.
const BATCH: &str = "ppo";
/// Score below which an agent has learned nothing.
const UNLEARNED: f64 = 0.15;
/// Share of the best that a task must not fall below.
const SHARE_OF_BEST: f64 = 0.8;
/// Share of the usual brain's score that another should not fall below.
const SHARE_OF_USUAL: f64 = 0.7;
/// Share of what is earned with exploration that is left without.
const SHARE_OF_ACTING: f64 = 0.9;
/// Thresholds of the performance profile.
const PROFILE: [f64; 2] = [-0.2, 1.6];
const PROFILE_POINTS: usize = 91;
/// Where there is nothing to name.
const NONE: &str = "none";
/// Columns of the grid of learning curves.
const COLUMNS: usize = 3;

/// All runs of a study, in its order.
struct Results<'a> {
    tasks: Vec<(&'static str, Scale)>,
    agents: Vec<&'a str>,
    runs: &'a [RunRow],
}

impl<'a> Results<'a> {
    fn new(runs: &'a [RunRow], scales: &[ScaleRow]) -> Self {
        let scale = |task: &str| scales.iter().find(|row| row.task == task).map(|row| row.scale);
        let in_use = |task: &str| runs.iter().any(|row| row.task == task);
        let tasks = TASKS.iter().filter_map(|(task, _)| Some((*task, scale(task).filter(|_| in_use(task))?)));
        let mut agents: Vec<&str> = Vec::new();
        // Ours first, then in the order in which they came.
        for agent in std::iter::once(OURS).chain(runs.iter().map(|row| row.agent.as_str())) {
            if !agents.contains(&agent) && runs.iter().any(|row| row.agent == agent) {
                agents.push(agent);
            }
        }
        Self { tasks: tasks.collect(), agents, runs }
    }

    fn of(&self, task: &'a str, agent: &'a str) -> impl Iterator<Item = &'a RunRow> {
        self.runs.iter().filter(move |row| row.task == task && row.agent == agent)
    }

    fn scores(&self, (task, scale): (&'a str, Scale), agent: &'a str) -> Vec<f64> {
        self.of(task, agent).filter_map(|row| scale.score(row.final_return)).collect()
    }

    /// Scores of several agents, task by task, in the tasks that all of them have.
    fn in_common<const N: usize>(&self, agents: [&'a str; N]) -> [Vec<Vec<f64>>; N] {
        let mut all = [const { Vec::new() }; N];
        for task in &self.tasks {
            let scores = agents.map(|agent| self.scores(*task, agent));
            if scores.iter().all(|scores| !scores.is_empty()) {
                for (all, scores) in all.iter_mut().zip(scores) {
                    all.push(scores);
                }
            }
        }
        all
    }

    fn has(&self, agent: &str) -> bool {
        self.agents.contains(&agent)
    }
}

/// Writes *table.md*, *curves.svg* and *profile.svg*, and returns the table.
pub(super) fn write_all(folder: &Path, runs: &[RunRow], scales: &[ScaleRow]) -> anyhow::Result<String> {
    let results = Results::new(runs, scales);
    let text = format!("{}\n{}\n{}", scores(&results)?, aggregates(&results)?, answers(&results)?);
    write(&folder.join("table.md"), &text)?;
    curves(&folder.join("curves.svg"), &results)?;
    profile(&folder.join("profile.svg"), &results)?;
    Ok(text)
}

/// Median scores and returns, task by task.
fn scores(results: &Results<'_>) -> anyhow::Result<String> {
    let mut text = String::from(
        "Median score (median final return; runs). 0 is what takes no learning, the better \
                                 of random actions and doing nothing; 1 is the reference.\n\n",
    );
    writeln!(text, "| task | random | idle | reference | {} |", results.agents.join(" | "))?;
    writeln!(text, "|-|-|-|-|{}", "-|".repeat(results.agents.len()))?;
    for &(task, scale) in &results.tasks {
        let reference = scale.reference_return.map_or_else(String::new, |value| format!("{value:.1}"));
        write!(text, "| {task} | {:.1} | {:.1} | {reference} |", scale.random_return, scale.idle_return)?;
        for agent in &results.agents {
            let finals: Vec<f64> = results.of(task, agent).map(|row| row.final_return).collect();
            let scores = results.scores((task, scale), agent);
            match finals.len() {
                0 => write!(text, " |")?,
                n => write!(text, " **{:.2}** ({:.1}; {n}) |", median(&scores), median(&finals))?,
            }
        }
        writeln!(text)?;
    }
    Ok(text)
}

/// The interquartile mean of all scores, and how likely ours is better.
fn aggregates(results: &Results<'_>) -> anyhow::Result<String> {
    let mut text = String::from(
        "Interquartile mean of the scores over runs and tasks, with the 95 % interval of a bootstrap within tasks.\n\n\
         | agent | tasks | interquartile mean | probability that ours is better |\n|-|-|-|-|\n",
    );
    for &agent in &results.agents {
        let [of_agent] = results.in_common([agent]);
        if of_agent.is_empty() {
            continue;
        }
        let mean = bootstrap([&of_agent], |[scores]| iqm(&scores.concat()));
        let better = if agent == OURS || !results.has(OURS) {
            String::new()
        } else {
            let [ours, theirs] = results.in_common([OURS, agent]);
            estimate(bootstrap([&ours, &theirs], |[ours, theirs]| probability_of_improvement(ours, theirs)))
        };
        writeln!(text, "| {agent} | {} | {} | {better} |", of_agent.len(), estimate(mean))?;
    }
    Ok(text)
}

fn estimate(Estimate { value, low, high }: Estimate) -> String {
    format!("**{value:.2}** ({low:.2} to {high:.2})")
}

/// What was asked, and what came out.
fn answers(results: &Results<'_>) -> anyhow::Result<String> {
    let mut text = String::new();
    if results.has(OURS) {
        let streaming: Vec<&str> = STREAMING.into_iter().filter(|agent| results.has(agent)).collect();
        let factors: Vec<(f64, &str)> = streaming.iter().map(|agent| (factor(results, agent), *agent)).collect();
        if let Some((factor, agent)) = factors.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)) {
            writeln!(
                text,
                "- Ours has {factor:.2} times the interquartile mean of {agent}, the better streaming agent (asked: 1.1)."
            )?;
        }
        if results.has(BATCH) {
            writeln!(text, "- It has {:.2} times that of {BATCH} (asked: 1.0).", factor(results, BATCH))?;
        }
        let others: Vec<&str> = streaming.iter().copied().chain(results.has(BATCH).then_some(BATCH)).collect();
        let behind = named(results, |task| {
            let best = others.iter().map(|agent| median(&results.scores(task, agent))).fold(f64::NAN, f64::max);
            let share = median(&results.scores(task, OURS)) / best;
            (best > 0.0 && share < SHARE_OF_BEST).then_some(share)
        });
        writeln!(text, "- Below {SHARE_OF_BEST} of the best of the others: {behind}.")?;
        let unlearned = named(results, |task| {
            let score = median(&results.scores(task, OURS));
            (score < UNLEARNED).then_some(score)
        });
        writeln!(text, "- Nothing learned (median score below {UNLEARNED}): {unlearned}.")?;
        let lost = named(results, |(task, scale)| {
            let shares = results.of(task, OURS).map(|row| {
                (row.final_return - scale.random_return) / (row.acting_return - scale.random_return).max(1e-9)
            });
            let share = median(&shares.collect::<Vec<_>>());
            (share < SHARE_OF_ACTING).then_some(share)
        });
        writeln!(
            text,
            "- Without exploration less than {SHARE_OF_ACTING} of what is earned with it, both beyond random actions: {lost}."
        )?;
    }
    brains(results, &mut text)?;
    audits(results, &mut text)?;
    if results.has(CLAMPED) {
        let learned = named(results, |task| {
            let score = median(&results.scores(task, CLAMPED));
            (score >= UNLEARNED).then_some(score)
        });
        writeln!(text, "- With dopamine clamped, a median score of {UNLEARNED} or more: {learned}.")?;
    }
    Ok(text)
}

/// How other brains do beside the usual one.
fn brains(results: &Results<'_>, text: &mut String) -> anyhow::Result<()> {
    let is_agent = |name: &str| name == CLAMPED || registry::agents().iter().any(|agent| agent.name == name);
    for brain in results.agents.iter().copied().filter(|name| results.has(OURS) && !is_agent(name)) {
        let [usual, theirs] = results.in_common([OURS, brain]);
        let factor = iqm(&theirs.concat()) / iqm(&usual.concat());
        let behind = named(results, |task| {
            let [usual, theirs] = [OURS, brain].map(|agent| median(&results.scores(task, agent)));
            (usual > 0.0 && theirs / usual < SHARE_OF_USUAL).then_some(theirs / usual)
        });
        writeln!(
            text,
            "- The brain {brain} has {factor:.2} times the interquartile mean of the usual one (asked: 0.9); below \
             {SHARE_OF_USUAL} of it: {behind}."
        )?;
    }
    Ok(())
}

/// Whether what was learned is left with finer steps of the physics.
fn audits(results: &Results<'_>, text: &mut String) -> anyhow::Result<()> {
    let kept = named(results, |(task, _)| {
        let kept: Vec<f64> = results.of(task, OURS).filter_map(|row| row.kept_at_half_step).collect();
        (!kept.is_empty()).then(|| median(&kept))
    });
    if results.runs.iter().all(|row| row.agent != OURS || row.audit.is_empty()) {
        return Ok(());
    }
    writeln!(
        text,
        "- With half the physics step, the median of what is left of what was learned (asked: 0.8): {kept}."
    )?;
    let audited = results.runs.iter().filter(|row| row.agent == OURS && !row.audit.is_empty());
    let failed = audited.filter(|row| row.audit != PASSED);
    let failed: Vec<String> = failed.map(|row| format!("{} seed {} ({})", row.task, row.seed, row.audit)).collect();
    let failed = if failed.is_empty() { NONE.to_owned() } else { failed.join(", ") };
    writeln!(text, "- Audits of trained agents that found something: {failed}.")?;
    Ok(())
}

/// The interquartile mean of ours over that of another agent, in the tasks that both have.
fn factor<'a>(results: &Results<'a>, agent: &'a str) -> f64 {
    let [ours, theirs] = results.in_common([OURS, agent]);
    iqm(&ours.concat()) / iqm(&theirs.concat())
}

/// The tasks for which there is a number, with it.
fn named<'a>(results: &Results<'a>, number: impl Fn((&'a str, Scale)) -> Option<f64>) -> String {
    let named = results.tasks.iter().filter_map(|task| Some(format!("{} ({:.2})", task.0, number(*task)?)));
    let named: Vec<String> = named.collect();
    if named.is_empty() { NONE.to_owned() } else { named.join(", ") }
}

fn colour(agent: &str) -> (u8, u8, u8) {
    match agent {
        OURS => BLUE,
        "intentional-ac" => GREEN,
        "stream-ac" => ORANGE,
        BATCH => PINK,
        _ => GREY,
    }
}

/// Learning curves of all tasks in a grid: mean of the seeds, band from the lowest to the highest.
fn curves(path: &Path, results: &Results<'_>) -> anyhow::Result<()> {
    let panels: Vec<(Frame<'_>, Vec<Curve>)> = results
        .tasks
        .iter()
        .map(|(task, _)| {
            let frame = Frame { title: task, x_label: "control steps", y_label: "return", mark: None };
            let curves = results.agents.iter().map(|agent| Curve {
                label: (*agent).to_owned(),
                colour: colour(agent),
                points: band(&results.of(task, agent).collect::<Vec<_>>()),
            });
            (frame, curves.filter(|curve| !curve.points.is_empty()).collect())
        })
        .collect();
    plot::draw_grid(path, &panels, COLUMNS)
}

fn band(rows: &[&RunRow]) -> Vec<plot::Point> {
    let n = rows.iter().map(|row| row.curve.len()).min().unwrap_or(0);
    (0..n)
        .map(|point| {
            let values = || rows.iter().map(|row| row.curve[point]);
            let place = (point as f64 + 0.5) * rows[0].steps as f64 / n as f64;
            let mean = values().sum::<f64>() / rows.len() as f64;
            (place, values().fold(f64::INFINITY, f64::min), mean, values().fold(f64::NEG_INFINITY, f64::max))
        })
        .collect()
}

/// Which share of an agent's runs has a score above a threshold.
fn profile(path: &Path, results: &Results<'_>) -> anyhow::Result<()> {
    let thresholds = (0..PROFILE_POINTS)
        .map(|k| PROFILE[0] + (PROFILE[1] - PROFILE[0]) * k as f64 / (PROFILE_POINTS - 1) as f64)
        .collect::<Vec<_>>();
    let curves = results.agents.iter().filter_map(|agent| {
        let [scores] = results.in_common([*agent]);
        let points = thresholds.iter().map(|threshold| {
            let Estimate { value, low, high } = bootstrap([&scores], |[scores]| share_above(scores, *threshold));
            (*threshold, low, value, high)
        });
        let label = (*agent).to_owned();
        (!scores.is_empty()).then(|| Curve { label, colour: colour(agent), points: points.collect() })
    });
    let frame = Frame {
        title: "Performance profile, with 95 % intervals",
        x_label: "score: 0 is what takes no learning, 1 the reference",
        y_label: "share of the runs above it",
        mark: None,
    };
    plot::draw(path, &frame, &curves.collect::<Vec<_>>())
}
