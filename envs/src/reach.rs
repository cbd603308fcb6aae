//! Reach: any robot brings one of its links or sites to a target in space and holds it there.
//!
//! | observation | unit | range | scale |
//! |---|---|---|---|
//! | position of each hinge | rad | limits ± 0.5 | 0.3 |
//! | of each hinge without limits: `_cos` and `_sin` of its angle | 1 | ±1 | 0.3 |
//! | of each slide | m | limits ± 0.1; ±10 without limits | 0.05 |
//! | `_velocity` of each hinge, of each slide | rad/s, m/s | ±100, ±10 | 5, 0.5 |
//! | `effector_x`, `effector_y`, `effector_z`: from the base | m | ± reach | half of the reach |
//! | `target_x`, `target_y`, `target_z`: from the base | m | ± reach | half of the reach |
//! | `error_x`, `error_y`, `error_z`: effector minus target | m | ± 2 · reach | half of the reach |
//!
//! What there is in all, and so the index of each, depends on the robot: the channels are in the order of the rows, and
//! those of joints in the order of the file, all positions first. Values beyond a range are clipped to it.
//! An axis of the world along which the effector cannot move is left out. The base is where the first joint on the way to
//! the effector sits in the world. The reach is the way from there to the effector with all links in a line and all
//! slides at their limits (1 m out for a slide without), and 10 % more.
//!
//! | action | unit | range |
//! |---|---|---|
//! | each motor of the file, in its order: torque (force) | N·m (N) | ± limit |
//! | wanted position, where the motor is a servo | rad (m) | range of the servo |
//!
//! Motors get less than the limit of the file where it would move their joint faster than 20 000 rad/s² (10 000 m/s²):
//! files often say any number. A joint with a motor and without damping gets limit / 100 rad/s (10 m/s).
//!
//! The effector is the site or link of a given name. Otherwise it is the end of the last link: of the hinge with a motor
//! that has the most joints before it, the last such one; where no hinge has a motor, of such a slide. Where a link is
//! meant, its last site is, or without any the point of its shapes that is farthest from its joint.
//!
//! Reward of a step: −d − 0.05 · mean((torque / limit)²), with d the distance from effector to target in m after it. The
//! torque of a servo is the one at the end of the step.
//! Termination: none. Time limit: 150 steps of 20 ms.
//! Start: at rest in the posture of the file (its first keyframe, else all joints at zero or at the limit next to it),
//! hinges uniform within ±0.2 rad of it and slides within ±20 mm. Target: where the effector is if all joints with
//! motors on the way to it are uniform within their limits, or ±π and ±0.5 m without, so that every target can be
//! reached; what may be in the way does not count.
//! Parameters of its own: `target_shift_x`, `target_shift_y`, `target_shift_z`, how far the target of every episode is
//! moved.
//!
//! Version history: 1.

use std::f64::consts::PI;

use nalgebra::Vector3;
use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    any_robot::{
        CONTROL_DT_SECS, PHYSICS_DT_SECS, check, joint_sensors, keep_bearable, mean_effort, observe_joints, refused,
        scatter, tell_apart,
    },
    env::EnvError,
    nearest::hint,
    robot::{JointKind, JointSpec, LinkSpec, RobotSpec, SiteSpec, unit_quaternion},
    robot_env::RobotEnv,
    scene::{Role, Shape},
    streams::stream,
    task::{Design, Outcome, OwnParam, Prop, Sensor, TARGET_SHIFTS, Task},
    world::World,
};

const START_SCATTER: f64 = 0.2;
const EFFORT_COST: f64 = 0.05;
/// Index of the site that is brought to the target: it is moved to the front.
const EFFECTOR: usize = 0;
/// How far a slide without limits goes to either side, in m: where targets are drawn, and for the reach.
const DRAWN_WAY: f64 = 0.5;
const FARTHEST_WAY: f64 = 1.0;
/// Postures from which it is told along which axes the effector moves: by more than so many metres.
const N_POSTURES: u32 = 64;
const SMALLEST_SPREAD: f32 = 1e-4;
/// Factor of the reach: stops give way a little.
const MARGIN: f64 = 1.1;

