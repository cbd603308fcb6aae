//! Forces of contacts, stops and dry friction: what each pushes, all at once.
//!
//! A constraint has rows `J` of the velocities that it sees, and a resistance `R`. With the accelerations `a₀ = M⁻¹ τ` that
//! there would be without constraints and those asked for, `a*`, the forces solve
//!
//! ```text
//! J a + R f = a*        a = a₀ + M⁻¹ Jᵀ f
//! ```
//!
//! each within its bounds: a contact or stop pushes and never pulls, friction across a normal force `f_n` is at most `μ f_n`
//! long, dry friction is at most as large as the joint says. A bound that holds a force back is the only thing that keeps a row from
//! being fulfilled. The rows take turns until nothing changes any more (projected Gauss–Seidel).
//!
//! No row gives energy that is not there. A contact or stop that moves apart with the mean velocity `w` of the step gives
//! `f w h`, and at most what it has taken since its touch began; where that is spent, it holds and does not push back. Friction
//! gives none. The law of the accelerations alone would: what sinks in unresisted and is pressed out again under load has
//! gained.
//!
//! Source: Todorov 2014 (ICRA, doi 10.1109/ICRA.2014.6907751), but for sliding, which is Coulomb's: along the velocity, and
//! without a lift.

use super::motion::Factor;
use crate::robot::Response;

/// Most turns of the rows.
const MAX_TURNS: usize = 200;
/// Change of an acceleration below which nothing changes any more, as a share of the largest one.
const TOLERANCE: f64 = 1e-6;

/// What bounds the force of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// It pushes, and never pulls.
    Push,
    /// It pushes and pulls: what is locked.
    Hold,
    /// No larger than this, in N or N·m.
    Within(f64),
    /// The first of two rows of friction across the normal force of the row before it, with this coefficient.
    Friction(f64),
    /// The second of them.
    FrictionAcross,
}

/// A row: everything but its entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub bound: Bound,
    /// `R`, in (m/s²)/N or the like.
    pub resistance: f64,
    /// `a*`, in m/s² or rad/s².
    pub wanted: f64,
    /// Energy that is in its spring, in J.
    pub stored: f64,
    /// Energy that it may give in this step, in J, together with the others of its touch.
    pub account: f64,
    /// Which touch it belongs to.
    pub touch: usize,
    /// `J v` at the beginning of the step, in m/s or rad/s.
    pub velocity: f64,
    /// What it acts on.
    pub at: At,
}

impl Row {
    /// A row that asks for nothing yet.
    pub fn new(bound: Bound, at: At) -> Self {
        Self { bound, resistance: 0.0, wanted: 0.0, stored: 0.0, account: 0.0, touch: 0, velocity: 0.0, at }
    }
}

/// What a row acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// A point of contact, by its index.
    Contact(usize),
    /// The joint with this index.
    Joint(usize),
}

/// Rows, and the forces that solve them. It is emptied and filled anew in each step.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    n: usize,
    rows: Vec<Row>,
    /// `J`, a row for each.
    entries: Vec<f64>,
    /// `M⁻¹ Jᵀ`, a row for each.
    responses: Vec<f64>,
    /// `J M⁻¹ Jᵀ`.
    coupling: Vec<f64>,
    /// `J a + R f − a*`.
    errors: Vec<f64>,
    forces: Vec<f64>,
}

impl Constraints {
    /// Takes all rows away. There are `n` velocities.
    pub fn clear(&mut self, n: usize) {
        self.n = n;
        self.rows.clear();
        self.entries.clear();
        self.forces.clear();
    }

    /// Adds a row without entries; they are to be filled in.
    pub fn add(&mut self, row: Row) -> &mut [f64] {
        self.rows.push(row);
        let start = self.entries.len();
        self.entries.resize(start + self.n, 0.0);
        &mut self.entries[start..]
    }

