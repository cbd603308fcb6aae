//! The robot in its world: lights, floor, and a mesh for each item of the scene.

use std::f32::consts::FRAC_PI_2;

use bevy::{
    core_pipeline::tonemapping::Tonemapping,
    light::{CascadeShadowConfigBuilder, DirectionalLightShadowMap, NotShadowCaster, NotShadowReceiver},
    prelude::*,
};
use mesolimb_envs::{Role, Scene, SceneItem};

use super::{
    camera::{FOV_Y, Orbit, View, bounds, good_direction},
    cloud::{BRAIN_LAYER, Cloud, aura_alpha, soft_discs},
    convert::{color, point, pose},
    floor,
    follow::{Ground, whereabouts},
    link::Link,
    palette,
    shapes::{material, mesh, outline, reach},
};

/// What was built for the scene, and its measures.
#[derive(Resource, Default)]
pub struct Stage {
    built_for: Scene,
    /// Largest extent of the scene, in metres.
    pub size: f32,
    /// Where the robot was then, if it is to be followed.
    pub start: Option<Vec3>,
    n_contacts: usize,
}

/// Draws the item of the scene with this index.
#[derive(Component)]
pub struct ItemIdx(usize);

/// A soft light around a target, which always faces the camera.
#[derive(Component)]
pub struct Halo(f32);

/// Draws a contact.
#[derive(Component)]
pub struct ContactIdx(usize);

/// Everything that is rebuilt with the scene.
#[derive(Component)]
pub struct Built;

/// The assets that items are made of.
#[derive(bevy::ecs::system::SystemParam)]
pub struct Workshop<'w> {
    meshes: ResMut<'w, Assets<Mesh>>,
    materials: ResMut<'w, Assets<StandardMaterial>>,
    images: ResMut<'w, Assets<Image>>,
}

/// Spawns the cameras and lights.
pub fn spawn(mut commands: Commands, cloud: Res<Cloud>, mut images: ResMut<Assets<Image>>) {
    let sky = EnvironmentMapLight {
        intensity: 420.0,
        rotation: Quat::from_rotation_x(FRAC_PI_2),
        ..EnvironmentMapLight::hemispherical_gradient(
            &mut images,
            Color::srgb(0.86, 0.92, 1.0),
            Color::srgb(0.50, 0.56, 0.70),
            Color::srgb(0.16, 0.17, 0.22),
        )
    };
    let lens = || Projection::from(PerspectiveProjection { fov: FOV_Y, near: 0.02, ..default() });
    let background = ClearColorConfig::Custom(color(palette::BACKGROUND));
    commands.spawn((
        View::Body,
        Orbit::framing(vec![Vec3::NEG_ONE, Vec3::ONE], -1.2, 0.6),
        Camera3d::default(),
        Camera { clear_color: background, is_active: false, ..default() },
        lens(),
        Tonemapping::KhronosPbrNeutral,
        sky,
    ));
    if !cloud.clusters.is_empty() {
        commands.spawn((
            View::Brain,
            Orbit::framing(cloud.extent(), -FRAC_PI_2, 0.12),
            Camera3d::default(),
            Camera { order: 1, clear_color: ClearColorConfig::None, is_active: false, ..default() },
            lens(),
            Tonemapping::None,
            bevy::camera::visibility::RenderLayers::layer(BRAIN_LAYER),
        ));
    }
    commands.insert_resource(DirectionalLightShadowMap { size: 2048 });
    let light = |from: Vec3| Transform::from_translation(from).looking_at(Vec3::ZERO, Vec3::Z);
    commands.spawn((
        DirectionalLight { illuminance: 5_200.0, shadow_maps_enabled: true, ..default() },
        light(Vec3::new(-1.2, -1.6, 2.6)),
    ));
    commands.spawn((
        DirectionalLight { illuminance: 900.0, color: Color::srgb(0.6, 0.75, 1.0), ..default() },
        light(Vec3::new(2.0, 1.6, 0.9)),
    ));
}

/// Builds the meshes when there is a scene that was not built yet.
pub fn build(
    mut commands: Commands,
    link: Res<Link>,
    mut stage: ResMut<Stage>,
    built: Query<Entity, With<Built>>,
    mut workshop: Workshop,
    mut orbits: Query<(&View, &mut Orbit)>,
    suns: Query<(Entity, &DirectionalLight)>,
) {
    let Some(frame) = &link.latest else { return };
    if same_items(&stage.built_for, &frame.scene) {
        return;
    }
    built.iter().for_each(|entity| commands.entity(entity).despawn());
    let points: Vec<Vec3> = frame.scene.items.iter().filter(|item| !item.is_off_stage()).flat_map(outline).collect();
    let Some((low, high)) = bounds(&points) else { return };
    let size = high - low;
    stage.size = size.max_element();
    stage.n_contacts = 0;
    stage.built_for = frame.scene.clone();
    for (item_idx, item) in frame.scene.items.iter().enumerate() {
        build_item(&mut commands, &mut workshop, item_idx, item);
    }
    stage.start = whereabouts(&frame.scene);
    build_floor(&mut commands, &mut workshop, stage.size, Vec3::new(0.0, 0.0, low.z));
    let (azimuth, elevation) = good_direction(size);
    // Who walks needs room.
    let room = if stage.start.is_some() { 1.3 } else { 1.0 };
    let middle = low.midpoint(high);
    let framed = points.iter().map(|point| middle + room * (point - middle)).collect();
    let orbit = Orbit::framing(framed, azimuth, elevation);
    let shadows = CascadeShadowConfigBuilder {
        num_cascades: 1,
        minimum_distance: 0.1,
        maximum_distance: orbit.distance + 2.0 * stage.size,
        ..default()
    };
    for (entity, _) in suns.iter().filter(|(_, sun)| sun.shadow_maps_enabled) {
        commands.entity(entity).insert(shadows.build());
    }
    if let Some((_, mut body)) = orbits.iter_mut().find(|(view, _)| **view == View::Body) {
        *body = orbit;
    }
}

