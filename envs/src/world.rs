//! A robot and its surroundings compiled into a Rapier world. Rapier's types stay inside this module.
//! Rapier keeps shapes, joints and poses, finds contacts and casts rays; steps and forces are ours.
//!
//! Every tree of links is one multibody in reduced coordinates: a fixed base without shape, then one link a joint.
//! Masses are set on the bodies, not on the shapes; shapes touch the surroundings and the links of other trees only.

use std::sync::Arc;

use rapier3d::{
    math::{Pose, Rotation, Vector},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::{
    robot::{JointKind, RobotSpec},
    scene::Shape,
};
use compile::CompiledLink;
use forces::Forces;
pub use ground::{Floor, Terrain};
use ledger::Ledger;
use pace::Pace;
use touch::{Pushes, Surface, Workbench};
use tuning::Tuning;

mod advance;
mod compile;
mod constraint;
mod forces;
mod ground;
mod ledger;
mod motion;
mod pace;
mod rigid;
mod sense;
mod touch;
mod tuning;

/// Gravity at the surface of the earth, in m/s².
pub const STANDARD_GRAVITY: f64 = 9.81;

const NEVER_REMOVED: &str = "links and joints are never removed";

/// A simulated robot. Cloning copies the whole state.
#[derive(Clone, Serialize, Deserialize)]
pub struct World {
    parts: Parts,
    /// What acts on the robot besides gravity.
    forces: Forces,
    /// How the links differ from their description.
    tuning: Tuning,
    /// What contacts did in the last step.
    pushes: Pushes,
    ledger: Ledger,
    pace: Pace,
    #[serde(skip)]
    workspace: Workspace,
    #[serde(skip)]
    layout: Arc<Layout>,
}

/// The clock of the physics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Step of the physics, in seconds.
    pub dt_secs: f64,
    /// How contacts and stops push.
    pub contacts: Contacts,
}

/// How contacts and stops push.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Contacts {
    /// They give way as the robot says: [`Softness`](crate::robot::Softness).
    #[default]
    Soft,
    /// Only for tests of the audit: Rapier's own, which are hard, and are looked for after so many steps that reuse them.
    #[doc(hidden)]
    Rigid {
        /// Steps that reuse the contacts found before.
        skips: u32,
    },
    /// Only for tests of the audit: stops push so many times as hard as they should while a joint leaves them.
    #[doc(hidden)]
    KickingStops {
        /// One would be honest.
        gain: f64,
    },
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
    bench: Workbench,
}

/// Where the parts of the robot are found in the world; the same for all copies.
#[derive(Default)]
struct Layout {
    robot: RobotSpec,
    links: Vec<CompiledLink>,
    /// The fixed body that each tree of links hangs on.
    bases: Vec<RigidBodyHandle>,
    /// Index of the joint that each motor moves.
    motor_joints: Vec<usize>,
    /// Index of the link of each site.
    site_links: Vec<usize>,
    floor: Option<ground::CompiledFloor>,
    /// All that can touch.
    surfaces: Vec<(ColliderHandle, Surface)>,
    /// Acceleration of each link under a unit force on its centre of mass, in the mean over directions, with all joints at zero.
    eases: Vec<f64>,
    /// Acceleration of each degree of freedom under a unit force on it, likewise.
    dof_eases: Vec<f64>,
    contacts: Contacts,
    /// The first degree of freedom of each joint.
    first_dofs: Vec<usize>,
    /// The joint of each degree of freedom.
    dof_joints: Vec<usize>,
    n_positions: usize,
    n_velocities: usize,
}

impl Contacts {
    /// With a look for contacts in every step.
    pub(crate) fn without_skips(self) -> Self {
        if let Self::Rigid { .. } = self { Self::Rigid { skips: 0 } } else { self }
    }
}

impl Clock {
    /// Time from one look for contacts to the next, in seconds: a step, if none is skipped.
    #[must_use]
    pub fn stride_secs(self) -> f64 {
        self.dt_secs * f64::from(self.steps_of_a_stride())
    }

    pub(crate) fn steps_of_a_stride(self) -> u32 {
        if let Contacts::Rigid { skips } = self.contacts { 1 + skips } else { 1 }
    }
}

impl From<f64> for Clock {
    fn from(dt_secs: f64) -> Self {
        Self { dt_secs, contacts: Contacts::Soft }
    }
}

impl World {
    /// Lets Rapier take a step.
    fn step_rapier(&mut self) {
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
    }

    /// Position of a hinge or slide, in rad or m; a hinge counts its turns.
    #[must_use]
    pub fn joint_position(&self, joint_idx: usize) -> f64 {
        let axis = self.layout.links[joint_idx].axis as usize;
        f64::from(self.link(joint_idx).1.joint.coords()[axis])
    }

