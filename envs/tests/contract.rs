//! Every registered task keeps the contract of an environment, and the test of it notices who does not.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use mesolimb_envs::{
    Books, Env, EnvError, EnvSpec, Params, RobotSpec, Scene, Step, make, params, tasks,
    testing::{check_env, check_long_run},
};
use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};

#[test]
fn every_task_keeps_the_contract() {
    assert!(!tasks().is_empty(), "there are tasks to check");
    each_task(check_env);
}

/// Takes a minute: `cargo test -p mesolimb-envs --test contract -- --ignored`.
#[test]
#[ignore = "takes a minute"]
fn every_task_runs_for_100_000_random_steps() {
    each_task(|make| check_long_run(make, 100_000));
}

/// Two tasks at a time; what broke is said under the name of its task.
fn each_task(check: impl Fn(Make) + Sync) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    // The costly ones first, so that none of them is left for the end.
    let mut sorted: Vec<_> = tasks().iter().collect();
    sorted.sort_by_key(|task| std::cmp::Reverse((task.make)().robot().links.len()));
    pool.install(|| {
        sorted.par_iter().with_max_len(1).for_each(|task| {
            if catch_unwind(AssertUnwindSafe(|| check(task.make))).is_err() {
                panic!("'{}' breaks the contract", task.name);
            }
        })
    });
}

#[test]
fn every_parameter_is_of_a_kind_that_is_told_of() {
    let kinds: Vec<&str> = params::kinds().iter().map(|(kind, _)| *kind).collect();
    let mut offered = HashSet::new();
    for task in tasks() {
        for param in (task.make)().params().iter() {
            assert!(kinds.contains(&param.kind()), "'{}' of {}", param.name, task.name);
            offered.insert(param.kind().to_owned());
        }
    }
    assert_eq!(offered.len(), kinds.len(), "every kind is offered somewhere");
}

/// Ways to break the contract.
#[derive(Clone, Copy, PartialEq)]
enum Defect {
    IgnoresSeed,
    Unclipped,
    LateTruncation,
    NanObservation,
    ForgetsParamsOnLoad,
    LoadsAnything,
    ForgetsParamsAtReset,
    GrowingScene,
}

type Make = fn() -> Box<dyn Env>;

/// A cart-pole with a defect.
struct Broken {
    env: Box<dyn Env>,
    defect: Defect,
    n_steps: u32,
}

fn broken(defect: Defect) -> Box<dyn Env> {
    let env = make("cartpole").unwrap();
    Box::new(Broken { env, defect, n_steps: 0 })
}

impl Env for Broken {
    fn spec(&self) -> &EnvSpec {
        self.env.spec()
    }
    fn robot(&self) -> &RobotSpec {
        self.env.robot()
    }
    fn reset(&mut self, seed: u64) {
        self.n_steps = 0;
        if self.defect == Defect::ForgetsParamsAtReset {
            self.env.params_mut().reset_all();
        }
        self.env.reset(if self.defect == Defect::IgnoresSeed { 0 } else { seed });
    }
    fn step(&mut self, action: &[f32]) -> Step {
        self.n_steps += 1;
        let mut step = if self.defect == Defect::Unclipped && action[0] > 10.0 {
            self.env.step(&[0.0])
        } else {
            self.env.step(action)
        };
        if self.defect == Defect::LateTruncation {
            step.truncated = self.n_steps > self.spec().time_limit_steps;
        }
        step
    }
    fn observe(&self, out: &mut [f32]) {
        self.env.observe(out);
        if self.defect == Defect::NanObservation && self.n_steps == 3 {
            out[0] = f32::NAN;
        }
    }
    fn params(&self) -> &Params {
        self.env.params()
    }
    fn params_mut(&mut self) -> &mut Params {
        self.env.params_mut()
    }
    fn books(&self) -> Books {
        self.env.books()
    }
    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError> {
        self.env.refine_clock(factor)
    }
    fn scene(&self, out: &mut Scene) {
        self.env.scene(out);
        if self.defect == Defect::GrowingScene && self.n_steps > 0 {
            out.items.pop();
        }
    }
    fn save(&self) -> Vec<u8> {
        self.env.save()
    }
    fn load(&mut self, state: &[u8]) -> Result<(), EnvError> {
        let loaded = self.env.load(state);
        match self.defect {
            Defect::ForgetsParamsOnLoad => self.env.params_mut().reset_all(),
            Defect::LoadsAnything => return Ok(()),
            _ => {}
        }
        loaded
    }
}

#[test]
fn every_defect_is_noticed() {
    let makers: [(&str, Make); 8] = [
        ("another seed", || broken(Defect::IgnoresSeed)),
        ("beyond its range", || broken(Defect::Unclipped)),
        ("truncation comes", || broken(Defect::LateTruncation)),
        ("stays within", || broken(Defect::NanObservation)),
        ("bit for bit", || broken(Defect::ForgetsParamsOnLoad)),
        ("refused", || broken(Defect::LoadsAnything)),
        ("changes what happens", || broken(Defect::ForgetsParamsAtReset)),
        ("number of things", || broken(Defect::GrowingScene)),
    ];
    for (promise, make_broken) in makers {
        let panic = catch_unwind(|| check_env(make_broken)).expect_err(promise);
        let message = panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|&s| s.into()));
        let message = message.unwrap_or_default();
        assert!(message.contains(promise), "expected '{promise}', got '{message}'");
    }
}
