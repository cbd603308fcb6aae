//! A robot as files have it: bodies in one another, each with any number of joints.

use std::collections::HashSet;

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};

use super::error::Place;
use crate::robot::{JointKind, JointSpec, Mass, ShapeSpec};

/// A body and the joints that move it against its parent.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// Its name, which no other body has.
    pub name: String,
    /// Where it stands in the file.
    pub place: Place,
    /// Index of its parent, which stands before it; the world if absent.
    pub parent: Option<usize>,
    /// Its frame in that of its parent.
    pub pose: Isometry3<f64>,
    /// From the parent outwards: each turns or moves those after it.
    pub joints: Vec<Joint>,
    /// Its mass, in its frame.
    pub mass: Mass,
    /// Its shapes, in its frame.
    pub shapes: Vec<ShapeSpec>,
    /// Named frames in its frame.
    pub sites: Vec<(String, Isometry3<f64>)>,
}

/// A joint, with one degree of freedom or six.
#[derive(Clone, Debug)]
pub(super) struct Joint {
    /// As the link will have it; anchor and rotation are still to be found. The kind is a hinge, a slide or free.
    pub spec: JointSpec,
    /// Where it stands in the file.
    pub place: Place,
    /// Where it sits in the frame of the body.
    pub pos: Vector3<f64>,
    /// Where the file has its position in a posture.
    pub home: Home,
    /// What the file calls its position where the robot's position is zero.
    pub reference: f64,
}

/// Where the file has the position of a joint, among those of all joints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Nowhere: the joint is not in the file.
    Nowhere,
    /// From here on; the quaternion of a free joint as w, x, y, z.
    At(usize),
    /// In the quaternion that begins here: the angle about x, y or z, each turned by those before it.
    OfBall(usize, usize),
}

impl Body {
    /// A body without anything.
    pub fn new(name: String, place: Place, parent: Option<usize>, pose: Isometry3<f64>) -> Self {
        Self {
            name,
            place,
            parent,
            pose,
            joints: Vec::new(),
            mass: Mass::default(),
            shapes: Vec::new(),
            sites: Vec::new(),
        }
    }

    /// Whether it can move in any way.
    pub fn is_free(&self) -> bool {
        self.joints.iter().any(|joint| joint.spec.kind == JointKind::Free)
    }
}

/// Joins bodies without joints to their parents, with their shapes and masses; those on the world stay.
///
/// The bodies that are joined away stay as sites by their name. Also returned: what each body became.
pub(super) fn weld(bodies: Vec<Body>) -> (Vec<Body>, Vec<Body>) {
    let mut taken: HashSet<String> = bodies.iter().flat_map(|body| &body.sites).map(|(name, _)| name.clone()).collect();
    let mut moving: Vec<Body> = Vec::new();
    let mut fixed: Vec<Body> = Vec::new();
    // Where each body went: the index of a moving body, or none for the world, and its frame in that.
    let mut became: Vec<(Option<usize>, Isometry3<f64>)> = Vec::new();
    for mut body in bodies {
        let (parent, pose) = match body.parent {
            Some(parent) => (became[parent].0, became[parent].1 * body.pose),
            None => (None, body.pose),
        };
        body.parent = parent;
        body.pose = pose;
        if !body.joints.is_empty() {
            became.push((Some(moving.len()), Isometry3::identity()));
            moving.push(body);
            continue;
        }
        became.push((parent, pose));
        if let Some(parent) = parent {
            let parent = &mut moving[parent];
            parent.mass = parent.mass.plus(&body.mass.moved(&pose));
            parent.shapes.extend(body.shapes.iter().map(|shape| moved(shape, &pose)));
            parent.sites.extend(body.sites.into_iter().map(|(name, site)| (name, pose * site)));
            if taken.insert(body.name.clone()) {
                parent.sites.push((body.name, pose));
            }
        } else {
            fixed.push(body);
        }
    }
    (moving, fixed)
}

/// `shape` seen from a frame in which its own is at `pose`.
pub(super) fn moved(shape: &ShapeSpec, pose: &Isometry3<f64>) -> ShapeSpec {
    let (translation, rotation) = parts(&(pose * isometry(shape.translation, shape.rotation)));
    ShapeSpec { translation, rotation, ..shape.clone() }
}

/// A pose from a translation and a quaternion `x, y, z, w`.
pub(super) fn isometry(translation: [f64; 3], [x, y, z, w]: [f64; 4]) -> Isometry3<f64> {
    let rotation = UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z));
    Isometry3::from_parts(Translation3::from(translation), rotation)
}

/// The translation and the quaternion `x, y, z, w` of a pose.
pub(super) fn parts(pose: &Isometry3<f64>) -> ([f64; 3], [f64; 4]) {
    // Without the negative zeros that products leave.
    let tidy = |x: f64| x + 0.0;
    let translation: [f64; 3] = pose.translation.vector.into();
    let rotation: [f64; 4] = pose.rotation.coords.into();
    (translation.map(tidy), rotation.map(tidy))
}

/// A pose that only moves, by `offset`.
pub(super) fn shift(offset: Vector3<f64>) -> Isometry3<f64> {
    Isometry3::from_parts(Translation3::from(offset), UnitQuaternion::identity())
}
