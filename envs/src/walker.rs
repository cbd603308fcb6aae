//! Walker: walk forward on two legs, in the vertical plane, without falling.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `height` of the torso's middle | m | 0 to 5 | 0.2 |
//! | 1 | `pitch` of the torso, forwards | rad | ±1000 | 0.3 |
//! | 2 to 4 | `right_hip`, `right_knee`, `right_ankle` | rad | limits ± 1 | 0.5 |
//! | 5 to 7 | the same of the left leg | rad | limits ± 1 | 0.5 |
//! | 8, 9 | `velocity_x`, `velocity_z` of the torso's middle | m/s | ±10 | 2 |
//! | 10 | `pitch_rate` | rad/s | ±10 | 2 |
//! | 11 to 16 | velocities of the joints, in the order of their positions | rad/s | ±10 | 2 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 to 5 | torque of each joint, in the same order | N·m | ±100 |
//!
//! Reward of a step: way along x / 8 ms + 1 − 0.001 · Σ (torque / limit)².
//! Termination: the torso is lower than 0.8 m, higher than 2 m or tilted by more than 1 rad. Time limit: 1000 steps of
//! 8 ms. Start: upright, every position and velocity uniform within ±0.005 of rest.
//!
//! Origin: Gymnasium's `Walker2d-v5`, with its sizes, masses, torques, observation, reward and start, and with the
//! `solref`, `solimp` and friction of its floor, parts and stops. It differs there: contacts and stops give back no more
//! than they took, as MuJoCo's do not always; what slides is held by Coulomb's friction instead of a pyramid; leapfrog
//! steps of 2 ms instead of Runge-Kutta's. What a policy search finds in both stands in `bench/README.md`.

use serde::{Deserialize, Serialize};

use crate::locomotion::{Gait, Scatter};

/// The rules of the task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Walker;

impl Gait for Walker {
    const NAME: &'static str = "walker";
    const PHYSICS_DT_SECS: f64 = 0.002;
    const CONTROL_DT_SECS: f64 = 0.008;
    const FLOOR_FRICTION: f64 = 0.7;
    const CONTROL_COST: f64 = 1e-3;
    const HEALTHY_REWARD: f64 = 1.0;
    const HEALTHY_HEIGHTS: [f64; 2] = [0.8, 2.0];
    const HEALTHY_TILT: f64 = 1.0;
    const SCATTER: Scatter = Scatter { positions: 5e-3, velocities: 5e-3, normal_velocities: false };
    const MAX_VELOCITY: f32 = 10.0;
}
