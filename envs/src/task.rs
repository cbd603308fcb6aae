//! What makes a task of a robot: what is observed, rewarded and ended, and how an episode starts.

use rand_pcg::Pcg64;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    env::Channel,
    robot::RobotSpec,
    scene::{Role, SceneItem},
    world::{Clock, Contacts, Floor, World},
};

/// The behaviour of a task; [`RobotEnv`](crate::RobotEnv) does the rest. Its fields are what lasts within an episode.
pub trait Task: Clone + Send + Serialize + DeserializeOwned {
    /// Starts an episode: writes the positions (rad, m) and velocities (rad/s, m/s) of all joints, ordered as the
    /// description of the robot does. They hold the posture to start from, at rest, before. `body` is the robot in the
    /// unchanged world, to be copied and posed.
    fn start(&mut self, body: &World, positions: &mut [f64], velocities: &mut [f64], rng: &mut Pcg64);

    /// Writes the true readings: one for each sensor of the design.
    fn observe(&self, world: &World, out: &mut [f32]);

    /// Judges the world that `command` led to, one clipped value for each motor, and goes on to what comes next in the
    /// episode. It is called once a control step, before the readings of that step.
    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome;

    /// World position of the `target_idx`-th of the props that are drawn as [`Role::Target`] and do not move with a link,
    /// in metres; it keeps its place if absent.
    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        None
    }

    /// Parameters of the task itself, such as where its goal is.
    fn own_params() -> Vec<OwnParam> {
        Vec::new()
    }

    /// Gives one of them another value.
    fn set_own_param(&mut self, _own_idx: usize, _value: f64) {}

    /// Whether this is a possible state of the task; a state that was saved is refused otherwise.
    fn is_valid(&self) -> bool {
        true
    }
}

/// A parameter of a task that is not one of its robot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnParam {
    /// Name.
    pub name: &'static str,
    /// Unit in SI notation; `1` where there is none.
    pub unit: &'static str,
    /// Smallest and largest value.
    pub range: [f64; 2],
    /// Value in the unchanged task.
    pub nominal: f64,
    /// Only whole numbers are allowed, as for the choice between two rules.
    pub whole: bool,
}

impl OwnParam {
    /// A parameter with any value of its range.
    #[must_use]
    pub const fn new(name: &'static str, unit: &'static str, range: [f64; 2], nominal: f64) -> Self {
        Self { name, unit, range, nominal, whole: false }
    }

    /// A parameter that takes whole numbers only.
    #[must_use]
    pub const fn whole(name: &'static str, range: [f64; 2], nominal: f64) -> Self {
        Self { whole: true, ..Self::new(name, "1", range, nominal) }
    }
}

/// By how much the cursor that stands for the hand is turned about the shoulder against it: a visuomotor rotation.
pub(crate) const CURSOR_ROTATION: OwnParam =
    OwnParam::new("cursor_rotation", "rad", [-std::f64::consts::PI, std::f64::consts::PI], 0.0);

/// How far a target is moved along each axis of the world.
pub(crate) const TARGET_SHIFTS: [OwnParam; 3] =
    [target_shift("target_shift_x"), target_shift("target_shift_y"), target_shift("target_shift_z")];

const fn target_shift(name: &'static str) -> OwnParam {
    OwnParam::new(name, "m", [-0.3, 0.3], 0.0)
}

/// What a control step was worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Reward of the step.
    pub reward: f64,
    /// Whether the task is over by its own rule.
    pub terminated: bool,
}

/// An angle within (−π, π].
#[must_use]
pub fn wrapped(angle: f64) -> f64 {
    use std::f64::consts::PI;
    PI - (PI - angle).rem_euclid(2.0 * PI)
}

/// A horizontal point or vector turned to the left by `angle`, in rad.
#[must_use]
pub(crate) fn turned([x, y]: [f32; 2], angle: f64) -> [f64; 2] {
    let ((sin, cos), x, y) = (angle.sin_cos(), f64::from(x), f64::from(y));
    [cos * x - sin * y, sin * x + cos * y]
}

/// What the motors are commanded, as shares of their ranges: the sum of the squares, at most 1 for each motor.
#[must_use]
pub(crate) fn effort(command: &[f32], robot: &RobotSpec) -> f64 {
    command.iter().zip(&robot.motors).map(|(&command, motor)| motor.share(command.into()).powi(2)).sum()
}

/// The mean of the squares instead of their sum.
#[must_use]
pub(crate) fn mean_effort(command: &[f32], robot: &RobotSpec) -> f64 {
    effort(command, robot) / robot.motors.len() as f64
}

/// Everything about a task that never changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    /// Name in the registry.
    pub name: &'static str,
    /// The robot.
    pub robot: RobotSpec,
    /// What is observed, in order.
    pub sensors: Vec<Sensor>,
    /// Physics step, in seconds.
    pub physics_dt_secs: f64,
    /// How contacts and stops push.
    pub contacts: Contacts,
    /// Control step, in seconds: a whole multiple of the physics step.
    pub control_dt_secs: f64,
    /// Control steps after which an episode is truncated.
    pub time_limit_steps: u32,
    /// Reward of every step for being alive, which is had by standing still, too.
    pub alive_bonus: f64,
    /// What it stands on, if it touches the ground.
    pub floor: Option<Floor>,
    /// Whether all motion is horizontal, so that gravity is not worth offering as a parameter.
    pub is_horizontal: bool,
    /// Name of the first link of each leg: what can be taken off.
    pub legs: Vec<String>,
    /// Name of the site at which forces on the hand act.
    pub hand: Option<String>,
    /// What is drawn besides the links.
    pub props: Vec<Prop>,
}

impl Design {
    /// The clock of the physics.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock { dt_secs: self.physics_dt_secs, contacts: self.contacts }
    }
}

/// An observation channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Name, unit and range; the range holds in the unchanged world and without sensor noise.
    pub channel: Channel,
    /// Typical size of the values, in their unit. `observation_noise` is a fraction of it.
    pub scale: f32,
}

/// Something drawn that is not the shape of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Prop {
    /// What it looks like; its pose is relative to what it is fixed to.
    pub item: SceneItem,
    /// Index of the link that it moves with; the world if absent.
    pub link: Option<usize>,
}

impl Sensor {
    /// A sensor with values from `low` to `high`.
    #[must_use]
    pub fn new(name: &str, unit: &str, [low, high]: [f32; 2], scale: f32) -> Self {
        Self { channel: Channel { name: name.to_owned(), unit: unit.to_owned(), low, high }, scale }
    }
}

impl Prop {
    /// A prop that keeps its place in the world.
    #[must_use]
    pub fn fixed(name: &str, role: Role, shape: crate::scene::Shape, world_translation: [f32; 3]) -> Self {
        let item =
            SceneItem { name: name.to_owned(), role, shape, world_translation, world_rotation: [0.0, 0.0, 0.0, 1.0] };
        Self { item, link: None }
    }

    /// A prop at a point of a link, turning with it.
    #[must_use]
    pub fn on_link(link_idx: usize, name: &str, role: Role, shape: crate::scene::Shape, point: [f32; 3]) -> Self {
        Self { link: Some(link_idx), ..Self::fixed(name, role, shape, point) }
    }

    /// Turns the prop; `rotation` is a unit quaternion `x, y, z, w`.
    #[must_use]
    pub fn turned(mut self, rotation: [f32; 4]) -> Self {
        self.item.world_rotation = rotation;
        self
    }
}
