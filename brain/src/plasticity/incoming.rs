//! The edges of a projection seen from their targets: what a postsynaptic spike walks along.

use crate::rows::Rows;

/// Incoming edges of each cell, with the rows that they lie in.
pub(super) enum Incoming {
    /// All rows are full: edge `row · n_post + post`.
    Full { n_rows: usize, n_post: usize },
    /// Those of cell `j` are `starts[j] .. starts[j + 1]`, in the order of the rows.
    Listed { starts: Vec<u32>, edges: Vec<u32>, rows: Vec<u32> },
}

impl Incoming {
    pub(super) fn new(rows: &Rows, n_post: usize) -> Self {
        if rows.is_full(n_post) {
            return Self::Full { n_rows: rows.n_rows(), n_post };
        }
        let mut starts = vec![0u32; n_post + 1];
        for &target in &rows.targets {
            starts[target as usize + 1] += 1;
        }
        for j in 0..n_post {
            starts[j + 1] += starts[j];
        }
        let mut next = starts.clone();
        let (mut edges, mut of_rows) = (vec![0; rows.n_edges()], vec![0; rows.n_edges()]);
        for row in 0..rows.n_rows() {
            for edge in rows.row(row) {
                let place = &mut next[rows.targets[edge] as usize];
                edges[*place as usize] = edge as u32;
                of_rows[*place as usize] = row as u32;
                *place += 1;
            }
        }
        Self::Listed { starts, edges, rows: of_rows }
    }

    /// Calls `f(edge, row)` for every edge that ends at cell `post`.
    #[inline]
    pub(super) fn each(&self, post: usize, mut f: impl FnMut(usize, usize)) {
        match self {
            Self::Full { n_rows, n_post } => (0..*n_rows).for_each(|row| f(row * n_post + post, row)),
            Self::Listed { starts, edges, rows } => {
                let range = starts[post] as usize..starts[post + 1] as usize;
                for (&edge, &row) in edges[range.clone()].iter().zip(&rows[range]) {
                    f(edge as usize, row as usize);
                }
            }
        }
    }

    pub(super) fn bytes_per_edge(&self) -> f64 {
        match self {
            Self::Full { .. } => 0.0,
            Self::Listed { .. } => 8.0,
        }
    }
}
