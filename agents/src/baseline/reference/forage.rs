//! The reference on `forage`: where the food is from two scents, and a way to it clear of what the range finder has seen.
//!
//! The scent at a sensor says how far the nearest food is, `d = −λ ln s`; from two sensors that lie apart across the front
//! follows where, but for one question: before or behind them. The answer that is nearer to where the food was expected
//! counts, and while there is none the rover takes it to be before it, so that it turns to one side where that was wrong.
//! What was seen of walls and obstacles is kept in mind as points, which move as the rover does. Of the directions in which
//! no point lies within the width of the rover, it takes the one nearest to the food.
//!
//! Sources: Borenstein & Koren 1991 (IEEE T Robotics Autom 7:278) for the choice among free directions; position from two
//! distances is trilateration.

use std::f64::consts::PI;

use mesolimb_envs::{Env, forage::SCENT_RANGE};
use nalgebra::Vector2;
use serde::{Deserialize, Serialize};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "forage-homing";
/// Directions of the range finder, to the left, in degrees.
const RAYS: [f64; 7] = [90.0, 60.0, 30.0, 0.0, -30.0, -60.0, -90.0];
/// Farther than this the range finder sees nothing, in m.
const FARTHEST: f64 = 1.95;
/// Points that are kept in mind, and how near another one replaces one, in m.
const N_POINTS: usize = 160;
const SPACING: f64 = 0.06;
/// Half of the width that the rover needs, in m.
const HALF_WIDTH: f64 = 0.235;
/// Directions that are considered in half a turn.
const N_DIRECTIONS: i32 = 36;
/// Torque for each rad that the direction is off, and each rad/s, in N·m.
const TURN: [f64; 2] = [0.5, 0.08];
/// Radius of the chassis with its sensors in front, in m.
const NEAR: f64 = 0.22;

/// For the rover of `env` as it was compiled.
///
/// # Errors
/// If this is no rover that smells.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let &[(_, left), (_, right)] = action_ranges(NAME, env.spec())?.as_slice() else {
        return Err(unsuited(NAME, env.spec(), "it has not two wheels"));
    };
    let [at, other] = ["scent_left", "scent_right"].map(|name| {
        let site = env.robot().sites.iter().find(|site| site.name == name);
        site.map(|site| Vector2::new(site.translation[0], site.translation[1]))
    });
    let (Some(at), Some(other)) = (at, other) else {
        return Err(unsuited(NAME, env.spec(), "its robot has no sites 'scent_left' and 'scent_right'"));
    };
    let rover = Rover {
        dt_secs: env.spec().control_dt_secs,
        limit: f64::from(left.min(right)),
        ahead: 0.5 * (at.x + other.x),
        half_base: 0.5 * (at.y - other.y),
    };
    let channels = [
        "range_left_90",
        "range_left_60",
        "range_left_30",
        "range_ahead",
        "range_right_30",
        "range_right_60",
        "range_right_90",
        "scent_left",
        "scent_right",
        "forward_speed",
        "yaw_rate",
    ];
    Ok(Box::new(Controller::new(env, rover, channels)?))
}

/// The nominal rover.
struct Rover {
    dt_secs: f64,
    /// Largest torque of a wheel, in N·m.
    limit: f64,
    /// Where the sensors of scent are before the axle, and to the sides of it, in m.
    ahead: f64,
    half_base: f64,
}

/// What is in mind within an episode; all places are from the middle of the axle, forwards and to the left, in m.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Surroundings {
    food: Vector2<f64>,
    /// What the range finder has seen, the oldest first.
    points: Vec<Vector2<f64>>,
    /// Where to go, to the left of ahead, in rad.
    direction: f64,
}

impl Rover {
    /// The two places where the food can be.
    fn places(&self, seen: &[f64]) -> [Vector2<f64>; 2] {
        let [left, right] = [seen[7], seen[8]].map(|scent| -SCENT_RANGE * scent.max(1e-6).ln());
        let y = ((right * right - left * left) / (4.0 * self.half_base)).clamp(-4.0, 4.0);
        let square = left * left - (y - self.half_base).powi(2);
        let x = square.max(0.0).sqrt();
        [Vector2::new(self.ahead + x, y), Vector2::new(self.ahead - x, y)]
    }

