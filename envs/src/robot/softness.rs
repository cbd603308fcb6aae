//! How contacts and stops give way.

use serde::{Deserialize, Serialize};

/// How a contact, a stop or dry friction gives way: MuJoCo's `solref` and `solimp`.
///
/// Where something is `r` beyond where it should be (`r < 0`) and moves with `v`, it is to be accelerated with
///
/// ```text
/// a = −b v − k d r        b = 2 / (d₁ τ)        k = 1 / (d₁ τ ζ)²
/// ```
///
/// and the force that does so acts against the resistance `(1 − d) / d` of one that would not give way at all. The impedance
/// `d` goes from `d₀` at `r = 0` to `d₁` at `width` along a polynomial of degree `power` about `midpoint`.
///
/// In steps of `h` the law is taken at their end, where MuJoCo takes it at their beginning: with `r + h v⁺` for `r` and
/// `v⁺ = v + h a` for `v`, acceleration and resistance become
///
/// ```text
/// a = −((b + k d h) v + k d r) / c        R = (1 − d) / d / c        c = 1 + b h + k d h²
/// ```
///
/// so that coarse steps damp more, and never push back what came in.
///
/// Source: MuJoCo's documentation, Computation, "Solver parameters"; Todorov 2014 (ICRA, doi 10.1109/ICRA.2014.6907751).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Softness {
    /// `τ`: how soon a displacement dies away, in s.
    pub time_constant_secs: f64,
    /// `ζ`: 1 comes back without overshoot as soon as it can.
    pub damping_ratio: f64,
    /// `d₀` and `d₁`, within 0 and 1.
    pub impedance: [f64; 2],
    /// Displacement over which the impedance changes, in m or rad.
    pub width: f64,
    /// Where within the width the polynomial bends over.
    pub midpoint: f64,
    /// Degree of the polynomial.
    pub power: f64,
}

/// What a displacement asks for within a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Response {
    /// Acceleration wanted, in m/s² or rad/s².
    pub acceleration: f64,
    /// `R`, as a share of the resistance of one that would not give way.
    pub compliance: f64,
    /// Energy of the spring, in J for each unit of that resistance.
    pub stored: f64,
}

/// MuJoCo keeps the impedance and its midpoint within these.
const IMPEDANCES: [f64; 2] = [1e-4, 0.9999];

impl Default for Softness {
    /// MuJoCo's.
    fn default() -> Self {
        Self {
            time_constant_secs: 0.02,
            damping_ratio: 1.0,
            impedance: [0.9, 0.95],
            width: 0.001,
            midpoint: 0.5,
            power: 2.0,
        }
    }
}

impl Softness {
    /// Gives way as little as can be told in steps of `dt_secs`: what is locked.
    pub(crate) fn rigid() -> Self {
        Self { time_constant_secs: 0.0, impedance: [1.0, 1.0], ..Self::default() }
    }

    /// That of two that touch: half of each.
    #[must_use]
    pub fn mixed(&self, other: &Self) -> Self {
        let half = f64::midpoint;
        Self {
            time_constant_secs: half(self.time_constant_secs, other.time_constant_secs),
            damping_ratio: half(self.damping_ratio, other.damping_ratio),
            impedance: [0, 1].map(|k| half(self.impedance[k], other.impedance[k])),
            width: half(self.width, other.width),
            midpoint: half(self.midpoint, other.midpoint),
            power: half(self.power, other.power),
        }
    }

    /// What a displacement (m, rad) with a velocity (m/s, rad/s) asks for in a step of `dt_secs`: nothing dies away sooner
    /// than in two of them.
    pub(crate) fn response(&self, displacement: f64, velocity: f64, dt_secs: f64) -> Response {
        let (damping, stiffness) = self.coefficients(displacement, dt_secs);
        let c = 1.0 + damping * dt_secs + stiffness * dt_secs * dt_secs;
        let compliance = self.compliance(displacement);
        Response {
            acceleration: -((damping + stiffness * dt_secs) * velocity + stiffness * displacement) / c,
            compliance: compliance / c,
            stored: 0.5 * stiffness * displacement * displacement / compliance,
        }
    }

    /// The same across a contact that is `depth` deep, where there is no place to come back to.
    pub(crate) fn slide_response(&self, depth: f64, velocity: f64, dt_secs: f64) -> Response {
        let (damping, _) = self.coefficients(depth, dt_secs);
        let c = 1.0 + damping * dt_secs;
        Response { acceleration: -damping * velocity / c, compliance: self.compliance(depth) / c, stored: 0.0 }
    }

