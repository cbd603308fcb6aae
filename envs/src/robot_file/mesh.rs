//! Meshes, as far as a robot needs them: how large they are, and what they weigh.

use std::collections::HashMap;

use nalgebra::{Isometry3, Matrix4, Point3, Quaternion, Translation3, UnitQuaternion, Vector3};
use roxmltree::{Document, Node, NodeId};

use super::xml::{self, elements};

/// Most vertices of a mesh.
const MAX_VERTICES: usize = 4_000_000;
/// Most sources of a geometry in a Collada file.
const MAX_SOURCES: usize = 16;

/// A mesh. Collada files come without triangles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mesh {
    /// Corners.
    pub vertices: Vec<Point3<f64>>,
    /// Indices of the corners of each triangle.
    pub faces: Vec<[usize; 3]>,
}

/// The box around a mesh, along the axes of its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    /// Its centre.
    pub centre: Vector3<f64>,
    /// Half of its edges.
    pub half: Vector3<f64>,
}

impl Mesh {
    /// Reads the bytes of a file whose name ends like `name`.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, String> {
        let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let mesh = match ending.as_str() {
            "stl" => stl(bytes),
            "obj" => obj(bytes),
            "dae" => dae(bytes),
            "msh" => msh(bytes),
            _ => Err(format!("it ends in '.{}', expected .stl, .obj, .dae or .msh", xml::clipped(&ending))),
        }?;
        mesh.checked()
    }

    /// The mesh, if it has corners and all are where numbers reach.
    pub fn checked(self) -> Result<Self, String> {
        if self.vertices.is_empty() {
            return Err("it has no triangles".into());
        }
        if !self.vertices.iter().all(|vertex| vertex.iter().all(|x| x.abs() <= xml::MAX_NUMBER)) {
            return Err("it has corners that are not finite".into());
        }
        Ok(self)
    }

    /// The mesh stretched along its axes.
    pub fn scaled(mut self, scale: [f64; 3]) -> Self {
        for vertex in &mut self.vertices {
            vertex.coords.component_mul_assign(&Vector3::from(scale));
        }
        if scale.iter().product::<f64>() < 0.0 {
            self.faces.iter_mut().for_each(|face| face.swap(0, 1));
        }
        self
    }

    /// The mesh in a frame in which it is at `pose`.
    pub fn moved(mut self, pose: &Isometry3<f64>) -> Self {
        self.vertices.iter_mut().for_each(|vertex| *vertex = pose * *vertex);
        self
    }

    /// The box around it.
    pub fn bounds(&self) -> Bounds {
        let mut low = Vector3::repeat(f64::INFINITY);
        let mut high = -low;
        for vertex in &self.vertices {
            low = low.inf(&vertex.coords);
            high = high.sup(&vertex.coords);
        }
        Bounds { centre: (low + high) / 2.0, half: (high - low) / 2.0 }
    }

    /// Corners of all triangles.
    pub fn triangles(&self) -> impl Iterator<Item = [Point3<f64>; 3]> {
        self.faces.iter().map(|face| face.map(|idx| self.vertices[idx]))
    }

    /// A mesh from flat lists; faces that name corners that are not there are an error.
    pub fn from_lists(vertices: &[f64], faces: &[u32]) -> Result<Self, String> {
        let vertices: Vec<_> = vertices.chunks_exact(3).map(|xyz| Point3::new(xyz[0], xyz[1], xyz[2])).collect();
        let faces: Vec<_> =
            faces.chunks_exact(3).map(|face| [face[0], face[1], face[2]].map(|idx| idx as usize)).collect();
        match faces.iter().flatten().find(|&&idx| idx >= vertices.len()) {
            Some(idx) => Err(format!("a triangle has corner {idx}, expected one below {}", vertices.len())),
            None => Ok(Self { vertices, faces }),
        }
    }
}

/// Binary: a head of 80 bytes, the number of triangles, and for each a normal, three corners and two more bytes.
/// Text: corners after the word `vertex`. A binary file may begin like a text; its length tells.
fn stl(bytes: &[u8]) -> Result<Mesh, String> {
    let count = bytes.get(80..84).map(|count| u32::from_le_bytes([count[0], count[1], count[2], count[3]]));
    let corners: Vec<Point3<f64>> = match count {
        Some(count) if bytes.len() as u64 >= 84 + 50 * u64::from(count) && !is_text_stl(bytes, count) => {
            let triangles = bytes[84..].chunks_exact(50).take(count as usize);
            let numbers = |corner: &[u8]| {
                let number = |axis: usize| f32::from_le_bytes([0, 1, 2, 3].map(|byte| corner[4 * axis + byte]));
                Point3::new(number(0), number(1), number(2)).cast()
            };
            triangles.flat_map(|triangle| triangle[12..48].chunks_exact(12).map(numbers)).collect()
        }
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| "it is cut off, or no STL file".to_owned())?;
            let mut words = text.split_ascii_whitespace();
            let mut corners = Vec::new();
            while words.any(|word| word == "vertex") {
                let mut number =
                    || words.next().and_then(|word| word.parse().ok()).ok_or("it has corners that are no numbers");
                corners.push(Point3::new(number()?, number()?, number()?));
            }
            corners
        }
    };
    let faces = (0..corners.len() / 3).map(|face| [3 * face, 3 * face + 1, 3 * face + 2]).collect();
    Ok(Mesh { vertices: corners, faces })
}

