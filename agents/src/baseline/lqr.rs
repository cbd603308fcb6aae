//! The reference on `cartpole`: a linear quadratic regulator.
//!
//! State `s = (x, θ, ẋ, θ̇)`, force `f` on the cart; near upright, with the pole's moment of inertia `I` about its
//! centre of mass at the distance `l` from the hinge, and the damping `d` of the joints:
//!
//! ```text
//! (M + m) ẍ + m l θ̈ = f − d_x ẋ
//! m l ẍ + (I + m l²) θ̈ = m g l θ − d_θ θ̇
//! ```
//!
//! The force is held over a control step: `s′ = A s + B f`, from the matrix exponential.
//! `K = (R + Bᵀ P B)⁻¹ Bᵀ P A`, with `P` from iterating `P ← Q + Aᵀ P (A − B K)` to convergence, and `f = −K s`.
//! `Q` and `R` follow Bryson's rule: one over the square of what is allowed at most, for position, angle and force.

use mesolimb_envs::{Env, EnvSpec, RobotSpec, cartpole, world::STANDARD_GRAVITY};
use nalgebra::{Matrix2, Matrix4, Matrix5, RowSVector, RowVector4, SMatrix, SVector, Vector2, Vector4};

use super::{action_ranges, observation_idxs, seal, unsuited};
use crate::agent::{Agent, AgentError, Mode, Transition, check_finite};

const NAME: &str = "cartpole-lqr";
const STATE: &str = "cartpole-lqr/1";
const MAX_RICCATI_STEPS: usize = 100_000;
const RICCATI_TOLERANCE: f64 = 1e-10;

/// Balances the nominal cart-pole. It learns nothing.
#[derive(Debug)]
pub struct CartpoleLqr {
    spec: EnvSpec,
    /// Where position, angle and their velocities are observed.
    observation_idxs: [usize; 4],
    gain: RowVector4<f64>,
    state: Vector4<f64>,
    max_force: f64,
}

/// Dynamics over one control step, `s′ = A s + B f`.
pub(super) struct Linear {
    a: Matrix4<f64>,
    b: Vector4<f64>,
}

impl CartpoleLqr {
    /// For the robot of `env` as it was compiled.
    ///
    /// # Errors
    /// If this is not a cart-pole.
    pub fn new(env: &dyn Env) -> Result<Self, AgentError> {
        let spec = env.spec();
        let names = ["cart_position", "pole_angle", "cart_velocity", "pole_velocity"];
        let observation_idxs = observation_idxs(NAME, spec, names)?;
        let &[(_, max_force)] = action_ranges(NAME, spec)?.as_slice() else {
            return Err(unsuited(NAME, spec, format!("it has {} actions, expected 1", spec.actions.len())));
        };
        let dynamics = linearise(env.robot(), spec.control_dt_secs).map_err(|reason| unsuited(NAME, spec, reason))?;
        let max_force = f64::from(max_force);
        let gain = regulator(&dynamics, max_force)
            .ok_or_else(|| unsuited(NAME, spec, "the Riccati equation does not converge for its robot"))?;
        Ok(Self { spec: spec.clone(), observation_idxs, gain, state: Vector4::zeros(), max_force })
    }

    fn sense(&mut self, observation: &[f32]) {
        for (state, &idx) in self.state.iter_mut().zip(&self.observation_idxs) {
            *state = f64::from(observation[idx]);
        }
    }
}

impl Agent for CartpoleLqr {
    fn begin_episode(&mut self, observation: &[f32], _mode: Mode) -> Result<(), AgentError> {
        check_finite(&self.spec, observation, 0.0)?;
        self.sense(observation);
        Ok(())
    }

    fn act(&mut self, action: &mut [f32]) {
        action[0] = (-(self.gain * self.state)[0]).clamp(-self.max_force, self.max_force) as f32;
    }

    fn learn(&mut self, transition: &Transition<'_>) -> Result<(), AgentError> {
        check_finite(&self.spec, transition.next_observation, transition.reward)?;
        self.sense(transition.next_observation);
        Ok(())
    }

    fn save(&mut self) -> Vec<u8> {
        seal::seal(STATE, &<[f64; 4]>::from(self.state))
    }

    fn load(&mut self, state: &[u8]) -> Result<(), AgentError> {
        let state: [f64; 4] = seal::unseal(STATE, state)?;
        if !state.iter().all(|x| x.is_finite()) {
            return Err(AgentError::State("an observation in it is not finite".into()));
        }
        self.state = Vector4::from(state);
        Ok(())
    }
}

