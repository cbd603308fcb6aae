//! The reference on `cartpole-swingup`: swing-up by energy on the rail, a linear quadratic regulator at the top, and
//! looking ahead.
//!
//! With the position `x` of the cart, the angle θ of the pole from upright, its moment of inertia `J` about the hinge and
//! its centre of mass at `l`:
//!
//! ```text
//! (M + m) ẍ + m l (θ̈ cos θ − θ̇² sin θ) = f − d_x ẋ
//! m l ẍ cos θ + J θ̈ = m g l sin θ − d_θ θ̇             E = J θ̇²/2 + m g l (cos θ − 1)
//! ```
//!
//! The base laws accelerate the cart by `k E sign(θ̇ cos θ)`, held back towards the middle of the rail, and are the
//! regulator of [`CartpoleLqr`](crate::baseline::CartpoleLqr) where that asks for no more force than there is.
//! [`lookahead`](super::lookahead) makes them better.
//!
//! Source: Åström & Furuta 2000 (Automatica 36:287).

use std::f64::consts::PI;

use mesolimb_envs::{Env, RobotSpec, cartpole::MAX_CART_POSITION, world::STANDARD_GRAVITY};
use nalgebra::{RowVector4, Vector4};

use super::{
    controller::{Controller, Law},
    lookahead::{Lookahead, Model, Plan},
};
use crate::{
    agent::{Agent, AgentError},
    baseline::{lqr, unsuited},
};

const NAME: &str = "cartpole-swingup-lookahead";
/// Steps of the model in a control step.
const SUBSTEPS: u32 = 2;
/// Farthest from upright that the regulator acts, in rad.
const CATCH: f64 = 0.5;
/// Acceleration of the cart for each joule that the pole lacks, in m/s², `k` of the base laws.
const PUMPS: [f64; 3] = [10.0, 30.0, 100.0];
/// Acceleration back to the middle of the rail, in 1/s² and 1/s.
const BACK: [f64; 2] = [2.0, 1.0];
/// Velocity below which dry friction holds, in m/s and rad/s.
const STILL: f64 = 0.01;
const LOOKAHEAD: Lookahead =
    Lookahead { horizon: 150, shares: &[-1.0, 0.0, 1.0], holds: &[1, 3, 6, 10, 15, 20, 25], every: 2 };

/// For the robot of `env` as it was compiled.
///
/// # Errors
/// If this is no cart-pole.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let pole = CartPole::of(env.robot(), env.spec().control_dt_secs).map_err(|why| unsuited(NAME, env.spec(), why))?;
    let channels = ["cart_position", "pole_cos", "pole_sin", "cart_velocity", "pole_velocity"];
    Ok(Box::new(Controller::new(env, pole, channels)?))
}

/// The nominal cart with its pole.
struct CartPole {
    /// Both together, in kg.
    mass_kg: f64,
    /// Mass of the pole times the height of its centre, in kg·m.
    moment: f64,
    /// Of the pole about the hinge, in kg·m².
    inertia: f64,
    damping: [f64; 2],
    /// Dry.
    friction: [f64; 2],
    limit: f64,
    dt_secs: f64,
    gain: RowVector4<f64>,
}

/// `(x, θ, ẋ, θ̇)`.
type State = Vector4<f64>;

impl CartPole {
    fn of(robot: &RobotSpec, dt_secs: f64) -> Result<Self, String> {
        let linear = lqr::linearise(robot, dt_secs)?;
        let ([cart, pole], [motor]) = (robot.links.as_slice(), robot.motors.as_slice()) else {
            return Err(format!("its robot has {} motors, expected 1", robot.motors.len()));
        };
        let height = pole.inertia().centre_of_mass[2];
        let moment = pole.mass_kg * height;
        Ok(Self {
            mass_kg: cart.mass_kg + pole.mass_kg + cart.joint.armature,
            moment,
            inertia: pole.moment_about(pole.joint.axis) + moment * height + pole.joint.armature,
            damping: [cart.joint.damping, pole.joint.damping],
            friction: [cart.joint.friction, pole.joint.friction],
            limit: motor.limit,
            dt_secs,
            gain: lqr::regulator(&linear, motor.limit).ok_or("the Riccati equation does not converge for its robot")?,
        })
    }

    /// Accelerations of cart and pole.
    fn accelerations(&self, [angle, speed, turning]: [f64; 3], force: f64) -> [f64; 2] {
        let (sin, cos) = angle.sin_cos();
        let push =
            force - self.damping[0] * speed - self.friction[0] * sign(speed) + self.moment * turning * turning * sin;
        let fall = self.moment * STANDARD_GRAVITY * sin - self.damping[1] * turning - self.friction[1] * sign(turning);
        let coupling = self.moment * cos;
        // The mass matrix of a cart with a pole is positive definite.
        let determinant = self.mass_kg * self.inertia - coupling * coupling;
        [(self.inertia * push - coupling * fall) / determinant, (self.mass_kg * fall - coupling * push) / determinant]
    }

