//! Hopper: hop forward on one leg, in the vertical plane, without falling.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `height` of the torso's middle | m | 0 to 5 | 0.2 |
//! | 1 | `pitch` of the torso, forwards | rad | ±1000 | 0.3 |
//! | 2, 3, 4 | `hip`, `knee`, `ankle` | rad | limits ± 1 | 0.5 |
//! | 5, 6 | `velocity_x`, `velocity_z` of the torso's middle | m/s | ±10 | 2 |
//! | 7 | `pitch_rate` | rad/s | ±10 | 2 |
//! | 8, 9, 10 | `hip_velocity`, `knee_velocity`, `ankle_velocity` | rad/s | ±10 | 2 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0, 1, 2 | `hip`, `knee`, `ankle`: torque | N·m | ±200 |
//!
//! Reward of a step: way along x / 8 ms + 1 − 0.001 · Σ (torque / limit)².
//! Termination: the torso is lower than 0.7 m or tilted by more than 0.2 rad. Time limit: 1000 steps of 8 ms.
//! Start: upright, every position and velocity uniform within ±0.005 of rest.
//!
//! Origin: Gymnasium's `Hopper-v5`, with its sizes, masses, torques, observation and reward. It differs there: Rapier's
//! hard contacts and stops instead of MuJoCo's soft ones, no joint or contact margins, semi-implicit Euler steps, the same
//! friction under all parts, and no end at extreme joint positions. Returns are not comparable.

use serde::{Deserialize, Serialize};

use crate::locomotion::{Gait, Scatter};

/// The rules of the task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Hopper;

impl Gait for Hopper {
    const NAME: &'static str = "hopper";
    const PHYSICS_DT_SECS: f64 = 0.002;
    const CONTROL_DT_SECS: f64 = 0.008;
    const FLOOR_FRICTION: f64 = 1.0;
    const CONTROL_COST: f64 = 1e-3;
    const HEALTHY_REWARD: f64 = 1.0;
    const HEALTHY_HEIGHTS: [f64; 2] = [0.7, f64::INFINITY];
    const HEALTHY_TILT: f64 = 0.2;
    const SCATTER: Scatter = Scatter { positions: 5e-3, velocities: 5e-3, normal_velocities: false };
    const MAX_VELOCITY: f32 = 10.0;
}
