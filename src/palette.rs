//! Colours of what is in a scene, the same in the view and in pictures, as red, green and blue.

use mesolimb_envs::Role;

/// Background of the pictures of a scene.
pub const BACKGROUND: [u8; 3] = [15, 18, 26];
/// The target in the scene.
pub const TARGET: [u8; 3] = [255, 82, 120];
/// The effector in the scene.
pub const EFFECTOR: [u8; 3] = [88, 226, 190];
/// Links of the robot.
pub const LINK: [u8; 3] = [214, 219, 230];
/// Joints of the robot.
pub const JOINT: [u8; 3] = [255, 166, 77];
/// Fixed surroundings.
pub const FIXTURE: [u8; 3] = [80, 91, 120];

/// Colour of things of a role.
#[must_use]
pub fn of(role: Role) -> [u8; 3] {
    match role {
        Role::Link => LINK,
        Role::Joint => JOINT,
        Role::Effector => EFFECTOR,
        Role::Target => TARGET,
        Role::Fixture => FIXTURE,
    }
}
