//! Carries out changes, one control step after the other.

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use super::change::{Change, Operand, Operation};
use crate::{
    env::EnvError,
    params::Params,
    streams::{fnv1a, stream},
};

/// A list of changes and where each of them stands.
///
/// Where two changes act on one parameter at the same time, the later one in the list counts.
/// A parameter is written only when the schedule gives it a new value, so that a value set by hand stays until then.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeSchedule {
    plans: Vec<Plan>,
    /// Index and nominal value of each parameter that some change acts on.
    touched: Vec<Touched>,
    /// Index of the change that acts on each of them in this step.
    acting: Vec<Option<usize>>,
    state: ScheduleState,
}

/// Where a schedule stands: what a checkpoint of it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleState {
    /// Tells which changes and seed it belongs to.
    fingerprint: u64,
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
        let fingerprint = fnv1a(format!("{changes:?} {seed}").as_bytes());
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
        let acting = vec![None; touched.len()];
        Ok(Self { plans, touched, acting, state: ScheduleState { fingerprint, progress, written } })
    }

    /// Writes what is due. Call it once before every control step, with the count of control steps in the robot's life.
    /// Returns whether a parameter was given a new value.
    ///
    /// # Panics
    /// If `params` are not those of the task that the schedule was made for.
    pub fn advance(&mut self, step: u64, params: &mut Params) -> bool {
        let ScheduleState { progress, written, .. } = &mut self.state;
        self.acting.fill(None);
        for (plan_idx, (plan, progress)) in self.plans.iter().zip(progress.iter_mut()).enumerate() {
            progress.advance(step, plan);
            if progress.operand.is_some() {
                plan.targets.iter().for_each(|&target| self.acting[target] = Some(plan_idx));
            }
        }
        let mut changed = false;
        for ((touched, written), acting) in self.touched.iter().zip(written).zip(&self.acting) {
            let under = |plan_idx: usize| progress[plan_idx].value(step, &self.plans[plan_idx], touched);
            let value = acting.map_or(touched.nominal, under);
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

    /// Takes back a state of a schedule with the same changes and seed.
    ///
    /// # Errors
    /// If the state belongs to other changes.
    pub fn restore(&mut self, state: ScheduleState, params: &Params) -> Result<(), EnvError> {
        let finite = |operand: &Option<f64>| operand.is_none_or(f64::is_finite);
        let fits = state.fingerprint == self.state.fingerprint
            && state.progress.len() == self.plans.len()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{make, perturbation::Distribution};

    fn params() -> Params {
        make("reacher").unwrap().params().clone()
    }

    fn schedule(toml: &str) -> Result<ChangeSchedule, EnvError> {
        let change: Change = toml::from_str(toml).unwrap();
        ChangeSchedule::new(vec![change], &params(), 7)
    }

    /// Values of `name` at the steps 0, 1, ... under one change.
    fn values(toml: &str, name: &str, n_steps: u64) -> Vec<f64> {
        let (mut schedule, mut params) = (schedule(toml).unwrap(), params());
        (0..n_steps)
            .map(|step| {
                schedule.advance(step, &mut params);
                params.get(name).unwrap().value
            })
            .collect()
    }

    const GAIN: &str = "motor_gain/shoulder";

    #[test]
    fn a_change_lasts_from_at_until_until() {
        let gains = values("parameter = 'motor_gain/shoulder'\nscale = -1\nat = 2\nuntil = 4", GAIN, 6);
        assert_eq!(gains, [1.0, 1.0, -1.0, -1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_change_without_end_stays() {
        assert_eq!(values("parameter = 'motor_gain'\nset = 0.5", GAIN, 3), [0.5; 3]);
        assert_eq!(values("parameter = 'motor_gain'\nset = 0.5", "motor_gain/elbow", 3), [0.5; 3]);
    }

    #[test]
    fn add_and_scale_start_from_the_nominal_value_each_time() {
        let masses = values("parameter = 'link_mass/forearm'\nscale = 2\nevery = 1", "link_mass/forearm", 4);
        assert_eq!(masses, [0.6; 4]);
        let masses = values("parameter = 'link_mass/forearm'\nadd = 0.25", "link_mass/forearm", 2);
        assert_eq!(masses, [0.55; 2]);
    }

    #[test]
    fn a_ramp_arrives_after_its_steps() {
        let gains = values("parameter = 'motor_gain/shoulder'\nset = -1\nat = 1\nramp = 4", GAIN, 7);
        assert_eq!(gains, [1.0, 0.5, 0.0, -0.5, -1.0, -1.0, -1.0]);
    }

    #[test]
    fn a_cycle_acts_and_rests_in_turn() {
        let gains = values("parameter = 'motor_gain/shoulder'\nset = 0\nat = 1\ncycle = 2", GAIN, 9);
        assert_eq!(gains, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn every_draws_anew_and_stays_in_between() {
        let gains = values("parameter = 'motor_gain/shoulder'\nset = { uniform = [0.5, 2] }\nevery = 3", GAIN, 9);
        assert!(gains.chunks(3).all(|chunk| chunk.iter().all(|gain| *gain == chunk[0])));
        assert!(gains[0] != gains[3] && gains[3] != gains[6]);
    }

    #[test]
    fn a_random_walk_wanders_within_the_range() {
        let gains = values("parameter = 'motor_gain/shoulder'\nset = 1\nrandom_walk = 0.2", GAIN, 2000);
        assert!(gains.iter().all(|gain| (-2.0..=2.0).contains(gain)));
        assert!(gains.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.2 * 6.0));
        assert!(gains.contains(&-2.0) && gains.contains(&2.0), "it gets everywhere");
    }

    #[test]
    fn whole_parameters_stay_whole() {
        let delays =
            values("parameter = 'observation_delay'\nset = { uniform = [0, 10] }\nevery = 1", "observation_delay", 200);
        assert!(delays.iter().all(|delay| delay.fract() == 0.0));
        assert!(schedule("parameter = 'observation_delay'\nset = 2.5").is_err());
    }

    #[test]
    fn the_later_of_two_changes_counts_while_it_acts() {
        let changes = ["set = 0.5", "set = 0.2\nat = 2\nuntil = 4"]
            .map(|rest| toml::from_str(&format!("parameter = 'motor_gain/elbow'\n{rest}")).unwrap());
        let mut params = params();
        let mut schedule = ChangeSchedule::new(changes.to_vec(), &params, 0).unwrap();
        let gains: Vec<f64> = (0..5)
            .map(|step| {
                schedule.advance(step, &mut params);
                params.get("motor_gain/elbow").unwrap().value
            })
            .collect();
        assert_eq!(gains, [0.5, 0.5, 0.2, 0.2, 0.5]);
    }

    #[test]
    fn a_value_set_by_hand_stays_until_the_schedule_has_a_new_one() {
        let mut params = params();
        let mut schedule = schedule("parameter = 'motor_gain/elbow'\nset = 0.5\nat = 5").unwrap();
        assert!(!schedule.advance(0, &mut params));
        params.set("motor_gain/elbow", 1.5).unwrap();
        assert!(!schedule.advance(1, &mut params));
        assert_eq!(params.get("motor_gain/elbow").unwrap().value, 1.5);
        assert!(schedule.advance(5, &mut params));
        assert_eq!(params.get("motor_gain/elbow").unwrap().value, 0.5);
    }

    #[test]
    fn a_restored_schedule_goes_on_as_it_would_have() {
        let text = "parameter = 'motor_gain'\nset = { normal = [1, 0.1] }\nevery = 3\nramp = 2\nrandom_walk = 0.01";
        let (mut first, mut first_params) = (schedule(text).unwrap(), params());
        for step in 0..100 {
            first.advance(step, &mut first_params);
        }
        let bytes = postcard::to_allocvec(first.state()).unwrap();
        let (mut second, mut second_params) = (schedule(text).unwrap(), first_params.clone());
        second.restore(postcard::from_bytes(&bytes).unwrap(), &second_params).unwrap();
        for step in 100..200 {
            assert_eq!(first.advance(step, &mut first_params), second.advance(step, &mut second_params));
            assert_eq!(first_params, second_params);
        }
        let mut other = schedule("parameter = 'link_mass'\nscale = 2").unwrap();
        assert!(other.restore(first.state().clone(), &second_params).is_err());
    }

    #[test]
    fn what_cannot_run_is_refused_at_once() {
        let refused = |text: &str| schedule(text).unwrap_err().to_string();
        assert_eq!(
            refused("parameter = 'moto_gain'\nset = 1"),
            "task 'reacher' has no parameter 'moto_gain'; did you mean 'motor_gain'?"
        );
        assert_eq!(
            refused("parameter = 'motor_gain/elbow'\nscale = { uniform = [0, 3] }"),
            "motor_gain/elbow after 'scale' is 3, expected a value from -2 to 2"
        );
        assert_eq!(
            refused("parameter = 'motor_gain'\nset = 1\nat = 5\nuntil = 5"),
            "until of 'motor_gain' is 5, expected a step after at = 5"
        );
        assert_eq!(
            refused("parameter = 'motor_gain'\nset = 1\nadd = 2"),
            "number of operations on 'motor_gain' is 2, expected exactly one of set, scale and add"
        );
        for text in [
            "parameter = 'motor_gain'",
            "parameter = 'motor_gain'\nset = nan",
            "parameter = 'motor_gain'\nset = 1\nevery = 0",
            "parameter = 'motor_gain'\nset = 1\nrandom_walk = -1.0",
            "parameter = 'motor_gain'\nset = { normal = [1, 0.5] }",
            "parameter = 'motor_gain'\nset = { uniform = [1, 0] }",
            "parameter = 'motor_gain'\nset = { log_uniform = [0, 1] }",
            "parameter = 'observation_noise'\nscale = 2",
            "parameter = 'gravity'\nset = 1",
        ] {
            assert!(schedule(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        /// Whatever is accepted can run: the schedule never meets a refused value, and undoing is exact.
        #[test]
        fn an_accepted_change_stays_in_range_and_is_undone(
            operation in 0..3_usize,
            pair in (-3.0..3.0_f64, -3.0..3.0_f64),
            kind in 0..4_usize,
            (at, lasts) in (0..5_u64, 1..40_u64),
            every in proptest::option::of(1..5_u64),
            ramp in proptest::option::of(1..5_u64),
            cycle in proptest::option::of(1..5_u64),
            random_walk in proptest::option::of(0.01..1.0_f64),
            parameter in proptest::sample::select(vec!["motor_gain", "link_mass", "friction/elbow", "observation_delay"]),
        ) {
            let operand = match kind {
                0 => Operand::Number(pair.0),
                1 => Operand::Drawn(Distribution::Uniform(pair.into())),
                2 => Operand::Drawn(Distribution::LogUniform(pair.into())),
                _ => Operand::Drawn(Distribution::Normal(pair.into())),
            };
            let mut change = Change {
                parameter: parameter.to_owned(), at, until: Some(at + lasts), every, ramp, cycle, random_walk,
                ..Change::default()
            };
            *[&mut change.set, &mut change.scale, &mut change.add][operation] = Some(operand);
            let mut params = params();
            let nominal = params.clone();
            if let Ok(mut schedule) = ChangeSchedule::new(vec![change], &params, 1) {
                for step in 0..50 {
                    schedule.advance(step, &mut params);
                }
                for (now, then) in params.iter().zip(nominal.iter()) {
                    proptest::prop_assert_eq!(now.value, then.value);
                }
            }
        }
    }
}
