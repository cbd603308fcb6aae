//! Description of a robot as plain data: trees of links moved by joints, motors on the joints, sites on the links.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::scene::Shape;

mod check;
pub mod dynamics;
mod inertia;
mod mass;
mod softness;

pub use check::MAX_LINKS;
pub use dynamics::TreeDynamics;
pub(crate) use inertia::unit_quaternion;
pub(crate) use mass::Mass;
pub(crate) use softness::Response;
pub use softness::Softness;

/// A robot. SI units throughout; the world's z axis points up.
///
/// The frame of a link lies in its joint. At joint position zero it is where `anchor` and `rotation` of the joint put it
/// in the frame of the parent, or of the world for a link without a parent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobotSpec {
    /// Name of the robot.
    pub name: String,
    /// Links, each after its parent.
    pub links: Vec<LinkSpec>,
    /// Motors, in the order of the action.
    #[serde(default)]
    pub motors: Vec<MotorSpec>,
    /// Named frames on the links, such as a gripper or a fingertip.
    #[serde(default)]
    pub sites: Vec<SiteSpec>,
    /// Shapes that are bolted to the world, in its frame.
    #[serde(default)]
    pub base: Vec<ShapeSpec>,
    /// Positions of all joints in the posture to start from; see [`RobotSpec::rest_positions`] if absent.
    #[serde(default)]
    pub home: Option<Vec<f64>>,
    /// How friction bounds the forces of contacts.
    #[serde(default)]
    pub friction_cone: FrictionCone,
}

/// How friction and softness of contacts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrictionCone {
    /// Friction gives way `impratio` times less than the normal force does.
    Elliptic {
        /// At least above zero.
        impratio: f64,
    },
    /// As soft as MuJoCo's pyramids of four edges: a contact gives way the more, the more friction it has.
    Pyramidal,
}

impl FrictionCone {
    /// By how much more a contact with this coefficient of friction resists along its normal and across it than one without
    /// friction.
    pub(crate) fn resistances(self, friction: f64) -> [f64; 2] {
        let square = friction * friction;
        match self {
            Self::Elliptic { impratio } => [1.0, 1.0 / impratio],
            // Four edges at ± μ share the normal force, two of them the friction along an axis.
            Self::Pyramidal => [0.5 * square * (1.0 + square), 1.0 + square],
        }
    }
}

impl Default for FrictionCone {
    /// Friction that hardly creeps.
    fn default() -> Self {
        Self::Elliptic { impratio: 100.0 }
    }
}

/// A rigid part and the joint that moves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// Name of the link.
    pub name: String,
    /// Name of the link that it hangs on; the world if absent.
    #[serde(default)]
    pub parent: Option<String>,
    /// How it moves against its parent.
    pub joint: JointSpec,
    /// What it looks like and touches with.
    #[serde(default)]
    pub shapes: Vec<ShapeSpec>,
    /// Mass, in kg. Zero only in between: where a link that hangs on it has mass.
    pub mass_kg: f64,
    /// How the mass is distributed; evenly over the shapes if absent.
    #[serde(default)]
    pub inertia: Option<InertiaSpec>,
}

/// A shape in the frame of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeSpec {
    /// The shape, centred on its pose.
    pub shape: Shape,
    /// Centre, in metres.
    #[serde(default)]
    pub translation: [f64; 3],
    /// Orientation, as a unit quaternion `x, y, z, w`.
    #[serde(default = "unrotated")]
    pub rotation: [f64; 4],
    /// Coefficient of sliding friction; the shape touches nothing if absent.
    #[serde(default)]
    pub contact_friction: Option<f64>,
    /// How contacts give way.
    #[serde(default)]
    pub softness: Softness,
    /// Distance at which contacts begin to push, in m; those of two shapes add up.
    #[serde(default)]
    pub margin: f64,
}

/// Distribution of the mass of a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InertiaSpec {
    /// Centre of mass in the frame of the link, in metres.
    pub centre_of_mass: [f64; 3],
    /// Moments of inertia about the principal axes through the centre of mass, in kg·m².
    pub principal_moments: [f64; 3],
    /// Orientation of the principal axes in the frame of the link, as a unit quaternion `x, y, z, w`.
    #[serde(default = "unrotated")]
    pub rotation: [f64; 4],
}

/// A joint. Units are those of a hinge, with those of a slide in brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointSpec {
    /// Name of the joint.
    pub name: String,
    /// What it allows.
    pub kind: JointKind,
    /// Axis of a hinge or slide in the frame of the link; any length but zero.
    #[serde(default = "along_z")]
    pub axis: [f64; 3],
    /// Where the joint sits in the frame of the parent, in metres.
    #[serde(default)]
    pub anchor: [f64; 3],
    /// Orientation of the link in the frame of the parent at position zero, as a unit quaternion `x, y, z, w`.
    #[serde(default = "unrotated")]
    pub rotation: [f64; 4],
    /// Smallest and largest position of a hinge or slide, in rad (m); free if absent.
    #[serde(default)]
    pub limits: Option<[f64; 2]>,
    /// How its stops give way.
    #[serde(default)]
    pub stop: Softness,
    /// Viscous damping of every degree of freedom, in N·m·s/rad (N·s/m).
    #[serde(default)]
    pub damping: f64,
    /// Dry friction: the largest torque (force) with which the joint resists motion, in N·m (N).
    #[serde(default)]
    pub friction: f64,
    /// Inertia of the rotor as the joint feels it, in kg·m² (kg).
    #[serde(default)]
    pub armature: f64,
    /// Stiffness of the spring of a hinge or slide, in N·m/rad (N/m).
    #[serde(default)]
    pub stiffness: f64,
    /// Position in which the spring is relaxed, in rad (m).
    #[serde(default)]
    pub spring_rest: f64,
}

