//! From a [`RobotSpec`] to a Rapier world.

use std::sync::Arc;

use nalgebra::Vector3;
use rapier3d::{
    math::{Pose, Rotation, Vector},
    prelude::*,
};

use super::{
    Clock, Contacts, Floor, Forces, Layout, Ledger, Pace, Parts, Pushes, STANDARD_GRAVITY, Surface, Tuning, Workspace,
    World,
    constraint::dot,
    motion::{Factor, Motion},
    rigid,
};
use crate::{
    env::EnvError,
    robot::{JointKind, LinkSpec, RobotSpec, ShapeSpec},
    scene::Shape,
};

/// Membership of the surroundings.
const SURROUNDINGS: Group = Group::GROUP_1;
/// How many groups are left for the trees of links.
const TREE_GROUPS: usize = 31;

/// Least ease of a link or joint, as a share of that of a mass of all links.
const LEAST_EASE: f64 = 1e-3;

/// Height at which no part of a robot touches the floor, in m.
const OUT_OF_REACH: f64 = 100.0;

/// Where a link is found in the world.
pub(super) struct CompiledLink {
    /// Membership of its tree, whose links do not touch each other.
    pub tree: Group,
    pub body: RigidBodyHandle,
    pub joint: MultibodyJointHandle,
    pub kind: JointKind,
    /// The link that it hangs on.
    pub parent: Option<usize>,
    /// The axis of a hinge or slide in Rapier's joint.
    pub axis: JointAxis,
    /// The collider of each shape that touches something.
    pub colliders: Vec<Option<ColliderHandle>>,
}

impl World {
    /// Builds the world of `robot`, all joints at rest in the posture to start from.
    ///
    /// # Errors
    /// If the description of the robot is not physical.
    pub fn compile(robot: &RobotSpec, floor: Option<Floor>, clock: impl Into<Clock>) -> Result<Self, EnvError> {
        robot.validate()?;
        let clock = clock.into();
        let mut parts = Parts::empty(clock);
        // Contacts begin to push at their margins, and have to be found there.
        let margins = robot.links.iter().flat_map(|link| &link.shapes).chain(&robot.base).map(|shape| shape.margin);
        let ahead = &mut parts.integration.normalized_prediction_distance;
        *ahead = ahead.max(2.0 * margins.fold(0.0, f64::max) as f32);
        let mut links: Vec<CompiledLink> = Vec::with_capacity(robot.links.len());
        let mut bases = Vec::new();
        for (link_idx, link) in robot.links.iter().enumerate() {
            let parent = robot.parent_idx(link_idx);
            let (hangs_on, tree) = parent.map(|idx| (links[idx].body, links[idx].tree)).unwrap_or_else(|| {
                bases.push(parts.bodies.insert(RigidBodyBuilder::fixed()));
                (bases[bases.len() - 1], tree_group(bases.len() - 1))
            });
            links.push(CompiledLink { parent, ..parts.insert_link(link, hangs_on, tree) });
        }
        let mut surfaces = Vec::new();
        for (link_idx, (link, compiled)) in robot.links.iter().zip(&links).enumerate() {
            for (shape, collider) in link.shapes.iter().zip(&compiled.colliders) {
                surfaces.extend(collider.zip(Surface::of(shape, Some(link_idx))));
            }
        }
        for shape in &robot.base {
            if let (Some(collider), Some(surface)) = (collider(shape, SURROUNDINGS), Surface::of(shape, None)) {
                surfaces.push((parts.colliders.insert(collider), surface));
            }
        }
        let compiled_floor = floor.map(|floor| parts.insert_floor(floor));
        if let (Some(Floor { friction }), Some(floor)) = (floor, &compiled_floor) {
            surfaces.extend([floor.plane, floor.field].map(|handle| (handle, Surface::floor(friction))));
        }
        let layout = Layout {
            motor_joints: robot.motors.iter().filter_map(|motor| robot.joint_idx(&motor.joint)).collect(),
            site_links: robot.sites.iter().filter_map(|site| robot.link_idx(&site.link)).collect(),
            floor: compiled_floor,
            surfaces,
            contacts: clock.contacts,
            eases: vec![0.0; robot.links.len()],
            dof_eases: vec![0.0; robot.n_velocities()],
            first_dofs: (0..robot.links.len()).map(|idx| robot.velocity_range(idx).start).collect(),
            dof_joints: (0..robot.links.len()).flat_map(|idx| robot.velocity_range(idx).map(move |_| idx)).collect(),
            n_positions: robot.zero_positions().len(),
            n_velocities: robot.n_velocities(),
            robot: robot.clone(),
            links,
            bases,
        };
        let mut world = Self {
            forces: Forces::resting(robot),
            tuning: Tuning::none(robot),
            ledger: Ledger::default(),
            pace: Pace::from_rest(robot.n_velocities()),
            pushes: Pushes { on_links: vec![[0.0; 3]; robot.links.len()] },
            parts,
            workspace: Workspace::default(),
            layout: Arc::new(layout),
        };
        world.set_coefficients();
        if let Contacts::Rigid { .. } = clock.contacts {
            world.harden();
        }
        world.settle();
        world.find_eases();
        world.ledger = Ledger::default();
        world.pace = Pace::from_rest(robot.n_velocities());
        world.pushes.on_links.fill([0.0; 3]);
        Ok(world)
    }

