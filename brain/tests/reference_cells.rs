//! Our cells against Brian2, NEST and plain loops: traces, spike times, rates and agreement, at the tolerances that
//! `tests/reference/README.md` states.

mod common;

use std::collections::BTreeMap;

use common::{FILES, Table, all_files, matches, read_by, worst, worst_of_first};
use mesolimb_brain::{
    AdexSpec, AlifCurrentSpec, AlifThresholdSpec, CellArray, CellSpec, Izhikevich2003Scheme, Izhikevich2003Spec,
    Izhikevich2007Spec, LifSpec, PatchClamp, QuadraticScheme, Rule, Scheme, Stimulus,
};

/// How a simulator integrated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Exact,
    Euler,
    RungeKutta,
    HalfSteps,
    /// Runge–Kutta with steps that adapt.
    Adaptive,
}

impl Method {
    fn of(text: &str) -> Self {
        match text {
            "rk4" => Self::RungeKutta,
            _ if text.starts_with("exact") => Self::Exact,
            _ if text.starts_with("euler") => Self::Euler,
            _ if text.starts_with("published half-steps") => Self::HalfSteps,
            _ if text.starts_with("RK45") => Self::Adaptive,
            _ => panic!("unknown method '{text}'"),
        }
    }

    fn scheme(self) -> Scheme {
        if self == Self::Euler { Scheme::Euler } else { Scheme::Rk4 }
    }
}

/// The cell of a file, from the parameters in its header.
fn cell(file: &str, p: &BTreeMap<String, f64>, method: Method) -> CellSpec {
    let dist = |name: &str| (*p.get(name).unwrap_or_else(|| panic!("{file} has no parameter '{name}'"))).into();
    let scheme = method.scheme();
    let model = file.rsplit_once('/').map_or(file, |(_, name)| name);
    if model.starts_with("lif_") {
        CellSpec::Lif(LifSpec {
            tau_m_ms: dist("tau"),
            resistance_gohm: dist("r"),
            v_rest_mv: dist("e_l"),
            v_reset_mv: dist("v_r"),
            v_th_mv: dist("v_th"),
            t_ref_ms: dist("t_ref"),
        })
    } else if model.starts_with("alif_current_") {
        CellSpec::AlifCurrent(AlifCurrentSpec {
            tau_m_ms: dist("tau"),
            resistance_gohm: dist("r"),
            v_rest_mv: dist("e_l"),
            v_reset_mv: dist("v_r"),
            v_th_mv: dist("v_th"),
            t_ref_ms: dist("t_ref"),
            tau_w_ms: dist("tau_w"),
            b_pa: dist("b"),
            ..AlifCurrentSpec::default()
        })
    } else if model.starts_with("alif_threshold_") {
        CellSpec::AlifThreshold(AlifThresholdSpec {
            tau_m_ms: dist("tau"),
            resistance_gohm: dist("r"),
            v_rest_mv: dist("e_l"),
            v_reset_mv: dist("v_r"),
            v_th_mv: dist("v_th"),
            t_ref_ms: dist("t_ref"),
            beta_mv: dist("beta"),
            tau_a_ms: dist("tau_a"),
        })
    } else if model.starts_with("adex_") {
        CellSpec::Adex(AdexSpec {
            capacitance_pf: dist("c"),
            g_leak_ns: dist("g_l"),
            v_leak_mv: dist("e_l"),
            v_t_mv: dist("v_t"),
            delta_t_mv: dist("d_t"),
            tau_w_ms: dist("tau_w"),
            a_ns: dist("a"),
            b_pa: dist("b"),
            v_reset_mv: dist("v_r"),
            v_peak_mv: dist("v_spike"),
            scheme,
            ..AdexSpec::default()
        })
    } else if model.starts_with("izh2003_") {
        CellSpec::Izhikevich2003(Izhikevich2003Spec {
            a_per_ms: dist("a"),
            b: dist("b"),
            c_mv: dist("c"),
            d: dist("d"),
            scheme: match method {
                Method::HalfSteps => Izhikevich2003Scheme::Published,
                Method::Euler => Izhikevich2003Scheme::Euler,
                _ => Izhikevich2003Scheme::Rk4,
            },
            ..Izhikevich2003Spec::default()
        })
    } else {
        assert!(model.starts_with("izh2007_"), "whose file is '{file}'?");
        CellSpec::Izhikevich2007(Izhikevich2007Spec {
            capacitance_pf: dist("C"),
            k_ns_per_mv: dist("k"),
            v_r_mv: dist("v_r"),
            v_t_mv: dist("v_t"),
            v_peak_mv: dist("v_peak"),
            a_per_ms: dist("a"),
            b_ns: dist("b"),
            c_mv: dist("c"),
            d_pa: dist("d"),
            v_b_mv: dist("v_b"),
            rule: match (p["fs"] > 0.0, p["k_peak"] > 0.0) {
                (true, _) => Rule::Fs,
                (_, true) => Rule::Lts,
                _ => Rule::None,
            },
            scheme: if scheme == Scheme::Euler { QuadraticScheme::Euler } else { QuadraticScheme::Rk4 },
            ..Izhikevich2007Spec::default()
        })
    }
}

