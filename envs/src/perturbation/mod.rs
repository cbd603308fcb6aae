//! Changes of the world as data: which parameter, what happens to it, and when.
//!
//! ```toml
//! changes = [
//!     { parameter = "motor_gain/shoulder", scale = -1.0, at = 200000 },
//!     { parameter = "link_mass/pole", scale = { log_uniform = [0.5, 4.0] }, every = 10000 },
//!     { parameter = "observation_delay", set = 3, at = 50000, until = 80000 },
//! ]
//! ```
//!
//! A [preset](presets) is a list of changes with a name.
//!
//! Every operation starts from the nominal value, never from the current one: twice is once, and undoing is exact.

mod change;
mod preset;
mod schedule;

pub use change::{Change, Distribution, Operand};
pub use preset::{PresetCall, PresetEntry, presets};
pub use schedule::{ChangeSchedule, ScheduleState};
