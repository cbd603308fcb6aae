//! A population while it runs: cells, what flows into them, and what synapses and readouts see of them.

use crate::{
    cell::{Arriving, Cells, Inputs},
    kernel::{flush, normalise},
    rng::Rng,
    spec::PopulationSpec,
};

/// What a population did in one window, kept until its consequences are known.
#[derive(Clone)]
pub(crate) struct Activity {
    /// Filtered rates at the end of the window, `gain · y`; one more value, always 1, serves biases.
    pub rate: Vec<f32>,
    /// The same, as the mean over the ticks of the window.
    pub mean_rate: Vec<f32>,
    /// Filtered surrogate derivative of the window.
    pub surrogate: Vec<f32>,
    /// Input of the cells in the last tick, normalised if the population is.
    pub drive: Vec<f32>,
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
        Self { rate: biased(), mean_rate: biased(), surrogate: vec![0.0; n], drive: vec![0.0; n], spread: 1.0 }
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        visit("rate", &mut self.rate);
        visit("mean_rate", &mut self.mean_rate);
        visit("surrogate", &mut self.surrogate);
        visit("drive", &mut self.drive);
        visit("spread", std::slice::from_mut(&mut self.spread));
    }
}

/// A receptor, resolved: modulator and effect on the input gain.
#[derive(Clone, Copy)]
pub(crate) struct Receptor {
    pub modulator: usize,
    pub effect: f32,
}

pub(crate) struct Population {
    pub name: String,
    pub cells: Cells,
    normalised: bool,
    trace_decay: f32,
    trace_gain: f32,
    pub apical: Option<crate::ApicalSpec>,
    pub receptors: Vec<Receptor>,
    /// Whether spikes can reach it; otherwise its current is constant within a window.
    pub hears_spikes: bool,
    /// Current from ports and biases, constant within a window.
    pub held: Vec<f32>,
    /// Summed current of this tick.
    pub current: Vec<f32>,
    /// The drive times the input gain, where that is not 1.
    scaled: Vec<f32>,
    surrogate: Vec<f32>,
    rate: Vec<f32>,
    /// Spikes of the last ticks, one row each: as many as the longest delay from here.
    pub spikes: Vec<f32>,
    /// Who spiked in each of these ticks.
    pub active: Vec<Vec<u32>>,
    /// The window that runs, or ran last.
    pub now: Activity,
    /// The window before it: the step whose reward is known.
    pub lived: Activity,
    /// Learning signal in the apical dendrites.
    pub signal: Vec<f32>,
}

