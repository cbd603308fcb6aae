//! Description of a robot as plain data: a tree of links on a fixed base, each moved by one joint, and motors on joints.

use serde::{Deserialize, Serialize};

use crate::{env::EnvError, scene::Shape};

/// A robot. SI units throughout; the world's z axis points up.
///
/// The frame of a link lies in its joint: at joint position zero its axes are parallel to those of its parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobotSpec {
    /// Name of the robot.
    pub name: String,
    /// What the links without a parent hang on.
    pub root: Root,
    /// Links, each after its parent.
    pub links: Vec<LinkSpec>,
    /// Motors, in the order of the action.
    pub motors: Vec<MotorSpec>,
}

/// What a robot stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Root {
    /// The base is bolted to the world, at its origin.
    Fixed,
}

/// A rigid part and the joint that moves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// Name of the link.
    pub name: String,
    /// Name of the link that it hangs on; the base if absent.
    #[serde(default)]
    pub parent: Option<String>,
    /// How it moves against its parent.
    pub joint: JointSpec,
    /// Its shape; the mass is spread evenly over it.
    pub shape: Shape,
    /// Centre of the shape in the frame of the link, in metres.
    #[serde(default)]
    pub shape_translation: [f64; 3],
    /// Orientation of the shape in the frame of the link, as a unit quaternion `x, y, z, w`.
    #[serde(default = "unrotated")]
    pub shape_rotation: [f64; 4],
    /// Mass, in kg.
    pub mass_kg: f64,
}

/// A joint with one degree of freedom. Units are those of a hinge, with those of a slide in brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointSpec {
    /// Name of the joint.
    pub name: String,
    /// What it allows.
    pub kind: JointKind,
    /// Axis of the motion in the frame of the parent; any length but zero.
    pub axis: [f64; 3],
    /// Where the joint sits in the frame of the parent, in metres.
    #[serde(default)]
    pub anchor: [f64; 3],
    /// Smallest and largest position, in rad (m); free if absent.
    #[serde(default)]
    pub limits: Option<[f64; 2]>,
    /// Viscous damping, in N·m·s/rad (N·s/m).
    #[serde(default)]
    pub damping: f64,
    /// Dry friction: the largest torque (force) with which the joint resists motion, in N·m (N).
    #[serde(default)]
    pub friction: f64,
    /// Inertia of the rotor as the joint feels it, in kg·m² (kg).
    #[serde(default)]
    pub armature: f64,
}

/// What a joint allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JointKind {
    /// Rotation about the axis, in rad.
    Hinge,
    /// Translation along the axis, in m.
    Slide,
}

/// A motor that applies a torque or a force to one joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotorSpec {
    /// Name of the motor.
    pub name: String,
    /// Name of the joint that it moves.
    pub joint: String,
    /// Largest torque, in N·m, or force, in N, in either direction.
    pub limit: f64,
}

impl RobotSpec {
    /// Checks that the description is physical.
    ///
    /// # Errors
    /// With the first link or motor, field and value that are not.
    pub fn validate(&self) -> Result<(), EnvError> {
        self.check().map_err(|reason| EnvError::Robot { robot: self.name.clone(), reason })
    }

