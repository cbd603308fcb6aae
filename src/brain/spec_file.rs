//! Reads a network from a TOML file; what is wrong is said with the file, the part, the field, and what was expected.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use mesolimb_brain::{
    BrainError, ModulatorSpec, Network, NetworkSpec, PopulationSpec, PortSpec, ProbeSpec, ProjectionSpec, ReadoutSpec,
};
use mesolimb_envs::nearest::hint;
use serde::de::DeserializeOwned;

/// Reads the spec in a file.
///
/// # Errors
/// Names the file, and the line, the part and the field that cannot be read.
pub fn read(path: &Path) -> anyhow::Result<NetworkSpec> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).map_err(|error| {
        let part = faulty_part(&text).map_or_else(String::new, |part| format!("{part}: "));
        let error = error.to_string();
        anyhow!("{}: {part}{}{}", path.display(), error.trim_end(), hint_for(&error))
    })
}

/// Builds the network of a file.
///
/// # Errors
/// Names the file, the part, the field, what was found and what was expected.
pub fn build(path: &Path, spec: &NetworkSpec, seed: u64, threads: usize) -> anyhow::Result<Network> {
    Network::with_threads(spec, seed, threads).map_err(|error| anyhow!("{}: {}", path.display(), explain(&error)))
}

/// An error of the brain, with the name that was probably meant.
fn explain(error: &BrainError) -> String {
    match error {
        BrainError::Unknown { name, known, .. } => format!("{error}{}", hint(name, known.split(", "))),
        _ => error.to_string(),
    }
}

/// The first part of the file that cannot be read on its own, such as `population 'e'`.
fn faulty_part(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let faulty = |key: &str, reads: fn(&toml::Value) -> bool| {
        let parts = table.get(key)?.as_array()?;
        let (at, part) = parts.iter().enumerate().find(|(_, part)| !reads(part))?;
        let name = |field: &str| part.get(field).and_then(toml::Value::as_str);
        Some(match (name("name"), name("source"), name("target")) {
            (Some(name), ..) => format!("{key} '{name}'"),
            (None, Some(source), Some(target)) => format!("{key} '{source} -> {target}'"),
            _ => format!("{key} {}", at + 1),
        })
    };
    faulty("port", reads::<PortSpec>)
        .or_else(|| faulty("population", reads::<PopulationSpec>))
        .or_else(|| faulty("projection", reads::<ProjectionSpec>))
        .or_else(|| faulty("readout", reads::<ReadoutSpec>))
        .or_else(|| faulty("modulator", reads::<ModulatorSpec>))
        .or_else(|| faulty("probe", reads::<ProbeSpec>))
}

fn reads<T: DeserializeOwned>(part: &toml::Value) -> bool {
    part.clone().try_into::<T>().is_ok()
}

/// `; did you mean '…'?` for the message "unknown field `x`, expected one of `a`, `b`", or "'x' (there are: a, b)".
fn hint_for(message: &str) -> String {
    if let Some((before, list)) = message.split_once(" (there are: ").or_else(|| message.split_once(" (it has: ")) {
        let name = before.rsplit('\'').nth(1).unwrap_or_default();
        return hint(name, list.split(')').next().unwrap_or_default().split(", "));
    }
    let Some(rest) = message.split_once("unknown field `").or_else(|| message.split_once("unknown variant `")) else {
        return String::new();
    };
    let mut quoted = rest.1.split('`');
    let name = quoted.next().unwrap_or_default();
    // Every second piece stands between two quotes.
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    hint(name, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_a_hint() {
        assert_eq!(hint_for("unknown variant `lfi`, expected one of `lif`, `alif`\n"), "; did you mean 'lif'?");
        assert_eq!(hint_for("unknown field `siez`, expected `name` or `size`"), "; did you mean 'size'?");
        assert_eq!(hint_for("unknown cell type 'sr' (there are: rs, ib)"), "; did you mean 'rs'?");
        assert_eq!(hint_for("missing field `name`"), "");
    }
}
