//! Steps of a network that are set by what they do to its output.

use pulp::Arch;

use super::super::{mlp::Mlp, streaming::Optimiser};

/// How much of the second moments is kept in a step.
const KEEP_MOMENTS: f32 = 0.999;
/// How much of the range of errors is kept in a step.
const KEEP_ERRORS: f32 = 0.9998;
/// Root mean square errors at which [`Answer::Clipped`] is clipped.
const CLIP: f32 = 20.0;
/// Most of [`Answer::Scaled`], in mean absolute errors.
const REACH: f32 = 3.0;
/// Keeps scales from being zero.
const EPSILON: f32 = 1e-8;
/// Traces below this count as zero: what fades never becomes denormal, which is slow.
const TINY: f32 = 1e-30;
/// Sums run in so many lanes, so that results never depend on how the compiler arranges them.
const LANES: usize = 16;

/// What is made of a prediction error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The error, clipped far outside its range.
    Clipped,
    /// The error in units of its mean size, clipped.
    Scaled,
}

/// The optimiser of one network.
pub struct Intentional {
    /// `η`.
    step: f32,
    /// Decay of the trace in one step, `γ λ`.
    decay: f32,
    answer: Answer,
    gradient: Vec<f32>,
    trace: Vec<f32>,
    /// Second moments, and one over the root of each.
    moments: Vec<f32>,
    inverse: Vec<f32>,
    /// `Σ z²/m`.
    squares: f32,
    means: Means,
}

/// Running means that begin at zero, each with what is left of that zero.
#[derive(Default)]
struct Means {
    moments_left: f32,
    /// `σ`.
    reach: f32,
    reach_left: f32,
    /// Of `δ²` or `|δ|`.
    error: f32,
    error_left: f32,
}

impl Intentional {
    /// With traces and moments of zero.
    pub fn new(n_params: usize, step: f32, decay: f32, answer: Answer) -> Self {
        let zeros = || vec![0.0; n_params];
        Self {
            step,
            decay,
            answer,
            gradient: zeros(),
            trace: zeros(),
            moments: zeros(),
            inverse: zeros(),
            squares: 0.0,
            means: Means { moments_left: 1.0, reach_left: 1.0, error_left: 1.0, ..Means::default() },
        }
    }

    /// One pass over all weights: second moments, scales and traces take in the gradient. `whole` makes up for the zero that
    /// the moments began at. Returns `Σ g²/m` and `Σ z²/m`, summed in fixed lanes.
    #[inline(always)]
    fn take_in(&mut self, whole: f32) -> [f32; 2] {
        let (mut now, mut squares) = ([0.0f32; LANES], [0.0f32; LANES]);
        let decay = self.decay;
        let mut next = |lane: usize, g: f32, z: &mut f32, v: &mut f32, inverse: &mut f32| {
            *v += (1.0 - KEEP_MOMENTS) * (g * g - *v);
            *inverse = 1.0 / ((*v * whole).sqrt() + EPSILON);
            let faded = decay * *z + g;
            *z = if faded.abs() < TINY { 0.0 } else { faded };
            now[lane] += g * g * *inverse;
            squares[lane] += *z * *z * *inverse;
        };
        let mut gradients = self.gradient.chunks_exact(LANES);
        let mut traces = self.trace.chunks_exact_mut(LANES);
        let mut moments = self.moments.chunks_exact_mut(LANES);
        let mut inverses = self.inverse.chunks_exact_mut(LANES);
        for (((g, z), v), inverse) in (&mut gradients).zip(&mut traces).zip(&mut moments).zip(&mut inverses) {
            for lane in 0..LANES {
                next(lane, g[lane], &mut z[lane], &mut v[lane], &mut inverse[lane]);
            }
        }
        let (z, v, inverse) = (traces.into_remainder(), moments.into_remainder(), inverses.into_remainder());
        for (lane, &g) in gradients.remainder().iter().enumerate() {
            next(lane, g, &mut z[lane], &mut v[lane], &mut inverse[lane]);
        }
        [now.iter().sum(), squares.iter().sum()]
    }

    /// What is made of an error, after it was taken in.
    fn answer(&mut self, delta: f32) -> f32 {
        let means = &mut self.means;
        let size = match self.answer {
            Answer::Clipped => delta * delta,
            Answer::Scaled => delta.abs(),
        };
        means.error += (1.0 - KEEP_ERRORS) * (size - means.error);
        means.error_left *= KEEP_ERRORS;
        let mean = means.error / (1.0 - means.error_left);
        match self.answer {
            _ if mean <= 0.0 => 0.0,
            Answer::Clipped => delta.clamp(-CLIP * mean.sqrt(), CLIP * mean.sqrt()),
            Answer::Scaled => (delta / mean).clamp(-REACH, REACH),
        }
    }
}

