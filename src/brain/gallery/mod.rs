//! `mesolimb brain gallery`: every cell type and every published map of a modulator, as pictures and numbers.
//!
//! The folder holds `index.html`, which shows the pictures with a sentence each, and the numbers behind them:
//! `cell_types.csv` (`cell_type, family, step, current, unit, t_ms, v_mv, spike`), `fi_curves.csv` (`cell_type, family,
//! current, unit, rate_hz`) and `modulators.csv` (`map, modulator, cell, level, current, unit, rate_hz,
//! short_intervals`, the last one the share of intervals below 10 ms).

mod drawing;
mod maps;
mod measure;
mod picture;
mod types;

use std::{fmt::Write as _, path::Path};

use mesolimb_brain::cell_types;

use crate::{checkpoint::replace_file, folder};
use maps::{Answer, Map};
use types::Portrait;

/// What was measured for the pictures.
struct Gallery {
    portraits: Vec<Portrait>,
    maps: Vec<(Map, Vec<Answer>)>,
}

/// Measures everything and writes pictures and numbers into the folder `out`, which appears whole or not at all.
///
/// # Errors
/// If there is something at `out` already, or it cannot be written.
pub fn gallery(out: &Path) -> anyhow::Result<()> {
    folder::make_whole(out, "or remove it first", |making| {
        let portraits = cell_types().iter().map(types::portrait).collect::<anyhow::Result<Vec<Portrait>>>()?;
        let maps = maps::maps();
        let answers = maps.iter().map(maps::answers).collect::<anyhow::Result<Vec<Vec<Answer>>>>()?;
        let gallery = Gallery { portraits, maps: maps.into_iter().zip(answers).collect() };
        for (name, text) in [
            ("cell_types.csv", gallery.traces_csv()?),
            ("fi_curves.csv", gallery.fi_csv()?),
            ("modulators.csv", gallery.modulators_csv()?),
            ("cell_types.svg", picture::cell_types(&gallery.portraits)?),
            ("fi_curves.svg", picture::fi_curves(&gallery.portraits)?),
            ("modulators.svg", picture::modulators(&gallery.maps)?),
            ("index.html", gallery.index()?),
        ] {
            replace_file(&making.join(name), text.as_bytes())?;
        }
        Ok(())
    })
}

impl Gallery {
    fn traces_csv(&self) -> anyhow::Result<String> {
        let mut csv = "cell_type,family,step,current,unit,t_ms,v_mv,spike\n".to_owned();
        for p in &self.portraits {
            for (k, (current, course)) in p.courses.iter().enumerate() {
                for point in &course.points {
                    let (t, v, spike) = (point.t_ms, point.v_mv, u8::from(point.spike));
                    let (name, family, unit) = (p.name, p.stage.family, p.stage.unit);
                    writeln!(csv, "{name},{family},{k},{current},{unit},{t:.1},{v:.3},{spike}")?;
                }
            }
        }
        Ok(csv)
    }

    fn fi_csv(&self) -> anyhow::Result<String> {
        let mut csv = "cell_type,family,current,unit,rate_hz\n".to_owned();
        for p in &self.portraits {
            for (current, rate) in &p.rates {
                writeln!(csv, "{},{},{current},{},{rate}", p.name, p.stage.family, p.stage.unit)?;
            }
        }
        Ok(csv)
    }

    fn modulators_csv(&self) -> anyhow::Result<String> {
        let mut csv = "map,modulator,cell,level,current,unit,rate_hz,short_intervals\n".to_owned();
        for (map, answers) in &self.maps {
            for answer in answers {
                for (current, rate, short) in &answer.rates {
                    let (name, modulator, cell, unit) = (map.name, map.modulator, map.cell, map.unit);
                    writeln!(csv, "{name},{modulator},{cell},{},{current},{unit},{rate},{short:.3}", answer.level)?;
                }
            }
        }
        Ok(csv)
    }

    /// The page that shows the pictures.
    fn index(&self) -> anyhow::Result<String> {
        let mut page = PAGE_HEAD.to_owned();
        for (file, title, sentence) in [
            (
                "cell_types",
                "Cell types and their responses to a step of current",
                "Each cell rests, gets the current drawn below its membrane potential, and is left alone again; where a \
                 type is known for what it does after inhibition, that is shown too.",
            ),
            (
                "fi_curves",
                "How often they fire",
                "Rate of firing over a constant current into the soma, in the steady state; where a curve leaves zero is \
                 the rheobase, its slope is the gain.",
            ),
            (
                "modulators",
                "What modulators do to them",
                "Each map is a few entries of the receptor matrix: at left the f–I curve, at right the membrane \
                 potential under one and the same step, at three levels of the modulator, 0 for none.",
            ),
        ] {
            writeln!(page, "<h2>{title}</h2>\n<p>{sentence} Numbers: <a href=\"{file}.csv\">{file}.csv</a>.</p>")?;
            writeln!(page, "<img src=\"{file}.svg\" alt=\"{title}\">")?;
        }
        page += "<h2>Sources</h2>\n<table>\n<tr><th>cell type</th><th>what it is</th><th>source</th></tr>\n";
        for t in cell_types() {
            let names = std::iter::once(&t.name).chain(t.aliases).copied().collect::<Vec<_>>().join(", ");
            writeln!(page, "<tr><td>{names}</td><td>{}</td><td>{}</td></tr>", escaped(t.summary), escaped(t.source))?;
        }
        page += "</table>\n<table>\n<tr><th>map</th><th>what it does</th></tr>\n";
        for (map, _) in &self.maps {
            writeln!(page, "<tr><td>{}</td><td>{}</td></tr>", escaped(map.title), escaped(map.sentence))?;
        }
        page += "</table>\n</body>\n</html>\n";
        Ok(page)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const PAGE_HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<title>Gallery of cells and modulators</title>
<style>
body { font-family: sans-serif; max-width: 1240px; margin: 2em auto; padding: 0 1em; line-height: 1.4; }
img { width: 100%; }
table { border-collapse: collapse; margin-bottom: 1.5em; }
th, td { text-align: left; vertical-align: top; padding: 0.2em 1em 0.2em 0; border-bottom: 1px solid #ddd; }
</style>
</head>
<body>
<h1>Gallery of cells and modulators</h1>
<p>Made by <code>mesolimb brain gallery</code>, in steps of 0.1 ms.
Spikes are drawn up to where the model cuts them off, those of leaky cells up to 0 mV.</p>
";
