//! The meshes of a robot, each measured once.

use super::{
    asset::{AssetPath, ReadAsset},
    mesh::{Bounds, Mesh},
};
use crate::robot::Mass;

/// Most bytes of all meshes together.
const MAX_MESH_BYTES: usize = 1 << 30;

/// What a robot needs of a mesh.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// The box around it.
    pub bounds: Bounds,
    /// What it encloses, at a density of 1 kg/m³; nothing if it encloses nothing.
    pub mass: Option<Mass>,
}

impl Measured {
    /// Measures `mesh`.
    pub fn of(mesh: &Mesh) -> Self {
        Self { bounds: mesh.bounds(), mass: Mass::mesh(1.0, mesh.triangles()) }
    }
}

/// Reads meshes, up to so many bytes.
pub(super) struct Library<'a, 'files> {
    files: &'a mut ReadAsset<'files>,
    n_bytes: usize,
}

impl<'a, 'files> Library<'a, 'files> {
    /// With the meshes that `files` reads.
    pub fn new(files: &'a mut ReadAsset<'files>) -> Self {
        Self { files, n_bytes: 0 }
    }

    /// Measures the mesh at `path` as it is after `change`.
    pub fn measure(&mut self, path: &AssetPath, change: impl FnOnce(Mesh) -> Mesh) -> Result<Measured, String> {
        let bytes = (self.files)(path)?;
        self.n_bytes += bytes.len();
        if self.n_bytes > MAX_MESH_BYTES {
            return Err(format!("the meshes have more than {MAX_MESH_BYTES} bytes"));
        }
        let (AssetPath::Relative(name) | AssetPath::Package { path: name, .. }) = path;
        Mesh::read(name, &bytes).map(|mesh| Measured::of(&change(mesh)))
    }
}