/// Behaviour of the task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reach {
    /// Target of the episode from the base before it is moved, in m.
    target: [f64; 3],
    /// How far it is moved, in m.
    target_shift: [f64; 3],
    /// Where the first joint on the way to the effector sits, in m.
    base: [f64; 3],
    /// Farthest place of the effector from the base, in m.
    reach: f64,
    /// Along which axes the effector can move.
    moves: [bool; 3],
}

/// The environment for `robot`.
///
/// # Errors
/// If the robot is not physical, has no motors, or has no such effector that a motor moves on a fixed base.
pub fn env(robot: RobotSpec, effector: Option<&str>) -> Result<RobotEnv<Reach>, EnvError> {
    let (task, design) = task(robot, effector)?;
    RobotEnv::new(task, design)
}

/// The task of `robot`, and what of it never changes.
///
/// # Errors
/// As [`env()`].
pub fn task(mut robot: RobotSpec, effector: Option<&str>) -> Result<(Reach, Design), EnvError> {
    check(&robot)?;
    bring_to_front(&mut robot, effector)?;
    let site = &robot.sites[EFFECTOR];
    let way = way_to(&robot, &site.link);
    if !way.iter().any(|&idx| has_motor(&robot, idx)) {
        return Err(refused(&robot, format!("no motor moves '{}', expected at least one", site.name)));
    }
    let first = &robot.links[way[0]];
    if !first.joint.kind.is_axial() {
        let (link, joint) = (&first.name, &first.joint.name);
        let reason = format!("link '{link}' moves freely by joint '{joint}', expected one that is fixed to the world");
        return Err(refused(&robot, reason));
    }
    let base = first.joint.anchor;
    let reach = MARGIN * length(&robot, &way);
    let resting = World::compile(&robot, None, PHYSICS_DT_SECS)?;
    let moves = moves(resting.clone(), &way);
    let radius = (0.03 * reach as f32).clamp(0.005, 0.05);
    let effector_link = *way.last().unwrap_or(&0);
    let props = vec![
        Prop::on_link(
            effector_link,
            "effector",
            Role::Effector,
            Shape::Sphere { radius: 0.8 * radius },
            site.translation.map(|x| x as f32),
        ),
        Prop::fixed("target", Role::Target, Shape::Sphere { radius }, [0.0; 3]),
    ];
    let hand = Some(site.name.clone());
    keep_bearable(&mut robot, &resting, f64::INFINITY);
    let design = Design {
        name: "reach",
        sensors: sensors(&robot, reach as f32, moves),
        physics_dt_secs: PHYSICS_DT_SECS,
        control_dt_secs: CONTROL_DT_SECS,
        time_limit_steps: 150,
        hand,
        props,
        robot,
        ..Design::default()
    };
    Ok((Reach { target: [0.0; 3], target_shift: [0.0; 3], base, reach, moves }, design))
}

fn sensors(robot: &RobotSpec, reach: f32, moves: [bool; 3]) -> Vec<Sensor> {
    let mut sensors = joint_sensors(robot);
    for (name, bound) in [("effector", reach), ("target", reach), ("error", 2.0 * reach)] {
        let along = |axis: &str| Sensor::new(&format!("{name}_{axis}"), "m", [-bound, bound], 0.5 * reach);
        sensors.extend(["x", "y", "z"].into_iter().zip(moves).filter(|(_, moves)| *moves).map(|(axis, _)| along(axis)));
    }
    tell_apart(&mut sensors);
    sensors
}

