//! What there is to draw: shapes and poses, for whoever draws. The environments draw nothing themselves.

use serde::{Deserialize, Serialize};

/// Turns what lies along z so that it lies along x, as a unit quaternion `x, y, z, w`.
pub const ALONG_X: [f32; 4] = [0.0, std::f32::consts::FRAC_1_SQRT_2, 0.0, std::f32::consts::FRAC_1_SQRT_2];
/// The same, along y.
pub const ALONG_Y: [f32; 4] = [std::f32::consts::FRAC_1_SQRT_2, 0.0, 0.0, std::f32::consts::FRAC_1_SQRT_2];

/// Everything that is visible now. World axes: x forward, y left, z up; metres.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The visible things. Their number and order stay the same throughout the life of an environment.
    pub items: Vec<SceneItem>,
    /// Points of contact between bodies, in world coordinates.
    pub contacts: Vec<[f32; 3]>,
}

/// One visible thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneItem {
    /// Name of the link or object.
    pub name: String,
    /// What it is, so that a viewer can pick a material.
    pub role: Role,
    /// Its shape, centred on its pose.
    pub shape: Shape,
    /// Position of the centre in the world, in metres.
    pub world_translation: [f32; 3],
    /// Orientation in the world, as a unit quaternion `x, y, z, w`.
    pub world_rotation: [f32; 4],
}

/// Height at which what is not there is kept, in m: the number of items stays.
const OFF_STAGE: f32 = -100.0;

impl SceneItem {
    /// Takes it out of sight, such as a leg that was taken off.
    pub fn leave_stage(&mut self) {
        self.world_translation[2] = OFF_STAGE;
    }

    /// Whether it is out of sight: not to be drawn, and not to be framed.
    #[must_use]
    pub fn is_off_stage(&self) -> bool {
        self.world_translation[2] == OFF_STAGE
    }
}

/// What a visible thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A link of the robot.
    Link,
    /// A joint or bearing of the robot.
    Joint,
    /// The part that the task is about, such as a fingertip.
    Effector,
    /// The goal.
    Target,
    /// Fixed surroundings: floor, rail, table.
    Fixture,
}

/// A shape; lengths in metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A ball.
    Sphere {
        /// Radius.
        radius: f32,
    },
    /// A cylinder along its local z axis, closed by two half balls.
    Capsule {
        /// Radius.
        radius: f32,
        /// Half of the length between the centres of the two balls.
        half_length: f32,
    },
    /// A cylinder along its local z axis.
    Cylinder {
        /// Radius.
        radius: f32,
        /// Half of its length.
        half_length: f32,
    },
    /// A box.
    Cuboid {
        /// Half of the edge lengths.
        half_extents: [f32; 3],
    },
}

impl Shape {
    /// How far it reaches from its centre along its own axes, in m.
    #[must_use]
    pub fn half_extents(self) -> [f32; 3] {
        match self {
            Self::Sphere { radius } => [radius; 3],
            Self::Capsule { radius, half_length } => [radius, radius, half_length + radius],
            Self::Cylinder { radius, half_length } => [radius, radius, half_length],
            Self::Cuboid { half_extents } => half_extents,
        }
    }

    /// The shape stretched along its longest direction; a ball stays.
    #[must_use]
    pub fn stretched(self, scale: f32) -> Self {
        match self {
            Self::Sphere { .. } => self,
            Self::Capsule { radius, half_length } => Self::Capsule { radius, half_length: half_length * scale },
            Self::Cylinder { radius, half_length } => Self::Cylinder { radius, half_length: half_length * scale },
            Self::Cuboid { mut half_extents } => {
                let longest =
                    (1..3).fold(0, |longest, k| if half_extents[k] > half_extents[longest] { k } else { longest });
                half_extents[longest] *= scale;
                Self::Cuboid { half_extents }
            }
        }
    }

    /// How far it reaches upwards and downwards from its centre when it is turned by the unit quaternion `x, y, z, w`.
    #[must_use]
    pub fn half_height(self, [x, y, z, w]: [f32; 4]) -> f32 {
        // How much of each of its axes is vertical: the last row of the rotation matrix.
        let vertical = [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)].map(f32::abs);
        match self {
            Self::Sphere { radius } => radius,
            Self::Capsule { radius, half_length } => radius + half_length * vertical[2],
            Self::Cylinder { radius, half_length } => {
                half_length * vertical[2] + radius * (1.0 - vertical[2] * vertical[2]).max(0.0).sqrt()
            }
            Self::Cuboid { half_extents } => {
                half_extents.iter().zip(vertical).map(|(extent, share)| extent * share).sum()
            }
        }
    }
}
