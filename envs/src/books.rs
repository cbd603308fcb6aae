//! The books of energy: what a robot has, what was put into it, and what was lost, from the start of an episode on.
//!
//! ```text
//! kinetic + potential + springs = what it was at the start
//!     + motors + fields + damping + dry_friction + contacts + sliding + stops + drift
//! ```
//!
//! Motors and fields are the sources. Damping, dry friction and sliding only take. A contact or stop gives way like a
//! spring with a damper: what it takes while something sinks in, it may give back, and no more. What it gives beyond that,
//! in one touch, is `overdrawn`. `drift` is what the books do not explain: the error of the steps of the physics.

use serde::{Deserialize, Serialize};

/// Energy of a robot and work done on it since the episode began, in J, and the largest strains of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Books {
    /// Kinetic energy now, that of the rotors included.
    pub kinetic: f64,
    /// Potential energy in the field of gravity now, against the origin of the world.
    pub potential: f64,
    /// Energy in the springs of the joints now.
    pub springs: f64,
    /// Work of the motors.
    pub motors: f64,
    /// What the motors turned over: the work that they did and the work that was done on them, both counted as positive.
    pub motors_gross: f64,
    /// Work of wind and force fields, and of whoever changed the world.
    pub fields: f64,
    /// Work of viscous damping: never positive.
    pub damping: f64,
    /// Work of the dry friction of joints: never positive.
    pub dry_friction: f64,
    /// Work of contacts along their normals.
    pub contacts: f64,
    /// Work of friction in contacts: never positive.
    pub sliding: f64,
    /// Work of the stops of joints.
    pub stops: f64,
    /// What is not explained.
    pub drift: f64,
    /// What contacts and stops gave beyond what they had taken in the same touch: never negative.
    pub overdrawn: f64,
    /// Deepest that something was inside something else, in m.
    pub penetration: f64,
    /// Furthest that a joint was beyond a stop, in rad or m.
    pub stop_excess: f64,
    /// Largest share of its limit that a motor gave.
    pub motor_load: f64,
}

impl Books {
    /// Energy that the robot has now.
    #[must_use]
    pub fn energy(&self) -> f64 {
        self.kinetic + self.potential + self.springs
    }

    /// All work so far that is accounted for.
    pub(crate) fn work(&self) -> f64 {
        let Self { motors, fields, damping, dry_friction, contacts, sliding, stops, .. } = self;
        motors + fields + damping + dry_friction + contacts + sliding + stops
    }

    /// Energy so far that nothing paid for: what contacts and stops gave too much, and what came from nowhere.
    #[must_use]
    pub fn unpaid(&self) -> f64 {
        // What steps lose by their error pays for nothing.
        self.overdrawn + if self.drift <= 0.0 { 0.0 } else { self.drift }
    }
}
