//! The current-based network of Vogels and Abbott against runs of two other simulators.

mod common;
#[path = "../../examples/papers/src/spikes.rs"]
mod spikes;

use common::{Table, read_by};
use mesolimb_brain::{
    Network,
    published::{VOGELS_ABBOTT_CELLS, Wiring, cuba},
};
use spikes::SpikeStatistics;

/// Statistics of the run with a seed, from 200 ms to 2 s.
fn statistics(seed: u64, change: impl Fn(&mut mesolimb_brain::NetworkSpec)) -> SpikeStatistics {
    let mut spec = cuba(VOGELS_ABBOTT_CELLS, Wiring::Published);
    change(&mut spec);
    let mut network = Network::new(&spec, seed).unwrap();
    let mut spikes = Vec::new();
    for window in 0..400u32 {
        network.think(50);
        let time = |tick: u32| f64::from(window * 50 + tick + 1) * 0.1;
        spikes.extend(network.spikes().iter().map(|spike| (time(spike.tick), spike.cell)));
    }
    SpikeStatistics::of(&spikes, VOGELS_ABBOTT_CELLS, VOGELS_ABBOTT_CELLS * 4 / 5, [200.0, 2000.0])
}

/// The statistics that lie outside the band of the table.
fn outside(statistics: &SpikeStatistics, table: &Table) -> Vec<&'static str> {
    let row =
        |end| (0..table.rows.len()).find(|&r| table.text(r, "simulator") == "band" && table.text(r, "seed") == end);
    let [low, high] = ["low", "high"].map(|end| row(end).unwrap());
    let values = SpikeStatistics::NAMES.into_iter().zip(statistics.values());
    let off = values.filter(|(name, value)| {
        let [low, high] = [low, high].map(|row| table.number(row, name).unwrap());
        !(low..=high).contains(value)
    });
    off.map(|(name, _)| name).collect()
}

#[test]
fn the_statistics_of_cuba_lie_in_the_bands() {
    for table in read_by("network") {
        for seed in [0, 1] {
            let statistics = statistics(seed, |_| ());
            let off = outside(&statistics, &table);
            assert!(off.is_empty(), "{}: {off:?} of {statistics:?}", table.path);
        }
    }
}

/// The bands mean something: a network with one parameter 10 % off lies outside.
#[test]
fn weaker_inhibition_lies_outside_the_bands() {
    let table = &read_by("network")[0];
    let weaker = statistics(0, |spec| {
        for projection in spec.projections.iter_mut().filter(|projection| projection.source == "inhibitory") {
            projection.weights = (0.9 * projection.weights.centre()).into();
        }
    });
    assert!(outside(&weaker, table).contains(&"rate_inh_hz"), "{weaker:?}");
}
