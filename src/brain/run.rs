//! Runs a brain and writes down what it did, into a folder that appears whole or not at all.
//!
//! `spikes` has a row for each spike: `t_ms`, the end of its tick · `population` · `cell` within it.
//! `probe_NAME` has a row for each value that the probe recorded: `t_ms`, then `cell` and the variable of a population
//! (`size` for spikes), or `source`, `target`, `delay_ms` and `weight` or `eligibility` of a projection, or `level` of a modulator.
//! Both are CSV or Parquet. `run.toml` is the run with the network in it, `summary.json` rates, events and speed,
//! `raster.svg` a picture.

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::Path,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mesolimb_brain::{Network, NetworkSpec, ProbeSpec, Record};
use serde::Serialize;

use super::{
    RunArgs, check_threads,
    input::Inputs,
    picture::Picture,
    sheet::{Is, Sheet, Value},
    spec_file, ticks_in,
};
use crate::{checkpoint::replace_file, folder};

/// Most ticks between two looks at what happened: no spike is lost to the log of a window.
const MAX_WINDOW: u64 = 100;
/// Spikes that the log of a window holds for certain.
const LOGGED_SPIKES: u64 = 1 << 20;

/// `run.toml`: everything that decides what happens.
#[derive(Serialize)]
struct RunFile<'a> {
    spec: String,
    seed: u64,
    sim_seconds: f64,
    threads: usize,
    input: BTreeMap<&'a str, String>,
    network: &'a NetworkSpec,
}

/// `summary.json`.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Version of mesolimb.
    pub version: &'static str,
    /// File of the network.
    pub spec: String,
    /// Seed.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Simulated seconds.
    pub sim_s: f64,
    /// Length of a tick in ms.
    pub tick_ms: f64,
    /// Seconds that building the network took.
    pub build_s: f64,
    /// Seconds that the simulation took, without reading and writing.
    pub wall_s: f64,
    /// Cells.
    pub cells: usize,
    /// Synapses.
    pub synapses: usize,
    /// Spikes of all cells.
    pub spikes: u64,
    /// Spikes a second of a cell, over all of them.
    pub mean_rate_hz: f64,
    /// Arrivals of spikes at synapses.
    pub synaptic_events: u64,
    /// What each population did.
    pub populations: BTreeMap<String, PopulationSummary>,
    /// Values that each probe recorded.
    pub records: BTreeMap<String, u64>,
}

/// What a population did.
#[derive(Debug, Serialize)]
pub struct PopulationSummary {
    /// Cells.
    pub cells: usize,
    /// Spikes.
    pub spikes: u64,
    /// Spikes a second of a cell.
    pub rate_hz: f64,
}

impl Summary {
    /// The outcome in a line.
    #[must_use]
    pub fn one_line(&self) -> String {
        let rates: Vec<String> =
            self.populations.iter().map(|(name, p)| format!("{name} {:.2} Hz", p.rate_hz)).collect();
        format!(
            "{} cells, {} synapses: {} spikes in {} s ({}), {:.2} s of computing",
            self.cells,
            self.synapses,
            self.spikes,
            self.sim_s,
            rates.join(", "),
            self.wall_s
        )
    }
}

