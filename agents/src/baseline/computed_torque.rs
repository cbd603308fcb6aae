//! The reference on `reacher`: inverse kinematics and computed torque.
//!
//! Two postures `q*` put the fingertip on the target, one for each side of the elbow.
//! With the error `e = q* − q`, its shoulder part taken the short way round, the arm follows
//!
//! ```text
//! vᵢ* = eᵢ min(k, √(2 aᵢ/|eᵢ|)), aᵢ = η limitᵢ/Mᵢᵢ        τ = clip(M(q) g (v* − q̇) + h(q, q̇) + d q̇, ±limit)
//! ```
//!
//! Near the target this is a proportional-derivative law; far away each joint moves no faster than it can still stop.
//! `η` lies above 1: with a clipped torque, to brake late and pass by a little brings the fingertip near the target sooner.
//! `M`, `h` and the joint damping `d` are those of the nominal robot ([`Arm`]).
//! At the start of an episode both sides of the elbow are tried on the model of the arm, and the better one is taken.

use mesolimb_envs::{Env, EnvSpec};
use nalgebra::Vector2;
use serde::{Deserialize, Serialize};

use super::{
    arm::{Arm, Posture},
    observation_idxs, seal, unsuited,
};
use crate::agent::{Agent, AgentError, Mode, Transition, check_finite};

const NAME: &str = "reacher-computed-torque";
const STATE: &str = "reacher-computed-torque/1";
const CHANNELS: [&str; 8] = [
    "shoulder_cos",
    "shoulder_sin",
    "elbow_cos",
    "elbow_sin",
    "shoulder_velocity",
    "elbow_velocity",
    "target_x",
    "target_y",
];
// The three below minimise the cost of the task on the model of the arm, over the starts of seeds 5000 to 5099.
/// Approach rate near the target, `k`, in 1/s.
const APPROACH: f64 = 9.4;
/// Rate at which the velocity follows, `g`, in 1/s.
const FOLLOW: f64 = 24.0;
/// Deceleration that is planned with, in units of what a joint's motor gives alone, `η`.
const BRAKING: f64 = 2.4;

/// Reaches with the nominal arm. It learns nothing.
#[derive(Debug)]
pub struct ReacherComputedTorque {
    spec: EnvSpec,
    observation_idxs: [usize; 8],
    arm: Arm,
    aim: Aim,
}

/// What is sensed and intended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Aim {
    /// The observations in the order of [`CHANNELS`].
    sensed: [f64; 8],
    /// Side of the elbow, ±1.
    side: f64,
}

impl ReacherComputedTorque {
    /// For the robot of `env` as it was compiled.
    ///
    /// # Errors
    /// If this is not a reacher.
    pub fn new(env: &dyn Env) -> Result<Self, AgentError> {
        let spec = env.spec();
        let observation_idxs = observation_idxs(NAME, spec, CHANNELS)?;
        let arm = Arm::of(env.robot()).map_err(|reason| unsuited(NAME, spec, reason))?;
        let aim = Aim { sensed: [0.0; 8], side: 1.0 };
        Ok(Self { spec: spec.clone(), observation_idxs, arm, aim })
    }

    fn sense(&mut self, observation: &[f32]) {
        for (sensed, &idx) in self.aim.sensed.iter_mut().zip(&self.observation_idxs) {
            *sensed = f64::from(observation[idx]);
        }
    }

    /// Sum of the distances from fingertip to target over the next second, on the model of the arm.
    fn predicted_cost(&self, side: f64) -> f64 {
        let dt_secs = self.spec.control_dt_secs;
        let (mut posture, target) = (self.aim.posture(), self.aim.target());
        let mut cost = 0.0;
        for _ in 0..(1.0 / dt_secs) as usize {
            let torques = torques(&self.arm, posture, target, side);
            for _ in 0..4 {
                posture = self.arm.step(posture, torques, 0.25 * dt_secs);
            }
            cost += (self.arm.tip(posture.q) - target).norm();
        }
        cost
    }
}

impl Aim {
    fn posture(&self) -> Posture {
        let [shoulder_cos, shoulder_sin, elbow_cos, elbow_sin, shoulder_velocity, elbow_velocity, ..] = self.sensed;
        Posture {
            q: Vector2::new(shoulder_sin.atan2(shoulder_cos), elbow_sin.atan2(elbow_cos)),
            v: Vector2::new(shoulder_velocity, elbow_velocity),
        }
    }

