//! A brain as a file: a network in which sizes and times may refer to the task, and what an agent does with it.
//!
//! A brain file is a [`NetworkSpec`] with these keys beside:
//!
//! | key | what it says |
//! |---|---|
//! | `about` | the brain in a sentence |
//! | `ticks` | brain ticks in a control step |
//! | `[parameters]` | numbers that can be set from outside, as they are or as `{ value, range }` |
//! | `[roles]` | where the agent meets the brain: [`Roles`] |
//! | `[variant.NAME]` | a change of the file by name, for ablations: [`Variant`] |
//!
//! A text that begins with `=`, anywhere but in `ticks`, is a number that is computed when a task is known, from those of the task
//! ([`TaskNumbers`]), `ticks`, `tick_ms` and the parameters: `size = "=2 * actions"`.

mod check;
mod choice;
mod expression;
mod path;
mod roles;
mod variant;

use std::{collections::BTreeMap, sync::LazyLock};

use mesolimb_brain::NetworkSpec;
use mesolimb_envs::nearest::hint;
use serde::Deserialize as _;
use toml::{Table, Value};

pub use choice::BrainChoice;
use expression::{Fault, Names, evaluate, expression, number_value, substitute};
pub use roles::{ErrorKind, Roles, Signal};
pub use variant::Variant;

use crate::AgentError;

/// Brains by name, with their files.
static BRAINS: LazyLock<Vec<BrainFile>> = LazyLock::new(|| {
    [
        ("lean", include_str!("../../../assets/brains/learner/lean.toml")),
        ("cortico-striatal", include_str!("../../../assets/brains/learner/cortico-striatal.toml")),
    ]
    .map(|(name, text)| BrainFile::parse(name, text).expect("the brains that come along are tested"))
    .into()
});

/// What a policy readout says.
const MEANS_AND_WIDTHS: &str = "a mean and a width for each actuator";
/// Names that no parameter may have: numbers of the task, of the clock, of expressions, and keys of a run file.
const RESERVED: [&str; 16] = [
    "observations",
    "actions",
    "control_ms",
    "time_limit_steps",
    "gamma",
    "ticks",
    "tick_ms",
    "name",
    "variant",
    "resolved",
    "E",
    "e",
    "PI",
    "π",
    "TAU",
    "τ",
];
/// Most ticks of a thought.
const MAX_TICKS: u32 = 1000;
/// Keys of a brain file that a network does not have.
const OWN_KEYS: [&str; 5] = ["about", "ticks", "parameters", "roles", "variant"];
/// Keys of a network.
const NETWORK_KEYS: [&str; 7] = ["tick_ms", "port", "population", "projection", "readout", "modulator", "probe"];

/// A brain file as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct BrainFile {
    name: String,
    /// The brain in a sentence.
    pub about: String,
    /// Changes of it by name.
    pub variants: BTreeMap<String, Variant>,
    parameters: BTreeMap<String, Parameter>,
    /// All the rest.
    rest: Table,
}

/// A number that can be set from outside.
#[derive(Clone, Debug, PartialEq)]
struct Parameter {
    value: Value,
    range: [f64; 2],
}

/// What a brain file may know of a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskNumbers {
    /// Observation channels.
    pub observations: usize,
    /// Actuators.
    pub actions: usize,
    /// Length of a control step in ms.
    pub control_ms: f64,
    /// Most control steps of an episode.
    pub time_limit_steps: u32,
    /// Discount of a control step.
    pub gamma: f64,
}

/// A brain for a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Brain {
    /// Brain ticks in a control step.
    pub ticks: u32,
    /// The network.
    pub network: NetworkSpec,
    /// Where the agent meets it.
    pub roles: Roles,
}

/// The brains that come along.
#[must_use]
pub fn brains() -> &'static [BrainFile] {
    &BRAINS
}

