//! The floor below the robot: a disc that fades into the background, with a grid for scale.

use std::f32::consts::TAU;

use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};

/// Radius of the floor, as a multiple of the size of the scene.
const REACH: f32 = 3.0;

/// Length of a square of the grid: a round number of metres, some ten of which span the scene.
pub fn grid_spacing(scene_size: f32) -> f32 {
    let rough = (scene_size / 10.0).max(1e-3);
    let decade = 10_f32.powf(rough.log10().floor());
    let leading = rough / decade;
    decade
        * if leading < 1.5 {
            1.0
        } else if leading < 3.5 {
            2.0
        } else if leading < 7.5 {
            5.0
        } else {
            10.0
        }
}

/// A flat disc about the origin. Its vertices are white, and clear at the rim.
pub fn disc(scene_size: f32) -> Mesh {
    const SECTORS: u32 = 64;
    const RINGS: u32 = 12;
    let radius = REACH * scene_size;
    let mut positions = vec![[0.0, 0.0, 0.0]];
    let mut colors = vec![[1.0; 4]];
    for ring in 1..=RINGS {
        let share = ring as f32 / RINGS as f32;
        for sector in 0..SECTORS {
            let (sin, cos) = (TAU * sector as f32 / SECTORS as f32).sin_cos();
            positions.push([radius * share * cos, radius * share * sin, 0.0]);
            colors.push([1.0, 1.0, 1.0, opacity(share)]);
        }
    }
    let vertex = |ring: u32, sector: u32| if ring == 0 { 0 } else { 1 + (ring - 1) * SECTORS + sector % SECTORS };
    let quads = (0..RINGS).flat_map(|ring| (0..SECTORS).map(move |sector| (ring, sector)));
    let indices = quads.flat_map(|(ring, sector)| {
        let [a, b] = [vertex(ring, sector), vertex(ring, sector + 1)];
        let [c, d] = [vertex(ring + 1, sector), vertex(ring + 1, sector + 1)];
        [a, c, d, a, d, b]
    });
    let normals = vec![[0.0, 0.0, 1.0]; positions.len()];
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_indices(Indices::U32(indices.collect()))
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, normals)
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colors)
}

/// The lines of the grid, in pieces that fade towards the rim.
pub fn grid(scene_size: f32) -> Mesh {
    let (radius, spacing) = (REACH * scene_size, grid_spacing(scene_size));
    let n_lines = (radius / spacing) as i32;
    let mut positions: Vec<[f32; 3]> = Vec::new();
    let mut colors: Vec<[f32; 4]> = Vec::new();
    let mut corner = |x: f32, y: f32| {
        positions.push([x, y, 0.0]);
        colors.push([1.0, 1.0, 1.0, opacity(x.hypot(y) / radius)]);
    };
    for line in -n_lines..=n_lines {
        for piece in -n_lines..n_lines {
            let [across, from, to] = [line, piece, piece + 1].map(|i| i as f32 * spacing);
            corner(from, across);
            corner(to, across);
            corner(across, from);
            corner(across, to);
        }
    }
    let normals = vec![[0.0, 0.0, 1.0]; positions.len()];
    Mesh::new(PrimitiveTopology::LineList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, normals)
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colors)
}

/// Opacity at a share of the radius.
fn opacity(share: f32) -> f32 {
    (1.0 - share).clamp(0.0, 1.0).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_round_squares_that_suit_the_scene() {
        for (scene_size, expected) in [(2.2, 0.2), (5.3, 0.5), (1.0, 0.1), (40.0, 5.0), (0.09, 0.01), (9.5, 1.0)] {
            assert!(
                (grid_spacing(scene_size) / expected - 1.0).abs() < 1e-5,
                "{scene_size}: {}",
                grid_spacing(scene_size)
            );
        }
        assert!(grid_spacing(0.0) > 0.0);
    }

    #[test]
    fn the_disc_is_solid_and_clear_at_the_rim() {
        let disc = disc(1.0);
        let n_vertices = disc.count_vertices() as u32;
        assert!(disc.indices().unwrap().iter().all(|i| (i as u32) < n_vertices));
        assert_eq!((opacity(0.0), opacity(1.0), opacity(1.4)), (1.0, 0.0, 0.0));
    }
}
