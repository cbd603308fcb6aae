//! Synaptic channels: what spikes leave behind at each cell of a population, one kind of synapse each.
//!
//! All projections that reach the same compartment through the same kind of synapse share a channel.
//! In each tick: spikes arrive, the cells take what the channel says, and it fades until the end of the tick.

use std::ops::Range;

use crate::{
    blocks::{Blocks, LANES},
    cell::Column,
    history::Fired,
    input::Chunk,
    kernel::flush,
    spec::{Compartment, SynapseSpec},
};

/// What a channel is to the cell.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A current.
    Current,
    /// A current that rises before it falls.
    Rising,
    /// A conductance with its reversal potential in mV.
    Conductance(f32),
    /// A conductance with magnesium block.
    Nmda,
    /// The concentration of a modulator above its tonic level; index of the modulator.
    Wired(usize),
}

/// What may be left, between two cleanings, of something that counts as zero.
const FADED: f32 = 1e-4;

/// One kind of synapse on one compartment of a population.
pub(crate) struct Channel {
    pub spec: SynapseSpec,
    pub compartment: Compartment,
    pub kind: Kind,
    /// Current, conductance or concentration at each cell at the end of the last tick.
    pub x: Blocks,
    /// What is still to come of a current that rises; empty for other kinds.
    pub rise: Blocks,
    decay: f32,
    rise_decay: f32,
    /// What of `rise` has come by the end of a tick, before it fades like the rest.
    risen: f32,
    /// Whether it is the first of its kind at its place: the sum begins with it.
    pub first: bool,
    /// Every so many ticks, what has faded away is set to zero, before it becomes a slow denormal number.
    clean_ticks: u64,
    /// Whether a spike of the cell cancels all that arrived before it.
    cancelled: bool,
    /// Factor of the weights on arrival.
    pub gain: f32,
    /// Effective current in a tick per unit of `x` and of `rise`.
    pub held: [f32; 2],
}

impl Channel {
    /// A channel of `n` cells. `tau_m_ms` is the membrane time constant of the cells if they are leaky and all alike.
    pub(crate) fn new(
        spec: &SynapseSpec,
        compartment: Compartment,
        n: usize,
        tick_ms: f64,
        tau_m_ms: Option<f64>,
        modulator: impl Fn(&str) -> usize,
    ) -> Self {
        let tau_ms = spec.tau_ms();
        let decay = if tau_ms > 0.0 { (-tick_ms / tau_ms).exp() as f32 } else { 0.0 };
        let (kind, gain) = match spec {
            SynapseSpec::Filter { gain, .. } => (Kind::Current, (1.0 - decay) * *gain as f32),
            SynapseSpec::Exponential { .. } => (Kind::Current, 1.0),
            SynapseSpec::Alpha { .. } => (Kind::Rising, (std::f64::consts::E / tau_ms) as f32),
            SynapseSpec::DoubleExponential { rise_ms, area_ms, .. } => {
                (Kind::Rising, (area_ms / (tau_ms * rise_ms)) as f32)
            }
            SynapseSpec::Ampa { reversal_mv, .. } | SynapseSpec::Gaba { reversal_mv, .. } => {
                (Kind::Conductance(*reversal_mv as f32), 1.0)
            }
            SynapseSpec::Nmda { .. } => (Kind::Nmda, 1.0),
            SynapseSpec::Wired { modulator: name, .. } => (Kind::Wired(modulator(name)), 1.0),
        };
        let rise_ms = match spec {
            SynapseSpec::DoubleExponential { rise_ms, .. } => *rise_ms,
            _ => tau_ms,
        };
        let held = match (spec, kind) {
            (SynapseSpec::Filter { .. } | SynapseSpec::Wired { .. }, _) => [1.0, 0.0],
            (_, Kind::Current | Kind::Rising) => mean_over_tick(tick_ms, [tau_ms, rise_ms], tau_m_ms),
            _ => mean_over_tick(tick_ms, [tau_ms, rise_ms], None),
        };
        let rise_decay = if rise_ms == tau_ms { decay } else { (-tick_ms / rise_ms).exp() as f32 };
        Self {
            spec: spec.clone(),
            compartment,
            kind,
            x: Blocks::new(n),
            rise: Blocks::new(if kind == Kind::Rising { n } else { 0 }),
            decay,
            rise_decay,
            clean_ticks: (FADED.ln() / decay.min(rise_decay).ln()).clamp(1.0, 64.0) as u64,
            risen: if rise_ms == tau_ms {
                tick_ms as f32
            } else {
                (risen(tick_ms, tau_ms, rise_ms) * (tick_ms / tau_ms).exp()) as f32
            },
            first: true,
            cancelled: matches!(spec, SynapseSpec::DoubleExponential { cancelled: true, .. }),
            gain,
            held,
        }
    }

