//! Changes that somebody makes to the world by hand, while the animal lives in it.

use mesolimb_envs::{EnvError, Params};

/// A change by hand. Values are kept within the ranges of their parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Intervention {
    /// Every parameter called so, or of that kind, gets so many times its nominal value.
    Scale {
        /// Parameter or kind.
        parameter: String,
        /// Factor of the nominal value.
        factor: f64,
    },
    /// Every parameter called so, or of that kind, gets this value.
    Set {
        /// Parameter or kind.
        parameter: String,
        /// Value.
        value: f64,
    },
    /// Every parameter gets its nominal value.
    Undo,
}

/// What an intervention wrote, as a row of `interventions.csv` tells of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// One parameter got this value.
    Value(String, f64),
    /// All parameters got their nominal values.
    Undo,
}

impl Intervention {
    /// Changes the parameters, and says what was written.
    ///
    /// # Errors
    /// If no parameter is called so, or the value is no number. Nothing has changed then.
    pub fn apply(&self, params: &mut Params) -> Result<Vec<Written>, EnvError> {
        let (name, new): (&str, Box<dyn Fn(f64) -> f64>) = match self {
            Self::Scale { parameter, factor } => (parameter, Box::new(move |nominal| nominal * factor)),
            Self::Set { parameter, value } => (parameter, Box::new(move |_| *value)),
            Self::Undo => {
                params.reset_all();
                return Ok(vec![Written::Undo]);
            }
        };
        let values: Vec<(String, f64)> = params
            .matching(name)
            .map(|param| {
                let value = new(param.nominal);
                let value = if param.whole { value.round() } else { value };
                (param.name.clone(), value.clamp(param.low, param.high))
            })
            .collect();
        if values.is_empty() {
            // No parameter has the name: this says so, and which is the nearest.
            params.set(name, 0.0)?;
        }
        values.into_iter().map(|(name, value)| params.set(&name, value).map(|()| Written::Value(name, value))).collect()
    }
}
