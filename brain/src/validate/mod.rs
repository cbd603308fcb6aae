//! A spec that passes can run. Everything that cannot is refused here, with the part, the field, what was found and what
//! was expected.

mod probe;
mod projection;

use crate::{
    ApicalSpec, BrainError, CellSpec, Connectivity, Dist, NetworkSpec, NoiseSpec, Occupancy, PlasticitySpec,
    PopulationSpec, ReadoutSpec, ReceptorForm, ReceptorSpec,
    build::{
        MAX_PART,
        levers::{bounds, meet},
    },
};

/// Most bytes that the arrays of a network may take.
const MAX_BYTES: usize = 16 << 30;

/// Why a population may be no larger than targets can be told apart.
const SEEN_WHOLE: &str = "the population is normalised, has apical dendrites, is an end of a three_factor projection, or \
                          is the source of a readout or the target of cells that learn by mdgl";

impl NetworkSpec {
    /// Whether the network can run.
    ///
    /// # Errors
    /// If it cannot: the error names the part, the field, what was found and what was expected.
    pub fn check(&self) -> Result<(), BrainError> {
        check(self)
    }
}

pub(crate) fn check(spec: &NetworkSpec) -> Result<(), BrainError> {
    in_range("network", "tick_ms", spec.tick_ms, 1e-3, 1e3)?;
    unique("port", spec.ports.iter().map(|p| p.name.as_str()))?;
    unique("readout", spec.readouts.iter().map(|r| r.name.as_str()))?;
    unique("probe", spec.probes.iter().map(|p| p.name.as_str()))?;
    unique("modulator", spec.modulators.iter().map(|m| m.name.as_str()))?;
    let sources = spec.ports.iter().map(|p| p.name.as_str());
    unique("port or population", sources.chain(spec.populations.iter().map(|p| p.name.as_str())))?;
    for port in &spec.ports {
        size(&format!("port '{}'", port.name), port.size)?;
    }
    spec.populations.iter().try_for_each(|p| population(spec, p))?;
    spec.projections.iter().try_for_each(|p| projection::check(spec, p))?;
    spec.readouts.iter().try_for_each(|r| readout(spec, r))?;
    spec.modulators.iter().try_for_each(|m| modulator(spec, m))?;
    spec.ports.iter().try_for_each(|port| heard(spec, port))?;
    spec.probes.iter().try_for_each(|p| probe::probe(spec, p))?;
    fits_in_memory(spec)
}

fn population(spec: &NetworkSpec, p: &PopulationSpec) -> Result<(), BrainError> {
    let place = format!("population '{}'", p.name);
    size(&place, p.size)?;
    if p.size > MAX_PART && spec.whole(p) {
        return Err(value(&place, "size", p.size, format!("at most {MAX_PART}, because {SEEN_WHOLE}")));
    }
    cell(&place, &p.cell, Some(p.size))?;
    in_range(&place, "trace.tau_ms", p.trace.tau_ms, 1e-3, 1e9)?;
    in_range(&place, "trace.gain", p.trace.gain, -1e6, 1e6)?;
    if let Some(ApicalSpec { floor, projected, .. }) = &p.apical {
        in_range(&place, "apical.floor", *floor, 0.0, 1e6)?;
        if *projected && p.normalised.is_none() {
            return Err(value(&place, "apical.projected", true, "false, because the population is not normalised"));
        }
    }
    let named = [
        ("normalised.by", p.normalised.as_ref().and_then(|to| to.by.as_ref())),
        ("apical.by", p.apical.as_ref().and_then(|a| a.by.as_ref())),
    ];
    for (field, name) in named {
        if let Some(name) = name
            && find_population(spec, &place, field, name)?.nucleus
        {
            return Err(value(&place, field, name, "a population that is no nucleus: those live in answers only"));
        }
    }
    if let Some(to) = &p.normalised {
        in_range(&place, "normalised.mean", to.mean, -1e9, 1e9)?;
        in_range(&place, "normalised.sd", to.sd, 0.0, 1e9)?;
    }
    if p.nucleus && spec.observed(p) {
        let expected = "false, because the population is normalised, read, or learns in windows";
        return Err(value(&place, "nucleus", true, expected));
    }
    distribution(&place, "drive", &p.drive, -1e9, 1e9)?;
    one_each(&place, "drive", &p.drive, p.size)?;
    if let Some(NoiseSpec::Uniform([a, b]) | NoiseSpec::Normal([a, b])) = p.noise {
        in_range(&place, "noise", a, -1e9, 1e9)?;
        in_range(&place, "noise", b, if matches!(p.noise, Some(NoiseSpec::Normal(_))) { 0.0 } else { a }, 1e9)?;
    }
    let channels: Vec<&str> = synapses_onto(spec, p);
    for (name, dist) in &p.start {
        let states = p.cell.states().iter().chain(&channels).copied();
        if !states.clone().any(|state| state == name) {
            return Err(unknown(&place, "start", name, "state variable", states));
        }
        distribution(&place, &format!("start.{name}"), dist, -1e9, 1e9)?;
        one_each(&place, &format!("start.{name}"), dist, p.size)?;
    }
    p.receptors.iter().try_for_each(|r| receptor(spec, p, &place, r))?;
    ranges_meet(p, &place)
}