    /// Whether both go to the same sum of a compartment.
    pub(crate) fn sums_with(&self, other: &Self) -> bool {
        let of = |channel: &Self| match channel.kind {
            Kind::Current | Kind::Rising => 0,
            Kind::Conductance(_) => 1,
            Kind::Nmda => 2,
            Kind::Wired(_) => 3,
        };
        self.compartment == other.compartment && of(self) == of(other)
    }

    /// Where the weights of arriving spikes are added, and by which factor.
    pub(crate) fn arrivals(&mut self) -> (&mut [f32], f32) {
        if self.kind == Kind::Rising { (&mut self.rise, self.gain) } else { (&mut self.x, self.gain) }
    }

    /// Gives these blocks of cells what they get in this tick, times `scale`; then the blocks fade. The sum of the
    /// currents onto the somata begins with those `held`.
    #[inline(always)]
    pub(crate) fn pour(
        &mut self,
        blocks: Range<usize>,
        tick: u64,
        scale: &Column<f32>,
        held: &[[f32; LANES]],
        chunk: &mut Chunk,
    ) {
        let (n, first) = (blocks.len() * LANES, self.first);
        let Chunk { soma, apical, branches, .. } = chunk;
        let into = if self.compartment == Compartment::Apical { apical } else { soma };
        let to = match (self.compartment, self.kind) {
            (Compartment::Branch(branch), _) => &mut branches[branch],
            (_, Kind::Current | Kind::Rising | Kind::Wired(_)) => &mut into.current,
            (_, Kind::Conductance(_)) => &mut into.g,
            (_, Kind::Nmda) => &mut into.nmda,
        };
        let to = &mut to.as_flattened_mut()[..n];
        let (g_e, held) = (&mut into.g_e.as_flattened_mut()[..n], &held.as_flattened()[..n]);
        // One loop for each case: a choice within the loop would keep it from being vectorised.
        macro_rules! take {
            ($give:expr) => {
                self.take(
                    blocks,
                    tick,
                    scale,
                    #[inline(always)]
                    $give,
                )
            };
        }
        match (self.kind, self.compartment) {
            (Kind::Wired(_), _) => take!(|_, _, _| {}),
            (Kind::Conductance(reversal), _) if first => take!(|i, factor, x| {
                to[i] = factor * x;
                g_e[i] = to[i] * reversal;
            }),
            (Kind::Conductance(reversal), _) => take!(|i, factor, x| {
                let g = factor * x;
                to[i] += g;
                g_e[i] = g.mul_add(reversal, g_e[i]);
            }),
            (Kind::Current | Kind::Rising, Compartment::Soma) if first => {
                take!(|i, factor, x| to[i] = factor.mul_add(x, held[i]));
            }
            _ if first => take!(|i, factor, x| to[i] = factor * x),
            _ => take!(|i, factor, x| to[i] = factor.mul_add(x, to[i])),
        }
    }

    /// Calls `give(i, factor, x)` for each cell, counted from the first one: it gets `factor x`.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "with iterators whole networks are a fifth slower")]
    fn take(&mut self, blocks: Range<usize>, tick: u64, scale: &Column<f32>, mut give: impl FnMut(usize, f32, f32)) {
        let ([now, later], decay) = (self.held, self.decay);
        let n = blocks.len() * LANES;
        let x = &mut self.x.blocks_mut()[blocks.clone()].as_flattened_mut()[..n];
        let rise = self.rise.blocks_mut().get_mut(blocks.clone()).unwrap_or_default().as_flattened_mut();
        match scale {
            _ if !rise.is_empty() => {
                for i in 0..n {
                    give(i, scale.or_zero(blocks.start * LANES + i), now * x[i] + later * rise[i]);
                    x[i] = decay * (x[i] + self.risen * rise[i]);
                    rise[i] *= self.rise_decay;
                }
            }
            Column::Same(scale) => {
                for i in 0..n {
                    give(i, scale * now, x[i]);
                    x[i] *= decay;
                }
            }
            Column::Each(_) => {
                for (i, x) in x.iter_mut().enumerate() {
                    give(i, scale.or_zero(blocks.start * LANES + i) * now, *x);
                    *x *= decay;
                }
            }
        }
        if tick.is_multiple_of(self.clean_ticks) {
            x.iter_mut().chain(rise).for_each(|x| *x = flush(*x));
        }
    }

    /// Cells have spiked at the end of the tick.
    pub(crate) fn cancel(&mut self, fired: &[Fired]) {
        if self.cancelled {
            for &(cell, _) in fired {
                (self.x[cell as usize], self.rise[cell as usize]) = (0.0, 0.0);
            }
        }
    }

    /// Puts the channel at rest.
    pub(crate) fn reset(&mut self) {
        self.x.fill(0.0);
        self.rise.fill(0.0);
    }
}

