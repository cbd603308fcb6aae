//! A spiking simulator in its own right: cells, synapses, modulators and plasticity, described as data and run by one
//! engine.
//!
//! A [`NetworkSpec`] says which ports, populations, projections, readouts and modulators exist; a [`Network`] runs it.
//! The brain knows no robots and no reward.
//! It has ports (values in, filtered rates out) and modulators that somebody outside releases.
//!
//! Units are the coherent set ms, mV, pA, pF, nS, GΩ; cells with threshold 1 are dimensionless and say so.
//!
//! ```
//! use mesolimb_brain::{Network, NetworkSpec};
//!
//! let spec: NetworkSpec = toml::from_str(r#"
//!     tick_ms = 1.0
//!     port = [{ name = "drive", size = 1 }]
//!     population = [{ name = "cells", size = 10, cell = { lif = {} } }]
//!     projection = [{ source = "drive", target = "cells", weights = 2.5 }]
//! "#)?;
//! let mut network = Network::new(&spec, 0)?;
//! let drive = network.port("drive").unwrap();
//! network.set_port(drive, &[1.0]);
//! network.think(200);
//! assert!(!network.spikes().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod build;
mod cell;
mod cell_types;
mod channel;
mod dist;
mod error;
mod history;
mod input;
mod kernel;
mod learn;
mod log;
pub mod maps;
mod modulator;
mod network;
mod plasticity;
mod population;
mod probe;
mod projection;
pub mod published;
mod query;
mod readout;
mod receptor;
pub mod rng;
mod rows;
mod spec;
mod state;
mod tag;
mod validate;

pub use cell::{
    AdexSpec, AlifCurrentSpec, AlifSpec, AlifThresholdSpec, CellArray, CellSpec, DhLifSpec, Electrode, Electrodes,
    Izhikevich2003Scheme, Izhikevich2003Spec, Izhikevich2007Spec, LifSpec, MsnSpec, PatchClamp, PoissonSpec,
    PyramidalSpec, QuadraticScheme, Rule, Scheme, Srm0Spec, Stimuli, Stimulus, TwoCompartmentSpec,
};
pub use cell_types::{CellType, Lever, cell_type, cell_types};
pub use dist::{Dist, RandomDist};
pub use error::BrainError;
pub use kernel::{add_scaled, dot};
pub use log::{Spike, SpikeLog};
pub use modulator::Modulator;
pub use network::{ModulatorId, Network, PopulationId, PortId, ReadoutId};
pub use plasticity::{
    Baseline, BurstSpec, DopamineStdpSpec, EpropSpec, MdglSpec, MstdpetSpec, Pairing, PlasticitySpec, RMaxSpec,
    ScalingSpec, StdpSpec, TdLtpSpec, ThreeFactorSpec, UrbanczikSennSpec,
};
pub use probe::{ProbeId, ProbedSynapse, Record};
pub use query::{Footprint, Synapse};
pub use spec::{
    ApicalSpec, CellChoice, CellRange, Compartment, Connectivity, Feedback, ModulatorSpec, NetworkSpec, NoiseSpec,
    NormalisedSpec, Occupancy, PopulationSpec, PortKind, PortSpec, ProbeSpec, ProjectionSpec, ReadoutSpec,
    ReceptorForm, ReceptorSpec, SourceSpec, SynapseSpec, TraceSpec, Transmitter,
};
pub use state::NetworkState;
