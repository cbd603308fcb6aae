//! Probes that can record.

use super::{find_modulator, find_population, in_range, synapses_onto, unknown, value};
use crate::{
    BrainError, NetworkSpec, PlasticitySpec, PopulationSpec, ProbeSpec,
    probe::{ELIGIBILITY, INPUT, LEVEL, RATE, SPIKES, WEIGHT},
    spec::{Watched, projection_name},
};

/// Latest time in ms that a schedule may name.
const MAX_MS: f64 = 1e12;

pub(super) fn probe(spec: &NetworkSpec, p: &ProbeSpec) -> Result<(), BrainError> {
    let place = format!("probe '{}'", p.name);
    if p.name.is_empty() || !p.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(value(&place, "name", format!("'{}'", p.name), "letters, digits, '_' and '-', at least one"));
    }
    let size = match p.watched() {
        None => {
            let given = [("population", &p.population), ("projection", &p.projection), ("modulator", &p.modulator)];
            let given: Vec<&str> = given.iter().filter(|(_, name)| name.is_some()).map(|(field, _)| *field).collect();
            let found = if given.is_empty() { "none".to_owned() } else { given.join(" and ") };
            return Err(value(&place, "what it watches", found, "one of population, projection and modulator"));
        }
        Some(Watched::Population(name, variable)) => {
            let population = find_population(spec, &place, "population", name)?;
            variable_of_population(spec, population, &place, variable)?;
            Some(population.size)
        }
        Some(Watched::Projection(source, target)) => {
            let name = projection_name(source, target);
            let names: Vec<String> = spec.projections.iter().map(|q| projection_name(&q.source, &q.target)).collect();
            if !names.contains(&name) {
                let found = p.projection.as_deref().unwrap_or_default();
                return Err(unknown(&place, "projection", found, "projection", names.iter().map(String::as_str)));
            }
            variable_of_projection(spec, p, &place, &name)?;
            Some(find_population(spec, &place, "projection", target)?.size)
        }
        Some(Watched::Modulator(name)) => {
            find_modulator(spec, &place, "modulator", name)?;
            only_variable(p, &place, LEVEL)?;
            None
        }
    };
    cells(p, &place, size)?;
    schedule(p, &place, spec.tick_ms)
}

fn variable_of_population(
    spec: &NetworkSpec,
    p: &PopulationSpec,
    place: &str,
    variable: &str,
) -> Result<(), BrainError> {
    let channels = synapses_onto(spec, p).into_iter();
    let mut known: Vec<&str> = p.cell.states().to_vec();
    for name in channels.chain([SPIKES, INPUT, RATE]) {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    if variable.is_empty() {
        return Err(value(place, "variable", "missing", format!("one of {}", known.join(", "))));
    }
    if known.contains(&variable) {
        return Ok(());
    }
    Err(unknown(place, "variable", variable, "variable", known.into_iter()))
}

fn variable_of_projection(spec: &NetworkSpec, p: &ProbeSpec, place: &str, name: &str) -> Result<(), BrainError> {
    if p.variable.as_deref() != Some(ELIGIBILITY) {
        return match &p.variable {
            Some(variable) if variable != WEIGHT => {
                Err(unknown(place, "variable", variable, "variable", [WEIGHT, ELIGIBILITY].into_iter()))
            }
            _ => Ok(()),
        };
    }
    let of_name = spec.projections.iter().filter(|q| projection_name(&q.source, &q.target) == name);
    if of_name.filter_map(|q| q.plasticity.as_ref()).any(PlasticitySpec::has_eligibility) {
        return Ok(());
    }
    let expected = format!("weight: no rule of '{name}' keeps an eligibility for each synapse");
    Err(value(place, "variable", ELIGIBILITY, expected))
}

/// The only variable that there is, or none given.
fn only_variable(p: &ProbeSpec, place: &str, expected: &str) -> Result<(), BrainError> {
    match &p.variable {
        Some(variable) if variable != expected => {
            Err(unknown(place, "variable", variable, "variable", [expected].into_iter()))
        }
        _ => Ok(()),
    }
}

fn cells(p: &ProbeSpec, place: &str, size: Option<usize>) -> Result<(), BrainError> {
    let Some(choice) = &p.cells else { return Ok(()) };
    let Some(size) = size else {
        return Err(value(place, "cells", "given", "none: a modulator has one concentration for all cells"));
    };
    let (largest, n) = choice.extent();
    if n == 0 {
        return Err(value(place, "cells", "empty", format!("at least one cell below {size}")));
    }
    if largest as usize >= size {
        return Err(value(place, "cells", largest, format!("cells below {size}")));
    }
    Ok(())
}

fn schedule(p: &ProbeSpec, place: &str, tick_ms: f64) -> Result<(), BrainError> {
    let spikes = p.population.is_some() && p.variable.as_deref() == Some(SPIKES);
    if let Some(every_ms) = p.every_ms {
        if spikes {
            return Err(value(place, "every_ms", every_ms, "none: spikes are recorded as they occur"));
        }
        in_range(place, "every_ms", every_ms, tick_ms * 0.999, MAX_MS)?;
        let ticks = every_ms / tick_ms;
        if (ticks - ticks.round()).abs() > 1e-6 * ticks {
            return Err(value(place, "every_ms", every_ms, format!("a whole number of ticks of {tick_ms} ms")));
        }
    }
    if spikes && p.only_changes {
        return Err(value(place, "only_changes", true, "false: spikes are recorded as they occur"));
    }
    in_range(place, "start_ms", p.start_ms, 0.0, MAX_MS)?;
    p.stop_ms.map_or(Ok(()), |stop_ms| in_range(place, "stop_ms", stop_ms, p.start_ms, MAX_MS))
}
