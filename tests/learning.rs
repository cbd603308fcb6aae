//! The claim of the README, in a size that a gate can afford: it learns, and only with dopamine.
//!
//! The full table, with all seeds and beside stream AC, comes from `mesolimb study first-light`.

use mesolimb::{config::RunConfig, session::Session, summary::Summary};
use rayon::prelude::*;

const SEEDS: u64 = 3;

/// Trains with each seed, then evaluates with learning and exploration off; the median score.
fn median_score(task: &str, steps: u64, settings: &[&str]) -> f64 {
    let mut settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
    settings.extend([format!("task={task}"), format!("steps={steps}")]);
    let mut scores: Vec<f64> = (0..SEEDS)
        .into_par_iter()
        .map(|seed| {
            let mut config = RunConfig::resolve(toml::Table::new(), &settings).unwrap();
            config.seed = seed;
            let mut session = Session::unkept(&config).unwrap();
            while !session.is_finished() {
                session.step().unwrap();
            }
            Summary::of(&mut session, None).unwrap().score.unwrap()
        })
        .collect();
    scores.sort_by(f64::total_cmp);
    scores[scores.len() / 2]
}

#[test]
fn it_learns_to_balance() {
    let score = median_score("cartpole", 100_000, &[]);
    assert!(score >= 0.9, "median score on cartpole is {score:.3}, expected at least 0.9");
}

#[test]
fn it_learns_to_reach() {
    let score = median_score("reacher", 200_000, &[]);
    assert!(score >= 0.8, "median score on reacher is {score:.3}, expected at least 0.8");
}

#[test]
fn without_dopamine_it_learns_nothing() {
    for (task, steps) in [("cartpole", 40_000), ("reacher", 40_000)] {
        let score = median_score(task, steps, &["spiking.dopamine_clamped=true"]);
        assert!(score < 0.2, "median score on {task} with clamped dopamine is {score:.3}, expected below 0.2");
    }
}

#[test]
fn chance_scores_zero_and_the_reference_one() {
    for (agent, expected) in [("random", 0.0), ("reference", 1.0)] {
        let score = median_score("cartpole", 1_000, &[&format!("agent={agent}")]);
        assert!((score - expected).abs() < 0.05, "{agent} scores {score:.3}, expected about {expected}");
    }
}
