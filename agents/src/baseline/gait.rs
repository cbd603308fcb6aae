//! Open-loop commands for the quadruped: to stand, and to trot.
//!
//! The servos of the robot hold the joints where they are commanded to be; nothing that is sensed comes back here.
//! In both, abduction stays at 0. A trotting leg with phase `φ = 2π f t`, half a turn later for front right and back left,
//!
//! ```text
//! hip  = 0.8 + 0.22 cos φ + 0.25 max(0, sin φ)
//! knee = −1.55 − 0.5 max(0, sin φ)
//! ```
//!
//! swings its foot forward through the air in the first half of a period, and back along the ground in the second.

use std::f64::consts::{PI, TAU};

/// Abduction, hip and knee of a leg that stands, in rad.
pub const STANCE: [f32; 3] = [0.0, 0.8, -1.55];
/// Periods of the trot in a second, `f`, in Hz.
pub const TROT_HZ: f64 = 2.0;
/// How far the hip of a trotting leg swings to either side, in rad.
pub const SWING: f32 = 0.22;
/// By how much more hip and knee bend to lift the foot, in rad.
pub const LIFT: [f32; 2] = [0.25, 0.5];

/// Wanted joint positions to stand on all legs, in rad.
pub fn stand(action: &mut [f32]) {
    for leg in action.chunks_exact_mut(STANCE.len()) {
        leg.copy_from_slice(&STANCE);
    }
}

/// Wanted joint positions to trot forward, in rad: legs across from each other swing together.
pub fn trot(time_secs: f64, action: &mut [f32]) {
    for (leg_idx, leg) in action.chunks_exact_mut(STANCE.len()).enumerate() {
        let is_second_pair = leg_idx == 1 || leg_idx == 2;
        let phase = TAU * TROT_HZ * time_secs + if is_second_pair { PI } else { 0.0 };
        let (sin, cos) = (phase.sin() as f32, phase.cos() as f32);
        let lift = sin.max(0.0);
        let [abduction, hip, knee] = STANCE;
        leg.copy_from_slice(&[abduction, hip + SWING * cos + LIFT[0] * lift, knee - LIFT[1] * lift]);
    }
}
