//! The twenty firing patterns of Izhikevich 2004 and the eight of Naud et al. 2008, each told by what its spikes and its
//! potential do, and none by the mere presence of spikes: the wrong cell under the same stimulus is not mistaken for it.

mod common;

use common::features::{Naud, Step, groups, intervals, naud, step};
use mesolimb_brain::{AdexSpec, CellSpec, Izhikevich2003Scheme, Izhikevich2003Spec, PatchClamp, Stimulus};

/// Which terms stand in the equations.
#[derive(Clone, Copy)]
enum Form {
    Usual,
    /// `4.1 v + 108` in place of `5 v + 140`.
    Integrating,
    /// `du/dt = a b (v + 65)`.
    Accommodating,
}

/// A cell of the figure.
#[derive(Clone, Copy)]
struct Cell {
    abcd: [f64; 4],
    form: Form,
    /// Potential and recovery at the start.
    start: [f64; 2],
}

/// A panel of the figure.
struct Panel {
    name: &'static str,
    cell: Cell,
    current: fn(f64) -> f64,
    duration_ms: f64,
    dt_ms: f64,
    judge: fn(&Response) -> bool,
}

/// What a cell did.
struct Response {
    spikes: Vec<f64>,
    v: Vec<f64>,
    dt_ms: f64,
    end_ms: f64,
}

impl Response {
    fn between(&self, from_ms: f64, to_ms: f64) -> Vec<f64> {
        self.spikes.iter().copied().filter(|t| (from_ms..to_ms).contains(t)).collect()
    }

    /// Potentials from a time to another.
    fn trace(&self, from_ms: f64, to_ms: f64) -> &[f64] {
        let at = |ms: f64| ((ms / self.dt_ms) as usize).min(self.v.len());
        &self.v[at(from_ms)..at(to_ms)]
    }

    fn step(&self) -> Step {
        step(&self.spikes, self.end_ms)
    }

    fn last_interval(&self) -> f64 {
        intervals(&self.spikes).last().copied().unwrap_or(f64::INFINITY)
    }

    /// All spikes lie in this time, and there are some.
    fn only_between(&self, from_ms: f64, to_ms: f64) -> bool {
        !self.spikes.is_empty() && self.between(from_ms, to_ms).len() == self.spikes.len()
    }
}

fn usual(abcd: [f64; 4], v: f64) -> Cell {
    Cell { abcd, form: Form::Usual, start: [v, abcd[1] * v] }
}

fn integrating(abcd: [f64; 4], v: f64) -> Cell {
    Cell { abcd, form: Form::Integrating, start: [v, abcd[1] * v] }
}

fn on(t: f64, from: f64, to: f64) -> bool {
    t > from && t < to
}

/// Intervals that shorten under a growing current, from the first to the last.
fn shortening(r: &Response) -> Option<f64> {
    let isi = intervals(&r.spikes);
    (isi.len() >= 7 && isi.windows(2).all(|pair| pair[1] < pair[0] + 1e-9)).then(|| isi[0] / isi[isi.len() - 1])
}

/// Local maxima of the potential that stand out by a tenth of a millivolt.
fn maxima(v: &[f64]) -> usize {
    let (mut count, mut low, mut high, mut rising) = (0, f64::MAX, f64::MIN, true);
    for &x in v {
        if rising {
            high = high.max(x);
            if x < high - 0.1 {
                (rising, low, count) = (false, x, count + 1);
            }
        } else {
            low = low.min(x);
            if x > low + 0.1 {
                (rising, high) = (true, x);
            }
        }
    }
    count
}

