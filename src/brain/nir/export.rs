//! From a network to a graph: all weights and parameters as they were drawn.
//!
//! | here | in the graph |
//! |---|---|
//! | port | `Input` |
//! | `lif` cells | `LIF`, or `CubaLIF` if all their input comes through one kind of synapse |
//! | constant current | folded into `v_leak`, as `v_rest + R I` |
//! | `exponential` and `filter` synapses | `tau_syn` of `CubaLIF`, else an `LI` in front of the `LIF` |
//! | weights | `Linear`, a full matrix |
//! | delay beyond the one tick that every spike takes | `Delay`, one for each delay that occurs |
//! | readout | `LI`, `Affine`, `Output` |
//! | population | `Output` too |
//!
//! Time is in seconds, potential in mV, current in pA, resistance in GΩ; a spike is `δ(t)`, so that a synapse with
//! `tau_syn dI/dt = −I + w_in δ(t)` makes `I` jump by `w_in/tau_syn`.
//! What the format has no place for but another reader of ours wants (tick, refractory time, kind of port and synapse) is
//! metadata, which other programs ignore. A spike is at `V ≥ v_th` here and at `v > v_threshold` there; currents are held
//! for a tick here, there everything is continuous.

use mesolimb_brain::{
    CellSpec, Compartment, Network, NetworkSpec, PopulationSpec, PortKind, ProjectionSpec, ReadoutSpec, SynapseSpec,
};

use super::graph::{Array, Graph, Meta, Node};

/// Version of the format.
const VERSION: &str = "1.0.8";
/// Most weights of all matrices together: the format knows no sparse ones.
const MAX_WEIGHTS: usize = 1 << 26;

/// A network as a graph, and what was left out of it.
#[derive(Debug)]
pub struct Exported {
    /// The graph.
    pub graph: Graph,
    /// What the format cannot carry and the network can do without, part by part.
    pub dropped: Vec<String>,
}

/// Makes a graph of a network.
///
/// # Errors
/// Lists everything without which the network would be another one.
pub fn export(spec: &NetworkSpec, network: &Network) -> Result<Exported, Vec<String>> {
    let refused = refusals(spec, network);
    if !refused.is_empty() {
        return Err(refused);
    }
    let mut export = Export { spec, network, graph: Graph::default(), names: Vec::new(), sinks: Vec::new() };
    export.graph.version = VERSION.to_owned();
    let metadata = &mut export.graph.metadata;
    metadata.insert("tick_ms".to_owned(), Meta::Array(Array { shape: Vec::new(), data: vec![spec.tick_ms] }));
    metadata.insert("written_by".to_owned(), Meta::Text(format!("mesolimb {}", env!("CARGO_PKG_VERSION"))));
    export.ports();
    spec.populations.iter().for_each(|p| export.population(p));
    spec.projections.iter().enumerate().for_each(|(k, p)| export.projection(k, p));
    spec.readouts.iter().for_each(|r| export.readout(r));
    Ok(Exported { graph: export.graph, dropped: dropped(spec) })
}

/// What would make another network of it.
fn refusals(spec: &NetworkSpec, network: &Network) -> Vec<String> {
    let mut refused = Vec::new();
    for p in &spec.populations {
        if !matches!(p.cell, CellSpec::Lif(_)) {
            let models = CellSpec::defaults();
            let same =
                |(_, cell): &&(String, CellSpec)| std::mem::discriminant(cell) == std::mem::discriminant(&p.cell);
            let name = models.iter().find(same).map_or("another one", |(name, _)| name.as_str());
            refused.push(format!("population '{}': the cell model is {name}, NIR has lif", p.name));
        }
        if p.normalised.is_some() {
            refused.push(format!("population '{}': NIR has no normalisation of the input", p.name));
        }
    }
    let mut weights = 0usize;
    for p in &spec.projections {
        let place = format!("projection '{} -> {}'", p.source, p.target);
        if let Some(synapse) = &p.synapse
            && !matches!(synapse, SynapseSpec::Exponential { .. } | SynapseSpec::Filter { .. })
        {
            refused.push(format!("{place}: the synapse is {}, NIR has exponential and filter", synapse.name()));
        }
        if p.compartment != Compartment::Soma {
            refused.push(format!("{place}: NIR has no compartments"));
        }
        weights = weights.saturating_add(size_of(spec, &p.source).saturating_mul(size_of(spec, &p.target)));
    }
    if weights > MAX_WEIGHTS {
        refused.push(format!("the network: {weights} weights in full matrices, at most {MAX_WEIGHTS} are written"));
    }
    if spec.projections.len() != (0..spec.projections.len()).filter(|k| network.synapses_of(*k).is_some()).count() {
        refused.push("the network: it was built from another spec".to_owned());
    }
    refused
}

