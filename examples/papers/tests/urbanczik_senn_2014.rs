//! Dendrites learn to predict their somata if these are taught, and only then.

use mesolimb_papers::urbanczik_senn_2014::{Prediction, PredictionSpec};

/// Errors in mV before and after a minute.
fn errors(spec: &PredictionSpec, taught: bool) -> [f64; 2] {
    let mut prediction = Prediction::new(spec, 1000).unwrap();
    let before = prediction.error_mv();
    (0..60).for_each(|_| drop(prediction.period(taught)));
    [before, prediction.error_mv()]
}

#[test]
fn the_error_falls_with_a_teacher_and_not_without_one() {
    let spec = PredictionSpec::default();
    let [before, after] = errors(&spec, true);
    assert!(after < 0.55 * before, "{after:.2} mV after a minute of teaching, {before:.2} mV before");
    let [before, after] = errors(&spec, false);
    assert!(after > 0.9 * before, "{after:.2} mV without a teacher, {before:.2} mV before");
}
