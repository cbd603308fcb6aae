//! The quadruped stands, and an open-loop gait moves it.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use mesolimb_agents::baseline::gait;
use mesolimb_envs::{Env, RobotEnv, quadruped, quadruped::Quadruped};

const G: f64 = 9.81;
const MASS_KG: f64 = 12.0;
const FEET: [&str; 4] = ["front_left_shank", "front_right_shank", "back_left_shank", "back_right_shank"];

fn contact_forces(env: &RobotEnv<Quadruped>) -> [f64; 4] {
    FEET.map(|foot| f64::from(env.world().contact_force(env.robot().link_idx(foot).unwrap())[2]))
}

#[test]
fn it_stands_for_a_minute_on_its_own_weight_without_jitter() {
    let mut env = quadruped::env().unwrap();
    env.reset(0);
    let mut action = [0.0; 12];
    gait::stand(&mut action);
    let (mut worst_sum, mut lowest, mut highest, mut drift): (f64, f64, f64, f64) = (0.0, f64::MAX, 0.0, 0.0);
    let mut at_rest = [0.0; 3];
    for step in 0..3000 {
        let outcome = env.step(&action);
        assert!(!outcome.terminated && outcome.fault.is_none(), "it stands at step {step}: {outcome:?}");
        // The first two seconds are for settling.
        if step == 100 {
            at_rest = env.world().link_pose(0).translation;
        }
        if step >= 100 {
            let forces = contact_forces(&env);
            worst_sum = worst_sum.max((forces.iter().sum::<f64>() / (MASS_KG * G) - 1.0).abs());
            lowest = forces.into_iter().fold(lowest, f64::min);
            highest = forces.into_iter().fold(highest, f64::max);
            let now = env.world().link_pose(0).translation;
            let away: f32 = now.iter().zip(at_rest).map(|(a, b)| (a - b).powi(2)).sum();
            drift = drift.max(f64::from(away).sqrt());
        }
    }
    println!("forces {lowest:.2} to {highest:.2} N, sum off by {worst_sum:.5}, drift {drift:.5} m");
    assert!(worst_sum < 0.01, "the floor carries the weight to {worst_sum}");
    assert!(lowest > 20.0 && highest < 40.0, "each foot carries its share of 29 N: {lowest} to {highest} N");
    assert!(drift < 0.01, "it stays where it is: {drift} m");
}

#[test]
fn an_open_loop_trot_moves_it_forward() {
    let mut env = quadruped::env().unwrap();
    for seed in 0..5 {
        env.reset(seed);
        let mut action = [0.0; 12];
        let secs = 10.0;
        for step in 0..(secs / 0.02) as usize {
            gait::trot(0.02 * step as f64, &mut action);
            let outcome = env.step(&action);
            assert!(!outcome.terminated && outcome.fault.is_none(), "it walks at step {step} of seed {seed}");
        }
        let [x, y, z] = env.world().link_pose(0).translation;
        println!("seed {seed}: {x:.2} m forward and {y:.2} m aside in {secs} s, at {z:.3} m");
        assert!(x.hypot(y) > 1.5 && x > 1.0, "{x} m forward, {y} m aside");
    }
}
