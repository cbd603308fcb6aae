//! Who is connected with whom: from a rule of connectivity to lists of synapses, and from these to rows.

use std::ops::Range;

use rand::RngExt as _;

use super::ticks;
use crate::{Connectivity, Dist, ProjectionSpec, Transmitter, rng::Rng, rows::Rows};

/// One synapse while it is being built.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub source: u32,
    pub target: u32,
    pub weight: f32,
    /// Which of the delays of the projection.
    pub delay: u16,
}

/// Source and target of every synapse, in the order of the sources, then of the targets.
pub(super) fn pairs(connectivity: &Connectivity, n_pre: usize, n_post: usize, rng: &mut Rng) -> Vec<[u32; 2]> {
    let mut pairs: Vec<[u32; 2]> = match connectivity {
        Connectivity::AllToAll => (0..n_pre * n_post).map(|i| [(i / n_post) as u32, (i % n_post) as u32]).collect(),
        Connectivity::OneToOne => (0..n_post as u32).map(|i| [i, i]).collect(),
        Connectivity::Probability(p) => {
            Gaps::new(*p, n_pre * n_post, rng).map(|i| [(i / n_post) as u32, (i % n_post) as u32]).collect()
        }
        Connectivity::InDegree(k) => (0..n_post as u32)
            .flat_map(|post| choose(*k, n_pre, rng).into_iter().map(move |pre| [pre as u32, post]))
            .collect(),
        Connectivity::OutDegree(k) => (0..n_pre as u32)
            .flat_map(|pre| choose(*k, n_post, rng).into_iter().map(move |post| [pre, post as u32]))
            .collect(),
        Connectivity::List(pairs) => pairs.clone(),
    };
    pairs.sort_unstable();
    pairs
}

/// The places below `n` that are taken with probability `p` each, ascending; draws one number for each place taken.
struct Gaps<'a> {
    rng: &'a mut Rng,
    log_miss: f64,
    next: f64,
    n: f64,
}

impl<'a> Gaps<'a> {
    fn new(p: f64, n: usize, rng: &'a mut Rng) -> Self {
        let mut gaps = Self { rng, log_miss: (-p).ln_1p(), next: -1.0, n: if p > 0.0 { n as f64 } else { 0.0 } };
        gaps.hop();
        gaps
    }

    fn hop(&mut self) {
        // The number of misses before a hit is geometric; with p = 1 there are none.
        let u: f64 = 1.0 - self.rng.random::<f64>();
        self.next += 1.0 + (u.ln() / self.log_miss).floor();
    }
}

impl Iterator for Gaps<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = self.next;
        (place < self.n).then(|| {
            self.hop();
            place as usize
        })
    }
}

/// `k` different numbers below `n`, ascending.
pub(super) fn choose(k: usize, n: usize, rng: &mut Rng) -> Vec<usize> {
    let k = k.min(n);
    if k * 8 < n {
        // Few of many: draw until all differ (Floyd's way, which needs exactly `k` draws).
        let mut chosen = std::collections::BTreeSet::new();
        for top in n - k..n {
            let candidate = rng.random_range(0..=top);
            if !chosen.insert(candidate) {
                chosen.insert(top);
            }
        }
        return chosen.into_iter().collect();
    }
    let mut all: Vec<usize> = (0..n).collect();
    for i in 0..k {
        let other = rng.random_range(i..n);
        all.swap(i, other);
    }
    all.truncate(k);
    all.sort_unstable();
    all
}

/// Where each of `n` synapses, sorted as [`pairs`] does, stands in the order in which values are given for them.
fn place(connectivity: &Connectivity, n: usize) -> impl Iterator<Item = usize> {
    let mut places: Vec<usize> = match connectivity {
        Connectivity::List(pairs) if !pairs.is_sorted() => (0..n).collect(),
        _ => Vec::new(),
    };
    if let Connectivity::List(pairs) = connectivity {
        places.sort_by_key(|k| pairs[*k]);
    }
    (0..n).map(move |k| places.get(k).copied().unwrap_or(k))
}

/// Gives each synapse its weight.
pub(super) fn weigh(edges: &mut [Edge], p: &ProjectionSpec, sign: Option<Transmitter>, rng: &mut Rng) {
    for (k, edge) in place(&p.connectivity, edges.len()).zip(edges) {
        edge.weight = signed(p.weights.nth(k, rng), sign);
    }
}

/// A weight with the sign of its transmitter; validation has seen to it that the distribution has no other.
pub(super) fn signed(weight: f64, transmitter: Option<Transmitter>) -> f32 {
    match transmitter {
        None => weight as f32,
        Some(Transmitter::Excitatory) => weight.max(0.0) as f32,
        Some(Transmitter::Inhibitory) => weight.min(0.0) as f32,
    }
}

