//! Numbers that are computed once the task is known.

use std::collections::BTreeMap;

use exmex::Express as _;
use mesolimb_envs::nearest::hint;
use toml::Value;

/// What a text begins with that is computed.
const MARK: char = '=';

/// Numbers by name.
pub(super) type Names = BTreeMap<String, f64>;

/// Why a text has no number.
#[derive(Debug, PartialEq)]
pub(super) enum Fault {
    /// It names something that there is not, or that waits for itself.
    Unknown(String),
    /// It is no expression, or its number is not finite.
    Wrong(String),
}

impl Fault {
    /// The fault in words, with the nearest name there is.
    pub fn tell(&self, names: &Names) -> String {
        match self {
            Self::Unknown(name) => {
                let known: Vec<&str> = names.keys().map(String::as_str).collect();
                let hint = hint(name, known.iter().copied());
                format!("unknown name '{name}'{hint} (there are: {})", known.join(", "))
            }
            Self::Wrong(reason) => reason.clone(),
        }
    }
}

/// The expression that a value is, if it is one.
pub(super) fn expression(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(MARK)
}

/// The number of an expression.
pub(super) fn evaluate(text: &str, names: &Names) -> Result<f64, Fault> {
    let parsed = exmex::parse::<f64>(text).map_err(|error| Fault::Wrong(error.to_string()))?;
    let number = |name: &String| names.get(name).copied().ok_or_else(|| Fault::Unknown(name.clone()));
    let numbers = parsed.var_names().iter().map(number).collect::<Result<Vec<f64>, _>>()?;
    let found = parsed.eval(&numbers).map_err(|error| Fault::Wrong(error.to_string()))?;
    if found.is_finite() { Ok(found) } else { Err(Fault::Wrong(format!("it is {found}, expected a finite number"))) }
}

/// Puts its number in the place of every expression.
///
/// # Errors
/// The path and the text of the first that has none, and why.
pub(super) fn substitute(value: &mut Value, path: &str, names: &Names) -> Result<(), (String, String)> {
    if let Some(text) = expression(value) {
        let number = evaluate(text, names).map_err(|fault| {
            let about = format!("{path} = \"{MARK}{text}\"");
            (about, fault.tell(names))
        })?;
        *value = number_value(number);
        return Ok(());
    }
    match value {
        Value::Table(table) => table.iter_mut().try_for_each(|(key, value)| substitute(value, &join(path, key), names)),
        Value::Array(values) => values.iter_mut().enumerate().try_for_each(|(idx, value)| {
            let path = super::path::element(value).map_or_else(|| format!("{path}[{idx}]"), |name| join(path, &name));
            substitute(value, &path, names)
        }),
        _ => Ok(()),
    }
}

/// A number as TOML: whole if it is, because counts are.
pub(super) fn number_value(number: f64) -> Value {
    const WHOLE: f64 = (1_u64 << 53) as f64;
    if number.fract() == 0.0 && number.abs() < WHOLE { Value::Integer(number as i64) } else { Value::Float(number) }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        [("actions", 3.0), ("control_ms", 20.0), ("zero", 0.0)].map(|(name, x)| (name.to_owned(), x)).into()
    }

    #[test]
    fn sums_and_functions_are_computed() {
        for (text, expected) in [
            ("2 * actions", 6.0),
            ("min(0.05 * actions, 0.4)", 0.05 * 3.0),
            ("max(round(0.4 * actions), 1)", 1.0),
            ("-control_ms / ln(zero)", 0.0),
            ("1 / sqrt(actions)", 1.0 / 3.0_f64.sqrt()),
        ] {
            assert_eq!(evaluate(text, &names()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_number_says_why() {
        let mut file: Value = toml::from_str("[[population]]\nname = 'p'\nsize = '=2 * action'").unwrap();
        let (about, why) = substitute(&mut file, "", &names()).unwrap_err();
        assert_eq!(about, "population.p.size = \"=2 * action\"");
        assert_eq!(why, "unknown name 'action'; did you mean 'actions'? (there are: actions, control_ms, zero)");
        let fault = |text| evaluate(text, &names()).unwrap_err().tell(&names());
        assert!(fault("actions / zero").contains("expected a finite number"));
        assert!(!fault("2 *").is_empty());
    }
}
