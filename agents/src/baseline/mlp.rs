//! A small multilayer perceptron with hand-written gradients.
//!
//! Two hidden layers and a linear head:
//!
//! ```text
//! h₁ = φ(LN(W₁ x + b₁))    h₂ = φ(LN(W₂ h₁ + b₂))    y = W₃ h₂ + b₃
//! LN(v) = (v − mean v)/√(var v + 1e-5), without scale and shift    φ(n) = n for n > 0, 0.01 n otherwise
//! ```

use mesolimb_brain::rng::Rng;
use rand::RngExt as _;

use super::lanes::{Lanes, add_lanes, decay_and_add, dot, sum};

const LEAK: f32 = 0.01;
const LAYER_NORM_EPSILON: f32 = 1e-5;

/// The network: its weights, and the activity of the last [`Mlp::forward`].
pub(super) struct Mlp {
    sizes: [usize; 4],
    /// For each layer the weights, one row for each unit, then the biases.
    params: Vec<f32>,
    input: Vec<f32>,
    hidden: [Hidden; 2],
    output: Vec<f32>,
    /// Gradient at the units of the layer that is gone through, and at its inputs.
    d_units: Vec<f32>,
    d_inputs: Vec<f32>,
}

/// Activity of a hidden layer.
struct Hidden {
    /// After layer normalisation.
    normed: Vec<f32>,
    /// After the nonlinearity.
    active: Vec<f32>,
    /// What layer normalisation divided by.
    spread: f32,
}

impl Mlp {
    /// Sparse initialisation: weights U(±1/√fan_in), of which ⌈`sparsity` · fan_in⌉ inputs of each unit are zero
    /// (but never all of them); biases zero.
    pub(super) fn new(n_inputs: usize, n_hidden: usize, n_outputs: usize, sparsity: f32, rng: &mut Rng) -> Self {
        let sizes = [n_inputs, n_hidden, n_hidden, n_outputs];
        let mut params = Vec::with_capacity(n_params(sizes));
        for layer in 0..3 {
            let (fan_in, n_units) = (sizes[layer], sizes[layer + 1]);
            (0..n_units).for_each(|_| sparse_row(fan_in, sparsity, rng, &mut params));
            params.extend((0..n_units).map(|_| 0.0));
        }
        let hidden = || Hidden { normed: vec![0.0; n_hidden], active: vec![0.0; n_hidden], spread: 1.0 };
        let widest = n_hidden.max(n_outputs);
        Self {
            sizes,
            params,
            input: vec![0.0; n_inputs],
            hidden: [hidden(), hidden()],
            output: vec![0.0; n_outputs],
            d_units: vec![0.0; widest],
            d_inputs: vec![0.0; widest],
        }
    }

    pub(super) fn params(&self) -> &[f32] {
        &self.params
    }

    pub(super) fn params_mut(&mut self) -> &mut [f32] {
        &mut self.params
    }

    /// Output of the last [`Mlp::forward`].
    pub(super) fn output(&self) -> &[f32] {
        &self.output
    }

    /// Output for an input.
    pub(super) fn forward(&mut self, input: &[f32]) -> &[f32] {
        self.input.copy_from_slice(input);
        let [first, second, head] = split(self.sizes, &self.params);
        let [h1, h2] = &mut self.hidden;
        first.apply(&self.input, &mut h1.normed);
        h1.normalise_and_activate();
        second.apply(&h1.active, &mut h2.normed);
        h2.normalise_and_activate();
        head.apply(&h2.active, &mut self.output);
        &self.output
    }

    /// `z ← decay z + ∇(Σᵢ d_outputᵢ yᵢ)` for the input of the last [`Mlp::forward`], by backpropagation.
    /// Returns `Σ|z|`.
    pub(super) fn accumulate_gradient(&mut self, d_output: &[f32], decay: f32, trace: &mut [f32]) -> f32 {
        let [first, second, head] = split(self.sizes, &self.params);
        let [z_first, z_second, z_head] = split_mut(self.sizes, trace);
        let [h1, h2] = &self.hidden;
        let n_hidden = self.sizes[1];
        let mut magnitude = Lanes::default();

        let d_units = &mut self.d_units[..n_hidden];
        let d_inputs = &mut self.d_inputs[..n_hidden];
        head.backward(&h2.active, d_output, d_inputs);
        z_head.accumulate(&h2.active, d_output, decay, &mut magnitude);

        h2.backward(d_inputs, d_units);
        second.backward(&h1.active, d_units, d_inputs);
        z_second.accumulate(&h1.active, d_units, decay, &mut magnitude);

        h1.backward(d_inputs, d_units);
        debug_assert_eq!(first.weights.len(), self.input.len() * n_hidden);
        z_first.accumulate(&self.input, d_units, decay, &mut magnitude);
        add_lanes(&magnitude)
    }
}

