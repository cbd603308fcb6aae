//! A spec that passes can run. Everything that cannot is refused here, with the part, the field, what was found and what
//! was expected.

use crate::{
    ApicalSpec, BrainError, CellSpec, Connectivity, Dist, Feedback, NetworkSpec, PlasticitySpec, PopulationSpec,
    ProjectionSpec, ReadoutSpec, Transmitter,
};

/// Most bytes that the arrays of a network may take.
const MAX_BYTES: usize = 8 << 30;
/// Longest delay in ticks.
const MAX_DELAY_TICKS: usize = 10_000;

pub(crate) fn check(spec: &NetworkSpec) -> Result<(), BrainError> {
    in_range("network", "tick_ms", spec.tick_ms, 1e-3, 1e3)?;
    unique("port", spec.ports.iter().map(|p| p.name.as_str()))?;
    unique("readout", spec.readouts.iter().map(|r| r.name.as_str()))?;
    unique("modulator", spec.modulators.iter().map(|m| m.name.as_str()))?;
    let sources = spec.ports.iter().map(|p| p.name.as_str());
    unique("port or population", sources.chain(spec.populations.iter().map(|p| p.name.as_str())))?;
    for port in &spec.ports {
        size(&format!("port '{}'", port.name), port.size)?;
    }
    spec.populations.iter().try_for_each(|p| population(spec, p))?;
    spec.projections.iter().try_for_each(|p| projection(spec, p))?;
    spec.readouts.iter().try_for_each(|r| readout(spec, r))?;
    for m in &spec.modulators {
        let place = format!("modulator '{}'", m.name);
        in_range(&place, "tonic", m.tonic, 0.0, 1e6)?;
        in_range(&place, "uptake_tau_ms", m.uptake_tau_ms, 1e-3, 1e9)?;
        in_range(&place, "max", m.max, m.tonic, 1e6)?;
    }
    fits_in_memory(spec)
}

fn population(spec: &NetworkSpec, p: &PopulationSpec) -> Result<(), BrainError> {
    let place = format!("population '{}'", p.name);
    size(&place, p.size)?;
    cell(&place, &p.cell)?;
    in_range(&place, "trace.tau_ms", p.trace.tau_ms, 1e-3, 1e9)?;
    in_range(&place, "trace.gain", p.trace.gain, -1e6, 1e6)?;
    if let Some(ApicalSpec { floor, projected }) = &p.apical {
        in_range(&place, "apical.floor", *floor, 0.0, 1e6)?;
        if *projected && !p.normalised {
            return Err(value(&place, "apical.projected", true, "false, because the population is not normalised"));
        }
    }
    for r in &p.receptors {
        modulator(spec, &place, "receptor.modulator", &r.modulator)?;
        in_range(&place, "receptor.effect", r.effect, -1e6, 1e6)?;
    }
    Ok(())
}

/// Checks the parameters of a cell.
pub(crate) fn cell(place: &str, cell: &CellSpec) -> Result<(), BrainError> {
    for (field, dist, [low, high]) in cell.dists() {
        distribution(place, field, dist, low, high)?;
    }
    match cell.fault() {
        Some((field, found, expected)) => Err(value(place, field, found, expected)),
        None => Ok(()),
    }
}

