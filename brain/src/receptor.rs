//! The receptor matrix at work: concentrations become occupancies, occupancies move parameters.

use crate::{
    Modulator,
    cell::{Cells, Column, Shift},
    channel::Channel,
    spec::{Occupancy, ReceptorForm},
};

/// What a receptor moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Factor of the summed input current.
    InputGain,
    /// A current of its own.
    Current,
    /// The gain of all channels of one kind: index of the first, and which of them.
    Channel(usize),
    /// A parameter of the cell model.
    Parameter(usize),
}

/// One entry of the matrix.
#[derive(Clone)]
pub(crate) struct Receptor {
    pub modulator: usize,
    /// Channels that bring the modulator to each cell on its own.
    pub wired: Vec<usize>,
    pub occupancy: Occupancy,
    pub form: ReceptorForm,
    /// Density times effect.
    pub strength: Column<f64>,
}

/// All receptors that move one parameter.
pub(crate) struct Lever {
    pub target: Target,
    pub receptors: Vec<Receptor>,
    /// Range of the effective value.
    pub range: [f64; 2],
}

/// The receptors of a population, and what they make of the modulators now.
pub(crate) struct Receptors {
    levers: Vec<Lever>,
    /// Modulators that have receptors here, and the concentrations that the effects were computed for.
    heard: Vec<usize>,
    seen: Vec<f32>,
    /// Whether a modulator comes by wire, so that effects change without a release into the volume.
    wired: bool,
    shifts: Vec<Shift>,
    /// Factor of the input.
    pub gain: Column<f32>,
    /// Ionotropic current in pA.
    pub current: Column<f32>,
    /// Factor of each channel.
    pub channels: Vec<Column<f32>>,
}

impl Receptors {
    pub(crate) fn new(levers: Vec<Lever>, n_channels: usize) -> Self {
        let shifts = levers
            .iter()
            .filter_map(|lever| match lever.target {
                Target::Parameter(parameter) => {
                    Some(Shift { parameter, factor: Column::Same(1.0), offset: Column::Same(0.0), range: lever.range })
                }
                _ => None,
            })
            .collect();
        Self {
            wired: levers.iter().any(|lever| lever.receptors.iter().any(|r| !r.wired.is_empty())),
            heard: {
                let mut heard: Vec<usize> =
                    levers.iter().flat_map(|lever| lever.receptors.iter().map(|r| r.modulator)).collect();
                heard.sort_unstable();
                heard.dedup();
                heard
            },
            seen: Vec::new(),
            shifts,
            gain: Column::Same(1.0),
            current: Column::Same(0.0),
            channels: vec![Column::Same(1.0); n_channels],
            levers,
        }
    }

    /// Brings the effects up to date with the modulators; the parameters of the cells move if a concentration did.
    pub(crate) fn update(&mut self, modulators: &[Modulator], channels: &[Channel], cells: &mut Cells, n: usize) {
        if self.levers.is_empty() {
            return;
        }
        let levels = self.heard.iter().map(|&heard| modulators[heard].level());
        let unchanged = self.seen.len() == self.heard.len()
            && self.seen.iter().zip(levels.clone()).all(|(seen, level)| seen.to_bits() == level.to_bits());
        if unchanged && !self.wired {
            return;
        }
        self.seen.clear();
        self.seen.extend(levels);
        for lever in &self.levers {
            let mut shift = self.shifts.iter_mut().find(|shift| lever.target == Target::Parameter(shift.parameter));
            let [low, high] = lever.range;
            for cell in 0..if lever.varies() { n } else { n.min(1) } {
                let (factor, offset) = lever.effect(cell, modulators, channels);
                match lever.target {
                    Target::InputGain => self.gain.set(cell, n, (factor + offset).clamp(low, high) as f32),
                    Target::Current => self.current.set(cell, n, offset.clamp(low, high) as f32),
                    Target::Channel(k) => self.channels[k].set(cell, n, (factor + offset).clamp(low, high) as f32),
                    Target::Parameter(_) => {
                        if let Some(shift) = &mut shift {
                            shift.factor.set(cell, n, factor);
                            shift.offset.set(cell, n, offset);
                        }
                    }
                }
            }
        }
        if !self.shifts.is_empty() {
            cells.modulate(&self.shifts);
        }
    }

    /// Forgets for what concentrations the effects were computed.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }
}

impl Lever {
    fn varies(&self) -> bool {
        self.receptors.iter().any(|r| r.strength.varies() || !r.wired.is_empty())
    }

    /// Factor and offset of the parameter in one cell: `Π_modulators (1 + Σ_receptors ρ κ o)`, modulators in the order
    /// of the spec, and `Σ ρ κ o` of the additive ones.
    fn effect(&self, cell: usize, modulators: &[Modulator], channels: &[Channel]) -> (f64, f64) {
        let (mut factor, mut offset) = (1.0, 0.0);
        for (k, modulator) in modulators.iter().enumerate() {
            let mut sum = 0.0;
            for r in self.receptors.iter().filter(|r| r.modulator == k) {
                let local: f32 = r.wired.iter().map(|&channel| channels[channel].x[cell]).sum();
                let level = f64::from(modulator.level() + local);
                let effect = r.strength.get(cell) * r.occupancy.at(level, f64::from(modulator.tonic()));
                match r.form {
                    ReceptorForm::Multiply => sum += effect,
                    ReceptorForm::Add => offset += effect,
                }
            }
            factor *= 1.0 + sum;
        }
        (factor, offset)
    }
}
