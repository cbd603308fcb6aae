//! What a robot file says and the robot does not: listed by name and line, once for each kind.

use std::{collections::HashMap, fmt};

use super::{error::Place, xml::clipped};

/// Something in the file that the robot does not have, or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it stands first.
    pub place: Place,
    /// The kind of element, or the attribute and its kind of element.
    pub element: String,
    /// Names of the elements, as far as they have one; the first few.
    pub names: Vec<String>,
    /// How often it stands in the file.
    pub count: usize,
    /// What became of it.
    pub what: String,
}

/// A note keeps this many names.
const MAX_NAMES: usize = 8;
/// Most notes on kinds of their own.
const MAX_NOTES: usize = 1000;

/// The notes of a file, in the order in which they came up.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    idx_of: HashMap<(String, String), usize>,
}

impl Notes {
    /// Notes that `element` became `what`.
    pub fn add(&mut self, place: Place, element: &str, name: Option<&str>, what: &str) {
        let mut kind = (clipped(element), what.to_owned());
        if self.notes.len() >= MAX_NOTES && !self.idx_of.contains_key(&kind) {
            kind = ("more".to_owned(), format!("there are more than {MAX_NOTES} kinds of things"));
        }
        let idx = *self.idx_of.entry(kind).or_insert_with_key(|(element, what)| {
            let (element, what) = (element.clone(), what.clone());
            self.notes.push(Note { place, element, names: Vec::new(), count: 0, what });
            self.notes.len() - 1
        });
        let note = &mut self.notes[idx];
        note.count += 1;
        if let Some(name) = name
            && note.names.len() < MAX_NAMES
            && !note.names.iter().any(|other| other == name)
        {
            note.names.push(name.to_owned());
        }
    }

    /// All of them.
    pub fn into_notes(self) -> Vec<Note> {
        self.notes
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.element)?;
        if self.count > 1 {
            write!(f, " ×{}", self.count)?;
        }
        if !self.names.is_empty() {
            let more = if self.count > self.names.len() { ", …" } else { "" };
            write!(f, " ({}{more})", self.names.join(", "))?;
        }
        write!(f, ": {}", self.what)
    }
}
