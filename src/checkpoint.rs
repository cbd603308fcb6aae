//! The whole state of a run as one file: versioned, checksummed, and replaced in one move.
//!
//! Layout: 8 bytes `MESOLIMB`, then little-endian `u32` version, `u32` CRC-32 of the payload, `u64` length of the payload,
//! and the payload. Nothing is believed before the checksum holds, and nothing is allocated beyond the file's own size.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use mesolimb_agents::RolloutState;
use serde::{Deserialize, Serialize};

use crate::config::RunConfig;

const MAGIC: &[u8; 8] = b"MESOLIMB";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 24;
/// Largest checkpoint that is read.
const MAX_BYTES: u64 = 1 << 30;

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The run, as TOML, with the robot if the task has none of its own: it must be the one of the folder.
    pub run: String,
    /// Physics, brain, schedule and counters.
    pub rollout: RolloutState,
    /// Length of `curve.csv` up to here, in bytes.
    pub curve_bytes: u64,
    /// Rows of `interventions.csv` up to here: changes that were made by hand.
    pub interventions: u64,
    /// Length of `interventions.csv` up to here, in bytes; 0 without any.
    pub interventions_bytes: u64,
}

impl Checkpoint {
    /// The run that the state belongs to.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn run(&self) -> anyhow::Result<RunConfig> {
        toml::from_str(&self.run).context("the run inside the checkpoint cannot be read")
    }

    /// Writes the checkpoint: to a temporary file, synced, then renamed. Whatever fails, an older file of that name stays
    /// whole.
    ///
    /// # Errors
    /// If it cannot be written; the temporary file is gone then.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let payload = postcard::to_stdvec(self).context("the state cannot be serialised")?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&payload);
        replace_file(path, &bytes)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// If it is not a whole, undamaged checkpoint of a version that is known. Nothing is changed.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Self::read_inner(path).with_context(|| format!("checkpoint {}", path.display()))
    }

    fn read_inner(path: &Path) -> anyhow::Result<Self> {
        // Every error of this function gets the path as its context.
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        if len == 0 {
            bail!("the file is empty");
        }
        if len > MAX_BYTES {
            bail!("the file has {len} bytes, expected at most {MAX_BYTES}");
        }
        let mut bytes = Vec::with_capacity(len as usize);
        file.read_to_end(&mut bytes)?;
        let Some((header, payload)) = bytes.split_at_checked(HEADER_BYTES) else {
            bail!("the file is cut off: {len} bytes, expected at least {HEADER_BYTES}");
        };
        if &header[..8] != MAGIC {
            bail!("this is no mesolimb checkpoint");
        }
        let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (version, checksum) = (word(8), word(12));
        let expected_len = u64::from(word(16)) | (u64::from(word(20)) << 32);
        if version > VERSION {
            bail!("format version {version} is newer than this program knows ({VERSION}); use a newer mesolimb");
        }
        if version != VERSION {
            bail!("format version is {version}, expected {VERSION}");
        }
        if payload.len() as u64 != expected_len {
            bail!("the file is cut off: {} bytes of state, expected {expected_len}", payload.len());
        }
        if crc32fast::hash(payload) != checksum {
            bail!("the file is damaged: its checksum does not hold");
        }
        postcard::from_bytes(payload).context("the file is damaged: its state cannot be read")
    }
}

/// Writes a file whole or not at all.
///
/// # Errors
/// If it cannot be written; the temporary file is gone then, and an older file of that name stays whole.
pub fn replace_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let temporary = temporary_beside(path);
    let written = write_synced(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // Without room for the new file, what is there of it only takes space; the old one is what counts.
        let _ = fs::remove_file(&temporary);
        return Err(error).with_context(|| format!("cannot write {}", path.display()));
    }
    sync_folder(path.parent().unwrap_or(Path::new(".")));
    Ok(())
}

/// Where a file is written before it is renamed.
#[must_use]
pub fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes renames in a folder last through a power cut, where the system can.
pub fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(path) {
        let _ = folder.sync_all();
    }
}