/// Runs a cell under a current for each millisecond; returns spike times in ms and the state at the start of each.
fn patch(spec: &CellSpec, currents: &[f64], dt_ms: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut cell = PatchClamp::new(spec, dt_ms).unwrap();
    let ticks = (1.0 / dt_ms).round() as usize;
    let (mut spikes, mut states) = (Vec::new(), Vec::new());
    for (ms, &current) in currents.iter().enumerate() {
        states.push(cell.state().to_vec());
        for tick in 1..=ticks {
            if cell.tick(&Stimulus::current(current)) > 0.0 {
                spikes.push(ms as f64 + tick as f64 * dt_ms);
            }
        }
    }
    (spikes, states)
}

/// The same in the fast arrays; spike times alone.
fn fast(spec: &CellSpec, currents: &[f64], dt_ms: f64) -> Vec<f64> {
    const N: usize = 9;
    let mut cells = CellArray::new(spec, N, dt_ms, 0).unwrap();
    let rest = PatchClamp::new(spec, dt_ms).unwrap();
    for (name, value) in rest.states().iter().zip(rest.state()) {
        assert!(cells.set_state(name, *value as f32));
    }
    let ticks = (1.0 / dt_ms).round() as usize;
    let mut times = Vec::new();
    for (ms, &current) in currents.iter().enumerate() {
        for tick in 1..=ticks {
            let spikes = cells.tick(&[current as f32; N]);
            assert!(spikes.iter().all(|spike| *spike == spikes[0]), "equal cells do the same");
            if spikes[0] > 0.0 {
                times.push(ms as f64 + tick as f64 * dt_ms);
            }
        }
    }
    times
}

/// The trace file of a pattern and stimulus, for its parameters and currents.
fn trace(model: &str, pattern: &str, stim: &str) -> Table {
    Table::load(&format!("single/{model}_{pattern}_{stim}.csv"))
}

/// The model that a file of many patterns is about.
fn model_of(table: &Table) -> String {
    table.stem().rsplit_once('_').unwrap().0.to_owned()
}

/// The column of currents, whatever its unit.
fn currents(table: &Table) -> Vec<f64> {
    table.column(&table.columns[1].clone())
}

#[test]
fn no_file_is_left_out() {
    let files = all_files();
    for path in &files {
        let readers: Vec<_> = FILES.iter().filter(|(pattern, _)| matches(pattern, path)).collect();
        assert!(readers.len() == 1, "{path} is read by {readers:?}");
    }
    for (pattern, reader) in FILES {
        assert!(files.iter().any(|path| matches(pattern, path)), "'{pattern}' of '{reader}' is no file");
    }
}

#[test]
fn traces() {
    for table in read_by("traces") {
        let exact = table.comments[0].contains("exact");
        let (method, dt_ms) = if exact { (Method::Exact, 0.1) } else { (Method::RungeKutta, 0.01) };
        let (spikes, states) = patch(&cell(&table.path, &table.parameters(), method), &currents(&table), dt_ms);
        // Once a spike is a step early or late, a row in its upstroke says little.
        let compared_ms = if exact { f64::INFINITY } else { spikes.first().map_or(f64::INFINITY, |first| first - 2.0) };
        let tolerance = if exact { 2e-4 } else { 1e-3 };
        let mut off = 0.0f64;
        for (k, column) in table.columns[2..].iter().take(2).enumerate() {
            let expected = table.column(column);
            for (ms, state) in states.iter().enumerate().take_while(|(ms, _)| (*ms as f64) <= compared_ms) {
                off = off.max((state[k] - expected[ms]).abs());
            }
        }
        assert!(off <= tolerance, "{}: off by {off}", table.path);
        show("traces", &table.path, off);
        if table.columns.iter().any(|column| column == "v_nest_halfstep_mV") {
            let spec = cell(&table.path, &table.parameters(), Method::HalfSteps);
            let (_, states) = patch(&spec, &currents(&table), 1.0);
            let columns = ["v_nest_halfstep_mV", "u_nest_halfstep"].map(|column| table.column(column));
            let off = states.iter().enumerate().flat_map(|(ms, state)| {
                let columns = &columns;
                (0..2).map(move |k| (state[k] - columns[k][ms]).abs())
            });
            let off = off.fold(0.0, f64::max);
            assert!(off <= 1e-3, "{}: half-steps off by {off}", table.path);
            show("half-steps", &table.path, off);
        }
    }
}

