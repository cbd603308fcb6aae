//! XML from anyone: bounded before it is parsed, and every element with its line.

use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::error::{Place, Reason, RobotFileError};

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// Most elements in a file, those of included files counted.
pub const MAX_ELEMENTS: usize = 50_000;
/// Deepest nesting of elements.
pub const MAX_DEPTH: usize = 128;
/// No number in a robot file is larger: squares and cubes of it stay finite.
pub(super) const MAX_NUMBER: f64 = 1e15;
/// Most attributes of an element.
const MAX_ATTRIBUTES: usize = 64;
/// Most declarations of name spaces: parsers copy those in force for each element that adds one.
const MAX_NAMESPACES: usize = 64;
/// Longest attribute, in bytes; those that carry data of a mesh or a posture may be longer.
const MAX_ATTRIBUTE_BYTES: usize = 1024;
/// Elements with attributes of any length.
const DATA_ELEMENTS: [&str; 8] = ["mesh", "hfield", "key", "numeric", "text", "skin", "flex", "bone"];

/// The text of a robot file with everything that it includes, and where each part of it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// The text.
    pub text: String,
    /// Parts of the text, in ascending order of their start.
    pieces: Vec<Piece>,
    files: Vec<File>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    file_idx: usize,
    file_start: usize,
}

#[derive(Clone, Debug)]
struct File {
    name: Arc<str>,
    line_starts: Vec<usize>,
}

impl Source {
    /// Names a file from which parts are taken; its index.
    pub fn add_file(&mut self, name: &str, text: &str) -> usize {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.files.push(File { name: name.into(), line_starts });
        self.files.len() - 1
    }

    /// Appends `part`, which stands at `file_start` in the file `file_idx`.
    pub fn push(&mut self, file_idx: usize, file_start: usize, part: &str) {
        self.pieces.push(Piece { start: self.text.len(), file_idx, file_start });
        self.text.push_str(part);
    }

    /// Appends the parts of `other`, which knows the same files.
    pub fn append(&mut self, other: &Self) {
        self.files.clone_from(&other.files);
        let shift = self.text.len();
        self.pieces.extend(other.pieces.iter().map(|piece| Piece { start: piece.start + shift, ..piece.clone() }));
        self.text.push_str(&other.text);
    }

    /// A source of one file.
    pub fn single(name: &str, text: &str) -> Self {
        let mut source = Self::default();
        let file_idx = source.add_file(name, text);
        source.push(file_idx, 0, text);
        source
    }

    /// Parses it.
    pub fn parse(&self) -> Result<Document<'_>, RobotFileError> {
        let name = self.files.first().map_or("", |file| &*file.name);
        let doc = parse(name, &self.text).map_err(|error| match error.place.line {
            // The parser counts lines in the text; say which file they are from.
            Some(line) => RobotFileError { place: self.place_at(line_start(&self.text, line)), ..error },
            None => error,
        })?;
        for node in doc.descendants().filter(|node| !DATA_ELEMENTS.contains(&node.tag_name().name())) {
            if let Some(attribute) = node.attributes().find(|each| each.value().len() > MAX_ATTRIBUTE_BYTES) {
                let reason = Reason::TooMuch {
                    what: format!("bytes in {} of {}", attribute.name(), label(node)),
                    found: attribute.value().len(),
                    limit: MAX_ATTRIBUTE_BYTES,
                };
                return Err(RobotFileError { place: self.place(node), reason });
            }
        }
        Ok(doc)
    }

    /// The file as a whole.
    pub fn whole(&self) -> Place {
        Place { file: self.files.first().map(|file| file.name.clone()).unwrap_or_default(), line: None }
    }

    /// Where `node` stands.
    pub fn place(&self, node: Node<'_, '_>) -> Place {
        self.place_at(node.range().start)
    }

    /// An error in attribute `field` of `node`.
    pub fn bad(&self, node: Node<'_, '_>, field: &str, value: impl ToString, expected: &str) -> RobotFileError {
        let reason = Reason::Value {
            element: label(node),
            field: field.to_owned(),
            value: format!("'{}'", value.to_string()),
            expected: expected.to_owned(),
        };
        RobotFileError { place: self.place(node), reason }
    }

    fn place_at(&self, at: usize) -> Place {
        let Some(piece) =
            self.pieces.partition_point(|piece| piece.start <= at).checked_sub(1).map(|idx| &self.pieces[idx])
        else {
            return Place::default();
        };
        let file = &self.files[piece.file_idx];
        let file_at = piece.file_start + (at - piece.start);
        let line = file.line_starts.partition_point(|&start| start <= file_at);
        Place { file: file.name.clone(), line: u32::try_from(line).ok() }
    }
}

