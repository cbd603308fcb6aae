//! How soon does it recover when all motors turn the other way, with and without motor recalibration?

use std::{fmt::Write as _, ops::Range, path::Path};

use mesolimb_agents::{Episode, SpikingActorCritic};

use super::{Outcome, curve, run_arms, statistics::median, write};
use crate::{
    config::RunConfig,
    plot::{BLUE, Frame, GREY, draw},
};

/// Control steps of a run.
const STEPS: u64 = 300_000;
/// Control step at which the motors are reversed.
const REVERSED_AT: u64 = 200_000;
/// Episodes over which returns are averaged, before and after.
const WINDOW: usize = 10;
/// Width of a point of the curves, in control steps.
const BIN: u64 = 2_000;
const ARMS: [(&str, (u8, u8, u8)); 2] = [("with motor recalibration", BLUE), ("without", GREY)];

pub(super) fn run(folder: &Path, seeds: Range<u64>) -> anyhow::Result<String> {
    let outcomes = run_arms(&arms()?, seeds)?;
    let mut table = String::from(
        "| arm | seed | return before | lowest after | steps to 90 % | return at the end |\n|---|---|---|---|---|---|\n",
    );
    let mut csv = String::from("arm,seed,return_before,lowest_after,steps_to_90_percent,return_at_end\n");
    for Outcome { arm, summary, episodes } in &outcomes {
        let label = ARMS[*arm].0;
        let r = Recovery::of(episodes, summary.random_return);
        let steps = r.steps_to_90_percent.map_or_else(|| "never".to_owned(), |s| s.to_string());
        writeln!(table, "| {label} | {} | {:.1} | {:.1} | {steps} | {:.1} |", summary.seed, r.before, r.lowest, r.end)?;
        writeln!(csv, "{label},{},{},{},{steps},{}", summary.seed, r.before, r.lowest, r.end)?;
    }
    for (arm, (label, _)) in ARMS.iter().enumerate() {
        let of_arm: Vec<f64> = outcomes
            .iter()
            .filter(|o| o.arm == arm)
            // A run that has not recovered is censored at the length of its block.
            .map(|o| {
                let steps = Recovery::of(&o.episodes, o.summary.random_return).steps_to_90_percent;
                steps.unwrap_or(STEPS - REVERSED_AT) as f64
            })
            .collect();
        let recovered = of_arm.iter().filter(|s| **s <= 10_000.0).count();
        writeln!(
            table,
            "| **{label}** | median | | | **{:.0}** | within 10 000 steps: {recovered} of {} |",
            median(&of_arm),
            of_arm.len()
        )?;
    }
    let curves: Vec<_> = (0..ARMS.len()).map(|arm| curve(&outcomes, arm, BIN, ARMS[arm].0, ARMS[arm].1)).collect();
    let frame = Frame {
        title: "reacher: all motors reversed while it learns (mean of the seeds, worst to best)",
        x_label: "control steps",
        y_label: "return of a training episode",
        mark: Some((REVERSED_AT as f64, "motors reversed")),
    };
    draw(&folder.join("reversal.svg"), &frame, &curves)?;
    write(&folder.join("results.csv"), &csv)?;
    write(&folder.join("table.md"), &table)?;
    Ok(table)
}

fn arms() -> anyhow::Result<[RunConfig; 2]> {
    let change = format!("changes=[{{ parameter = \"motor_gain\", scale = -1.0, at = {REVERSED_AT} }}]");
    let settings = ["task=reacher".to_owned(), format!("steps={STEPS}"), change];
    let with = RunConfig::resolve(toml::Table::new(), &settings)?;
    let mut without = with.clone();
    without.settings.change::<SpikingActorCritic>(|spiking| spiking.recalibration.enabled = false)?;
    Ok([with, without])
}

/// How a run fared after the change.
struct Recovery {
    before: f64,
    lowest: f64,
    end: f64,
    /// Control steps from the change until the mean of [`WINDOW`] episodes is back at 90 % of the way from chance to what
    /// it was before.
    steps_to_90_percent: Option<u64>,
}

impl Recovery {
    fn of(episodes: &[Episode], random_return: f64) -> Self {
        let mean = |e: &[Episode]| e.iter().map(|e| e.total_reward).sum::<f64>() / e.len().max(1) as f64;
        let split = episodes.partition_point(|e| e.end_step <= REVERSED_AT);
        let (old, new) = episodes.split_at(split);
        let before = mean(&old[old.len().saturating_sub(2 * WINDOW)..]);
        let threshold = random_return + 0.9 * (before - random_return);
        let windows: Vec<(u64, f64)> =
            new.windows(WINDOW).map(|w| (w[WINDOW - 1].end_step - REVERSED_AT, mean(w))).collect();
        let lowest = windows.iter().map(|w| w.1).fold(f64::INFINITY, f64::min);
        let fallen = windows.iter().position(|w| w.1 < threshold);
        // A run that never fell has recovered at once.
        let steps_to_90_percent = match fallen {
            None => windows.first().map(|w| w.0),
            Some(fallen) => windows[fallen..].iter().find(|w| w.1 >= threshold).map(|w| w.0),
        };
        Self { before, lowest, end: mean(&new[new.len().saturating_sub(2 * WINDOW)..]), steps_to_90_percent }
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_agents::EpisodeEnd;

    use super::*;

    /// Episodes of 100 steps with the returns that `of` gives for their end.
    fn episodes(of: impl Fn(u64) -> f64) -> Vec<Episode> {
        (1..=STEPS / 100)
            .map(|i| Episode {
                index: i - 1,
                end_step: i * 100,
                steps: 100,
                total_reward: of(i * 100),
                end: EpisodeEnd::Truncated,
            })
            .collect()
    }

    #[test]
    fn recovery_is_timed_from_the_change_to_the_first_good_window() {
        let r = Recovery::of(&episodes(|end| if (200_001..=204_000).contains(&end) { -100.0 } else { -10.0 }), -100.0);
        assert_eq!((r.before, r.lowest, r.end), (-10.0, -100.0, -10.0));
        // Nine of ten episodes of the window have to be good again.
        assert_eq!(r.steps_to_90_percent, Some(4_900));
    }

    #[test]
    fn a_run_that_stays_down_never_recovers() {
        let r = Recovery::of(&episodes(|end| if end > REVERSED_AT { -60.0 } else { -10.0 }), -100.0);
        assert_eq!(r.steps_to_90_percent, None);
    }
}