fn build_item(commands: &mut Commands, workshop: &mut Workshop, item_idx: usize, item: &SceneItem) {
    let mut entity = commands.spawn((
        Built,
        ItemIdx(item_idx),
        Mesh3d(workshop.meshes.add(mesh(item.shape))),
        MeshMaterial3d(workshop.materials.add(material(item.role))),
        pose(item),
    ));
    if item.role != Role::Target {
        return;
    }
    entity.insert((NotShadowCaster, NotShadowReceiver));
    let radius = 5.0 * reach(item.shape).max_element();
    let glow = StandardMaterial {
        base_color: color(palette::TARGET).with_alpha(0.4),
        base_color_texture: Some(workshop.images.add(soft_discs(&[aura_alpha]))),
        unlit: true,
        alpha_mode: AlphaMode::Add,
        cull_mode: None,
        ..default()
    };
    let halo = Mesh3d(workshop.meshes.add(Rectangle::new(2.0 * radius, 2.0 * radius)));
    let lamp =
        PointLight { color: color(palette::TARGET), intensity: 30_000.0 * radius, range: 8.0 * radius, ..default() };
    commands.spawn((
        Built,
        ItemIdx(item_idx),
        Halo(radius),
        halo,
        MeshMaterial3d(workshop.materials.add(glow)),
        NotShadowCaster,
        pose(item),
        children![(lamp, Transform::from_xyz(0.0, 0.3 * radius, 0.0))],
    ));
}

fn build_floor(commands: &mut Commands, workshop: &mut Workshop, size: f32, at: Vec3) {
    let ground = StandardMaterial {
        base_color: Color::srgb(0.15, 0.17, 0.23),
        perceptual_roughness: 0.95,
        reflectance: 0.1,
        alpha_mode: AlphaMode::Blend,
        cull_mode: None,
        ..default()
    };
    let lines = StandardMaterial {
        base_color: Color::srgba(0.55, 0.65, 0.85, 0.22),
        unlit: true,
        alpha_mode: AlphaMode::Blend,
        ..default()
    };
    let below = at - Vec3::Z * 0.002 * size;
    commands.spawn((
        (Built, Ground),
        Mesh3d(workshop.meshes.add(floor::disc(size))),
        MeshMaterial3d(workshop.materials.add(ground)),
        NotShadowCaster,
        Transform::from_translation(below),
    ));
    commands.spawn((
        (Built, Ground),
        Mesh3d(workshop.meshes.add(floor::grid(size))),
        MeshMaterial3d(workshop.materials.add(lines)),
        NotShadowCaster,
        Transform::from_translation(below + Vec3::Z * 0.0005 * size),
    ));
}

/// Puts every item where the newest frame has it.
pub fn pose_items(
    link: Res<Link>,
    mut items: Query<(&ItemIdx, Option<&Halo>, &mut Transform), Without<View>>,
    cameras: Query<(&View, &Transform), With<View>>,
) {
    let Some(frame) = &link.latest else { return };
    let camera = cameras.iter().find(|(view, _)| **view == View::Body).map(|(_, transform)| *transform);
    for (ItemIdx(item_idx), halo, mut transform) in &mut items {
        let Some(item) = frame.scene.items.get(*item_idx) else { continue };
        *transform = pose(item);
        if let (Some(Halo(radius)), Some(camera)) = (halo, camera) {
            transform.rotation = camera.rotation;
            transform.translation += camera.back() * 0.3 * *radius;
        }
    }
}

/// Shows contacts as small bright balls.
pub fn pose_contacts(
    mut commands: Commands,
    link: Res<Link>,
    mut stage: ResMut<Stage>,
    mut contacts: Query<(&ContactIdx, &mut Transform, &mut Visibility)>,
    mut workshop: Workshop,
) {
    let Some(frame) = &link.latest else { return };
    let there_are = &frame.scene.contacts;
    for (ContactIdx(contact_idx), mut transform, mut visibility) in &mut contacts {
        let contact = there_are.get(*contact_idx);
        *visibility = if contact.is_some() { Visibility::Visible } else { Visibility::Hidden };
        transform.translation = contact.map_or(Vec3::ZERO, |xyz| point(*xyz));
    }
    for (contact_idx, xyz) in there_are.iter().enumerate().skip(stage.n_contacts) {
        let material = StandardMaterial { base_color: color(palette::CHANGE), unlit: true, ..default() };
        commands.spawn((
            Built,
            ContactIdx(contact_idx),
            Mesh3d(workshop.meshes.add(Sphere::new(0.008 * stage.size))),
            MeshMaterial3d(workshop.materials.add(material)),
            NotShadowCaster,
            Transform::from_translation(point(*xyz)),
        ));
    }
    stage.n_contacts = stage.n_contacts.max(there_are.len());
}

fn same_items(a: &Scene, b: &Scene) -> bool {
    a.items.len() == b.items.len()
        && a.items.iter().zip(&b.items).all(|(a, b)| a.role == b.role && a.shape == b.shape && a.name == b.name)
}
