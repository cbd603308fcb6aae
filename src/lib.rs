//! The app: command line, runs on disk, and the view of body and brain while they learn.

pub mod audit;
pub mod bench;
pub mod brain;
pub mod check;
pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod docs;
pub mod folder;
pub mod intervention;
pub mod list;
pub mod live;
pub mod palette;
pub mod plot;
pub mod record;
pub mod render;
pub mod robot_file;
pub mod session;
pub mod strobe;
pub mod study;
pub mod summary;
pub mod train;
#[cfg(feature = "viewer")]
pub mod viewer;
