//! From a graph to a network: populations of `lif` cells, with every weight and parameter given one by one.
//!
//! Walks from each neuron backwards over `Linear`, `Affine`, `Scale`, `Delay` and `LI` to the neurons and inputs that it
//! hears, and multiplies what it meets on the way. The way from an `Output` back over an `LI` becomes a readout.

use std::collections::BTreeMap;

use mesolimb_brain::{
    CellSpec, Connectivity, Dist, Feedback, LifSpec, NetworkSpec, PopulationSpec, PortKind, PortSpec, ProjectionSpec,
    ReadoutSpec, SynapseSpec, TraceSpec,
};

use super::{
    graph::{Array, Graph, Meta, Node, numbers},
    path::{Filter, Path},
};

/// A graph as a network, and what is not quite the same.
#[derive(Debug)]
pub struct Imported {
    /// The network.
    pub spec: NetworkSpec,
    /// What was left out or changed, node by node.
    pub notes: Vec<String>,
}

/// Makes a network of a graph; `tick_ms` is the length of a tick if the graph does not say.
///
/// # Errors
/// Lists the nodes that have no counterpart here.
pub fn import(graph: &Graph, tick_ms: Option<f64>) -> Result<Imported, Vec<String>> {
    let known = ["Input", "Output", "LIF", "CubaLIF", "LI", "Linear", "Affine", "Scale", "Delay"];
    let strange = graph.nodes.iter().filter(|(_, node)| !known.contains(&node.kind.as_str()));
    let mut refused: Vec<String> = strange
        .map(|(name, node)| format!("node '{name}': {} has no counterpart, there are: {}", node.kind, known.join(", ")))
        .collect();
    let loose = graph.edges.iter().flatten().filter(|end| !graph.nodes.contains_key(*end));
    refused.extend(loose.map(|end| format!("edge to or from '{end}': there is no such node")));
    if !refused.is_empty() {
        return Err(refused);
    }
    let stored = numbers(&graph.metadata, "tick_ms").and_then(Array::uniform);
    let tick_ms = tick_ms.or(stored).unwrap_or(1.0);
    let mut import = Import { graph, spec: NetworkSpec { tick_ms, ..NetworkSpec::new() }, notes: Vec::new() };
    match import.run() {
        Ok(()) => Ok(Imported { spec: import.spec, notes: import.notes }),
        Err(fault) => Err(vec![fault]),
    }
}

struct Import<'a> {
    graph: &'a Graph,
    spec: NetworkSpec,
    notes: Vec<String>,
}

/// What one way brings to a neuron.
struct Way {
    source: String,
    path: Path,
}