    /// Takes one stride without gravity, out of reach of the floor, so that Rapier's bookkeeping of a new world is behind
    /// it: part of that bookkeeping is not in a saved state.
    fn settle(&mut self) {
        let robot = &self.layout.clone().robot;
        (0..robot.links.len()).for_each(|link_idx| self.update_mass(link_idx));
        let (rest, still) = (robot.rest_positions(), vec![0.0; robot.n_velocities()]);
        self.set_gravity(0.0);
        let mut lifted = rest.clone();
        robot.lift(&mut lifted, OUT_OF_REACH);
        self.set_joints(&lifted, &still);
        let settled = self.step();
        debug_assert_eq!(settled, Ok(()), "a robot at rest without forces does not break");
        self.set_joints(&rest, &still);
        self.set_gravity(STANDARD_GRAVITY);
    }

    /// How easily links and joints are moved, with all joints at zero.
    fn find_eases(&mut self) {
        let robot = self.layout.robot.clone();
        let still = vec![0.0; robot.n_velocities()];
        self.set_joints(&robot.zero_positions(), &still);
        let (mut motion, mut factor) = (Motion::default(), Factor::default());
        motion.read(self);
        motion.factorise(|_| 0.0, &mut factor);
        let ease_of = |row: Vec<f64>| {
            let mut response = row.clone();
            factor.solve(&mut response);
            dot(&row, &response)
        };
        let link_ease = |link_idx: usize| {
            let along = [Vector3::x(), Vector3::y(), Vector3::z()].map(|axis| {
                let mut row = vec![0.0; motion.n()];
                motion.add_row(link_idx, motion.centre(link_idx), axis, 1.0, &mut row);
                ease_of(row)
            });
            along.iter().sum::<f64>() / 3.0
        };
        let dof_ease = |dof: usize| {
            let mut row = vec![0.0; motion.n()];
            row[dof] = 1.0;
            ease_of(row)
        };
        // What nothing moves at zero would not give way at all, and be pushed without end where it is moved after all.
        let least = LEAST_EASE / robot.mass_kg();
        let link_ease = |link_idx: usize| link_ease(link_idx).max(least);
        let dof_ease = |dof: usize| dof_ease(dof).max(least);
        let (eases, dof_eases) =
            ((0..robot.links.len()).map(link_ease).collect(), (0..motion.n()).map(dof_ease).collect());
        self.set_joints(&robot.rest_positions(), &still);
        if let Some(layout) = Arc::get_mut(&mut self.layout) {
            (layout.eases, layout.dof_eases) = (eases, dof_eases);
        }
    }

