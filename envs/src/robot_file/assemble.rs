//! From bodies with any number of joints to links with one each.

use std::collections::HashSet;

use nalgebra::{Isometry3, Quaternion, UnitQuaternion, Vector3};

use super::{
    Base, RobotFileError,
    error::{Place, Reason},
    notes::Notes,
    tree::{self, Body, Home, Joint, moved, parts, shift},
};
use crate::robot::{JointKind, JointSpec, LinkSpec, MAX_LINKS, MotorSpec, RobotSpec, SiteSpec};

/// What the joint of a planar or freed root is called.
const ROOT: &str = "root";

/// Makes a robot of `bodies`. `home` are the positions of all joints as the file has them.
pub(super) fn assemble(
    name: String,
    mut bodies: Vec<Body>,
    motors: Vec<MotorSpec>,
    home: Option<&[f64]>,
    notes: &mut Notes,
) -> Result<RobotSpec, RobotFileError> {
    weld_massless(&mut bodies, notes);
    let place = bodies.first().map(|body| Place { line: None, ..body.place.clone() }).unwrap_or_default();
    let (moving, fixed) = tree::weld(bodies);
    let mut robot = RobotSpec { name, motors, ..RobotSpec::default() };
    for body in &fixed {
        robot.base.extend(body.shapes.iter().map(|shape| moved(shape, &body.pose)));
        for (site, _) in &body.sites {
            notes.add(body.place.clone(), "site on the world", Some(site), "left out: sites are on links");
        }
    }
    if moving.is_empty() && !fixed.is_empty() {
        let reason = "nothing in it moves: expected a joint that moves something with mass, or a free base";
        return Err(RobotFileError { place, reason: Reason::Robot(reason.into()) });
    }
    let n_links: usize = moving.iter().map(|body| body.joints.len()).sum();
    if n_links > MAX_LINKS {
        let reason = Reason::TooMuch { what: "joints".into(), found: n_links, limit: MAX_LINKS };
        return Err(RobotFileError { place, reason });
    }
    let mut assembly = Assembly { robot, origins: Vec::new(), positions: Vec::new(), home };
    let mut names: HashSet<String> = moving.iter().map(|body| body.name.clone()).collect();
    let joint_names: HashSet<_> =
        moving.iter().flat_map(|body| &body.joints).map(|joint| joint.spec.name.clone()).collect();
    for body in &moving {
        assembly.add(body, &mut names, &joint_names);
    }
    let Assembly { mut robot, positions, .. } = assembly;
    robot.motors.retain(|motor| robot.links.iter().any(|link| link.joint.name == motor.joint));
    robot.home = home.map(|_| positions);
    robot.validate().map_err(|error| RobotFileError { place, reason: Reason::Robot(error.to_string()) })?;
    Ok(robot)
}

struct Assembly<'a> {
    robot: RobotSpec,
    /// Of each body that moves: its link and where the frame of that link lies in the frame of the body.
    origins: Vec<(String, Vector3<f64>)>,
    positions: Vec<f64>,
    home: Option<&'a [f64]>,
}

impl Assembly<'_> {
    fn add(&mut self, body: &Body, names: &mut HashSet<String>, joint_names: &HashSet<String>) {
        let (parent, parent_origin) = match body.parent.map(|parent| self.origins[parent].clone()) {
            Some((link, origin)) => (Some(link), origin),
            None => (None, Vector3::zeros()),
        };
        let origin = match planar(body, &self.robot.motors) {
            Some([x, z, angle]) => {
                let name = free_name(ROOT, joint_names);
                let spec = JointSpec { name, kind: JointKind::Planar, ..angle.spec.clone() };
                self.link(body.name.clone(), None, spec, body.pose * shift(angle.pos));
                [x, z, angle].into_iter().for_each(|joint| self.position(joint));
                angle.pos
            }
            None => self.chain(body, parent, parent_origin, names),
        };
        let shapes = body.shapes.iter().map(|shape| moved(shape, &shift(-origin)));
        if let Some(link) = self.robot.links.last_mut() {
            link.shapes = shapes.collect();
            let mass = body.mass.moved(&shift(-origin));
            link.mass_kg = mass.mass_kg;
            link.inertia = (mass.mass_kg > 0.0).then(|| mass.spec());
        }
        for (name, pose) in &body.sites {
            let (translation, rotation) = parts(&(shift(-origin) * pose));
            self.robot.sites.push(SiteSpec { name: name.clone(), link: body.name.clone(), translation, rotation });
        }
        self.origins.push((body.name.clone(), origin));
    }

    /// Adds a link for each joint of `body`; where the frame of the last one lies in the frame of the body.
    fn chain(
        &mut self,
        body: &Body,
        mut parent: Option<String>,
        parent_origin: Vector3<f64>,
        names: &mut HashSet<String>,
    ) -> Vector3<f64> {
        let mut pose = shift(-parent_origin) * body.pose;
        let mut origin = Vector3::zeros();
        for (joint_idx, joint) in body.joints.iter().enumerate() {
            let is_last = joint_idx + 1 == body.joints.len();
            let mut name = body.name.clone();
            if !is_last {
                name = format!("{name}/{}", joint.spec.name);
                while !names.insert(name.clone()) {
                    name.push('\'');
                }
            }
            // A free joint moves the frame of the body itself.
            let pos = if joint.spec.kind == JointKind::Free { Vector3::zeros() } else { joint.pos };
            pose *= shift(pos - origin);
            self.link(name.clone(), parent, joint.spec.clone(), pose);
            self.position(joint);
            parent = Some(name);
            (pose, origin) = (Isometry3::identity(), pos);
        }
        origin
    }

    fn link(&mut self, name: String, parent: Option<String>, spec: JointSpec, pose: Isometry3<f64>) {
        let (anchor, rotation) = parts(&pose);
        let joint = JointSpec { anchor, rotation, ..spec };
        self.robot.links.push(LinkSpec { name, parent, joint, shapes: Vec::new(), mass_kg: 0.0, inertia: None });
    }

    fn position(&mut self, joint: &Joint) {
        let Some(home) = self.home else { return };
        let quaternion = |at: usize| {
            UnitQuaternion::try_new(Quaternion::new(home[at], home[at + 1], home[at + 2], home[at + 3]), 1e-12)
        };
        match joint.home {
            Home::At(at) if joint.spec.kind == JointKind::Free => {
                let rotation = quaternion(at + 3).unwrap_or_default();
                self.positions.extend(home[at..at + 3].iter().chain(rotation.coords.iter()));
            }
            Home::At(at) => self.positions.push(home[at] - joint.reference),
            Home::OfBall(at, axis) => {
                let r = quaternion(at).unwrap_or_default().to_rotation_matrix();
                let angles =
                    [(-r[(1, 2)]).atan2(r[(2, 2)]), r[(0, 2)].clamp(-1.0, 1.0).asin(), (-r[(0, 1)]).atan2(r[(0, 0)])];
                self.positions.push(angles[axis]);
            }
            Home::Nowhere => {
                let joint = &self.robot.links[self.robot.links.len() - 1].joint;
                self.positions.extend(joint.anchor.iter().chain(&joint.rotation));
            }
        }
    }
}

