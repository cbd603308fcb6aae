//! Levels of the difficulties that real robots meet, all at once: delays, noise, lost readings, and a changing body.

use super::{Make, PresetCall, PresetEntry, Refusal};
use crate::{
    env::Env,
    perturbation::{Change, Distribution, Operand},
};

/// The level called easy. All three are those of the real-world suite as far as parameters here express them:
///
/// - Delays of action, observation and reward, and the number of steps for which an action is held, are the same.
/// - Gaussian noise has the same numbers, but other units: there those of each action and reading, here shares of the
///   limit of each motor and of the scale of each reading.
/// - Sensors that are stuck lose the same share of readings. There one is stuck for 1, 5 or 10 steps with a probability
///   of 0.01, 0.05 or 0.1 in each step in which it is not; here one drops out for 1 step or is stuck for 10.
/// - Sensors that read zero and dummy dimensions of the observation are left out.
/// - The body is drawn anew every 1000 steps, there in every episode of as many: the pole of the cart-poles, the thighs
///   of the walker, the shanks of the quadruped, each of them by itself. Lengths are factors of the nominal one, and
///   those beyond what a task allows are cut off. Other tasks keep their body.
pub(super) const EASY: PresetEntry =
    entry("real-world-easy", "delays of 3, 3, 10 steps, noise of 0.1, 1 % of readings lost", |call, env, _| {
        make(
            call,
            env,
            &Level {
                delays: [3.0, 3.0, 10.0],
                noise: 0.1,
                lost: ("observation_dropout", 0.01),
                action_repeat: 1.0,
                lengths: [[0.9, 1.1], [1.0, 0.25 / 0.225], [1.0, 0.3 / 0.25]],
            },
        )
    });

/// The level called medium.
pub(super) const MEDIUM: PresetEntry = entry(
    "real-world-medium",
    "delays of 6, 6, 20 steps, noise of 0.3, 21 % of readings lost, actions held for 2",
    |call, env, _| {
        make(
            call,
            env,
            &Level {
                delays: [6.0, 6.0, 20.0],
                noise: 0.3,
                lost: ("observation_stuck", stuck_probability(0.05, 5.0)),
                action_repeat: 2.0,
                lengths: [[0.7, 1.7], [1.0, 0.4 / 0.225], [1.0, 0.8 / 0.25]],
            },
        )
    },
);

/// The level called hard.
pub(super) const HARD: PresetEntry = entry(
    "real-world-hard",
    "delays of 9, 9, 40 steps, noise of 1, 53 % of readings lost, actions held for 3",
    |call, env, _| {
        make(
            call,
            env,
            &Level {
                delays: [9.0, 9.0, 40.0],
                noise: 1.0,
                lost: ("observation_stuck", stuck_probability(0.1, 10.0)),
                action_repeat: 3.0,
                lengths: [[0.5, 2.3], [1.0, 0.55 / 0.225], [1.0, 1.4 / 0.25]],
            },
        )
    },
);

/// Steps of an episode of the suite.
const EVERY: u64 = 1000;
/// Steps for which `observation_stuck` keeps a reading.
const STUCK_STEPS: f64 = 10.0;
/// Tasks whose body changes, and the end of the names of the links that do, in the order of [`Level::lengths`].
const BODIES: [(&[&str], &str); 3] =
    [(&["cartpole", "cartpole-swingup"], "pole"), (&["walker"], "thigh"), (&["quadruped"], "shank")];

