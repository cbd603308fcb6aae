//! Published experiments.

use std::path::Path;

/// Runs the study `name`.
///
/// # Errors
/// If there is no such study.
pub fn run(name: &str, _out: &Path, _seeds: u64) -> anyhow::Result<()> {
    anyhow::bail!("unknown study '{name}'")
}
