//! The brain as a cloud: a dot for each cell, which lights up when it spikes and fades.
//!
//! All cells are one mesh of small squares that face the camera; its colours and corners are rewritten each frame.

use std::collections::VecDeque;

use bevy::{
    asset::RenderAssetUsages,
    camera::visibility::{NoFrustumCulling, RenderLayers},
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use mesolimb_agents::Scalar;

use super::{
    camera::{Orbit, View, bounds},
    convert::linear,
    history::History,
    layout::{Cluster, arrange, within_ball},
    palette,
};
use crate::live::TimedSpike;

/// Layer that the camera of the brain alone sees.
pub const BRAIN_LAYER: usize = 1;
/// Seconds of life after which a spike has faded to a third.
const FADE_SECS: f32 = 0.06;
/// Radius of a resting and of a spiking cell, as a share of the distance between cells.
const RADII: [f32; 2] = [0.55, 1.5];
/// Light of a resting and of a spiking cell.
const LIGHTS: [f32; 2] = [0.30, 2.2];
/// Control steps whose dopamine shows around the brain.
const AURA_STEPS: usize = 4;
/// The cells of the brain.
#[derive(Resource)]
pub struct Cloud {
    /// The populations, in the order in which spikes count cells.
    pub clusters: Vec<Cluster>,
    cells: Vec<Cell>,
    fade_ticks: f32,
    now_tick: u64,
    changed: bool,
}

struct Cell {
    position: Vec3,
    radius: f32,
    cluster_idx: usize,
    glow: f32,
}

/// Marks the entity that draws the cells.
#[derive(Component)]
pub struct CloudMesh;

impl Cloud {
    /// Cells at rest.
    pub fn new(populations: &[(String, usize)], tick_secs: f64) -> Self {
        let clusters = arrange(populations);
        let cells = clusters.iter().enumerate().flat_map(|(cluster_idx, cluster)| {
            let spacing = cluster.radius / (cluster.n_cells as f32).cbrt();
            (0..cluster.n_cells).map(move |i| Cell {
                position: cluster.centre + cluster.radius * within_ball(i),
                radius: 0.5 * spacing,
                cluster_idx,
                glow: 0.0,
            })
        });
        Self { cells: cells.collect(), clusters, fade_ticks: FADE_SECS / tick_secs as f32, now_tick: 0, changed: true }
    }

    /// Points that a camera has to frame.
    pub fn extent(&self) -> Vec<Vec3> {
        let directions = [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
        // Labels stand above the clusters.
        let label = |cluster: &Cluster| cluster.centre + 1.35 * cluster.radius * Vec3::Z;
        let reach = |cluster: &Cluster| directions.map(|direction| cluster.centre + cluster.radius * direction);
        self.clusters.iter().flat_map(|cluster| reach(cluster).into_iter().chain([label(cluster)])).collect()
    }

    /// How far the cloud reaches from its middle.
    fn reach(&self) -> f32 {
        bounds(&self.extent()).map_or(1.0, |(low, high)| 0.5 * low.distance(high))
    }

    /// Lets all cells fade until a tick of life, and lights up those that spiked since. In a paused simulation they keep
    /// their light.
    pub fn advance(&mut self, now_tick: u64, spikes: &VecDeque<TimedSpike>) {
        let fading = |ticks: u64| (-(ticks as f32) / self.fade_ticks).exp();
        let factor = fading(now_tick.saturating_sub(self.now_tick));
        for cell in &mut self.cells {
            cell.glow *= factor;
        }
        for spike in spikes {
            if let Some(cell) = self.cells.get_mut(spike.cell as usize) {
                let light = spike.size.clamp(0.25, 1.0).sqrt();
                cell.glow = cell.glow.max(light * fading(now_tick.saturating_sub(spike.tick)));
            }
        }
        self.now_tick = now_tick;
        self.changed = true;
    }
}

/// Spawns the cloud and its camera.
pub fn spawn(
    mut commands: Commands,
    cloud: Res<Cloud>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    mut images: ResMut<Assets<Image>>,
) {
    let material = StandardMaterial {
        base_color_texture: Some(images.add(soft_discs(&[cell_alpha, aura_alpha]))),
        unlit: true,
        alpha_mode: AlphaMode::Add,
        cull_mode: None,
        ..default()
    };
    commands.spawn((
        CloudMesh,
        Mesh3d(meshes.add(squares(cloud.cells.len()))),
        MeshMaterial3d(materials.add(material)),
        RenderLayers::layer(BRAIN_LAYER),
        NoFrustumCulling,
    ));
}

/// Rewrites the squares: they face the camera of the brain, and are as large and bright as their cells.
pub fn draw(
    mut cloud: ResMut<Cloud>,
    history: Res<History>,
    mesh: Single<&Mesh3d, With<CloudMesh>>,
    cameras: Query<(&View, &Transform, Ref<Orbit>)>,
    mut meshes: ResMut<Assets<Mesh>>,
) {
    let Some((_, camera, orbit)) = cameras.iter().find(|(view, ..)| **view == View::Brain) else { return };
    if !cloud.changed && !orbit.is_changed() {
        return;
    }
    cloud.changed = false;
    let Some(mut mesh) = meshes.get_mut(&mesh.0) else { return };
    let (right, up) = (camera.rotation * Vec3::X, camera.rotation * Vec3::Y);
    let mut positions = Vec::with_capacity(4 * (cloud.cells.len() + 1));
    let mut colors = Vec::with_capacity(positions.capacity());
    let mut square = |centre: Vec3, radius: f32, light: LinearRgba| {
        let (right, up) = (radius * right, radius * up);
        positions.extend(
            [centre - right - up, centre + right - up, centre + right + up, centre - right + up]
                .map(Into::<[f32; 3]>::into),
        );
        colors.extend([[light.red, light.green, light.blue, 1.0]; 4]);
    };
    let (aura, strength) = dopamine_light(&history);
    square(orbit.focus, 1.25 * cloud.reach(), linear(aura, strength));
    for cell in &cloud.cells {
        let mix = |[rest, spiking]: [f32; 2]| rest + (spiking - rest) * cell.glow;
        square(
            cell.position,
            2.0 * cell.radius * mix(RADII),
            linear(palette::population(cell.cluster_idx), mix(LIGHTS)),
        );
    }
    mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, positions);
    mesh.insert_attribute(Mesh::ATTRIBUTE_COLOR, colors);
}

/// Colour and strength of the light around the brain: gold above the baseline of dopamine, red below; of the last steps,
/// so that it can be seen.
fn dopamine_light(history: &History) -> (bevy_egui::egui::Color32, f32) {
    let dopamine = history.scalar(&Scalar::DOPAMINE);
    let recent =
        history.samples.iter().rev().take(AURA_STEPS).filter_map(|sample| Some(sample.insight[dopamine?] - 1.0));
    let strongest = recent.fold(0.0, |most: f32, now| if now.abs() > most.abs() { now } else { most });
    let color = if strongest >= 0.0 { palette::DOPAMINE } else { palette::WORSE };
    (color, 0.16 * strongest.abs().min(1.0))
}

/// A mesh of an aura and `n` cells: squares, all without size.
fn squares(n: usize) -> Mesh {
    // The left half of the texture is a cell, the right half the aura.
    let corners = |left: f32| [[left, 1.0], [left + 0.5, 1.0], [left + 0.5, 0.0], [left, 0.0_f32]];
    let uvs: Vec<[f32; 2]> = corners(0.5).into_iter().chain((0..n).flat_map(|_| corners(0.0))).collect();
    let indices = (0..=n as u32).flat_map(|i| [0, 1, 2, 0, 2, 3].map(|corner| 4 * i + corner)).collect();
    let n_corners = uvs.len();
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default())
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, vec![[0.0_f32; 3]; n_corners])
        .with_inserted_attribute(Mesh::ATTRIBUTE_NORMAL, vec![[0.0_f32, 0.0, 1.0]; n_corners])
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, vec![[0.0_f32; 4]; n_corners])
        .with_inserted_attribute(Mesh::ATTRIBUTE_UV_0, uvs)
        .with_inserted_indices(Indices::U32(indices))
}

