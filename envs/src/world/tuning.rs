//! Changes of a compiled robot: masses, lengths, joints, friction.

use rapier3d::{
    math::{Pose, Vector},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use super::{
    Surface, World,
    compile::{quaternion, rapier_from_shape, shared_shape, vector},
};
use crate::{
    robot::{InertiaSpec, JointSpec, LinkSpec, RobotSpec},
    scene::Shape,
};

/// What is left of the mass of a link that was taken off: a mass of zero would leave its joint without inertia.
const MASS_LEFT: f64 = 1e-2;

/// How the links differ from their description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tuning {
    links: Vec<LinkTuning>,
    joints: Vec<JointTuning>,
}

/// How one link differs from its description.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct LinkTuning {
    mass_scale: f64,
    length_scale: f64,
    /// How far the centre of mass is moved along x of the link, in m.
    centre_shift: f64,
    /// What it carries at its centre of mass, in kg.
    payload_kg: f64,
    /// Taken off: weighs next to nothing and touches nothing.
    is_off: bool,
}

/// How one joint differs from its description.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct JointTuning {
    /// Factor of the range about its middle.
    range_scale: f64,
    /// Of its spring, in N·m/rad or N/m.
    stiffness: f64,
    /// Dry friction, in N·m or N.
    friction: f64,
    /// Where it is locked.
    locked_at: Option<f64>,
}

impl Tuning {
    pub(super) fn none(robot: &RobotSpec) -> Self {
        let link = LinkTuning { mass_scale: 1.0, length_scale: 1.0, centre_shift: 0.0, payload_kg: 0.0, is_off: false };
        Self {
            links: vec![link; robot.links.len()],
            joints: robot.links.iter().map(|link| JointTuning::none(&link.joint)).collect(),
        }
    }

    pub(super) fn length_scale(&self, link_idx: usize) -> f32 {
        self.links[link_idx].length_scale as f32
    }

    pub(super) fn stiffness(&self, joint_idx: usize) -> f64 {
        self.joints[joint_idx].stiffness
    }

    /// Where a joint is locked, in rad or m.
    pub(super) fn locked_at(&self, joint_idx: usize) -> Option<f64> {
        self.joints[joint_idx].locked_at
    }

    /// Smallest and largest position of `joint` as it is now, in rad or m.
    pub(super) fn limits(&self, joint_idx: usize, joint: &JointSpec) -> Option<[f64; 2]> {
        let scale = self.joints[joint_idx].range_scale;
        joint.limits.map(|[low, high]| {
            let middle = f64::midpoint(low, high);
            [low, high].map(|limit| if scale == 1.0 { limit } else { middle + (limit - middle) * scale })
        })
    }

    /// Dry friction of `joint` as it is now, in N·m or N.
    pub(super) fn joint_friction(&self, joint_idx: usize) -> f64 {
        self.joints[joint_idx].friction
    }

    /// Whether this is a possible tuning of `n_links` links.
    pub(super) fn fits(&self, n_links: usize) -> bool {
        let of_link = |link: &LinkTuning| {
            [link.mass_scale, link.length_scale, link.centre_shift, link.payload_kg].iter().all(|x| x.is_finite())
        };
        let of_joint = |joint: &JointTuning| {
            [joint.range_scale, joint.stiffness, joint.friction].iter().all(|x| x.is_finite())
                && joint.locked_at.is_none_or(f64::is_finite)
        };
        self.links.len() == n_links
            && self.joints.len() == n_links
            && self.links.iter().all(of_link)
            && self.joints.iter().all(of_joint)
    }
}

impl World {
    /// Strength of gravity, downwards, in m/s².
    pub fn set_gravity(&mut self, gravity: f64) {
        self.forces.gravity = gravity;
        self.update_gravity();
    }

    /// Slope of the floor, in rad: positive goes uphill along x. Gravity is tilted against a level floor.
    pub fn set_slope(&mut self, slope: f64) {
        self.forces.slope = slope;
        self.update_gravity();
    }