/// What is left out, and the network still runs.
fn dropped(spec: &NetworkSpec) -> Vec<String> {
    let mut dropped = Vec::new();
    for p in &spec.populations {
        let mut lacks = Vec::new();
        if let CellSpec::Lif(cell) = &p.cell
            && cell.t_ref_ms.support()[1] > 0.0
        {
            lacks.push("refractory time (kept as metadata t_ref_ms, which others ignore)");
        }
        for (is, what) in [
            (p.noise.is_some(), "noise"),
            (!p.receptors.is_empty(), "receptors"),
            (!p.start.is_empty(), "state at the start (everything starts at rest)"),
            (p.transmitter.is_some(), "transmitter (signs are in the weights)"),
            (p.apical.is_some(), "apical dendrites"),
        ] {
            if is {
                lacks.push(what);
            }
        }
        dropped.extend(lacks.into_iter().map(|what| format!("population '{}': {what}", p.name)));
    }
    for p in &spec.projections {
        let place = format!("projection '{} -> {}'", p.source, p.target);
        if p.plasticity.is_some() {
            dropped.push(format!("{place}: plasticity (weights stay as they are now)"));
        }
        if p.bias {
            dropped.push(format!("{place}: biases, which learn from zero"));
        }
        if matches!(&p.synapse, Some(synapse) if synapse.tau_ms() == 0.0) {
            dropped.push(format!("{place}: the length of the pulse, one tick here, no time at all there"));
        }
    }
    for r in spec.readouts.iter().filter(|r| r.plasticity.is_some()) {
        dropped.push(format!("readout '{}': plasticity (weights stay as they are now)", r.name));
    }
    dropped.extend(spec.modulators.iter().map(|m| format!("modulator '{}'", m.name)));
    dropped.extend(spec.probes.iter().map(|p| format!("probe '{}'", p.name)));
    dropped
}

fn size_of(spec: &NetworkSpec, name: &str) -> usize {
    let ports = spec.ports.iter().map(|p| (&p.name, p.size));
    let mut sources = ports.chain(spec.populations.iter().map(|p| (&p.name, p.size)));
    sources.find(|(n, _)| *n == name).map_or(0, |(_, size)| size)
}

struct Export<'a> {
    spec: &'a NetworkSpec,
    network: &'a Network,
    graph: Graph,
    /// Names of ports and populations, here and in the graph.
    names: Vec<(String, String)>,
    /// Where synapses of a kind onto a population lead: population, kind, node.
    sinks: Vec<(String, SynapseSpec, String)>,
}

