//! Numbers that the equations of a cell are written in: one `f64`, or eight `f32` at once.
//!
//! Every cell model is written once. In `f64` it is the plain reference, held against other simulators; in lanes of
//! `f32` it is the fast kernel. Both run the same lines.

#![allow(clippy::needless_range_loop, reason = "a loop over lanes with one index is what becomes one instruction")]

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Values below this count as zero.
const TINY: f64 = 1e-30;

/// Cells that a lane holds.
pub(crate) const LANES: usize = 16;

/// A number, or a lane of numbers, each with a cell of its own.
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
    /// The same constant everywhere.
    fn of(x: f64) -> Self;
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

    /// Magnitude.
    #[inline(always)]
    fn abs(self) -> Self {
        self.max(-self)
    }

    /// 1 where `mask` holds, 0 elsewhere.
    #[inline(always)]
    fn indicator(mask: Self::Mask) -> Self {
        Self::select(mask, Self::of(1.0), Self::of(0.0))
    }

    /// Zero where it has faded away, so that no trace ever becomes a slow denormal number.
    #[inline(always)]
    fn flush(self) -> Self {
        Self::select(self.abs().ge(Self::of(TINY)), self, Self::of(0.0))
    }
}

impl Real for f64 {
    type Mask = bool;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x
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
}

/// Eight numbers at once, each with a cell of its own.
///
/// A plain array: every operation is a loop over it, which the compiler turns into one instruction of the widest kind
/// that [`fast`] may use. The results do not depend on that kind, because no operation is fused or reordered.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(crate) struct Lanes(pub [f32; LANES]);

impl Lanes {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = [0.0; LANES];
        for lane in 0..LANES {
            out[lane] = f(self.0[lane], other.0[lane]);
        }
        Self(out)
    }

    /// The same number in every lane.
    #[inline(always)]
    pub(crate) fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
}

impl Add for Lanes {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Lanes {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Lanes {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl Div for Lanes {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

impl Neg for Lanes {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.zip(self, |a, _| -a)
    }
}

impl Real for Lanes {
    /// All bits of a lane, or none.
    type Mask = [u32; LANES];

    #[inline(always)]
    fn of(x: f64) -> Self {
        Self::splat(x as f32)
    }

    /// Within two units in the last place: `e^x = 2^n e^r`, `|r| ≤ ½ ln 2`, with a polynomial of degree six for `e^r`.
    #[inline(always)]
    fn exp(self) -> Self {
        /// Adding it rounds a number to an integer, which then stands in the low bits.
        const ROUND: f32 = 12_582_912.0;
        const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
        const TAYLOR: [f32; 5] = [1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0];
        let mut out = [0.0; LANES];
        for lane in 0..LANES {
            let x = self.0[lane].clamp(-87.0, 88.0);
            let shifted = x * std::f32::consts::LOG2_E + ROUND;
            let n = shifted - ROUND;
            let r = x - n * LN_2[0] - n * LN_2[1];
            let tail = TAYLOR[2] + r * (TAYLOR[3] + r * TAYLOR[4]);
            let e_r = 1.0 + (r + r * r * (TAYLOR[0] + r * (TAYLOR[1] + r * tail)));
            let power = f32::from_bits((shifted.to_bits().wrapping_add(127)) << 23);
            out[lane] = e_r * power;
        }
        Self(out)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn ge(self, other: Self) -> [u32; LANES] {
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = if self.0[lane] >= other.0[lane] { u32::MAX } else { 0 };
        }
        out
    }
    #[inline(always)]
    fn select(mask: [u32; LANES], yes: Self, no: Self) -> Self {
        let mut out = [0.0; LANES];
        for lane in 0..LANES {
            let bits = (mask[lane] & yes.0[lane].to_bits()) | (!mask[lane] & no.0[lane].to_bits());
            out[lane] = f32::from_bits(bits);
        }
        Self(out)
    }
    #[inline(always)]
    fn both(a: [u32; LANES], b: [u32; LANES]) -> [u32; LANES] {
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = a[lane] & b[lane];
        }
        out
    }
}

/// Runs `f`, compiled for the widest instructions that this machine has.
#[inline]
pub(crate) fn fast<T>(f: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_is_within_two_units_in_the_last_place() {
        for i in -8600..8800 {
            let x = i as f32 * 0.01;
            let found = f64::from(Lanes::splat(x).exp().0[3]);
            let exact = f64::from(x).exp();
            assert!((found / exact - 1.0).abs() < 2.4e-7, "e^{x} is {exact}, found {found}");
        }
    }
}
