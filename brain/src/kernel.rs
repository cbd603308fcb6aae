//! The inner loops. Plain slices that the compiler vectorises; sums run in eight fixed lanes, so that the order of
//! additions, and with it every bit, is the same everywhere.

use crate::cell::fast;

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

/// Dot product; `b` at least as long as `a`.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
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

/// `y += s x`.
pub(crate) fn add_scaled(y: &mut [f32], s: f32, x: &[f32]) {
    fast(
        #[inline(always)]
        || {
            for (y, x) in y.iter_mut().zip(x) {
                *y += s * x;
            }
        },
    );
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

/// `y_r += Σ_j w(r, j) x_j` for every row of a matrix with as many columns as `x`.
pub(crate) fn add_products(y: &mut [f32], weights: &[f32], x: &[f32]) {
    fast(
        #[inline(always)]
        || {
            for (y, row) in y.iter_mut().zip(weights.chunks_exact(x.len().max(1))) {
                *y += dot_inline(x, row);
            }
        },
    );
}

/// For every row `r` of a matrix `z ← decay z + x_r d`, faded values flushed; returns `Σ p_r q_j z²` with weights of the rows
/// and the columns.
pub(crate) fn decay_and_add_rows(z: &mut [f32], decay: f32, [x, p]: [&[f32]; 2], [d, q]: [&[f32]; 2]) -> f32 {
    // A function of its own, so that the compiler knows that no slice lies over another.
    #[inline(always)]
    fn row(z: &mut [f32], decay: f32, x: f32, p: f32, d: &[f32], q: &[f32], sums: &mut [f32; COLUMNS]) {
        let (z, z_rest) = z.as_chunks_mut::<COLUMNS>();
        let (d, d_rest) = d.as_chunks::<COLUMNS>();
        let (q, q_rest) = q.as_chunks::<COLUMNS>();
        for ((z, d), q) in z.iter_mut().zip(d).zip(q) {
            for column in 0..COLUMNS {
                let value = flush(decay * z[column] + x * d[column]);
                z[column] = value;
                sums[column] += p * q[column] * (value * value);
            }
        }
        for (((sum, z), d), q) in sums.iter_mut().zip(z_rest).zip(d_rest).zip(q_rest) {
            *z = flush(decay * *z + x * d);
            *sum += p * q * (*z * *z);
        }
    }
    fast(
        #[inline(always)]
        || {
            let mut sums = [0.0f32; COLUMNS];
            for ((z, &x), &p) in z.chunks_exact_mut(d.len().max(1)).zip(x).zip(p) {
                row(z, decay, x, p, d, q, &mut sums);
            }
            let (eights, _) = sums.as_chunks::<SUMS>();
            fold(eights.iter().fold([0.0; SUMS], |acc, eight| std::array::from_fn(|lane| acc[lane] + eight[lane])))
        },
    )
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

/// For every row `r` of a matrix `w += s p_r q_j z`, with weights of the rows and the columns.
pub(crate) fn add_weighed_rows(w: &mut [f32], s: f32, z: &[f32], p: &[f32], q: &[f32]) {
    #[inline(always)]
    fn row(w: &mut [f32], s: f32, z: &[f32], q: &[f32]) {
        for ((w, z), q) in w.iter_mut().zip(z).zip(q) {
            *w += s * z * q;
        }
    }
    let n = q.len().max(1);
    fast(
        #[inline(always)]
        || {
            for ((w, z), p) in w.chunks_exact_mut(n).zip(z.chunks_exact(n)).zip(p) {
                row(w, s * p, z, q);
            }
        },
    );
}

/// `z ← decay z + s d`, faded values flushed; returns `Σ|z|`.
pub(crate) fn decay_and_add(z: &mut [f32], decay: f32, s: f32, d: &[f32]) -> f32 {
    let d = &d[..z.len()];
    let mut acc = [0.0f32; SUMS];
    let d = d.chunks_exact(SUMS);
    let mut z = z.chunks_exact_mut(SUMS);
    for (z, d) in z.by_ref().zip(d.clone()) {
        for lane in 0..SUMS {
            let value = flush(decay * z[lane] + s * d[lane]);
            z[lane] = value;
            acc[lane] += value.abs();
        }
    }
    for ((sum, z), d) in acc.iter_mut().zip(z.into_remainder()).zip(d.remainder()) {
        *z = flush(decay * *z + s * d);
        *sum += z.abs();
    }
    fold(acc)
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
            add_products(&mut along, &matrix, &x);
            for k in 0..n {
                let sums: [f64; 2] = (0..n).fold([0.5; 2], |[down, along], i| {
                    [down + f64::from(x[i]) * plain(i, k), along + f64::from(x[i]) * plain(k, i)]
                });
                prop_assert!((f64::from(down[k]) - sums[0]).abs() < 2e-2 && (f64::from(along[k]) - sums[1]).abs() < 2e-2);
            }

            let mut z = x.clone();
            let l1 = decay_and_add(&mut z, decay, s, &x);
            let plain: Vec<f32> = x.iter().map(|&v| decay * v + s * v).collect();
            prop_assert!((l1 - plain.iter().map(|v| v.abs()).sum::<f32>()).abs() < 1e-2);
            prop_assert_eq!(z, plain.into_iter().map(flush).collect::<Vec<_>>());
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
