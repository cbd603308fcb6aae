//! A policy to audit: what a search found, what a file holds, or the agent of a run.

use std::path::Path;

use anyhow::{Context as _, ensure};
use mesolimb_agents::search::{Extremes, LinearPolicy, Policy, Search};
use mesolimb_envs::EnvSpec;
use serde::{Deserialize, Serialize};

use super::{progress::Progress, report::CurvePoint};
use crate::session::Session;

/// Points of the learning curve of a search after its start.
const CURVE_POINTS: u64 = 16;
/// Episodes behind each of them.
const CURVE_EPISODES: usize = 3;

/// A policy to audit.
pub(super) struct Found {
    pub(super) policy: Policy,
    /// Control steps and rounds of the search, zero without one.
    pub(super) steps: u64,
    pub(super) rounds: u64,
    /// The worst episodes of the search.
    pub(super) extremes: Extremes,
    /// How the policy got better.
    pub(super) curve: Vec<CurvePoint>,
}

/// A policy as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct PolicyFile {
    /// Task in which it was found.
    pub(super) task: String,
    pub(super) policy: LinearPolicy,
}

/// How long a search goes on.
#[derive(Clone, Copy)]
pub(super) enum Budget {
    Steps(u64),
    Rounds(u64),
}

impl Budget {
    pub(super) fn total(self) -> u64 {
        let (Self::Steps(total) | Self::Rounds(total)) = self;
        total
    }

    /// How much of it a search has used.
    fn used(self, search: &Search) -> u64 {
        match self {
            Self::Steps(_) => search.steps(),
            Self::Rounds(_) => search.rounds(),
        }
    }
}

impl Found {
    /// Searches until the budget is used up; the round that reaches it is finished.
    pub(super) fn by(mut search: Search, budget: Budget) -> Self {
        let mut progress = Progress::new(budget.total());
        let mut curve = Vec::new();
        loop {
            let used = budget.used(&search);
            let due = budget.total() * curve.len() as u64 / CURVE_POINTS;
            if used >= due.min(budget.total()) {
                let returns = search.evaluate(CURVE_EPISODES);
                let mean_return = returns.iter().sum::<f64>() / returns.len() as f64;
                curve.push(CurvePoint { steps: search.steps(), rounds: search.rounds(), mean_return });
            }
            if used >= budget.total() {
                break;
            }
            search.round();
            progress.show(budget.used(&search), curve.last().map_or(f64::NAN, |point| point.mean_return));
        }
        progress.end();
        let (steps, rounds, extremes) = (search.steps(), search.rounds(), search.extremes().clone());
        Self { policy: search.policy().clone().into(), steps, rounds, extremes, curve }
    }

    /// The policy in a file, as audits keep it.
    ///
    /// # Errors
    /// If the file cannot be read, or the policy was found in another task or does not fit this one.
    pub(super) fn in_file(file: &Path, world: &str, spec: &EnvSpec) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let PolicyFile { task, policy } = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        ensure!(task == world, "{}: task is '{task}', expected '{world}'", file.display());
        policy.check(spec).with_context(|| file.display().to_string())?;
        Ok(Self::known(policy.into(), 0))
    }

    /// The agent of a session as it is now; it neither learns nor explores.
    pub(super) fn trained(session: &mut Session) -> Self {
        Self::known(session.trained(), session.rollout().progress().steps)
    }

    fn known(policy: Policy, steps: u64) -> Self {
        Self { policy, steps, rounds: 0, extremes: Extremes::default(), curve: Vec::new() }
    }
}
