//! The auditor: does a policy earn what it earns by means that hold, or by faults of the physics?
//!
//! The policy that a [`Search`](crate::search::Search) found, or an agent that was trained, lives the same episodes at the
//! task's clock, at half its steps and at a quarter, and so does the zero policy at the task's clock. The audit fails if
//!
//! - a control step gains more energy without a source than 1 % of what is in play (see [`Account`]), or an episode more than
//!   2 %, be it in the search or afterwards;
//! - the policy keeps less than 0.8 of its return with finer steps (see [`Kept`]);
//! - the physics broke.

mod kept;
mod replay;

use std::fmt;

use mesolimb_envs::{Env, Fault};
use serde::{Deserialize, Serialize};

use crate::{
    agent::AgentError,
    rollout::episode_seed,
    search::{Account, Case, Extremes, LinearPolicy, Lived, Moment, Policy, Runner},
};

pub use kept::Kept;
pub use replay::Replay;

/// Makes the world of an audit.
pub type Make<'a> = dyn Fn() -> Result<Box<dyn Env>, AgentError> + Sync + 'a;

/// Clocks at which a policy is tried: steps of the physics in the time of one of the task's.
pub const CLOCKS: [u32; 3] = [1, 2, 4];
/// Where scatter leaves a doubt about what is kept, at most so many times as many episodes are lived.
const MOST_EPISODES: u64 = 8;

/// What an audit asks for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Episodes at each clock. Where scatter leaves a doubt about what is kept there are more.
    pub episodes: u64,
    /// Seed of the episodes; the search has others, even with the same seed.
    pub seed: u64,
    /// Largest gain without a source of a control step, as a share of the energy in play.
    pub max_step_share: f64,
    /// The same of an episode.
    pub max_episode_share: f64,
    /// Least share of its return that a policy must keep with finer steps.
    pub min_kept: f64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { episodes: 10, seed: 0, max_step_share: 0.01, max_episode_share: 0.02, min_kept: 0.8 }
    }
}

/// What an audit came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The policy at each of the [`CLOCKS`], that of the task first.
    pub replays: Vec<Replay>,
    /// What it kept with each of the finer ones.
    pub kept: Vec<Kept>,
    /// Returns of the zero policy in the same episodes at the clock of the task.
    pub zero_returns: Vec<f64>,
    /// What speaks against the policy, the gravest first. It passed if there is nothing.
    pub findings: Vec<Finding>,
}

/// Something that fails an audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub what: Objection,
    /// The episode that shows it.
    pub case: Case,
    /// Control step of that episode, from 1, at which it is seen.
    pub step: u32,
}

/// Why an audit fails.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Objection {
    /// The physics broke.
    Fault {
        /// What broke.
        fault: Fault,
    },
    /// A control step gained too much that nothing paid for.
    StepGain,
    /// An episode gained too much that nothing paid for.
    EpisodeGain,
    /// Too little of the return was kept at a finer clock.
    FinerClock {
        /// What was kept.
        kept: Kept,
    },
}

impl Objection {
    /// In one or two words, as in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault { .. } => "fault",
            Self::StepGain => "step_gain",
            Self::EpisodeGain => "episode_gain",
            Self::FinerClock { .. } => "finer_clock",
        }
    }
}

/// Audits a policy. `searched` are the worst episodes of the search that found it.
///
/// # Errors
/// If there are no episodes, or a world cannot be made or have a finer clock.
pub fn audit(make: &Make<'_>, policy: &Policy, searched: &Extremes, config: &AuditConfig) -> Result<Audit, AgentError> {
    if config.episodes == 0 {
        let expected = "at least 1".to_owned();
        return Err(AgentError::Setting { field: "audit.episodes".to_owned(), found: "0".to_owned(), expected });
    }
    let zero = LinearPolicy::zero(make()?.spec())?.into();
    let mut replays = CLOCKS.map(|clock| Replay::new(clock, policy));
    let mut at_rest = Replay::new(1, &zero);
    let mut n = config.episodes;
    loop {
        for replay in replays.iter_mut().chain([&mut at_rest]) {
            replay.live_on(make, n, |idx| episode_seed(config.seed, "audit", idx))?;
        }
        let [returns, zero_returns] = [&replays[0], &at_rest].map(Replay::returns);
        let gross = replays[0].mean_gross();
        let kept: Vec<Kept> = replays[1..]
            .iter()
            .map(|finer| Kept::of(finer.clock, &returns, gross, &finer.returns(), &zero_returns))
            .collect();
        if n >= MOST_EPISODES * config.episodes || kept.iter().all(|kept| kept.is_clear_of(config.min_kept)) {
            let findings = findings(&replays, &kept, searched, config);
            return Ok(Audit { replays: replays.into(), kept, zero_returns, findings });
        }
        n *= 2;
    }
}

