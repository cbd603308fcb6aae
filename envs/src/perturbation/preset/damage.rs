//! Damaged legs, of which training never meets one.

use rand::RngExt;

use super::{PresetCall, PresetEntry, Refusal, offered};
use crate::{
    env::Env,
    perturbation::{Change, Operand},
    robot::RobotSpec,
    streams::stream,
};

/// Every so many steps a leg is drawn, or none, and how it is damaged: off, locked, or with motors of half the torque.
///
/// There one front leg is too short in training and the other one in the test; the damages here are those that our
/// robots know, and all legs but one take part.
pub(super) const LEG_DAMAGE: PresetEntry = PresetEntry {
    name: "leg-damage",
    summary: "now and then a leg is off, locked or weak: any but the held-out one",
    source: "after Najarro and Risi 2020 (arXiv:2007.02686)",
    arguments: &[
        ["at", "first step", "0"],
        ["every", "steps between two draws", "20000"],
        ["draws", "how many", "50"],
        ["held_out", "leg that is never damaged", "the last"],
    ],
    make: |call, env, seed| {
        let (legs, held_out) = legs(call, env)?;
        let trained: Vec<&String> = legs.iter().filter(|leg| **leg != held_out).collect();
        if trained.is_empty() {
            return Err(Refusal::Argument(format!("needs two legs, and task '{}' has one", env.spec().name)));
        }
        let mut rng = stream(seed, "preset leg-damage");
        spells(call, |_| {
            let leg = trained.get(rng.random_range(0..=trained.len()));
            let damage = Damage::ALL[rng.random_range(0..Damage::ALL.len())];
            leg.map_or_else(Vec::new, |leg| damage.of(leg, env.robot()))
        })
    },
};

/// The test to it: the held-out leg is off, locked, and with motors of half the torque, in turn.
pub(super) const LEG_DAMAGE_HELD_OUT: PresetEntry = PresetEntry {
    name: "leg-damage-held-out",
    summary: "the test to leg-damage: the held-out leg is off, locked and weak, in turn",
    source: "after Najarro and Risi 2020 (arXiv:2007.02686)",
    arguments: &[
        ["at", "first step", "0"],
        ["every", "steps for which each damage lasts", "20000"],
        ["draws", "how many damages", "3"],
        ["held_out", "the leg", "the last"],
    ],
    make: |call, env, _seed| {
        let (_, held_out) = legs(call, env)?;
        let call = PresetCall { draws: Some(call.draws.unwrap_or(Damage::ALL.len() as u64)), ..call.clone() };
        spells(&call, |spell_idx| Damage::ALL[spell_idx % Damage::ALL.len()].of(&held_out, env.robot()))
    },
};

const EVERY: u64 = 20_000;
const DRAWS: u64 = 50;
const MAX_DRAWS: u64 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Off,
    Locked,
    HalfTorque,
}

impl Damage {
    const ALL: [Self; 3] = [Self::Off, Self::Locked, Self::HalfTorque];

    /// The parameters that it sets on the leg that begins with the link `leg`, and their values.
    fn of(self, leg: &str, robot: &RobotSpec) -> Vec<(String, f64)> {
        let joints = || joints_of(leg, robot);
        match self {
            Self::Off => vec![(format!("leg_off/{leg}"), 1.0)],
            Self::Locked => joints().iter().map(|joint| (format!("lock/{joint}"), 1.0)).collect(),
            Self::HalfTorque => {
                let motors = robot.motors.iter().filter(|motor| joints().contains(&motor.joint.as_str()));
                motors.map(|motor| (format!("motor_gain/{}", motor.name), 0.5)).collect()
            }
        }
    }
}

/// The legs of a task, and the one that is held out.
fn legs(call: &PresetCall, env: &dyn Env) -> Result<(Vec<String>, String), Refusal> {
    let params = offered(env, "leg_off")?;
    let legs: Vec<String> = params.iter().map(|param| param.name.trim_start_matches("leg_off/").to_owned()).collect();
    let held_out = call.held_out.as_ref().or(legs.last()).cloned().unwrap_or_default();
    if legs.contains(&held_out) {
        Ok((legs, held_out))
    } else {
        Err(Refusal::Argument(format!("has held_out = '{held_out}', expected one of: {}", legs.join(", "))))
    }
}

