//! Looking ahead: simple laws are made better by trying, on a model of the robot, what else could be done first.
//!
//! Each candidate holds one command for some control steps and then leaves it to a base law; the one that costs least
//! over the horizon is begun, and looked at again some steps later. What was begun is always among the candidates, so
//! the plan never becomes worse than it was predicted to be.
//!
//! Source: rollout as policy improvement, Tesauro & Galperin 1996 (NIPS 9:1068); Bertsekas, Tsitsiklis & Wu 1997
//! (J Heuristics 3:245).

use serde::{Deserialize, Serialize};

/// A robot with one motor, as its task counts it.
pub(super) trait Model: Send {
    /// Positions and velocities.
    type State: Copy;

    /// Largest command to either side.
    fn limit(&self) -> f64;

    /// The state after a control step under `command`, and what that step costs, at least 0; none if the task is done by it.
    fn step(&self, state: &Self::State, command: f64) -> (Self::State, f64, bool);

    /// Base laws that there are.
    const N_LAWS: u8 = 1;

    /// A base law.
    fn law(&self, law_idx: u8, state: &Self::State) -> f64;

    /// What the state at the end of the horizon is thought to cost from there on, at least 0.
    fn rest(&self, _state: &Self::State) -> f64 {
        0.0
    }
}

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookahead {
    /// Control steps that are looked ahead.
    pub(super) horizon: u32,
    /// Commands that are held, in shares of the limit.
    pub(super) shares: &'static [f64],
    /// For how many control steps.
    pub(super) holds: &'static [u32],
    /// Control steps from one look ahead to the next.
    pub(super) every: u32,
}

/// A command that is held, and then a base law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) command: f64,
    /// Control steps for which it is held from now on; with 0 the law acts at once.
    pub(super) n_steps: u32,
    pub(super) law_idx: u8,
    /// Control steps since it was looked at.
    pub(super) age: u32,
}

impl Plan {
    pub(super) fn is_valid<M: Model>(&self, model: &M) -> bool {
        self.command.abs() <= model.limit() && self.law_idx < M::N_LAWS
    }
}

impl Lookahead {
    /// What to do after a control step of a plan that was begun.
    pub(super) fn go_on<M: Model>(&self, model: &M, state: &M::State, begun: Plan) -> Plan {
        let rest = Plan { n_steps: begun.n_steps.saturating_sub(1), age: begun.age + 1, ..begun };
        if rest.age < self.every { rest } else { self.plan(model, state, Plan { age: 0, ..rest }) }
    }

    /// The best of the candidates; `begun` is one of them.
    pub(super) fn plan<M: Model>(&self, model: &M, state: &M::State, begun: Plan) -> Plan {
        let limit = model.limit();
        let candidates = (0..M::N_LAWS).flat_map(|law_idx| {
            let at_once = Plan { law_idx, ..Plan::default() };
            let held = self.shares.iter().flat_map(move |share| {
                self.holds.iter().map(move |&n_steps| Plan { command: share * limit, n_steps, law_idx, age: 0 })
            });
            std::iter::once(at_once).chain(held)
        });
        let (mut best, mut least) = (begun, self.cost(model, state, begun, f64::INFINITY));
        for plan in candidates {
            let cost = self.cost(model, state, plan, least);
            if cost < least {
                (best, least) = (plan, cost);
            }
        }
        best
    }

    /// What a plan costs, or more than `bound` where it costs more.
    pub(super) fn cost<M: Model>(&self, model: &M, state: &M::State, plan: Plan, bound: f64) -> f64 {
        let (mut state, mut total) = (*state, 0.0);
        for step in 0..self.horizon {
            let command = if step < plan.n_steps { plan.command } else { model.law(plan.law_idx, &state) };
            let (next, cost, is_done) = model.step(&state, command);
            total += cost;
            if is_done || total > bound {
                return total;
            }
            state = next;
        }
        total + model.rest(&state)
    }
}

/// What a plan does in this state, within the limit.
pub(super) fn command<M: Model>(model: &M, state: &M::State, plan: Plan) -> f64 {
    let command = if plan.n_steps > 0 { plan.command } else { model.law(plan.law_idx, state) };
    command.clamp(-model.limit(), model.limit())
}