    /// Takes in what the range finder sees.
    fn look(&self, points: &mut Vec<Vector2<f64>>, seen: &[f64]) {
        for (&range, angle) in seen.iter().zip(RAYS) {
            if range < FARTHEST {
                let (sin, cos) = angle.to_radians().sin_cos();
                let point = Vector2::new(range * cos, range * sin);
                points.retain(|other| (other - point).norm() > SPACING);
                points.push(point);
            }
        }
        let excess = points.len().saturating_sub(N_POINTS);
        points.drain(..excess);
    }

    /// The direction nearest to the food in which the way is free as far as the food, or as far as can be.
    fn direction(&self, surroundings: &Surroundings) -> f64 {
        let Surroundings { food, points, direction: last } = surroundings;
        let wanted = food.y.atan2(food.x);
        let far = food.norm();
        let cost = |direction: f64| {
            let (sin, cos) = direction.sin_cos();
            let mut free = far;
            for point in points {
                let along = point.x * cos + point.y * sin;
                let across = point.y * cos - point.x * sin;
                if along > 0.0 && across.abs() < HALF_WIDTH && point.norm() < far + 0.1 {
                    free = free.min((along - NEAR).max(0.0));
                }
            }
            let off = short_way(direction - wanted).abs();
            off + 4.0 * (far.min(0.8) - free).max(0.0) + 0.1 * short_way(direction - last).abs()
        };
        let candidates = (-N_DIRECTIONS..N_DIRECTIONS).map(|k| wanted + PI * f64::from(k) / f64::from(N_DIRECTIONS));
        let best = candidates.map(|direction| (direction, cost(direction))).min_by(|a, b| a.1.total_cmp(&b.1));
        short_way(best.map_or(wanted, |(direction, _)| direction))
    }
}

impl Law for Rover {
    const NAME: &'static str = NAME;
    type Memory = Surroundings;

    fn start(&self, seen: &[f64]) -> Surroundings {
        let [food, _] = self.places(seen);
        let mut surroundings = Surroundings { food, points: Vec::new(), direction: 0.0 };
        self.look(&mut surroundings.points, seen);
        surroundings.direction = self.direction(&surroundings);
        surroundings
    }

    fn follow(&self, surroundings: &mut Surroundings, reward: f64, seen: &[f64]) {
        let (way, turn) = (seen[9] * self.dt_secs, seen[10] * self.dt_secs);
        let (sin, cos) = turn.sin_cos();
        let moved = |place: Vector2<f64>| {
            let from = Vector2::new(place.x - way * (0.5 * turn).cos(), place.y - way * (0.5 * turn).sin());
            Vector2::new(cos * from.x + sin * from.y, cos * from.y - sin * from.x)
        };
        surroundings.points.iter_mut().for_each(|point| *point = moved(*point));
        let expected = moved(surroundings.food);
        let [before, behind] = self.places(seen);
        let nearer_behind = (behind - expected).norm() < (before - expected).norm();
        surroundings.food = if reward < 0.5 && nearer_behind { behind } else { before };
        surroundings.direction = short_way(surroundings.direction - turn);
        self.look(&mut surroundings.points, seen);
        surroundings.direction = self.direction(surroundings);
    }

    fn act(&self, surroundings: &Surroundings, seen: &[f64], action: &mut [f32]) {
        let off = surroundings.direction;
        let turn = (TURN[0] * off - TURN[1] * seen[10]).clamp(-self.limit, self.limit);
        let push = self.limit * off.cos().max(0.0).powi(3);
        // Turning comes first: it takes from the push what both together are too much.
        let push = push.min(self.limit - turn.abs());
        for (action, side) in action.iter_mut().zip([-1.0, 1.0]) {
            *action = (push + side * turn) as f32;
        }
    }

    fn is_valid(&self, surroundings: &Surroundings) -> bool {
        let places = surroundings.points.iter().chain([&surroundings.food]);
        surroundings.points.len() <= N_POINTS
            && surroundings.direction.is_finite()
            && places.flatten().all(|x| x.is_finite())
    }
}

/// The same turn, within ±π.
fn short_way(angle: f64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    sin.atan2(cos)
}