    /// Dry friction of a joint, in N·m or N.
    pub fn set_joint_friction(&mut self, joint_idx: usize, friction: f64) {
        self.tuning.joints[joint_idx].friction = friction;
    }

    /// Viscous damping of a hinge or slide, in N·m·s/rad or N·s/m.
    pub fn set_joint_damping(&mut self, joint_idx: usize, damping: f64) {
        let (multibody, dof) = self.parts.dof_mut(self.layout.links[joint_idx].joint);
        multibody.damping_mut()[dof] = damping as f32;
    }

    /// Stiffness of the spring of a hinge or slide, in N·m/rad or N/m.
    pub fn set_joint_stiffness(&mut self, joint_idx: usize, stiffness: f64) {
        self.tuning.joints[joint_idx].stiffness = stiffness;
        self.ledger.interrupt();
    }

    /// Range of a hinge or slide with limits, as a share of the described one, about its middle.
    pub fn set_joint_range(&mut self, joint_idx: usize, scale: f64) {
        self.tuning.joints[joint_idx].range_scale = scale;
        self.ledger.interrupt();
    }

    /// Locks a hinge or slide where it is, or frees it.
    pub fn set_joint_locked(&mut self, joint_idx: usize, is_locked: bool) {
        let position = self.joint_position(joint_idx);
        self.tuning.joints[joint_idx].locked_at = is_locked.then_some(position);
    }

    /// Mass of a link, in kg. Its inertia grows with it, its centre of mass stays.
    pub fn set_link_mass(&mut self, link_idx: usize, mass_kg: f64) {
        self.tuning.links[link_idx].mass_scale = mass_kg / self.layout.robot.links[link_idx].mass_kg;
        self.update_mass(link_idx);
    }

    /// What a link carries at its centre of mass, in kg.
    pub fn set_payload(&mut self, link_idx: usize, payload_kg: f64) {
        self.tuning.links[link_idx].payload_kg = payload_kg;
        self.update_mass(link_idx);
    }

    /// Moves the centre of mass of a link along the x axis of its frame, in m.
    pub fn set_centre_shift(&mut self, link_idx: usize, shift: f64) {
        self.tuning.links[link_idx].centre_shift = shift;
        self.update_mass(link_idx);
    }

    /// Stretches a link: its shapes, its sites and where the next links hang. Its mass stays.
    pub fn set_link_length(&mut self, link_idx: usize, scale: f64) {
        self.tuning.links[link_idx].length_scale = scale;
        self.update_mass(link_idx);
        let layout = self.layout.clone();
        let name = &layout.robot.links[link_idx].name;
        for (child_idx, child) in layout.robot.links.iter().enumerate() {
            if child.parent.as_ref() == Some(name) {
                self.link_mut(child_idx).joint.data.local_frame1.translation =
                    vector(child.joint.anchor) * scale as f32;
            }
        }
        for (shape_idx, collider) in layout.links[link_idx].colliders.iter().enumerate() {
            let (in_link, shape) = self.shape_in_link(link_idx, shape_idx);
            if let Some(collider) = collider.and_then(|handle| self.parts.colliders.get_mut(handle)) {
                collider.set_shape(shared_shape(shape));
                collider.set_position_wrt_parent(in_link * rapier_from_shape(shape));
            }
        }
        self.update_poses();
    }

    /// Takes the given links off, or puts them back: they weigh next to nothing and touch nothing meanwhile.
    pub fn set_links_off(&mut self, link_idxs: &[usize], are_off: bool) {
        for &link_idx in link_idxs {
            self.tuning.links[link_idx].is_off = are_off;
            self.update_mass(link_idx);
            for handle in self.layout.clone().links[link_idx].colliders.iter().flatten() {
                if let Some(collider) = self.parts.colliders.get_mut(*handle) {
                    collider.set_enabled(!are_off);
                }
            }
        }
    }