/// Lives an episode again. `see` is shown every step.
///
/// # Errors
/// If the world cannot be made or have the clock of the episode.
pub fn live_again(make: &Make<'_>, case: &Case, see: impl FnMut(&Moment<'_>)) -> Result<Lived, AgentError> {
    Runner::new(at_clock(make, case.clock)?).run(&case.policy, case.seed, see)
}

fn at_clock(make: &Make<'_>, clock: u32) -> Result<Box<dyn Env>, AgentError> {
    let mut env = make()?;
    if clock > 1 {
        env.refine_clock(clock)?;
    }
    Ok(env)
}

fn findings(replays: &[Replay], kept: &[Kept], searched: &Extremes, config: &AuditConfig) -> Vec<Finding> {
    let worst_of = |of: fn(&Extremes) -> &Option<Case>, share: fn(&Account) -> f64| {
        let cases = [searched].into_iter().chain(replays.iter().map(|replay| &replay.extremes)).filter_map(of_some(of));
        cases.max_by(|a, b| share(&a.lived.account).total_cmp(&share(&b.lived.account)))
    };
    let mut findings = Vec::new();
    for case in [searched].into_iter().chain(replays.iter().map(|replay| &replay.extremes)) {
        if let Some((case, fault)) = case.first_fault.as_ref().and_then(|case| Some((case, case.lived.fault?))) {
            findings.push(Finding { what: Objection::Fault { fault }, case: case.clone(), step: case.lived.steps });
        }
    }
    let step = worst_of(|extremes| &extremes.worst_step, |account| account.worst_step.share);
    let episode = worst_of(|extremes| &extremes.worst_episode, |account| account.episode.share);
    let of_step = |case: &Case| case.lived.account.worst_step;
    let of_episode = |case: &Case| case.lived.account.episode;
    for (what, case, gain, bound) in [
        (Objection::StepGain, step, step.map(of_step), config.max_step_share),
        (Objection::EpisodeGain, episode, episode.map(of_episode), config.max_episode_share),
    ] {
        if let (Some(case), Some(gain)) = (case, gain.filter(|gain| gain.share > bound)) {
            findings.push(Finding { what, case: case.clone(), step: gain.step });
        }
    }
    for (kept, finer) in kept.iter().zip(&replays[1..]) {
        if !kept.holds(config.min_kept) {
            let case = finer.largest_loss(&replays[0]);
            findings.push(Finding { what: Objection::FinerClock { kept: *kept }, step: case.lived.steps, case });
        }
    }
    findings
}

fn of_some<'a>(of: fn(&Extremes) -> &Option<Case>) -> impl Fn(&'a Extremes) -> Option<&'a Case> {
    move |extremes| of(extremes).as_ref()
}

impl Audit {
    /// Whether nothing speaks against the policy.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = &self.case.lived.account;
        match self.what {
            Objection::Fault { fault } => write!(f, "{fault}"),
            Objection::StepGain => {
                let gain = account.worst_step;
                write!(f, "a step gained {:.3} J without a source, ", gain.gain_joule)?;
                write!(f, "{:.2} % of {:.3} J in play", 100.0 * gain.share, gain.in_play_joule)
            }
            Objection::EpisodeGain => {
                let gain = account.episode;
                write!(f, "an episode gained {:.3} J without a source, ", gain.gain_joule)?;
                write!(f, "{:.2} % of {:.3} J in play", 100.0 * gain.share, gain.in_play_joule)
            }
            Objection::FinerClock { kept } => write!(f, "{kept}"),
        }
    }
}

#[cfg(test)]
mod tests;
