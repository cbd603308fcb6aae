//! An arm of seven joints and human size, with a gripper at its tip: `assets/robots/arm7.xml`.
//!
//! Stretched along x at position zero, it reaches 0.83 m from a shoulder 0.9 m above the ground. Two joints of the
//! shoulder point and lift the arm, a third rolls it; then come elbow, roll of the forearm, wrist and roll of the hand:
//! one joint more than the pose of a hand takes, so that the elbow can move while the gripper stays.

use crate::{assets, robot::RobotSpec};

/// Height of the shoulder above the ground, in m.
pub const SHOULDER_HEIGHT: f64 = 0.9;
/// Distance from the shoulder to the gripper of the stretched arm, in m.
pub const REACH: f64 = 0.83;
/// Number of joints.
pub const N_JOINTS: usize = 7;
/// The site at the tip.
pub const GRIPPER: &str = "gripper";

/// The arm.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("arm7")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_is_said_here() {
        let robot = robot();
        assert_eq!([robot.links.len(), robot.motors.len(), robot.sites.len()], [N_JOINTS, N_JOINTS, 1]);
        assert_eq!(robot.links[0].joint.anchor[2], SHOULDER_HEIGHT);
        let gripper = &robot.sites[0];
        assert_eq!([&*gripper.name, &*gripper.link], [GRIPPER, "hand"]);
        let reach = robot.links[1..].iter().map(|link| link.joint.anchor[0]).sum::<f64>() + gripper.translation[0];
        assert!((reach - REACH).abs() < 1e-12, "{reach}");
        assert!(robot.home.is_some());
    }
}
