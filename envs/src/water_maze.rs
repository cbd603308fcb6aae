//! Water maze: find a platform that cannot be seen, from where one is.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 … 99 | `place_R_C`: place cell in row R and column C, `exp(−d²/2σ²)`, d to its centre, σ = 0.2 m | 1 | 0 to 1 | 0.3 |
//!
//! Centres lie on a grid of 10 by 10 that spans the pool, rows along y and columns along x, from −0.9 to 0.9 m.
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `swim_x`: force along x | N | ±0.5 |
//! | 1 | `swim_y`: force along y | N | ±0.5 |
//!
//! Reward: 1 for the step that brings the swimmer onto the platform, −0.02 for each step against a wall, else 0.
//! Termination: on the platform. Time limit: 1500 steps of 40 ms.
//! Start: at rest, 0.8 m from the middle in a direction drawn anew.
//! Parameters of its own: `platform_x`, `platform_y`, where the middle of the platform is.
//!
//! Origin: Morris 1981 (Learn Motiv 12:239), with place cells as in Foster, Morris & Dayan 2000 (Hippocampus 10:1) and
//! Frémaux et al. 2013 (doi 10.1371/journal.pcbi.1003024). It differs there: the pool is square, 2 m wide, and the swimmer
//! is a body of 0.3 kg that the water slows, pushed along both axes.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot::RobotSpec,
    robot_env::RobotEnv,
    scene::{Role, Shape},
    task::{Design, Outcome, OwnParam, Prop, Sensor, Task},
    world::World,
};

const X: usize = 0;
const SWIMMER: usize = 1;
/// Half of the width of the pool, in m.
pub const HALF_WIDTH: f64 = 1.0;
/// Radius of the platform, in m.
pub const PLATFORM_RADIUS: f64 = 0.15;
/// Where the platform is in the unchanged world, in m.
pub const PLATFORM: [f64; 2] = [0.4, 0.3];
const START_RADIUS: f64 = 0.8;
/// Place cells in a row, and rows.
pub const GRID: usize = 10;
const OUTERMOST: f64 = 0.9;
/// Width of a place cell, `σ`, in m.
pub const SIGMA: f64 = 0.2;
/// So near to a wall counts as against it, in m.
const TOUCH: f64 = 0.01;

/// Behaviour of the maze: where the platform is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaterMaze {
    platform: [f64; 2],
}

impl Default for WaterMaze {
    fn default() -> Self {
        Self { platform: PLATFORM }
    }
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<WaterMaze>, EnvError> {
    RobotEnv::new(WaterMaze::default(), design())
}

/// A swimmer of 0.3 kg on two slides, slowed by 1 N·s/m, between walls.
#[must_use]
pub fn robot() -> RobotSpec {
    assets::robot("swimmer")
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let place = |k: usize| Sensor::new(&format!("place_{}_{}", k / GRID, k % GRID), "1", [0.0, 1.0], 0.3);
    let (half, height) = (HALF_WIDTH as f32, 0.1);
    let water = Shape::Cuboid { half_extents: [half, half, 0.02] };
    let wall = |along_x: bool| Shape::Cuboid {
        half_extents: if along_x { [half + 0.06, 0.03, height] } else { [0.03, half + 0.06, height] },
    };
    let out = half + 0.08;
    let platform = Shape::Cylinder { radius: PLATFORM_RADIUS as f32, half_length: 0.02 };
    Design {
        name: "water-maze",
        robot: robot(),
        sensors: (0..GRID * GRID).map(place).collect(),
        physics_dt_secs: 0.01,
        control_dt_secs: 0.04,
        time_limit_steps: 1500,
        is_horizontal: true,
        props: vec![
            Prop::fixed("water", Role::Fixture, water, [0.0, 0.0, -0.08]),
            Prop::fixed("wall -x", Role::Fixture, wall(false), [-out, 0.0, 0.0]),
            Prop::fixed("wall +x", Role::Fixture, wall(false), [out, 0.0, 0.0]),
            Prop::fixed("wall -y", Role::Fixture, wall(true), [0.0, -out, 0.0]),
            Prop::fixed("wall +y", Role::Fixture, wall(true), [0.0, out, 0.0]),
            Prop::fixed("platform", Role::Target, platform, [0.0; 3]),
        ],
        ..Design::default()
    }
}

/// Centre along one axis of the place cells in a row or column, in m.
#[must_use]
pub fn centre(k: usize) -> f64 {
    OUTERMOST * (2.0 * k as f64 / (GRID - 1) as f64 - 1.0)
}

fn place(world: &World) -> [f64; 2] {
    [X, SWIMMER].map(|joint| world.joint_position(joint))
}

impl Task for WaterMaze {
    fn start(&mut self, _body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        let (sin, cos) = rng.random_range(-std::f64::consts::PI..std::f64::consts::PI).sin_cos();
        (positions[X], positions[SWIMMER]) = (START_RADIUS * cos, START_RADIUS * sin);
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let [x, y] = place(world);
        let along = |at: f64, k: usize| (-0.5 * ((at - centre(k)) / SIGMA).powi(2)).exp();
        for (k, out) in out.iter_mut().enumerate() {
            *out = (along(y, k / GRID) * along(x, k % GRID)) as f32;
        }
    }

    fn evaluate(&mut self, world: &World, _command: &[f32], _design: &Design) -> Outcome {
        let [x, y] = place(world);
        let found = (x - self.platform[0]).hypot(y - self.platform[1]) <= PLATFORM_RADIUS;
        let against_a_wall = x.abs().max(y.abs()) >= HALF_WIDTH - TOUCH;
        let reward = if found { 1.0 } else { -0.02 * f64::from(u8::from(against_a_wall)) };
        Outcome { reward, terminated: found }
    }

    fn target(&self, _target_idx: usize) -> Option<[f32; 3]> {
        Some([self.platform[0] as f32, self.platform[1] as f32, -0.04])
    }

    fn own_params() -> Vec<OwnParam> {
        let range = [-HALF_WIDTH + PLATFORM_RADIUS, HALF_WIDTH - PLATFORM_RADIUS];
        ["platform_x", "platform_y"]
            .into_iter()
            .zip(PLATFORM)
            .map(|(name, nominal)| OwnParam::new(name, "m", range, nominal))
            .collect()
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        self.platform[own_idx] = value;
    }

    fn is_valid(&self) -> bool {
        self.platform.iter().all(|x| x.is_finite())
    }
}