/// Joints with an axis from the link `leg` on.
fn joints_of<'a>(leg: &str, robot: &'a RobotSpec) -> Vec<&'a str> {
    let of_leg = robot.link_idx(leg).map(|leg_idx| robot.branch(leg_idx)).unwrap_or_default();
    robot.axial_joints().filter(|(idx, _)| of_leg.contains(idx)).map(|(_, joint)| joint.name.as_str()).collect()
}

/// One spell after the other, each with the parameters that `set` gives for it.
fn spells(call: &PresetCall, mut set: impl FnMut(usize) -> Vec<(String, f64)>) -> Result<Vec<Change>, Refusal> {
    let (every, draws) = (call.every.unwrap_or(EVERY), call.draws.unwrap_or(DRAWS));
    if every == 0 || !(1..=MAX_DRAWS).contains(&draws) {
        let expected = format!("expected at least 1, and 1 to {MAX_DRAWS}");
        return Err(Refusal::Argument(format!("has every = {every} and draws = {draws}, {expected}")));
    }
    let at = |spell_idx: u64| call.at.unwrap_or(0).saturating_add(every.saturating_mul(spell_idx));
    let of_spell = |spell_idx: u64| {
        let set = set(spell_idx as usize);
        set.into_iter().map(move |(parameter, value)| Change {
            parameter,
            set: Some(Operand::Number(value)),
            at: at(spell_idx),
            until: Some(at(spell_idx + 1)),
            ..Change::default()
        })
    };
    Ok((0..draws).flat_map(of_spell).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        Params, make,
        perturbation::preset::testing::{call, lived, refusal},
    };

    /// What is not as it was, by name.
    fn changed(params: &Params) -> Vec<String> {
        params.iter().filter(|param| param.value != param.nominal).map(|param| param.name.clone()).collect()
    }

    #[test]
    fn training_meets_every_damage_of_every_leg_but_the_held_out_one() {
        let call = call("name = 'leg-damage'\nevery = 2\ndraws = 300\nheld_out = 'front_right_hip'");
        let lived = lived("ant", &call, 0..=600);
        assert!(lived[600].are_nominal(), "it ends");
        assert!(lived.chunks(2).all(|pair| pair.len() < 2 || changed(&pair[0]) == changed(&pair[1])));
        let met: BTreeSet<Vec<String>> = lived.iter().map(changed).collect();
        assert_eq!(met.len(), 1 + 3 * 3, "nothing, and three damages of three legs: {met:?}");
        assert!(met.iter().flatten().all(|name| !name.contains("front_right")), "{met:?}");
        let intact = lived[..600].iter().filter(|params| params.are_nominal()).count();
        assert!((100..200).contains(&intact), "a quarter is intact, here {intact} of 600");
    }

    #[test]
    fn the_test_damages_the_held_out_leg_only_and_in_every_way() {
        let lived = lived("ant", &call("name = 'leg-damage-held-out'\nat = 5\nevery = 10"), 0..40);
        assert!(lived[4].are_nominal() && lived[35].are_nominal());
        assert_eq!(changed(&lived[5]), ["leg_off/back_left_hip"]);
        let locked = changed(&lived[15]);
        assert!(locked.len() == 2 && locked.iter().all(|name| name.starts_with("lock/back_left")), "{locked:?}");
        let weak = changed(&lived[34]);
        assert!(weak.len() == 2 && weak.iter().all(|name| name.starts_with("motor_gain/back_left")), "{weak:?}");
    }

    #[test]
    fn seeds_draw_different_damages() {
        let env = make("quadruped").unwrap();
        let drawn = |seed| PresetCall::new("leg-damage").changes(env.as_ref(), seed).unwrap();
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn arguments_that_cannot_be_are_refused() {
        let found = refusal("ant", "name = 'leg-damage'\nheld_out = 'tail'");
        assert!(found.contains("held_out = 'tail', expected one of: front_left_hip"), "{found}");
        assert!(refusal("ant", "name = 'leg-damage'\nevery = 0").contains("every = 0"));
        assert!(refusal("ant", "name = 'leg-damage'\ndraws = 100000").contains("draws = 100000"));
    }
}
