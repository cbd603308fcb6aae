//! Moves the gripper of a seven-joint arm along a path, from the equations of motion of the arm.
//!
//! With gripper `x`, its goal `x*` and error `e = x* − x`, Jacobian `J`, mass matrix `M` and what the motion itself takes
//! `h`, the gripper follows, and the joints that are left over settle in the posture `q₀`:
//!
//! ```text
//! u = e min(k, √(2 b/|e|), vₘ/|e|)      wanted velocity beyond that of the goal
//! ẍ = ẍ* + g (ẋ* + u − ẋ)
//! W = M + s max(0, 1 − δ/δ₀)²            inertia, larger for a joint that is only δ from a stop
//! Λ = (J W⁻¹ Jᵀ + λ 1)⁻¹
//! q̈ = W⁻¹ Jᵀ Λ (ẍ − J̇ q̇) + (1 − W⁻¹ Jᵀ Λ J)(p (q₀ − q) − d q̇)
//! τ = clip(M q̈ + h, ±limit)
//! ```
//!
//! Near the goal this is a proportional-derivative law in space; far away the gripper moves no faster than it can still
//! stop. A joint near a stop leaves the work to the others. Sources: Chan, Dubey 1995 (IEEE Trans Robot Autom 11:286) for
//! the stops, Khatib 1987 (IEEE J Robot Autom 3:43); Siciliano et al. 2009, Robotics, sections 3.5 and 8.6.

use std::f64::consts::TAU;

use mesolimb_envs::{
    EnvError, RobotSpec, arm7,
    robot::{
        TreeDynamics,
        dynamics::{Motion, TreePoint},
    },
};
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// Joints of the arm.
pub(super) const N: usize = arm7::N_JOINTS;

/// Approach rate near the goal, `k`, in 1/s.
const APPROACH: f64 = 10.0;
/// Rate at which the velocity follows, `g`, in 1/s.
const FOLLOW: f64 = 24.0;
/// Softening of the inertia where the arm is nearly stretched, `λ`, in 1/kg.
const SOFTENING: f64 = 1e-3;
/// Distance `δ₀` from a stop, in rad, from which on a joint gains inertia, up to `s`, in kg·m².
const NEAR_STOP: f64 = 0.3;
const STOP_INERTIA: f64 = 10.0;
/// Stiffness `p` (1/s²) and damping `d` (1/s) of the posture.
const POSTURE: [f64; 2] = [16.0, 8.0];

/// The controller.
#[derive(Clone, Debug)]
pub struct OperationalSpace {
    tree: TreeDynamics<N>,
    gripper: TreePoint,
    /// The posture `q₀`, in rad.
    posture: SVector<f64, N>,
    /// Largest torques, in N·m.
    limits: SVector<f64, N>,
    /// Smallest and largest positions, in rad.
    stops: [[f64; 2]; N],
}

/// Where the gripper shall be and how it shall move there.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// In m.
    pub position: Vector3<f64>,
    /// In m/s.
    pub velocity: Vector3<f64>,
    /// In m/s².
    pub acceleration: Vector3<f64>,
    /// Deceleration that is planned with, `b`, in m/s².
    pub braking: f64,
    /// Largest velocity, `vₘ`, in m/s.
    pub max_speed: f64,
}

/// A circle about 0.5 m before the shoulder, in a plane that is tilted by 30° against the vertical.
#[derive(Clone, Copy, Debug)]
pub struct Circle {
    /// In m.
    pub radius: f64,
    /// Time of a round, in s.
    pub period_secs: f64,
}

impl Circle {
    /// Where a gripper that follows the circle shall be at a time.
    #[must_use]
    pub fn goal(&self, time_secs: f64) -> Goal {
        let (across, up) = (Vector3::y(), Vector3::new(0.5, 0.0, 0.75_f64.sqrt()));
        let centre = Vector3::new(0.5, 0.0, arm7::SHOULDER_HEIGHT - 0.1);
        let rate = TAU / self.period_secs;
        let (sin, cos) = (rate * time_secs).sin_cos();
        Goal {
            position: centre + (across * cos + up * sin) * self.radius,
            velocity: (up * cos - across * sin) * (self.radius * rate),
            acceleration: (across * cos + up * sin) * (-self.radius * rate * rate),
            braking: 4.0,
            max_speed: 1.0,
        }
    }
}

