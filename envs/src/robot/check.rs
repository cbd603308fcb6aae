//! Whether a description of a robot is physical.

use super::{FrictionCone, InertiaSpec, JointKind, JointSpec, LinkSpec, MotorSpec, RobotSpec, ShapeSpec, Softness};
use crate::{env::EnvError, scene::Shape};

/// The cost of a step grows with the square of the links and more; no robot comes near this.
pub const MAX_LINKS: usize = 512;

impl RobotSpec {
    /// Checks that the description is physical.
    ///
    /// # Errors
    /// With the first link, joint, motor or site, field and value that are not.
    pub fn validate(&self) -> Result<(), EnvError> {
        self.check().map_err(|reason| EnvError::Robot { robot: self.name.clone(), reason })
    }

    fn check(&self) -> Result<(), String> {
        if self.links.is_empty() {
            return Err("it has no links".into());
        }
        if self.links.len() > MAX_LINKS {
            return Err(format!("it has {} links, expected at most {MAX_LINKS}", self.links.len()));
        }
        self.check_links()?;
        self.check_motors()?;
        for (site_idx, site) in self.sites.iter().enumerate() {
            unique("sites", &site.name, self.sites[..site_idx].iter().map(|other| &other.name))?;
            let owner = format!("site '{}'", site.name);
            if self.link_idx(&site.link).is_none() {
                return Err(format!("{owner}: link is '{}', which does not exist", site.link));
            }
            finite(&owner, "translation", &site.translation)?;
            unit(&owner, "rotation", &site.rotation)?;
        }
        self.base.iter().try_for_each(|shape| shape.check("base"))?;
        if let FrictionCone::Elliptic { impratio } = self.friction_cone {
            positive("friction_cone", "impratio", impratio)?;
        }
        match &self.home {
            Some(home) if home.len() != self.zero_positions().len() => {
                Err(format!("home has {} positions, expected {}", home.len(), self.zero_positions().len()))
            }
            Some(home) => finite("home", "positions", home),
            None => Ok(()),
        }
    }

    fn check_links(&self) -> Result<(), String> {
        let mut moves_mass = vec![false; self.links.len()];
        for (link_idx, link) in self.links.iter().enumerate().rev() {
            let before = &self.links[..link_idx];
            unique("links", &link.name, before.iter().map(|other| &other.name))?;
            unique("joints", &link.joint.name, before.iter().map(|other| &other.joint.name))?;
            let parent_idx = link.parent.as_ref().map(|parent| {
                before.iter().position(|other| other.name == *parent).ok_or_else(|| {
                    format!("link '{}': parent is '{parent}', expected a link listed before it", link.name)
                })
            });
            let parent_idx = parent_idx.transpose()?;
            if parent_idx.is_some() && !link.joint.kind.is_axial() {
                return Err(format!(
                    "joint '{}': kind is free or planar, expected a link without a parent",
                    link.joint.name
                ));
            }
            moves_mass[link_idx] |= link.mass_kg > 0.0;
            if !moves_mass[link_idx] {
                return Err(format!(
                    "link '{}': mass_kg is {}, expected a finite value above zero where nothing that hangs on it has mass",
                    link.name, link.mass_kg
                ));
            }
            parent_idx.into_iter().for_each(|parent_idx| moves_mass[parent_idx] = true);
        }
        self.links.iter().try_for_each(LinkSpec::check)
    }

    fn check_motors(&self) -> Result<(), String> {
        for (motor_idx, motor) in self.motors.iter().enumerate() {
            let before = &self.motors[..motor_idx];
            unique("motors", &motor.name, before.iter().map(|other| &other.name))?;
            let Some(joint) = self.motor_joint(motor) else {
                return Err(format!("motor '{}': joint is '{}', which does not exist", motor.name, motor.joint));
            };
            if !joint.kind.is_axial() {
                return Err(format!("motor '{}': joint '{}' is no hinge or slide", motor.name, motor.joint));
            }
            if before.iter().any(|other| other.joint == motor.joint) {
                return Err(format!("motor '{}': joint '{}' has a motor already", motor.name, motor.joint));
            }
            motor.check()?;
        }
        Ok(())
    }
}

