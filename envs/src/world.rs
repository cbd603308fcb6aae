//! One robot compiled into a Rapier world. Rapier's types stay inside this file.
//!
//! The robot is one multibody in reduced coordinates: a fixed base, then one link a joint.
//! Masses are set on the bodies; there are no colliders yet, hence no contacts.

use std::sync::Arc;

use rapier3d::{
    math::{Pose, Rotation, Vector},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::{
    env::{EnvError, Fault},
    robot::{JointKind, LinkSpec, RobotSpec},
    scene::Shape,
};

/// Gravity at the surface of the earth, in m/s².
pub const STANDARD_GRAVITY: f64 = 9.81;

/// A velocity that no joint reaches: a velocity motor that aims for it always pushes with its largest force.
const UNREACHABLE_VELOCITY: f32 = 1e9;

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
    /// Builds the world of `robot`: all joints at position zero and at rest.
    ///
    /// # Errors
    /// If the description of the robot is not physical.
    pub fn compile(robot: &RobotSpec, dt_secs: f64) -> Result<Self, EnvError> {
        robot.validate()?;
        let mut parts = Parts::empty(dt_secs);
        let base = parts.bodies.insert(RigidBodyBuilder::fixed());
        let mut links: Vec<CompiledLink> = Vec::with_capacity(robot.links.len());
        for link in &robot.links {
            let parent = link.parent.as_ref().and_then(|name| robot.link_idx(name));
            let parent_body = parent.map_or(base, |parent_idx| links[parent_idx].body);
            links.push(parts.insert_link(link, parent_body));
        }
        let motor_joints = robot.motors.iter().filter_map(|motor| robot.joint_idx(&motor.joint)).collect();
        let mut world =
            Self { parts, workspace: Workspace::default(), layout: Arc::new(Layout { links, motor_joints }) };
        for (joint_idx, link) in robot.links.iter().enumerate() {
            world.set_joint_coefficients(joint_idx, link);
        }
        for &joint_idx in &world.layout.clone().motor_joints {
            let axis = world.layout.links[joint_idx].axis;
            world.link_mut(joint_idx).joint.data.set_motor_model(axis, MotorModel::ForceBased);
        }
        world.settle();
        Ok(world)
    }

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
            let (multibody, link_idx) = self.parts.multibody_mut(link.joint);
            let Some(dof) = multibody.link(link_idx).map(MultibodyLink::assembly_id) else { continue };
            multibody.generalized_velocity_mut()[dof] = velocities[joint_idx] as f32;
            if let Some(link) = multibody.link_mut(link_idx) {
                link.joint.apply_displacement(&[displacement]);
            }
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
        let (multibody, link_idx) = self.parts.multibody_mut(self.layout.links[joint_idx].joint);
        if let Some(dof) = multibody.link(link_idx).map(MultibodyLink::assembly_id) {
            multibody.frictions_mut()[dof] = friction as f32;
        }
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

    /// Takes one step without gravity in the pose of rest, so that Rapier's bookkeeping of a new world is behind it:
    /// part of that bookkeeping is not in a saved state.
    fn settle(&mut self) {
        self.set_gravity(0.0);
        (0..self.layout.motor_joints.len()).for_each(|motor_idx| self.set_motor(motor_idx, 0.0));
        self.update_poses();
        let settled = self.step();
        debug_assert_eq!(settled, Ok(()), "a robot at rest without forces stays where it is");
        self.set_joints(&vec![0.0; self.layout.links.len()], &vec![0.0; self.layout.links.len()]);
        self.set_gravity(STANDARD_GRAVITY);
    }

    /// Damping, armature and friction; Rapier's own default for a hinge is a damping of 0.1.
    fn set_joint_coefficients(&mut self, joint_idx: usize, link: &LinkSpec) {
        let (multibody, link_idx) = self.parts.multibody_mut(self.layout.links[joint_idx].joint);
        let Some(dof) = multibody.link(link_idx).map(MultibodyLink::assembly_id) else { return };
        multibody.damping_mut()[dof] = link.joint.damping as f32;
        multibody.armature_mut()[dof] = link.joint.armature as f32;
        multibody.frictions_mut()[dof] = link.joint.friction as f32;
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
        let (multibody, id) =
            self.parts.multibody_joints.get(self.layout.links[link_idx].joint).expect("joints are never removed");
        (multibody, multibody.link(id).expect("links are never removed"))
    }

    fn link_mut(&mut self, link_idx: usize) -> &mut MultibodyLink {
        let (multibody, id) = self.parts.multibody_mut(self.layout.links[link_idx].joint);
        multibody.link_mut(id).expect("links are never removed")
    }
}

