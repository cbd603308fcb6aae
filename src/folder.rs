//! A run folder: complete and portable, and consistent at every instant.
//!
//! `run.toml` the resolved run · `robot.toml` its robot, if the task has none of its own · `brain.toml` its
//! brain · `curve.csv` a line for each training episode · `interventions.csv` once the world was
//! changed by hand · `checkpoints/` · `record/` on request · `summary.json` once the run is done · `.lock`, empty, locked
//! while a process is at work.
//!
//! `curve.csv` has a row for each training episode, once it has ended: `episode`, counted from 0 · `end_step`, the control
//! step of life with which it ended, counted from 1 · `length` in control steps · `return`, the sum of its rewards · `end`,
//! why it ended · what can be seen of the agent after its last step (see [`mesolimb_agents::Agent::scalars`]).
//! What `record/` holds, [`crate::record`] says.
//!
//! `interventions.csv` has a row for each parameter that was written by hand: `step` control steps had been lived, then
//! `parameter` got `value`, in the unit of the parameter. `all,undo` gave every parameter its nominal value.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{BufWriter, ErrorKind, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use mesolimb_agents::{Episode, Scalar};

use crate::{
    checkpoint::{Checkpoint, replace_file, sync_folder},
    config::RunConfig,
    intervention::Written,
};

/// The robot of the run, where the task has none of its own: what was read from its file.
pub const ROBOT: &str = "robot.toml";
/// The brain of the run as it was resolved for its task, if its agent has one.
pub const BRAIN: &str = "brain.toml";
const CURVE_COLUMNS: &str = "episode,end_step,length,return,end";
const INTERVENTIONS: &str = "interventions.csv";
const INTERVENTIONS_HEADER: &str = "step,parameter,value\n";
/// Checkpoints that are kept: the newest, and the one before in case the newest is damaged later.
const KEPT_CHECKPOINTS: usize = 2;
const LOCK: &str = ".lock";
/// Locked while a folder is being filled that nobody can see yet.
const START_LOCK: &str = ".start.lock";

/// A run folder that this process holds: no other can write to it meanwhile.
pub struct RunFolder {
    path: PathBuf,
    curve: BufWriter<File>,
    curve_bytes: u64,
    interventions_bytes: u64,
    /// Locked for as long as the run is under way. A file of its own, because all others may be replaced.
    lock: File,
}

impl RunFolder {
    /// Makes the folder of a new run, with the head of its curve and its first checkpoint. It appears whole or not at all.
    ///
    /// # Errors
    /// If there is something at `path` already, or it cannot be written.
    pub fn create(path: &Path, config: &RunConfig, curve: &str, first: &Checkpoint) -> anyhow::Result<Self> {
        let otherwise = format!("or go on with: mesolimb resume {}", path.display());
        make_whole(path, &otherwise, |making| Self::fill(making, config, curve, first))?;
        Self::hold(path)
    }

    fn fill(path: &Path, config: &RunConfig, curve: &str, first: &Checkpoint) -> anyhow::Result<()> {
        fs::create_dir_all(path.join("checkpoints")).with_context(|| format!("cannot make {}", path.display()))?;
        replace_file(&path.join("run.toml"), config.to_toml()?.as_bytes())?;
        if let Some(body) = &config.body {
            let text = toml::to_string(body).context("the robot cannot be written as TOML")?;
            replace_file(&path.join(ROBOT), text.as_bytes())?;
        }
        if let Some(brain) = config.resolved_brain()? {
            replace_file(&path.join(BRAIN), brain.as_bytes())?;
        }
        replace_file(&path.join("curve.csv"), curve.as_bytes())?;
        replace_file(&path.join(LOCK), b"")?;
        first.write(&checkpoint_path(path, 0))
    }

