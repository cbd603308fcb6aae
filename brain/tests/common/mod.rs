//! Reference data of independent simulators: a reader of their tables, and the list of who reads which.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod features;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Every file of the reference data with the test that reads it. `*` stands for any characters but `/`.
///
/// To add one: a line here, and a test that goes through [`read_by`] with that name.
pub const FILES: &[(&str, &str)] = &[
    ("single/lif_tutorial_*.csv", "traces"),
    ("single/alif_current_tutorial_*.csv", "traces"),
    ("single/alif_threshold_lsnn_*.csv", "traces"),
    ("single/adex_*_step.csv", "traces"),
    ("single/adex_*_noise.csv", "traces"),
    ("single/izh2003_*_step.csv", "traces"),
    ("single/izh2003_*_noise.csv", "traces"),
    ("single/izh2007_*_step.csv", "traces"),
    ("single/izh2007_*_noise.csv", "traces"),
    ("single/*_spikes.csv", "spikes"),
    ("single/*_fi.csv", "rates"),
    ("single/*_agreement.csv", "agreement"),
    ("msn/msn_fi.csv", "msn rates"),
    ("msn/msn_input_counts.csv", "msn input"),
    ("msn/msn_D*.csv", "msn traces"),
    ("l5/l5_spikes.csv", "l5 spikes"),
    ("l5/l5_*_gc1.csv", "l5 traces"),
    ("synapses/syn_*_current.csv", "synaptic currents"),
    ("synapses/syn_exp_current_spiking.csv", "synaptic currents"),
    ("synapses/syn_cond_*.csv", "synaptic conductances"),
    ("synapses/syn_spikes.csv", "synaptic spikes"),
    ("synapses/syn_agreement.csv", "synaptic agreement"),
    // The rules read theirs beside the code; `reference_plasticity.rs` sees to it that none is left out.
    ("plasticity/*.csv", "plasticity"),
    ("network_cuba.csv", "network"),
];

/// Where the reference data lies.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference")
}

/// Paths of all tables below the folder, relative to it, sorted.
pub fn all_files() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "csv") {
                let relative = path.strip_prefix(folder()).unwrap();
                found
                    .push(relative.components().map(|c| c.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/"));
            }
        }
    }
    found.sort();
    found
}

/// Whether a path is what a pattern says.
pub fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| {
            let end = rest.find('/').unwrap_or(rest.len());
            (0..=end).any(|i| rest.is_char_boundary(i) && matches(tail, &rest[i..]))
        }),
    }
}

/// The tables that a test has to read, with their names; there is at least one.
pub fn read_by(test: &str) -> Vec<Table> {
    let patterns: Vec<&str> = FILES.iter().filter(|(_, reader)| *reader == test).map(|(pattern, _)| *pattern).collect();
    let paths = all_files().into_iter().filter(|path| patterns.iter().any(|pattern| matches(pattern, path)));
    let tables: Vec<Table> = paths.map(|path| Table::load(&path)).collect();
    assert!(!tables.is_empty(), "'{test}' has nothing to read");
    tables
}

/// A table: comments, names of the columns, rows of fields.
#[derive(Clone, Debug)]
pub struct Table {
    pub path: String,
    pub comments: Vec<String>,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn load(path: &str) -> Self {
        let text = std::fs::read_to_string(folder().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        let (comments, data): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
        let mut rows = data.into_iter().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = rows.next().unwrap_or_else(|| panic!("{path} has no columns"));
        let rows: Vec<_> = rows.collect();
        assert!(rows.iter().all(|row| row.len() == columns.len()), "{path}: a row has another number of fields");
        assert!(!rows.is_empty(), "{path} has no rows");
        Self { path: path.to_owned(), comments: comments.into_iter().map(str::to_owned).collect(), columns, rows }
    }

    /// Name of the file without folder and ending.
    pub fn stem(&self) -> &str {
        let (_, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        name.trim_end_matches(".csv")
    }

    /// Place of a column.
    pub fn place(&self, column: &str) -> usize {
        let place = self.columns.iter().position(|name| name == column);
        place.unwrap_or_else(|| panic!("{} has no column '{column}'", self.path))
    }

    /// A field.
    pub fn text(&self, row: usize, column: &str) -> &str {
        &self.rows[row][self.place(column)]
    }

    /// A number; `None` where the field is empty.
    pub fn number(&self, row: usize, column: &str) -> Option<f64> {
        let text = self.text(row, column);
        (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{}: '{text}' is no number", self.path)))
    }

    /// A column of numbers, none of them empty.
    pub fn column(&self, column: &str) -> Vec<f64> {
        (0..self.rows.len()).map(|row| self.number(row, column).unwrap()).collect()
    }

    /// A field that holds several numbers.
    pub fn list(&self, row: usize, column: &str) -> Vec<f64> {
        numbers(self.text(row, column))
    }

    /// What the comments say as `name=number`.
    pub fn parameters(&self) -> BTreeMap<String, f64> {
        let words = self.comments.iter().flat_map(|line| line.split([' ', ',', ';', ':', '(', ')']));
        let pairs = words.filter_map(|word| word.split_once('='));
        pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
    }

    /// What a comment says after these words.
    pub fn comment(&self, after: &str) -> Option<&str> {
        self.comments.iter().find_map(|line| line.split_once(after)).map(|(_, rest)| rest.trim())
    }
}

/// Numbers between semicolons; none in an empty field.
pub fn numbers(text: &str) -> Vec<f64> {
    text.split(';').filter(|word| !word.trim().is_empty()).map(|word| word.trim().parse().unwrap()).collect()
}

/// Largest difference of two rows of spike times, over those that both have.
pub fn worst(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// The same for the first `n` spikes.
pub fn worst_of_first(n: usize, a: &[f64], b: &[f64]) -> f64 {
    worst(&a[..n.min(a.len())], &b[..n.min(b.len())])
}
