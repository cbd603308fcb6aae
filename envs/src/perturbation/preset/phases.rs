//! Adaptation in phases: baseline, change, washout, and the change again, which shows what is kept of the first time.

use super::{PresetCall, PresetEntry, Refusal, offered};
use crate::{
    env::Env,
    perturbation::{Change, Operand},
};

/// A force across the velocity of the hand, 13 N·s/m. After the last phase the field is off again.
///
/// The numbers of trials are those of such experiments (300 null, 1100 in the field, 300 null), with 100 steps each; the
/// baseline is longer, because the arm learns to reach in it.
pub(super) const FORCE_FIELD: PresetEntry = PresetEntry {
    name: "force-field",
    summary: "baseline, a force across the velocity of the hand, washout, the force again",
    source: "Shadmehr and Mussa-Ivaldi 1994 (J Neurosci 14:3208)",
    arguments: &[PHASES_ARGUMENT, ["strength", "force per velocity, in N·s/m", "13"]],
    make: |call, env, _seed| in_phases(call, env, "curl_field", 13.0),
};

/// A turn of what is observed and rewarded of the hand by 30°. After the last phase it is undone.
pub(super) const ROTATION: PresetEntry = PresetEntry {
    name: "rotation",
    summary: "baseline, a turn of the seen hand by 30°, washout, the turn again",
    source: "Krakauer et al. 2000 (J Neurosci 20:8916)",
    arguments: &[PHASES_ARGUMENT, ["strength", "the turn, in rad", "0.5236"]],
    make: |call, env, _seed| in_phases(call, env, "cursor_rotation", std::f64::consts::FRAC_PI_6),
};

const PHASES_ARGUMENT: [&str; 3] =
    ["phases", "steps of baseline, change, washout, change again", "[200000, 110000, 30000, 110000]"];
const PHASES: [u64; 4] = [200_000, 110_000, 30_000, 110_000];

fn in_phases(
    call: &PresetCall,
    env: &dyn Env,
    parameter: &'static str,
    nominal_strength: f64,
) -> Result<Vec<Change>, Refusal> {
    offered(env, parameter)?;
    let phases = call.phases.unwrap_or(PHASES);
    if phases.contains(&0) {
        return Err(Refusal::Argument(format!("has phases = {phases:?}, expected numbers of steps above zero")));
    }
    let end_of = |phase_idx: usize| phases[..=phase_idx].iter().fold(0_u64, |end, &steps| end.saturating_add(steps));
    let change = |at: u64, until: u64| Change {
        parameter: parameter.to_owned(),
        set: Some(Operand::Number(call.strength.unwrap_or(nominal_strength))),
        at,
        until: Some(until),
        ..Change::default()
    };
    Ok(vec![change(end_of(0), end_of(1)), change(end_of(2), end_of(3))])
}

#[cfg(test)]
mod tests {
    use crate::perturbation::preset::testing::{call, lived, refusal};

    #[test]
    fn phases_begin_and_end_where_they_should() {
        for (preset, parameter, strength) in
            [("force-field", "curl_field", 13.0), ("rotation", "cursor_rotation", 30_f64.to_radians())]
        {
            let call = call(&format!("name = '{preset}'\nphases = [3, 4, 2, 1]"));
            let lived = lived("reacher", &call, 0..12);
            let values: Vec<f64> = lived.iter().map(|params| params.get(parameter).unwrap().value / strength).collect();
            let expected = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
            assert!(
                values.iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-12),
                "{values:?}"
            );
            assert!(lived[11].are_nominal(), "{preset} is undone");
        }
    }

    #[test]
    fn strength_and_phases_are_arguments() {
        let call = call("name = 'rotation'\nphases = [1, 1, 1, 1]\nstrength = -0.5");
        assert_eq!(lived("arm-reach", &call, 0..2)[1].get("cursor_rotation").unwrap().value, -0.5);
        assert!(refusal("reacher", "name = 'rotation'\nphases = [1, 0, 1, 1]").contains("phases = [1, 0, 1, 1]"));
    }
}
