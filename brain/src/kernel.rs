//! The inner loops. Plain slices that the compiler vectorises; sums run in fixed lanes, so that the order of
//! additions, and with it every bit, is the same everywhere.

use pulp::{Simd, WithSimd};

use crate::{
    blocks::LANES,
    cell::{Lanes, Real, dispatch, fast, inlined},
};

/// Running sums.
const SUMS: usize = 8;

/// Values below this count as zero: traces that fade never become denormal numbers, which are slow.
const TINY: f32 = 1e-30;

/// `x`, or zero where it has faded away.
#[inline(always)]
pub(crate) fn flush(x: f32) -> f32 {
    if x.abs() < TINY { 0.0 } else { x }
}

/// Adds up eight lanes, always in the same order.
#[inline(always)]
fn fold(acc: [f32; SUMS]) -> f32 {
    ((acc[0] + acc[4]) + (acc[1] + acc[5])) + ((acc[2] + acc[6]) + (acc[3] + acc[7]))
}

/// Sum of `f(x)` in eight lanes.
#[inline(always)]
fn sum_of(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut acc = [0.0f32; SUMS];
    let chunks = x.chunks_exact(SUMS);
    for (sum, &x) in acc.iter_mut().zip(chunks.remainder()) {
        *sum = f(x);
    }
    for chunk in chunks {
        for lane in 0..SUMS {
            acc[lane] += f(chunk[lane]);
        }
    }
    fold(acc)
}

/// Sum.
pub(crate) fn sum(x: &[f32]) -> f32 {
    sum_of(x, |x| x)
}

/// Dot product; `b` at least as long as `a`. For the widest instructions of this machine, and the same bits on all of them.
///
/// # Panics
/// If `b` is shorter than `a`.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    fast(
        #[inline(always)]
        || dot_inline(a, b),
    )
}

#[inline(always)]
fn dot_inline(a: &[f32], b: &[f32]) -> f32 {
    let b = &b[..a.len()];
    let mut acc = [0.0f32; SUMS];
    let (a, b) = (a.chunks_exact(SUMS), b.chunks_exact(SUMS));
    for ((sum, a), b) in acc.iter_mut().zip(a.remainder()).zip(b.remainder()) {
        *sum = a * b;
    }
    for (a, b) in a.zip(b) {
        for lane in 0..SUMS {
            acc[lane] += a[lane] * b[lane];
        }
    }
    fold(acc)
}

/// `y += s x`, as far as both reach. For the widest instructions of this machine.
pub fn add_scaled(y: &mut [f32], s: f32, x: &[f32]) {
    fast(
        #[inline(always)]
        || {
            for (y, x) in y.iter_mut().zip(x) {
                *y += s * x;
            }
        },
    );
}

/// Keeps numbers within a range. For the widest instructions of this machine.
pub(crate) fn clamp(x: &mut [f32], low: f32, high: f32) {
    fast(
        #[inline(always)]
        || x.iter_mut().for_each(|x| *x = x.max(low).min(high)),
    );
}

/// Traces below this count as zero: what follows from them, their squares too, is then no denormal number either.
const FADED: f32 = 1e-15;

/// A trace, or zero where it has faded away.
#[inline(always)]
pub(crate) fn fade(z: f32) -> f32 {
    if z.abs() >= FADED { z } else { 0.0 }
}

/// Columns of a matrix that are taken together, few enough that their sums stay in registers.
const COLUMNS: usize = 64;

/// `y_j += Σ x_r w(r, j)` over rows `(r, x_r)` of a matrix with as many columns as `y`, in the order of the rows.
pub(crate) fn add_rows(y: &mut [f32], weights: &[f32], rows: impl Iterator<Item = (usize, f32)> + Clone) {
    let n = y.len();
    fast(
        #[inline(always)]
        || {
            let (whole, rest) = y.as_chunks_mut::<COLUMNS>();
            for (k, sums) in whole.iter_mut().enumerate() {
                let mut now = *sums;
                for (row, x) in rows.clone() {
                    let from = &weights[row * n + k * COLUMNS..][..COLUMNS];
                    for column in 0..COLUMNS {
                        now[column] += x * from[column];
                    }
                }
                *sums = now;
            }
            let first = n - rest.len();
            if first == n {
                return;
            }
            for (row, x) in rows.clone() {
                for (sum, w) in rest.iter_mut().zip(&weights[row * n + first..(row + 1) * n]) {
                    *sum += x * w;
                }
            }
        },
    );
}

