//! Golden numbers of single cells: each follows from the printed equations and was computed apart from this engine.

use mesolimb_brain::{
    AlifCurrentSpec, CellSpec, Electrode, Izhikevich2003Scheme, Izhikevich2003Spec, Izhikevich2007Spec, MsnSpec,
    PatchClamp, PyramidalSpec, Stimulus,
};

/// Spike times in ms under a constant current.
fn spike_times(spec: &CellSpec, current: f64, dt_ms: f64, duration_ms: f64) -> Vec<f64> {
    let mut cell = PatchClamp::new(spec, dt_ms).unwrap();
    let ticks = (duration_ms / dt_ms).round() as usize;
    let fired = (1..=ticks).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0);
    fired.map(|tick| tick as f64 * dt_ms).collect()
}

/// `a, b, c, d` of the types of Izhikevich 2003.
const TYPES_2003: [(&str, [f64; 4]); 5] = [
    ("RS", [0.02, 0.2, -65.0, 8.0]),
    ("IB", [0.02, 0.2, -55.0, 4.0]),
    ("CH", [0.02, 0.2, -50.0, 2.0]),
    ("FS", [0.1, 0.2, -65.0, 2.0]),
    ("LTS", [0.02, 0.25, -65.0, 2.0]),
];

fn izhikevich_2003([a, b, c, d]: [f64; 4], scheme: Izhikevich2003Scheme, max_step_ms: f64) -> CellSpec {
    CellSpec::Izhikevich2003(Izhikevich2003Spec {
        a_per_ms: a.into(),
        b: b.into(),
        c_mv: c.into(),
        d: d.into(),
        scheme,
        max_step_ms,
        ..Izhikevich2003Spec::default()
    })
}

/// The published program looks for spikes at the start of a step, so those of the last one of a second do not count.
fn spikes_in_a_second(spec: &CellSpec, dt_ms: f64) -> Vec<f64> {
    spike_times(spec, 10.0, dt_ms, 1000.0 - dt_ms)
}

#[test]
fn g1_izhikevich_2003_spikes_by_scheme() {
    use Izhikevich2003Scheme::{Clipped, Euler, Published};
    for (scheme, dt_ms, counts) in [
        (Published, 1.0, [20, 27, 43, 63, 44]),
        (Clipped, 1.0, [22, 31, 70, 89, 65]),
        (Euler, 1.0, [22, 31, 75, 110, 69]),
        (Euler, 0.5, [23, 32, 81, 114, 74]),
        (Euler, 0.1, [23, 34, 87, 131, 77]),
    ] {
        for ((name, parameters), expected) in TYPES_2003.into_iter().zip(counts) {
            let found = spikes_in_a_second(&izhikevich_2003(parameters, scheme, dt_ms), dt_ms);
            assert_eq!(found.len(), expected, "{name}, {scheme:?} in steps of {dt_ms} ms");
        }
    }
    let first_two = [[4.0, 31.0], [4.0, 8.0], [4.0, 7.0], [4.0, 11.0], [4.0, 10.0]];
    for ((name, parameters), expected) in TYPES_2003.into_iter().zip(first_two) {
        let found = spikes_in_a_second(&izhikevich_2003(parameters, Published, 1.0), 1.0);
        assert_eq!(found[..2], expected, "{name}, published");
    }
}

#[test]
fn g1_rest_vanishes_at_four_and_loses_stability_before() {
    // A small push away from the fixed point, in small steps: below the Hopf bifurcation it dies out.
    let fires = |current: f64| {
        let spec = izhikevich_2003(TYPES_2003[0].1, Izhikevich2003Scheme::Rk4, 0.1);
        let mut cell = PatchClamp::new(&spec, 0.1).unwrap();
        let v = (-4.8 - (4.8f64 * 4.8 - 0.16 * (140.0 + current)).max(0.0).sqrt()) / 0.08;
        cell.state_mut().copy_from_slice(&[v + 0.01, 0.2 * v]);
        (0..100_000).any(|_| cell.tick(&Stimulus::current(current)) > 0.0)
    };
    assert!(!fires(3.77) && fires(3.83), "rest is unstable from 3.7975");
}

