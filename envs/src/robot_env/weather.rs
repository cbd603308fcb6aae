//! Wind: a constant force, and gusts that come and go.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// Time constant of the gusts, in s.
const GUST_SECS: f64 = 0.5;

/// Where the gusts stand: an Ornstein-Uhlenbeck process of standard deviation one along x and along y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weather {
    rng: Pcg64,
    gust: [f64; 2],
}

impl Weather {
    pub(super) fn new(rng: Pcg64) -> Self {
        Self { rng, gust: [0.0; 2] }
    }

    /// The force of the next control step, in N: `mean` along x and y, where there is wind at all, plus gusts of
    /// standard deviation `gust`. Gusts are drawn even where there are none, so that the stream stays where it would be.
    pub(super) fn blow(&mut self, mean: [Option<f64>; 2], gust: f64, dt_secs: f64) -> [f32; 3] {
        let keep = (-dt_secs / GUST_SECS).exp();
        let fresh = (1.0 - keep * keep).sqrt();
        let mut force = [0.0; 3];
        for ((force, mean), now) in force.iter_mut().zip(mean).zip(&mut self.gust) {
            let standard_normal: f64 = self.rng.sample(StandardNormal);
            *now = keep * *now + fresh * standard_normal;
            if let Some(mean) = mean {
                *force = (mean + gust * *now) as f32;
            }
        }
        force
    }

    pub(super) fn is_valid(&self) -> bool {
        self.gust.iter().all(|gust| gust.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    #[test]
    fn gusts_have_the_stated_size_and_last_as_long_as_they_should() {
        let mut weather = Weather::new(stream(0, "weather"));
        let (n, dt) = (200_000, 0.02);
        let forces: Vec<f64> = (0..n).map(|_| weather.blow([Some(1.0), None], 3.0, dt)[0].into()).collect();
        let mean = forces.iter().sum::<f64>() / n as f64;
        let covariance = |lag: usize| {
            forces.iter().zip(&forces[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / (n - lag) as f64
        };
        // 4000 s are 4000 independent half seconds: standard errors of 2 % of the spread.
        assert!((mean - 1.0).abs() < 0.2, "mean {mean}");
        assert!((covariance(0).sqrt() / 3.0 - 1.0).abs() < 0.05);
        assert!((covariance(25) / covariance(0) - (-1.0_f64).exp()).abs() < 0.05);
    }
}
