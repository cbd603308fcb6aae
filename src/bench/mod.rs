//! `mesolimb bench`: published networks, the worlds of all tasks and the learner, timed.

mod learner;
mod worlds;

use std::{fmt::Write as _, time::Instant};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use mesolimb_brain::{
    Network,
    published::{self, Published, Wiring},
};
use mesolimb_envs::nearest::hint;
use serde::Serialize;

use crate::brain::{check_threads, ticks_in};

/// Options of `mesolimb bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// Network: cuba, coba, …; or envs, for the worlds of all tasks; or learner, for the control step of the spiking agent
    pub network: String,
    /// Cells; as published, if not given. With another number each cell still has as many inputs. With envs: worlds
    #[arg(long)]
    pub n: Option<usize>,
    /// Seconds that are simulated
    #[arg(long, value_name = "SECONDS")]
    pub sim_seconds: Option<f64>,
    /// Seed of everything that is random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads; results do not depend on it. With envs one and two are compared, whatever is given here
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// How the outcome is written
    #[arg(long, value_enum, default_value_t)]
    pub format: OutcomeFormat,
}

/// How the outcome is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutcomeFormat {
    /// For people
    #[default]
    Table,
    /// For programs: one line
    Json,
}

/// What a benchmark measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Network.
    pub network: &'static str,
    /// Version of mesolimb.
    pub version: &'static str,
    /// Cells.
    pub n: usize,
    /// Synapses.
    pub synapses: usize,
    /// Seed.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Seconds that the simulation loop took.
    pub wall_s: f64,
    /// Simulated seconds.
    pub sim_s: f64,
    /// Seconds of computing for a simulated second.
    pub ratio: f64,
    /// Seconds that building the network took.
    pub build_s: f64,
    /// Spikes a second of a cell.
    pub mean_rate_hz: f64,
    /// Spikes.
    pub spikes: u64,
    /// Arrivals of spikes at synapses.
    pub synaptic_events: u64,
    /// Arrivals for a second of computing.
    pub events_per_s: f64,
    /// Most memory that the process has held, where the system tells.
    pub peak_rss_mb: Option<f64>,
    /// Bytes of a synapse that never changes, delays included, if there are any.
    pub bytes_per_static_synapse: Option<f64>,
    /// Bytes of a synapse that learns, with all that the rule keeps, if there are any.
    pub bytes_per_plastic_synapse: Option<f64>,
}

pub use learner::{LearnerSpeed, bench_learner};
pub use worlds::{TaskSpeed, bench_worlds};

/// Measures what is asked for, and says what came out.
///
/// # Errors
/// If there is no such network, or a number is out of range.
pub fn run(args: &BenchArgs) -> anyhow::Result<String> {
    match args.network.as_str() {
        "envs" => show(&bench_worlds(args)?, worlds::table, args.format),
        "learner" => show(&bench_learner(args)?, learner::table, args.format),
        _ => bench(args)?.show(args.format),
    }
}

/// What was measured of every task: as a table, or a line of JSON for each.
fn show<S: Serialize>(speeds: &[S], table: fn(&[S]) -> String, format: OutcomeFormat) -> anyhow::Result<String> {
    Ok(match format {
        OutcomeFormat::Table => table(speeds),
        OutcomeFormat::Json => {
            let lines: Result<Vec<String>, _> = speeds.iter().map(serde_json::to_string).collect();
            lines?.join("\n")
        }
    })
}

/// Builds and times a published network.
///
/// # Errors
/// If there is no such network, or a number is out of range.
pub fn bench(args: &BenchArgs) -> anyhow::Result<Outcome> {
    check_threads(args.threads)?;
    let Some(published) = published::by_name(&args.network) else {
        let known: Vec<&str> = published::all().iter().map(|network| network.name).chain(["envs", "learner"]).collect();
        bail!(
            "unknown network '{}' (there are: {}){}",
            args.network,
            known.join(", "),
            hint(&args.network, known.iter().copied())
        );
    };
    let n = args.n.unwrap_or(published.cells);
    if !(10..=10_000_000).contains(&n) {
        bail!("--n is {n}, expected at least 10 and at most 10000000 cells");
    }
    let wiring = if n == published.cells { Wiring::Published } else { Wiring::ConstantInDegree };
    let spec = (published.spec)(n, wiring);
    let started = Instant::now();
    let mut network = Network::with_threads(&spec, args.seed, args.threads)
        .with_context(|| format!("bench {} with {n} cells", published.name))?;
    let build_s = started.elapsed().as_secs_f64();
    let sim_seconds = args.sim_seconds.unwrap_or(published.sim_seconds);
    let total = ticks_in(sim_seconds, spec.tick_ms)?;
    let started = Instant::now();
    simulate(&mut network, published, spec.tick_ms, total);
    let wall_s = started.elapsed().as_secs_f64();
    Ok(outcome(args, published, &network, [build_s, wall_s, total as f64 * spec.tick_ms / 1000.0]))
}

