//! A population while it runs: cells, what flows into them, and what synapses and readouts see of them.
//!
//! For threads, a large population is cut into parts, each a `Population` of its own with a share of the cells.

use std::ops::Range;

use crate::{
    Modulator,
    blocks::{Blocks, LANES},
    cell::{Cells, Column, Context, fast},
    channel::Channel,
    history::Fired,
    input::{CHUNK, Chunk, Synaptic},
    kernel::{flush, normalise},
    plasticity::PostSignals,
    receptor::Receptors,
    rng::Uniforms,
    spec::{NoiseSpec, NormalisedSpec},
};

/// What a population did in one window, kept until its consequences are known.
pub(crate) struct Activity {
    /// Filtered rates at the end of the window, `gain · y`; one more value, always 1, serves biases.
    pub rate: Vec<f32>,
    /// The same, as the mean over the ticks of the window.
    pub mean_rate: Vec<f32>,
    /// Filtered surrogate derivative of the window.
    pub surrogate: Vec<f32>,
    /// Input of the cells in the last tick, normalised if the population is.
    pub drive: Blocks,
    /// What the normalisation divided by.
    pub spread: f32,
}

impl Activity {
    fn new(n: usize) -> Self {
        let biased = || {
            let mut values = vec![0.0; n + 1];
            values[n] = 1.0;
            values
        };
        Self { rate: biased(), mean_rate: biased(), surrogate: vec![0.0; n], drive: Blocks::new(n), spread: 1.0 }
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        visit("rate", &mut self.rate);
        visit("mean_rate", &mut self.mean_rate);
        visit("surrogate", &mut self.surrogate);
        visit("drive", &mut self.drive);
        visit("spread", std::slice::from_mut(&mut self.spread));
    }
}

/// The filtered output of cells that somebody reads, window by window.
pub(crate) struct Observed {
    pub decay: f32,
    pub gain: f32,
    rate: Vec<f32>,
    /// The window that runs, or ran last.
    pub now: Activity,
    /// The window before it: the step whose reward is known.
    pub lived: Activity,
}

impl Observed {
    pub(crate) fn new(n: usize, decay: f32, gain: f32) -> Self {
        Self { decay, gain, rate: vec![0.0; n], now: Activity::new(n), lived: Activity::new(n) }
    }

    fn begin_window(&mut self) {
        std::mem::swap(&mut self.now, &mut self.lived);
        let n = self.rate.len();
        self.now.mean_rate[..n].fill(0.0);
        self.now.surrogate.fill(0.0);
    }

    /// Filters follow the spikes of a tick.
    fn follow(&mut self, spikes: &[f32], factor: &[f32]) {
        let (k, fresh) = (self.decay, 1.0 - self.decay);
        fast(
            #[inline(always)]
            || {
                for ((rate, mean), spike) in self.rate.iter_mut().zip(&mut self.now.mean_rate).zip(spikes) {
                    *rate = flush(k * *rate + fresh * spike);
                    *mean += *rate;
                }
                for (trace, psi) in self.now.surrogate.iter_mut().zip(factor) {
                    *trace = flush(k * *trace + fresh * psi);
                }
            },
        );
    }

    fn end_window(&mut self, ticks: u32) {
        let scale = self.gain / ticks.max(1) as f32;
        for i in 0..self.rate.len() {
            self.now.rate[i] = self.gain * self.rate[i];
            self.now.mean_rate[i] *= scale;
        }
    }

    fn reset(&mut self) {
        let n = self.rate.len();
        self.rate.fill(0.0);
        self.now = Activity::new(n);
        self.lived = Activity::new(n);
    }
}

/// Interneurons that divide, by what they fire.
#[derive(Clone)]
pub(crate) struct Division {
    /// Index of their named population.
    pub by: usize,
    /// Mean of what they fired in a window, which began at zero, and how much of that zero is left in it.
    usual: f32,
    left: f32,
    /// What they leave of it, as a factor: 1 where they fire as usual.
    pub factor: f32,
}