    /// Holds the run folder at `path`; what it contains stays as it is.
    ///
    /// # Errors
    /// If another process holds the folder, or it lacks its curve.
    pub fn hold(path: &Path) -> anyhow::Result<Self> {
        let lock_path = path.join(LOCK);
        let lock = File::open(&lock_path)
            .or_else(|_| OpenOptions::new().append(true).create(true).open(&lock_path))
            .with_context(|| format!("cannot write {}", lock_path.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another mesolimb is at work in {}", path.display()),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", lock_path.display()));
            }
        }
        let curve_path = path.join("curve.csv");
        let mut curve = OpenOptions::new()
            .write(true)
            .open(&curve_path)
            .with_context(|| format!("cannot write {}", curve_path.display()))?;
        let curve_bytes =
            curve.seek(SeekFrom::End(0)).with_context(|| format!("cannot read {}", curve_path.display()))?;
        let interventions_bytes = match fs::metadata(path.join(INTERVENTIONS)) {
            Ok(data) => data.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => 0,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.join(INTERVENTIONS).display()));
            }
        };
        Ok(Self { path: path.to_owned(), curve: BufWriter::new(curve), curve_bytes, interventions_bytes, lock })
    }

    /// Goes back to `checkpoint`, of `step`: newer checkpoints, and the lines of the curve and of the interventions beyond
    /// it, are removed.
    ///
    /// # Errors
    /// If one of the two is shorter than the checkpoint says, or something cannot be written.
    pub fn go_back_to(&mut self, checkpoint: &Checkpoint, step: u64) -> anyhow::Result<()> {
        for (name, found, expected) in [
            ("curve.csv", self.curve_bytes, checkpoint.curve_bytes),
            (INTERVENTIONS, self.interventions_bytes, checkpoint.interventions_bytes),
        ] {
            if found < expected {
                let path = self.path.join(name);
                bail!("{} has {found} bytes, expected at least {expected}: lines are missing", path.display());
            }
        }
        // At every instant the newest checkpoint fits the curve: this one is there first, the newest goes first, and
        // the curve is cut last.
        let this = checkpoint_path(&self.path, step);
        if Checkpoint::read(&this).ok().as_ref() != Some(checkpoint) {
            checkpoint.write(&this)?;
        }
        for (_, newer) in checkpoints(&self.path)?.into_iter().rev().take_while(|(newer, _)| *newer > step) {
            fs::remove_file(&newer).with_context(|| format!("cannot remove {}", newer.display()))?;
        }
        self.remove_unfinished();
        // A run can be killed between a checkpoint and this.
        self.remove_old()?;
        let curve = &mut self.curve;
        curve
            .get_ref()
            .set_len(checkpoint.curve_bytes)
            .and_then(|()| curve.seek(SeekFrom::End(0)))
            .with_context(|| format!("cannot cut {}", self.path.join("curve.csv").display()))?;
        self.curve_bytes = checkpoint.curve_bytes;
        self.cut_interventions(checkpoint.interventions_bytes)
    }

    fn cut_interventions(&mut self, bytes: u64) -> anyhow::Result<()> {
        let path = self.path.join(INTERVENTIONS);
        let cut = match (self.interventions_bytes, bytes) {
            (0, _) => Ok(()),
            (_, 0) => fs::remove_file(&path),
            (_, bytes) => OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(bytes)),
        };
        cut.with_context(|| format!("cannot cut {}", path.display()))?;
        self.interventions_bytes = bytes;
        Ok(())
    }

    /// Removes what a run that was killed while it saved has left behind.
    fn remove_unfinished(&self) {
        let folders = [self.path.clone(), self.path.join("checkpoints")];
        let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
        for entry in entries.filter_map(Result::ok) {
            if entry.path().extension().is_some_and(|extension| extension == "tmp") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// A curve without any episode, of an agent of which this can be seen.
    #[must_use]
    pub fn empty_curve(scalars: &[Scalar]) -> String {
        let names = scalars.iter().map(|scalar| format!(",{}", scalar.name));
        format!("{CURVE_COLUMNS}{}\n", names.collect::<String>())
    }

    /// Where the run is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the curve so far.
    #[must_use]
    pub fn curve_bytes(&self) -> u64 {
        self.curve_bytes
    }

    /// Bytes of the interventions so far.
    #[must_use]
    pub fn interventions_bytes(&self) -> u64 {
        self.interventions_bytes
    }

    /// Adds what was changed by hand after `step` control steps of life. The header is written before the first row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_intervention(&mut self, step: u64, written: &[Written]) -> anyhow::Result<()> {
        let mut lines = if self.interventions_bytes == 0 { INTERVENTIONS_HEADER.to_owned() } else { String::new() };
        for row in written {
            match row {
                Written::Value(parameter, value) => lines += &format!("{step},{parameter},{value}\n"),
                Written::Undo => lines += &format!("{step},all,undo\n"),
            }
        }
        let path = self.path.join(INTERVENTIONS);
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        self.interventions_bytes += lines.len() as u64;
        Ok(())
    }

    /// Adds an episode to the curve.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_episode(&mut self, episode: &Episode, insight: &[f32]) -> anyhow::Result<()> {
        let Episode { index, end_step, steps, total_reward, end } = episode;
        let mut line = format!("{index},{end_step},{steps},{total_reward},{end}");
        insight.iter().for_each(|value| line += &format!(",{value}"));
        line.push('\n');
        self.curve_bytes += line.len() as u64;
        self.curve
            .write_all(line.as_bytes())
            .and_then(|()| self.curve.flush())
            .with_context(|| format!("cannot write {}", self.path.join("curve.csv").display()))
    }

    /// Writes a checkpoint, and lets go of those that are older than the one before.
    ///
    /// # Errors
    /// If it cannot be written; the last good one survives.
    pub fn save(&mut self, checkpoint: &Checkpoint, step: u64) -> anyhow::Result<()> {
        // The curve goes first: a checkpoint never tells of lines that are not on disk.
        let curve = self.curve.get_ref().sync_data();
        curve.with_context(|| format!("cannot sync {}", self.path.join("curve.csv").display()))?;
        checkpoint.write(&checkpoint_path(&self.path, step))?;
        self.remove_old()
    }

    /// Lets go of the checkpoints that are older than the one before the newest.
    fn remove_old(&self) -> anyhow::Result<()> {
        let mut all = checkpoints(&self.path)?;
        all.truncate(all.len().saturating_sub(KEPT_CHECKPOINTS));
        for (_, old) in all {
            let _ = fs::remove_file(old);
        }
        Ok(())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        let _ = self.curve.flush();
        // Closing is not enough where a child process that is just being started has a copy of the handle.
        let _ = self.lock.unlock();
    }
}

