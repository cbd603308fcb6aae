//! From the plain arrays of a scene and the colours of the panels to Bevy's types. No other file converts.

use bevy::prelude::*;
use bevy_egui::egui::Color32;
use mesolimb_envs::SceneItem;

/// A point of the world.
pub fn point(xyz: [f32; 3]) -> Vec3 {
    Vec3::from_array(xyz)
}

/// Pose of an item in the world.
pub fn pose(item: &SceneItem) -> Transform {
    let rotation = Quat::from_array(item.world_rotation);
    let rotation = if rotation.length_squared() > 0.0 { rotation.normalize() } else { Quat::IDENTITY };
    Transform { translation: point(item.world_translation), rotation, scale: Vec3::ONE }
}

/// A colour of the panels in the 3D view.
pub fn color(color: Color32) -> Color {
    Color::srgb_u8(color.r(), color.g(), color.b())
}

/// A colour in linear light, times `strength`, for a vertex or an emissive surface.
pub fn linear(color32: Color32, strength: f32) -> LinearRgba {
    let linear = color(color32).to_linear();
    LinearRgba::rgb(linear.red * strength, linear.green * strength, linear.blue * strength)
}
