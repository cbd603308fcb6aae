//! Robots that start alike and get the same random torques spread as they do in MuJoCo: data of `mujoco/impacts.py`.
//!
//! Contacts make single starts part soon, also between MuJoCo and itself with other steps; means and spreads do not.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use data::{FINE, Table, advance, clock_of, state, strides};
use mesolimb_envs::{
    assets,
    world::{Clock, Floor, World},
};

#[path = "mujoco/data.rs"]
mod data;

/// How far our starts may be from those of MuJoCo, in standard deviations of MuJoCo's starts.
#[derive(Clone, Copy)]
struct Alike {
    /// Difference of the means.
    mean: f64,
    /// Smallest and largest standard deviation, as a share of MuJoCo's.
    spread: [f64; 2],
    /// Median over the starts of the difference of the same start.
    each: f64,
}

/// MuJoCo with steps of 0.5 ms: mean 0.007, spread 0.999 to 1.006, each 0.008. With its default contacts and the friction
/// of the foot everywhere: 0.16, 0.96 to 1.08, 0.15.
const FINE_HOPPER: Alike = Alike { mean: 0.05, spread: [0.97, 1.03], each: 0.04 };
const COARSE_HOPPER: Alike = Alike { mean: 0.05, spread: [0.97, 1.04], each: 0.05 };
/// Against MuJoCo with steps of 0.5 ms.
const FINE_CHEETAH: Alike = Alike { mean: 0.12, spread: [0.94, 1.05], each: 0.1 };
/// MuJoCo with steps of 0.5 ms: mean 0.06, spread 0.91 to 1.08, each 0.21.
const COARSE_CHEETAH: Alike = Alike { mean: 0.18, spread: [0.86, 1.15], each: 0.25 };

/// What `Torques` in `impacts.py` draws.
struct Torques(u64);

impl Torques {
    fn draw(&mut self, limit: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        limit * (2.0 * ((self.0 >> 11) as f64 / (1_u64 << 53) as f64) - 1.0)
    }
}

const SAMPLE_SECS: f64 = 0.1;
const SAMPLES: usize = 3;

/// How far our starts are from those of MuJoCo: worst of all coordinates and times.
fn starts(robot: &str, text: &str, friction: f64, hold_secs: f64, clock: Clock) -> Alike {
    let table = Table::read(text);
    let [first, middle] = ["q0", "v0"].map(|name| table.column(name));
    let robot = assets::robot(robot);
    let template = World::compile(&robot, Some(Floor { friction }), clock).unwrap();
    let (per_hold, per_sample) = (strides(clock, hold_secs), strides(clock, SAMPLE_SECS));
    let mut torques = Torques(1);
    // Of each sample: ours and theirs, start by start.
    let mut samples: Vec<Vec<[Vec<f64>; 2]>> = vec![Vec::new(); SAMPLES];
    for rows in table.rows.chunks_exact(1 + SAMPLES) {
        let mut world = template.clone();
        world.set_joints(&rows[0][first..middle], &rows[0][middle..]);
        for stride in 0..per_sample * SAMPLES {
            if stride % per_hold == 0 {
                for (motor_idx, motor) in robot.motors.iter().enumerate() {
                    world.set_motor(motor_idx, torques.draw(motor.limit));
                }
            }
            advance(&mut world, 1);
            if (stride + 1) % per_sample == 0 {
                let sample = (stride + 1) / per_sample;
                samples[sample - 1].push([state(&world).concat(), rows[sample][first..].to_vec()]);
            }
        }
    }
    let mut worst = Alike { mean: 0.0, spread: [f64::INFINITY, 0.0], each: 0.0 };
    for (sample, starts) in samples.iter().enumerate() {
        let now = compare(starts);
        println!(
            "{}, steps of {} s, after {:.1} s: means {:.3} apart, spread {:.3} to {:.3}, each start {:.3}",
            robot.name,
            clock.dt_secs,
            (sample + 1) as f64 * SAMPLE_SECS,
            now.mean,
            now.spread[0],
            now.spread[1],
            now.each
        );
        let spread = [worst.spread[0].min(now.spread[0]), worst.spread[1].max(now.spread[1])];
        worst = Alike { mean: worst.mean.max(now.mean), spread, each: worst.each.max(now.each) };
    }
    worst
}

/// Ours and theirs at one time: worst of all coordinates.
fn compare(starts: &[[Vec<f64>; 2]]) -> Alike {
    let mut worst = Alike { mean: 0.0, spread: [f64::INFINITY, 0.0], each: 0.0 };
    for coordinate in 0..starts[0][0].len() {
        let column = |side: usize| starts.iter().map(move |start| start[side][coordinate]);
        let mean = |side| column(side).sum::<f64>() / starts.len() as f64;
        let means = [mean(0), mean(1)];
        let sd =
            |side: usize| (column(side).map(|x| (x - means[side]).powi(2)).sum::<f64>() / starts.len() as f64).sqrt();
        let [ours, theirs] = [sd(0), sd(1)];
        let mut apart: Vec<f64> = column(0).zip(column(1)).map(|(a, b)| (a - b).abs()).collect();
        apart.sort_by(f64::total_cmp);
        worst.mean = worst.mean.max((means[0] - means[1]).abs() / theirs);
        worst.spread = [worst.spread[0].min(ours / theirs), worst.spread[1].max(ours / theirs)];
        worst.each = worst.each.max(apart[apart.len() / 2] / theirs);
    }
    worst
}

fn check_starts(found: Alike, within: Alike) {
    assert!(found.mean <= within.mean, "means are {} standard deviations apart", found.mean);
    let [low, high] = found.spread;
    assert!(within.spread[0] <= low && high <= within.spread[1], "spread is {low} to {high} of MuJoCo's");
    assert!(found.each <= within.each, "starts are {} standard deviations apart", found.each);
}

#[test]
fn hoppers_under_random_torques_spread_as_in_mujoco() {
    let of = |clock| starts("hopper", include_str!("mujoco/starts-hopper.csv"), 1.0, 0.04, clock);
    check_starts(of(FINE), FINE_HOPPER);
    check_starts(of(clock_of("hopper")), COARSE_HOPPER);
}

#[test]
fn half_cheetahs_under_random_torques_spread_as_in_mujoco() {
    let of = |text, clock| starts("half-cheetah", text, 0.4, 0.1, clock);
    check_starts(of(include_str!("mujoco/starts-half-cheetah-fine.csv"), FINE), FINE_CHEETAH);
    check_starts(of(include_str!("mujoco/starts-half-cheetah.csv"), clock_of("half-cheetah")), COARSE_CHEETAH);
}
