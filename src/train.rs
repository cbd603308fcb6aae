//! Runs a session to its end in the terminal, with progress.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{session::Session, summary::Summary};

/// Trains until all steps are done, then evaluates. Progress goes to standard error: a bar on a terminal, a line now and
/// then elsewhere.
///
/// # Errors
/// If an observation is not finite, or something cannot be written.
pub fn train(session: &mut Session) -> anyhow::Result<Summary> {
    let total = session.config().steps;
    let mut progress = Progress::new(total, session.rollout().progress().steps);
    while !session.is_finished() {
        session.step()?;
        progress.show(session);
    }
    progress.end();
    session.finish(None)
}

/// Steps between two looks at the clock.
const STEPS_PER_LOOK: u64 = 512;
/// Time between two lines where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

struct Progress {
    bar: ProgressBar,
    terminal: bool,
    last_line: Instant,
    started: Instant,
    first_step: u64,
}

impl Progress {
    fn new(total: u64, first_step: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {eta} left · {msg}");
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_position(first_step);
        bar.reset_eta();
        let now = Instant::now();
        Self { bar, terminal, last_line: now, started: now, first_step }
    }

    fn show(&mut self, session: &Session) {
        let at = session.rollout().progress();
        if !at.steps.is_multiple_of(STEPS_PER_LOOK) {
            return;
        }
        let message = match session.rollout().training_return() {
            Some(mean) => format!("episode {} · return {mean:.1} (mean of the last 20)", at.episodes),
            None => "first episode".to_owned(),
        };
        if self.terminal {
            self.bar.set_position(at.steps);
            self.bar.set_message(message);
        } else if self.last_line.elapsed() >= LINE_PERIOD {
            self.last_line = Instant::now();
            let rate = (at.steps - self.first_step) as f64 / self.started.elapsed().as_secs_f64();
            eprintln!("step {}/{} · {message} · {rate:.0} steps/s", at.steps, session.config().steps);
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