fn projection(spec: &NetworkSpec, p: &ProjectionSpec) -> Result<(), BrainError> {
    let place = format!("projection '{}'", crate::build::projection_name(&p.source, &p.target));
    let port = spec.ports.iter().find(|port| port.name == p.source);
    let source = match port {
        None => Some(find_population(spec, &place, "source", &p.source)?),
        Some(_) => None,
    };
    let n_pre = port.map_or_else(|| source.map_or(0, |s| s.size), |port| port.size);
    let target = find_population(spec, &place, "target", &p.target)?;
    distribution(&place, "weights", &p.weights, f64::NEG_INFINITY, f64::INFINITY)?;
    if let Some(transmitter) = source.and_then(|s| s.transmitter) {
        let [low, high] = p.weights.support();
        let (breaks, sign) = match transmitter {
            Transmitter::Excitatory => (low < 0.0, "not negative: the source is excitatory (Dale's law)"),
            Transmitter::Inhibitory => (high > 0.0, "not positive: the source is inhibitory (Dale's law)"),
        };
        if breaks {
            return Err(value(&place, "weights", format!("in [{low}, {high}]"), sign));
        }
    }
    match p.connectivity {
        Connectivity::AllToAll => {}
        Connectivity::OneToOne if n_pre == target.size => {}
        Connectivity::OneToOne => {
            let found = format!("one_to_one between {n_pre} and {} cells", target.size);
            return Err(value(&place, "connectivity", found, "equal sizes"));
        }
        Connectivity::Probability(probability) => in_range(&place, "connectivity", probability, 0.0, 1.0)?,
        Connectivity::InDegree(k) => in_range(&place, "connectivity", k as f64, 0.0, n_pre as f64)?,
    }
    if let Some(active) = p.active_in_degree {
        in_range(&place, "active_in_degree", active as f64, 0.0, n_pre as f64)?;
    }
    if port.is_some() && p.feedback != Feedback::Symmetric {
        return Err(value(
            &place,
            "feedback",
            format!("{:?}", p.feedback),
            "none given: nothing runs back into a port",
        ));
    }
    if let Some(synapse) = &p.synapse {
        if port.is_some() {
            return Err(value(&place, "synapse", "given", "none: the values of a port are currents already"));
        }
        in_range(&place, "synapse.tau_ms", synapse.tau_ms, 0.0, 1e9)?;
        in_range(&place, "synapse.gain", synapse.gain, -1e6, 1e6)?;
        in_range(&place, "synapse.delay_ticks", synapse.delay_ticks as f64, 1.0, MAX_DELAY_TICKS as f64)?;
    }
    if let Some(rule) = &p.plasticity {
        plasticity(spec, &place, rule)?;
        if target.apical.is_none() {
            let expected = format!("none, or apical dendrites on population '{}'", p.target);
            return Err(value(&place, "plasticity", "given", expected));
        }
    }
    Ok(())
}

fn readout(spec: &NetworkSpec, r: &ReadoutSpec) -> Result<(), BrainError> {
    let place = format!("readout '{}'", r.name);
    size(&place, r.size)?;
    let source = find_population(spec, &place, "source", &r.source)?;
    distribution(&place, "weights", &r.weights, f64::NEG_INFINITY, f64::INFINITY)?;
    if let Some(active) = r.active_in_degree {
        in_range(&place, "active_in_degree", active as f64, 0.0, source.size as f64)?;
    }
    r.plasticity.as_ref().map_or(Ok(()), |rule| plasticity(spec, &place, rule))
}

fn plasticity(spec: &NetworkSpec, place: &str, rule: &PlasticitySpec) -> Result<(), BrainError> {
    modulator(spec, place, "plasticity.modulator", &rule.modulator)?;
    if let Some(name) = &rule.budget_modulator {
        modulator(spec, place, "plasticity.budget_modulator", name)?;
    }
    in_range(place, "plasticity.tau_eligibility_ms", rule.tau_eligibility_ms, 0.0, 1e9)?;
    in_range(place, "plasticity.budget", rule.budget, 0.0, 1e6)
}

fn fits_in_memory(spec: &NetworkSpec) -> Result<(), BrainError> {
    let size_of = |name: &str| {
        let ports = spec.ports.iter().map(|p| (p.name.as_str(), p.size));
        let all = ports.chain(spec.populations.iter().map(|p| (p.name.as_str(), p.size)));
        all.filter(|(n, _)| *n == name).map(|(_, size)| size as f64).next().unwrap_or(0.0)
    };
    let synapses: f64 = spec
        .projections
        .iter()
        .map(|p| match p.connectivity {
            Connectivity::AllToAll => size_of(&p.source) * size_of(&p.target),
            Connectivity::OneToOne => size_of(&p.target),
            Connectivity::Probability(probability) => probability * size_of(&p.source) * size_of(&p.target),
            Connectivity::InDegree(k) => k as f64 * size_of(&p.target),
        })
        .sum();
    let readouts: f64 = spec.readouts.iter().map(|r| r.size as f64 * size_of(&r.source)).sum();
    let cells: f64 = spec.populations.iter().map(|p| p.size as f64).sum();
    let delays: f64 = spec
        .projections
        .iter()
        .map(|p| p.synapse.as_ref().map_or(1, |s| s.delay_ticks) as f64 * size_of(&p.source))
        .sum();
    let bytes = 12.0 * synapses + 8.0 * readouts + 256.0 * cells + 8.0 * delays;
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
        return Err(value(place, field, format!("in [{smallest}, {largest}]"), expected));
    }
    Ok(())
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

fn modulator(spec: &NetworkSpec, place: &str, field: &str, name: &str) -> Result<(), BrainError> {
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