/// Makes the effector the first site of the robot.
fn bring_to_front(robot: &mut RobotSpec, effector: Option<&str>) -> Result<(), EnvError> {
    let of_link = |link: &str| robot.sites.iter().rposition(|site| site.link == link);
    let (site_idx, link_idx) = match effector {
        Some(name) => match (robot.site_idx(name), robot.link_idx(name)) {
            (Some(site_idx), _) => (Some(site_idx), 0),
            (None, Some(link_idx)) => (of_link(name), link_idx),
            (None, None) => {
                let sites = robot.sites.iter().map(|site| site.name.as_str());
                let known = sites.chain(robot.links.iter().map(|link| link.name.as_str()));
                let reason = format!("effector is '{name}', expected a site or a link of it{}", hint(name, known));
                return Err(refused(robot, reason));
            }
        },
        None => {
            let link_idx = last_link(robot);
            (of_link(&robot.links[link_idx].name), link_idx)
        }
    };
    let site = match site_idx {
        Some(site_idx) => robot.sites.remove(site_idx),
        None => far_end(robot, link_idx),
    };
    robot.sites.insert(EFFECTOR, site);
    Ok(())
}

/// The link with the most joints before it, among those that a hinge with a motor moves, or a slide.
fn last_link(robot: &RobotSpec) -> usize {
    let moved = |kind| {
        let idxs = (0..robot.links.len()).filter(|&idx| has_motor(robot, idx));
        let of_kind = idxs.filter(|&idx| robot.links[idx].joint.kind == kind);
        of_kind.max_by_key(|&idx| way_to(robot, &robot.links[idx].name).len())
    };
    moved(JointKind::Hinge).or_else(|| moved(JointKind::Slide)).unwrap_or_default()
}

fn has_motor(robot: &RobotSpec, joint_idx: usize) -> bool {
    robot.motors.iter().any(|motor| motor.joint == robot.links[joint_idx].joint.name)
}

/// A site at the point of the shapes of a link that is farthest from its joint.
fn far_end(robot: &RobotSpec, link_idx: usize) -> SiteSpec {
    let link = &robot.links[link_idx];
    let ends = link.shapes.iter().flat_map(|spec| {
        let along = match spec.shape {
            Shape::Sphere { .. } => [0.0; 3],
            Shape::Capsule { half_length, .. } | Shape::Cylinder { half_length, .. } => [0.0, 0.0, half_length],
            Shape::Cuboid { half_extents } => {
                let longest = half_extents.into_iter().fold(0.0, f32::max);
                half_extents.map(|extent| if extent == longest { extent } else { 0.0 })
            }
        };
        let along = unit_quaternion(spec.rotation) * Vector3::from(along.map(f64::from));
        [1.0, -1.0].map(|sign| [0, 1, 2].map(|k| spec.translation[k] + sign * along[k]))
    });
    let translation = ends.max_by(|a, b| norm(a).total_cmp(&norm(b))).unwrap_or_default();
    let mut name = "effector".to_owned();
    while robot.site_idx(&name).is_some() {
        name.push('\'');
    }
    SiteSpec { name, link: link.name.clone(), translation, rotation: [0.0, 0.0, 0.0, 1.0] }
}

