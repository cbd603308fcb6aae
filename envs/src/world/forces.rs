//! What acts on the robot besides gravity: motors, wind and force fields.

use rapier3d::{math::Vector, prelude::*};
use serde::{Deserialize, Serialize};

use super::{Terrain, World};
use crate::robot::RobotSpec;

/// Stiffness of the spring that carries the torque of a motor where the joint has none, in N·m/rad or N/m: a turn
/// changes the torque by less than single precision tells.
const LEAST_STIFFNESS: f64 = 1e-6;

/// What acts on the robot besides gravity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Forces {
    /// In m/s², downwards where the slope is zero.
    pub gravity: f64,
    /// In rad.
    pub slope: f64,
    pub terrain: Terrain,
    /// What each motor was told, and how it answers.
    drives: Vec<Drive>,
    wind: Option<Wind>,
    curl: Option<Curl>,
}

/// What a motor was told, and how it answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Drive {
    command: f64,
    gain: f64,
    /// Share of the limit below which the motor gives nothing.
    dead_zone: f64,
    /// Share of the limit above which it gives no more.
    saturation: f64,
}

/// A force on a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Wind {
    link_idx: usize,
    force: [f32; 3],
}

/// A force on a site across its velocity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Curl {
    site_idx: usize,
    /// In N·s/m.
    strength: f32,
}

impl Forces {
    /// No force but that of servos, which hold the posture of rest.
    pub(super) fn resting(robot: &RobotSpec) -> Self {
        let rest = robot.rest_positions();
        let commands = robot.rest_commands(&rest);
        let drives = commands.map(|command| Drive { command, gain: 1.0, dead_zone: 0.0, saturation: 1.0 }).collect();
        Self { gravity: 0.0, slope: 0.0, terrain: Terrain::default(), drives, wind: None, curl: None }
    }

    /// Whether these are possible forces on `robot`.
    pub(super) fn fit(&self, robot: &RobotSpec) -> bool {
        let Terrain { roughness, step_height } = self.terrain;
        self.drives.len() == robot.motors.len()
            && [self.gravity, self.slope, roughness.into(), step_height.into()].iter().all(|x| x.is_finite())
            && self.drives.iter().all(Drive::is_finite)
            && self
                .wind
                .is_none_or(|wind| wind.link_idx < robot.links.len() && wind.force.iter().all(|x| x.is_finite()))
            && self.curl.is_none_or(|curl| curl.site_idx < robot.sites.len() && curl.strength.is_finite())
    }
}

impl Drive {
    fn is_finite(&self) -> bool {
        [self.command, self.gain, self.dead_zone, self.saturation].iter().all(|x| x.is_finite())
    }

    /// What is left of `torque`, in the same unit, of a motor that gives at most `limit`.
    fn answer(&self, torque: f64, limit: f64) -> f64 {
        if torque.abs() < self.dead_zone * limit {
            return 0.0;
        }
        self.gain * torque.clamp(-self.saturation * limit, self.saturation * limit)
    }
}

impl World {
    /// Commands a motor until it is commanded again: a torque (N·m) or force (N), or the position (rad, m) of a servo.
    pub fn set_motor(&mut self, motor_idx: usize, command: f64) {
        self.forces.drives[motor_idx].command = command;
    }

    /// Factor of what a motor gives.
    pub fn set_motor_gain(&mut self, motor_idx: usize, gain: f64) {
        self.forces.drives[motor_idx].gain = gain;
    }

    /// Share of its limit below which a motor gives nothing.
    pub fn set_motor_dead_zone(&mut self, motor_idx: usize, dead_zone: f64) {
        self.forces.drives[motor_idx].dead_zone = dead_zone;
    }

    /// Share of its limit above which a motor gives no more.
    pub fn set_motor_saturation(&mut self, motor_idx: usize, saturation: f64) {
        self.forces.drives[motor_idx].saturation = saturation;
    }

    /// Torque (N·m) or force (N) with which a motor answers `command` now, in the unchanged world: the command itself, or
    /// what a servo makes of it.
    #[must_use]
    pub fn motor_torque(&self, motor_idx: usize, command: f64) -> f64 {
        let (motor, joint_idx) = (&self.layout.robot.motors[motor_idx], self.layout.motor_joints[motor_idx]);
        let wanted = motor.servo.map_or(command, |servo| {
            servo.stiffness * (command - self.joint_position(joint_idx))
                - servo.damping * self.joint_velocity(joint_idx)
        });
        wanted.clamp(-motor.limit, motor.limit)
    }

    /// A force (N, along the world's axes) on the centre of mass of a link, until it is set again.
    pub fn set_wind(&mut self, link_idx: usize, force: [f32; 3]) {
        self.clear_forces();
        self.forces.wind = (force != [0.0; 3]).then_some(Wind { link_idx, force });
    }

    /// A horizontal force on a site across its velocity, `strength` times as large (N·s/m), until it is set again.
    pub fn set_curl_field(&mut self, site_idx: usize, strength: f64) {
        self.clear_forces();
        self.forces.curl = (strength != 0.0).then_some(Curl { site_idx, strength: strength as f32 });
    }

    /// Motors and fields for the next stride.
    pub(super) fn exert_forces(&mut self) {
        for motor_idx in 0..self.forces.drives.len() {
            let drive = self.forces.drives[motor_idx];
            let limit = self.layout.robot.motors[motor_idx].limit;
            let torque = drive.answer(self.motor_torque(motor_idx, drive.command), limit);
            self.set_torque(self.layout.motor_joints[motor_idx], torque);
        }
        if self.forces.wind.is_none() && self.forces.curl.is_none() {
            return;
        }
        self.clear_forces();
        if let Some(Wind { link_idx, force }) = self.forces.wind {
            self.parts.bodies[self.layout.links[link_idx].body].add_force(Vector::from(force), true);
        }
        if let Some(Curl { site_idx, strength }) = self.forces.curl {
            let [vx, vy, _] = self.site_velocity(site_idx);
            let (body, point) =
                (self.layout.links[self.layout.site_links[site_idx]].body, self.site(site_idx).translation);
            self.parts.bodies[body].add_force_at_point(Vector::new(strength * vy, -strength * vx, 0.0), point, true);
        }
    }

    /// The torque (N·m) or force (N) of a motor, on top of that of the spring of its joint.
    ///
    /// It shifts where the spring rests. A motor of Rapier would do the same as a constraint, at the cost of a solve with
    /// the mass matrix.
    fn set_torque(&mut self, joint_idx: usize, torque: f64) {
        let axis = self.layout.links[joint_idx].axis as usize;
        let spring_rest = self.layout.robot.links[joint_idx].joint.spring_rest;
        let stiffness = self.tuning.stiffness(joint_idx).max(LEAST_STIFFNESS);
        let rest = spring_rest + torque / stiffness;
        self.link_mut(joint_idx).joint.set_spring(axis, stiffness as f32, rest as f32);
    }

    /// Forces on a body last in Rapier until they are taken away.
    fn clear_forces(&mut self) {
        let links = [
            self.forces.wind.map(|wind| wind.link_idx),
            self.forces.curl.map(|curl| self.layout.site_links[curl.site_idx]),
        ];
        for link_idx in links.into_iter().flatten() {
            let body = &mut self.parts.bodies[self.layout.links[link_idx].body];
            body.reset_forces(true);
            body.reset_torques(true);
        }
    }
}
