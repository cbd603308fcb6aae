//! The latest rows of some numbers, so that one of some steps ago can be had.

use serde::{Deserialize, Serialize};

/// Largest delay, in control steps.
pub(crate) const MAX_DELAY_STEPS: usize = 10;
/// Largest delay of the reward, in control steps.
pub(crate) const MAX_REWARD_DELAY_STEPS: usize = 40;

/// A ring of the latest `n_rows` rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Late {
    n_columns: usize,
    n_rows: usize,
    /// One row after the other.
    rows: Vec<f32>,
    /// Which of them is the newest.
    newest: usize,
}

impl Late {
    /// Rows of `n_columns`, kept for `max_delay_steps`.
    pub(crate) fn new(n_columns: usize, max_delay_steps: usize) -> Self {
        let n_rows = max_delay_steps + 1;
        Self { n_columns, n_rows, rows: vec![0.0; n_rows * n_columns], newest: 0 }
    }

    /// Begins a new row, which holds what the newest held until it is written.
    pub(crate) fn begin_row(&mut self) -> &mut [f32] {
        let last = self.newest * self.n_columns;
        self.newest = (self.newest + 1) % self.n_rows;
        let start = self.newest * self.n_columns;
        self.rows.copy_within(last..last + self.n_columns, start);
        &mut self.rows[start..start + self.n_columns]
    }

    /// The row of so many steps ago.
    pub(crate) fn row(&self, delay_steps: usize) -> &[f32] {
        let slot = (self.newest + self.n_rows - delay_steps) % self.n_rows;
        &self.rows[slot * self.n_columns..][..self.n_columns]
    }

    /// Makes all rows alike the newest.
    pub(crate) fn fill_with_newest(&mut self) {
        let start = self.newest * self.n_columns;
        for slot in 0..self.n_rows {
            self.rows.copy_within(start..start + self.n_columns, slot * self.n_columns);
        }
    }

    /// Makes all rows zero.
    pub(crate) fn clear(&mut self) {
        self.rows.fill(0.0);
    }

    /// Whether this is a possible ring of such rows.
    pub(crate) fn is_valid(&self, n_columns: usize, max_delay_steps: usize) -> bool {
        self.n_columns == n_columns
            && self.n_rows == max_delay_steps + 1
            && self.rows.len() == self.n_rows * n_columns
            && self.rows.iter().all(|value| value.is_finite())
            && self.newest < self.n_rows
    }
}