/// What a joint allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointKind {
    /// Rotation about the axis. Position: the angle, in rad; it counts turns.
    Hinge,
    /// Translation along the axis. Position: the way, in m.
    Slide,
    /// Motion in the vertical plane of the world's x and z, for a link without a parent.
    /// Position: the way along x and along z from the anchor, in m, and the angle about y, in rad.
    Planar,
    /// Any motion, for a link without a parent.
    /// Position: the place in the world, in m, then the orientation as a unit quaternion `x, y, z, w`.
    /// Velocity: that of the origin of the link, in m/s, then the angular one, in rad/s, both along the world's axes.
    Free,
}

/// A motor on a hinge or slide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotorSpec {
    /// Name of the motor.
    pub name: String,
    /// Name of the joint that it moves.
    pub joint: String,
    /// Largest torque, in N·m, or force, in N, in either direction.
    pub limit: f64,
    /// How it follows a commanded position; a motor without one is commanded a torque or force.
    #[serde(default)]
    pub servo: Option<ServoSpec>,
}

/// A motor that is commanded a position: torque = stiffness · (command − position) − damping · velocity, within its limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServoSpec {
    /// In N·m/rad (N/m).
    pub stiffness: f64,
    /// In N·m·s/rad (N·s/m).
    pub damping: f64,
    /// Smallest and largest position that can be commanded, in rad (m).
    pub range: [f64; 2],
}

/// A named frame on a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSpec {
    /// Name of the site.
    pub name: String,
    /// Name of the link that it is on.
    pub link: String,
    /// Origin in the frame of the link, in metres.
    #[serde(default)]
    pub translation: [f64; 3],
    /// Orientation in the frame of the link, as a unit quaternion `x, y, z, w`.
    #[serde(default = "unrotated")]
    pub rotation: [f64; 4],
}

impl JointKind {
    /// How many numbers its position has.
    #[must_use]
    pub fn n_positions(self) -> usize {
        match self {
            Self::Hinge | Self::Slide => 1,
            Self::Planar => 3,
            Self::Free => 7,
        }
    }

    /// How many numbers its velocity has: its degrees of freedom.
    #[must_use]
    pub fn n_velocities(self) -> usize {
        match self {
            Self::Hinge | Self::Slide => 1,
            Self::Planar => 3,
            Self::Free => 6,
        }
    }

    /// Whether it has an axis, limits and one degree of freedom.
    #[must_use]
    pub fn is_axial(self) -> bool {
        matches!(self, Self::Hinge | Self::Slide)
    }
}

impl JointSpec {
    /// A joint at the origin of its parent, without limits, resistance or spring.
    #[must_use]
    pub fn new(name: &str, kind: JointKind, axis: [f64; 3]) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            axis,
            anchor: [0.0; 3],
            rotation: unrotated(),
            limits: None,
            stop: Softness::default(),
            damping: 0.0,
            friction: 0.0,
            armature: 0.0,
            stiffness: 0.0,
            spring_rest: 0.0,
        }
    }
}

impl MotorSpec {
    /// Smallest and largest command: torque (N·m) or force (N), or the position of a servo (rad, m).
    #[must_use]
    pub fn range(&self) -> [f64; 2] {
        self.servo.map_or([-self.limit, self.limit], |servo| servo.range)
    }

    /// Middle of the range of its command, and half of the width.
    #[must_use]
    pub fn middle_and_half(&self) -> (f64, f64) {
        let [low, high] = self.range();
        (f64::midpoint(low, high), 0.5 * (high - low))
    }

    /// Where a command lies in its range: −1 at the lower bound, 1 at the upper.
    #[must_use]
    pub fn share(&self, command: f64) -> f64 {
        let (middle, half) = self.middle_and_half();
        (command - middle) / half
    }
}

