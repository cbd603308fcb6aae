//! A population while it runs: cells, what flows into them, and what synapses and readouts see of them.
//!
//! For threads, a large population is cut into parts, each a `Population` of its own with a share of the cells.

use crate::{
    Modulator,
    cell::{
        Arriving, BRANCHES, Cells, Column, Inputs, LANES, Lanes, Outputs,
        column::{load, store},
        fast,
    },
    channel::{Channel, Kind},
    history::Fired,
    kernel::{flush, normalise},
    receptor::Receptors,
    rng::Uniforms,
    spec::{Compartment, NoiseSpec},
};

/// What a population did in one window, kept until its consequences are known.
#[derive(Clone, Default)]
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
        for ((rate, mean), spike) in self.rate.iter_mut().zip(&mut self.now.mean_rate).zip(spikes) {
            *rate = flush(k * *rate + fresh * spike);
            *mean += *rate;
        }
        for (trace, psi) in self.now.surrogate.iter_mut().zip(factor) {
            *trace = flush(k * *trace + fresh * psi);
        }
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

/// Input of one compartment, summed over its channels.
#[derive(Default)]
pub(crate) struct Compartmental {
    current: Vec<f32>,
    g: Vec<f32>,
    g_e: Vec<f32>,
    nmda: Vec<f32>,
}

impl Compartmental {
    fn arriving(&self) -> Arriving<'_> {
        Arriving { current: &self.current, g: &self.g, g_e: &self.g_e, nmda: &self.nmda }
    }
}

pub(crate) struct Population {
    pub cells: Cells,
    /// Index of the first cell within the named population.
    pub first_cell: usize,
    pub normalised: bool,
    pub apical: Option<crate::ApicalSpec>,
    pub receptors: Receptors,
    pub channels: Vec<Channel>,
    pub noise: Option<NoiseSpec>,
    pub uniforms: Uniforms,
    /// Current that each cell always gets.
    pub drive: Column<f32>,
    /// Whether spikes or noise can reach it; otherwise its current is constant within a window.
    pub restless: bool,
    /// Current from ports, biases and the constant drive, constant within a window.
    pub held: Vec<f32>,
    soma: Compartmental,
    dendrite: Compartmental,
    branches: [Vec<f32>; BRANCHES],
    /// Size of the spike of each cell in this tick; empty if nobody asks.
    pub spikes: Vec<f32>,
    /// What plasticity wants to know of each cell in this tick; empty if nobody asks.
    pub factor: Vec<f32>,
    /// Who spiked in this tick, as cells of the named population.
    pub fired: Vec<Fired>,
    /// What readouts and windowed plasticity see; nothing if there are none.
    pub observed: Option<Observed>,
    /// Learning signal in the apical dendrites.
    pub signal: Vec<f32>,
}

