//! One quantity of all cells of a population: the same number for all, or one for each.

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

    /// Sets the value of cell `i` of `n`, in the order of the cells; one value for all becomes one for each only when a
    /// cell differs from the first.
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

impl Column<f32> {
    /// The value of cell `i`; zero behind the last one.
    #[inline(always)]
    pub(crate) fn or_zero(&self, i: usize) -> f32 {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values.get(i).copied().unwrap_or_default(),
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
