//! Networks as graphs of the Neuromorphic Intermediate Representation (NIR), and back.
//!
//! The format carries what is needed to run a trained network of leaky cells elsewhere: weights, time constants,
//! thresholds, delays. It has no plasticity, no modulators and no receptors; both directions say what got lost.
//!
//! Source: Pedersen et al. 2024, Nat Commun 15:8122, doi 10.1038/s41467-024-52259-9; files as written by version 1.0.8 of
//! its reference package.

mod export;
mod file;
mod graph;
mod import;
mod path;

use std::path::Path;

use anyhow::{Context as _, bail};

use super::spec_file;
use crate::checkpoint::replace_file;

/// Writes the network of a file as a graph; returns what the format could not carry.
///
/// # Errors
/// If the network has a fault, or cannot do without something that the format lacks.
pub fn export(spec_path: &Path, out: &Path, seed: u64) -> anyhow::Result<Vec<String>> {
    let spec = spec_file::read(spec_path)?;
    let network = spec_file::build(spec_path, &spec, seed, 1)?;
    match export::export(&spec, &network) {
        Ok(exported) => {
            replace_file(out, &file::to_bytes(&exported.graph)?)?;
            Ok(exported.dropped)
        }
        Err(refused) => bail!("{} cannot be written as NIR:{}", spec_path.display(), listed(&refused)),
    }
}

/// Writes the graph of a file as a network; returns what is not quite the same.
///
/// # Errors
/// If the file cannot be read, or holds what has no counterpart here.
pub fn import(path: &Path, out: &Path, tick_ms: Option<f64>) -> anyhow::Result<Vec<String>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let graph = file::from_bytes(bytes).with_context(|| path.display().to_string())?;
    let imported = match import::import(&graph, tick_ms) {
        Ok(imported) => imported,
        Err(refused) => bail!("{} cannot be read as a network:{}", path.display(), listed(&refused)),
    };
    // What comes in from elsewhere runs here, or is refused with its reason.
    spec_file::build(path, &imported.spec, 0, 1)?;
    let from = path.file_name().unwrap_or_default().to_string_lossy();
    let text = format!("# Imported from {from} (NIR {})\n{}", graph.version, toml::to_string(&imported.spec)?);
    replace_file(out, text.as_bytes())?;
    Ok(imported.notes)
}

/// One line each.
#[must_use]
pub fn listed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}
