//! Which elements and attributes of URDF are read, and what becomes of the others.

use nalgebra::{Isometry3, Vector3};
use roxmltree::Node;

use crate::robot_file::{
    Sensor,
    error::RobotFileError,
    notes::Notes,
    xml::{MAX_NUMBER, Source, clipped, elements},
};

/// An attribute: its name, how many numbers it has, and whether none is below zero.
type Numbers = (&'static str, usize, bool);
/// An element: its name, the elements in it that are read, its attributes that are numbers, and those that are words.
type Element = (&'static str, &'static [&'static str], &'static [Numbers], &'static [&'static str]);

/// What is read.
const READ: [Element; 21] = [
    ("robot", &["link", "joint"], &[], &["name"]),
    ("link", &["inertial", "visual", "collision"], &[], &["name"]),
    ("inertial", &["origin", "mass", "inertia"], &[], &[]),
    ("visual", &["origin", "geometry"], &[], &[]),
    ("collision", &["origin", "geometry"], &[], &[]),
    ("geometry", &["box", "cylinder", "sphere", "capsule", "mesh"], &[], &[]),
    ("joint", &["origin", "parent", "child", "axis", "limit", "dynamics", "mimic"], &[], &["name", "type"]),
    ("origin", &[], &[("xyz", 3, false), ("rpy", 3, false)], &[]),
    ("mass", &[], &[("value", 1, true)], &[]),
    ("inertia", &[], &INERTIA, &[]),
    ("box", &[], &[("size", 3, true)], &[]),
    ("cylinder", &[], &[("radius", 1, true), ("length", 1, true)], &[]),
    ("capsule", &[], &[("radius", 1, true), ("length", 1, true)], &[]),
    ("sphere", &[], &[("radius", 1, true)], &[]),
    ("mesh", &[], &[("scale", 3, false)], &["filename"]),
    ("parent", &[], &[], &["link"]),
    ("child", &[], &[], &["link"]),
    ("axis", &[], &[("xyz", 3, false)], &[]),
    ("limit", &[], &[("effort", 1, true)], &["lower", "upper", "velocity"]),
    ("dynamics", &[], &[("damping", 1, true), ("friction", 1, true)], &[]),
    ("mimic", &[], &[], &["joint", "multiplier", "offset"]),
];
const INERTIA: [Numbers; 6] =
    [("ixx", 1, false), ("iyy", 1, false), ("izz", 1, false), ("ixy", 1, false), ("ixz", 1, false), ("iyz", 1, false)];

/// Elements of which there may be several in another.
const SEVERAL: [&str; 4] = ["link", "joint", "visual", "collision"];

/// Attributes that do not change the robot: names of shapes, and what version or kind the file says of itself.
const UNIMPORTANT: [(&str, &str); 4] =
    [("visual", "name"), ("collision", "name"), ("robot", "version"), ("link", "type")];

/// Elements that do not change the robot.
const LOOKS: [&str; 3] = ["material", "verbose", "visual"];

/// Checks every value, and notes what is not read.
pub(super) fn survey(
    source: &Source,
    root: Node<'_, '_>,
    notes: &mut Notes,
    sensors: &mut Vec<Sensor>,
) -> Result<(), RobotFileError> {
    Survey { source, notes, sensors }.element(root, None)
}

struct Survey<'a> {
    source: &'a Source,
    notes: &'a mut Notes,
    sensors: &'a mut Vec<Sensor>,
}

