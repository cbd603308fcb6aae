//! Contacts, stops and dry friction of a world: which there are, and what they do.

use nalgebra::Vector3;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    World,
    constraint::{At, Bound, Constraints, Row, dot},
    ledger::Work,
    motion::{Factor, Motion, double},
};
use crate::robot::Softness;

/// What touches at a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    /// The links of the two, none for what is bolted to the world.
    pub links: [Option<usize>; 2],
    pub point: Vector3<f64>,
    /// From the first to the second.
    pub normal: Vector3<f64>,
    /// Less than zero inside.
    distance: f64,
    margin: f64,
    softness: Softness,
    friction: f64,
    /// Coefficient of friction in the unchanged world: it is part of how soft a pyramid of friction is.
    nominal_friction: f64,
}

/// What a shape is made of, as far as contacts know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    pub link_idx: Option<usize>,
    pub softness: Option<Softness>,
    pub margin: f64,
    pub friction: f64,
}

/// What a step works on; it keeps nothing from one to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Workbench {
    pub motion: Motion,
    pub constraints: Constraints,
    pub contacts: Vec<Contact>,
    /// Mass matrix, with what damping and springs add to it in a step.
    pub mass: Factor,
    /// Acceleration of each degree of freedom: without constraints, then with them.
    pub accelerations: Vec<f64>,
    /// Mean velocities of the step, those at the positions it begins with, and those at its end.
    pub means: Vec<f64>,
    pub at_position: Vec<f64>,
    pub after: Vec<f64>,
    /// What fields do to each degree of freedom.
    pub fields: Vec<f64>,
    pub works: Vec<Work>,
}

/// What the constraints did in the last step, in N along the world's axes: the normal forces on each link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pushes {
    pub on_links: Vec<[f32; 3]>,
}

impl Workbench {
    /// Forgets the constraints of the last step. It holds how this one begins.
    pub fn clear(&mut self) {
        self.constraints.clear(self.motion.n());
        self.fields.clear();
        self.fields.resize(self.motion.n(), 0.0);
        self.contacts.clear();
    }
}

impl World {
    /// Finds what touches, what is beyond a stop and what is locked or held by dry friction.
    pub(super) fn constrain(&mut self, bench: &mut Workbench, dt_secs: f64) {
        self.find_contacts(&mut bench.contacts);
        let deepest = bench.contacts.iter().map(|contact| -contact.distance).fold(0.0, f64::max);
        let books = &mut self.ledger.books;
        books.penetration = books.penetration.max(deepest);
        self.constrain_joints(bench, dt_secs);
        self.constrain_contacts(bench, dt_secs);
        self.ledger.allot(bench);
    }

    /// Keeps what contacts push on the links.
    pub(super) fn keep_pushes(&mut self, bench: &Workbench) {
        let on_links = &mut self.pushes.on_links;
        on_links.iter_mut().for_each(|force| *force = [0.0; 3]);
        for (row, _, force) in bench.constraints.solved() {
            let (At::Contact(contact_idx), Bound::Push) = (row.at, row.bound) else { continue };
            let Contact { links, normal, .. } = &bench.contacts[contact_idx];
            for (link_idx, sign) in links.iter().zip([-1.0, 1.0]) {
                let Some(link_idx) = *link_idx else { continue };
                let parts = on_links[link_idx].iter_mut().zip(normal.iter());
                parts.for_each(|(sum, part)| *sum += (sign * force * part) as f32);
            }
        }
    }

    fn surface(&self, collider: ColliderHandle) -> Option<Surface> {
        self.layout.surfaces.iter().find(|(handle, _)| *handle == collider).map(|(_, surface)| *surface)
    }

