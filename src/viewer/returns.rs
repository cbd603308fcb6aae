//! The return of every episode over a whole life, in bounded memory.

use std::collections::VecDeque;

/// Points kept; when they are full, neighbours are merged.
const MAX_POINTS: usize = 2_000;
/// Episodes in the mean that tells how good it is by now.
const MEAN_EPISODES: usize = 20;

/// Returns over a life. Short lives are kept episode by episode, long ones by the mean of several.
#[derive(Clone, Debug)]
pub struct ReturnCurve {
    points: Vec<ReturnPoint>,
    /// Episodes that one point stands for.
    stride: u32,
    gathered: f64,
    n_gathered: u32,
    recent: VecDeque<f64>,
    n_episodes: u64,
}

/// One or several episodes in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReturnPoint {
    /// Control step of life at the end of the last of them.
    pub step: u64,
    /// Mean of their returns.
    pub value: f64,
}

impl Default for ReturnCurve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            stride: 1,
            gathered: 0.0,
            n_gathered: 0,
            recent: VecDeque::with_capacity(MEAN_EPISODES),
            n_episodes: 0,
        }
    }
}

impl ReturnCurve {
    /// Adds an episode that ended at `step` with the return `value`. Values that are not finite are left out.
    pub fn push(&mut self, step: u64, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.n_episodes += 1;
        if self.recent.len() == MEAN_EPISODES {
            self.recent.pop_front();
        }
        self.recent.push_back(value);
        self.gathered += value;
        self.n_gathered += 1;
        if self.n_gathered == self.stride {
            self.points.push(ReturnPoint { step, value: self.gathered / f64::from(self.stride) });
            (self.gathered, self.n_gathered) = (0.0, 0);
        }
        if self.points.len() == MAX_POINTS {
            self.thin();
        }
    }

    /// The points, oldest first.
    pub fn points(&self) -> &[ReturnPoint] {
        &self.points
    }

    /// The mean of each point and those before it: [`MEAN_EPISODES`] episodes, or the 50th part of a long life, so that the
    /// curve stays calm.
    pub fn moving_mean(&self) -> Vec<[f64; 2]> {
        let window = (MEAN_EPISODES / self.stride as usize).max(self.points.len() / 50).max(1);
        let mut sum = 0.0;
        let mean_up_to = |(i, point): (usize, &ReturnPoint)| {
            sum += point.value;
            if i >= window {
                sum -= self.points[i - window].value;
            }
            [point.step as f64, sum / window.min(i + 1) as f64]
        };
        self.points.iter().enumerate().map(mean_up_to).collect()
    }

    /// Mean of the last episodes, if one has ended.
    pub fn recent_mean(&self) -> Option<f64> {
        (!self.recent.is_empty()).then(|| self.recent.iter().sum::<f64>() / self.recent.len() as f64)
    }

    /// Return of the last episode.
    pub fn last(&self) -> Option<f64> {
        self.recent.back().copied()
    }

    /// Episodes seen.
    pub fn n_episodes(&self) -> u64 {
        self.n_episodes
    }

    /// Episodes that one point stands for.
    pub fn stride(&self) -> u32 {
        self.stride
    }

    fn thin(&mut self) {
        let merged = self
            .points
            .chunks_exact(2)
            .map(|pair| ReturnPoint { step: pair[1].step, value: (pair[0].value + pair[1].value) / 2.0 });
        self.points = merged.collect();
        self.stride *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve_of(values: impl IntoIterator<Item = f64>) -> ReturnCurve {
        let mut curve = ReturnCurve::default();
        for (index, value) in values.into_iter().enumerate() {
            curve.push(100 * (index as u64 + 1), value);
        }
        curve
    }

    #[test]
    fn a_short_life_is_kept_episode_by_episode() {
        let curve = curve_of([1.0, 3.0, 5.0]);
        assert_eq!(curve.points().iter().map(|p| p.value).collect::<Vec<_>>(), [1.0, 3.0, 5.0]);
        assert_eq!(curve.points()[2], ReturnPoint { step: 300, value: 5.0 });
        assert_eq!(curve.moving_mean(), [[100.0, 1.0], [200.0, 2.0], [300.0, 3.0]]);
        assert_eq!((curve.last(), curve.recent_mean(), curve.stride()), (Some(5.0), Some(3.0), 1));
    }

    #[test]
    fn the_moving_mean_forgets_what_is_older_than_its_window() {
        let curve = curve_of((0..MEAN_EPISODES + 5).map(|i| if i < 5 { 1_000.0 } else { 2.0 }));
        assert_eq!(curve.recent_mean(), Some(2.0));
        assert_eq!(curve.moving_mean().last().map(|point| point[1]), Some(2.0));
    }

    #[test]
    fn a_long_life_stays_bounded_and_keeps_its_shape() {
        let n_episodes = 100_000;
        let curve = curve_of((0..n_episodes).map(f64::from));
        let points = curve.points();
        assert!((MAX_POINTS / 2 - 1..MAX_POINTS).contains(&points.len()), "{} points", points.len());
        assert!(points.windows(2).all(|pair| pair[0].step < pair[1].step && pair[0].value < pair[1].value));
        let stride = f64::from(curve.stride());
        for point in points {
            // The mean of the `stride` episodes that end at `step`.
            let expected = point.step as f64 / 100.0 - 1.0 - (stride - 1.0) / 2.0;
            assert!((point.value - expected).abs() < 1e-6, "{point:?}, expected {expected}");
        }
    }

    #[test]
    fn a_return_that_is_not_finite_is_left_out() {
        let curve = curve_of([1.0, f64::NAN, f64::INFINITY]);
        assert_eq!((curve.points().len(), curve.n_episodes()), (1, 1));
    }
}
