//! A brain alone, typed at the terminal: what it writes, what it says of itself, and what it refuses.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use common::{complaint, files};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::Value;
use tempfile::TempDir;

/// A network with a port of values, one of spikes, probes of each kind, and a modulator.
const GOOD: &str = r#"
tick_ms = 0.5

[[port]]
name = "drive"
size = 2

[[port]]
name = "click"
size = 3
kind = "spikes"
optional = true

[[population]]
name = "e"
size = 20
transmitter = "excitatory"
cell.lif = { tau_m_ms = { uniform = [15.0, 25.0] } }

[[population]]
name = "da"
size = 2
cell.lif = {}

[[projection]]
source = "drive"
target = "e"
weights = 1.0

[[projection]]
source = "e"
target = "da"
weights = { uniform = [5.0, 10.0] }
delay_ms = 1.5
synapse.exponential = { tau_ms = 5.0 }

[[projection]]
source = "click"
target = "da"
weights = 20.0
synapse.exponential = { tau_ms = 5.0 }

[[modulator]]
name = "dopamine"
uptake_tau_ms = 100.0
max = 4.0
source = [{ population = "da", per_spike = 0.1 }]

[[probe]]
name = "v"
population = "e"
variable = "v"
cells = [0, 3]
every_ms = 5.0

[[probe]]
name = "fired"
population = "da"
variable = "spikes"

[[probe]]
name = "weights"
projection = "e -> da"
only_changes = true

[[probe]]
name = "dopamine"
modulator = "dopamine"
every_ms = 10.0
"#;

const DRIVE: &str = "t_ms,left,right\n# nothing at first\n10,1.25,1.25\n\n60,0,0\r\n80,1.5,1\n";

struct Workplace(TempDir);

impl Workplace {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("good.toml", GOOD);
        place.write("drive.csv", DRIVE);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    /// Runs the program with arguments that are split at blanks.
    fn call(&self, args: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mesolimb"));
        command.args(args.split_whitespace()).current_dir(self.0.path()).output().unwrap()
    }

