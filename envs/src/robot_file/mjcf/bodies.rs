//! Bodies of MJCF: their joints, shapes and masses.

use std::collections::{HashMap, HashSet};

use mjcf_rs::{
    Pose,
    assets::Mesh as MeshAsset,
    body::{Geom, GeomType, InertiaSpec, Joint as FileJoint, JointType},
    compiler::InertiaFromGeom,
    glam::{DQuat, DVec3},
};
use nalgebra::{Isometry3, Matrix3, Quaternion, UnitQuaternion, Vector3};
use roxmltree::Node;

use super::{Reading, floor::Floor};
use crate::{
    robot::{JointKind, JointSpec, Mass, Softness},
    robot_file::{
        Base,
        asset::{AssetPath, ReadAsset},
        error::RobotFileError,
        library::{Library, Measured},
        mesh::Mesh,
        shapes::{Solid, from_to},
        tree::{Body, Home, Joint},
        xml::label,
    },
};

/// Density where the file has none, in kg/m³.
const WATER: f64 = 1000.0;

/// The meshes of the file that are in use; absent where they could not be read.
type Meshes = HashMap<String, Option<Measured>>;

impl<'a> Reading<'a, '_> {
    /// All bodies, the world first, each after its parent. Those on the world have no parent.
    pub fn bodies(&mut self, files: &mut ReadAsset<'_>) -> Result<Vec<Body>, RobotFileError> {
        let meshes = self.meshes(files)?;
        let mut names: HashSet<String> = self.model.bodies.iter().filter_map(|entry| entry.body.name.clone()).collect();
        let mut joint_names: HashSet<String> = self
            .model
            .bodies
            .iter()
            .flat_map(|entry| &entry.body.joints)
            .filter_map(|joint| joint.name.clone())
            .collect();
        let floors = self.floors()?;
        let mut bodies: Vec<Body> = Vec::new();
        let mut moves: Vec<bool> = Vec::new();
        for (body_idx, entry) in self.model.bodies.iter().enumerate() {
            let Some(nodes) = self.nodes.bodies.get(body_idx) else { break };
            let name = match &entry.body.name {
                _ if body_idx == 0 => fresh("world".into(), &mut names),
                Some(name) => name.clone(),
                None => fresh(format!("body{body_idx}"), &mut names),
            };
            let place = nodes.body.map_or_else(|| self.source.whole(), |node| self.source.place(node));
            // Index 0 is the world here too, so that indices stay; a parent on it is none.
            let parent = entry.parent.filter(|&parent| parent != 0);
            let mut body = Body::new(name, place, parent, isometry(&entry.body.pose));
            for (joint, &node) in entry.body.joints.iter().zip(&nodes.joints) {
                self.joint(&mut body, joint, node, &mut joint_names)?;
            }
            let is_freed = self.base == Base::Free && body_idx != 0 && parent.is_none();
            moves.push(is_freed || !body.joints.is_empty() || parent.is_some_and(|parent| moves[parent]));
            self.shapes(&mut body, &entry.body.geoms, &nodes.geoms, &floors, moves[body_idx], &meshes)?;
            self.inertial(&mut body, entry.body.inertial.as_ref(), nodes.inertial)?;
            let named = entry.body.sites.iter().filter_map(|site| Some((site.name.clone()?, isometry(&site.pose))));
            body.sites.extend(named);
            bodies.push(body);
        }
        self.compile_masses(&mut bodies);
        Ok(bodies)
    }

    fn joint(
        &mut self,
        body: &mut Body,
        joint: &FileJoint,
        node: Node<'a, '_>,
        names: &mut HashSet<String>,
    ) -> Result<(), RobotFileError> {
        let at = self.n_positions;
        self.n_positions += match joint.type_ {
            JointType::Hinge | JointType::Slide => 1,
            JointType::Ball => 4,
            JointType::Free => 7,
        };
        let place = self.source.place(node);
        let name = joint.name.clone().unwrap_or_else(|| fresh(format!("{}_joint", body.name), names));
        let kind = match joint.type_ {
            JointType::Hinge => JointKind::Hinge,
            JointType::Slide => JointKind::Slide,
            JointType::Ball => {
                self.ball(body, joint, node, &name, at, names);
                return Ok(());
            }
            JointType::Free => JointKind::Free,
        };
        if kind == JointKind::Free
            && (body.parent.is_some()
                || !body.joints.is_empty()
                || node.next_siblings().skip(1).any(|next| next.has_tag_name("joint")))
        {
            return Err(self.source.bad(
                node,
                "type",
                "free",
                "hinge or slide, but for the only joint of a body on the world",
            ));
        }
        let axial = kind.is_axial();
        if axial && joint.axis.iter().map(|x| x * x).sum::<f64>() < 1e-12 {
            return Err(self.source.bad(node, "axis", "0 0 0", "an axis of a length above zero"));
        }
        let limited = axial && joint.limited.resolve(self.model.compiler.autolimits, joint.range.is_some());
        let limits = joint.range.filter(|_| limited);
        if limited && limits.is_none_or(|[low, high]| low >= high) {
            let found = node.attribute("range").unwrap_or("absent");
            return Err(self.source.bad(node, "range", found, "two numbers in ascending order"));
        }
        if !axial && joint.stiffness > 0.0 {
            self.notes.add(place.clone(), "free joint stiffness", Some(&name), "not read");
        }
        // The posture of the file is position zero here, and `ref` there.
        let reference = if axial { joint.ref_ } else { 0.0 };
        let spec = JointSpec {
            limits: limits.map(|limits| limits.map(|limit| limit - reference)),
            damping: joint.damping,
            friction: joint.frictionloss,
            armature: joint.armature,
            stiffness: if axial { joint.stiffness } else { 0.0 },
            spring_rest: if axial { joint.springref - reference } else { 0.0 },
            stop: if axial { self.stop(joint, node)? } else { Softness::default() },
            ..JointSpec::new(&name, kind, if axial { joint.axis } else { [0.0, 0.0, 1.0] })
        };
        body.joints.push(Joint { spec, place, pos: joint.pos.into(), home: Home::At(at), reference });
        Ok(())
    }

    /// A ball joint as three hinges, each turned by those before it.
    fn ball(
        &mut self,
        body: &mut Body,
        joint: &FileJoint,
        node: Node<'a, '_>,
        name: &str,
        at: usize,
        names: &mut HashSet<String>,
    ) {
        let place = self.source.place(node);
        self.notes.add(
            place.clone(),
            "ball joint",
            Some(name),
            "three hinges, about x, y and z; its range is not read",
        );
        for (axis_idx, axis) in ["x", "y", "z"].into_iter().enumerate() {
            let mut direction = [0.0; 3];
            direction[axis_idx] = 1.0;
            let spec = JointSpec {
                damping: joint.damping,
                friction: joint.frictionloss,
                armature: joint.armature,
                stiffness: joint.stiffness,
                ..JointSpec::new(&fresh(format!("{name}_{axis}"), names), JointKind::Hinge, direction)
            };
            let home = Home::OfBall(at, axis_idx);
            body.joints.push(Joint { spec, place: place.clone(), pos: joint.pos.into(), home, reference: 0.0 });
        }
    }

    fn shapes(
        &mut self,
        body: &mut Body,
        geoms: &[Geom],
        nodes: &[Node<'a, '_>],
        floors: &[Floor],
        moves: bool,
        meshes: &Meshes,
    ) -> Result<(), RobotFileError> {
        let is_seen_only = |geom: &Geom| geom.contype == 0 && geom.conaffinity == 0;
        let some_touch = !geoms.iter().all(is_seen_only);
        let mut masses = Mass::default();
        for (geom, &node) in geoms.iter().zip(nodes) {
            let Some((pose, solid)) = self.solid(geom, node, meshes)? else { continue };
            masses = masses.plus(&self.mass(geom, node, &solid)?.moved(&pose));
            if geom.mesh.is_some() && is_seen_only(geom) && some_touch {
                // The box around what is only seen would hide what touches.
                continue;
            }
            let shape = self.touching(solid.shape(&pose, None), geom, node, floors, moves)?;
            if shape.contact_friction.is_none() && !is_seen_only(geom) {
                let what = "touches nothing: its contype and conaffinity are not those of the floor";
                self.notes.add(self.source.place(node), "geom", geom.name.as_deref(), what);
            }
            body.shapes.push(shape);
        }
        body.mass = masses;
        Ok(())
    }

    /// What `geom` is and where; nothing for floors and what cannot be read.
    fn solid(
        &mut self,
        geom: &Geom,
        node: Node<'a, '_>,
        meshes: &Meshes,
    ) -> Result<Option<(Isometry3<f64>, Solid)>, RobotFileError> {
        let place = self.source.place(node);
        let name = geom.name.as_deref();
        let (mut pose, mut half_length) = (isometry(&geom.pose), geom.size[1]);
        let mut size = geom.size;
        if let Some(ends) = geom.fromto.filter(|_| !matches!(geom.type_, GeomType::Sphere | GeomType::Mesh)) {
            (pose, half_length) = from_to(ends);
            size = [size[0], size[0], half_length];
        }
        if let Some(mesh) = &geom.mesh {
            if geom.type_ != GeomType::Mesh {
                self.notes.add(place.clone(), "geom that is fitted to a mesh", name, "the box around the mesh");
            }
            let Some(mesh) = meshes.get(mesh) else {
                return Err(self.source.bad(node, "mesh", mesh, "the name of a mesh asset"));
            };
            return Ok(mesh.map(|mesh| (pose, Solid::Mesh(mesh))));
        }
        let (solid, n_sizes) = match geom.type_ {
            GeomType::Sphere => (Solid::Sphere(size[0]), 1),
            GeomType::Capsule => (Solid::Capsule(size[0], half_length), 1),
            GeomType::Cylinder => (Solid::Cylinder(size[0], half_length), 2),
            GeomType::Box => (Solid::Cuboid(size), 3),
            GeomType::Ellipsoid => (Solid::Ellipsoid(size), 3),
            GeomType::Plane => {
                self.notes.add(place, "geom of type plane", name, "left out: the world has its own floor");
                return Ok(None);
            }
            GeomType::Mesh => return Err(self.source.bad(node, "mesh", "", "the name of a mesh asset")),
            GeomType::Hfield | GeomType::Sdf => {
                self.notes.add(place, "geom of type hfield or sdf", name, "left out");
                return Ok(None);
            }
        };
        let sizes = [size[0], if n_sizes == 2 { half_length } else { size[1] }, size[2]];
        if let Some(size) = sizes[..n_sizes].iter().find(|&&size| size < 1e-9) {
            return Err(self.source.bad(node, "size", size, &format!("{n_sizes} above zero")));
        }
        Ok(Some((pose, solid)))
    }

    fn mass(&mut self, geom: &Geom, node: Node<'a, '_>, solid: &Solid) -> Result<Mass, RobotFileError> {
        let mass = match (geom.mass, solid.mass(geom.density.unwrap_or(WATER))) {
            (None, Some(mass)) => mass,
            (Some(wanted), _) => match solid.mass(1.0) {
                Some(mass) if mass.mass_kg > 0.0 => mass.scaled(wanted / mass.mass_kg),
                _ => self.mass_of_box(geom, node, solid, Some(wanted)),
            },
            (None, None) => self.mass_of_box(geom, node, solid, None),
        };
        if mass.is_finite() { Ok(mass) } else { Err(self.source.bad(node, "size", "too much", "a finite mass")) }
    }

    fn mass_of_box(&mut self, geom: &Geom, node: Node<'a, '_>, solid: &Solid, wanted: Option<f64>) -> Mass {
        let Solid::Mesh(mesh) = solid else { return Mass::default() };
        let what = "encloses no volume: weighs what the box around it weighs";
        self.notes.add(self.source.place(node), "geom of type mesh", geom.name.as_deref(), what);
        let bounds = mesh.bounds;
        let half = bounds.half.map(|extent| extent.max(5e-5));
        let volume = 8.0 * half.iter().product::<f64>();
        let mass = Mass::cuboid(wanted.unwrap_or(volume * geom.density.unwrap_or(WATER)), half.into());
        mass.moved(&Isometry3::translation(bounds.centre.x, bounds.centre.y, bounds.centre.z))
    }

    fn inertial(
        &mut self,
        body: &mut Body,
        inertial: Option<&mjcf_rs::body::Inertial>,
        node: Option<Node<'a, '_>>,
    ) -> Result<(), RobotFileError> {
        let (Some(inertial), Some(node)) = (inertial, node) else {
            if self.model.compiler.inertia_from_geom == InertiaFromGeom::False {
                body.mass = Mass::default();
            }
            return Ok(());
        };
        if self.model.compiler.inertia_from_geom == InertiaFromGeom::True {
            return Ok(());
        }
        let inertia = match inertial.inertia {
            InertiaSpec::Diagonal(moments) => Matrix3::from_diagonal(&moments.into()),
            InertiaSpec::Full([xx, yy, zz, xy, xz, yz]) => Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz),
        };
        let mass = Mass { mass_kg: inertial.mass, centre: Vector3::zeros(), inertia };
        let smallest = mass.principal().0.min();
        if smallest < 0.0 {
            let expected = "one whose principal moments are zero or more";
            return Err(self.source.bad(
                node,
                "fullinertia",
                format!("one with principal moment {smallest}"),
                expected,
            ));
        }
        body.mass = mass.moved(&isometry(&inertial.pose));
        Ok(())
    }

    /// What the compiler element does to masses.
    fn compile_masses(&mut self, bodies: &mut [Body]) {
        let compiler = &self.model.compiler;
        for body in bodies.iter_mut().skip(1) {
            if compiler.bound_mass > 0.0 {
                body.mass.mass_kg = body.mass.mass_kg.max(compiler.bound_mass);
            }
            let (mut moments, rotation) = body.mass.principal();
            let [a, b, c] = [moments.x, moments.y, moments.z];
            let balanced = a + b >= c && a + c >= b && b + c >= a;
            if compiler.balance_inertia && !balanced {
                moments.fill(moments.mean());
            }
            if compiler.bound_inertia > 0.0 || (compiler.balance_inertia && !balanced) {
                moments.apply(|moment| *moment = moment.max(compiler.bound_inertia));
                let rotation = rotation.to_rotation_matrix();
                body.mass.inertia = rotation * Matrix3::from_diagonal(&moments) * rotation.transpose();
            }
        }
        let total: f64 = bodies.iter().skip(1).map(|body| body.mass.mass_kg).sum();
        if compiler.set_total_mass > 0.0 && total > 0.0 {
            bodies.iter_mut().for_each(|body| body.mass = body.mass.scaled(compiler.set_total_mass / total));
        }
    }

    /// Measures the meshes that shapes name.
    fn meshes(&mut self, files: &mut ReadAsset<'_>) -> Result<Meshes, RobotFileError> {
        let mut meshes = Meshes::new();
        let mut library = Library::new(files);
        for (entry, nodes) in self.model.bodies.iter().zip(&self.nodes.bodies) {
            for (geom, &node) in entry.body.geoms.iter().zip(&nodes.geoms) {
                let Some(name) = geom.mesh.as_ref().filter(|name| !meshes.contains_key(*name)) else { continue };
                let Some(asset) = self.model.assets.mesh(name) else {
                    return Err(self.source.bad(node, "mesh", name, "the name of a mesh asset"));
                };
                let measured = self.mesh(asset, node, &mut library)?;
                if let Err(reason) = &measured {
                    self.notes.add(self.source.place(node), "mesh", Some(name), &format!("left out: {reason}"));
                }
                meshes.insert(name.clone(), measured.ok());
            }
        }
        Ok(meshes)
    }

    fn mesh(
        &self,
        asset: &MeshAsset,
        node: Node<'a, '_>,
        library: &mut Library<'_, '_>,
    ) -> Result<Result<Measured, String>, RobotFileError> {
        let change = |mesh: Mesh| mesh.scaled(asset.scale).moved(&isometry(&asset.refpose).inverse());
        let Some(file) = &asset.file else {
            let vertices = asset.inline_vertices.as_deref().unwrap_or_default();
            let mesh = Mesh::from_lists(vertices, asset.inline_faces.as_deref().unwrap_or_default());
            return Ok(mesh.and_then(Mesh::checked).map(|mesh| Measured::of(&change(mesh))));
        };
        let compiler = &self.model.compiler;
        let file = if compiler.strip_path { file.rsplit('/').next().unwrap_or(file) } else { file };
        let path = match compiler.mesh_dir.as_ref().or(compiler.asset_dir.as_ref()) {
            Some(dir) => format!("{}/{file}", dir.trim_end_matches('/')),
            None => file.to_owned(),
        };
        let path = AssetPath::parse(&path, &self.source.place(node), &label(node))?;
        Ok(library.measure(&path, change))
    }
}

fn fresh(mut name: String, names: &mut HashSet<String>) -> String {
    while !names.insert(name.clone()) {
        name.push('\'');
    }
    name
}

fn isometry(pose: &Pose) -> Isometry3<f64> {
    let (DVec3 { x, y, z }, DQuat { x: i, y: j, z: k, w }) = (pose.translation, pose.rotation);
    let rotation = UnitQuaternion::from_quaternion(Quaternion::new(w, i, j, k));
    Isometry3::from_parts(Vector3::new(x, y, z).into(), rotation)
}
