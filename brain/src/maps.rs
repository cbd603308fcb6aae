//! What modulators do to cells, as entries of the receptor matrix: the published maps, each with its source.
//!
//! A map is a list of [`ReceptorSpec`] for the receptors of a population, so that it can be mixed with others, scaled by
//! densities or taken apart. All of them take the concentration itself as occupancy, 0 for none and 1 for all receptors.
//! To add one: a function with its equations and source, and a row in the gallery of the app.
//!
//! ```
//! use mesolimb_brain::{ModulatorSpec, Network, NetworkSpec, PopulationSpec, cell_type, maps};
//!
//! let noradrenaline = ModulatorSpec {
//!     name: "noradrenaline".into(),
//!     tonic: 0.5,
//!     uptake_tau_ms: 200.0,
//!     max: 1.0,
//!     clamped: false,
//!     sources: Vec::new(),
//! };
//! let cells = PopulationSpec {
//!     receptors: maps::noradrenaline_mode("noradrenaline"),
//!     drive: 10.0.into(),
//!     ..PopulationSpec::new("cells", 10, cell_type("rs_2003").unwrap())
//! };
//! let spec = NetworkSpec { modulators: vec![noradrenaline], populations: vec![cells], ..NetworkSpec::new() };
//! Network::new(&spec, 0)?.think(100);
//! # Ok::<(), mesolimb_brain::BrainError>(())
//! ```

use crate::{Dist, Occupancy, ReceptorForm, ReceptorSpec, cell_types};

/// One entry: `effect` per unit of concentration on `parameter`.
fn entry(modulator: &str, parameter: &str, effect: f64, form: ReceptorForm, range: Option<[f64; 2]>) -> ReceptorSpec {
    ReceptorSpec {
        modulator: modulator.to_owned(),
        parameter: parameter.to_owned(),
        effect,
        density: Dist::one(),
        form,
        occupancy: Occupancy::Level,
        range,
    }
}

fn times(modulator: &str, parameter: &str, effect: f64) -> ReceptorSpec {
    entry(modulator, parameter, effect, ReceptorForm::Multiply, None)
}

fn plus(modulator: &str, parameter: &str, effect: f64) -> ReceptorSpec {
    entry(modulator, parameter, effect, ReceptorForm::Add, None)
}

/// Noradrenaline as gain, for `alif_current` cells: `γ (1 + NA)`, `b (1 − 0.85 NA)`, `v_th − 3 mV NA`.
///
/// It steepens the f–I curve and lowers the rheobase, from 2.0 to 0.85 pA at `NA = 1`: not a purely multiplicative gain.
///
/// Source: the first noradrenaline study with arXiv:2407.04525.
#[must_use]
pub fn noradrenaline_gain(modulator: &str) -> Vec<ReceptorSpec> {
    vec![times(modulator, "gain", 1.0), times(modulator, "b_pa", -0.85), plus(modulator, "v_th_mv", -3.0)]
}

/// Noradrenaline as a switch of the firing mode, for `izhikevich_2003` cells: `c + 30 mV NA`, `d − 12 NA`.
///
/// A regular spiking cell (−65, 8) chatters (−50, 2) at `NA = 0.5`.
/// Deviation: `d` would be negative above `NA = 2/3`, where spikes excite instead of adapt; it is kept at 0 or above.
///
/// Source: the second noradrenaline study with arXiv:2407.04525.
#[must_use]
pub fn noradrenaline_mode(modulator: &str) -> Vec<ReceptorSpec> {
    let adaptation = entry(modulator, "d", -12.0, ReceptorForm::Add, Some([0.0, 1e9]));
    vec![plus(modulator, "c_mv", 30.0), adaptation]
}

/// Dopamine at the D1 receptors of medium spiny neurons, intrinsic part: `v_r (1 + 0.0289 φ)`, `d (1 − 0.331 φ)`.
///
/// It raises the rheobase (229.5 to 258.4 pA at `φ = 0.8`) and the slope above it: what is strong gets stronger.
///
/// Source: Humphries, Lepora, Wood, Gurney 2009, doi 10.3389/neuro.10.026.2009.
#[must_use]
pub fn d1_intrinsic(modulator: &str) -> Vec<ReceptorSpec> {
    levers(modulator, "d1")
}

/// Dopamine at the D2 receptors of medium spiny neurons, intrinsic part: `k (1 − 0.032 φ)`.
///
/// It lowers the rheobase (229.5 to 216.0 pA at `φ = 0.8`). The paper notes that one experiment says the contrary; the
/// synaptic effect, which lowers the drive, is the stronger one.
///
/// Source: Humphries et al. 2009.
#[must_use]
pub fn d2_intrinsic(modulator: &str) -> Vec<ReceptorSpec> {
    levers(modulator, "d2")
}

fn levers(modulator: &str, cell_type: &str) -> Vec<ReceptorSpec> {
    let of_type = cell_types().iter().filter(|t| t.name == cell_type).flat_map(|t| t.levers);
    of_type.map(|lever| times(modulator, lever.parameter, lever.effect)).collect()
}

/// Dopamine at the D1 receptors of medium spiny neurons, synaptic part: NMDA currents times `1 + 6.3 φ`.
/// It needs NMDA synapses onto the population.
///
/// Source: Humphries et al. 2009.
#[must_use]
pub fn d1_synaptic(modulator: &str) -> Vec<ReceptorSpec> {
    vec![times(modulator, "synapse.nmda", 6.3)]
}

/// Dopamine at the D2 receptors of medium spiny neurons, synaptic part: AMPA currents times `1 − 0.215 φ`.
/// It needs AMPA synapses onto the population.
///
/// Source: Humphries et al. 2009.
#[must_use]
pub fn d2_synaptic(modulator: &str) -> Vec<ReceptorSpec> {
    vec![times(modulator, "synapse.ampa", -0.215)]
}

/// Acetylcholine at muscarinic receptors, for `izhikevich_2007` cells: less adaptation, `d (1 − 0.7 ACh)`, and a lower
/// threshold, `v_t − 2 mV ACh`.
///
/// Source of the effect: Madison & Nicoll 1984, J Physiol 354:319 (the after-hyperpolarisation is blocked and cells fire
/// on); its size is a choice.
#[must_use]
pub fn acetylcholine_adaptation(modulator: &str) -> Vec<ReceptorSpec> {
    vec![times(modulator, "d_pa", -0.7), plus(modulator, "v_t_mv", -2.0)]
}

/// Serotonin as a bias towards inhibition, for any cells: an outward current of `strength_pa` when all receptors are
/// active (in the unit of the cell where that is dimensionless).
///
/// Source of the effect: Andrade, Malenka & Nicoll 1986, Science 234:1261 (5-HT1A receptors open potassium channels);
/// that the current does not depend on the potential is a choice, and so is its size.
#[must_use]
pub fn serotonin_inhibition(modulator: &str, strength_pa: f64) -> Vec<ReceptorSpec> {
    vec![plus(modulator, "current", -strength_pa)]
}

/// The coupling of apical dendrite and soma, for `pyramidal` cells: `g_c + m`, kept in `[0, 1]`.
///
/// With a `g_c` of 0 to begin with, the modulator alone says how often a plateau of the dendrite turns spikes into
/// bursts.
///
/// Source: `g_c` as the handle of modulators: Whyte et al. 2025, doi 10.1371/journal.pcbi.1012951.
#[must_use]
pub fn apical_coupling(modulator: &str) -> Vec<ReceptorSpec> {
    vec![entry(modulator, "g_c", 1.0, ReceptorForm::Add, Some([0.0, 1.0]))]
}
