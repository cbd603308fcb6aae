//! Pictures of the window: at the press of a key, or one after some seconds to end with.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bevy::{
    diagnostic::FrameCount,
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};

use super::link::Link;

/// How long a picture may take until it counts as failed. A software renderer needs seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pictures to draw before the one that is kept: the first ones are dark while shaders are compiled.
const WARM_UP: u32 = 10;
/// How long to wait for the first frame.
const FIRST_FRAME: Duration = Duration::from_secs(120);

/// Pictures at the press of a key.
#[derive(Resource, Default)]
pub struct Shots {
    /// A picture is wanted.
    pub wanted: bool,
    /// What became of the last one.
    pub note: Option<String>,
    pending: Option<Outcome>,
}

/// What became of a picture, once it is known.
#[derive(Clone, Default)]
pub struct Outcome(Arc<Mutex<Option<Result<PathBuf, String>>>>);

impl Outcome {
    /// What became of it, if that is known.
    pub fn get(&self) -> Option<Result<PathBuf, String>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn set(&self, result: Result<PathBuf, String>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
    }
}

/// The picture to end with.
#[derive(Resource)]
pub struct FinalShot {
    path: PathBuf,
    after: Duration,
    outcome: Outcome,
    opened: Duration,
    /// When the first frame was shown, and how many pictures had been drawn by then.
    first_frame: Option<(Duration, u32)>,
    taken: Option<Duration>,
}

impl FinalShot {
    /// A picture `after` the first frame that is shown, and where to look for what became of it.
    pub fn new(path: PathBuf, after: Duration) -> (Self, Outcome) {
        let outcome = Outcome::default();
        let shot =
            Self { path, after, outcome: outcome.clone(), opened: Duration::ZERO, first_frame: None, taken: None };
        (shot, outcome)
    }
}

/// Takes the pictures that were asked for by key.
pub fn take_wanted(mut commands: Commands, mut shots: ResMut<Shots>, link: Res<Link>) {
    if let Some(result) = shots.pending.as_ref().and_then(Outcome::get) {
        shots.pending = None;
        shots.note = Some(match result {
            Ok(path) => format!("saved {}", path.display()),
            Err(error) => error,
        });
    }
    if std::mem::take(&mut shots.wanted) && shots.pending.is_none() {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let path = PathBuf::from(format!("mesolimb-{}-{seconds}.png", link.cast.env.name));
        let outcome = Outcome::default();
        take(&mut commands, path, outcome.clone());
        shots.pending = Some(outcome);
    }
}

/// Takes the picture to end with when its time has come, and ends the app when it is known what became of it.
pub fn take_final(
    mut commands: Commands,
    shot: Option<ResMut<FinalShot>>,
    link: Res<Link>,
    time: Res<Time<Real>>,
    drawn: Res<FrameCount>,
    mut exit: MessageWriter<AppExit>,
) {
    let Some(mut shot) = shot else { return };
    let now = time.elapsed();
    if shot.opened.is_zero() {
        shot.opened = now;
    }
    if shot.first_frame.is_none() && link.latest.is_some() {
        shot.first_frame = Some((now, drawn.0));
    }
    let too_late = match (shot.first_frame, shot.taken) {
        (None, _) => now > shot.opened + FIRST_FRAME,
        (Some(_), Some(taken)) => now > taken + PATIENCE,
        (Some((first_frame, drawn_before)), None) => {
            if now >= first_frame + shot.after && drawn.0.wrapping_sub(drawn_before) >= WARM_UP {
                take(&mut commands, shot.path.clone(), shot.outcome.clone());
                shot.taken = Some(now);
            }
            false
        }
    };
    if too_late && shot.outcome.get().is_none() {
        shot.outcome.set(Err(format!("no picture for {} came from the renderer in time", shot.path.display())));
    }
    if shot.outcome.get().is_some() {
        tracing::debug!("{} pictures in {:.1} s", drawn.0, (now - shot.opened).as_secs_f32());
        exit.write(AppExit::Success);
    }
}

fn take(commands: &mut Commands, path: PathBuf, outcome: Outcome) {
    commands.spawn(Screenshot::primary_window()).observe(move |captured: On<ScreenshotCaptured>| {
        outcome.set(save(captured.image.clone(), &path));
    });
}

fn save(image: Image, path: &Path) -> Result<PathBuf, String> {
    let failed = |what: String| format!("picture {} cannot be saved: {what}", path.display());
    let picture = image.try_into_dynamic().map_err(|error| failed(error.to_string()))?;
    // What alpha the window has is of no interest.
    picture.to_rgb8().save(path).map_err(|error| failed(error.to_string()))?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use bevy::{
        asset::RenderAssetUsages,
        render::render_resource::{Extent3d, TextureDimension, TextureFormat},
    };

    use super::*;

    #[test]
    fn a_picture_is_saved_or_the_error_names_the_file() {
        let image = || {
            let size = Extent3d { width: 2, height: 2, depth_or_array_layers: 1 };
            let format = TextureFormat::Rgba8UnormSrgb;
            Image::new(size, TextureDimension::D2, vec![200; 16], format, RenderAssetUsages::default())
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shot.png");
        assert_eq!(save(image(), &path), Ok(path.clone()));
        assert!(std::fs::metadata(&path).unwrap().len() > 0);
        let nowhere = folder.path().join("missing/shot.png");
        assert!(save(image(), &nowhere).unwrap_err().contains("missing/shot.png"));
        assert!(save(image(), &folder.path().join("shot.xyz")).is_err());
    }
}
