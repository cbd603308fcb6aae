//! The only place where brain and body meet: agents that learn online in closed loop, and how they are run and measured.

pub mod agent;
pub mod audit;
pub mod baseline;
pub mod brain_file;
pub mod evaluation;
pub mod normaliser;
pub mod registry;
pub mod rollout;
pub mod search;
pub mod spiking;

pub use agent::{Agent, AgentError, Kind, Mode, Scalar, Settings, Transition};
pub use brain_file::{Brain, BrainChoice, BrainFile, TaskNumbers};
pub use evaluation::{EVALUATION_STREAM, Evaluated, evaluate};
pub use registry::{AgentEntry, AgentSettings, agents};
pub use rollout::{Episode, EpisodeEnd, Progress, Rollout, RolloutState, StepReport};
pub use spiking::{SpikingActorCritic, SpikingConfig};
