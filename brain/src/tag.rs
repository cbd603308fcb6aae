//! Tags of synapses that learn by three factors, window by window, and how large a step they make.

use crate::{
    Modulator,
    cell::fast,
    kernel::{fade, flush, learn_rows, weighed_squares},
    plasticity::ThreeFactorSpec,
    rows::Rows,
};

/// Least share of a window in a mean: traces that never fade have no end to average over.
const SMALLEST_SHARE: f32 = 1e-6;
/// Keeps scales of what was never active from being zero.
const SMALLEST_SCALE: f32 = 1e-8;

/// State of the synapses of one layer: a matrix, row by row.
///
/// A row belongs to a source and its columns to the targets, with the biases as one more row of a source that is always 1; in
/// a readout a row belongs to an output and the columns to its cells, the bias as one more. Rows may be sparse.
pub(crate) struct ThreeFactor {
    /// Eligibility, one for each weight.
    pub trace: Vec<f32>,
    tau_eligibility_ms: f64,
    modulator: usize,
    budget: f32,
    budget_modulator: Option<usize>,
    effect: f32,
    scales: Scales,
}

/// Scales of the synapses, and what their traces come to.
struct Scales {
    rows: Scale,
    columns: Scale,
    /// `σ`: mean of `Σ g²/s`, which began at zero, and how much of that zero is left in it.
    reach: f32,
    reach_left: f32,
    /// `Σ z²/s`.
    squares: f32,
}

/// What was lived in a window.
pub(crate) struct Lived<'a> {
    /// Rows that are not full, if there are any: those of the first activities; full rows for the rest follow.
    pub sparse: Option<&'a Rows>,
    pub window_ms: f64,
    /// Activity of each row,
    pub rows: &'a [f32],
    /// whether one more row is that of the biases,
    pub bias: bool,
    /// and activity of each column.
    pub columns: &'a [f32],
}

/// Root mean square of each of several activities.
struct Scale {
    /// Share of a new window in them.
    share: f32,
    /// How much of the zero that the means began at is left in them.
    left: f32,
    mean_squares: Vec<f32>,
    /// One over the root of each, found anew in every window.
    inverse: Vec<f32>,
}

impl Scale {
    fn new(n: usize, windows: f64) -> Self {
        Self { share: -(-1.0 / windows).exp_m1() as f32, left: 1.0, mean_squares: vec![0.0; n], inverse: vec![0.0; n] }
    }

    /// Takes in one activity each; that of a bias is 1.
    fn update(&mut self, activities: &[f32], bias: bool) {
        self.left -= self.share * self.left;
        let whole = 1.0 / (1.0 - self.left);
        fast(
            #[inline(always)]
            || {
                let share = self.share;
                let take_in = |mean: &mut f32, inverse: &mut f32, x: f32| {
                    *mean = flush(*mean + share * (x * x - *mean));
                    *inverse = 1.0 / ((*mean * whole).max(0.0).sqrt() + SMALLEST_SCALE);
                };
                let scales = self.mean_squares.iter_mut().zip(&mut self.inverse);
                scales.zip(activities).for_each(|((mean, inverse), x)| take_in(mean, inverse, *x));
                if let (true, Some(mean), Some(inverse)) = (bias, self.mean_squares.last_mut(), self.inverse.last_mut())
                {
                    take_in(mean, inverse, 1.0);
                }
            },
        );
    }

    fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        visit(std::slice::from_mut(&mut self.left));
        visit(&mut self.mean_squares);
    }
}

impl ThreeFactor {
    /// For `n` weights in rows and columns of these numbers; the indices are those of the modulators.
    pub fn new(
        spec: &ThreeFactorSpec,
        n: usize,
        [n_rows, n_columns]: [usize; 2],
        modulator: usize,
        budget_modulator: Option<usize>,
    ) -> Self {
        let scales = Scales {
            rows: Scale::new(n_rows, spec.scale_windows),
            columns: Scale::new(n_columns, spec.scale_windows),
            reach: 0.0,
            reach_left: 1.0,
            squares: 0.0,
        };
        Self {
            trace: vec![0.0; n],
            tau_eligibility_ms: spec.tau_eligibility_ms,
            modulator,
            budget: spec.budget as f32,
            budget_modulator,
            effect: spec.effect as f32,
            scales,
        }
    }

    /// What the receptors make of the modulator.
    pub fn effect(&self) -> f32 {
        self.effect
    }

    /// How much of a trace is left after a window.
    fn decay(&self, window_ms: f64) -> f32 {
        if self.tau_eligibility_ms > 0.0 { (-window_ms / self.tau_eligibility_ms).exp() as f32 } else { 0.0 }
    }