/// Slides along x and z and a hinge about y, if that is how `body` moves on the world and all that its joints do.
fn planar<'a>(body: &'a Body, motors: &[MotorSpec]) -> Option<[&'a Joint; 3]> {
    let [first, second, angle] = &body.joints[..] else { return None };
    let (x, z) = if first.spec.axis == [0.0, 0.0, 1.0] { (second, first) } else { (first, second) };
    let is = |joint: &Joint, kind, axis: [f64; 3]| joint.spec.kind == kind && joint.spec.axis == axis;
    let alike = |joint: &Joint| {
        let (spec, as_angle) = (&joint.spec, &angle.spec);
        spec.limits.is_none()
            && spec.stiffness == 0.0
            && spec.damping == as_angle.damping
            && spec.friction == as_angle.friction
            && spec.armature == as_angle.armature
            && !motors.iter().any(|motor| motor.joint == spec.name)
    };
    let fits = body.parent.is_none()
        && body.pose.rotation.angle() == 0.0
        && is(x, JointKind::Slide, [1.0, 0.0, 0.0])
        && is(z, JointKind::Slide, [0.0, 0.0, 1.0])
        && is(angle, JointKind::Hinge, [0.0, 1.0, 0.0])
        && body.joints.iter().all(alike);
    fits.then_some([x, z, angle])
}

/// Stops the joints that move nothing with mass.
fn weld_massless(bodies: &mut [Body], notes: &mut Notes) {
    let mut moves_mass = vec![false; bodies.len()];
    for body_idx in (0..bodies.len()).rev() {
        moves_mass[body_idx] |= bodies[body_idx].mass.mass_kg > 0.0;
        if let Some(parent) = bodies[body_idx].parent {
            moves_mass[parent] |= moves_mass[body_idx];
        }
    }
    for (body, moves_mass) in bodies.iter_mut().zip(moves_mass) {
        if !moves_mass {
            for joint in body.joints.drain(..) {
                notes.add(joint.place, "joint", Some(&joint.spec.name), "moves nothing that has mass: fixed at zero");
            }
        }
    }
}

/// Frees the bodies on the world, or fixes them to it.
pub(super) fn set_base(bodies: &mut [Body], base: Base, notes: &mut Notes) {
    let mut joint_names: HashSet<_> =
        bodies.iter().flat_map(|body| &body.joints).map(|joint| joint.spec.name.clone()).collect();
    let mut has_mass: Vec<bool> = bodies.iter().map(|body| body.mass.mass_kg > 0.0).collect();
    for body_idx in (0..bodies.len()).rev() {
        if let Some(parent) = bodies[body_idx].parent {
            has_mass[parent] |= has_mass[body_idx];
        }
    }
    for (body, has_mass) in bodies.iter_mut().zip(has_mass).filter(|(body, _)| body.parent.is_none()) {
        match base {
            Base::AsWritten => {}
            Base::Free if body.joints.is_empty() && has_mass => {
                let name = free_name(ROOT, &joint_names);
                joint_names.insert(name.clone());
                let spec = JointSpec::new(&name, JointKind::Free, [0.0, 0.0, 1.0]);
                let (place, pos) = (body.place.clone(), Vector3::zeros());
                body.joints.push(Joint { spec, place, pos, home: Home::Nowhere, reference: 0.0 });
            }
            Base::Fixed if body.is_free() || planar(body, &[]).is_some() => {
                for joint in body.joints.drain(..) {
                    notes.add(joint.place, "joint", Some(&joint.spec.name), "fixed to the world, as asked for");
                }
            }
            Base::Free | Base::Fixed => {}
        }
    }
}

fn free_name(wish: &str, taken: &HashSet<String>) -> String {
    let mut name = wish.to_owned();
    while taken.contains(&name) {
        name.push('\'');
    }
    name
}
