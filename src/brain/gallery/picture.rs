//! The pictures of the gallery.

use plotters::prelude::*;

use super::{
    drawing::{Area, Drawn, Frame, INK, Line, SMALL, lines, number, say, svg, title, wrapped},
    maps::{Answer, Map},
    measure::{Course, Step},
    types::{FAMILIES, Portrait, STEP},
};
use crate::plot::{BLUE, GREEN, GREY, ORANGE, PINK};

const fn rgb((r, g, b): (u8, u8, u8)) -> RGBColor {
    RGBColor(r, g, b)
}

/// Colours of lines side by side, readable for the colour-blind (Okabe and Ito).
const COLOURS: [RGBColor; 7] =
    [rgb(BLUE), rgb(ORANGE), rgb(GREEN), rgb(PINK), rgb((190, 130, 0)), rgb(GREY), rgb((86, 160, 213))];
/// Colours of rising levels.
const LEVELS: [RGBColor; 3] = [rgb((120, 120, 120)), rgb((70, 150, 205)), rgb((8, 48, 120))];
const WIDTH: u32 = 1240;
const HEAD: u32 = 50;

/// Cell types under a step of current.
pub fn cell_types(portraits: &[Portrait]) -> anyhow::Result<String> {
    const COLUMNS: usize = 3;
    const TILE: u32 = 256;
    let mut shown: Vec<&Portrait> = portraits.iter().collect();
    let place = |p: &Portrait| FAMILIES.iter().position(|family| *family == p.stage.family).unwrap_or(usize::MAX);
    shown.sort_by_key(|p| place(p));
    let rows = shown.len().div_ceil(COLUMNS);
    svg((WIDTH, HEAD + TILE * rows as u32), |root| {
        let (head, body) = root.split_vertically(HEAD);
        title(&head, "Cell types: membrane potential under a step of current", (16, 12), 24)?;
        let tiles = body.split_evenly((rows, COLUMNS));
        shown.iter().zip(&tiles).try_for_each(|(portrait, tile)| draw_type(tile, portrait))
    })
}

fn draw_type(tile: &Area<'_>, portrait: &Portrait) -> Drawn {
    let Portrait { name, summary, stage, courses, .. } = portrait;
    let (head, body) = tile.split_vertically(66);
    title(&head, name, (70, 12), 17)?;
    let right = 70 + 11 * name.len() as i32;
    say(&head, stage.family, (right.max(120) + 12, 15), 13, COLOURS[5])?;
    for (k, line) in wrapped(summary, 58).iter().take(2).enumerate() {
        say(&head, line, (70, 32 + 15 * k as i32), 13, INK)?;
    }
    let (potential, current) = body.split_vertically(122);
    let colours = [COLOURS[0], COLOURS[1]];
    let potentials: Vec<Line> =
        courses.iter().zip(colours).rev().map(|((_, course), colour)| trace(course, colour, String::new())).collect();
    let frame = Frame {
        x: [0.0, STEP.end_ms],
        y: [-100.0, 60.0],
        x_label: None,
        y_label: Some("v (mV)"),
        right: 100,
        y_marks: 4,
    };
    lines(&potential, &frame, &potentials)?;
    let low = stage.steps.iter().copied().fold(0.0, f64::min);
    let high = stage.steps.iter().copied().fold(0.0, f64::max);
    let margin = 0.15 * (high - low);
    let steps: Vec<Line> = stage
        .steps
        .iter()
        .zip(colours)
        .rev()
        .map(|(&step, colour)| Line { name: String::new(), colour, width: 2, points: corners(&STEP, step) })
        .collect();
    let frame = Frame { y: [low - margin, high + margin], x_label: Some("time (ms)"), y_label: Some(""), ..frame };
    lines(&current, &Frame { y_marks: 0, ..frame }, &steps)?;
    // The currents stand beside the end of their step.
    let x = tile.dim_in_pixel().0 as i32 - 96;
    for (k, (step, colour)) in stage.steps.iter().zip(colours).enumerate() {
        say(&current, &format!("{} {}", number(step), stage.unit), (x, 2 + 16 * k as i32), SMALL, colour)?;
    }
    if stage.apical != 0.0 {
        say(&current, &format!("+{} apical", number(&stage.apical)), (x, 18), 12, colours[0])?;
    }
    Ok(())
}

fn trace(course: &Course, colour: RGBColor, name: String) -> Line {
    Line { name, colour, width: 1, points: course.points.iter().map(|p| (p.t_ms, p.v_mv)).collect() }
}

/// The corners of a step.
fn corners(step: &Step, current: f64) -> Vec<(f64, f64)> {
    let Step { from_ms, to_ms, end_ms } = *step;
    vec![(0.0, 0.0), (from_ms, 0.0), (from_ms, current), (to_ms, current), (to_ms, 0.0), (end_ms, 0.0)]
}

