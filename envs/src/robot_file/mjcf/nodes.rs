//! The elements behind what the parser made of them: for their lines, and for attributes that it does not know.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use crate::robot_file::{
    error::{Reason, RobotFileError},
    xml::{Source, elements, label},
};

/// Most bodies, and most sites: names are compared with one another.
const MAX_BODIES: usize = 4096;
/// Deepest nesting of default classes: each element asks all above its own.
const MAX_CLASS_DEPTH: usize = 16;

/// The elements of a body, in the order of the parser.
#[derive(Clone, Debug, Default)]
pub(super) struct BodyNodes<'a, 'input> {
    /// The body; absent for the world.
    pub body: Option<Node<'a, 'input>>,
    /// Its joints.
    pub joints: Vec<Node<'a, 'input>>,
    /// Its shapes.
    pub geoms: Vec<Node<'a, 'input>>,
    /// Its inertial element.
    pub inertial: Option<Node<'a, 'input>>,
    n_sites: usize,
}

/// All elements that become parts of the robot.
pub(super) struct Nodes<'a, 'input> {
    /// Those of each body, the world first.
    pub bodies: Vec<BodyNodes<'a, 'input>>,
    /// Those of each actuator.
    pub actuators: Vec<Node<'a, 'input>>,
    /// The elements `option`.
    pub options: Vec<Node<'a, 'input>>,
    /// The first posture.
    pub key: Option<Node<'a, 'input>>,
    classes: HashMap<&'a str, Class<'a>>,
}

