//! How far a search is, on standard error: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time between two lines where there is no terminal.
const LINE_PERIOD: Duration = Duration::from_secs(10);

/// How far a search is.
pub(super) struct Progress {
    bar: ProgressBar,
    terminal: bool,
    last_line: Instant,
}

impl Progress {
    pub(super) fn new(total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent}% of the search, {eta} left · {msg}") {
            bar.set_style(style);
        }
        Self { bar, terminal, last_line: Instant::now() }
    }

    pub(super) fn show(&mut self, used: u64, mean_return: f64) {
        self.bar.set_position(used);
        self.bar.set_message(format!("return {mean_return:.1}"));
        if !self.terminal && self.last_line.elapsed() >= LINE_PERIOD {
            self.last_line = Instant::now();
            let total = self.bar.length().unwrap_or_default();
            let left = self.bar.eta().as_secs();
            eprintln!("{used}/{total} of the search · return {mean_return:.1} · {left} s left");
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
