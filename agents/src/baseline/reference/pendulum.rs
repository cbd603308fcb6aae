//! The reference on `pendulum`: what each angle and velocity costs from there on, by value iteration on a grid, and the
//! torque that is best by it; at the top a linear quadratic regulator.
//!
//! With the angle θ from upright, moment of inertia `I` about the pivot, centre of mass at `l`, damping `d`, in the steps
//! of the world and for its cost `c`:
//!
//! ```text
//! I θ̈ = m g l sin θ − d θ̇ + τ        V(s) ← min over τ of c(s′, τ) + V(s′)
//! ```
//!
//! `V` is bilinear between the points of the grid. Sweeps go through it to and fro and use what they have written, until
//! hardly anything changes. x.
//!
//! Source: Bellman 1957, Dynamic Programming; in place as in Sutton & Barto 2018, Reinforcement Learning, section 4.5.

use std::f64::consts::PI;

use mesolimb_envs::{Env, EnvSpec, RobotSpec, world::STANDARD_GRAVITY};
use nalgebra::{Matrix2, RowVector2, Vector2};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{lqr, unsuited},
};

const NAME: &str = "pendulum-optimal";
/// Costs of angle, velocity and torque, squared.
const COSTS: [f64; 3] = [1.0, 0.1, 0.001];
/// Points of the grid along angle and velocity. The angle goes around.
const GRID: [usize; 2] = [160, 161];
/// Largest velocity on the grid, in rad/s.
const MAX_VELOCITY: f64 = 9.0;
/// Torques that are tried for the grid and for an act, in shares of the limit to either side: so many steps.
const TORQUES: [i32; 2] = [2, 20];
const MAX_SWEEPS: usize = 200;
/// Change of any value in a sweep that ends them.
const SMALL: f32 = 0.1;
/// Farthest from upright that the regulator acts, in rad.
const CATCH: f64 = 0.3;

/// For the robot of `env` as it was compiled.
///
/// # Errors
/// If this is no pendulum.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let rod = Rod::of(env.robot(), env.spec()).map_err(|why| unsuited(NAME, env.spec(), why))?;
    let gain = rod.gain().ok_or_else(|| unsuited(NAME, env.spec(), "the Riccati equation does not converge"))?;
    let optimal = Optimal { values: Values::of(&rod), rod, gain };
    Ok(Box::new(Controller::new(env, optimal, ["angle_cos", "angle_sin", "velocity"])?))
}

/// The nominal rod.
struct Rod {
    /// About the pivot, in kg·m².
    inertia: f64,
    /// Torque of its weight when it is level, in N·m.
    weight: f64,
    damping: f64,
    /// Largest torque, in N·m.
    limit: f64,
    /// Of the physics.
    dt_secs: f64,
    /// Steps of the physics in a control step.
    n_steps: u32,
}

/// Cost from each point of the grid on, velocities of an angle one after the other.
struct Values(Vec<f32>);

/// A place between points of the grid.
#[derive(Clone, Copy)]
struct Between {
    corners: [usize; 4],
    shares: [f32; 4],
}

struct Optimal {
    rod: Rod,
    values: Values,
    gain: RowVector2<f64>,
}

impl Rod {
    fn of(robot: &RobotSpec, clock: &EnvSpec) -> Result<Self, String> {
        let ([rod], [motor]) = (robot.links.as_slice(), robot.motors.as_slice()) else {
            return Err(format!("its robot has {} links, expected a rod with a motor", robot.links.len()));
        };
        let height = rod.inertia().centre_of_mass[2];
        let moment = rod.mass_kg * height;
        Ok(Self {
            inertia: rod.moment_about(rod.joint.axis) + moment * height + rod.joint.armature,
            weight: moment * STANDARD_GRAVITY,
            damping: rod.joint.damping,
            limit: motor.limit,
            dt_secs: clock.physics_dt_secs,
            n_steps: (clock.control_dt_secs / clock.physics_dt_secs).round() as u32,
        })
    }

    /// Angle, within ±π, and velocity after a control step, and what it costs. The velocities of the world are those of the
    /// middles between positions.
    fn step(&self, [mut angle, mut velocity]: [f64; 2], torque: f64) -> ([f64; 2], f64) {
        for _ in 0..self.n_steps {
            let drive = self.weight * angle.sin() - self.damping * velocity + torque;
            velocity += self.dt_secs * drive / (self.inertia + self.dt_secs * self.damping);
            angle += self.dt_secs * velocity;
        }
        angle -= 2.0 * PI * (angle / (2.0 * PI)).round();
        let cost = COSTS[0] * angle * angle + COSTS[1] * velocity * velocity + COSTS[2] * torque * torque;
        ([angle, velocity], cost)
    }

