//! Cell models, one a file, each written once for a vector of cells at a time and for one cell in double precision.
//!
//! To add one: a file with its parameters and a [`Model`](model::Model), and a line in `cells!` below.

mod adex;
mod alif;
mod alif_current;
mod alif_threshold;
mod array;
pub(crate) mod column;
mod dh_lif;
pub(crate) mod group;
mod izhikevich_2003;
mod izhikevich_2007;
mod lif;
mod model;
mod msn;
mod parameters;
mod patch;
mod poisson;
mod pyramidal;
mod real;
mod scheme;
mod srm0;
mod two_compartment;

pub use adex::AdexSpec;
pub use alif::AlifSpec;
pub use alif_current::AlifCurrentSpec;
pub use alif_threshold::AlifThresholdSpec;
pub use array::{CellArray, Electrodes, Stimuli};
pub use dh_lif::DhLifSpec;
pub use izhikevich_2003::{Izhikevich2003Scheme, Izhikevich2003Spec};
pub use izhikevich_2007::{Izhikevich2007Spec, QuadraticScheme, Rule};
pub use lif::LifSpec;
pub use msn::MsnSpec;
pub use patch::{Electrode, PatchClamp, Stimulus};
pub use poisson::PoissonSpec;
pub use pyramidal::PyramidalSpec;
pub use scheme::Scheme;
pub use srm0::Srm0Spec;
pub use two_compartment::TwoCompartmentSpec;

pub(crate) use column::Column;
pub(crate) use group::{Context, Group, Shift};
pub(crate) use model::BRANCHES;
use parameters::{Bounds, Fault, Parameters};
pub(crate) use real::{Lanes, Real, dispatch, fast, inlined};
use serde::{Deserialize, Serialize};

use crate::{blocks::Blocks, dist::Dist, history::Fired, input::Chunk, rng::Rng};

/// Writes what depends on the list of models: one call per population and tick, never one per cell.
macro_rules! cells {
    ($($(#[$doc:meta])* $variant:ident $name:literal: $spec:ty, $model:ty, $c:literal, $s:literal;)*) => {
        /// A cell model with its parameters.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "there is one for each population")]
        pub enum CellSpec {
            $($(#[$doc])* #[serde(rename = $name)] $variant($spec),)*
        }

        /// The cells of one population: parameters and state of one model, as arrays.
        #[allow(clippy::large_enum_variant, reason = "there is one for each population")]
        pub(crate) enum Cells {
            $($variant(Group<$model, $c, $s>),)*
        }

        impl Cells {
            /// Draws the parameters of `n` cells.
            pub(crate) fn new(spec: &CellSpec, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
                match spec {
                    $(CellSpec::$variant(spec) => Self::$variant(Group::new(spec, n, tick_ms, rng)),)*
                }
            }

            /// The cells `range` alone.
            pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
                match self {
                    $(Self::$variant(cells) => Self::$variant(cells.slice(range)),)*
                }
            }

            /// Advances the cells of a chunk, from `start` on, by a tick; who spikes is added to `fired`. The currents
            /// onto the somata are those of all cells given here, or else those of the chunk.
            pub(crate) fn tick(
                &mut self,
                start: usize,
                currents: Option<&Blocks>,
                chunk: &mut Chunk,
                context: &Context,
                fired: &mut Vec<Fired>,
            ) {
                match self {
                    $(Self::$variant(cells) => cells.tick(start, currents, chunk, context, fired),)*
                }
            }

            /// Sets the parameters to their nominal values, shifted as said.
            pub(crate) fn modulate(&mut self, shifts: &[Shift]) {
                match self {
                    $(Self::$variant(cells) => cells.modulate(shifts),)*
                }
            }

            /// Puts the cells at rest, with membrane potentials drawn anew.
            pub(crate) fn reset(&mut self, rng: &mut Rng) {
                match self {
                    $(Self::$variant(cells) => cells.reset(rng),)*
                }
            }

            /// A state variable by its name.
            pub(crate) fn state(&self, name: &str) -> Option<&[f32]> {
                match self {
                    $(Self::$variant(cells) => cells.state(name),)*
                }
            }

            /// A nominal parameter by its place in the spec.
            pub(crate) fn nominal(&self, parameter: usize) -> &Column<f64> {
                match self {
                    $(Self::$variant(cells) => cells.nominal(parameter),)*
                }
            }

            /// Bytes that the arrays take.
            pub(crate) fn bytes(&self) -> usize {
                match self {
                    $(Self::$variant(cells) => cells.bytes(),)*
                }
            }

            /// Shows every state array to `visit`.
            pub(crate) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
                match self {
                    $(Self::$variant(cells) => cells.visit(visit),)*
                }
            }
        }

        impl CellSpec {
            /// Name, value and bounds of every parameter that may be a distribution.
            pub(crate) fn dists(&self) -> Vec<(&'static str, &Dist, Bounds)> {
                match self {
                    $(Self::$variant(spec) => spec.dists(),)*
                }
            }

            /// Name and value of every parameter that may be a distribution, to change.
            pub(crate) fn dists_mut(&mut self) -> Vec<(&'static str, &mut Dist)> {
                match self {
                    $(Self::$variant(spec) => spec.dists_mut(),)*
                }
            }

            /// Makes all cells alike: every parameter is at the centre of its distribution.
            pub fn homogenise(&mut self) {
                self.dists_mut().into_iter().for_each(|(_, dist)| *dist = Dist::Constant(dist.centre()));
            }

            /// What no bound of a single parameter can tell.
            pub(crate) fn fault(&self) -> Option<Fault> {
                match self {
                    $(Self::$variant(spec) => spec.fault(),)*
                }
            }

            /// Every model with its default parameters, under the name that it has in a spec.
            #[must_use]
            pub fn defaults() -> Vec<(String, Self)> {
                vec![$(($name.to_owned(), Self::$variant(<$spec>::default())),)*]
            }

            /// One cell of this kind in the patch clamp.
            fn patch(&self, tick_ms: f64) -> Box<dyn patch::Patched> {
                match self {
                    $(Self::$variant(spec) => patch::Single::<$model, $c, $s>::boxed(spec, tick_ms),)*
                }
            }

            /// Whether there is an apical dendrite that takes input of its own.
            #[must_use]
            pub fn has_apical(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$model as model::Model<$c, $s>>::APICAL,)*
                }
            }

            /// Whether conductances can act on it: it has a membrane potential in mV.
            #[must_use]
            pub fn takes_conductances(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$model as model::Model<$c, $s>>::CONDUCTS,)*
                }
            }

            /// Whether there are dendritic branches that take input of their own.
            #[must_use]
            pub fn has_branches(&self) -> bool {
                match self {
                    $(Self::$variant(_) => <$model as model::Model<$c, $s>>::BRANCHED,)*
                }
            }

            /// Names of the state variables, the membrane potential first.
            #[must_use]
            pub fn states(&self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant(_) => &const { <$model as model::Model<$c, $s>>::STATES },)*
                }
            }
        }
    };
}

