//! Graphs in files: HDF5 as the reference package of the format writes and reads it.
//!
//! `/version` · `/node/type` is `NIRGraph` · `/node/edges`, pairs of names · `/node/nodes/NAME/type` and the parameters of
//! the node beside it · `metadata`, a group with values, in the graph and in each node that has any.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow, bail};
use hdf5_pure::{DatasetBuilder, File, FileBuilder, Group, GroupBuilder};

use super::graph::{Array, Graph, Meta, Metadata, Node};

/// Arrays longer than this are compressed.
const COMPRESSED: usize = 1024;
const COMPRESSION: u32 = 6;

/// A graph as the bytes of a file.
///
/// # Errors
/// If the file cannot be made.
pub fn to_bytes(graph: &Graph) -> anyhow::Result<Vec<u8>> {
    let mut file = FileBuilder::new();
    text(file.create_dataset("version"), &graph.version);
    let mut root = file.create_group("node");
    text(root.create_dataset("type"), "NIRGraph");
    let edges: Vec<&str> = graph.edges.iter().flatten().map(String::as_str).collect();
    root.create_dataset("edges").with_vlen_strings(&edges).with_shape(&[graph.edges.len() as u64, 2]);
    let mut nodes = root.create_group("nodes");
    for (name, node) in &graph.nodes {
        let mut group = nodes.create_group(name);
        text(group.create_dataset("type"), &node.kind);
        for (field, array) in &node.fields {
            // Sizes are whole numbers in the format, all else is not.
            numbers(group.create_dataset(field), array, field == "shape");
        }
        metadata(&mut group, &node.metadata);
        nodes.add_group(group.finish());
    }
    root.add_group(nodes.finish());
    metadata(&mut root, &graph.metadata);
    file.add_group(root.finish());
    file.finish().map_err(|error| anyhow!("cannot make the file: {error}"))
}

fn text(dataset: &mut DatasetBuilder, text: &str) {
    dataset.with_vlen_strings(&[text]).with_shape(&[]);
}

fn numbers(dataset: &mut DatasetBuilder, array: &Array, whole: bool) {
    if whole {
        dataset.with_i64_data(&array.data.iter().map(|value| *value as i64).collect::<Vec<_>>());
    } else {
        dataset.with_f64_data(&array.data);
    }
    let shape: Vec<u64> = array.shape.iter().map(|n| *n as u64).collect();
    dataset.with_shape(&shape);
    if array.data.len() > COMPRESSED {
        dataset.with_chunks(&shape).with_deflate(COMPRESSION);
    }
}

fn metadata(group: &mut GroupBuilder, metadata: &Metadata) {
    if metadata.is_empty() {
        return;
    }
    let mut own = group.create_group("metadata");
    for (name, value) in metadata {
        match value {
            Meta::Text(words) => text(own.create_dataset(name), words),
            Meta::Array(array) => numbers(own.create_dataset(name), array, false),
        }
    }
    group.add_group(own.finish());
}

/// The graph in the bytes of a file.
///
/// # Errors
/// Names what is missing or cannot be read.
pub fn from_bytes(bytes: Vec<u8>) -> anyhow::Result<Graph> {
    let file = File::from_bytes(bytes).map_err(|error| anyhow!("no HDF5 file: {error}"))?;
    let root = file.group("node").map_err(|_| anyhow!("no NIR file: it has no group 'node'"))?;
    let kind = read_text(&root, "type").context("no NIR file")?;
    if kind != "NIRGraph" {
        bail!("the file holds a single node of type {kind}, expected NIRGraph");
    }
    let ends = root.dataset("edges").and_then(|edges| edges.read_string()).unwrap_or_default();
    let edges = ends.chunks_exact(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect();
    let mut nodes = BTreeMap::new();
    let group = root.group("nodes").map_err(|_| anyhow!("the graph has no nodes"))?;
    for name in group.groups()? {
        let node = group.group(&name)?;
        nodes.insert(name.clone(), read_node(&node).with_context(|| format!("node '{name}'"))?);
    }
    let version = read_text(&file.root(), "version").unwrap_or_default();
    Ok(Graph { version, nodes, edges, metadata: read_metadata(&root)? })
}

fn read_node(group: &Group) -> anyhow::Result<Node> {
    let kind = read_text(group, "type")?;
    let mut fields = BTreeMap::new();
    // Of a graph within the graph it is enough to know that it is one.
    if kind != "NIRGraph" {
        for name in group.datasets()? {
            if let Some(Meta::Array(array)) = read_value(group, &name)? {
                fields.insert(name, array);
            }
        }
    }
    Ok(Node { kind, fields, metadata: read_metadata(group)? })
}

fn read_metadata(group: &Group) -> anyhow::Result<Metadata> {
    let mut metadata = Metadata::new();
    if let Ok(own) = group.group("metadata") {
        for name in own.datasets()? {
            if let Some(value) = read_value(&own, &name)? {
                metadata.insert(name, value);
            }
        }
    }
    Ok(metadata)
}

fn read_text(group: &Group, name: &str) -> anyhow::Result<String> {
    let dataset = group.dataset(name).map_err(|_| anyhow!("'{name}' is missing"))?;
    let mut words = dataset.read_string().map_err(|error| anyhow!("'{name}' is no text: {error}"))?;
    words.pop().with_context(|| format!("'{name}' is empty"))
}

/// Numbers or words; nothing for what is neither, such as an empty value.
fn read_value(group: &Group, name: &str) -> anyhow::Result<Option<Meta>> {
    let dataset = group.dataset(name)?;
    if let Ok(data) = dataset.read_f64() {
        let shape: Vec<usize> = dataset.shape()?.into_iter().map(|n| n as usize).collect();
        if shape.iter().product::<usize>() != data.len() {
            bail!("'{name}' has {} numbers, expected the shape {shape:?}", data.len());
        }
        return Ok(Some(Meta::Array(Array { shape, data })));
    }
    Ok(dataset.read_string().ok().and_then(|mut words| words.pop()).map(Meta::Text))
}