    fn target(&self) -> Vector2<f64> {
        let [.., x, y] = self.sensed;
        Vector2::new(x, y)
    }
}

/// What the motors do in a posture to bring the fingertip to `target`.
fn torques(arm: &Arm, at: Posture, target: Vector2<f64>, side: f64) -> Vector2<f64> {
    let goal = arm.angles_for(target, side);
    let error = Vector2::new(short_way(goal[0] - at.q[0]), goal[1] - at.q[1]);
    let mass = arm.mass_matrix(at.q);
    let velocity = |joint: usize| {
        let deceleration = BRAKING * arm.limits[joint] / mass[(joint, joint)];
        error[joint] * APPROACH.min((2.0 * deceleration / error[joint].abs().max(1e-9)).sqrt())
    };
    let wanted = mass * (Vector2::new(velocity(0), velocity(1)) - at.v) * FOLLOW + arm.bias(at);
    wanted.zip_map(&arm.limits, |torque, limit| torque.clamp(-limit, limit))
}

/// The same turn, within ±π.
fn short_way(angle: f64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    sin.atan2(cos)
}

impl Agent for ReacherComputedTorque {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.sense(observation);
        self.aim.side = if self.predicted_cost(-1.0) < self.predicted_cost(1.0) { -1.0 } else { 1.0 };
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        let torques = torques(&self.arm, self.aim.posture(), self.aim.target(), self.aim.side);
        for (action, &torque) in action.iter_mut().zip(&torques) {
            *action = torque as f32;
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.sense(transition.next_observation);
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &self.aim)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let aim: Aim = seal::unseal(STATE, state)?;
        if !aim.sensed.iter().all(|x| x.is_finite()) || aim.side.abs() != 1.0 {
            return Err(AgentError::State(
                "an observation in it is not finite, or the side of the elbow is not ±1".into(),
            ));
        }
        self.aim = aim;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::{Random, testing::mean_return};

    #[test]
    fn it_reaches_far_better_than_chance() {
        let mut env = make("reacher").unwrap();
        let mut reference = ReacherComputedTorque::new(env.as_ref()).unwrap();
        let mut chance = Random::new(env.spec(), 1).unwrap();
        let reached = mean_return(env.as_mut(), &mut reference, 0..20);
        let random = mean_return(env.as_mut(), &mut chance, 0..20);
        assert!(reached > 0.25 * random, "reference {reached}, random {random}");
    }

    #[test]
    fn the_fingertip_comes_to_rest_on_the_target() {
        let mut env = make("reacher").unwrap();
        let mut agent = ReacherComputedTorque::new(env.as_ref()).unwrap();
        let (mut observation, mut action) = (vec![0.0; 10], vec![0.0; 2]);
        for seed in 0..20 {
            env.reset(seed);
            env.observe(&mut observation);
            agent.begin_episode(&observation, Mode::Evaluate).unwrap();
            let mut last = f64::NAN;
            for _ in 0..100 {
                agent.act(&mut action);
                let step = env.step(&action);
                env.observe(&mut observation);
                agent.sense(&observation);
                last = step.reward;
            }
            assert!(last > -0.01, "seed {seed}: reward of the last step {last}");
        }
    }

    #[test]
    fn another_task_is_refused_with_the_reason() {
        let env = make("cartpole").unwrap();
        let error = ReacherComputedTorque::new(env.as_ref()).unwrap_err().to_string();
        assert!(error.contains("cannot do task 'cartpole': it does not observe 'shoulder_cos'"), "{error}");
    }

    #[test]
    fn a_restored_agent_acts_alike_and_a_bad_observation_changes_nothing() {
        let env = make("reacher").unwrap();
        let mut agent = ReacherComputedTorque::new(env.as_ref()).unwrap();
        agent.begin_episode(&[0.6, 0.8, 1.0, 0.0, -0.3, 0.2, 1.0, -2.0, 0.0, 0.0], Mode::Learn).unwrap();
        let state = agent.save();
        assert!(agent.begin_episode(&[f32::INFINITY; 10], Mode::Learn).is_err());
        assert_eq!(agent.save(), state);
        let mut other = ReacherComputedTorque::new(env.as_ref()).unwrap();
        other.load(&state).unwrap();
        let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
        agent.act(&mut a);
        other.act(&mut b);
        assert_eq!(a, b);
    }
}