impl Optimiser for Intentional {
    fn accumulate(&mut self, net: &mut Mlp, d_output: &[f32]) {
        // With a decay of zero this is the gradient alone.
        net.accumulate_gradient(d_output, 0.0, &mut self.gradient);
        self.means.moments_left *= KEEP_MOMENTS;
        let whole = 1.0 / (1.0 - self.means.moments_left);
        let [now, squares] = Arch::new().dispatch(
            #[inline(always)]
            || self.take_in(whole),
        );
        self.squares = squares;
        let share = (1.0 - self.decay).max(1e-6);
        self.means.reach += share * (now - self.means.reach);
        self.means.reach_left -= share * self.means.reach_left;
    }

    fn step(&mut self, net: &mut Mlp, delta: f32) {
        let reach = self.means.reach / (1.0 - self.means.reach_left);
        let rate = self.step * self.answer(delta) / (reach * self.squares).sqrt();
        // Without a trace there is no step.
        if !rate.is_finite() {
            return;
        }
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for ((w, z), inverse) in net.params_mut().iter_mut().zip(&self.trace).zip(&self.inverse) {
                    *w += rate * inverse * z;
                }
            },
        );
    }

    fn clear(&mut self) {
        self.trace.fill(0.0);
        self.squares = 0.0;
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        let Means { moments_left, reach, reach_left, error, error_left } = &mut self.means;
        [&mut self.trace, &mut self.moments].into_iter().for_each(|values| visit(values));
        for number in [moments_left, reach, reach_left, error, error_left] {
            visit(std::slice::from_mut(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_brain::rng::stream;

    use super::*;

    /// Without a trace beyond the step, and with moments that have settled, a step moves the output by `η δ`.
    #[test]
    fn a_step_moves_the_output_by_its_share_of_the_error() {
        let mut net = Mlp::new(3, 32, 1, 0.5, &mut stream(1, "test"));
        let mut optimiser = Intentional::new(net.params().len(), 0.1, 0.0, Answer::Clipped);
        let input = [0.4, -0.2, 1.0];
        for _ in 0..50 {
            let before = net.forward(&input)[0];
            optimiser.accumulate(&mut net, &[1.0]);
            // Small enough for the output to be linear in the weights.
            optimiser.step(&mut net, 0.01);
            let moved = net.forward(&input)[0] - before;
            assert!((moved / (0.1 * 0.01) - 1.0).abs() < 0.1, "moved {moved}");
        }
    }

    #[test]
    fn the_size_of_a_step_does_not_depend_on_the_scale_of_the_gradient() {
        let moved = |scale: f32| {
            let mut net = Mlp::new(3, 32, 1, 0.5, &mut stream(1, "test"));
            let mut optimiser = Intentional::new(net.params().len(), 0.1, 0.7, Answer::Scaled);
            for k in 0..5 {
                net.forward(&[0.4, 0.1 * k as f32, 1.0]);
                optimiser.accumulate(&mut net, &[scale]);
            }
            let before = net.params().to_vec();
            optimiser.step(&mut net, 0.3);
            net.params().iter().zip(before).map(|(after, before)| after - before).collect::<Vec<_>>()
        };
        let largest = moved(1.0).iter().fold(0.0f32, |most, x| most.max(x.abs()));
        // Output and gradient in other units: the step of the weights follows the unit of the output.
        for (a, b) in moved(1.0).iter().zip(moved(100.0)) {
            assert!((a - 100.0 * b).abs() < 5e-3 * largest, "{a} {b}");
        }
    }

    #[test]
    fn errors_are_answered_in_their_range() {
        let mut clipped = Intentional::new(1, 0.1, 0.7, Answer::Clipped);
        let mut scaled = Intentional::new(1, 0.1, 0.7, Answer::Scaled);
        for k in 0..100_000 {
            let delta = if k % 2 == 0 { 0.2 } else { -0.2 };
            let (a, b) = (clipped.answer(delta), scaled.answer(delta));
            assert!((a - delta).abs() < 1e-3 && (b - delta.signum()).abs() < 1e-3, "{a} {b}");
        }
        assert!((scaled.answer(9.0) - 3.0).abs() < 1e-6);
        assert!((clipped.answer(9.0) - 4.0).abs() < 0.9, "{}", clipped.answer(9.0));
        assert_eq!(Intentional::new(1, 0.1, 0.7, Answer::Scaled).answer(0.0), 0.0);
    }
}
