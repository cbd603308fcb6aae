//! Robots hit floors and stops as they do in MuJoCo: data of `mujoco/impacts.py`, which anyone can run.
//!
//! Each test prints what it measured. Contacts and stops are those of Gymnasium's models.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was measured")]

use data::{FINE, Table, advance, clock_of, state, strides};
use mesolimb_envs::{
    assets,
    robot::RobotSpec,
    robot_file,
    world::{Clock, Floor, World},
};

#[path = "mujoco/data.rs"]
mod data;

/// Largest differences from MuJoCo that pass.
#[derive(Clone, Copy)]
struct Within {
    /// Of a place, in m.
    place: f64,
    /// Of an angle, in rad.
    angle: f64,
    /// Of a velocity, in m/s.
    velocity: f64,
}

const DROPPED: Within = Within { place: 0.006, angle: 0.03, velocity: 0.2 };
const SLIDING: Within = Within { place: 0.0015, angle: 0.003, velocity: 0.1 };
const ROLLING: Within = Within { place: 0.0005, angle: 0.012, velocity: 0.04 };
/// Height at which a body comes to rest, in m.
const RESTING: f64 = 5e-5;
/// How far beyond its stop a limb goes, as a share of that in MuJoCo.
const BEYOND_STOP: f64 = 0.12;
/// How fast it leaves its stop, as a share of how fast it came.
const LEAVING_STOP: f64 = 0.015;
/// Greatest height of a jump, in m, and height and pitch all along, in m and rad. Ours is lower: what MuJoCo's floor gives
/// back beyond what it took, ours keeps.
const JUMP: [f64; 3] = [0.015, 0.07, 0.08];
/// The same with the steps of the task.
const COARSE_JUMP: [f64; 3] = [0.015, 0.06, 0.07];

