//! Values given one by one: each goes where it belongs, and as many are wanted as there are places for them.

use mesolimb_brain::{Network, NetworkSpec};

fn network(text: &str) -> Network {
    let spec: NetworkSpec = toml::from_str(text).unwrap();
    Network::new(&spec, 5).unwrap()
}

const CELLS: &str = r#"
port = [{ name = "touch", size = 2, kind = "spikes" }]
population = [
    { name = "a", size = 3, cell = { lif = { tau_m_ms = [10.0, 20.0, 30.0] } }, drive = [1.0, 2.0, 3.0] },
    { name = "b", size = 2, cell = { lif = {} }, start = { v = [-60.0, -55.0] } },
]
readout = [{ name = "sum", source = "a", size = 2, weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] }]
"#;

fn with(projection: &str) -> String {
    format!("{CELLS}projection = [{{ source = \"touch\", target = \"b\", weights = 1.0 }}, {projection}]")
}

#[test]
fn cells_readouts_and_starts_get_their_values() {
    let network = network(&with(r#"{ source = "a", target = "b", weights = 1.0 }"#));
    let (a, b) = (network.population("a").unwrap(), network.population("b").unwrap());
    assert_eq!(network.parameter(a, "tau_m_ms").unwrap(), [10.0, 20.0, 30.0]);
    assert_eq!(network.parameter(b, "tau_m_ms").unwrap(), [20.0, 20.0]);
    assert_eq!(network.parameter(a, "tau"), None);
    assert_eq!(network.drive(a), [1.0, 2.0, 3.0]);
    assert_eq!(*network.potentials(b), [-60.0, -55.0]);
    let weights = network.readout_weights(network.readout_id("sum").unwrap());
    assert_eq!(weights, [1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0]);
}

/// Source, target, weight and delay in ticks of the second projection.
fn synapses(network: &Network) -> Vec<(usize, usize, f32, u32)> {
    let mut found: Vec<_> =
        network.synapses_of(1).unwrap().iter().map(|s| (s.source, s.target, s.weight, s.delay_ticks)).collect();
    found.sort_by_key(|(source, target, ..)| (*source, *target));
    found
}

#[test]
fn synapses_get_their_values_in_the_order_that_the_spec_has() {
    let all = network(&with(r#"{ source = "a", target = "b", weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] }"#));
    let expected = [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0), (2, 0, 5.0), (2, 1, 6.0)];
    assert_eq!(synapses(&all), expected.map(|(s, t, w)| (s, t, w, 1)));
    let listed = network(&with(
        r#"{ source = "a", target = "b", connectivity = { list = [[2, 1], [0, 0], [1, 1]] }, weights = [7.0, 8.0, 9.0],
             delay_ms = [3.0, 1.0, 2.0] }"#,
    ));
    assert_eq!(synapses(&listed), [(0, 0, 8.0, 1), (1, 1, 9.0, 2), (2, 1, 7.0, 3)]);
    assert_eq!(all.synapses_of(2), None);
    assert_eq!(all.synapses_of(0).unwrap().len(), 4);
}

#[test]
fn the_wrong_number_of_values_is_refused() {
    let plain = r#"{ source = "a", target = "b", weights = 1.0 }"#;
    let cases = [
        (
            with(plain).replace("[10.0, 20.0, 30.0]", "[10.0, 20.0]"),
            "population 'a': tau_m_ms is a list of 2, expected 3",
        ),
        (with(plain).replace("drive = [1.0, 2.0, 3.0]", "drive = [1.0]"), "population 'a': drive is a list of 1"),
        (with(plain).replace("v = [-60.0, -55.0]", "v = []"), "start.v is an empty list"),
        (
            with(plain).replace("weights = [1.0, 2.0", "weights = [2.0"),
            "readout 'sum': weights is a list of 5, expected 6",
        ),
        (with(r#"{ source = "a", target = "b", weights = [1.0, nan] }"#), "a list with NaN as number 2"),
        (with(r#"{ source = "a", target = "b", weights = [1.0, 2.0] }"#), "weights is a list of 2, expected 6"),
        (
            with(r#"{ source = "a", target = "b", weights = 1.0, delay_ms = [1.0] }"#),
            "delay_ms is a list of 1, expected 6",
        ),
        (
            with(r#"{ source = "a", target = "b", weights = [1.0], connectivity = { in_degree = 1 } }"#),
            "expected a number or a distribution, because the synapses are drawn at random",
        ),
    ];
    for (text, expected) in cases {
        let spec: NetworkSpec = toml::from_str(&text).unwrap();
        let Err(error) = Network::new(&spec, 0) else { panic!("not refused: {expected}") };
        assert!(error.to_string().contains(expected), "{error}, expected: {expected}");
    }
}
