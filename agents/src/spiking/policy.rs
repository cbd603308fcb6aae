//! The decoder: a Gaussian policy in units of the actuator range, and the score of the action that was executed.
//!
//! Mean and width of each actuator come from the policy readout, `σ = 0.05 + 2 (1 − exp(−softplus(raw)/2))`. The command is `a = μ + σ ε`; the
//! actuator clips it to its limit, so the score is that of a censored Gaussian: inside the limits the usual one, at a
//! limit that of the whole tail beyond it. A mean that already lies beyond a limit is pushed no further.

/// Mean and width of one actuator.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Gaussian {
    pub mean: f32,
    pub width: f32,
    /// What the readout of the width says.
    raw: f32,
    /// Derivative of the width by the readout.
    slope: f32,
}

/// Narrowest and widest exploration.
const WIDTHS: [f32; 2] = [0.05, 2.05];

impl Gaussian {
    pub(super) fn from_readout(mean: f32, raw: f32) -> Self {
        let [least, most] = WIDTHS;
        let open = if raw > 20.0 { raw } else { raw.exp().ln_1p() };
        // As steep as softplus where it is narrow; it bends towards the widest.
        let room = (-open / (most - least)).exp();
        Self { mean, raw, width: least + (most - least) * (1.0 - room), slope: room / (1.0 + (-raw).exp()) }
    }

    pub(super) fn is_finite(&self) -> bool {
        [self.mean, self.width, self.raw, self.slope].iter().all(|value| value.is_finite())
    }

    /// Derivative of the log-likelihood of executing `a`, clipped to `±limit`, by the mean and by the readout of the
    /// width, with the entropy drive `entropy` added to the latter.
    pub(super) fn score(&self, a: f32, limit: f32, entropy: f32) -> (f32, f32) {
        let sigma = self.width;
        let (by_mean, by_width) = if a >= limit {
            let z = (limit - self.mean) / sigma;
            let h = upper_tail_hazard(z);
            (h / sigma, z * h / sigma)
        } else if a <= -limit {
            let z = (limit + self.mean) / sigma;
            let h = upper_tail_hazard(z);
            (-h / sigma, z * h / sigma)
        } else {
            let e = a - self.mean;
            (e / (sigma * sigma), e * e / (sigma * sigma * sigma) - 1.0 / sigma)
        };
        (by_mean, (by_width + entropy / sigma) * self.slope)
    }

    /// The same with exploration `arousal` times as wide.
    pub(super) fn aroused(self, arousal: f32) -> Self {
        Self { width: arousal * self.width, slope: arousal * self.slope, ..self }
    }

    /// What the readout says for this width.
    pub(super) fn raw_of(width: f32) -> f32 {
        let [least, most] = WIDTHS;
        let open = -(most - least) * (1.0 - (width - least) / (most - least)).ln();
        open.exp_m1().ln()
    }

    /// How far the readout of the width lies beyond these two.
    pub(super) fn excess_of_raw(&self, [low, high]: [f32; 2]) -> f32 {
        self.raw - self.raw.clamp(low, high)
    }

    /// How far the mean lies beyond the actuator range and one width more.
    pub(super) fn excess(&self) -> f32 {
        let bound = 1.0 + self.width;
        self.mean - self.mean.clamp(-bound, bound)
    }
}

/// `φ(z)/(1 − Φ(z))` of the standard normal distribution.
fn upper_tail_hazard(z: f32) -> f32 {
    let z = f64::from(z);
    if z > 25.0 {
        return (z + 1.0 / z) as f32;
    }
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let tail = 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
    (density / tail) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Log-likelihood of executing `a` (clipped to ±1) for readouts `mean` and `raw`.
    fn log_likelihood(a: f64, mean: f64, raw: f64) -> f64 {
        let sigma = 0.05 + 2.0 * (1.0 - (-0.5 * raw.exp().ln_1p()).exp());
        let tail = |z: f64| (0.5 * libm::erfc(z / std::f64::consts::SQRT_2)).ln();
        if a >= 1.0 {
            tail((1.0 - mean) / sigma)
        } else if a <= -1.0 {
            tail((1.0 + mean) / sigma)
        } else {
            -0.5 * ((a - mean) / sigma).powi(2) - sigma.ln()
        }
    }

    #[test]
    fn the_score_is_the_derivative_of_the_log_likelihood() {
        let h = 1e-5;
        for a in [-1.7, -1.0, -0.4, 0.0, 0.9, 1.0, 3.0] {
            for mean in [-2.0, -0.3, 0.0, 0.8, 1.5] {
                for raw in [-2.0, 0.0, 1.0, 5.0] {
                    let by_mean = (log_likelihood(a, mean + h, raw) - log_likelihood(a, mean - h, raw)) / (2.0 * h);
                    let by_raw = (log_likelihood(a, mean, raw + h) - log_likelihood(a, mean, raw - h)) / (2.0 * h);
                    let (g, w) = Gaussian::from_readout(mean as f32, raw as f32).score(a as f32, 1.0, 0.0);
                    assert!(
                        (f64::from(g) - by_mean).abs() < 1e-3 * (1.0 + by_mean.abs()),
                        "{a} {mean} {raw}: {g} {by_mean}"
                    );
                    assert!(
                        (f64::from(w) - by_raw).abs() < 1e-3 * (1.0 + by_raw.abs()),
                        "{a} {mean} {raw}: {w} {by_raw}"
                    );
                }
            }
        }
    }

    #[test]
    fn widths_come_back_from_what_the_readout_says_for_them() {
        for width in [0.06, 0.1, 0.64, 1.0, 2.0] {
            let there = Gaussian::from_readout(0.0, Gaussian::raw_of(width));
            assert!((there.width - width).abs() < 1e-4, "{width}: {there:?}");
            assert!(there.excess_of_raw([-9.0, 9.0]) == 0.0 && there.excess_of_raw([9.0, 10.0]) < 0.0);
        }
    }

    #[test]
    fn a_saturated_mean_is_pushed_no_further() {
        let (by_mean, _) = Gaussian::from_readout(8.0, 0.0).score(8.5, 1.0, 0.0);
        assert!(by_mean.abs() < 1e-6, "{by_mean}");
        let far = Gaussian::from_readout(-30.0, -3.0).score(1.2, 1.0, 0.0);
        assert!(far.0.is_finite() && far.1.is_finite(), "{far:?}");
    }
}