/// Prints what was reached, when asked for.
fn show(test: &str, what: &str, off: f64) {
    if std::env::var_os("SHOW_REFERENCE").is_some() {
        eprintln!("{test} {what} {off:.3e}");
    }
}

#[test]
fn spikes() {
    for table in read_by("spikes") {
        let model = model_of(&table);
        for row in 0..table.rows.len() {
            let (pattern, stim) = (table.text(row, "pattern"), table.text(row, "stim"));
            let method = Method::of(table.text(row, "method"));
            let dt_ms = table.number(row, "dt_ms").unwrap();
            let expected = table.list(row, "spike_times_ms");
            assert_eq!(expected.len() as f64, table.number(row, "n_spikes").unwrap());
            let stimulus = trace(&model, pattern, stim);
            let spec = cell(&stimulus.path, &stimulus.parameters(), method);
            let (found, _) = patch(&spec, &currents(&stimulus), dt_ms);
            let place = format!("{model} {pattern} {stim} {method:?}\nfound    {found:?}\nexpected {expected:?}");
            let more = found.len().abs_diff(expected.len());
            // The first `n` spikes within `ms`, the number within `number`.
            let (n, ms, number) = match (method, model.as_str()) {
                (Method::Exact | Method::HalfSteps, _) => (usize::MAX, 1e-6, 0),
                // The irregular pattern is chaotic from its ninth spike on.
                (Method::RungeKutta, "adex") => (8, 1e-6, 0),
                (Method::Euler | Method::RungeKutta, _) => (10, 1e-6, 1),
                (Method::Adaptive, "alif_current") => (usize::MAX, 0.21, 0),
                (Method::Adaptive, _) => (3, 0.0301, 0),
            };
            assert!(more <= number, "{place}");
            let off = worst_of_first(n, &found, &expected);
            assert!(off <= ms, "off by {off}: {place}");
            show("spikes", &format!("{model} {pattern} {stim} {method:?} {n}"), off);
            if model == "adex" && stim == "step" && pattern != "irregular" && method != Method::Euler {
                assert!(worst(&found, &expected) <= 0.5, "{place}");
            }
            // The fast arrays, in steps that single precision can follow.
            if dt_ms >= 0.1 {
                let fast = fast(&spec, &currents(&stimulus), dt_ms);
                let off = worst_of_first(3, &fast, &expected);
                let more = fast.len().abs_diff(expected.len());
                assert!(off <= 2.01 * dt_ms && more <= 2, "fast arrays: {fast:?}: {place}");
                show("fast spikes", &format!("{model} {pattern} {stim} {method:?} {more}"), off);
            }
        }
    }
}

/// Intervals of a row of spikes, as the tables of rates have them: first, last, mean of the second half.
fn intervals(spikes: &[f64]) -> [Option<f64>; 3] {
    let isi: Vec<f64> = spikes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let second = &isi[isi.len() / 2..];
    let mean = second.iter().sum::<f64>() / second.len().max(1) as f64;
    [isi.first().copied(), isi.last().copied(), (!isi.is_empty()).then_some(mean)]
}