impl Import<'_> {
    fn run(&mut self) -> Result<(), String> {
        let graph = self.graph;
        let neurons = || graph.nodes.iter().filter(|(_, node)| node.is_neuron());
        for (name, node) in neurons() {
            let population = population(name, node)?;
            self.spec.populations.push(population);
        }
        let mut ways: BTreeMap<&str, Vec<Way>> = BTreeMap::new();
        for (name, node) in neurons() {
            let n = size(node, name)?;
            let path = Path::start(n, cuba_filter(name, node, n)?);
            let mut found = Vec::new();
            self.walk(name, path, 0, &mut found)?;
            ways.insert(name.as_str(), found);
        }
        self.ports(&ways)?;
        for (target, ways) in ways {
            for way in ways {
                self.projection(target, way)?;
            }
        }
        for (name, _) in graph.nodes.iter().filter(|(_, node)| node.kind == "Output") {
            self.output(name)?;
        }
        if self.spec.populations.is_empty() {
            return Err("the graph has no LIF or CubaLIF node".to_owned());
        }
        Ok(())
    }

    /// Collects the ways that lead to a node.
    fn walk(&mut self, target: &str, path: Path, depth: usize, found: &mut Vec<Way>) -> Result<(), String> {
        if depth > self.graph.nodes.len() {
            return Err(format!("node '{target}': it feeds itself with no neuron between"));
        }
        let graph = self.graph;
        for name in graph.sources(target) {
            let Some(node) = graph.nodes.get(name) else { continue };
            let mut path = path.clone();
            match node.kind.as_str() {
                "Input" | "LIF" | "CubaLIF" => {
                    found.push(Way { source: name.to_owned(), path });
                    continue;
                }
                "Output" => continue,
                _ => path.through(name, node)?,
            }
            self.walk(name, path, depth + 1, found)?;
        }
        Ok(())
    }

    fn ports(&mut self, ways: &BTreeMap<&str, Vec<Way>>) -> Result<(), String> {
        for (name, node) in self.graph.nodes.iter().filter(|(_, node)| node.kind == "Input") {
            let heard: Vec<&Way> = ways.values().flatten().filter(|way| way.source == *name).collect();
            if heard.is_empty() {
                self.notes.push(format!("node '{name}': no neuron hears it, left out"));
                continue;
            }
            let filtered = heard.iter().any(|way| way.path.filter.is_some() || way.path.delays());
            let kind = match node.text("kind") {
                Some("spikes") => PortKind::Spikes,
                Some("values") if !filtered => PortKind::Values,
                _ if filtered => PortKind::Spikes,
                _ => PortKind::Values,
            };
            let says = if kind == PortKind::Spikes { "spikes" } else { "values that act as currents" };
            if node.text("kind").is_none() {
                self.notes.push(format!("node '{name}': taken as a port of {says}; the format does not tell"));
            }
            self.spec.ports.push(PortSpec { name: name.clone(), size: size(node, name)?, kind, optional: false });
        }
        Ok(())
    }

    fn projection(&mut self, target: &str, way: Way) -> Result<(), String> {
        let Way { source, path } = way;
        let n_pre = self.size_of(&source);
        let place = format!("from '{source}' to '{target}'");
        if path.columns() != n_pre {
            return Err(format!("{place}: the weights have {} inputs, expected {n_pre}", path.columns()));
        }
        self.add_bias(target, &path);
        let values = self.spec.ports.iter().any(|p| p.name == source && p.kind == PortKind::Values);
        let tick_secs = self.spec.tick_ms / 1000.0;
        // What a spike leaves behind, for a weight of 1.
        let (synapse, area) = match &path.filter {
            _ if values => (None, 1.0),
            None => (Some(SynapseSpec::Filter { tau_ms: 0.0, gain: 1.0 }), tick_secs),
            Some(filter) => {
                let tau_secs = filter.tau_secs(&place)?;
                let tau_ms = round(tau_secs * 1000.0);
                match (filter.synapse.as_deref(), filter.gain) {
                    (Some("filter"), Some(gain)) => (Some(SynapseSpec::Filter { tau_ms, gain }), gain * tick_secs),
                    _ => (Some(SynapseSpec::Exponential { tau_ms }), tau_secs),
                }
            }
        };
        let scale = |row: usize| path.filter.as_ref().map_or(1.0, |filter| filter.area[row]) / area;
        let edges = path.edges(n_pre, scale);
        if edges.is_empty() {
            self.notes.push(format!("{place}: all weights are zero, left out"));
            return Ok(());
        }
        let delays: Vec<f64> = edges.iter().map(|e| round(path.delay_secs(e.source) * 1000.0)).collect();
        let n_post = path.rows;
        let all = edges.len() == n_pre * n_post;
        let diagonal = n_pre == n_post && edges.len() == n_pre && edges.iter().all(|e| e.source == e.target);
        let pair = |e: &super::path::Edge| [e.source as u32, e.target as u32];
        let delayed = delays.iter().any(|delay| *delay > 0.0);
        self.spec.projections.push(ProjectionSpec {
            connectivity: match (all, diagonal) {
                (true, _) => Connectivity::AllToAll,
                (_, true) => Connectivity::OneToOne,
                _ => Connectivity::List(edges.iter().map(pair).collect()),
            },
            synapse,
            delay_ms: delayed
                .then(|| Dist::given(&delays.iter().map(|d| round(d + self.spec.tick_ms)).collect::<Vec<_>>())),
            ..ProjectionSpec::new(source, target, Dist::given(&edges.iter().map(|e| e.weight).collect::<Vec<_>>()))
        });
        Ok(())
    }

    /// A constant that comes in acts as a constant current, once filters have settled.
    fn add_bias(&mut self, target: &str, path: &Path) {
        if path.bias.iter().all(|bias| *bias == 0.0) {
            return;
        }
        if path.filter.is_some() {
            self.notes
                .push(format!("node '{target}': a bias behind a filter acts from the start, as if it had settled"));
        }
        let Some(p) = self.spec.populations.iter_mut().find(|p| p.name == target) else { return };
        let each = |k: usize| path.filter.as_ref().map_or(1.0, |filter| filter.area[k]) * path.bias[k];
        let before = |k: usize| match &p.drive {
            Dist::Each(values) => values[k],
            other => other.centre(),
        };
        p.drive = Dist::given(&(0..path.rows).map(|k| before(k) + each(k)).collect::<Vec<_>>());
    }

    fn output(&mut self, name: &str) -> Result<(), String> {
        let node = &self.graph.nodes[name];
        let mut found = Vec::new();
        self.walk(name, Path::start(size(node, name)?, None), 0, &mut found)?;
        for Way { source, path } in found {
            if path.is_plain() {
                // The spikes of a population, which can be seen anyway.
                continue;
            }
            let place = format!("output '{name}'");
            let population = self.spec.populations.iter_mut().find(|p| p.name == source);
            let (Some(p), Some(filter)) = (population, &path.filter) else {
                self.notes.push(format!("{place}: it weighs what is no filtered spike train, left out"));
                continue;
            };
            let (Some(area), false) = (filter.uniform_area(), path.delays()) else {
                self.notes.push(format!("{place}: its filters differ or have delays, left out"));
                continue;
            };
            let tau_ms = round(filter.tau_secs(&place)? * 1000.0);
            let trace = TraceSpec { tau_ms, gain: round(area / (self.spec.tick_ms / 1000.0)) };
            if self.spec.readouts.iter().any(|r| r.source == source) && p.trace != trace {
                self.notes.push(format!("{place}: another output filters '{source}' otherwise, left out"));
                continue;
            }
            if self.spec.readouts.iter().any(|r| r.name == name) {
                self.notes.push(format!("{place}: it reads more than one population, only the first is kept"));
                continue;
            }
            if path.bias.iter().any(|bias| *bias != 0.0) {
                self.notes.push(format!("{place}: the bias of a readout starts at zero, left out"));
            }
            p.trace = trace;
            self.spec.readouts.push(ReadoutSpec {
                name: name.to_owned(),
                source: source.clone(),
                size: path.rows,
                weights: Dist::given(&path.dense()),
                active_in_degree: None,
                plasticity: None,
                feedback: Feedback::None,
            });
        }
        Ok(())
    }

    fn size_of(&self, name: &str) -> usize {
        let ports = self.spec.ports.iter().map(|p| (&p.name, p.size));
        let mut all = ports.chain(self.spec.populations.iter().map(|p| (&p.name, p.size)));
        all.find(|(n, _)| *n == name).map_or(0, |(_, size)| size)
    }
}

