//! A multilayer perceptron for minibatches, with hand-written gradients.
//!
//! ```text
//! H₁ = tanh(X W₁ + b₁)    H₂ = tanh(H₁ W₂ + b₂)    Y = H₂ W₃ + b₃
//! ```
//!
//! A row of `X`, `H` and `Y` is a sample; `Wₗ` has a row for each input and a column for each unit.

use mesolimb_brain::rng::{Rng, standard_normal};

use super::matrix::{Matrix, Packed, add_product, tanh};

/// Its shape, and the activity of the last [`Net::forward`]. Its parameters lie elsewhere, with those of other nets: for
/// each layer the weights, row by row, then the biases.
pub(super) struct Net {
    sizes: [usize; 4],
    /// Of the hidden layers, then the output.
    activity: [Vec<f32>; 3],
    /// Gradient at the weighted sums of the hidden layers.
    d_sums: [Vec<f32>; 2],
    transposed: Vec<f32>,
    packed: Packed,
}

impl Net {
    /// For up to `batch` samples at a time.
    pub(super) fn new(n_inputs: usize, n_hidden: usize, n_outputs: usize, batch: usize) -> Self {
        let sizes = [n_inputs, n_hidden, n_hidden, n_outputs];
        let hidden = || vec![0.0; batch * n_hidden];
        Self {
            sizes,
            activity: [hidden(), hidden(), vec![0.0; batch * n_outputs]],
            d_sums: [hidden(), hidden()],
            transposed: vec![0.0; n_hidden * n_hidden.max(n_outputs)],
            packed: Packed::new(sizes.into_iter().fold(batch, usize::max)),
        }
    }

    pub(super) fn n_params(&self) -> usize {
        (0..3).map(|layer| (self.sizes[layer] + 1) * self.sizes[layer + 1]).sum()
    }

    /// Parameters at the start: orthogonal weights, scaled by √2 in the hidden layers and by `head_gain` in the head;
    /// biases zero.
    pub(super) fn initial(&self, head_gain: f64, rng: &mut Rng) -> Vec<f32> {
        let mut params = Vec::with_capacity(self.n_params());
        for (layer, gain) in [2f64.sqrt(), 2f64.sqrt(), head_gain].into_iter().enumerate() {
            let (n_inputs, n_units) = (self.sizes[layer], self.sizes[layer + 1]);
            params.extend(orthogonal(n_inputs, n_units, rng).iter().map(|w| (gain * w) as f32));
            params.extend((0..n_units).map(|_| 0.0));
        }
        params
    }

    /// Outputs for the rows of `inputs`, row by row.
    pub(super) fn forward(&mut self, mut params: &[f32], inputs: &[f32]) -> &[f32] {
        let n = inputs.len() / self.sizes[0];
        for layer in 0..3 {
            let (n_inputs, n_units) = (self.sizes[layer], self.sizes[layer + 1]);
            let (weights, rest) = params.split_at(n_inputs * n_units);
            let (biases, rest) = rest.split_at(n_units);
            params = rest;
            let (below, above) = self.activity.split_at_mut(layer);
            let inputs = below.last().map_or(inputs, |below| &below[..n * n_inputs]);
            let sums = &mut above[0][..n * n_units];
            sums.chunks_exact_mut(n_units).for_each(|row| row.copy_from_slice(biases));
            add_product(Matrix::new(inputs, n_inputs), weights, sums, &mut self.packed);
            if layer < 2 {
                tanh(sums);
            }
        }
        &self.activity[2][..n * self.sizes[3]]
    }