/// # Errors
/// If the robot is no cart with a pole on it.
pub(super) fn linearise(robot: &RobotSpec, dt_secs: f64) -> Result<Linear, String> {
    let [cart, pole] = robot.links.as_slice() else {
        return Err(format!("its robot has {} links, expected a cart and a pole", robot.links.len()));
    };
    if pole.parent.as_ref() != Some(&cart.name) {
        return Err(format!("its link '{}' does not hang on '{}'", pole.name, cart.name));
    }
    let centre = pole.inertia().centre_of_mass;
    let [x, y, height] = centre;
    if x.abs() > 1e-6 || y.abs() > 1e-6 || height <= 0.0 {
        return Err(format!("the centre of its pole is at {centre:?}, expected above the hinge"));
    }
    let moment = pole.mass_kg * height;
    let inertia = pole.moment_about(pole.joint.axis) + moment * height + pole.joint.armature;
    let coupling = Matrix2::new(cart.mass_kg + pole.mass_kg + cart.joint.armature, moment, moment, inertia);
    let mobility = coupling.try_inverse().ok_or("the mass matrix of its robot is singular")?;

    let weight = mobility * Vector2::new(0.0, moment * STANDARD_GRAVITY);
    let damping = -mobility * Matrix2::from_diagonal(&Vector2::new(cart.joint.damping, pole.joint.damping));
    let mut flow = Matrix5::zeros();
    flow.fixed_view_mut::<2, 2>(0, 2).fill_with_identity();
    flow.fixed_view_mut::<2, 1>(2, 1).copy_from(&weight);
    flow.fixed_view_mut::<2, 2>(2, 2).copy_from(&damping);
    flow.fixed_view_mut::<2, 1>(2, 4).copy_from(&mobility.column(0));
    let held = (flow * dt_secs).exp();
    Ok(Linear { a: held.fixed_view::<4, 4>(0, 0).into_owned(), b: held.fixed_view::<4, 1>(0, 4).into_owned() })
}

pub(super) fn regulator(dynamics: &Linear, max_force: f64) -> Option<RowVector4<f64>> {
    let allowed = [cartpole::MAX_CART_POSITION, cartpole::MAX_POLE_ANGLE];
    let q = Matrix4::from_diagonal(&Vector4::new(allowed[0].powi(-2), allowed[1].powi(-2), 0.0, 0.0));
    gain(&dynamics.a, &dynamics.b, &q, max_force.powi(-2))
}

/// The gain `K` of the regulator of `s′ = A s + B f` that costs `sᵀ Q s + r f²` a step; none if there is no such gain.
pub(super) fn gain<const N: usize>(
    a: &SMatrix<f64, N, N>,
    b: &SVector<f64, N>,
    q: &SMatrix<f64, N, N>,
    r: f64,
) -> Option<RowSVector<f64, N>> {
    let mut p = *q;
    for _ in 0..MAX_RICCATI_STEPS {
        let gain = (b.transpose() * p * a) / (r + b.dot(&(p * b)));
        let next = q + a.transpose() * p * (a - b * gain);
        let next = 0.5 * (next + next.transpose());
        let change = (next - p).norm();
        p = next;
        if change < RICCATI_TOLERANCE * p.norm() {
            return Some(gain);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::baseline::testing::episode;

    #[test]
    fn the_pole_stays_up_for_whole_episodes() {
        let mut env = make("cartpole").unwrap();
        let mut agent = CartpoleLqr::new(env.as_ref()).unwrap();
        for seed in 0..20 {
            let (score, n_steps) = episode(env.as_mut(), &mut agent, seed, Mode::Evaluate);
            assert_eq!((score, n_steps), (500.0, 500), "seed {seed}");
        }
    }

    #[test]
    fn the_linear_model_predicts_the_robot() {
        let mut env = make("cartpole").unwrap();
        let dynamics = linearise(env.robot(), env.spec().control_dt_secs).unwrap();
        env.reset(4);
        let mut observation = [0.0; 4];
        env.observe(&mut observation);
        let mut state = Vector4::from(observation.map(f64::from));
        for _ in 0..10 {
            env.step(&[2.0]);
            state = dynamics.a * state + dynamics.b * 2.0;
        }
        env.observe(&mut observation);
        let error = state - Vector4::from(observation.map(f64::from));
        // The push changes the velocities by 0.4 m/s and 0.5 rad/s; friction and the physics step account for the rest.
        assert!(error.norm() < 0.05 * state.norm(), "{state} {observation:?}");
    }

    #[test]
    fn another_task_is_refused_with_the_reason() {
        let env = make("reacher").unwrap();
        let error = CartpoleLqr::new(env.as_ref()).unwrap_err().to_string();
        assert_eq!(error, "agent 'cartpole-lqr' cannot do task 'reacher': it does not observe 'cart_position'");
    }

    #[test]
    fn a_bad_observation_changes_nothing() {
        let env = make("cartpole").unwrap();
        let mut agent = CartpoleLqr::new(env.as_ref()).unwrap();
        agent.begin_episode(&[0.1, 0.02, 0.0, 0.0], Mode::Learn).unwrap();
        let before = agent.save();
        assert!(agent.begin_episode(&[0.1, f32::NAN, 0.0, 0.0], Mode::Learn).is_err());
        assert_eq!(agent.save(), before);
    }
}
