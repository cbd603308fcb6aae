//! A modulator that turns tags into weight, exactly and without touching an edge between its events.
//!
//! A tag fades as `dc/dt = −c/tau`, and the weight follows `dw/dt = rate · c · (n − b)`.
//! With `c(t) = ĉ exp(−t/tau)` the tag of an edge is a constant `ĉ` between events, and every edge needs the same
//! integral `S(t) = rate ∫ (n − b) exp(−s/tau) ds`: the weight is `w = ŵ + ĉ S(t)`.
//! A jump of the tag by `j` is `ĉ += j exp(t/tau)`, `ŵ −= j exp(t/tau) S(t)`.
//! About once in `tau` all edges are written anew, with `t = 0` and `S = 0`, so that nothing grows without end.

use serde::{Deserialize, Serialize};

use crate::{Modulator, kernel::flush};

/// Most ticks between two renewals, so that their number is exact in `f32`.
const MAX_TICKS: f64 = 1_048_576.0;

/// What a modulator is measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Its own concentration at rest: bursts and dips count.
    #[default]
    Tonic,
    /// A fixed concentration.
    Level(f64),
    /// Its running mean, with this time constant in ms.
    MeanTauMs(f64),
}

/// A modulator against its baseline, with a running mean of its own if need be.
pub(super) struct Drive {
    modulator: usize,
    baseline: Baseline,
    /// Running mean of the concentration above tonic.
    mean: f32,
    /// Part of the way that the mean goes in a tick.
    step: f32,
}

impl Drive {
    pub(super) fn new(modulator: usize, baseline: Baseline, tick_ms: f64) -> Self {
        let step = match baseline {
            Baseline::MeanTauMs(tau_ms) => -(-tick_ms / tau_ms).exp_m1(),
            Baseline::Tonic | Baseline::Level(_) => 0.0,
        };
        Self { modulator, baseline, mean: 0.0, step: step as f32 }
    }

    /// Concentration at rest and concentration now, both above the baseline. The mean follows.
    pub(super) fn read<'a>(&mut self, modulators: &'a [Modulator]) -> (f64, f64, &'a Modulator) {
        let modulator = &modulators[self.modulator];
        let phasic = modulator.phasic();
        let rest = match self.baseline {
            Baseline::Tonic => 0.0,
            Baseline::Level(level) => f64::from(modulator.tonic()) - level,
            Baseline::MeanTauMs(_) => -f64::from(self.mean),
        };
        self.mean += self.step * (phasic - self.mean);
        (rest, rest + f64::from(phasic), modulator)
    }

    pub(super) fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        f("mean of the modulator", std::slice::from_mut(&mut self.mean));
    }
}

/// The integral that the tags of all edges share.
pub(super) struct Gate {
    tau_ms: f64,
    tick_ms: f64,
    rate: f64,
    /// Ticks since the edges were written anew; a whole number.
    elapsed: f32,
    /// `S` as the sum of two floats.
    integral: [f32; 2],
    start: Moment,
    end: Moment,
    next: [f32; 2],
}

/// An instant: what turns stored tags and weights into true ones.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// `exp(t/tau)`.
    pub grow: f32,
    /// `S(t)`.
    pub integral: f32,
}

impl Gate {
    pub(super) fn new(tau_ms: f64, rate: f64, tick_ms: f64) -> Self {
        let rest = Moment { grow: 1.0, integral: 0.0 };
        // A tag that fades within a small part of a tick has faded after the tick.
        let tau_ms = tau_ms.max(tick_ms / 32.0);
        Self { tau_ms, tick_ms, rate, elapsed: 0.0, integral: [0.0; 2], start: rest, end: rest, next: [0.0; 2] }
    }

    /// The modulator decays from `now` towards `rest` through the tick, both above the baseline.
    pub(super) fn begin_tick(&mut self, (rest, now, modulator): (f64, f64, &Modulator)) {
        let fade = self.tick_ms / self.tau_ms;
        let exponent = fade * f64::from(self.elapsed);
        let held = self.tick_ms * area(fade);
        let fading = self.tick_ms * area(fade - f64::from(modulator.decay()).ln());
        let sum = f64::from(self.integral[0]) + f64::from(self.integral[1]);
        let sum_after = sum + self.rate * (-exponent).exp() * (rest * held + (now - rest) * fading);
        self.next = [sum_after as f32, (sum_after - f64::from(sum_after as f32)) as f32];
        self.start = Moment { grow: exponent.exp() as f32, integral: self.integral[0] };
        self.end = Moment { grow: (exponent + fade).exp() as f32, integral: self.next[0] };
    }

    pub(super) fn start(&self) -> Moment {
        self.start
    }

    pub(super) fn end(&self) -> Moment {
        self.end
    }

    /// `S` between two ticks.
    pub(super) fn integral(&self) -> f32 {
        self.integral[0]
    }

    /// What turns stored tags into true ones between two ticks.
    pub(super) fn shrink(&self) -> f32 {
        (-self.tick_ms / self.tau_ms * f64::from(self.elapsed)).exp() as f32
    }

    /// Time passes. True if the edges are to be written anew now: see [`Gate::renew`].
    pub(super) fn end_tick(&mut self) -> bool {
        self.integral = self.next;
        self.elapsed += 1.0;
        let elapsed = f64::from(self.elapsed);
        elapsed * self.tick_ms >= self.tau_ms || elapsed >= MAX_TICKS
    }

    /// Writes anew the weight and the tag of every edge.
    pub(super) fn renew<'a>(&mut self, edges: impl Iterator<Item = (&'a mut f32, &'a mut f32)>) {
        let (integral, shrink) = (self.integral[0], 1.0 / self.end.grow);
        for (w, tag) in edges {
            *w += *tag * integral;
            *tag = flush(*tag * shrink);
        }
        self.reset();
    }

    pub(super) fn reset(&mut self) {
        self.elapsed = 0.0;
        self.integral = [0.0; 2];
    }

    pub(super) fn visit(&mut self, f: &mut dyn FnMut(&str, &mut [f32])) {
        f("ticks of the integral", std::slice::from_mut(&mut self.elapsed));
        f("integral", &mut self.integral);
    }
}

/// `(1 − exp(−x))/x`.
fn area(x: f64) -> f64 {
    -(-x).exp_m1() / x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModulatorSpec;

    #[test]
    fn the_running_mean_leaves_no_drive_under_a_constant_concentration() {
        let spec = ModulatorSpec {
            name: "reward".into(),
            tonic: 0.0,
            uptake_tau_ms: 1e9,
            max: 10.0,
            clamped: false,
            sources: Vec::new(),
        };
        let mut modulator = Modulator::new(&spec, 1.0);
        modulator.release(2.0);
        let modulators = [modulator];
        let mut drive = Drive::new(0, Baseline::MeanTauMs(50.0), 1.0);
        assert_eq!(drive.read(&modulators).1, 2.0);
        (0..1000).for_each(|_| {
            drive.read(&modulators);
        });
        assert!(drive.read(&modulators).1.abs() < 1e-5);
    }
}
