//! What the pictures of the gallery share: axes, lines, words.

use anyhow::anyhow;
use plotters::{coord::Shift, prelude::*};

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What cannot be drawn; it hardly ever happens, as pictures are made in memory.
pub type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Words of this size, for all that is no title.
pub const SMALL: i32 = 14;
pub const INK: RGBColor = RGBColor(40, 40, 40);

/// Draws an SVG of this size.
pub fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> anyhow::Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let drawn = root.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&root));
        drawn.and_then(|()| Ok(root.present()?)).map_err(|error| anyhow!("cannot draw: {error}"))?;
    }
    Ok(svg)
}

/// Words at a place in pixels, with their upper left corner there.
pub fn say(area: &Area<'_>, text: &str, at: (i32, i32), size: i32, colour: RGBColor) -> Drawn {
    Ok(area.draw(&Text::new(text.to_owned(), at, ("sans-serif", size).into_font().color(&colour)))?)
}

/// The same in bold.
pub fn title(area: &Area<'_>, text: &str, at: (i32, i32), size: i32) -> Drawn {
    let font = ("sans-serif", size).into_font().style(FontStyle::Bold);
    Ok(area.draw(&Text::new(text.to_owned(), at, font.color(&INK)))?)
}

/// What stands around lines.
pub struct Frame<'a> {
    pub x: [f64; 2],
    pub y: [f64; 2],
    /// Meaning of the horizontal axis, if it is drawn.
    pub x_label: Option<&'a str>,
    /// Meaning of the vertical axis, if it is drawn.
    pub y_label: Option<&'a str>,
    /// Room at the right for the names of lines, in pixels.
    pub right: u32,
    /// Labels along the vertical axis.
    pub y_marks: usize,
}

/// A line with its name at the right end; without one, if that is empty.
pub struct Line {
    pub name: String,
    pub colour: RGBColor,
    pub width: u32,
    pub points: Vec<(f64, f64)>,
}

/// Height of a name at the end of a line in pixels.
const NAME_HEIGHT: i32 = 16;

/// Draws lines within a frame. Both axes keep their room whether they are drawn or not, so that panels line up.
pub fn lines(area: &Area<'_>, frame: &Frame<'_>, all: &[Line]) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin_top(6)
        .margin_left(14)
        .margin_right(frame.right)
        .x_label_area_size(if frame.x_label.is_some() { 38 } else { 4 })
        .y_label_area_size(56)
        .build_cartesian_2d(frame.x[0]..frame.x[1], frame.y[0]..frame.y[1])?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.08))
        .axis_style(BLACK.mix(0.5))
        .x_labels(6)
        .y_labels(frame.y_marks)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .axis_desc_style(("sans-serif", SMALL).into_font().color(&INK));
    if let Some(label) = frame.x_label {
        mesh.x_desc(label);
    } else {
        mesh.x_labels(0);
    }
    if let Some(label) = frame.y_label {
        mesh.y_desc(label);
    }
    mesh.draw()?;
    for line in all {
        chart.draw_series(LineSeries::new(line.points.iter().copied(), line.colour.stroke_width(line.width)))?;
    }
    let base = area.get_base_pixel();
    let end = |line: &Line| {
        let last = line.points.last()?;
        let (x, y) = chart.backend_coord(last);
        (!line.name.is_empty()).then_some((x - base.0, y - base.1))
    };
    let mut names: Vec<(&Line, (i32, i32))> = all.iter().filter_map(|line| Some((line, end(line)?))).collect();
    names.sort_by_key(|(_, (_, y))| *y);
    let mut ys: Vec<i32> = names.iter().map(|(_, (_, y))| *y).collect();
    spread(&mut ys, area.dim_in_pixel().1 as i32 - 42);
    for ((line, (x, _)), y) in names.iter().zip(ys) {
        say(area, &line.name, (x + 6, y - NAME_HEIGHT / 2), SMALL, line.colour)?;
    }
    Ok(())
}

/// Moves heights apart that come too close, the last one not beyond `bottom`.
fn spread(ys: &mut [i32], bottom: i32) {
    for k in 1..ys.len() {
        ys[k] = ys[k].max(ys[k - 1] + NAME_HEIGHT);
    }
    let mut limit = bottom;
    for y in ys.iter_mut().rev() {
        *y = (*y).min(limit);
        limit = *y - NAME_HEIGHT;
    }
}

/// Breaks a text into lines of at most so many letters.
pub fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => word.clone_into(line),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A number without the last bits that say nothing, with a proper minus.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "plotters asks for it")]
pub fn number(value: &f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded }).replace('-', "−")
}
