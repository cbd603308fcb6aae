//! Places in a brain file: `population.actor sensory.size`, with `*` for every name.

use toml::{Table, Value};

/// The name of an element of a list: its own, or that of a projection, `source -> target`.
pub(super) fn element(value: &Value) -> Option<String> {
    let text = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
    text("name").or_else(|| Some(format!("{} -> {}", text("source")?, text("target")?)))
}

/// Puts `to` at every place that `path` leads to; how many there were. The last key need not be there yet.
pub(super) fn set(table: &mut Table, path: &str, to: &Value) -> usize {
    at_ends(table, path, &mut |table, key| {
        table.insert(key.to_owned(), to.clone());
        true
    })
}

/// Takes away what `path` leads to; how much there was.
pub(super) fn remove(table: &mut Table, path: &str) -> usize {
    let keys: Vec<&str> = path.split('.').collect();
    at_ends(table, path, &mut |table, key| table.remove(key).is_some()) + remove_elements(table, &keys)
}

/// Takes away elements of lists: whole populations, projections …
fn remove_elements(table: &mut Table, keys: &[&str]) -> usize {
    let [list, name] = keys else { return 0 };
    let Some(Value::Array(values)) = table.get_mut(*list) else { return 0 };
    let before = values.len();
    values.retain(|value| !element(value).is_some_and(|found| fits(name, &found)));
    before - values.len()
}

/// Calls `act` with the last table on every way along `path`, and the last key; how often it did something.
fn at_ends(table: &mut Table, path: &str, act: &mut dyn FnMut(&mut Table, &str) -> bool) -> usize {
    let keys: Vec<&str> = path.split('.').collect();
    descend(table, &keys, act)
}

fn descend(table: &mut Table, keys: &[&str], act: &mut dyn FnMut(&mut Table, &str) -> bool) -> usize {
    match keys {
        [] => 0,
        [last] => usize::from(act(table, last)),
        [key, rest @ ..] => {
            let found = table.iter_mut().filter(|(name, _)| fits(key, name));
            found.map(|(_, value)| into(value, rest, act)).sum()
        }
    }
}

fn into(value: &mut Value, keys: &[&str], act: &mut dyn FnMut(&mut Table, &str) -> bool) -> usize {
    match (value, keys) {
        (Value::Table(table), keys) => descend(table, keys, act),
        (Value::Array(values), [name, rest @ ..]) => {
            let found = values.iter_mut().filter(|value| element(value).is_some_and(|found| fits(name, &found)));
            found.map(|value| into(value, rest, act)).sum()
        }
        _ => 0,
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern == "*" || pattern == name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_every_name() {
        let text = "[[population]]\nname='a'\nsize=1\n[[population]]\nname='b'\nsize=1\n[[projection]]\nsource='a'\ntarget='b'";
        let mut file: Table = toml::from_str(text).unwrap();
        assert_eq!(set(&mut file, "population.*.size", &Value::Integer(5)), 2);
        assert_eq!(set(&mut file, "projection.a -> b.bias", &Value::Boolean(true)), 1);
        assert_eq!(set(&mut file, "population.c.size", &Value::Integer(5)), 0);
        assert_eq!(remove(&mut file, "population.b.size"), 1);
        assert_eq!(remove(&mut file, "population.b.size"), 0);
        assert_eq!(file["population"][0]["size"].as_integer(), Some(5));
        assert_eq!(file["projection"][0]["bias"].as_bool(), Some(true));
        assert_eq!(remove(&mut file, "projection.a -> b"), 1);
        assert!(file["projection"].as_array().unwrap().is_empty());
    }
}
