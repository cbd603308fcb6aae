//! What of a projection is refused.

use super::{distribution, find_modulator, find_population, in_range, one_each_synapse, value, within};
use crate::{
    BrainError, Compartment, Connectivity, Dist, Feedback, NetworkSpec, PlasticitySpec, PopulationSpec, PortKind,
    ProjectionSpec, SynapseSpec, Transmitter, cell::BRANCHES, spec::projection_name,
};

/// Longest delay in ticks.
const MAX_DELAY_TICKS: f64 = 10_000.0;
/// Most different delays of a projection.
const MAX_DELAYS: f64 = 1024.0;

/// Checks a projection: ends, weights, connectivity, synapses, delays, plasticity.
pub(super) fn check(spec: &NetworkSpec, p: &ProjectionSpec) -> Result<(), BrainError> {
    let place = format!("projection '{}'", projection_name(&p.source, &p.target));
    let port = spec.ports.iter().find(|port| port.name == p.source);
    let source = match port {
        None => Some(find_population(spec, &place, "source", &p.source)?),
        Some(_) => None,
    };
    let n_pre = port.map_or_else(|| source.map_or(0, |s| s.size), |port| port.size);
    let target = find_population(spec, &place, "target", &p.target)?;
    if source.is_some_and(|source| source.nucleus) {
        let expected = "a population that is no nucleus: spikes of a nucleus release modulators only";
        return Err(value(&place, "source", &p.source, expected));
    }
    if target.nucleus && port.is_none_or(|port| port.kind != PortKind::Values) {
        return Err(value(
            &place,
            "source",
            &p.source,
            "a port of values: the target is a nucleus, which lives in answers only",
        ));
    }
    distribution(&place, "weights", &p.weights, f64::NEG_INFINITY, f64::INFINITY)?;
    dales_law(&place, p, source.and_then(|s| s.transmitter))?;
    connectivity(&place, p, n_pre, target.size)?;
    for (field, dist) in std::iter::once(("weights", &p.weights)).chain(p.delay_ms.iter().map(|d| ("delay_ms", d))) {
        one_each_synapse(&place, field, dist, &p.connectivity, [n_pre, target.size])?;
    }
    if let Some(active) = p.active_in_degree {
        in_range(&place, "active_in_degree", active as f64, 0.0, n_pre as f64)?;
    }
    if p.compartment == Compartment::Apical && !target.cell.has_apical() {
        let expected = format!("soma: the cells of population '{}' have no apical dendrite", p.target);
        return Err(value(&place, "compartment", "apical", expected));
    }
    let current = p.synapse.as_ref().is_none_or(|synapse| !synapse.unsigned()) && p.compartment == Compartment::Soma;
    if target.normalised.is_some() && !current {
        let expected = format!("a current onto the somata: population '{}' is normalised", p.target);
        return Err(value(&place, "synapse", "given", expected));
    }
    let conductance = p.synapse.as_ref().filter(|s| s.unsigned() && !matches!(s, SynapseSpec::Wired { .. }));
    if let Some(synapse) = conductance.filter(|_| !target.cell.takes_conductances()) {
        let expected = format!("a current: the cells of population '{}' take no conductances", p.target);
        return Err(value(&place, "synapse", synapse.name(), expected));
    }
    if let Compartment::Branch(branch) = p.compartment {
        let currents = p.synapse.as_ref().is_none_or(|synapse| !synapse.unsigned());
        if !target.cell.has_branches() || branch >= BRANCHES || !currents {
            let expected = format!("a branch below {BRANCHES} of cells that have some, and a current onto it");
            return Err(value(&place, "compartment", format!("branch {branch}"), expected));
        }
    }
    let held = port.is_some_and(|port| port.kind == PortKind::Values);
    if port.is_some() && p.feedback != Feedback::Symmetric {
        let found = format!("{:?}", p.feedback);
        return Err(value(&place, "feedback", found, "none given: nothing runs back into a port"));
    }
    if held && (p.synapse.is_some() || p.delay_ms.is_some() || p.compartment != Compartment::Soma) {
        let field = if p.synapse.is_some() {
            "synapse"
        } else if p.delay_ms.is_some() {
            "delay_ms"
        } else {
            "compartment"
        };
        return Err(value(&place, field, "given", "none: the values of a port are currents into the soma already"));
    }
    if let Some(synapse) = &p.synapse {
        in_range(&place, "synapse.tau_ms", synapse.tau_ms(), 0.0, 1e9)?;
        match synapse {
            SynapseSpec::Filter { gain, .. } => in_range(&place, "synapse.gain", *gain, -1e6, 1e6)?,
            SynapseSpec::Ampa { reversal_mv, .. } | SynapseSpec::Gaba { reversal_mv, .. } => {
                in_range(&place, "synapse.reversal_mv", *reversal_mv, -1e3, 1e3)?;
            }
            SynapseSpec::DoubleExponential { rise_ms, tau_ms, area_ms, .. } => {
                in_range(&place, "synapse.rise_ms", *rise_ms, 1e-3, 0.999 * tau_ms)?;
                in_range(&place, "synapse.area_ms", *area_ms, -1e6, 1e6)?;
            }
            SynapseSpec::Wired { modulator, .. } => find_modulator(spec, &place, "synapse.modulator", modulator)?,
            _ => {}
        }
        if !matches!(synapse, SynapseSpec::Filter { .. }) {
            in_range(&place, "synapse.tau_ms", synapse.tau_ms(), 1e-3, 1e9)?;
        }
    }
    if let Some(delay) = &p.delay_ms {
        delays(&place, delay, spec.tick_ms)?;
    }
    if p.bias && p.plasticity.is_none() && p.connectivity != Connectivity::AllToAll {
        return Err(value(&place, "bias", true, "false: biases that do not learn stay zero"));
    }
    learning(spec, p, &place, port, target, source.and_then(|s| s.transmitter))
}

