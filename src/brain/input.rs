//! What comes in at the ports of a brain, from CSV files.
//!
//! A port of values: columns `t_ms,value0,value1,…` (or names of the user's own, one for each value), and a row for each
//! time from which on other values hold; before the first row they are zero.
//! A port of spikes: columns `t_ms,cell`, and a row for each spike. A spike belongs to the tick in which its time falls,
//! the end of the tick included, as in what a run writes; time zero counts to the first tick.
//! Times do not decrease. Empty lines, and lines that begin with `#`, say nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mesolimb_brain::{Network, NetworkSpec, PortId, PortKind, PortSpec};
use mesolimb_envs::nearest::hint;

/// A little slack where times become ticks: a tick of 0.1 ms is no exact number.
const SLACK: f64 = 1e-6;

/// The inputs of a run, in order of time.
pub struct Inputs {
    values: Vec<Timed<Vec<f32>>>,
    spikes: Vec<Timed<u32>>,
}

/// What comes in at one port, each with its tick.
struct Timed<T> {
    port: PortId,
    due: Vec<(u64, T)>,
    next: usize,
}

impl<T> Timed<T> {
    fn next_tick(&self) -> u64 {
        self.due.get(self.next).map_or(u64::MAX, |(tick, _)| *tick)
    }
}

impl Inputs {
    /// Reads the files for the ports; `given` are pairs of a port and a file.
    ///
    /// # Errors
    /// If a port does not exist, is given twice or gets nothing, or a file has a fault: named with line, column, what was
    /// found and what was expected.
    pub fn read(given: &[(String, PathBuf)], spec: &NetworkSpec, network: &Network) -> anyhow::Result<Self> {
        let mut inputs = Self { values: Vec::new(), spikes: Vec::new() };
        for (at, (name, path)) in given.iter().enumerate() {
            let (Some(port), Some(id)) = (spec.ports.iter().find(|p| p.name == *name), network.port(name)) else {
                let known: Vec<&str> = spec.ports.iter().map(|p| p.name.as_str()).collect();
                let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                bail!("--input {name}: there is no such port (there are: {there_are}){}", hint(name, known));
            };
            if given[..at].iter().any(|(other, _)| other == name) {
                bail!("--input {name} is given twice, expected one file for each port");
            }
            let file = CsvFile::read(path)?;
            match port.kind {
                PortKind::Values => {
                    let due = file.values(port, spec.tick_ms)?;
                    inputs.values.push(Timed { port: id, due, next: 0 });
                }
                PortKind::Spikes => {
                    let due = file.spikes(port, spec.tick_ms)?;
                    inputs.spikes.push(Timed { port: id, due, next: 0 });
                }
            }
        }
        for port in spec.ports.iter().filter(|port| !port.optional) {
            if !given.iter().any(|(name, _)| *name == port.name) {
                let what = match port.kind {
                    PortKind::Values => "values",
                    PortKind::Spikes => "spikes",
                };
                bail!(
                    "port '{0}' gets no {what}: give it some with --input {0}=FILE.csv, or say optional = true at the \
                     port in the spec",
                    port.name
                );
            }
        }
        Ok(inputs)
    }

    /// Brings what is due now to the network, and returns the tick at which more is due.
    pub fn bring(&mut self, network: &mut Network) -> u64 {
        let now = network.ticks();
        for input in &mut self.values {
            while input.next_tick() <= now {
                network.set_port(input.port, &input.due[input.next].1);
                input.next += 1;
            }
        }
        for input in &mut self.spikes {
            while input.next_tick() <= now {
                network.send_spike(input.port, input.due[input.next].1);
                input.next += 1;
            }
        }
        let values = self.values.iter().map(Timed::next_tick);
        values.chain(self.spikes.iter().map(Timed::next_tick)).min().unwrap_or(u64::MAX)
    }
}

/// A CSV file, in memory.
struct CsvFile<'a> {
    path: &'a Path,
    text: String,
}

/// A line that says something: its number, and its fields.
struct Line<'a> {
    number: usize,
    fields: Vec<&'a str>,
}

impl<'a> CsvFile<'a> {
    fn read(path: &'a Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { path, text })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let text = self.text.trim_start_matches('\u{feff}');
        let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        text.lines()
            .enumerate()
            .filter(move |(_, line)| says(line))
            .map(|(at, line)| Line { number: at + 1, fields: line.split(',').map(str::trim).collect() })
    }