impl Parts {
    fn empty(dt_secs: f64) -> Self {
        let integration = IntegrationParameters {
            dt: dt_secs as f32,
            num_solver_iterations: 1,
            num_internal_pgs_iterations: 4,
            // With recycled contacts a new friction coefficient is ignored while a contact rests.
            contact_recycling: false,
            ..IntegrationParameters::default()
        };
        Self {
            gravity: Vector::ZERO,
            integration,
            islands: IslandManager::new(),
            broad_phase: DefaultBroadPhase::default(),
            narrow_phase: NarrowPhase::new(),
            bodies: RigidBodySet::new(),
            colliders: ColliderSet::new(),
            impulse_joints: ImpulseJointSet::new(),
            multibody_joints: MultibodyJointSet::new(),
            soft_bodies: SoftBodySet::new(),
        }
    }

    fn insert_link(&mut self, link: &LinkSpec, parent: RigidBodyHandle) -> CompiledLink {
        let spec = &link.joint;
        let axis = vector(spec.axis).normalize();
        let (locked, axis_idx) = match spec.kind {
            JointKind::Hinge => (JointAxesMask::LOCKED_REVOLUTE_AXES, JointAxis::AngX),
            JointKind::Slide => (JointAxesMask::LOCKED_PRISMATIC_AXES, JointAxis::LinX),
        };
        let mut joint = GenericJointBuilder::new(locked)
            .local_axis1(axis)
            .local_axis2(axis)
            .local_anchor1(vector(spec.anchor))
            .contacts_enabled(false)
            .build();
        if let Some([low, high]) = spec.limits {
            joint.set_limits(axis_idx, [low as f32, high as f32]);
        }
        let shape_in_link = Pose::from_parts(
            vector(link.shape_translation),
            Rotation::from_array(link.shape_rotation.map(|x| x as f32)).normalize(),
        );
        let mass_of_unit = mass_of_unit(link.shape).transform_by(&shape_in_link);
        let body = self.bodies.insert(RigidBodyBuilder::dynamic().can_sleep(false));
        let joint = self.multibody_joints.insert(parent, body, joint, true).expect("a new body has no joint yet");
        let compiled = CompiledLink { body, joint, axis: axis_idx, mass_of_unit, shape_in_link };
        self.bodies[body].set_additional_mass_properties(compiled.mass_properties(link.mass_kg), true);
        compiled
    }

    fn multibody_mut(&mut self, joint: MultibodyJointHandle) -> (&mut Multibody, usize) {
        self.multibody_joints.get_mut(joint).expect("joints are never removed")
    }
}

impl CompiledLink {
    fn mass_properties(&self, mass_kg: f64) -> MassProperties {
        let mut properties = self.mass_of_unit;
        properties.set_mass(mass_kg as f32, true);
        properties
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

/// Mass properties of a shape of density one, centred on its pose.
fn mass_of_unit(shape: Shape) -> MassProperties {
    match shape {
        Shape::Sphere { radius } => MassProperties::from_ball(1.0, radius),
        Shape::Capsule { radius, half_length } => {
            MassProperties::from_capsule(1.0, Vector::Z * -half_length, Vector::Z * half_length, radius)
        }
        // Rapier's cylinder lies along y.
        Shape::Cylinder { radius, half_length } => MassProperties::from_cylinder(1.0, half_length, radius)
            .transform_by(&Pose::from_rotation(Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2))),
        Shape::Cuboid { half_extents } => MassProperties::from_cuboid(1.0, Vector::from(half_extents)),
    }
}

fn vector(v: [f64; 3]) -> Vector {
    Vector::from(v.map(|x| x as f32))
}
