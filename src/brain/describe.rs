//! Says what a network holds, in tables for a terminal.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, ensure};
use mesolimb_agents::{Brain, BrainFile, SpikingActorCritic, brain_file::brains};
use mesolimb_brain::{
    CellSpec, Connectivity, Dist, Network, NetworkSpec, PlasticitySpec, PortKind, ProbeSpec, ProjectionSpec,
    RandomDist, ReceptorForm,
};

use super::{DescribeArgs, diagram, spec_file};
use crate::{checkpoint::replace_file, config::RunConfig};

/// What the network of a file holds; of a learner's brain, for a task.
///
/// # Errors
/// If it cannot be read or built; the message names the file, the part and the field.
pub fn describe(args: &DescribeArgs) -> anyhow::Result<String> {
    let DescribeArgs { spec: path, seed, .. } = args;
    let learner = learner(args)?;
    let spec = learner.as_ref().map_or_else(|| spec_file::read(path), |(_, brain)| Ok(brain.network.clone()))?;
    let network = spec_file::build(path, &spec, *seed, 1)?;
    let mut text = headline(path, &spec, &network, *seed);
    let title = match &learner {
        None => path.display().to_string(),
        Some((file, _)) => {
            let name = file.name();
            let title =
                Path::new(name).file_stem().map_or_else(|| name.into(), |stem| stem.to_string_lossy().into_owned());
            format!("{title}, for {}", args.task)
        }
    };
    if let Some(svg) = &args.svg {
        replace_file(svg, diagram::draw(&title, &spec).as_bytes())?;
        let _ = writeln!(text, "drawn in {}", svg.display());
    }
    let _ = writeln!(text, "{}", cell_types(&spec));
    for table in
        learner.iter().flat_map(|(file, brain)| [roles(brain), parameters(file, &args.settings), variants(file)])
    {
        if !table.rows.is_empty() {
            text.push('\n');
            text.push_str(&table.show());
        }
    }
    for table in [
        populations(&spec),
        cells(&spec),
        projections(&spec, &network),
        receptors(&spec),
        modulators(&spec),
        ports(&spec),
        readouts(&spec),
        probes(&spec),
        memory(&network),
    ] {
        if !table.rows.is_empty() {
            text.push('\n');
            text.push_str(&table.show());
        }
    }
    Ok(text.trim_end().to_owned())
}

/// The brain of a learner, if the file is one, for the task that is asked for.
fn learner(args: &DescribeArgs) -> anyhow::Result<Option<(BrainFile, Brain)>> {
    let name = args.spec.to_str().with_context(|| format!("{} is no Unicode", args.spec.display()))?;
    let known = brains().iter().find(|brain| brain.name() == name).cloned();
    let file = match known {
        Some(file) => file,
        None => {
            let text = fs::read_to_string(&args.spec).with_context(|| format!("cannot read {name}"))?;
            let is_learner = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("roles"));
            if !is_learner {
                ensure!(
                    args.settings.is_empty(),
                    "{name} is no brain of a learner: it has no [roles], so that nothing can be set"
                );
                return Ok(None);
            }
            BrainFile::parse(name, &text)?
        }
    };
    let run = [("task", args.task.as_str()), ("brain", name)].map(|(key, value)| (key.to_owned(), value.into()));
    let config = RunConfig::resolve(toml::Table::from_iter(run), &args.settings)?;
    let env = config.open_env()?;
    let settings = config.settings.of::<SpikingActorCritic>()?;
    let brain = file.resolve(&settings.numbers(env.spec()), &settings.brain)?;
    Ok(Some((file, brain)))
}

/// How many kinds of cells there are: cells with equal parameters are of one type.
fn cell_types(spec: &NetworkSpec) -> String {
    let mut types: Vec<&CellSpec> = Vec::new();
    let mut models: Vec<String> = Vec::new();
    for population in &spec.populations {
        if !types.contains(&&population.cell) {
            types.push(&population.cell);
        }
        let name = model_name(population);
        if !models.contains(&name) {
            models.push(name);
        }
    }
    format!("{} cell types of {} models: {}", types.len(), models.len(), models.join(", "))
}

