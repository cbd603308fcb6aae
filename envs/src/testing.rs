//! Conformance test for environments: what every [`Env`] promises, as assertions whose messages read as the contract.

use std::{collections::HashSet, fmt, ops::Range};

use rand::RngExt;
use rand_pcg::Pcg64;

use crate::{
    env::{Env, EnvSpec, Fault, Step},
    params::Param,
    scene::{Role, Scene},
    streams::stream,
};

/// Steps of a trajectory that is compared with another.
const N_COMPARED: usize = 60;
/// Episodes in which something is changed, one after the other.
const AFTERWARDS: Range<u64> = 4..12;
/// Difference that is no rounding, in the unit of a reading.
const MEASURABLE: f64 = 1e-4;
/// Steps that are enough where bits are compared again.
const N_AGAIN: usize = 15;
/// Steps within which random actions meet with a reward.
const N_WAITED: usize = 100_000;
/// Steps after a saved state.
const N_AFTER_SAVE: usize = 1000;

/// Checks that the environments made by `make` keep the contract of [`Env`].
///
/// # Panics
/// If one promise is broken, with that promise as the message.
pub fn check_env(make: fn() -> Box<dyn Env>) {
    check_spec(&*make());
    check_params(&*make());
    check_determinism(make);
    check_observations(&mut *make());
    check_time_limit(&mut *make());
    check_actions(make);
    check_faults(&mut *make());
    check_saved_states(make);
    check_refused_states(&mut *make());
    check_perturbations(make);
    check_scene(&mut *make());
}

/// What an agent saw and where its goals were, bit for bit.
#[derive(Clone, PartialEq)]
struct Trajectory(Vec<(Vec<u32>, u64)>);

impl Trajectory {
    fn begins_with(&self, start: &Self) -> bool {
        self.0.starts_with(&start.0)
    }

    /// Whether some reading, goal or reward is apart by more than [`MEASURABLE`].
    fn differs_measurably(&self, other: &Self) -> bool {
        let is_apart = |a: f64, b: f64| (a - b).abs() > MEASURABLE;
        self.0.iter().zip(&other.0).any(|((seen, reward), (other_seen, other_reward))| {
            let values = |bits: u32| f64::from(f32::from_bits(bits));
            is_apart(f64::from_bits(*reward), f64::from_bits(*other_reward))
                || seen.iter().zip(other_seen).any(|(a, b)| is_apart(values(*a), values(*b)))
        })
    }
}

impl fmt::Debug for Trajectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.0.first(), self.0.last());
        write!(f, "{} steps from {first:?} to {last:?}", self.0.len())
    }
}

/// How long a random action is held, in control steps.
#[derive(Clone, Copy)]
struct RandomPolicy {
    n_held_steps: usize,
    bang_bang: bool,
}

const UNIFORM: RandomPolicy = RandomPolicy { n_held_steps: 1, bang_bang: false };

impl RandomPolicy {
    fn act(self, step: usize, spec: &EnvSpec, rng: &mut Pcg64, action: &mut [f32]) {
        if !step.is_multiple_of(self.n_held_steps) {
            return;
        }
        for (value, channel) in action.iter_mut().zip(&spec.actions) {
            let share: f32 = rng.random_range(-1.0..1.0);
            let share = if self.bang_bang { share.signum() } else { share };
            *value = f32::midpoint(channel.low, channel.high) + share * (channel.high - channel.low) / 2.0;
        }
    }
}

fn check_spec(env: &dyn Env) {
    let spec = env.spec();
    assert!(!spec.name.is_empty(), "a task has a name");
    assert!(spec.time_limit_steps > 0, "an episode has a time limit above zero");
    let ratio = spec.control_dt_secs / spec.physics_dt_secs;
    assert!(
        (ratio - ratio.round()).abs() < 1e-9 && ratio >= 1.0,
        "the control step is a whole multiple of the physics step"
    );
    for (what, channels) in [("observation", &spec.observations), ("action", &spec.actions)] {
        assert!(!channels.is_empty(), "a task has at least one {what} channel");
        let names: HashSet<_> = channels.iter().map(|channel| &channel.name).collect();
        assert_eq!(names.len(), channels.len(), "{what} channels have names of their own");
        for channel in channels {
            assert!(!channel.unit.is_empty(), "{what} '{}' has a unit", channel.name);
            assert!(channel.low < channel.high, "{what} '{}' has a range", channel.name);
        }
    }
    assert!(
        spec.actions.iter().all(|channel| channel.low.is_finite() && channel.high.is_finite()),
        "actions have finite bounds"
    );
    env.robot().validate().expect("the robot is physical");
}

