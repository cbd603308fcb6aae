//! A network as a picture: who is connected with whom, which synapses learn, who releases what, and whose receptors feel it.

use std::fmt::Write as _;

use mesolimb_brain::{NetworkSpec, PopulationSpec, ProjectionSpec, Transmitter};

/// Size of a box, and of the room around it.
const BOX: [f64; 2] = [196.0, 50.0];
const GAP: [f64; 2] = [110.0, 30.0];
const MARGIN: f64 = 28.0;
/// Room for the title.
const HEAD: f64 = 64.0;
/// Height of a line of the legend.
const LINE: f64 = 22.0;
/// Colours of modulators, in their order.
const MODULATORS: [&str; 8] = ["#e6447a", "#3f88e0", "#b05fd6", "#8d99a6", "#2fa36b", "#e08a1e", "#00a5b5", "#7a6a4f"];

/// Something with a place in the picture.
struct Node<'a> {
    name: &'a str,
    about: String,
    is_readout: bool,
    fill: &'static str,
    column: usize,
    row: usize,
    /// Colour of a frame that is drawn thicker.
    frame: Option<&'static str>,
    /// Modulators that act on it.
    feels: Vec<usize>,
}

/// The picture as SVG, under this title.
pub fn draw(title: &str, spec: &NetworkSpec) -> String {
    let nodes = place(spec);
    let n_columns = nodes.iter().map(|node| node.column + 1).max().unwrap_or(1);
    let n_rows = nodes.iter().map(|node| node.row + 1).max().unwrap_or(1);
    let width = 2.0 * MARGIN + n_columns as f64 * (BOX[0] + GAP[0]) - GAP[0];
    let legend = HEAD + MARGIN + n_rows as f64 * (BOX[1] + GAP[1]);
    let height = legend + (spec.modulators.len() + 2) as f64 * LINE + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"38\" font-size=\"18\" font-weight=\"bold\">{}</text>\n",
        escape(title)
    );
    for projection in &spec.projections {
        edge(&mut svg, spec, &nodes, projection);
    }
    for readout in &spec.readouts {
        let colour = readout.plasticity.as_ref().map_or("#888", |rule| colour_of(spec, &rule.modulator));
        line(&mut svg, &nodes, [&readout.source, &readout_key(&readout.name)], colour, 2.0, "");
    }
    for population in &spec.populations {
        let by = [
            population.normalised.as_ref().and_then(|to| to.by.as_ref()),
            population.apical.as_ref().and_then(|apical| apical.by.as_ref()),
        ];
        for by in by.into_iter().flatten() {
            line(&mut svg, &nodes, [by, &population.name], "#d9822b", 1.2, "2 4");
        }
    }
    nodes.iter().for_each(|node| draw_node(&mut svg, node));
    legend_of(&mut svg, spec, legend);
    svg.push_str("</svg>\n");
    svg
}

/// A name that no population has.
fn readout_key(name: &str) -> String {
    format!("readout {name}")
}