#[test]
fn g1_noradrenaline_turns_regular_spiking_into_chattering() {
    let at =
        |na: f64| izhikevich_2003([0.02, 0.2, -65.0 + 30.0 * na, 8.0 - 12.0 * na], Izhikevich2003Scheme::Clipped, 1.0);
    assert_eq!(at(0.0), izhikevich_2003(TYPES_2003[0].1, Izhikevich2003Scheme::Clipped, 1.0));
    assert_eq!(at(0.5), izhikevich_2003(TYPES_2003[2].1, Izhikevich2003Scheme::Clipped, 1.0));
    // The same cell, moved while it runs.
    let mut cell = PatchClamp::new(&at(0.0), 1.0).unwrap();
    let mut shortest = |ticks: usize| {
        let spikes: Vec<usize> = (0..ticks).filter(|_| cell.tick(&Stimulus::current(10.0)) > 0.0).collect();
        let shortest = spikes.windows(2).skip(2).map(|pair| pair[1] - pair[0]).min().unwrap();
        assert!(cell.set("c_mv", -50.0) && cell.set("d", 2.0));
        shortest
    };
    let (regular, chattering) = (shortest(1000), shortest(1000));
    assert!(regular > 20 && chattering < 8, "shortest intervals {regular} and {chattering} ms");
}

#[test]
fn g2_izhikevich_2007_fires_above_its_rheobase() {
    let spec = CellSpec::Izhikevich2007(Izhikevich2007Spec::default());
    assert_eq!(spike_times(&spec, 51.0, 0.1, 3000.0), Vec::<f64>::new());
    let spikes = spike_times(&spec, 52.0, 0.1, 3000.0);
    assert!(spikes.len() >= 3, "tonic at 52 pA: {spikes:?}");
    let intervals: Vec<f64> = spikes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(intervals.iter().all(|isi| (isi / intervals[0] - 1.0).abs() < 0.02), "regular: {intervals:?}");
}

#[test]
fn g3_medium_spiny_neurons_under_dopamine() {
    let msn = |d1: f64, d2: f64| {
        CellSpec::Msn(MsnSpec {
            v_r_mv: (-80.0 * (1.0 + 0.0289 * d1)).into(),
            d_pa: (91.0 * (1.0 - 0.331 * d1)).into(),
            k_ns_per_mv: (1.0 - 0.032 * d2).into(),
            ..MsnSpec::default()
        })
    };
    let currents = [220.0, 230.0, 240.0, 260.0, 270.0, 280.0, 300.0];
    for (name, spec, first_ms, rates) in [
        ("base", msn(0.0, 0.0), 622.0, [0.0, 0.0, 3.5, 7.25, 8.75, 10.25, 13.25]),
        ("D1", msn(0.8, 0.0), 1496.0, [0.0, 0.0, 0.0, 0.75, 8.0, 11.5, 15.75]),
        ("D2", msn(0.0, 0.8), 492.0, [1.75, 4.5, 6.5, 9.5, 11.0, 12.25, 15.0]),
    ] {
        for (current, rate) in currents.into_iter().zip(rates) {
            let spikes = spike_times(&spec, current, 0.1, 5000.0);
            let found = spikes.iter().filter(|t| **t > 1000.0).count() as f64 / 4.0;
            assert!((found - rate).abs() <= 0.5, "{name} at {current} pA: {found} Hz, expected {rate}");
            if current == 270.0 {
                assert!((spikes[0] - first_ms).abs() <= 1.0, "{name}: first spike at {} ms", spikes[0]);
            }
        }
    }
}

/// The cell of the noradrenaline study with these levels of its three levers.
fn adapting(gain: f64, b: f64, threshold: f64) -> CellSpec {
    CellSpec::AlifCurrent(AlifCurrentSpec {
        gain: (1.0 + gain).into(),
        b_pa: (1.2 * (1.0 - 0.85 * b)).into(),
        v_th_mv: (-50.0 - 3.0 * threshold).into(),
        t_ref_ms: 0.0.into(),
        ..AlifCurrentSpec::default()
    })
}

#[test]
fn g4_noradrenaline_moves_gain_adaptation_and_threshold() {
    let rate = |spec: &CellSpec, current: f64| spike_times(spec, current, 0.1, 500.0).len() as f64 * 2.0;
    for (what, spec, expected) in [
        ("NA 0", adapting(0.0, 0.0, 0.0), 20.0),
        ("NA 0.5", adapting(0.5, 0.5, 0.5), 50.0),
        ("NA 1", adapting(1.0, 1.0, 1.0), 124.0),
        ("gain alone", adapting(1.0, 0.0, 0.0), 48.0),
        ("adaptation alone", adapting(0.0, 1.0, 0.0), 46.0),
        ("threshold alone", adapting(0.0, 0.0, 1.0), 22.0),
    ] {
        let found = rate(&spec, 4.0);
        assert!((found - expected).abs() <= 2.0, "{what}: {found} Hz, expected {expected}");
    }
    for (what, spec, expected) in [
        ("base", adapting(0.0, 0.0, 0.0), 7.3),
        ("gain", adapting(1.0, 0.0, 0.0), 13.3),
        ("adaptation", adapting(0.0, 1.0, 0.0), 16.0),
        ("threshold", adapting(0.0, 0.0, 1.0), 7.3),
    ] {
        let slope = (rate(&spec, 6.0) - rate(&spec, 3.0)) / 3.0;
        // Two rates of a resolution of 2 Hz, three units apart.
        assert!((slope - expected).abs() <= 4.0 / 3.0, "{what}: {slope} Hz per unit, expected {expected}");
    }
    for (na, rheobase) in [(0.0, 2.0), (1.0, 0.85)] {
        let spec = adapting(na, na, na);
        assert_eq!(rate(&spec, rheobase - 0.01), 0.0, "NA {na}");
        assert!(rate(&spec, rheobase + 0.05) > 0.0, "NA {na}");
    }
}