/// Draws the delay of each synapse, and returns those that occur, in ticks.
pub(super) fn delays(p: &ProjectionSpec, tick_ms: f64, edges: &mut [Edge], rng: &mut Rng) -> Vec<u32> {
    match &p.delay_ms {
        None => vec![1],
        Some(Dist::Constant(delay_ms)) => vec![ticks(*delay_ms, tick_ms)],
        Some(dist) => {
            let drawn: Vec<u32> =
                place(&p.connectivity, edges.len()).map(|k| ticks(dist.nth(k, rng), tick_ms).max(1)).collect();
            let mut delays = drawn.clone();
            delays.sort_unstable();
            delays.dedup();
            for (edge, delay) in edges.iter_mut().zip(drawn) {
                edge.delay = delays.binary_search(&delay).unwrap_or_default() as u16;
            }
            if delays.is_empty() { vec![1] } else { delays }
        }
    }
}

/// Sets all but `active` of the weights onto each target to zero.
pub(super) fn silence(edges: &mut [Edge], n_post: usize, active: usize, rng: &mut Rng) {
    let mut edges_onto: Vec<Vec<usize>> = vec![Vec::new(); n_post];
    for (i, edge) in edges.iter().enumerate() {
        edges_onto[edge.target as usize].push(i);
    }
    for onto in edges_onto {
        let kept = choose_some(active.min(onto.len()), onto.len(), rng);
        for (i, edge) in onto.into_iter().enumerate() {
            if kept.binary_search(&i).is_err() {
                edges[edge].weight = 0.0;
            }
        }
    }
}

/// Like [`choose`], always by shuffling.
pub(super) fn choose_some(k: usize, n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in 0..k.min(n) {
        let other = rng.random_range(i..n);
        all.swap(i, other);
    }
    all.truncate(k.min(n));
    all.sort_unstable();
    all
}

/// The synapses onto the targets in `part`, as rows, with their weights.
pub(super) fn rows(edges: &[Edge], part: &Range<usize>, n_pre: usize, n_delays: usize) -> (Rows, Vec<f32>) {
    let row = |edge: &Edge| edge.source as usize * n_delays + usize::from(edge.delay);
    let inside: Vec<&Edge> = edges.iter().filter(|edge| part.contains(&(edge.target as usize))).collect();
    let mut starts = vec![0u32; n_pre * n_delays + 1];
    for edge in &inside {
        starts[row(edge) + 1] += 1;
    }
    for r in 1..starts.len() {
        starts[r] += starts[r - 1];
    }
    let mut next = starts.clone();
    let (mut targets, mut weights) = (vec![0; inside.len()], vec![0.0; inside.len()]);
    // Edges come in the order of their targets within a source, so rows do too.
    for edge in &inside {
        let place = &mut next[row(edge)];
        targets[*place as usize] = (edge.target as usize - part.start) as u16;
        weights[*place as usize] = edge.weight;
        *place += 1;
    }
    (Rows { starts, targets, n_delays }, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn a_probability_connects_that_share_of_the_pairs_and_the_ends_are_all_and_none() {
        let rng = &mut stream(0, "test");
        let count = |p: f64, rng: &mut Rng| pairs(&Connectivity::Probability(p), 200, 300, rng).len() as f64;
        assert_eq!((count(0.0, rng), count(1.0, rng)), (0.0, 60_000.0));
        let n = count(0.02, rng);
        assert!((n - 1200.0).abs() < 5.0 * (1200.0f64 * 0.98).sqrt(), "{n} of 60 000 pairs");
    }

    #[test]
    fn degrees_are_exact_and_partners_differ() {
        let rng = &mut stream(0, "test");
        for (connectivity, side) in [(Connectivity::InDegree(7), 1), (Connectivity::OutDegree(7), 0)] {
            let mut pairs = pairs(&connectivity, 100, 120, rng);
            let n = pairs.len();
            pairs.dedup();
            assert_eq!(pairs.len(), n, "no pair twice");
            let degree = |cell: u32| pairs.iter().filter(|pair| pair[side] == cell).count();
            assert!((0..100).all(|cell| degree(cell) == 7), "{connectivity:?}");
        }
    }

    #[test]
    fn few_of_many_are_chosen_evenly() {
        let rng = &mut stream(0, "test");
        let mut counts = [0; 50];
        for _ in 0..10_000 {
            choose(5, 50, rng).into_iter().for_each(|i| counts[i] += 1);
        }
        assert!(counts.iter().all(|&n| (850..1150).contains(&n)), "{counts:?}");
    }
}