fn check_params(env: &dyn Env) {
    let names: HashSet<_> = env.params().iter().map(|param| &param.name).collect();
    assert!(!names.is_empty(), "a task offers parameters");
    assert_eq!(names.len(), env.params().iter().count(), "parameters have names of their own");
    for param in env.params().iter() {
        assert!(param.low < param.high, "parameter '{}' has a range", param.name);
        assert!(
            (param.low..=param.high).contains(&param.nominal),
            "the nominal value of '{}' is in its range",
            param.name
        );
        assert_eq!(param.value, param.nominal, "a new environment has '{}' at its nominal value", param.name);
    }
}

fn check_determinism(make: fn() -> Box<dyn Env>) {
    let mut env = make();
    let first = trajectory(&mut *env, 1);
    assert_eq!(first, trajectory(&mut *env, 1), "an episode with the same seed is the same, bit for bit");
    assert_eq!(first, trajectory(&mut *make(), 1), "a new environment plays the same episode, bit for bit");
    env.reset(2);
    assert_ne!(first, play(&mut *env, 1, N_COMPARED), "an episode with another seed is another");
}

fn check_observations(env: &mut dyn Env) {
    let spec = env.spec().clone();
    let mut seen: Vec<HashSet<u32>> = vec![HashSet::new(); spec.observations.len()];
    let mut observation = vec![0.0; spec.observations.len()];
    let mut action = vec![0.0; spec.actions.len()];
    for seed in 0..12 {
        let n_held_steps = [1, 5, 20, usize::MAX][seed as usize % 4];
        let policy = RandomPolicy { n_held_steps, bang_bang: seed >= 4 };
        let mut rng = stream(seed, "actions");
        env.reset(seed);
        for step in 0..spec.time_limit_steps as usize {
            env.observe(&mut observation);
            check_observation(&spec, &observation);
            observation.iter().zip(&mut seen).for_each(|(value, seen)| {
                seen.insert(value.to_bits());
            });
            policy.act(step, &spec, &mut rng, &mut action);
            let outcome = env.step(&action);
            assert!(outcome.reward.is_finite(), "a reward is finite");
            assert_eq!(outcome.fault, None, "the unchanged world does not break under any action");
            if outcome.ended() {
                break;
            }
        }
        env.observe(&mut observation);
        check_observation(&spec, &observation);
    }
    for (channel, seen) in spec.observations.iter().zip(seen) {
        assert!(seen.len() > 1, "observation '{}' is not constant", channel.name);
    }
}

/// Checks that nothing breaks in `n_steps` steps of random actions, over as many episodes as there are in them.
///
/// # Panics
/// If something that is not finite is observed or rewarded, or the simulation breaks.
pub fn check_long_run(make: fn() -> Box<dyn Env>, n_steps: usize) {
    let mut env = make();
    let spec = env.spec().clone();
    let (mut observation, mut action) = (vec![0.0; spec.observations.len()], vec![0.0; spec.actions.len()]);
    let mut rng = stream(0, "actions");
    let mut policy = UNIFORM;
    let mut is_over = false;
    for step in 0..n_steps {
        policy.act(step, &spec, &mut rng, &mut action);
        let outcome = env.step(&action);
        env.observe(&mut observation);
        if is_over {
            assert!(observation.iter().all(|value| value.is_finite()), "step {step}: an observation is finite");
        } else {
            check_observation(&spec, &observation);
        }
        is_over |= outcome.ended();
        assert!(outcome.reward.is_finite() && outcome.fault.is_none(), "step {step} of '{}': {outcome:?}", spec.name);
        // Every other episode goes on where the task ends it: a fallen robot must not break either.
        let goes_on = step / 1000 % 2 == 1 && !outcome.truncated;
        if outcome.ended() && !goes_on {
            env.reset(step as u64);
            is_over = false;
            policy = RandomPolicy { n_held_steps: [1, 5, 20][step % 3], bang_bang: step % 2 == 0 };
        }
    }
}