/// Columns by the longest way from a port; nuclei and their ports below.
fn place(spec: &NetworkSpec) -> Vec<Node<'_>> {
    let mut columns: Vec<usize> = spec.populations.iter().map(|_| 1).collect();
    let idx = |name: &str| spec.populations.iter().position(|p| p.name == name);
    // Only forwards in the order of the spec: there is no way round.
    for (target, population) in spec.populations.iter().enumerate() {
        let sources = spec.projections.iter().filter(|p| p.target == population.name).filter_map(|p| idx(&p.source));
        let longest = sources.filter(|source| *source < target).map(|source| columns[source] + 1).max();
        columns[target] = longest.unwrap_or(1);
    }
    let last = columns.iter().max().copied().unwrap_or(1) + 1;
    let mut rows = vec![0; last + 1];
    let mut take = |column: usize| {
        rows[column] += 1;
        rows[column] - 1
    };
    let mut nodes = Vec::new();
    let drives = |name: &str| spec.projections.iter().any(|p| p.source == name && is_nucleus(spec, &p.target));
    for port in spec.ports.iter().filter(|port| !drives(&port.name)) {
        let about = format!("port, {} {}", port.size, if port.size == 1 { "value" } else { "values" });
        nodes.push(Node {
            name: &port.name,
            about,
            is_readout: false,
            fill: "#f1f3f5",
            column: 0,
            row: take(0),
            frame: None,
            feels: vec![],
        });
    }
    for (population, &column) in spec.populations.iter().zip(&columns).filter(|(p, _)| !p.nucleus) {
        let row = take(column);
        nodes.push(node_of(spec, population, column, row));
    }
    for readout in &spec.readouts {
        let about = format!("readout, {} {}", readout.size, if readout.size == 1 { "output" } else { "outputs" });
        let row = take(last);
        nodes.push(Node {
            name: &readout.name,
            about,
            is_readout: true,
            fill: "#f1f3f5",
            column: last,
            row,
            frame: None,
            feels: vec![],
        });
    }
    let below = rows.iter().max().copied().unwrap_or(0);
    for (at, population) in spec.populations.iter().filter(|p| p.nucleus).enumerate() {
        let (column, row) = (at % (last + 1), below + 2 * (at / (last + 1)) + 1);
        let ports = spec
            .ports
            .iter()
            .filter(|port| spec.projections.iter().any(|p| p.source == port.name && p.target == population.name));
        for port in ports {
            let about = "what the agent tells".to_owned();
            nodes.push(Node {
                name: &port.name,
                about,
                is_readout: false,
                fill: "#f1f3f5",
                column,
                row: row - 1,
                frame: None,
                feels: vec![],
            });
        }
        nodes.push(node_of(spec, population, column, row));
    }
    nodes
}

fn is_nucleus(spec: &NetworkSpec, name: &str) -> bool {
    spec.populations.iter().any(|p| p.name == name && p.nucleus)
}

fn node_of<'a>(spec: &'a NetworkSpec, population: &'a PopulationSpec, column: usize, row: usize) -> Node<'a> {
    let fill = match (population.nucleus, population.transmitter) {
        (true, _) => "#fff8e6",
        (_, Some(Transmitter::Excitatory)) => "#dcebfa",
        (_, Some(Transmitter::Inhibitory)) => "#fde3cf",
        (_, None) => "#e6f4ea",
    };
    let releases = spec.modulators.iter().position(|m| m.sources.iter().any(|s| s.population == population.name));
    let mut feels: Vec<usize> = population
        .receptors
        .iter()
        .filter(|receptor| receptor.effect != 0.0)
        .filter_map(|receptor| spec.modulators.iter().position(|m| m.name == receptor.modulator))
        .collect();
    feels.sort_unstable();
    feels.dedup();
    let about = format!("{} × {}", population.size, super::describe::model_name(population));
    let frame = releases.map(|modulator| MODULATORS[modulator % MODULATORS.len()]);
    Node { name: &population.name, about, is_readout: false, fill, column, row, frame, feels }
}

fn corner(node: &Node<'_>) -> [f64; 2] {
    [MARGIN + node.column as f64 * (BOX[0] + GAP[0]), HEAD + MARGIN + node.row as f64 * (BOX[1] + GAP[1])]
}

fn draw_node(svg: &mut String, node: &Node<'_>) {
    let [x, y] = corner(node);
    let [width, height] = BOX;
    let (frame, thick) = node.frame.map_or(("#5c6670", 1.2), |colour| (colour, 3.0));
    let _ = write!(
        svg,
        "<g><title>{}: {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\" \
         stroke=\"{frame}\" stroke-width=\"{thick}\"/><text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>\
         <text x=\"{}\" y=\"{}\" font-size=\"11\" fill=\"#444\">{}</text>",
        escape(node.name),
        escape(&node.about),
        node.fill,
        x + 10.0,
        y + 20.0,
        escape(node.name),
        x + 10.0,
        y + 38.0,
        escape(&node.about)
    );
    for (at, modulator) in node.feels.iter().enumerate() {
        let colour = MODULATORS[modulator % MODULATORS.len()];
        let _ = write!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"6\" fill=\"{colour}\" stroke=\"white\"/>",
            x + width - 12.0 - 13.0 * at as f64,
            y + height
        );
    }
    svg.push_str("</g>\n");
}

