//! URDF, the format of ROS.
//!
//! The root is fixed to the world, as in MuJoCo, unless [`Base::Free`] frees it. Links without `inertial` weigh what their
//! collision shapes weigh at the density of water, also as in MuJoCo. A mesh touches as the box around it. The format has
//! no friction: that of MuJoCo's defaults is taken. Every hinge or slide with an effort above zero has a motor of that
//! limit, but for those that mimic another.

mod fields;
mod links;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
use roxmltree::Node;

use super::{
    Base, Format, RobotFile,
    assemble::{assemble, set_base},
    asset::ReadAsset,
    error::{Reason, RobotFileError},
    notes::Notes,
    tree::{Body, Home, Joint},
    xml::{Source, elements},
};
use crate::robot::{JointKind, JointSpec, MotorSpec};
use fields::{Fields, survey};
use links::Links;

/// A limit as far as this, in rad or m, is none.
const NO_LIMIT: f64 = 1e6;
/// Most links in a file: names are compared with one another.
const MAX_BODIES: usize = 4096;

/// Reads the text of the file `name`.
pub(super) fn read(name: &str, text: &str, base: Base, files: &mut ReadAsset<'_>) -> Result<RobotFile, RobotFileError> {
    let source = Source::single(name, text);
    let doc = source.parse()?;
    let root = doc.root_element();
    let (mut notes, mut sensors) = (Notes::default(), Vec::new());
    survey(&source, root, &mut notes, &mut sensors)?;
    let tree = Tree::new(&source, root)?;
    let mut links = Links::new(&source, &mut notes, files);
    let mut motors = Vec::new();
    let mut bodies = Vec::with_capacity(tree.order.len());
    for step in &tree.order {
        let mut body = links.body(step.link, step.parent)?;
        if let Some(node) = step.joint {
            body.pose = Fields::new(&source, node).origin();
            joints(&source, node, &mut body, &mut motors, links.notes)?;
        }
        bodies.push(body);
    }
    set_base(&mut bodies, base, &mut notes);
    let name = root.attribute("name").unwrap_or("robot").to_owned();
    let robot = assemble(name, bodies, motors, None, &mut notes)?;
    Ok(RobotFile { robot, format: Format::Urdf, sensors, notes: notes.into_notes() })
}

/// The links from the root outwards.
struct Tree<'a, 'input> {
    order: Vec<Step<'a, 'input>>,
}

/// A link, the joint before it, and the place in the order of the link before that.
struct Step<'a, 'input> {
    link: Node<'a, 'input>,
    joint: Option<Node<'a, 'input>>,
    parent: Option<usize>,
}

impl<'a, 'input: 'a> Tree<'a, 'input> {
    fn new(source: &Source, root: Node<'a, 'input>) -> Result<Self, RobotFileError> {
        let links = named(source, root, "link")?;
        let joints = named(source, root, "joint")?;
        if links.len() > MAX_BODIES {
            let reason = Reason::TooMuch { what: "links".into(), found: links.len(), limit: MAX_BODIES };
            return Err(RobotFileError { place: source.place(root), reason });
        }
        let idx_of: HashMap<&str, usize> = links.iter().enumerate().map(|(idx, &(name, _))| (name, idx)).collect();
        let mut below: Vec<Vec<(usize, Node<'a, 'input>)>> = vec![Vec::new(); links.len()];
        let mut has_parent = vec![false; links.len()];
        for &(_, joint) in &joints {
            let end = |tag: &str| {
                let node = elements(joint).find(|node| node.has_tag_name(tag));
                let name = node.and_then(|node| node.attribute("link")).unwrap_or_default();
                idx_of.get(name).copied().ok_or_else(|| source.bad(joint, tag, name, "the name of a link"))
            };
            let (parent, child) = (end("parent")?, end("child")?);
            if std::mem::replace(&mut has_parent[child], true) {
                return Err(source.bad(joint, "child", links[child].0, "a link that no other joint moves"));
            }
            below[parent].push((child, joint));
        }
        let robot = |reason| RobotFileError { place: source.place(root), reason: Reason::Robot(reason) };
        let roots: Vec<usize> = (0..links.len()).filter(|&link_idx| !has_parent[link_idx]).collect();
        let &[first] = &roots[..] else {
            return Err(robot(match roots[..] {
                [] if links.is_empty() => "it has no links".into(),
                [] => "every link hangs on another: the joints form a ring".into(),
                [first, second, ..] => format!(
                    "both link '{}' and link '{}' hang on none, expected one root",
                    links[first].0, links[second].0
                ),
                [_] => String::new(),
            }));
        };
        // Depth first, without recursion: robots may be long chains.
        let mut order = Vec::new();
        let mut open = vec![(first, None, None)];
        while let Some((link_idx, joint, parent)) = open.pop() {
            let here = order.len();
            order.push(Step { link: links[link_idx].1, joint, parent });
            open.extend(below[link_idx].iter().rev().map(|&(child, joint)| (child, Some(joint), Some(here))));
        }
        if order.len() < links.len() {
            return Err(robot("some links hang on one another in a ring, and not on the root".into()));
        }
        Ok(Self { order })
    }
}

