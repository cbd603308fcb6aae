//! From the world to the [`Scene`]: the links of the robot, then the props of the task.

use crate::{
    scene::{Role, Scene, SceneItem},
    task::Design,
    world::World,
};

/// The scene with everything but the poses.
pub(super) fn scene(design: &Design) -> Scene {
    let links = design.robot.links.iter().map(|link| SceneItem {
        name: link.name.clone(),
        role: Role::Link,
        shape: link.shape,
        world_translation: [0.0; 3],
        world_rotation: [0.0, 0.0, 0.0, 1.0],
    });
    let props = design.props.iter().map(|prop| prop.item.clone());
    Scene { items: links.chain(props).collect(), contacts: Vec::new() }
}

/// Rewrites `out`; it allocates only if `out` was not written by the same task before.
pub(super) fn draw(scene: &Scene, design: &Design, world: &World, target: Option<[f32; 3]>, out: &mut Scene) {
    if !same_items(scene, out) {
        out.clone_from(scene);
    }
    out.contacts.clear();
    let n_links = design.robot.links.len();
    let (links, props) = out.items.split_at_mut(n_links);
    for (link_idx, item) in links.iter_mut().enumerate() {
        let pose = world.shape_pose(link_idx);
        (item.world_translation, item.world_rotation) = (pose.translation, pose.rotation);
    }
    for (item, prop) in props.iter_mut().zip(&design.props) {
        if let Some(link_idx) = prop.link {
            let pose = world.pose_on_link(link_idx, prop.item.world_translation, prop.item.world_rotation);
            (item.world_translation, item.world_rotation) = (pose.translation, pose.rotation);
        } else if let Some(target) = target.filter(|_| prop.item.role == Role::Target) {
            item.world_translation = target;
        }
    }
}

fn same_items(a: &Scene, b: &Scene) -> bool {
    a.items.len() == b.items.len()
        && a.items.iter().zip(&b.items).all(|(a, b)| a.name == b.name && a.role == b.role && a.shape == b.shape)
}
