//! The recorder: spikes and states as Parquet, one pair of files for each stretch between two checkpoints.
//!
//! It watches and never influences. A stretch is written under a temporary name and renamed when its checkpoint is due,
//! so that what is recorded always fits what was saved. The number in a file's name is the control steps lived before it.
//!
//! `steps_*.parquet` has a row for each control step: `step`, counted from 1 through all episodes · `reward` of the step ·
//! a column for each thing that can be seen of the agent (see [`mesolimb_agents::Agent::scalars`]) · `observation_*` after the step,
//! which the next step acts on, or which ended the episode · `action_*` that was done in the step. Units are those of the
//! channels. The observation that an episode begins with has no row.
//!
//! `spikes_*.parquet` has a row for each spike: `step` in which it fell · `tick` of the brain's life, from 0 · `cell`, counted
//! through all populations · `size`, 1 for a full burst. The first thought of an episode comes before its first step: it has
//! the number of that step, as the thought at the end of that step has.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use mesolimb_agents::{Rollout, StepReport};
use table::{Column, Table, cut, last_step};

pub(crate) mod table;

/// Records a run into a folder.
pub struct Recorder {
    folder: PathBuf,
    steps_schema: Vec<(String, Column)>,
    segment: Option<Segment>,
}

struct Segment {
    steps: Table,
    spikes: Table,
}

impl Recorder {
    /// Starts to record where a rollout stands; what was recorded beyond that is removed.
    ///
    /// # Errors
    /// If the folder cannot be made or tidied.
    pub fn start(folder: &Path, rollout: &Rollout) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        forget_beyond(folder, rollout.progress().steps)?;
        let spec = rollout.env().spec();
        let f32_column = || Column::F32(Vec::new());
        let mut steps_schema =
            vec![("step".to_owned(), Column::I64(Vec::new())), ("reward".to_owned(), Column::F64(Vec::new()))];
        steps_schema.extend(rollout.agent().scalars().iter().map(|scalar| (scalar.name.to_owned(), f32_column())));
        steps_schema.extend(spec.observations.iter().map(|c| (format!("observation_{}", c.name), f32_column())));
        steps_schema.extend(spec.actions.iter().map(|c| (format!("action_{}", c.name), f32_column())));
        Ok(Self { folder: folder.to_owned(), steps_schema, segment: None })
    }

    /// Records the control step that was just lived.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note(&mut self, rollout: &Rollout, report: &StepReport) -> anyhow::Result<()> {
        let step = rollout.progress().steps;
        let segment = self.segment_from(step - 1)?;
        let mut row = Row { columns: &mut segment.steps.columns, next: 0 };
        row.i64(step as i64);
        row.f64(report.reward);
        let seen = rollout.agent().insight().iter().chain(rollout.observation()).chain(rollout.action());
        seen.for_each(|&value| row.f32(value));
        segment.steps.end_row()?;
        segment.note_spikes(rollout, step)
    }

    /// Records the thought that an episode begins with, before its first step.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn note_first_thought(&mut self, rollout: &Rollout) -> anyhow::Result<()> {
        let lived = rollout.progress().steps;
        self.segment_from(lived)?.note_spikes(rollout, lived + 1)
    }

    /// Ends the stretch under way, because a checkpoint is due.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn close_segment(&mut self) -> anyhow::Result<()> {
        if let Some(segment) = self.segment.take() {
            segment.steps.close()?;
            segment.spikes.close()?;
        }
        Ok(())
    }

    /// The stretch under way; a new one begins after `start` control steps.
    fn segment_from(&mut self, start: u64) -> anyhow::Result<&mut Segment> {
        let segment = match self.segment.take() {
            Some(segment) => segment,
            None => self.open_segment(start)?,
        };
        Ok(self.segment.insert(segment))
    }

    fn open_segment(&self, start: u64) -> anyhow::Result<Segment> {
        let spikes_schema = vec![
            ("step".to_owned(), Column::I64(Vec::new())),
            ("tick".to_owned(), Column::I64(Vec::new())),
            ("cell".to_owned(), Column::I32(Vec::new())),
            ("size".to_owned(), Column::F32(Vec::new())),
        ];
        let path = |kind: &str| self.folder.join(format!("{kind}_{start:012}.parquet"));
        Ok(Segment {
            steps: Table::create(path("steps"), self.steps_schema.clone())?,
            spikes: Table::create(path("spikes"), spikes_schema)?,
        })
    }
}

impl Segment {
    fn note_spikes(&mut self, rollout: &Rollout, step: u64) -> anyhow::Result<()> {
        let Some(brain) = rollout.agent().brain() else { return Ok(()) };
        for spike in brain.spikes().iter() {
            let mut row = Row { columns: &mut self.spikes.columns, next: 0 };
            row.i64(step as i64);
            row.i64((brain.window_start() + u64::from(spike.tick)) as i64);
            row.i32(spike.cell as i32);
            row.f32(spike.size);
            self.spikes.end_row()?;
        }
        Ok(())
    }
}

/// Removes what tells of more than `step` control steps, and what was never finished.
fn forget_beyond(folder: &Path, step: u64) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let start: Option<u64> =
            name.split_once('_').and_then(|(_, rest)| rest.split('.').next()).and_then(|start| start.parse().ok());
        if name.ends_with(".tmp") || start.is_some_and(|start| start >= step) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        } else if start.is_some() && last_step(&path)?.is_some_and(|last| last > step) {
            // Saved at other moments than this checkpoint: the stretch is kept up to here.
            cut(&path, step)?;
        }
    }
    Ok(())
}

/// Fills one row, column by column.
struct Row<'a> {
    columns: &'a mut [Column],
    next: usize,
}

impl Row<'_> {
    fn column(&mut self) -> &mut Column {
        self.next += 1;
        &mut self.columns[self.next - 1]
    }

    fn i32(&mut self, value: i32) {
        if let Column::I32(values) = self.column() {
            values.push(value);
        }
    }

    fn i64(&mut self, value: i64) {
        if let Column::I64(values) = self.column() {
            values.push(value);
        }
    }

    fn f32(&mut self, value: f32) {
        if let Column::F32(values) = self.column() {
            values.push(value);
        }
    }

    fn f64(&mut self, value: f64) {
        if let Column::F64(values) = self.column() {
            values.push(value);
        }
    }
}
