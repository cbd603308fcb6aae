//! Who is connected with whom, in compressed rows: one row for each source and delay, so that an arrival walks along
//! one row.

use std::ops::Range;

/// Row `source · n_delays + k` holds the edges of one source with the k-th delay.
///
/// The edges of row `r` are `starts[r] .. starts[r + 1]`; edge `e` ends at cell `targets[e]`. In a dense layer every row
/// is full, with the targets in ascending order.
pub(crate) struct Rows {
    /// First edge of each row, and the number of edges at the end.
    pub starts: Vec<u32>,
    /// Target of each edge.
    pub targets: Vec<u16>,
    /// Rows of one source.
    pub n_delays: usize,
}

impl Rows {
    /// The edges of a row.
    #[inline]
    pub(crate) fn row(&self, row: usize) -> Range<usize> {
        self.starts[row] as usize..self.starts[row + 1] as usize
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn n_sources(&self) -> usize {
        self.n_rows() / self.n_delays
    }

    pub(crate) fn n_edges(&self) -> usize {
        self.targets.len()
    }

    /// Shows every edge, the index of its source, and its target.
    #[inline]
    pub(crate) fn for_each(&self, mut f: impl FnMut(usize, usize, usize)) {
        for row in 0..self.n_rows() {
            self.row(row).for_each(|edge| f(edge, row / self.n_delays, usize::from(self.targets[edge])));
        }
    }

    /// Whether every row holds every one of `n_post` targets, in ascending order.
    pub(crate) fn is_full(&self, n_post: usize) -> bool {
        n_post > 0
            && (0..self.n_rows()).all(|row| self.row(row).len() == n_post)
            && self.targets.chunks_exact(n_post).all(|row| row.iter().enumerate().all(|(j, &t)| j == t as usize))
    }
}
