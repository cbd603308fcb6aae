//! The reference on `quadruped`: a trot whose steps follow the commanded velocity.
//!
//! Legs across from each other move together, in small quick steps. The foot of a leg whose hip is at `r` on the trunk
//! moves back by `u / 2f` while it stands, the first half of its period `1/f`, and forward and up in the second; `v` and `ω`
//! are what the trunk does, with a star what is commanded:
//!
//! ```text
//! u = v° + ω° × r        v° = g v* + p (v* − v) + i ∫ (v* − v) dt        ω° likewise
//! foot = neutral + u/2f · along − placed (v* − v) + up (lift · high + level · tilt)
//! ```
//!
//! where `along` goes from ½ to −½ as the foot stands and back as it swings, `high` is half a sine while it swings, and the
//! tilt of the trunk lifts the feet on its high side. The angles of the joints follow from where the foot shall be. The
//! constants come from a search by random steps over the beginnings of episodes with seeds from 1000; the frequency is
//! what it chose, and what it earns holds with finer steps of the physics.
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
/// Periods in a second, `f`, in Hz.
const TROT_HZ: f64 = 8.319;
/// Height of a swinging foot over a standing one at most, in m.
const LIFT: f64 = 0.144;
/// Neutral place of the feet: below the hips, forward of them, and farther out than the plane of the leg as a share.
const NEUTRAL: [f64; 3] = [0.32, -0.089, -0.15];
/// Share of the commanded velocity that steps follow at once, `g`.
const AHEAD: f64 = 1.284;
/// Shares of what the velocity lacks, `p`, and in a second, `i`: along the floor, and about the vertical.
const FOLLOW: [f64; 2] = [0.018, 0.248];
const FOLLOW_YAW: [f64; 2] = [0.716, 2.243];
/// How far feet are put back for each m/s that is lacked, forwards and to the left, in s.
const PLACED: [f64; 2] = [0.109, 0.243];
/// How far feet are lifted for each unit of tilt, as a share of their way from the middle, and for each rad/s, in s.
const LEVEL: [f64; 2] = [-0.072, 0.0027];
/// Most that is kept in mind of what was lacked, in m and rad.
const MAX_LACKED: f64 = 2.0;
const CHANNELS: [&str; 10] = [
    "velocity_x",
    "velocity_y",
    "yaw_rate",
    "command_x",
    "command_y",
    "command_yaw",
    "up_x",
    "up_y",
    "roll_rate",
    "pitch_rate",
];
const LEGS: [&str; 4] = ["front_left", "front_right", "back_left", "back_right"];

/// For the quadruped of `env` as it was compiled.
///
/// # Errors
/// If this is no quadruped.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let n_actions = action_ranges(NAME, env.spec())?.len();
    if n_actions != 3 * LEGS.len() {
        return Err(unsuited(NAME, env.spec(), format!("it has {n_actions} actions, expected 12")));
    }
    let legs: Result<Vec<_>, _> = LEGS.iter().map(|name| Leg::of(env.robot(), name)).collect();
    let legs = legs.map_err(|why| unsuited(NAME, env.spec(), why))?;
    let trot = Trot { dt_secs: env.spec().control_dt_secs, legs };
    Ok(Box::new(Controller::new(env, trot, CHANNELS)?))
}

/// Where a leg hangs, and its sizes, in m.
#[derive(Clone, Copy, Debug)]
struct Leg {
    /// Of the joint of abduction on the trunk, forwards and to the left.
    hip: [f64; 2],
    /// From there to the plane of the leg, to the left.
    aside: f64,
    thigh: f64,
    shank: f64,
}

impl Leg {
    fn of(robot: &RobotSpec, name: &str) -> Result<Self, String> {
        let anchor = |part: &str| {
            let name = format!("{name}_{part}");
            let link = robot.links.iter().find(|link| link.name == name);
            link.map(|link| link.joint.anchor).ok_or(format!("its robot has no link '{name}'"))
        };
        let foot = format!("{name}_foot");
        let foot =
            robot.sites.iter().find(|site| site.name == foot).ok_or(format!("its robot has no site '{foot}'"))?;
        let [x, y, _] = anchor("hip")?;
        Ok(Self { hip: [x, y], aside: anchor("thigh")?[1], thigh: -anchor("shank")?[2], shank: -foot.translation[2] })
    }

    /// Abduction, hip and knee that bring the foot to a place from the joint of abduction, or near.
    fn angles(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let down = (y * y + z * z - self.aside * self.aside).max(1e-4).sqrt();
        let abduction = z.atan2(y) - (-down).atan2(self.aside);
        let (thigh, shank) = (self.thigh, self.shank);
        let cos_knee = (x * x + down * down - thigh * thigh - shank * shank) / (2.0 * thigh * shank);
        let knee = -cos_knee.clamp(-1.0, 1.0).acos();
        let hip = (-x).atan2(down) - (shank * knee.sin()).atan2(thigh + shank * knee.cos());
        [abduction, hip, knee]
    }
}