/// The names of the kinds of synapses that reach a population, each once.
fn synapses_onto(spec: &NetworkSpec, p: &PopulationSpec) -> Vec<&'static str> {
    let mut names = Vec::new();
    let onto = spec.projections.iter().filter(|q| q.target == p.name);
    for (synapse, _) in onto.filter_map(|q| spec.channel_kind(q)) {
        if !names.contains(&synapse.name()) {
            names.push(synapse.name());
        }
    }
    names
}

fn receptor(spec: &NetworkSpec, p: &PopulationSpec, place: &str, r: &ReceptorSpec) -> Result<(), BrainError> {
    find_modulator(spec, place, "receptor.modulator", &r.modulator)?;
    in_range(place, "receptor.effect", r.effect, -1e6, 1e6)?;
    distribution(place, "receptor.density", &r.density, 0.0, 1e6)?;
    one_each(place, "receptor.density", &r.density, p.size)?;
    if let Occupancy::Hill { half, n } = r.occupancy {
        in_range(place, "receptor.occupancy.hill.half", half, 1e-9, 1e9)?;
        in_range(place, "receptor.occupancy.hill.n", n, 1e-3, 100.0)?;
    }
    if let Some([low, high]) = r.range {
        in_range(place, "receptor.range", low, -1e9, 1e9)?;
        in_range(place, "receptor.range", high, low, 1e9)?;
    }
    match r.parameter.as_str() {
        "input_gain" => Ok(()),
        "current" if r.form == ReceptorForm::Add => Ok(()),
        "current" => Err(value(place, "receptor.form", "multiply", "add: a current has no nominal value to multiply")),
        parameter => {
            // A modulator that comes by wire is felt by receptors, it has no gain of its own.
            let with_gain = synapses_onto(spec, p).into_iter().filter(|name| *name != "wired");
            let of_synapses = with_gain.map(|name| format!("synapse.{name}"));
            let of_cell = p.cell.dists().into_iter().map(|(name, ..)| name.to_owned());
            let known: Vec<String> =
                ["input_gain", "current"].map(String::from).into_iter().chain(of_synapses).chain(of_cell).collect();
            if known.iter().any(|name| name == parameter) {
                return Ok(());
            }
            Err(unknown(place, "receptor.parameter", parameter, "parameter", known.iter().map(String::as_str)))
        }
    }
}

/// The ranges of all receptors of one parameter hold at once, together with its bounds: some value must keep to them all.
fn ranges_meet(p: &PopulationSpec, place: &str) -> Result<(), BrainError> {
    for (k, r) in p.receptors.iter().enumerate() {
        let Some(range) = r.range else { continue };
        let others = p.receptors[..k].iter().filter(|other| other.parameter == r.parameter);
        let left = others.filter_map(|other| other.range).fold(bounds(p, &r.parameter), meet);
        let [low, high] = meet(range, left);
        if low > high {
            let ([low, high], [from, to], name) = (range, left, &r.parameter);
            let expected = format!("a range that meets [{from}, {to}], to which '{name}' is kept already");
            return Err(value(place, "receptor.range", format!("[{low}, {high}]"), expected));
        }
    }
    Ok(())
}

