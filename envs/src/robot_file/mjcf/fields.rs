//! Which elements and attributes of MJCF are read, what they hold, and what becomes of the others.

use roxmltree::Node;

use crate::robot_file::{
    Sensor,
    error::{Reason, RobotFileError},
    notes::Notes,
    xml::{MAX_NUMBER, Source, elements, label},
};

/// What an attribute holds.
enum Holds {
    /// Between so many and so many numbers.
    Numbers(usize, usize),
    /// The same, none below zero.
    Positive(usize, usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A set of bits.
    Bits,
}

const TRISTATE: &[&str] = &["true", "false", "auto"];
const BOOL: &[&str] = &["true", "false"];

/// Attributes that are read, wherever they stand.
fn holds(tag: &str, attribute: &str) -> Option<Holds> {
    use Holds::{Bits, Numbers, Positive, Word};
    Some(match attribute {
        "pos" | "euler" | "zaxis" | "axis" | "scale" | "refpos" => Numbers(3, 3),
        "quat" | "axisangle" | "refquat" => Numbers(4, 4),
        "xyaxes" | "fromto" | "fullinertia" => Numbers(6, 6),
        "diaginertia" => Positive(3, 3),
        "size" => Positive(1, 3),
        "friction" => Positive(1, 3),
        "mass" | "density" | "stiffness" | "damping" | "armature" | "frictionloss" | "boundmass" | "boundinertia" => {
            Positive(1, 1)
        }
        "kp" | "kv" | "ref" | "springref" | "settotalmass" | "inheritrange" => Numbers(1, 1),
        "range" | "ctrlrange" | "forcerange" | "actuatorfrcrange" => Numbers(2, 2),
        "gear" => Numbers(1, 6),
        "gainprm" | "biasprm" => Numbers(1, 10),
        "qpos" | "vertex" | "face" => Numbers(0, usize::MAX),
        "solref" | "solreflimit" => Numbers(1, 2),
        "solimp" | "solimplimit" => Numbers(1, 5),
        "margin" | "impratio" => Positive(1, 1),
        "cone" => Word(&["pyramidal", "elliptic"]),
        "contype" | "conaffinity" => Bits,
        "limited" | "ctrllimited" | "forcelimited" | "actuatorfrclimited" | "inertiafromgeom" => Word(TRISTATE),
        "autolimits" | "strippath" | "balanceinertia" => Word(BOOL),
        "angle" => Word(&["degree", "radian"]),
        "coordinate" => Word(&["local"]),
        "type" if tag == "joint" => Word(&["free", "ball", "slide", "hinge"]),
        "type" if tag == "geom" => {
            Word(&["plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh", "sdf"])
        }
        "inertia" if tag == "mesh" => Word(&["convex", "exact", "legacy", "shell"]),
        _ => return None,
    })
}

const POSE: &[&str] = &["pos", "quat", "axisangle", "euler", "xyaxes", "zaxis"];

/// Attributes of `tag` that are read, besides those of a pose, and those that do not matter.
fn attributes(tag: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match tag {
        "compiler" => (
            &[
                "angle",
                "eulerseq",
                "coordinate",
                "autolimits",
                "inertiafromgeom",
                "meshdir",
                "assetdir",
                "strippath",
                "balanceinertia",
                "boundmass",
                "boundinertia",
                "settotalmass",
            ],
            &["texturedir", "convexhull", "usethread", "fusestatic", "saveinertial", "fitaabb", "alignfree"],
        ),
        "option" => (&["cone", "impratio"], &[]),
        "mujoco" => (&["model"], &[]),
        "default" => (&["class"], &[]),
        "body" => (&["name", "childclass"], &["user", "sleep"]),
        "frame" => (&["name", "childclass"], &[]),
        "inertial" => (&["mass", "diaginertia", "fullinertia"], &[]),
        "joint" => (
            &[
                "name",
                "class",
                "type",
                "axis",
                "range",
                "limited",
                "stiffness",
                "damping",
                "springref",
                "armature",
                "frictionloss",
                "ref",
                "actuatorfrcrange",
                "actuatorfrclimited",
                "solreflimit",
                "solimplimit",
            ],
            &["group", "user"],
        ),
        "freejoint" => (&["name"], &["group", "align"]),
        "geom" => (
            &[
                "name",
                "class",
                "type",
                "size",
                "fromto",
                "mass",
                "density",
                "friction",
                "contype",
                "conaffinity",
                "mesh",
                "solref",
                "solimp",
                "margin",
            ],
            &["rgba", "material", "group", "user"],
        ),
        "site" => (&["name", "class"], &["type", "size", "fromto", "rgba", "material", "group", "user"]),
        "motor" => (
            &["name", "class", "joint", "gear", "ctrlrange", "ctrllimited", "forcerange", "forcelimited"],
            &["group", "user"],
        ),
        "position" => (
            &[
                "name",
                "class",
                "joint",
                "gear",
                "ctrlrange",
                "ctrllimited",
                "forcerange",
                "forcelimited",
                "kp",
                "kv",
                "inheritrange",
            ],
            &["group", "user"],
        ),
        "general" => (
            &[
                "name",
                "class",
                "joint",
                "gear",
                "ctrlrange",
                "ctrllimited",
                "forcerange",
                "forcelimited",
                "gaintype",
                "biastype",
                "gainprm",
                "biasprm",
                "dyntype",
            ],
            &["group", "user"],
        ),
        "mesh" => (
            &["name", "class", "file", "scale", "refpos", "refquat", "vertex", "face"],
            &["smoothnormal", "maxhullvert", "normal", "texcoord", "content_type", "material"],
        ),
        "key" => (&["name", "qpos"], &["time"]),
        "worldbody" | "actuator" | "keyframe" | "asset" | "sensor" => (&[], &[]),
        _ => return None,
    })
}

