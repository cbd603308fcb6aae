//! The worst of many episodes, each with all that it takes to live it again.

use serde::{Deserialize, Serialize};

use super::{episode::Lived, player::Policy};

/// Where an episode was lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In the search, under a policy that was tried.
    Search,
    /// Afterwards, under the policy that was found.
    Replay,
}

/// An episode that can be lived again.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Where it was lived.
    pub source: Source,
    /// Its seed.
    pub seed: u64,
    /// Steps of the physics in the time of one of the task's.
    pub clock: u32,
    /// The policy.
    pub policy: Policy,
    /// What came of it.
    pub lived: Lived,
}

/// The worst of many episodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extremes {
    /// The one with the step that gained the largest share.
    pub worst_step: Option<Case>,
    /// The one that gained the largest share as a whole.
    pub worst_episode: Option<Case>,
    /// The first in which the physics broke.
    pub first_fault: Option<Case>,
    /// Episodes in which the physics broke.
    pub n_faults: u64,
    /// Deepest that something was inside something else, in m.
    pub penetration: f64,
    /// Furthest that a joint was beyond a stop, in rad or m.
    pub stop_excess: f64,
    /// Largest share of its limit that a motor gave.
    pub motor_load: f64,
}

impl Extremes {
    /// Takes in an episode; `case` is asked for it only if it is one of the worst.
    pub fn take(&mut self, lived: &Lived, case: impl Fn() -> Case) {
        let account = &lived.account;
        for (worst, share, of) in [
            (&mut self.worst_step, account.worst_step.share, step_share as fn(&Case) -> f64),
            (&mut self.worst_episode, account.episode.share, episode_share),
        ] {
            if worst.as_ref().is_none_or(|worst| share > of(worst)) {
                *worst = Some(case());
            }
        }
        if lived.fault.is_some() {
            self.n_faults += 1;
            self.first_fault.get_or_insert_with(case);
        }
        self.penetration = self.penetration.max(account.books.penetration);
        self.stop_excess = self.stop_excess.max(account.books.stop_excess);
        self.motor_load = self.motor_load.max(account.books.motor_load);
    }
}

fn step_share(case: &Case) -> f64 {
    case.lived.account.worst_step.share
}

fn episode_share(case: &Case) -> f64 {
    case.lived.account.episode.share
}
