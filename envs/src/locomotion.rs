//! What the running tasks have in common: run forward on joint torques, as Gymnasium's locomotion tasks define it.
//!
//! Observation: the posture without where the robot is along the track, then all velocities, clipped to the ranges of
//! the task. Reward of a step: `forward_weight` · way along x / time + healthy reward − cost · Σ (torque / limit)².
//! An episode ends where the robot is not healthy any more.

use std::marker::PhantomData;

use rand::RngExt;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    assets,
    env::EnvError,
    robot::{JointKind, RobotSpec},
    robot_env::RobotEnv,
    task::{Design, Outcome, OwnParam, Sensor, Task, effort},
    world::{Floor, World},
};

/// No root is ever higher, in m.
const MAX_HEIGHT: f32 = 5.0;

/// What makes a running task.
pub trait Gait: Clone + Send + Serialize + DeserializeOwned {
    /// Name of the task and of its robot.
    const NAME: &'static str;
    /// Physics step, in seconds.
    const PHYSICS_DT_SECS: f64;
    /// Control step, in seconds.
    const CONTROL_DT_SECS: f64;
    /// Coefficient of sliding friction of the floor.
    const FLOOR_FRICTION: f64;
    /// Factor of the squared commands in the reward.
    const CONTROL_COST: f64;
    /// Reward of each step in which the robot is healthy.
    const HEALTHY_REWARD: f64;
    /// Heights of the root between which it is healthy, in m.
    const HEALTHY_HEIGHTS: [f64; 2];
    /// Largest tilt of the root with which it is healthy, in rad.
    const HEALTHY_TILT: f64;
    /// How starts scatter.
    const SCATTER: Scatter;
    /// Largest velocity that is observed, in rad/s and m/s.
    const MAX_VELOCITY: f32;
    /// First links of the legs that can be taken off.
    const LEGS: &'static [&'static str] = &[];
    /// Links whose contact forces are observed, up to 1 N each.
    const FEET: &'static [&'static str] = &[];
    /// Value of the root's height that is observed as zero, in m.
    const ZERO_HEIGHT: f64 = 0.0;
}

/// How the start of an episode scatters about the posture of rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scatter {
    /// Positions: uniform within this, in rad and m.
    pub positions: f64,
    /// Velocities: uniform within this if `normal_velocities` is not set, in rad/s and m/s.
    pub velocities: f64,
    /// Velocities are normal with this standard deviation instead.
    pub normal_velocities: bool,
}

/// A running task.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Locomotion<G> {
    /// Where the root was along the track at the end of the last step, in m.
    x: f64,
    forward_weight: f64,
    gait: PhantomData<G>,
}

impl<G> Default for Locomotion<G> {
    fn default() -> Self {
        Self { x: 0.0, forward_weight: 1.0, gait: PhantomData }
    }
}

impl<G: Gait> Task for Locomotion<G> {
    fn start(&mut self, _body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64) {
        let Scatter { positions: reach, velocities: speed, normal_velocities } = G::SCATTER;
        for position in positions.iter_mut() {
            *position += rng.random_range(-reach..=reach);
        }
        for velocity in velocities {
            *velocity = if normal_velocities {
                speed * rng.sample::<f64, _>(StandardNormal)
            } else {
                rng.random_range(-speed..=speed)
            };
        }
        self.x = positions[0];
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let mut out = out.iter_mut();
        let mut write = |value: f64| out.by_ref().take(1).for_each(|out| *out = value as f32);
        let root = world.link_pose(0);
        write(world.height(0) - G::ZERO_HEIGHT);
        let is_free = world.robot().links[0].joint.kind == JointKind::Free;
        if is_free {
            let [x, y, z, w] = root.rotation;
            [w, x, y, z].into_iter().for_each(|part| write(part.into()));
        } else {
            write(world.planar_position()[2]);
        }
        let joints = || (1..world.robot().links.len()).filter(|&idx| world.robot().links[idx].joint.kind.is_axial());
        joints().for_each(|idx| write(world.joint_position(idx)));
        let clip = |velocity: f64| velocity.clamp(-f64::from(G::MAX_VELOCITY), f64::from(G::MAX_VELOCITY));
        let (linear, angular) = world.link_velocity(0);
        if is_free {
            let turned_back = world.into_link(0, angular);
            linear.into_iter().chain(turned_back).for_each(|velocity| write(clip(velocity.into())));
        } else {
            [linear[0], linear[2], angular[1]].into_iter().for_each(|velocity| write(clip(velocity.into())));
        }
        joints().for_each(|idx| write(clip(world.joint_velocity(idx))));
        for foot in G::FEET {
            let force = world.robot().link_idx(foot).map_or([0.0; 3], |idx| world.contact_force(idx));
            write(f64::from(force.map(|f| f * f).iter().sum::<f32>().sqrt().min(1.0)));
        }
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let x = f64::from(world.link_pose(0).translation[0]);
        let forward = (x - self.x) / design.control_dt_secs;
        self.x = x;
        let [low, high] = G::HEALTHY_HEIGHTS;
        let is_healthy = (low..=high).contains(&world.height(0)) && world.tilt(0) <= G::HEALTHY_TILT;
        let healthy = if is_healthy { G::HEALTHY_REWARD } else { 0.0 };
        let reward = self.forward_weight * forward + healthy - G::CONTROL_COST * effort(command, &design.robot);
        Outcome { reward, terminated: !is_healthy }
    }

