//! A spiking actor-critic that learns by TD-LTP.
//!
//! Source: Frémaux, Sprekeler, Gerstner 2013, PLoS Comput Biol 9:e1003024, doi 10.1371/journal.pcbi.1003024.

mod learner;
mod maze;
pub use maze::{Maze, MazeSpec, Trial};
mod track;

pub use learner::{Learner, LearnerSpec, Step};

pub use track::{Track, TrackSpec};