fn modulator(spec: &NetworkSpec, m: &crate::ModulatorSpec) -> Result<(), BrainError> {
    let place = format!("modulator '{}'", m.name);
    in_range(&place, "tonic", m.tonic, 0.0, 1e6)?;
    in_range(&place, "uptake_tau_ms", m.uptake_tau_ms, 1e-3, 1e9)?;
    in_range(&place, "max", m.max, m.tonic, 1e6)?;
    for source in &m.sources {
        find_population(spec, &place, "source.population", &source.population)?;
        in_range(&place, "source.per_spike", source.per_spike, -1e6, 1e6)?;
        in_range(&place, "source.tonic", source.tonic, 0.0, 1e9)?;
    }
    Ok(())
}

/// A port that nobody listens to is a mistake in the spec.
fn heard(spec: &NetworkSpec, port: &crate::PortSpec) -> Result<(), BrainError> {
    if spec.projections.iter().any(|p| p.source == port.name) {
        return Ok(());
    }
    let place = format!("port '{}'", port.name);
    Err(value(&place, "projections", "none", "at least one projection from it"))
}

/// Checks the parameters of a cell, or of `n` cells.
pub(crate) fn cell(place: &str, cell: &CellSpec, n: Option<usize>) -> Result<(), BrainError> {
    for (field, dist, [low, high]) in cell.dists() {
        distribution(place, field, dist, low, high)?;
        n.map_or(Ok(()), |n| one_each(place, field, dist, n))?;
    }
    match cell.fault() {
        Some((field, found, expected)) => Err(value(place, field, found, expected)),
        None => Ok(()),
    }
}

fn readout(spec: &NetworkSpec, r: &ReadoutSpec) -> Result<(), BrainError> {
    let place = format!("readout '{}'", r.name);
    size(&place, r.size)?;
    let source = find_population(spec, &place, "source", &r.source)?;
    distribution(&place, "weights", &r.weights, f64::NEG_INFINITY, f64::INFINITY)?;
    one_each(&place, "weights", &r.weights, r.size.saturating_mul(source.size))?;
    if let Some(active) = r.active_in_degree {
        in_range(&place, "active_in_degree", active as f64, 0.0, source.size as f64)?;
    }
    let Some(rule) = &r.plasticity else { return Ok(()) };
    let rule = PlasticitySpec::ThreeFactor(rule.clone());
    rule.check(&place)?;
    rule.modulators().into_iter().try_for_each(|name| find_modulator(spec, &place, "plasticity.modulator", name))
}

fn fits_in_memory(spec: &NetworkSpec) -> Result<(), BrainError> {
    let size_of = |name: &str| {
        let ports = spec.ports.iter().map(|p| (p.name.as_str(), p.size));
        let all = ports.chain(spec.populations.iter().map(|p| (p.name.as_str(), p.size)));
        all.filter(|(n, _)| *n == name).map(|(_, size)| size as f64).next().unwrap_or(0.0)
    };
    // Wiring, weight and what plasticity keeps, and as much again while the network is being built.
    let synapses: f64 = spec
        .projections
        .iter()
        .map(|p| match &p.connectivity {
            Connectivity::AllToAll => size_of(&p.source) * size_of(&p.target),
            Connectivity::OneToOne => size_of(&p.target),
            Connectivity::Probability(probability) => probability * size_of(&p.source) * size_of(&p.target),
            Connectivity::InDegree(k) => *k as f64 * size_of(&p.target),
            Connectivity::OutDegree(k) => *k as f64 * size_of(&p.source),
            Connectivity::List(pairs) => pairs.len() as f64,
        })
        .sum();
    let readouts: f64 = spec.readouts.iter().map(|r| r.size as f64 * size_of(&r.source)).sum();
    let cells: f64 = spec.populations.iter().map(|p| p.size as f64).sum();
    let delays: f64 = spec
        .projections
        .iter()
        .map(|p| p.delay_ms.as_ref().map_or(1.0, |d| d.support()[1] / spec.tick_ms) * size_of(&p.source))
        .sum();
    let bytes = 40.0 * synapses + 8.0 * readouts + 256.0 * cells + 8.0 * delays;
    if bytes > MAX_BYTES as f64 {
        let found = format!("about {:.1} GiB", bytes / f64::from(1 << 30));
        return Err(value("network", "memory", found, format!("at most {} GiB", MAX_BYTES >> 30)));
    }
    Ok(())
}