/// Share of a window in what interneurons usually fire.
const DIVISION_SHARE: f32 = 1e-3;

impl Division {
    pub(crate) fn new(by: usize) -> Self {
        Self { by, usual: 0.0, left: 1.0, factor: 1.0 }
    }

    /// Takes in what they fired in a window.
    pub(crate) fn take_in(&mut self, spikes: f32) {
        self.left -= DIVISION_SHARE * self.left;
        self.usual += DIVISION_SHARE * (spikes - self.usual);
        let usual = self.usual / (1.0 - self.left);
        self.factor = if usual > 0.0 { 2.0 * usual / (usual + spikes) } else { 1.0 };
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        for number in [&mut self.usual, &mut self.left, &mut self.factor] {
            visit("division", std::slice::from_mut(number));
        }
    }
}

pub(crate) struct Population {
    pub cells: Cells,
    /// Index of the named population that it is, or is a part of.
    pub named: usize,
    /// Index of the first cell within the named population.
    pub first_cell: usize,
    /// Mean and deviation that the summed current is normalised to.
    normalised: Option<[f32; 2]>,
    /// Who divides the current, and who the learning signal.
    pub current_by: Option<Division>,
    pub signal_by: Option<Division>,
    pub apical: Option<crate::ApicalSpec>,
    /// Whether it lives in answers only.
    pub nucleus: bool,
    pub receptors: Receptors,
    pub channels: Vec<Channel>,
    pub noise: Option<NoiseSpec>,
    pub uniforms: Uniforms,
    /// Current that each cell always gets.
    pub drive: Column<f32>,
    /// Whether spikes or noise can reach it; otherwise its current is constant within a window.
    pub restless: bool,
    /// Current from ports, biases and the constant drive, constant within a window.
    pub held: Blocks,
    chunk: Box<Chunk>,
    /// Summed current of a population that is normalised; else empty.
    summed: Blocks,
    /// Size of the spike of each cell in this tick; empty if nobody asks.
    pub spikes: Vec<f32>,
    /// What plasticity wants to know of each cell in this tick; empty if nobody asks.
    pub factor: Vec<f32>,
    /// Who spiked in this tick.
    pub fired: Vec<Fired>,
    /// What readouts and windowed plasticity see; nothing if there are none.
    pub observed: Option<Observed>,
    /// Current into each soma in the last tick; empty if nobody looks.
    input: Vec<f32>,
    /// Learning signal in the apical dendrites; empty if nobody learns from it.
    pub signal: Vec<f32>,
    /// What the targets of each cell broadcast; empty if nobody listens.
    pub broadcast: Vec<f32>,
}