/// Spike times of the layer-5 cell under constant currents and inhibition of its dendrite.
fn layer_5(g_c: f64, soma: f64, apical: f64, gaba_ns: f64) -> Vec<f64> {
    let spec = PyramidalSpec { g_c: g_c.into(), adaptation_ns: 0.0.into(), ..PyramidalSpec::default() };
    let mut cell = PatchClamp::new(&CellSpec::Pyramidal(spec), 0.1).unwrap();
    let stimulus = Stimulus {
        soma: Electrode { current: soma, ..Electrode::default() },
        apical: Electrode {
            current: apical,
            conductance: gaba_ns,
            conductance_times_reversal: -75.0 * gaba_ns,
            ..Electrode::default()
        },
        ..Stimulus::default()
    };
    (1..=10_000).filter(|_| cell.tick(&stimulus) > 0.0).map(|tick| f64::from(tick) * 0.1).collect()
}

#[test]
fn g6_apical_drive_turns_single_spikes_into_bursts() {
    let isis = |spikes: &[f64]| -> Vec<f64> { spikes.windows(2).take(3).map(|pair| pair[1] - pair[0]).collect() };
    let near = |found: &[f64], expected: [f64; 3]| found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 0.051);
    for (what, spikes) in
        [("shut", layer_5(0.0, 1000.0, 800.0, 0.0)), ("no apical drive", layer_5(1.0, 1000.0, 0.0, 0.0))]
    {
        assert_eq!(spikes.len(), 16, "{what}");
        assert!((spikes[0] - 10.7).abs() < 0.051, "{what}: {spikes:?}");
        assert!(near(&isis(&spikes), [14.4, 46.3, 66.4]), "{what}: {spikes:?}");
    }
    assert_eq!(layer_5(1.0, 1000.0, 400.0, 0.0).len(), 17);
    let bursting = layer_5(1.0, 1000.0, 800.0, 0.0);
    assert_eq!(bursting.len(), 26);
    assert!(near(&isis(&bursting), [14.4, 9.6, 35.4]), "{bursting:?}");
    for (gaba_ns, expected) in [(5.0, 22), (10.0, 17), (20.0, 16)] {
        assert_eq!(layer_5(1.0, 1000.0, 800.0, gaba_ns).len(), expected, "{gaba_ns} nS onto the dendrite");
    }
    assert_eq!(layer_5(1.0, 0.0, 800.0, 0.0), Vec::<f64>::new(), "the dendrite alone does not fire the soma");
}

#[test]
fn g6_the_coupling_is_a_chance() {
    let spec = PyramidalSpec { g_c: 0.4.into(), ..PyramidalSpec::default() };
    let mut cell = PatchClamp::new(&CellSpec::Pyramidal(spec), 0.1).unwrap();
    // A plateau and a spike in the next step: the burst reset is used if the draw is below g_c.
    for (draw, c) in [(0.39, -55.0), (0.41, -65.0)] {
        cell.state_mut()[..4].copy_from_slice(&[49.9, 0.0, 0.0, 0.0]);
        assert_eq!(cell.tick(&Stimulus { draws: [0.9, draw], ..Stimulus::default() }), 1.0);
        assert_eq!(cell.v(), c, "draw {draw}");
    }
}

#[test]
fn cells_that_would_fire_in_every_step_are_refused() {
    for text in [
        "lif = { v_reset_mv = -50.0 }",
        "alif_current = { v_reset_mv = -40.0 }",
        "alif_threshold = { v_reset_mv = -40.0 }",
        "izhikevich_2003 = { c_mv = 30.0 }",
        "izhikevich_2007 = { c_mv = { uniform = [-50.0, 40.0] } }",
        "msn = { c_mv = 50.0 }",
        "adex = { v_reset_mv = -40.0 }",
        "adex = { v_peak_mv = -60.0, v_reset_mv = -70.0 }",
        "adex = { delta_t_mv = 0.1 }",
        "pyramidal = { c_burst_mv = 60.0 }",
        "pyramidal = { g_c = 1.5 }",
        "izhikevich_2007 = { max_step_ms = 0.0 }",
    ] {
        let spec: CellSpec = toml::from_str(text).unwrap();
        assert!(PatchClamp::new(&spec, 0.1).is_err(), "{text}");
    }
}