fn check_observation(spec: &EnvSpec, observation: &[f32]) {
    for (value, channel) in observation.iter().zip(&spec.observations) {
        assert!(
            (channel.low..=channel.high).contains(value),
            "observation '{}' stays within [{}, {}] in the unchanged world; found {value}",
            channel.name,
            channel.low,
            channel.high
        );
    }
}

fn check_time_limit(env: &mut dyn Env) {
    let limit = env.spec().time_limit_steps as usize;
    let mut action = vec![0.0; env.spec().actions.len()];
    let spec = env.spec().clone();
    let mut rng = stream(0, "actions");
    for seed in 0..2 {
        env.reset(seed);
        for step in 1..=limit {
            UNIFORM.act(step, &spec, &mut rng, &mut action);
            let truncated = env.step(&action).truncated;
            assert_eq!(
                truncated,
                step == limit,
                "truncation comes at step {limit}, neither sooner nor later; step {step}"
            );
        }
    }
}

fn check_actions(make: fn() -> Box<dyn Env>) {
    let (mut clipped, mut extreme) = (make(), make());
    let highest: Vec<f32> = clipped.spec().actions.iter().map(|channel| channel.high).collect();
    let beyond: Vec<f32> = highest.iter().map(|high| high.abs() * 10.0 + 1.0).collect();
    for step in 0..20 {
        let same = clipped.step(&highest) == extreme.step(&beyond) && observe(&*clipped) == observe(&*extreme);
        assert!(same, "an action beyond its range acts like the bound; step {step}");
    }
}

fn check_faults(env: &mut dyn Env) {
    env.reset(0);
    let before = env.save();
    for value in [f32::NAN, f32::INFINITY] {
        let action = vec![value; env.spec().actions.len()];
        let step = env.step(&action);
        let expected = Step { reward: 0.0, terminated: false, truncated: false, fault: Some(Fault::NonFiniteAction) };
        assert_eq!(step, expected, "an action that is not finite is a fault");
        assert!(observe(env).iter().all(|value| value.is_finite()), "an observation is finite, even after a fault");
        assert!(before == env.save(), "an action that is not finite changes nothing");
    }
}

fn check_saved_states(make: fn() -> Box<dyn Env>) {
    for n_steps_before in [0, 1, 17] {
        let mut env = make();
        env.reset(5);
        play(&mut *env, 5, n_steps_before);
        let saved = env.save();
        let on = play(&mut *env, 6, N_AFTER_SAVE);
        env.load(&saved).expect("a saved state can be loaded again");
        assert!(env.save() == saved, "a loaded state is the saved one, bit for bit");
        assert_eq!(on, play(&mut *env, 6, N_AFTER_SAVE), "a loaded state goes on like the saved one, bit for bit");
        let mut other = make();
        other.reset(77);
        other.load(&saved).expect("a saved state can be loaded into another environment of the task");
        assert_eq!(on, play(&mut *other, 6, N_AFTER_SAVE), "another environment goes on from the state, bit for bit");
    }
    check_saved_params(make);
}

fn check_saved_params(make: fn() -> Box<dyn Env>) {
    let mut env = make();
    let changes: Vec<_> = env.params().iter().map(|param| (param.name.clone(), param.high)).collect();
    for (name, value) in changes {
        env.params_mut().set(&name, value).expect("the upper bound of a parameter is allowed");
    }
    env.reset(8);
    play(&mut *env, 8, 10);
    let saved = env.save();
    let on = play(&mut *env, 9, N_COMPARED);
    let mut other = make();
    other.load(&saved).expect("a state with changed parameters can be loaded");
    assert!(env.params() == other.params(), "parameters are part of the saved state");
    assert_eq!(on, play(&mut *other, 9, N_COMPARED), "changed parameters act on after loading, bit for bit");
}

