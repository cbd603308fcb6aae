//! A planar arm of two links: kinematics and dynamics.
//!
//! Angles `q = (shoulder, elbow)`, link lengths `l`, distances `c` of the centres of mass from the joints, moments of
//! inertia `I` about them, viscous damping `d`:
//!
//! ```text
//! tip = l₁ (cos q₁, sin q₁) + l₂ (cos(q₁ + q₂), sin(q₁ + q₂))
//! M(q) q̈ + h(q, q̇) + d q̇ = τ
//! M₁₁ = a₁ + a₂ + 2 a₃ cos q₂    M₁₂ = a₂ + a₃ cos q₂    M₂₂ = a₂
//! h = a₃ sin q₂ (−2 q̇₁ q̇₂ − q̇₂², q̇₁²)
//! a₁ = I₁ + m₁ c₁² + m₂ l₁²    a₂ = I₂ + m₂ c₂²    a₃ = m₂ l₁ c₂
//! ```
//!
//! Source: Spong, Hutchinson, Vidyasagar 2006, Robot Modeling and Control, sections 1.5 and 7.4.

use mesolimb_envs::{RobotSpec, reacher};
use nalgebra::{Matrix2, Vector2};

/// The nominal arm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arm {
    lengths: [f64; 2],
    inertia: [f64; 3],
    armature: Vector2<f64>,
    damping: Vector2<f64>,
    /// Largest angle of the elbow to either side, in rad.
    max_elbow: f64,
    /// Largest torques, in N·m.
    pub(super) limits: Vector2<f64>,
}

/// Angles in rad and velocities in rad/s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Posture {
    pub(super) q: Vector2<f64>,
    pub(super) v: Vector2<f64>,
}

impl Arm {
    /// # Errors
    /// If the robot is no planar arm of two links with a motor at each joint.
    pub(super) fn of(robot: &RobotSpec) -> Result<Self, String> {
        let [upper, fore] = robot.links.as_slice() else {
            return Err(format!("its robot has {} links, expected 2", robot.links.len()));
        };
        let limit_of = |joint: &str| {
            let motor = robot.motors.iter().find(|motor| motor.joint == joint);
            motor.map(|motor| motor.limit).ok_or_else(|| format!("its joint '{joint}' has no motor"))
        };
        let limits = Vector2::new(limit_of(&upper.joint.name)?, limit_of(&fore.joint.name)?);
        let lengths = [fore.joint.anchor[0], reacher::FOREARM_LENGTH];
        let centres = [upper, fore].map(|link| link.inertia().centre_of_mass[0]);
        if !lengths.iter().chain(&centres).all(|length| *length > 0.0) {
            return Err("its robot does not lie along the x axes of its links".into());
        }
        let about_centre = [upper, fore].map(|link| link.moment_about(link.joint.axis));
        let symmetric = |limits: Option<[f64; 2]>| limits.map_or(f64::INFINITY, |[low, high]| high.min(-low));
        Ok(Self {
            lengths,
            inertia: [
                about_centre[0] + upper.mass_kg * centres[0].powi(2) + fore.mass_kg * lengths[0].powi(2),
                about_centre[1] + fore.mass_kg * centres[1].powi(2),
                fore.mass_kg * lengths[0] * centres[1],
            ],
            armature: Vector2::new(upper.joint.armature, fore.joint.armature),
            damping: Vector2::new(upper.joint.damping, fore.joint.damping),
            max_elbow: symmetric(fore.joint.limits),
            limits,
        })
    }

    /// Where the fingertip is, in m from the shoulder.
    pub(super) fn tip(&self, q: Vector2<f64>) -> Vector2<f64> {
        let [l1, l2] = self.lengths;
        let (sin, cos) = q[0].sin_cos();
        let (sin_both, cos_both) = (q[0] + q[1]).sin_cos();
        Vector2::new(l1 * cos + l2 * cos_both, l1 * sin + l2 * sin_both)
    }

