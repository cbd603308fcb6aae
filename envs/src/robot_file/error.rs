//! What is wrong with a robot file, and where.

use std::{fmt, sync::Arc};

/// A robot file cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct RobotFileError {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub reason: Reason,
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller or the file that includes it names it.
    pub file: Arc<str>,
    /// The line, from 1, where it is known.
    pub line: Option<u32>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// It is not well-formed XML.
    #[error("not well-formed: {0}")]
    Xml(String),
    /// A field has a value that it cannot have.
    #[error("{element}: {field} is {value}, expected {expected}")]
    Value {
        /// The element, with its name where it has one.
        element: String,
        /// The attribute.
        field: String,
        /// What was found.
        value: String,
        /// What was expected.
        expected: String,
    },
    /// There is more of something than is read.
    #[error("{what}: {found}, expected at most {limit}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// How much there is.
        found: usize,
        /// How much is read.
        limit: usize,
    },
    /// A feature without which the robot would be another one.
    #[error("{element} is not supported: {hint}")]
    Unsupported {
        /// The element.
        element: String,
        /// What to do about it.
        hint: String,
    },
    /// A file that this one names cannot be used.
    #[error("{element}: file '{path}': {reason}")]
    File {
        /// The element that names it.
        element: String,
        /// The file, as it is named.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else that does not make a robot.
    #[error("{0}")]
    Robot(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}