impl RobotSpec {
    /// Index of the link `name`. A link and its joint have the same index.
    #[must_use]
    pub fn link_idx(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.name == name)
    }

    /// Index of the link that a link hangs on; none if it hangs on the world.
    #[must_use]
    pub fn parent_idx(&self, link_idx: usize) -> Option<usize> {
        self.links[link_idx].parent.as_ref().and_then(|parent| self.link_idx(parent))
    }

    /// Indices of a link and all that hangs on it, in order.
    #[must_use]
    pub fn branch(&self, link_idx: usize) -> Vec<usize> {
        let mut branch = vec![link_idx];
        for idx in link_idx + 1..self.links.len() {
            if self.parent_idx(idx).is_some_and(|parent| branch.contains(&parent)) {
                branch.push(idx);
            }
        }
        branch
    }

    /// The hinges and slides, with their indices.
    pub fn axial_joints(&self) -> impl Iterator<Item = (usize, &JointSpec)> {
        self.links.iter().map(|link| &link.joint).enumerate().filter(|(_, joint)| joint.kind.is_axial())
    }

    /// Index of the joint `name`.
    #[must_use]
    pub fn joint_idx(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.joint.name == name)
    }

    /// Index of the motor `name`.
    #[must_use]
    pub fn motor_idx(&self, name: &str) -> Option<usize> {
        self.motors.iter().position(|motor| motor.name == name)
    }

    /// Index of the site `name`.
    #[must_use]
    pub fn site_idx(&self, name: &str) -> Option<usize> {
        self.sites.iter().position(|site| site.name == name)
    }

    /// The joint that `motor` moves. The robot must be valid.
    #[must_use]
    pub fn motor_joint(&self, motor: &MotorSpec) -> Option<&JointSpec> {
        self.joint_idx(&motor.joint).map(|joint_idx| &self.links[joint_idx].joint)
    }

    /// Where the position of joint `joint_idx` is among those of all joints.
    #[must_use]
    pub fn position_range(&self, joint_idx: usize) -> Range<usize> {
        let start = self.links[..joint_idx].iter().map(|link| link.joint.kind.n_positions()).sum();
        start..start + self.links[joint_idx].joint.kind.n_positions()
    }

    /// Where the velocity of joint `joint_idx` is among those of all joints.
    #[must_use]
    pub fn velocity_range(&self, joint_idx: usize) -> Range<usize> {
        let start = self.links[..joint_idx].iter().map(|link| link.joint.kind.n_velocities()).sum();
        start..start + self.links[joint_idx].joint.kind.n_velocities()
    }

    /// Degrees of freedom of all joints together.
    #[must_use]
    pub fn n_velocities(&self) -> usize {
        self.links.iter().map(|link| link.joint.kind.n_velocities()).sum()
    }

    /// Positions of all joints at zero: a free link is where its anchor and rotation say.
    #[must_use]
    pub fn zero_positions(&self) -> Vec<f64> {
        let mut positions = Vec::new();
        for LinkSpec { joint, .. } in &self.links {
            match joint.kind {
                JointKind::Free => positions.extend(joint.anchor.iter().chain(&joint.rotation)),
                kind => positions.resize(positions.len() + kind.n_positions(), 0.0),
            }
        }
        positions
    }

    /// Index of the first link that moves freely, in space or in a plane.
    #[must_use]
    pub fn free_root(&self) -> Option<usize> {
        self.links.iter().position(|link| !link.joint.kind.is_axial())
    }

    /// Positions of all joints in the posture to start from: `home`, or zero moved into the limits of each joint.
    #[must_use]
    pub fn rest_positions(&self) -> Vec<f64> {
        self.home.clone().unwrap_or_else(|| {
            let mut positions = self.zero_positions();
            for (joint_idx, link) in self.links.iter().enumerate() {
                if let Some([low, high]) = link.joint.limits {
                    let position = &mut positions[self.position_range(joint_idx).start];
                    *position = position.clamp(low, high);
                }
            }
            positions
        })
    }

    /// What motors are commanded that rest at `positions`: no torque or force, or the position that a servo is in.
    pub(crate) fn rest_commands(&self, positions: &[f64]) -> impl Iterator<Item = f64> {
        self.motors.iter().map(|motor| {
            let position = self.joint_idx(&motor.joint).map_or(0.0, |idx| positions[self.position_range(idx).start]);
            motor.servo.map_or(0.0, |servo| position.clamp(servo.range[0], servo.range[1]))
        })
    }

    /// Moves all that moves freely, in space or in a plane, up by so many metres.
    pub fn lift(&self, positions: &mut [f64], by: f64) {
        for (joint_idx, link) in self.links.iter().enumerate() {
            let start = self.position_range(joint_idx).start;
            match link.joint.kind {
                JointKind::Free => positions[start + 2] += by,
                JointKind::Planar => positions[start + 1] += by,
                JointKind::Hinge | JointKind::Slide => {}
            }
        }
    }

    /// Mass of all links together, in kg.
    #[must_use]
    pub fn mass_kg(&self) -> f64 {
        self.links.iter().map(|link| link.mass_kg).sum()
    }
}

fn unrotated() -> [f64; 4] {
    [0.0, 0.0, 0.0, 1.0]
}

fn along_z() -> [f64; 3] {
    [0.0, 0.0, 1.0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cartpole;

    #[test]
    fn a_robot_survives_toml() {
        let robot = cartpole::robot();
        let text = toml::to_string(&robot).unwrap();
        assert_eq!(toml::from_str::<RobotSpec>(&text).unwrap(), robot);
    }
}
