//! The arm of seven joints follows circles.

use anyhow::bail;
use mesolimb_agents::baseline::operational_space::{Circle, OperationalSpace};
use mesolimb_envs::{Env, RobotEnv, Scene, arm_reach, arm_reach::ArmReach, arm7::N_JOINTS, robot::dynamics::Motion};
use nalgebra::{SVector, Vector3};

use super::{bounds, scene, steps};
use crate::{
    palette,
    plot::{BLUE, Curve, GREEN, ORANGE},
    render::Layer,
};

/// Circles, with the colours of their errors.
const CIRCLES: [(Circle, (u8, u8, u8)); 3] = [
    (Circle { radius: 0.1, period_secs: 4.0 }, BLUE),
    (Circle { radius: 0.15, period_secs: 3.0 }, GREEN),
    (Circle { radius: 0.15, period_secs: 2.0 }, ORANGE),
];
/// The circle that is drawn, with so many dots and so many poses of the arm.
const DRAWN: usize = 1;
const N_DOTS: u8 = 48;
const N_POSES: usize = 4;
/// Postures to start from.
pub const SEEDS: u64 = 10;
/// Time to come to the circle, and rounds on it.
pub const APPROACH_SECS: f64 = 2.0;
pub const ROUNDS: f64 = 2.0;

/// What was measured on a circle.
pub struct Track {
    /// The circle.
    pub circle: Circle,
    colour: (u8, u8, u8),
    dt_secs: f64,
    /// From each posture.
    ways: Vec<Way>,
}

/// From one posture: where the gripper was after each control step and how far from its goal, in m.
#[derive(Default)]
struct Way {
    gripper: Vec<[f32; 3]>,
    errors: Vec<f64>,
    /// The arm at times of the last round.
    poses: Vec<Scene>,
}

/// Measures every circle.
///
/// # Errors
/// If the physics breaks.
pub fn measure() -> anyhow::Result<Vec<Track>> {
    let mut env = arm_reach::env()?;
    let controller = OperationalSpace::of(env.robot())?;
    let tracks = CIRCLES.into_iter().map(|(circle, colour)| {
        let ways = (0..SEEDS).map(|seed| Way::along(circle, seed, &controller, &mut env)).collect::<Result<_, _>>()?;
        Ok(Track { circle, colour, dt_secs: env.spec().control_dt_secs, ways })
    });
    tracks.collect()
}

/// The arm on one of the circles: the wanted one as dots, what became of it as a line.
pub fn layers(tracks: &[Track]) -> Vec<Layer> {
    let Track { circle, ways, .. } = &tracks[DRAWN];
    let Way { gripper, poses, .. } = &ways[0];
    let [earlier @ .., last] = &poses[..] else { return Vec::new() };
    let time_secs = |dot| circle.period_secs * f64::from(dot) / f64::from(N_DOTS);
    let dots = (0..N_DOTS).map(|dot| circle.goal(time_secs(dot)).position.map(|x| x as f32).into());
    let marks = [
        Layer::dots(&dots.collect::<Vec<_>>(), 0.006, palette::TARGET),
        Layer::path(gripper, 0.003, palette::EFFECTOR),
    ];
    let ghosts = earlier.iter().map(|pose| Layer::ghost(pose, 0.45));
    std::iter::once(Layer::pose(last)).chain(ghosts).chain(marks).collect()
}

impl Track {
    /// Mean and largest distance from the goal after the approach, in m.
    pub fn mean_and_worst(&self) -> [f64; 2] {
        let n_approach = (APPROACH_SECS / self.dt_secs).round() as usize;
        let errors: Vec<f64> = self.ways.iter().flat_map(|way| &way.errors[n_approach..]).copied().collect();
        [errors.iter().sum::<f64>() / errors.len() as f64, errors.into_iter().fold(0.0, f64::max)]
    }

    /// The distance over time after the approach, in s and mm: mean, smallest and largest of all postures.
    pub fn curve(&self) -> Curve {
        let n_steps = self.ways.iter().map(|way| way.errors.len()).min().unwrap_or(0);
        let points = (0..n_steps).map(|step| {
            let errors = || self.ways.iter().map(|way| 1e3 * way.errors[step]);
            let [low, high] = bounds(errors());
            ((step + 1) as f64 * self.dt_secs, low, errors().sum::<f64>() / self.ways.len() as f64, high)
        });
        Curve {
            label: format!("radius {} m, {} s a round", self.circle.radius, self.circle.period_secs),
            colour: self.colour,
            points: points.filter(|point| point.0 > APPROACH_SECS).collect(),
        }
    }
}

impl Way {
    fn along(
        circle: Circle,
        seed: u64,
        controller: &OperationalSpace,
        env: &mut RobotEnv<ArmReach>,
    ) -> anyhow::Result<Self> {
        env.reset(seed);
        let dt_secs = env.spec().control_dt_secs;
        let n_steps = steps(APPROACH_SECS + ROUNDS * circle.period_secs, env);
        let n_round = steps(circle.period_secs, env);
        let mut way = Self::default();
        for step in 1..=n_steps {
            let torques = controller.torques(&motion(env), &circle.goal((step - 1) as f64 * dt_secs));
            let action: Vec<f32> = torques.iter().map(|&torque| torque as f32).collect();
            if let Some(fault) = env.step(&action).fault {
                bail!("the physics of the arm broke: {fault:?}");
            }
            let gripper = env.world().site_pose(0).translation;
            let goal = circle.goal(step as f64 * dt_secs).position;
            way.errors.push((Vector3::from(gripper.map(f64::from)) - goal).norm());
            way.gripper.push(gripper);
            if (0..N_POSES).any(|pose| step + pose * n_round / N_POSES == n_steps) {
                way.poses.push(scene(env));
            }
        }
        Ok(way)
    }
}

/// Positions and velocities of the joints.
fn motion(env: &RobotEnv<ArmReach>) -> Motion<N_JOINTS> {
    let world = env.world();
    Motion {
        q: SVector::from_fn(|joint, _| world.joint_position(joint)),
        v: SVector::from_fn(|joint, _| world.joint_velocity(joint)),
    }
}
