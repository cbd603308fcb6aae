//! Receptors as data: the matrix of cell type × receptor × parameter, one entry each.

use serde::{Deserialize, Serialize};

use crate::dist::Dist;

/// What one modulator does to one parameter of a population, through one receptor.
///
/// With the occupancy `o` of the receptor, its density `ρ` in a cell and its effect `κ`, a multiplicative effect makes
/// `p = p0 Π_modulators (1 + Σ_receptors ρ κ o)`, an additive one `p = p0 + Σ ρ κ o`; then `p` is kept in its range.
/// `p0` is the nominal value of the cell and is never overwritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceptorSpec {
    /// Which modulator.
    pub modulator: String,
    /// Which parameter: a parameter of the cell model, such as `v_th_mv`; or `input_gain`, a factor of the summed (and
    /// normalised) input current; or `current`, an input current in pA (an ionotropic effect, additive); or
    /// `synapse.ampa`, `synapse.nmda` …, the gain of all synapses of that kind onto the population.
    pub parameter: String,
    /// Signed effect per unit of occupancy, `κ`; for an additive effect in the unit of the parameter.
    pub effect: f64,
    /// Receptor density `ρ`, one for each cell.
    #[serde(default = "Dist::one")]
    pub density: Dist,
    /// How the effect combines with the nominal value.
    #[serde(default)]
    pub form: ReceptorForm,
    /// What the receptor takes for occupancy.
    #[serde(default)]
    pub occupancy: Occupancy,
    /// Range that the effective parameter is kept in.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
}

/// How an effect combines with the nominal value of a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceptorForm {
    /// `p0 (1 + ρ κ o)`.
    #[default]
    Multiply,
    /// `p0 + ρ κ o`: the form for voltages, which scale badly through zero.
    Add,
}

/// Occupancy of a receptor at concentration `m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Occupancy {
    /// `m` above its tonic level; negative in a dip.
    #[default]
    Phasic,
    /// `m` itself.
    Level,
    /// `m^n/(m^n + K^n)`.
    Hill {
        /// Concentration of half occupancy, `K`.
        half: f64,
        /// Steepness, `n`.
        #[serde(default = "one")]
        n: f64,
    },
}

impl Occupancy {
    /// Occupancy at a concentration, given the tonic one.
    #[must_use]
    pub fn at(self, level: f64, tonic: f64) -> f64 {
        match self {
            // What has faded away leaves the parameter at its nominal value, bit for bit.
            Self::Phasic if (level - tonic).abs() < 1e-6 => 0.0,
            Self::Phasic => level - tonic,
            Self::Level => level,
            Self::Hill { half, n } => {
                let (m, k) = (level.max(0.0).powf(n), half.powf(n));
                m / (m + k)
            }
        }
    }
}

fn one() -> f64 {
    1.0
}