fn is_text_stl(bytes: &[u8], count: u32) -> bool {
    bytes.starts_with(b"solid") && bytes.len() as u64 != 84 + 50 * u64::from(count)
}

fn obj(bytes: &[u8]) -> Result<Mesh, String> {
    let options = tobj::LoadOptions { triangulate: true, single_index: true, ..tobj::LoadOptions::default() };
    let no_materials = |_: &std::path::Path| Ok((Vec::new(), Default::default()));
    let (models, _) = tobj::load_obj_buf(&mut &bytes[..], &options, no_materials).map_err(|error| error.to_string())?;
    let mut mesh = Mesh::default();
    for model in models {
        let vertices: Vec<f64> = model.mesh.positions.iter().map(|&x| f64::from(x)).collect();
        let part = Mesh::from_lists(&vertices, &model.mesh.indices)?;
        let start = mesh.vertices.len();
        mesh.vertices.extend(part.vertices);
        mesh.faces.extend(part.faces.iter().map(|face| face.map(|idx| idx + start)));
    }
    Ok(mesh)
}

/// MuJoCo's own format: four counts, then corners, normals, coordinates of the texture, triangles.
fn msh(bytes: &[u8]) -> Result<Mesh, String> {
    let words: Vec<[u8; 4]> = bytes.chunks_exact(4).map(|word| [word[0], word[1], word[2], word[3]]).collect();
    let cut = || "it is cut off".to_owned();
    let count = |idx: usize| {
        let count = words.get(idx).map(|&word| i32::from_le_bytes(word)).ok_or_else(cut)?;
        usize::try_from(count).map_err(|_| format!("it has {count} corners, normals or triangles"))
    };
    let [n_vertices, n_normals, n_textures, n_faces] = [count(0)?, count(1)?, count(2)?, count(3)?];
    let faces_at = 4 + 3 * n_vertices + 3 * n_normals + 2 * n_textures;
    let vertices = words.get(4..4 + 3 * n_vertices).ok_or_else(cut)?;
    let faces = words.get(faces_at..faces_at + 3 * n_faces).ok_or_else(cut)?;
    let vertices: Vec<f64> = vertices.iter().map(|&word| f32::from_le_bytes(word).into()).collect();
    let faces: Vec<u32> = faces.iter().map(|&word| u32::from_le_bytes(word)).collect();
    Mesh::from_lists(&vertices, &faces)
}

/// Collada: the corners of all meshes in the scene.
fn dae(bytes: &[u8]) -> Result<Mesh, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let doc = xml::parse("", text).map_err(|error| error.reason.to_string())?;
    Ok(Scene::of(&doc)?.mesh)
}

/// Whether `node` is an element called `name`, in whatever name space.
fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// A scene on its way to a mesh. Any number of geometries may share a source: each text is read once.
struct Scene<'a, 'input> {
    by_id: HashMap<&'a str, Node<'a, 'input>>,
    /// Where each geometry has its positions.
    sources: HashMap<NodeId, Vec<Node<'a, 'input>>>,
    /// What each source holds.
    positions: HashMap<NodeId, Vec<Point3<f64>>>,
    mesh: Mesh,
}