    fn find_contacts(&self, out: &mut Vec<Contact>) {
        for pair in self.parts.narrow_phase.contact_pairs() {
            let (Some(first), Some(second)) = (self.surface(pair.collider1), self.surface(pair.collider2)) else {
                continue;
            };
            let friction = first.friction.max(second.friction);
            let softness = match (first.softness, second.softness) {
                (Some(one), Some(other)) => one.mixed(&other),
                (one, other) => one.or(other).unwrap_or_default(),
            };
            let margin = first.margin + second.margin;
            let friction_now = |handle| self.parts.colliders.get(handle).map_or(0.0, |c| f64::from(c.friction()));
            let now = friction_now(pair.collider1).max(friction_now(pair.collider2));
            let Some(collider) = self.parts.colliders.get(pair.collider1) else { continue };
            for manifold in pair.manifolds() {
                let to_world = *collider.position() * manifold.subshape_pos1().copied().unwrap_or_default();
                let normal = double(manifold.data.normal);
                for point in &manifold.points {
                    let distance = f64::from(point.dist);
                    if distance < margin {
                        let on_first = double(to_world * point.local_p1);
                        out.push(Contact {
                            links: [first.link_idx, second.link_idx],
                            point: on_first + normal * (0.5 * distance),
                            normal,
                            distance,
                            margin,
                            softness,
                            friction: now,
                            nominal_friction: friction,
                        });
                    }
                }
            }
        }
    }

    fn constrain_contacts(&self, bench: &mut Workbench, dt_secs: f64) {
        let Workbench { motion, constraints, contacts, .. } = bench;
        for (contact_idx, contact) in contacts.iter().enumerate() {
            let at = At::Contact(contact_idx);
            let ease: f64 = contact.links.iter().flatten().map(|&link_idx| self.layout.eases[link_idx]).sum();
            let depth = contact.distance - contact.margin;
            let [along, across] = tangents(&contact.normal);
            let directions = [contact.normal, along, across];
            let bounds = [Bound::Push, Bound::Friction(contact.friction), Bound::FrictionAcross];
            let shares = self.layout.robot.friction_cone.resistances(contact.nominal_friction);
            let n_rows = if contact.friction > 0.0 { 3 } else { 1 };
            for k in 0..n_rows {
                let entries = constraints.add(Row::new(bounds[k], at));
                for (link_idx, sign) in contact.links.iter().zip([-1.0, 1.0]) {
                    if let Some(link_idx) = *link_idx {
                        motion.add_row(link_idx, contact.point, directions[k], sign, entries);
                    }
                }
                let velocity = dot(entries, &motion.velocities);
                let response = if k == 0 {
                    contact.softness.response(depth, velocity, dt_secs)
                } else {
                    contact.softness.slide_response(depth, velocity, dt_secs)
                };
                constraints.set_last(velocity, response, ease * shares[k.min(1)]);
            }
        }
    }

    fn constrain_joints(&mut self, bench: &mut Workbench, dt_secs: f64) {
        let Workbench { motion, constraints, .. } = bench;
        let layout = self.layout.clone();
        for (joint_idx, link) in layout.robot.links.iter().enumerate() {
            let joint = &link.joint;
            let first_dof = layout.first_dofs[joint_idx];
            let at = At::Joint(joint_idx);
            let mut add = |dof: usize, bound: Bound, softness: &Softness, displacement: f64, sign: f64| {
                let velocity = sign * motion.velocities[dof];
                constraints.add(Row::new(bound, at))[dof] = sign;
                constraints.set_last(
                    velocity,
                    softness.response(displacement, velocity, dt_secs),
                    layout.dof_eases[dof],
                );
            };
            if joint.kind.is_axial() {
                let position = self.joint_position(joint_idx);
                if let Some(place) = self.tuning.locked_at(joint_idx) {
                    add(first_dof, Bound::Hold, &Softness::rigid(), position - place, 1.0);
                } else if let Some([low, high]) = self.tuning.limits(joint_idx, joint) {
                    let books = &mut self.ledger.books;
                    books.stop_excess = books.stop_excess.max(low - position).max(position - high);
                    if position < low {
                        add(first_dof, Bound::Push, &joint.stop, position - low, 1.0);
                    }
                    if position > high {
                        add(first_dof, Bound::Push, &joint.stop, high - position, -1.0);
                    }
                }
            }
            let friction = self.tuning.joint_friction(joint_idx);
            if friction > 0.0 {
                let softness = Softness::rigid();
                for k in 0..joint.kind.n_velocities() {
                    add(first_dof + k, Bound::Within(friction), &softness, 0.0, 1.0);
                }
            }
        }
    }
}

/// Two directions across a normal, and across each other.
fn tangents(normal: &Vector3<f64>) -> [Vector3<f64>; 2] {
    let least = if normal.x.abs() < 0.7 { Vector3::x() } else { Vector3::y() };
    let first = (least - normal * normal.dot(&least)).normalize();
    [first, normal.cross(&first)]
}