/// `y_r += factor Σ_j w(r, j) x_j` for every row of a matrix with as many columns as `x`.
pub(crate) fn add_products(y: &mut [f32], weights: &[f32], factor: f32, x: &[f32]) {
    fast(
        #[inline(always)]
        || {
            for (y, row) in y.iter_mut().zip(weights.chunks_exact(x.len().max(1))) {
                *y += factor * dot_inline(x, row);
            }
        },
    );
}

/// For every row `r` of two matrices `z ← decay z + x_r d`, faded values flushed, and `w += rate p_r q_j z`, with weights of the
/// rows and the columns; returns `Σ p_r q_j z²`.
pub(crate) fn learn_rows(
    z: &mut [f32],
    w: &mut [f32],
    [decay, rate]: [f32; 2],
    rows: [&[f32]; 2],
    columns: [&[f32]; 2],
) -> f32 {
    dispatch(LearnRows { z, w, decay, rate, rows, columns })
}

struct LearnRows<'a> {
    z: &'a mut [f32],
    w: &'a mut [f32],
    decay: f32,
    rate: f32,
    /// Activity and weight of each.
    rows: [&'a [f32]; 2],
    columns: [&'a [f32]; 2],
}

impl WithSimd for LearnRows<'_> {
    type Output = f32;

    /// In vectors that are asked for: left to itself, the compiler keeps the sums in memory.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let Self { z, w, decay, rate, rows: [x, p], columns: [d, q] } = self;
        let splat = inlined(
            #[inline(always)]
            |x: f32| Lanes::splat(simd, x),
        );
        let (decays, rates, faded, zero) = (splat(decay), splat(rate), splat(FADED), splat(0.0));
        let n = d.len().max(1);
        let whole = d.len() / LANES * LANES;
        let of_block = LANES / S::F32_LANES;
        let ((d, d_rest), (q, q_rest)) = (d.split_at(whole), q.split_at(whole));
        let (d, q) = (S::as_simd_f32s(d).0, S::as_simd_f32s(q).0);
        let (mut sums, mut sums_rest) = ([zero; LANES], [0.0f32; LANES]);
        for ((z, w), (&x, &p)) in z.chunks_exact_mut(n).zip(w.chunks_exact_mut(n)).zip(x.iter().zip(p)) {
            let ((z, z_rest), (w, w_rest)) = (z.split_at_mut(whole), w.split_at_mut(whole));
            let (z, w) = (S::as_mut_simd_f32s(z).0, S::as_mut_simd_f32s(w).0);
            let (xs, ps) = (splat(x), splat(p));
            let blocks = z.chunks_exact_mut(of_block).zip(w.chunks_exact_mut(of_block));
            for ((z, w), (d, q)) in blocks.zip(d.chunks_exact(of_block).zip(q.chunks_exact(of_block))) {
                for part in 0..of_block {
                    let (d, q) = (Lanes::new(simd, d[part]), Lanes::new(simd, q[part]));
                    let trace = decays.mul_add(Lanes::new(simd, z[part]), xs * d);
                    let trace = Real::select(trace.abs().ge(faded), trace, zero);
                    let step = ps * q * trace;
                    z[part] = trace.v;
                    w[part] = rates.mul_add(step, Lanes::new(simd, w[part])).v;
                    sums[part] = step.mul_add(trace, sums[part]);
                }
            }
            for ((((sum, z), w), d), q) in sums_rest.iter_mut().zip(z_rest).zip(w_rest).zip(d_rest).zip(q_rest) {
                *z = fade(decay.mul_add(*z, x * d));
                let step = p * q * *z;
                *w = rate.mul_add(step, *w);
                *sum = step.mul_add(*z, *sum);
            }
        }
        for (lanes, sum) in S::as_mut_simd_f32s(&mut sums_rest).0.iter_mut().zip(sums) {
            *lanes = (Lanes::new(simd, *lanes) + sum).v;
        }
        sum_of(&sums_rest, |x| x)
    }
}