fn value(place: &str, field: &str, found: impl ToString, expected: impl ToString) -> BrainError {
    BrainError::Value {
        place: place.to_owned(),
        field: field.to_owned(),
        found: found.to_string(),
        expected: expected.to_string(),
    }
}

fn in_range(place: &str, field: &str, found: f64, low: f64, high: f64) -> Result<(), BrainError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(value(place, field, found, format!("a number in [{low}, {high}]")))
}

fn distribution(place: &str, field: &str, dist: &Dist, low: f64, high: f64) -> Result<(), BrainError> {
    if let Some(fault) = dist.fault() {
        return Err(value(place, field, fault, "finite numbers, the smaller one first"));
    }
    let [smallest, largest] = dist.support();
    if smallest < low || largest > high {
        let expected = format!("values in [{low}, {high}]");
        return Err(value(place, field, within([smallest, largest]), expected));
    }
    Ok(())
}

/// The values of a distribution, for a message.
fn within([low, high]: [f64; 2]) -> String {
    if low == high { low.to_string() } else { format!("in [{low}, {high}]") }
}

/// Values that are given one by one are as many as what they are for.
fn one_each(place: &str, field: &str, dist: &Dist, n: usize) -> Result<(), BrainError> {
    match dist {
        Dist::Each(values) if values.len() != n => {
            Err(value(place, field, format!("a list of {}", values.len()), format!("{n} values, one for each")))
        }
        _ => Ok(()),
    }
}

/// The same for synapses, whose number is not always known.
fn one_each_synapse(
    place: &str,
    field: &str,
    dist: &Dist,
    connectivity: &Connectivity,
    [n_pre, n_post]: [usize; 2],
) -> Result<(), BrainError> {
    let n = match connectivity {
        Connectivity::AllToAll => n_pre.saturating_mul(n_post),
        Connectivity::OneToOne => n_post,
        Connectivity::List(pairs) => pairs.len(),
        _ if matches!(dist, Dist::Each(_)) => {
            let expected = "a number or a distribution, because the synapses are drawn at random";
            return Err(value(place, field, "a list", expected));
        }
        _ => return Ok(()),
    };
    one_each(place, field, dist, n)
}

fn size(place: &str, size: usize) -> Result<(), BrainError> {
    in_range(place, "size", size as f64, 1.0, 1e8)
}

fn unique<'a>(kind: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), BrainError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(BrainError::Duplicate { kind, name: name.to_owned() });
        }
    }
    Ok(())
}

fn find_population<'a>(
    spec: &'a NetworkSpec,
    place: &str,
    field: &str,
    name: &str,
) -> Result<&'a PopulationSpec, BrainError> {
    spec.populations.iter().find(|p| p.name == name).ok_or_else(|| {
        let known = spec.populations.iter().map(|p| p.name.as_str());
        unknown(place, field, name, "population", known)
    })
}

fn find_modulator(spec: &NetworkSpec, place: &str, field: &str, name: &str) -> Result<(), BrainError> {
    let mut known = spec.modulators.iter().map(|m| m.name.as_str());
    if known.any(|m| m == name) {
        return Ok(());
    }
    Err(unknown(place, field, name, "modulator", spec.modulators.iter().map(|m| m.name.as_str())))
}

fn unknown<'a>(
    place: &str,
    field: &str,
    name: &str,
    kind: &'static str,
    known: impl Iterator<Item = &'a str>,
) -> BrainError {
    BrainError::Unknown {
        place: place.to_owned(),
        field: field.to_owned(),
        name: name.to_owned(),
        kind,
        known: known.collect::<Vec<_>>().join(", "),
    }
}
