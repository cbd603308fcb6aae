//! Links of URDF: their masses and shapes.

use std::collections::{HashMap, hash_map::Entry};

use nalgebra::{Isometry3, Matrix3, Vector3};
use roxmltree::Node;

use super::fields::{Fields, vector};
use crate::{
    robot::Mass,
    robot_file::{
        asset::{AssetPath, ReadAsset},
        error::RobotFileError,
        library::{Library, Measured},
        notes::Notes,
        shapes::Solid,
        tree::Body,
        xml::{Source, elements},
    },
};

/// Friction of all shapes: the format has none.
const FRICTION: f64 = 1.0;
/// Density of links without `inertial`, in kg/m³.
const WATER: f64 = 1000.0;

/// Makes bodies of links.
pub(super) struct Links<'a, 'files> {
    source: &'a Source,
    /// What was not read.
    pub notes: &'a mut Notes,
    library: Library<'a, 'files>,
    /// By path and the bits of the scale.
    meshes: HashMap<(AssetPath, [u64; 3]), Result<Measured, String>>,
}

impl<'a, 'files> Links<'a, 'files> {
    /// For the links of `source`, with the meshes that `files` reads.
    pub fn new(source: &'a Source, notes: &'a mut Notes, files: &'a mut ReadAsset<'files>) -> Self {
        Self { source, notes, library: Library::new(files), meshes: HashMap::new() }
    }

    /// The body of the link `node`, at the pose of its parent.
    pub fn body(&mut self, node: Node<'_, '_>, parent: Option<usize>) -> Result<Body, RobotFileError> {
        let name = node.attribute("name").unwrap_or_default().to_owned();
        let mut body = Body::new(name, self.source.place(node), parent, Isometry3::identity());
        let has = |tag| elements(node).any(|part| part.has_tag_name(tag));
        let mut shapes_mass = Mass::default();
        for part in elements(node).filter(|part| part.has_tag_name("collision")) {
            self.shape(&mut body, part, Some(FRICTION), &mut shapes_mass)?;
        }
        if !has("collision") {
            // What does not touch is only to be looked at.
            for part in elements(node).filter(|part| part.has_tag_name("visual")) {
                self.shape(&mut body, part, None, &mut Mass::default())?;
            }
        }
        body.mass = if has("inertial") {
            self.inertial(node)?
        } else {
            if shapes_mass.mass_kg > 0.0 {
                let what = "weighs what its collision shapes weigh at 1000 kg/m³";
                self.notes.add(self.source.place(node), "link without inertial", node.attribute("name"), what);
            }
            shapes_mass
        };
        Ok(body)
    }

    fn inertial(&mut self, link: Node<'_, '_>) -> Result<Mass, RobotFileError> {
        let Some(node) = elements(link).find(|part| part.has_tag_name("inertial")) else { return Ok(Mass::default()) };
        let fields = Fields::new(self.source, node);
        let [xx, yy, zz, xy, xz, yz] =
            ["ixx", "iyy", "izz", "ixy", "ixz", "iyz"].map(|entry| fields.number("inertia", entry).unwrap_or(0.0));
        let mass = Mass {
            mass_kg: fields.number("mass", "value").unwrap_or(0.0),
            centre: Vector3::zeros(),
            inertia: Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz),
        };
        if mass.mass_kg == 0.0 {
            return Ok(Mass::default());
        }
        let (moments, _) = mass.principal();
        let (smallest, largest) = (moments.min(), moments.max());
        // Files are rounded, and made by hand.
        if smallest < -largest {
            let found = format!("one with principal moments from {smallest} to {largest}");
            let expected = "one whose principal moments are zero or more";
            return Err(self.source.bad(link, "inertia", found, expected));
        }
        if smallest < 0.0 {
            let what = "has a principal moment below zero: taken as zero";
            self.notes.add(self.source.place(node), "link inertia", link.attribute("name"), what);
        }
        Ok(mass.without_negative_moments().moved(&fields.origin()))
    }

    /// Adds the shape of the visual or collision element `part`, and its mass at the density of water.
    fn shape(
        &mut self,
        body: &mut Body,
        part: Node<'_, '_>,
        contact_friction: Option<f64>,
        mass: &mut Mass,
    ) -> Result<(), RobotFileError> {
        let fields = Fields::new(self.source, part);
        let geometry = fields.child("geometry").and_then(|geometry| elements(geometry).next());
        let Some(geometry) = geometry else {
            self.notes.add(
                self.source.place(part),
                part.tag_name().name(),
                Some(&body.name),
                "has no geometry: left out",
            );
            return Ok(());
        };
        let size = |field: &str| {
            let value: f64 = geometry.attribute(field).and_then(|value| value.trim().parse().ok()).unwrap_or(0.0);
            if value > 1e-9 { Ok(value) } else { Err(self.source.bad(geometry, field, value, "a number above zero")) }
        };
        let solid = match geometry.tag_name().name() {
            "sphere" => Solid::Sphere(size("radius")?),
            "cylinder" => Solid::Cylinder(size("radius")?, size("length")? / 2.0),
            "capsule" => Solid::Capsule(size("radius")?, size("length")? / 2.0),
            "box" => {
                let half = vector(geometry, "size").unwrap_or_default() / 2.0;
                if half.min() < 1e-9 {
                    let found = geometry.attribute("size").unwrap_or_default();
                    return Err(self.source.bad(geometry, "size", found, "3 numbers above zero"));
                }
                Solid::Cuboid(half.into())
            }
            "mesh" => match self.mesh(geometry)? {
                Ok(mesh) => Solid::Mesh(mesh),
                Err(reason) => {
                    let what = format!("left out: {reason}");
                    let file = geometry.attribute("filename");
                    let kind = format!("{} mesh", part.tag_name().name());
                    self.notes.add(self.source.place(geometry), &kind, file, &what);
                    return Ok(());
                }
            },
            other => {
                let kind = format!("geometry {other}");
                self.notes.add(self.source.place(geometry), &kind, Some(&body.name), "left out");
                return Ok(());
            }
        };
        let pose = fields.origin();
        body.shapes.push(solid.shape(&pose, contact_friction));
        if let Some(part) = solid.mass(WATER) {
            *mass = mass.plus(&part.moved(&pose));
        }
        Ok(())
    }

    fn mesh(&mut self, geometry: Node<'_, '_>) -> Result<Result<Measured, String>, RobotFileError> {
        let file = geometry.attribute("filename").unwrap_or_default();
        if file.contains("://") && !["package://", "model://"].iter().any(|scheme| file.starts_with(scheme)) {
            return Ok(Err("expected a path, or package://NAME/PATH".into()));
        }
        let path = AssetPath::parse(file, &self.source.place(geometry), "mesh")?;
        let scale: [f64; 3] = vector(geometry, "scale").unwrap_or_else(|| Vector3::repeat(1.0)).into();
        let library = &mut self.library;
        let measured = self.meshes.entry((path, scale.map(f64::to_bits)));
        Ok(match measured {
            Entry::Occupied(measured) => measured.get().clone(),
            Entry::Vacant(empty) => {
                let measured = library.measure(&empty.key().0, |mesh| mesh.scaled(scale));
                empty.insert(measured).clone()
            }
        })
    }
}
