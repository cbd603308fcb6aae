//! What a search and its audit came to, for people and for programs.

use std::{collections::BTreeMap, path::PathBuf};

use mesolimb_agents::{
    audit::{Audit, AuditConfig, Finding, Kept, Objection, Replay},
    search::{Case, Extremes, Gain, Source},
};
use mesolimb_envs::Books;
use serde::Serialize;

use super::found::Found;
use crate::config::RunConfig;

/// A quantity of the books.
type Entry = (&'static str, fn(&Books) -> f64);

/// Energy that the robot has, in J.
pub(super) const HELD: [Entry; 3] =
    [("kinetic", |b| b.kinetic), ("potential", |b| b.potential), ("springs", |b| b.springs)];
/// Work done on the robot, in J: what it has changes by the sum of these.
pub(super) const WORK: [Entry; 8] = [
    ("motors", |b| b.motors),
    ("fields", |b| b.fields),
    ("damping", |b| b.damping),
    ("dry_friction", |b| b.dry_friction),
    ("contacts", |b| b.contacts),
    ("sliding", |b| b.sliding),
    ("stops", |b| b.stops),
    ("drift", |b| b.drift),
];
/// What else the books hold, in J.
pub(super) const BESIDE: [Entry; 2] = [("motors_gross", |b| b.motors_gross), ("overdrawn", |b| b.overdrawn)];

/// What a search and its audit came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Task.
    pub task: String,
    /// File of the robot, if it is the user's own.
    pub robot: Option<String>,
    /// Version of mesolimb.
    pub version: &'static str,
    /// Seed of search and audit.
    pub seed: u64,
    /// Control steps of the search; zero if there was none.
    pub steps: u64,
    /// Rounds of the search.
    pub rounds: u64,
    /// Reward of every step for being alive, which was not searched for.
    pub alive_bonus: f64,
    /// Mean return of the policy that was found.
    #[serde(rename = "return")]
    pub mean_return: f64,
    /// Return of each of its episodes.
    pub returns: Vec<f64>,
    /// Mean return of the zero policy.
    pub zero_return: f64,
    /// Return of each of its episodes.
    pub zero_returns: Vec<f64>,
    /// How the policy got better.
    pub curve: Vec<CurvePoint>,
    /// The step with the largest share of energy without a source, of search and audit.
    pub worst_step: Place,
    /// The episode with the largest share.
    pub worst_episode: Place,
    /// The search.
    pub searched: Strains,
    /// The policy at the clock of the task and at finer ones.
    pub clocks: Vec<AtClock>,
    /// What was allowed.
    pub bounds: AuditConfig,
    /// Whether nothing speaks against the policy.
    pub passed: bool,
    /// What does, the gravest first.
    pub findings: Vec<FindingLine>,
    /// Where all of it is kept.
    pub kept_in: Option<PathBuf>,
}

/// A point of the learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Control steps of the search.
    pub steps: u64,
    /// Rounds of the search.
    pub rounds: u64,
    /// Mean return of the policy then.
    #[serde(rename = "return")]
    pub mean_return: f64,
}

/// A gain of energy, and where it is found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Place {
    /// The gain.
    #[serde(flatten)]
    pub gain: Gain,
    /// Time in the episode, in s.
    pub t_secs: f64,
    /// Seed of the episode.
    pub episode_seed: u64,
    /// Where the episode was lived.
    pub source: Source,
}

/// The largest strains in many episodes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Strains {
    /// Step with the largest share of energy without a source.
    pub worst_step: Place,
    /// Episode with the largest share.
    pub worst_episode: Place,
    /// Deepest that something was inside something else, in m.
    pub penetration_m: f64,
    /// Furthest that a joint was beyond a stop, in rad or m.
    pub stop_excess: f64,
    /// Largest share of its limit that a motor gave.
    pub motor_load: f64,
    /// Episodes in which the physics broke.
    pub n_faults: u64,
}

/// The policy at one clock.
#[derive(Clone, Debug, Serialize)]
pub struct AtClock {
    /// Steps of the physics in the time of one of the task's.
    pub factor: u32,
    /// Mean return.
    #[serde(rename = "return")]
    pub mean_return: f64,
    /// Return of each episode.
    pub returns: Vec<f64>,
    /// Share of the return that is kept; nothing at the clock of the task.
    pub kept: Option<Kept>,
    /// Books at the end of an episode, in J, mean over the episodes.
    pub books: BTreeMap<&'static str, f64>,
    /// Energy at the end of an episode over that at its start, in J, mean over the episodes.
    pub energy_change: f64,
    /// Strains.
    #[serde(flatten)]
    pub strains: Strains,
}

