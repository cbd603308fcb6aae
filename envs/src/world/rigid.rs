//! Rapier's own contacts and stops, with looks for contacts that may be skipped: what the worlds were built on before.
//!
//! They give energy away: a policy search finds how. They are here for tests of the audit, which has to notice.

use rapier3d::prelude::*;

use super::{Clock, Contacts, World};

/// Fastest approach, in m/s, that is still caught where looks for contacts are skipped: they are found this speed times the
/// stride ahead.
const APPROACH_SPEED: f64 = 6.0;

/// How much a joint is expected to accelerate within a stride, in rad/s² or m/s²: limits that it may reach are engaged.
const EXPECTED_ACCELERATION: f32 = 1000.0;

/// `parameters` for contacts that Rapier solves.
pub(super) fn integration(clock: Clock, parameters: IntegrationParameters) -> IntegrationParameters {
    let Contacts::Rigid { skips } = clock.contacts else { return parameters };
    let ahead = if skips == 0 { 0.0 } else { APPROACH_SPEED * clock.stride_secs() };
    IntegrationParameters {
        num_solver_iterations: 1 + skips as usize,
        num_internal_pgs_iterations: 4,
        normalized_prediction_distance: parameters.normalized_prediction_distance.max(ahead as f32),
        ..parameters
    }
}

/// Stiffness of the spring that carries the torque of a motor where the joint has none, in N·m/rad or N/m: a turn
/// changes the torque by less than single precision tells.
const LEAST_STIFFNESS: f64 = 1e-6;

impl World {
    /// Lets Rapier solve the contacts, from the next step on.
    pub(super) fn harden(&mut self) {
        for (handle, _) in &self.layout.surfaces {
            if let Some(collider) = self.parts.colliders.get_mut(*handle) {
                collider.set_solver_groups(InteractionGroups::all());
            }
        }
    }

    /// A stride of Rapier's own, without wind and fields.
    pub(super) fn step_rigid(&mut self) {
        self.engage_limits();
        for joint_idx in 0..self.layout.links.len() {
            if self.layout.links[joint_idx].kind.is_axial() {
                self.set_torque(joint_idx, self.forces.torque(joint_idx));
            }
        }
        self.step_rapier();
    }

    /// The torque (N·m) or force (N) of a motor, on top of that of the spring of its joint: it shifts where the spring rests.
    fn set_torque(&mut self, joint_idx: usize, torque: f64) {
        let axis = self.layout.links[joint_idx].axis as usize;
        let spring_rest = self.layout.robot.links[joint_idx].joint.spring_rest;
        let stiffness = self.tuning.stiffness(joint_idx).max(LEAST_STIFFNESS);
        let rest = spring_rest + torque / stiffness;
        self.link_mut(joint_idx).joint.set_spring(axis, stiffness as f32, rest as f32);
    }

    /// Hands Rapier the limits that are exceeded, or could be when a later step of the stride begins.
    fn engage_limits(&mut self) {
        let IntegrationParameters { dt: stride_secs, num_solver_iterations: n_steps, .. } = self.parts.integration;
        let ahead_secs = stride_secs * (n_steps - 1) as f32 / n_steps as f32;
        let spread = EXPECTED_ACCELERATION * ahead_secs * ahead_secs;
        let layout = self.layout.clone();
        for (joint_idx, joint) in layout.robot.axial_joints() {
            let locked = self.tuning.locked_at(joint_idx).map(|place| [place; 2]);
            let Some(limits) = locked.or_else(|| self.tuning.limits(joint_idx, joint)) else { continue };
            let [low, high] = limits.map(|limit| limit as f32);
            let axis = layout.links[joint_idx].axis;
            let reach = self.joint_velocity(joint_idx) as f32 * ahead_secs;
            let joint = &mut self.link_mut(joint_idx).joint;
            let position = joint.coords()[axis as usize];
            let is_exceeded = |way: f32| !(low..=high).contains(&(position + way));
            let is_engaged = [0.0, reach - spread, reach + spread].into_iter().any(is_exceeded);
            joint.data.set_limits(axis, [low, high]);
            joint.data.limit_axes.set(axis.into(), is_engaged);
        }
    }
}
