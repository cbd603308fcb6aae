//! A table: printed for people, written as CSV for programs.

use std::{io::Write as _, path::Path};

use anyhow::Context as _;

/// Named columns and rows of text.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has another number of fields than there are columns.
    pub fn row<T: ToString>(&mut self, fields: impl IntoIterator<Item = T>) {
        let row: Vec<String> = fields.into_iter().map(|field| field.to_string()).collect();
        assert_eq!(row.len(), self.columns.len(), "a field for each of the columns {:?}", self.columns);
        self.rows.push(row);
    }

    /// Prints it with aligned columns.
    pub fn print(&self) {
        let all = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |k: usize| all().map(|row| row[k].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = std::io::stdout().lock();
        for row in all() {
            let fields = row.iter().zip(&widths).map(|(field, &width)| format!("{field:<width$}"));
            // A reader that went away is no reason to lose the results.
            let _ = writeln!(out, "{}", fields.collect::<Vec<_>>().join("  ").trim_end());
        }
    }

    /// Writes it as CSV, with comments in front, a line each.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path, comments: &[&str]) -> anyhow::Result<()> {
        let quoted = |field: &String| {
            if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.clone() }
        };
        let mut text: String = comments.iter().map(|comment| format!("# {comment}\n")).collect();
        for row in std::iter::once(&self.columns).chain(&self.rows) {
            text += &(row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n");
        }
        std::fs::write(path, text).with_context(|| path.display().to_string())
    }
}
