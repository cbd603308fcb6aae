//! The gallery: every cell type and every map of a modulator, as pictures and as numbers that say what is expected.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use mesolimb::brain::gallery;
use mesolimb_brain::cell_types;

/// A line of a CSV file, by the names of its columns.
type Row = BTreeMap<String, String>;

fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let row = |line: &str| header.iter().cloned().zip(line.split(',').map(str::to_owned)).collect::<Row>();
    let rows: Vec<Row> = lines.map(row).collect();
    assert!(rows.iter().all(|row| row.len() == header.len()), "{}", path.display());
    rows
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// Currents and rates of a map at a level.
fn curve(rows: &[Row], map: &str, level: f64, column: &str) -> Vec<(f64, f64)> {
    let of_map = rows.iter().filter(|row| row["map"] == map && number(row, "level") == level);
    let curve: Vec<(f64, f64)> = of_map.map(|row| (number(row, "current"), number(row, column))).collect();
    assert!(curve.len() > 20, "{map} at level {level} has {} points", curve.len());
    curve
}

/// Lowest current of a curve that makes the cell fire.
fn rheobase(curve: &[(f64, f64)]) -> f64 {
    curve.iter().find(|(_, rate)| *rate > 0.0).expect("it fires").0
}

fn highest(curve: &[(f64, f64)]) -> f64 {
    curve.last().unwrap().1
}

#[test]
fn the_gallery_shows_every_cell_type_and_what_each_modulator_does() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("gallery");
    gallery(&out).unwrap();

    let files: BTreeSet<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    for name in ["cell_types", "fi_curves", "modulators"] {
        for end in ["svg", "csv"] {
            let file = format!("{name}.{end}");
            assert!(files.contains(&file) && page.contains(&file), "{file}");
        }
    }
    assert_eq!(files.len(), 7, "{files:?}");

    let (traces, rates) = (rows(&out.join("cell_types.csv")), rows(&out.join("fi_curves.csv")));
    let pictures = ["cell_types.svg", "fi_curves.svg"].map(|file| fs::read_to_string(out.join(file)).unwrap());
    for t in cell_types() {
        let of_type = |rows: &[Row]| rows.iter().filter(|row| row["cell_type"] == t.name).cloned().collect::<Vec<_>>();
        let (traces, rates) = (of_type(&traces), of_type(&rates));
        assert!(traces.iter().any(|row| row["step"] == "0" && row["spike"] == "1"), "{} does not fire", t.name);
        assert!(traces.iter().all(|row| number(row, "v_mv").is_finite()), "{}", t.name);
        assert!(highest(&rates.iter().map(|r| (0.0, number(r, "rate_hz"))).collect::<Vec<_>>()) > 0.0, "{}", t.name);
        assert!(traces.iter().all(|row| row["family"] != "others"), "say how to show {}", t.name);
        assert!(page.contains(&format!("<td>{}", t.name)), "{}", t.name);
        for picture in &pictures {
            assert!(picture.contains(t.name), "{} is in no picture", t.name);
        }
    }
    directions(&rows(&out.join("modulators.csv")));
}

/// The numbers say of each modulator what its source says.
fn directions(rows: &[Row]) {
    let maps: BTreeSet<&str> = rows.iter().map(|row| row["map"].as_str()).collect();
    let of = |map: &str, level: f64| curve(rows, map, level, "rate_hz");
    // The rheobase and the highest rate, at the lowest and the highest level.
    let change = |map: &str, top: f64| {
        let (without, with) = (of(map, 0.0), of(map, top));
        [rheobase(&with) - rheobase(&without), highest(&with) - highest(&without)]
    };
    for map in &maps {
        let top = rows.iter().filter(|row| row["map"] == **map).map(|row| number(row, "level")).fold(0.0, f64::max);
        let [rheobase, rate] = change(map, top);
        let expected = match *map {
            // Gain, drive or less adaptation: to the left, and up.
            "noradrenaline_gain" => rheobase < -1.0 && rate > 50.0,
            "acetylcholine_adaptation" => rheobase < 0.0 && rate > 20.0,
            "noradrenaline_mode" => rheobase <= 0.0 && rate > 50.0,
            // Weak input is lost, strong input enhanced.
            "d1" => rheobase > 20.0 && rate > 2.0,
            "d2" => rheobase < -10.0 && rate > 0.0,
            "serotonin_inhibition" => (50.0..70.0).contains(&rheobase) && rate < -5.0,
            "apical_coupling" => rheobase.abs() < 31.0 && rate > 10.0,
            _ => panic!("say here what '{map}' does"),
        };
        assert!(expected, "{map}: rheobase by {rheobase}, highest rate by {rate} Hz");
    }
    assert_eq!(maps.len(), 7);
    let bursts = |level: f64| highest(&curve(rows, "noradrenaline_mode", level, "short_intervals"));
    assert!(bursts(0.0) == 0.0 && bursts(0.5) > 0.5, "regular spiking becomes chattering");
}

#[test]
fn the_folder_appears_whole_or_not_at_all() {
    let place = tempfile::tempdir().unwrap();
    let (out, mine) = (place.path().join("gallery"), place.path().join("gallery/mine.txt"));
    fs::create_dir(&out).unwrap();
    fs::write(&mine, "mine").unwrap();
    let refusal = gallery(&out).unwrap_err().to_string();
    assert!(refusal.contains("exists already"), "{refusal}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
}
