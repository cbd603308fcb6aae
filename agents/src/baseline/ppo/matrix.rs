//! Products of small matrices, and tanh, in the widest instructions that the machine has.
//!
//! Each sum runs over the inner index in order, one multiplication and one addition at a time. So the results are those
//! of three plain loops, bit for bit, whatever the width and however many rows there are.
//! They are written here because the packed products of the usual crates allocate on every call.

use pulp::{Arch, Simd, WithSimd};

/// Rows of the left matrix that are multiplied at a time.
const ROWS: usize = 4;
/// Columns of the right matrix that are multiplied at a time, while there are as many.
const COLUMNS: usize = 16;

/// A matrix over values that lie row by row, or the transpose of one.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    n_rows: usize,
    n_columns: usize,
    /// How far apart neighbours in a column and in a row lie.
    strides: [usize; 2],
}

impl<'a> Matrix<'a> {
    /// With `n_columns` columns and as many rows as there are values for.
    pub(super) fn new(values: &'a [f32], n_columns: usize) -> Self {
        Self { values, n_rows: values.len() / n_columns, n_columns, strides: [n_columns, 1] }
    }

    /// Rows for columns.
    pub(super) fn transposed(self) -> Self {
        let [row, column] = self.strides;
        Self { n_rows: self.n_columns, n_columns: self.n_rows, strides: [column, row], ..self }
    }
}

/// Room for the rows that are multiplied at a time.
pub(super) struct Packed(Vec<[f32; ROWS]>);

impl Packed {
    /// For left matrices of up to `n_columns` columns.
    pub(super) fn new(n_columns: usize) -> Self {
        Self(vec![[0.0; ROWS]; n_columns])
    }
}

/// `C ← C + A B`, with `b` and `c` row by row.
pub(super) fn add_product(a: Matrix<'_>, b: &[f32], c: &mut [f32], packed: &mut Packed) {
    let width = c.len() / a.n_rows;
    debug_assert_eq!((b.len(), c.len()), (a.n_columns * width, a.n_rows * width));
    Arch::new().dispatch(AddProduct { a, b, c, width, packed: &mut packed.0[..a.n_columns] });
}

struct AddProduct<'a> {
    a: Matrix<'a>,
    b: &'a [f32],
    c: &'a mut [f32],
    /// Columns of `b` and `c`.
    width: usize,
    packed: &'a mut [[f32; ROWS]],
}

impl WithSimd for AddProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { a, b, c, width, packed } = self;
        let [row, column] = a.strides;
        for (strip, c) in c.chunks_mut(ROWS * width).enumerate() {
            let n_rows = c.len() / width;
            let first = &a.values[strip * ROWS * row..];
            for (k, packed) in packed.iter_mut().enumerate() {
                for (r, value) in packed.iter_mut().take(n_rows).enumerate() {
                    *value = first[r * row + k * column];
                }
            }
            match n_rows {
                ROWS => add_strip::<ROWS>(packed, b, c, width),
                3 => add_strip::<3>(packed, b, c, width),
                2 => add_strip::<2>(packed, b, c, width),
                _ => add_strip::<1>(packed, b, c, width),
            }
        }
    }
}

/// Adds the product of `R` rows.
#[inline(always)]
fn add_strip<const R: usize>(a: &[[f32; ROWS]], b: &[f32], c: &mut [f32], width: usize) {
    let mut column = 0;
    while column + COLUMNS <= width {
        add_tile::<R, COLUMNS>(a, b, c, width, column);
        column += COLUMNS;
    }
    while column + 4 <= width {
        add_tile::<R, 4>(a, b, c, width, column);
        column += 4;
    }
    while column < width {
        add_tile::<R, 1>(a, b, c, width, column);
        column += 1;
    }
}

/// Adds the product of `R` rows and `C` columns from `column` on; its sums stay in registers.
#[inline(always)]
fn add_tile<const R: usize, const C: usize>(a: &[[f32; ROWS]], b: &[f32], c: &mut [f32], width: usize, column: usize) {
    let mut sums = [[0.0f32; C]; R];
    for (sums, c) in sums.iter_mut().zip(c.chunks_exact(width)) {
        sums.copy_from_slice(&c[column..column + C]);
    }
    for (a, b) in a.iter().zip(b.chunks_exact(width)) {
        let b = &b[column..column + C];
        for r in 0..R {
            for j in 0..C {
                sums[r][j] += a[r] * b[j];
            }
        }
    }
    for (sums, c) in sums.iter().zip(c.chunks_exact_mut(width)) {
        c[column..column + C].copy_from_slice(sums);
    }
}

/// Beyond this the fraction of [`tanh`] is farther from tanh than 1 is.
const SATURATION: f32 = 6.5;

/// tanh of every value, to within 1e-5.
///
/// The ninth convergent of Lambert's continued fraction `x/(1 + x²/(3 + x²/(5 + …)))` (NIST DLMF 4.39.1), up to where it
/// reaches 1.
pub(super) fn tanh(values: &mut [f32]) {
    Arch::new().dispatch(Tanh(values));
}

struct Tanh<'a>(&'a mut [f32]);

impl WithSimd for Tanh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        for value in self.0 {
            let x = value.clamp(-SATURATION, SATURATION);
            let x2 = x * x;
            let above = (((x2 + 990.0) * x2 + 135_135.0) * x2 + 4_729_725.0) * x2 + 34_459_425.0;
            let below = (((45.0 * x2 + 13_860.0) * x2 + 945_945.0) * x2 + 16_216_200.0) * x2 + 34_459_425.0;
            *value = (x * above / below).clamp(-1.0, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values without a pattern.
    fn scatter(n: usize, salt: usize) -> Vec<f32> {
        (0..n).map(|i| ((i + salt) * 7919 % 1009) as f32 / 504.5 - 1.0).collect()
    }

    proptest! {
        #[test]
        fn products_are_those_of_plain_loops(
            n_rows in 1usize..11, n_inner in 1usize..9, width in 1usize..40, transposed: bool, salt in 0usize..1000,
        ) {
            let (a, b) = (scatter(n_rows * n_inner, salt), scatter(n_inner * width, salt + 1));
            let left = if transposed { Matrix::new(&a, n_rows).transposed() } else { Matrix::new(&a, n_inner) };
            let mut c = scatter(n_rows * width, salt + 2);
            let mut expected = c.clone();
            for i in 0..n_rows {
                for j in 0..width {
                    for k in 0..n_inner {
                        let a = if transposed { a[k * n_rows + i] } else { a[i * n_inner + k] };
                        expected[i * width + j] += a * b[k * width + j];
                    }
                }
            }
            add_product(left, &b, &mut c, &mut Packed::new(n_inner));
            prop_assert_eq!(c, expected);
        }
    }

    #[test]
    fn tanh_is_as_near_as_it_says() {
        let points: Vec<f32> = (-120_000..=120_000).map(|i| i as f32 * 1e-4).collect();
        let mut found = points.clone();
        tanh(&mut found);
        let off = |(&x, &y): (&f32, &f32)| (f64::from(y) - f64::from(x).tanh()).abs();
        let worst = points.iter().zip(&found).map(off).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{worst}");
        let mut ends = [f32::INFINITY, f32::NEG_INFINITY, 1e30, 0.0, f32::NAN];
        tanh(&mut ends);
        assert_eq!(ends[..4], [1.0, -1.0, 1.0, 0.0]);
        assert!(ends[4].is_nan(), "what has broken must show");
    }
}