impl Survey<'_> {
    /// Looks over `node`, which belongs to the link or joint `around`.
    fn element(&mut self, node: Node<'_, '_>, around: Option<&str>) -> Result<(), RobotFileError> {
        let tag = node.tag_name().name();
        let Some((_, children, numbers, words)) = READ.iter().find(|(read, ..)| *read == tag) else { return Ok(()) };
        let name = around.or_else(|| node.attribute("name").filter(|_| tag != "robot"));
        self.check(node, numbers)?;
        for attribute in node.attributes().map(|attribute| attribute.name()) {
            let is_read = words.contains(&attribute) || numbers.iter().any(|(number, ..)| *number == attribute);
            if !is_read && !UNIMPORTANT.contains(&(tag, attribute)) {
                self.notes.add(self.source.place(node), &format!("{tag} {attribute}"), name, "not read");
            }
        }
        if tag == "limit" && node.attribute("velocity").is_some() {
            self.notes.add(self.source.place(node), "joint limit velocity", name, "not read: speeds have no limit");
        }
        let mut seen = Vec::new();
        for child in elements(node) {
            let child_tag = child.tag_name().name();
            if !children.contains(&child_tag) {
                self.left_out(node, child, name);
                continue;
            }
            // An element has one geometry, of one shape.
            let kind = if tag == "geometry" { "shape" } else { child_tag };
            if seen.contains(&kind) {
                let what = format!("not read: there is a {kind} before it");
                self.notes.add(self.source.place(child), &format!("{tag} {child_tag}"), name, &what);
                continue;
            }
            if !SEVERAL.contains(&kind) {
                seen.push(kind);
            }
            self.element(child, name)?;
        }
        Ok(())
    }

    fn check(&self, node: Node<'_, '_>, numbers: &[Numbers]) -> Result<(), RobotFileError> {
        for &(field, count, positive) in numbers {
            if let Some(value) = node.attribute(field)
                && !are_numbers(value, count, positive)
            {
                let plural = if count == 1 { "a number".into() } else { format!("{count} numbers") };
                let expected = format!("{plural}{}", if positive { " of zero or more" } else { "" });
                return Err(self.source.bad(node, field, clipped(value), &expected));
            }
        }
        for end in ["lower", "upper"].into_iter().filter(|_| node.has_tag_name("limit")) {
            // Some files mean none by a very large limit.
            if let Some(value) = node.attribute(end)
                && !value.trim().parse::<f64>().is_ok_and(f64::is_finite)
            {
                return Err(self.source.bad(node, end, clipped(value), "a number"));
            }
        }
        Ok(())
    }

    /// Notes `child` in `node`, which is not read.
    fn left_out(&mut self, node: Node<'_, '_>, child: Node<'_, '_>, name: Option<&str>) {
        let (tag, child_tag) = (node.tag_name().name(), child.tag_name().name());
        if child_tag == "sensor" {
            let kind = child.attribute("type").unwrap_or("sensor").to_owned();
            self.sensors.push(Sensor { name: child.attribute("name").map(str::to_owned), kind });
        } else if LOOKS.contains(&child_tag) {
            self.notes.add(self.source.place(child), "looks", Some(child_tag), "not needed");
        } else {
            let kind = if tag == "robot" { child_tag.to_owned() } else { format!("{tag} {child_tag}") };
            let name = child.attribute("name").or_else(|| child.attribute("reference")).or(name);
            self.notes.add(self.source.place(child), &kind, name, "not read");
        }
    }
}

fn are_numbers(value: &str, count: usize, positive: bool) -> bool {
    let good =
        |word: &str| word.parse::<f64>().is_ok_and(|number| number.abs() <= MAX_NUMBER && (!positive || number >= 0.0));
    value.split_ascii_whitespace().all(good) && value.split_ascii_whitespace().count() == count
}

/// The values of an element and of those in it, which are checked.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a, 'input> {
    /// The file.
    pub source: &'a Source,
    node: Node<'a, 'input>,
}

impl<'a, 'input: 'a> Fields<'a, 'input> {
    /// Those of `node`.
    pub fn new(source: &'a Source, node: Node<'a, 'input>) -> Self {
        Self { source, node }
    }

    /// The first element `tag` in it.
    pub fn child(&self, tag: &str) -> Option<Node<'a, 'input>> {
        elements(self.node).find(|child| child.has_tag_name(tag))
    }

    /// The number in an attribute of the element `tag`.
    pub fn number(&self, tag: &str, attribute: &str) -> Option<f64> {
        self.child(tag)?.attribute(attribute)?.trim().parse().ok()
    }

    /// The three numbers in an attribute of the element `tag`.
    pub fn vector(&self, tag: &str, attribute: &str) -> Option<Vector3<f64>> {
        vector(self.child(tag)?, attribute)
    }

    /// The pose in its element `origin`.
    pub fn origin(&self) -> Isometry3<f64> {
        let part = |attribute| self.vector("origin", attribute).unwrap_or_default();
        super::pose(part("xyz"), part("rpy"))
    }
}

/// The three numbers in an attribute of `node`.
pub(super) fn vector(node: Node<'_, '_>, attribute: &str) -> Option<Vector3<f64>> {
    let mut words = node.attribute(attribute)?.split_ascii_whitespace().map(str::parse);
    let mut next = || words.next()?.ok();
    Some(Vector3::new(next()?, next()?, next()?))
}
