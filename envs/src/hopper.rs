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
//! Origin: Gymnasium's `Hopper-v5`, with its sizes, masses, torques, observation, reward and start, and with the `solref`,
//! `solimp`, margins and friction of its floor, parts and stops. It differs there: contacts and stops give back no more
//! than they took, as MuJoCo's do not always (a full jump from a crouch rises 0.15 to 0.16 m, in MuJoCo 0.176 m); what slides is
//! held by Coulomb's friction instead of a pyramid; leapfrog steps of 2 ms instead of Runge-Kutta's; foot and shank do
//! not touch torso and thigh; no end where an angle or a velocity is beyond 100. After 0.3 s of equal random torques
//! the means of 200 equal starts are within 0.03 standard deviations of MuJoCo's. What a policy search finds in both
//! stands in `bench/README.md`.

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
