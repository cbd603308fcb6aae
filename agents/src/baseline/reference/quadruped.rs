//! The reference on `quadruped`: a trot whose steps follow the commanded velocity.
//!
//! Legs across from each other move together, `f` times a second. A foot that stands moves back against the velocity `u`
//! that its hip should have, one that swings forward and up; `r` is where the hip is on the trunk, `v` and `ω` are what
//! the trunk does, with a star what is commanded:
//!
//! ```text
//! u = v° + ω° × r        v° = v* + p (v* − v) + i ∫ (v* − v) dt        ω° likewise
//! foot = neutral + u (½ − phase)/f · duty  − placed (v* − v)   while it stands, in the phases from 0 to 1
//! ```
//!
//! Joint angles follow from where the foot shall be. The constants come from a search on seeds from 1000.
//!
//! Source: Raibert 1986, Legged Robots That Balance, for speed by where the feet are put.

use std::f64::consts::PI;

use mesolimb_envs::{Env, RobotSpec};
use serde::{Deserialize, Serialize};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "quadruped-trot";

/// For the quadruped of `env` as it was compiled.
///
/// # Errors
/// If this is no quadruped.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    with(env, &TROT)
}

pub(super) const TROT: [f64; 14] =
    [2.5, 0.04, 0.285, 0.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.02, 0.02, 0.1, 0.1, 0.01];

pub(super) fn with(env: &dyn Env, p: &[f64]) -> Result<Box<dyn Agent>, AgentError> {
    let ranges = action_ranges(NAME, env.spec())?;
    if ranges.len() != 12 {
        return Err(unsuited(NAME, env.spec(), format!("it has {} actions, expected 12", ranges.len())));
    }
    let legs = legs(env.robot()).map_err(|why| unsuited(NAME, env.spec(), why))?;
    let trot = Trot { dt_secs: env.spec().control_dt_secs, legs, p: p.try_into().unwrap() };
    let channels = [
        "velocity_x", "velocity_y", "yaw_rate", "command_x", "command_y", "command_yaw", "up_x", "up_y", "roll_rate", "pitch_rate",
    ];
    Ok(Box::new(Controller::new(env, trot, channels)?))
}

/// Where a leg hangs, and its sizes, in m.
#[derive(Clone, Copy)]
struct Leg {
    /// Of the joint of abduction on the trunk, forwards and to the left.
    hip: [f64; 2],
    /// From there to the plane of the leg, to the left.
    aside: f64,
    thigh: f64,
    shank: f64,
}

fn legs(robot: &RobotSpec) -> Result<[Leg; 4], String> {
    let leg = |name: &str| {
        let link = |part: &str| {
            let name = format!("{name}_{part}");
            robot.links.iter().find(|link| link.name == name).ok_or(format!("its robot has no link '{name}'"))
        };
        let foot = format!("{name}_foot");
        let foot = robot.sites.iter().find(|site| site.name == foot).ok_or(format!("its robot has no site '{foot}'"))?;
        let [x, y, _] = link("hip")?.joint.anchor;
        Ok::<_, String>(Leg {
            hip: [x, y],
            aside: link("thigh")?.joint.anchor[1],
            thigh: -link("shank")?.joint.anchor[2],
            shank: -foot.translation[2],
        })
    };
    Ok([leg("front_left")?, leg("front_right")?, leg("back_left")?, leg("back_right")?])
}

impl Leg {
    /// Abduction, hip and knee that bring the foot to a place from the joint of abduction, or near.
    fn angles(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let down = (y * y + z * z - self.aside * self.aside).max(1e-4).sqrt();
        let abduction = z.atan2(y) - (-down).atan2(self.aside);
        let (l1, l2) = (self.thigh, self.shank);
        let square = x * x + down * down;
        let knee = -((square - l1 * l1 - l2 * l2) / (2.0 * l1 * l2)).clamp(-1.0, 1.0).acos();
        let hip = (-x).atan2(down) - (l2 * knee.sin()).atan2(l1 + l2 * knee.cos());
        [abduction, hip, knee]
    }
}

struct Trot {
    dt_secs: f64,
    legs: [Leg; 4],
    p: [f64; 14],
}

/// What is in mind within an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stride {
    /// Of the first pair, in turns.
    phase: f64,
    /// Integral of what the velocities lack: forwards, to the left and about the vertical.
    lacked: [f64; 3],
}

impl Law for Trot {
    const NAME: &'static str = NAME;
    type Memory = Stride;

    fn start(&self, _seen: &[f64]) -> Stride {
        Stride::default()
    }

    fn follow(&self, stride: &mut Stride, _reward: f64, seen: &[f64]) {
        stride.phase = (stride.phase + self.p[0] * self.dt_secs).fract();
        for k in 0..3 {
            stride.lacked[k] = (stride.lacked[k] + self.dt_secs * (seen[3 + k] - seen[k])).clamp(-2.0, 2.0);
        }
    }

    fn act(&self, stride: &Stride, seen: &[f64], action: &mut [f32]) {
        let [f, lift, height, back, gain, p_v, i_v, p_w, i_w, place_x, place_y, level, damp, spread] = self.p;
        let lack: [f64; 3] = std::array::from_fn(|k| seen[3 + k] - seen[k]);
        let wanted = |k: usize, p: f64, i: f64| gain * seen[3 + k] + p * lack[k] + i * stride.lacked[k];
        let (vx, vy, turn) = (wanted(0, p_v, i_v), wanted(1, p_v, i_v), wanted(2, p_w, i_w));
        for (idx, leg) in self.legs.iter().enumerate() {
            let phase = (stride.phase + if idx == 1 || idx == 2 { 0.5 } else { 0.0 }).fract();
            let foot_y = leg.hip[1] + leg.aside * (1.0 + spread);
            let u = [vx - turn * foot_y, vy + turn * leg.hip[0]];
            let half = 0.25 / f;
            // Stance in the first half, swing in the second.
            let (along, up) = if phase < 0.5 {
                (1.0 - 4.0 * phase, 0.0)
            } else {
                let swing = 2.0 * phase - 1.0;
                (-(PI * swing).cos(), (PI * swing).sin())
            };
            let x = back + u[0] * half * along - place_x * lack[0];
            let y = foot_y - leg.hip[1] + u[1] * half * along - place_y * lack[1];
            // Tilt: legs on the side that is low push.
            let tilt = level * (seen[6] * leg.hip[0] + seen[7] * foot_y) + damp * 0.1 * (seen[9] * leg.hip[0] - seen[8] * foot_y);
            let z = -(height - lift * up - tilt);
            let angles = leg.angles([x, y, z]);
            action[3 * idx..3 * idx + 3].copy_from_slice(&angles.map(|angle| angle as f32));
        }
    }

    fn is_valid(&self, stride: &Stride) -> bool {
        (0.0..=1.0).contains(&stride.phase) && stride.lacked.iter().all(|lacked| lacked.is_finite())
    }
}
