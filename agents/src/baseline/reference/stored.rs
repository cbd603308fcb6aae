//! A reference for a task without a known controller: the best policy that was found, as it was stored.
//!
//! Files are `assets/references/TASK.json`: the task, the policy and the command that found it. How the policies were
//! searched for says [`search`](crate::search).

use mesolimb_envs::{Env, EnvSpec};
use serde::{Deserialize, Serialize};

use crate::{
    agent::{Agent, AgentError, Mode, Transition, check_finite},
    baseline::{seal, unsuited},
    search::LinearPolicy,
};

const NAME: &str = "reference";
const STATE: &str = "stored-reference/1";

/// Task and text of every file.
const FILES: &[(&str, &str)] = &[
    ("half-cheetah", include_str!("../../../../assets/references/half-cheetah.json")),
    ("hopper", include_str!("../../../../assets/references/hopper.json")),
    ("walker", include_str!("../../../../assets/references/walker.json")),
];

/// A stored policy, as in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFile {
    task: String,
    /// What found it.
    command: String,
    policy: Policy,
}

/// The kinds of policy that can be stored; the fields of a file tell which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Policy {
    Linear(LinearPolicy),
}

impl Policy {
    fn check(&self, spec: &EnvSpec) -> Result<(), AgentError> {
        match self {
            Self::Linear(policy) => policy.check(spec),
        }
    }
}

/// Follows a stored policy. It learns nothing.
pub(super) struct Stored {
    spec: EnvSpec,
    policy: Policy,
    seen: Vec<f32>,
    /// A buffer, as long as the observation.
    scaled: Vec<f64>,
}

impl Stored {
    /// The one for the task of `env`; none if none is stored.
    ///
    /// # Errors
    /// If the file is not one, or its policy does not fit the task.
    pub(super) fn of(env: &dyn Env) -> Option<Result<Self, AgentError>> {
        let spec = env.spec();
        let (_, text) = FILES.iter().find(|(task, _)| *task == spec.name)?;
        Some(Self::read(text, spec))
    }

    fn read(text: &str, spec: &EnvSpec) -> Result<Self, AgentError> {
        let file: StoredFile = serde_json::from_str(text)
            .map_err(|error| unsuited(NAME, spec, format!("assets/references/{}.json: {error}", spec.name)))?;
        if file.task != spec.name {
            return Err(unsuited(NAME, spec, format!("its stored policy is for task '{}'", file.task)));
        }
        file.policy.check(spec)?;
        let n = spec.observations.len();
        Ok(Self { spec: spec.clone(), policy: file.policy, seen: vec![0.0; n], scaled: vec![0.0; n] })
    }
}

impl Agent for Stored {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.seen.copy_from_slice(observation);
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        match &self.policy {
            Policy::Linear(policy) => policy.act(&self.seen, &mut self.scaled, action),
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.seen.copy_from_slice(transition.next_observation);
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &self.seen)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let seen: Vec<f32> = seal::unseal(STATE, state)?;
        if seen.len() != self.seen.len() || !seen.iter().all(|x| x.is_finite()) {
            return Err(AgentError::State("an observation in it is missing or not finite".into()));
        }
        self.seen = seen;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;

    #[test]
    fn every_file_says_what_made_it_and_is_one_of_this_format() {
        assert!(!FILES.is_empty());
        for (task, text) in FILES {
            let file: StoredFile = serde_json::from_str(text).unwrap_or_else(|error| panic!("{task}: {error}"));
            assert!(file.command.starts_with(&format!("mesolimb audit {task} ")), "{task}: {}", file.command);
        }
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_with_the_reason() {
        let env = make("hopper").unwrap();
        let (_, text) = FILES.iter().find(|(task, _)| *task == "hopper").unwrap();
        let refusal = |text: &str| Stored::read(text, env.spec()).err().unwrap().to_string();
        let of_walker = text.replace("\"hopper\"", "\"walker\"");
        assert_eq!(
            refusal(&of_walker),
            "agent 'reference' cannot do task 'hopper': its stored policy is for task 'walker'"
        );
        assert!(refusal("{").contains("assets/references/hopper.json: "), "{}", refusal("{"));
        let (_, other) = FILES.iter().find(|(task, _)| *task == "walker").unwrap();
        let error = refusal(&other.replace("\"walker\"", "\"hopper\""));
        assert_eq!(error, "policy.weights is 6 rows, expected 3, one for each action");
    }
}
