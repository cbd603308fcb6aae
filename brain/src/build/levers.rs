//! Receptors become levers: what each moves in which cell, and the range that it must keep to.

use std::ops::Range;

use super::Builder;
use crate::{
    Compartment, PopulationSpec, ReceptorSpec, SynapseSpec,
    cell::Column,
    receptor::{Lever, Receptor, Target},
    rng::stream,
};

impl Builder<'_> {
    /// The receptors of a population, sorted by what they move; one without effect is left out.
    pub(super) fn levers(&self, p: &PopulationSpec, kinds: &[(SynapseSpec, Compartment)]) -> Vec<Lever> {
        let mut levers: Vec<Lever> = Vec::new();
        for (k, r) in p.receptors.iter().enumerate().filter(|(_, r)| r.effect != 0.0) {
            let rng = &mut stream(self.seed, &format!("receptor {k} of {}", p.name));
            let strength = match Column::sample(&r.density, p.size, rng) {
                Column::Same(density) => Column::Same(density * r.effect),
                Column::Each(densities) => Column::Each(densities.into_iter().map(|d| d * r.effect).collect()),
            };
            let brings =
                |kind: &SynapseSpec| matches!(kind, SynapseSpec::Wired { modulator, .. } if *modulator == r.modulator);
            let wired = kinds.iter().enumerate().filter(|(_, (kind, _))| brings(kind)).map(|(channel, _)| channel);
            let receptor = Receptor {
                modulator: self.modulator_idx(&r.modulator),
                wired: wired.collect(),
                occupancy: r.occupancy,
                form: r.form,
                strength,
            };
            let bounds = bounds(p, &r.parameter);
            let range = r.range.map_or(bounds, |range| meet(range, bounds));
            for target in targets(p, r, kinds) {
                match levers.iter_mut().find(|lever| lever.target == target) {
                    Some(lever) => {
                        lever.receptors.push(receptor.clone());
                        lever.range = meet(lever.range, range);
                    }
                    None => levers.push(Lever { target, receptors: vec![receptor.clone()], range }),
                }
            }
        }
        levers
    }
}

impl Lever {
    /// The same for the cells `range` alone.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let receptor = |r: &Receptor| Receptor { strength: r.strength.slice(range.clone()), ..r.clone() };
        Self { target: self.target, receptors: self.receptors.iter().map(receptor).collect(), range: self.range }
    }
}

/// What a receptor moves.
fn targets(p: &PopulationSpec, r: &ReceptorSpec, kinds: &[(SynapseSpec, Compartment)]) -> Vec<Target> {
    match r.parameter.as_str() {
        "input_gain" => vec![Target::InputGain],
        "current" => vec![Target::Current],
        parameter => match parameter.strip_prefix("synapse.") {
            Some(kind) => {
                let of_kind = kinds.iter().enumerate().filter(|(_, (synapse, _))| synapse.name() == kind);
                of_kind.map(|(channel, _)| Target::Channel(channel)).collect()
            }
            None => {
                let of_cell = p.cell.dists().into_iter().position(|(name, ..)| name == parameter);
                of_cell.map(Target::Parameter).into_iter().collect()
            }
        },
    }
}

/// The range that a parameter must keep to, whatever receptors do.
pub(crate) fn bounds(p: &PopulationSpec, parameter: &str) -> [f64; 2] {
    match p.cell.dists().into_iter().find(|(name, ..)| *name == parameter) {
        Some((_, _, bounds)) => bounds,
        None if parameter == "current" => [f64::NEG_INFINITY, f64::INFINITY],
        // The others are factors.
        None => [0.0, f64::INFINITY],
    }
}

/// What two ranges have in common; the lower end lies above the upper one if there is nothing.
pub(crate) fn meet(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0].max(b[0]), a[1].min(b[1])]
}