    /// Damping, armature and springs; Rapier's own default for a hinge is a damping of 0.1.
    fn set_coefficients(&mut self) {
        let layout = self.layout.clone();
        for (joint_idx, (compiled, link)) in layout.links.iter().zip(&layout.robot.links).enumerate() {
            let (multibody, dof) = self.parts.dof_mut(compiled.joint);
            for dof in dof..dof + compiled.kind.n_velocities() {
                multibody.damping_mut()[dof] = link.joint.damping as f32;
                multibody.armature_mut()[dof] = link.joint.armature as f32;
                // Contacts, stops and dry friction are ours.
                multibody.frictions_mut()[dof] = 0.0;
            }
            if link.joint.kind.is_axial() {
                self.set_joint_stiffness(joint_idx, link.joint.stiffness);
            }
        }
        for &base in &layout.bases {
            let id = self.parts.multibody_joints.rigid_body_link(base).map(|link| link.multibody);
            if let Some(multibody) = id.and_then(|id| self.parts.multibody_joints.get_multibody_mut(id)) {
                multibody.set_self_contacts_enabled(false);
            }
        }
    }
}

impl Surface {
    fn of(shape: &ShapeSpec, link_idx: Option<usize>) -> Option<Self> {
        let ShapeSpec { softness, margin, contact_friction, .. } = *shape;
        contact_friction.map(|friction| Self { link_idx, softness: Some(softness), margin, friction })
    }

    /// As soft as what touches it, with its margin.
    fn floor(friction: f64) -> Self {
        Self { link_idx: None, softness: None, margin: 0.0, friction }
    }
}

impl Parts {
    fn empty(clock: Clock) -> Self {
        Self {
            gravity: Vector::ZERO,
            integration: integration(clock),
            islands: IslandManager::new(),
            broad_phase: DefaultBroadPhase::with_optimization_strategy(BvhOptimizationStrategy::None),
            narrow_phase: NarrowPhase::new(),
            bodies: RigidBodySet::new(),
            colliders: ColliderSet::new(),
            impulse_joints: ImpulseJointSet::new(),
            multibody_joints: MultibodyJointSet::new(),
            soft_bodies: SoftBodySet::new(),
        }
    }

    /// Inserts a link of a tree that hangs on the body `parent`.
    fn insert_link(&mut self, link: &LinkSpec, parent: RigidBodyHandle, tree: Group) -> CompiledLink {
        let (joint, axis) = joint(link);
        let body = self.bodies.insert(RigidBodyBuilder::dynamic().can_sleep(false));
        let joint = self.multibody_joints.insert(parent, body, joint, true).expect("a new body has no joint yet");
        let colliders = link.shapes.iter().map(|shape| {
            collider(shape, tree).map(|collider| self.colliders.insert_with_parent(collider, body, &mut self.bodies))
        });
        CompiledLink { tree, body, joint, kind: link.joint.kind, parent: None, axis, colliders: colliders.collect() }
    }
}

/// Settings of the solver.
fn integration(clock: Clock) -> IntegrationParameters {
    let parameters = IntegrationParameters {
        dt: clock.stride_secs() as f32,
        num_solver_iterations: 1,
        num_internal_pgs_iterations: 1,
        // It would hold back the bodies of fast links, which then are not where their joints are.
        max_ccd_substeps: 0,
        // With recycled contacts a new friction coefficient is ignored while a contact rests.
        contact_recycling: false,
        ..IntegrationParameters::default()
    };
    rigid::integration(clock, parameters)
}

