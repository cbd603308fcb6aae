//! Loops over slices. Sums run in fixed lanes, so that results never depend on how the compiler arranges them.

const LANES: usize = 8;
/// Traces below this count as zero: what fades never becomes denormal, which is slow.
const TINY: f32 = 1e-30;

/// Partial sums.
pub(super) type Lanes = [f32; LANES];

/// `z ← decay z + s d`, faded values flushed; adds `|z|` to the lanes of `magnitude`.
pub(super) fn decay_and_add(z: &mut [f32], decay: f32, s: f32, d: &[f32], magnitude: &mut Lanes) {
    let next = |z: f32, d: f32| {
        let value = decay * z + s * d;
        if value.abs() < TINY { 0.0 } else { value }
    };
    let mut lanes = *magnitude;
    let mut z_chunks = z.chunks_exact_mut(LANES);
    let mut d_chunks = d.chunks_exact(LANES);
    for (z, d) in (&mut z_chunks).zip(&mut d_chunks) {
        for lane in 0..LANES {
            z[lane] = next(z[lane], d[lane]);
            lanes[lane] += z[lane].abs();
        }
    }
    for ((z, d), lane) in z_chunks.into_remainder().iter_mut().zip(d_chunks.remainder()).zip(&mut lanes) {
        *z = next(*z, *d);
        *lane += z.abs();
    }
    *magnitude = lanes;
}

/// Dot product of slices of equal length.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for ((a, b), lane) in a_chunks.remainder().iter().zip(b_chunks.remainder()).zip(&mut lanes) {
        *lane = a * b;
    }
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    add_lanes(&lanes)
}

/// Sum.
pub(super) fn sum(x: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let chunks = x.chunks_exact(LANES);
    for (x, lane) in chunks.remainder().iter().zip(&mut lanes) {
        *lane = *x;
    }
    for x in chunks {
        for lane in 0..LANES {
            lanes[lane] += x[lane];
        }
    }
    add_lanes(&lanes)
}

/// Sum of partial sums, halved again and again.
pub(super) fn add_lanes(lanes: &Lanes) -> f32 {
    let mut lanes = *lanes;
    for half in [4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_agree_with_plain_ones(
            x in proptest::collection::vec(-10.0f32..10.0, 0..70), decay in 0.0f32..1.0, s in -1.0f32..1.0,
        ) {
            let exact = |f: fn(f64) -> f64| x.iter().map(|&v| f(f64::from(v))).sum::<f64>();
            prop_assert!((f64::from(sum(&x)) - exact(|v| v)).abs() < 1e-3);
            prop_assert!((f64::from(dot(&x, &x)) - exact(|v| v * v)).abs() < 1e-2);

            let (mut z, mut magnitude) = (x.clone(), Lanes::default());
            decay_and_add(&mut z, decay, s, &x, &mut magnitude);
            for (z, x) in z.iter().zip(&x) {
                prop_assert!((z - (decay * x + s * x)).abs() < 1e-5);
            }
            prop_assert!((f64::from(add_lanes(&magnitude)) - f64::from(z.iter().map(|z| z.abs()).sum::<f32>())).abs() < 1e-2);
        }
    }

    #[test]
    fn what_has_faded_is_zero() {
        let mut z = [1e-30, -1e-30, 1.0];
        decay_and_add(&mut z, 0.5, 0.0, &[1.0; 3], &mut Lanes::default());
        assert_eq!(z, [0.0, 0.0, 0.5]);
    }
}
