//! The reference on `ant`: a trot on springs and dampers that keeps its course.
//!
//! A leg with phase `φ = f t + φ₀` in turns, and `s` the sign with which its hip moves the foot backwards, 1 on the left, is
//! drawn to
//!
//! ```text
//! hip   = s (A (1 + s t) cos φ + B)         t = clip(k ψ + k′ ψ̇ + k″ v_y, ±0.8)
//! ankle = ± (C + D sin(φ + δ))              larger angles reach farther down
//! τ     = clip(p (q* − q) − d q̇, ±limit)
//! ```
//!
//! so that with the yaw ψ to the left, or on a way to the left, the left legs reach farther. Legs across from each other
//! move nearly together. The constants come from a search by random steps over the beginnings of episodes with seeds
//! from 1000.
//!
//! Source: central pattern generators with fixed phases, as reviewed in Ijspeert 2008 (Neural Networks 21:642).

use std::f64::consts::TAU;

use mesolimb_envs::Env;

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "ant-trot";
/// Periods in a second, `f`, in Hz.
const TROT_HZ: f64 = 2.031;
/// Gains of spring and damper, `p` and `d`, in N·m/rad and N·m·s/rad.
const SPRING: f64 = 99.5;
const DAMPER: f64 = 3.804;
/// Gains of yaw, its rate and the velocity to the left, `k`, `k′` and `k″`; at most so much of the reach.
const COURSE: [f64; 3] = [0.344, 0.093, -0.048];
const MAX_COURSE: f64 = 0.8;
/// Share of a period by which an ankle is before its hip, `δ`.
const ANKLE_PHASE: f64 = -0.013;
/// In the order of the actions.
const LEGS: [Leg; 4] = [
    Leg { side: 1.0, end: 1.0, phase: 0.0, hip: FRONT_HIP, ankle: FRONT_ANKLE },
    Leg { side: -1.0, end: 1.0, phase: 0.456, hip: FRONT_HIP, ankle: FRONT_ANKLE },
    Leg { side: -1.0, end: -1.0, phase: -0.045, hip: BACK_HIP, ankle: BACK_ANKLE },
    Leg { side: 1.0, end: -1.0, phase: 0.455, hip: BACK_HIP, ankle: BACK_ANKLE },
];
/// `A` and `B`, `C` and `D` of the legs, in rad.
const FRONT_HIP: [f64; 2] = [0.097, 0.013];
const FRONT_ANKLE: [f64; 2] = [0.908, 0.379];
const BACK_HIP: [f64; 2] = [0.0907, -0.018];
const BACK_ANKLE: [f64; 2] = [0.908, 0.467];
const CHANNELS: [&str; 22] = [
    "orientation_w",
    "orientation_x",
    "orientation_y",
    "orientation_z",
    "yaw_rate",
    "velocity_y",
    "front_left_hip",
    "front_left_ankle",
    "front_right_hip",
    "front_right_ankle",
    "back_right_hip",
    "back_right_ankle",
    "back_left_hip",
    "back_left_ankle",
    "front_left_hip_velocity",
    "front_left_ankle_velocity",
    "front_right_hip_velocity",
    "front_right_ankle_velocity",
    "back_right_hip_velocity",
    "back_right_ankle_velocity",
    "back_left_hip_velocity",
    "back_left_ankle_velocity",
];
const N_BEFORE_JOINTS: usize = 6;
const N_JOINTS: usize = 2 * LEGS.len();

/// How a leg moves.
struct Leg {
    /// Sign with which its hip moves the foot backwards, `s`.
    side: f64,
    /// Sign with which its ankle reaches down.
    end: f64,
    /// `φ₀`, in turns.
    phase: f64,
    hip: [f64; 2],
    ankle: [f64; 2],
}

/// For the ant of `env`.
///
/// # Errors
/// If this is no ant.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let ranges = action_ranges(NAME, env.spec())?;
    if ranges.len() != N_JOINTS {
        return Err(unsuited(NAME, env.spec(), format!("it has {} actions, expected {N_JOINTS}", ranges.len())));
    }
    let limit = ranges.iter().fold(f32::INFINITY, |least, range| least.min(range.1));
    let trot = Trot { dt_secs: env.spec().control_dt_secs, limit: limit.into() };
    Ok(Box::new(Controller::new(env, trot, CHANNELS)?))
}

struct Trot {
    dt_secs: f64,
    /// Largest torque of each motor, in N·m.
    limit: f64,
}

impl Leg {
    /// Where hip and ankle are drawn to.
    fn wanted(&self, turns: f64, course: f64) -> [f64; 2] {
        let phase = turns + self.phase;
        let [reach, hip] = self.hip;
        let [ankle, lift] = self.ankle;
        [
            self.side * (reach * (1.0 + self.side * course) * (TAU * phase).cos() + hip),
            self.end * (ankle + lift * (TAU * (phase + ANKLE_PHASE)).sin()),
        ]
    }
}

impl Law for Trot {
    const NAME: &'static str = NAME;
    /// Share of a period that is over.
    type Memory = f64;

    fn start(&self, _seen: &[f64]) -> f64 {
        0.0
    }

    fn follow(&self, turns: &mut f64, _reward: f64, _seen: &[f64]) {
        *turns = (*turns + TROT_HZ * self.dt_secs).fract();
    }

    fn act(&self, turns: &f64, seen: &[f64], action: &mut [f32]) {
        let (sensed, joints) = seen.split_at(N_BEFORE_JOINTS);
        let (positions, velocities) = joints.split_at(N_JOINTS);
        let [w, x, y, z, yaw_rate, aside] = *<&[f64; 6]>::try_from(sensed).expect("as CHANNELS");
        let yaw = (2.0 * (w * z + x * y)).atan2(1.0 - 2.0 * (y * y + z * z));
        let course = COURSE[0] * yaw + COURSE[1] * yaw_rate + COURSE[2] * aside;
        let course = course.clamp(-MAX_COURSE, MAX_COURSE);
        let wanted = LEGS.iter().flat_map(|leg| leg.wanted(*turns, course));
        for (joint, (action, wanted)) in action.iter_mut().zip(wanted).enumerate() {
            let torque = SPRING * (wanted - positions[joint]) - DAMPER * velocities[joint];
            *action = torque.clamp(-self.limit, self.limit) as f32;
        }
    }

    fn is_valid(&self, turns: &f64) -> bool {
        (0.0..1.0).contains(turns)
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::testing::mean_return;

    #[test]
    fn it_runs_further_than_standing_pays() {
        let mut env = make("ant").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        let mean = mean_return(env.as_mut(), agent.as_mut(), 0..3);
        // To stand for the whole episode pays 1000.
        assert!(mean > 1500.0, "{mean}");
    }
}
