//! The friction cone of MJCF: `cone` and `impratio` of `option`.

use roxmltree::Node;

use super::Reading;
use crate::{
    robot::FrictionCone,
    robot_file::{error::RobotFileError, xml::clipped},
};

impl<'a, 'input> Reading<'a, 'input> {
    /// How friction bounds the forces of contacts: MuJoCo's pyramids unless the file says otherwise.
    pub fn friction_cone(&mut self) -> Result<FrictionCone, RobotFileError> {
        let mut impratio = 1.0;
        let set = self.option("impratio");
        if let Some((node, value)) = set {
            impratio = value.trim().parse().unwrap_or(0.0);
            if impratio <= 0.0 {
                return Err(self.source.bad(node, "impratio", clipped(value), "a number above zero"));
            }
        }
        if self.option("cone").is_some_and(|(_, cone)| cone == "elliptic") {
            return Ok(FrictionCone::Elliptic { impratio });
        }
        if let Some((node, _)) = set.filter(|_| impratio != 1.0) {
            let what = "not read: the pyramidal cone has 1 here; it is read with the elliptic cone";
            self.notes.add(self.source.place(node), "option impratio", None, what);
        }
        Ok(FrictionCone::Pyramidal)
    }

    /// The last `option` that sets `attribute`, and its value.
    fn option(&self, attribute: &str) -> Option<(Node<'a, 'input>, &'a str)> {
        self.nodes.options.iter().rev().find_map(|&node| Some((node, node.attribute(attribute)?)))
    }
}