/// The simulation loop: nothing but ticks, and the releases that belong to the network.
fn simulate(network: &mut Network, published: &Published, tick_ms: f64, total: u64) {
    let ticks = |ms: f64| ((ms / tick_ms).round() as u64).max(1);
    let pulses = published.pulses.and_then(|pulses| Some((pulses, network.modulator_id(pulses.modulator)?)));
    let mut next = pulses.map_or(u64::MAX, |(pulses, _)| ticks(pulses.first_ms));
    while network.ticks() < total {
        if let Some((pulses, modulator)) = pulses
            && network.ticks() == next
        {
            network.release(modulator, pulses.amount);
            next += ticks(pulses.period_ms);
        }
        let window = (next.min(total) - network.ticks()).min(u64::from(u32::MAX));
        network.think(window as u32);
    }
}

fn outcome(args: &BenchArgs, published: &Published, network: &Network, [build_s, wall_s, sim_s]: [f64; 3]) -> Outcome {
    let footprint = network.footprint();
    let counts = network.populations().filter_map(|(name, _)| Some(network.spike_count(network.population(name)?)));
    let spikes: u64 = counts.sum();
    let synaptic_events = network.synaptic_events();
    let each = |bytes: usize, n: usize| (n > 0).then(|| bytes as f64 / n as f64);
    Outcome {
        network: published.name,
        version: env!("CARGO_PKG_VERSION"),
        n: footprint.cells,
        synapses: footprint.static_synapses + footprint.plastic_synapses,
        seed: args.seed,
        threads: args.threads,
        wall_s,
        sim_s,
        ratio: wall_s / sim_s,
        build_s,
        mean_rate_hz: spikes as f64 / footprint.cells as f64 / sim_s,
        spikes,
        synaptic_events,
        events_per_s: synaptic_events as f64 / wall_s,
        peak_rss_mb: peak_rss_mb(),
        bytes_per_static_synapse: each(footprint.static_bytes, footprint.static_synapses),
        bytes_per_plastic_synapse: each(footprint.plastic_bytes, footprint.plastic_synapses),
    }
}

/// Most memory that this process has held, in MB of a million bytes; nothing where the system does not tell.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

impl Outcome {
    /// The outcome as it was asked for.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn show(&self, format: OutcomeFormat) -> anyhow::Result<String> {
        Ok(match format {
            OutcomeFormat::Json => serde_json::to_string(self)?,
            OutcomeFormat::Table => self.table(),
        })
    }

    fn table(&self) -> String {
        let optional = |value: Option<f64>, unit: &str| value.map_or("-".to_owned(), |v| format!("{v:.1} {unit}"));
        let rows = [
            ("network", format!("{}, {} cells, {} synapses", self.network, self.n, self.synapses)),
            ("simulated", format!("{} s, seed {}, threads {}", self.sim_s, self.seed, self.threads)),
            ("simulation", format!("{:.3} s, {:.3} s for a simulated second", self.wall_s, self.ratio)),
            ("building", format!("{:.3} s", self.build_s)),
            ("spikes", format!("{}, {:.2} Hz for a cell", self.spikes, self.mean_rate_hz)),
            ("synaptic events", format!("{}, {:.1} million a second", self.synaptic_events, self.events_per_s / 1e6)),
            ("static synapse", optional(self.bytes_per_static_synapse, "bytes")),
            ("plastic synapse", optional(self.bytes_per_plastic_synapse, "bytes")),
            ("peak memory", optional(self.peak_rss_mb, "MB")),
        ];
        rows.iter().fold(String::new(), |mut text, (what, value)| {
            let _ = write!(text, "{}{what:<16} {value}", if text.is_empty() { "" } else { "\n" });
            text
        })
    }
}
