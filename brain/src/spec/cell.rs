//! How a population names its cells: a model with parameters, or a cell type by its name.

use std::fmt;

use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeSeed, Error, IntoDeserializer as _, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{CellSpec, cell_type, cell_types, dist::Dist};

/// Reads `cell = "rs"`, `cell = { type = "rs", d_pa = 120.0 }` or `cell = { adex = { … } }`.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CellSpec, D::Error> {
    deserializer.deserialize_any(Cell)
}

struct Cell;

impl<'de> Visitor<'de> for Cell {
    type Value = CellSpec;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a cell type by its name, or a model with its parameters")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<CellSpec, E> {
        find(name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CellSpec, A::Error> {
        let (mut cell, mut changes) = (None, Vec::new());
        let models: Vec<String> = CellSpec::defaults().into_iter().map(|(name, _)| name).collect();
        while let Some(key) = map.next_key::<String>()? {
            if key == "type" {
                cell = Some(find(&map.next_value::<String>()?)?);
            } else if models.contains(&key) && cell.is_none() && changes.is_empty() {
                return CellSpec::deserialize(MapAccessDeserializer::new(Rewound { key: Some(key), map }));
            } else if cell.is_some() || models.iter().all(|model| *model != key) && map.size_hint() != Some(0) {
                changes.push((key, map.next_value::<Dist>()?));
            } else {
                return Err(A::Error::custom(format!("unknown cell model '{key}' (there are: {})", models.join(", "))));
            }
        }
        let Some(mut cell) = cell else {
            let found = changes.first().map_or("nothing", |(key, _)| key.as_str());
            let known = models.join(", ");
            return Err(A::Error::custom(format!(
                "found '{found}', expected a cell model (there are: {known}) or 'type'"
            )));
        };
        for (name, value) in changes {
            let mut parameters = cell.dists_mut();
            let Some(place) = parameters.iter().position(|(parameter, _)| *parameter == name) else {
                let known = parameters.iter().map(|(parameter, _)| *parameter).collect::<Vec<_>>().join(", ");
                return Err(A::Error::custom(format!("the cell type has no parameter '{name}' (it has: {known})")));
            };
            *parameters.swap_remove(place).1 = value;
        }
        Ok(cell)
    }
}

fn find<E: Error>(name: &str) -> Result<CellSpec, E> {
    cell_type(name).ok_or_else(|| {
        let known = cell_types().iter().map(|cell| cell.name).collect::<Vec<_>>().join(", ");
        E::custom(format!("unknown cell type '{name}' (there are: {known})"))
    })
}

/// A map whose first key was looked at already.
struct Rewound<A> {
    key: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rewound<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.key.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PopulationSpec;

    fn population(cell: &str) -> Result<PopulationSpec, String> {
        toml::from_str(&format!("name = 'p'\nsize = 1\ncell = {cell}"))
            .map_err(|e: toml::de::Error| e.message().to_owned())
    }

    #[test]
    fn a_cell_is_a_model_a_type_or_a_type_with_changes() {
        assert_eq!(population("{ lif = {} }").unwrap().cell, CellSpec::Lif(crate::LifSpec::default()));
        assert_eq!(population("'rs'").unwrap().cell, cell_type("rs").unwrap());
        let changed = population("{ type = 'rs', d_pa = 120.0 }").unwrap().cell;
        let d = |cell: &CellSpec| cell.dists().iter().find(|(name, ..)| *name == "d_pa").unwrap().1.centre();
        assert_eq!(d(&changed), 120.0);
        assert_ne!(d(&cell_type("rs").unwrap()), 120.0);
    }

    #[test]
    fn what_is_unknown_is_named_with_what_there_is() {
        for (cell, expected) in [
            ("'quick'", "unknown cell type 'quick' (there are: "),
            ("{ lyf = {} }", "'lyf'"),
            ("{ type = 'rs', dd = 1.0 }", "the cell type has no parameter 'dd' (it has: "),
            ("{ lif = { tau = 1.0 } }", "unknown field `tau`"),
        ] {
            let message = population(cell).unwrap_err();
            assert!(message.contains(expected), "{cell}: got \"{message}\", expected \"{expected}\"");
        }
    }
}
