//! What the agent and the brain are to each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Where the agent meets the brain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Port of the normalised observation.
    pub observation: String,
    /// Readouts of the critic, of which the value is the sum.
    #[serde(deserialize_with = "one_or_more")]
    pub value: Vec<String>,
    /// Readouts of the actor, of which the policy is the sum: a mean for each actuator, then a width for each.
    #[serde(deserialize_with = "one_or_more")]
    pub policy: Vec<String>,
    /// Readouts that are subtracted from the policy: those of cells that hold back.
    #[serde(default, deserialize_with = "one_or_more")]
    pub policy_against: Vec<String>,
    /// What is released of each modulator in a control step, above its baseline.
    #[serde(default)]
    pub release: BTreeMap<String, Signal>,
    /// What the concentration of each modulator follows.
    #[serde(default)]
    pub level: BTreeMap<String, Signal>,
    /// Which signal stands at a port of nuclei, whose cells answer it in every control step after the prediction error is known
    /// and release what they fire.
    #[serde(default)]
    pub drive: BTreeMap<String, Signal>,
    /// Ticks of such an answer.
    #[serde(default = "answer_ticks")]
    pub answer_ticks: u32,
    /// Modulators that are released, or ports of nuclei that are driven, with the wrong sign.
    #[serde(default)]
    pub reversed: Vec<String>,
    /// Those that get their signals in another order: each comes at a random time within about a thousand control steps, so that
    /// they are as large and as many as before and tell nothing.
    #[serde(default)]
    pub shuffled: Vec<String>,
    /// What dopamine answers.
    #[serde(default)]
    pub error: ErrorKind,
}

/// What dopamine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// What turned out better, or worse, than foreseen.
    #[default]
    Prediction,
    /// The reward as it is.
    Reward,
}

/// What the agent knows that a modulator can tell the brain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The prediction error in units of three times its usual size, within ±1.
    ActorError,
    /// The prediction error in units of its range, within ±1.
    CriticError,
    /// That range, in units of scaled reward.
    ErrorRange,
    /// Mean width of exploration over [`full_uncertainty`](crate::SpikingConfig::full_uncertainty), at most 1.
    PolicyUncertainty,
    /// Unexpected uncertainty: by how much the forward model errs more than it usually does, from 0 to 1.
    UnexpectedUncertainty,
    /// Expected uncertainty: the share of what happens that the forward model never foresees, from 0 to 1.
    ExpectedUncertainty,
    /// Mean reward of late, in units of the largest that there was, within ±1.
    AverageReward,
}

impl Roles {
    /// Modulators that the agent moves, with the key that says so.
    pub fn moved(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let released = self.release.keys().map(|name| ("release", name.as_str()));
        released.chain(self.level.keys().map(|name| ("level", name.as_str())))
    }
}

fn answer_ticks() -> u32 {
    4
}

/// Reads `"name"` or `["name", …]`.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a name, or a list of names")]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(name) => vec![name],
        OneOrMore::More(names) => names,
    })
}
