//! The two channels to the simulation, as the viewer sees them.

use bevy::prelude::*;
use crossbeam::channel::{Receiver, Sender, TryRecvError};

use super::{cloud::Cloud, history::History};
use crate::live::{Cast, Command, Frame, Speed};

/// Speeds offered, slowest first.
pub const SPEEDS: [(Speed, &str); 7] = [
    (Speed::Times(0.25), "¼×"),
    (Speed::Times(0.5), "½×"),
    (Speed::Times(1.0), "1×"),
    (Speed::Times(2.0), "2×"),
    (Speed::Times(4.0), "4×"),
    (Speed::Times(10.0), "10×"),
    (Speed::Max, "max"),
];

/// The simulation, from outside.
#[derive(Resource)]
pub struct Link {
    /// What stays the same.
    pub cast: Cast,
    /// The newest frame.
    pub latest: Option<Frame>,
    /// The simulation thread is gone.
    pub lost: bool,
    frames: Receiver<Frame>,
    commands: Sender<Command>,
}

impl Link {
    /// Joins the two channels.
    pub fn new(cast: Cast, frames: Receiver<Frame>, commands: Sender<Command>) -> Self {
        Self { cast, latest: None, lost: false, frames, commands }
    }

    /// Asks the simulation for something. It shows in a later frame.
    pub fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("the simulation is gone");
        }
    }

    /// Whether the simulation is paused, as far as is known.
    pub fn is_paused(&self) -> bool {
        self.latest.as_ref().is_some_and(|frame| frame.paused)
    }

    /// Goes to the next faster or slower of the speeds offered.
    pub fn change_speed(&self, faster: bool) {
        let Some(frame) = &self.latest else { return };
        let current = SPEEDS.iter().position(|(speed, _)| *speed == frame.speed).unwrap_or(2);
        let next = if faster { (current + 1).min(SPEEDS.len() - 1) } else { current.saturating_sub(1) };
        self.send(Command::Speed(SPEEDS[next].0));
    }
}

/// Takes the frames that are there and never waits for one.
pub fn receive(mut link: ResMut<Link>, mut history: ResMut<History>, mut cloud: ResMut<Cloud>) {
    loop {
        match link.frames.try_recv() {
            Ok(frame) => {
                history.add(&frame);
                cloud.advance(history.tick, &frame.spikes);
                link.latest = Some(frame);
            }
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => {
                link.lost = true;
                return;
            }
        }
    }
}