/// Runs the network of a file for as long as was asked, and writes what happened into the folder `out`.
///
/// # Errors
/// If the network or an input has a fault, or the folder cannot be written.
pub fn run(args: &RunArgs, out: &Path) -> anyhow::Result<Summary> {
    check_threads(args.threads)?;
    if i64::try_from(args.seed).is_err() {
        anyhow::bail!("--seed is {}, expected a whole number from 0 to {}", args.seed, i64::MAX);
    }
    let spec = spec_file::read(&args.spec)?;
    let started = Instant::now();
    let network = spec_file::build(&args.spec, &spec, args.seed, args.threads)?;
    let build_s = started.elapsed().as_secs_f64();
    let total = ticks_in(args.sim_seconds, spec.tick_ms)?;
    let inputs = Inputs::read(&args.inputs, &spec, &network)?;
    let run_file = RunFile {
        spec: args.spec.display().to_string(),
        seed: args.seed,
        sim_seconds: args.sim_seconds,
        threads: args.threads,
        input: args.inputs.iter().map(|(port, file)| (port.as_str(), file.display().to_string())).collect(),
        network: &spec,
    };
    let run_toml = format!("# mesolimb {}\n{}", env!("CARGO_PKG_VERSION"), toml::to_string(&run_file)?);
    folder::make_whole(out, "or remove it first", |making| {
        replace_file(&making.join("run.toml"), run_toml.as_bytes())?;
        let mut run = Run { args, spec: &spec, network, inputs, records: vec![0; spec.probes.len()] };
        let summary = run.write(making, total, build_s)?;
        replace_file(&making.join("summary.json"), serde_json::to_string_pretty(&summary)?.as_bytes())?;
        Ok(summary)
    })
}

struct Run<'a> {
    args: &'a RunArgs,
    spec: &'a NetworkSpec,
    network: Network,
    inputs: Inputs,
    /// Values that each probe recorded.
    records: Vec<u64>,
}

impl Run<'_> {
    fn write(&mut self, folder: &Path, total: u64, build_s: f64) -> anyhow::Result<Summary> {
        let columns = [("t_ms", Is::Time), ("population", Is::Name), ("cell", Is::Whole)];
        let mut spikes = Sheet::create(folder, "spikes", self.args.format, &columns)?;
        let sheet =
            |p: &ProbeSpec| Sheet::create(folder, &format!("probe_{}", p.name), self.args.format, &columns_of(p));
        let mut probes = self.spec.probes.iter().map(sheet).collect::<anyhow::Result<Vec<Sheet>>>()?;
        let mut picture = Picture::new(self.spec, total);
        let wall_s = self.simulate(total, &mut spikes, &mut probes, &mut picture)?;
        spikes.close()?;
        probes.into_iter().try_for_each(Sheet::close)?;
        let summary = self.summary(total, build_s, wall_s);
        picture.draw(&folder.join("raster.svg"), &summary)?;
        Ok(summary)
    }

    /// Lives through all ticks; returns the seconds that the network took for them.
    fn simulate(
        &mut self,
        total: u64,
        spikes: &mut Sheet,
        probes: &mut [Sheet],
        picture: &mut Picture,
    ) -> anyhow::Result<f64> {
        let n_cells: usize = self.spec.populations.iter().map(|p| p.size).sum();
        let window = (LOGGED_SPIKES / n_cells.max(1) as u64).clamp(1, MAX_WINDOW);
        let mut progress = Progress::new(total, self.spec.tick_ms);
        let mut wall = Duration::ZERO;
        while self.network.ticks() < total {
            let now = self.network.ticks();
            let more = self.inputs.bring(&mut self.network);
            let ticks = window.min(total - now).min(more - now);
            let started = Instant::now();
            self.network.think(ticks as u32);
            wall += started.elapsed();
            self.write_spikes(now, spikes, picture)?;
            for record in self.network.take_records() {
                self.write_record(&record, probes, picture)?;
            }
            progress.show(self.network.ticks());
        }
        progress.end();
        Ok(wall.as_secs_f64())
    }

    fn write_spikes(&self, start: u64, sheet: &mut Sheet, picture: &mut Picture) -> anyhow::Result<()> {
        for spike in self.network.spikes().iter() {
            let t_ms = time_ms(start + u64::from(spike.tick) + 1, self.spec.tick_ms);
            let (mut population, mut cell) = (0, spike.cell as usize);
            while cell >= self.spec.populations[population].size {
                cell -= self.spec.populations[population].size;
                population += 1;
            }
            let name = &self.spec.populations[population].name;
            sheet.row(&[Value::Time(t_ms), Value::Name(name), Value::Whole(cell as u32)])?;
            picture.note_spike(t_ms, population, cell);
        }
        Ok(())
    }

    fn write_record(&mut self, record: &Record, sheets: &mut [Sheet], picture: &mut Picture) -> anyhow::Result<()> {
        let k = record.probe.index();
        let (spec, t_ms) = (&self.spec.probes[k], time_ms(record.tick, self.spec.tick_ms));
        let (t, value) = (Value::Time(t_ms), Value::Number(record.value));
        if spec.projection.is_some() {
            let synapse = self.network.probed_synapses(record.probe)[record.index as usize];
            let delay_ms = Value::Time(time_ms(u64::from(synapse.delay_ticks), self.spec.tick_ms));
            sheets[k].row(&[t, Value::Whole(synapse.source), Value::Whole(synapse.target), delay_ms, value])?;
        } else if spec.modulator.is_some() {
            sheets[k].row(&[t, value])?;
        } else {
            sheets[k].row(&[t, Value::Whole(record.index), value])?;
        }
        self.records[k] += 1;
        picture.note_value(k, t_ms, record.index, record.value);
        Ok(())
    }

    fn summary(&self, total: u64, build_s: f64, wall_s: f64) -> Summary {
        let sim_s = total as f64 * self.spec.tick_ms / 1000.0;
        let footprint = self.network.footprint();
        let populations: BTreeMap<String, PopulationSummary> = self
            .network
            .populations()
            .filter_map(|(name, cells)| {
                let spikes = self.network.spike_count(self.network.population(name)?);
                let rate_hz = spikes as f64 / cells as f64 / sim_s;
                Some((name.to_owned(), PopulationSummary { cells, spikes, rate_hz }))
            })
            .collect();
        let spikes = populations.values().map(|p| p.spikes).sum();
        Summary {
            version: env!("CARGO_PKG_VERSION"),
            spec: self.args.spec.display().to_string(),
            seed: self.args.seed,
            threads: self.args.threads,
            sim_s,
            tick_ms: self.spec.tick_ms,
            build_s,
            wall_s,
            cells: footprint.cells,
            synapses: footprint.static_synapses + footprint.plastic_synapses,
            spikes,
            mean_rate_hz: spikes as f64 / footprint.cells.max(1) as f64 / sim_s,
            synaptic_events: self.network.synaptic_events(),
            populations,
            records: self.spec.probes.iter().map(|p| p.name.clone()).zip(self.records.iter().copied()).collect(),
        }
    }
}

