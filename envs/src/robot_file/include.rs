//! MJCF files that include others, as one text.

use std::collections::HashSet;

use roxmltree::Node;

use super::{
    asset::{AssetPath, ReadAsset},
    error::{Place, Reason, RobotFileError},
    xml::{self, Source, elements, label},
};

/// Most files that a robot includes.
const MAX_INCLUDES: usize = 64;

/// Joins the file `name` with what it includes.
///
/// Each file is included once at most, as in MuJoCo, so there are no cycles and no growth. The `compiler` elements go
/// first: they hold for the whole file, wherever they stand.
pub(super) fn joined(name: &str, text: &str, files: &mut ReadAsset<'_>) -> Result<Source, RobotFileError> {
    let doc = xml::parse(name, text)?;
    let root = doc.root_element();
    if root.tag_name().name() != "mujoco" {
        let source = Source::single(name, text);
        let reason = Reason::Robot(format!("the root element is {}, expected mujoco", label(root)));
        return Err(RobotFileError { place: source.place(root), reason });
    }
    let mut join = Join { compilers: Source::default(), rest: Source::default(), seen: HashSet::new(), files };
    let file_idx = join.add_file(name, text);
    let first = elements(root).next();
    let body_start = first.map_or(root.range().end, |node| node.range().start);
    let mut whole = join.compilers.clone();
    whole.push(file_idx, 0, &text[..body_start]);
    if first.is_some() {
        let end = join.children(root, text, name, file_idx, true)?;
        join.rest.push(file_idx, end, &text[end..]);
    }
    whole.append(&join.compilers);
    whole.append(&join.rest);
    Ok(whole)
}

struct Join<'a, 'files> {
    compilers: Source,
    rest: Source,
    seen: HashSet<AssetPath>,
    files: &'a mut ReadAsset<'files>,
}

impl Join<'_, '_> {
    fn add_file(&mut self, name: &str, text: &str) -> usize {
        self.compilers.add_file(name, text);
        self.rest.add_file(name, text)
    }

    /// Takes over what is below `node`; where it ends in the file.
    fn children(
        &mut self,
        node: Node<'_, '_>,
        text: &str,
        file: &str,
        file_idx: usize,
        top: bool,
    ) -> Result<usize, RobotFileError> {
        let mut done = elements(node).next().map_or(node.range().end, |first| first.range().start);
        for child in elements(node) {
            let range = child.range();
            self.rest.push(file_idx, done, &text[done..range.start]);
            done = range.end;
            match child.tag_name().name() {
                "include" => self.include(child, text, file)?,
                "compiler" if top => self.compilers.push(file_idx, range.start, &text[range]),
                _ if elements(child).next().is_none() => self.rest.push(file_idx, range.start, &text[range]),
                _ => {
                    let inner = elements(child).next().map_or(range.end, |first| first.range().start);
                    self.rest.push(file_idx, range.start, &text[range.start..inner]);
                    let end = self.children(child, text, file, file_idx, false)?;
                    self.rest.push(file_idx, end, &text[end..range.end]);
                }
            }
        }
        Ok(done)
    }

    fn include(&mut self, node: Node<'_, '_>, text: &str, file: &str) -> Result<(), RobotFileError> {
        let line = text[..node.range().start].matches('\n').count() + 1;
        let place = Place { file: file.into(), line: u32::try_from(line).ok() };
        let named = node.attribute("file").unwrap_or_default();
        let refuse = |reason: String| RobotFileError {
            place: place.clone(),
            reason: Reason::File { element: "include".into(), path: xml::clipped(named), reason },
        };
        let path = AssetPath::parse(named, &place, "include")?;
        if named.is_empty() || matches!(&path, AssetPath::Relative(path) if path.is_empty() || path.starts_with("..")) {
            return Err(refuse("expected a file in the folder of the robot".into()));
        }
        if !self.seen.insert(path.clone()) {
            return Err(refuse("it is included already; a file can be included once".into()));
        }
        if self.seen.len() > MAX_INCLUDES {
            return Err(refuse(format!("it is one of more than {MAX_INCLUDES} included files")));
        }
        let bytes = (self.files)(&path).map_err(&refuse)?;
        let included = String::from_utf8(bytes).map_err(|_| refuse("it is no text".into()))?;
        let size = self.rest.text.len() + included.len();
        if size > xml::MAX_BYTES {
            let reason =
                Reason::TooMuch { what: "bytes with included files".into(), found: size, limit: xml::MAX_BYTES };
            return Err(RobotFileError { place, reason });
        }
        let doc = xml::parse(named, &included)?;
        let file_idx = self.add_file(named, &included);
        let top = node.parent().is_some_and(|parent| parent.tag_name().name() == "mujoco");
        self.children(doc.root_element(), &included, named, file_idx, top).map(|_| ())
    }
}
