//! Who fired in the last ticks, as long as somebody may still hear of it.

/// A spike: which cell of its population, and its size.
pub(crate) type Fired = (u32, f32);

/// The spikes of a source in its last ticks.
pub(crate) struct History {
    /// One row a tick, in a ring.
    rows: Vec<Vec<Fired>>,
    /// Spikes of the source so far.
    pub count: u64,
}

impl History {
    /// Keeps the spikes of `longest_delay` ticks of `n` cells.
    pub(crate) fn new(longest_delay: usize, n: usize) -> Self {
        // Rows grow to their need at first and then stay; a small source never allocates while it runs.
        let room = if n <= 4096 { n } else { n / 16 };
        Self { rows: (0..longest_delay).map(|_| Vec::with_capacity(room)).collect(), count: 0 }
    }

    /// Who fired `delay` ticks before `tick`; nobody did before life began.
    pub(crate) fn at(&self, tick: u64, delay: u32) -> &[Fired] {
        let n = self.rows.len() as u64;
        &self.rows[((tick + n - u64::from(delay)) % n) as usize]
    }

    /// The row of `tick`, emptied.
    pub(crate) fn begin(&mut self, tick: u64) -> &mut Vec<Fired> {
        let n = self.rows.len() as u64;
        let row = &mut self.rows[(tick % n) as usize];
        row.clear();
        row
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.rows.iter_mut().for_each(Vec::clear);
    }

    /// All rows, to save them.
    pub(crate) fn rows(&self) -> &[Vec<Fired>] {
        &self.rows
    }

    /// All rows, to load them.
    pub(crate) fn rows_mut(&mut self) -> &mut [Vec<Fired>] {
        &mut self.rows
    }
}
