//! Forage: a rover with two wheels looks for food by its scent, among obstacles, and the food moves on when it is eaten.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0 … 6 | `range_left_90`, `range_left_60`, `range_left_30`, `range_ahead`, `range_right_30`, `range_right_60`, `range_right_90`: distance to wall or obstacle in that direction | m | 0 to 2 | 1 |
//! | 7, 8 | `scent_left`, `scent_right`: exp(−d/λ), d from the sensor at that side of the front to the nearest food, λ = `scent_range` | 1 | 0 to 1 | 0.3 |
//! | 9 | `forward_speed` | m/s | ±1.5 | 0.5 |
//! | 10 | `yaw_rate`, to the left | rad/s | ±10 | 3 |
//! | 11, 12 | `wheel_speed_left`, `wheel_speed_right`, forwards | rad/s | ±25 | 8 |
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0, 1 | `left_wheel`, `right_wheel`: torque, forwards | N·m | ±0.3 |
//!
//! Reward of a step: the number of foods within 0.25 m of the middle of the axle − 0.01 where the chassis is pushed
//! sideways, by a wall or an obstacle − 0.001 · mean((torque / limit)²).
//! Termination: none. Time limit: 1000 steps of 40 ms.
//! Start: at rest within 0.3 m of the middle of the arena along each axis, in a direction drawn anew.
//! Four foods lie in a square patch, 1.6 m wide; each that is found moves to another place in it: the farthest from the
//! rover of three that are drawn. None lies within 0.45 m of the middle of an obstacle.
//! Parameters of its own: `food_x`, `food_y`, where the middle of the patch is; `scent_range`, over which the scent falls
//! to 1/e.
//!
//! Origin: ours. Steering by the difference between two sensors is that of vehicle 2 in Braitenberg 1984 (Vehicles).

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot_env::RobotEnv,
    scene::{ALONG_X, Role, Shape},
    streams::stream,
    task::{Design, Outcome, OwnParam, Prop, Sensor, Task, mean_effort},
    world::{Floor, World},
};

/// Half of the width of the arena between its walls, in m.
pub const HALF_WIDTH: f64 = 2.0;
/// Foods at a time.
pub const N_FOODS: usize = 4;
/// So near must the middle of the axle come to a food, in m.
pub const REACH: f64 = 0.25;
/// Where the middle of the patch with food is in the unchanged world, in m.
pub const PATCH: [f64; 2] = [0.6, 0.6];
/// Range of the scent in the unchanged world, in m.
pub const SCENT_RANGE: f64 = 1.0;

const CHASSIS: usize = 0;
const LEFT_WHEEL: usize = 1;
const RIGHT_WHEEL: usize = 2;
const RANGE_FINDER: usize = 0;
const SCENT_SENSORS: [usize; 2] = [1, 2];

/// Directions of the range sensors, to the left, in degrees.
const RAYS: [f32; 7] = [90.0, 60.0, 30.0, 0.0, -30.0, -60.0, -90.0];
const MAX_RANGE: f32 = 2.0;
const PATCH_HALF_WIDTH: f64 = 0.8;
/// Middle of each obstacle, in m.
const OBSTACLES: [[f64; 2]; 4] = [[1.1, 0.6], [-0.6, 1.1], [-1.1, -0.6], [0.6, -1.1]];
/// From the middle of an obstacle to the nearest food, in m.
const CLEARANCE: f64 = 0.45;
/// Friction of the floor: the larger of two counts, so the wheels grip and the rest slides.
const SLIPPERY: f64 = 0.02;
const MAX_START: f64 = 0.3;
/// Places that are drawn for a food that moves.
const N_DRAWS: usize = 3;
const BUMP_COST: f64 = 0.01;
/// So strong a push from the side is a bump, in N.
const BUMP_FORCE: f32 = 1.0;
const EFFORT_COST: f64 = 0.001;

/// Behaviour of the foraging: where food is and will be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forage {
    /// Middle of the patch, in m.
    patch: [f64; 2],
    scent_range: f64,
    /// Place of each food in the patch, in shares of half its width.
    foods: [[f64; 2]; N_FOODS],
    /// Draws where the food moves to.
    rng: Pcg64,
}