    /// `gradient ← ∇ Σ d_outputs · outputs`, over all samples of the last [`Net::forward`].
    pub(super) fn backward(&mut self, params: &[f32], inputs: &[f32], d_outputs: &[f32], gradient: &mut [f32]) {
        let n = inputs.len() / self.sizes[0];
        let mut end = self.n_params();
        for layer in (0..3).rev() {
            let (n_inputs, n_units) = (self.sizes[layer], self.sizes[layer + 1]);
            let start = end - (n_inputs + 1) * n_units;
            let (d_weights, d_biases) = gradient[start..end].split_at_mut(n_inputs * n_units);
            let (below, above) = self.d_sums.split_at_mut(layer);
            let d_sums = above.first().map_or(d_outputs, |above| &above[..n * n_units]);
            let active = if layer == 0 { inputs } else { &self.activity[layer - 1][..n * n_inputs] };

            d_weights.fill(0.0);
            add_product(Matrix::new(active, n_inputs).transposed(), d_sums, d_weights, &mut self.packed);
            d_biases.fill(0.0);
            for row in d_sums.chunks_exact(n_units) {
                d_biases.iter_mut().zip(row).for_each(|(d_bias, d)| *d_bias += d);
            }
            if let Some(d_below) = below.last_mut() {
                let d_below = &mut d_below[..n * n_inputs];
                let transposed = &mut self.transposed[..n_inputs * n_units];
                transpose(&params[start..][..n_inputs * n_units], n_units, transposed);
                d_below.fill(0.0);
                add_product(Matrix::new(d_sums, n_units), transposed, d_below, &mut self.packed);
                // The slope of tanh is 1 − tanh².
                d_below.iter_mut().zip(active).for_each(|(d, h)| *d *= 1.0 - h * h);
            }
            end = start;
        }
    }
}

fn transpose(values: &[f32], n_columns: usize, transposed: &mut [f32]) {
    let n_rows = values.len() / n_columns;
    for (column, out) in transposed.chunks_exact_mut(n_rows).enumerate() {
        for (out, row) in out.iter_mut().zip(values.chunks_exact(n_columns)) {
            *out = row[column];
        }
    }
}

/// A random matrix with orthonormal columns, or rows if there are fewer of these; row by row.
///
/// Source: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120. Gram and Schmidt's process on normal numbers.
fn orthogonal(n_rows: usize, n_columns: usize, rng: &mut Rng) -> Vec<f64> {
    let (n_vectors, length) = (n_rows.min(n_columns), n_rows.max(n_columns));
    let mut vectors: Vec<f64> = Vec::with_capacity(n_vectors * length);
    for _ in 0..n_vectors {
        let mut vector: Vec<f64> = (0..length).map(|_| standard_normal(rng)).collect();
        // Twice, since rounding leaves something of the others the first time.
        for other in vectors.chunks_exact(length).chain(vectors.chunks_exact(length)) {
            let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let norm = vector.iter().map(|a| a * a).sum::<f64>().sqrt();
        vectors.extend(vector.iter().map(|a| a / norm));
    }
    if n_rows <= n_columns {
        return vectors;
    }
    (0..length * n_vectors).map(|i| vectors[i % n_vectors * length + i / n_vectors]).collect()
}

#[cfg(test)]
mod tests {
    use mesolimb_brain::rng::stream;

    use super::*;

    #[test]
    fn the_shorter_side_is_orthonormal() {
        for (n_rows, n_columns) in [(5, 64), (64, 64), (64, 3), (1, 1)] {
            let matrix = orthogonal(n_rows, n_columns, &mut stream(3, "test"));
            let n = n_rows.min(n_columns);
            for a in 0..n {
                for b in 0..n {
                    let along = |i: usize| {
                        let at = |vector: usize| {
                            if n_rows <= n_columns { vector * n_columns + i } else { i * n_columns + vector }
                        };
                        matrix[at(a)] * matrix[at(b)]
                    };
                    let dot: f64 = (0..n_rows.max(n_columns)).map(along).sum();
                    assert!((dot - f64::from(u8::from(a == b))).abs() < 1e-12, "{n_rows}×{n_columns}: {a}, {b}: {dot}");
                }
            }
        }
    }

    #[test]
    fn a_sample_gives_the_same_output_alone_and_among_others() {
        let mut net = Net::new(3, 20, 2, 7);
        let params = net.initial(1.0, &mut stream(3, "test"));
        let inputs: Vec<f32> = (0..21).map(|i| (i * 5 % 11) as f32 / 5.0 - 1.0).collect();
        let together = net.forward(&params, &inputs).to_vec();
        for (input, expected) in inputs.chunks_exact(3).zip(together.chunks_exact(2)) {
            assert_eq!(net.forward(&params, input), expected);
        }
    }
}