impl LinkSpec {
    fn check(&self) -> Result<(), String> {
        let link = format!("link '{}'", self.name);
        not_negative(&link, "mass_kg", self.mass_kg)?;
        self.shapes.iter().try_for_each(|shape| shape.check(&link))?;
        match &self.inertia {
            Some(inertia) => inertia.check(&link)?,
            None if self.mass_kg > 0.0 && self.shapes.is_empty() => {
                return Err(format!("{link}: it has mass, but neither inertia nor shapes to spread it over"));
            }
            None => {}
        }
        self.joint.check()
    }
}

impl ShapeSpec {
    fn check(&self, owner: &str) -> Result<(), String> {
        finite(owner, "translation of a shape", &self.translation)?;
        unit(owner, "rotation of a shape", &self.rotation)?;
        if let Some(friction) = self.contact_friction {
            not_negative(owner, "contact_friction", friction)?;
        }
        sound(owner, "softness of a shape", &self.softness)?;
        not_negative(owner, "margin of a shape", self.margin)?;
        match self.shape {
            Shape::Sphere { radius } => positive(owner, "radius", radius.into()),
            Shape::Capsule { radius, half_length } | Shape::Cylinder { radius, half_length } => {
                positive(owner, "radius", radius.into())?;
                positive(owner, "half_length", half_length.into())
            }
            Shape::Cuboid { half_extents } => {
                half_extents.iter().try_for_each(|&extent| positive(owner, "half_extents", extent.into()))
            }
        }
    }
}

impl InertiaSpec {
    fn check(&self, link: &str) -> Result<(), String> {
        finite(link, "centre_of_mass", &self.centre_of_mass)?;
        unit(link, "rotation of the inertia", &self.rotation)?;
        self.principal_moments.iter().try_for_each(|&moment| not_negative(link, "principal_moments", moment))
    }
}

impl JointSpec {
    fn check(&self) -> Result<(), String> {
        let joint = format!("joint '{}'", self.name);
        finite(&joint, "axis", &self.axis)?;
        finite(&joint, "anchor", &self.anchor)?;
        unit(&joint, "rotation", &self.rotation)?;
        if self.axis.iter().map(|x| x * x).sum::<f64>() < 1e-12 {
            return Err(format!("{joint}: axis has length zero"));
        }
        let resistances = [
            ("damping", self.damping),
            ("friction", self.friction),
            ("armature", self.armature),
            ("stiffness", self.stiffness),
        ];
        resistances.into_iter().try_for_each(|(field, value)| not_negative(&joint, field, value))?;
        finite(&joint, "spring_rest", &[self.spring_rest])?;
        sound(&joint, "stop", &self.stop)?;
        match self.limits {
            Some(_) if !self.kind.is_axial() => Err(format!("{joint}: only a hinge or slide has limits")),
            Some(limits) => ascending(&joint, "limits", limits),
            None if self.kind == JointKind::Planar && self.rotation != super::unrotated() => {
                Err(format!("{joint}: a planar joint is not rotated"))
            }
            None => Ok(()),
        }
    }
}

impl MotorSpec {
    fn check(&self) -> Result<(), String> {
        let motor = format!("motor '{}'", self.name);
        positive(&motor, "limit", self.limit)?;
        let Some(servo) = &self.servo else { return Ok(()) };
        positive(&motor, "stiffness", servo.stiffness)?;
        not_negative(&motor, "damping", servo.damping)?;
        ascending(&motor, "range", servo.range)
    }
}

fn unique<'a>(what: &str, name: &String, mut others: impl Iterator<Item = &'a String>) -> Result<(), String> {
    if others.any(|other| other == name) { Err(format!("two {what} are called '{name}'")) } else { Ok(()) }
}

