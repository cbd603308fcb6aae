//! Tags of synapses that learn by three factors, window by window, and how large a step they make.

use crate::{
    Modulator,
    cell::fast,
    kernel::{add_scaled, add_weighed_rows, decay_and_add, decay_and_add_rows, flush, weighed_squares},
    plasticity::{StepSpec, ThreeFactorSpec},
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
    step: Step,
}

enum Step {
    /// `Σ|z|`.
    Summed {
        trace_l1: f32,
    },
    Intentional(Box<Scales>),
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
        let step = match spec.step {
            StepSpec::Summed => Step::Summed { trace_l1: 0.0 },
            StepSpec::Intentional { scale_windows } => Step::Intentional(Box::new(Scales {
                rows: Scale::new(n_rows, scale_windows),
                columns: Scale::new(n_columns, scale_windows),
                reach: 0.0,
                reach_left: 1.0,
                squares: 0.0,
            })),
        };
        Self {
            trace: vec![0.0; n],
            tau_eligibility_ms: spec.tau_eligibility_ms,
            modulator,
            budget: spec.budget as f32,
            budget_modulator,
            step,
        }
    }

    /// How much of a trace is left after a window.
    fn decay(&self, window_ms: f64) -> f32 {
        if self.tau_eligibility_ms > 0.0 { (-window_ms / self.tau_eligibility_ms).exp() as f32 } else { 0.0 }
    }

    /// `z ← decay z + r c` at every synapse, with the activities of its row and its column. Without `sparse` every row is full;
    /// with it, those rows belong to the first activities, and full rows for the rest follow.
    pub fn tag(&mut self, sparse: Option<&Rows>, window_ms: f64, rows: &[f32], bias: bool, columns: &[f32]) {
        let decay = self.decay(window_ms);
        let activities = || rows.iter().chain(bias.then_some(&1.0));
        let n = columns.len();
        let (edges, full) = self.trace.split_at_mut(sparse.map_or(0, Rows::n_edges));
        let n_sparse = sparse.map_or(0, Rows::n_sources);
        match &mut self.step {
            Step::Summed { trace_l1 } => {
                *trace_l1 = 0.0;
                for_each_edge(sparse, edges, |z, row, column| {
                    *z = flush(decay * *z + rows[row] * columns[column]);
                    *trace_l1 += z.abs();
                });
                for (z, &x) in full.chunks_exact_mut(n).zip(activities().skip(n_sparse)) {
                    *trace_l1 += decay_and_add(z, decay, x, columns);
                }
            }
            Step::Intentional(scales) => {
                let Scales { rows: of_rows, columns: of_columns, reach, reach_left, squares } = &mut **scales;
                of_rows.update(rows, bias);
                of_columns.update(columns, false);
                let mut now = 0.0;
                *squares = 0.0;
                for_each_edge(sparse, edges, |z, row, column| {
                    let scale = of_rows.inverse[row] * of_columns.inverse[column];
                    let g = rows[row] * columns[column];
                    *z = flush(decay * *z + g);
                    *squares += *z * *z * scale;
                    now += g * g * scale;
                });
                let of_columns = [columns, &of_columns.inverse];
                let (of_full, of_bias) = of_rows.inverse.split_at(rows.len());
                let of_full = [&rows[n_sparse..], &of_full[n_sparse..]];
                let (full, bias_row) = full.split_at_mut(n * of_full[0].len());
                for (z, of_rows) in [(full, of_full), (bias_row, [&[1.0][..of_bias.len()], of_bias])] {
                    *squares += decay_and_add_rows(z, decay, of_rows, of_columns);
                    now += weighed_squares(of_rows) * weighed_squares(of_columns);
                }
                let share = (1.0 - decay).max(SMALLEST_SHARE);
                *reach_left -= share * *reach_left;
                *reach += share * (now - *reach);
            }
        }
    }

    /// Changes the weights by what the modulator makes of the tags; whether there was anything to change.
    pub fn learn(&self, sparse: Option<&Rows>, modulators: &[Modulator], weights: &mut [f32]) -> bool {
        let budget = self.budget * self.budget_modulator.map_or(1.0, |m| modulators[m].level());
        let phasic = modulators[self.modulator].phasic();
        if phasic * budget == 0.0 {
            return false;
        }
        match &self.step {
            Step::Summed { trace_l1 } => {
                add_scaled(weights, phasic * (budget / trace_l1.max(1e-30)).min(1.0), &self.trace);
            }
            Step::Intentional(scales) => {
                let Scales { rows, columns, .. } = &**scales;
                let rate = phasic * budget / (scales.mean_reach() * scales.squares).sqrt();
                // Without a trace there is no step.
                if !rate.is_finite() {
                    return false;
                }
                let n_edges = sparse.map_or(0, Rows::n_edges);
                let n_sparse = sparse.map_or(0, Rows::n_sources);
                let (edges, full) = weights.split_at_mut(n_edges);
                let (edge_traces, full_traces) = self.trace.split_at(n_edges);
                let mut traces = edge_traces.iter();
                for_each_edge(sparse, edges, |w, row, column| {
                    let z = traces.next().copied().unwrap_or_default();
                    *w += rate * rows.inverse[row] * columns.inverse[column] * z;
                });
                add_weighed_rows(full, rate, full_traces, &rows.inverse[n_sparse..], &columns.inverse);
            }
        }
        true
    }

    /// Forgets the traces; scales stay.
    pub fn forget(&mut self) {
        self.trace.fill(0.0);
        match &mut self.step {
            Step::Summed { trace_l1 } => *trace_l1 = 0.0,
            Step::Intentional(scales) => scales.squares = 0.0,
        }
    }

    /// Shows every array of the state, always in the same order.
    pub fn visit(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        visit(&mut self.trace);
        match &mut self.step {
            Step::Summed { trace_l1 } => visit(std::slice::from_mut(trace_l1)),
            Step::Intentional(scales) => {
                let Scales { rows, columns, reach, reach_left, squares } = &mut **scales;
                rows.visit(visit);
                columns.visit(visit);
                [reach, reach_left, squares].into_iter().for_each(|number| visit(std::slice::from_mut(number)));
            }
        }
    }

    /// Bytes of the state.
    pub fn bytes(&self) -> usize {
        let of_scales = match &self.step {
            Step::Summed { .. } => 0,
            Step::Intentional(scales) => 2 * (scales.rows.inverse.len() + scales.columns.inverse.len()),
        };
        4 * (self.trace.len() + of_scales)
    }
}

impl Scales {
    fn mean_reach(&self) -> f32 {
        self.reach / (1.0 - self.reach_left)
    }
}

/// Shows what every sparse edge has in `edges`, the index of its source, and its column.
fn for_each_edge(sparse: Option<&Rows>, edges: &mut [f32], mut f: impl FnMut(&mut f32, usize, usize)) {
    let Some(rows) = sparse else { return };
    for row in 0..rows.n_rows() {
        for edge in rows.row(row) {
            f(&mut edges[edge], row / rows.n_delays, usize::from(rows.targets[edge]));
        }
    }
}