    /// `z ← decay z + r c` at every synapse, with the activities of its row and its column, and weights change by what the
    /// modulator makes of it; whether there was anything to change.
    pub fn adapt(&mut self, lived: &Lived<'_>, modulators: &[Modulator], weights: &mut [f32]) -> bool {
        let decay = self.decay(lived.window_ms);
        let dose = self.effect
            * modulators[self.modulator].phasic()
            * self.budget
            * self.budget_modulator.map_or(1.0, |m| modulators[m].level());
        let Lived { sparse, rows, columns, .. } = *lived;
        let (edges, full) = self.trace.split_at_mut(sparse.map_or(0, Rows::n_edges));
        let (edge_weights, full_weights) = weights.split_at_mut(edges.len());
        let n_sparse = sparse.map_or(0, Rows::n_sources);
        let now = self.scales.take_in(lived, decay);
        let rate = self.scales.rate(dose, decay, now);
        let Scales { rows: of_rows, columns: of_columns, squares, .. } = &mut self.scales;
        *squares = 0.0;
        if let Some(sparse) = sparse {
            sparse.for_each(|edge, row, column| {
                let (z, scale) = (&mut edges[edge], of_rows.inverse[row] * of_columns.inverse[column]);
                *z = fade(decay * *z + rows[row] * columns[column]);
                *squares += *z * *z * scale;
                edge_weights[edge] += rate * scale * *z;
            });
        }
        let of_columns = [columns, &of_columns.inverse];
        let (of_full, of_bias) = of_rows.inverse.split_at(rows.len());
        let of_full = [&rows[n_sparse..], &of_full[n_sparse..]];
        let middle = columns.len() * of_full[0].len();
        let ((z, z_bias), (w, w_bias)) = (full.split_at_mut(middle), full_weights.split_at_mut(middle));
        *squares += learn_rows(z, w, [decay, rate], of_full, of_columns);
        *squares += learn_rows(z_bias, w_bias, [decay, rate], [&[1.0][..of_bias.len()], of_bias], of_columns);
        rate != 0.0
    }

    /// Forgets the traces; scales stay.
    pub fn forget(&mut self) {
        self.trace.fill(0.0);
        self.scales.squares = 0.0;
    }

    /// Shows every array of the state, always in the same order.
    pub fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        visit(&mut self.trace);
        let Scales { rows, columns, reach, reach_left, squares } = &mut self.scales;
        rows.visit(visit);
        columns.visit(visit);
        [reach, reach_left, squares].into_iter().for_each(|number| visit(std::slice::from_mut(number)));
    }

    /// Bytes of the state.
    pub fn bytes(&self) -> usize {
        4 * (self.trace.len() + 2 * (self.scales.rows.inverse.len() + self.scales.columns.inverse.len()))
    }
}

impl Scales {
    /// All means take in what was lived; its `Σ g²/s`.
    fn take_in(&mut self, lived: &Lived<'_>, decay: f32) -> f32 {
        self.rows.update(lived.rows, lived.bias);
        self.columns.update(lived.columns, false);
        let Lived { sparse, rows, columns, .. } = *lived;
        let [of_rows, of_columns] = [&self.rows.inverse[..], &self.columns.inverse];
        let n_sparse = sparse.map_or(0, Rows::n_sources);
        let (of_full, of_bias) = of_rows.split_at(rows.len());
        let of_sources = weighed_squares([&rows[n_sparse..], &of_full[n_sparse..]]) + of_bias.iter().sum::<f32>();
        let mut now = of_sources * weighed_squares([columns, of_columns]);
        if let Some(edges) = sparse {
            edges.for_each(|_, row, column| {
                now += (rows[row] * columns[column]).powi(2) * of_rows[row] * of_columns[column];
            });
        }
        let share = (1.0 - decay).max(SMALLEST_SHARE);
        self.reach_left -= share * self.reach_left;
        self.reach += share * (now - self.reach);
        now
    }

    /// What `z/s` is multiplied by for this dose of the modulator. `Σ z²/s` is not known before the traces have taken in what was
    /// lived; it is at most what it would be if that had the direction of the traces.
    fn rate(&self, dose: f32, decay: f32, now: f32) -> f32 {
        let most = decay * self.squares.sqrt() + now.sqrt();
        let rate = dose / ((self.reach / (1.0 - self.reach_left)).sqrt() * most);
        // Without a trace there is no step.
        if rate.is_finite() { rate } else { 0.0 }
    }
}
