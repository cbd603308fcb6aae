//! Asynchronous irregular activity in networks of excitatory and inhibitory integrate-and-fire cells.
//!
//! Paper: Vogels & Abbott 2005, J Neurosci 25:10786, as benchmarks 1 (COBA) and 2 (CUBA) of Brette et al. 2007,
//! J Comput Neurosci 23:349: 4000 cells, 80 % excitatory, each pair connected with probability 2 %, no noise.
//!
//! Both networks are those of [`mesolimb_brain::published`]. For each seed: rates, part of silent cells, coefficient of
//! variation of the intervals, correlation of pairs, Fano factor of the population, from 200 ms to 2 s.
//! The current-based network is compared with 5 seeds each of two other simulators
//! (`tests/reference/network_cuba.csv`), whose band is mean ± max(4 sd, 5 %).
//! For the conductance-based one there is no such table; its numbers are printed as they are.
//!
//! Deviations: starting values are a choice (see `published::coba`); the runs of the other simulators have wiring and
//! starting values of their own.

use anyhow::Context as _;
use mesolimb_brain::{
    Network, NetworkSpec,
    published::{VOGELS_ABBOTT_CELLS, Wiring, coba, cuba},
};
use mesolimb_papers::{
    Args, BLUE, Dots, GREEN, GREY, Line, ORANGE, Panel, SpikeStatistics, Table, for_seeds, mean, mean_ci,
};

/// Length of a run, and where the statistics start, in ms.
const SPAN_MS: [f64; 2] = [200.0, 2000.0];
/// Excitatory cells, which come first.
const N_EXC: usize = VOGELS_ABBOTT_CELLS * 4 / 5;
/// The span of the raster in ms, and every how manyth cell it shows.
const RASTER: ([f64; 2], u32) = ([400.0, 700.0], 10);

type Spikes = Vec<(f64, u32)>;

fn main() -> anyhow::Result<()> {
    let args = Args::parse(10, &["reference"])?;
    let reference = Reference::load(&args.option(
        "reference",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/network_cuba.csv").to_owned(),
    )?)?;
    let run = |name: &str, spec: fn(usize, Wiring) -> NetworkSpec| {
        for_seeds(name, args.seeds(), |seed| live(&spec(VOGELS_ABBOTT_CELLS, Wiring::Published), seed))
    };
    let nets = [("CUBA", run("CUBA", cuba)?), ("COBA", run("COBA", coba)?)];
    report(&args, &reference, &nets)?;
    picture(&args, &reference, &nets)
}

/// The spikes of a network and what they look like.
fn live(spec: &NetworkSpec, seed: u64) -> anyhow::Result<(SpikeStatistics, Spikes)> {
    let mut network = Network::new(spec, seed)?;
    let mut spikes = Vec::new();
    let ticks = (SPAN_MS[1] / spec.tick_ms).round() as u64;
    while network.ticks() < ticks {
        let start = network.ticks();
        network.think(10);
        let time = |tick: u32| (start + u64::from(tick) + 1) as f64 * spec.tick_ms;
        spikes.extend(network.spikes().iter().map(|spike| (time(spike.tick), spike.cell)));
    }
    Ok((SpikeStatistics::of(&spikes, VOGELS_ABBOTT_CELLS, N_EXC, SPAN_MS), spikes))
}

/// The table of the other simulators: a row for each run, and the band.
struct Reference {
    /// Simulator, seed, values.
    rows: Vec<(String, String, Vec<f64>)>,
}

impl Reference {
    fn load(path: &str) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{path} (--reference names another)"))?;
        let mut lines =
            text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect::<Vec<_>>());
        let columns = lines.next().unwrap_or_default();
        anyhow::ensure!(columns[2..] == SpikeStatistics::NAMES, "{path}: the columns are {columns:?}");
        let row = |fields: Vec<&str>| {
            let values = fields[2..].iter().map(|field| field.parse()).collect::<Result<_, _>>()?;
            anyhow::Ok((fields[0].to_owned(), fields[1].to_owned(), values))
        };
        Ok(Self { rows: lines.map(row).collect::<anyhow::Result<_>>()? })
    }

    /// The runs of a simulator.
    fn runs(&self, simulator: &str, statistic: usize) -> Vec<f64> {
        let of = self.rows.iter().filter(|(name, seed, _)| name == simulator && seed.parse::<u64>().is_ok());
        of.map(|(.., values)| values[statistic]).collect()
    }

    fn band(&self, statistic: usize) -> [f64; 2] {
        ["low", "high"].map(|end| {
            let row = self.rows.iter().find(|(name, seed, _)| name == "band" && seed == end);
            row.map_or(f64::NAN, |(.., values)| values[statistic])
        })
    }
}