fn norm(vector: &[f64; 3]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Indices of the links from the world to `link`.
fn way_to(robot: &RobotSpec, link: &str) -> Vec<usize> {
    let mut way = Vec::new();
    let mut next = robot.link_idx(link);
    while let Some(idx) = next {
        way.push(idx);
        next = robot.parent_idx(idx);
    }
    way.reverse();
    way
}

/// Length of the links on the `way` from its first joint to the effector, in a line, in m.
fn length(robot: &RobotSpec, way: &[usize]) -> f64 {
    let links = way.iter().map(|&idx| &robot.links[idx]);
    let slides = links.clone().map(|LinkSpec { joint, .. }| match (joint.kind, joint.limits) {
        (JointKind::Slide, Some([low, high])) => low.abs().max(high.abs()),
        (JointKind::Slide, None) => FARTHEST_WAY,
        _ => 0.0,
    });
    let anchors = links.skip(1).map(|link| norm(&link.joint.anchor));
    // A robot that only turns about its effector still has a target of some size.
    (slides.chain(anchors).sum::<f64>() + norm(&robot.sites[EFFECTOR].translation)).max(0.01)
}

/// Along which axes the effector moves at all when the joints on the way to it do.
fn moves(mut posed: World, way: &[usize]) -> [bool; 3] {
    let robot = posed.robot().clone();
    let still = vec![0.0; robot.n_velocities()];
    let mut rng = stream(0, "moves");
    let places: Vec<_> = (0..N_POSTURES)
        .map(|_| {
            posed.set_joints(&somewhere(&robot, way, &robot.rest_positions(), &mut rng), &still);
            posed.site_pose(EFFECTOR).translation
        })
        .collect();
    let spread = |axis: usize| {
        let along = places.iter().map(|place| place[axis]);
        along.clone().fold(f32::MIN, f32::max) - along.fold(f32::MAX, f32::min)
    };
    [0, 1, 2].map(|axis| spread(axis) > SMALLEST_SPREAD)
}

/// A posture in which the joints with motors on the `way` are anywhere within their limits, the others as in `positions`.
fn somewhere(robot: &RobotSpec, way: &[usize], positions: &[f64], rng: &mut Pcg64) -> Vec<f64> {
    let mut there = positions.to_vec();
    for &idx in way.iter().filter(|&&idx| has_motor(robot, idx)) {
        there[robot.position_range(idx).start] = drawn(&robot.links[idx].joint, rng);
    }
    there
}

/// A random position within the limits of a joint.
fn drawn(joint: &JointSpec, rng: &mut Pcg64) -> f64 {
    let otherwise = if joint.kind == JointKind::Slide { DRAWN_WAY } else { PI };
    let [low, high] = joint.limits.unwrap_or([-otherwise, otherwise]);
    rng.random_range(low..=high)
}

impl Reach {
    /// Target of the episode from the base, in m.
    #[must_use]
    pub fn target_from_base(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| self.target[axis] + self.target_shift[axis])
    }

    /// The effector from the base, in m.
    fn effector(&self, world: &World) -> [f64; 3] {
        let place = world.site_pose(EFFECTOR).translation;
        [0, 1, 2].map(|axis| f64::from(place[axis]) - self.base[axis])
    }

    /// From the target to the effector, in m.
    fn error(&self, world: &World) -> [f64; 3] {
        let (effector, target) = (self.effector(world), self.target_from_base());
        [0, 1, 2].map(|axis| effector[axis] - target[axis])
    }
}

impl Task for Reach {
    fn start(&mut self, body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        let robot = body.robot();
        let there = somewhere(robot, &way_to(robot, &robot.sites[EFFECTOR].link), positions, rng);
        let mut posed = body.clone();
        posed.set_joints(&there, &vec![0.0; robot.n_velocities()]);
        self.target = self.effector(&posed);
        scatter(robot, START_SCATTER, positions, rng);
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let mut out = observe_joints(world, out).iter_mut();
        let readings = [self.effector(world), self.target_from_base(), self.error(world)];
        for (readings, bound) in readings.into_iter().zip([self.reach, self.reach, 2.0 * self.reach]) {
            let seen = readings.into_iter().zip(self.moves).filter(|(_, moves)| *moves);
            seen.zip(&mut out).for_each(|((reading, _), out)| *out = reading.clamp(-bound, bound) as f32);
        }
    }

    fn evaluate(&mut self, world: &World, command: &[f32], _design: &Design) -> Outcome {
        let distance = norm(&self.error(world));
        Outcome { reward: -distance - EFFORT_COST * mean_effort(world, command), terminated: false }
    }

    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        let target = self.target_from_base();
        Some([0, 1, 2].map(|axis| (target[axis] + self.base[axis]) as f32))
    }

    fn own_params() -> Vec<OwnParam> {
        TARGET_SHIFTS.to_vec()
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        self.target_shift[own_idx] = value;
    }

    fn is_valid(&self) -> bool {
        let places = [self.target, self.target_shift, self.base];
        places.as_flattened().iter().all(|x| x.is_finite()) && self.reach.is_finite() && self.reach > 0.0
    }
}