/// What has become of `e^(−t/rise)` after a filter `e^(−t/tau)`: their convolution.
fn risen(t: f64, tau_ms: f64, rise_ms: f64) -> f64 {
    if rise_ms == tau_ms {
        return t * (-t / tau_ms).exp();
    }
    tau_ms * rise_ms / (tau_ms - rise_ms) * ((-t / tau_ms).exp() - (-t / rise_ms).exp())
}

/// The constant current that does to a membrane in a tick what `e^(−t/tau)`, and its convolution with `e^(−t/rise)`, do.
///
/// With the time constant of the membrane it is exact for leaky cells; without one it is the mean over the tick.
fn mean_over_tick(tick_ms: f64, [tau_ms, rise_ms]: [f64; 2], tau_m_ms: Option<f64>) -> [f32; 2] {
    if tau_ms <= 0.0 {
        return [1.0, 0.0];
    }
    // Integrals over the tick, weighted by what the membrane still remembers of each instant at its end: Simpson's rule.
    let shortest = if rise_ms > 0.0 { tau_ms.min(rise_ms) } else { tau_ms };
    // A power of two, so that it is even: sixteen points or more for each time constant.
    let n = (16.0 * tick_ms / shortest).clamp(64.0, 1e6) as usize;
    let n = n.next_power_of_two();
    let (mut sums, mut whole) = ([0.0; 2], 0.0);
    for i in 0..=n {
        let t = tick_ms * i as f64 / n as f64;
        let memory = tau_m_ms.map_or(1.0, |tau_m| (-(tick_ms - t) / tau_m).exp());
        let weight = memory
            * if i == 0 || i == n {
                1.0
            } else if i % 2 == 1 {
                4.0
            } else {
                2.0
            };
        sums[0] += weight * (-t / tau_ms).exp();
        sums[1] += weight * risen(t, tau_ms, rise_ms);
        whole += weight;
    }
    sums.map(|sum| (sum / whole) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(channel: &mut Channel, tick: u64) {
        channel.pour(0..1, tick, &Column::Same(1.0), &[[0.0; LANES]], &mut Chunk::default());
    }

    #[test]
    fn an_exponential_current_moves_a_leaky_membrane_as_the_closed_form_says() {
        // v' = (I R − v)/tau_m with I = e^(−t/tau): v(h) = R tau/(tau − tau_m) (e^(−h/tau) − e^(−h/tau_m)).
        for (h, tau, tau_m) in
            [(0.1f64, 5.0f64, 20.0f64), (1.0, 5.0, 20.0), (1.0, 10.0, 10.5), (1.0, 0.001, 20.0), (1.0, 0.01, 0.5)]
        {
            let exact = tau / (tau - tau_m) * ((-h / tau).exp() - (-h / tau_m).exp());
            let held = f64::from(mean_over_tick(h, [tau; 2], Some(tau_m))[0]) * (1.0 - (-h / tau_m).exp());
            assert!((held - exact).abs() < 1e-7, "tick {h}: {held}, expected {exact}");
        }
    }

    #[test]
    fn an_alpha_current_peaks_at_its_time_constant_with_the_weight() {
        let spec = SynapseSpec::Alpha { tau_ms: 5.0 };
        let mut channel = Channel::new(&spec, Compartment::Soma, 1, 0.1, None, |_| 0);
        let (arrivals, gain) = channel.arrivals();
        arrivals[0] += gain * 3.0;
        let course: Vec<f32> = (0..200)
            .map(|t| {
                live(&mut channel, t);
                channel.x[0]
            })
            .collect();
        let peak = (0..200).max_by(|&a, &b| course[a].total_cmp(&course[b])).unwrap();
        assert!((peak + 1).abs_diff(50) <= 1, "peak after {} ticks of 0.1 ms", peak + 1);
        assert!((course[peak] - 3.0).abs() < 1e-3, "peak of {}", course[peak]);
    }

    #[test]
    fn a_double_exponential_current_is_the_closed_form_until_a_spike_cancels_it() {
        let spec = SynapseSpec::DoubleExponential { rise_ms: 5.0, tau_ms: 20.0, area_ms: 20.0, cancelled: true };
        let mut channel = Channel::new(&spec, Compartment::Soma, 2, 1.0, None, |_| 0);
        let (arrivals, gain) = channel.arrivals();
        arrivals.iter_mut().for_each(|x| *x += gain * 3.0);
        let course = |t: f64| 3.0 * 20.0 * ((-t / 20.0).exp() - (-t / 5.0).exp()) / 15.0;
        for t in 1..100 {
            live(&mut channel, t as u64);
            let found = f64::from(channel.x[0]);
            assert!((found - course(f64::from(t))).abs() < 1e-5, "after {t} ms: {found}");
            if t == 10 {
                channel.cancel(&[(1, 1.0)]);
            }
            assert_eq!(channel.x[1] == 0.0, t >= 10, "the other cell, after {t} ms: {}", channel.x[1]);
        }
    }
}
