//! An episode of an audit, lived again with everything that is seen of it written down.

use std::fmt::Write as _;

use mesolimb_agents::{
    AgentError,
    audit::{Make, live_again},
    search::{Case, Moment},
};
use mesolimb_envs::{Books, Scene};

use super::report::{BESIDE, HELD, WORK};

/// A control step of the episode.
pub(super) struct Row {
    /// Time at its end, in s.
    pub(super) t_secs: f64,
    /// Books after it.
    pub(super) books: Books,
    /// Energy after it over that at the start, in J.
    pub(super) energy_change: f64,
    /// Energy in play in it, in J.
    in_play: f64,
    /// What it gained without a source, in J.
    gain: f64,
}

/// The episode.
pub(super) struct Trace {
    pub(super) rows: Vec<Row>,
    /// What was seen at the moment that was asked for.
    pub(super) scene: Scene,
}

impl Trace {
    /// Lives an episode again and looks at the world after control step `step`.
    pub(super) fn of(make: &Make<'_>, case: &Case, step: u32) -> Result<Self, AgentError> {
        let mut trace = Self { rows: Vec::new(), scene: Scene::default() };
        let see = |moment: &Moment<'_>| {
            let t_secs = f64::from(moment.step) * moment.env.spec().control_dt_secs;
            let (books, gain) = (moment.account.books, moment.gain);
            let (energy_change, in_play) = (moment.account.energy_change, gain.in_play_joule);
            trace.rows.push(Row { t_secs, books, energy_change, in_play, gain: gain.gain_joule });
            if moment.step == step.max(1) {
                moment.env.scene(&mut trace.scene);
            }
        };
        live_again(make, case, see)?;
        Ok(trace)
    }

    /// The rows as CSV: times in s, energies in J, penetration in m.
    pub(super) fn csv(&self) -> String {
        let entries = || HELD.iter().chain(&WORK).chain(&BESIDE);
        let names: Vec<_> = entries().map(|(name, _)| *name).collect();
        let mut text = format!("t,{},penetration,stop_excess,motor_load,in_play,gain\n", names.join(","));
        for Row { t_secs, books, in_play, gain, .. } in &self.rows {
            let _ = write!(text, "{t_secs:.6}");
            let strains = [books.penetration, books.stop_excess, books.motor_load, *in_play, *gain];
            let values = entries().map(|(_, of)| of(books)).chain(strains);
            values.for_each(|value| _ = write!(text, ",{value}"));
            text.push('\n');
        }
        text
    }
}
