//! Named lists of changes: experiments that others have published, made for a task.
//!
//! ```toml
//! presets = ["slippery", { name = "force-field", phases = [20000, 40000, 10000, 40000] }]
//! ```
//!
//! A preset becomes plain [`Change`]s, of a task's parameters and with its robot's parts by name.

mod damage;
mod phases;
mod real_world;
mod slippery;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::Change;
use crate::{
    env::{Env, EnvError},
    nearest::nearest,
    params::Param,
};

/// A preset that can be called by name.
#[derive(Clone, Copy, Debug)]
pub struct PresetEntry {
    /// Name.
    pub name: &'static str,
    /// What happens, in a line.
    pub summary: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its arguments: name, meaning, value if it is not given.
    pub arguments: &'static [[&'static str; 3]],
    make: Make,
}

/// Makes the changes of a call for a task, under a seed.
type Make = fn(&PresetCall, &dyn Env, u64) -> Made;
type Made = Result<Vec<Change>, Refusal>;

/// A preset with its arguments, each of which has a value that it takes if absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PresetCall {
    /// Which preset.
    pub name: String,
    /// First step under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Steps after which it draws anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// How often it draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draws: Option<u64>,
    /// Steps of baseline, change, washout, and change again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phases: Option<[u64; 4]>,
    /// Size of the change, in the unit of its parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<f64>,
    /// Leg that training never meets damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<String>,
}

/// Why a preset cannot be made for a task.
#[derive(Debug)]
enum Refusal {
    /// The task offers no such parameter.
    Lacks(&'static str),
    /// An argument cannot be.
    Argument(String),
}

/// All presets.
#[must_use]
pub fn presets() -> &'static [PresetEntry] {
    const PRESETS: &[PresetEntry] = &[
        slippery::SLIPPERY,
        real_world::EASY,
        real_world::MEDIUM,
        real_world::HARD,
        damage::LEG_DAMAGE,
        damage::LEG_DAMAGE_HELD_OUT,
        phases::FORCE_FIELD,
        phases::ROTATION,
    ];
    PRESETS
}

impl PresetCall {
    /// The preset `name`, with no argument given.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The changes that it stands for in the task `env`; `seed` decides what is drawn beforehand.
    ///
    /// # Errors
    /// If there is no such preset, the task lacks a parameter that it needs, or an argument cannot be.
    pub fn changes(&self, env: &dyn Env, seed: u64) -> Result<Vec<Change>, EnvError> {
        let Some(entry) = presets().iter().find(|entry| entry.name == self.name) else {
            let nearest = nearest(&self.name, presets().iter().map(|entry| entry.name));
            return Err(EnvError::UnknownPreset { name: self.name.clone(), nearest });
        };
        let made = match self.given().find(|given| entry.arguments.iter().all(|[name, ..]| name != given)) {
            Some(given) => Err(Refusal::Argument(format!("has no argument '{given}'"))),
            None => (entry.make)(self, env, seed),
        };
        made.map_err(|refusal| EnvError::Preset {
            preset: self.name.clone(),
            reason: match refusal {
                Refusal::Lacks(parameter) => {
                    format!("needs the parameter '{parameter}', which task '{}' does not offer", env.spec().name)
                }
                Refusal::Argument(reason) => reason,
            },
        })
    }

