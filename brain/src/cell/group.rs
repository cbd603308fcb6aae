//! The cells of one model, as arrays: eight at a time through the equations.

use super::{
    column::{Column, load, store},
    model::{Conductances, Current, Drive, Gated, Input, Model},
    parameters::Parameters,
    real::{LANES, Lanes, fast},
};
use crate::{
    history::Fired,
    input::{Arriving, CHUNK, Chunk, Richness},
    rng::{Rng, Uniforms},
};
use rand::RngExt as _;

/// When and where cells run, for their random numbers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context {
    pub uniforms: Uniforms,
    /// Index of the first cell in its population.
    pub first_cell: usize,
    /// Tick of life.
    pub tick: u64,
}

impl Context {
    /// The `k`-th random number of a block of cells.
    #[inline(always)]
    fn draws(&self, start: usize, k: usize) -> Lanes {
        let mut draws = Lanes::splat(0.0);
        for (lane, draw) in draws.0.iter_mut().enumerate() {
            *draw = self.uniforms.draw(self.first_cell + start + lane, self.tick, k);
        }
        draws
    }
}

/// What the cells give back in a tick.
pub(crate) struct Outputs<'a> {
    /// Who spiked, and how strongly; chunks add to it.
    pub fired: &'a mut Vec<Fired>,
    /// Size of the spike of each cell, 0 for none; nothing is written if it is empty.
    pub spikes: &'a mut [f32],
    /// Factor of plasticity of each cell: a surrogate derivative of the spike, or its probability; nothing is written
    /// if it is empty.
    pub factor: &'a mut [f32],
}

impl Outputs<'_> {
    #[cold]
    fn note(&mut self, spikes: &Lanes, start: usize, n: usize) {
        for (lane, &spike) in spikes.0.iter().enumerate() {
            if spike > 0.0 && start + lane < n {
                self.fired.push(((start + lane) as u32, spike));
            }
        }
    }
}

/// How a modulated parameter differs from its nominal value: `p = clamp(p0 · factor + offset)`.
pub(crate) struct Shift {
    /// Which parameter, in the order of the spec.
    pub parameter: usize,
    /// Product of the multiplicative effects.
    pub factor: Column<f64>,
    /// Sum of the additive effects.
    pub offset: Column<f64>,
    /// Range that the effective value is kept in.
    pub range: [f64; 2],
}

/// Most parameters that a model may have.
const MAX_PARAMETERS: usize = 32;

/// `n` cells of one model.
pub(crate) struct Group<M, const C: usize, const S: usize> {
    model: M,
    tick_ms: f64,
    n: usize,
    /// Parameters that nothing ever overwrites.
    nominal: Vec<Column<f64>>,
    /// What the equations run on now.
    coefficients: [Column<f32>; C],
    pub(super) state: [Vec<f32>; S],
}

impl<M: Model<C, S>, const C: usize, const S: usize> Group<M, C, S> {
    /// Draws the parameters of `n` cells.
    pub(super) fn new<P: Parameters<Model = M>>(spec: &P, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        let nominal = spec.dists().into_iter().map(|(_, dist, _)| Column::sample(dist, n, rng)).collect();
        let mut group = Self {
            model: spec.model(tick_ms),
            tick_ms,
            n,
            nominal,
            coefficients: std::array::from_fn(|_| Column::Same(0.0)),
            state: std::array::from_fn(|_| vec![0.0; n]),
        };
        group.modulate(&[]);
        group
    }

