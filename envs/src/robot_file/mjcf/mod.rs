//! MJCF, MuJoCo's format.
//!
//! Masses are MuJoCo's: where a body has no `inertial`, or `inertiafromgeom` says so, those of its shapes at their density
//! or mass, in closed form; then `boundmass`, `boundinertia`, `balanceinertia` and `settotalmass`. A mesh weighs what it
//! encloses, and touches as the box around it; an ellipsoid touches as a capsule.
//!
//! Contacts and stops give way as MuJoCo's: `solref`, `solimp` and `margin` of shapes, `solreflimit` and `solimplimit` of
//! joints, with what default classes set of them number by number, and `cone` and `impratio` of `option`. A `solref` of
//! stiffness and damping becomes the time constant and damping ratio that have them; here it too dies away no sooner than
//! in two steps.
//!
//! The world's own floor stands in for a plane or height field of the file, and has neither softness nor margin. So each
//! shape that can touch that plane and moves takes in the plane's: the margins are added, as in MuJoCo 4 (earlier
//! versions take the larger), and the softness is mixed half and half. Where there is no plane the shape keeps its own.
//! What it takes in also counts where it touches anything else.

mod actuators;
mod bodies;
mod cone;
mod fields;
mod floor;
mod nodes;
mod solver;
#[cfg(test)]
mod solver_tests;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mjcf_rs::Model;

use super::{
    Base, Format, RobotFile,
    assemble::{assemble, set_base},
    asset::ReadAsset,
    error::{Reason, RobotFileError},
    include,
    notes::Notes,
    xml::Source,
};
use crate::robot::RobotSpec;
use nodes::Nodes;

/// Reads the text of the file `name`.
pub(super) fn read(name: &str, text: &str, base: Base, files: &mut ReadAsset<'_>) -> Result<RobotFile, RobotFileError> {
    let source = include::joined(name, text, files)?;
    let doc = source.parse()?;
    let root = doc.root_element();
    let (mut notes, mut sensors) = (Notes::default(), Vec::new());
    let seen = fields::survey(&source, root, &mut notes, &mut sensors)?;
    let nodes = Nodes::new(&source, root)?;
    let model = parse(&source, &seen)?;
    let robot_name = model.name.clone().unwrap_or_else(|| "robot".into());
    let mut reading = Reading { source: &source, nodes: &nodes, model: &model, notes, base, n_positions: 0 };
    let mut bodies = reading.bodies(files)?;
    set_base(&mut bodies, base, &mut reading.notes);
    let motors = reading.motors(&bodies)?;
    let home = reading.home()?;
    let friction_cone = reading.friction_cone()?;
    let mut notes = reading.notes;
    let robot = RobotSpec { friction_cone, ..assemble(robot_name, bodies, motors, home, &mut notes)? };
    Ok(RobotFile { robot, format: Format::Mjcf, sensors, notes: notes.into_notes() })
}

/// A file on its way to bodies and motors.
struct Reading<'a, 'input> {
    source: &'a Source,
    nodes: &'a Nodes<'a, 'input>,
    model: &'a Model,
    notes: Notes,
    base: Base,
    /// How many numbers the positions of the joints so far have in the file.
    n_positions: usize,
}

impl<'a> Reading<'a, '_> {
    /// Positions of all joints in the first posture of the file, as far as it has one.
    fn home(&self) -> Result<Option<&'a [f64]>, RobotFileError> {
        let (Some(key), Some(node)) = (self.model.keyframes.first(), self.nodes.key) else { return Ok(None) };
        match key.qpos.len() {
            0 => Ok(None),
            len if len == self.n_positions => Ok(Some(&key.qpos)),
            len => Err(self.source.bad(node, "qpos", format!("{len} numbers"), &self.n_positions.to_string())),
        }
    }
}

/// Hands the text to the parser. It was checked for all that the parser is known not to bear.
fn parse(source: &Source, text: &str) -> Result<Model, RobotFileError> {
    let failed = |reason| RobotFileError { place: source.whole(), reason: Reason::Xml(reason) };
    // No file is opened: includes are joined already, and models to attach are refused.
    catch_unwind(AssertUnwindSafe(|| Model::from_str(text, "")))
        .map_err(|_| failed("it cannot be parsed".into()))?
        .map_err(|error| failed(error.to_string()))
}
