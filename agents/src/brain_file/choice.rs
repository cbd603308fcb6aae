//! Which brain an agent has: a name, variants, numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use toml::{Table, Value};

use super::expression::number_value;

/// The brain of a run: `brain = "lean"`, or with variants and parameters, `brain = { name = "lean", variant = "homogeneous",
/// cells = 64 }`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrainChoice {
    /// A brain by its name, or a file of one's own.
    pub name: String,
    /// Variants of it, one on top of the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variant: Vec<String>,
    /// The brain as it was resolved, variants and parameters with it: whatever becomes of its file, the run goes on with
    /// this one. Run files do not have it, checkpoints do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Parameters that are other than in the file.
    #[serde(flatten, serialize_with = "as_numbers")]
    pub parameters: BTreeMap<String, f64>,
}

impl BrainChoice {
    /// This brain as it is.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), variant: Vec::new(), resolved: None, parameters: BTreeMap::new() }
    }

    /// Name, variants and parameters in a word.
    #[must_use]
    pub fn label(&self) -> String {
        let stem = self.name.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml");
        let numbers = self.parameters.iter().map(|(name, number)| format!("{name}={number}"));
        std::iter::once(stem.to_owned())
            .chain(self.variant.iter().cloned())
            .chain(numbers)
            .collect::<Vec<_>>()
            .join("+")
    }

    /// Whether it is a file of one's own, and not a brain by name.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.name.ends_with(".toml")
    }
}

impl Default for BrainChoice {
    fn default() -> Self {
        Self::named("lean")
    }
}

impl<'de> Deserialize<'de> for BrainChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |key: &str, found: &Value, expected: &str| {
            D::Error::custom(format!("brain.{key} is {found}, expected {expected}"))
        };
        let text =
            |key: &str, value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong(key, value, "a text"));
        let mut table = match Value::deserialize(deserializer)? {
            Value::String(name) => return Ok(Self::named(&name)),
            Value::Table(table) => table,
            other => return Err(D::Error::custom(format!("brain is {other}, expected a name or a section"))),
        };
        let mut take = |key: &str| Table::remove(&mut table, key);
        let name = take("name").map(|name| text("name", &name)).transpose()?;
        let resolved = take("resolved").map(|resolved| text("resolved", &resolved)).transpose()?;
        let variant = match take("variant") {
            None => Vec::new(),
            Some(Value::Array(names)) => names.iter().map(|name| text("variant", name)).collect::<Result<_, _>>()?,
            Some(one) => vec![text("variant", &one)?],
        };
        let number = |(key, value): (String, Value)| {
            super::number(&value).map(|number| (key.clone(), number)).ok_or_else(|| wrong(&key, &value, "a number"))
        };
        let parameters = table.into_iter().map(number).collect::<Result<_, _>>()?;
        Ok(Self { name: name.unwrap_or_else(|| Self::default().name), variant, resolved, parameters })
    }
}

/// Numbers as a run file has them: counts without a point.
fn as_numbers<S: Serializer>(parameters: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(parameters.iter().map(|(name, number)| (name, number_value(*number))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Run {
        brain: BrainChoice,
    }

    fn read(text: &str) -> Result<BrainChoice, String> {
        toml::from_str::<Run>(text).map(|run| run.brain).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_name_is_enough_and_a_section_says_more() {
        assert_eq!(read("brain = 'lean'").unwrap(), BrainChoice::default());
        let more = read("brain = { variant = 'homogeneous', cells = 64 }").unwrap();
        assert_eq!((more.variant.len(), more.parameters["cells"]), (1, 64.0));
        assert!(read("brain = { name = 'x/own.toml' }").unwrap().is_file());
        let text = toml::to_string(&more).unwrap();
        assert_eq!(toml::from_str::<BrainChoice>(&text).unwrap(), more);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert_eq!(read("brain = { cells = 'many' }").unwrap_err(), "brain.cells is \"many\", expected a number");
        assert_eq!(read("brain = 3").unwrap_err(), "brain is 3, expected a name or a section");
    }
}
