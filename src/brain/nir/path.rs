//! The way from one node to another: a matrix, a filter, delays and biases, as they add up.

use super::graph::{Array, Node};

/// A first-order filter in front of the cells.
#[derive(Clone, Debug)]
pub struct Filter {
    tau: Array,
    /// What the filter makes of a spike in all, for each cell.
    pub area: Vec<f64>,
    /// Kind of synapse that it was made of, if the file tells.
    pub synapse: Option<String>,
    /// Gain of a synapse of the kind `filter`.
    pub gain: Option<f64>,
}

impl Filter {
    /// The filter of a node with its time constants in the field `tau`.
    pub fn new(node: &Node, tau: &str, area: &Array) -> Self {
        Self {
            tau: node.fields.get(tau).cloned().unwrap_or_else(|| Array::row(Vec::new())),
            area: area.data.clone(),
            synapse: node.text("synapse").map(str::to_owned),
            gain: node.numbers("gain").and_then(Array::uniform),
        }
    }

    /// The time constant, in seconds, that all cells share.
    pub fn tau_secs(&self, place: &str) -> Result<f64, String> {
        let tau = self.tau.uniform().filter(|tau| *tau > 0.0);
        tau.ok_or_else(|| format!("{place}: the time constants of the synapses differ from cell to cell, expected one"))
    }

    /// What it makes of a spike, if that is the same for all cells.
    pub fn uniform_area(&self) -> Option<f64> {
        Array::row(self.area.clone()).uniform()
    }
}

/// A synapse.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub source: usize,
    pub target: usize,
    pub weight: f64,
}

/// What happens to a signal on its way to `rows` cells.
#[derive(Clone, Debug)]
pub struct Path {
    pub rows: usize,
    /// Row by row; nothing for the identity.
    matrix: Option<Array>,
    pub filter: Option<Filter>,
    /// In seconds, the same for all.
    delay: f64,
    /// In seconds, for each element of the last node that was passed.
    delays: Option<Vec<f64>>,
    pub bias: Vec<f64>,
}

impl Path {
    /// The end of a way: cells that may have a filter of their own.
    pub fn start(rows: usize, filter: Option<Filter>) -> Self {
        Self { rows, matrix: None, filter, delay: 0.0, delays: None, bias: vec![0.0; rows] }
    }

    /// Elements at the near end.
    pub fn columns(&self) -> usize {
        self.matrix.as_ref().map_or(self.rows, |matrix| matrix.shape[1])
    }

    /// Whether nothing happens on the way.
    pub fn is_plain(&self) -> bool {
        self.matrix.is_none() && self.filter.is_none() && !self.delays()
    }

    /// Whether there is any delay.
    pub fn delays(&self) -> bool {
        self.delay > 0.0 || self.delays.is_some()
    }

    /// Delay from a source, in seconds.
    pub fn delay_secs(&self, source: usize) -> f64 {
        self.delay + self.delays.as_ref().map_or(0.0, |delays| delays[source])
    }

    /// Lengthens the way by a node in front of it.
    pub fn through(&mut self, name: &str, node: &Node) -> Result<(), String> {
        let field = |field: &str| node.fields.get(field).ok_or_else(|| format!("node '{name}': {field} is missing"));
        if self.delays.is_some() && node.kind != "Delay" {
            return Err(format!("node '{name}': delays that differ must come right after the neurons"));
        }
        match node.kind.as_str() {
            "Linear" => self.multiply(name, field("weight")?),
            "Affine" => {
                let (weight, bias) = (field("weight")?, field("bias")?);
                self.add_bias(name, &bias.data)?;
                self.multiply(name, weight)
            }
            "Scale" => {
                let scale = field("scale")?;
                let n = self.columns();
                let factor = |k: usize| scale.data[if scale.data.len() == 1 { 0 } else { k }];
                if scale.data.len() != 1 && scale.data.len() != n {
                    return Err(format!("node '{name}': scale has {} values, expected {n}", scale.data.len()));
                }
                let diagonal = (0..n * n).map(|k| if k / n == k % n { factor(k % n) } else { 0.0 }).collect();
                self.multiply(name, &Array::matrix(n, diagonal))
            }
            "Delay" => {
                let delay = field("delay")?;
                match delay.uniform() {
                    Some(secs) => self.delay += secs,
                    None if delay.data.len() == self.columns() => {
                        let mut delays = self.delays.take().unwrap_or_else(|| vec![0.0; self.columns()]);
                        delays.iter_mut().zip(&delay.data).for_each(|(sum, secs)| *sum += secs);
                        self.delays = Some(delays);
                    }
                    None => return Err(format!("node '{name}': delay has another size than what it delays")),
                }
                Ok(())
            }
            "LI" => self.add_filter(name, node),
            kind => Err(format!("node '{name}': {kind} cannot stand between neurons")),
        }
    }

