//! What the brain refuses.

/// A spec that cannot run, or a saved state that does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BrainError {
    /// A field of the spec holds a value that it must not.
    #[error("{place}: {field} is {found}, expected {expected}")]
    Value {
        /// Which part of the spec, such as `population 'actor'`.
        place: String,
        /// Field.
        field: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A name is used that nothing has.
    #[error("{place}: {field} names '{name}', but there is no such {kind} (there are: {known})")]
    Unknown {
        /// Which part of the spec.
        place: String,
        /// Field.
        field: String,
        /// The name.
        name: String,
        /// What kind of thing was meant.
        kind: &'static str,
        /// The names that exist.
        known: String,
    },
    /// Two things of one kind have the same name.
    #[error("two {kind}s are called '{name}'")]
    Duplicate {
        /// What kind of thing.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A saved state belongs to another network or is damaged.
    #[error("saved brain state does not fit: {0}")]
    State(String),
    /// Threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(String),
}