/// A brain that comes along.
///
/// # Errors
/// Names the nearest that exists.
pub fn brain(name: &str) -> Result<&'static BrainFile, AgentError> {
    brains().iter().find(|brain| brain.name == name).ok_or_else(|| {
        let known: Vec<&str> = brains().iter().map(BrainFile::name).collect();
        let hint = hint(name, known.iter().copied());
        let expected = format!("one of {}, or a file that ends in .toml{hint}", known.join(", "));
        AgentError::Setting { field: "brain".into(), found: format!("'{name}'"), expected }
    })
}

impl BrainFile {
    /// Reads the text of a brain file; messages name `name`.
    ///
    /// # Errors
    /// Names the line where it is no TOML, or the key that is wrong and what was expected.
    pub fn parse(name: &str, text: &str) -> Result<Self, AgentError> {
        let refuse = |reason: String| AgentError::BrainFile { file: name.to_owned(), reason };
        let mut rest: Table = toml::from_str(text).map_err(|error| refuse(error.to_string().trim().to_owned()))?;
        if let Some(key) = rest.keys().find(|key| !OWN_KEYS.iter().chain(&NETWORK_KEYS).any(|known| known == key)) {
            return Err(refuse(format!("unknown key '{key}'{}", hint(key, OWN_KEYS.into_iter().chain(NETWORK_KEYS)))));
        }
        for (key, what) in
            [("roles", "what the agent and the brain are to each other"), ("ticks", "ticks of a thought")]
        {
            if !rest.contains_key(key) {
                return Err(refuse(format!("there is no '{key}', expected {what}")));
            }
        }
        let section = |rest: &mut Table, key: &str| match rest.remove(key) {
            None => Ok(Table::new()),
            Some(Value::Table(table)) => Ok(table),
            Some(other) => Err(refuse(format!("'{key}' is {other}, expected a section"))),
        };
        let parameters = section(&mut rest, "parameters")?;
        let parameters = parameters.into_iter().map(|(key, value)| Ok((key.clone(), Parameter::read(&key, value)?)));
        let parameters = parameters.collect::<Result<_, String>>().map_err(refuse)?;
        let variants = section(&mut rest, "variant")?.into_iter().map(|(key, value)| {
            let variant = Variant::deserialize(value).map_err(|error| format!("variant.{key}: {}", error.message()))?;
            Ok((key, variant))
        });
        let variants = variants.collect::<Result<_, String>>().map_err(refuse)?;
        let about = rest.remove("about").and_then(|about| about.as_str().map(str::to_owned)).unwrap_or_default();
        Ok(Self { name: name.to_owned(), about, variants, parameters, rest })
    }

