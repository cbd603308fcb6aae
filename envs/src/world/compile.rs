//! From a [`RobotSpec`] to a Rapier world.

use std::sync::Arc;

use rapier3d::{
    math::{Pose, Rotation, Vector},
    prelude::*,
};

use super::{CompiledLink, Layout, Parts, STANDARD_GRAVITY, Workspace, World};
use crate::{
    env::EnvError,
    robot::{JointKind, LinkSpec, RobotSpec},
    scene::Shape,
};

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
        let (multibody, dof) = self.parts.dof_mut(self.layout.links[joint_idx].joint);
        multibody.damping_mut()[dof] = link.joint.damping as f32;
        multibody.armature_mut()[dof] = link.joint.armature as f32;
        multibody.frictions_mut()[dof] = link.joint.friction as f32;
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
}

impl CompiledLink {
    /// Mass properties in the frame of the link.
    pub(super) fn mass_properties(&self, mass_kg: f64) -> MassProperties {
        let mut properties = self.mass_of_unit;
        properties.set_mass(mass_kg as f32, true);
        properties
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
