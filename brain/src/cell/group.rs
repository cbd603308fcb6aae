//! The cells of one model, as arrays: a vector at a time through the equations.

use std::{marker::PhantomData, ops::Range};

use pulp::{Simd, WithSimd};
use rand::RngExt as _;

use super::{
    column::Column,
    model::{All, BRANCHES, Currents, Flow, Input, Model, Open, Quantity},
    parameters::Parameters,
    real::{Lanes, Packed, Pair, dispatch, fast, inlined},
};
use crate::{
    blocks::{Blocks, LANES},
    history::Fired,
    input::{CHUNK, Chunk, Richness},
    rng::{Rng, Uniforms},
};

/// When and where cells run, for their random numbers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context {
    pub uniforms: Uniforms,
    /// Index of the first cell in its population.
    pub first_cell: usize,
    /// Tick of life.
    pub tick: u64,
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

/// What the equations run on, of a block of cells.
#[derive(Clone)]
#[repr(align(64))]
struct Coefficients<const C: usize>([[f32; LANES]; C]);

impl<const C: usize> Coefficients<C> {
    /// The `part`-th vector of each.
    #[inline(always)]
    fn vectors<V: Simd>(&self, simd: V, part: usize) -> [Lanes<V>; C] {
        let mut vectors = [Lanes::splat(simd, 0.0); C];
        for (vector, from) in vectors.iter_mut().zip(&self.0) {
            *vector = Lanes::new(simd, V::as_simd_f32s(from).0[part]);
        }
        vectors
    }
}

/// `n` cells of one model.
pub(crate) struct Group<M, const C: usize, const S: usize> {
    model: M,
    tick_ms: f64,
    n: usize,
    /// Parameters that nothing ever overwrites.
    nominal: Vec<Column<f64>>,
    /// What the equations run on now: one set for each block of cells, or one for all of them.
    coefficients: Vec<Coefficients<C>>,
    /// Whether cells have coefficients of their own.
    differ: bool,
    pub(super) state: [Blocks; S],
}

impl<M: Model<C, S>, const C: usize, const S: usize> Group<M, C, S> {
    /// Draws the parameters of `n` cells.
    pub(super) fn new<P: Parameters<Model = M>>(spec: &P, n: usize, tick_ms: f64, rng: &mut Rng) -> Self {
        let nominal = spec.dists().into_iter().map(|(_, dist, _)| Column::sample(dist, n, rng)).collect();
        Self::with(spec.model(tick_ms), tick_ms, nominal, std::array::from_fn(|_| Blocks::new(n)))
    }

    fn with(model: M, tick_ms: f64, nominal: Vec<Column<f64>>, state: [Blocks; S]) -> Self {
        let mut group =
            Self { model, tick_ms, n: state[0].len(), nominal, coefficients: Vec::new(), differ: false, state };
        group.modulate(&[]);
        group
    }

