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

/// A tick cut into equal steps. Threshold and reset belong to each step; the tick has a spike if one of them has.
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
    let k = f(s);
    std::array::from_fn(|i| s[i] + R::of(h) * k[i])
}

/// One classical Runge–Kutta step of length `h` for `ds/dt = f(s)`.
#[inline(always)]
fn rk4<R: Real, const S: usize>(s: [R; S], h: f64, f: impl Fn([R; S]) -> [R; S]) -> [R; S] {
    let ahead = |k: [R; S], h: f64| -> [R; S] { std::array::from_fn(|i| s[i] + R::of(h) * k[i]) };
    let k1 = f(s);
    let k2 = f(ahead(k1, 0.5 * h));
    let k3 = f(ahead(k2, 0.5 * h));
    let k4 = f(ahead(k3, h));
    let two = R::of(2.0);
    std::array::from_fn(|i| s[i] + R::of(h / 6.0) * (k1[i] + two * k2[i] + two * k3[i] + k4[i]))
}

/// One step of the exponential Euler method: `v + rise (1 − e^(−x))/x`, where `rise` is what forward Euler would add
/// and `x` the step times the rate at which `v` relaxes.
///
/// The last factor is taken from the Padé approximant of order (2, 2) of the exponential, exact to `x⁴/720`; it is
/// positive for every `x`, so that a strong conductance never makes `v` overshoot.
#[inline(always)]
pub(crate) fn relax<R: Real>(v: R, rise: R, x: R) -> R {
    v + rise / (R::of(1.0) + x * (R::of(0.5) + x * R::of(1.0 / 12.0)))
}

/// `1 − e^(−x)`, the probability of at least one event when `x ≥ 0` are expected, without loss of digits at small `x`.
#[inline(always)]
pub(crate) fn probability<R: Real>(x: R) -> R {
    let one = R::of(1.0);
    let small = x / (one + x * (R::of(0.5) + x * R::of(1.0 / 12.0)));
    R::select(x.ge(R::of(0.05)), one - (-x).exp(), small)
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
    fn probabilities_keep_their_digits() {
        for x in [0.0, 1e-9, 1e-4, 0.049, 0.051, 1.0, 30.0] {
            assert!((probability(x) - -f64::exp_m1(-x)).abs() <= 1e-8 * x, "x = {x}");
        }
    }
}