    /// Torques from limit to limit.
    fn torques(&self, n_to_a_side: i32) -> impl Iterator<Item = f64> {
        let limit = self.limit;
        (-n_to_a_side..=n_to_a_side).map(move |k| limit * f64::from(k) / f64::from(n_to_a_side))
    }

    /// The regulator at the top.
    fn gain(&self) -> Option<RowVector2<f64>> {
        let small = 1e-4;
        let moved = |state, torque| Vector2::from(self.step(state, torque).0) / small;
        let a = Matrix2::from_columns(&[moved([small, 0.0], 0.0), moved([0.0, small], 0.0)]);
        let q = Matrix2::new(COSTS[0], 0.0, 0.0, COSTS[1]);
        lqr::gain(&a, &moved([0.0; 2], small), &q, COSTS[2])
    }
}

impl Values {
    fn of(rod: &Rod) -> Self {
        let [n_angles, n_velocities] = GRID;
        let n_torques = 2 * TORQUES[0] as usize + 1;
        let outcome = |point: usize, torque: f64| {
            let angle = 2.0 * PI * (point / n_velocities) as f64 / n_angles as f64 - PI;
            let share = (point % n_velocities) as f64 / (n_velocities - 1) as f64;
            let (next, cost) = rod.step([angle, MAX_VELOCITY * (2.0 * share - 1.0)], torque);
            (cost as f32, Between::of(next))
        };
        let n_points = n_angles * n_velocities;
        let outcomes: Vec<_> =
            (0..n_points).flat_map(|point| rod.torques(TORQUES[0]).map(move |torque| outcome(point, torque))).collect();
        let mut values = Self(vec![0.0; n_points]);
        for sweep in 0..MAX_SWEEPS {
            let mut change = 0.0_f32;
            for k in 0..n_points {
                let point = if sweep % 2 == 0 { k } else { n_points - 1 - k };
                let of_point = &outcomes[point * n_torques..][..n_torques];
                let best = of_point.iter().map(|(cost, next)| cost + values.at(next)).fold(f32::INFINITY, f32::min);
                change = change.max((best - values.0[point]).abs());
                values.0[point] = best;
            }
            if change < SMALL {
                break;
            }
        }
        values
    }

    fn at(&self, between: &Between) -> f32 {
        between.corners.iter().zip(between.shares).map(|(&corner, share)| share * self.0[corner]).sum()
    }
}

impl Between {
    fn of([angle, velocity]: [f64; 2]) -> Self {
        let [n_angles, n_velocities] = GRID;
        let along_angle = (angle + PI) / (2.0 * PI) * n_angles as f64;
        let share = (velocity / MAX_VELOCITY).clamp(-1.0, 1.0);
        let along_velocity = 0.5 * (share + 1.0) * (n_velocities - 1) as f64;
        let (i, j) = (along_angle as usize % n_angles, (along_velocity as usize).min(n_velocities - 2));
        let (a, b) = (along_angle.fract() as f32, (along_velocity - j as f64) as f32);
        let next = (i + 1) % n_angles;
        let corner = |i: usize, j: usize| i * n_velocities + j;
        Self {
            corners: [corner(i, j), corner(i, j + 1), corner(next, j), corner(next, j + 1)],
            shares: [(1.0 - a) * (1.0 - b), (1.0 - a) * b, a * (1.0 - b), a * b],
        }
    }
}

impl Law for Optimal {
    const NAME: &'static str = NAME;
    type Memory = ();

    fn start(&self, _seen: &[f64]) {}

    fn act(&self, (): &(), seen: &[f64], action: &mut [f32]) {
        let [angle, velocity] = [seen[1].atan2(seen[0]), seen[2]];
        let regulated = -(self.gain * Vector2::new(angle, velocity))[0];
        if angle.abs() < CATCH && regulated.abs() <= self.rod.limit {
            action[0] = regulated as f32;
            return;
        }
        let cost = |torque: f64| {
            let (next, cost) = self.rod.step([angle, velocity], torque);
            cost + f64::from(self.values.at(&Between::of(next)))
        };
        let torques = self.rod.torques(TORQUES[1]);
        let best = torques.map(|torque| (torque, cost(torque))).min_by(|a, b| a.1.total_cmp(&b.1));
        action[0] = best.map_or(0.0, |(torque, _)| torque as f32);
    }

    fn is_valid(&self, (): &()) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::testing::mean_return;

    #[test]
    fn it_swings_up_nearly_as_cheaply_as_can_be() {
        let mut env = make("pendulum").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        let mean = mean_return(env.as_mut(), agent.as_mut(), 0..100);
        // Value iteration over all 250 steps, on five times as many points with eleven torques, gives −171 from these starts.
        assert!(mean > -176.0, "{mean}");
    }
}
