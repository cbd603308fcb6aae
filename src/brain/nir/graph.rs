//! A graph of the Neuromorphic Intermediate Representation as plain data.

use std::collections::BTreeMap;

/// Numbers with a shape, the last index running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length along each axis; none for a single number.
    pub shape: Vec<usize>,
    /// The numbers.
    pub data: Vec<f64>,
}

/// What metadata holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Meta {
    /// Words.
    Text(String),
    /// Numbers.
    Array(Array),
}

/// Metadata by name.
pub type Metadata = BTreeMap<String, Meta>;

/// A node: a unit of computation on arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Which primitive it is, such as `LIF`.
    pub kind: String,
    /// Its parameters.
    pub fields: BTreeMap<String, Array>,
    /// What the format does not know of, for those who do.
    pub metadata: Metadata,
}

/// A graph: nodes by name, and who feeds whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Version of the format.
    pub version: String,
    /// The nodes.
    pub nodes: BTreeMap<String, Node>,
    /// Source and target of each edge.
    pub edges: Vec<[String; 2]>,
    /// Metadata of the whole.
    pub metadata: Metadata,
}

impl Array {
    /// A row of numbers.
    pub fn row(data: Vec<f64>) -> Self {
        Self { shape: vec![data.len()], data }
    }

    /// A matrix of `rows` rows.
    pub fn matrix(rows: usize, data: Vec<f64>) -> Self {
        Self { shape: vec![rows, data.len() / rows.max(1)], data }
    }

    /// The same number `n` times.
    pub fn same(value: f64, n: usize) -> Self {
        Self::row(vec![value; n])
    }

    /// The number that all are, if they are.
    pub fn uniform(&self) -> Option<f64> {
        let first = *self.data.first()?;
        self.data.iter().all(|value| *value == first).then_some(first)
    }
}

impl Node {
    /// A node with these parameters.
    pub fn new<const N: usize>(kind: &str, fields: [(&str, Array); N]) -> Self {
        let fields = fields.into_iter().map(|(name, array)| (name.to_owned(), array)).collect();
        Self { kind: kind.to_owned(), fields, metadata: Metadata::new() }
    }

    /// Words of the metadata.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.metadata.get(name) {
            Some(Meta::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Numbers of the metadata.
    pub fn numbers(&self, name: &str) -> Option<&Array> {
        numbers(&self.metadata, name)
    }

    /// Whether it spikes.
    pub fn is_neuron(&self) -> bool {
        ["LIF", "CubaLIF"].contains(&self.kind.as_str())
    }
}

/// Numbers among metadata.
pub fn numbers<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a Array> {
    match metadata.get(name) {
        Some(Meta::Array(array)) => Some(array),
        _ => None,
    }
}

impl Graph {
    /// Adds a node under this name, or one like it if the name is taken; returns the name that it got.
    pub fn add(&mut self, name: &str, node: Node) -> String {
        // A slash would open a group in the file.
        let name: String = name.chars().map(|c| if c == '/' || c == '.' { '_' } else { c }).collect();
        let mut free = name.clone();
        for k in 2.. {
            if !self.nodes.contains_key(&free) {
                break;
            }
            free = format!("{name}_{k}");
        }
        self.nodes.insert(free.clone(), node);
        free
    }

    /// Lets a node feed another.
    pub fn connect(&mut self, source: &str, target: &str) {
        self.edges.push([source.to_owned(), target.to_owned()]);
    }

    /// Who feeds a node.
    pub fn sources<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a str> {
        self.edges.iter().filter(move |edge| edge[1] == target).map(|edge| edge[0].as_str())
    }
}
