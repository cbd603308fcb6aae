//! Cell types in the gallery: under which current each is shown, and what it does there.

use mesolimb_brain::{CellSpec, CellType};

use super::measure::{self, Course, Step};

/// The step under which cell types are shown.
pub const STEP: Step = Step { from_ms: 100.0, to_ms: 700.0, end_ms: 900.0 };
/// Currents of an f–I curve.
const CURRENTS: usize = 41;

/// How a cell type is shown.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Types of one family share a picture of f–I curves.
    pub family: &'static str,
    /// Unit of the current.
    pub unit: &'static str,
    /// Currents of the steps, the second one to inhibit, if there is one.
    pub steps: &'static [f64],
    /// Current into the apical dendrite during the step, in pA.
    pub apical: f64,
    /// Lowest and highest current of the f–I curve.
    pub range: [f64; 2],
}

/// Families in the order in which they are shown.
pub const FAMILIES: [&str; 6] = [
    "cortical pyramidal cells",
    "cortical interneurons",
    "thalamus",
    "basal ganglia",
    "layer-5 pyramidal cell",
    "simple model of 2003",
];

/// How the cell type `name` is shown.
pub fn stage(name: &str, spec: &CellSpec) -> Stage {
    let in_pa = |family: usize, steps: &'static [f64], range: [f64; 2]| Stage {
        family: FAMILIES[family],
        unit: "pA",
        steps,
        apical: 0.0,
        range,
    };
    let simple =
        |steps: &'static [f64]| Stage { family: FAMILIES[5], unit: "mV/ms", steps, apical: 0.0, range: [0.0, 20.0] };
    match name {
        "rs" => in_pa(0, &[200.0], [0.0, 1000.0]),
        "ib" => in_pa(0, &[700.0], [0.0, 1000.0]),
        "ch" => in_pa(0, &[500.0], [0.0, 1000.0]),
        "fs" => in_pa(1, &[150.0], [0.0, 400.0]),
        "lts" => in_pa(1, &[200.0], [0.0, 400.0]),
        "vip" => in_pa(1, &[45.0], [0.0, 200.0]),
        "tc" => in_pa(2, &[100.0, -1000.0], [0.0, 600.0]),
        "rtn" => in_pa(2, &[120.0, -200.0], [0.0, 600.0]),
        "matrix_thalamus" => in_pa(2, &[200.0], [0.0, 600.0]),
        "d1" | "d2" => in_pa(3, &[300.0], [0.0, 500.0]),
        "dopaminergic" => in_pa(3, &[100.0, -50.0], [-100.0, 500.0]),
        "l5_pyramidal" => Stage { apical: 800.0, ..in_pa(4, &[1000.0], [0.0, 1600.0]) },
        "basket" => in_pa(1, &[150.0], [0.0, 400.0]),
        "lts_2003" => simple(&[4.0, -6.0]),
        "tc_2003" => simple(&[2.0, -20.0]),
        "rz_2003" => simple(&[1.0, -2.0]),
        _ if matches!(spec, CellSpec::Izhikevich2003(_)) => simple(&[10.0]),
        _ => Stage { family: "others", ..in_pa(0, &[300.0], [0.0, 1000.0]) },
    }
}

/// A cell type and what it does.
pub struct Portrait {
    pub name: &'static str,
    pub summary: &'static str,
    pub stage: Stage,
    /// Current of each step and the course of the membrane potential.
    pub courses: Vec<(f64, Course)>,
    /// Currents and rates in Hz.
    pub rates: Vec<(f64, f64)>,
}

/// Measures a cell type.
pub fn portrait(cell_type: &CellType) -> anyhow::Result<Portrait> {
    let spec = (cell_type.make)();
    let stage = stage(cell_type.name, &spec);
    let course = |&current: &f64| Ok((current, measure::course(&spec, &STEP, current, stage.apical)?));
    let rate = |current: f64| Ok((current, measure::rate_hz(&spec, current)?));
    Ok(Portrait {
        name: cell_type.name,
        summary: cell_type.summary,
        stage,
        courses: stage.steps.iter().map(course).collect::<anyhow::Result<_>>()?,
        rates: measure::currents(stage.range, CURRENTS).into_iter().map(rate).collect::<anyhow::Result<_>>()?,
    })
}
