//! The claim of the README, in a size that a gate can afford: it learns, it does what it learned, and only with dopamine.
//!
//! The full table, with all tasks and seeds and beside other agents, comes from `mesolimb study suite`.

mod common;

use common::{median, median_score, summaries};

/// It learns, and what it learned is not lost when exploration is switched off.
fn it_learns(task: &str, steps: u64, bar: f64) {
    let summaries = summaries(task, steps, &[]);
    let score = median(&summaries, |summary| summary.score.unwrap());
    assert!(score >= bar, "median score on {task} is {score:.3}, expected at least {bar}");
    let kept = median(&summaries, |summary| {
        (summary.final_return - summary.random_return) / (summary.acting_return - summary.random_return)
    });
    assert!(kept >= 0.9, "without exploration {kept:.3} is left of what {task} earned with it, expected at least 0.9");
}

#[test]
fn it_learns_to_balance() {
    it_learns("cartpole", 100_000, 0.9);
}

#[test]
fn it_learns_to_reach() {
    it_learns("reacher", 200_000, 0.8);
}

#[test]
fn it_learns_to_swing_up() {
    it_learns("pendulum", 200_000, 0.8);
}

#[test]
fn without_dopamine_it_learns_nothing() {
    for (task, steps) in [("cartpole", 40_000), ("reacher", 40_000), ("pendulum", 40_000)] {
        let score = median_score(task, steps, &["brain.variant=dopamine-clamped"]);
        assert!(score < 0.15, "median score on {task} with clamped dopamine is {score:.3}, expected below 0.15");
    }
}

#[test]
fn random_actions_score_zero_and_the_reference_one() {
    for (agent, expected) in [("random", 0.0), ("reference", 1.0)] {
        let score = median_score("cartpole", 1_000, &[&format!("agent={agent}")]);
        assert!((score - expected).abs() < 0.05, "{agent} scores {score:.3}, expected about {expected}");
    }
}
