//! TD-LTP learns a value on the linear track and the way in the water maze, and does not without dopamine.

use mesolimb_papers::fremaux_2013::{Maze, MazeSpec, Track, TrackSpec};

/// Mean of a number between two times of a trial in ms.
fn mean(values: &[f64], from: usize, to: usize) -> f64 {
    values[from..to].iter().sum::<f64>() / (to - from) as f64
}

/// Value at five places along the track, the last just before the goal; TD error after the start and after the goal.
fn trial(track: &mut Track) -> ([f64; 5], [f64; 2]) {
    let steps = track.trial();
    let values: Vec<f64> = steps.iter().map(|step| step.value).collect();
    let deltas: Vec<f64> = steps.iter().map(|step| step.delta).collect();
    let at = |k: usize| mean(&values, 1400 + 700 * k, 2100 + 700 * k);
    (
        [0, 1, 2, 3, 4].map(|k| if k < 4 { at(k) } else { mean(&values, 4500, 5000) }),
        [1000, 5000].map(|from| mean(&deltas, from, from + 500)),
    )
}

#[test]
fn g8_the_value_rises_towards_the_goal_and_the_td_error_moves_from_reward_to_cue() {
    let mut track = Track::new(&TrackSpec::default(), 1000).unwrap();
    let first = trial(&mut track);
    (0..68).for_each(|_| drop(track.trial()));
    let last = trial(&mut track);
    assert!(first.0.iter().all(|value| value.abs() < 0.1), "nothing is expected at first: {:.2?}", first.0);
    assert!(last.0.windows(2).all(|pair| pair[0] < pair[1]), "the value rises: {:.2?}", last.0);
    assert!(last.0[0] > 0.25 && last.0[4] > 0.7 && last.0[4] < 1.1, "as far as it should: {:.2?}", last.0);
    let ([cue, reward], [late_cue, late_reward]) = (first.1, last.1);
    assert!(cue < 0.2 && reward > 1.0, "first trial: {cue:.2} per s at the cue, {reward:.2} at the reward");
    assert!(
        late_cue > 0.4 && late_reward < 0.4 * reward,
        "last: {late_cue:.2} at the cue, {late_reward:.2} at the reward"
    );
}

#[test]
fn without_dopamine_no_value_is_learned() {
    let mut spec = TrackSpec::default();
    spec.learner.clamped = true;
    let mut track = Track::new(&spec, 1000).unwrap();
    (0..20).for_each(|_| drop(track.trial()));
    let values = trial(&mut track).0;
    assert!(values.iter().all(|value| value.abs() < 0.1), "{values:.2?}");
}

/// Mean time to the platform in s over the last four of twelve trials of 30 s at the most, and over three rats.
fn late_seconds(clamped: bool) -> f64 {
    let mut spec = MazeSpec { trial_ms: 30_000, platform_radius: 0.25, ..MazeSpec::default() };
    spec.learner.clamped = clamped;
    let of_rat = |seed| {
        let mut maze = Maze::new(&spec, seed).unwrap();
        let seconds: Vec<f64> = (0..12).map(|_| maze.trial().seconds).collect();
        seconds[8..].iter().sum::<f64>() / 4.0
    };
    (1000..1003).map(of_rat).sum::<f64>() / 3.0
}

#[test]
fn the_platform_is_found_soon_with_dopamine_and_not_without() {
    let [with, without] = [false, true].map(late_seconds);
    assert!(with < 6.0, "{with:.1} s with dopamine");
    assert!(without > 2.0 * with && without > 9.0, "{without:.1} s without, {with:.1} s with");
}