impl OperationalSpace {
    /// The controller of this robot.
    ///
    /// # Errors
    /// If the first tree of the robot is no arm of seven joints with a motor each and a gripper.
    pub fn of(robot: &RobotSpec) -> Result<Self, EnvError> {
        let refusal = |reason| EnvError::Robot { robot: robot.name.clone(), reason };
        let root = robot.links.first().map_or("", |link| link.name.as_str());
        let tree = TreeDynamics::of(robot, root)?;
        let gripper =
            tree.site(robot, arm7::GRIPPER).ok_or_else(|| refusal(format!("it has no site '{}'", arm7::GRIPPER)))?;
        let joints = tree.joint_idxs();
        let mut limits = SVector::<f64, N>::zeros();
        for (limit, joint_idx) in limits.iter_mut().zip(joints) {
            let joint = &robot.links[joint_idx].joint.name;
            let motor = robot.motors.iter().find(|motor| motor.joint == *joint && motor.servo.is_none());
            *limit = motor.ok_or_else(|| refusal(format!("its joint '{joint}' is not commanded a torque")))?.limit;
        }
        let rest = robot.rest_positions();
        let posture = SVector::from_fn(|joint, _| rest[robot.position_range(joints[joint]).start]);
        let stops =
            joints.map(|joint_idx| robot.links[joint_idx].joint.limits.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]));
        Ok(Self { tree, gripper, posture, limits, stops })
    }

    /// Where the gripper is, in m.
    #[must_use]
    pub fn position(&self, at: &Motion<N>) -> Vector3<f64> {
        self.tree.point(at, self.gripper).position
    }

    /// What the motors do, in N·m.
    #[must_use]
    pub fn torques(&self, at: &Motion<N>, goal: &Goal) -> SVector<f64, N> {
        let gripper = self.tree.point(at, self.gripper);
        let error = goal.position - gripper.position;
        let distance = error.norm().max(1e-9);
        let rate = APPROACH.min((2.0 * goal.braking / distance).sqrt()).min(goal.max_speed / distance);
        let wanted = goal.acceleration + (goal.velocity + error * rate - gripper.velocity) * FOLLOW;
        let [stiffness, damping] = POSTURE;
        let aside = (self.posture - at.q) * stiffness - at.v * damping;
        let accelerations = self.accelerations(at, &gripper.jacobian, wanted - gripper.drift, &aside);
        let torques = self.tree.inverse(at, &accelerations);
        torques.zip_map(&self.limits, |torque, limit| torque.clamp(-limit, limit))
    }

    /// Accelerations of the joints that give the gripper the acceleration `wanted`, and as much of `aside` as leaves it
    /// alone.
    fn accelerations(
        &self,
        at: &Motion<N>,
        jacobian: &SMatrix<f64, 3, N>,
        wanted: Vector3<f64>,
        aside: &SVector<f64, N>,
    ) -> SVector<f64, N> {
        let mut weights = self.tree.mass_matrix(&at.q);
        for (joint, [low, high]) in self.stops.into_iter().enumerate() {
            let to_stop = (at.q[joint] - low).min(high - at.q[joint]).max(0.0);
            weights[(joint, joint)] += STOP_INERTIA * (1.0 - to_stop / NEAR_STOP).max(0.0).powi(2);
        }
        let Some(weights) = weights.cholesky() else { return *aside };
        let spread = weights.solve(&jacobian.transpose());
        let inertia = (jacobian * spread + Matrix3::identity() * SOFTENING).cholesky();
        let Some(inertia) = inertia else { return *aside };
        aside + spread * inertia.solve(&(wanted - jacobian * aside))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stdout, reason = "`--nocapture` shows the errors, to quote them")]

    use mesolimb_envs::{Env, arm_reach};

    use super::*;

    /// The true motion of the arm, as the task observes it.
    fn motion(env: &dyn Env) -> Motion<N> {
        let mut observation = vec![0.0; env.spec().observations.len()];
        env.observe(&mut observation);
        let read = |from: usize| SVector::from_fn(|joint, _| f64::from(observation[from + joint]));
        Motion { q: read(0), v: read(N) }
    }

    /// Largest distance of the gripper from its goal over two rounds, after 2 s to approach, in m.
    fn worst_on(circle: Circle, seed: u64, change: Option<(&str, f64)>) -> f64 {
        let mut env = arm_reach::env().unwrap();
        if let Some((name, value)) = change {
            env.params_mut().set(name, value).unwrap();
        }
        env.reset(seed);
        let arm = OperationalSpace::of(env.robot()).unwrap();
        let dt_secs = env.spec().control_dt_secs;
        let n_approach = (2.0 / dt_secs) as usize;
        let mut worst: f64 = 0.0;
        for step in 0..n_approach + (2.0 * circle.period_secs / dt_secs) as usize {
            let torques = arm.torques(&motion(&env), &circle.goal(step as f64 * dt_secs));
            let action: Vec<f32> = torques.iter().map(|&torque| torque as f32).collect();
            assert_eq!(env.step(&action).fault, None);
            if step >= n_approach {
                let goal = circle.goal((step + 1) as f64 * dt_secs).position;
                let gripper = Vector3::from(env.world().site_pose(0).translation.map(f64::from));
                worst = worst.max((gripper - goal).norm());
            }
        }
        worst
    }

    #[test]
    fn the_gripper_follows_a_circle_within_two_centimetres() {
        for (radius, period_secs) in [(0.1, 4.0), (0.15, 3.0), (0.15, 2.0)] {
            let worst = (0..10).map(|seed| worst_on(Circle { radius, period_secs }, seed, None)).fold(0.0, f64::max);
            println!("circle of {radius} m in {period_secs} s: at most {:.2} mm off", 1e3 * worst);
            assert!(worst < 0.02, "circle of {radius} m in {period_secs} s: {worst} m off");
        }
    }

    /// The model is what makes it follow: with another mass in the hand it is off.
    #[test]
    fn a_load_that_the_model_does_not_know_of_shows() {
        let worst = worst_on(Circle { radius: 0.15, period_secs: 3.0 }, 0, Some(("link_mass/hand", 0.8)));
        println!("with 0.5 kg more in the hand: {:.1} mm off", 1e3 * worst);
        assert!(worst > 0.01, "{worst} m off");
    }
}
