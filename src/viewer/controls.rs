//! The panel to the left: where the run is, how fast it goes, and what can be changed in the world.

use std::collections::BTreeMap;

use bevy::prelude::Resource;
use bevy_egui::egui::{self, Align, Button, Color32, Layout, ProgressBar, RichText, ScrollArea, Slider, Ui};
use mesolimb_envs::{Param, Params};

use super::{
    history::History,
    link::{Link, SPEEDS},
    palette, presets,
    screenshot::Shots,
};
use crate::{
    intervention::Intervention,
    live::{Command, Frame},
};

/// Width that is kept free beside what scrolls.
const SCROLL_BAR: f32 = 9.0;

/// Values that are being dragged; they are asked for when the mouse lets go.
#[derive(Resource, Default)]
pub struct Edits(BTreeMap<String, f64>);

/// Draws the panel.
pub fn show(ui: &mut Ui, link: &Link, history: &History, edits: &mut Edits, shots: &mut Shots) {
    title(ui, link);
    let Some(frame) = &link.latest else {
        ui.label("waiting for the first frame …");
        return;
    };
    let margin = egui::Margin { top: 6, ..egui::Margin::ZERO };
    let below = egui::Panel::bottom("shortcuts").frame(egui::Frame::new().inner_margin(margin));
    below.show_separator_line(false).show(ui, |ui| {
        shortcuts(ui, shots);
    });
    ui.spacing_mut().indent = 14.0;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        // Room for the scroll bar.
        ui.set_max_width(ui.available_width() - SCROLL_BAR);
        ending(ui, link, frame);
        progress(ui, link, frame, history);
        run_buttons(ui, link, frame);
        section(ui, "Change the world");
        preset_buttons(ui, link, &frame.params);
        sliders(ui, link, &frame.params, edits);
        section(ui, "What has happened");
        marks(ui, history);
    });
}

fn title(ui: &mut Ui, link: &Link) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(&link.cast.env.name).heading().strong().color(Color32::WHITE));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let seed = format!("seed {}", link.cast.seed);
            ui.label(RichText::new(seed).small().color(palette::FAINT));
        });
    });
    ui.label(RichText::new(format!("{} agent, learning online", link.cast.agent)).color(palette::FAINT));
}

fn section(ui: &mut Ui, heading: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(heading).strong().color(Color32::WHITE));
}

fn ending(ui: &mut Ui, link: &Link, frame: &Frame) {
    let line = match &frame.ended {
        Some(line) => line.as_str(),
        None if link.lost => "The simulation has stopped.",
        None => return,
    };
    let card = egui::Frame::new().fill(palette::BETTER.gamma_multiply(0.16)).inner_margin(6).corner_radius(5);
    card.show(ui, |ui| {
        ui.label(RichText::new("The run has ended").strong().color(palette::BETTER));
        ui.label(line);
    });
}

fn progress(ui: &mut Ui, link: &Link, frame: &Frame, history: &History) {
    let tooltip = "Control steps of life: sense, think, act, learn.";
    // A run that somebody only looks at goes on without end.
    if let Some(steps) = link.cast.steps {
        let share = frame.step as f32 / steps.max(1) as f32;
        let text = format!("step {} of {}", grouped(frame.step), grouped(steps));
        let bar = ProgressBar::new(share).desired_height(16.0).text(RichText::new(text).small());
        ui.add(bar).on_hover_text(tooltip);
    } else {
        ui.label(format!("step {}", grouped(frame.step))).on_hover_text(tooltip);
    }
    let speed = match frame.ended {
        Some(_) => "ended".to_owned(),
        None if frame.paused => "paused".to_owned(),
        None => format!("{:.0} steps/s = {:.1}×", frame.steps_per_s, frame.steps_per_s * link.cast.env.control_dt_secs),
    };
    let recent = history.returns.recent_mean().map_or("–".to_owned(), |mean| format!("{mean:.1}"));
    let last = history.returns.last().map_or("–".to_owned(), |value| format!("{value:.1}"));
    let rows = [
        ("episode", grouped(history.returns.n_episodes()), "Episodes that have ended while you watched."),
        ("age", clock(history.life_secs()), "Time that this animal has lived, by its own clock."),
        ("speed", speed, "Control steps a second; 1× is real time."),
        ("last return", last, "Sum of the rewards of the last episode."),
        ("mean of 20", recent, "Mean return of the last 20 episodes: how good it is by now."),
    ];
    egui::Grid::new("progress").num_columns(2).spacing([14.0, 1.0]).show(ui, |ui| {
        for (name, value, tooltip) in rows {
            ui.label(RichText::new(name).color(palette::FAINT)).on_hover_text(tooltip);
            ui.label(value).on_hover_text(tooltip);
            ui.end_row();
        }
    });
}

fn run_buttons(ui: &mut Ui, link: &Link, frame: &Frame) {
    ui.add_space(4.0);
    ui.columns(2, |columns| {
        let label = if frame.paused { "▶  go on" } else { "⏸  pause" };
        let pause =
            columns[0].add_sized([columns[0].available_width(), 24.0], Button::new(label).selected(frame.paused));
        if pause.on_hover_text("Space").clicked() {
            link.send(Command::Pause(!frame.paused));
        }
        let ui = &mut columns[1];
        ui.add_enabled_ui(frame.paused, |ui| {
            let step = ui.add_sized([ui.available_width(), 24.0], Button::new("⏭  one step"));
            if step.on_hover_text("➡: while paused, one control step").clicked() {
                link.send(Command::Step);
            }
        });
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let width = (ui.available_width() - 2.0 * (SPEEDS.len() - 1) as f32) / SPEEDS.len() as f32;
        ui.spacing_mut().button_padding.x = 1.0;
        for (speed, label) in SPEEDS {
            let button = Button::new(RichText::new(label).size(12.0)).selected(frame.speed == speed);
            let response = ui.add_sized([width, 20.0], button);
            if response.on_hover_text("Speed of the simulation: 1× is real time (keys − and +)").clicked() {
                link.send(Command::Speed(speed));
            }
        }
    });
}

