//! Looking ahead: simple laws are made better by trying, on a model of the robot, what else could be done first.
//!
//! Each candidate holds one command for some control steps, or two commands in turn as an episode begins, and then leaves
//! it to a base law; the one that costs least over the horizon is begun, and looked at again some steps later. What was
//! begun is always among the candidates, so the plan never becomes worse than it was predicted to be.
//!
//! Source: rollout as policy improvement, Tesauro & Galperin 1996 (NIPS 9:1068); Bertsekas, Tsitsiklis & Wu 1997
//! (J Heuristics 3:245).

use serde::{Deserialize, Serialize};

/// A robot with one motor, as its task counts it.
pub(super) trait Model: Send {
    /// Positions and velocities.
    type State: Copy;
    /// Base laws that there are.
    const N_LAWS: u8;

    /// Largest command to either side.
    fn limit(&self) -> f64;

    /// The state after a control step under `command`, what that step costs, at least 0, and whether the task is done by it.
    fn step(&self, state: &Self::State, command: f64) -> (Self::State, f64, bool);

    /// A base law.
    fn law(&self, law_idx: u8, state: &Self::State) -> f64;
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

/// Two commands that are held in turn, and then a base law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    held: [Held; 2],
    law_idx: u8,
    /// Control steps since it was looked at.
    age: u32,
}

/// A command that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Held {
    command: f64,
    /// Control steps for which it is held from now on.
    n_steps: u32,
}

impl Plan {
    /// What it does in this state.
    pub(super) fn command<M: Model>(&self, model: &M, state: &M::State) -> f64 {
        let held = self.held.iter().find(|held| held.n_steps > 0);
        held.map_or_else(|| model.law(self.law_idx, state), |held| held.command)
    }

    /// What remains of it after a control step.
    fn next(mut self) -> Self {
        if let Some(held) = self.held.iter_mut().find(|held| held.n_steps > 0) {
            held.n_steps -= 1;
        }
        self
    }

    /// Whether a model has such commands and laws.
    pub(super) fn is_valid<M: Model>(&self, model: &M) -> bool {
        self.held.iter().all(|held| held.command.abs() <= model.limit()) && self.law_idx < M::N_LAWS
    }
}

impl Lookahead {
    /// The plan to begin an episode with.
    pub(super) fn begin<M: Model>(&self, model: &M, state: &M::State) -> Plan {
        let pairs = self.held(model).flat_map(|first| self.held(model).map(move |second| [first, second]));
        self.best(model, state, Plan::default(), pairs)
    }

    /// The plan after a control step of `begun`.
    pub(super) fn go_on<M: Model>(&self, model: &M, state: &M::State, begun: Plan) -> Plan {
        let rest = Plan { age: begun.age + 1, ..begun.next() };
        if rest.age < self.every {
            return rest;
        }
        self.best(model, state, Plan { age: 0, ..rest }, self.held(model).map(|held| [held, Held::default()]))
    }

    /// Nothing, or a command for some steps.
    fn held<M: Model>(&self, model: &M) -> impl Iterator<Item = Held> {
        let (limit, holds) = (model.limit(), self.holds);
        let held = move |share: &f64| {
            let command = share * limit;
            holds.iter().map(move |&n_steps| Held { command, n_steps })
        };
        std::iter::once(Held::default()).chain(self.shares.iter().flat_map(held))
    }

    /// The best of what was begun and of the candidates, each with every base law.
    fn best<M: Model>(
        &self,
        model: &M,
        state: &M::State,
        begun: Plan,
        candidates: impl Iterator<Item = [Held; 2]>,
    ) -> Plan {
        let (mut best, mut least) = (begun, self.cost(model, state, begun, f64::INFINITY));
        for held in candidates {
            for law_idx in 0..M::N_LAWS {
                let plan = Plan { held, law_idx, age: 0 };
                let cost = self.cost(model, state, plan, least);
                if cost < least {
                    (best, least) = (plan, cost);
                }
            }
        }
        best
    }

    /// What a plan costs, or more than `bound` where it costs more.
    fn cost<M: Model>(&self, model: &M, state: &M::State, mut plan: Plan, bound: f64) -> f64 {
        let (mut state, mut total) = (*state, 0.0);
        for _ in 0..self.horizon {
            let (next, cost, is_done) = model.step(&state, plan.command(model, &state));
            total += cost;
            if is_done || total > bound {
                break;
            }
            (state, plan) = (next, plan.next());
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point on a line that moves by its command; it costs its distance from 0, and its law stays.
    struct Point;

    impl Model for Point {
        type State = f64;
        const N_LAWS: u8 = 1;

        fn limit(&self) -> f64 {
            1.0
        }

        fn step(&self, x: &f64, command: f64) -> (f64, f64, bool) {
            (x + command, (x + command).abs(), false)
        }

        fn law(&self, _law_idx: u8, _x: &f64) -> f64 {
            0.0
        }
    }

    #[test]
    fn a_law_that_stays_is_led_to_where_it_costs_nothing() {
        let ahead = Lookahead { horizon: 20, shares: &[-1.0, -0.5, 1.0], holds: &[1, 2, 4], every: 3 };
        let mut x = 6.5;
        let mut plan = ahead.begin(&Point, &x);
        for _ in 0..12 {
            assert!(plan.is_valid(&Point));
            x += plan.command(&Point, &x);
            plan = ahead.go_on(&Point, &x, plan);
        }
        assert_eq!(x, 0.0);
    }
}