/// All elements `tag`, with their names, which are there once.
fn named<'a, 'input: 'a>(
    source: &Source,
    root: Node<'a, 'input>,
    tag: &str,
) -> Result<Vec<(&'a str, Node<'a, 'input>)>, RobotFileError> {
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for node in elements(root).filter(|node| node.has_tag_name(tag)) {
        let Some(name) = node.attribute("name").filter(|name| !name.is_empty()) else {
            return Err(source.bad(node, "name", "", "a name"));
        };
        if seen.insert(name, ()).is_some() {
            return Err(source.bad(node, "name", name, &format!("one that no other {tag} has")));
        }
        found.push((name, node));
    }
    Ok(found)
}

/// Adds the joint `node` to the body that it moves, and its motor.
fn joints(
    source: &Source,
    node: Node<'_, '_>,
    body: &mut Body,
    motors: &mut Vec<MotorSpec>,
    notes: &mut Notes,
) -> Result<(), RobotFileError> {
    let fields = Fields::new(source, node);
    let name = node.attribute("name").unwrap_or_default();
    let kind = node.attribute("type").unwrap_or_default();
    let axis = fields.vector("axis", "xyz").unwrap_or_else(Vector3::x);
    let place = source.place(node);
    if kind != "fixed" && axis.norm_squared() < 1e-12 {
        return Err(source.bad(node, "axis", "0 0 0", "an axis of a length above zero"));
    }
    let mut add = |name: &str, kind, axis: Vector3<f64>, limits| {
        let spec = JointSpec {
            limits,
            damping: fields.number("dynamics", "damping").unwrap_or(0.0),
            friction: fields.number("dynamics", "friction").unwrap_or(0.0),
            ..JointSpec::new(name, kind, axis.into())
        };
        body.joints.push(Joint {
            spec,
            place: place.clone(),
            pos: Vector3::zeros(),
            home: Home::Nowhere,
            reference: 0.0,
        });
    };
    match kind {
        "fixed" => return Ok(()),
        "revolute" | "prismatic" => {
            let limits = limits(&fields, node, notes)?;
            add(name, if kind == "revolute" { JointKind::Hinge } else { JointKind::Slide }, axis, limits);
        }
        "continuous" => add(name, JointKind::Hinge, axis, None),
        "floating" => add(name, JointKind::Free, Vector3::z(), None),
        "planar" => {
            notes.add(place.clone(), "joint of type planar", Some(name), "two slides and a hinge, without motors");
            let across = UnitQuaternion::rotation_between(&Vector3::z(), &axis)
                .unwrap_or_else(|| UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f64::consts::PI));
            add(&format!("{name}_x"), JointKind::Slide, across * Vector3::x(), None);
            add(&format!("{name}_y"), JointKind::Slide, across * Vector3::y(), None);
            add(name, JointKind::Hinge, axis, None);
            return Ok(());
        }
        _ => {
            let expected = "revolute, continuous, prismatic, fixed, planar or floating";
            return Err(source.bad(node, "type", kind, expected));
        }
    }
    if kind == "floating" {
        return Ok(());
    }
    if fields.child("mimic").is_some() {
        notes.add(place, "joint mimic", Some(name), "not read: the joint moves by itself, without a motor");
        return Ok(());
    }
    match fields.number("limit", "effort") {
        Some(limit) if limit > 0.0 => {
            motors.push(MotorSpec { name: name.to_owned(), joint: name.to_owned(), limit, servo: None });
        }
        _ => notes.add(place, "joint without effort", Some(name), "has no motor"),
    }
    Ok(())
}

fn limits(fields: &Fields<'_, '_>, node: Node<'_, '_>, notes: &mut Notes) -> Result<Option<[f64; 2]>, RobotFileError> {
    let [low, high] = ["lower", "upper"].map(|end| fields.number("limit", end).unwrap_or(0.0));
    if low > high {
        return Err(fields.source.bad(node, "limit", format!("{low} to {high}"), "lower below upper"));
    }
    if low <= -NO_LIMIT && high >= NO_LIMIT {
        return Ok(None);
    }
    if low == high {
        // As in MuJoCo.
        let what = "lower is upper: taken as without limits";
        notes.add(fields.source.place(node), "joint limit", node.attribute("name"), what);
    }
    Ok((low < high).then_some([low.max(-NO_LIMIT), high.min(NO_LIMIT)]))
}

/// A pose from a translation and turns about the fixed axes x, y and z, one after the other.
fn pose(xyz: Vector3<f64>, rpy: Vector3<f64>) -> Isometry3<f64> {
    Isometry3::from_parts(Translation3::from(xyz), UnitQuaternion::from_euler_angles(rpy.x, rpy.y, rpy.z))
}