    /// Velocity of a hinge or slide, in rad/s or m/s.
    #[must_use]
    pub fn joint_velocity(&self, joint_idx: usize) -> f64 {
        let (multibody, link) = self.link(joint_idx);
        f64::from(multibody.joint_velocity(link)[0])
    }

    /// Writes the positions of all joints, as [`RobotSpec::position_range`] orders them.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn joint_positions(&self, out: &mut [f64]) {
        assert_eq!(out.len(), self.layout.n_positions, "positions of all joints");
        let mut out = out.iter_mut();
        for (joint_idx, compiled) in self.layout.links.iter().enumerate() {
            let joint = &self.link(joint_idx).1.joint;
            let coordinates = joint.coords();
            let mut write =
                |values: &[f32]| values.iter().zip(&mut out).for_each(|(value, out)| *out = f64::from(*value));
            match compiled.kind {
                JointKind::Hinge | JointKind::Slide => write(&[coordinates[compiled.axis as usize]]),
                JointKind::Planar => write(&[coordinates[0], coordinates[2], coordinates[4]]),
                JointKind::Free => {
                    write(&[coordinates[0], coordinates[1], coordinates[2]]);
                    write(&joint.joint_rot().to_array());
                }
            }
        }
    }

    /// Writes the velocities of all joints, as [`RobotSpec::velocity_range`] orders them.
    ///
    /// # Panics
    /// If `out` has another length.
    pub fn joint_velocities(&self, out: &mut [f64]) {
        assert_eq!(out.len(), self.layout.n_velocities, "velocities of all joints");
        let mut out = out.iter_mut();
        for joint_idx in 0..self.layout.links.len() {
            let (multibody, link) = self.link(joint_idx);
            multibody.joint_velocity(link).iter().zip(&mut out).for_each(|(value, out)| *out = f64::from(*value));
        }
    }

    /// Puts all joints into the given positions and velocities, ordered as the description of the robot does.
    ///
    /// # Panics
    /// If the lengths are not those of [`World::joint_positions`] and [`World::joint_velocities`].
    pub fn set_joints(&mut self, positions: &[f64], velocities: &[f64]) {
        let Layout { n_positions, n_velocities, .. } = *self.layout;
        assert_eq!(
            [positions.len(), velocities.len()],
            [n_positions, n_velocities],
            "positions and velocities of all joints"
        );
        let layout = self.layout.clone();
        let (mut position_idx, mut velocity_idx) = (0, 0);
        for (joint_idx, compiled) in layout.links.iter().enumerate() {
            let goal = &positions[position_idx..position_idx + compiled.kind.n_positions()];
            let velocity = &velocities[velocity_idx..velocity_idx + compiled.kind.n_velocities()];
            position_idx += goal.len();
            velocity_idx += velocity.len();
            let (multibody, dof) = self.parts.dof_mut(compiled.joint);
            for (k, &velocity) in velocity.iter().enumerate() {
                multibody.generalized_velocity_mut()[dof + k] = velocity as f32;
            }
            let joint = &mut self.link_mut(joint_idx).joint;
            let displacement = displacement(compiled, joint, goal);
            joint.apply_displacement(&displacement[..compiled.kind.n_velocities()]);
        }
        self.update_poses();
        self.pace = Pace::from_rest(n_velocities);
        self.ledger.interrupt();
    }

    /// The compiled robot as it was described.
    #[must_use]
    pub fn robot(&self) -> &RobotSpec {
        &self.layout.robot
    }

    /// Pose of the frame of a link.
    #[must_use]
    pub fn link_pose(&self, link_idx: usize) -> WorldPose {
        WorldPose::from(*self.link(link_idx).1.local_to_world())
    }

    /// Pose of a shape of a link, and the shape as it is now: a change of length stretches it.
    #[must_use]
    pub fn link_shape(&self, link_idx: usize, shape_idx: usize) -> (WorldPose, Shape) {
        let (in_link, shape) = self.shape_in_link(link_idx, shape_idx);
        (WorldPose::from(*self.link(link_idx).1.local_to_world() * in_link), shape)
    }

    /// Pose of a site.
    #[must_use]
    pub fn site_pose(&self, site_idx: usize) -> WorldPose {
        WorldPose::from(self.site(site_idx))
    }

    /// World position of a point that is given in the frame of a link as it is described, in metres. A stretched link takes
    /// it along.
    #[must_use]
    pub fn link_point(&self, link_idx: usize, point: [f32; 3]) -> [f32; 3] {
        (*self.link(link_idx).1.local_to_world() * (Vector::from(point) * self.tuning.length_scale(link_idx))).into()
    }

    /// World pose of something fixed to a link, given its pose in the frame of the link, as for [`World::link_point`].
    #[must_use]
    pub fn pose_on_link(&self, link_idx: usize, translation: [f32; 3], rotation: [f32; 4]) -> WorldPose {
        let translation = Vector::from(translation) * self.tuning.length_scale(link_idx);
        let in_link = Pose::from_parts(translation, Rotation::from_array(rotation));
        WorldPose::from(*self.link(link_idx).1.local_to_world() * in_link)
    }

    /// Whether all joint velocities and link positions are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        (0..self.layout.links.len()).all(|link_idx| {
            let (multibody, link) = self.link(link_idx);
            multibody.joint_velocity(link).iter().all(|velocity| velocity.is_finite())
                && link.local_to_world().translation.is_finite()
        })
    }

    /// Makes a decoded world usable: `template` is the same robot as it was compiled.
    ///
    /// # Errors
    /// With what does not fit.
    pub(crate) fn adopt(&mut self, template: &Self) -> Result<(), String> {
        let counts = |parts: &Parts| [parts.bodies.len(), parts.colliders.len(), parts.impulse_joints.len()];
        if counts(&self.parts) != counts(&template.parts) {
            return Err("it has another number of bodies, shapes or joints".into());
        }
        let fits = template.layout.links.iter().all(|link| {
            let joint_of = |parts: &Parts| {
                let (multibody, link_idx) = parts.multibody_joints.get(link.joint)?;
                let link = multibody.link(link_idx)?;
                let axes = link.joint.data.locked_axes;
                Some((multibody.ndofs(), multibody.num_links(), link_idx, link.assembly_id(), axes))
            };
            self.parts.bodies.contains(link.body)
                && link.colliders.iter().flatten().all(|&handle| self.parts.colliders.contains(handle))
                && joint_of(&self.parts) == joint_of(&template.parts)
        });
        if !fits {
            return Err("its joints are those of another robot".into());
        }
        if self.parts.integration != template.parts.integration {
            return Err("its physics has other settings".into());
        }
        let robot = template.robot();
        if !self.tuning.fits(robot.links.len()) || !self.forces.fit(robot) {
            return Err("its changes are those of another robot".into());
        }
        let pushes = &self.pushes.on_links;
        if pushes.len() != robot.links.len()
            || !pushes.iter().flatten().all(|x| x.is_finite())
            || !self.ledger.is_valid()
            || !self.pace.fits(template.layout.n_velocities)
        {
            return Err("its contacts or books are those of another robot, or not finite".into());
        }
        self.layout = template.layout.clone();
        if self.is_finite() { Ok(()) } else { Err("a pose or velocity in it is not finite".into()) }
    }

    /// Carries joint positions over to the links and bodies.
    fn update_poses(&mut self) {
        for &base in &self.layout.bases {
            let Some(id) = self.parts.multibody_joints.rigid_body_link(base).map(|link| link.multibody) else {
                continue;
            };
            if let Some(multibody) = self.parts.multibody_joints.get_multibody_mut(id) {
                multibody.forward_kinematics(&self.parts.bodies, false);
            }
        }
        for link_idx in 0..self.layout.links.len() {
            // Takes the shapes along: after `Multibody::update_rigid_bodies` it would not, since the body is there already.
            let pose = *self.link(link_idx).1.local_to_world();
            self.parts.bodies[self.layout.links[link_idx].body].set_position(pose, true);
        }
    }

    fn site(&self, site_idx: usize) -> Pose {
        let link_idx = self.layout.site_links[site_idx];
        *self.link(link_idx).1.local_to_world() * self.site_in_link(site_idx)
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

/// What takes a joint from where it is to the positions `goal`, one value for each degree of freedom.
fn displacement(compiled: &CompiledLink, joint: &MultibodyJoint, goal: &[f64]) -> [f32; 6] {
    let now = joint.coords();
    let to = |axis: usize, k: usize| (goal[k] - f64::from(now[axis])) as f32;
    match compiled.kind {
        JointKind::Hinge | JointKind::Slide => [to(compiled.axis as usize, 0), 0.0, 0.0, 0.0, 0.0, 0.0],
        JointKind::Planar => [to(0, 0), to(2, 1), to(4, 2), 0.0, 0.0, 0.0],
        JointKind::Free => {
            let goal_rotation =
                Rotation::from_array([goal[3], goal[4], goal[5], goal[6]].map(|x| x as f32)).normalize();
            let turn = (goal_rotation * joint.joint_rot().inverse()).to_scaled_axis();
            [to(0, 0), to(1, 1), to(2, 2), turn.x, turn.y, turn.z]
        }
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
