//! Keeps the [`Books`] of a world, step by step.
//!
//! A step first changes velocities, `v → v⁺`, then moves with the new ones: its velocities belong to the middles between
//! positions. So the velocity at the positions `q` that a step begins with is between `v` and `v⁺`, in the middle where steps
//! are equally long. All forces of the step work along `(v + v⁺) / 2`, a part of it before `q` and the rest after. With the
//! velocities of one end alone, energy would seem to come and go with every swing.

use serde::{Deserialize, Serialize};

use super::{
    World,
    constraint::{At, Bound, Row, dot},
    motion::Motion,
    pace::Kick,
    touch::{Contact, Workbench},
};
use crate::books::Books;

/// The books, and what is needed to go on with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    pub books: Books,
    /// Energy at the positions that the last step began with, in J; none before the first one.
    energy: Option<f64>,
    /// The part of the work of the last step, in J, that is not in that energy.
    work_to_come: f64,
    /// What contacts and stops have taken and not given back since their touch began, in J.
    accounts: Vec<(Key, f64)>,
    /// Somebody posed the robot or changed the world since the last step.
    is_posed: bool,
}

/// What a touch did in a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    key: Key,
    /// In J.
    work: f64,
    /// What its springs held when the step began, in J.
    stored: f64,
}

/// What a touch is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Key {
    Links([Option<usize>; 2]),
    Joint(usize),
}

impl Key {
    fn of(at: At, contacts: &[Contact]) -> Self {
        match at {
            At::Contact(contact_idx) => Self::Links(contacts[contact_idx].links),
            At::Joint(joint_idx) => Self::Joint(joint_idx),
        }
    }
}

impl Default for Ledger {
    /// That of a robot that was just posed.
    fn default() -> Self {
        Self { books: Books::default(), energy: None, work_to_come: 0.0, accounts: Vec::new(), is_posed: true }
    }
}

impl Ledger {
    /// Whether this is a possible state.
    pub fn is_valid(&self) -> bool {
        let Books { drift, overdrawn, .. } = self.books;
        let numbers = [self.books.energy(), self.books.work(), drift, overdrawn, self.work_to_come];
        numbers.into_iter().chain(self.energy).chain(self.accounts.iter().map(|(_, taken)| *taken)).all(f64::is_finite)
    }

    /// What comes is no work of the robot's own: somebody posed it, or changed it or its surroundings.
    pub fn interrupt(&mut self) {
        self.is_posed = true;
    }

    /// Says how much energy each contact and stop may give: what its touch has taken, or what somebody pressed in.
    pub fn allot(&self, bench: &mut Workbench) {
        let Workbench { constraints, contacts, .. } = bench;
        for row_idx in 0..constraints.rows().len() {
            let row = constraints.rows()[row_idx];
            if row.bound != Bound::Push {
                continue;
            }
            let key = Key::of(row.at, contacts);
            let is_of_it = |other: &&Row| other.bound == Bound::Push && Key::of(other.at, contacts) == key;
            let rows = constraints.rows();
            let touch = rows.iter().position(|other| is_of_it(&other)).unwrap_or(row_idx);
            let account = if self.is_posed {
                rows.iter().filter(is_of_it).map(|other| other.stored).sum()
            } else {
                self.accounts.iter().find(|(other, _)| *other == key).map_or(0.0, |(_, taken)| *taken)
            };
            constraints.set_account(row_idx, touch, account);
        }
    }

    /// The touches that go on get their work; all others are over. What somebody pressed in has paid already.
    fn settle(&mut self, works: &[Work]) {
        self.accounts.retain(|(key, _)| works.iter().any(|work| work.key == *key));
        for &Work { key, work, stored } in works {
            let account_idx = self.accounts.iter().position(|(other, _)| *other == key).unwrap_or_else(|| {
                self.accounts.push((key, 0.0));
                self.accounts.len() - 1
            });
            if self.is_posed {
                self.accounts[account_idx].1 = stored;
            }
            let taken = self.accounts[account_idx].1 - work;
            self.books.overdrawn += (-taken).max(0.0);
            self.accounts[account_idx].1 = taken.max(0.0);
        }
    }
}

