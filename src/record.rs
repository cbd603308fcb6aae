//! The recorder: spikes and states as Parquet, one pair of files for each stretch between two checkpoints.
//!
//! It watches and never influences. A stretch is written under a temporary name and renamed when its checkpoint is due,
//! so that what is recorded always fits what was saved.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use mesolimb_agents::{Rollout, StepReport};
use parquet::{
    basic::Compression,
    data_type::{DoubleType, FloatType, Int32Type, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use crate::checkpoint::temporary_beside;

/// Rows that are held before they are written.
const ROWS_PER_GROUP: usize = 1 << 17;

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

/// The values of a column that wait to be written.
#[derive(Clone)]
enum Column {
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Recorder {
    /// Starts to record where a rollout stands; what was recorded beyond that is removed.
    ///
    /// # Errors
    /// If the folder cannot be made or tidied.
    pub fn start(folder: &Path, rollout: &Rollout) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for entry in fs::read_dir(folder)?.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let start: Option<u64> =
                name.split_once('_').and_then(|(_, rest)| rest.split('.').next()).and_then(|step| step.parse().ok());
            let beyond = start.is_some_and(|start| start >= rollout.progress().steps);
            if beyond || name.ends_with(".tmp") {
                fs::remove_file(entry.path()).with_context(|| format!("cannot remove {}", entry.path().display()))?;
            }
        }
        let spec = rollout.env().spec();
        let f32_column = || Column::F32(Vec::new());
        let mut steps_schema =
            vec![("step".to_owned(), Column::I64(Vec::new())), ("reward".to_owned(), Column::F64(Vec::new()))];
        for name in ["value", "delta", "dopamine", "noradrenaline", "exploration", "recalibration"] {
            steps_schema.push((name.to_owned(), f32_column()));
        }
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
        if self.segment.is_none() {
            self.segment = Some(self.open_segment(step - 1)?);
        }
        let Some(segment) = &mut self.segment else { return Ok(()) };
        let insight = rollout.agent().insight();
        let mut row = Row { columns: &mut segment.steps.columns, next: 0 };
        row.i64(step as i64);
        row.f64(report.reward);
        for value in [
            insight.value,
            insight.delta,
            insight.dopamine,
            insight.noradrenaline,
            insight.exploration,
            insight.recalibration,
        ] {
            row.f32(value);
        }
        rollout.observation().iter().chain(rollout.action()).for_each(|&value| row.f32(value));
        segment.steps.end_row()?;
        for spike in rollout.agent().brain().map_or(&[][..], |brain| brain.spikes()) {
            let mut row = Row { columns: &mut segment.spikes.columns, next: 0 };
            row.i64(step as i64);
            row.i32(spike.tick as i32);
            row.i32(spike.cell as i32);
            row.f32(spike.size);
            segment.spikes.end_row()?;
        }
        Ok(())
    }

    /// Ends the stretch under way, because a checkpoint is due.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn close_segment(&mut self, _step: u64) -> anyhow::Result<()> {
        if let Some(segment) = self.segment.take() {
            segment.steps.close()?;
            segment.spikes.close()?;
        }
        Ok(())
    }

    fn open_segment(&self, start: u64) -> anyhow::Result<Segment> {
        let spikes_schema = vec![
            ("step".to_owned(), Column::I64(Vec::new())),
            ("tick".to_owned(), Column::I32(Vec::new())),
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

/// A Parquet file that is being written.
struct Table {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    fn create(path: PathBuf, schema: Vec<(String, Column)>) -> anyhow::Result<Self> {
        let fields: String = schema
            .iter()
            .map(|(name, column)| {
                let kind = match column {
                    Column::I32(_) => "INT32",
                    Column::I64(_) => "INT64",
                    Column::F32(_) => "FLOAT",
                    Column::F64(_) => "DOUBLE",
                };
                format!("REQUIRED {kind} {name};")
            })
            .collect();
        let schema_type = Arc::new(parse_message_type(&format!("message run {{ {fields} }}"))?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let temporary = temporary_beside(&path);
        let file = File::create(&temporary).with_context(|| format!("cannot write {}", temporary.display()))?;
        let writer = SerializedFileWriter::new(file, schema_type, Arc::new(properties))?;
        Ok(Self { path, writer, columns: schema.into_iter().map(|(_, column)| column).collect(), rows: 0 })
    }

    fn end_row(&mut self) -> anyhow::Result<()> {
        self.rows += 1;
        if self.rows == ROWS_PER_GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            match column {
                Column::I32(values) => writer.typed::<Int32Type>().write_batch(values, None, None)?,
                Column::I64(values) => writer.typed::<Int64Type>().write_batch(values, None, None)?,
                Column::F32(values) => writer.typed::<FloatType>().write_batch(values, None, None)?,
                Column::F64(values) => writer.typed::<DoubleType>().write_batch(values, None, None)?,
            };
            writer.close()?;
            match column {
                Column::I32(values) => values.clear(),
                Column::I64(values) => values.clear(),
                Column::F32(values) => values.clear(),
                Column::F64(values) => values.clear(),
            }
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    fn close(mut self) -> anyhow::Result<()> {
        if self.rows > 0 {
            self.flush()?;
        }
        let file = self.writer.into_inner()?;
        file.sync_all()?;
        fs::rename(temporary_beside(&self.path), &self.path)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }
}
