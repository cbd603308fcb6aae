//! Numbers that the equations of a cell are written in: one `f64`, or a vector of `f32`.
//!
//! Every cell model is written once. In `f64` it is the plain reference, held against other simulators; in vectors of
//! `f32` it is the fast kernel. Both run the same lines.

use std::ops::{Add, Div, Mul, Neg, Sub};

use pulp::{Simd, WithSimd};

/// Values below this count as zero.
const TINY: f64 = 1e-30;

/// A number, or a vector of numbers, each with a cell of its own.
pub(crate) trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
{
    /// The answer of a comparison.
    type Mask: Copy;
    /// The same constant everywhere, in the place of `self`.
    fn like(self, x: f64) -> Self;
    /// `self a + b`, which may be rounded once only.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b − self a`, which may be rounded once only.
    fn neg_mul_add(self, a: Self, b: Self) -> Self;
    /// `e^x`.
    fn exp(self) -> Self;
    /// The larger one.
    fn max(self, other: Self) -> Self;
    /// The smaller one.
    fn min(self, other: Self) -> Self;
    /// `self ≥ other`.
    fn ge(self, other: Self) -> Self::Mask;
    /// `yes` where `mask` holds, `no` elsewhere. Both are computed.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Where both hold.
    fn both(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// Whether it holds everywhere.
    fn all(mask: Self::Mask) -> bool;
    /// Whether it holds nowhere.
    fn none(mask: Self::Mask) -> bool;
    /// 1 where `mask` holds, 0 elsewhere.
    fn indicator(mask: Self::Mask) -> Self;

    /// Magnitude.
    #[inline(always)]
    fn abs(self) -> Self {
        self.max(-self)
    }

    /// Zero where it has faded away, so that no trace ever becomes a slow denormal number.
    #[inline(always)]
    fn flush(self) -> Self {
        Self::select(self.abs().ge(self.like(TINY)), self, self.like(0.0))
    }
}

impl Real for f64 {
    type Mask = bool;

    #[inline(always)]
    fn like(self, x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }
    #[inline(always)]
    fn neg_mul_add(self, a: Self, b: Self) -> Self {
        b - self * a
    }
    #[inline(always)]
    fn exp(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.max(other)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.min(other)
    }
    #[inline(always)]
    fn ge(self, other: Self) -> bool {
        self >= other
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn both(a: bool, b: bool) -> bool {
        a && b
    }
    #[inline(always)]
    fn all(mask: bool) -> bool {
        mask
    }
    #[inline(always)]
    fn none(mask: bool) -> bool {
        !mask
    }
    #[inline(always)]
    fn indicator(mask: bool) -> Self {
        f64::from(u8::from(mask))
    }
}

/// A vector of the instruction set `S`, each number with a cell of its own.
///
/// The results do not depend on the width: no operation is reordered, and products are fused with sums where it says so,
/// on every machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes<S: Simd> {
    simd: S,
    pub(crate) v: S::f32s,
}

/// The answers of a comparison of vectors.
#[derive(Clone, Copy)]
pub(crate) struct Mask<S: Simd> {
    simd: S,
    m: S::m32s,
}

impl<S: Simd> Lanes<S> {
    /// These numbers.
    #[inline(always)]
    pub(crate) fn new(simd: S, v: S::f32s) -> Self {
        Self { simd, v }
    }

    /// The same number in every lane.
    #[inline(always)]
    pub(crate) fn splat(simd: S, x: f32) -> Self {
        Self { simd, v: simd.splat_f32s(x) }
    }
}

/// An operator that is one instruction.
macro_rules! operators {
    ($($operator:ident $method:ident $instruction:ident),*) => {$(
        impl<S: Simd> $operator for Lanes<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self { v: self.simd.$instruction(self.v, other.v), ..self }
            }
        }
    )*};
}

operators!(Add add add_f32s, Sub sub sub_f32s, Mul mul mul_f32s, Div div div_f32s);