struct Level {
    /// Of action, observation and reward, in control steps.
    delays: [f64; 3],
    /// Of actions and observations.
    noise: f64,
    /// How readings are lost, and with which probability.
    lost: (&'static str, f64),
    action_repeat: f64,
    /// Smallest and largest factor of the length of pole, thigh and shank.
    lengths: [[f64; 2]; 3],
}

const fn entry(name: &'static str, summary: &'static str, make: Make) -> PresetEntry {
    PresetEntry {
        name,
        summary,
        source: "Dulac-Arnold et al. 2020 (arXiv:2003.11881), its levels as far as they can be expressed",
        arguments: &[["at", "first step", "0"], ["every", "steps between two bodies", "1000"]],
        make,
    }
}

fn make(call: &PresetCall, env: &dyn Env, level: &Level) -> Result<Vec<Change>, Refusal> {
    let at = call.at.unwrap_or(0);
    let [action_delay, observation_delay, reward_delay] = level.delays;
    let signals = [
        ("action_delay", action_delay),
        ("observation_delay", observation_delay),
        ("reward_delay", reward_delay),
        ("action_noise", level.noise),
        ("observation_noise", level.noise),
        level.lost,
        ("action_repeat", level.action_repeat),
    ];
    let mut changes = Vec::new();
    for (parameter, value) in signals {
        super::offered(env, parameter)?;
        changes.push(Change {
            parameter: parameter.to_owned(),
            set: Some(Operand::Number(value)),
            at,
            ..Change::default()
        });
    }
    for ((tasks, link), [low, high]) in BODIES.iter().zip(level.lengths) {
        let is_meant = tasks.contains(&env.spec().name.as_str());
        let lengths = env.params().matching("link_length").filter(|param| is_meant && param.name.ends_with(link));
        changes.extend(lengths.map(|param| Change {
            parameter: param.name.clone(),
            set: Some(Operand::Drawn(Distribution::Uniform([low.max(param.low), high.min(param.high)]))),
            at,
            every: Some(call.every.unwrap_or(EVERY)),
            ..Change::default()
        }));
    }
    Ok(changes)
}

/// The probability of getting stuck for [`STUCK_STEPS`] that loses as many readings as one of `p` for `n_steps` does.
///
/// Between two spells of n steps lie (1 − p) / p steps in the mean, so that the share n / (n + (1 − p) / p) is lost.
fn stuck_probability(p: f64, n_steps: f64) -> f64 {
    let share = n_steps * p / (n_steps * p + 1.0 - p);
    share / (STUCK_STEPS - (STUCK_STEPS - 1.0) * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        make as make_task,
        perturbation::preset::testing::{call, lived},
    };

    #[test]
    fn delays_noise_and_repeats_are_those_of_the_level() {
        let names =
            ["action_delay", "observation_delay", "reward_delay", "action_noise", "observation_noise", "action_repeat"];
        for (level, expected) in [
            ("easy", [3.0, 3.0, 10.0, 0.1, 0.1, 1.0]),
            ("medium", [6.0, 6.0, 20.0, 0.3, 0.3, 2.0]),
            ("hard", [9.0, 9.0, 40.0, 1.0, 1.0, 3.0]),
        ] {
            let call = PresetCall { at: Some(1), ..PresetCall::new(&format!("real-world-{level}")) };
            let lived = lived("reacher", &call, 0..2);
            assert!(lived[0].are_nominal());
            assert_eq!(names.map(|name| lived[1].get(name).unwrap().value), expected, "{level}");
        }
    }

    /// Counted in the world itself: the noise of the level is taken out, so that a reading that repeats is a lost one.
    #[test]
    fn the_share_of_lost_readings_is_that_of_the_suite() {
        for (level, share) in [("easy", 0.01), ("medium", 0.25 / 1.2), ("hard", 1.0 / 1.9)] {
            let mut env = make_task("reacher").unwrap();
            let changes = PresetCall::new(&format!("real-world-{level}")).changes(env.as_ref(), 0).unwrap();
            for change in changes
                .iter()
                .filter(|change| ["observation_dropout", "observation_stuck"].contains(&&*change.parameter))
            {
                let Some(Operand::Number(probability)) = change.set else { panic!("{change:?}") };
                env.params_mut().set(&change.parameter, probability).unwrap();
            }
            env.params_mut().set("observation_noise", 0.1).unwrap();
            env.reset(0);
            let (mut before, mut now) = (vec![0.0; 10], vec![0.0; 10]);
            let (mut n_lost, n_steps) = (0, 20_000);
            for _ in 0..n_steps {
                env.observe(&mut before);
                env.step(&[0.0, 0.0]);
                env.observe(&mut now);
                n_lost += before.iter().zip(&now).filter(|(before, now)| before == now).count();
            }
            let found = n_lost as f64 / (10 * n_steps) as f64;
            assert!((found / share - 1.0).abs() < 0.08, "{level}: {found} instead of {share}");
        }
    }

    #[test]
    fn the_body_is_drawn_anew_between_the_bounds() {
        let call = call("name = 'real-world-hard'\nevery = 2");
        let poles: Vec<f64> = lived("cartpole", &call, 0..600)
            .iter()
            .map(|params| params.get("link_length/pole").unwrap().value)
            .collect();
        assert!(poles.chunks(2).all(|pair| pair[0] == pair[1]));
        let (shortest, longest) = poles.iter().fold((9.0_f64, 0.0_f64), |(low, high), x| (low.min(*x), high.max(*x)));
        assert!((0.5..0.55).contains(&shortest) && (1.95..=2.0).contains(&longest), "{shortest} to {longest}");
        let links = |task: &str| {
            let changes = call.changes(make_task(task).unwrap().as_ref(), 0).unwrap();
            changes.iter().filter(|change| change.parameter.starts_with("link_length/")).count()
        };
        assert_eq!([links("walker"), links("quadruped"), links("reacher")], [2, 4, 0]);
    }
}