cells! {
    /// Leaky integrate-and-fire, in mV and pA.
    Lif "lif": LifSpec, lif::Lif, 10, 2;
    /// Adaptive leaky integrate-and-fire with graded bursts, dimensionless.
    Alif "alif": AlifSpec, alif::Alif, 4, 2;
    /// Leaky integrate-and-fire with an adaptation current, in mV and pA.
    AlifCurrent "alif_current": AlifCurrentSpec, alif_current::AlifCurrent, 13, 3;
    /// Leaky integrate-and-fire with an adaptive threshold, in mV and pA.
    AlifThreshold "alif_threshold": AlifThresholdSpec, alif_threshold::AlifThreshold, 11, 3;
    /// Leaky integrate-and-fire with dendritic branches, dimensionless.
    DhLif "dh_lif": DhLifSpec, dh_lif::DhLif, 7, 6;
    /// The simple model of Izhikevich 2003, with current in its own unit.
    Izhikevich2003 "izhikevich_2003": Izhikevich2003Spec, izhikevich_2003::Izhikevich2003, 12, 2;
    /// The dimensional model of Izhikevich 2007.
    Izhikevich2007 "izhikevich_2007": Izhikevich2007Spec, izhikevich_2007::Izhikevich2007, 12, 2;
    /// Adaptive exponential integrate-and-fire.
    Adex "adex": AdexSpec, adex::Adex, 12, 2;
    /// Medium spiny neurons of the striatum.
    Msn "msn": MsnSpec, izhikevich_2007::Izhikevich2007, 12, 2;
    /// Layer-5 pyramidal cells with an apical dendrite.
    Pyramidal "pyramidal": PyramidalSpec, pyramidal::Pyramidal, 25, 7;
    /// Two compartments with escape noise, whose dendrite learns to predict the soma.
    TwoCompartment "two_compartment": TwoCompartmentSpec, two_compartment::TwoCompartment, 15, 3;
    /// Spike response neurons with escape noise, driven by a potential in mV.
    Srm0 "srm0": Srm0Spec, srm0::Srm0, 6, 2;
    /// Poisson spike generators, driven by a rate in Hz.
    Poisson "poisson": PoissonSpec, poisson::Poisson, 2, 1;
}
