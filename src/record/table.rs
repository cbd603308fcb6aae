//! Tables as Parquet files, written column by column and cut to their first rows.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use parquet::{
    basic::{Compression, Type},
    column::reader::ColumnReader,
    data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type},
    file::{
        properties::WriterProperties,
        reader::{FileReader as _, RowGroupReader, SerializedFileReader},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};

use crate::checkpoint::temporary_beside;

/// Rows that are held before they are written.
const ROWS_PER_GROUP: usize = 1 << 17;

/// The values of a column that wait to be written.
#[derive(Clone)]
pub(crate) enum Column {
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text(Vec<ByteArray>),
}

/// A Parquet file that is being written.
pub(crate) struct Table {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    pub(crate) columns: Vec<Column>,
    rows: usize,
}

impl Column {
    fn truncate(&mut self, len: usize) {
        match self {
            Self::I32(values) => values.truncate(len),
            Self::I64(values) => values.truncate(len),
            Self::F32(values) => values.truncate(len),
            Self::F64(values) => values.truncate(len),
            Self::Text(values) => values.truncate(len),
        }
    }

    /// Appends all values of a column of a file.
    fn read(&mut self, group: &dyn RowGroupReader, column_idx: usize) -> anyhow::Result<()> {
        let n = usize::try_from(group.metadata().num_rows())?;
        match (group.get_column_reader(column_idx)?, self) {
            (ColumnReader::Int32ColumnReader(mut from), Self::I32(into)) => from.read_records(n, None, None, into)?,
            (ColumnReader::Int64ColumnReader(mut from), Self::I64(into)) => from.read_records(n, None, None, into)?,
            (ColumnReader::FloatColumnReader(mut from), Self::F32(into)) => from.read_records(n, None, None, into)?,
            (ColumnReader::DoubleColumnReader(mut from), Self::F64(into)) => from.read_records(n, None, None, into)?,
            _ => bail!("column {column_idx} has another type than it is written with"),
        };
        Ok(())
    }
}

impl Table {
    pub(crate) fn create(path: PathBuf, schema: Vec<(String, Column)>) -> anyhow::Result<Self> {
        Self::open(&path, schema).with_context(|| format!("cannot write {}", path.display()))
    }

    fn open(path: &Path, schema: Vec<(String, Column)>) -> anyhow::Result<Self> {
        let fields: String = schema
            .iter()
            .map(|(name, column)| {
                let (kind, meaning) = match column {
                    Column::I32(_) => ("INT32", ""),
                    Column::I64(_) => ("INT64", ""),
                    Column::F32(_) => ("FLOAT", ""),
                    Column::F64(_) => ("DOUBLE", ""),
                    Column::Text(_) => ("BYTE_ARRAY", " (UTF8)"),
                };
                format!("REQUIRED {kind} {name}{meaning};")
            })
            .collect();
        let schema_type = Arc::new(parse_message_type(&format!("message run {{ {fields} }}"))?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = File::create(temporary_beside(path))?;
        let writer = SerializedFileWriter::new(file, schema_type, Arc::new(properties))?;
        let columns = schema.into_iter().map(|(_, column)| column).collect();
        Ok(Self { path: path.to_owned(), writer, columns, rows: 0 })
    }

    pub(crate) fn end_row(&mut self) -> anyhow::Result<()> {
        self.rows += 1;
        if self.rows < ROWS_PER_GROUP {
            return Ok(());
        }
        self.flush().with_context(|| format!("cannot write {}", self.path.display()))
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
                Column::Text(values) => writer.typed::<ByteArrayType>().write_batch(values, None, None)?,
            };
            writer.close()?;
            column.truncate(0);
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    pub(crate) fn close(self) -> anyhow::Result<()> {
        let path = self.path.clone();
        self.finish().with_context(|| format!("cannot write {}", path.display()))
    }

    fn finish(mut self) -> anyhow::Result<()> {
        if self.rows > 0 {
            self.flush()?;
        }
        let file = self.writer.into_inner()?;
        file.sync_all()?;
        fs::rename(temporary_beside(&self.path), &self.path)?;
        Ok(())
    }
}

/// The step that the last row of a table tells of, if it has any row. Its first column is the step.
pub(crate) fn last_step(path: &Path) -> anyhow::Result<Option<u64>> {
    let last = || -> anyhow::Result<Option<u64>> {
        let reader = SerializedFileReader::new(File::open(path)?)?;
        let Some(group_idx) = reader.num_row_groups().checked_sub(1) else { return Ok(None) };
        Ok(steps_of(reader.get_row_group(group_idx)?.as_ref())?.last().map(|step| *step as u64))
    };
    last().with_context(|| format!("cannot read {}", path.display()))
}

fn steps_of(group: &dyn RowGroupReader) -> anyhow::Result<Vec<i64>> {
    let mut column = Column::I64(Vec::new());
    column.read(group, 0)?;
    let Column::I64(steps) = column else { bail!("the first column is no step") };
    Ok(steps)
}

/// Keeps the rows of a table that tell of steps up to `step`; they are in the order of steps.
pub(crate) fn cut(path: &Path, step: u64) -> anyhow::Result<()> {
    cut_inner(path, step).with_context(|| format!("cannot cut {} at step {step}", path.display()))
}

fn cut_inner(path: &Path, step: u64) -> anyhow::Result<()> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    let mut schema = Vec::new();
    for column in reader.metadata().file_metadata().schema_descr().columns() {
        let values = match column.physical_type() {
            Type::INT32 => Column::I32(Vec::new()),
            Type::INT64 => Column::I64(Vec::new()),
            Type::FLOAT => Column::F32(Vec::new()),
            Type::DOUBLE => Column::F64(Vec::new()),
            other => bail!("column '{}' is {other}", column.name()),
        };
        schema.push((column.name().to_owned(), values));
    }
    let mut table = Table::create(path.to_owned(), schema)?;
    for group_idx in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group_idx)?;
        let n_kept = steps_of(group.as_ref())?.partition_point(|at| *at as u64 <= step);
        if n_kept == 0 {
            break;
        }
        for (column_idx, column) in table.columns.iter_mut().enumerate() {
            column.read(group.as_ref(), column_idx)?;
            column.truncate(n_kept);
        }
        table.flush()?;
    }
    table.close()
}