/// Curves of rate over current, by family.
pub fn fi_curves(portraits: &[Portrait]) -> anyhow::Result<String> {
    const COLUMNS: usize = 2;
    const TILE: u32 = 350;
    let mut families: Vec<&str> = FAMILIES.to_vec();
    families.extend(portraits.iter().map(|p| p.stage.family).filter(|family| !FAMILIES.contains(family)).take(1));
    let rows = families.len().div_ceil(COLUMNS);
    svg((WIDTH, HEAD + TILE * rows as u32), |root| {
        let (head, body) = root.split_vertically(HEAD);
        title(&head, "f–I curves: rate of firing under a constant current into the soma", (16, 12), 24)?;
        for (family, tile) in families.iter().zip(body.split_evenly((rows, COLUMNS))) {
            let of_family: Vec<&Portrait> = portraits.iter().filter(|p| p.stage.family == *family).collect();
            let (name, body) = tile.split_vertically(40);
            title(&name, family, (70, 16), 17)?;
            draw_rates(&body, &of_family)?;
        }
        Ok(())
    })
}

fn draw_rates(area: &Area<'_>, family: &[&Portrait]) -> Drawn {
    let mut curves: Vec<Line> = Vec::new();
    for p in family {
        // Types that are the same cell without modulators share a curve.
        match family.iter().take(curves.len()).position(|other| other.rates == p.rates) {
            Some(same) if same < curves.len() => {
                let name = format!("{}, {}", curves[same].name, p.name);
                curves[same].name = name;
            }
            _ => {
                let colour = COLOURS[curves.len() % COLOURS.len()];
                curves.push(Line { name: p.name.to_owned(), colour, width: 2, points: p.rates.clone() });
            }
        }
    }
    let x = span(family.iter().map(|p| p.stage.range));
    let highest = curves.iter().flat_map(|c| &c.points).map(|p| p.1).fold(1.0, f64::max);
    let unit = family.first().map_or("pA", |p| p.stage.unit);
    let label = format!("current ({unit})");
    let frame = Frame {
        x,
        y: [0.0, 1.06 * highest],
        x_label: Some(&label),
        y_label: Some("rate (Hz)"),
        right: 130,
        y_marks: 6,
    };
    lines(area, &frame, &curves)
}

fn span(ranges: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    ranges.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], [a, b]| [low.min(a), high.max(b)])
}

/// What each map does: f–I curves and membrane potentials at its levels.
pub fn modulators(maps: &[(Map, Vec<Answer>)]) -> anyhow::Result<String> {
    const ROW: u32 = 356;
    svg((WIDTH, HEAD + ROW * maps.len() as u32), |root| {
        let (head, body) = root.split_vertically(HEAD);
        title(&head, "What modulators do to cells", (16, 12), 24)?;
        let rows = body.split_evenly((maps.len(), 1));
        maps.iter().zip(&rows).try_for_each(|((map, answers), row)| draw_map(row, map, answers))
    })
}

fn draw_map(row: &Area<'_>, map: &Map, answers: &[Answer]) -> Drawn {
    let (head, body) = row.split_vertically(66);
    title(&head, map.title, (16, 18), 17)?;
    say(&head, map.sentence, (16, 43), SMALL, INK)?;
    let (curves, courses) = body.split_horizontally(WIDTH * 45 / 100);
    let rates: Vec<Line> = answers
        .iter()
        .zip(LEVELS)
        .map(|(answer, colour)| Line {
            name: format!("level {}", number(&answer.level)),
            colour,
            width: 2,
            points: answer.rates.iter().map(|(current, rate, _)| (*current, *rate)).collect(),
        })
        .collect();
    let highest = rates.iter().flat_map(|c| &c.points).map(|p| p.1).fold(1.0, f64::max);
    let label = format!("current ({})", map.unit);
    let frame = Frame {
        x: map.range,
        y: [0.0, 1.06 * highest],
        x_label: Some(&label),
        y_label: Some("rate (Hz)"),
        right: 80,
        y_marks: 6,
    };
    lines(&curves, &frame, &rates)?;
    draw_courses(&courses, map, answers)
}

/// The membrane potential at each level, and below the step.
fn draw_courses(area: &Area<'_>, map: &Map, answers: &[Answer]) -> Drawn {
    let values = || answers.iter().flat_map(|a| &a.course.points).map(|p| p.v_mv);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let frame = Frame {
        x: [0.0, map.step.end_ms],
        y: [low - 8.0, high + 8.0],
        x_label: None,
        y_label: Some("v (mV)"),
        right: 100,
        y_marks: 3,
    };
    let (potentials, current) = area.split_vertically(area.dim_in_pixel().1 - 74);
    let each = potentials.split_evenly((answers.len(), 1));
    for ((answer, part), colour) in answers.iter().zip(&each).zip(LEVELS) {
        lines(part, &frame, &[trace(&answer.course, colour, format!("level {}", number(&answer.level)))])?;
    }
    let margin = 0.15 * map.current;
    let step = Line { name: String::new(), colour: INK, width: 2, points: corners(&map.step, map.current) };
    let frame = Frame { y: [-margin, map.current + margin], x_label: Some("time (ms)"), y_label: Some(""), ..frame };
    lines(&current, &Frame { y_marks: 0, ..frame }, &[step])?;
    let x = current.dim_in_pixel().0 as i32 - 94;
    say(&current, &format!("{} {}", number(&map.current), map.unit), (x, 4), SMALL, INK)
}
