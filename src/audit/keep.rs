//! The folder of an audit.
//!
//! `audit.json` the report · `policy.json` the policy that was found · `shown.json` that of the episode which is shown (none of
//! a trained agent) ·
//! `trace.csv` a line for each control step of that episode · `audit.svg` its energy · `search.svg` how the search went ·
//! `moment.png` the robot at the moment that speaks most against the policy.

use std::path::Path;

use anyhow::Context as _;
use mesolimb_agents::{
    audit::{Audit, Make},
    search::{Case, Policy},
};

use super::{
    found::{Found, PolicyFile},
    report::Report,
    trace::{Row, Trace},
};
use crate::{
    checkpoint::replace_file,
    folder::make_whole,
    plot::{BLUE, Curve, Frame, GREEN, GREY, ORANGE, draw},
    render::Picture,
};

/// Writes the folder of an audit, with a picture `width` pixels wide. It appears whole or not at all.
///
/// # Errors
/// If there is something at `out` already, or it cannot be written.
pub(super) fn keep(
    out: &Path,
    report: &mut Report,
    make: &Make<'_>,
    found: &Found,
    audit: &Audit,
    width: u32,
) -> anyhow::Result<()> {
    report.kept_in = Some(out.to_owned());
    let (case, step) = shown(found, audit).context("no episode was lived")?;
    let trace = Trace::of(make, case, step)?;
    make_whole(out, "or remove it", |making| {
        let write = |name: &str, text: String| replace_file(&making.join(name), text.as_bytes());
        write("audit.json", serde_json::to_string_pretty(report)? + "\n")?;
        for (name, policy) in [("policy.json", &found.policy), ("shown.json", &case.policy)] {
            // A trained agent is kept in its run.
            if let Policy::Linear(policy) = policy {
                let file = PolicyFile { task: report.task.clone(), policy: policy.clone() };
                write(name, serde_json::to_string(&file)? + "\n")?;
            }
        }
        write("trace.csv", trace.csv())?;
        draw_energy(&making.join("audit.svg"), report, &trace, step)?;
        draw_search(&making.join("search.svg"), report)?;
        Picture::of(&trace.scene, width, (width * 3).div_ceil(4)).write(&making.join("moment.png"))
    })
}

/// The episode to show, and its moment: what speaks most against the policy, or the largest gain of all.
fn shown<'a>(found: &'a Found, audit: &'a Audit) -> Option<(&'a Case, u32)> {
    if let Some(finding) = audit.findings.first() {
        return Some((&finding.case, finding.step));
    }
    let all = [&found.extremes].into_iter().chain(audit.replays.first().map(|replay| &replay.extremes));
    let share = |case: &Case| case.lived.account.worst_step.share;
    let worst = all.filter_map(|extremes| extremes.worst_step.as_ref()).max_by(|a, b| share(a).total_cmp(&share(b)))?;
    Some((worst, worst.lived.account.worst_step.step))
}

/// The energy of an episode, where it came from and where it went.
fn draw_energy(path: &Path, report: &Report, trace: &Trace, step: u32) -> anyhow::Result<()> {
    let curve = |label: &str, colour, of: &dyn Fn(&Row) -> f64| {
        let point = |t: f64, y: f64| (t, y, y, y);
        let points = trace.rows.iter().map(|row| point(row.t_secs, of(row)));
        // The first control step alone is no curve.
        let points = std::iter::once(point(0.0, 0.0)).chain(points).collect();
        Curve { label: label.to_owned(), colour, points }
    };
    let moment = trace.rows.get(step.max(1) as usize - 1).map(|row| (row.t_secs, "the moment in moment.png"));
    let title = format!("{}: energy of the episode that is shown", report.task);
    let frame = Frame { title: &title, x_label: "time in s", y_label: "energy in J", mark: moment };
    let curves = [
        curve("what the robot has, over the start", BLUE, &|row| row.energy_change),
        curve("work of motors and fields", GREEN, &|row| row.books.motors + row.books.fields),
        curve("losses, contacts and stops", GREY, &|Row { books, .. }| {
            books.damping + books.dry_friction + books.contacts + books.sliding + books.stops
        }),
        curve("without a source", ORANGE, &|row| row.books.unpaid()),
    ];
    draw(path, &frame, &curves)
}

/// How the return of the policy grew, if there was a search.
fn draw_search(path: &Path, report: &Report) -> anyhow::Result<()> {
    if report.curve.len() < 2 {
        return Ok(());
    }
    let points = report.curve.iter().map(|at| (at.steps as f64, at.mean_return, at.mean_return, at.mean_return));
    let curve = Curve { label: "return, mean of 3 episodes".to_owned(), colour: BLUE, points: points.collect() };
    let title = format!("{}: what the search found", report.task);
    let frame = Frame { title: &title, x_label: "control steps of the search", y_label: "return", mark: None };
    draw(path, &frame, &[curve])
}