fn check_refused_states(env: &mut dyn Env) {
    env.reset(3);
    play(env, 3, 5);
    let saved = env.save();
    let mut rng = stream(0, "garbage");
    for trial in 0..200 {
        let mut garbage = saved.clone();
        match trial % 3 {
            0 => garbage.truncate(rng.random_range(0..saved.len())),
            1 => garbage[rng.random_range(0..saved.len())] ^= 1 << rng.random_range(0..8),
            _ => garbage = (0..rng.random_range(0..300)).map(|_| rng.random()).collect(),
        }
        assert!(env.load(&garbage).is_err(), "bytes that are no state are refused");
    }
    assert!(saved == env.save(), "a refused state changes nothing");
}

fn check_perturbations(make: fn() -> Box<dyn Env>) {
    let (mut env, mut other) = (make(), make());
    // In some of these episodes even what is seldom touched is touched.
    let afterwards = |env: &mut dyn Env, seed: u64, change: &dyn Fn(&mut dyn Env)| {
        env.reset(seed);
        play(env, seed, 3);
        change(env);
        play(env, seed + 1, N_COMPARED)
    };
    let unchanged_afterwards: Vec<_> = AFTERWARDS.map(|seed| afterwards(&mut *env, seed, &|_| {})).collect();
    let unchanged = trajectory(&mut *env, 4);
    let (of_reward, params): (Vec<_>, Vec<_>) =
        env.params().iter().cloned().partition(|param| param.kind().starts_with("reward_"));
    for param in of_reward {
        check_reward_perturbation(make, &param);
    }
    for param in params {
        let name = &param.name;
        for extreme in [param.low, param.high] {
            env.params_mut().set(name, extreme).expect("a bound of a parameter is allowed");
            let changed = trajectory(&mut *env, 4);
            if extreme != param.nominal {
                assert!(unchanged.differs_measurably(&changed), "'{name}' at {extreme} changes what happens");
                env.reset(4);
                assert!(changed.begins_with(&play(&mut *env, 4, N_AGAIN)), "'{name}' outlasts the episode");
                other.params_mut().set(name, extreme).expect("a bound of a parameter is allowed");
                other.reset(4);
                let again = play(&mut *other, 4, N_AGAIN);
                assert!(changed.begins_with(&again), "'{name}' at {extreme} does the same to another environment");
                other.reset(5);
                let of_another_seed = play(&mut *other, 4, N_AGAIN);
                assert_ne!(again, of_another_seed, "another seed gives another episode under '{name}' at {extreme}");
                other.params_mut().reset(name).expect("an offered parameter can be reset");
                // The episode has begun in the changed world; the first step undoes it. Stretched links begin higher up,
                // and make their contacts anew.
                if param.kind() != "link_length" {
                    env.reset(4);
                    env.params_mut().reset(name).expect("an offered parameter can be reset");
                    assert!(
                        unchanged.begins_with(&play(&mut *env, 4, N_AGAIN)),
                        "undoing '{name}' within an episode gives the unchanged world, bit for bit"
                    );
                }
            }
            env.params_mut().reset(name).expect("an offered parameter can be reset");
        }
        env.reset(4);
        assert!(
            unchanged.begins_with(&play(&mut *env, 4, N_AGAIN)),
            "undoing '{name}' gives the unchanged world, bit for bit"
        );
        let extreme = if param.high == param.nominal { param.low } else { param.high };
        let takes_effect = unchanged_afterwards.iter().zip(AFTERWARDS).any(|(unchanged, seed)| {
            env.params_mut().reset(name).expect("an offered parameter can be reset");
            let change = |env: &mut dyn Env| {
                env.params_mut().set(name, extreme).expect("a bound of a parameter is allowed");
            };
            *unchanged != afterwards(&mut *env, seed, &change)
        });
        assert!(takes_effect, "'{name}' takes effect within an episode");
        env.params_mut().reset(name).expect("an offered parameter can be reset");
    }
    assert_eq!(unchanged, trajectory(&mut *env, 4), "undoing all of them gives the unchanged world, bit for bit");
}

