//! A step of the physics.
//!
//! From positions `q` and velocities `v` to `v⁺` and then to `q⁺ = q + h v⁺`:
//!
//! ```text
//! (M + h D + ¼ h² K) (v⁺ − v) / h = τ − D v − K (q − rest) − c(q, (v + v⁺) / 2) + Jᵀ f
//! ```
//!
//! with mass matrix `M`, damping `D`, springs `K`, Coriolis forces and gravity `c`, and the forces `f` of contacts, stops and
//! dry friction, which are solved for together. The velocities are those of the middles between positions (leapfrog): without
//! losses energy stays, but for ripples of the order of `h²`. Springs are taken as the mean over three positions (Newmark),
//! damping at the end of the step: neither breaks loose, however stiff. The mean velocity is in its own equation: it is put in
//! again until it stays.
//!
//! Where a step is shorter or longer than the last one, `h` is the mean of both in the first equation: the way from middle to
//! middle. Springs, contacts and stops look ahead as far, which is then not quite the way that follows.
//!
//! Rapier finds the contacts and moves the links with the joints. Its own step is not used: the forces of a contact that gives
//! way need the accelerations of the whole tree, and in its steps energy drifts (a double pendulum that is driven for 50 s in
//! steps of 5 ms gains 15 % of all that its motor turned over).

use super::{Contacts, World, motion::Motion, touch::Workbench};
use crate::{env::Fault, robot::JointKind};

/// Most times that the mean velocity of a step is found again.
const MAX_MEANS: usize = 6;
/// Change of a velocity, in m/s or rad/s, that is none.
const STILL: f64 = 1e-4;

/// Most that something may turn in a step, in rad, and into how many steps a stride is cut for it at the most.
const LARGEST_TURN: f32 = 0.1;
const MOST_STEPS: f32 = 32.0;

impl World {
    /// Advances the physics by one stride of its [`Clock`](super::Clock), in several steps while something spins so fast that it would turn
    /// by more than a tenth of a radian in one.
    ///
    /// Motors and fields are set, contacts are looked for, all joints get their next velocities and move on with them.
    ///
    /// # Errors
    /// If a pose or velocity is not finite any more.
    pub fn step(&mut self) -> Result<(), Fault> {
        if let Contacts::Rigid { .. } = self.layout.contacts {
            self.step_once()?;
        } else {
            let stride = self.parts.integration.dt;
            let n_steps = (self.fastest_turn() * stride / LARGEST_TURN).ceil().clamp(1.0, MOST_STEPS);
            self.parts.integration.dt = stride / n_steps;
            let stepped = (0..n_steps as u32).try_for_each(|_| self.step_once());
            self.parts.integration.dt = stride;
            stepped?;
        }
        if self.is_finite() { Ok(()) } else { Err(Fault::NonFiniteState) }
    }

    fn step_once(&mut self) -> Result<(), Fault> {
        self.exert_forces();
        self.follow_with_terrain();
        let dt_secs = f64::from(self.parts.integration.dt);
        let kick = self.pace.kick(dt_secs);
        self.look();
        let mut bench = std::mem::take(&mut self.workspace.bench);
        bench.motion.read(self);
        bench.clear();
        self.open_books(&bench);
        if let Contacts::Rigid { .. } = self.layout.contacts {
            self.step_rigid();
        } else {
            self.constrain(&mut bench, kick.secs);
            self.accelerate(&mut bench, kick.secs);
            self.keep_pushes(&bench);
            self.move_on(dt_secs);
        }
        self.close_books(&mut bench, kick);
        self.workspace.bench = bench;
        if self.workspace.pipeline.quarantine().is_empty() { Ok(()) } else { Err(Fault::Quarantined) }
    }

    /// Largest angular velocity of any hinge or root, in rad/s.
    fn fastest_turn(&self) -> f32 {
        let turns = self.layout.links.iter().enumerate().map(|(link_idx, compiled)| {
            let (multibody, link) = self.link(link_idx);
            let velocities = multibody.joint_velocity(link);
            let first = match compiled.kind {
                JointKind::Hinge => 0,
                JointKind::Slide => 1,
                JointKind::Planar => 2,
                JointKind::Free => 3,
            };
            velocities.iter().skip(first).fold(0.0, |most: f32, v| most.max(v.abs()))
        });
        turns.fold(0.0, f32::max)
    }

