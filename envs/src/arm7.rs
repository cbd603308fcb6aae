//! An arm of seven joints and human size, with a gripper at its tip.
//!
//! Stretched along x at position zero, it reaches 0.83 m from a shoulder 0.9 m above the ground. Two joints of the
//! shoulder point and lift the arm, a third rolls it; then come elbow, roll of the forearm, wrist and roll of the hand:
//! one joint more than the pose of a hand takes, so that the elbow can move while the gripper stays.

use crate::{
    robot::{JointKind, JointSpec, LinkSpec, MotorSpec, RobotSpec, ShapeSpec, SiteSpec},
    scene::{ALONG_X, Shape},
};

/// Height of the shoulder above the ground, in m.
pub const SHOULDER_HEIGHT: f64 = 0.9;
/// Distance from the shoulder to the gripper of the stretched arm, in m.
pub const REACH: f64 = 0.83;
/// Number of joints.
pub const N_JOINTS: usize = 7;
/// The site at the tip.
pub const GRIPPER: &str = "gripper";

/// A capsule along x.
fn capsule(from: f64, to: f64, radius: f64) -> ShapeSpec {
    ShapeSpec {
        translation: [f64::midpoint(from, to), 0.0, 0.0],
        rotation: ALONG_X.map(f64::from),
        ..ShapeSpec::new(Shape::Capsule { radius: radius as f32, half_length: (0.5 * (to - from)) as f32 })
    }
}

/// The arm.
#[must_use]
pub fn robot() -> RobotSpec {
    const X: [f64; 3] = [1.0, 0.0, 0.0];
    const UP: [f64; 3] = [0.0, -1.0, 0.0];
    const Z: [f64; 3] = [0.0, 0.0, 1.0];
    let housing = ShapeSpec::new(Shape::Cylinder { radius: 0.07, half_length: 0.07 });
    // Joint, axis, anchor, limits, damping, armature, torque, mass, shape.
    let rows: [(&str, [f64; 3], [f64; 3], [f64; 2], f64, f64, f64, f64, ShapeSpec); N_JOINTS] = [
        ("shoulder_yaw", Z, [0.0, 0.0, SHOULDER_HEIGHT], [-2.6, 2.6], 1.5, 0.1, 30.0, 2.0, housing),
        ("shoulder_pitch", UP, [0.0; 3], [-2.0, 1.5], 1.5, 0.1, 40.0, 1.2, capsule(0.0, 0.1, 0.06)),
        ("shoulder_roll", X, [0.1, 0.0, 0.0], [-2.6, 2.6], 1.0, 0.05, 25.0, 1.6, capsule(0.0, 0.25, 0.05)),
        ("elbow", UP, [0.25, 0.0, 0.0], [-0.1, 2.5], 1.0, 0.05, 25.0, 0.8, capsule(0.0, 0.14, 0.045)),
        ("forearm_roll", X, [0.14, 0.0, 0.0], [-2.6, 2.6], 0.3, 0.03, 8.0, 0.7, capsule(0.0, 0.18, 0.04)),
        ("wrist", UP, [0.18, 0.0, 0.0], [-2.0, 2.0], 0.3, 0.03, 8.0, 0.4, capsule(0.0, 0.04, 0.035)),
        ("hand_roll", X, [0.04, 0.0, 0.0], [-2.8, 2.8], 0.2, 0.03, 4.0, 0.3, capsule(0.0, 0.09, 0.03)),
    ];
    let names = ["shoulder", "upper_arm_mount", "upper_arm", "elbow", "forearm", "wrist", "hand"];
    let links =
        rows.iter().enumerate().map(|(idx, (joint, axis, anchor, limits, damping, armature, _, mass_kg, shape))| {
            LinkSpec {
                name: names[idx].into(),
                parent: (idx > 0).then(|| names[idx - 1].into()),
                joint: JointSpec {
                    anchor: *anchor,
                    limits: Some(*limits),
                    damping: *damping,
                    armature: *armature,
                    ..JointSpec::new(joint, JointKind::Hinge, *axis)
                },
                shapes: vec![shape.clone()],
                mass_kg: *mass_kg,
                inertia: None,
            }
        });
    let motors = rows.iter().map(|(joint, .., limit, _, _)| MotorSpec {
        name: (*joint).into(),
        joint: (*joint).into(),
        limit: *limit,
        servo: None,
    });
    let pedestal = Shape::Cylinder { radius: 0.06, half_length: 0.415 };
    RobotSpec {
        name: "arm7".into(),
        links: links.collect(),
        motors: motors.collect(),
        sites: vec![SiteSpec {
            name: GRIPPER.into(),
            link: "hand".into(),
            translation: [0.12, 0.0, 0.0],
            rotation: [0.0, 0.0, 0.0, 1.0],
        }],
        base: vec![ShapeSpec { translation: [0.0, 0.0, 0.415], ..ShapeSpec::new(pedestal) }],
        // Upper arm down by 50°, elbow bent, so that the hand is before the body.
        home: Some(vec![0.0, -0.9, 0.0, 1.3, 0.0, 0.0, 0.0]),
    }
}