impl Population {
    /// Cells at work, with their channels; everything else is set by the builder.
    pub(crate) fn new(
        cells: Cells,
        n: usize,
        mut channels: Vec<Channel>,
        receptors: Receptors,
        normalised: Option<&NormalisedSpec>,
    ) -> Self {
        for k in 0..channels.len() {
            let (before, of_these) = channels.split_at_mut(k);
            of_these[0].first = before.iter().all(|channel| !channel.sums_with(&of_these[0]));
        }
        Self {
            cells,
            named: 0,
            first_cell: 0,
            normalised: normalised.map(|to| [to.mean as f32, to.sd as f32]),
            chunk: Box::default(),
            summed: Blocks::new(if normalised.is_some() { n } else { 0 }),
            current_by: None,
            signal_by: None,
            apical: None,
            nucleus: false,
            receptors,
            channels,
            noise: None,
            uniforms: Uniforms::default(),
            drive: Column::Same(0.0),
            restless: false,
            held: Blocks::new(n),
            spikes: Vec::new(),
            factor: Vec::new(),
            fired: Vec::with_capacity(n.min(4096)),
            observed: None,
            input: Vec::new(),
            signal: Vec::new(),
            broadcast: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Starts to keep the current into each soma, without that of conductances.
    pub(crate) fn keep_input(&mut self) {
        self.input.resize(self.held.len(), 0.0);
    }

    /// Current into each soma in the last tick, if it is kept.
    pub(crate) fn input(&self) -> &[f32] {
        &self.input
    }

    /// Bytes that the cells take: parameters, state, channels and input, without the workbench of a chunk that each
    /// population has (33 kB).
    pub(crate) fn bytes(&self) -> usize {
        let channels: usize = self.channels.iter().map(|c| 4 * (c.x.len() + c.rise.len())).sum();
        let observed = if self.observed.is_some() { 4 * 9 * self.len() } else { 0 };
        let own = 4
            * (self.len()
                + self.summed.len()
                + self.spikes.len()
                + self.factor.len()
                + self.signal.len()
                + self.input.len()
                + self.broadcast.len());
        self.cells.bytes() + channels + observed + own
    }

    /// Starts a window: what was lived is kept, and its measures start anew.
    pub(crate) fn begin_window(&mut self) {
        if let Some(observed) = &mut self.observed {
            observed.begin_window();
        }
        match &self.drive {
            Column::Same(drive) => self.held.fill(*drive),
            Column::Each(drive) => self.held.copy_from_slice(drive),
        }
    }

    /// Advances the cells by a tick: input, basket cells, somata, spikes, traces.
    pub(crate) fn tick(&mut self, modulators: &[Modulator], tick: u64, first_of_window: bool) {
        let n = self.len();
        self.receptors.update(modulators, &self.channels, &mut self.cells, n);
        let context = Context { uniforms: self.uniforms, first_cell: self.first_cell, tick };
        let one = Column::Same(1.0);
        let mut synaptic = Synaptic {
            held: &self.held,
            channels: &mut self.channels,
            scales: &self.receptors.channels,
            ionotropic: &self.receptors.current,
            gain: if self.normalised.is_some() { &one } else { &self.receptors.gain },
            noise: self.noise,
            uniforms: self.uniforms,
            first_cell: self.first_cell,
            tick,
        };
        let chunks = (0..n).step_by(CHUNK).map(|start| start..n.min(start + CHUNK));
        let blocks = |cells: &Range<usize>| cells.start / LANES..cells.end.div_ceil(LANES);
        let chunk = &mut *self.chunk;
        let divided = self.current_by.as_ref().map_or(1.0, |division| division.factor);
        let normalised = match &mut self.observed {
            Some(observed) if self.normalised.is_some() => {
                let now = &mut observed.now;
                if self.restless || first_of_window {
                    for cells in chunks.clone() {
                        let as_held = synaptic.fill(blocks(&cells), chunk);
                        keep(currents(chunk, as_held, &self.held, &cells), &mut self.summed, &cells);
                    }
                    keep(&self.summed, &mut self.input, &(0..n));
                    now.spread = normalise(&self.summed, &mut now.drive);
                }
                Some(&now.drive)
            }
            _ => None,
        };
        chunk.wanted = !self.factor.is_empty() || !self.spikes.is_empty();
        self.fired.clear();
        for cells in chunks {
            let as_held = match normalised {
                Some(drive) => {
                    let [mean, sd] = self.normalised.unwrap_or([0.0, 1.0]);
                    chunk.fill_currents(drive, &self.receptors.gain, [mean, sd * divided], blocks(&cells));
                    false
                }
                None => {
                    let as_held = synaptic.fill(blocks(&cells), chunk);
                    keep(currents(chunk, as_held, &self.held, &cells), &mut self.input, &cells);
                    as_held
                }
            };
            self.cells.tick(cells.start, as_held.then_some(&self.held), chunk, &context, &mut self.fired);
            keep(chunk.spikes.as_flattened(), &mut self.spikes, &cells);
            keep(chunk.factor.as_flattened(), &mut self.factor, &cells);
        }
        self.channels.iter_mut().for_each(|channel| channel.cancel(&self.fired));
        if let Some(observed) = &mut self.observed {
            observed.follow(&self.spikes, &self.factor);
        }
    }

    /// What rules that act within the ticks want to know of the cells.
    pub(crate) fn post_signals(&self) -> PostSignals<'_> {
        PostSignals { spikes: &self.spikes, factor: &self.factor, learning: &self.signal, broadcast: &self.broadcast }
    }

    /// What each cell broadcasts: its learning signal times its factor of plasticity; nothing if it has none.
    pub(crate) fn secretion(&self) -> Vec<f32> {
        let mut secreted: Vec<f32> = self.signal.iter().zip(&self.factor).map(|(l, psi)| l * psi).collect();
        secreted.resize(self.len(), 0.0);
        secreted
    }

    /// Ends a window of `ticks` ticks.
    pub(crate) fn end_window(&mut self, ticks: u32) {
        if let Some(observed) = &mut self.observed {
            observed.end_window(ticks);
        }
    }

    /// Turns the signal fed back onto the apical dendrites into the learning signal of the step that was lived.
    ///
    /// It acts in proportion to how near to threshold a cell was; SST cells take out what the population has in common
    /// and what lies along its activity, which is the counterpart of the normalisation of the current.
    pub(crate) fn settle_signal(&mut self) {
        let (Some(apical), Some(observed)) = (&self.apical, &self.observed) else { return };
        let lived = &observed.lived;
        let floor = apical.floor as f32;
        for (d, p) in self.signal.iter_mut().zip(&lived.surrogate) {
            *d *= p + floor;
        }
        if apical.projected {
            let n = self.signal.len() as f32;
            let mean = crate::kernel::sum(&self.signal) / n;
            let along = crate::kernel::dot(&self.signal, &lived.drive) / n;
            for (d, drive) in self.signal.iter_mut().zip(lived.drive.iter()) {
                *d = *d - mean - drive * along;
            }
        }
        let inverse = self.signal_by.as_ref().map_or(1.0, |division| division.factor) / lived.spread;
        self.signal.iter_mut().for_each(|d| *d *= inverse);
    }

    /// Puts traces and channels at rest; the cells are put at rest by the one who owns the random numbers.
    pub(crate) fn reset(&mut self) {
        self.channels.iter_mut().for_each(Channel::reset);
        self.receptors.forget();
        for division in [&mut self.current_by, &mut self.signal_by].into_iter().flatten() {
            division.factor = 1.0;
        }
        self.fired.clear();
        self.input.fill(0.0);
        self.broadcast.fill(0.0);
        if let Some(observed) = &mut self.observed {
            observed.reset();
        }
    }

    /// Shows every state array to `visit`.
    pub(crate) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        self.cells.visit(visit);
        for channel in &mut self.channels {
            visit(channel.spec.name(), &mut channel.x);
            visit("rise", &mut channel.rise);
        }
        for division in [&mut self.current_by, &mut self.signal_by].into_iter().flatten() {
            division.visit(visit);
        }
        visit("signal", &mut self.signal);
        visit("broadcast", &mut self.broadcast);
        if let Some(observed) = &mut self.observed {
            visit("filtered", &mut observed.rate);
            observed.now.visit(visit);
            observed.lived.visit(visit);
        }
    }
}

/// Currents onto the somata of these cells: those of the chunk, or those held.
fn currents<'a>(chunk: &'a Chunk, as_held: bool, held: &'a Blocks, cells: &Range<usize>) -> &'a [f32] {
    if as_held { &held[cells.clone()] } else { chunk.soma.current.as_flattened() }
}

/// Keeps the first numbers for these cells, if somebody asks for them.
fn keep(numbers: &[f32], kept: &mut [f32], cells: &Range<usize>) {
    if !kept.is_empty() {
        kept[cells.clone()].copy_from_slice(&numbers[..cells.len()]);
    }
}
