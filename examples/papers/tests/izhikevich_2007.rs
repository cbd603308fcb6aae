//! Bursting cells learn soon and forget; those that fire regularly again, or get no more dopamine, retain.

use mesolimb_papers::{
    for_seeds,
    izhikevich_2007::{Outcome, branch},
    median,
};

/// Conditions A, C, E and F with four of the seeds that nothing is reported on; the example has twenty others.
#[test]
fn g7_conditioning() {
    let runs = for_seeds("conditioning", 1000..1004, |seed| {
        let mut outcomes = branch(seed, &['A'], 1000, 1)?;
        outcomes.extend(branch(seed, &['C', 'E', 'F'], 2500, 600)?);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>())
    })
    .unwrap();
    let over_seeds =
        |k: usize, of: fn(&Outcome) -> f64| median(&runs.iter().map(|run| of(&run[k])).collect::<Vec<_>>());
    let [regular, bursting] = [0, 1].map(|k| over_seeds(k, |outcome| outcome.reach_s));
    assert!(bursting < regular, "criterion after {bursting} s when bursting, {regular} s when not");
    let [goes_on, regular_again, no_dopamine] =
        [1, 2, 3].map(|k| over_seeds(k, |outcome| outcome.retain.unwrap_or(f64::NAN)));
    assert!(goes_on < 0.3, "still bursting, {goes_on:.2} retained");
    assert!(regular_again > 0.7, "regular again, {regular_again:.2} retained");
    assert!(no_dopamine > 0.9, "without dopamine, {no_dopamine:.2} retained");
}
