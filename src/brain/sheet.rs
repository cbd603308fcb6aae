//! Tables that a run writes row by row, as CSV or as Parquet.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::ValueEnum;
use parquet::data_type::ByteArray;

use crate::record::table::{Column, Table};

/// How tables are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text, a line for each row
    #[default]
    Csv,
    /// Apache Parquet, for large runs
    Parquet,
}

/// A table that is being written.
pub struct Sheet {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    Csv(BufWriter<File>),
    Parquet(Box<Table>),
}

/// The kind of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A time.
    Time,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A name.
    Name,
}

/// A value in a row.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A time.
    Time(f64),
    /// A whole number.
    Whole(u32),
    /// A number.
    Number(f32),
    /// A name.
    Name(&'a str),
}

impl Sheet {
    /// Begins the table `name` in `folder`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(folder: &Path, name: &str, format: Format, columns: &[(&str, Is)]) -> anyhow::Result<Self> {
        match format {
            Format::Csv => {
                let path = folder.join(format!("{name}.csv"));
                let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                let begun = File::create(&path).map(BufWriter::new).and_then(|mut file| {
                    writeln!(file, "{}", header.join(","))?;
                    Ok(file)
                });
                let file = begun.with_context(|| format!("cannot write {}", path.display()))?;
                Ok(Self { path, kind: Kind::Csv(file) })
            }
            Format::Parquet => {
                let path = folder.join(format!("{name}.parquet"));
                let column = |is: Is| match is {
                    Is::Time => Column::F64(Vec::new()),
                    Is::Whole => Column::I32(Vec::new()),
                    Is::Number => Column::F32(Vec::new()),
                    Is::Name => Column::Text(Vec::new()),
                };
                let schema = columns.iter().map(|(name, is)| ((*name).to_owned(), column(*is))).collect();
                let table = Table::create(path.clone(), schema)?;
                Ok(Self { path, kind: Kind::Parquet(Box::new(table)) })
            }
        }
    }

    /// Adds a row, with its values in the order of the columns.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn row(&mut self, values: &[Value<'_>]) -> anyhow::Result<()> {
        match &mut self.kind {
            Kind::Csv(file) => write_row(file, values).with_context(|| format!("cannot write {}", self.path.display())),
            Kind::Parquet(table) => {
                for (column, value) in table.columns.iter_mut().zip(values) {
                    match (column, value) {
                        (Column::F64(column), Value::Time(value)) => column.push(*value),
                        (Column::I32(column), Value::Whole(value)) => column.push(*value as i32),
                        (Column::F32(column), Value::Number(value)) => column.push(*value),
                        (Column::Text(column), Value::Name(name)) => column.push(ByteArray::from(*name)),
                        _ => anyhow::bail!("a value does not fit its column in {}", self.path.display()),
                    }
                }
                table.end_row()
            }
        }
    }

    /// Ends the table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn close(self) -> anyhow::Result<()> {
        match self.kind {
            Kind::Csv(file) => {
                let synced =
                    file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
                synced.with_context(|| format!("cannot write {}", self.path.display()))
            }
            Kind::Parquet(table) => table.close(),
        }
    }
}

fn write_row(file: &mut BufWriter<File>, values: &[Value<'_>]) -> std::io::Result<()> {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            file.write_all(b",")?;
        }
        match value {
            Value::Time(value) => write!(file, "{value}")?,
            Value::Whole(value) => write!(file, "{value}")?,
            Value::Number(value) => write!(file, "{value}")?,
            Value::Name(name) if name.contains([',', '"', '\n', '\r']) => {
                write!(file, "\"{}\"", name.replace('"', "\"\""))?;
            }
            Value::Name(name) => file.write_all(name.as_bytes())?,
        }
    }
    file.write_all(b"\n")
}
