//! The log of the spikes of a window.

use crate::history::Fired;

/// One spike, or burst, of one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// Tick since the start of the window.
    pub tick: u32,
    /// Cell, counted through all populations in the order of the spec.
    pub cell: u32,
    /// Size: 1 for a spike or a full burst, more where a cell of many steps fired several times in the tick.
    pub size: f32,
}

/// Spikes in order of time, and of cells within a tick; those of answers of nuclei stand at the end, in the last tick.
///
/// It has a fixed room, so that thinking allocates nothing; a longer window keeps its first spikes.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikeLog {
    room: usize,
    /// Cells counted within their populations.
    fired: Vec<Fired>,
    volleys: Vec<Volley>,
}

/// Spikes of one population in one tick.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Volley {
    tick: u32,
    /// First cell of the population among all.
    first_cell: u32,
    /// How many spikes it has.
    n: usize,
}

/// Room for volleys at first: it grows to the need of the first windows.
const VOLLEYS: usize = 1024;

impl SpikeLog {
    pub(crate) fn new(room: usize) -> Self {
        Self { room, fired: Vec::with_capacity(room), volleys: Vec::with_capacity(VOLLEYS) }
    }

    pub(crate) fn clear(&mut self) {
        self.fired.clear();
        self.volleys.clear();
    }

    /// Takes in who fired in a population, whose first cell among all is told, as far as there is room.
    pub(crate) fn add(&mut self, tick: u32, first_cell: usize, fired: &[Fired]) {
        let n = fired.len().min(self.room - self.fired.len());
        if n > 0 {
            self.fired.extend_from_slice(&fired[..n]);
            self.volleys.push(Volley { tick, first_cell: first_cell as u32, n });
        }
    }

    /// Number of spikes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fired.len()
    }

    /// Whether nobody spiked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fired.is_empty()
    }

    /// The spikes.
    pub fn iter(&self) -> impl Iterator<Item = Spike> + '_ {
        let mut rest = &self.fired[..];
        self.volleys.iter().flat_map(move |&Volley { tick, first_cell, n }| {
            let (of_volley, later) = rest.split_at(n);
            rest = later;
            of_volley.iter().map(move |&(cell, size)| Spike { tick, cell: first_cell + cell, size })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_keeps_the_first_spikes() {
        let mut log = SpikeLog::new(3);
        log.add(0, 10, &[(1, 1.0), (4, 0.5)]);
        log.add(1, 0, &[]);
        log.add(2, 0, &[(7, 1.0), (8, 1.0)]);
        log.add(3, 0, &[(9, 1.0)]);
        let of = |tick, cell, size| Spike { tick, cell, size };
        assert_eq!(log.iter().collect::<Vec<_>>(), [of(0, 11, 1.0), of(0, 14, 0.5), of(2, 7, 1.0)]);
        log.clear();
        assert!(log.is_empty() && log.iter().next().is_none());
    }
}