/// A number without the noise of a change of units.
fn round(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Most elements of a node.
const MAX_SIZE: usize = 1 << 24;

/// Number of elements that a node has.
fn size(node: &Node, name: &str) -> Result<usize, String> {
    let n = match node.fields.get("shape") {
        Some(shape) => shape.data.iter().product::<f64>() as usize,
        None => node.fields.get("v_threshold").map_or(0, |v| v.data.len()),
    };
    match n {
        0 => Err(format!("node '{name}': it has no shape")),
        n if n > MAX_SIZE => Err(format!("node '{name}': it has {n} elements, expected at most {MAX_SIZE}")),
        n => Ok(n),
    }
}

/// The filter that a `CubaLIF` has within.
fn cuba_filter(name: &str, node: &Node, n: usize) -> Result<Option<Filter>, String> {
    if node.kind != "CubaLIF" {
        return Ok(None);
    }
    let area = match node.fields.get("w_in") {
        None => Array::same(1.0, n),
        Some(w) if w.data.len() == 1 => Array::same(w.data[0], n),
        Some(w) if w.data.len() == n => w.clone(),
        Some(w) => return Err(format!("node '{name}': w_in has {} values, expected {n}", w.data.len())),
    };
    Ok(Some(Filter::new(node, "tau_syn", &area)))
}

fn population(name: &str, node: &Node) -> Result<PopulationSpec, String> {
    let n = size(node, name)?;
    let field = |field: &str| match node.fields.get(field) {
        Some(array) if array.data.len() == n => Ok(array.data.clone()),
        Some(array) => Err(format!("node '{name}': {field} has {} values, expected {n}", array.data.len())),
        None if field == "v_reset" => Ok(vec![0.0; n]),
        None => Err(format!("node '{name}': {field} is missing")),
    };
    let kept = |name: &str| match node.metadata.get(name) {
        Some(Meta::Array(array)) if array.data.len() == n => Some(array.data.clone()),
        _ => None,
    };
    let leak = field("v_leak")?;
    // A constant current that was folded into the leak is taken out again.
    let (rest, drive) = match (kept("v_rest_mv"), kept("drive_pa")) {
        (Some(rest), Some(drive)) => (rest, drive),
        _ => (leak, vec![0.0; n]),
    };
    let tau = field(if node.kind == "CubaLIF" { "tau_mem" } else { "tau" })?;
    let cell = LifSpec {
        tau_m_ms: Dist::given(&tau.iter().map(|tau| round(tau * 1000.0)).collect::<Vec<_>>()),
        resistance_gohm: Dist::given(&field("r")?),
        v_rest_mv: Dist::given(&rest),
        v_reset_mv: Dist::given(&field("v_reset")?),
        v_th_mv: Dist::given(&field("v_threshold")?),
        t_ref_ms: Dist::given(&kept("t_ref_ms").unwrap_or_else(|| vec![0.0; n])),
    };
    let mut population = PopulationSpec::new(name, n, CellSpec::Lif(cell));
    population.drive = Dist::given(&drive);
    population.start.insert("v".to_owned(), Dist::given(&rest));
    Ok(population)
}