/// A projection: coloured by the modulator that its synapses learn by, grey and dashed where they do not.
fn edge(svg: &mut String, spec: &NetworkSpec, nodes: &[Node<'_>], p: &ProjectionSpec) {
    let rule = p.plasticity.as_ref().map(|rule| rule.modulators()).unwrap_or_default();
    let by = rule.first().and_then(|name| spec.modulators.iter().find(|m| m.name == *name));
    let inhibits =
        spec.populations.iter().any(|q| q.name == p.source && q.transmitter == Some(Transmitter::Inhibitory));
    match by {
        Some(modulator) => line(svg, nodes, [&p.source, &p.target], colour_of(spec, &modulator.name), 2.0, ""),
        None => line(svg, nodes, [&p.source, &p.target], if inhibits { "#d9822b" } else { "#999" }, 1.4, "6 3"),
    }
}

/// A curve from one node to another, or down from a port to its nucleus.
fn line(svg: &mut String, nodes: &[Node<'_>], [from, to]: [&str; 2], colour: &str, thick: f64, dash: &str) {
    let find = |name: &str| match name.strip_prefix("readout ") {
        Some(readout) => nodes.iter().find(|node| node.name == readout && node.is_readout),
        None => nodes.iter().find(|node| node.name == name && !node.is_readout),
    };
    let (Some(a), Some(b)) = (find(from), find(to)) else { return };
    let ([ax, ay], [bx, by]) = (corner(a), corner(b));
    let [width, height] = BOX;
    let path = if a.column == b.column {
        // Within a column: round the left side, up or down.
        let (y1, y2) = (ay + 0.5 * height, by + 0.5 * height);
        let out = 26.0 + 5.0 * (a.row as f64 - b.row as f64).abs();
        format!("M{ax} {y1} C{} {y1} {} {y2} {bx} {y2}", ax - out, bx - out)
    } else if a.column < b.column {
        let (x1, y1, y2) = (ax + width, ay + 0.5 * height, by + 0.5 * height);
        let reach = 0.5 * (bx - x1).max(60.0);
        // Past what stands between.
        let over = if b.column - a.column > 1 { height } else { 0.0 };
        format!("M{x1} {y1} C{} {} {} {} {bx} {y2}", x1 + reach, y1 - over, bx - reach, y2 - over)
    } else {
        let (y1, x2, y2) = (ay + 0.5 * height, bx + width, by + 0.75 * height);
        format!("M{ax} {y1} C{} {y1} {} {y2} {x2} {y2}", ax - 50.0, x2 + 50.0)
    };
    let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{thick}\" stroke-opacity=\"0.75\"{dash}/>"
    );
}

fn colour_of(spec: &NetworkSpec, modulator: &str) -> &'static str {
    let idx = spec.modulators.iter().position(|m| m.name == modulator).unwrap_or_default();
    MODULATORS[idx % MODULATORS.len()]
}

fn legend_of(svg: &mut String, spec: &NetworkSpec, top: f64) {
    let mut y = top + LINE;
    let mut say = |colour: &str, text: &str| {
        let _ = writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"6\" fill=\"{colour}\"/><text x=\"{}\" y=\"{y}\" font-size=\"12\">{}</text>",
            MARGIN + 8.0,
            y - 4.0,
            MARGIN + 24.0,
            escape(text)
        );
        y += LINE;
    };
    for modulator in &spec.modulators {
        let from: Vec<&str> = modulator.sources.iter().map(|source| source.population.as_str()).collect();
        let from = if from.is_empty() { "moved by the agent".to_owned() } else { format!("from {}", from.join(", ")) };
        let felt = spec.populations.iter().filter(|p| p.receptors.iter().any(|r| r.modulator == modulator.name));
        let felt: Vec<&str> = felt.map(|p| p.name.as_str()).collect();
        let felt = if felt.is_empty() { String::new() } else { format!("; receptors on {}", felt.join(", ")) };
        say(colour_of(spec, &modulator.name), &format!("{}, {from}{felt}", modulator.name));
    }
    let lines = "lines in the colour of a modulator: synapses that learn by it; dashed: synapses that do not learn; dotted: \
                 interneurons that divide what others get";
    say("#999", lines);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_population_and_modulator_is_drawn() {
        let text = include_str!("../../assets/brains/modulated.toml");
        let spec: NetworkSpec = toml::from_str(text).unwrap();
        let svg = draw("a < b", &spec);
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>") && svg.contains("a &lt; b"));
        for name in spec.populations.iter().map(|p| &p.name).chain(spec.modulators.iter().map(|m| &m.name)) {
            assert!(svg.contains(name.as_str()), "{name} is not drawn");
        }
    }
}
