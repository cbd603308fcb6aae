//! Colours of the view, the same in 3D and in the plots.

use bevy_egui::egui::Color32;

use crate::palette;

/// Background of the 3D views.
pub const BACKGROUND: Color32 = rgb(palette::BACKGROUND);
/// Background of the panels.
pub const PANEL: Color32 = Color32::from_rgb(22, 26, 36);
/// Background of the plots.
pub const PLOT: Color32 = Color32::from_rgb(13, 15, 22);
/// Text.
pub const TEXT: Color32 = Color32::from_rgb(222, 227, 238);
/// Text of less weight.
pub const FAINT: Color32 = Color32::from_rgb(150, 159, 178);
/// What can be pressed and what is chosen.
pub const ACCENT: Color32 = Color32::from_rgb(64, 110, 190);
/// Changes of the world.
pub const CHANGE: Color32 = Color32::from_rgb(255, 159, 67);
/// Dopamine.
pub const DOPAMINE: Color32 = Color32::from_rgb(255, 209, 102);
/// Noradrenaline.
pub const NORADRENALINE: Color32 = Color32::from_rgb(190, 149, 255);
/// Prediction error above zero.
pub const BETTER: Color32 = Color32::from_rgb(94, 220, 154);
/// Prediction error below zero.
pub const WORSE: Color32 = Color32::from_rgb(255, 107, 107);
/// Returns.
pub const RETURN: Color32 = Color32::from_rgb(110, 190, 255);
/// The target in the scene.
pub const TARGET: Color32 = rgb(palette::TARGET);
/// The effector in the scene.
pub const EFFECTOR: Color32 = rgb(palette::EFFECTOR);
/// Links of the robot.
pub const LINK: Color32 = rgb(palette::LINK);
/// Joints of the robot.
pub const JOINT: Color32 = rgb(palette::JOINT);
/// Fixed surroundings.
pub const FIXTURE: Color32 = rgb(palette::FIXTURE);

const POPULATIONS: [Color32; 8] = [
    Color32::from_rgb(76, 201, 240),
    Color32::from_rgb(110, 140, 255),
    Color32::from_rgb(255, 190, 92),
    Color32::from_rgb(255, 118, 104),
    Color32::from_rgb(128, 226, 126),
    Color32::from_rgb(240, 120, 220),
    Color32::from_rgb(90, 220, 200),
    Color32::from_rgb(216, 206, 120),
];

const fn rgb([red, green, blue]: [u8; 3]) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// Colour of a population, by its place in the brain.
pub fn population(population_idx: usize) -> Color32 {
    POPULATIONS[population_idx % POPULATIONS.len()]
}