    /// Index of the link `name`. A link and its joint have the same index.
    #[must_use]
    pub fn link_idx(&self, name: &str) -> Option<usize> {
        self.links.iter().position(|link| link.name == name)
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

    /// The joint that `motor` moves. The robot must be valid.
    #[must_use]
    pub fn motor_joint(&self, motor: &MotorSpec) -> Option<&JointSpec> {
        self.joint_idx(&motor.joint).map(|joint_idx| &self.links[joint_idx].joint)
    }

    fn check(&self) -> Result<(), String> {
        if self.links.is_empty() {
            return Err("it has no links".into());
        }
        for (link_idx, link) in self.links.iter().enumerate() {
            let before = &self.links[..link_idx];
            if before.iter().any(|other| other.name == link.name) {
                return Err(format!("two links are called '{}'", link.name));
            }
            if before.iter().any(|other| other.joint.name == link.joint.name) {
                return Err(format!("two joints are called '{}'", link.joint.name));
            }
            if let Some(parent) = link.parent.as_ref().filter(|&name| !before.iter().any(|other| other.name == *name)) {
                return Err(format!("link '{}': parent is '{parent}', expected a link listed before it", link.name));
            }
            link.check()?;
        }
        for (motor_idx, motor) in self.motors.iter().enumerate() {
            if self.motors[..motor_idx].iter().any(|other| other.name == motor.name) {
                return Err(format!("two motors are called '{}'", motor.name));
            }
            if self.joint_idx(&motor.joint).is_none() {
                return Err(format!("motor '{}': joint is '{}', which does not exist", motor.name, motor.joint));
            }
            if self.motors[..motor_idx].iter().any(|other| other.joint == motor.joint) {
                return Err(format!("motor '{}': joint '{}' has a motor already", motor.name, motor.joint));
            }
            positive(&format!("motor '{}'", motor.name), "limit", motor.limit)?;
        }
        Ok(())
    }
}

impl LinkSpec {
    fn check(&self) -> Result<(), String> {
        let link = format!("link '{}'", self.name);
        positive(&link, "mass_kg", self.mass_kg)?;
        finite(&link, "shape_translation", &self.shape_translation)?;
        finite(&link, "shape_rotation", &self.shape_rotation)?;
        let norm = self.shape_rotation.iter().map(|x| x * x).sum::<f64>().sqrt();
        if (norm - 1.0).abs() > 1e-4 {
            return Err(format!("{link}: shape_rotation has length {norm}, expected 1"));
        }
        match self.shape {
            Shape::Sphere { radius } => positive(&link, "radius", radius.into()),
            Shape::Capsule { radius, half_length } | Shape::Cylinder { radius, half_length } => {
                positive(&link, "radius", radius.into())?;
                positive(&link, "half_length", half_length.into())
            }
            Shape::Cuboid { half_extents } => {
                half_extents.iter().try_for_each(|&extent| positive(&link, "half_extents", extent.into()))
            }
        }?;
        self.joint.check()
    }
}

impl JointSpec {
    fn check(&self) -> Result<(), String> {
        let joint = format!("joint '{}'", self.name);
        finite(&joint, "axis", &self.axis)?;
        finite(&joint, "anchor", &self.anchor)?;
        if self.axis.iter().map(|x| x * x).sum::<f64>() < 1e-12 {
            return Err(format!("{joint}: axis has length zero"));
        }
        for (field, value) in [("damping", self.damping), ("friction", self.friction), ("armature", self.armature)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(format!("{joint}: {field} is {value}, expected a finite value of zero or more"));
            }
        }
        match self.limits {
            Some([low, high]) if !(low.is_finite() && high.is_finite() && low < high) => {
                Err(format!("{joint}: limits are [{low}, {high}], expected two finite values in ascending order"))
            }
            _ => Ok(()),
        }
    }
}

fn unrotated() -> [f64; 4] {
    [0.0, 0.0, 0.0, 1.0]
}

fn positive(owner: &str, field: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(format!("{owner}: {field} is {value}, expected a finite value above zero"))
    }
}

fn finite(owner: &str, field: &str, values: &[f64]) -> Result<(), String> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(format!("{owner}: {field} is {values:?}, expected finite values"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cartpole;

    #[test]
    fn a_refusal_names_link_field_and_value() {
        let mut robot = cartpole::robot();
        robot.links[1].mass_kg = -0.5;
        let error = robot.validate().unwrap_err().to_string();
        assert_eq!(error, "robot 'cartpole': link 'pole': mass_kg is -0.5, expected a finite value above zero");
    }

    #[test]
    fn a_parent_must_come_first() {
        let mut robot = cartpole::robot();
        robot.links.swap(0, 1);
        assert!(robot.validate().unwrap_err().to_string().contains("parent is 'cart'"));
    }

    #[test]
    fn a_robot_survives_toml() {
        let robot = cartpole::robot();
        let text = toml::to_string(&robot).unwrap();
        assert_eq!(toml::from_str::<RobotSpec>(&text).unwrap(), robot);
    }
}
