//! The reference on `ant`: a trot on springs and dampers that keeps its course.
//!
//! Legs across from each other move together. A leg with phase `φ = 2π f t`, half a turn later for the other pair, `s` the
//! sign with which its hip moves the foot backwards, and yaw ψ of the torso, is drawn to
//!
//! ```text
//! hip   = s (A (1 + s_side (k ψ + k′ ψ̇)) cos φ + B)        A on the hips of all legs, B of front and back legs
//! ankle = ± (C + D sin(φ + δ))                             larger angles reach farther down
//! τ = clip(p (q* − q) − d q̇, ±limit)
//! ```
//!
//! `s_side` is 1 on the right: what yaws to the left steps shorter on the right... The constants come from a search on seeds
//! from 1000.

use std::f64::consts::TAU;

use mesolimb_envs::Env;

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "ant-trot";

/// For the ant of `env`.
///
/// # Errors
/// If this is no ant.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    with(env, &TROT)
}

pub(super) const TROT: [f64; 17] = [2.031, 0.101, -0.019, -0.039, 0.945, 0.364, -0.083, 103.344, 3.721, 0.372, 0.093, -0.020, 0.471, -0.045, 0.439, 1.022, 1.180];

pub(super) fn with(env: &dyn Env, p: &[f64]) -> Result<Box<dyn Agent>, AgentError> {
    let ranges = action_ranges(NAME, env.spec())?;
    if ranges.len() != 8 {
        return Err(unsuited(NAME, env.spec(), format!("it has {} actions, expected 8", ranges.len())));
    }
    let p: [f64; 17] = p.try_into().unwrap();
    let trot = Trot { dt_secs: env.spec().control_dt_secs, limit: f64::from(ranges[0].1), p };
    let channels = [
        "orientation_w", "orientation_x", "orientation_y", "orientation_z", "yaw_rate", "velocity_y",
        "front_left_hip", "front_left_ankle", "front_right_hip", "front_right_ankle",
        "back_right_hip", "back_right_ankle", "back_left_hip", "back_left_ankle",
        "front_left_hip_velocity", "front_left_ankle_velocity", "front_right_hip_velocity", "front_right_ankle_velocity",
        "back_right_hip_velocity", "back_right_ankle_velocity", "back_left_hip_velocity", "back_left_ankle_velocity",
    ];
    Ok(Box::new(Controller::new(env, trot, channels)?))
}

struct Trot {
    dt_secs: f64,
    limit: f64,
    p: [f64; 17],
}

impl Law for Trot {
    const NAME: &'static str = NAME;
    /// Control steps of the episode.
    type Memory = u32;

    fn start(&self, _seen: &[f64]) -> u32 {
        0
    }

    fn follow(&self, n_steps: &mut u32, _reward: f64, _seen: &[f64]) {
        *n_steps = n_steps.wrapping_add(1);
    }

    fn act(&self, n_steps: &u32, seen: &[f64], action: &mut [f32]) {
        let [f, amp, front, back, mid, lift, delta, p, d, ky, kyd, kvy, o1, o2, o3, ab, lb] = self.p;
        let [w, x, y, z] = [0, 1, 2, 3].map(|k| seen[k]);
        let yaw = (2.0 * (w * z + x * y)).atan2(1.0 - 2.0 * (y * y + z * z));
        let turn = (ky * yaw + kyd * seen[4] + kvy * seen[5]).clamp(-0.8, 0.8);
        let time = f64::from(*n_steps) * self.dt_secs;
        for leg in 0..4 {
            let is_left = leg == 0 || leg == 3;
            let is_front = leg < 2;
            let s = if is_left { 1.0 } else { -1.0 };
            let phase = TAU * (f * time + [0.0, o1, o2, o3][leg]);
            let (amp, lift) = if is_front { (amp, lift) } else { (amp * ab, lift * lb) };
            // Too far to the left: the left legs step farther.
            let reach = amp * (1.0 + s * turn);
            let hip = s * (reach * phase.cos() + if is_front { front } else { back });
            let ankle = (mid + lift * (phase + delta).sin()) * if is_front { 1.0 } else { -1.0 };
            for (k, wanted) in [hip, ankle].into_iter().enumerate() {
                let at = 2 * leg + k;
                let torque = p * (wanted - seen[6 + at]) - d * seen[14 + at];
                action[at] = torque.clamp(-self.limit, self.limit) as f32;
            }
        }
    }

    fn is_valid(&self, _n_steps: &u32) -> bool {
        true
    }
}
