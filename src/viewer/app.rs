//! The window: starts Bevy, and gives the session back when it closes.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use bevy::{
    asset::AssetEventSystems,
    camera::{CameraOutputMode, visibility::RenderLayers},
    log::LogPlugin,
    prelude::*,
    render::render_resource::BlendState,
    window::{PresentMode, WindowResolution},
};
use bevy_egui::{EguiGlobalSettings, EguiPlugin, EguiPostUpdateSet, EguiPrimaryContextPass, PrimaryEguiContext};

use super::{
    camera::{self, Grab, ViewRects},
    cloud::{self, Cloud},
    controls::Edits,
    convert, follow,
    history::History,
    keys,
    link::{self, Link},
    palette, panels,
    screenshot::{self, FinalShot, Shots},
    stage::{self, Stage},
};
use crate::{
    live::{Cast, Command, Live},
    session::Session,
};

/// Exit code with which Bevy answers Ctrl-C: that is a way to close the window.
const CTRL_C: u8 = 130;

/// How to show a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewOptions {
    /// Save the window as PNG into this file, this many seconds after the first frame, and close.
    pub screenshot: Option<(PathBuf, f32)>,
    /// Title of the window.
    pub title: String,
}

/// Whether there is a display to open a window on.
#[must_use]
pub fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_desktop = cfg!(any(target_os = "macos", target_os = "windows"));
    is_desktop || is_set("DISPLAY") || (cfg!(feature = "wayland") && is_set("WAYLAND_DISPLAY"))
}

/// Shows a run until the window closes, on the calling thread, which has to be the main thread; a process can do so once.
/// The run is saved and given back as [`Command::Quit`] leaves it.
///
/// # Errors
/// If there is no display or no graphics device, the screenshot cannot be written, a step has failed, or the run cannot be saved.
/// The run has been ended and saved then too, as far as it could be.
pub fn run(live: Live, options: ViewOptions) -> anyhow::Result<Session> {
    let Live { cast, frames, commands, thread } = live;
    let link = Link::new(cast, frames, commands.clone());
    let shown = show(link, options);
    // The thread may have ended by itself; joining tells how.
    let _gone = commands.send(Command::Quit);
    drop(commands);
    let session = thread.join().map_err(|_| anyhow!("the simulation panicked"))??;
    shown.map(|()| session)
}

fn show(link: Link, options: ViewOptions) -> anyhow::Result<()> {
    if !has_display() {
        bail!("no display: neither DISPLAY nor, with the feature `wayland`, WAYLAND_DISPLAY is set");
    }
    let (final_shot, outcome) = match &options.screenshot {
        Some((path, after_secs)) => {
            let after = Duration::try_from_secs_f32(*after_secs).context("delay of the screenshot")?;
            let (shot, outcome) = FinalShot::new(path.clone(), after);
            (Some(shot), Some(outcome))
        }
        None => (None, None),
    };
    // Without a graphics device the renderer panics; the run is to be saved all the same.
    let exit = catch_unwind(AssertUnwindSafe(|| app(link, &options, final_shot).run()))
        .map_err(|panic| anyhow!("the viewer stopped: {}", panic_message(&*panic)))?;
    match outcome.map(|outcome| outcome.get()) {
        Some(Some(Err(error))) => bail!(error),
        _ if exit.is_error() && exit != AppExit::from_code(CTRL_C) => bail!("drawing failed; the log says why"),
        Some(None) => bail!("the window was closed before the screenshot"),
        _ => Ok(()),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("an unknown failure").to_owned()
}

fn app(link: Link, options: &ViewOptions, final_shot: Option<FinalShot>) -> App {
    let mut app = App::new();
    // The caller has a logger already.
    app.add_plugins(DefaultPlugins.build().disable::<LogPlugin>().set(window(options)));
    app.add_plugins(EguiPlugin::default());
    // Else a letter that is drawn for the first time is missing from its first picture: textures would go to the renderer
    // before the panels have added to them.
    app.configure_sets(PostUpdate, EguiPostUpdateSet::PostProcessOutput.before(AssetEventSystems));
    app.set_error_handler(bevy::ecs::error::warn);
    add_resources(&mut app, link.cast.clone());
    app.insert_resource(link);
    if let Some(shot) = final_shot {
        app.insert_resource(shot);
    }
    app.add_systems(Startup, (spawn_panel_camera, stage::spawn, cloud::spawn))
        .add_systems(
            Update,
            (
                (link::receive, keys::obey, screenshot::take_wanted, screenshot::take_final).chain(),
                (stage::build, follow::follow_robot, camera::follow_mouse, camera::place_cameras).chain(),
                (stage::pose_items, stage::pose_contacts, cloud::draw),
            )
                .chain(),
        )
        .add_systems(EguiPrimaryContextPass, (panels::set_style, panels::draw).chain())
        .add_systems(Last, camera::place_viewports);
    app
}

fn add_resources(app: &mut App, cast: Cast) {
    app.insert_resource(Cloud::new(&cast.populations, cast.tick_secs))
        .insert_resource(History::new(&cast))
        .insert_resource(ClearColor(convert::color(palette::BACKGROUND)))
        .init_resource::<ViewRects>()
        .init_resource::<Grab>()
        .init_resource::<Stage>()
        .init_resource::<Edits>()
        .init_resource::<Shots>();
}

fn window(options: &ViewOptions) -> WindowPlugin {
    let primary = Window {
        title: options.title.clone(),
        name: Some("mesolimb".into()),
        resolution: WindowResolution::new(1280, 720),
        present_mode: PresentMode::AutoVsync,
        resize_constraints: WindowResizeConstraints { min_width: 800.0, min_height: 500.0, ..default() },
        ..default()
    };
    WindowPlugin { primary_window: Some(primary), ..default() }
}

/// The panels have a camera of their own, over the whole window and after the others, which have parts of it only.
fn spawn_panel_camera(mut commands: Commands, mut settings: ResMut<EguiGlobalSettings>) {
    settings.auto_create_primary_context = false;
    let over_the_views =
        CameraOutputMode::Write { blend_state: Some(BlendState::ALPHA_BLENDING), clear_color: ClearColorConfig::None };
    commands.spawn((
        PrimaryEguiContext,
        Camera2d,
        RenderLayers::none(),
        Camera {
            order: 2,
            output_mode: over_the_views,
            clear_color: ClearColorConfig::Custom(Color::NONE),
            ..default()
        },
    ));
}