impl World {
    /// The books of energy since the world was compiled, or copied from one that was.
    #[must_use]
    pub fn books(&self) -> Books {
        if self.ledger.energy.is_some() {
            return self.ledger.books;
        }
        let mut motion = Motion::default();
        motion.read(self);
        let [potential, springs] = self.stored_energy(&motion);
        Books { kinetic: motion.kinetic(&motion.velocities), potential, springs, ..self.ledger.books }
    }

    /// Begins a step: `bench` holds its motion.
    pub(super) fn open_books(&mut self, bench: &Workbench) {
        let [potential, springs] = self.stored_energy(&bench.motion);
        (self.ledger.books.potential, self.ledger.books.springs) = (potential, springs);
    }

    /// Enters a step that was taken. `bench` still holds how it began.
    pub(super) fn close_books(&mut self, bench: &mut Workbench, kick: Kick) {
        let dt_secs = kick.secs;
        let Workbench { motion, constraints, contacts, means, at_position, after, works, fields, .. } = bench;
        after.resize(motion.n(), 0.0);
        self.joint_velocities(after);
        at_position.clear();
        at_position.extend(motion.velocities.iter().zip(&*after).map(|(v, after)| v + kick.before * (after - v)));
        means.clear();
        means.extend(motion.velocities.iter().zip(&*after).map(|(v, after)| 0.5 * (v + after)));
        // Mean velocities until the position is reached, as a share of the step.
        let early = |dof: usize| 0.5 * kick.before * (motion.velocities[dof] + at_position[dof]);
        let mut until_now = 0.0;
        let mut books = self.ledger.books;
        let before = books.work();
        for (dof, mean) in means.iter().enumerate() {
            let joint_idx = self.layout.dof_joints[dof];
            let way = mean * dt_secs;
            let drag = -self.resistance(dof).0 * after[dof];
            let is_axial = self.layout.links[joint_idx].kind.is_axial();
            let torque = if is_axial { self.forces.torque(joint_idx) } else { 0.0 };
            books.damping += drag * way;
            books.fields += fields[dof] * way;
            books.motors += torque * way;
            books.motors_gross += (torque * way).abs();
            until_now += (drag + fields[dof] + torque) * early(dof) * dt_secs;
        }
        works.clear();
        for (row, entries, force) in constraints.solved() {
            let work = force * dot(entries, means) * dt_secs;
            let reached = entries.iter().enumerate().map(|(dof, entry)| entry * early(dof));
            until_now += force * reached.sum::<f64>() * dt_secs;
            match (row.bound, row.at) {
                (Bound::Within(_), _) => books.dry_friction += work,
                (Bound::Friction(_) | Bound::FrictionAcross, _) => books.sliding += work,
                (Bound::Push | Bound::Hold, At::Contact(_)) => books.contacts += work,
                (Bound::Push | Bound::Hold, At::Joint(_)) => books.stops += work,
            }
            if matches!(row.bound, Bound::Push | Bound::Hold) {
                let key = Key::of(row.at, contacts);
                match works.iter_mut().find(|other| other.key == key) {
                    Some(sum) => (sum.work, sum.stored) = (sum.work + work, sum.stored + row.stored),
                    None => works.push(Work { key, work, stored: row.stored }),
                }
            }
        }
        books.kinetic = motion.kinetic(at_position);
        books.motor_load = books.motor_load.max(self.motor_load());
        let work = books.work() - before;
        let ledger = &mut self.ledger;
        let since_last = ledger.work_to_come + until_now;
        let change = ledger.energy.map_or(0.0, |before| books.energy() - before - since_last);
        let entry = if ledger.is_posed { &mut books.fields } else { &mut books.drift };
        *entry += change;
        (ledger.energy, ledger.work_to_come) = (Some(books.energy()), work - until_now);
        ledger.books = books;
        ledger.settle(works);
        ledger.is_posed = false;
    }

    /// Potential energy in the field of gravity, and energy of springs, in J.
    fn stored_energy(&self, motion: &Motion) -> [f64; 2] {
        let springs = self.layout.robot.axial_joints().map(|(joint_idx, joint)| {
            0.5 * self.tuning.stiffness(joint_idx) * (self.joint_position(joint_idx) - joint.spring_rest).powi(2)
        });
        [motion.potential(), springs.sum()]
    }
}