/// Whether an element `tag`, of which attributes are read, stands where it is read.
fn belongs(tag: &str, parent: &str) -> bool {
    let parents: &[&str] = match tag {
        "body" | "frame" => &["worldbody", "body", "frame"],
        "inertial" | "freejoint" => &["body"],
        "joint" => &["body", "default"],
        "geom" | "site" => &["worldbody", "body", "frame", "default"],
        "motor" | "position" | "general" => &["actuator", "default"],
        "mesh" => &["asset", "default"],
        "key" => &["keyframe"],
        "default" => &["mujoco", "default"],
        _ => &["mujoco"],
    };
    parents.contains(&parent)
}

/// Elements that are only to be looked at.
const LOOKS: [&str; 7] = ["light", "camera", "visual", "statistic", "texture", "material", "custom"];

/// What becomes of settings of the simulator.
const OF_THE_WORLD: &str = "not read: the world has its own clock, gravity and solver";

/// Attributes that the parser does not get to see: they are not read, and it would refuse some of their values.
const UNSEEN: [&str; 8] = ["rgba", "user", "sleep", "group", "mocap", "gravcomp", "priority", "condim"];

/// Attributes that hold nothing but what is so anyhow.
const DEFAULTS: [(&str, &str); 5] =
    [("condim", "3"), ("margin", "0"), ("gap", "0"), ("gravcomp", "0"), ("dyntype", "none")];

/// Whether it says that the robot is at rest, as it is anyhow.
fn rests(attribute: &str, value: &str) -> bool {
    matches!(attribute, "qvel" | "act") && value.split_ascii_whitespace().all(|word| word.parse() == Ok(0.0))
}

/// Checks every value, and notes what is not read.
///
/// Returned is the text for the parser, in which what is not read is blank.
pub(super) fn survey(
    source: &Source,
    root: Node<'_, '_>,
    notes: &mut Notes,
    sensors: &mut Vec<Sensor>,
) -> Result<String, RobotFileError> {
    let mut survey = Survey { source, notes, sensors, text: source.text.clone().into_bytes() };
    survey.element(root, false)?;
    String::from_utf8(survey.text)
        .map_err(|error| RobotFileError { place: source.place(root), reason: Reason::Xml(error.to_string()) })
}

struct Survey<'a> {
    source: &'a Source,
    notes: &'a mut Notes,
    sensors: &'a mut Vec<Sensor>,
    text: Vec<u8>,
}