    /// The header, once it is the one expected, and the lines behind it.
    fn table(&self, expected: &str, fits: impl Fn(&[&str]) -> bool) -> anyhow::Result<Vec<Line<'_>>> {
        let mut lines = self.lines();
        let Some(header) = lines.next() else {
            bail!("{}: the file is empty, expected a header {expected}", self.path.display());
        };
        if header.fields[0] != "t_ms" || header.fields[1..].iter().any(|name| name.parse::<f64>().is_ok()) {
            self.refuse(&header, 0, "t_ms", &format!("a header {expected}"))?;
        }
        if !fits(&header.fields) {
            let found = header.fields.join(",");
            bail!("{}, line {}: the header is {found}, expected {expected}", self.path.display(), header.number);
        }
        let n = header.fields.len();
        let rows: Vec<Line<'_>> = lines.collect();
        if let Some(row) = rows.iter().find(|row| row.fields.len() != n) {
            let found = row.fields.len();
            bail!("{}, line {}: {found} columns, expected {n} as in the header", self.path.display(), row.number);
        }
        Ok(rows)
    }

    fn values(&self, port: &PortSpec, tick_ms: f64) -> anyhow::Result<Vec<(u64, Vec<f32>)>> {
        let expected = match port.size {
            1 => "t_ms,value0".to_owned(),
            2 => "t_ms,value0,value1".to_owned(),
            n => format!("t_ms,value0,…,value{} ({n} values)", n - 1),
        };
        let expected = format!("{expected} for port '{}'", port.name);
        // Numbered names have to be in order; others are the user's own.
        let number = |name: &str| name.strip_prefix("value").and_then(|number| number.parse::<usize>().ok());
        let in_order = |(at, name): (usize, &&str)| number(name).is_none_or(|number| number == at);
        let rows = self
            .table(&expected, |header| header.len() == port.size + 1 && header[1..].iter().enumerate().all(in_order))?;
        let mut due: Vec<(u64, Vec<f32>)> = Vec::with_capacity(rows.len());
        let mut before_ms = 0.0;
        for row in &rows {
            before_ms = self.time(row, before_ms)?;
            let value = |k: usize| {
                let value: Option<f32> = row.fields[k].parse().ok().filter(|value: &f32| value.is_finite());
                value.map_or_else(|| self.refuse(row, k, &format!("value{}", k - 1), "a finite number"), Ok)
            };
            let values = (1..row.fields.len()).map(value).collect::<anyhow::Result<Vec<f32>>>()?;
            due.push(((before_ms / tick_ms).round() as u64, values));
        }
        if due.is_empty() {
            bail!("{}: there are no rows, expected at least one below the header", self.path.display());
        }
        Ok(due)
    }

    fn spikes(&self, port: &PortSpec, tick_ms: f64) -> anyhow::Result<Vec<(u64, u32)>> {
        let expected = format!("t_ms,cell for port '{}'", port.name);
        let rows = self.table(&expected, |header| header.len() == 2 && header[1] == "cell")?;
        let mut due: Vec<(u64, u32)> = Vec::with_capacity(rows.len());
        let mut before_ms = 0.0;
        for row in &rows {
            before_ms = self.time(row, before_ms)?;
            let cell: Option<u32> = row.fields[1].parse().ok().filter(|cell| (*cell as usize) < port.size);
            let Some(cell) = cell else {
                return self.refuse(row, 1, "cell", &format!("a whole number from 0 to {}", port.size - 1));
            };
            // The tick that ends at `t` is the one before `t / tick_ms`.
            let tick = (before_ms / tick_ms - SLACK).ceil().max(1.0) as u64 - 1;
            due.push((tick, cell));
        }
        Ok(due)
    }

    /// The time of a row, which is not before that of the row before.
    fn time(&self, row: &Line<'_>, before_ms: f64) -> anyhow::Result<f64> {
        let time: Option<f64> = row.fields[0].parse().ok().filter(|time| (before_ms..1e15).contains(time));
        time.map_or_else(|| self.refuse(row, 0, "t_ms", &format!("a time of at least {before_ms} ms")), Ok)
    }

    /// Says what is wrong with a field.
    fn refuse<T>(&self, row: &Line<'_>, column: usize, name: &str, expected: &str) -> anyhow::Result<T> {
        let (path, found) = (self.path.display(), row.fields[column]);
        bail!("{path}, line {}, column {} ({name}): found '{found}', expected {expected}", row.number, column + 1)
    }
}
