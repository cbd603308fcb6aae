//! The tasks can be solved: plain controllers solve them, and random actions do not.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows the returns, to quote them")]

use mesolimb_envs::{Env, cartpole, forage, make, reacher, set_shift, water_maze};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Mean return over `n_episodes` episodes, and mean length.
fn mean_return(env: &mut dyn Env, n_episodes: u64, mut policy: impl FnMut(&[f32], &mut [f32])) -> (f64, f64) {
    let mut observation = vec![0.0; env.spec().observations.len()];
    let mut action = vec![0.0; env.spec().actions.len()];
    let (mut total, mut n_steps) = (0.0, 0);
    for seed in 0..n_episodes {
        env.reset(seed);
        loop {
            env.observe(&mut observation);
            policy(&observation, &mut action);
            let step = env.step(&action);
            total += step.reward;
            n_steps += 1;
            if step.ended() {
                break;
            }
        }
    }
    (total / n_episodes as f64, f64::from(n_steps) / n_episodes as f64)
}

fn random(env: &dyn Env, bang_bang: bool) -> impl FnMut(&[f32], &mut [f32]) + use<> {
    let highest: Vec<f32> = env.spec().actions.iter().map(|channel| channel.high).collect();
    let mut rng = Pcg64::seed_from_u64(0);
    move |_, action| {
        for (value, high) in action.iter_mut().zip(&highest) {
            let share: f32 = rng.random_range(-1.0..1.0);
            *value = high * if bang_bang { share.signum() } else { share };
        }
    }
}

#[test]
fn cartpole_falls_under_random_pushes() {
    let mut env = make("cartpole").unwrap();
    let policy = random(&*env, true);
    let (_, bang_bang_steps) = mean_return(&mut *env, 200, policy);
    let policy = random(&*env, false);
    let (_, uniform_steps) = mean_return(&mut *env, 200, policy);
    println!("cartpole: bang-bang {bang_bang_steps:.1} steps, uniform {uniform_steps:.1} steps");
    assert!((15.0..45.0).contains(&bang_bang_steps), "bang-bang {bang_bang_steps}");
    assert!((15.0..60.0).contains(&uniform_steps), "uniform {uniform_steps}");
}

#[test]
fn cartpole_stands_under_linear_feedback() {
    let mut env = cartpole::env().unwrap();
    let (mean, _) = mean_return(&mut env, 20, |observation, action| {
        let [x, angle, v, w] = [observation[0], observation[1], observation[2], observation[3]];
        action[0] = 1.0 * x + 2.0 * v + 30.0 * angle + 6.0 * w;
    });
    println!("cartpole: linear feedback {mean}");
    assert_eq!(mean, 500.0);
}

/// Joint angles with the fingertip at `(x, y)`, with the elbow bent in the direction of `bend`.
fn inverse_kinematics(x: f64, y: f64, bend: f64) -> [f64; 2] {
    let (upper, fore) = (reacher::UPPER_ARM_LENGTH, reacher::FOREARM_LENGTH);
    let cos = (x * x + y * y - upper * upper - fore * fore) / (2.0 * upper * fore);
    let elbow = bend.signum() * cos.clamp(-1.0, 1.0).acos();
    let shoulder = y.atan2(x) - (fore * elbow.sin()).atan2(upper + fore * elbow.cos());
    [shoulder, elbow]
}

fn wrapped(angle: f64) -> f64 {
    angle.sin().atan2(angle.cos())
}

#[test]
fn reacher_reaches_under_inverse_kinematics_and_pd() {
    let mut env = reacher::env().unwrap();
    let random_policy = random(&env, false);
    let (random_return, n_steps) = mean_return(&mut env, 100, random_policy);
    assert_eq!(n_steps, 100.0);
    let mut idle = env;
    let (idle_return, _) = mean_return(&mut idle, 100, |_, action| action.fill(0.0));
    let mut env = idle;
    let mut observation = vec![0.0; 10];
    let (mut total, mut error_at_half_second, mut error_at_end) = (0.0, Vec::new(), Vec::new());
    for seed in 0..100 {
        env.reset(seed);
        for step in 1..=100 {
            env.observe(&mut observation);
            let [c1, s1, c2, s2, x, y, w1, w2] = std::array::from_fn(|i| f64::from(observation[i]));
            let (q1, q2) = (s1.atan2(c1), s2.atan2(c2));
            let [goal1, goal2] = inverse_kinematics(x, y, s2);
            // Computed torque: the inertia of the posture turns wanted accelerations into torques.
            let accel1 = 200.0 * wrapped(goal1 - q1) - 26.0 * w1;
            let accel2 = 200.0 * (goal2 - q2) - 26.0 * w2;
            let (m2, l1, l2) = (0.3, 0.5, 0.4);
            let i2 = m2 * l2 * l2 / 3.0;
            let coupling = m2 * l1 * l2 / 2.0 * c2;
            let i1 = 0.5 * l1 * l1 / 3.0 + m2 * l1 * l1 + i2 + 2.0 * coupling;
            let h = m2 * l1 * l2 / 2.0 * s2;
            let tau1 = i1 * accel1 + (i2 + coupling) * accel2 - h * (2.0 * w1 + w2) * w2 + 0.2 * w1;
            let tau2 = (i2 + coupling) * accel1 + i2 * accel2 + h * w1 * w1 + 0.05 * w2;
            total += env.step(&[tau1 as f32, tau2 as f32]).reward / 100.0;
            env.observe(&mut observation);
            let error = f64::from(observation[8]).hypot(f64::from(observation[9]));
            if step == 25 {
                error_at_half_second.push(error);
            }
            if step == 100 {
                error_at_end.push(error);
            }
        }
    }
    let mut sorted = error_at_half_second.clone();
    sorted.sort_by(f64::total_cmp);
    let worst_end = error_at_end.iter().copied().fold(0.0, f64::max);
    println!("reacher: random {random_return:.1}, idle {idle_return:.1}, controller {total:.2}");
    println!(
        "reacher: error after 0.5 s median {:.3} 90 % {:.3} worst {:.3}; at the end worst {worst_end:.4}",
        sorted[50], sorted[90], sorted[99]
    );
    assert!(total > -20.0, "return {total}");
    assert!(random_return < -50.0, "random {random_return}");
    assert!(worst_end < 0.02, "error at the end {worst_end}");
}

