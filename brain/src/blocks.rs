//! Numbers of many cells, laid out in the blocks that the kernels take at once.

use std::ops::{Deref, DerefMut, Range};

/// Cells in a block: as many as one instruction takes at most.
pub(crate) const LANES: usize = 16;
/// Blocks begin at multiples of this many bytes: none of them lies across two lines of the cache.
const ALIGNMENT: usize = 64;

/// One number for each of `n` cells, in whole blocks; what is behind the last cell means nothing.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    numbers: Vec<f32>,
    /// Where the first block begins.
    start: usize,
    n: usize,
}

impl Blocks {
    /// Zeros for `n` cells.
    pub(crate) fn new(n: usize) -> Self {
        if n == 0 {
            return Self::default();
        }
        let numbers = vec![0.0; n.next_multiple_of(LANES) + ALIGNMENT / size_of::<f32>()];
        let start = numbers.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT / size_of::<f32>());
        Self { numbers, start, n }
    }

    /// These numbers.
    pub(crate) fn of(numbers: &[f32]) -> Self {
        let mut blocks = Self::new(numbers.len());
        blocks.copy_from_slice(numbers);
        blocks
    }

    fn whole(&self) -> Range<usize> {
        self.start..self.start + self.n.next_multiple_of(LANES)
    }

    /// The blocks.
    #[inline]
    pub(crate) fn blocks(&self) -> &[[f32; LANES]] {
        self.numbers[self.whole()].as_chunks().0
    }

    /// The blocks, to change.
    #[inline]
    pub(crate) fn blocks_mut(&mut self) -> &mut [[f32; LANES]] {
        let whole = self.whole();
        self.numbers[whole].as_chunks_mut().0
    }
}

impl Deref for Blocks {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        &self.numbers[self.start..self.start + self.n]
    }
}

impl DerefMut for Blocks {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.start..self.start + self.n]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_and_aligned_and_hold_what_was_written() {
        for n in [0usize, 1, 15, 16, 17, 1000] {
            let numbers: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let mut blocks = Blocks::of(&numbers);
            assert_eq!(*blocks, *numbers);
            assert_eq!(blocks.blocks().len(), n.div_ceil(LANES));
            assert!(n == 0 || blocks.blocks().as_ptr().addr().is_multiple_of(ALIGNMENT));
            if let Some(last) = blocks.blocks_mut().last_mut() {
                last[(n - 1) % LANES] = -1.0;
                assert_eq!(blocks[n - 1], -1.0);
            }
        }
    }
}
