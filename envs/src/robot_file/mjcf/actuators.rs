//! Actuators of MJCF, as motors.

use std::collections::HashMap;

use mjcf_rs::{
    extras::{Actuator, ActuatorKind},
    types::Tristate,
};
use roxmltree::Node;

use super::Reading;
use crate::{
    robot::{JointKind, MotorSpec, ServoSpec},
    robot_file::{
        error::RobotFileError,
        tree::{Body, Joint},
    },
};

/// What an actuator does with its control: force = gain · control − stiffness · length − damping · velocity.
struct Law {
    gain: f64,
    stiffness: f64,
    damping: f64,
}

impl<'a> Reading<'a, '_> {
    /// Motors of the joints of `bodies`.
    pub fn motors(&mut self, bodies: &[Body]) -> Result<Vec<MotorSpec>, RobotFileError> {
        let joints: HashMap<&str, &Joint> =
            bodies.iter().flat_map(|body| &body.joints).map(|joint| (joint.spec.name.as_str(), joint)).collect();
        let mut motors: Vec<MotorSpec> = Vec::new();
        let mut taken: HashMap<String, ()> = HashMap::new();
        for (actuator_idx, (actuator, &node)) in self.model.actuators.iter().zip(&self.nodes.actuators).enumerate() {
            let Some(name) = &actuator.joint else {
                self.leave(node, "acts on no joint: left out");
                continue;
            };
            let Some(&joint) = joints.get(name.as_str()) else {
                if self.model.joint_by_name(name).is_some() {
                    self.leave(node, "acts on a joint that is fixed here: left out");
                    continue;
                }
                return Err(self.source.bad(node, "joint", name, "the name of a joint"));
            };
            if !joint.spec.kind.is_axial() {
                self.leave(node, "acts on a joint that is no hinge or slide: left out");
                continue;
            }
            if taken.insert(name.clone(), ()).is_some() {
                self.leave(node, "acts on a joint that has a motor already: left out");
                continue;
            }
            let Some(law) = self.law(actuator, node) else { continue };
            let name = actuator.name.clone().unwrap_or_else(|| {
                let taken = self.model.actuators.iter().any(|other| other.name.as_deref() == Some(name));
                if taken { format!("{name}_motor{actuator_idx}") } else { name.clone() }
            });
            motors.push(self.motor(actuator, node, joint, name, &law)?);
        }
        Ok(motors)
    }

    fn leave(&mut self, node: Node<'_, '_>, what: &str) {
        let kind = format!("actuator {}", node.tag_name().name());
        let name = node.attribute("name").or_else(|| node.attribute("joint"));
        self.notes.add(self.source.place(node), &kind, name, what);
    }

    /// The law of `actuator`, if it is one of a motor or of a servo.
    fn law(&mut self, actuator: &Actuator, node: Node<'_, '_>) -> Option<Law> {
        let at = |values: &[f64], idx: usize, default| values.get(idx).copied().unwrap_or(default);
        let law = match actuator.kind {
            ActuatorKind::Motor => Law { gain: 1.0, stiffness: 0.0, damping: 0.0 },
            ActuatorKind::Position => {
                let kp = actuator.kp.unwrap_or(1.0);
                Law { gain: kp, stiffness: kp, damping: actuator.kv.unwrap_or(0.0) }
            }
            ActuatorKind::General => {
                let is = |kind: &Option<String>, name| kind.as_deref().unwrap_or(name) == name;
                let gain = at(&actuator.gainprm, 0, 1.0);
                let bias = &actuator.biasprm;
                let affine = actuator.bias_type.as_deref() == Some("affine");
                let known = is(&actuator.gain_type, "fixed") && (affine || is(&actuator.bias_type, "none"));
                if !known || affine && at(bias, 0, 0.0) != 0.0 {
                    self.leave(node, "neither a torque nor a servo: left out");
                    return None;
                }
                if affine {
                    Law { gain, stiffness: -at(bias, 1, 0.0), damping: -at(bias, 2, 0.0) }
                } else {
                    Law { gain, stiffness: 0.0, damping: 0.0 }
                }
            }
            _ => return None,
        };
        if !is(&actuator.dyn_type, "none") {
            self.leave(node, "dyntype is not read: it acts at once");
        }
        let is_motor = law.stiffness == 0.0 && law.damping == 0.0 && law.gain != 0.0;
        let is_servo = law.stiffness > 0.0 && law.damping >= 0.0 && (law.gain - law.stiffness).abs() <= 1e-9 * law.gain;
        if !(is_motor || is_servo) {
            self.leave(node, "neither a torque nor a servo of a position: left out");
            return None;
        }
        Some(law)
    }

    fn motor(
        &mut self,
        actuator: &Actuator,
        node: Node<'a, '_>,
        joint: &Joint,
        name: String,
        law: &Law,
    ) -> Result<MotorSpec, RobotFileError> {
        let gear = actuator.gear[0];
        if gear == 0.0 {
            return Err(self.source.bad(node, "gear", gear, "a number other than zero"));
        }
        if actuator.gear[1..].iter().any(|&gear| gear != 0.0) {
            self.leave(node, "only the first number of gear is read");
        }
        let range = |values: Option<[f64; 2]>, limited: Tristate| {
            values.filter(|_| limited.resolve(self.model.compiler.autolimits, values.is_some()))
        };
        let control = range(actuator.ctrl_range, actuator.ctrl_limited);
        let force = range(actuator.force_range, actuator.force_limited);
        for (field, range) in [("ctrlrange", control), ("forcerange", force)] {
            if let Some([low, high]) = range.filter(|[low, high]| low >= high) {
                return Err(self.source.bad(node, field, format!("{low} {high}"), "two numbers in ascending order"));
            }
        }
        let servo = self.servo(actuator, node, joint, control, law);
        let gain = (law.gain * gear).abs();
        let by_control = match (&servo, control) {
            (None, Some(control)) => Some(gain * self.largest(node, "ctrlrange", control)),
            _ => None,
        };
        let by_force = force.map(|force| gear.abs() * self.largest(node, "forcerange", force));
        let by_joint = self.joint_limit(&joint.spec.name, node);
        let limit = [by_control, by_force, by_joint].into_iter().flatten().reduce(f64::min).unwrap_or_else(|| {
            let (what, limit) = match &servo {
                None => ("unlimited: limited to the torque at a control of 1", gain),
                Some(servo) => (
                    "unlimited: limited to the torque at an error as wide as its range",
                    servo.stiffness * (servo.range[1] - servo.range[0]),
                ),
            };
            self.leave(node, what);
            limit
        });
        if gear < 0.0 && servo.is_none() || law.gain < 0.0 {
            self.leave(node, "gear is negative: here a positive control moves the joint the positive way");
        }
        Ok(MotorSpec { name, joint: joint.spec.name.clone(), limit, servo })
    }

    fn servo(
        &mut self,
        actuator: &Actuator,
        node: Node<'a, '_>,
        joint: &Joint,
        control: Option<[f64; 2]>,
        law: &Law,
    ) -> Option<ServoSpec> {
        if law.stiffness == 0.0 {
            return None;
        }
        let gear = actuator.gear[0];
        let inherited = self.nodes.attribute(node, actuator.class.as_deref(), "inheritrange");
        let inherited = inherited.and_then(|factor| factor.parse().ok()).filter(|&factor: &f64| factor > 0.0);
        // The length that is commanded is gear · position, where position is the file's.
        let commanded = control.map(|control| {
            let mut range = control.map(|control| control / gear - joint.reference);
            range.sort_by(f64::total_cmp);
            range
        });
        let of_joint = joint.spec.limits.map(|[low, high]| {
            let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0 * inherited.unwrap_or(1.0));
            [middle - half, middle + half]
        });
        let range = commanded.or(of_joint).unwrap_or_else(|| {
            self.leave(node, "has no ctrlrange: commanded within half a turn (1 m) of the posture of the file");
            let half = if joint.spec.kind == JointKind::Hinge { std::f64::consts::PI } else { 1.0 };
            [-half, half]
        });
        Some(ServoSpec { stiffness: law.stiffness * gear * gear, damping: law.damping * gear * gear, range })
    }

    /// The larger end of a range, which should have equal ends.
    fn largest(&mut self, node: Node<'_, '_>, field: &str, [low, high]: [f64; 2]) -> f64 {
        if low != -high {
            self.leave(node, &format!("{field} is not symmetric: as strong the other way here"));
        }
        low.abs().max(high.abs())
    }

    /// The limit that the joint itself sets to what moves it.
    fn joint_limit(&mut self, joint: &str, actuator: Node<'_, '_>) -> Option<f64> {
        let (body_idx, joint_idx) = self.model.joint_by_name(joint)?;
        let class = self.model.bodies[body_idx].body.joints[joint_idx].class.as_deref();
        let node = *self.nodes.bodies.get(body_idx)?.joints.get(joint_idx)?;
        let range = self.nodes.attribute(node, class, "actuatorfrcrange")?;
        let limited = self.nodes.attribute(node, class, "actuatorfrclimited").unwrap_or("auto");
        let numbers: Vec<f64> = range.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
        let &[low, high] = &numbers[..] else { return None };
        let limited = limited == "true" || limited == "auto" && self.model.compiler.autolimits;
        (limited && low < high).then(|| self.largest(actuator, "actuatorfrcrange of the joint", [low, high]))
    }
}

fn is(kind: &Option<String>, name: &str) -> bool {
    kind.as_deref().unwrap_or(name) == name
}
