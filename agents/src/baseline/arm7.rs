//! The reference on the tasks of the seven-joint arm: where its gripper shall go, and operational-space control to get it
//! there.
//!
//! On `arm-reach` it goes to the target.
//! On `arm-push` it goes over the table to the far side of the puck as the goal sees it, down, and then through the puck
//! towards the goal; where it has slipped off the line of push it starts over.
//! What it does depends on what it sees now alone.

use mesolimb_envs::{Env, EnvSpec, arm_push, arm7::SHOULDER_HEIGHT, robot::dynamics::Motion};
use nalgebra::{SVector, Vector2, Vector3};

use super::{
    observation_idxs,
    operational_space::{Goal, N, OperationalSpace},
    seal, unsuited,
};
use crate::agent::{Agent, AgentError, Mode, Transition, check_finite};

const NAME: &str = "arm7-computed-torque";
const STATE: &str = "arm7-computed-torque/1";
const JOINTS: [&str; N] =
    ["shoulder_yaw", "shoulder_pitch", "shoulder_roll", "elbow", "forearm_roll", "wrist", "hand_roll"];
const VELOCITIES: [&str; N] = [
    "shoulder_yaw_velocity",
    "shoulder_pitch_velocity",
    "shoulder_roll_velocity",
    "elbow_velocity",
    "forearm_roll_velocity",
    "wrist_velocity",
    "hand_roll_velocity",
];

/// Deceleration that a reach is planned with, in m/s².
const BRAKING: f64 = 6.0;
/// Largest velocity of a reach, in m/s.
const REACH_SPEED: f64 = 2.0;
/// Largest velocity of a push, in m/s.
const PUSH_SPEED: f64 = 0.25;
/// Height of the tip above the table while it pushes and while it travels, in m.
const PUSH_HEIGHT: f64 = 0.02;
const TRAVEL_HEIGHT: f64 = 0.09;
/// Distance from the middle of the puck at which the tip comes down behind it, in m.
const BEHIND: f64 = 0.095;
/// Distance from the line of push beyond which a push is given up, in m.
const ASTRAY: f64 = 0.03;

/// Reaches or pushes with the nominal arm. It learns nothing.
#[derive(Debug)]
pub struct Arm7ComputedTorque {
    spec: EnvSpec,
    arm: OperationalSpace,
    positions: [usize; N],
    velocities: [usize; N],
    plan: Plan,
    /// The observation.
    sensed: Vec<f32>,
}

/// What it is to do, and where it finds what it needs for that in the observation.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Reach { target: [usize; 3] },
    Push { puck: [usize; 2], goal: [usize; 2] },
}

impl Arm7ComputedTorque {
    /// For the robot of `env` as it was compiled.
    ///
    /// # Errors
    /// If this is neither a task to reach nor one to push for an arm of seven joints.
    pub fn new(env: &dyn Env) -> Result<Self, AgentError> {
        let spec = env.spec();
        let idxs = |names| observation_idxs(NAME, spec, names);
        let plan = if spec.observations.iter().any(|channel| channel.name == "puck_x") {
            let [puck_x, puck_y, x, y] = observation_idxs(NAME, spec, ["puck_x", "puck_y", "target_x", "target_y"])?;
            Plan::Push { puck: [puck_x, puck_y], goal: [x, y] }
        } else {
            Plan::Reach { target: observation_idxs(NAME, spec, ["target_x", "target_y", "target_z"])? }
        };
        Ok(Self {
            positions: idxs(JOINTS)?,
            velocities: idxs(VELOCITIES)?,
            plan,
            arm: OperationalSpace::of(env.robot()).map_err(|error| unsuited(NAME, spec, error.to_string()))?,
            sensed: vec![0.0; spec.observations.len()],
            spec: spec.clone(),
        })
    }

    fn read<const K: usize>(&self, idxs: [usize; K]) -> SVector<f64, K> {
        SVector::from(idxs.map(|idx| f64::from(self.sensed[idx])))
    }

    fn motion(&self) -> Motion<N> {
        Motion { q: self.read(self.positions), v: self.read(self.velocities) }
    }

    fn goal(&self, motion: &Motion<N>) -> Goal {
        let still = |position, max_speed| Goal {
            position,
            velocity: Vector3::zeros(),
            acceleration: Vector3::zeros(),
            braking: BRAKING,
            max_speed,
        };
        match self.plan {
            Plan::Reach { target } => still(self.read(target) + Vector3::z() * SHOULDER_HEIGHT, REACH_SPEED),
            Plan::Push { puck, goal } => {
                let (position, speed) = way_to_push(self.arm.position(motion), self.read(puck), self.read(goal));
                still(position, speed)
            }
        }
    }
}

/// Where the tip, now at `tip`, shall go to push the puck to its goal, and how fast.
fn way_to_push(tip: Vector3<f64>, puck: Vector2<f64>, goal: Vector2<f64>) -> (Vector3<f64>, f64) {
    let at = |place: Vector2<f64>, height: f64| Vector3::new(place.x, place.y, arm_push::TABLE_HEIGHT + height);
    let way = goal - puck;
    let direction = way / way.norm().max(1e-6);
    let from_puck = tip.xy() - puck;
    let along = from_puck.dot(&direction);
    let aside = (from_puck - direction * along).norm();
    let start = puck - direction * BEHIND;
    let height = tip.z - arm_push::TABLE_HEIGHT;
    if way.norm() < 0.01 {
        return (at(tip.xy(), height), PUSH_SPEED);
    }
    if along < -0.5 * arm_push::PUCK_RADIUS && aside < ASTRAY {
        if height > PUSH_HEIGHT + 0.02 {
            return (at(start, PUSH_HEIGHT), REACH_SPEED);
        }
        // Through the puck, as slowly as it comes to rest at the goal.
        return (at(puck + direction * 0.05, PUSH_HEIGHT), PUSH_SPEED.min(2.0 * way.norm() + 0.05));
    }
    if height < TRAVEL_HEIGHT - 0.02 && (tip.xy() - start).norm() > ASTRAY {
        return (at(tip.xy(), TRAVEL_HEIGHT + 0.02), REACH_SPEED);
    }
    (at(start, TRAVEL_HEIGHT), REACH_SPEED)
}