/// A reward may be rare, so it is waited for.
fn check_reward_perturbation(make: fn() -> Box<dyn Env>, param: &Param) {
    let (mut unchanged, mut changed) = (make(), make());
    let spec = unchanged.spec().clone();
    let extreme = if param.high == param.nominal { param.low } else { param.high };
    changed.params_mut().set(&param.name, extreme).expect("a bound of a parameter is allowed");
    let policy = RandomPolicy { n_held_steps: 20, bang_bang: true };
    let mut rng = stream(0, "actions");
    let mut action = vec![0.0; spec.actions.len()];
    let mut differs_within = |n_steps: usize| {
        (0..n_steps).any(|step| {
            policy.act(step, &spec, &mut rng, &mut action);
            let (one, other) = (unchanged.step(&action), changed.step(&action));
            if one.ended() {
                let seed = step as u64;
                unchanged.reset(seed);
                changed.reset(seed);
            }
            one.reward != other.reward
        })
    };
    assert!(differs_within(N_WAITED), "'{}' changes what is rewarded", param.name);
    changed.params_mut().reset(&param.name).expect("an offered parameter can be reset");
    assert!(
        trajectory(&mut *unchanged, 4) == trajectory(&mut *changed, 4),
        "undoing '{}' gives the unchanged world, bit for bit",
        param.name
    );
}

fn check_scene(env: &mut dyn Env) {
    let (mut scene, mut first) = (Scene::default(), Scene::default());
    env.reset(0);
    env.scene(&mut first);
    assert!(!first.items.is_empty(), "there is something to see");
    let start = first.clone();
    for seed in 0..3 {
        env.reset(seed);
        play(env, seed, 5);
        env.scene(&mut scene);
        assert_eq!(scene.items.len(), first.items.len(), "the number of things in the scene stays");
        for (item, first) in scene.items.iter().zip(&first.items) {
            assert!(
                item.name == first.name && item.shape == first.shape && item.role == first.role,
                "the order in the scene stays"
            );
            assert!(item.world_translation.iter().all(|x| x.is_finite()), "'{}' is somewhere", item.name);
            let norm: f32 = item.world_rotation.iter().map(|x| x * x).sum();
            assert!((norm - 1.0).abs() < 1e-4, "the orientation of '{}' is a unit quaternion", item.name);
        }
    }
    assert_ne!(scene.items, start.items, "what moves is seen to move");
}

/// Plays the start of the episode `seed` with random actions that depend on the seed.
fn trajectory(env: &mut dyn Env, seed: u64) -> Trajectory {
    env.reset(seed);
    play(env, seed, N_COMPARED)
}

/// Goes on with random actions that depend on `seed`, beyond the end of the episode where it comes.
fn play(env: &mut dyn Env, seed: u64, n_steps: usize) -> Trajectory {
    let spec = env.spec().clone();
    let mut rng = stream(seed, "actions");
    let mut action = vec![0.0; spec.actions.len()];
    let mut step_of = |step: usize| {
        UNIFORM.act(step, &spec, &mut rng, &mut action);
        let Step { reward, fault, .. } = env.step(&action);
        assert_eq!(fault, None, "the world holds wherever its parameters may be");
        let seen = observe(env).into_iter().chain(goals(env));
        (seen.map(f32::to_bits).collect(), reward.to_bits())
    };
    Trajectory((0..n_steps).map(&mut step_of).collect())
}

/// Where the goals are: a hidden one is seen in the scene only.
fn goals(env: &dyn Env) -> Vec<f32> {
    let mut scene = Scene::default();
    env.scene(&mut scene);
    let goals = scene.items.iter().filter(|item| item.role == Role::Target);
    goals.flat_map(|item| item.world_translation).collect()
}

fn observe(env: &dyn Env) -> Vec<f32> {
    let mut observation = vec![0.0; env.spec().observations.len()];
    env.observe(&mut observation);
    observation
}