impl Default for Forage {
    fn default() -> Self {
        Self { patch: PATCH, scent_range: SCENT_RANGE, foods: [[0.0; 2]; N_FOODS], rng: stream(0, "start") }
    }
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<Forage>, EnvError> {
    RobotEnv::new(Forage::default(), design())
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let range = |angle: f32| {
        let name = match angle {
            0.0 => "range_ahead".to_owned(),
            _ => format!("range_{}_{}", if angle > 0.0 { "left" } else { "right" }, angle.abs()),
        };
        Sensor::new(&name, "m", [0.0, MAX_RANGE], 1.0)
    };
    let others = [
        Sensor::new("scent_left", "1", [0.0, 1.0], 0.3),
        Sensor::new("scent_right", "1", [0.0, 1.0], 0.3),
        Sensor::new("forward_speed", "m/s", [-1.5, 1.5], 0.5),
        Sensor::new("yaw_rate", "rad/s", [-10.0, 10.0], 3.0),
        Sensor::new("wheel_speed_left", "rad/s", [-25.0, 25.0], 8.0),
        Sensor::new("wheel_speed_right", "rad/s", [-25.0, 25.0], 8.0),
    ];
    let half = HALF_WIDTH as f32;
    let ground = Shape::Cuboid { half_extents: [half, half, 0.02] };
    let finder = Shape::Cylinder { radius: 0.05, half_length: 0.015 };
    let nose = Shape::Capsule { radius: 0.015, half_length: 0.05 };
    let food = |k: usize| Prop::fixed(&format!("food {k}"), Role::Target, Shape::Sphere { radius: 0.1 }, [0.0; 3]);
    let sensor = Shape::Sphere { radius: 0.02 };
    let mut props = vec![
        Prop::fixed("ground", Role::Fixture, ground, [0.0, 0.0, -0.02]),
        Prop::on_link(CHASSIS, "range finder", Role::Joint, finder, [0.0, 0.0, 0.085]),
        Prop::on_link(CHASSIS, "nose", Role::Effector, nose, [0.1, 0.0, 0.085]).turned(ALONG_X),
        Prop::on_link(CHASSIS, "scent left", Role::Effector, sensor, [0.13, 0.13, 0.07]),
        Prop::on_link(CHASSIS, "scent right", Role::Effector, sensor, [0.13, -0.13, 0.07]),
    ];
    props.extend((0..N_FOODS).map(food));
    Design {
        name: "forage",
        robot: assets::robot("rover"),
        sensors: RAYS.into_iter().map(range).chain(others).collect(),
        physics_dt_secs: 0.005,
        control_dt_secs: 0.04,
        time_limit_steps: 1000,
        floor: Some(Floor { friction: SLIPPERY }),
        props,
        ..Design::default()
    }
}

impl Forage {
    /// Where the foods are, in m.
    pub fn foods(&self) -> impl Iterator<Item = [f64; 2]> {
        self.foods.iter().map(|&share| self.place(share))
    }

    /// Where in the arena a place in the patch is, beside the obstacles.
    fn place(&self, share: [f64; 2]) -> [f64; 2] {
        let mut place = [0, 1].map(|axis| self.patch[axis] + PATCH_HALF_WIDTH * share[axis]);
        for obstacle in OBSTACLES {
            let away = distance(place, obstacle).max(1e-9);
            if away < CLEARANCE {
                place = [0, 1].map(|axis| obstacle[axis] + (place[axis] - obstacle[axis]) * CLEARANCE / away);
            }
        }
        place
    }

    /// Another place for a food, far from the rover.
    fn moved(&mut self, rover: [f64; 2]) -> [f64; 2] {
        let draws: [[f64; 2]; N_DRAWS] = std::array::from_fn(|_| share(&mut self.rng));
        let way = |share: [f64; 2]| distance(self.place(share), rover);
        draws.into_iter().reduce(|a, b| if way(b) > way(a) { b } else { a }).unwrap_or_default()
    }