    /// Looks for contacts.
    pub(super) fn look(&mut self) {
        // A step without length does just that.
        let dt = std::mem::replace(&mut self.parts.integration.dt, 0.0);
        self.step_rapier();
        self.parts.integration.dt = dt;
    }

    /// Gives all joints their next velocities. `bench` holds the motion and the constraints.
    pub(super) fn accelerate(&mut self, bench: &mut Workbench, dt_secs: f64) {
        let Workbench { motion, constraints, mass, accelerations, means, fields, .. } = bench;
        self.add_fields(motion, fields);
        let added = |dof: usize| {
            let (damping, stiffness) = self.resistance(dof);
            dt_secs * (damping + 0.25 * dt_secs * stiffness)
        };
        motion.factorise(added, mass);
        if !constraints.is_empty() {
            constraints.couple(mass);
        }
        means.clone_from(&motion.velocities);
        let mut last_change = f64::INFINITY;
        for _ in 0..MAX_MEANS {
            self.applied_forces(motion, fields, accelerations);
            mass.solve(accelerations);
            if !constraints.is_empty() {
                constraints.solve(accelerations, dt_secs);
                if let Contacts::KickingStops { gain } = self.layout.contacts {
                    constraints.kick(gain, &motion.velocities);
                }
                constraints.add_to(accelerations);
            }
            let mut change = 0.0_f64;
            for ((mean, v), a) in means.iter_mut().zip(&motion.velocities).zip(&*accelerations) {
                let better = v + 0.5 * dt_secs * a;
                change = change.max((better - *mean).abs());
                *mean = better;
            }
            if change <= STILL || change >= last_change {
                break;
            }
            last_change = change;
            motion.find_bias(self, means);
        }
        let layout = self.layout.clone();
        for (compiled, &first_dof) in layout.links.iter().zip(&layout.first_dofs) {
            let (multibody, at) = self.parts.dof_mut(compiled.joint);
            let mut velocities = multibody.generalized_velocity_mut();
            for k in 0..compiled.kind.n_velocities() {
                let dof = first_dof + k;
                velocities[at + k] = (motion.velocities[dof] + dt_secs * accelerations[dof]) as f32;
            }
        }
    }

    /// Moves all joints on with their velocities.
    pub(super) fn move_on(&mut self, dt_secs: f64) {
        let layout = self.layout.clone();
        let mut pace = std::mem::take(&mut self.pace);
        for (link_idx, compiled) in layout.links.iter().enumerate() {
            let mut velocities = [0.0; 6];
            let (multibody, link) = self.link(link_idx);
            velocities.iter_mut().zip(multibody.joint_velocity(link).iter()).for_each(|(to, v)| *to = f64::from(*v));
            let velocities = &velocities[..compiled.kind.n_velocities()];
            let joint = &mut self.link_mut(link_idx).joint;
            pace.move_on(layout.first_dofs[link_idx], compiled, joint, velocities, dt_secs);
        }
        pace.stepped(dt_secs);
        self.pace = pace;
        self.update_poses();
    }

    /// Damping and stiffness of a degree of freedom, which a step takes implicitly.
    pub(super) fn resistance(&self, dof: usize) -> (f64, f64) {
        let joint_idx = self.layout.dof_joints[dof];
        let (multibody, link) = self.link(joint_idx);
        let k = dof - self.layout.first_dofs[joint_idx];
        let damping = f64::from(multibody.damping()[link.assembly_id() + k]);
        let is_axial = self.layout.links[joint_idx].kind.is_axial();
        (damping, if is_axial { self.tuning.stiffness(joint_idx) } else { 0.0 })
    }

    /// What acts on each degree of freedom besides constraints, in N·m or N.
    fn applied_forces(&self, motion: &Motion, fields: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend(motion.bias.iter().zip(fields).map(|(bias, field)| field - bias));
        for (dof, force) in out.iter_mut().enumerate() {
            let joint_idx = self.layout.dof_joints[dof];
            let (damping, stiffness) = self.resistance(dof);
            let velocity = motion.velocities[dof];
            *force -= damping * velocity;
            if self.layout.links[joint_idx].kind.is_axial() {
                *force += self.forces.torque(joint_idx)
                    - stiffness
                        * (self.joint_position(joint_idx) - self.layout.robot.links[joint_idx].joint.spring_rest);
            }
        }
    }
}