impl<S: Simd> Neg for Lanes<S> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::splat(self.simd, 0.0) - self
    }
}

impl<S: Simd> Real for Lanes<S> {
    type Mask = Mask<S>;

    #[inline(always)]
    fn like(self, x: f64) -> Self {
        Self::splat(self.simd, x as f32)
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self { v: self.simd.mul_add_f32s(self.v, a.v, b.v), ..self }
    }
    #[inline(always)]
    fn neg_mul_add(self, a: Self, b: Self) -> Self {
        Self { v: self.simd.negate_mul_add_f32s(self.v, a.v, b.v), ..self }
    }

    /// Within two units in the last place: `e^x = 2^n e^r`, `|r| ≤ ½ ln 2`, with a polynomial of degree six for `e^r`.
    #[inline(always)]
    fn exp(self) -> Self {
        /// Adding it rounds a number to an integer, which then stands in the low bits.
        const ROUND: f64 = 12_582_912.0;
        const LN_2: [f64; 2] = [0.693_359_4, -2.121_944_4e-4];
        const TAYLOR: [f64; 5] = [1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0];
        let of = inlined(
            #[inline(always)]
            |x: f64| self.like(x),
        );
        let (simd, one) = (self.simd, of(1.0));
        let x = self.max(of(-87.0)).min(of(88.0));
        let shifted = x.mul_add(of(std::f64::consts::LOG2_E), of(ROUND));
        let n = shifted - of(ROUND);
        let r = n.mul_add(of(-LN_2[1]), n.mul_add(of(-LN_2[0]), x));
        let tail = TAYLOR[..4].iter().rev().fold(of(TAYLOR[4]), |sum, &term| sum.mul_add(r, of(term)));
        let e_r = one + (r * r).mul_add(tail, r);
        // The integer becomes the exponent of a power of two.
        let integer = simd.add_u32s(simd.transmute_u32s_f32s(shifted.v), simd.splat_u32s(127));
        let power = simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(integer, simd.splat_u32s(23)));
        Self { v: simd.mul_f32s(e_r.v, power), ..self }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self { v: self.simd.max_f32s(self.v, other.v), ..self }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self { v: self.simd.min_f32s(self.v, other.v), ..self }
    }
    #[inline(always)]
    fn ge(self, other: Self) -> Mask<S> {
        Mask { simd: self.simd, m: self.simd.greater_than_or_equal_f32s(self.v, other.v) }
    }
    #[inline(always)]
    fn select(mask: Mask<S>, yes: Self, no: Self) -> Self {
        Self { v: mask.simd.select_f32s(mask.m, yes.v, no.v), ..yes }
    }
    #[inline(always)]
    fn both(a: Mask<S>, b: Mask<S>) -> Mask<S> {
        Mask { m: a.simd.and_m32s(a.m, b.m), ..a }
    }
    #[inline(always)]
    fn all(mask: Mask<S>) -> bool {
        mask.simd.first_true_m32s(mask.simd.not_m32s(mask.m)) == S::F32_LANES
    }
    #[inline(always)]
    fn none(mask: Mask<S>) -> bool {
        mask.simd.first_true_m32s(mask.m) == S::F32_LANES
    }
    #[inline(always)]
    fn indicator(mask: Mask<S>) -> Self {
        let [zero, one] = [0.0, 1.0].map(|x| Self::splat(mask.simd, x));
        Self::select(mask, one, zero)
    }
}

/// Vectors that go through the equations together.
pub(crate) trait Packed<S: Simd>: Real {
    /// How many there are.
    const N: usize;
    /// Those that `vector` gives by their place.
    fn pack(simd: S, vector: impl Fn(usize) -> S::f32s) -> Self;
    /// Shows each with its place.
    fn unpack(self, each: impl FnMut(usize, S::f32s));
}

impl<S: Simd> Packed<S> for Lanes<S> {
    const N: usize = 1;