    /// The cells `range` alone, as a group of their own.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            model: self.model.clone(),
            tick_ms: self.tick_ms,
            n: range.len(),
            nominal: self.nominal.iter().map(|p| p.slice(range.clone())).collect(),
            coefficients: std::array::from_fn(|c| self.coefficients[c].slice(range.clone())),
            state: std::array::from_fn(|s| self.state[s][range.clone()].to_vec()),
        }
    }

    /// Sets the parameters to their nominal values, shifted as said. Without shifts they are what they were at first,
    /// bit for bit. Allocates only when cells begin to differ.
    pub(super) fn modulate(&mut self, shifts: &[Shift]) {
        let varies = self.nominal.iter().any(Column::varies)
            || shifts.iter().any(|shift| shift.factor.varies() || shift.offset.varies());
        for cell in 0..if varies { self.n } else { self.n.min(1) } {
            let mut p = [0.0; MAX_PARAMETERS];
            for (p, nominal) in p.iter_mut().zip(&self.nominal) {
                *p = nominal.get(cell);
            }
            for shift in shifts {
                let shifted = p[shift.parameter] * shift.factor.get(cell) + shift.offset.get(cell);
                p[shift.parameter] = shifted.clamp(shift.range[0], shift.range[1]);
            }
            let coefficients = self.model.coefficients(&p[..self.nominal.len()], self.tick_ms);
            for (column, value) in self.coefficients.iter_mut().zip(coefficients) {
                if varies {
                    column.set(cell, self.n, value as f32);
                } else {
                    *column = Column::Same(value as f32);
                }
            }
        }
    }

    /// Advances the cells of a chunk, from `start` on, by a tick.
    pub(super) fn tick(&mut self, start: usize, chunk: &Chunk, context: &Context, outputs: &mut Outputs) {
        fast(
            #[inline(always)]
            || match chunk.richness {
                Richness::Currents => self.drive(start, chunk, context, outputs, |from| Current(from.current)),
                Richness::Conductances if M::UNGATED => self.drive(start, chunk, context, outputs, conductances),
                _ if M::CONDUCTS => self
                    .drive(start, chunk, context, outputs, |from| Gated { open: conductances(from), nmda: from.nmda }),
                _ => self.drive(start, chunk, context, outputs, |from| Current(from.current)),
            },
        );
    }

    #[inline(always)]
    fn drive<D: Drive<Lanes>>(
        &mut self,
        start: usize,
        chunk: &Chunk,
        context: &Context,
        outputs: &mut Outputs,
        drive: impl Fn(Arriving) -> D,
    ) {
        let end = self.n.min(start + CHUNK);
        for (at, start) in (start..end).step_by(LANES).enumerate() {
            let at = at * LANES;
            let soma = drive(chunk.soma.at(at));
            let apical = if M::APICAL { drive(chunk.apical.at(at)) } else { soma };
            let branch = |b: usize| if M::BRANCHED { load(&chunk.branches[b].0, at) } else { Lanes::splat(0.0) };
            let branches = std::array::from_fn(branch);
            let draw = |k: usize| if k < M::DRAWS { context.draws(start, k) } else { Lanes::splat(0.0) };
            let input = Input { soma, apical, branches, draws: [draw(0), draw(1)] };
            let c: [Lanes; C] = std::array::from_fn(|k| self.coefficients[k].lanes(start));
            let mut s: [Lanes; S] = std::array::from_fn(|k| load(&self.state[k], start));
            let output = self.model.step(&c, &mut s, &input);
            for (state, s) in self.state.iter_mut().zip(s) {
                store(s, state, start);
            }
            if output.spike.0.iter().fold(0, |any, spike| any | spike.to_bits()) != 0 {
                outputs.note(&output.spike, start, self.n);
            }
            if !outputs.spikes.is_empty() {
                store(output.spike, outputs.spikes, start);
            }
            if !outputs.factor.is_empty() {
                store(output.factor, outputs.factor, start);
            }
        }
    }

    /// Puts the cells at rest, with membrane potentials drawn anew.
    pub(super) fn reset(&mut self, rng: &mut Rng) {
        let mut p = vec![0.0; self.nominal.len()];
        for cell in 0..self.n {
            for (p, nominal) in p.iter_mut().zip(&self.nominal) {
                *p = nominal.get(cell);
            }
            let rest = self.model.rest(&p, f64::from(rng.random::<f32>()));
            for (state, value) in self.state.iter_mut().zip(rest) {
                state[cell] = value as f32;
            }
        }
    }

    /// Shows every state array, with its name, to `visit`.
    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        for (name, values) in M::STATES.iter().zip(&mut self.state) {
            visit(name, values);
        }
    }

    /// A state variable by its name.
    pub(super) fn state(&self, name: &str) -> Option<&[f32]> {
        let k = M::STATES.iter().position(|state| *state == name)?;
        Some(&self.state[k])
    }

    /// A nominal parameter, by its place in the spec.
    pub(super) fn nominal(&self, parameter: usize) -> &Column<f64> {
        &self.nominal[parameter]
    }

    /// Bytes that the arrays take.
    pub(super) fn bytes(&self) -> usize {
        let of_f64 = self.nominal.iter().filter(|p| p.varies()).count() * 8;
        let of_f32 = self.coefficients.iter().filter(|c| c.varies()).count() * 4;
        self.n * (of_f64 + of_f32 + 4 * S)
    }
}

#[inline(always)]
fn conductances(from: Arriving) -> Conductances<Lanes> {
    Conductances { current: from.current, g: from.g, g_e: from.g_e }
}