    /// Its name, or that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Parameters that can be set, each with its value or how it is computed.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, String)> {
        self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter.value.to_string()))
    }

    /// Refuses what the file has not, and numbers out of their ranges.
    ///
    /// # Errors
    /// Names the variant or the parameter, and the nearest that exists or the range.
    pub fn check(&self, choice: &BrainChoice) -> Result<(), AgentError> {
        let refuse = |field: &str, found: String, expected: String| {
            Err(AgentError::Setting { field: format!("brain.{field}"), found, expected })
        };
        for name in &choice.variant {
            if !self.variants.contains_key(name) {
                let known: Vec<&str> = self.variants.keys().map(String::as_str).collect();
                let expected = format!("one of {}{}", known.join(", "), hint(name, known.iter().copied()));
                return refuse("variant", format!("'{name}'"), expected);
            }
        }
        for (name, value) in &choice.parameters {
            let Some(parameter) = self.parameters.get(name) else {
                let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
                let expected = format!(
                    "a parameter of brain '{}': {}{}",
                    self.name,
                    known.join(", "),
                    hint(name, known.iter().copied())
                );
                return refuse(name, format!("{value}"), expected);
            };
            let [low, high] = parameter.range;
            if !(low..=high).contains(value) {
                return refuse(name, value.to_string(), format!("a number in [{low}, {high}]"));
            }
        }
        Ok(())
    }

    /// Refuses parameters that the file has not, and numbers out of their ranges.
    fn check_ranges(&self, parameters: &Table) -> Result<(), String> {
        for (name, value) in parameters {
            let Some(parameter) = self.parameters.get(name) else {
                let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
                let hint = hint(name, known.iter().copied());
                return Err(format!("there is no parameter '{name}', expected one of {}{hint}", known.join(", ")));
            };
            let [low, high] = parameter.range;
            if let Some(number) = number(value).filter(|number| !(low..=high).contains(number)) {
                return Err(format!("parameters.{name} is {number}, expected a number in [{low}, {high}]"));
            }
        }
        Ok(())
    }

    /// The brain for a task.
    ///
    /// # Errors
    /// Names the file, the key and what was expected.
    pub fn resolve(&self, task: &TaskNumbers, choice: &BrainChoice) -> Result<Brain, AgentError> {
        self.check(choice)?;
        let refuse = |reason: String| AgentError::BrainFile { file: self.name.clone(), reason };
        let parameters: Table = self.parameters.iter().map(|(key, p)| (key.clone(), p.value.clone())).collect();
        let mut table = self.rest.clone();
        table.insert("parameters".into(), Value::Table(parameters));
        let variants: Vec<&Variant> = choice.variant.iter().filter_map(|name| self.variants.get(name)).collect();
        for (variant, name) in variants.iter().zip(&choice.variant) {
            variant.change(&mut table).map_err(|reason| refuse(format!("variant.{name}: {reason}")))?;
        }
        // What is asked for by its number counts more than what a variant says.
        let chosen = choice.parameters.iter().map(|(key, value)| (key.clone(), number_value(*value)));
        if let Some(Value::Table(parameters)) = table.get_mut("parameters") {
            parameters.extend(chosen);
            self.check_ranges(parameters).map_err(refuse)?;
        }
        let whole = table.get("ticks").and_then(Value::as_integer).and_then(|ticks| u32::try_from(ticks).ok());
        let Some(ticks) = whole.filter(|ticks| (1..=MAX_TICKS).contains(ticks)) else {
            let found = table.get("ticks").map_or_else(|| "missing".to_owned(), ToString::to_string);
            return Err(refuse(format!("ticks is {found}, expected a whole number from 1 to {MAX_TICKS}")));
        };
        let names = quantities(&mut table, task).map_err(refuse)?;
        let mut file = Value::Table(table);
        substitute(&mut file, "", &names).map_err(|(about, why)| refuse(format!("{about}: {why}")))?;
        let Value::Table(mut table) = file else { unreachable!("a table stays one") };
        let roles = part(table.remove("roles").unwrap_or(Value::Table(Table::new())), "roles.").map_err(refuse)?;
        table.remove("ticks");
        let mut network: NetworkSpec = part(Value::Table(table), "").map_err(refuse)?;
        variants.iter().for_each(|variant| variant.reshape(&mut network));
        let brain = Brain { ticks, network, roles };
        brain.check(task).map_err(refuse)?;
        Ok(brain)
    }
}

/// A number, if the value is one.
fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

impl Parameter {
    fn read(key: &str, value: Value) -> Result<Self, String> {
        if RESERVED.contains(&key) {
            return Err(format!("parameters.{key} has a name that means something else, expected another one"));
        }
        let (value, range) = match value {
            Value::Table(mut table) => {
                let range = table.remove("range").map(|range| {
                    let ends: Vec<f64> = range.as_array().into_iter().flatten().filter_map(number).collect();
                    <[f64; 2]>::try_from(ends)
                        .map_err(|_| format!("parameters.{key}.range is {range}, expected two numbers"))
                });
                let value = table.remove("value").ok_or(format!("parameters.{key} has no 'value'"))?;
                if let Some(other) = table.keys().next() {
                    return Err(format!("parameters.{key} has '{other}', expected 'value' and 'range' only"));
                }
                (value, range.transpose()?)
            }
            value => (value, None),
        };
        if number(&value).is_none() && expression(&value).is_none() {
            return Err(format!("parameters.{key} is {value}, expected a number, or a text that begins with '='"));
        }
        Ok(Self { value, range: range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]) })
    }
}