    /// `(1 − d) / d`.
    fn compliance(&self, displacement: f64) -> f64 {
        let impedance = self.impedance_at(displacement);
        (1.0 - impedance) / impedance
    }

    /// `b`, in 1/s, and `k d`, in 1/s².
    pub(crate) fn coefficients(&self, displacement: f64, dt_secs: f64) -> (f64, f64) {
        let tau = self.time_constant_secs.max(2.0 * dt_secs);
        let stiffest = self.impedance[1].clamp(IMPEDANCES[0], IMPEDANCES[1]);
        let stiffness = self.impedance_at(displacement) / (stiffest * tau * self.damping_ratio).powi(2);
        (2.0 / (stiffest * tau), stiffness)
    }

    /// `d` at a displacement, in m or rad.
    fn impedance_at(&self, displacement: f64) -> f64 {
        let [least, most] = self.impedance;
        let x = if self.width > 0.0 { (displacement.abs() / self.width).min(1.0) } else { 1.0 };
        let (mid, power) = (self.midpoint.clamp(IMPEDANCES[0], IMPEDANCES[1]), self.power);
        // A ratio to a power, not powers in a ratio: those of a high degree are zero.
        let y = if x >= 1.0 {
            1.0
        } else if x <= mid {
            x * (x / mid).powf(power - 1.0)
        } else {
            1.0 - (1.0 - x) * ((1.0 - x) / (1.0 - mid)).powf(power - 1.0)
        };
        (least + y * (most - least)).clamp(IMPEDANCES[0], IMPEDANCES[1])
    }

    /// What is wrong with it, if anything is.
    pub(super) fn flaw(&self) -> Option<String> {
        let Self { time_constant_secs, damping_ratio, impedance: [least, most], width, midpoint, power } = *self;
        let within = |value: f64| (0.0..=1.0).contains(&value);
        let checks = [
            ("time_constant_secs", time_constant_secs, time_constant_secs > 0.0, "a finite value above zero"),
            ("damping_ratio", damping_ratio, damping_ratio > 0.0, "a finite value above zero"),
            ("impedance", least, within(least), "0 to 1"),
            ("impedance", most, within(most), "0 to 1"),
            ("width", width, width >= 0.0, "a finite value of zero or more"),
            ("midpoint", midpoint, within(midpoint), "0 to 1"),
            ("power", power, power >= 1.0, "a finite value of 1 or more"),
        ];
        let flaw = checks.into_iter().find(|&(_, value, is_good, _)| !(is_good && value.is_finite()));
        flaw.map(|(field, value, _, expected)| format!("{field} is {value}, expected {expected}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `solimp` "0.8 0.9 0.01 0.3 3", worked by hand.
    #[test]
    fn the_impedance_follows_its_polynomial() {
        let soft = Softness { impedance: [0.8, 0.9], width: 0.01, midpoint: 0.3, power: 3.0, ..Softness::default() };
        let expected = [(0.0, 0.8), (0.0015, 0.80375), (0.003, 0.83), (0.01, 0.9), (0.02, 0.9)];
        for (displacement, impedance) in expected {
            let found = soft.impedance_at(-displacement);
            assert!((found - impedance).abs() < 1e-12, "{found} at {displacement}, expected {impedance}");
        }
    }

    #[test]
    fn any_polynomial_has_values() {
        for (midpoint, power) in [(0.0, 2.0), (1.0, 2.0), (0.5, 1.0), (0.5, 5000.0), (0.0, 1e15)] {
            let soft = Softness { midpoint, power, ..Softness::default() };
            for x in [0.0, 0.25, 0.5, 0.75, 1.0] {
                let impedance = soft.impedance_at(x * soft.width);
                assert!((0.9..=0.95).contains(&impedance), "{impedance} at {x} of the width of {soft:?}");
            }
        }
    }

    #[test]
    fn nothing_dies_away_sooner_than_in_two_steps() {
        let soft = Softness::default();
        assert_eq!(soft.coefficients(-0.1, 0.01), soft.coefficients(-0.1, 0.002));
        assert!(soft.coefficients(-0.1, 0.02).0 < soft.coefficients(-0.1, 0.01).0);
    }
}
