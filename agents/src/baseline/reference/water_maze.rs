//! The reference on `water-maze`: the position that place cells say, and straight to where the platform is in the
//! unchanged world.
//!
//! A cell with its centre at `c` fires with `exp(−|x − c|²/2σ²)`. The position is that of the centre that fires most,
//! corrected by least squares in steps of Gauss and Newton. The force along the longer way is all that there is, along the
//! other in proportion.
//!
//! Source: decoding of place cells, as in Zhang et al. 1998 (J Neurophysiol 79:1017).

use mesolimb_envs::{
    Env,
    water_maze::{GRID, HALF_WIDTH, PLATFORM, SIGMA, centre},
};
use nalgebra::{Matrix2, Vector2};

use super::controller::{Controller, Law};
use crate::{
    agent::{Agent, AgentError},
    baseline::{action_ranges, unsuited},
};

const NAME: &str = "water-maze-homing";
const N_CELLS: usize = GRID * GRID;
const REFINEMENTS: u32 = 4;

/// For the pool of `env` as it was compiled.
///
/// # Errors
/// If this is no water maze.
pub(super) fn agent(env: &dyn Env) -> Result<Box<dyn Agent>, AgentError> {
    let &[(_, x), (_, y)] = action_ranges(NAME, env.spec())?.as_slice() else {
        return Err(unsuited(NAME, env.spec(), "it does not swim along two axes"));
    };
    let homing = Homing { limits: Vector2::new(x, y).cast() };
    let names: [String; N_CELLS] = std::array::from_fn(|k| format!("place_{}_{}", k / GRID, k % GRID));
    Ok(Box::new(Controller::new(env, homing, names.each_ref().map(String::as_str))?))
}

/// Largest forces along both axes, in N.
struct Homing {
    limits: Vector2<f64>,
}

impl Law for Homing {
    const NAME: &'static str = NAME;
    type Memory = ();

    fn start(&self, _seen: &[f64]) {}

    fn act(&self, (): &(), seen: &[f64], action: &mut [f32]) {
        let way = Vector2::from(PLATFORM) - position(seen);
        let force = (way / way.amax().max(1e-9)).component_mul(&self.limits);
        action.copy_from_slice(&[force.x as f32, force.y as f32]);
    }

    fn is_valid(&self, (): &()) -> bool {
        true
    }
}

/// Where the swimmer is, from what the cells say, in m.
fn position(seen: &[f64]) -> Vector2<f64> {
    let middle = |k: usize| Vector2::new(centre(k % GRID), centre(k / GRID));
    let most = (0..seen.len()).max_by(|&a, &b| seen[a].total_cmp(&seen[b])).unwrap_or_default();
    let mut at = middle(most);
    for _ in 0..REFINEMENTS {
        let (mut curvature, mut slope) = (Matrix2::identity() * 1e-9, Vector2::zeros());
        for (k, rate) in seen.iter().enumerate() {
            let away = at - middle(k);
            let expected = (-0.5 * away.norm_squared() / SIGMA.powi(2)).exp();
            let gradient = -away * (expected / SIGMA.powi(2));
            curvature += gradient * gradient.transpose();
            slope += gradient * (rate - expected);
        }
        // Of at least one cell that is not where the swimmer is, a step of which is bounded by the pool.
        let step = curvature.try_inverse().map_or(Vector2::zeros(), |inverse| inverse * slope);
        at = (at + step).map(|x| x.clamp(-HALF_WIDTH, HALF_WIDTH));
    }
    at
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;
    use crate::{Mode, baseline::testing::episode};

    #[test]
    fn the_platform_is_found_within_four_seconds() {
        let mut env = make("water-maze").unwrap();
        let mut agent = agent(env.as_ref()).unwrap();
        for seed in 0..20 {
            let (score, n_steps) = episode(env.as_mut(), agent.as_mut(), seed, Mode::Evaluate);
            assert!(score == 1.0 && n_steps < 100, "seed {seed}: {score} after {n_steps} steps");
        }
    }

    #[test]
    fn the_position_is_read_from_the_cells() {
        for (x, y) in [(0.0, 0.0), (0.13, -0.77), (-0.99, 0.99), (0.5, 0.3)] {
            let rate = |k: usize| {
                let away = Vector2::new(x - centre(k % GRID), y - centre(k / GRID));
                f64::from((-0.5 * away.norm_squared() / SIGMA.powi(2)).exp() as f32)
            };
            let seen: Vec<f64> = (0..N_CELLS).map(rate).collect();
            let error = (position(&seen) - Vector2::new(x, y)).norm();
            assert!(error < 1e-4, "{error} m at {x}, {y}");
        }
    }
}
