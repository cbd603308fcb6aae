//! The view of body and brain while they learn, in a Bevy window.
//!
//! ```text
//! simulation thread ── frames ──▶ link ──▶ history, stage (body), cloud (brain) ──▶ panels
//!                   ◀─ commands ── controls, keys
//! ```
//!
//! The viewer only watches: it takes the frames that are there, never waits for one, and asks for changes by command.
//! World axes are those of the scene: x forward, y left, z up.

mod app;
mod axes;
mod camera;
mod cloud;
mod controls;
mod convert;
mod floor;
mod follow;
mod history;
mod keys;
mod layout;
mod link;
mod overlay;
mod palette;
mod panels;
mod plots;
mod presets;
mod raster;
mod returns;
mod screenshot;
mod shapes;
mod stage;

pub use app::{ViewOptions, has_display, run};