    /// Names of the arguments that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        let Self { name: _, at, every, draws, phases, strength, held_out } = self;
        [
            ("at", at.is_some()),
            ("every", every.is_some()),
            ("draws", draws.is_some()),
            ("phases", phases.is_some()),
            ("strength", strength.is_some()),
            ("held_out", held_out.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }
}

/// All parameters of a kind.
///
/// # Errors
/// If the task offers none.
fn offered<'a>(env: &'a dyn Env, kind: &'static str) -> Result<Vec<&'a Param>, Refusal> {
    let found: Vec<&Param> = env.params().matching(kind).collect();
    if found.is_empty() { Err(Refusal::Lacks(kind)) } else { Ok(found) }
}

/// A name alone, or a table with a name and arguments.
impl<'de> Deserialize<'de> for PresetCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            name: String,
            at: Option<u64>,
            every: Option<u64>,
            draws: Option<u64>,
            phases: Option<[u64; 4]>,
            strength: Option<f64>,
            held_out: Option<String>,
        }
        struct NameOrTable;
        impl<'de> Visitor<'de> for NameOrTable {
            type Value = PresetCall;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a preset, or a table with its name and arguments")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<PresetCall, E> {
                Ok(PresetCall::new(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PresetCall, A::Error> {
                let Table { name, at, every, draws, phases, strength, held_out } =
                    Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(PresetCall { name, at, every, draws, phases, strength, held_out })
            }
        }
        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod testing {
    //! What the tests of presets share.

    use super::PresetCall;
    use crate::{ChangeSchedule, Params, make};

    /// The call that this TOML table describes.
    pub(super) fn call(toml: &str) -> PresetCall {
        toml::from_str(toml).unwrap()
    }

    /// Parameters of `task` after each of `steps` under a preset.
    pub(super) fn lived(task: &str, call: &PresetCall, steps: impl IntoIterator<Item = u64>) -> Vec<Params> {
        let env = make(task).unwrap();
        let mut params = env.params().clone();
        let mut schedule = ChangeSchedule::new(call.changes(env.as_ref(), 3).unwrap(), &params, 3).unwrap();
        let mut live = |step| {
            schedule.advance(step, &mut params);
            params.clone()
        };
        steps.into_iter().map(&mut live).collect()
    }

    pub(super) fn refusal(task: &str, toml: &str) -> String {
        call(toml).changes(make(task).unwrap().as_ref(), 0).unwrap_err().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::refusal, *};
    use crate::{ChangeSchedule, tasks};

    #[test]
    fn a_name_or_a_table_is_read() {
        #[derive(Debug, Deserialize)]
        struct File {
            presets: Vec<PresetCall>,
        }
        let file: File = toml::from_str("presets = ['slippery', { name = 'slippery', every = 5 }]").unwrap();
        assert_eq!(file.presets[0], PresetCall::new("slippery"));
        assert_eq!(file.presets[1].every, Some(5));
        for (slip, named) in [("{ name = 'slippery', evry = 5 }", "evry"), ("3", "the name of a preset")] {
            let error = toml::from_str::<File>(&format!("presets = [{slip}]")).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_made_is_refused_with_what_is_missing() {
        assert_eq!(refusal("ant", "name = 'slipery'"), "unknown preset 'slipery'; did you mean 'slippery'?");
        for (preset, lacks) in [
            ("slippery", "ground_friction"),
            ("leg-damage", "leg_off"),
            ("leg-damage-held-out", "leg_off"),
            ("force-field", "curl_field"),
            ("rotation", "cursor_rotation"),
        ] {
            assert_eq!(
                refusal("cartpole", &format!("name = '{preset}'")),
                format!("preset '{preset}' needs the parameter '{lacks}', which task 'cartpole' does not offer")
            );
        }
        assert_eq!(
            refusal("ant", "name = 'slippery'\nphases = [1, 2, 3, 4]"),
            "preset 'slippery' has no argument 'phases'"
        );
    }

    /// Whatever a preset makes of a task can run there, and there is a task for every preset.
    #[test]
    fn every_preset_runs_wherever_it_is_offered() {
        let made: Vec<_> = tasks().iter().map(|task| (task.make)()).collect();
        for entry in presets() {
            let mut n_offered = 0;
            for env in &made {
                if let Ok(changes) = PresetCall::new(entry.name).changes(env.as_ref(), 1) {
                    assert!(!changes.is_empty(), "{} changes nothing in {}", entry.name, env.spec().name);
                    ChangeSchedule::new(changes, env.params(), 1).unwrap();
                    n_offered += 1;
                }
            }
            assert!(n_offered > 0, "no task offers {}", entry.name);
        }
    }

    #[test]
    fn arguments_that_are_listed_are_arguments() {
        let all = PresetCall {
            name: String::new(),
            at: Some(0),
            every: Some(1),
            draws: Some(1),
            phases: Some([1; 4]),
            strength: Some(1.0),
            held_out: Some(String::new()),
        };
        let known: Vec<&str> = all.given().collect();
        for entry in presets() {
            for [name, ..] in entry.arguments {
                assert!(known.contains(name), "{} of {}", name, entry.name);
            }
        }
    }
}
