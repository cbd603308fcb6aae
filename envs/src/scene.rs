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
