//! The only place where brain and body meet: agents that learn online in closed loop, and how they are run and measured.

pub mod agent;
pub mod normaliser;

pub use agent::{Agent, AgentError, Insight, Mode, Transition};