    fn succeed(&self, args: &str) -> String {
        let output = self.call(args);
        assert!(output.status.success(), "mesolimb {args}: {}", complaint(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Expects a refusal that says all of `expected` and leaves all files as they are.
    fn refuses(&self, args: &str, expected: &[&str]) {
        let before = files(self.0.path());
        let output = self.call(args);
        let complaint = complaint(&output);
        assert!(!output.status.success(), "mesolimb {args} is not refused");
        assert!(
            output.status.code().is_some() && !complaint.contains("panicked"),
            "mesolimb {args} breaks down: {complaint}"
        );
        for part in expected {
            assert!(complaint.contains(part), "mesolimb {args} does not say '{part}' but: {complaint}");
        }
        assert!(files(self.0.path()) == before, "mesolimb {args} changes files");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The rows of a CSV file below its header, and the header.
    fn table(&self, name: &str) -> (String, Vec<Vec<String>>) {
        let text = self.read(name);
        let mut lines = text.lines();
        let header = lines.next().unwrap().to_owned();
        (header, lines.map(|line| line.split(',').map(str::to_owned).collect()).collect())
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("'{text}' is no number"))
}

/// The same as [`Workplace::table`] for a Parquet file.
fn parquet(path: &Path) -> (String, Vec<Vec<String>>) {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let names: Vec<String> = schema.columns().iter().map(|column| column.name().to_owned()).collect();
    let rows = reader.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        row.get_column_iter().map(|(_, value)| value.to_string().replace('"', "")).collect()
    });
    (names.join(","), rows.collect())
}

const RUN: &str = "brain run good.toml --input drive=drive.csv --sim-seconds 0.12 --seed 3";

#[test]
fn a_run_writes_spikes_probes_summary_and_picture() {
    let place = Workplace::new();
    let said = place.succeed(&format!("{RUN} --out out"));
    assert!(said.contains("22 cells") && said.contains("raster.svg"), "{said}");
    let mut names: Vec<String> =
        fs::read_dir(place.path("out")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let probes = ["dopamine", "fired", "v", "weights"].map(|name| format!("probe_{name}.csv"));
    assert_eq!(
        names,
        [&probes[..], &["raster.svg", "run.toml", "spikes.csv", "summary.json"].map(String::from)].concat()
    );

    let (header, spikes) = place.table("out/spikes.csv");
    assert_eq!(header, "t_ms,population,cell");
    let times: Vec<f64> = spikes.iter().map(|row| number(&row[0])).collect();
    assert!(spikes.len() > 20 && times.is_sorted(), "{} spikes", spikes.len());
    // The input begins at 10 ms and pauses from 60 to 80 ms: within 30 ms of silence all has faded.
    assert!(times.iter().all(|t| *t > 10.0 && *t <= 120.0), "{times:?}");
    assert!(times.iter().all(|t| (t * 2.0).fract() == 0.0), "a spike belongs to the end of a tick: {times:?}");

    let (header, v) = place.table("out/probe_v.csv");
    assert_eq!(header, "t_ms,cell,v");
    assert_eq!(v.len(), 2 * 25, "two cells, every 5 ms from 0 to 120 ms");
    let (header, fired) = place.table("out/probe_fired.csv");
    assert_eq!(header, "t_ms,cell,size");
    let of_da: Vec<Vec<String>> = spikes
        .iter()
        .filter(|row| row[1] == "da")
        .map(|row| vec![row[0].clone(), row[2].clone(), "1".to_owned()])
        .collect();
    assert!(!of_da.is_empty());
    assert_eq!(fired, of_da);
    let (header, weights) = place.table("out/probe_weights.csv");
    assert_eq!(header, "t_ms,source,target,delay_ms,weight");
    assert_eq!(weights.len(), 40);
    assert!(weights.iter().all(|row| row[3] == "1.5" && (5.0..10.0).contains(&number(&row[4]))));
    let (header, dopamine) = place.table("out/probe_dopamine.csv");
    assert_eq!(header, "t_ms,level");
    assert!(number(&dopamine.last().unwrap()[1]) > 1.0, "the cells have released dopamine");

    let summary: Value = serde_json::from_str(&place.read("out/summary.json")).unwrap();
    assert_eq!(summary["spikes"], spikes.len());
    assert_eq!(summary["records"]["v"], 50);
    let rate = spikes.iter().filter(|row| row[1] == "e").count() as f64 / 20.0 / 0.12;
    assert!((summary["populations"]["e"]["rate_hz"].as_f64().unwrap() - rate).abs() < 1e-9);
    assert!(summary["synaptic_events"].as_u64().unwrap() > 0 && summary["wall_s"].as_f64().unwrap() > 0.0);
    let run: toml::Table = place.read("out/run.toml").parse().unwrap();
    assert_eq!(run["seed"], 3.into());
    let network: mesolimb_brain::NetworkSpec = run["network"].clone().try_into().unwrap();
    assert_eq!(network, toml::from_str(GOOD).unwrap(), "the spec reads back as itself");
    let picture = place.read("out/raster.svg");
    for said in ["good: 22 cells", "e (20)", "time (ms)", "rate (Hz)", "level of dopamine", "v (mV), e"] {
        assert!(picture.contains(said), "the picture does not say '{said}'");
    }
}

#[test]
fn a_run_does_not_depend_on_threads_and_parquet_says_the_same() {
    let place = Workplace::new();
    place.succeed(&format!("{RUN} --out one"));
    place.succeed(&format!("{RUN} --threads 2 --out two"));
    place.succeed(&format!("{RUN} --format parquet --out parquet"));
    for name in ["spikes", "probe_v", "probe_fired", "probe_weights", "probe_dopamine"] {
        let csv = format!("{name}.csv");
        let one = place.table(&format!("one/{csv}"));
        assert_eq!(one, place.table(&format!("two/{csv}")), "{name} depends on the threads");
        let (header, rows) = parquet(&place.path(&format!("parquet/{name}.parquet")));
        assert_eq!((&header, rows.len()), (&one.0, one.1.len()), "{name}");
        for (row, expected) in rows.iter().zip(&one.1) {
            for (value, expected) in row.iter().zip(expected) {
                let same = value == expected || (number(value) - number(expected)).abs() <= 1e-6 * number(value).abs();
                assert!(same, "{name}: {row:?}, expected {expected:?}");
            }
        }
    }
}

/// A spike that is sent acts as one that a cell fired in that tick: what one run writes can drive another.
#[test]
fn spikes_come_in_at_their_time() {
    let place = Workplace::new();
    place.write("drive.csv", "t_ms,value0,value1\n0,0,0\n");
    place.write("clicks.csv", "t_ms,cell\n20,0\n20,1\n20.2,2\n");
    place.succeed(&format!("{RUN} --input click=clicks.csv --out out"));
    let (_, spikes) = place.table("out/spikes.csv");
    // The input spikes belong to the ticks that end at 20 and 20.5 ms, and arrive one tick later.
    let first = number(&spikes[0][0]);
    assert!((20.5..25.0).contains(&first), "first spike at {first} ms");
    assert!(spikes.iter().all(|row| row[1] == "da"));

    // One click that is strong enough to make the cells fire at once: exactly one tick later.
    let strong = GOOD.replace("weights = 20.0", "weights = 2000.0");
    place.write("good.toml", strong);
    for (click, expected) in [("20", 20.5), ("20.2", 21.0), ("0", 1.0), ("0.5", 1.0), ("0.6", 1.5)] {
        place.write("clicks.csv", format!("t_ms,cell\n{click},0\n"));
        place.succeed(&format!("{RUN} --input click=clicks.csv --out at_{click}"));
        let (_, spikes) = place.table(&format!("at_{click}/spikes.csv"));
        assert_eq!(number(&spikes[0][0]), expected, "a click at {click} ms");
    }
}

#[test]
fn a_description_names_what_there_is() {
    let place = Workplace::new();
    let said = place.succeed("brain describe good.toml");
    for part in [
        "good.toml: 22 cells, 86 synapses (0 learn), tick 0.5 ms",
        "tau_m_ms         uniform [15, 25]",
        "e -> da",
        "exponential tau_ms 5",
        "uniform [5, 10]",
        "1.5 ms",
        "da (0.1 a spike)",
        "t_ms,value0,…,value1",
        "optional",
        "every 5 ms, from 0 ms",
        "synapses that never change",
    ] {
        assert!(said.contains(part), "it does not say '{part}' but:\n{said}");
    }
}

#[test]
fn a_bench_says_what_it_measured() {
    let place = Workplace::new();
    for network in ["cuba", "coba"] {
        let said =
            place.succeed(&format!("bench {network} --n 500 --sim-seconds 0.1 --seed 2 --threads 1 --format json"));
        assert_eq!(said.lines().count(), 1, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        let number = |key: &str| said[key].as_f64().unwrap_or_else(|| panic!("{key} in {said}"));
        for key in ["wall_s", "ratio", "build_s", "mean_rate_hz", "events_per_s", "bytes_per_static_synapse"] {
            assert!(number(key) > 0.0, "{key} in {said}");
        }
        assert_eq!((number("sim_s"), number("n"), number("seed"), number("threads")), (0.1, 500.0, 2.0, 1.0));
        assert!((number("mean_rate_hz") - number("spikes") / 500.0 / 0.1).abs() < 1e-9);
        let per_spike = number("synaptic_events") / number("spikes");
        assert!((76.0..84.0).contains(&per_spike), "{per_spike} events a spike in {said}");
        if cfg!(target_os = "linux") {
            assert!(number("peak_rss_mb") > 1.0);
        }
    }
    assert!(place.succeed("bench cuba --n 500 --sim-seconds 0.05").contains("synaptic events"));
    let said = place.succeed("bench envs --n 3 --sim-seconds 1 --format json");
    assert_eq!(said.lines().count(), mesolimb_envs::tasks().len(), "a line for each task:\n{said}");
    for line in said.lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        for key in ["env_steps_per_s", "physics_steps_per_s", "worlds_1_thread_per_s", "worlds_2_threads_per_s"] {
            assert!(said[key].as_f64().is_some_and(|speed| speed > 0.0), "{key} in {line}");
        }
    }
    place.refuses("bench envs --n 0", &["--n is 0", "at least 1"]);
    place.refuses("bench cubs", &["unknown network 'cubs'", "cuba, coba", "did you mean 'cuba'?"]);
    place.refuses("bench cuba --n 3", &["--n is 3", "at least 10"]);
    place.refuses("bench cuba --threads 0", &["--threads is 0", "at least 1"]);
    place.refuses("bench cuba --sim-seconds nan", &["--sim-seconds is NaN", "at least one tick"]);
}

#[test]
fn inputs_that_cannot_be() {
    let place = Workplace::new();
    let run = "brain run good.toml --sim-seconds 0.01 --out out";
    place.refuses(run, &["port 'drive' gets no values", "--input drive=FILE.csv", "optional = true"]);
    place.refuses(
        &format!("{run} --input drve=drive.csv"),
        &["--input drve", "no such port", "drive, click", "did you mean 'drive'?"],
    );
    place.refuses(&format!("{run} --input drive"), &["--input", "expected PORT=FILE.csv"]);
    place.refuses(&format!("{run} --input drive=drive.csv --input drive=drive.csv"), &["drive is given twice"]);
    place.refuses(&format!("{run} --input drive=none.csv"), &["cannot read none.csv"]);
    let cases: &[(&str, &[&str])] = &[
        ("", &["is empty", "t_ms,value0,value1"]),
        ("0,1,2\n", &["line 1, column 1 (t_ms)", "found '0'", "a header t_ms,value0,value1"]),
        ("t_ms,1,2\n", &["line 1", "a header t_ms,value0,value1"]),
        ("t_ms,value0\n0,1\n", &["line 1", "t_ms,value0", "expected t_ms,value0,value1 for port 'drive'"]),
        ("t_ms,value1,value0\n0,1,2\n", &["line 1", "t_ms,value1,value0", "expected t_ms,value0,value1"]),
        ("t_ms,a,b\n", &["no rows"]),
        ("t_ms,a,b\n0,1,2\n5,1\n", &["line 3", "2 columns, expected 3"]),
        ("t_ms,a,b\n\n0,1,two\n", &["line 3, column 3 (value1)", "found 'two'", "a finite number"]),
        ("t_ms,a,b\n0,nan,2\n", &["line 2, column 2 (value0)", "found 'nan'"]),
        ("t_ms,a,b\n0,1e39,2\n", &["line 2, column 2 (value0)", "found '1e39'"]),
        ("t_ms,a,b\n5,1,2\n4,1,2\n", &["line 3, column 1 (t_ms)", "found '4'", "at least 5 ms"]),
        ("t_ms,a,b\n-1,1,2\n", &["line 2, column 1 (t_ms)", "found '-1'", "at least 0 ms"]),
        ("t_ms,a,b\nsoon,1,2\n", &["line 2, column 1 (t_ms)", "found 'soon'"]),
    ];
    for (text, expected) in cases {
        place.write("bad.csv", text);
        place.refuses(&format!("{run} --input drive=bad.csv"), &[expected, &["bad.csv"][..]].concat());
    }
    let cases: &[(&str, &[&str])] = &[
        ("t_ms,value0\n0,1\n", &["line 1", "expected t_ms,cell for port 'click'"]),
        ("t_ms,cell\n1,3\n", &["line 2, column 2 (cell)", "found '3'", "from 0 to 2"]),
        ("t_ms,cell\n1,0.5\n", &["line 2, column 2 (cell)", "found '0.5'"]),
    ];
    for (text, expected) in cases {
        place.write("bad.csv", text);
        place.refuses(
            &format!("{run} --input drive=drive.csv --input click=bad.csv"),
            &[expected, &["bad.csv"][..]].concat(),
        );
    }
    place.write("bad.csv", b"t_ms,a,b\n0,1,\xff\n");
    place.refuses(&format!("{run} --input drive=bad.csv"), &["bad.csv"]);
}

#[test]
fn options_that_cannot_be() {
    let place = Workplace::new();
    let run = "brain run good.toml --input drive=drive.csv";
    place.refuses(&format!("{run} --out out --sim-seconds 0"), &["--sim-seconds is 0", "at least one tick of 0.5 ms"]);
    place.refuses(&format!("{run} --out out --sim-seconds -1"), &["-1"]);
    place.refuses(&format!("{run} --out out --sim-seconds inf"), &["--sim-seconds is inf"]);
    place.refuses(&format!("{run} --out out --threads 0"), &["--threads is 0"]);
    place.refuses(&format!("{run} --out out --format xml"), &["xml", "csv", "parquet"]);
    place.refuses(&format!("{run} --out out --seed 9999999999999999999"), &["--seed is 9999999999999999999"]);
    place.refuses(&format!("{run} --out drive.csv"), &["drive.csv exists already"]);
    place.refuses(&format!("{run} --out drive.csv/out"), &["drive.csv"]);
    place.refuses("brain run none.toml --out out", &["cannot read none.toml"]);
    place.refuses("brain descrbe good.toml", &["descrbe", "describe"]);
}

/// What a bad spec is told: the file, the part, the field, what was found, and what was expected.
#[test]
fn specs_that_cannot_run() {
    let place = Workplace::new();
    let change = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "'{from}' is not in the spec");
        GOOD.replacen(from, to, 1)
    };
    let tau = "tau_m_ms = { uniform = [15.0, 25.0] }";
    let e_to_da = "weights = { uniform = [5.0, 10.0] }";
    let cases: &[(String, &[&str])] = &[
        (change("cell.lif = { tau", "cell.lfi = { tau"), &["population 'e'", "line", "lfi", "did you mean 'lif'?"]),
        (change("size = 20", "siez = 20"), &["population 'e'", "line", "siez", "did you mean 'size'?"]),
        (change(tau, "tau_ms = 20.0"), &["population 'e'", "tau_ms", "did you mean 'tau_m_ms'?"]),
        (change(tau, "tau_m_ms = -20.0"), &["population 'e': tau_m_ms is -20,", "expected values in [0.000001"]),
        (change(tau, "tau_m_ms = nan"), &["population 'e': tau_m_ms is NaN", "expected finite numbers"]),
        (
            change(tau, "tau_m_ms = 'slow'"),
            &["population 'e'", "expected a number, a list of numbers, or a distribution"],
        ),
        (change("size = 20", "size = 0"), &["population 'e': size is 0, expected a number in [1"]),
        (change("size = 20", "size = -20"), &["population 'e'", "line", "-20"]),
        (
            change("delay_ms = 1.5", "delay_ms = 0.2"),
            &["projection 'e -> da': delay_ms is 0.2", "at least one tick (0.5 ms)"],
        ),
        (change(e_to_da, "weights = -3.0"), &["projection 'e -> da': weights is -3,", "not negative", "Dale's law"]),
        (change(e_to_da, "weights = nan"), &["projection 'e -> da': weights is NaN", "expected finite numbers"]),
        (change("target = \"e\"", "target = \"ee\""), &["projection 'drive -> ee': target names 'ee'", "e, da"]),
        (change("source = \"drive\"", "source = \"dirve\""), &["source names 'dirve'", "there are: "]),
        (
            change("source = \"click\"\ntarget = \"da\"", "source = \"e\"\ntarget = \"da\""),
            &["port 'click': projections is none, expected at least one projection from it"],
        ),
        (change("size = 20", "size = 90000000"), &["network: memory is about", "GiB, expected at most"]),
        (change("max = 4.0", "max = 0.5"), &["modulator 'dopamine': max is 0.5"]),
        (change("variable = \"v\"", "variable = \"vm\""), &["probe 'v': variable names 'vm'", "did you mean 'v'?"]),
        (change("every_ms = 5.0", "every_ms = 0.7"), &["probe 'v': every_ms is 0.7", "ticks of 0.5 ms"]),
        (change("tick_ms = 0.5", "tick_ms = 0.0"), &["network: tick_ms is 0, expected a number in [0.001"]),
        (change("name = \"da\"", "name = \"e\""), &["two port or populations are called 'e'"]),
        (change("tick_ms = 0.5", "tick_ms = = 0.5"), &["line 2"]),
        ("\u{0}".to_owned(), &["line 1"]),
    ];
    for (spec, expected) in cases {
        place.write("bad.toml", spec);
        let expected = [expected, &["bad.toml"][..]].concat();
        place.refuses("brain describe bad.toml", &expected);
        place.refuses("brain run bad.toml --input drive=drive.csv --out out", &expected);
    }
}
