//! Mutants of the learner that must not pass where the learner does: a test that cannot tell them apart tests nothing.

mod common;

use common::median_score;

/// What the learner reaches on `cartpole` in so many steps, and no mutant does.
const BAR: f64 = 0.9;
const STEPS: u64 = 60_000;

#[test]
fn the_learner_passes_the_bar() {
    let score = median_score("cartpole", STEPS, &[]);
    assert!(score >= BAR, "median score is {score:.3}, expected at least {BAR}");
}

#[test]
fn no_mutant_does() {
    for (what, setting) in [
        ("dopamine of the wrong sign", "brain.variant=dopamine-reversed"),
        ("no tags at synapses", "brain.variant=untagged"),
        ("second moments of one step only", "brain.scale_windows=1"),
        ("nothing reaches the apical dendrites", "brain.variant=no-feedback"),
    ] {
        let score = median_score("cartpole", STEPS, &[setting]);
        assert!(score < BAR, "{what} ({setting}): median score is {score:.3}, expected below {BAR}");
    }
}
