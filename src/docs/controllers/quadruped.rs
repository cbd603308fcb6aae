//! The quadruped stands for a minute, and trots.

use anyhow::bail;
use mesolimb_agents::baseline::gait;
use mesolimb_envs::{Env, RobotEnv, Scene, quadruped, quadruped::Quadruped, world::STANDARD_GRAVITY};

use super::{bounds, scene, steps};
use crate::{
    palette,
    plot::{BLUE, Curve, GREEN, ORANGE, PINK},
    render::Layer,
};

/// How long it stands, and when it has settled.
pub const STAND_SECS: f64 = 60.0;
pub const SETTLED_SECS: f64 = 2.0;
/// How long it trots, and from how many starts.
pub const TROT_SECS: f64 = 10.0;
pub const TROT_SEEDS: u64 = 5;
/// Length of the arrow for a force, in m/N.
pub const ARROW: f64 = 0.005;
/// Feet, with the colours of their forces.
pub const FEET: [(&str, (u8, u8, u8)); 4] =
    [("front left", BLUE), ("front right", ORANGE), ("back left", GREEN), ("back right", PINK)];
/// The foot whose path is drawn: one on the side that is seen.
const DRAWN_FOOT: usize = 1;
const TRUNK: usize = 0;
const N_MOTORS: usize = 12;
/// Poses in the picture of the trot.
const N_POSES: usize = 4;
/// Every so many control steps a force is drawn.
const THINNED: usize = 5;

/// The minute.
pub struct Standing {
    /// Time from the start in s, and vertical forces on the feet in N.
    forces: Vec<(f64, [f64; 4])>,
    /// Largest distance of the trunk from where it had settled, in m.
    pub drift: f64,
    /// Weight, in N.
    pub weight: f64,
    /// What is seen at the end, and where the feet are, in m.
    last: Scene,
    feet: [[f32; 3]; 4],
}

impl Standing {
    /// # Errors
    /// If it falls.
    pub fn measure() -> anyhow::Result<Self> {
        let mut env = quadruped::env()?;
        env.reset(0);
        let mut action = [0.0; N_MOTORS];
        gait::stand(&mut action);
        let (mut forces, mut drift, mut settled) = (Vec::new(), 0.0_f64, None);
        for step in 1..=steps(STAND_SECS, &env) {
            go(&mut env, &action)?;
            let time_secs = env.spec().control_dt_secs * step as f64;
            forces.push((time_secs, foot_forces(&env)));
            if time_secs >= SETTLED_SECS {
                let now = trunk(&env);
                let from = *settled.get_or_insert(now);
                let away: f32 = now.iter().zip(from).map(|(a, b)| (a - b).powi(2)).sum();
                drift = drift.max(f64::from(away.sqrt()));
            }
        }
        let weight = env.robot().mass_kg() * STANDARD_GRAVITY;
        Ok(Self { forces, drift, weight, last: scene(&env), feet: feet(&env) })
    }

    /// Forces on the feet at the end, in N.
    pub fn last_forces(&self) -> [f64; 4] {
        self.forces.last().map_or([0.0; 4], |(_, forces)| *forces)
    }

    /// By how much the forces together differ from the weight at most, once it has settled, as a share of the weight.
    pub fn worst_sum(&self) -> f64 {
        let settled = self.forces.iter().filter(|(time_secs, _)| *time_secs >= SETTLED_SECS);
        settled.map(|(_, forces)| (forces.iter().sum::<f64>() / self.weight - 1.0).abs()).fold(0.0, f64::max)
    }

    /// The robot at the end, with an arrow for the force on each foot.
    pub fn layers(&self) -> Vec<Layer> {
        let arrow = |((&foot, force), (_, (r, g, b))): ((&[f32; 3], f64), (_, _))| {
            let [x, y, z] = foot;
            Layer::arrow(foot, [x, y, z + (ARROW * force) as f32], 0.006, [r, g, b])
        };
        let arrows = self.feet.iter().zip(self.last_forces()).zip(FEET).map(arrow);
        std::iter::once(Layer::pose(&self.last)).chain(arrows).collect()
    }

