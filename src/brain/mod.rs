//! A brain alone: `mesolimb brain …` runs a network without any robot, and says what it holds.

mod describe;
mod diagram;
mod gallery;
mod input;
mod nir;
mod picture;
mod run;
mod sheet;
mod spec_file;

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};

pub use describe::describe;
pub use gallery::gallery;
pub use nir::{export as export_nir, import as import_nir, listed};
pub use run::run;
pub use sheet::Format;
pub use spec_file::{build, read};

/// Options of `mesolimb brain describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Network or brain file (TOML), or a learner's brain by name (see `mesolimb list brains`)
    pub spec: PathBuf,
    /// Task that a learner's brain is described for
    #[arg(long, default_value = "reacher")]
    pub task: String,
    /// A setting of a learner's brain, such as brain.variant=homogeneous or brain.cells=64
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Draw it: populations, projections, receptors, and who releases what
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Seed of everything that is random
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// What can be done with a brain alone.
#[derive(Debug, Subcommand)]
pub enum BrainCommand {
    /// Run a network: currents or spikes from CSV files in, spikes and probes out
    Run(RunArgs),
    /// Say what a network holds: cells, synapses, receptors, modulators, ports, probes, memory
    Describe(DescribeArgs),
    /// Pictures of all cell types, their responses to a step, and what modulators do to them
    Gallery {
        /// Folder for pictures and numbers
        #[arg(long)]
        out: PathBuf,
    },
    /// Write a network of leaky cells for other simulators and chips (NIR), and say what the format cannot carry
    ExportNir {
        /// Network (TOML)
        spec: PathBuf,
        /// File to write
        #[arg(long, value_name = "FILE.nir")]
        out: PathBuf,
        /// Seed of everything that is random
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Read a network that another program wrote (NIR), and say what is not quite the same
    ImportNir {
        /// File to read
        #[arg(value_name = "FILE.nir")]
        file: PathBuf,
        /// Network to write (TOML)
        #[arg(long, value_name = "SPEC.toml")]
        out: PathBuf,
        /// Length of a tick in ms; if not given, what the file says, else 1
        #[arg(long)]
        tick_ms: Option<f64>,
    },
}

/// Options of `mesolimb brain run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Network (TOML)
    pub spec: PathBuf,
    /// What comes in at a port: columns t_ms,value0,value1,… or, for a port of spikes, t_ms,cell; once for each port
    #[arg(long = "input", value_name = "PORT=FILE.csv", value_parser = parse_input)]
    pub inputs: Vec<(String, PathBuf)>,
    /// Seconds that are simulated
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS")]
    pub sim_seconds: f64,
    /// Seed of everything that is random
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Threads; results do not depend on it
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Folder for the results; a new one under runs/, if not given
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// How spikes and probes are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn parse_input(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((port, file)) if !port.trim().is_empty() && !file.is_empty() => Ok((port.trim().to_owned(), file.into())),
        _ => Err("expected PORT=FILE.csv, such as drive=drive.csv".to_owned()),
    }
}

/// Most seconds that a simulation may last.
const MAX_SECONDS: f64 = 1e6;

/// Ticks of a simulation of so many seconds.
///
/// # Errors
/// If there is less than one, or the number is out of range.
pub fn ticks_in(sim_seconds: f64, tick_ms: f64) -> anyhow::Result<u64> {
    let ticks = (sim_seconds * 1000.0 / tick_ms).round();
    if !(sim_seconds <= MAX_SECONDS && ticks >= 1.0) {
        bail!("--sim-seconds is {sim_seconds}, expected at least one tick of {tick_ms} ms and at most {MAX_SECONDS} s");
    }
    Ok(ticks as u64)
}

/// Refuses numbers of threads that no run can have.
///
/// # Errors
/// If `threads` is out of range.
pub fn check_threads(threads: usize) -> anyhow::Result<()> {
    if !(1..=1024).contains(&threads) {
        bail!("--threads is {threads}, expected at least 1 and at most 1024");
    }
    Ok(())
}