impl<'a, 'input: 'a> Scene<'a, 'input> {
    fn of(doc: &'a Document<'input>) -> Result<Self, String> {
        let by_id = doc.descendants().filter_map(|node| node.attribute("id").map(|id| (id, node))).collect();
        let mut scene = Self { by_id, sources: HashMap::new(), positions: HashMap::new(), mesh: Mesh::default() };
        let metres = doc
            .descendants()
            .find(|node| is(*node, "unit"))
            .and_then(|unit| unit.attribute("meter")?.parse().ok())
            .filter(|metres: &f64| metres.is_finite() && *metres > 0.0)
            .unwrap_or(1.0);
        let start = Matrix4::new_scaling(metres);
        for node in doc.descendants().filter(|node| is(*node, "visual_scene")) {
            scene.visit(node, &start)?;
        }
        if scene.mesh.vertices.is_empty() {
            // A file without a scene: all its meshes where they are.
            for node in doc.descendants().filter(|node| is(*node, "geometry")) {
                scene.take(node, &start)?;
            }
        }
        Ok(scene)
    }

    fn visit(&mut self, node: Node<'a, 'input>, above: &Matrix4<f64>) -> Result<(), String> {
        let mut here = *above;
        for child in elements(node) {
            match child.tag_name().name() {
                "node" => self.visit(child, &here)?,
                "instance_geometry" => {
                    let url = child.attribute("url").unwrap_or_default().trim_start_matches('#');
                    if let Some(&geometry) = self.by_id.get(url) {
                        self.take(geometry, &here)?;
                    }
                }
                kind => here *= transform(kind, &numbers(child)),
            }
        }
        Ok(())
    }

    /// Adds the corners of `geometry`.
    fn take(&mut self, geometry: Node<'a, 'input>, pose: &Matrix4<f64>) -> Result<(), String> {
        let Self { by_id, sources, positions, mesh } = self;
        for source in sources.entry(geometry.id()).or_insert_with(|| sources_of(geometry, by_id)) {
            let corners = positions.entry(source.id()).or_insert_with(|| positions_in(*source));
            if mesh.vertices.len() + corners.len() > MAX_VERTICES {
                return Err(format!("it has more than {MAX_VERTICES} corners"));
            }
            mesh.vertices.extend(corners.iter().map(|corner| pose.transform_point(corner)));
        }
        Ok(())
    }
}

/// The sources that `geometry` names for its positions.
fn sources_of<'a, 'input: 'a>(
    geometry: Node<'a, 'input>,
    by_id: &HashMap<&'a str, Node<'a, 'input>>,
) -> Vec<Node<'a, 'input>> {
    let inputs =
        geometry.descendants().filter(|node| is(*node, "input") && node.attribute("semantic") == Some("POSITION"));
    let ids = inputs.map(|input| input.attribute("source").unwrap_or_default().trim_start_matches('#'));
    ids.take(MAX_SOURCES).filter_map(|id| by_id.get(id).copied()).collect()
}

fn positions_in(source: Node<'_, '_>) -> Vec<Point3<f64>> {
    let numbers = elements(source).find(|node| is(*node, "float_array")).map(numbers).unwrap_or_default();
    numbers.chunks_exact(3).map(|xyz| Point3::new(xyz[0], xyz[1], xyz[2])).collect()
}

fn transform(kind: &str, numbers: &[f64]) -> Matrix4<f64> {
    match (kind, numbers) {
        ("translate", &[x, y, z]) => Translation3::new(x, y, z).to_homogeneous(),
        ("scale", &[x, y, z]) => Matrix4::new_nonuniform_scaling(&Vector3::new(x, y, z)),
        ("rotate", &[x, y, z, degrees]) => {
            let (sin, cos) = (degrees.to_radians() / 2.0).sin_cos();
            let axis = Vector3::new(x, y, z).try_normalize(1e-12).unwrap_or_else(Vector3::z) * sin;
            UnitQuaternion::from_quaternion(Quaternion::from_parts(cos, axis)).to_homogeneous()
        }
        ("matrix", numbers) if numbers.len() == 16 => Matrix4::from_row_slice(numbers),
        _ => Matrix4::identity(),
    }
}

