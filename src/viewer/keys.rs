//! Keyboard shortcuts.

use bevy::prelude::*;
use bevy_egui::input::EguiWantsInput;

use super::{camera::Orbit, link::Link, screenshot::Shots};
use crate::{intervention::Intervention, live::Command};

/// Obeys the keys, unless someone is typing a number.
pub fn obey(
    keys: Res<ButtonInput<KeyCode>>,
    typing: Res<EguiWantsInput>,
    link: Res<Link>,
    mut shots: ResMut<Shots>,
    mut orbits: Query<&mut Orbit>,
) {
    if typing.wants_keyboard_input() {
        return;
    }
    for key in keys.get_just_pressed() {
        match key {
            KeyCode::Space => link.send(Command::Pause(!link.is_paused())),
            KeyCode::ArrowRight if link.is_paused() => link.send(Command::Step),
            KeyCode::Minus | KeyCode::NumpadSubtract | KeyCode::BracketLeft => link.change_speed(false),
            KeyCode::Equal | KeyCode::NumpadAdd | KeyCode::BracketRight => link.change_speed(true),
            KeyCode::KeyU => link.send(Command::Change(Intervention::Undo)),
            KeyCode::KeyR => orbits.iter_mut().for_each(|mut orbit| orbit.go_home()),
            KeyCode::F12 => shots.wanted = true,
            _ => {}
        }
    }
}