/// Something that fails an audit.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    /// What it is.
    #[serde(flatten)]
    pub what: Objection,
    /// The same in words.
    pub text: String,
    /// Seed of the episode that shows it.
    pub episode_seed: u64,
    /// Where that was lived.
    pub source: Source,
    /// Steps of the physics in the time of one of the task's.
    pub clock: u32,
    /// Time in it, in s.
    pub t_secs: f64,
}

/// A search and its audit, as they ended.
pub(super) struct Ended<'a> {
    pub(super) world: &'a RunConfig,
    pub(super) seed: u64,
    pub(super) alive_bonus: f64,
    pub(super) control_dt_secs: f64,
    pub(super) found: &'a Found,
    pub(super) config: AuditConfig,
    pub(super) audit: &'a Audit,
}

impl Report {
    pub(super) fn of(ended: &Ended<'_>) -> Self {
        let Ended { world, seed, alive_bonus, control_dt_secs: dt, found, config, audit } = *ended;
        let searched = Strains::of(&found.extremes, dt);
        let no_kept = std::iter::once(None);
        let kept = no_kept.chain(audit.kept.iter().copied().map(Some));
        let clocks: Vec<AtClock> =
            audit.replays.iter().zip(kept).map(|(replay, kept)| AtClock::of(replay, kept, dt)).collect();
        let at_task_clock = &clocks[0].strains;
        let worse = |a: Place, b: Place| if a.gain.share >= b.gain.share { a } else { b };
        Self {
            task: world.task.clone(),
            robot: world.robot.clone(),
            version: env!("CARGO_PKG_VERSION"),
            seed,
            steps: found.steps,
            rounds: found.rounds,
            alive_bonus,
            mean_return: clocks[0].mean_return,
            returns: clocks[0].returns.clone(),
            zero_return: audit.zero_returns.iter().sum::<f64>() / audit.zero_returns.len() as f64,
            zero_returns: audit.zero_returns.clone(),
            curve: found.curve.clone(),
            worst_step: worse(searched.worst_step, at_task_clock.worst_step),
            worst_episode: worse(searched.worst_episode, at_task_clock.worst_episode),
            searched,
            bounds: config,
            passed: audit.passed(),
            findings: audit.findings.iter().map(|finding| FindingLine::of(finding, dt)).collect(),
            clocks,
            kept_in: None,
        }
    }
}

impl AtClock {
    fn of(replay: &Replay, kept: Option<Kept>, dt_secs: f64) -> Self {
        let entries = HELD.into_iter().chain(WORK).chain(BESIDE);
        Self {
            factor: replay.clock,
            mean_return: replay.mean_return(),
            returns: replay.returns(),
            kept,
            books: entries.map(|(name, of)| (name, replay.mean_of(|account| of(&account.books)))).collect(),
            energy_change: replay.mean_of(|account| account.energy_change),
            strains: Strains::of(&replay.extremes, dt_secs),
        }
    }
}

impl Strains {
    fn of(extremes: &Extremes, dt_secs: f64) -> Self {
        let place = |case: &Option<Case>, of: fn(&Case) -> Gain| {
            let gain = case.as_ref().map(of).unwrap_or_default();
            let seed_and_source = case.as_ref().map(|case| (case.seed, case.source));
            let (episode_seed, source) = seed_and_source.unwrap_or((0, Source::Search));
            Place { gain, t_secs: f64::from(gain.step) * dt_secs, episode_seed, source }
        };
        Self {
            worst_step: place(&extremes.worst_step, |case| case.lived.account.worst_step),
            worst_episode: place(&extremes.worst_episode, |case| case.lived.account.episode),
            penetration_m: extremes.penetration,
            stop_excess: extremes.stop_excess,
            motor_load: extremes.motor_load,
            n_faults: extremes.n_faults,
        }
    }
}

impl FindingLine {
    fn of(finding: &Finding, dt_secs: f64) -> Self {
        let (case, t_secs) = (&finding.case, f64::from(finding.step) * dt_secs);
        let whose = match case.source {
            Source::Search => "of the search",
            Source::Replay => "of the policy found",
        };
        let text = format!("{finding}, at t = {t_secs:.3} s of the episode {whose} with seed {}", case.seed);
        Self { what: finding.what, text, episode_seed: case.seed, source: case.source, clock: case.clock, t_secs }
    }
}