#[derive(Default)]
struct Class<'a> {
    parent: Option<&'a str>,
    /// By element and attribute.
    values: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a, 'input: 'a> Nodes<'a, 'input> {
    /// Walks through the file, and checks that names are there once and classes exist.
    pub fn new(source: &Source, root: Node<'a, 'input>) -> Result<Self, RobotFileError> {
        let mut nodes = Self {
            bodies: vec![BodyNodes::default()],
            actuators: Vec::new(),
            options: Vec::new(),
            key: None,
            classes: HashMap::new(),
        };
        for part in elements(root).filter(|part| part.has_tag_name("default")) {
            nodes.add_class(source, part, None, 0)?;
        }
        for part in elements(root) {
            match part.tag_name().name() {
                "worldbody" => nodes.add_body(part, 0),
                "option" => nodes.options.push(part),
                "actuator" => nodes.actuators.extend(elements(part).filter(is_actuator)),
                "keyframe" if nodes.key.is_none() => nodes.key = elements(part).find(|key| key.has_tag_name("key")),
                _ => {}
            }
        }
        nodes.check(source, root)?;
        Ok(nodes)
    }

    /// The value of `attribute` for an element of class `class`, from itself or its defaults.
    pub fn attribute(&self, node: Node<'a, 'input>, class: Option<&str>, attribute: &str) -> Option<&'a str> {
        self.attributes(node, class, attribute).next()
    }

    /// The values of `attribute` for an element of class `class`: its own, that of its class, those of the classes above.
    fn attributes(
        &self,
        node: Node<'a, 'input>,
        class: Option<&str>,
        attribute: &str,
    ) -> impl Iterator<Item = &'a str> {
        let key = (node.tag_name().name(), attribute);
        let above = |class: &&Class<'a>| class.parent.and_then(|parent| self.classes.get(parent));
        let classes = std::iter::successors(self.classes.get(class.unwrap_or("main")), above);
        node.attribute(attribute).into_iter().chain(classes.filter_map(move |class| class.values.get(&key).copied()))
    }

    /// The numbers of `attribute` for an element of class `class`, where none are set those of `default`.
    ///
    /// As in MuJoCo, a list that is too short sets its first numbers; the others are those of the class above.
    pub fn numbers<const N: usize>(
        &self,
        node: Node<'a, 'input>,
        class: Option<&str>,
        attribute: &str,
        default: [f64; N],
    ) -> [f64; N] {
        let mut numbers: [Option<f64>; N] = [None; N];
        for value in self.attributes(node, class, attribute) {
            for (number, word) in numbers.iter_mut().zip(value.split_ascii_whitespace()) {
                *number = number.or_else(|| word.parse().ok());
            }
        }
        std::array::from_fn(|idx| numbers[idx].unwrap_or(default[idx]))
    }

    fn add_class(
        &mut self,
        source: &Source,
        node: Node<'a, 'input>,
        parent: Option<&'a str>,
        depth: usize,
    ) -> Result<(), RobotFileError> {
        if depth >= MAX_CLASS_DEPTH {
            let reason = Reason::TooMuch { what: "levels of default".into(), found: depth + 1, limit: MAX_CLASS_DEPTH };
            return Err(RobotFileError { place: source.place(node), reason });
        }
        let name = match node.attribute("class") {
            Some(name) if parent.is_none() && name != "main" => {
                return Err(source.bad(node, "class", name, "main, or none, for the defaults of everything"));
            }
            None if parent.is_some() => return Err(source.bad(node, "class", "", "a name")),
            name => name.unwrap_or("main"),
        };
        let here = self.classes.entry(name).or_default();
        if parent.is_some() && (name == "main" || here.parent.is_some()) {
            return Err(source.bad(node, "class", name, "a name that no other class has"));
        }
        here.parent = parent;
        for child in elements(node) {
            if child.has_tag_name("default") {
                self.add_class(source, child, Some(name), depth + 1)?;
            } else if let Some(class) = self.classes.get_mut(name) {
                let tag = child.tag_name().name();
                class.values.extend(child.attributes().map(|set| ((tag, set.name()), set.value())));
            }
        }
        Ok(())
    }

    fn add_body(&mut self, node: Node<'a, 'input>, body_idx: usize) {
        for child in elements(node) {
            let body = &mut self.bodies[body_idx];
            match child.tag_name().name() {
                "joint" | "freejoint" => body.joints.push(child),
                "geom" => body.geoms.push(child),
                "site" => body.n_sites += 1,
                "inertial" => body.inertial = Some(child),
                "frame" => self.add_body(child, body_idx),
                "body" => {
                    let child_idx = self.bodies.len();
                    self.bodies.push(BodyNodes { body: Some(child), ..BodyNodes::default() });
                    self.add_body(child, child_idx);
                }
                _ => {}
            }
        }
    }

    fn check(&self, source: &Source, root: Node<'a, 'input>) -> Result<(), RobotFileError> {
        let n_sites = self.bodies.iter().map(|body| body.n_sites).sum();
        for (what, found) in [("bodies", self.bodies.len()), ("sites", n_sites)] {
            if found > MAX_BODIES {
                let reason = Reason::TooMuch { what: what.into(), found, limit: MAX_BODIES };
                return Err(RobotFileError { place: source.place(root), reason });
            }
        }
        let mut names = HashSet::new();
        for node in root.descendants().filter(Node::is_element) {
            let kind = match node.tag_name().name() {
                tag @ ("body" | "joint" | "geom" | "site" | "mesh") => tag,
                "freejoint" => "joint",
                _ if is_actuator(&node) => "actuator",
                _ => continue,
            };
            if let Some(name) = node.attribute("name")
                && !names.insert((kind, name))
            {
                return Err(source.bad(node, "name", name, &format!("one that no other {kind} has")));
            }
            for field in ["class", "childclass"] {
                if let Some(class) = node.attribute(field)
                    && class != "main"
                    && !self.classes.contains_key(class)
                {
                    let expected = format!("the class of a default element for {}", label(node));
                    return Err(source.bad(node, field, class, &expected));
                }
            }
        }
        Ok(())
    }
}

/// Whether the parser makes an actuator of it.
fn is_actuator(node: &Node<'_, '_>) -> bool {
    matches!(node.tag_name().name(), "motor" | "position" | "general")
        && node.parent().is_some_and(|parent| parent.has_tag_name("actuator"))
}