/// `Σ p x²`.
pub(crate) fn weighed_squares([x, p]: [&[f32]; 2]) -> f32 {
    fast(
        #[inline(always)]
        || {
            let mut sums = [0.0f32; SUMS];
            let ((x, x_rest), (p, p_rest)) = (x.as_chunks::<SUMS>(), p[..x.len()].as_chunks::<SUMS>());
            for (x, p) in x.iter().zip(p) {
                for lane in 0..SUMS {
                    sums[lane] += p[lane] * (x[lane] * x[lane]);
                }
            }
            for ((sum, x), p) in sums.iter_mut().zip(x_rest).zip(p_rest) {
                *sum += p * (x * x);
            }
            fold(sums)
        },
    )
}

/// Subtracts the mean and divides by the standard deviation: `out = (x − m)/s`, `s = √(var + 1e-5)`; returns `s`.
pub(crate) fn normalise(x: &[f32], out: &mut [f32]) -> f32 {
    fast(
        #[inline(always)]
        || {
            let n = x.len() as f32;
            let mean = sum_of(x, |x| x) / n;
            let variance = sum_of(x, |x| (x - mean) * (x - mean)) / n;
            let spread = (variance + 1e-5).sqrt();
            let inverse = 1.0 / spread;
            for (out, x) in out.iter_mut().zip(x) {
                *out = (x - mean) * inverse;
            }
            spread
        },
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_agree_with_plain_ones(x in proptest::collection::vec(-10.0f32..10.0, 0..70), decay in 0.0f32..1.0, s in -1.0f32..1.0) {
            let exact: f64 = x.iter().map(|&v| f64::from(v)).sum();
            prop_assert!((f64::from(sum(&x)) - exact).abs() < 1e-3);
            let exact: f64 = x.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            prop_assert!((f64::from(dot(&x, &x)) - exact).abs() < 1e-2);

            // A matrix with as many rows as columns, the values in a circle.
            let n = x.len();
            let matrix: Vec<f32> = (0..n * n).map(|i| x[(i / n.max(1) + i % n.max(1)) % n.max(1)]).collect();
            let plain = |row: usize, column: usize| f64::from(matrix[row * n + column]);
            let (mut down, mut along) = (vec![0.5; n], vec![0.5; n]);
            add_rows(&mut down, &matrix, x.iter().copied().enumerate());
            add_products(&mut along, &matrix, 1.0, &x);
            for k in 0..n {
                let sums: [f64; 2] = (0..n).fold([0.5; 2], |[down, along], i| {
                    [down + f64::from(x[i]) * plain(i, k), along + f64::from(x[i]) * plain(k, i)]
                });
                prop_assert!((f64::from(down[k]) - sums[0]).abs() < 2e-2 && (f64::from(along[k]) - sums[1]).abs() < 2e-2);
            }

            // Two rows, the second with another activity and weight.
            let (mut z, mut w) = (x.repeat(2), vec![1.0; 2 * n]);
            let rows = [[s, 2.0], [-0.5, 1.0]];
            let [of_rows, weights] = [0, 1].map(|k| rows.map(|row| row[k]));
            let squares = learn_rows(&mut z, &mut w, [decay, 0.5], [&of_rows, &weights], [&x, &vec![3.0; n]]);
            let plain: Vec<(f32, f32)> =
                rows.iter().flat_map(|&[r, p]| x.iter().map(move |&v| (decay * v + r * v, 3.0 * p))).collect();
            let expected: f32 = plain.iter().map(|(z, p)| p * z * z).sum();
            prop_assert!((squares - expected).abs() < 1e-4 * (1.0 + expected));
            for ((z, w), (plain, p)) in z.iter().zip(&w).zip(&plain) {
                prop_assert!((z - plain).abs() < 1e-5 && (w - 1.0 - 0.5 * p * plain).abs() < 1e-4);
            }
        }

        #[test]
        fn normalised_values_have_mean_zero_and_unit_spread(x in proptest::collection::vec(-10.0f32..10.0, 8..70)) {
            let mut out = vec![0.0; x.len()];
            normalise(&x, &mut out);
            prop_assert!(sum(&out).abs() < 1e-2);
            prop_assert!(dot(&out, &out) <= x.len() as f32 * 1.001);
        }
    }
}