/// The joint of a link, and the axis of its one degree of freedom.
fn joint(link: &LinkSpec) -> (GenericJoint, JointAxis) {
    let spec = &link.joint;
    let (locked, axis) = match spec.kind {
        JointKind::Hinge => (JointAxesMask::LOCKED_REVOLUTE_AXES, JointAxis::AngX),
        JointKind::Slide => (JointAxesMask::LOCKED_PRISMATIC_AXES, JointAxis::LinX),
        JointKind::Planar => (JointAxesMask::LIN_Y | JointAxesMask::ANG_X | JointAxesMask::ANG_Z, JointAxis::LinX),
        JointKind::Free => (JointAxesMask::empty(), JointAxis::LinX),
    };
    let anchored = Pose::from_parts(vector(spec.anchor), quaternion(spec.rotation));
    // A hinge or slide moves along the x axis of its own frame.
    let along_axis = Pose::from_rotation(Rotation::from_rotation_arc(Vector::X, vector(spec.axis).normalize()));
    let (frame1, frame2) = match spec.kind {
        JointKind::Hinge | JointKind::Slide => (anchored * along_axis, along_axis),
        JointKind::Planar => (anchored, Pose::IDENTITY),
        // Its position is its pose in the world.
        JointKind::Free => (Pose::IDENTITY, Pose::IDENTITY),
    };
    let joint =
        GenericJointBuilder::new(locked).local_frame1(frame1).local_frame2(frame2).contacts_enabled(false).build();
    (joint, axis)
}

/// The collider of a shape, if it touches something. It weighs nothing: masses are set on the bodies.
fn collider(spec: &ShapeSpec, membership: Group) -> Option<ColliderBuilder> {
    let builder = ColliderBuilder::new(shared_shape(spec.shape)).position(
        Pose::from_parts(vector(spec.translation), quaternion(spec.rotation)) * rapier_from_shape(spec.shape),
    );
    spec.contact_friction.map(|friction| {
        surrounding(builder, friction).collision_groups(InteractionGroups::new(
            membership,
            !membership,
            InteractionTestMode::And,
        ))
    })
}

/// Membership of the links of a tree.
fn tree_group(tree_idx: usize) -> Group {
    Group::from_bits_truncate(SURROUNDINGS.bits() << (1 + tree_idx % TREE_GROUPS))
}

/// A collider of the surroundings, or what it has in common with that of a link.
pub(super) fn surrounding(builder: ColliderBuilder, friction: f64) -> ColliderBuilder {
    builder
        .density(0.0)
        .friction(friction as f32)
        .friction_combine_rule(CoefficientCombineRule::Max)
        .restitution(0.0)
        // Contacts are found, and solved by us.
        .solver_groups(InteractionGroups::none())
        .collision_groups(InteractionGroups::new(SURROUNDINGS, !SURROUNDINGS, InteractionTestMode::And))
}

pub(super) fn shared_shape(shape: Shape) -> SharedShape {
    match shape {
        Shape::Sphere { radius } => SharedShape::ball(radius),
        Shape::Capsule { radius, half_length } => {
            SharedShape::capsule(Vector::Z * -half_length, Vector::Z * half_length, radius)
        }
        Shape::Cylinder { radius, half_length } => SharedShape::cylinder(half_length, radius),
        Shape::Cuboid { half_extents: [x, y, z] } => SharedShape::cuboid(x, y, z),
    }
}

/// Rapier's cylinder lies along y, ours along z.
pub(super) fn rapier_from_shape(shape: Shape) -> Pose {
    match shape {
        Shape::Cylinder { .. } => Pose::from_rotation(Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2)),
        Shape::Sphere { .. } | Shape::Capsule { .. } | Shape::Cuboid { .. } => Pose::IDENTITY,
    }
}

pub(super) fn vector(v: [f64; 3]) -> Vector {
    Vector::from(v.map(|x| x as f32))
}

pub(super) fn quaternion(q: [f64; 4]) -> Rotation {
    Rotation::from_array(q.map(|x| x as f32)).normalize()
}
