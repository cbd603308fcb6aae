//! What the experiments share: arguments, seeds, medians with intervals, tables, and pictures.
//!
//! Each experiment is an example of this crate, named after its paper:
//! `cargo run --release -p mesolimb-papers --example izhikevich_2007`.
//! It prints a table beside the published numbers, and writes CSV and SVG into a folder.

mod args;
pub mod fremaux_2013;
pub mod izhikevich_2007;
mod plot;
mod seeds;
mod spikes;
mod stats;
mod table;
pub mod urbanczik_senn_2014;

pub use args::Args;
pub use plot::{BLACK, BLUE, Dots, GREEN, GREY, Legend, Line, ORANGE, PURPLE, Panel, SKY, Tile, colour, save};
pub use seeds::for_seeds;
pub use spikes::SpikeStatistics;
pub use stats::{Estimate, interval, mean, mean_ci, median, median_ci, sd};
pub use table::Table;