/// White texels, as opaque as `alpha` says at the distance from the middle of their square: 1 at its edges.
/// Each of `alphas` is a square, from left to right.
pub fn soft_discs(alphas: &[fn(f32) -> f32]) -> Image {
    const SIZE: usize = 64;
    let at = |i: usize| (i as f32 + 0.5) / SIZE as f32 * 2.0 - 1.0;
    let texel = |row: usize, column: usize| {
        let alpha = alphas[column / SIZE](at(column % SIZE).hypot(at(row)));
        [255, 255, 255, (255.0 * alpha.clamp(0.0, 1.0)) as u8]
    };
    let width = SIZE * alphas.len();
    let texels = (0..SIZE).flat_map(|row| (0..width).flat_map(move |column| texel(row, column))).collect();
    let size = Extent3d { width: width as u32, height: SIZE as u32, depth_or_array_layers: 1 };
    Image::new(size, TextureDimension::D2, texels, TextureFormat::Rgba8UnormSrgb, RenderAssetUsages::default())
}

/// A disc with a soft edge and a halo.
fn cell_alpha(radius: f32) -> f32 {
    let core = 1.0 - ((radius - 0.28) / 0.14).clamp(0.0, 1.0);
    0.75 * core + aura_alpha(radius) * 0.35
}

/// Light that fades to nothing.
pub fn aura_alpha(radius: f32) -> f32 {
    (1.0 - radius * radius).max(0.0).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four() -> Vec<(String, usize)> {
        let names = ["critic sensory", "critic association", "actor sensory", "actor association"];
        names.map(|name| (name.to_owned(), 128)).to_vec()
    }

    #[test]
    fn a_spike_lights_a_cell_up_and_fades_with_the_time_of_the_brain() {
        let mut cloud = Cloud::new(&four(), 0.01);
        cloud.advance(
            1_007,
            &VecDeque::from([
                TimedSpike { tick: 1_000, cell: 5, size: 1.0 },
                TimedSpike { tick: 1_007, cell: 6, size: 1.0 },
                TimedSpike { tick: 1_000, cell: 9_999, size: 1.0 },
            ]),
        );
        let faded = |ticks: f32| (-ticks / cloud.fade_ticks).exp();
        let expected = [faded(7.0), 1.0, 0.0];
        assert_eq!([5, 6, 7].map(|cell: usize| cloud.cells[cell].glow), expected);
        let expected = [faded(10.0), faded(3.0), 0.0];
        cloud.advance(1_007, &VecDeque::new());
        assert_eq!(cloud.cells[6].glow, 1.0, "a paused brain keeps its light");
        cloud.advance(1_010, &VecDeque::new());
        for (cell, expected) in cloud.cells[5..8].iter().zip(expected) {
            assert!((cell.glow - expected).abs() < 1e-5);
        }
    }
}
