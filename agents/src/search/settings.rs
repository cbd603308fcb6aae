//! Settings of the search.

use serde::{Deserialize, Serialize};

use crate::agent::AgentError;

/// Settings of the search; the defaults are those of its audits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Directions that are tried in a round, each forwards and backwards.
    pub directions: usize,
    /// The best of them, which the policy follows.
    pub kept: usize,
    /// Length of a step of the policy.
    pub step: f64,
    /// How far a direction is tried.
    pub noise: f64,
    /// Reward of every step for being alive, which is taken out of what is searched for: it is had by standing still, too.
    pub alive_bonus: f64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { directions: 8, kept: 4, step: 0.01, noise: 0.025, alive_bonus: 0.0 }
    }
}

impl SearchConfig {
    /// Refuses settings that nothing can be found with.
    ///
    /// # Errors
    /// Names the setting, its value and what was expected.
    pub fn validate(&self) -> Result<(), AgentError> {
        let refuse = |field: &str, found: String, expected: &str| {
            Err(AgentError::Setting { field: format!("search.{field}"), found, expected: expected.to_owned() })
        };
        if !(1..=1024).contains(&self.directions) {
            return refuse("directions", self.directions.to_string(), "a whole number from 1 to 1024");
        }
        if !(1..=self.directions).contains(&self.kept) {
            return refuse("kept", self.kept.to_string(), "at least 1 and at most as many as there are directions");
        }
        for (field, value) in [("step", self.step), ("noise", self.noise)] {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(field, value.to_string(), "a finite number above 0");
            }
        }
        if !self.alive_bonus.is_finite() {
            return refuse("alive_bonus", self.alive_bonus.to_string(), "a finite number");
        }
        Ok(())
    }
}