impl Population {
    /// Cells at work, with their channels; everything else is set by the builder.
    pub(crate) fn new(cells: Cells, n: usize, channels: Vec<Channel>, receptors: Receptors) -> Self {
        let arrays = |compartment: Compartment| {
            let has =
                |is: fn(&Kind) -> bool| channels.iter().any(|c: &Channel| c.compartment == compartment && is(&c.kind));
            let room = |needed: bool| if needed { vec![0.0; n] } else { Vec::new() };
            let conductance = has(|kind| matches!(kind, Kind::Conductance(_) | Kind::Nmda));
            let current = compartment == Compartment::Soma || has(|kind| matches!(kind, Kind::Current | Kind::Alpha));
            Compartmental {
                current: room(current),
                g: room(conductance),
                g_e: room(conductance),
                nmda: room(has(|kind| *kind == Kind::Nmda)),
            }
        };
        let branch = |b: usize| channels.iter().any(|c: &Channel| c.compartment == Compartment::Branch(b));
        Self {
            branches: std::array::from_fn(|b| if branch(b) { vec![0.0; n] } else { Vec::new() }),
            soma: arrays(Compartment::Soma),
            dendrite: arrays(Compartment::Apical),
            cells,
            first_cell: 0,
            normalised: false,
            apical: None,
            receptors,
            channels,
            noise: None,
            uniforms: Uniforms::default(),
            drive: Column::Same(0.0),
            restless: false,
            held: vec![0.0; n],
            spikes: Vec::new(),
            factor: Vec::new(),
            fired: Vec::with_capacity(n.min(4096)),
            observed: None,
            signal: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Current into each soma in the last tick, without that of conductances.
    pub(crate) fn input(&self) -> &[f32] {
        &self.soma.current
    }

    /// Bytes that the cells take: parameters, state, channels and input.
    pub(crate) fn bytes(&self) -> usize {
        let channels: usize = self.channels.iter().map(|c| 4 * (c.x.len() + c.rise.len())).sum();
        let of = |c: &Compartmental| 4 * (c.current.len() + c.g.len() + c.g_e.len() + c.nmda.len());
        let observed = if self.observed.is_some() { 4 * 9 * self.len() } else { 0 };
        let own = 4 * (2 * self.len() + self.factor.len() + self.signal.len());
        self.cells.bytes() + channels + of(&self.soma) + of(&self.dendrite) + observed + own
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

    /// Turns what has arrived into the input of the cells: channels sum up, noise comes on top, basket cells normalise.
    pub(crate) fn integrate(&mut self, modulators: &[Modulator], tick: u64, first_of_window: bool) {
        let n = self.len();
        self.receptors.update(modulators, &self.channels, &mut self.cells, n);
        if !self.restless && !first_of_window {
            return;
        }
        fast(
            #[inline(always)]
            || self.sum_channels(),
        );
        self.add_noise(tick);
        if self.receptors.current != Column::Same(0.0) {
            for start in (0..n).step_by(LANES) {
                let sum = load(&self.soma.current, start) + self.receptors.current.lanes(start);
                store(sum, &mut self.soma.current, start);
            }
        }
        let observed = self.observed.as_mut().map(|o| &mut o.now);
        match observed {
            Some(now) if self.normalised => {
                now.spread = normalise(&self.soma.current, &mut now.drive);
                self.soma.current.copy_from_slice(&now.drive);
            }
            Some(now) => now.drive.copy_from_slice(&self.soma.current),
            None => {}
        }
        match &self.receptors.gain {
            Column::Same(1.0) => {}
            gain => {
                for start in (0..n).step_by(LANES) {
                    let scaled: Lanes = gain.lanes(start) * load(&self.soma.current, start);
                    store(scaled, &mut self.soma.current, start);
                }
            }
        }
    }

    /// What the channels hold becomes the input of the cells.
    #[inline(always)]
    fn sum_channels(&mut self) {
        self.soma.current.copy_from_slice(&self.held);
        self.dendrite.current.fill(0.0);
        self.branches.iter_mut().for_each(|current| current.fill(0.0));
        for compartment in [&mut self.soma, &mut self.dendrite] {
            compartment.g.fill(0.0);
            compartment.g_e.fill(0.0);
            compartment.nmda.fill(0.0);
        }
        for (channel, scale) in self.channels.iter_mut().zip(&self.receptors.channels) {
            let into = match channel.compartment {
                Compartment::Soma => &mut self.soma,
                Compartment::Apical => &mut self.dendrite,
                Compartment::Branch(branch) => {
                    channel.add_current(scale, &mut self.branches[branch]);
                    continue;
                }
            };
            match channel.kind {
                Kind::Current | Kind::Alpha => channel.add_current(scale, &mut into.current),
                Kind::Conductance(reversal) => channel.add_conductance(scale, reversal, &mut into.g, &mut into.g_e),
                Kind::Nmda => channel.add_current(scale, &mut into.nmda),
                Kind::Wired(_) => channel.fade(),
            }
        }
    }

    fn add_noise(&mut self, tick: u64) {
        let (uniforms, first) = (self.uniforms, self.first_cell);
        let current = self.soma.current.iter_mut().enumerate();
        match self.noise {
            None => {}
            Some(NoiseSpec::Uniform([low, high])) => {
                let (low, span) = (low as f32, (high - low) as f32);
                current.for_each(|(i, current)| *current += low + span * uniforms.draw(first + i, tick, 2));
            }
            Some(NoiseSpec::Normal([mean, sd])) => {
                let (mean, sd) = (mean as f32, sd as f32);
                current.for_each(|(i, current)| *current += mean + sd * uniforms.normal(first + i, tick));
            }
        }
    }

    /// Advances the cells and notes who spiked.
    pub(crate) fn fire(&mut self, tick: u64) {
        let inputs = Inputs {
            soma: self.soma.arriving(),
            apical: self.dendrite.arriving(),
            branches: self.branches.each_ref().map(Vec::as_slice),
            uniforms: self.uniforms,
            first_cell: self.first_cell,
            tick,
        };
        let outputs = &mut Outputs { fired: &mut self.fired, spikes: &mut self.spikes, factor: &mut self.factor };
        self.cells.tick(&inputs, outputs);
        if let Some(observed) = &mut self.observed {
            observed.follow(&self.spikes, &self.factor);
        }
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
            for (d, drive) in self.signal.iter_mut().zip(&lived.drive) {
                *d = *d - mean - drive * along;
            }
        }
        let inverse = 1.0 / lived.spread;
        self.signal.iter_mut().for_each(|d| *d *= inverse);
    }

    /// Puts traces and channels at rest; the cells are put at rest by the one who owns the random numbers.
    pub(crate) fn reset(&mut self) {
        self.channels.iter_mut().for_each(Channel::reset);
        self.receptors.forget();
        self.fired.clear();
        if let Some(observed) = &mut self.observed {
            observed.reset();
        }
    }

    /// Shows every state array to `visit`.
    pub(crate) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        self.cells.visit(visit);
        for channel in &mut self.channels {
            visit(channel.spec.name(), &mut channel.x);
            visit(channel.spec.name(), &mut channel.rise);
        }
        if let Some(observed) = &mut self.observed {
            visit("filtered", &mut observed.rate);
            observed.now.visit(visit);
            observed.lived.visit(visit);
        }
    }
}