    #[inline(always)]
    fn pack(simd: S, vector: impl Fn(usize) -> S::f32s) -> Self {
        Self::new(simd, vector(0))
    }
    #[inline(always)]
    fn unpack(self, mut each: impl FnMut(usize, S::f32s)) {
        each(0, self.v);
    }
}

impl<S: Simd> Packed<S> for Pair<Lanes<S>> {
    const N: usize = 2;

    #[inline(always)]
    fn pack(simd: S, vector: impl Fn(usize) -> S::f32s) -> Self {
        Self(Lanes::new(simd, vector(0)), Lanes::new(simd, vector(1)))
    }
    #[inline(always)]
    fn unpack(self, mut each: impl FnMut(usize, S::f32s)) {
        each(0, self.0.v);
        each(1, self.1.v);
    }
}

/// Two numbers side by side: while one waits for the last result, the other is at work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<R>(R, R);

/// An operator on both.
macro_rules! on_both {
    ($($operator:ident $method:ident),*) => {$(
        impl<R: Real> $operator for Pair<R> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0), self.1.$method(other.1))
            }
        }
    )*};
}

on_both!(Add add, Sub sub, Mul mul, Div div);

impl<R: Real> Neg for Pair<R> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl<R: Real> Real for Pair<R> {
    type Mask = (R::Mask, R::Mask);

    #[inline(always)]
    fn like(self, x: f64) -> Self {
        Self(self.0.like(x), self.1.like(x))
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(self.0.mul_add(a.0, b.0), self.1.mul_add(a.1, b.1))
    }
    #[inline(always)]
    fn neg_mul_add(self, a: Self, b: Self) -> Self {
        Self(self.0.neg_mul_add(a.0, b.0), self.1.neg_mul_add(a.1, b.1))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        Self(self.0.exp(), self.1.exp())
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0), self.1.max(other.1))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0), self.1.min(other.1))
    }
    #[inline(always)]
    fn ge(self, other: Self) -> Self::Mask {
        (self.0.ge(other.0), self.1.ge(other.1))
    }
    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(R::select(mask.0, yes.0, no.0), R::select(mask.1, yes.1, no.1))
    }
    #[inline(always)]
    fn both(a: Self::Mask, b: Self::Mask) -> Self::Mask {
        (R::both(a.0, b.0), R::both(a.1, b.1))
    }
    #[inline(always)]
    fn all(mask: Self::Mask) -> bool {
        R::all(mask.0) && R::all(mask.1)
    }
    #[inline(always)]
    fn none(mask: Self::Mask) -> bool {
        R::none(mask.0) && R::none(mask.1)
    }
    #[inline(always)]
    fn indicator(mask: Self::Mask) -> Self {
        Self(R::indicator(mask.0), R::indicator(mask.1))
    }
}

/// The closure itself. Kernels must take their closures into them, or these are not compiled for the instructions that
/// were found; `#[inline(always)]` may stand before closures that are arguments, and only there.
#[inline(always)]
pub(crate) fn inlined<F>(f: F) -> F {
    f
}

/// Runs a kernel, compiled for the widest instructions that this machine has.
#[inline]
pub(crate) fn dispatch<K: WithSimd>(kernel: K) -> K::Output {
    #[cfg(test)]
    if let Some(width) = tests::FORCED.get() {
        return width.run(kernel);
    }
    pulp::Arch::new().dispatch(kernel)
}