fn robot(text: &str) -> RobotSpec {
    robot_file::mjcf("test.xml", text).unwrap_or_else(|error| panic!("{error}")).robot
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Angle between two orientations, also where it is small.
fn turn(a: &[f64], b: &[f64]) -> f64 {
    let opposite: Vec<f64> = b.iter().map(|x| -x).collect();
    4.0 * (0.5 * distance(a, b).min(distance(a, &opposite))).min(1.0).asin()
}

/// Largest differences within a second, and that of the height at its end.
fn capsule(name: &str, text: &str, impedance: &str) -> (Within, f64) {
    let table = Table::read(text);
    let capsule = robot(&include_str!("mujoco/capsule.xml").replace("0.9 0.95 0.001", impedance));
    let mut world = World::compile(&capsule, Some(Floor { friction: 0.8 }), FINE).unwrap();
    // MuJoCo writes quaternions `w, x, y, z`.
    let ours = |row: &[f64]| {
        let mut positions = row[1..8].to_vec();
        positions[3..7].rotate_left(1);
        [positions, row[8..14].to_vec()]
    };
    let [start, velocities] = ours(&table.rows[0]);
    world.set_joints(&start, &velocities);
    let mut worst = Within { place: 0.0, angle: 0.0, velocity: 0.0 };
    let mut resting = 0.0;
    for pair in table.rows.windows(2) {
        advance(&mut world, strides(FINE, pair[1][0] - pair[0][0]));
        let ([now, moving], [expected, expected_moving]) = (state(&world), ours(&pair[1]));
        worst.place = worst.place.max(distance(&now[..3], &expected[..3]));
        worst.angle = worst.angle.max(turn(&now[3..], &expected[3..]));
        worst.velocity = worst.velocity.max(distance(&moving[..3], &expected_moving[..3]));
        resting = (now[2] - expected[2]).abs();
    }
    let Within { place, angle, velocity } = worst;
    println!("{name}: {place:.5} m, {angle:.4} rad, {velocity:.4} m/s; at the end {resting:.6} m of height");
    (worst, resting)
}

fn check_capsules(cases: [(&str, &str, &str); 2], within: Within) {
    for (name, text, impedance) in cases {
        let (worst, resting) = capsule(name, text, impedance);
        assert!(worst.place <= within.place, "{name}: {} m", worst.place);
        assert!(worst.angle <= within.angle, "{name}: {} rad", worst.angle);
        assert!(worst.velocity <= within.velocity, "{name}: {} m/s", worst.velocity);
        assert!(resting <= RESTING, "{name} rests {resting} m off");
    }
}

const DEFAULT: &str = "0.9 0.95 0.001";
const HOPPER: &str = "0.8 0.8 0.01";
const CHEETAH_STOP: &str = "0 0.8 0.03";

#[test]
fn a_dropped_capsule_tips_over_as_in_mujoco() {
    let cases = [
        ("drop", include_str!("mujoco/capsule-drop.csv"), DEFAULT),
        ("drop-hopper", include_str!("mujoco/capsule-drop-hopper.csv"), HOPPER),
    ];
    check_capsules(cases, DROPPED);
}

#[test]
fn a_sliding_capsule_stops_as_in_mujoco() {
    let cases = [
        ("slide", include_str!("mujoco/capsule-slide.csv"), DEFAULT),
        ("slide-hopper", include_str!("mujoco/capsule-slide-hopper.csv"), HOPPER),
    ];
    check_capsules(cases, SLIDING);
}

#[test]
fn a_sliding_capsule_begins_to_roll_as_in_mujoco() {
    let cases = [
        ("roll", include_str!("mujoco/capsule-roll.csv"), DEFAULT),
        ("roll-hopper", include_str!("mujoco/capsule-roll-hopper.csv"), HOPPER),
    ];
    check_capsules(cases, ROLLING);
}

#[test]
fn a_limb_rebounds_from_its_stop_as_in_mujoco() {
    const STOP: f64 = 0.1;
    let table = Table::read(include_str!("mujoco/limb.csv"));
    let mut case = 0;
    for armature in ["0", "1"] {
        for stop in [DEFAULT, CHEETAH_STOP] {
            for _ in 0..2 {
                let text = include_str!("mujoco/limb.xml")
                    .replace("armature=\"0\"", &format!("armature=\"{armature}\""))
                    .replace(DEFAULT, stop);
                let [angle, speed] = ["q", "v"].map(|letter| table.column(&format!("{letter}{case}")));
                check_limb(&robot(&text), &table, [angle, speed], STOP);
                case += 1;
            }
        }
    }
}

fn check_limb(limb: &RobotSpec, table: &Table, [angle, speed]: [usize; 2], stop: f64) {
    let mut world = World::compile(limb, None, FINE).unwrap();
    world.set_gravity(0.0);
    let thrown = table.rows[0][speed];
    world.set_joints(&[table.rows[0][angle]], &[thrown]);
    // Greatest angle, and speed at the end.
    let mut ours = [world.joint_position(0), 0.0];
    let mut theirs = [table.rows[0][angle], 0.0];
    let mut worst = 0.0_f64;
    for pair in table.rows.windows(2) {
        advance(&mut world, strides(FINE, pair[1][0] - pair[0][0]));
        ours = [ours[0].max(world.joint_position(0)), world.joint_velocity(0)];
        theirs = [theirs[0].max(pair[1][angle]), pair[1][speed]];
        worst = worst.max((world.joint_position(0) - pair[1][angle]).abs());
    }
    let name = format!("armature {}, thrown at {thrown} rad/s", limb.links[0].joint.armature);
    println!("{name}: greatest angle and speed at the end {ours:.4?}, MuJoCo {theirs:.4?}; apart {worst:.4} rad");
    let beyond = (ours[0] - theirs[0]).abs() / (theirs[0] - stop);
    let leaving = (ours[1] - theirs[1]).abs() / thrown;
    assert!(beyond <= BEYOND_STOP, "{name}: {beyond} of what it goes beyond its stop");
    assert!(leaving <= LEAVING_STOP, "{name}: {leaving} of its speed");
}

/// Difference of the greatest height, largest differences of height and pitch.
fn jump(share: &str, clock: Clock) -> [f64; 3] {
    const PULSE_SECS: f64 = 0.15;
    let table = Table::read(include_str!("mujoco/crouch.csv"));
    let [height, pitch] = ["z", "pitch"].map(|name| table.column(&format!("{name}_0.5ms_{share}")));
    let start = table.column("q0")..=table.column("q5");
    let hopper = assets::robot("hopper");
    let mut world = World::compile(&hopper, Some(Floor { friction: 1.0 }), clock).unwrap();
    world.set_joints(&table.rows[0][start], &vec![0.0; hopper.n_velocities()]);
    let torques = [1.0, 1.0, -1.0].map(|sign: f64| sign * share.parse::<f64>().expect("a number"));
    let (mut highest, mut worst) = ([f64::NEG_INFINITY; 2], [0.0_f64; 2]);
    for pair in table.rows.windows(2) {
        let is_pushing = pair[0][0] < PULSE_SECS - 1e-9;
        for (motor_idx, motor) in hopper.motors.iter().enumerate() {
            world.set_motor(motor_idx, if is_pushing { torques[motor_idx] * motor.limit } else { 0.0 });
        }
        advance(&mut world, strides(clock, pair[1][0] - pair[0][0]));
        let ([now, _], expected) = (state(&world), [pair[1][height], pair[1][pitch]]);
        highest = [highest[0].max(now[1]), highest[1].max(expected[0])];
        worst = [worst[0].max((now[1] - expected[0]).abs()), worst[1].max((now[2] - expected[1]).abs())];
    }
    let [ours, theirs] = highest;
    println!(
        "{share} of the torques, steps of {} s: up to {ours:.4} m, MuJoCo {theirs:.4} m; apart {:.4} m, {:.4} rad",
        clock.dt_secs, worst[0], worst[1]
    );
    [(ours - theirs).abs(), worst[0], worst[1]]
}

#[test]
fn a_hopper_jumps_from_a_crouch_as_in_mujoco() {
    for (clock, within) in [(FINE, JUMP), (clock_of("hopper"), COARSE_JUMP)] {
        for share in ["1.0", "0.6"] {
            let found = jump(share, clock);
            assert!(found.iter().zip(&within).all(|(found, most)| found <= most), "{share}: {found:?}");
        }
    }
}