fn preset_buttons(ui: &mut Ui, link: &Link, params: &Params) {
    let width = (ui.available_width() - 6.0) / 2.0;
    let offered = presets::offered(params);
    for pair in offered.chunks(2) {
        ui.horizontal(|ui| {
            for preset in pair {
                let is_active = preset.is_active(params);
                let mut button = Button::new(RichText::new(preset.label).size(12.0));
                if is_active {
                    button = button.fill(palette::CHANGE.gamma_multiply(0.55));
                }
                let tooltip = format!("{}\nPress again to undo.", preset.tooltip);
                if ui.add_sized([width, 22.0], button).on_hover_text(tooltip).clicked() {
                    link.send(Command::Change(preset.pressed(params)));
                }
            }
        });
    }
    ui.add_enabled_ui(!params.are_nominal(), |ui| {
        let undo = ui.add_sized([ui.available_width(), 22.0], Button::new("↺  undo all changes"));
        if undo.on_hover_text("U: every parameter back to its nominal value").clicked() {
            link.send(Command::Change(Intervention::Undo));
        }
    });
}

fn sliders(ui: &mut Ui, link: &Link, params: &Params, edits: &mut Edits) {
    let n_changed = params.iter().filter(|param| param.value != param.nominal).count();
    let heading =
        if n_changed == 0 { "all parameters".to_owned() } else { format!("all parameters ({n_changed} changed)") };
    egui::CollapsingHeader::new(heading).id_salt("parameters").show(ui, |ui| {
        ui.label(
            RichText::new("A square marks values that are not nominal; right-click resets one.")
                .small()
                .color(palette::FAINT),
        );
        for param in params.iter() {
            slider(ui, link, param, edits);
        }
    });
}

fn slider(ui: &mut Ui, link: &Link, param: &Param, edits: &mut Edits) {
    let is_nominal = param.value == param.nominal;
    let unit = if param.unit == "1" { String::new() } else { format!(" {}", param.unit) };
    ui.horizontal(|ui| {
        let dot = if is_nominal { "" } else { "■ " };
        ui.label(RichText::new(format!("{dot}{}", param.name.replace('_', " "))).small().color(if is_nominal {
            palette::TEXT
        } else {
            palette::CHANGE
        }));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(format!("nominal {}{unit}", short(param.nominal))).small().color(palette::FAINT));
        });
    });
    let mut value = edits.0.get(&param.name).copied().unwrap_or(param.value);
    ui.spacing_mut().slider_width = (ui.available_width() - 76.0).max(60.0);
    let widget = Slider::new(&mut value, param.low..=param.high).suffix(unit).max_decimals(3);
    let response = ui.add(if param.whole { widget.integer() } else { widget });
    if response.secondary_clicked() {
        edits.0.remove(&param.name);
        link.send(Command::Change(Intervention::Set { parameter: param.name.clone(), value: param.nominal }));
    } else if response.dragged() {
        edits.0.insert(param.name.clone(), value);
    } else if response.drag_stopped() || response.changed() {
        edits.0.remove(&param.name);
        link.send(Command::Change(Intervention::Set { parameter: param.name.clone(), value }));
    }
}

fn marks(ui: &mut Ui, history: &History) {
    if history.marks.is_empty() {
        let hint = "Nothing yet. Change the world and watch: rewards are worse than expected, the return falls, and \
                    both recover as it learns anew.";
        ui.label(RichText::new(hint).small().color(palette::FAINT));
    }
    ui.spacing_mut().interact_size.y = 14.0;
    for mark in history.marks.iter().rev() {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(grouped(mark.step)).small().color(palette::FAINT))
                .on_hover_text("control step of life");
            let what = mark.what.replace('_', " ").replace('-', "−");
            ui.label(RichText::new(what).small().color(palette::CHANGE));
        });
    }
}

fn shortcuts(ui: &mut Ui, shots: &mut Shots) {
    if let Some(note) = &shots.note {
        ui.label(RichText::new(note).small().color(palette::BETTER));
    }
    let keys = "space pause · ➡ step · − + speed\nU undo all · R reset view · F12 picture\ndrag to turn, wheel to zoom";
    ui.label(RichText::new(keys).size(10.5).color(palette::FAINT));
}

/// A count with its thousands apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A span of time, in the units that suit it.
fn clock(secs: f64) -> String {
    let whole = secs as u64;
    match whole {
        0..60 => format!("{secs:.1} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole / 60 % 60),
    }
}

/// A number with three digits that matter.
fn short(value: f64) -> String {
    if value == value.trunc() {
        return format!("{value:.0}");
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 1.0, 9.81, 0.02, 0.001_234, -0.5].map(short), ["0", "1", "9.81", "0.02", "0.00123", "-0.5"]);
        assert_eq!([2.5, 61.0, 7_325.0].map(clock), ["2.5 s", "1 min 01 s", "2 h 02 min"]);
    }
}