/// Name of the model of a population.
pub(super) fn model_name(p: &mesolimb_brain::PopulationSpec) -> String {
    model(p).0
}

fn roles(brain: &Brain) -> Table {
    let roles = &brain.roles;
    let mut rows = vec![
        vec!["a thought".to_owned(), format!("{} ticks", brain.ticks)],
        vec!["observation".to_owned(), format!("port '{}'", roles.observation)],
        vec!["value".to_owned(), roles.value.join(" + ")],
        vec!["policy".to_owned(), roles.policy.join(" + ")],
    ];
    if !roles.policy_against.is_empty() {
        rows.push(vec!["policy, subtracted".to_owned(), roles.policy_against.join(" + ")]);
    }
    for (what, signals) in
        [("released", &roles.release), ("follows", &roles.level), ("at the port of nuclei", &roles.drive)]
    {
        rows.extend(signals.iter().map(|(name, signal)| vec![format!("{name}, {what}"), brief(signal)]));
    }
    Table { title: "Roles", head: vec!["what", "where"], rows }
}

fn parameters(file: &BrainFile, settings: &[String]) -> Table {
    let set = |name: &str| settings.iter().rev().find_map(|setting| setting.strip_prefix(&format!("brain.{name}=")));
    let row = |(name, value): (&str, String)| vec![name.to_owned(), set(name).map_or(value, str::to_owned)];
    let rows = file.parameters().map(row).collect();
    Table { title: "Parameters: --set brain.NAME=NUMBER", head: vec!["name", "value"], rows }
}

fn variants(file: &BrainFile) -> Table {
    let rows = file.variants.iter().map(|(name, variant)| vec![name.clone(), variant.about.clone()]).collect();
    Table { title: "Variants: --set brain.variant=NAME", head: vec!["name", "what it changes"], rows }
}

