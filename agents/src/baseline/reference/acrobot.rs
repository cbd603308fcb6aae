//! The reference on `acrobot`: laws that add energy, and looking ahead.
//!
//! Angles `q` of shoulder (from hanging) and elbow (from stretched), lengths `l`, centres of mass at `c`, moments of inertia
//! `I` about them, damping `d`:
//!
//! ```text
//! M(q) q̈ + h(q, q̇) + d q̇ + φ(q) = (0, τ)
//! M₁₁ = a₁ + a₂ + 2 a₃ cos q₂    M₁₂ = a₂ + a₃ cos q₂    M₂₂ = a₂
//! h = a₃ sin q₂ (−2 q̇₁ q̇₂ − q̇₂², q̇₁²)
//! φ = g ((m₁ c₁ + m₂ l₁) sin q₁ + m₂ c₂ sin(q₁ + q₂), m₂ c₂ sin(q₁ + q₂))
//! a₁ = I₁ + m₁ c₁² + m₂ l₁²    a₂ = I₂ + m₂ c₂²    a₃ = m₂ l₁ c₂
//! ```
//!
//! The motor's power is `τ q̇₂`, so the base laws are `τ = limit · sign(q̇₂ + k q̇₁)` for some `k`: with `k = 0` no step takes
//! energy back, with others the swing is shared differently. Which of them comes to the goal soonest is chance, so that
//! [`lookahead`](super::lookahead), which tries them all, finds ways of half their mean length.
//!
//! Sources: Spong 1995, The swing up control problem for the Acrobot (IEEE Control Systems 15:49), for the model and the
//! energy; the family of laws is ours.

use mesolimb_envs::{Env, EnvSpec, RobotSpec, acrobot::GOAL_HEIGHT, world::STANDARD_GRAVITY};

use super::{
    controller::{Controller, Law},
    lookahead::{Lookahead, Model, Plan},
};
use crate::{
    agent::{Agent, AgentError},
    baseline::unsuited,
};

const NAME: &str = "acrobot-lookahead";
/// How often the mean velocity of a step is put into its own equation.
const MEANS: u32 = 2;
/// Shares of the velocity of the shoulder in the base laws, `k`.
const LEADS: [f64; 7] = [0.0, -0.5, -1.0, -2.0, -8.0, 0.5, 1.0];
const LOOKAHEAD: Lookahead = Lookahead { horizon: 400, shares: &[-1.0, 1.0], holds: &[4, 8, 16], every: 4 };

/// For the robot of `env` as it was compiled.
///
/// # Errors
/// If this is no acrobot.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let rods = Rods::of(env.robot(), env.spec()).map_err(|why| unsuited(NAME, env.spec(), why))?;
    let channels = ["shoulder_cos", "shoulder_sin", "elbow_cos", "elbow_sin", "shoulder_velocity", "elbow_velocity"];
    Ok(Box::new(Controller::new(env, rods, channels)?))
}

/// The nominal rods.
struct Rods {
    lengths: [f64; 2],
    /// `a` in the head of this file.
    inertia: [f64; 3],
    /// Torques of the weight of the upper rod with the elbow, and of the lower rod, when level, in N·m.
    weight: [f64; 2],
    damping: [f64; 2],
    limit: f64,
    /// Of the physics.
    dt_secs: f64,
    /// Steps of the physics in a control step.
    n_steps: u32,
}

/// Angles in rad and velocities in rad/s, shoulder and elbow.
#[derive(Clone, Copy, Debug)]
struct State {
    q: [f64; 2],
    v: [f64; 2],
}

impl Rods {
    fn of(robot: &RobotSpec, clock: &EnvSpec) -> Result<Self, String> {
        let ([upper, lower], [motor]) = (robot.links.as_slice(), robot.motors.as_slice()) else {
            return Err(format!("its robot has {} links, expected two with one motor", robot.links.len()));
        };
        let centres = [upper, lower].map(|link| -link.inertia().centre_of_mass[2]);
        let length = -lower.joint.anchor[2];
        if length <= 0.0 || centres.iter().any(|centre| *centre <= 0.0) {
            return Err("its rods do not hang".into());
        }
        let about_centre = [upper, lower].map(|link| link.moment_about(link.joint.axis));
        Ok(Self {
            // Rods are uniform: the tip is twice as far as the centre of mass.
            lengths: [length, 2.0 * centres[1]],
            inertia: [
                about_centre[0] + upper.mass_kg * centres[0].powi(2) + lower.mass_kg * length.powi(2),
                about_centre[1] + lower.mass_kg * centres[1].powi(2),
                lower.mass_kg * length * centres[1],
            ],
            weight: [upper.mass_kg * centres[0] + lower.mass_kg * length, lower.mass_kg * centres[1]]
                .map(|moment| moment * STANDARD_GRAVITY),
            damping: [upper.joint.damping, lower.joint.damping],
            limit: motor.limit,
            dt_secs: clock.physics_dt_secs,
            n_steps: (clock.control_dt_secs / clock.physics_dt_secs).round() as u32,
        })
    }

