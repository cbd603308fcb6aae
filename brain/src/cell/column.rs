//! One quantity of all cells of a population: the same number for all, or one for each.

use super::real::{LANES, Lanes};
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
    /// One draw for each of `n` cells; what is given draws nothing.
    pub(crate) fn sample(dist: &Dist, n: usize, rng: &mut Rng) -> Self {
        match dist {
            Dist::Constant(value) => Self::Same(*value),
            Dist::Each(values) => Self::Each(values.clone()),
            Dist::Random(_) => Self::Each((0..n).map(|_| dist.sample(rng)).collect()),
        }
    }
}

impl Column<f32> {
    /// Eight cells from cell `start` on.
    #[inline(always)]
    pub(crate) fn lanes(&self, start: usize) -> Lanes {
        match self {
            Self::Same(value) => Lanes::splat(*value),
            Self::Each(values) => load(values, start),
        }
    }
}

/// Eight values from `start` on; zeros beyond the end.
#[inline(always)]
pub(crate) fn load(values: &[f32], start: usize) -> Lanes {
    match values.get(start..start + LANES) {
        Some(full) => {
            let mut lanes = [0.0; LANES];
            lanes.copy_from_slice(full);
            Lanes(lanes)
        }
        None => load_tail(values, start),
    }
}

#[cold]
fn load_tail(values: &[f32], start: usize) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().zip(&values[start.min(values.len())..]) {
        *lane = *value;
    }
    Lanes(lanes)
}

/// Writes eight values from `start` on; those beyond the end are dropped.
#[inline(always)]
pub(crate) fn store(lanes: Lanes, values: &mut [f32], start: usize) {
    match values.get_mut(start..start + LANES) {
        Some(full) => full.copy_from_slice(&lanes.0),
        None => store_tail(lanes, values, start),
    }
}

#[cold]
fn store_tail(lanes: Lanes, values: &mut [f32], start: usize) {
    let start = start.min(values.len());
    for (value, lane) in values[start..].iter_mut().zip(&lanes.0) {
        *value = *lane;
    }
}