impl Hidden {
    /// Turns the weighted sums in `normed` into activity.
    fn normalise_and_activate(&mut self) {
        let n = self.normed.len() as f32;
        let mean = sum(&self.normed) / n;
        self.normed.iter_mut().for_each(|v| *v -= mean);
        let variance = dot(&self.normed, &self.normed) / n;
        self.spread = (variance + LAYER_NORM_EPSILON).sqrt();
        let inverse = 1.0 / self.spread;
        for (active, normed) in self.active.iter_mut().zip(&mut self.normed) {
            *normed *= inverse;
            *active = if *normed > 0.0 { *normed } else { LEAK * *normed };
        }
    }

    /// From the gradient at the activity to that at the weighted sums:
    /// `d_sums = (g − mean g − n · mean(g n))/spread` with `g = φ′(n) d_active`.
    fn backward(&self, d_active: &[f32], d_sums: &mut [f32]) {
        let n = self.normed.len() as f32;
        for ((d_sum, d), normed) in d_sums.iter_mut().zip(d_active).zip(&self.normed) {
            *d_sum = if *normed > 0.0 { *d } else { LEAK * d };
        }
        let mean = sum(d_sums) / n;
        let along = dot(d_sums, &self.normed) / n;
        let inverse = 1.0 / self.spread;
        for (d_sum, normed) in d_sums.iter_mut().zip(&self.normed) {
            *d_sum = (*d_sum - mean - normed * along) * inverse;
        }
    }
}

/// Weights and biases of one layer.
struct Layer<'a> {
    weights: &'a [f32],
    biases: &'a [f32],
}

impl Layer<'_> {
    fn apply(&self, inputs: &[f32], sums: &mut [f32]) {
        for ((sum, row), bias) in sums.iter_mut().zip(self.weights.chunks_exact(inputs.len())).zip(self.biases) {
            *sum = dot(row, inputs) + bias;
        }
    }

    /// Gradient at the inputs, from that at the weighted sums.
    fn backward(&self, inputs: &[f32], d_sums: &[f32], d_inputs: &mut [f32]) {
        d_inputs.fill(0.0);
        for (row, &d_sum) in self.weights.chunks_exact(inputs.len()).zip(d_sums) {
            for (d_input, weight) in d_inputs.iter_mut().zip(row) {
                *d_input += d_sum * weight;
            }
        }
    }
}

/// Eligibility of the weights and biases of one layer.
struct LayerTrace<'a> {
    weights: &'a mut [f32],
    biases: &'a mut [f32],
}

impl LayerTrace<'_> {
    fn accumulate(self, inputs: &[f32], d_sums: &[f32], decay: f32, magnitude: &mut Lanes) {
        for (row, &d_sum) in self.weights.chunks_exact_mut(inputs.len()).zip(d_sums) {
            decay_and_add(row, decay, d_sum, inputs, magnitude);
        }
        decay_and_add(self.biases, decay, 1.0, d_sums, magnitude);
    }
}

fn n_params(sizes: [usize; 4]) -> usize {
    (0..3).map(|layer| (sizes[layer] + 1) * sizes[layer + 1]).sum()
}

fn split(sizes: [usize; 4], mut params: &[f32]) -> [Layer<'_>; 3] {
    [0, 1, 2].map(|layer| {
        let (weights, rest) = params.split_at(sizes[layer] * sizes[layer + 1]);
        let (biases, rest) = rest.split_at(sizes[layer + 1]);
        params = rest;
        Layer { weights, biases }
    })
}

fn split_mut(sizes: [usize; 4], mut trace: &mut [f32]) -> [LayerTrace<'_>; 3] {
    [0, 1, 2].map(|layer| {
        let (weights, rest) = std::mem::take(&mut trace).split_at_mut(sizes[layer] * sizes[layer + 1]);
        let (biases, rest) = rest.split_at_mut(sizes[layer + 1]);
        trace = rest;
        LayerTrace { weights, biases }
    })
}

