//! Ant: run forward on four legs without falling over.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 | `height` of the torso's middle | m | 0 to 5 | 0.2 |
//! | 1 to 4 | `orientation_w`, `_x`, `_y`, `_z` of the torso | 1 | ±1.01 | 0.3 |
//! | 5, 6 | `front_left_hip`, `front_left_ankle` | rad | limits ± 1 | 0.5 |
//! | 7 to 12 | the same of the front right, back right and back left leg | rad | limits ± 1 | 0.5 |
//! | 13 to 15 | `velocity_x`, `velocity_y`, `velocity_z` along the world's axes | m/s | ±50 | 2 |
//! | 16 to 18 | `roll_rate`, `pitch_rate`, `yaw_rate` along the torso's axes | rad/s | ±50 | 2 |
//! | 19 to 26 | velocities of the joints, in the order of their positions | rad/s | ±50 | 2 |
//! | 27 to 30 | contact force of each foot, clipped at 1 N | N | 0 to 1 | 1 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 to 7 | torque of each joint, in the same order | N·m | ±150 |
//!
//! Reward of a step: way along x / 50 ms + 1 − 0.5 · Σ (torque / limit)².
//! Termination: the torso is lower than 0.2 m or higher than 1 m. Time limit: 1000 steps of 50 ms.
//! Start: every position uniform within ±0.1 of rest, every velocity normal with standard deviation 0.1.
//!
//! Origin: Gymnasium's `Ant-v5`, with its sizes, masses, torques and reward, and with the `solref`, `solimp`, margins and
//! friction of its floor, parts and stops. It differs there: it starts on bent legs, Gymnasium's on stretched ones, half a
//! radian beyond their stops; contact forces of the four feet instead of 78 forces and torques, and no cost of contact;
//! contacts and stops give back no more than they took, as MuJoCo's do not always; what slides is held by Coulomb's
//! friction instead of a pyramid; leapfrog steps of 10 ms instead of Runge-Kutta's; velocities beyond 50 are clipped. What
//! a policy search finds in both stands in `bench/README.md`.

use serde::{Deserialize, Serialize};

use crate::locomotion::{Gait, Scatter};

/// The rules of the task.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Ant;

impl Gait for Ant {
    const NAME: &'static str = "ant";
    const PHYSICS_DT_SECS: f64 = 0.01;
    const CONTROL_DT_SECS: f64 = 0.05;
    const FLOOR_FRICTION: f64 = 1.0;
    const CONTROL_COST: f64 = 0.5;
    const HEALTHY_REWARD: f64 = 1.0;
    const HEALTHY_HEIGHTS: [f64; 2] = [0.2, 1.0];
    const HEALTHY_TILT: f64 = f64::INFINITY;
    const SCATTER: Scatter = Scatter { positions: 0.1, velocities: 0.1, normal_velocities: true };
    const MAX_VELOCITY: f32 = 50.0;
    const LEGS: &'static [&'static str] = &["front_left_hip", "front_right_hip", "back_right_hip", "back_left_hip"];
    const FEET: &'static [&'static str] = &["front_left_leg", "front_right_leg", "back_right_leg", "back_left_leg"];
}