/// Torque or force that brings the energy of a swinging rod to that of standing upright, and holds it there.
fn swing_up(cos: f32, sin: f32, velocity: f32, pump: f32, hold: [f32; 2]) -> f32 {
    // For a uniform rod of 1 m in units of its inertia: E = ω²/2 + 3/2 g (cos − 1) is zero upright.
    let energy = 0.5 * velocity * velocity + 1.5 * 9.81 * (cos - 1.0);
    if cos > 0.9 { -hold[0] * sin - hold[1] * velocity } else { -pump * energy * velocity.signum() }
}

#[test]
fn pendulum_swings_up_by_its_energy() {
    let mut env = make("pendulum").unwrap();
    let (mean, _) = mean_return(&mut *env, 20, |o, action| {
        action[0] = swing_up(o[0], o[1], o[2], 5.0, [20.0, 4.0]).clamp(-2.0, 2.0);
    });
    let policy = random(&*env, false);
    let (by_chance, _) = mean_return(&mut *env, 20, policy);
    println!("pendulum: energy {mean:.0}, random {by_chance:.0}");
    assert!(mean > -400.0 && by_chance < -1000.0, "energy {mean:.0}, random {by_chance:.0}");
}

#[test]
fn cartpole_swings_up_by_the_energy_of_its_pole() {
    let mut env = make("cartpole-swingup").unwrap();
    let (mean, _) = mean_return(&mut *env, 20, |o, action| {
        let [x, cos, sin, v, w] = [o[0], o[1], o[2], o[3], o[4]];
        let energy = 0.5 * w * w + 1.5 * 9.81 * (cos - 1.0);
        action[0] = if cos > 0.9 {
            1.0 * x + 2.0 * v + 35.0 * sin + 7.0 * w
        } else {
            3.0 * energy * (w * cos).signum() - 4.0 * x - 1.0 * v
        };
    });
    let policy = random(&*env, true);
    let (by_chance, _) = mean_return(&mut *env, 20, policy);
    println!("cartpole-swingup: energy {mean:.0}, random {by_chance:.0}");
    assert!(mean > 250.0 && by_chance < 60.0, "energy {mean:.0}, random {by_chance:.0}");
}

#[test]
fn acrobot_reaches_the_height_by_pumping() {
    let mut env = make("acrobot").unwrap();
    // The reaction drives the upper rod the way it swings.
    let (mean, _) = mean_return(&mut *env, 20, |o, action| action[0] = -o[4].signum());
    let policy = random(&*env, false);
    let (by_chance, _) = mean_return(&mut *env, 20, policy);
    println!("acrobot: pumping {mean:.0}, random {by_chance:.0}");
    assert!(mean > -700.0 && by_chance < mean - 300.0, "pumping {mean:.0}, random {by_chance:.0}");
}

#[test]
fn the_platform_is_found_at_once_by_who_knows_where_it_is() {
    let mut env = make("water-maze").unwrap();
    for platform in [water_maze::PLATFORM, [-0.5, -0.2]] {
        env.params_mut().set("platform_x", platform[0]).unwrap();
        env.params_mut().set("platform_y", platform[1]).unwrap();
        let (mean, steps) = mean_return(&mut *env, 20, |cells, action| {
            // The place is the centre of mass of the place cells, as far as they reach.
            let mass: f32 = cells.iter().sum();
            for (axis, action) in action.iter_mut().enumerate() {
                let at = |k: usize| 0.2 * (if axis == 0 { k % 10 } else { k / 10 }) as f32 - 0.9;
                let place = cells.iter().enumerate().map(|(k, cell)| cell * at(k)).sum::<f32>() / mass;
                *action = 5.0 * (platform[axis] as f32 - place);
            }
        });
        println!("water-maze, platform at {platform:?}: return {mean:.2} in {steps:.0} steps");
        assert!(mean > 0.9 && steps < 150.0, "return {mean} in {steps} steps");
    }
    env.params_mut().reset_all();
    let policy = random(&*env, true);
    let (by_chance, steps) = mean_return(&mut *env, 20, policy);
    println!("water-maze, random: {by_chance:.2} in {steps:.0} steps");
    assert!(steps > 600.0, "random {steps} steps");
}