/// All numbers that expressions may name: of the task, `ticks`, `tick_ms` and the parameters, which leave the table. They may
/// refer to each other in any order.
fn quantities(table: &mut Table, task: &TaskNumbers) -> Result<Names, String> {
    let mut names: Names = [
        ("observations", task.observations as f64),
        ("actions", task.actions as f64),
        ("control_ms", task.control_ms),
        ("time_limit_steps", f64::from(task.time_limit_steps)),
        ("gamma", task.gamma),
    ]
    .map(|(name, number)| (name.to_owned(), number))
    .into();
    let Some(Value::Table(parameters)) = table.remove("parameters") else { return Ok(names) };
    let of_clock = ["ticks", "tick_ms"].into_iter().filter_map(|key| Some((key.to_owned(), table.get(key)?.clone())));
    let mut open: Vec<(String, Value)> = of_clock.chain(parameters).collect();
    while !open.is_empty() {
        let before = open.len();
        let mut waiting = None;
        let mut still_open = Vec::new();
        for (name, value) in open {
            let number = match expression(&value) {
                Some(text) => evaluate(text, &names),
                None => number(&value).ok_or_else(|| Fault::Wrong("expected a number".into())),
            };
            match number {
                Ok(number) => _ = names.insert(name, number),
                Err(fault @ Fault::Unknown(_)) => {
                    waiting.get_or_insert_with(|| (name.clone(), value.to_string(), fault));
                    still_open.push((name, value));
                }
                Err(fault) => return Err(format!("{name} = {value}: {}", fault.tell(&names))),
            }
        }
        open = still_open;
        if let Some((name, value, fault)) = waiting.filter(|_| open.len() == before) {
            return Err(format!("{name} = {value}: {}", fault.tell(&names)));
        }
    }
    Ok(names)
}

/// Reads a part of the file; a message has the path of the key.
fn part<T: serde::de::DeserializeOwned>(value: Value, prefix: &str) -> Result<T, String> {
    let names = value.clone();
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = named_path(&names, error.path());
        format!("{prefix}{path}: {}", error.inner().message())
    })
}

/// A path in which elements of lists have their names.
fn named_path(root: &Value, path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let (mut now, mut text) = (Some(root), String::new());
    for segment in path.iter() {
        let key = match segment {
            Segment::Seq { index } => {
                now = now.and_then(|value| value.get(index));
                now.and_then(path::element).unwrap_or_else(|| index.to_string())
            }
            Segment::Map { key } => {
                now = now.and_then(|value| value.get(key));
                key.clone()
            }
            other => other.to_string(),
        };
        text.push_str(if text.is_empty() { "" } else { "." });
        text.push_str(&key);
    }
    text
}

impl Brain {
    /// Builds the network once, to see whether it can be.
    ///
    /// # Errors
    /// Names the part, the field, what was found and what was expected.
    pub fn try_out(&self) -> Result<(), AgentError> {
        mesolimb_brain::Network::new(&self.network, 0)?;
        Ok(())
    }

    /// The brain as a file without anything left to compute.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, AgentError> {
        let unwritable =
            |error: toml::ser::Error| AgentError::BrainFile { file: "brain".into(), reason: error.to_string() };
        let mut table = Table::try_from(&self.network).map_err(unwritable)?;
        table.insert("ticks".into(), Value::Integer(self.ticks.into()));
        table.insert("roles".into(), Value::try_from(&self.roles).map_err(unwritable)?);
        toml::to_string(&table).map_err(unwritable)
    }
}

#[cfg(test)]
mod tests;