/// Makes the folder `path` by writing into one beside it, which gets its name when `fill` is done: it appears whole or
/// not at all. `otherwise` says what else to do if there is something at `path` already.
///
/// # Errors
/// If there is something at `path` already, it cannot be written, or `fill` fails.
pub fn make_whole<T>(path: &Path, otherwise: &str, fill: impl FnOnce(&Path) -> anyhow::Result<T>) -> anyhow::Result<T> {
    if path.exists() {
        bail!("{} exists already; choose another --out, {otherwise}", path.display());
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = |path: &Path| format!("cannot make {}", path.display());
    fs::create_dir_all(parent).with_context(|| cannot(parent))?;
    let name = path.file_name().with_context(|| format!("{} names no folder", path.display()))?;
    let name = name.to_string_lossy();
    remove_killed_starts(parent, &name);
    let making = parent.join(format!(".{name}.{}.tmp", std::process::id()));
    fs::create_dir_all(&making).with_context(|| cannot(&making))?;
    // Held for as long as the folder is being filled, so that no other start takes it for a killed one.
    let lock_path = making.join(START_LOCK);
    let lock = File::create(&lock_path).and_then(|lock| lock.lock().map(|()| lock)).with_context(|| cannot(&making));
    let made = lock.and_then(|lock| {
        let filled = fill(&making)?;
        drop(lock);
        fs::remove_file(&lock_path)
            .and_then(|()| fs::rename(&making, path))
            .with_context(|| cannot(path))
            .map(|()| filled)
    });
    if made.is_err() {
        let _ = fs::remove_dir_all(&making);
    }
    sync_folder(parent);
    made
}

/// Reads the run of a folder.
///
/// # Errors
/// If there is no run folder there, or its run file is not valid.
pub fn read_run(path: &Path) -> anyhow::Result<RunConfig> {
    let run = path.join("run.toml");
    if !run.is_file() {
        bail!("{} is no run folder: it has no run.toml", path.display());
    }
    let mut config = RunConfig::resolve(RunConfig::read(&run)?, &[])?;
    config.read_robot(path)?;
    config.read_kept_brain(path)?;
    Ok(config)
}

/// The checkpoints of a run folder with their steps, oldest first.
///
/// # Errors
/// If the folder cannot be read.
pub fn checkpoints(path: &Path) -> anyhow::Result<Vec<(u64, PathBuf)>> {
    let folder = path.join("checkpoints");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut all: Vec<(u64, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let step = name.strip_prefix("step_")?.strip_suffix(".ckpt")?.parse().ok()?;
            Some((step, entry.path()))
        })
        .collect();
    all.sort();
    Ok(all)
}

