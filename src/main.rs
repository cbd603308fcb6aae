//! `mesolimb`: robots that learn the way animals do.

use std::process::ExitCode;

use clap::Parser as _;
use mesolimb::cli::{Cli, run};
use tracing_subscriber::EnvFilter;

/// What is logged unless `MESOLIMB_LOG` says otherwise. The graphics stack warns at every start without a real GPU.
const LOGGED: &str = "warn,mesolimb=info,winit=error,bevy_render::renderer=error,bevy_egui=error";

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("MESOLIMB_LOG").unwrap_or_else(|_| EnvFilter::new(LOGGED));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mesolimb: {error:#}");
            ExitCode::FAILURE
        }
    }
}
