//! What acts on the robot besides gravity: motors, wind and force fields.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::{
    Terrain, World,
    motion::{Motion, double},
};
use crate::robot::RobotSpec;

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
    /// Torque or force of the motor of each joint in this step, in N·m or N.
    torques: Vec<f64>,
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
        Self {
            gravity: 0.0,
            slope: 0.0,
            terrain: Terrain::default(),
            drives,
            wind: None,
            curl: None,
            torques: vec![0.0; robot.links.len()],
        }
    }

    /// Torque or force of the motor of a joint in this step, in N·m or N.
    pub(super) fn torque(&self, joint_idx: usize) -> f64 {
        self.torques[joint_idx]
    }

    /// Whether these are possible forces on `robot`.
    pub(super) fn fit(&self, robot: &RobotSpec) -> bool {
        let Terrain { roughness, step_height } = self.terrain;
        self.drives.len() == robot.motors.len()
            && [self.gravity, self.slope, roughness.into(), step_height.into()].iter().all(|x| x.is_finite())
            && self.torques.len() == robot.links.len()
            && self.torques.iter().all(|torque| torque.is_finite())
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
        self.forces.wind = (force != [0.0; 3]).then_some(Wind { link_idx, force });
    }

    /// A horizontal force on a site across its velocity, `strength` times as large (N·s/m), until it is set again.
    pub fn set_curl_field(&mut self, site_idx: usize, strength: f64) {
        self.forces.curl = (strength != 0.0).then_some(Curl { site_idx, strength: strength as f32 });
    }

    /// What the motors give in the next stride.
    pub(super) fn exert_forces(&mut self) {
        for motor_idx in 0..self.forces.drives.len() {
            let drive = self.forces.drives[motor_idx];
            let limit = self.layout.robot.motors[motor_idx].limit;
            let torque = drive.answer(self.motor_torque(motor_idx, drive.command), limit);
            let joint_idx = self.layout.motor_joints[motor_idx];
            self.forces.torques[joint_idx] = torque;
        }
    }

    /// Largest share of its limit that a motor gives.
    pub(super) fn motor_load(&self) -> f64 {
        let loads = self.layout.robot.motors.iter().zip(&self.layout.motor_joints);
        loads.map(|(motor, &joint_idx)| (self.forces.torque(joint_idx) / motor.limit).abs()).fold(0.0, f64::max)
    }

    /// Adds what wind and fields do to each degree of freedom, in N·m or N.
    pub(super) fn add_fields(&self, motion: &Motion, out: &mut [f64]) {
        let mut push = |link_idx: usize, point: Vector3<f64>, force: Vector3<f64>| {
            motion.add_row(link_idx, point, force, 1.0, out);
        };
        if let Some(Wind { link_idx, force }) = self.forces.wind {
            push(link_idx, motion.centre(link_idx), Vector3::from(force).map(f64::from));
        }
        if let Some(Curl { site_idx, strength }) = self.forces.curl {
            let [vx, vy, _] = self.site_velocity(site_idx);
            let force = Vector3::new(f64::from(strength * vy), f64::from(-strength * vx), 0.0);
            push(self.layout.site_links[site_idx], double(self.site(site_idx).translation), force);
        }
    }
}