fn learning(
    spec: &NetworkSpec,
    p: &ProjectionSpec,
    place: &str,
    port: Option<&crate::PortSpec>,
    target: &PopulationSpec,
    transmitter: Option<Transmitter>,
) -> Result<(), BrainError> {
    if let Some(scaling) = &p.scaling {
        scaling.check(place)?;
    }
    let Some(rule) = &p.plasticity else { return Ok(()) };
    rule.check(place)?;
    for name in rule.modulators() {
        find_modulator(spec, place, "plasticity.modulator", name)?;
    }
    if let PlasticitySpec::ThreeFactor(_) = rule {
        if target.apical.is_none() {
            let expected = format!("none, or apical dendrites on population '{}'", p.target);
            return Err(value(place, "plasticity", "three_factor", expected));
        }
        if port.is_some_and(|port| port.kind == PortKind::Spikes) {
            return Err(value(place, "plasticity", "three_factor", "none, or no port of spikes as the source"));
        }
        return Ok(());
    }
    if port.is_some_and(|port| port.kind == PortKind::Values) {
        return Err(value(place, "plasticity", "given", "none, or three_factor: nothing spikes at a port of values"));
    }
    if p.bias {
        return Err(value(place, "bias", true, "false: only three_factor learns biases"));
    }
    let ([low, high], [w_min, w_max]) = (p.weights.support(), rule.bounds());
    if low < w_min || high > w_max {
        let expected = format!("values between plasticity.w_min and plasticity.w_max, [{w_min}, {w_max}]");
        return Err(value(place, "weights", format!("in [{low}, {high}]"), expected));
    }
    match transmitter {
        Some(Transmitter::Excitatory) if w_min < 0.0 => {
            Err(value(place, "plasticity.w_min", w_min, "not negative: the source is excitatory (Dale's law)"))
        }
        Some(Transmitter::Inhibitory) if w_max > 0.0 && !p.synapse.as_ref().is_some_and(SynapseSpec::unsigned) => {
            Err(value(place, "plasticity.w_max", w_max, "not positive: the source is inhibitory (Dale's law)"))
        }
        _ => Ok(()),
    }
}

/// Weights have the sign of what the source releases: Dale's law.
fn dales_law(place: &str, p: &ProjectionSpec, transmitter: Option<Transmitter>) -> Result<(), BrainError> {
    let [low, high] = p.weights.support();
    let found = within([low, high]);
    if let Some(synapse) = p.synapse.as_ref().filter(|synapse| synapse.unsigned()) {
        let name = synapse.name();
        if low < 0.0 {
            return Err(value(place, "weights", found, format!("not negative: '{name}' weights are conductances")));
        }
        return match (transmitter, synapse) {
            (Some(Transmitter::Excitatory), SynapseSpec::Gaba { .. }) => {
                Err(value(place, "synapse", name, "ampa or nmda: the source is excitatory (Dale's law)"))
            }
            (Some(Transmitter::Inhibitory), SynapseSpec::Ampa { .. } | SynapseSpec::Nmda { .. }) => {
                Err(value(place, "synapse", name, "gaba: the source is inhibitory (Dale's law)"))
            }
            _ => Ok(()),
        };
    }
    match transmitter {
        Some(Transmitter::Excitatory) if low < 0.0 => {
            Err(value(place, "weights", found, "not negative: the source is excitatory (Dale's law)"))
        }
        Some(Transmitter::Inhibitory) if high > 0.0 => {
            Err(value(place, "weights", found, "not positive: the source is inhibitory (Dale's law)"))
        }
        _ => Ok(()),
    }
}

fn connectivity(place: &str, p: &ProjectionSpec, n_pre: usize, n_post: usize) -> Result<(), BrainError> {
    match &p.connectivity {
        Connectivity::OneToOne if n_pre != n_post => {
            let found = format!("one_to_one between {n_pre} and {n_post} cells");
            Err(value(place, "connectivity", found, "equal sizes"))
        }
        Connectivity::AllToAll | Connectivity::OneToOne => Ok(()),
        Connectivity::Probability(probability) => in_range(place, "connectivity", *probability, 0.0, 1.0),
        Connectivity::InDegree(k) => in_range(place, "connectivity", *k as f64, 0.0, n_pre as f64),
        Connectivity::OutDegree(k) => in_range(place, "connectivity", *k as f64, 0.0, n_post as f64),
        Connectivity::List(pairs) => match pairs.iter().find(|[s, t]| *s as usize >= n_pre || *t as usize >= n_post) {
            None => Ok(()),
            Some(pair) => {
                let expected = format!("a source below {n_pre} and a target below {n_post}");
                Err(value(place, "connectivity", format!("{pair:?}"), expected))
            }
        },
    }
}

fn delays(place: &str, delay: &Dist, tick_ms: f64) -> Result<(), BrainError> {
    if let Some(fault) = delay.fault() {
        return Err(value(place, "delay_ms", fault, "finite numbers, the smaller one first"));
    }
    let [low, high] = delay.support();
    // A little slack: a tick of 0.1 ms is no exact number.
    if low < tick_ms * 0.999 || high > MAX_DELAY_TICKS * tick_ms {
        let expected = format!("at least one tick ({tick_ms} ms) and at most {MAX_DELAY_TICKS} ticks");
        return Err(value(place, "delay_ms", within([low, high]), expected));
    }
    if !delay.is_constant() && (high - low) / tick_ms > MAX_DELAYS {
        let expected = format!("at most {MAX_DELAYS} different delays of a tick ({tick_ms} ms) each");
        return Err(value(place, "delay_ms", format!("in [{low}, {high}]"), expected));
    }
    Ok(())
}