/// Parameters, stimuli and steps as in the program of the paper; what makes each pattern is said in the judge.
fn panels() -> [Panel; 20] {
    let panel =
        |name, cell, current, duration_ms, dt_ms, judge| Panel { name, cell, current, duration_ms, dt_ms, judge };
    [
        panel(
            "tonic spiking",
            usual([0.02, 0.2, -65.0, 6.0], -70.0),
            |t| if t > 10.0 { 14.0 } else { 0.0 },
            100.0,
            0.25,
            |r| {
                // At 36 Hz, as the figure has it: most cells fire tonically under a strong current, but faster.
                r.step() == Step::TonicSpiking
                    && (25.0..30.0).contains(&r.last_interval())
                    && r.only_between(10.0, 100.0)
                    && (25.0..30.0).contains(&r.last_interval())
            },
        ),
        panel(
            "phasic spiking",
            usual([0.02, 0.25, -65.0, 6.0], -64.0),
            |t| if t > 20.0 { 0.5 } else { 0.0 },
            200.0,
            0.25,
            |r| r.step() == Step::PhasicSpiking && r.only_between(20.0, 100.0),
        ),
        panel(
            "tonic bursting",
            usual([0.02, 0.2, -50.0, 2.0], -70.0),
            |t| if t > 22.0 { 15.0 } else { 0.0 },
            220.0,
            0.25,
            |r| r.step() == Step::TonicBursting,
        ),
        panel(
            "phasic bursting",
            usual([0.02, 0.25, -55.0, 0.05], -64.0),
            |t| if t > 20.0 { 0.6 } else { 0.0 },
            200.0,
            0.2,
            |r| r.step() == Step::PhasicBursting,
        ),
        panel(
            "mixed mode",
            usual([0.02, 0.2, -55.0, 4.0], -70.0),
            |t| if t > 16.0 { 10.0 } else { 0.0 },
            160.0,
            0.25,
            |r| r.step() == Step::MixedMode,
        ),
        panel(
            "frequency adaptation",
            usual([0.01, 0.2, -65.0, 8.0], -70.0),
            |t| if t > 8.5 { 30.0 } else { 0.0 },
            85.0,
            0.25,
            |r| r.step() == Step::Adapting,
        ),
        // Rates grow from low values under a ramp: from less than half of the last.
        panel(
            "class 1",
            integrating([0.02, -0.1, -55.0, 6.0], -60.0),
            |t| 0.075 * (t - 30.0).max(0.0),
            300.0,
            0.25,
            |r| shortening(r).is_some_and(|ratio| ratio > 2.2),
        ),
        // They set in at a high rate, and grow less.
        panel(
            "class 2",
            usual([0.2, 0.26, -65.0, 0.0], -64.0),
            |t| -0.5 + 0.015 * (t - 30.0).max(0.0),
            300.0,
            0.25,
            |r| shortening(r).is_some_and(|ratio| ratio < 2.2),
        ),
        // One spike, long after the pulse.
        panel(
            "latency",
            usual([0.02, 0.2, -65.0, 6.0], -70.0),
            |t| if on(t, 10.0, 13.0) { 7.04 } else { 0.0 },
            100.0,
            0.2,
            |r| r.spikes.len() == 1 && r.only_between(23.0, 100.0),
        ),
        // One spike, then a potential that rings.
        panel(
            "subthreshold oscillations",
            usual([0.05, 0.26, -60.0, 0.0], -62.0),
            |t| if on(t, 20.0, 25.0) { 2.0 } else { 0.0 },
            200.0,
            0.25,
            |r| r.spikes.len() == 1 && maxima(r.trace(r.spikes[0] + 1.0, 200.0)) >= 3,
        ),
        // Of two pairs of pulses only the one at its own period makes it spike: 40 ms, not 20.
        panel(
            "resonator",
            usual([0.1, 0.26, -60.0, -1.0], -62.0),
            |t| {
                let pulse = [40.0, 60.0, 280.0, 320.0].into_iter().any(|from| on(t, from, from + 4.0));
                if pulse { 0.65 } else { 0.0 }
            },
            400.0,
            0.25,
            |r| r.only_between(320.0, 360.0),
        ),
        // Of two pairs of pulses only the closer one makes it spike: 5 ms, not 10.
        panel(
            "integrator",
            integrating([0.02, -0.1, -55.0, 6.0], -60.0),
            |t| {
                let pulse =
                    [100.0 / 11.0, 100.0 / 11.0 + 5.0, 70.0, 80.0].into_iter().any(|from| on(t, from, from + 2.0));
                if pulse { 9.0 } else { 0.0 }
            },
            100.0,
            0.25,
            |r| r.only_between(14.0, 30.0),
        ),
        // After a hyperpolarising pulse.
        panel(
            "rebound spike",
            usual([0.03, 0.25, -60.0, 4.0], -64.0),
            |t| if on(t, 20.0, 25.0) { -15.0 } else { 0.0 },
            200.0,
            0.2,
            |r| r.spikes.len() == 1 && r.only_between(25.0, 200.0),
        ),
        panel(
            "rebound burst",
            usual([0.03, 0.25, -52.0, 0.0], -64.0),
            |t| if on(t, 20.0, 25.0) { -15.0 } else { 0.0 },
            200.0,
            0.2,
            |r| matches!(groups(&r.spikes, 10.0)[..], [n] if n > 2) && r.only_between(25.0, 200.0),
        ),
        // The same pulse makes it spike after a hyperpolarising one only.
        panel(
            "threshold variability",
            usual([0.03, 0.25, -60.0, 4.0], -64.0),
            |t| match t {
                _ if on(t, 10.0, 15.0) || on(t, 80.0, 85.0) => 1.0,
                _ if on(t, 70.0, 75.0) => -6.0,
                _ => 0.0,
            },
            100.0,
            0.25,
            |r| r.only_between(80.0, 100.0),
        ),
        // A pulse turns tonic spiking on, and an equal one off.
        panel(
            "bistability",
            usual([0.1, 0.26, -60.0, 0.0], -61.0),
            |t| {
                if on(t, 37.5, 42.5) || on(t, 216.0, 221.0) { 1.24 } else { 0.24 }
            },
            300.0,
            0.25,
            |r| r.spikes.len() >= 4 && r.only_between(37.5, 221.0) && r.between(180.0, 221.0).len() == 1,
        ),
        // The spike is followed by a hump above rest.
        panel(
            "depolarising after-potential",
            usual([1.0, 0.2, -60.0, -21.0], -70.0),
            |t| if (t - 10.0).abs() < 1.0 { 20.0 } else { 0.0 },
            50.0,
            0.1,
            |r| {
                let hump = |from: f64| {
                    let after = r.trace(from + 0.2, from + 20.0);
                    let (place, top) = after
                        .iter()
                        .enumerate()
                        .fold((0, f64::MIN), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
                    // It rises again after the reset, and is over within 20 ms.
                    place > 5 && top > after[0] + 2.0 && after[after.len() - 1] < top - 5.0
                };
                r.spikes.len() == 1 && hump(r.spikes[0])
            },
        ),
        // A slow ramp fails where a steep one to the half of it succeeds.
        panel(
            "accommodation",
            Cell { abcd: [0.02, 1.0, -55.0, 4.0], form: Form::Accommodating, start: [-65.0, -16.0] },
            |t| match t {
                _ if t < 200.0 => t / 25.0,
                _ if t < 300.0 => 0.0,
                _ if t < 312.5 => (t - 300.0) / 12.5 * 4.0,
                _ => 0.0,
            },
            400.0,
            0.5,
            |r| r.only_between(300.0, 320.0),
        ),
        // It spikes while inhibition lowers the current.
        panel(
            "inhibition-induced spiking",
            usual([-0.02, -1.0, -60.0, 8.0], -63.8),
            |t| if on(t, 50.0, 250.0) { 75.0 } else { 80.0 },
            350.0,
            0.5,
            |r| r.spikes.len() >= 2 && r.only_between(50.0, 250.0) && groups(&r.spikes, 10.0).iter().all(|n| *n == 1),
        ),
        panel(
            "inhibition-induced bursting",
            usual([-0.026, -1.0, -45.0, -2.0], -63.8),
            |t| if on(t, 50.0, 250.0) { 75.0 } else { 80.0 },
            350.0,
            0.5,
            |r| {
                let bursts = groups(&r.spikes, 10.0);
                r.only_between(50.0, 250.0) && bursts.len() >= 2 && bursts.iter().all(|n| *n >= 3)
            },
        ),
    ]
}

/// Runs a cell under the stimulus of a panel.
fn respond(cell: &Cell, panel: &Panel) -> Response {
    let [a, b, c, d] = cell.abcd;
    let usual = Izhikevich2003Spec::default();
    let form = match cell.form {
        Form::Usual => usual,
        Form::Integrating => Izhikevich2003Spec { linear: 4.1.into(), constant: 108.0.into(), ..usual },
        Form::Accommodating => Izhikevich2003Spec { v_u_mv: (-65.0).into(), u_leak: 0.0.into(), ..usual },
    };
    let spec = CellSpec::Izhikevich2003(Izhikevich2003Spec {
        a_per_ms: a.into(),
        b: b.into(),
        c_mv: c.into(),
        d: d.into(),
        scheme: Izhikevich2003Scheme::Sequential,
        ..form
    });
    let mut patch = PatchClamp::new(&spec, panel.dt_ms).unwrap();
    patch.state_mut().copy_from_slice(&cell.start);
    let steps = (panel.duration_ms / panel.dt_ms).round() as usize;
    let mut response =
        Response { spikes: Vec::new(), v: Vec::with_capacity(steps), dt_ms: panel.dt_ms, end_ms: panel.duration_ms };
    for k in 0..steps {
        let current = (panel.current)(k as f64 * panel.dt_ms);
        if patch.tick(&Stimulus::current(current)) > 0.0 {
            response.spikes.push((k + 1) as f64 * panel.dt_ms);
        }
        response.v.push(patch.v());
    }
    response
}

#[test]
fn every_cell_shows_its_pattern() {
    for panel in panels() {
        let response = respond(&panel.cell, &panel);
        assert!((panel.judge)(&response), "{}: {:?}", panel.name, response.spikes);
    }
}

#[test]
fn other_cells_do_not_but_for_their_relatives() {
    let panels = panels();
    let passes = |panel: &Panel, cell: &Cell| (panel.judge)(&respond(cell, panel));
    for panel in &panels {
        let relatives: Vec<&str> = panels.iter().filter(|p| passes(panel, &p.cell)).map(|p| p.name).collect();
        // Cells share properties: most regular ones integrate, and most that can rebound do.
        assert!(relatives.len() <= 8, "{} is shown by {relatives:?}", panel.name);
    }
}

#[test]
fn what_a_cell_does_in_all_panels_tells_which_it_is() {
    let panels = panels();
    let all = |cell: &Cell| panels.iter().map(|panel| (panel.judge)(&respond(cell, panel))).collect::<Vec<bool>>();
    let fingerprints: Vec<Vec<bool>> = panels.iter().map(|panel| all(&panel.cell)).collect();
    for (i, a) in panels.iter().enumerate() {
        for (j, b) in panels.iter().enumerate().take(i) {
            // Some panels are about the cell of another one, but for a start elsewhere or a unit of d.
            let [same_abc, same_d] =
                [a.cell.abcd[..3] == b.cell.abcd[..3], (a.cell.abcd[3] - b.cell.abcd[3]).abs() <= 1.0];
            let same_cell = same_abc && same_d;
            assert!(same_cell || fingerprints[i] != fingerprints[j], "{} and {} do the same", a.name, b.name);
        }
    }
}

/// Capacitance, leak, its reversal, a, tau_w, b, reset, current; `V_T` = −50 mV, `Δ_T` = 2 mV, peak at 0 mV.
const NAUD: [(Naud, [f64; 8]); 8] = [
    (Naud::Tonic, [200.0, 10.0, -70.0, 2.0, 30.0, 0.0, -58.0, 500.0]),
    (Naud::Adaptation, [200.0, 12.0, -70.0, 2.0, 300.0, 60.0, -58.0, 500.0]),
    (Naud::InitialBurst, [130.0, 18.0, -58.0, 4.0, 150.0, 120.0, -50.0, 400.0]),
    (Naud::RegularBursting, [200.0, 10.0, -58.0, 2.0, 120.0, 100.0, -46.0, 210.0]),
    (Naud::DelayedAccelerating, [200.0, 12.0, -70.0, -10.0, 300.0, 0.0, -58.0, 300.0]),
    (Naud::DelayedBursting, [100.0, 10.0, -65.0, -10.0, 90.0, 30.0, -47.0, 110.0]),
    (Naud::Transient, [100.0, 10.0, -65.0, 10.0, 90.0, 100.0, -47.0, 180.0]),
    (Naud::Irregular, [100.0, 12.0, -60.0, -11.0, 130.0, 30.0, -48.0, 160.0]),
];

#[test]
fn the_exponential_cell_shows_eight_patterns() {
    for (pattern, [c, g_l, e_l, a, tau_w, b, v_r, current]) in NAUD {
        let spec = CellSpec::Adex(AdexSpec {
            capacitance_pf: c.into(),
            g_leak_ns: g_l.into(),
            v_leak_mv: e_l.into(),
            v_t_mv: (-50.0).into(),
            delta_t_mv: 2.0.into(),
            tau_w_ms: tau_w.into(),
            a_ns: a.into(),
            b_pa: b.into(),
            v_reset_mv: v_r.into(),
            v_peak_mv: 0.0.into(),
            ..AdexSpec::default()
        });
        let mut cell = PatchClamp::new(&spec, 0.1).unwrap();
        let fired = (1..=8000).filter(|_| cell.tick(&Stimulus::current(current)) > 0.0);
        let spikes: Vec<f64> = fired.map(|tick| f64::from(tick) * 0.1).collect();
        assert_eq!(naud(&spikes, 800.0), pattern, "intervals {:?}", intervals(&spikes));
    }
}