    /// Concentration at a point of the arena.
    fn scent(&self, at: [f64; 2]) -> f64 {
        let nearest = self.foods().map(|food| distance(food, at)).fold(f64::INFINITY, f64::min);
        (-nearest / self.scent_range).exp()
    }
}

impl Task for Forage {
    fn start(&mut self, _body: &World, positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        positions[0] = rng.random_range(-MAX_START..MAX_START);
        positions[1] = rng.random_range(-MAX_START..MAX_START);
        let (sin, cos) = (0.5 * rng.random_range(-std::f64::consts::PI..std::f64::consts::PI)).sin_cos();
        positions[3..7].copy_from_slice(&[0.0, 0.0, sin, cos]);
        self.foods = std::array::from_fn(|_| share(rng));
        self.rng = rng.clone();
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let (ranges, others) = out.split_at_mut(RAYS.len());
        for (out, angle) in ranges.iter_mut().zip(RAYS) {
            *out = world.range(RANGE_FINDER, angle.to_radians(), MAX_RANGE);
        }
        let [scent_left, scent_right] =
            SCENT_SENSORS.map(|site_idx| self.scent(on_ground(world.site_pose(site_idx).translation)));
        let (velocity, turning) = world.link_velocity(CHASSIS);
        let [x, y, z, w] = world.link_pose(CHASSIS).rotation;
        let forwards = [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)];
        let forward_speed: f32 = velocity.iter().zip(forwards).map(|(velocity, axis)| velocity * axis).sum();
        let [wheel_left, wheel_right] = [LEFT_WHEEL, RIGHT_WHEEL].map(|joint_idx| world.joint_velocity(joint_idx));
        others.copy_from_slice(&[
            scent_left as f32,
            scent_right as f32,
            forward_speed,
            turning[2],
            wheel_left as f32,
            wheel_right as f32,
        ]);
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let rover = on_ground(world.link_pose(CHASSIS).translation);
        let mut n_found = 0.0;
        for food_idx in 0..N_FOODS {
            if distance(self.place(self.foods[food_idx]), rover) <= REACH {
                n_found += 1.0;
                self.foods[food_idx] = self.moved(rover);
            }
        }
        let [push_x, push_y, _] = world.contact_force(CHASSIS);
        let bump = if push_x.hypot(push_y) > BUMP_FORCE { BUMP_COST } else { 0.0 };
        let effort = mean_effort(command, &design.robot);
        Outcome { reward: n_found - bump - EFFORT_COST * effort, terminated: false }
    }

    fn target(&self, target_idx: usize) -> Option<[f32; 3]> {
        let [x, y] = self.place(*self.foods.get(target_idx)?);
        Some([x as f32, y as f32, 0.1])
    }

    fn own_params() -> Vec<OwnParam> {
        let range = [PATCH_HALF_WIDTH + REACH - HALF_WIDTH, HALF_WIDTH - REACH - PATCH_HALF_WIDTH];
        let place = |name, nominal| OwnParam::new(name, "m", range, nominal);
        vec![
            place("food_x", PATCH[0]),
            place("food_y", PATCH[1]),
            OwnParam::new("scent_range", "m", [0.1, 10.0], SCENT_RANGE),
        ]
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        match own_idx {
            0 | 1 => self.patch[own_idx] = value,
            _ => self.scent_range = value,
        }
    }

    fn is_valid(&self) -> bool {
        let in_patch = |share: &f64| (-1.0..=1.0).contains(share);
        self.foods.iter().flatten().all(in_patch)
            && self.patch.iter().all(|x| x.abs() <= HALF_WIDTH)
            && self.scent_range > 0.0
            && self.scent_range.is_finite()
    }
}

/// A place in the patch, in shares of half its width.
fn share(rng: &mut Pcg64) -> [f64; 2] {
    std::array::from_fn(|_| rng.random_range(-1.0..1.0))
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn on_ground([x, y, _]: [f32; 3]) -> [f64; 2] {
    [x.into(), y.into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn food_keeps_clear_of_what_stands_in_the_arena() {
        let obstacles =
            assets::robot("rover").base.into_iter().filter(|spec| matches!(spec.shape, Shape::Cylinder { .. }));
        let middles: Vec<_> = obstacles.map(|spec| [spec.translation[0], spec.translation[1]]).collect();
        assert_eq!(middles, OBSTACLES, "the obstacles of the file");
        let mut forage = Forage::default();
        let range = Forage::own_params()[0].range;
        for patch in [[range[0], 0.1], [range[1], range[0]], PATCH] {
            forage.patch = patch;
            for _ in 0..1000 {
                let place = forage.moved([0.0; 2]);
                let food = forage.place(place);
                assert!(food.iter().all(|x| x.abs() <= HALF_WIDTH - REACH), "a food at {food:?}");
                assert!(OBSTACLES.iter().all(|&obstacle| distance(obstacle, food) > CLEARANCE - 1e-9));
            }
        }
    }
}