fn positive(owner: &str, field: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(format!("{owner}: {field} is {value}, expected a finite value above zero"))
    }
}

fn not_negative(owner: &str, field: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(format!("{owner}: {field} is {value}, expected a finite value of zero or more"))
    }
}

fn ascending(owner: &str, field: &str, [low, high]: [f64; 2]) -> Result<(), String> {
    if low.is_finite() && high.is_finite() && low < high {
        Ok(())
    } else {
        Err(format!("{owner}: {field} are [{low}, {high}], expected two finite values in ascending order"))
    }
}

fn finite(owner: &str, field: &str, values: &[f64]) -> Result<(), String> {
    if values.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(format!("{owner}: {field} is {values:?}, expected finite values"))
    }
}

fn sound(owner: &str, field: &str, softness: &Softness) -> Result<(), String> {
    softness.flaw().map_or(Ok(()), |flaw| Err(format!("{owner}: {field}: {flaw}")))
}

fn unit(owner: &str, field: &str, quaternion: &[f64; 4]) -> Result<(), String> {
    finite(owner, field, quaternion)?;
    let norm = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    if (norm - 1.0).abs() > 1e-4 { Err(format!("{owner}: {field} has length {norm}, expected 1")) } else { Ok(()) }
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
        assert!(error.contains("link 'pole': mass_kg is -0.5, expected a finite value"), "{error}");
    }

    #[test]
    fn softness_margin_and_cone_are_checked() {
        type Change = fn(&mut RobotSpec);
        let refused = |change: Change| {
            let mut robot = cartpole::robot();
            change(&mut robot);
            robot.validate().unwrap_err().to_string()
        };
        let cases: [(Change, &str); 8] = [
            (
                |robot| robot.links[1].shapes[0].softness.time_constant_secs = 0.0,
                "link 'pole': softness of a shape: time_constant_secs is 0, expected a finite value above zero",
            ),
            (
                |robot| robot.links[1].joint.stop.damping_ratio = f64::NAN,
                "joint 'hinge': stop: damping_ratio is NaN, expected a finite value above zero",
            ),
            (
                |robot| robot.links[1].joint.stop.impedance = [0.9, 1.5],
                "joint 'hinge': stop: impedance is 1.5, expected 0 to 1",
            ),
            (|robot| robot.links[1].joint.stop.midpoint = -0.5, "stop: midpoint is -0.5, expected 0 to 1"),
            (
                |robot| robot.links[1].joint.stop.width = f64::INFINITY,
                "stop: width is inf, expected a finite value of zero or more",
            ),
            (|robot| robot.links[1].joint.stop.power = 0.5, "stop: power is 0.5, expected a finite value of 1 or more"),
            (
                |robot| robot.links[1].shapes[0].margin = -0.001,
                "link 'pole': margin of a shape is -0.001, expected a finite value of zero or more",
            ),
            (
                |robot| robot.friction_cone = FrictionCone::Elliptic { impratio: 0.0 },
                "friction_cone: impratio is 0, expected a finite value above zero",
            ),
        ];
        for (change, expected) in cases {
            let error = refused(change);
            assert!(error.contains(expected), "{error}\nexpected {expected}");
        }
    }

    #[test]
    fn a_parent_must_come_first() {
        let mut robot = cartpole::robot();
        robot.links.swap(0, 1);
        assert!(robot.validate().unwrap_err().to_string().contains("parent is 'cart'"));
    }

    #[test]
    fn a_link_without_mass_must_carry_one() {
        let mut robot = cartpole::robot();
        robot.links[0].mass_kg = 0.0;
        robot.validate().unwrap();
        robot.links[1].mass_kg = 0.0;
        assert!(robot.validate().unwrap_err().to_string().contains("link 'pole': mass_kg is 0"));
    }
}
