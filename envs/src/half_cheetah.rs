//! Half-cheetah: run forward on two legs, in the vertical plane. It cannot fall for good.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `height` of the back, over its height at the start | m | −0.7 to 4.3 | 0.2 |
//! | 1 | `pitch` of the back, nose down | rad | ±1000 | 0.3 |
//! | 2 to 4 | `back_hip`, `back_knee`, `back_ankle` | rad | limits ± 1 | 0.5 |
//! | 5 to 7 | the same of the front leg | rad | limits ± 1 | 0.5 |
//! | 8, 9 | `velocity_x`, `velocity_z` of the middle of the back | m/s | ±50 | 2 |
//! | 10 | `pitch_rate` | rad/s | ±50 | 2 |
//! | 11 to 16 | velocities of the joints, in the order of their positions | rad/s | ±50 | 2 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0, 1, 2 | `back_hip`, `back_knee`, `back_ankle`: torque | N·m | ±120, ±90, ±60 |
//! | 3, 4, 5 | `front_hip`, `front_knee`, `front_ankle`: torque | N·m | ±120, ±60, ±30 |
//!
//! Reward of a step: way along x / 50 ms − 0.1 · Σ (torque / limit)².
//! Termination: none. Time limit: 1000 steps of 50 ms.
//! Start: every position uniform within ±0.1 of rest, every velocity normal with standard deviation 0.1.
//!
//! Origin: Gymnasium's `HalfCheetah-v5`, with its sizes, masses, springs, torques, observation, reward and start, and with
//! the `solref`, `solimp` and friction of its floor, parts and stops. It differs there: contacts and stops give back no
//! more than they took, as MuJoCo's do not always; what slides is held by Coulomb's friction instead of a pyramid;
//! leapfrog steps of 2.5 ms instead of Euler's of 10 ms, which in MuJoCo itself lead the same start 0.2 standard
//! deviations away from where fine steps lead it; velocities beyond 50 are clipped. After 0.3 s of equal random torques
//! the means of 200 equal starts are within 0.12 standard deviations of Gymnasium's, and within 0.08 of those of MuJoCo
//! with fine steps. What a policy search finds in both stands in `bench/README.md`.

use serde::{Deserialize, Serialize};

use crate::locomotion::{Gait, Scatter};

/// The rules of the task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct HalfCheetah;

impl Gait for HalfCheetah {
    const NAME: &'static str = "half-cheetah";
    const PHYSICS_DT_SECS: f64 = 0.0025;
    const CONTROL_DT_SECS: f64 = 0.05;
    const FLOOR_FRICTION: f64 = 0.4;
    const CONTROL_COST: f64 = 0.1;
    const HEALTHY_REWARD: f64 = 0.0;
    const HEALTHY_HEIGHTS: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];
    const HEALTHY_TILT: f64 = f64::INFINITY;
    const SCATTER: Scatter = Scatter { positions: 0.1, velocities: 0.1, normal_velocities: true };
    const MAX_VELOCITY: f32 = 50.0;
    const ZERO_HEIGHT: f64 = 0.7;
}