    fn energy(&self, state: &State) -> f64 {
        0.5 * self.inertia * state[3].powi(2) + self.moment * STANDARD_GRAVITY * (state[1].cos() - 1.0)
    }
}

impl Model for CartPole {
    type State = State;
    const N_LAWS: u8 = PUMPS.len() as u8;

    fn limit(&self) -> f64 {
        self.limit
    }

    fn step(&self, state: &State, command: f64) -> (State, f64, bool) {
        // The velocities of the world are those of the middles between positions.
        let dt = self.dt_secs / f64::from(SUBSTEPS);
        let [mut x, mut angle, mut speed, mut turning] = <[f64; 4]>::from(*state);
        for _ in 0..SUBSTEPS {
            let early = self.accelerations([angle, speed, turning], command);
            let middle = [angle, speed + 0.5 * dt * early[0], turning + 0.5 * dt * early[1]];
            let [push, fall] = self.accelerations(middle, command);
            (speed, turning) = (speed + dt * push, turning + dt * fall);
            (x, angle) = (x + dt * speed, angle + dt * turning);
            if x.abs() > MAX_CART_POSITION {
                (x, speed) = (MAX_CART_POSITION.copysign(x), 0.0);
            }
        }
        let share_of_rail = x / MAX_CART_POSITION;
        let cost = 1.0 - 0.5 * (1.0 + angle.cos()) * (1.0 - share_of_rail * share_of_rail);
        angle -= 2.0 * PI * (angle / (2.0 * PI)).round();
        (Vector4::new(x, angle, speed, turning), cost, false)
    }

    fn law(&self, law_idx: u8, state: &State) -> f64 {
        let regulated = -(self.gain * state)[0];
        if state[1].abs() < CATCH && regulated.abs() < 1.5 * self.limit {
            return regulated.clamp(-self.limit, self.limit);
        }
        let towards = (state[3] * state[1].cos()).signum();
        let acceleration =
            PUMPS[usize::from(law_idx)] * self.energy(state) * towards - BACK[0] * state[0] - BACK[1] * state[2];
        (self.mass_kg * acceleration).clamp(-self.limit, self.limit)
    }
}

impl Law for CartPole {
    const NAME: &'static str = NAME;
    type Memory = Plan;

    fn start(&self, seen: &[f64]) -> Plan {
        LOOKAHEAD.begin(self, &state(seen))
    }

    fn follow(&self, plan: &mut Plan, _reward: f64, seen: &[f64]) {
        *plan = LOOKAHEAD.go_on(self, &state(seen), *plan);
    }

    fn act(&self, plan: &Plan, seen: &[f64], action: &mut [f32]) {
        action[0] = plan.command(self, &state(seen)).clamp(-self.limit, self.limit) as f32;
    }

    fn is_valid(&self, plan: &Plan) -> bool {
        plan.is_valid(self)
    }
}

fn state(seen: &[f64]) -> State {
    Vector4::new(seen[0], seen[2].atan2(seen[1]), seen[3], seen[4])
}

/// Sign of a velocity; less where it is so small that dry friction holds it.
fn sign(velocity: f64) -> f64 {
    (velocity / STILL).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::Mode;
    use crate::baseline::testing::episode;

    #[test]
    fn the_pole_is_up_within_two_seconds_and_stays() {
        let mut env = make("cartpole-swingup").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        for seed in 0..5 {
            let (score, _) = episode(env.as_mut(), agent.as_mut(), seed, Mode::Evaluate);
            assert!(score > 435.0, "seed {seed}: {score} of 500");
        }
    }

    #[test]
    fn the_model_predicts_the_robot() {
        let mut env = make("cartpole-swingup").unwrap();
        let pole = CartPole::of(env.robot(), env.spec().control_dt_secs).unwrap();
        env.reset(1);
        let mut observation = [0.0; 5];
        let mut see = |env: &mut dyn Env| {
            env.observe(&mut observation);
            state(&observation.map(f64::from))
        };
        let mut predicted = see(env.as_mut());
        for step in 0..30 {
            let force = if step % 12 < 6 { 10.0 } else { -8.0 };
            env.step(&[force]);
            predicted = pole.step(&predicted, force.into()).0;
        }
        let error = (see(env.as_mut()) - predicted).amax();
        assert!(error < 0.01, "off by {error}");
    }
}
