//! Robots from files: MJCF and URDF, read into the description of a robot.
//!
//! The file becomes a tree of bodies, bodies without joints are joined to those that they are fixed to, and every joint
//! becomes a link. What the description has no place for is listed by name and line, never left out in silence.
//!
//! Conventions. Position zero of every joint is the posture of the file: where MuJoCo's `ref` gives that posture another
//! position, limits, springs and postures are shifted by it. A body with several joints becomes a chain of links, all but
//! the last without mass; slides along x and z and a hinge about y, in that order or with z first, are one planar joint
//! where they alone hold a body on the world. A body that is joined to another stays as a site by its name.
//!
//! How contacts and stops give way is read from MJCF, with its friction cone, which is MuJoCo's pyramid where the file
//! names none. URDF says nothing of it: softness is MuJoCo's default there, and friction hardly creeps.
//!
//! Nothing here opens a file: what the robot file names is asked for. Any text ends in a robot or an error, in bounded
//! time and memory.

mod assemble;
mod asset;
mod error;
mod include;
mod library;
mod mesh;
mod mjcf;
mod notes;
mod shapes;
mod tree;
mod urdf;
mod xml;

pub use asset::{AssetPath, ReadAsset, no_assets};
pub use error::{Place, Reason, RobotFileError};
pub use notes::Note;
pub use xml::{MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS};

use crate::robot::RobotSpec;

/// A kind of robot file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// MuJoCo's XML.
    Mjcf,
    /// The format of ROS.
    Urdf,
}

/// How the robot stands in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// As the file says; a URDF file does not say, and its root is fixed, as in MuJoCo.
    #[default]
    AsWritten,
    /// What the file fixes to the world can move freely.
    Free,
    /// What can move freely in the file is fixed to the world.
    Fixed,
}

/// A robot, and what its file says beyond it.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotFile {
    /// The robot. It is valid.
    pub robot: RobotSpec,
    /// What kind of file it is from.
    pub format: Format,
    /// Sensors in the file. The robot has none: tasks observe it by themselves.
    pub sensors: Vec<Sensor>,
    /// What the robot does not have, or has otherwise than the file says.
    pub notes: Vec<Note>,
}

/// A sensor in a robot file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it measures.
    pub kind: String,
}

impl Format {
    /// The format of a file that begins with the element `root`.
    #[must_use]
    pub fn of_root(root: &str) -> Option<Self> {
        match root {
            "mujoco" => Some(Self::Mjcf),
            "robot" => Some(Self::Urdf),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mjcf => "MJCF",
            Self::Urdf => "URDF",
        }
    }
}

/// Reads the text of the robot file `name`, MJCF or URDF, whichever its first element says.
/// `files` reads what it names: included files and meshes.
///
/// # Errors
/// With the file, the line and what is wrong there.
pub fn read(name: &str, text: &str, base: Base, files: &mut ReadAsset<'_>) -> Result<RobotFile, RobotFileError> {
    let doc = xml::parse(name, text)?;
    let root = doc.root_element();
    match Format::of_root(root.tag_name().name()) {
        Some(Format::Mjcf) => mjcf::read(name, text, base, files),
        Some(Format::Urdf) => urdf::read(name, text, base, files),
        None => {
            let reason = Reason::Robot(format!("the file begins with {}, expected mujoco or robot", xml::label(root)));
            Err(RobotFileError { place: xml::Source::single(name, text).place(root), reason })
        }
    }
}

/// Reads the text of the MJCF file `name`, which names no other files.
///
/// # Errors
/// With the line and what is wrong there.
pub fn mjcf(name: &str, text: &str) -> Result<RobotFile, RobotFileError> {
    mjcf::read(name, text, Base::AsWritten, &mut no_assets)
}