    /// Whether a link is taken off.
    #[must_use]
    pub fn is_link_off(&self, link_idx: usize) -> bool {
        self.tuning.links[link_idx].is_off
    }

    /// Coefficient of sliding friction of the shapes with the most of it. The friction of all others, of the floor and of
    /// what is bolted to the world changes in proportion.
    pub fn set_contact_friction(&mut self, friction: f64) {
        let Some(nominal) = self.contact_friction() else { return };
        for &(handle, Surface { friction: own, .. }) in &self.layout.surfaces {
            if let Some(collider) = self.parts.colliders.get_mut(handle) {
                collider.set_friction((own * friction / nominal) as f32);
            }
        }
    }

    /// Largest coefficient of friction of all shapes in the unchanged world: none if nothing can touch anything.
    #[must_use]
    pub fn contact_friction(&self) -> Option<f64> {
        self.layout
            .surfaces
            .iter()
            .map(|(_, surface)| surface.friction)
            .max_by(f64::total_cmp)
            .filter(|most| *most > 0.0)
    }

    /// A shape as it is now, with its pose in the frame of the link.
    pub(super) fn shape_in_link(&self, link_idx: usize, shape_idx: usize) -> (Pose, Shape) {
        let scale = self.tuning.links[link_idx].length_scale;
        let spec = self.layout.robot.links[link_idx].shapes[shape_idx].stretched(scale);
        (Pose::from_parts(vector(spec.translation), quaternion(spec.rotation)), spec.shape)
    }

    /// A site in the frame of its link.
    pub(super) fn site_in_link(&self, site_idx: usize) -> Pose {
        let spec = &self.layout.robot.sites[site_idx];
        let scale = self.tuning.length_scale(self.layout.site_links[site_idx]);
        Pose::from_parts(vector(spec.translation) * scale, quaternion(spec.rotation))
    }

    pub(super) fn update_mass(&mut self, link_idx: usize) {
        self.ledger.interrupt();
        let properties = self.tuning.links[link_idx].properties(&self.layout.robot.links[link_idx]);
        self.parts.bodies[self.layout.links[link_idx].body].set_additional_mass_properties(properties, true);
    }

    fn update_gravity(&mut self) {
        self.ledger.interrupt();
        let (sin, cos) = self.forces.slope.sin_cos();
        self.parts.gravity = Vector::new((-self.forces.gravity * sin) as f32, 0.0, (-self.forces.gravity * cos) as f32);
    }
}

impl JointTuning {
    fn none(joint: &JointSpec) -> Self {
        Self { range_scale: 1.0, stiffness: 0.0, friction: joint.friction, locked_at: None }
    }
}

impl LinkTuning {
    /// Mass properties of `link` in its frame.
    fn properties(&self, link: &LinkSpec) -> MassProperties {
        let scale = self.length_scale;
        let stretched = LinkSpec {
            shapes: link.shapes.iter().map(|spec| spec.stretched(scale)).collect(),
            inertia: link.inertia.map(|inertia| inertia.stretched(scale)),
            ..link.clone()
        };
        let InertiaSpec { centre_of_mass, principal_moments, rotation } = stretched.inertia();
        let mut properties = MassProperties::with_principal_inertia_frame(
            vector(centre_of_mass),
            link.mass_kg as f32,
            vector(principal_moments),
            quaternion(rotation),
        );
        let mass_left = if self.is_off { MASS_LEFT } else { 1.0 };
        let mass_kg = link.mass_kg * self.mass_scale * mass_left;
        if mass_kg != link.mass_kg {
            properties.set_mass(mass_kg as f32, true);
        }
        properties.local_com.x += self.centre_shift as f32;
        if self.payload_kg > 0.0 {
            properties += MassProperties::new(properties.local_com, self.payload_kg as f32, Vector::ZERO);
        }
        properties
    }
}
