//! What an episode gains that nothing paid for, beside the energy that is in play.

use mesolimb_envs::Books;
use serde::{Deserialize, Serialize};

/// Energy in play, in J, below which a gain is no share of anything: a kilogram that is lifted by a millimetre has as much.
const NOTHING_IN_PLAY: f64 = 0.01;

/// Energy that nothing paid for, beside what is in play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// Energy without a source, in J.
    pub gain_joule: f64,
    /// Energy in play, in J.
    pub in_play_joule: f64,
    /// The first as a share of the second.
    pub share: f64,
    /// Control step, from 1, that brought it.
    pub step: u32,
}

impl Gain {
    fn new(gain: f64, in_play: f64, step: u32) -> Self {
        // What is not a number is not paid for either.
        let gain_joule = if gain.is_nan() { f64::INFINITY } else { gain.max(0.0) };
        let share = if in_play.is_nan() {
            f64::INFINITY
        } else if in_play < NOTHING_IN_PLAY {
            0.0
        } else {
            gain_joule / in_play
        };
        Self { gain_joule, in_play_joule: in_play, share, step }
    }
}

/// The account of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Books after the last step.
    pub books: Books,
    /// Energy now over that at the start, in J.
    pub energy_change: f64,
    /// Most energy that could move so far, in J: kinetic, of springs, and potential over the lowest that it has been.
    pub max_moving: f64,
    /// Lowest potential energy so far, in J.
    min_potential: f64,
    /// The step that gained the largest share. In play are the most that could move so far and what the motors turned over
    /// in that step.
    pub worst_step: Gain,
    /// The most that the episode had gained at any time. In play are the most that could move in it and all that its motors
    /// turned over.
    pub episode: Gain,
}

/// Follows the books of an episode, step by step.
#[derive(Clone, Copy, Debug)]
pub struct Ledger {
    start: Books,
    last: Gain,
    account: Account,
}

impl Ledger {
    /// Opens the ledger of an episode with the books at its start.
    #[must_use]
    pub fn open(start: Books) -> Self {
        let max_moving = start.kinetic + start.springs;
        let account = Account { books: start, max_moving, min_potential: start.potential, ..Account::default() };
        Self { start, last: Gain::default(), account }
    }

    /// Enters the books after control step `step`, counted from 1.
    pub fn enter(&mut self, books: Books, step: u32) {
        let account = &mut self.account;
        let before = std::mem::replace(&mut account.books, books);
        account.min_potential = account.min_potential.min(books.potential);
        let moving = books.kinetic + books.springs + books.potential - account.min_potential;
        account.max_moving = account.max_moving.max(moving);
        account.energy_change = books.energy() - self.start.energy();
        let turned_over = books.motors_gross - before.motors_gross;
        let drift = books.drift - before.drift;
        let drifted = if drift <= 0.0 { 0.0 } else { drift };
        self.last = Gain::new(books.overdrawn - before.overdrawn + drifted, account.max_moving + turned_over, step);
        if self.last.share > account.worst_step.share {
            account.worst_step = self.last;
        }
        let so_far = Gain::new(books.unpaid() - self.start.unpaid(), 0.0, step);
        let most = if so_far.gain_joule > account.episode.gain_joule { so_far } else { account.episode };
        let in_play = account.max_moving + books.motors_gross - self.start.motors_gross;
        account.episode = Gain::new(most.gain_joule, in_play, most.step);
    }

    /// What the last step gained.
    #[must_use]
    pub fn last(&self) -> Gain {
        self.last
    }

    /// The account so far.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(kinetic: f64, motors_gross: f64, drift: f64) -> Books {
        Books { kinetic, motors_gross, drift, ..Books::default() }
    }

    #[test]
    fn a_step_is_held_against_what_moves_and_an_episode_against_all_that_was_turned_over() {
        let mut ledger = Ledger::open(books(1.0, 0.0, 0.0));
        ledger.enter(books(10.0, 10.0, 0.0), 1);
        ledger.enter(books(5.0, 30.0, 3.0), 2);
        ledger.enter(books(5.0, 30.0, 1.0), 3);
        let account = ledger.account();
        assert_eq!(account.worst_step, Gain { gain_joule: 3.0, in_play_joule: 30.0, share: 0.1, step: 2 });
        assert_eq!(account.episode, Gain { gain_joule: 3.0, in_play_joule: 40.0, share: 0.075, step: 2 });
        assert_eq!(ledger.last().gain_joule, 0.0, "what is lost is no gain");
        assert_eq!(account.energy_change, 4.0);
    }

    #[test]
    fn what_books_held_before_the_episode_does_not_count() {
        let mut ledger = Ledger::open(books(1.0, 50.0, 7.0));
        ledger.enter(books(1.0, 51.0, 7.0), 1);
        assert_eq!((ledger.account().episode.gain_joule, ledger.account().episode.in_play_joule), (0.0, 2.0));
    }

    #[test]
    fn a_robot_at_rest_gains_no_share_and_what_is_no_number_is_not_hidden() {
        let mut ledger = Ledger::open(Books::default());
        ledger.enter(books(0.0, 0.0, 1e-9), 1);
        assert_eq!(ledger.account().worst_step.share, 0.0);
        ledger.enter(books(1.0, 0.0, f64::NAN), 2);
        assert_eq!(ledger.account().worst_step.share, f64::INFINITY);
    }
}
