//! Solver parameters of MJCF, `solref` and `solimp`, as softness.

use mjcf_rs::body::Joint as FileJoint;
use roxmltree::Node;

use super::Reading;
use crate::{robot::Softness, robot_file::error::RobotFileError};

/// MuJoCo's numbers for a contact or a stop.
///
/// The reference is a time constant, in s, and a damping ratio, both above zero; or, negated, stiffness, in 1/s², and
/// damping, in 1/s, of a displacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SolverParameters {
    /// `solref`.
    pub reference: [f64; 2],
    /// `solimp`: smallest and largest impedance, width (m, rad), midpoint, power.
    pub impedance: [f64; 5],
}

impl Default for SolverParameters {
    /// MuJoCo's.
    fn default() -> Self {
        Self { reference: [0.02, 1.0], impedance: [0.9, 0.95, 0.001, 0.5, 2.0] }
    }
}

impl SolverParameters {
    /// Those of two that touch: half of each, but the smaller number of each reference where one of them is negated.
    pub fn mixed(&self, other: &Self) -> Self {
        let negated = self.reference[0] <= 0.0 || other.reference[0] <= 0.0;
        let mix = if negated { f64::min } else { f64::midpoint };
        Self {
            reference: [0, 1].map(|k| mix(self.reference[k], other.reference[k])),
            impedance: std::array::from_fn(|k| f64::midpoint(self.impedance[k], other.impedance[k])),
        }
    }
}

impl<'a> Reading<'a, '_> {
    /// Solver parameters of an element of class `class` from its attributes `names`.
    pub fn solver_parameters(&self, node: Node<'a, '_>, class: Option<&str>, names: [&str; 2]) -> SolverParameters {
        let SolverParameters { reference, impedance } = SolverParameters::default();
        SolverParameters {
            reference: self.nodes.numbers(node, class, names[0], reference),
            impedance: self.nodes.numbers(node, class, names[1], impedance),
        }
    }

    /// How the stops of `joint` give way.
    pub fn stop(&mut self, joint: &FileJoint, node: Node<'a, '_>) -> Result<Softness, RobotFileError> {
        let names = ["solreflimit", "solimplimit"];
        let parameters = self.solver_parameters(node, joint.class.as_deref(), names);
        self.softness(node, names, &parameters)
    }

    /// The softness that is meant by `parameters`, which `node` has in its attributes `names`.
    pub fn softness(
        &mut self,
        node: Node<'a, '_>,
        names: [&str; 2],
        parameters: &SolverParameters,
    ) -> Result<Softness, RobotFileError> {
        let [first, second] = parameters.reference;
        let (time_constant_secs, damping_ratio) = if first > 0.0 && second > 0.0 {
            (first, second)
        } else if first > 0.0 || second > 0.0 {
            self.note(node, names[0], "one number above zero and one not: 0.02 1 instead, as in MuJoCo");
            (0.02, 1.0)
        } else {
            // MuJoCo's k = stiffness / d₁² and b = damping / d₁ are to be 1 / (d₁ τ ζ)² and 2 / (d₁ τ).
            (2.0 / -second, -second / (2.0 * (-first).sqrt()))
        };
        if ![time_constant_secs, damping_ratio].iter().all(|number| number.is_finite() && *number > 0.0) {
            let expected = "time constant and damping ratio above zero, or stiffness and damping below zero";
            return Err(self.source.bad(node, names[0], format!("{first} {second}"), expected));
        }
        let [least, most, width, midpoint, power] = parameters.impedance;
        let share = |number: f64| number.clamp(0.0, 1.0);
        let kept = [share(least), share(most), width.max(0.0), share(midpoint), power.max(1.0)];
        if kept != parameters.impedance {
            let what =
                "impedances and midpoint kept within 0 and 1, width at 0 or more, power at 1 or more, as in MuJoCo";
            self.note(node, names[1], what);
        }
        let [least, most, width, midpoint, power] = kept;
        Ok(Softness { time_constant_secs, damping_ratio, impedance: [least, most], width, midpoint, power })
    }

    fn note(&mut self, node: Node<'a, '_>, attribute: &str, what: &str) {
        let kind = format!("{} {attribute}", node.tag_name().name());
        self.notes.add(self.source.place(node), &kind, node.attribute("name"), what);
    }
}