/// Reads the newest checkpoint of a run folder, or the one named.
///
/// # Errors
/// If there is none, or it is damaged; then the message says which older one is whole.
pub fn read_checkpoint(path: &Path, named: Option<&Path>) -> anyhow::Result<Checkpoint> {
    if let Some(named) = named {
        return Checkpoint::read(named);
    }
    let all = checkpoints(path)?;
    let Some(((_, newest), older)) = all.split_last() else {
        bail!("{} holds no checkpoint", path.join("checkpoints").display());
    };
    Checkpoint::read(newest).map_err(|error| {
        match older.iter().rev().find(|(_, older)| Checkpoint::read(older).is_ok()) {
            Some((step, older)) => error.context(format!(
                "the newest checkpoint cannot be used; the one of step {step} is whole: mesolimb resume {} --from {}",
                path.display(),
                older.display()
            )),
            None => error,
        }
    })
}

/// What is older than this, and not held by anyone, was left behind by a start that was killed.
const KILLED_START_AGE: Duration = Duration::from_secs(60);

/// Removes what killed starts of the run `name` have left behind in `parent`.
fn remove_killed_starts(parent: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_start = entry.file_name().to_str().is_some_and(|file| {
            let pid = file.strip_prefix(&format!(".{name}.")).and_then(|rest| rest.strip_suffix(".tmp"));
            pid.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let modified = entry.metadata().and_then(|data| data.modified());
        let is_old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KILLED_START_AGE));
        let held = || {
            let lock = File::open(entry.path().join(START_LOCK));
            lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
        };
        if is_start && is_old && !held() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn checkpoint_path(folder: &Path, step: u64) -> PathBuf {
    folder.join("checkpoints").join(format!("step_{step:012}.ckpt"))
}

/// A folder under `runs/` that does not exist yet.
#[must_use]
pub fn fresh_path(config: &RunConfig) -> PathBuf {
    let plain = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let robot = config.body.as_ref().map(|body| format!("-{}", body.name.chars().map(plain).collect::<String>()));
    fresh(&format!("{}{}-{}-{}", config.task, robot.unwrap_or_default(), config.agent, config.seed))
}

/// A folder under `runs/` called `name`, or `name-2` and so on, that does not exist yet.
#[must_use]
pub fn fresh(name: &str) -> PathBuf {
    let first = Path::new("runs").join(name);
    if !first.exists() {
        return first;
    }
    (2_u64..).map(|i| Path::new("runs").join(format!("{name}-{i}"))).find(|p| !p.exists()).unwrap_or(first)
}