impl Export<'_> {
    fn secs(ms: f64) -> f64 {
        ms / 1000.0
    }

    fn tick_secs(&self) -> f64 {
        Self::secs(self.spec.tick_ms)
    }

    fn node_of(&self, name: &str) -> String {
        self.names.iter().find(|(own, _)| own == name).map_or_else(String::new, |(_, node)| node.clone())
    }

    fn ports(&mut self) {
        for port in &self.spec.ports {
            let mut node = Node::new("Input", [("shape", Array::row(vec![port.size as f64]))]);
            let kind = if port.kind == PortKind::Spikes { "spikes" } else { "values" };
            node.metadata.insert("kind".to_owned(), Meta::Text(kind.to_owned()));
            let name = self.graph.add(&port.name, node);
            self.names.push((port.name.clone(), name));
        }
    }

    /// Whether the values of a port are what a projection brings.
    fn brings_values(&self, p: &ProjectionSpec) -> bool {
        self.spec.ports.iter().any(|port| port.name == p.source && port.kind == PortKind::Values)
    }

    /// The kinds of synapses onto a population that need a filter.
    fn kinds(&self, p: &PopulationSpec) -> (Vec<SynapseSpec>, bool) {
        let (mut kinds, mut direct) = (Vec::new(), false);
        for q in self.spec.projections.iter().filter(|q| q.target == p.name) {
            let synapse = q.synapse.clone().unwrap_or_default();
            if self.brings_values(q) || synapse.tau_ms() == 0.0 {
                direct = true;
            } else if !kinds.contains(&synapse) {
                kinds.push(synapse);
            }
        }
        (kinds, direct)
    }

    /// What a filter makes of a spike: `tau` times the jump of the current.
    fn area(&self, synapse: &SynapseSpec) -> f64 {
        match synapse {
            SynapseSpec::Filter { gain, .. } => gain * self.tick_secs(),
            other => Self::secs(other.tau_ms()),
        }
    }

    fn describe(node: &mut Node, synapse: &SynapseSpec) {
        node.metadata.insert("synapse".to_owned(), Meta::Text(synapse.name().to_owned()));
        if let SynapseSpec::Filter { gain, .. } = synapse {
            node.metadata.insert("gain".to_owned(), Meta::Array(Array { shape: Vec::new(), data: vec![*gain] }));
        }
    }

    fn population(&mut self, p: &PopulationSpec) {
        let Some(id) = self.network.population(&p.name) else { return };
        let column = |name: &str| Array::row(self.network.parameter(id, name).unwrap_or_default());
        let drive: Vec<f64> = self.network.drive(id).iter().map(|drive| f64::from(*drive)).collect();
        let (r, rest) = (column("resistance_gohm"), column("v_rest_mv"));
        let leak = rest.data.iter().zip(&r.data).zip(&drive).map(|((v, r), i)| v + r * i).collect();
        let tau = Array::row(column("tau_m_ms").data.into_iter().map(Self::secs).collect());
        let mut node = Node::new(
            "LIF",
            [
                ("r", r),
                ("v_leak", Array::row(leak)),
                ("v_threshold", column("v_th_mv")),
                ("v_reset", column("v_reset_mv")),
            ],
        );
        if drive.iter().any(|drive| *drive != 0.0) {
            node.metadata.insert("drive_pa".to_owned(), Meta::Array(Array::row(drive)));
            node.metadata.insert("v_rest_mv".to_owned(), Meta::Array(rest));
        }
        let t_ref = column("t_ref_ms");
        if t_ref.data.iter().any(|t| *t > 0.0) {
            node.metadata.insert("t_ref_ms".to_owned(), Meta::Array(t_ref));
        }
        let (kinds, direct) = self.kinds(p);
        if let ([synapse], false) = (&kinds[..], direct) {
            node.kind = "CubaLIF".to_owned();
            node.fields.insert("tau_mem".to_owned(), tau);
            node.fields.insert("tau_syn".to_owned(), Array::same(Self::secs(synapse.tau_ms()), p.size));
            node.fields.insert("w_in".to_owned(), Array::same(self.area(synapse), p.size));
            Self::describe(&mut node, synapse);
            let name = self.graph.add(&p.name, node);
            self.sinks.push((p.name.clone(), synapse.clone(), name.clone()));
            self.names.push((p.name.clone(), name));
        } else {
            node.fields.insert("tau".to_owned(), tau);
            let name = self.graph.add(&p.name, node);
            for synapse in kinds {
                let filter = self.filter(synapse.tau_ms(), self.area(&synapse), p.size);
                let mut filter = filter;
                Self::describe(&mut filter, &synapse);
                let node = self.graph.add(&format!("{}_{}", p.name, synapse.name()), filter);
                self.graph.connect(&node, &name);
                self.sinks.push((p.name.clone(), synapse, node));
            }
            self.names.push((p.name.clone(), name));
        }
        let output = Node::new("Output", [("shape", Array::row(vec![p.size as f64]))]);
        let output = self.graph.add(&format!("{}_output", p.name), output);
        let name = self.node_of(&p.name);
        self.graph.connect(&name, &output);
    }

    fn filter(&self, tau_ms: f64, area: f64, n: usize) -> Node {
        let [tau, r, leak] = [Self::secs(tau_ms), area, 0.0].map(|value| Array::same(value, n));
        Node::new("LI", [("tau", tau), ("r", r), ("v_leak", leak)])
    }

    fn projection(&mut self, k: usize, p: &ProjectionSpec) {
        let (n_pre, n_post) = (size_of(self.spec, &p.source), size_of(self.spec, &p.target));
        let synapses = self.network.synapses_of(k).unwrap_or_default();
        let (source, target) = (self.node_of(&p.source), self.node_of(&p.target));
        let synapse = p.synapse.clone().unwrap_or_default();
        // A pulse of one tick is a jump of this size.
        let (sink, factor) = if self.brings_values(p) {
            (target, 1.0)
        } else if synapse.tau_ms() == 0.0 {
            (target, self.area(&synapse))
        } else {
            let of_kind = self.sinks.iter().find(|(name, kind, _)| *name == p.target && *kind == synapse);
            (of_kind.map_or(target, |(.., node)| node.clone()), 1.0)
        };
        let mut delays: Vec<u32> = synapses.iter().map(|s| s.delay_ticks).collect();
        delays.sort_unstable();
        delays.dedup();
        for delay in delays {
            let mut weights = vec![0.0; n_post * n_pre];
            for s in synapses.iter().filter(|s| s.delay_ticks == delay) {
                weights[s.target * n_pre + s.source] += factor * f64::from(s.weight);
            }
            let linear = Node::new("Linear", [("weight", Array::matrix(n_post, weights))]);
            let linear = self.graph.add(&format!("{}_to_{}", p.source, p.target), linear);
            self.graph.connect(&linear, &sink);
            // Every spike takes a tick; what is beyond is a delay.
            if delay > 1 {
                let secs = Self::secs(f64::from(delay - 1) * self.spec.tick_ms);
                let node = Node::new("Delay", [("delay", Array::same(secs, n_pre))]);
                let node = self.graph.add(&format!("{}_to_{}_delay", p.source, p.target), node);
                self.graph.connect(&source, &node);
                self.graph.connect(&node, &linear);
            } else {
                self.graph.connect(&source, &linear);
            }
        }
    }

    fn readout(&mut self, r: &ReadoutSpec) {
        let (Some(id), Some(p)) =
            (self.network.readout_id(&r.name), self.spec.populations.iter().find(|p| p.name == r.source))
        else {
            return;
        };
        let filter = self.filter(p.trace.tau_ms, p.trace.gain * self.tick_secs(), p.size);
        let filter = self.graph.add(&format!("{}_filter", r.name), filter);
        // One row for each output: a weight for each cell, then the bias.
        let rows = || self.network.readout_weights(id).chunks_exact(p.size + 1);
        let weights = rows().flat_map(|row| row[..p.size].iter().map(|w| f64::from(*w))).collect();
        let bias = rows().map(|row| f64::from(row[p.size])).collect();
        let affine = Node::new("Affine", [("weight", Array::matrix(r.size, weights)), ("bias", Array::row(bias))]);
        let affine = self.graph.add(&format!("{}_weights", r.name), affine);
        let output = self.graph.add(&r.name, Node::new("Output", [("shape", Array::row(vec![r.size as f64]))]));
        for [source, target] in [[&self.node_of(&r.source), &filter], [&filter, &affine], [&affine, &output]] {
            self.graph.connect(source, target);
        }
    }
}
