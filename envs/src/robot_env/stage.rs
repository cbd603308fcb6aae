//! From the world to the [`Scene`]: the shapes of the robot, link by link, then its base, then the props of the task.

use crate::{
    robot::ShapeSpec,
    scene::{Role, Scene, SceneItem},
    task::Design,
    world::World,
};

/// The scene with everything but the poses of the links.
pub(super) fn scene(design: &Design) -> Scene {
    let item = |name: &str, role: Role, spec: &ShapeSpec| SceneItem {
        name: name.to_owned(),
        role,
        shape: spec.shape,
        world_translation: spec.translation.map(|x| x as f32),
        world_rotation: spec.rotation.map(|x| x as f32),
    };
    let links = design.robot.links.iter();
    let links = links.flat_map(|link| link.shapes.iter().map(|spec| item(&link.name, Role::Link, spec)));
    let base = design.robot.base.iter().map(|spec| item("base", Role::Fixture, spec));
    let props = design.props.iter().map(|prop| prop.item.clone());
    Scene { items: links.chain(base).chain(props).collect(), contacts: Vec::new() }
}

/// Rewrites `out`, with each target where `target` says; it allocates only if `out` was not written by the same task
/// before.
pub(super) fn draw(
    scene: &Scene,
    design: &Design,
    world: &World,
    target: &dyn Fn(usize) -> Option<[f32; 3]>,
    out: &mut Scene,
) {
    if !same_items(scene, out) {
        out.clone_from(scene);
    }
    out.contacts.clear();
    world.contacts(&mut out.contacts);
    let mut items = out.items.iter_mut();
    for (link_idx, link) in design.robot.links.iter().enumerate() {
        for (shape_idx, item) in (0..link.shapes.len()).zip(&mut items) {
            let (pose, shape) = world.link_shape(link_idx, shape_idx);
            (item.world_translation, item.world_rotation, item.shape) = (pose.translation, pose.rotation, shape);
            if world.is_link_off(link_idx) {
                item.leave_stage();
            }
        }
    }
    let mut target_idxs = 0..;
    for (item, prop) in items.skip(design.robot.base.len()).zip(&design.props) {
        if let Some(link_idx) = prop.link {
            let pose = world.pose_on_link(link_idx, prop.item.world_translation, prop.item.world_rotation);
            (item.world_translation, item.world_rotation) = (pose.translation, pose.rotation);
        } else if prop.item.role == Role::Target
            && let Some(translation) = target_idxs.next().and_then(target)
        {
            item.world_translation = translation;
        }
    }
}

/// Shapes may differ in size: a link can be stretched.
fn same_items(a: &Scene, b: &Scene) -> bool {
    a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| a.name == b.name && a.role == b.role)
}