/// The columns of what a probe records.
fn columns_of(probe: &ProbeSpec) -> Vec<(&str, Is)> {
    let t = ("t_ms", Is::Time);
    if probe.projection.is_some() {
        let weight = (probe.variable.as_deref().unwrap_or("weight"), Is::Number);
        return vec![t, ("source", Is::Whole), ("target", Is::Whole), ("delay_ms", Is::Time), weight];
    }
    match probe.variable.as_deref() {
        _ if probe.modulator.is_some() => vec![t, ("level", Is::Number)],
        Some("spikes") | None => vec![t, ("cell", Is::Whole), ("size", Is::Number)],
        Some(variable) => vec![t, ("cell", Is::Whole), (variable, Is::Number)],
    }
}

/// The time after so many ticks, without the last bits that say nothing.
fn time_ms(ticks: u64, tick_ms: f64) -> f64 {
    (ticks as f64 * tick_ms * 1e6).round() / 1e6
}

/// Time between two lines where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// Progress on standard error: a bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
    terminal: bool,
    last_line: Instant,
    total: u64,
    tick_ms: f64,
}

impl Progress {
    fn new(total: u64, tick_ms: f64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent}% of {msg}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(format!("{} s", total as f64 * tick_ms / 1000.0));
        Self { bar, terminal, last_line: Instant::now(), total, tick_ms }
    }

    fn show(&mut self, tick: u64) {
        if self.terminal {
            self.bar.set_position(tick);
        } else if self.last_line.elapsed() >= LINE_PERIOD {
            self.last_line = Instant::now();
            let secs = |ticks: u64| ticks as f64 * self.tick_ms / 1000.0;
            eprintln!("{:.3} of {} s simulated", secs(tick), secs(self.total));
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
