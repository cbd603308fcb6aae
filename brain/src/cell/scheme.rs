//! How nonlinear equations are integrated over a tick.

use serde::{Deserialize, Serialize};

use super::real::Real;

/// Integration scheme of a nonlinear cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Forward Euler, all variables from the state before the step.
    #[default]
    Euler,
    /// The classical fourth-order method of Runge and Kutta; the input is constant within a tick.
    Rk4,
}

/// A tick cut into equal steps. Threshold and reset belong to each step; the spike of the tick is as large as there are steps with one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    /// Number of steps in a tick.
    pub n: u32,
    /// Length of a step in ms.
    pub dt_ms: f64,
}

impl Steps {
    /// As few steps as are needed for none to be longer than `max_step_ms`.
    pub(crate) fn new(tick_ms: f64, max_step_ms: f64) -> Self {
        let n = (tick_ms / max_step_ms - 1e-6).ceil().max(1.0) as u32;
        Self { n, dt_ms: tick_ms / f64::from(n) }
    }
}

impl Scheme {
    /// One step of length `h` for `ds/dt = f(s)`.
    #[inline(always)]
    pub(crate) fn advance<R: Real, const S: usize>(self, s: [R; S], h: f64, f: impl Fn([R; S]) -> [R; S]) -> [R; S] {
        match self {
            Self::Euler => euler(s, h, f),
            Self::Rk4 => rk4(s, h, f),
        }
    }
}

/// One forward Euler step of length `h` for `ds/dt = f(s)`.
#[inline(always)]
pub(crate) fn euler<R: Real, const S: usize>(s: [R; S], h: f64, f: impl Fn([R; S]) -> [R; S]) -> [R; S] {
    ahead(s, f(s), h)
}

/// One classical Runge–Kutta step of length `h` for `ds/dt = f(s)`.
#[inline(always)]
fn rk4<R: Real, const S: usize>(s: [R; S], h: f64, f: impl Fn([R; S]) -> [R; S]) -> [R; S] {
    let k1 = f(s);
    let k2 = f(ahead(s, k1, 0.5 * h));
    let k3 = f(ahead(s, k2, 0.5 * h));
    let k4 = f(ahead(s, k3, h));
    let mut sum = k1;
    for i in 0..S {
        let two = k1[i].like(2.0);
        sum[i] = k1[i] + two * k2[i] + two * k3[i] + k4[i];
    }
    ahead(s, sum, h / 6.0)
}

/// `s + h k`.
#[inline(always)]
fn ahead<R: Real, const S: usize>(mut s: [R; S], k: [R; S], h: f64) -> [R; S] {
    for (s, k) in s.iter_mut().zip(k) {
        *s = *s + s.like(h) * k;
    }
    s
}

/// One step of the exponential Euler method for `dv/ds = a − x v`: `v + (a − x v) (1 − e^(−x))/x`, `x > 0`.
///
/// Up to `x = ½` the last factor is the polynomial of degree four through its values at the Chebyshev nodes, within 1e-7.
#[inline(always)]
pub(crate) fn relax<R: Real>(v: R, a: R, x: R) -> R {
    const TERMS: [f64; 5] = [0.999_999_929, -0.499_992_883, 0.166_551_928, -0.041_013_210, 0.006_782_863];
    let mut factor = x.like(TERMS[4]);
    for &term in TERMS[..4].iter().rev() {
        factor = factor.mul_add(x, x.like(term));
    }
    let (small, near) = (x.like(0.5).ge(x), v.neg_mul_add(x, a).mul_add(factor, v));
    // Nearly always all of them are: the rest costs more than everything before.
    if R::all(small) {
        near
    } else {
        let settled = a / x;
        R::select(small, near, (v - settled).mul_add((-x).exp(), settled))
    }
}

/// `1 − e^(−x)`, the probability of at least one event when `x ≥ 0` are expected, without loss of digits at small `x`.
#[inline(always)]
pub(crate) fn probability<R: Real>(x: R) -> R {
    let small = x / x.mul_add(x.mul_add(x.like(1.0 / 12.0), x.like(0.5)), x.like(1.0));
    R::select(x.ge(x.like(0.05)), x.like(1.0) - (-x).exp(), small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_cut_into_equal_steps() {
        for (tick_ms, max_step_ms, n) in [(1.0, 0.1, 10), (0.1, 0.1, 1), (0.01, 0.1, 1), (1.0, 0.3, 4), (0.1, 0.02, 5)]
        {
            let steps = Steps::new(tick_ms, max_step_ms);
            assert_eq!(steps.n, n, "{tick_ms} ms in steps of {max_step_ms} ms");
            assert!((steps.dt_ms * f64::from(n) - tick_ms).abs() < 1e-12);
        }
    }

    #[test]
    fn runge_kutta_is_of_fourth_order_and_euler_of_first() {
        let error = |scheme: Scheme, n: u32| {
            let h = 1.0 / f64::from(n);
            let end = (0..n).fold([1.0f64, 0.0], |s, _| scheme.advance(s, h, |[x, y]| [-y, x]));
            (end[0] - 1.0f64.cos()).hypot(end[1] - 1.0f64.sin())
        };
        for (scheme, factor) in [(Scheme::Euler, 2.0), (Scheme::Rk4, 16.0)] {
            let ratio = error(scheme, 50) / error(scheme, 100);
            assert!((ratio / factor - 1.0).abs() < 0.05, "{scheme:?}: halving the step divides the error by {ratio}");
        }
    }

    #[test]
    fn a_step_of_the_exponential_method_is_the_closed_form_however_strong_the_conductance() {
        for x in [1e-6f64, 0.01, 0.1, 0.499, 0.501, 1.0, 3.5, 10.0, 100.0, 1e3, 1e6] {
            let (v, settled) = (-70.0, -10.0);
            let exact = settled + (v - settled) * (-x).exp();
            let found = relax(v, x * settled, x);
            assert!((found - exact).abs() < 1e-7 * (exact - v), "x = {x}: {found}, expected {exact}");
        }
    }

    #[test]
    fn probabilities_keep_their_digits() {
        for x in [0.0, 1e-9, 1e-4, 0.049, 0.051, 1.0, 30.0] {
            assert!((probability(x) - -f64::exp_m1(-x)).abs() <= 1e-8 * x, "x = {x}");
        }
    }
}
