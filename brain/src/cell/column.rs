//! One quantity of all cells of a population: the same number for all, or one for each.

use wide::f32x8;

use super::real::{LANES, Real};
use crate::{dist::Dist, rng::Rng};

/// A quantity of `n` cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column<T> {
    /// All cells have the same.
    Same(T),
    /// One value for each cell.
    Each(Vec<T>),
}

impl<T: Copy + PartialEq> Column<T> {
    /// The value of cell `i`.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> T {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values[i],
        }
    }

    /// Sets the value of cell `i` of `n`; one value for all becomes one for each only when the first cell differs.
    pub(crate) fn set(&mut self, i: usize, n: usize, value: T) {
        match self {
            Self::Same(_) if i == 0 => *self = Self::Same(value),
            Self::Same(same) if *same == value => {}
            Self::Same(same) => {
                let mut values = vec![*same; n];
                values[i] = value;
                *self = Self::Each(values);
            }
            Self::Each(values) => values[i] = value,
        }
    }

    /// Whether cells differ.
    pub(crate) fn varies(&self) -> bool {
        matches!(self, Self::Each(_))
    }

    /// The cells `range` alone.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::Same(value) => Self::Same(*value),
            Self::Each(values) => Self::Each(values[range].to_vec()),
        }
    }
}

impl Column<f64> {
    /// One draw for each of `n` cells; a constant draws nothing.
    pub(crate) fn sample(dist: &Dist, n: usize, rng: &mut Rng) -> Self {
        match dist {
            Dist::Constant(value) => Self::Same(*value),
            Dist::Random(_) => Self::Each((0..n).map(|_| dist.sample(rng)).collect()),
        }
    }
}

impl Column<f32> {
    /// Eight cells from cell `start` on.
    #[inline(always)]
    pub(crate) fn lanes(&self, start: usize) -> f32x8 {
        match self {
            Self::Same(value) => f32x8::splat(*value),
            Self::Each(values) => load(values, start),
        }
    }
}

/// Eight values from `start` on; zeros beyond the end.
#[inline(always)]
pub(crate) fn load(values: &[f32], start: usize) -> f32x8 {
    match values.get(start..start + LANES) {
        Some(full) => {
            let mut lanes = [0.0; LANES];
            lanes.copy_from_slice(full);
            f32x8::new(lanes)
        }
        None => load_tail(values, start),
    }
}

#[cold]
fn load_tail(values: &[f32], start: usize) -> f32x8 {
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().zip(&values[start.min(values.len())..]) {
        *lane = *value;
    }
    f32x8::new(lanes)
}

/// Writes eight values from `start` on; those beyond the end are dropped.
#[inline(always)]
pub(crate) fn store(lanes: f32x8, values: &mut [f32], start: usize) {
    match values.get_mut(start..start + LANES) {
        Some(full) => full.copy_from_slice(lanes.as_array()),
        None => store_tail(lanes, values, start),
    }
}

#[cold]
fn store_tail(lanes: f32x8, values: &mut [f32], start: usize) {
    let start = start.min(values.len());
    for (value, lane) in values[start..].iter_mut().zip(lanes.as_array()) {
        *value = *lane;
    }
}

/// A lane in which every cell has the same.
#[inline(always)]
pub(crate) fn splat(x: f32) -> f32x8 {
    f32x8::of(f64::from(x))
}