/// Runs `f`, compiled for the widest instructions that this machine has.
#[inline]
pub(crate) fn fast<T>(f: impl FnOnce() -> T) -> T {
    dispatch(f)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{CellArray, CellSpec, Dist, Electrodes, Stimuli};

    thread_local! {
        /// Instructions that the kernels of this thread run on, if not the widest.
        pub(super) static FORCED: Cell<Option<Width>> = const { Cell::new(None) };
    }

    #[derive(Clone, Copy, Debug)]
    pub(super) enum Width {
        One,
        #[cfg(target_arch = "x86_64")]
        Eight(pulp::x86::V3),
    }

    impl Width {
        pub(super) fn run<K: WithSimd>(self, kernel: K) -> K::Output {
            match self {
                Self::One => Simd::vectorize(pulp::Scalar, kernel),
                #[cfg(target_arch = "x86_64")]
                Self::Eight(simd) => Simd::vectorize(simd, kernel),
            }
        }

        /// Those that this machine has besides the widest.
        fn narrower() -> Vec<Self> {
            let mut widths = vec![Self::One];
            #[cfg(target_arch = "x86_64")]
            widths.extend(pulp::x86::V3::try_new().map(Self::Eight));
            widths
        }
    }

    /// Spikes and potentials of all cells through a while, bit by bit.
    fn lived(spec: &CellSpec, n: usize, width: Option<Width>) -> Vec<u32> {
        FORCED.set(width);
        let mut cells = CellArray::new(spec, n, 0.5, 3).unwrap();
        let currents: Vec<f32> = (0..n).map(|i| 40.0 * (i as f32 - 2.0)).collect();
        let conductances: Vec<f32> = (0..n).map(|i| 0.3 * i as f32).collect();
        let zeros = vec![0.0; n];
        let mut bits = Vec::new();
        for tick in 0..200 {
            let soma = if spec.takes_conductances() && tick % 40 < 20 {
                Electrodes {
                    current: &currents,
                    conductance: &conductances,
                    conductance_times_reversal: &zeros,
                    nmda: if tick % 20 < 10 { &conductances } else { &[] },
                }
            } else {
                Electrodes { current: &currents, ..Electrodes::default() }
            };
            let spikes = cells.tick_with(&Stimuli { soma, apical: soma, branches: [&currents; 4] });
            bits.extend(spikes.iter().map(|spike| spike.to_bits()));
            bits.extend(cells.state(spec.states()[0]).unwrap().iter().map(|v| v.to_bits()));
        }
        FORCED.set(None);
        bits
    }

    #[test]
    fn every_model_gives_the_same_bits_at_any_width_whether_its_cells_differ_or_not() {
        for (name, alike) in CellSpec::defaults() {
            let mut different = alike.clone();
            for (_, dist) in different.dists_mut() {
                // Towards zero, which no bound forbids.
                let centre = dist.centre();
                if centre != 0.0 {
                    *dist = Dist::uniform(centre.min(0.999 * centre), centre.max(0.999 * centre));
                }
            }
            // Fewer cells than a block, and some more than two.
            for (spec, n) in [(&alike, 37), (&different, 37), (&different, 11)] {
                let widest = lived(spec, n, None);
                for width in Width::narrower() {
                    assert!(lived(spec, n, Some(width)) == widest, "{n} cells of {name} on {width:?}");
                }
            }
        }
    }

    struct Exponentials<'a>(&'a mut [f32]);

    impl WithSimd for Exponentials<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            for x in S::as_mut_simd_f32s(self.0).0 {
                *x = Lanes::new(simd, *x).exp().v;
            }
        }
    }

    #[test]
    fn the_fast_exponential_is_within_two_units_in_the_last_place_on_any_machine() {
        let x: Vec<f32> = (-8600..8800).map(|i| i as f32 * 0.01).collect();
        let x = &x[..x.len() / 16 * 16];
        let (mut found, mut plain) = (x.to_vec(), x.to_vec());
        pulp::Arch::new().dispatch(Exponentials(&mut found));
        WithSimd::with_simd(Exponentials(&mut plain), pulp::Scalar);
        assert_eq!(found, plain);
        for (x, found) in x.iter().zip(found) {
            let exact = f64::from(*x).exp();
            assert!((f64::from(found) / exact - 1.0).abs() < 2.4e-7, "e^{x} is {exact}, found {found}");
        }
    }
}