type Net<'a> = (&'a str, Vec<(SpikeStatistics, Spikes)>);

fn report(args: &Args, reference: &Reference, nets: &[Net<'_>]) -> anyhow::Result<()> {
    let mut each = Table::new(&[&["network", "seed"], &SpikeStatistics::NAMES[..]].concat());
    for (name, runs) in nets {
        for (seed, (statistics, _)) in args.seeds().zip(runs) {
            let head = [name.to_string(), seed.to_string()];
            each.row(head.into_iter().chain(statistics.values().map(|value| format!("{value:.5}"))));
        }
    }
    each.write(&args.file("vogels_abbott_2005.csv"), &["statistics from 200 ms to 2 s"])?;
    let mut table =
        Table::new(&["statistic", "COBA", "CUBA", "Brian2 2.11", "NEST 3.10", "band", "CUBA runs in the band"]);
    for (k, name) in SpikeStatistics::NAMES.into_iter().enumerate() {
        let of = |net: usize| nets[net].1.iter().map(|(statistics, _)| statistics.values()[k]).collect::<Vec<_>>();
        let [low, high] = reference.band(k);
        let inside = of(0).iter().filter(|value| (low..=high).contains(value)).count();
        table.row([
            name.to_owned(),
            mean_ci(&of(1)).show(4),
            mean_ci(&of(0)).show(4),
            format!("{:.4}", mean(&reference.runs("brian2", k))),
            format!("{:.4}", mean(&reference.runs("nest", k))),
            format!("{low} to {high}"),
            format!("{inside}/{}", of(0).len()),
        ]);
    }
    table.print();
    Ok(())
}

fn picture(args: &Args, reference: &Reference, nets: &[Net<'_>]) -> anyhow::Result<()> {
    let mut panels = Vec::new();
    for (name, runs) in nets {
        let ([from, to], every) = RASTER;
        let points = |cells: std::ops::Range<u32>| {
            let shown =
                |&&(t, cell): &&(f64, u32)| cells.contains(&cell) && cell % every == 0 && (from..to).contains(&t);
            runs[0].1.iter().filter(shown).map(|&(t, cell)| (t, f64::from(cell))).collect()
        };
        let line = |colour, points| Line { colour, points, scatter: Some(1), ..Line::default() };
        panels.push(Panel {
            title: format!("{name}: every {every}th cell, inhibitory ones on top"),
            x_label: "time in ms".into(),
            y_label: "cell".into(),
            x: Some(from..to),
            y: Some(0.0..VOGELS_ABBOTT_CELLS as f64),
            lines: vec![
                line(BLUE, points(0..N_EXC as u32)),
                line(ORANGE, points(N_EXC as u32..VOGELS_ABBOTT_CELLS as u32)),
            ],
            ..Panel::default()
        });
    }
    for (statistic, title) in
        [(2, "rate in Hz"), (4, "CV of intervals"), (5, "correlation of pairs"), (6, "Fano factor")]
    {
        let ours = |net: usize| nets[net].1.iter().map(|(statistics, _)| statistics.values()[statistic]).collect();
        let columns: [(&str, _, Vec<f64>); 3] = [
            ("CUBA", BLUE, ours(0)),
            ("Brian2", GREY, reference.runs("brian2", statistic)),
            ("NEST", GREEN, reference.runs("nest", statistic)),
        ];
        let dots = columns.map(|(label, colour, values)| {
            let estimate = Some(mean_ci(&values));
            Dots { label: label.into(), colour, values, estimate }
        });
        panels.push(Panel { title: format!("CUBA: {title}"), dots: dots.into(), ..Panel::default() });
    }
    mesolimb_papers::save(&args.file("vogels_abbott_2005.svg"), 2, &panels)
}