fn numbers(node: Node<'_, '_>) -> Vec<f64> {
    node.text().unwrap_or_default().split_ascii_whitespace().map_while(|word| word.parse().ok()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::robot::Mass;

    /// A closed box with corners at ±`half` from `centre`.
    pub fn cuboid(half: [f64; 3], centre: [f64; 3]) -> Mesh {
        let corner = |idx: usize| {
            let sign = |bit: usize| if idx >> bit & 1 == 1 { 1.0 } else { -1.0 };
            Point3::from([0, 1, 2].map(|axis| centre[axis] + sign(axis) * half[axis]))
        };
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let faces = quads.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect();
        Mesh { vertices: (0..8).map(corner).collect(), faces }
    }

    /// A binary STL file of `mesh`.
    pub fn binary_stl(mesh: &Mesh) -> Vec<u8> {
        let mut bytes = b"solid in name only".to_vec();
        bytes.resize(80, b' ');
        bytes.extend(u32::try_from(mesh.faces.len()).unwrap().to_le_bytes());
        for triangle in mesh.triangles() {
            bytes.extend([0; 12]);
            for x in triangle.iter().flat_map(|corner| corner.iter().copied().collect::<Vec<_>>()) {
                bytes.extend((x as f32).to_le_bytes());
            }
            bytes.extend([0; 2]);
        }
        bytes
    }

    #[test]
    fn every_format_has_the_same_bounds() {
        let expected = Bounds { centre: Vector3::new(1.0, 2.0, 3.0), half: Vector3::new(0.5, 0.25, 2.0) };
        let mesh = cuboid([0.5, 0.25, 2.0], [1.0, 2.0, 3.0]);
        assert_eq!(mesh.bounds(), expected);
        let stl = Mesh::read("a.STL", &binary_stl(&mesh)).unwrap();
        assert_eq!(stl.bounds(), expected);
        assert_eq!(stl.faces.len(), 12);

        let text: String = mesh.triangles().flatten().map(|v| format!("vertex {} {} {}\n", v.x, v.y, v.z)).collect();
        assert_eq!(Mesh::read("a.stl", format!("solid box\n{text}endsolid").as_bytes()).unwrap().bounds(), expected);

        let lines = mesh.vertices.iter().map(|v| format!("v {} {} {}\n", v.x, v.y, v.z));
        let faces = mesh.faces.iter().map(|f| format!("f {} {} {}\n", f[0] + 1, f[1] + 1, f[2] + 1));
        let obj: String = lines.chain(faces).collect();
        assert_eq!(Mesh::read("a.obj", obj.as_bytes()).unwrap().bounds(), expected);

        let list: Vec<_> =
            mesh.vertices.iter().flat_map(|v| [v.x - 1.0, v.y, v.z].map(|x| (x * 100.0).to_string())).collect();
        let dae = format!(
            r##"<COLLADA xmlns="c"><asset><unit meter="0.01"/></asset>
            <library_geometries><geometry id="g"><mesh>
              <source id="p"><float_array>{}</float_array></source>
              <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
            </mesh></geometry></library_geometries>
            <library_visual_scenes><visual_scene><node><translate>100 0 0</translate>
              <instance_geometry url="#g"/></node></visual_scene></library_visual_scenes></COLLADA>"##,
            list.join(" ")
        );
        let bounds = Mesh::read("a.dae", dae.as_bytes()).unwrap().bounds();
        assert!((bounds.centre - expected.centre).norm() + (bounds.half - expected.half).norm() < 1e-9, "{bounds:?}");
    }

    #[test]
    fn a_mesh_of_a_box_weighs_what_the_box_weighs() {
        let mesh = cuboid([0.1, 0.2, 0.3], [1.0, -2.0, 0.5]);
        let mass = Mass::mesh(1000.0, mesh.triangles()).unwrap();
        let whole = Mass::cuboid(48.0, [0.1, 0.2, 0.3]);
        assert!((mass.mass_kg - whole.mass_kg).abs() < 1e-9, "{mass:?}");
        assert!((mass.centre - Vector3::new(1.0, -2.0, 0.5)).norm() < 1e-9, "{mass:?}");
        assert!((mass.inertia - whole.inertia).norm() < 1e-9, "{mass:?}");
    }

    #[test]
    fn a_source_of_many_geometries_is_read_once() {
        // Read anew for each input, these would be 80 GB.
        let (n_geometries, blanks) = (2500, " ".repeat(2 << 20));
        let dae = |numbers: &str| {
            let inputs = "<input semantic='POSITION' source='#p'/>".repeat(MAX_SOURCES);
            let geometries = format!("<geometry>{inputs}</geometry>").repeat(n_geometries);
            format!(
                "<COLLADA><source id='p'><float_array>{blanks}{numbers}</float_array></source>{geometries}</COLLADA>"
            )
        };
        for (numbers, n_corners) in [("", 0), ("1 2 3", n_geometries * MAX_SOURCES)] {
            let text = dae(numbers);
            let doc = xml::parse("a.dae", &text).unwrap();
            let scene = Scene::of(&doc).unwrap();
            assert_eq!((scene.sources.len(), scene.positions.len()), (n_geometries, 1));
            assert_eq!(scene.mesh.vertices.len(), n_corners);
        }
    }

    #[test]
    fn broken_files_are_refused() {
        let counts: Vec<u8> = [i32::MAX, 0, 0, i32::MAX].iter().flat_map(|count| count.to_le_bytes()).collect();
        for (name, bytes) in [
            ("a.stl", &b"solid x\nfacet"[..]),
            ("a.stl", b"solid x vertex 1 2"),
            ("a.stl", &[b' '; 90]),
            ("a.obj", b"v 0 0 0\nf 1 2 3\n"),
            ("a.dae", b"<COLLADA/>"),
            ("a.msh", &counts),
            ("a.fbx", b""),
        ] {
            assert!(Mesh::read(name, bytes).is_err(), "{name}");
        }
    }
}
