//! Numbers that the equations of a cell are written in: one `f64`, or eight `f32` at once.
//!
//! Every cell model is written once. In `f64` it is the plain reference, held against other simulators; in lanes of
//! `f32` it is the fast kernel. Both run the same lines.

use std::ops::{Add, Div, Mul, Neg, Sub};

use wide::f32x8;

/// Cells that a lane holds.
pub(crate) const LANES: usize = 8;

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
        Self::select(self.abs().ge(Self::of(1e-30)), self, Self::of(0.0))
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

impl Real for f32x8 {
    type Mask = Self;

    #[inline(always)]
    fn of(x: f64) -> Self {
        Self::splat(x as f32)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.fast_max(other)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.fast_min(other)
    }
    #[inline(always)]
    fn ge(self, other: Self) -> Self {
        self.simd_ge(other)
    }
    #[inline(always)]
    fn select(mask: Self, yes: Self, no: Self) -> Self {
        mask.select(yes, no)
    }
    #[inline(always)]
    fn both(a: Self, b: Self) -> Self {
        a & b
    }
}