/// Appends the weights onto one unit.
fn sparse_row(fan_in: usize, sparsity: f32, rng: &mut Rng, params: &mut Vec<f32>) {
    let bound = 1.0 / (fan_in as f32).sqrt();
    let start = params.len();
    params.extend((0..fan_in).map(|_| rng.random_range(-bound..=bound)));
    let row = &mut params[start..];
    // Rounded to a thousandth of an input, so that 0.9 · 10 is 9 in every precision.
    let n_zero = ((f64::from(sparsity) * fan_in as f64 - 1e-3).ceil() as usize).min(fan_in - 1);
    // The first n places of a Fisher-Yates shuffle; where the remaining inputs lie is even.
    let mut order: Vec<usize> = (0..fan_in).collect();
    for place in 0..n_zero {
        order.swap(place, rng.random_range(place..fan_in));
        row[order[place]] = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_brain::rng::stream;

    use super::*;

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let mut rng = stream(5, "test");
        let mut net = Mlp::new(5, 16, 3, 0.5, &mut rng);
        net.params_mut().iter_mut().for_each(|w| *w += rng.random_range(-0.2..0.2));
        let input: Vec<f32> = (0..5).map(|_| rng.random_range(-1.5..1.5)).collect();
        let d_output = [0.7, -1.3, 0.4];
        net.forward(&input);
        let mut gradient = vec![0.0; net.params().len()];
        let magnitude = net.accumulate_gradient(&d_output, 0.0, &mut gradient);
        assert!((magnitude / gradient.iter().map(|g| g.abs()).sum::<f32>() - 1.0).abs() < 1e-5);

        let objective = |params: &[f64]| -> f64 {
            let y = forward_in_f64(net.sizes, params, &input);
            y.iter().zip(d_output).map(|(y, d)| y * f64::from(d)).sum()
        };
        let mut params: Vec<f64> = net.params().iter().map(|&w| f64::from(w)).collect();
        let largest = gradient.iter().fold(0.0f32, |m, g| m.max(g.abs()));
        for i in 0..params.len() {
            let (w, h) = (params[i], 1e-6);
            params[i] = w + h;
            let above = objective(&params);
            params[i] = w - h;
            let below = objective(&params);
            params[i] = w;
            let numeric = (above - below) / (2.0 * h);
            assert!(
                (numeric - f64::from(gradient[i])).abs() < 1e-4 * f64::from(largest),
                "{i}: {numeric} {}",
                gradient[i]
            );
        }
    }

    #[test]
    fn a_trace_fades_and_takes_in_the_gradient() {
        let mut net = Mlp::new(3, 8, 1, 0.0, &mut stream(1, "test"));
        net.forward(&[0.3, -0.4, 0.8]);
        let mut gradient = vec![0.0; net.params().len()];
        net.accumulate_gradient(&[1.0], 0.0, &mut gradient);
        let mut trace = gradient.clone();
        net.accumulate_gradient(&[2.0], 0.5, &mut trace);
        for (z, g) in trace.iter().zip(&gradient) {
            assert!((z - 2.5 * g).abs() <= 1e-5 * g.abs().max(1e-3));
        }
    }

    #[test]
    fn each_unit_starts_with_few_inputs_and_never_with_none() {
        for (n_inputs, n_kept) in [(2, 1), (5, 1), (10, 1), (11, 1), (20, 2)] {
            let net = Mlp::new(n_inputs, 128, 1, 0.9, &mut stream(2, "test"));
            let [first, second, _] = split(net.sizes, net.params());
            let bound = 1.0 / (n_inputs as f32).sqrt();
            for row in first.weights.chunks_exact(n_inputs) {
                assert_eq!(row.iter().filter(|w| **w != 0.0).count(), n_kept, "{n_inputs} inputs");
                assert!(row.iter().all(|w| w.abs() <= bound));
            }
            assert!(second.weights.chunks_exact(128).all(|row| row.iter().filter(|w| **w != 0.0).count() == 12));
            assert!(first.biases.iter().all(|b| *b == 0.0));
        }
    }

    /// The same network, written plainly.
    fn forward_in_f64(sizes: [usize; 4], params: &[f64], input: &[f32]) -> Vec<f64> {
        let mut activity: Vec<f64> = input.iter().map(|&x| f64::from(x)).collect();
        let mut rest = params;
        for layer in 0..3 {
            let (weights, after) = rest.split_at(sizes[layer] * sizes[layer + 1]);
            let (biases, after) = after.split_at(sizes[layer + 1]);
            rest = after;
            let mut sums: Vec<f64> = weights
                .chunks_exact(sizes[layer])
                .zip(biases)
                .map(|(row, b)| row.iter().zip(&activity).map(|(w, x)| w * x).sum::<f64>() + b)
                .collect();
            if layer < 2 {
                let n = sums.len() as f64;
                let mean = sums.iter().sum::<f64>() / n;
                let variance = sums.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                for v in &mut sums {
                    *v = (*v - mean) / (variance + 1e-5).sqrt();
                    *v = if *v > 0.0 { *v } else { 0.01 * *v };
                }
            }
            activity = sums;
        }
        activity
    }
}
