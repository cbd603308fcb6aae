//! Parameters of cells as data: documented fields, each a number or a distribution.

use crate::dist::Dist;

/// Range that a parameter must keep to.
pub(crate) type Bounds = [f64; 2];

/// Bounds for a parameter that has to be positive.
pub(crate) const POSITIVE: Bounds = [1e-6, 1e9];
/// Bounds for a parameter of any sign.
pub(crate) const FINITE: Bounds = [-1e9, 1e9];
/// Bounds for a parameter that must not be negative.
pub(crate) const NOT_NEGATIVE: Bounds = [0.0, 1e9];

/// What is wrong with a set of parameters: field, what was found, what was expected.
pub(crate) type Fault = (&'static str, String, String);

/// The parameters of a cell model.
pub(crate) trait Parameters: Clone {
    /// The model that runs on them.
    type Model;
    /// The model in ticks of this length, with what all cells share.
    fn model(&self, tick_ms: f64) -> Self::Model;
    /// Name, value and bounds of every parameter that may be a distribution, in the order of the spec.
    fn dists(&self) -> Vec<(&'static str, &Dist, Bounds)>;
    /// The same, to change.
    fn dists_mut(&mut self) -> Vec<(&'static str, &mut Dist)>;
    /// What no bound of a single parameter can tell.
    fn fault(&self) -> Option<Fault> {
        None
    }
}

/// Writes the spec of a cell model: a struct of documented distributions with defaults and bounds, then, after a
/// semicolon each, options that all cells share.
///
/// ```text
/// parameters! {
///     /// Docs.
///     pub struct LifSpec {
///         /// Membrane time constant in ms.
///         tau_m_ms: 20.0, POSITIVE;
///     }
///     options {
///         /// Integration scheme.
///         scheme: Scheme = Scheme::Euler;
///     }
/// }
/// ```
macro_rules! parameters {
    (
        $(#[$doc:meta])*
        pub struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $default:expr, $bounds:expr;)* }
        $(options { $($(#[$option_doc:meta])* $option:ident: $ty:ty = $value:expr;)* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $crate::dist::Dist,)*
            $($($(#[$option_doc])* pub $option: $ty,)*)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: f64::from($default).into(),)* $($($option: $value,)*)? }
            }
        }

        impl $name {
            fn parameter_dists(&self) -> Vec<(&'static str, &$crate::dist::Dist, $crate::cell::parameters::Bounds)> {
                vec![$((stringify!($field), &self.$field, $bounds),)*]
            }

            fn parameter_dists_mut(&mut self) -> Vec<(&'static str, &mut $crate::dist::Dist)> {
                vec![$((stringify!($field), &mut self.$field),)*]
            }
        }
    };
}
pub(crate) use parameters;

/// The two methods of [`Parameters`] that [`parameters!`] has written already.
macro_rules! parameter_lists {
    () => {
        fn dists(&self) -> Vec<(&'static str, &$crate::dist::Dist, $crate::cell::parameters::Bounds)> {
            self.parameter_dists()
        }

        fn dists_mut(&mut self) -> Vec<(&'static str, &mut $crate::dist::Dist)> {
            self.parameter_dists_mut()
        }
    };
}
pub(crate) use parameter_lists;

/// What is wrong with a potential after a spike, given with its name, that is not below the limit where spikes are: the
/// cell would fire for ever.
pub(super) fn reset_fault((name, reset): (&'static str, &Dist), (limit_name, limit): (&str, &Dist)) -> Option<Fault> {
    let ([lowest, _], [_, highest]) = (limit.support(), reset.support());
    (highest >= lowest).then(|| (name, highest.to_string(), format!("below the {limit_name} ({lowest})")))
}
