//! One robot compiled into a Rapier world. Rapier's types stay inside this module.
//!
//! The robot is one multibody in reduced coordinates: a fixed base, then one link a joint.
//! Masses are set on the bodies; there are no colliders yet, hence no contacts.

use std::sync::Arc;

use rapier3d::{
    math::{Pose, Rotation, Vector},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::env::Fault;

mod compile;

/// Gravity at the surface of the earth, in m/s².
pub const STANDARD_GRAVITY: f64 = 9.81;

/// A velocity that no joint reaches: a velocity motor that aims for it always pushes with its largest force.
const UNREACHABLE_VELOCITY: f32 = 1e9;

const NEVER_REMOVED: &str = "links and joints are never removed";

/// A simulated robot. Cloning copies the whole state.
#[derive(Clone, Serialize, Deserialize)]
pub struct World {
    parts: Parts,
    #[serde(skip)]
    workspace: Workspace,
    #[serde(skip)]
    layout: Arc<Layout>,
}

/// Position and orientation in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorldPose {
    /// Position, in metres.
    pub translation: [f32; 3],
    /// Orientation, as a unit quaternion `x, y, z, w`.
    pub rotation: [f32; 4],
}

/// What Rapier keeps from one step to the next.
#[derive(Clone, Serialize, Deserialize)]
struct Parts {
    gravity: Vector,
    integration: IntegrationParameters,
    islands: IslandManager,
    broad_phase: DefaultBroadPhase,
    narrow_phase: NarrowPhase,
    bodies: RigidBodySet,
    colliders: ColliderSet,
    impulse_joints: ImpulseJointSet,
    multibody_joints: MultibodyJointSet,
    soft_bodies: SoftBodySet,
}

/// What Rapier needs within a step only; a copy starts empty.
#[derive(Default)]
struct Workspace {
    pipeline: PhysicsPipeline,
    ccd: CCDSolver,
}

/// Where the parts of the robot are found in the world; the same for all copies.
#[derive(Default)]
struct Layout {
    links: Vec<CompiledLink>,
    /// Index of the joint that each motor moves.
    motor_joints: Vec<usize>,
}

struct CompiledLink {
    body: RigidBodyHandle,
    joint: MultibodyJointHandle,
    axis: JointAxis,
    mass_of_unit: MassProperties,
    shape_in_link: Pose,
}

impl World {
    /// Advances the physics by one step of its clock.
    ///
    /// # Errors
    /// If a pose or velocity is not finite any more.
    pub fn step(&mut self) -> Result<(), Fault> {
        let Parts {
            gravity,
            integration,
            islands,
            broad_phase,
            narrow_phase,
            bodies,
            colliders,
            impulse_joints,
            multibody_joints,
            soft_bodies,
        } = &mut self.parts;
        self.workspace.pipeline.step(
            *gravity,
            integration,
            islands,
            broad_phase,
            narrow_phase,
            bodies,
            colliders,
            impulse_joints,
            multibody_joints,
            soft_bodies,
            &mut self.workspace.ccd,
            &(),
            &(),
        );
        if !self.workspace.pipeline.quarantine().is_empty() {
            return Err(Fault::Quarantined);
        }
        if self.is_finite() { Ok(()) } else { Err(Fault::NonFiniteState) }
    }

    /// Position of a joint, in rad or m; a hinge counts its turns.
    #[must_use]
    pub fn joint_position(&self, joint_idx: usize) -> f64 {
        let axis = self.layout.links[joint_idx].axis as usize;
        f64::from(self.link(joint_idx).1.joint.coords()[axis])
    }

    /// Velocity of a joint, in rad/s or m/s.
    #[must_use]
    pub fn joint_velocity(&self, joint_idx: usize) -> f64 {
        let (multibody, link) = self.link(joint_idx);
        f64::from(multibody.joint_velocity(link)[0])
    }

    /// Puts all joints into the given positions (rad, m) and velocities (rad/s, m/s).
    ///
    /// # Panics
    /// If there is not one value for each joint.
    pub fn set_joints(&mut self, positions: &[f64], velocities: &[f64]) {
        let n_joints = self.layout.links.len();
        assert!(positions.len() == n_joints && velocities.len() == n_joints, "one value for each of {n_joints} joints");
        let layout = self.layout.clone();
        for (joint_idx, link) in layout.links.iter().enumerate() {
            let displacement = (positions[joint_idx] - self.joint_position(joint_idx)) as f32;
            let (multibody, dof) = self.parts.dof_mut(link.joint);
            multibody.generalized_velocity_mut()[dof] = velocities[joint_idx] as f32;
            self.link_mut(joint_idx).joint.apply_displacement(&[displacement]);
        }
        self.update_poses();
    }

    /// Pose of the frame of a link.
    #[must_use]
    pub fn link_pose(&self, link_idx: usize) -> WorldPose {
        WorldPose::from(*self.link(link_idx).1.local_to_world())
    }

    /// Pose of the shape of a link.
    #[must_use]
    pub fn shape_pose(&self, link_idx: usize) -> WorldPose {
        WorldPose::from(*self.link(link_idx).1.local_to_world() * self.layout.links[link_idx].shape_in_link)
    }

    /// World position of a point that is given in the frame of a link, in metres.
    #[must_use]
    pub fn link_point(&self, link_idx: usize, point: [f32; 3]) -> [f32; 3] {
        (*self.link(link_idx).1.local_to_world() * Vector::from(point)).into()
    }