    fn own_params() -> Vec<OwnParam> {
        vec![OwnParam::new("forward_weight", "1", [-1.0, 2.0], 1.0)]
    }

    fn set_own_param(&mut self, _own_idx: usize, value: f64) {
        self.forward_weight = value;
    }

    fn is_valid(&self) -> bool {
        self.x.is_finite() && self.forward_weight.is_finite()
    }
}

/// The environment.
///
/// # Errors
/// If the robot has no motor, or the clocks do not fit.
pub fn env<G: Gait>() -> Result<RobotEnv<Locomotion<G>>, EnvError> {
    RobotEnv::new(Locomotion::default(), design::<G>())
}

/// The task as it never changes.
#[must_use]
pub fn design<G: Gait>() -> Design {
    let robot = assets::robot(G::NAME);
    Design {
        name: G::NAME,
        sensors: sensors::<G>(&robot),
        robot,
        physics_dt_secs: G::PHYSICS_DT_SECS,
        control_dt_secs: G::CONTROL_DT_SECS,
        time_limit_steps: 1000,
        alive_bonus: G::HEALTHY_REWARD,
        floor: Some(Floor { friction: G::FLOOR_FRICTION }),
        legs: G::LEGS.iter().map(|leg| (*leg).to_owned()).collect(),
        ..Design::default()
    }
}

/// What a running task observes of `robot`, in the order of [`Locomotion`].
fn sensors<G: Gait>(robot: &RobotSpec) -> Vec<Sensor> {
    let zero = G::ZERO_HEIGHT as f32;
    let mut sensors = vec![Sensor::new("height", "m", [-zero, MAX_HEIGHT - zero], 0.2)];
    let is_free = robot.links[0].joint.kind == JointKind::Free;
    if is_free {
        let part = |name: &str| Sensor::new(&format!("orientation_{name}"), "1", [-1.01, 1.01], 0.3);
        sensors.extend(["w", "x", "y", "z"].map(part));
    } else {
        sensors.push(Sensor::new("pitch", "rad", [-1e3, 1e3], 0.3));
    }
    let joints = || robot.links[1..].iter().map(|link| &link.joint).filter(|joint| joint.kind.is_axial());
    sensors.extend(joints().map(|joint| {
        let [low, high] = joint.limits.unwrap_or([-100.0, 100.0]).map(|limit| limit as f32);
        // Stops give way a little.
        let slack = 1.0;
        Sensor::new(&joint.name, "rad", [low - slack, high + slack], 0.5)
    }));
    let speed = |name: &str, unit: &str| Sensor::new(name, unit, [-G::MAX_VELOCITY, G::MAX_VELOCITY], 2.0);
    if is_free {
        sensors.extend(["velocity_x", "velocity_y", "velocity_z"].map(|name| speed(name, "m/s")));
        sensors.extend(["roll_rate", "pitch_rate", "yaw_rate"].map(|name| speed(name, "rad/s")));
    } else {
        sensors.extend([speed("velocity_x", "m/s"), speed("velocity_z", "m/s"), speed("pitch_rate", "rad/s")]);
    }
    sensors.extend(joints().map(|joint| speed(&format!("{}_velocity", joint.name), "rad/s")));
    sensors.extend(G::FEET.iter().map(|foot| Sensor::new(&format!("{foot}_contact"), "N", [0.0, 1.0], 1.0)));
    sensors
}
