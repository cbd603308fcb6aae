//! The app: command line, runs on disk, and the view of body and brain while they learn.

pub mod live;
pub mod session;