impl Survey<'_> {
    fn element(&mut self, node: Node<'_, '_>, in_default: bool) -> Result<(), RobotFileError> {
        let tag = node.tag_name().name();
        self.attributes(node, in_default)?;
        let in_default = in_default || tag == "default";
        for child in elements(node) {
            if self.is_read(node, child, in_default)? {
                self.element(child, in_default)?;
            } else {
                self.blank(child.range());
            }
        }
        Ok(())
    }

    /// Whether `child` is read; notes it if not.
    fn is_read(&mut self, node: Node<'_, '_>, child: Node<'_, '_>, in_default: bool) -> Result<bool, RobotFileError> {
        let tag = child.tag_name().name();
        let (place, name) = (self.source.place(child), child.attribute("name"));
        match (node.tag_name().name(), tag) {
            (_, "attach" | "replicate" | "model") if !in_default => {
                let hint = "it stands for parts of the robot that are not written here; write them out, \
                            for example by loading and saving the file with MuJoCo";
                let reason = Reason::Unsupported { element: label(child), hint: hint.into() };
                return Err(RobotFileError { place, reason });
            }
            ("frame", "joint" | "freejoint" | "inertial") => {
                let reason =
                    Reason::Unsupported { element: format!("{tag} in a frame"), hint: "move it into the body".into() };
                return Err(RobotFileError { place, reason });
            }
            (_, "composite" | "flexcomp") => {
                self.notes.add(place, tag, name, "left out, with the bodies that it makes");
            }
            (_, tag) if LOOKS.contains(&tag) => self.notes.add(place, "looks", Some(tag), "not needed"),
            ("mujoco", "option") => {
                self.attributes(child, false)?;
                for part in elements(child) {
                    let kind = format!("{tag} {}", part.tag_name().name());
                    self.notes.add(self.source.place(part), &kind, None, OF_THE_WORLD);
                }
            }
            ("mujoco", "size") => self.notes.add(place, tag, None, OF_THE_WORLD),
            ("mujoco", "contact" | "equality" | "tendon" | "deformable" | "extension") => {
                for part in elements(child) {
                    let kind = format!("{tag} {}", part.tag_name().name());
                    self.notes.add(self.source.place(part), &kind, part.attribute("name"), "not read");
                }
            }
            ("mujoco", "sensor") => {
                for sensor in elements(child) {
                    let kind = sensor.tag_name().name().to_owned();
                    self.sensors.push(Sensor { name: sensor.attribute("name").map(str::to_owned), kind });
                }
            }
            ("actuator", tag) if !["motor", "position", "general"].contains(&tag) => {
                let kind = format!("actuator {tag}");
                self.notes.add(place, &kind, name, "left out: expected motor, position or general");
            }
            // Sites have looks and a pose.
            ("default", "site") => self.attributes(child, true)?,
            ("keyframe", _) if child.prev_siblings().skip(1).any(|before| before.has_tag_name("key")) => {
                self.notes.add(place, "key", name, "not read: the robot starts from the first");
            }
            _ if attributes(tag).is_none() => {
                let (kind, what) =
                    if in_default { (format!("default {tag}"), "not read") } else { (tag.to_owned(), "left out") };
                self.notes.add(place, &kind, name, what);
            }
            (parent, tag) if !belongs(tag, parent) => {
                self.notes.add(place, &format!("{tag} in {parent}"), name, "left out: it has no place there");
            }
            _ => return Ok(true),
        }
        Ok(false)
    }

    fn attributes(&mut self, node: Node<'_, '_>, in_default: bool) -> Result<(), RobotFileError> {
        let tag = node.tag_name().name();
        let (read, unimportant) = attributes(tag).unwrap_or_default();
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let is_pose = POSE.contains(&name) && !matches!(tag, "mujoco" | "compiler" | "default" | "mesh" | "key");
            if is_pose && in_default {
                // The parser takes either the pose of the default or that of the element, never a part of each.
                return Err(self.source.bad(node, name, value, "it at each element: defaults hold no poses here"));
            }
            if is_pose || read.contains(&name) {
                self.check(node, name, value)?;
            } else if !unimportant.contains(&name) && !DEFAULTS.contains(&(name, value)) && !rests(name, value) {
                let kind = format!("{}{tag} {name}", if in_default { "default " } else { "" });
                let what = if tag == "option" { OF_THE_WORLD } else { "not read" };
                self.notes.add(self.source.place(node), &kind, node.attribute("name"), what);
            }
            if UNSEEN.contains(&name) {
                self.blank(attribute.range());
            }
        }
        Ok(())
    }

    fn check(&self, node: Node<'_, '_>, name: &str, value: &str) -> Result<(), RobotFileError> {
        let bad = |expected: &str| Err(self.source.bad(node, name, super::super::xml::clipped(value), expected));
        if name == "eulerseq" && !(value.len() == 3 && value.bytes().all(|axis| b"xyzXYZ".contains(&axis))) {
            return bad("three of x, y, z, X, Y, Z");
        }
        match holds(node.tag_name().name(), name) {
            Some(Holds::Word(words)) if !words.contains(&value) => bad(&format!("one of {}", words.join(", "))),
            Some(Holds::Bits) if value.trim().parse::<u32>().is_err() => bad("a whole number of zero or more"),
            Some(Holds::Numbers(least, most)) => match numbers(value, least, most, -MAX_NUMBER) {
                true => Ok(()),
                false => bad(&count("numbers", least, most)),
            },
            Some(Holds::Positive(least, most)) => match numbers(value, least, most, 0.0) {
                true => Ok(()),
                false => bad(&count("numbers of zero or more", least, most)),
            },
            _ => Ok(()),
        }
    }

    /// Lets the parser see blanks instead; everything stays where it is.
    fn blank(&mut self, range: std::ops::Range<usize>) {
        for byte in &mut self.text[range] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
}

fn numbers(value: &str, least: usize, most: usize, lowest: f64) -> bool {
    let mut count = 0;
    let good = value.split_ascii_whitespace().all(|word| {
        count += 1;
        word.parse::<f64>().is_ok_and(|number| number >= lowest && number <= MAX_NUMBER)
    });
    good && count >= least && count <= most
}

fn count(what: &str, least: usize, most: usize) -> String {
    match (least, most) {
        (1, 1) => format!("one of the {what}").replace("one of the numbers", "a number"),
        (_, usize::MAX) => what.to_owned(),
        (least, most) if least == most => format!("{least} {what}"),
        _ => format!("{least} to {most} {what}"),
    }
}