/// The nominal quadruped.
struct Trot {
    dt_secs: f64,
    /// In the order of the actions.
    legs: Vec<Leg>,
}

/// What is in mind within an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Stride {
    /// Share of a period that is over, for front left and back right.
    phase: f64,
    /// Integral of what the velocities lack: forwards, to the left and about the vertical.
    lacked: [f64; 3],
}

/// What the velocities lack: forwards, to the left and about the vertical.
fn lack(seen: &[f64]) -> [f64; 3] {
    std::array::from_fn(|k| seen[3 + k] - seen[k])
}

/// How far along and how high a foot is, as shares.
fn swing(phase: f64) -> [f64; 2] {
    if phase < 0.5 {
        return [0.5 - 2.0 * phase, 0.0];
    }
    let (sin, cos) = (PI * (2.0 * phase - 1.0)).sin_cos();
    [-0.5 * cos, sin]
}

impl Law for Trot {
    const NAME: &'static str = NAME;
    type Memory = Stride;

    fn start(&self, _seen: &[f64]) -> Stride {
        Stride::default()
    }

    fn follow(&self, stride: &mut Stride, _reward: f64, seen: &[f64]) {
        stride.phase = (stride.phase + TROT_HZ * self.dt_secs).fract();
        for (lacked, lack) in stride.lacked.iter_mut().zip(lack(seen)) {
            *lacked = (*lacked + self.dt_secs * lack).clamp(-MAX_LACKED, MAX_LACKED);
        }
    }

    fn act(&self, stride: &Stride, seen: &[f64], action: &mut [f32]) {
        let lack = lack(seen);
        let [_, _, _, _, _, _, up_x, up_y, roll_rate, pitch_rate] = *<&[f64; 10]>::try_from(seen).expect("as CHANNELS");
        let to_follow = |k: usize, [p, i]: [f64; 2]| AHEAD * seen[3 + k] + p * lack[k] + i * stride.lacked[k];
        let (forwards, aside, turn) = (to_follow(0, FOLLOW), to_follow(1, FOLLOW), to_follow(2, FOLLOW_YAW));
        let [height, before, out] = NEUTRAL;
        for (idx, (leg, action)) in self.legs.iter().zip(action.chunks_exact_mut(3)).enumerate() {
            let is_second_pair = idx == 1 || idx == 2;
            let [along, high] = swing((stride.phase + if is_second_pair { 0.5 } else { 0.0 }).fract());
            let [hip_x, hip_y] = leg.hip;
            let foot_y = hip_y + leg.aside * (1.0 + out);
            let way = [forwards - turn * foot_y, aside + turn * hip_x].map(|u| u * along / (2.0 * TROT_HZ));
            let tilt = LEVEL[0] * (up_x * hip_x + up_y * foot_y) + LEVEL[1] * (pitch_rate * hip_x - roll_rate * foot_y);
            let angles = leg.angles([
                before + way[0] - PLACED[0] * lack[0],
                foot_y - hip_y + way[1] - PLACED[1] * lack[1],
                LIFT * high + tilt - height,
            ]);
            action.copy_from_slice(&angles.map(|angle| angle as f32));
        }
    }

    fn is_valid(&self, stride: &Stride) -> bool {
        (0.0..1.0).contains(&stride.phase) && stride.lacked.iter().all(|lacked| lacked.abs() <= MAX_LACKED)
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::{gait::STANCE, testing::mean_return};

    #[test]
    fn the_angles_of_a_leg_bring_its_foot_to_where_it_shall_be() {
        let env = make("quadruped").unwrap();
        for name in LEGS {
            let leg = Leg::of(env.robot(), name).unwrap();
            for [abduction, hip, knee] in [STANCE.map(f64::from), [0.2, 0.5, -1.2], [-0.3, 1.1, -2.0]] {
                let x = -leg.thigh * hip.sin() - leg.shank * (hip + knee).sin();
                let down = leg.thigh * hip.cos() + leg.shank * (hip + knee).cos();
                let (sin, cos) = abduction.sin_cos();
                let found = leg.angles([x, leg.aside * cos + down * sin, leg.aside * sin - down * cos]);
                let error = found.iter().zip([abduction, hip, knee]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(error < 1e-9, "{name}: {found:?}, expected {abduction}, {hip}, {knee}");
            }
        }
    }

    #[test]
    fn it_moves_as_commanded() {
        let mut env = make("quadruped").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        let mean = mean_return(env.as_mut(), agent.as_mut(), 0..3);
        // 1500 are those of the commanded velocity in every step.
        assert!(mean > 1430.0, "{mean}");
    }
}
