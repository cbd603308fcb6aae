//! What rules that walk over every edge in every tick have in common.

use super::gate::Drive;
use crate::{Modulator, kernel::add_scaled, rows::Rows};

/// Values of cells, brought into the order of the edges of a row, so that the arithmetic runs on plain slices.
pub(super) struct Gather<const N: usize> {
    full: bool,
    buffers: [Vec<f32>; N],
}

impl<const N: usize> Gather<N> {
    pub(super) fn new(rows: &Rows, n_post: usize) -> Self {
        let full = rows.is_full(n_post);
        let room = if full { 0 } else { (0..rows.n_rows()).map(|row| rows.row(row).len()).max().unwrap_or(0) };
        Self { full, buffers: std::array::from_fn(|_| Vec::with_capacity(room)) }
    }

    /// The values at the targets of a row; where the row is full, these are the values as they come.
    pub(super) fn at<'a>(&'a mut self, targets: &[u16], of: [&'a [f32]; N]) -> [&'a [f32]; N] {
        if self.full {
            return of;
        }
        for (buffer, of) in self.buffers.iter_mut().zip(of) {
            buffer.clear();
            buffer.extend(targets.iter().map(|&j| of[j as usize]));
        }
        self.buffers.each_ref().map(Vec::as_slice)
    }

    /// A spike arrives, and the weights stay: `out += x w` along one row.
    pub(super) fn deliver(&self, rows: &Rows, weights: &[f32], row: usize, x: f32, out: &mut [f32]) {
        let edges = rows.row(row);
        if self.full {
            add_scaled(out, x, &weights[edges]);
            return;
        }
        for (&j, w) in rows.targets[edges.clone()].iter().zip(&weights[edges]) {
            out[j as usize] += x * w;
        }
    }
}

/// What a modulator is worth in a tick: its concentration above the baseline at the start, or 1 if there is none.
pub(super) struct Factor {
    drive: Option<Drive>,
    now: f32,
}

impl Factor {
    pub(super) fn new(drive: Option<Drive>) -> Self {
        Self { drive, now: 1.0 }
    }

    pub(super) fn begin_tick(&mut self, modulators: &[Modulator]) {
        if let Some(drive) = &mut self.drive {
            self.now = drive.read(modulators).1 as f32;
        }
    }

    pub(super) fn now(&self) -> f32 {
        self.now
    }

    pub(super) fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        self.drive.iter_mut().for_each(|drive| drive.visit(f));
    }
}

/// `w ← w + l z`, within bounds.
pub(super) fn learn(w: &mut [f32], l: &[f32], z: &[f32], [low, high]: [f32; 2]) {
    for ((w, l), z) in w.iter_mut().zip(l).zip(z) {
        *w = (*w + l * z).max(low).min(high);
    }
}