    /// World pose of something fixed to a link, given its pose in the frame of the link.
    #[must_use]
    pub fn pose_on_link(&self, link_idx: usize, translation: [f32; 3], rotation: [f32; 4]) -> WorldPose {
        let in_link = Pose::from_parts(Vector::from(translation), Rotation::from_array(rotation));
        WorldPose::from(*self.link(link_idx).1.local_to_world() * in_link)
    }

    /// Torque (N·m) or force (N) of a motor until it is set again.
    pub fn set_motor(&mut self, motor_idx: usize, force: f64) {
        let joint_idx = self.layout.motor_joints[motor_idx];
        let axis = self.layout.links[joint_idx].axis;
        let joint = &mut self.link_mut(joint_idx).joint.data;
        joint.set_motor_velocity(axis, UNREACHABLE_VELOCITY.copysign(force as f32), 0.0);
        joint.set_motor_max_force(axis, force.abs() as f32);
    }

    /// Strength of gravity, downwards, in m/s².
    pub fn set_gravity(&mut self, gravity: f64) {
        self.parts.gravity = Vector::new(0.0, 0.0, -gravity as f32);
    }

    /// Dry friction of a joint, in N·m or N.
    pub fn set_joint_friction(&mut self, joint_idx: usize, friction: f64) {
        let (multibody, dof) = self.parts.dof_mut(self.layout.links[joint_idx].joint);
        multibody.frictions_mut()[dof] = friction as f32;
    }

    /// Viscous damping of a joint, in N·m·s/rad or N·s/m.
    pub fn set_joint_damping(&mut self, joint_idx: usize, damping: f64) {
        let (multibody, dof) = self.parts.dof_mut(self.layout.links[joint_idx].joint);
        multibody.damping_mut()[dof] = damping as f32;
    }

    /// Mass of a link, in kg. Its inertia grows with it, its centre of mass stays.
    pub fn set_link_mass(&mut self, link_idx: usize, mass_kg: f64) {
        let link = &self.layout.links[link_idx];
        let properties = link.mass_properties(mass_kg);
        self.parts.bodies[link.body].set_additional_mass_properties(properties, true);
    }

    /// Whether all joint positions, joint velocities and link positions are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        (0..self.layout.links.len()).all(|idx| {
            self.joint_position(idx).is_finite()
                && self.joint_velocity(idx).is_finite()
                && self.link_pose(idx).translation.iter().all(|x| x.is_finite())
        })
    }

    /// Makes a decoded world usable: `template` is the same robot as it was compiled.
    ///
    /// # Errors
    /// With what does not fit.
    pub(crate) fn adopt(&mut self, template: &Self) -> Result<(), String> {
        let counts = |parts: &Parts| [parts.bodies.len(), parts.colliders.len(), parts.impulse_joints.len()];
        if counts(&self.parts) != counts(&template.parts) {
            return Err("it has another number of bodies or joints".into());
        }
        let fits = template.layout.links.iter().all(|link| {
            let joint_of = |parts: &Parts| {
                let (multibody, link_idx) = parts.multibody_joints.get(link.joint)?;
                let link = multibody.link(link_idx)?;
                let joint = link.joint.data;
                Some((
                    multibody.ndofs(),
                    multibody.num_links(),
                    link_idx,
                    link.assembly_id(),
                    joint.locked_axes,
                    joint.limits,
                ))
            };
            self.parts.bodies.contains(link.body) && joint_of(&self.parts) == joint_of(&template.parts)
        });
        if !fits {
            return Err("its joints are those of another robot".into());
        }
        if self.parts.integration != template.parts.integration {
            return Err("its physics has other settings".into());
        }
        self.layout = template.layout.clone();
        if self.is_finite() { Ok(()) } else { Err("a pose or velocity in it is not finite".into()) }
    }

    /// Carries joint positions over to the links and bodies.
    fn update_poses(&mut self) {
        let Some(first) = self.layout.links.first() else { return };
        let Some(id) = self.parts.multibody_joints.rigid_body_link(first.body).map(|link| link.multibody) else {
            return;
        };
        if let Some(multibody) = self.parts.multibody_joints.get_multibody_mut(id) {
            multibody.forward_kinematics(&self.parts.bodies, false);
            multibody.update_rigid_bodies(&mut self.parts.bodies, true);
        }
    }

    fn link(&self, link_idx: usize) -> (&Multibody, &MultibodyLink) {
        let (multibody, id) = self.parts.multibody_joints.get(self.layout.links[link_idx].joint).expect(NEVER_REMOVED);
        (multibody, multibody.link(id).expect(NEVER_REMOVED))
    }

    fn link_mut(&mut self, link_idx: usize) -> &mut MultibodyLink {
        let (multibody, id) =
            self.parts.multibody_joints.get_mut(self.layout.links[link_idx].joint).expect(NEVER_REMOVED);
        multibody.link_mut(id).expect(NEVER_REMOVED)
    }
}

impl Parts {
    /// The multibody of a joint, and where the joint is in its vectors.
    fn dof_mut(&mut self, joint: MultibodyJointHandle) -> (&mut Multibody, usize) {
        let (multibody, id) = self.multibody_joints.get_mut(joint).expect(NEVER_REMOVED);
        let dof = multibody.link(id).expect(NEVER_REMOVED).assembly_id();
        (multibody, dof)
    }
}

impl Clone for Workspace {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl From<Pose> for WorldPose {
    fn from(pose: Pose) -> Self {
        Self { translation: pose.translation.into(), rotation: pose.rotation.to_array() }
    }
}
