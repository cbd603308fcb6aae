//! The report for people.

use std::fmt::Write as _;

use super::report::{AtClock, HELD, Place, Report, WORK};

impl Report {
    /// The report for people.
    #[must_use]
    pub fn text(&self) -> String {
        let robot = self.robot.as_ref().map(|robot| format!(" with {robot}")).unwrap_or_default();
        let searched = match self.rounds {
            0 if self.steps == 0 => "a policy from a file".to_owned(),
            0 => format!("an agent that was trained for {} steps", self.steps),
            rounds => format!("searched for {} steps in {rounds} rounds", self.steps),
        };
        let mut text = format!("{}{robot}, seed {}: {searched}\n\n", self.task, self.seed);
        let at_task_clock = &self.clocks[0];
        let n = self.returns.len();
        row(
            &mut text,
            "return",
            &format!("{:.1} over {n} episodes; zero policy {:.1}", self.mean_return, self.zero_return),
        );
        self.clocks[1..]
            .iter()
            .for_each(|clock| row(&mut text, &format!("1/{} of the step", clock.factor), &kept(clock)));
        text.push_str("\nlargest gain of energy without a source\n");
        row(&mut text, "  in a step", &place(&self.worst_step, self.bounds.max_step_share));
        row(&mut text, "  in an episode", &place(&self.worst_episode, self.bounds.max_episode_share));
        text.push_str("\nenergy at the end of an episode, mean of the policy found\n");
        ledger(&mut text, at_task_clock);
        text.push('\n');
        let in_search = (self.rounds > 0).then_some(("in the search", &self.searched));
        for (what, strains) in [("policy found", &at_task_clock.strains)].into_iter().chain(in_search) {
            let strains = format!(
                "{:.2} mm deep in contacts, {:.4} rad (m) beyond stops, motors at {:.3} of their limits",
                1e3 * strains.penetration_m,
                strains.stop_excess,
                strains.motor_load
            );
            row(&mut text, what, &strains);
        }
        text.push('\n');
        if self.passed {
            text.push_str("passed");
        }
        let failures = self.findings.iter().map(|finding| format!("FAILED: {}", finding.text));
        text.push_str(&failures.collect::<Vec<_>>().join("\n"));
        if let Some(kept_in) = &self.kept_in {
            let _ = write!(text, "\nkept in {0}; look at {0}/moment.png and {0}/audit.svg", kept_in.display());
        }
        text
    }
}

fn row(text: &mut String, what: &str, value: &str) {
    let _ = writeln!(text, "{what:<17} {value}");
}

fn kept(clock: &AtClock) -> String {
    let kept = clock.kept.map(|kept| {
        let of = if kept.beyond_zero { "" } else { "; no better than the zero policy, held against all rewards" };
        format!(" ({:.2} ± {:.2} kept{of})", kept.share, kept.error)
    });
    format!("{:.1}{}", clock.mean_return, kept.unwrap_or_default())
}

fn place(place: &Place, bound: f64) -> String {
    let gain = place.gain;
    format!(
        "{:.3} % of {:.4} J in play ({:.3e} J, t = {:.3} s); allowed is {:.0} %",
        100.0 * gain.share,
        gain.in_play_joule,
        gain.gain_joule,
        place.t_secs,
        100.0 * bound
    )
}

/// What was put in and what was lost, and what the robot has.
fn ledger(text: &mut String, clock: &AtClock) {
    let entry = |name: &str| clock.books.get(name).copied().unwrap_or_default();
    let work = WORK.iter().map(|(name, _)| format!("{} {:+.3}", name.replace('_', " "), entry(name)));
    row(text, "  work", &format!("{} J", work.collect::<Vec<_>>().join(", ")));
    let held = HELD.iter().map(|(name, _)| format!("{name} {:.3}", entry(name)));
    row(text, "  has", &format!("{} J", held.collect::<Vec<_>>().join(", ")));
    row(text, "  balance", &format!("{:+.3} J since the start", clock.energy_change));
    row(
        text,
        "  motors turned",
        &format!("over {:.3} J; contacts and stops gave {:.3} J too much", entry("motors_gross"), entry("overdrawn")),
    );
}
