//! Carries out changes, one control step after the other.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::change::{Change, Operand, Operation};
use crate::{env::EnvError, params::Params, streams::stream};

/// A list of changes and where each of them stands.
///
/// Where two changes act on one parameter at the same time, the later one in the list counts.
/// A parameter is written only when the schedule gives it a new value, so that a value set by hand stays until then.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSchedule {
    plans: Vec<Plan>,
    /// Index and nominal value of each parameter that some change acts on.
    touched: Vec<Touched>,
    state: ScheduleState,
}

/// Where a schedule stands: what a checkpoint of it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleState {
    progress: Vec<Progress>,
    /// What the schedule gave each touched parameter last.
    written: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Plan {
    change: Change,
    operation: Operation,
    operand: Operand,
    /// Indices into the touched parameters.
    targets: Vec<usize>,
    /// Where a random walk of the operand stays, so that every target stays in its range.
    operand_range: [f64; 2],
}

#[derive(Clone, Debug, PartialEq)]
struct Touched {
    param_idx: usize,
    nominal: f64,
    low: f64,
    high: f64,
    whole: bool,
}

/// Where one change stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    rng: Pcg64,
    /// The operand, while the change acts.
    operand: Option<f64>,
    /// The operand before that, from which a ramp starts; the nominal value if absent.
    previous: Option<f64>,
    /// Step of the latest draw.
    drawn_at: u64,
}

impl ChangeSchedule {
    /// Checks `changes` against the parameters of a task. Each change has a random stream of its own under `seed`.
    ///
    /// # Errors
    /// If a parameter is unknown, an operation is missing or doubled, or a value that can be drawn is refused.
    pub fn new(changes: Vec<Change>, params: &Params, seed: u64) -> Result<Self, EnvError> {
        let mut touched: Vec<Touched> = Vec::new();
        let mut plans = Vec::with_capacity(changes.len());
        for change in changes {
            let (operation, operand) = change.operation()?;
            let mut targets = Vec::new();
            for param_idx in params.indices_of(&change.parameter)? {
                change.check(params.at(param_idx))?;
                let known = touched.iter().position(|touched| touched.param_idx == param_idx);
                targets.push(known.unwrap_or(touched.len()));
                if known.is_none() {
                    touched.push(Touched::new(param_idx, params));
                }
            }
            let operand_range = targets.iter().fold([f64::NEG_INFINITY, f64::INFINITY], |[low, high], &target| {
                let Touched { nominal, low: param_low, high: param_high, .. } = touched[target];
                let [operand_low, operand_high] = operation.operand_range(nominal, [param_low, param_high]);
                [low.max(operand_low), high.min(operand_high)]
            });
            plans.push(Plan { change, operation, operand, targets, operand_range });
        }
        let progress = (0..plans.len()).map(|plan_idx| Progress::new(seed, plan_idx)).collect();
        let written = touched.iter().map(|touched| touched.nominal).collect();
        Ok(Self { plans, touched, state: ScheduleState { progress, written } })
    }

    /// Writes what is due. Call it once before every control step, with the count of control steps in the robot's life.
    /// Returns whether a parameter was given a new value.
    ///
    /// # Panics
    /// If `params` are not those of the task that the schedule was made for.
    pub fn advance(&mut self, step: u64, params: &mut Params) -> bool {
        let ScheduleState { progress, written } = &mut self.state;
        for (plan, progress) in self.plans.iter().zip(progress.iter_mut()) {
            progress.advance(step, plan);
        }
        let mut changed = false;
        for (target, (touched, written)) in self.touched.iter().zip(written).enumerate() {
            let acting = self
                .plans
                .iter()
                .zip(progress.iter())
                .rev()
                .find(|(plan, progress)| progress.operand.is_some() && plan.targets.contains(&target));
            let value = acting.map_or(touched.nominal, |(plan, progress)| progress.value(step, plan, touched));
            if value != *written {
                *written = value;
                changed = true;
                params.set_at(touched.param_idx, value).expect("the extremes were checked at construction");
            }
        }
        changed
    }

    /// Where the schedule stands.
    #[must_use]
    pub fn state(&self) -> &ScheduleState {
        &self.state
    }

    /// Takes back a state of a schedule with the same changes.
    ///
    /// # Errors
    /// If the state belongs to other changes.
    pub fn restore(&mut self, state: ScheduleState, params: &Params) -> Result<(), EnvError> {
        let finite = |operand: &Option<f64>| operand.is_none_or(f64::is_finite);
        let fits = state.progress.len() == self.plans.len()
            && state.written.len() == self.touched.len()
            && state.progress.iter().all(|progress| finite(&progress.operand) && finite(&progress.previous))
            && state.written.iter().zip(&self.touched).all(|(value, touched)| touched.allows(*value));
        if !fits {
            let reason = "the state of the schedule belongs to other changes".to_owned();
            return Err(EnvError::State { task: params.task().to_owned(), reason });
        }
        self.state = state;
        Ok(())
    }

    /// Whether there is nothing to carry out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }
}

impl Touched {
    fn new(param_idx: usize, params: &Params) -> Self {
        let param = params.at(param_idx);
        Self { param_idx, nominal: param.nominal, low: param.low, high: param.high, whole: param.whole }
    }

    fn allows(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

impl Progress {
    fn new(seed: u64, plan_idx: usize) -> Self {
        let rng = stream(seed, &format!("change {plan_idx}"));
        Self { rng, operand: None, previous: None, drawn_at: 0 }
    }

    fn advance(&mut self, step: u64, plan: &Plan) {
        let change = &plan.change;
        if !is_active(change, step) {
            (self.operand, self.previous) = (None, None);
            return;
        }
        let redraws = change.every.is_some_and(|every| (step - change.at).is_multiple_of(every));
        if self.operand.is_none() || redraws {
            self.previous = self.operand;
            self.operand = Some(plan.operand.draw(&mut self.rng));
            self.drawn_at = step;
        } else if let (Some(sd), Some(operand)) = (change.random_walk, self.operand.as_mut()) {
            let standard_normal: f64 = self.rng.sample(StandardNormal);
            let [low, high] = plan.operand_range;
            *operand = (*operand + sd * standard_normal).max(low).min(high);
        }
    }

    /// Value of a parameter under the change.
    fn value(&self, step: u64, plan: &Plan, touched: &Touched) -> f64 {
        let under = |operand: Option<f64>| {
            operand.map_or(touched.nominal, |operand| plan.operation.apply(touched.nominal, operand))
        };
        let age = step.saturating_sub(self.drawn_at);
        let value = match plan.change.ramp {
            Some(n_steps) if age + 1 < n_steps => {
                let share = (age + 1) as f64 / n_steps as f64;
                under(self.previous) + share * (under(self.operand) - under(self.previous))
            }
            _ => under(self.operand),
        };
        let value = value.clamp(touched.low, touched.high);
        if touched.whole { value.round() } else { value }
    }
}

fn is_active(change: &Change, step: u64) -> bool {
    let within = step >= change.at && change.until.is_none_or(|until| step < until);
    within && change.cycle.is_none_or(|half_period| ((step - change.at) / half_period).is_multiple_of(2))
}
