//! Exponential traces that cost nothing while nothing happens.

use crate::kernel::flush;

/// Time constants after which the traces are written anew, long before `exp(t/tau)` leaves the range of `f32`.
const SPAN: f64 = 32.0;
/// Most ticks between two such renewals, so that their number is exact in `f32`.
const MAX_TICKS: f64 = 1_048_576.0;

/// Traces `dx/dt = −x/tau` of many cells or rows, kept as `x̂ = x exp(t/tau)`: between events `x̂` stays as it is, and
/// one factor for all of them turns it back.
pub(super) struct Traces {
    hat: Vec<f32>,
    /// Whether an event sets the trace (the nearest spike counts) or adds to it (all spikes count).
    nearest: bool,
    /// Tick over time constant.
    rate: f64,
    /// Ticks since the traces were written anew; a whole number.
    elapsed: f32,
    start: Scale,
    end: Scale,
}

/// `exp(t/tau)` and its inverse.
#[derive(Clone, Copy)]
struct Scale {
    grow: f32,
    shrink: f32,
}

impl Scale {
    fn at(exponent: f64) -> Self {
        Self { grow: exponent.exp() as f32, shrink: (-exponent).exp() as f32 }
    }
}

impl Traces {
    pub(super) fn new(n: usize, tau_ms: f64, tick_ms: f64, nearest: bool) -> Self {
        // A trace that fades within a small part of a tick has faded after the tick.
        let rate = (tick_ms / tau_ms).min(SPAN);
        let (start, end) = (Scale::at(0.0), Scale::at(rate));
        Self { hat: vec![0.0; n], nearest, rate, elapsed: 0.0, start, end }
    }

    pub(super) fn begin_tick(&mut self) {
        let elapsed = f64::from(self.elapsed);
        self.start = Scale::at(elapsed * self.rate);
        self.end = Scale::at((elapsed + 1.0) * self.rate);
    }

    /// Time passes; now and then the traces are written anew. Returns the factor if they were.
    pub(super) fn end_tick(&mut self) -> Option<f32> {
        self.elapsed += 1.0;
        let elapsed = f64::from(self.elapsed);
        if elapsed * self.rate < SPAN && elapsed < MAX_TICKS {
            return None;
        }
        let shrink = self.end.shrink;
        self.hat.iter_mut().for_each(|x| *x = flush(*x * shrink));
        self.elapsed = 0.0;
        Some(shrink)
    }

    fn add(&mut self, i: usize, size: f32, grow: f32) {
        let kept = if self.nearest { 0.0 } else { self.hat[i] };
        self.hat[i] = kept + size * grow;
    }

    /// An event at the start of the tick.
    pub(super) fn add_at_start(&mut self, i: usize, size: f32) {
        self.add(i, size, self.start.grow);
    }

    /// An event at the end of the tick.
    pub(super) fn add_at_end(&mut self, i: usize, size: f32) {
        self.add(i, size, self.end.grow);
    }

    #[inline]
    pub(super) fn at_start(&self, i: usize) -> f32 {
        self.hat[i] * self.start.shrink
    }

    #[inline]
    pub(super) fn at_end(&self, i: usize) -> f32 {
        self.hat[i] * self.end.shrink
    }

    /// `x̂` of all traces.
    #[inline]
    pub(super) fn hats(&self) -> &[f32] {
        &self.hat
    }

    /// Factor from `x̂` to `x` at the start of the tick.
    pub(super) fn start_shrink(&self) -> f32 {
        self.start.shrink
    }

    /// Factor from `x̂` to `x` at the end of the tick.
    pub(super) fn end_shrink(&self) -> f32 {
        self.end.shrink
    }

    pub(super) fn reset(&mut self) {
        self.hat.fill(0.0);
        self.elapsed = 0.0;
    }

    pub(super) fn visit(&mut self, name: &str, f: &mut dyn FnMut(&str, &mut [f32])) {
        f(name, &mut self.hat);
        f(name, std::slice::from_mut(&mut self.elapsed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_fades_exponentially_across_renewals() {
        for (tau, tick) in [(20.0, 1.0), (5.0, 0.1), (0.01, 1.0)] {
            let mut traces = Traces::new(1, tau, tick, false);
            let mut plain = 0.0f64;
            for t in 0..5000 {
                traces.begin_tick();
                if t % 7 == 0 {
                    traces.add_at_start(0, 1.0);
                    plain += 1.0;
                }
                assert!((f64::from(traces.at_start(0)) - plain).abs() < 1e-5 * plain + 1e-12);
                plain *= (-tick / tau).exp();
                assert!((f64::from(traces.at_end(0)) - plain).abs() < 1e-5 * plain + 1e-12);
                traces.end_tick();
            }
        }
    }

    #[test]
    fn the_nearest_event_counts_alone() {
        let mut traces = Traces::new(1, 20.0, 1.0, true);
        traces.begin_tick();
        traces.add_at_start(0, 1.0);
        traces.add_at_start(0, 1.0);
        assert_eq!(traces.at_start(0), 1.0);
    }
}
