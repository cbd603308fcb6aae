//! Planes and height fields of MJCF: the floors of the file, in whose place the world has its own.

use mjcf_rs::body::{Geom, GeomType};
use roxmltree::Node;

use super::{Reading, solver::SolverParameters};
use crate::{
    robot::ShapeSpec,
    robot_file::error::{Reason, RobotFileError},
};

/// Most floors that differ: every shape asks all of them.
const MAX_FLOORS: usize = 256;
/// The attributes that say how contacts give way.
const CONTACT: [&str; 2] = ["solref", "solimp"];
/// What they are called where those of the floor are mixed in.
const WITH_FLOOR: [&str; 2] = ["solref with that of the floor", "solimp with that of the floor"];

/// A floor of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Floor {
    contype: u32,
    conaffinity: u32,
    /// Absent for the floor of a file without one.
    contact: Option<Contact>,
}

/// What a shape or floor brings into a contact.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Contact {
    parameters: SolverParameters,
    /// In m.
    margin: f64,
}

impl Floor {
    /// Whether `geom` can touch it.
    fn touches(&self, geom: &Geom) -> bool {
        geom.contype & self.conaffinity != 0 || self.contype & geom.conaffinity != 0
    }
}

impl<'a> Reading<'a, '_> {
    /// The floors of the file; without one, that of MuJoCo's defaults.
    pub fn floors(&self) -> Result<Vec<Floor>, RobotFileError> {
        let mut floors = Vec::new();
        let bodies = self.model.bodies.iter().zip(&self.nodes.bodies);
        let geoms = bodies.flat_map(|(entry, nodes)| entry.body.geoms.iter().zip(&nodes.geoms));
        for (geom, &node) in geoms.filter(|(geom, _)| matches!(geom.type_, GeomType::Plane | GeomType::Hfield)) {
            let Geom { contype, conaffinity, .. } = *geom;
            let floor = Floor { contype, conaffinity, contact: Some(self.contact(geom, node)) };
            if floors.contains(&floor) {
                continue;
            }
            floors.push(floor);
            if floors.len() > MAX_FLOORS {
                let what = "planes that differ".into();
                let reason = Reason::TooMuch { what, found: floors.len(), limit: MAX_FLOORS };
                return Err(RobotFileError { place: self.source.place(node), reason });
            }
        }
        if floors.is_empty() {
            floors.push(Floor { contype: 1, conaffinity: 1, contact: None });
        }
        Ok(floors)
    }

    /// `shape` of `geom` with what it brings into contacts, if it touches a floor; together with that of the floor if it
    /// moves.
    pub fn touching(
        &mut self,
        shape: ShapeSpec,
        geom: &Geom,
        node: Node<'a, '_>,
        floors: &[Floor],
        moves: bool,
    ) -> Result<ShapeSpec, RobotFileError> {
        let mut touched = floors.iter().filter(|floor| floor.touches(geom));
        let Some(floor) = touched.next() else { return Ok(shape) };
        if moves && touched.any(|other| other.contact != floor.contact) {
            let what = "touches floors that give way in different ways: read for the first of them";
            self.notes.add(self.source.place(node), "geom", geom.name.as_deref(), what);
        }
        let mut contact = self.contact(geom, node);
        let mut names = CONTACT;
        if let Some(of_floor) = floor.contact.filter(|_| moves) {
            contact.parameters = contact.parameters.mixed(&of_floor.parameters);
            contact.margin += of_floor.margin;
            names = WITH_FLOOR;
        }
        let softness = self.softness(node, names, &contact.parameters)?;
        Ok(ShapeSpec { contact_friction: Some(geom.friction[0]), softness, margin: contact.margin, ..shape })
    }

    fn contact(&self, geom: &Geom, node: Node<'a, '_>) -> Contact {
        let parameters = self.solver_parameters(node, geom.class.as_deref(), CONTACT);
        Contact { parameters, margin: geom.margin }
    }
}