#[test]
fn rates() {
    for table in read_by("rates") {
        let model = model_of(&table);
        let current_column = table.columns[1].clone();
        for row in 0..table.rows.len() {
            let pattern = table.text(row, "pattern");
            let method = Method::of(table.text(row, "method"));
            let dt_ms = table.number(row, "dt_ms").unwrap();
            let current = table.number(row, &current_column).unwrap();
            let expected = table.number(row, "n_spikes").unwrap();
            let stimulus = trace(&model, pattern, "step");
            let (found, _) = patch(&cell(&stimulus.path, &stimulus.parameters(), method), &[current; 500], dt_ms);
            let place = format!("{model} {pattern} at {current}, {method:?}: {found:?}");
            let exact = matches!(method, Method::Exact | Method::HalfSteps);
            let number = if exact { 0.0 } else { 1.0 };
            assert!((found.len() as f64 - expected).abs() <= number, "expected {expected} spikes: {place}");
            let ms = match method {
                Method::Exact | Method::HalfSteps | Method::Euler => 1e-6,
                Method::Adaptive if model == "alif_current" => 0.101,
                Method::RungeKutta | Method::Adaptive => 0.0301,
            };
            if let Some(first_ms) = table.number(row, "t_first_ms") {
                assert!((found[0] - first_ms).abs() <= ms, "expected the first at {first_ms} ms: {place}");
            }
            let [first, last, mean] = intervals(&found);
            if let (Some(expected), Some(found)) = (table.number(row, "isi_first_ms"), first) {
                assert!(
                    (expected - found).abs() <= ms.max(1e-4),
                    "expected a first interval of {expected} ms: {place}"
                );
            }
            if exact {
                for (column, found) in [("isi_last_ms", last), ("isi_mean_second_half_ms", mean)] {
                    let Some(expected) = table.number(row, column) else { continue };
                    assert!((expected - found.unwrap()).abs() <= 1e-3, "expected {column} {expected}: {place}");
                }
            }
            // The closed form, rounded up to the next step.
            if model == "lif" {
                for (column, found) in [("theory_first_ms", found.first().copied()), ("theory_isi_ms", first)] {
                    let Some(theory) = table.number(row, column) else { continue };
                    let late = found.unwrap() - theory;
                    assert!((-1e-4..=dt_ms + 1e-4).contains(&late), "{column} is {theory}: {place}");
                }
            }
        }
    }
}

#[test]
fn agreement() {
    for table in read_by("agreement") {
        let model = model_of(&table);
        let all = Table::load(&format!("single/{model}_spikes.csv"));
        for row in 0..table.rows.len() {
            let (pattern, stim) = (table.text(row, "pattern"), table.text(row, "stim"));
            let method = Method::of(table.text(row, "method"));
            let reference = (0..all.rows.len())
                .find(|&r| {
                    let method = Method::of(all.text(r, "method"));
                    let reference = matches!(method, Method::Exact | Method::RungeKutta);
                    reference && all.text(r, "pattern") == pattern && all.text(r, "stim") == stim
                })
                .unwrap();
            let reference = all.list(reference, "spike_times_ms");
            assert_eq!(reference.len() as f64, table.number(row, "n_reference").unwrap());
            let stimulus = trace(&model, pattern, stim);
            let dt_ms = table.number(row, "dt_ms").unwrap();
            let (found, _) = patch(&cell(&stimulus.path, &stimulus.parameters(), method), &currents(&stimulus), dt_ms);
            let place = format!("{model} {pattern} {stim} {method:?}: {found:?}");
            let n_this = table.number(row, "n_this").unwrap();
            assert!((found.len() as f64 - n_this).abs() <= 1.0, "{n_this} spikes expected: {place}");
            // As far from the reference as the other simulator is, give or take one of its steps.
            for (column, n) in [("d_first_ms", 1), ("d_first3_ms", 3)] {
                let Some(theirs) = table.number(row, column) else { continue };
                let ours = worst_of_first(n, &found, &reference);
                assert!(
                    (ours - theirs).abs() <= 0.0501_f64.max(1.01 * dt_ms),
                    "{column} {theirs}, ours {ours}: {place}"
                );
            }
        }
    }
}

#[test]
fn other_schemes_stay_near_the_converged_solution() {
    for model in ["adex", "izh2003", "izh2007"] {
        let all = Table::load(&format!("single/{model}_spikes.csv"));
        for row in (0..all.rows.len()).filter(|&row| all.text(row, "method") == "rk4") {
            let (pattern, stim) = (all.text(row, "pattern"), all.text(row, "stim"));
            let reference = all.list(row, "spike_times_ms");
            let stimulus = trace(model, pattern, stim);
            let spec = cell(&stimulus.path, &stimulus.parameters(), Method::Euler);
            // In ticks of 1 ms too, since a tick is cut into steps of 0.1 ms; spikes then come at whole milliseconds.
            for (tick_ms, coarse) in [(0.1, 0.0), (1.0, 1.0)] {
                let (found, _) = patch(&spec, &currents(&stimulus), tick_ms);
                let place = format!("{model} {pattern} {stim}\nfound    {found:?}\nexpected {reference:?}");
                let allowed = (0.12 * reference.len() as f64).max(2.0);
                assert!(found.len().abs_diff(reference.len()) as f64 <= allowed, "{place}");
                assert!(worst_of_first(1, &found, &reference) <= 0.401 + coarse, "first spike: {place}");
            }
        }
    }
}