    /// Says what the last row that was added asks for, of one that would not give way with the resistance `ease`.
    pub fn set_last(&mut self, velocity: f64, response: Response, ease: f64) {
        if let Some(row) = self.rows.last_mut() {
            row.velocity = velocity;
            row.wanted = response.acceleration;
            row.resistance = response.compliance * ease;
            row.stored = if ease > 0.0 { response.stored / ease } else { 0.0 };
        }
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Says which touch a row belongs to, and how much energy it may give in this step, in J.
    pub fn set_account(&mut self, row_idx: usize, touch: usize, account: f64) {
        (self.rows[row_idx].touch, self.rows[row_idx].account) = (touch, account);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Each row with its entries and its force.
    pub fn solved(&self) -> impl Iterator<Item = (&Row, &[f64], f64)> {
        let entries = self.entries.chunks_exact(self.n.max(1));
        self.rows.iter().zip(entries).zip(&self.forces).map(|((row, entries), &force)| (row, entries, force))
    }

    /// Works out how the rows answer each other, for this mass matrix.
    pub fn couple(&mut self, mass: &Factor) {
        let m = self.rows.len();
        self.forces.resize(m, 0.0);
        self.responses.clone_from(&self.entries);
        self.responses.chunks_exact_mut(self.n).for_each(|response| mass.solve(response));
        self.coupling.clear();
        for entries in self.entries.chunks_exact(self.n) {
            self.coupling.extend(self.responses.chunks_exact(self.n).map(|response| dot(entries, response)));
        }
    }

    /// Finds the forces in a step of `dt_secs`, given the accelerations without any; it begins with those that it has.
    pub fn solve(&mut self, free: &[f64], dt_secs: f64) {
        let m = self.rows.len();
        self.errors.clear();
        let mut largest = 0.0_f64;
        for (row_idx, entries) in self.entries.chunks_exact(self.n).enumerate() {
            let row = &self.rows[row_idx];
            let alone = dot(entries, free) - row.wanted;
            largest = largest.max(alone.abs());
            let others = dot(&self.coupling[row_idx * m..][..m], &self.forces);
            self.errors.push(alone + others + row.resistance * self.forces[row_idx]);
        }
        for _ in 0..MAX_TURNS {
            if self.take_turns(dt_secs) <= TOLERANCE * largest {
                break;
            }
        }
    }

    /// Adds what the forces do to the accelerations.
    pub fn add_to(&self, accelerations: &mut [f64]) {
        for (response, force) in self.responses.chunks_exact(self.n).zip(&self.forces) {
            accelerations.iter_mut().zip(response).for_each(|(sum, response)| *sum += force * response);
        }
    }

    /// Makes the stops of joints that leave them push `gain` times as hard: for tests of the audit.
    pub fn kick(&mut self, gain: f64, velocities: &[f64]) {
        for (row_idx, row) in self.rows.iter().enumerate() {
            let entries = &self.entries[row_idx * self.n..][..self.n];
            if matches!((row.at, row.bound), (At::Joint(_), Bound::Push)) && dot(entries, velocities) > 0.0 {
                self.forces[row_idx] *= gain;
            }
        }
    }

    /// Lets every row have its turn; the largest change of an acceleration.
    fn take_turns(&mut self, dt_secs: f64) -> f64 {
        let m = self.rows.len();
        let mut changed = 0.0_f64;
        let mut row_idx = 0;
        while row_idx < m {
            if let Bound::Friction(coefficient) = self.rows[row_idx].bound {
                let largest = coefficient * self.forces[row_idx - 1];
                let [along, across] =
                    [row_idx, row_idx + 1].map(|idx| self.forces[idx] - self.errors[idx] / self.stiffness(idx));
                let length = along.hypot(across);
                let share = if length > largest { largest / length } else { 1.0 };
                for (idx, wish) in [(row_idx, along), (row_idx + 1, across)] {
                    let force = self.braking(idx, wish * share, dt_secs);
                    changed = changed.max(self.set(idx, force));
                }
                row_idx += 2;
                continue;
            }
            let wish = self.forces[row_idx] - self.errors[row_idx] / self.stiffness(row_idx);
            let force = match self.rows[row_idx].bound {
                Bound::Push => self.paid(row_idx, wish.max(0.0), dt_secs),
                Bound::Within(largest) => self.braking(row_idx, wish.clamp(-largest, largest), dt_secs),
                Bound::Hold | Bound::Friction(_) | Bound::FrictionAcross => wish,
            };
            changed = changed.max(self.set(row_idx, force));
            row_idx += 1;
        }
        changed
    }

    /// Mean velocity that a row would have in the step without its own force, and by how much a unit of that force changes it.
    fn mean_velocity(&self, row_idx: usize, dt_secs: f64) -> (f64, f64) {
        let (row, force) = (&self.rows[row_idx], self.forces[row_idx]);
        let coupling = self.coupling[row_idx * self.rows.len() + row_idx];
        let acceleration = self.errors[row_idx] + row.wanted - (row.resistance + coupling) * force;
        (row.velocity + 0.5 * dt_secs * acceleration, 0.5 * dt_secs * coupling)
    }

    /// As much of a push as its account pays for: `f (w + u f) h ≤ account`.
    fn paid(&self, row_idx: usize, push: f64, dt_secs: f64) -> f64 {
        let (w, u) = self.mean_velocity(row_idx, dt_secs);
        if push * (w + u * push) <= 0.0 {
            return push;
        }
        let account = (self.rows[row_idx].account - self.given_by_others(row_idx, dt_secs)).max(0.0);
        if push * (w + u * push) * dt_secs <= account || u <= 0.0 {
            return push;
        }
        (-w + (w * w + 4.0 * u * account / dt_secs).sqrt()) / (2.0 * u)
    }

    /// What the other points of the touch of a row give, in J.
    fn given_by_others(&self, row_idx: usize, dt_secs: f64) -> f64 {
        let touch = self.rows[row_idx].touch;
        let others = self.rows.iter().enumerate().filter(|(idx, row)| {
            *idx != row_idx && row.bound == Bound::Push && row.touch == touch && self.forces[*idx] > 0.0
        });
        let given = others.map(|(idx, _)| {
            let (w, u) = self.mean_velocity(idx, dt_secs);
            self.forces[idx] * (w + u * self.forces[idx]) * dt_secs
        });
        given.sum()
    }

    /// As much of a force of friction as does not speed up: `f (w + u f) ≤ 0`.
    fn braking(&self, row_idx: usize, force: f64, dt_secs: f64) -> f64 {
        let (w, u) = self.mean_velocity(row_idx, dt_secs);
        let stopping = if u > 0.0 { -w / u } else { 0.0 };
        force.clamp(stopping.min(0.0), stopping.max(0.0))
    }

    /// By how much the error of a row grows with its own force.
    fn stiffness(&self, row_idx: usize) -> f64 {
        (self.coupling[row_idx * self.rows.len() + row_idx] + self.rows[row_idx].resistance).max(f64::MIN_POSITIVE)
    }

    /// Gives a row another force; by how much it changes the acceleration of that row.
    fn set(&mut self, row_idx: usize, force: f64) -> f64 {
        let m = self.rows.len();
        let change = force - self.forces[row_idx];
        if change == 0.0 {
            return 0.0;
        }
        self.forces[row_idx] = force;
        let couplings = &self.coupling[row_idx * m..][..m];
        self.errors.iter_mut().zip(couplings).for_each(|(error, coupling)| *error += coupling * change);
        self.errors[row_idx] += self.rows[row_idx].resistance * change;
        change.abs() * self.stiffness(row_idx)
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