/// Parses `text` of the file `name` within the limits of this module.
pub(super) fn parse<'text>(name: &str, text: &'text str) -> Result<Document<'text>, RobotFileError> {
    let at = |line, reason| RobotFileError { place: Place { file: name.into(), line }, reason };
    check_bounds(text).map_err(|(line, reason)| at(line, reason))?;
    let limit = u32::try_from(8 * MAX_ELEMENTS).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit: limit };
    Document::parse_with_options(text, options)
        .map_err(|error| at(Some(error.pos().row).filter(|&row| row > 0), Reason::Xml(error.to_string())))
}

/// An element with its name, for messages.
pub(super) fn label(node: Node<'_, '_>) -> String {
    let tag = node.tag_name().name();
    match node.attribute("name") {
        Some(name) => format!("{tag} '{}'", clipped(name)),
        None => tag.to_owned(),
    }
}

/// The elements below `node`.
pub(super) fn elements<'a, 'input: 'a>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// No message carries more than this of the file.
pub(super) fn clipped(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn line_start(text: &str, line: u32) -> usize {
    let Some(newlines_before) = (line as usize).checked_sub(2) else { return 0 };
    text.match_indices('\n').nth(newlines_before).map_or(0, |(at, _)| at + 1)
}

/// Looks over the text without parsing it: size, depth, number of elements and attributes.
fn check_bounds(text: &str) -> Result<(), (Option<u32>, Reason)> {
    let too_much = |what: &str, found, limit| Reason::TooMuch { what: what.to_owned(), found, limit };
    if text.len() > MAX_BYTES {
        return Err((None, too_much("bytes", text.len(), MAX_BYTES)));
    }
    let n_namespaces = text.matches("xmlns").count();
    if n_namespaces > MAX_NAMESPACES {
        return Err((None, too_much("name spaces", n_namespaces, MAX_NAMESPACES)));
    }
    let (mut depth, mut n_elements, mut at) = (0_usize, 0, 0);
    while let Some(open) = text[at..].find('<') {
        at += open;
        let rest = &text[at..];
        let line = || Some(u32::try_from(text[..at].matches('\n').count() + 1).unwrap_or(u32::MAX));
        if rest.starts_with("<!DOCTYPE") {
            let hint = "a robot needs no document type and no entities".to_owned();
            return Err((line(), Reason::Unsupported { element: "DOCTYPE".into(), hint }));
        }
        // What is left open is for the parser to complain about.
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((start, end)) = skipped.into_iter().find(|(start, _)| rest.starts_with(start)) {
            let Some(len) = rest[start.len()..].find(end) else { return Ok(()) };
            at += start.len() + len + end.len();
            continue;
        }
        let (len, n_attributes) = tag(rest);
        if rest.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else {
            n_elements += 1;
            depth += usize::from(!rest[..len].ends_with("/>"));
        }
        let counts = [
            ("levels of nesting", depth, MAX_DEPTH),
            ("elements", n_elements, MAX_ELEMENTS),
            ("attributes of an element", n_attributes, MAX_ATTRIBUTES),
        ];
        if let Some((what, found, limit)) = counts.into_iter().find(|(_, found, limit)| found > limit) {
            return Err((line(), too_much(what, found, limit)));
        }
        at += len;
    }
    Ok(())
}

/// Length of the tag at the start of `text`, and how many values it has.
fn tag(text: &str) -> (usize, usize) {
    let mut quote = None;
    let mut n_values = 0;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (at + 1, n_values),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => {
                quote = None;
                n_values += 1;
            }
            _ => {}
        }
    }
    (text.len(), n_values)
}
