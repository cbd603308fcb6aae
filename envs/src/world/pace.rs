//! What a step hands on to the next: how long it was, and ways that single precision could not hold.
//!
//! Rapier keeps where a joint is in single precision. A robot that stands still yields by less than that in a step; what is
//! rounded away would be energy, step by step. So what is left of a way is added to the next one.

use nalgebra::{Quaternion, UnitQuaternion, Vector3};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

use super::CompiledLink;
use crate::robot::JointKind;

/// What a step hands on to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// Length of the last step, in seconds; none if the robot was posed since.
    last_secs: Option<f64>,
    /// What is left to go, of each degree of freedom, in m or rad.
    left: Vec<f64>,
}

/// Forces act from the middle of the last way to the middle of the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kick {
    /// How long, in seconds.
    pub secs: f64,
    /// Share of that time before the position that the step begins with.
    pub before: f64,
}

impl Pace {
    /// That of a robot which was just posed, with so many degrees of freedom.
    pub fn from_rest(n: usize) -> Self {
        Self { last_secs: None, left: vec![0.0; n] }
    }

    /// Whether this is a possible state of a robot with so many degrees of freedom.
    pub fn fits(&self, n: usize) -> bool {
        let is_length = |secs: f64| secs.is_finite() && secs > 0.0;
        self.left.len() == n && self.left.iter().all(|left| left.is_finite()) && self.last_secs.is_none_or(is_length)
    }

    /// The kick of a step of `dt_secs`.
    pub fn kick(&self, dt_secs: f64) -> Kick {
        let last_secs = self.last_secs.unwrap_or(dt_secs);
        Kick { secs: 0.5 * (last_secs + dt_secs), before: last_secs / (last_secs + dt_secs) }
    }

    /// Moves a joint, whose first degree of freedom is `first_dof`, on with its velocities.
    pub fn move_on(
        &mut self,
        first_dof: usize,
        compiled: &CompiledLink,
        joint: &mut MultibodyJoint,
        velocities: &[f64],
        dt_secs: f64,
    ) {
        let n = velocities.len();
        let mut way = [0.0; 6];
        let left = &mut self.left[first_dof..first_dof + n];
        for ((way, v), left) in way.iter_mut().zip(velocities).zip(&*left) {
            *way = v * dt_secs + left;
        }
        let before = *joint;
        joint.apply_displacement(&way.map(|x| x as f32)[..n]);
        let gone = gone(compiled, &before, joint, &way);
        left.iter_mut().zip(way.iter().zip(gone)).for_each(|(left, (way, gone))| *left = way - gone);
    }

    /// A step of `dt_secs` was taken.
    pub fn stepped(&mut self, dt_secs: f64) {
        self.last_secs = Some(dt_secs);
    }
}

/// What a joint went of `way`, for each degree of freedom.
fn gone(compiled: &CompiledLink, before: &MultibodyJoint, after: &MultibodyJoint, way: &[f64; 6]) -> [f64; 6] {
    let along = |axis: usize| f64::from(after.coords()[axis]) - f64::from(before.coords()[axis]);
    match compiled.kind {
        JointKind::Hinge | JointKind::Slide => [along(compiled.axis as usize), 0.0, 0.0, 0.0, 0.0, 0.0],
        JointKind::Planar => [along(0), along(2), along(4), 0.0, 0.0, 0.0],
        JointKind::Free => {
            let [_, _, _, x, y, z] = *way;
            let goal = UnitQuaternion::from_scaled_axis(Vector3::new(x, y, z)) * double(before.joint_rot());
            // It is small: to be added to the next turn.
            let missing = (goal * double(after.joint_rot()).inverse()).scaled_axis();
            [along(0), along(1), along(2), x - missing.x, y - missing.y, z - missing.z]
        }
    }
}

fn double(rotation: Rotation) -> UnitQuaternion<f64> {
    let [x, y, z, w] = rotation.to_array().map(f64::from);
    UnitQuaternion::from_quaternion(Quaternion::new(w, x, y, z))
}
