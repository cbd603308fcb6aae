//! Changes of a brain file by name: ablations as data.

use mesolimb_brain::{Dist, NetworkSpec, PopulationSpec, ReceptorSpec};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::path;

/// A change of a brain file.
///
/// Places are written `population.NAME.size`, `projection.SOURCE -> TARGET.weights`; `*` stands for every name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Variant {
    /// The change in a sentence.
    pub about: String,
    /// Values by their places.
    pub set: Table,
    /// Places of what goes.
    pub remove: Vec<String>,
    /// Whether all cells of a population are alike, at the centres of the distributions of their parameters.
    pub homogeneous: bool,
    /// Whether all cells have the same receptors: those of each kind as dense everywhere as they are in the mean of all
    /// populations that could have them.
    pub uniform_receptors: bool,
}

impl Variant {
    /// Changes the file before anything is computed.
    ///
    /// # Errors
    /// Names a place that leads nowhere.
    pub(super) fn change(&self, table: &mut Table) -> Result<(), String> {
        let somewhere = |place: &str, n: usize| {
            if n > 0 { Ok(()) } else { Err(format!("'{place}' leads nowhere, expected a place in the file")) }
        };
        for (place, value) in &self.set {
            somewhere(place, path::set(table, place, value))?;
        }
        self.remove.iter().try_for_each(|place| somewhere(place, path::remove(table, place)))
    }

    /// Changes the network when its numbers are known.
    pub(super) fn reshape(&self, network: &mut NetworkSpec) {
        if self.homogeneous {
            network.populations.iter_mut().for_each(|population| population.cell.homogenise());
        }
        if self.uniform_receptors {
            spread_receptors(network);
        }
    }
}

/// Gives every population that could have a receptor the mean of what all of them have.
fn spread_receptors(network: &mut NetworkSpec) {
    let mut kinds: Vec<ReceptorSpec> = Vec::new();
    for receptor in network.populations.iter().flat_map(|population| &population.receptors) {
        if !kinds.iter().any(|kind| same_kind(kind, receptor)) {
            kinds.push(receptor.clone());
        }
    }
    let spread = kinds.into_iter().map(|kind| {
        let could = |population: &PopulationSpec| could_have(population, &kind);
        let n = network.populations.iter().filter(|population| could(population)).count();
        let of_kind = network.populations.iter().flat_map(|p| &p.receptors).filter(|r| same_kind(r, &kind));
        let sum: f64 = of_kind.map(|receptor| receptor.effect * receptor.density.centre()).sum();
        ReceptorSpec { effect: sum / n.max(1) as f64, density: Dist::Constant(1.0), ..kind }
    });
    let spread: Vec<ReceptorSpec> = spread.collect();
    for population in &mut network.populations {
        population.receptors = spread.iter().filter(|kind| could_have(population, kind)).cloned().collect();
    }
}

fn same_kind(a: &ReceptorSpec, b: &ReceptorSpec) -> bool {
    (&a.modulator, &a.parameter, a.form, a.occupancy) == (&b.modulator, &b.parameter, b.form, b.occupancy)
}

/// Whether a population has what a receptor moves, and is no source of modulators itself.
fn could_have(population: &PopulationSpec, receptor: &ReceptorSpec) -> bool {
    let has = population.receptors.iter().any(|own| own.parameter == receptor.parameter);
    let of_cell = || {
        let cell = toml::Value::try_from(&population.cell).ok();
        let parameters = cell.and_then(|cell| cell.as_table()?.values().next().cloned());
        parameters.is_some_and(|parameters| parameters.get(&receptor.parameter).is_some())
    };
    let general = match receptor.parameter.as_str() {
        // Where the current is normalised, one for all cells does nothing.
        "current" => population.normalised.is_none(),
        "input_gain" => true,
        _ => of_cell(),
    };
    !population.nucleus && (has || general)
}