    fn add_filter(&mut self, name: &str, node: &Node) -> Result<(), String> {
        if self.filter.is_some() {
            return Err(format!("node '{name}': a second filter on the way to a neuron, at most one is possible"));
        }
        let r = node.fields.get("r").ok_or_else(|| format!("node '{name}': r is missing"))?;
        if node.fields.get("v_leak").is_some_and(|leak| leak.data.iter().any(|v| *v != 0.0)) {
            return Err(format!("node '{name}': v_leak of a filter is not zero"));
        }
        let mut filter = Filter::new(node, "tau", r);
        if self.matrix.is_some() {
            // A filter that is the same for all may stand on either side of the weights.
            let same = Array::row(r.data.clone()).uniform().filter(|_| filter.tau.uniform().is_some());
            let area = same.ok_or_else(|| format!("node '{name}': filters before the weights differ, expected one"))?;
            filter.area = vec![area; self.rows];
        } else if r.data.len() != self.rows {
            return Err(format!("node '{name}': r has {} values, expected {}", r.data.len(), self.rows));
        }
        self.filter = Some(filter);
        Ok(())
    }

    fn add_bias(&mut self, name: &str, bias: &[f64]) -> Result<(), String> {
        if bias.len() != self.columns() {
            return Err(format!("node '{name}': bias has {} values, expected {}", bias.len(), self.columns()));
        }
        for row in 0..self.rows {
            self.bias[row] += match &self.matrix {
                None => bias[row],
                Some(m) => {
                    let weights = &m.data[row * bias.len()..(row + 1) * bias.len()];
                    weights.iter().zip(bias).map(|(w, b)| w * b).sum()
                }
            };
        }
        Ok(())
    }

    /// `M ← M W`.
    fn multiply(&mut self, name: &str, weight: &Array) -> Result<(), String> {
        let n = self.columns();
        let [rows, columns] = weight.shape[..] else {
            return Err(format!("node '{name}': weight has {} axes, expected 2", weight.shape.len()));
        };
        if rows != n {
            return Err(format!("node '{name}': weight has {rows} rows, expected {n}"));
        }
        let Some(m) = &self.matrix else {
            self.matrix = Some(weight.clone());
            return Ok(());
        };
        let mut product = vec![0.0; self.rows * columns];
        for (row, out) in m.data.chunks_exact(n).zip(product.chunks_exact_mut(columns.max(1))) {
            for (w, with) in row.iter().zip(weight.data.chunks_exact(columns.max(1))).filter(|(w, _)| **w != 0.0) {
                out.iter_mut().zip(with).for_each(|(out, with)| *out += w * with);
            }
        }
        self.matrix = Some(Array::matrix(self.rows, product));
        Ok(())
    }

    /// The weights that are not zero, times `scale` of their row, in the order of sources, then of targets.
    pub fn edges(&self, n_pre: usize, scale: impl Fn(usize) -> f64) -> Vec<Edge> {
        let edge = |source: usize, target: usize, weight: f64| Edge { source, target, weight: weight * scale(target) };
        match &self.matrix {
            None => (0..self.rows).map(|k| edge(k, k, 1.0)).collect(),
            Some(m) => {
                let pairs = (0..n_pre).flat_map(|source| (0..self.rows).map(move |target| (source, target)));
                let weight = |(source, target): (usize, usize)| edge(source, target, m.data[target * n_pre + source]);
                pairs.map(weight).filter(|edge| edge.weight != 0.0).collect()
            }
        }
    }

    /// All weights, row by row.
    pub fn dense(&self) -> Vec<f64> {
        match &self.matrix {
            Some(matrix) => matrix.data.clone(),
            None => (0..self.rows * self.rows).map(|k| f64::from(u8::from(k / self.rows == k % self.rows))).collect(),
        }
    }
}