    /// The forces over time, in s and N.
    pub fn curves(&self) -> Vec<Curve> {
        let curves = FEET.into_iter().enumerate().map(|(foot, (label, colour))| {
            let forces = self.forces.iter().step_by(THINNED).map(|(time_secs, forces)| (*time_secs, forces[foot]));
            let points = forces.map(|(time_secs, force)| (time_secs, force, force, force)).collect();
            Curve { label: label.into(), colour, points }
        });
        curves.collect()
    }
}

/// Walks from several starts.
pub struct Trot {
    walks: Vec<Walk>,
}

/// One of them: paths after each control step, in m, and poses.
#[derive(Default)]
struct Walk {
    trunk: Vec<[f32; 3]>,
    foot: Vec<[f32; 3]>,
    poses: Vec<Scene>,
}

impl Trot {
    /// # Errors
    /// If it falls.
    pub fn measure() -> anyhow::Result<Self> {
        let mut env = quadruped::env()?;
        Ok(Self { walks: (0..TROT_SEEDS).map(|seed| Walk::from(seed, &mut env)).collect::<Result<_, _>>()? })
    }

    /// Smallest and largest distance forward (0) or to the left (1), in m.
    pub fn range(&self, axis: usize) -> [f64; 2] {
        bounds(self.walks.iter().map(|walk| walk.way(axis)))
    }

    /// The first walk: poses along the way, and the paths of trunk and foot.
    pub fn layers(&self) -> Vec<Layer> {
        let Walk { trunk, foot, poses } = &self.walks[0];
        let [earlier @ .., last] = &poses[..] else { return Vec::new() };
        let ghosts = earlier.iter().map(|pose| Layer::ghost(pose, 0.45));
        let paths = [Layer::path(trunk, 0.008, palette::EFFECTOR), Layer::path(foot, 0.005, palette::JOINT)];
        std::iter::once(Layer::pose(last)).chain(ghosts).chain(paths).collect()
    }
}

impl Walk {
    fn from(seed: u64, env: &mut RobotEnv<Quadruped>) -> anyhow::Result<Self> {
        env.reset(seed);
        let mut walk = Self::default();
        let mut action = [0.0; N_MOTORS];
        let n_steps = steps(TROT_SECS, env);
        for step in 0..=n_steps {
            walk.trunk.push(trunk(env));
            walk.foot.push(feet(env)[DRAWN_FOOT]);
            if (0..N_POSES).any(|pose| step == pose * n_steps / (N_POSES - 1)) {
                walk.poses.push(scene(env));
            }
            gait::trot(env.spec().control_dt_secs * step as f64, &mut action);
            go(env, &action)?;
        }
        Ok(walk)
    }

    fn way(&self, axis: usize) -> f64 {
        let [first, .., last] = &self.trunk[..] else { return 0.0 };
        f64::from(last[axis] - first[axis])
    }
}

fn go(env: &mut RobotEnv<Quadruped>, action: &[f32]) -> anyhow::Result<()> {
    let step = env.step(action);
    if step.terminated || step.fault.is_some() {
        bail!("the quadruped has fallen");
    }
    Ok(())
}

/// Where the middle of the trunk is, in m.
fn trunk(env: &RobotEnv<Quadruped>) -> [f32; 3] {
    env.world().link_pose(TRUNK).translation
}

/// Where the feet are, in m.
fn feet(env: &RobotEnv<Quadruped>) -> [[f32; 3]; 4] {
    [0, 1, 2, 3].map(|site_idx| env.world().site_pose(site_idx).translation)
}

/// Vertical forces of the floor on the feet, in N.
fn foot_forces(env: &RobotEnv<Quadruped>) -> [f64; 4] {
    FEET.map(|(foot, _)| {
        let shank = env.robot().link_idx(&format!("{}_shank", foot.replace(' ', "_")));
        shank.map_or(0.0, |shank_idx| f64::from(env.world().contact_force(shank_idx)[2]))
    })
}