impl Agent for Arm7ComputedTorque {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.sensed.copy_from_slice(observation);
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        let motion = self.motion();
        let torques = self.arm.torques(&motion, &self.goal(&motion));
        for (action, &torque) in action.iter_mut().zip(&torques) {
            *action = torque as f32;
        }
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.sensed.copy_from_slice(transition.next_observation);
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &self.sensed)
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let sensed: Vec<f32> = seal::unseal(STATE, state)?;
        if sensed.len() != self.sensed.len() || !sensed.iter().all(|x| x.is_finite()) {
            return Err(AgentError::State("the observation in it is of another length, or not finite".into()));
        }
        self.sensed = sensed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stdout, reason = "`--nocapture` shows the scores, to quote them")]

    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::Random;

    /// Mean return over `n` episodes, and the final distance to the goal in each.
    fn play(task: &str, agent: &mut dyn Agent, errors: &[&str], n: u64) -> (f64, Vec<f64>) {
        let mut env = make(task).unwrap();
        let (mut observation, mut action) = (vec![0.0; env.spec().observations.len()], vec![0.0; N]);
        let channels = env.spec().observations.clone();
        let (mut total, mut finals) = (0.0, Vec::new());
        for seed in 0..n {
            env.reset(seed);
            env.observe(&mut observation);
            agent.begin_episode(&observation, Mode::Evaluate).unwrap();
            loop {
                agent.act(&mut action);
                let step = env.step(&action);
                env.observe(&mut observation);
                let (reward, terminated, truncated) = (step.reward, step.terminated, step.truncated);
                agent.learn(&Transition { reward, next_observation: &observation, terminated, truncated }).unwrap();
                total += reward;
                if step.ended() {
                    break;
                }
            }
            let is_error = |name: &str| errors.contains(&name);
            let error = channels.iter().zip(&observation).filter(|(channel, _)| is_error(&channel.name));
            finals.push(error.map(|(_, x)| f64::from(*x).powi(2)).sum::<f64>().sqrt());
        }
        (total / n as f64, finals)
    }

    fn compare(task: &str, errors: &[&str], n: u64) -> [(f64, Vec<f64>); 2] {
        let env = make(task).unwrap();
        let reference = play(task, &mut Arm7ComputedTorque::new(&*env).unwrap(), errors, n);
        [reference, play(task, &mut Random::new(env.spec(), 1).unwrap(), errors, n)]
    }

    #[test]
    fn it_reaches_every_target() {
        let [(score, finals), (by_chance, _)] = compare("arm-reach", &["error_x", "error_y", "error_z"], 100);
        let worst = finals.iter().copied().fold(0.0, f64::max);
        println!(
            "arm-reach: return {score:.1}, by chance {by_chance:.1}; at the end at most {:.1} mm off",
            1e3 * worst
        );
        assert!(worst < 0.01, "{worst} m off");
        assert!(score > 0.25 * by_chance, "reference {score}, chance {by_chance}");
    }

    #[test]
    fn it_pushes_the_puck_to_the_goal() {
        let [(score, finals), (by_chance, of_chance)] = compare("arm-push", &["error_x", "error_y"], 100);
        let near = |finals: &[f64]| finals.iter().filter(|&&error| error < arm_push::AT_GOAL).count();
        let (reached, reached_by_chance) = (near(&finals), near(&of_chance));
        println!(
            "arm-push: at the goal {reached} of 100, by chance {reached_by_chance}; return {score:.1}, {by_chance:.1}"
        );
        assert!(reached >= 90 && reached_by_chance <= 10, "{reached}, by chance {reached_by_chance}");
    }

    #[test]
    fn another_task_is_refused_with_the_reason() {
        let env = make("reacher").unwrap();
        let error = Arm7ComputedTorque::new(&*env).unwrap_err().to_string();
        assert!(error.contains("cannot do task 'reacher': it does not observe 'target_z'"), "{error}");
    }

    #[test]
    fn a_restored_agent_acts_alike_and_a_bad_observation_changes_nothing() {
        let env = make("arm-reach").unwrap();
        let mut agent = Arm7ComputedTorque::new(&*env).unwrap();
        let mut observation = vec![0.0; env.spec().observations.len()];
        env.observe(&mut observation);
        agent.begin_episode(&observation, Mode::Learn).unwrap();
        let state = agent.save();
        observation[3] = f32::NAN;
        assert!(agent.begin_episode(&observation, Mode::Learn).is_err());
        assert_eq!(agent.save(), state);
        let mut other = Arm7ComputedTorque::new(&*env).unwrap();
        other.load(&state).unwrap();
        let (mut a, mut b) = ([0.0; N], [0.0; N]);
        agent.act(&mut a);
        other.act(&mut b);
        assert_eq!(a, b);
        let push = make("arm-push").unwrap();
        assert!(Arm7ComputedTorque::new(&*push).unwrap().load(&state).is_err());
    }
}