    /// Angles that bring the fingertip to `target`, or as near as the arm reaches, with the elbow bent to `side` (±1).
    pub(super) fn angles_for(&self, target: Vector2<f64>, side: f64) -> Vector2<f64> {
        let [l1, l2] = self.lengths;
        let cos_elbow = (target.norm_squared() - l1 * l1 - l2 * l2) / (2.0 * l1 * l2);
        let elbow = side * cos_elbow.clamp(-1.0, 1.0).acos().min(self.max_elbow);
        let inner = (l2 * elbow.sin()).atan2(l1 + l2 * elbow.cos());
        Vector2::new(target.y.atan2(target.x) - inner, elbow)
    }

    /// Mass matrix, in kg·m².
    pub(super) fn mass_matrix(&self, q: Vector2<f64>) -> Matrix2<f64> {
        let [a1, a2, a3] = self.inertia;
        let cos = q[1].cos();
        let coupling = a2 + a3 * cos;
        Matrix2::new(a1 + a2 + 2.0 * a3 * cos, coupling, coupling, a2) + Matrix2::from_diagonal(&self.armature)
    }

    /// Torques that the motion itself takes: Coriolis, centrifugal and damping, in N·m.
    pub(super) fn bias(&self, at: Posture) -> Vector2<f64> {
        let Posture { q, v } = at;
        let h = self.inertia[2] * q[1].sin();
        Vector2::new(-h * (2.0 * v[0] * v[1] + v[1] * v[1]), h * v[0] * v[0]) + self.damping.component_mul(&v)
    }

    /// Accelerations under these torques, in rad/s².
    pub(super) fn accelerations(&self, at: Posture, torques: Vector2<f64>) -> Vector2<f64> {
        let mass = self.mass_matrix(at.q);
        let net = torques - self.bias(at);
        // The mass matrix of a physical arm is positive definite.
        let determinant = mass[(0, 0)] * mass[(1, 1)] - mass[(0, 1)] * mass[(1, 0)];
        Vector2::new(
            (mass[(1, 1)] * net[0] - mass[(0, 1)] * net[1]) / determinant,
            (mass[(0, 0)] * net[1] - mass[(1, 0)] * net[0]) / determinant,
        )
    }

    /// The posture `dt_secs` later, under constant torques (semi-implicit Euler).
    pub(super) fn step(&self, at: Posture, torques: Vector2<f64>, dt_secs: f64) -> Posture {
        let v = at.v + self.accelerations(at, torques) * dt_secs;
        let q = at.q + v * dt_secs;
        if q[1].abs() > self.max_elbow {
            return Posture { q: Vector2::new(q[0], self.max_elbow.copysign(q[1])), v: Vector2::new(v[0], 0.0) };
        }
        Posture { q, v }
    }
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::make;

    use super::*;

    fn arm() -> Arm {
        Arm::of(make("reacher").unwrap().robot()).unwrap()
    }

    #[test]
    fn both_elbow_sides_reach_the_target() {
        for (x, y) in [(0.3, 0.0), (-0.2, 0.5), (0.6, -0.6), (0.0, -0.85)] {
            let target = Vector2::new(x, y);
            for side in [-1.0, 1.0] {
                let q = arm().angles_for(target, side);
                assert!((arm().tip(q) - target).norm() < 1e-9);
                assert!(q[1] * side >= 0.0);
            }
        }
    }

    #[test]
    fn the_model_predicts_the_robot() {
        let mut env = make("reacher").unwrap();
        env.reset(3);
        let mut observation = [0.0; 10];
        env.observe(&mut observation);
        let at = |o: &[f32; 10]| Posture {
            q: Vector2::new(f64::from(o[1]).atan2(o[0].into()), f64::from(o[3]).atan2(o[2].into())),
            v: Vector2::new(o[6].into(), o[7].into()),
        };
        let mut posture = at(&observation);
        for step in 0..10 {
            let torques = if step < 5 { [3.0, -1.0] } else { [-2.0, 1.0] };
            env.step(&torques);
            for _ in 0..20 {
                posture = arm().step(posture, Vector2::from(torques.map(f64::from)), 0.001);
            }
        }
        env.observe(&mut observation);
        let found = at(&observation);
        let turn = (posture.q - found.q).map(|x| x.sin());
        assert!(turn.norm() < 0.1, "{posture:?} {found:?}");
        assert!((posture.v - found.v).norm() < 0.1 * found.v.norm().max(5.0), "{posture:?} {found:?}");
    }
}
