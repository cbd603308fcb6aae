//! The reference on `ant`: a trot on springs and dampers that keeps its course.
//!
//! A leg with phase `φ = f t + φ₀` in turns, and `s` the sign with which its hip moves the foot backwards, 1 on the left, is
//! drawn to
//!
//! ```text
//! hip   = s (A (1 + s c) cos φ + B)         c = clip(k ψ + k′ ψ̇ + k″ v_y + k‴ y, ±0.8)
//! ankle = ± (C + D sin(φ + δ))              larger angles reach farther down
//! τ     = clip(p (q* − q) − d q̇, ±limit)
//! ```
//!
//! so that with the yaw ψ to the left, or on a way to the left, the left legs reach farther; `y` is the integral of `v_y`.
//! Legs across from each other move nearly together.
//!
//! The constants come from a search, first among random ones and then by random steps, over the beginnings of episodes with
//! seeds from 1000. They suit the clock of the world: of what they earn, 0.92 is kept with half the step of the physics,
//! and 0.81 with a quarter.
//!
//! Source: central pattern generators with fixed phases, as reviewed in Ijspeert 2008 (Neural Networks 21:642).

use std::f64::consts::TAU;

use mesolimb_envs::Env;
use serde::{Deserialize, Serialize};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "ant-trot";
/// Periods in a second, `f`, in Hz.
const TROT_HZ: f64 = 2.06;
/// Gains of spring and damper, `p` and `d`, in N·m/rad and N·m·s/rad.
const SPRING: f64 = 183.0;
const DAMPER: f64 = 7.131;
/// Gains of yaw, its rate, the velocity to the left and the way to the left, `k` to `k‴`; at most so much of the reach.
const COURSE: [f64; 4] = [0.462, 0.414, 0.327, 0.076];
const MAX_COURSE: f64 = 0.8;
/// Most of the way to the left that is kept in mind, in m.
const MAX_ASIDE: f64 = 3.0;
/// Share of a period by which an ankle is before its hip, `δ`.
const ANKLE_PHASE: f64 = 0.2744;
/// In the order of the actions.
const LEGS: [Leg; 4] = [
    Leg { side: 1.0, end: 1.0, phase: 0.0, hip: FRONT_HIP, ankle: FRONT_ANKLE },
    Leg { side: -1.0, end: 1.0, phase: 0.357, hip: FRONT_HIP, ankle: FRONT_ANKLE },
    Leg { side: -1.0, end: -1.0, phase: 0.098, hip: BACK_HIP, ankle: BACK_ANKLE },
    Leg { side: 1.0, end: -1.0, phase: 0.41, hip: BACK_HIP, ankle: BACK_ANKLE },
];
/// `A` and `B`, `C` and `D` of the legs, in rad.
const FRONT_HIP: [f64; 2] = [0.649, -0.063];
const FRONT_ANKLE: [f64; 2] = [0.726, 0.082];
const BACK_HIP: [f64; 2] = [0.638, -0.059];
const BACK_ANKLE: [f64; 2] = [0.726, 0.08389];
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

/// What is in mind within an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stride {
    /// Share of a period that is over.
    turns: f64,
    /// Sum of the velocity to the left, in m.
    aside: f64,
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
    type Memory = Stride;

    fn start(&self, _seen: &[f64]) -> Stride {
        Stride::default()
    }

    fn follow(&self, stride: &mut Stride, _reward: f64, seen: &[f64]) {
        stride.turns = (stride.turns + TROT_HZ * self.dt_secs).fract();
        stride.aside = (stride.aside + self.dt_secs * seen[N_BEFORE_JOINTS - 1]).clamp(-MAX_ASIDE, MAX_ASIDE);
    }

    fn act(&self, stride: &Stride, seen: &[f64], action: &mut [f32]) {
        let (sensed, joints) = seen.split_at(N_BEFORE_JOINTS);
        let (positions, velocities) = joints.split_at(N_JOINTS);
        let [w, x, y, z, yaw_rate, velocity_y] = *<&[f64; 6]>::try_from(sensed).expect("as CHANNELS");
        let yaw = (2.0 * (w * z + x * y)).atan2(1.0 - 2.0 * (y * y + z * z));
        let off = [yaw, yaw_rate, velocity_y, stride.aside];
        let course: f64 = COURSE.iter().zip(off).map(|(gain, off)| gain * off).sum();
        let course = course.clamp(-MAX_COURSE, MAX_COURSE);
        let wanted = LEGS.iter().flat_map(|leg| leg.wanted(stride.turns, course));
        for (joint, (action, wanted)) in action.iter_mut().zip(wanted).enumerate() {
            let torque = SPRING * (wanted - positions[joint]) - DAMPER * velocities[joint];
            *action = torque.clamp(-self.limit, self.limit) as f32;
        }
    }

    fn is_valid(&self, stride: &Stride) -> bool {
        (0.0..1.0).contains(&stride.turns) && stride.aside.abs() <= MAX_ASIDE
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
        assert!(mean > 3500.0, "{mean}");
    }
}
