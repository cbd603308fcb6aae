//! A picture of a movement: the robot at several moments of an episode, all in one scene.

use std::path::PathBuf;

use anyhow::{bail, ensure};
use clap::Args;
use mesolimb_agents::{EVALUATION_STREAM, rollout::episode_seed, search::Runner};
use mesolimb_envs::Scene;

use crate::{
    render::{Layer, Picture},
    session::Session,
};

/// Where the camera stands: at the side, a little above.
const DIRECTION: [f32; 2] = [-80.0, 12.0];
const HEIGHT_OF_WIDTH: f32 = 0.36;
/// How much of the first pose is seen; the last one is whole.
const LEAST_OPACITY: f32 = 0.35;

/// Options of the picture of an evaluation.
#[derive(Debug, Args)]
pub struct StrobeArgs {
    /// Draw a movement of the first evaluation episode as PNG
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// When the movement begins, in seconds of the episode
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, requires = "picture")]
    pub from: f64,
    /// How long it lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, requires = "picture")]
    pub lasting: f64,
    /// Moments of it that are shown, the first and the last with them
    #[arg(long, default_value_t = 7, requires = "picture")]
    pub poses: u32,
    /// Width of the picture in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200, requires = "picture")]
    pub width: u32,
}

/// Draws the picture, if one is asked for.
///
/// # Errors
/// If an option is out of range, the episode ends before the movement does, or the file cannot be written.
pub fn draw(args: &StrobeArgs, session: &mut Session) -> anyhow::Result<()> {
    let Some(file) = &args.picture else { return Ok(()) };
    ensure!((2..=50).contains(&args.poses), "--poses is {}, expected 2 to 50", args.poses);
    ensure!((100..=10_000).contains(&args.width), "--width is {}, expected 100 to 10000 pixels", args.width);
    ensure!(args.from >= 0.0 && args.from < 1e6, "--from is {}, expected seconds from 0 on", args.from);
    ensure!(args.lasting > 0.0 && args.lasting < 1e6, "--lasting is {}, expected seconds above 0", args.lasting);
    let dt_secs = session.rollout().env().spec().control_dt_secs;
    let step_of = |pose: u32| {
        let secs = args.from + args.lasting * f64::from(pose) / f64::from(args.poses - 1);
        (secs / dt_secs).round().max(1.0) as u32
    };
    let wanted: Vec<u32> = (0..args.poses).map(step_of).collect();
    let (config, policy) = (session.config().clone(), session.trained());
    let mut scenes = Vec::new();
    let seed = episode_seed(config.seed, EVALUATION_STREAM, 0);
    let lived = Runner::new(config.make_env()?).run(&policy, seed, |moment| {
        if wanted.contains(&moment.step) {
            let mut scene = Scene::default();
            moment.env.scene(&mut scene);
            scenes.push(scene);
        }
    })?;
    let Some((last, earlier)) = scenes.split_last().filter(|_| lived.steps >= wanted[wanted.len() - 1]) else {
        bail!(
            "the episode ends after {:.2} s, expected it to last until {:.2} s; choose --from and --lasting within it",
            f64::from(lived.steps) * dt_secs,
            args.from + args.lasting
        );
    };
    let opacity = |idx: usize| LEAST_OPACITY + (1.0 - LEAST_OPACITY) * (idx + 1) as f32 / scenes.len() as f32;
    let ghosts = earlier.iter().enumerate().map(|(idx, scene)| Layer::ghost(scene, opacity(idx)));
    let layers: Vec<Layer> = std::iter::once(Layer::pose(last)).chain(ghosts).collect();
    let height = (args.width as f32 * HEIGHT_OF_WIDTH) as u32;
    Picture::of_layers(&layers, DIRECTION, args.width, height).write(file)
}