    /// The cells `range` alone, as a group of their own.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let nominal = self.nominal.iter().map(|p| p.slice(range.clone())).collect();
        let state = std::array::from_fn(|s| Blocks::of(&self.state[s][range.clone()]));
        Self::with(self.model.clone(), self.tick_ms, nominal, state)
    }

    /// Sets the parameters to their nominal values, shifted as said. Without shifts they are what they were at first,
    /// bit for bit. Allocates only when cells begin to differ.
    pub(super) fn modulate(&mut self, shifts: &[Shift]) {
        self.differ = self.nominal.iter().any(Column::varies)
            || shifts.iter().any(|shift| shift.factor.varies() || shift.offset.varies());
        if !self.differ {
            let coefficients = Coefficients(self.coefficients_of(0, shifts).map(|value| [value; LANES]));
            self.coefficients.clear();
            self.coefficients.push(coefficients);
            return;
        }
        let n_blocks = self.n.div_ceil(LANES);
        self.coefficients.resize(n_blocks, Coefficients([[0.0; LANES]; C]));
        // What is behind the last cell is like the last cell.
        for cell in 0..n_blocks * LANES {
            let coefficients = self.coefficients_of(cell.min(self.n - 1), shifts);
            for (block, value) in self.coefficients[cell / LANES].0.iter_mut().zip(coefficients) {
                block[cell % LANES] = value;
            }
        }
    }

    fn coefficients_of(&self, cell: usize, shifts: &[Shift]) -> [f32; C] {
        let mut p = [0.0; MAX_PARAMETERS];
        for (p, nominal) in p.iter_mut().zip(&self.nominal) {
            *p = nominal.get(cell);
        }
        for shift in shifts {
            let shifted = p[shift.parameter] * shift.factor.get(cell) + shift.offset.get(cell);
            p[shift.parameter] = shifted.clamp(shift.range[0], shift.range[1]);
        }
        self.model.coefficients(&p[..self.nominal.len()], self.tick_ms).map(|value| value as f32)
    }

    /// Advances the cells of a chunk, from `start` on, by a tick; who spikes is added to `fired`. The currents onto the
    /// somata are those of all cells given here, or else those of the chunk.
    pub(super) fn tick(
        &mut self,
        start: usize,
        currents: Option<&Blocks>,
        chunk: &mut Chunk,
        context: &Context,
        fired: &mut Vec<Fired>,
    ) {
        match chunk.richness {
            Richness::Conductances if M::LEAN => self.step::<Open>(start, currents, chunk, context, fired),
            Richness::Conductances | Richness::Gated if M::CONDUCTS => {
                self.step::<All>(start, currents, chunk, context, fired)
            }
            _ => self.step::<Currents>(start, currents, chunk, context, fired),
        }
    }

    fn step<F: Flow>(
        &mut self,
        start: usize,
        currents: Option<&Blocks>,
        chunk: &mut Chunk,
        context: &Context,
        fired: &mut Vec<Fired>,
    ) {
        let blocks = start / LANES..(start + CHUNK).min(self.n).div_ceil(LANES);
        for (k, draws) in chunk.draws.iter_mut().enumerate().take(M::DRAWS) {
            let (of_tick, first) = (context.uniforms.at(context.tick, k), context.first_cell + start);
            fast(
                #[inline(always)]
                || {
                    for (at, draw) in draws[..blocks.len()].as_flattened_mut().iter_mut().enumerate() {
                        *draw = of_tick.of((first + at) as u32);
                    }
                },
            );
        }
        let of_blocks = if self.differ { blocks.clone() } else { 0..1 };
        dispatch(Steps {
            model: &self.model,
            cells: start..self.n.min(start + CHUNK),
            coefficients: &self.coefficients[of_blocks],
            differ: self.differ,
            state: &mut self.state,
            currents: currents.map(|currents| &currents.blocks()[blocks.clone()]),
            chunk,
            fired,
            flow: PhantomData::<F>,
        })
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
        let of_f32 = if self.differ { 4 * C } else { 0 };
        self.n * (of_f64 + of_f32 + 4 * S)
    }
}

/// A tick of the cells of a chunk, to be compiled for several instruction sets.
struct Steps<'a, M, F, const C: usize, const S: usize> {
    model: &'a M,
    cells: Range<usize>,
    /// Those of each block if they differ, or of all of them.
    coefficients: &'a [Coefficients<C>],
    differ: bool,
    state: &'a mut [Blocks; S],
    currents: Option<&'a [[f32; LANES]]>,
    chunk: &'a mut Chunk,
    fired: &'a mut Vec<Fired>,
    flow: PhantomData<F>,
}

impl<M: Model<C, S>, F: Flow, const C: usize, const S: usize> WithSimd for Steps<'_, M, F, C, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<V: Simd>(self, simd: V) {
        // What all cells share stays in registers, where a cell is so simple that loading it again would be felt.
        if M::LEAN && !self.differ { self.run::<V, true>(simd) } else { self.run::<V, false>(simd) }
    }
}