    /// Accelerations in a step of the world of velocities `v`, in which `mean` is their mean: damping counts with the
    /// velocities at its end.
    fn accelerations(&self, q: [f64; 2], v: [f64; 2], mean: [f64; 2], torque: f64) -> [f64; 2] {
        let [a1, a2, a3] = self.inertia;
        let (sin, cos) = q[1].sin_cos();
        let m12 = a2 + a3 * cos;
        let m11 = a1 + a2 + 2.0 * a3 * cos + self.dt_secs * self.damping[0];
        let m22 = a2 + self.dt_secs * self.damping[1];
        let h = a3 * sin;
        let lower = self.weight[1] * (q[0] + q[1]).sin();
        let turning = h * (2.0 * mean[0] * mean[1] + mean[1] * mean[1]);
        let shoulder = turning - self.damping[0] * v[0] - self.weight[0] * q[0].sin() - lower;
        let elbow = torque - h * mean[0] * mean[0] - self.damping[1] * v[1] - lower;
        // The mass matrix of two rods is positive definite.
        let determinant = m11 * m22 - m12 * m12;
        [(m22 * shoulder - m12 * elbow) / determinant, (m11 * elbow - m12 * shoulder) / determinant]
    }

    /// Height of the tip above the bar, in m.
    fn tip_height(&self, q: [f64; 2]) -> f64 {
        -self.lengths[0] * q[0].cos() - self.lengths[1] * (q[0] + q[1]).cos()
    }
}

impl Model for Rods {
    type State = State;
    const N_LAWS: u8 = LEADS.len() as u8;

    fn limit(&self) -> f64 {
        self.limit
    }

    fn step(&self, state: &State, command: f64) -> (State, f64, bool) {
        let State { mut q, mut v } = *state;
        for _ in 0..self.n_steps {
            let mut mean = v;
            let mut a = [0.0; 2];
            for _ in 0..MEANS {
                a = self.accelerations(q, v, mean, command);
                mean = [0, 1].map(|joint| v[joint] + 0.5 * self.dt_secs * a[joint]);
            }
            v = [0, 1].map(|joint| v[joint] + self.dt_secs * a[joint]);
            q = [0, 1].map(|joint| q[joint] + self.dt_secs * v[joint]);
        }
        let state = State { q, v };
        let is_done = self.tip_height(state.q) >= GOAL_HEIGHT;
        (state, if is_done { 0.0 } else { 1.0 }, is_done)
    }

    fn law(&self, law_idx: u8, state: &State) -> f64 {
        (state.v[1] + LEADS[usize::from(law_idx)] * state.v[0]).signum() * self.limit
    }
}

impl Law for Rods {
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
    State { q: [seen[1].atan2(seen[0]), seen[3].atan2(seen[2])], v: [seen[4], seen[5]] }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::testing::mean_return;

    #[test]
    fn the_tip_is_up_within_seven_seconds() {
        let mut env = make("acrobot").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        let mean = mean_return(env.as_mut(), agent.as_mut(), 0..10);
        assert!(mean > -175.0, "{mean}");
    }

    #[test]
    fn the_model_predicts_the_robot() {
        let mut env = make("acrobot").unwrap();
        let rods = Rods::of(env.robot(), env.spec()).unwrap();
        env.reset(1);
        let mut observation = [0.0; 6];
        let mut see = |env: &mut dyn Env| {
            env.observe(&mut observation);
            state(&observation.map(f64::from))
        };
        env.step(&[1.0]);
        let mut predicted = see(env.as_mut());
        for step in 0..50 {
            let torque = if step % 22 < 11 { 1.0 } else { -1.0 };
            env.step(&[torque]);
            predicted = rods.step(&predicted, torque.into()).0;
        }
        let found = see(env.as_mut());
        let error = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).abs().max((a[1] - b[1]).abs());
        let (angles, velocities) = (error(found.q, predicted.q), error(found.v, predicted.v));
        assert!(angles < 1e-3 && velocities < 1e-2, "off by {angles} rad and {velocities} rad/s");
    }
}