/// Rows under a title and a head, to be aligned.
struct Table {
    title: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn show(&self) -> String {
        let head: Vec<String> = self.head.iter().map(ToString::to_string).collect();
        let rows: Vec<&Vec<String>> = std::iter::once(&head).chain(&self.rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let mut text = format!("{}\n", self.title);
        for row in rows {
            let mut line = String::from("  ");
            for (value, &width) in row.iter().zip(&widths) {
                let _ = write!(line, "{value}{}", " ".repeat(width + 2 - value.chars().count()));
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

fn headline(path: &Path, spec: &NetworkSpec, network: &Network, seed: u64) -> String {
    let footprint = network.footprint();
    format!(
        "{}: {} cells, {} synapses ({} learn), tick {} ms, built with seed {seed}\n",
        path.display(),
        footprint.cells,
        footprint.static_synapses + footprint.plastic_synapses,
        footprint.plastic_synapses,
        spec.tick_ms
    )
}

fn populations(spec: &NetworkSpec) -> Table {
    let row = |p: &mesolimb_brain::PopulationSpec| {
        let mut more = Vec::new();
        if p.drive != Dist::Constant(0.0) {
            more.push(format!("drive {} pA", show(&p.drive)));
        }
        if let Some(noise) = &p.noise {
            more.push(format!("noise {} pA", brief(noise)));
        }
        if let Some(to) = &p.normalised {
            more.push(format!("normalised to {} ± {}", to.mean, to.sd));
        }
        if p.apical.is_some() {
            more.push("apical learning signal".to_owned());
        }
        more.extend(p.start.iter().map(|(name, dist)| format!("{name} starts at {}", show(dist))));
        let transmitter = p.transmitter.map_or_else(|| "any".to_owned(), |t| brief(&t));
        vec![p.name.clone(), p.size.to_string(), model(p).0, transmitter, more.join(", ")]
    };
    let rows = spec.populations.iter().map(row).collect();
    Table { title: "Populations", head: vec!["name", "cells", "model", "transmitter", "more"], rows }
}

/// Name of the model of a population, and its parameters.
fn model(p: &mesolimb_brain::PopulationSpec) -> (String, toml::Table) {
    match toml::Value::try_from(&p.cell) {
        Ok(toml::Value::Table(table)) => match table.into_iter().next() {
            Some((name, toml::Value::Table(parameters))) => (name, parameters),
            Some((name, _)) => (name, toml::Table::new()),
            None => (String::new(), toml::Table::new()),
        },
        _ => (String::new(), toml::Table::new()),
    }
}

fn cells(spec: &NetworkSpec) -> Table {
    let mut rows = Vec::new();
    for p in &spec.populations {
        for (at, (parameter, value)) in model(p).1.into_iter().enumerate() {
            let name = if at == 0 { p.name.clone() } else { String::new() };
            rows.push(vec![name, parameter, brief_value(&value)]);
        }
    }
    Table { title: "Parameters of the cells", head: vec!["population", "parameter", "value"], rows }
}

fn projections(spec: &NetworkSpec, network: &Network) -> Table {
    let row = |(p, n): (&ProjectionSpec, usize)| {
        let held = spec.ports.iter().any(|port| port.name == p.source && port.kind == PortKind::Values);
        let synapse = match &p.synapse {
            Some(synapse) => brief(synapse),
            None if held => "held current".to_owned(),
            None => brief(&mesolimb_brain::SynapseSpec::default()),
        };
        let delay = match &p.delay_ms {
            Some(delay) => format!("{} ms", show(delay)),
            None if held => "none".to_owned(),
            None => format!("{} ms", spec.tick_ms),
        };
        let plasticity = p.plasticity.as_ref().map_or_else(|| "none".to_owned(), rule);
        let connectivity = match &p.connectivity {
            Connectivity::List(_) => "list".to_owned(),
            other => brief(other),
        };
        let compartment = brief(&p.compartment);
        let name = format!("{} -> {}", p.source, p.target);
        vec![name, n.to_string(), connectivity, synapse, compartment, show(&p.weights), delay, plasticity]
    };
    let rows = spec.projections.iter().zip(network.synapse_counts()).map(row).collect();
    let head =
        vec!["projection", "synapses", "connectivity", "synapse", "compartment", "weights", "delay", "plasticity"];
    Table { title: "Projections", head, rows }
}

/// A rule of plasticity: its name and its numbers.
fn rule(plasticity: &PlasticitySpec) -> String {
    brief(plasticity)
}

fn receptors(spec: &NetworkSpec) -> Table {
    let mut rows = Vec::new();
    for p in &spec.populations {
        for r in &p.receptors {
            let form = match r.form {
                ReceptorForm::Multiply => "p0 (1 + density · effect · occupancy)",
                ReceptorForm::Add => "p0 + density · effect · occupancy",
            };
            let range = r.range.map_or_else(|| "any".to_owned(), |[low, high]| format!("[{low}, {high}]"));
            rows.push(vec![
                p.name.clone(),
                r.modulator.clone(),
                r.parameter.clone(),
                r.effect.to_string(),
                show(&r.density),
                brief(&r.occupancy),
                form.to_owned(),
                range,
            ]);
        }
    }
    let head = vec!["population", "modulator", "parameter", "effect", "density", "occupancy", "form", "range"];
    Table { title: "Receptors", head, rows }
}

fn modulators(spec: &NetworkSpec) -> Table {
    let row = |m: &mesolimb_brain::ModulatorSpec| {
        let sources: Vec<String> =
            m.sources.iter().map(|s| format!("{} ({} a spike)", s.population, s.per_spike)).collect();
        let sources = if sources.is_empty() { "outside".to_owned() } else { sources.join(", ") };
        let clamped = if m.clamped { "clamped" } else { "free" };
        vec![
            m.name.clone(),
            m.tonic.to_string(),
            m.max.to_string(),
            format!("{} ms", m.uptake_tau_ms),
            clamped.to_owned(),
            sources,
        ]
    };
    let rows = spec.modulators.iter().map(row).collect();
    Table { title: "Modulators", head: vec!["name", "tonic", "max", "uptake", "level", "released by"], rows }
}

fn ports(spec: &NetworkSpec) -> Table {
    let row = |port: &mesolimb_brain::PortSpec| {
        let targets: Vec<&str> =
            spec.projections.iter().filter(|p| p.source == port.name).map(|p| p.target.as_str()).collect();
        let (kind, header) = match (port.kind, port.size) {
            (PortKind::Spikes, _) => ("spikes", "t_ms,cell".to_owned()),
            (PortKind::Values, 1) => ("values", "t_ms,value0".to_owned()),
            (PortKind::Values, n) => ("values", format!("t_ms,value0,…,value{}", n - 1)),
        };
        let needed = if port.optional { "optional" } else { "needed" };
        let size = port.size.to_string();
        vec![port.name.clone(), size, kind.to_owned(), needed.to_owned(), targets.join(", "), header]
    };
    let rows = spec.ports.iter().map(row).collect();
    Table { title: "Ports", head: vec!["name", "size", "kind", "input", "to", "header of its CSV file"], rows }
}

fn readouts(spec: &NetworkSpec) -> Table {
    let row = |r: &mesolimb_brain::ReadoutSpec| {
        let plasticity = if r.plasticity.is_some() { "three_factor" } else { "none" };
        vec![r.name.clone(), r.source.clone(), r.size.to_string(), show(&r.weights), plasticity.to_owned()]
    };
    let rows = spec.readouts.iter().map(row).collect();
    Table { title: "Readouts", head: vec!["name", "reads", "outputs", "weights", "plasticity"], rows }
}

fn probes(spec: &NetworkSpec) -> Table {
    let row = |p: &ProbeSpec| {
        let (of, default) = match (&p.population, &p.projection, &p.modulator) {
            (Some(population), ..) => (population.clone(), ""),
            (_, Some(projection), _) => (projection.clone(), "weight"),
            (.., modulator) => (modulator.clone().unwrap_or_default(), "level"),
        };
        let variable = p.variable.as_deref().unwrap_or(default);
        let cells = p.cells.as_ref().map_or_else(|| "all".to_owned(), brief);
        let every = match (p.every_ms, variable) {
            (_, "spikes") => "as they occur".to_owned(),
            (every_ms, _) => format!("every {} ms", every_ms.unwrap_or(spec.tick_ms)),
        };
        let stop = p.stop_ms.map_or_else(String::new, |stop| format!(" to {stop} ms"));
        let when = format!("{every}, from {} ms{stop}{}", p.start_ms, if p.only_changes { ", changes" } else { "" });
        vec![p.name.clone(), of, variable.to_owned(), cells, when]
    };
    let rows = spec.probes.iter().map(row).collect();
    Table { title: "Probes", head: vec!["name", "of", "variable", "cells", "when"], rows }
}

fn memory(network: &Network) -> Table {
    let f = network.footprint();
    let parts = [
        ("cells", f.cells, f.cell_bytes),
        ("synapses that never change", f.static_synapses, f.static_bytes),
        ("synapses that learn", f.plastic_synapses, f.plastic_bytes),
    ];
    let row = |(what, n, bytes): (&str, usize, usize)| {
        let each = format!("{:.1} bytes", bytes as f64 / n as f64);
        vec![what.to_owned(), n.to_string(), each, format!("{:.3} MB", bytes as f64 / 1e6)]
    };
    let rows = parts.into_iter().filter(|(_, n, _)| *n > 0).map(row).collect();
    Table { title: "Memory", head: vec!["what", "number", "each", "together"], rows }
}

/// A distribution as in a spec.
fn show(dist: &Dist) -> String {
    match dist {
        Dist::Constant(value) => value.to_string(),
        Dist::Each(values) => {
            let [low, high] = dist.support();
            format!("{} values from {low} to {high}", values.len())
        }
        Dist::Random(RandomDist::Some { fraction, of }) => format!("{fraction} of them {}, others 0", show(of)),
        Dist::Random(random) => brief(random),
    }
}

/// A value as short as a reader of the spec understands it.
fn brief(value: &impl serde::Serialize) -> String {
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| brief_value(&value))
}

fn brief_value(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(value) => value.to_string(),
        toml::Value::Table(table) => {
            let parts: Vec<String> = table.iter().map(|(key, value)| format!("{key} {}", brief_value(value))).collect();
            parts.join(" ")
        }
        toml::Value::Array(values) if values.len() > 8 => {
            format!("[{}, … {} in all]", brief_value(&values[0]), values.len())
        }
        toml::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(brief_value).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_string(),
    }
}