impl<M: Model<C, S>, F: Flow, const C: usize, const S: usize> Steps<'_, M, F, C, S> {
    #[inline(always)]
    fn run<V: Simd, const SHARED: bool>(self, simd: V) {
        let Self { model, cells, coefficients, differ, state, currents, chunk, fired, .. } = self;
        let Chunk { soma, apical, branches, draws, spikes: sizes, factor, fired: found, loud, wanted, .. } = chunk;
        let mut n_loud = 0;
        let blocks = cells.start / LANES..cells.end.div_ceil(LANES);
        let of_block = LANES / V::F32_LANES;
        let vectors = blocks.len() * of_block;
        let (mut soma, apical) = (soma.vectors::<V>(vectors), apical.vectors::<V>(vectors));
        if let Some(currents) = currents {
            soma[0] = &V::as_simd_f32s(currents.as_flattened()).0[..vectors];
        }
        let branches = branches.each_ref().map(|branch| V::as_simd_f32s(branch.as_flattened()).0);
        let draws = draws.each_ref().map(|draws| V::as_simd_f32s(draws.as_flattened()).0);
        // Not with `map`: it is not always taken into the kernel.
        let mut views: [Option<&mut [V::f32s]>; S] = [const { None }; S];
        for (view, s) in views.iter_mut().zip(state) {
            *view = Some(&mut V::as_mut_simd_f32s(s.blocks_mut()[blocks.clone()].as_flattened_mut()).0[..vectors]);
        }
        let spikes = &mut V::as_mut_simd_f32s(sizes.as_flattened_mut()).0[..vectors];
        let factor = &mut V::as_mut_simd_f32s(factor.as_flattened_mut()).0[..vectors];
        let zero = Lanes::splat(simd, 0.0);
        // What all cells share is at hand, whatever is written.
        let model = model.clone();
        let shared = coefficients[0].vectors(simd, 0);
        macro_rules! advance {
            ($packed:ty, $i:expr) => {{
                let i = $i;
                let drive = inlined(
                    #[inline(always)]
                    |from: &[&[V::f32s]; 4]| {
                        F::drive(
                            #[inline(always)]
                            |quantity: Quantity| {
                                <$packed>::pack(
                                    simd,
                                    #[inline(always)]
                                    |k| from[quantity as usize][i + k],
                                )
                            },
                        )
                    },
                );
                let zero = <$packed>::pack(
                    simd,
                    #[inline(always)]
                    |_| zero.v,
                );
                let of_soma = drive(&soma);
                let of_apical = if M::APICAL { drive(&apical) } else { of_soma };
                let mut input = Input { soma: of_soma, apical: of_apical, branches: [zero; BRANCHES], draws: [zero; 2] };
                if M::BRANCHED {
                    for (branch, from) in input.branches.iter_mut().zip(&branches) {
                        *branch = <$packed>::pack(
                            simd,
                            #[inline(always)]
                            |k| from[i + k],
                        );
                    }
                }
                for (draw, from) in input.draws.iter_mut().zip(&draws).take(M::DRAWS) {
                    *draw = <$packed>::pack(
                        simd,
                        #[inline(always)]
                        |k| from[i + k],
                    );
                }
                let mut c = [zero; C];
                for (k, c) in c.iter_mut().enumerate() {
                    *c = <$packed>::pack(
                        simd,
                        #[inline(always)]
                        |at| {
                            if SHARED {
                                return shared[k].v;
                            }
                            let block = if differ { (i + at) / of_block } else { 0 };
                            V::as_simd_f32s(&coefficients[block].0[k]).0[(i + at) % of_block]
                        },
                    );
                }
                let mut s = [zero; S];
                for (s, from) in s.iter_mut().zip(views.iter().flatten()) {
                    *s = <$packed>::pack(
                        simd,
                        #[inline(always)]
                        |k| from[i + k],
                    );
                }
                let output = model.step(&c, &mut s, &input);
                for (s, to) in s.iter().zip(views.iter_mut().flatten()) {
                    s.unpack(
                        #[inline(always)]
                        |k, v| to[i + k] = v,
                    );
                }
                if *wanted || !output.silent {
                    output.spike.unpack(
                        #[inline(always)]
                        |k, v| spikes[i + k] = v,
                    );
                }
                if !output.silent {
                    for k in 0..<$packed as Packed<V>>::N {
                        loud[n_loud] = (i + k) as u16;
                        n_loud += 1;
                    }
                }
                if *wanted {
                    output.factor.unpack(
                        #[inline(always)]
                        |k, v| factor[i + k] = v,
                    );
                }
            }};
        }
        let paired = if M::LONG { vectors / 2 * 2 } else { 0 };
        for i in (0..paired).step_by(2) {
            advance!(Pair<Lanes<V>>, i);
        }
        for i in paired..vectors {
            advance!(Lanes<V>, i);
        }
        // From memory, not from vectors, whose numbers are slow to get at one by one. Every cell is written and only those that
        // spike are kept: there is no branch that cannot be foreseen.
        let mut n_found = 0;
        for &i in &loud[..n_loud] {
            let first = usize::from(i) * V::F32_LANES;
            let sizes = &sizes.as_flattened()[first..first + V::F32_LANES];
            let first = cells.start + first;
            let room = &mut found[n_found..n_found + LANES];
            let mut n_here = 0;
            for (cell, &size) in (first as u32..).zip(sizes) {
                room[n_here % LANES] = (cell, size);
                n_here += usize::from(size > 0.0);
            }
            n_found += n_here;
        }
        // What is behind the last cell does not count.
        let found = &found[..n_found];
        let n_real = if cells.end.is_multiple_of(LANES) {
            found.len()
        } else {
            found.partition_point(|(cell, _)| (*cell as usize) < cells.end)
        };
        fired.extend_from_slice(&found[..n_real]);
    }
}