/// Turns towards the stronger scent and drives there, or away from what is near.
fn follow_scent(o: &[f32], action: &mut [f32]) {
    let (ranges, left, right) = (&o[..7], o[7], o[8]);
    let nearest = (1..6).reduce(|a, b| if ranges[b] < ranges[a] { b } else { a }).unwrap();
    let (forward, yaw_rate) = if ranges[nearest] < 0.33 {
        (if nearest == 1 || nearest == 5 { 0.3 } else { 0.1 }, if nearest <= 3 { -3.0 } else { 3.0 })
    } else {
        // The sensors are 0.26 m apart: this is the sine of the direction, to the left.
        let aside = ((left / right).ln() * forage::SCENT_RANGE as f32 / 0.26).clamp(-1.0, 1.0);
        (1.1 - aside.abs(), 5.0 * aside)
    };
    let turn = 0.2 * (yaw_rate - o[10]);
    action[0] = 0.3 * (forward - turn);
    action[1] = 0.3 * (forward + turn);
}

#[test]
fn food_is_found_by_its_scent_wherever_it_is() {
    let mut env = forage::env().unwrap();
    let policy = random(&env, true);
    let (by_chance, _) = mean_return(&mut env, 10, policy);
    println!("forage, random: {by_chance:.2}");
    // The luckier kind of chance: each action lasts for a second.
    let (mut policy, mut n_steps) = (random(&env, false), 0);
    let (held, _) = mean_return(&mut env, 10, |observation, action| {
        if n_steps % 25 == 0 {
            policy(observation, action);
        }
        n_steps += 1;
    });
    println!("forage, random for a second at a time: {held:.2}");
    for patch in [forage::PATCH, [-0.6, -0.4]] {
        env.params_mut().set("food_x", patch[0]).unwrap();
        env.params_mut().set("food_y", patch[1]).unwrap();
        let (mean, _) = mean_return(&mut env, 10, follow_scent);
        println!("forage, food about {patch:?}: {mean:.2}");
        assert!(mean > 25.0 && by_chance.max(held) < 3.0, "return {mean}, random {by_chance} and {held}");
    }
}

/// Presses where the feature on `line` has the sign `go`, and leaves the lever to its spring otherwise.
fn press_by_rule(line: usize, go: f32) -> impl FnMut(&[f32], &mut [f32]) {
    move |o, action| action[0] = if o[line] * go > 0.0 { 0.4 } else { 0.0 }
}

type Policy = Box<dyn FnMut(&[f32], &mut [f32])>;

#[test]
fn who_knows_the_rule_is_right_and_who_knows_an_old_one_is_not() {
    let mut env = set_shift::env().unwrap();
    let mut share_correct = |changes: &[(&str, f64)], mut policy: Policy| {
        env.params_mut().reset_all();
        changes.iter().for_each(|(name, value)| env.params_mut().set(name, *value).unwrap());
        let (mut share, mut total) = (0.0, 0.0);
        for seed in 0..10 {
            let mut observation = [0.0; 8];
            env.reset(seed);
            for _ in 0..env.spec().time_limit_steps {
                env.observe(&mut observation);
                let mut action = [0.0];
                policy(&observation, &mut action);
                total += env.step(&action).reward / 10.0;
            }
            assert_eq!(env.task().tally().n_trials(), set_shift::N_TRIALS);
            share += env.task().tally().share_correct() / 10.0;
        }
        let percent = 100.0 * share;
        println!("set-shift {changes:?}: {percent:.1} % right, return {total:.1}; {:?}", env.task().tally());
        share
    };
    let known = || Box::new(press_by_rule(0, 1.0));
    assert!(share_correct(&[], known()) > 0.99);
    assert!(share_correct(&[("reversed", 1.0)], known()) < 0.01, "a reversal");
    assert!((0.4..0.6).contains(&share_correct(&[("relevant_dimension", 1.0)], known())), "another dimension");
    let shape = [("relevant_dimension", 1.0)];
    assert!(share_correct(&shape, Box::new(press_by_rule(2, 1.0))) > 0.99);
    // Summed over both lines of a feature, the old weights say nothing of new exemplars.
    let sum = Box::new(|o: &[f32], action: &mut [f32]| action[0] = if o[0] + o[1] > 0.0 { 0.4 } else { 0.0 });
    assert!(share_correct(&[], sum.clone()) > 0.99);
    assert!((0.4..0.6).contains(&share_correct(&[("exemplars", 1.0)], sum)), "new exemplars");
    let mut rng = Pcg64::seed_from_u64(0);
    let random = Box::new(move |_: &[f32], action: &mut [f32]| action[0] = rng.random_range(-0.4..0.4));
    assert!((0.4..0.6).contains(&share_correct(&[], random)), "by chance");
}
