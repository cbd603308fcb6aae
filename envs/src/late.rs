//! The latest rows of some numbers, so that one of some steps ago can be had.

use serde::{Deserialize, Serialize};

/// Largest delay, in control steps.
pub(crate) const MAX_DELAY_STEPS: usize = 10;

/// A ring of the latest rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Late {
    n_columns: usize,
    /// `MAX_DELAY_STEPS + 1` rows, one after the other.
    rows: Vec<f32>,
    /// Which of them is the newest.
    newest: usize,
}

impl Late {
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { n_columns, rows: vec![0.0; (MAX_DELAY_STEPS + 1) * n_columns], newest: 0 }
    }

    /// Begins a new row, which holds what the newest held until it is written.
    pub(crate) fn begin_row(&mut self) -> &mut [f32] {
        let last = self.newest * self.n_columns;
        self.newest = (self.newest + 1) % (MAX_DELAY_STEPS + 1);
        let start = self.newest * self.n_columns;
        self.rows.copy_within(last..last + self.n_columns, start);
        &mut self.rows[start..start + self.n_columns]
    }

    /// The row of so many steps ago.
    pub(crate) fn row(&self, delay_steps: usize) -> &[f32] {
        let slot = (self.newest + MAX_DELAY_STEPS + 1 - delay_steps) % (MAX_DELAY_STEPS + 1);
        &self.rows[slot * self.n_columns..][..self.n_columns]
    }

    /// Makes all rows alike the newest.
    pub(crate) fn fill_with_newest(&mut self) {
        let start = self.newest * self.n_columns;
        for slot in 0..=MAX_DELAY_STEPS {
            self.rows.copy_within(start..start + self.n_columns, slot * self.n_columns);
        }
    }

    /// Makes all rows zero.
    pub(crate) fn clear(&mut self) {
        self.rows.fill(0.0);
    }

    /// Whether this is a possible ring of rows of `n_columns`.
    pub(crate) fn is_valid(&self, n_columns: usize) -> bool {
        self.n_columns == n_columns
            && self.rows.len() == (MAX_DELAY_STEPS + 1) * n_columns
            && self.rows.iter().all(|value| value.is_finite())
            && self.newest <= MAX_DELAY_STEPS
    }
}