impl Population {
    pub(crate) fn new(spec: &PopulationSpec, longest_delay: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        let n = spec.size;
        Self {
            name: spec.name.clone(),
            cells: Cells::new(&spec.cell, n, tick_ms, rng),
            normalised: spec.normalised,
            trace_decay: (-tick_ms / spec.trace.tau_ms).exp() as f32,
            trace_gain: spec.trace.gain as f32,
            apical: spec.apical.clone(),
            receptors: Vec::new(),
            hears_spikes: false,
            held: vec![0.0; n],
            current: vec![0.0; n],
            scaled: vec![0.0; n],
            surrogate: vec![0.0; n],
            rate: vec![0.0; n],
            spikes: vec![0.0; n * longest_delay],
            active: (0..longest_delay).map(|_| Vec::with_capacity(n)).collect(),
            now: Activity::new(n),
            lived: Activity::new(n),
            signal: vec![0.0; n],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Starts a window: what was lived is kept, and its measures start anew.
    pub(crate) fn begin_window(&mut self) {
        std::mem::swap(&mut self.now, &mut self.lived);
        let n = self.len();
        self.now.mean_rate[..n].fill(0.0);
        self.now.surrogate.fill(0.0);
        self.held.fill(0.0);
    }

    /// Turns the summed current into the drive of the cells.
    pub(crate) fn integrate(&mut self) {
        if self.normalised {
            self.now.spread = normalise(&self.current, &mut self.now.drive);
        } else {
            self.now.drive.copy_from_slice(&self.current);
        }
    }

    /// Advances the cells and notes who spiked.
    pub(crate) fn fire(&mut self, gain: f32, tick: u64) {
        let n = self.len();
        let row = (tick % self.active.len() as u64) as usize;
        let spikes = &mut self.spikes[row * n..(row + 1) * n];
        let current = if gain == 1.0 {
            &self.now.drive
        } else {
            self.scaled.iter_mut().zip(&self.now.drive).for_each(|(scaled, i)| *scaled = gain * i);
            &self.scaled
        };
        let soma = Arriving { current, ..Arriving::default() };
        self.cells.tick(&Inputs { soma, tick, ..Inputs::default() }, spikes, Some(&mut self.surrogate));
        note_active(spikes, &mut self.active[row]);

        let (k, fresh) = (self.trace_decay, 1.0 - self.trace_decay);
        for ((rate, mean), spike) in self.rate.iter_mut().zip(&mut self.now.mean_rate).zip(&*spikes) {
            *rate = flush(k * *rate + fresh * spike);
            *mean += *rate;
        }
        for (trace, psi) in self.now.surrogate.iter_mut().zip(&self.surrogate) {
            *trace = flush(k * *trace + fresh * psi);
        }
    }

    /// Ends a window of `ticks` ticks.
    pub(crate) fn end_window(&mut self, ticks: u32) {
        let scale = self.trace_gain / ticks.max(1) as f32;
        for i in 0..self.len() {
            self.now.rate[i] = self.trace_gain * self.rate[i];
            self.now.mean_rate[i] *= scale;
        }
    }

    /// Turns the signal fed back onto the apical dendrites into the learning signal of the step that was lived.
    ///
    /// It acts in proportion to how near to threshold a cell was; SST cells take out what the population has in common
    /// and what lies along its activity, which is the counterpart of the normalisation of the current.
    pub(crate) fn settle_signal(&mut self) {
        let Some(apical) = &self.apical else { return };
        let floor = apical.floor as f32;
        for (d, p) in self.signal.iter_mut().zip(&self.lived.surrogate) {
            *d *= p + floor;
        }
        if apical.projected {
            let n = self.signal.len() as f32;
            let mean = crate::kernel::sum(&self.signal) / n;
            let along = crate::kernel::dot(&self.signal, &self.lived.drive) / n;
            for (d, drive) in self.signal.iter_mut().zip(&self.lived.drive) {
                *d = *d - mean - drive * along;
            }
        }
        let inverse = 1.0 / self.lived.spread;
        self.signal.iter_mut().for_each(|d| *d *= inverse);
    }

    /// Puts cells and traces at rest.
    pub(crate) fn reset(&mut self, rng: &mut Rng) {
        self.cells.reset(rng);
        self.rate.fill(0.0);
        self.spikes.fill(0.0);
        self.active.iter_mut().for_each(Vec::clear);
        self.now = Activity::new(self.len());
        self.lived = Activity::new(self.len());
    }

    /// Shows every state array to `visit`.
    pub(crate) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        self.cells.visit(visit);
        visit("filtered", &mut self.rate);
        visit("spikes", &mut self.spikes);
        self.now.visit(visit);
        self.lived.visit(visit);
    }

    /// Finds again who spiked, after the spikes were loaded.
    pub(crate) fn refresh(&mut self) {
        let n = self.len();
        for (spikes, active) in self.spikes.chunks_exact(n).zip(&mut self.active) {
            note_active(spikes, active);
        }
    }
}

/// Lists the cells that spiked. Most did not, so whole blocks without a spike are passed over at once.
fn note_active(spikes: &[f32], active: &mut Vec<u32>) {
    const BLOCK: usize = 16;
    active.clear();
    for (block, spikes) in spikes.chunks(BLOCK).enumerate() {
        if spikes.iter().fold(0, |any, spike| any | spike.to_bits()) != 0 {
            for (i, &spike) in spikes.iter().enumerate() {
                if spike > 0.0 {
                    active.push((block * BLOCK + i) as u32);
                }
            }
        }
    }
}
