//! Changes of a brain file by name: ablations as data.

use mesolimb_brain::NetworkSpec;
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
    }
}
