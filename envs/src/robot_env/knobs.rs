//! What each parameter of a robot acts on.

use crate::{
    late::MAX_DELAY_STEPS,
    params::Param,
    robot::JointKind,
    task::{Design, OwnParam},
    world::{STANDARD_GRAVITY, World},
};

/// What a parameter acts on; links, joints and motors by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knob {
    Gravity,
    Friction(usize),
    Damping(usize),
    LinkMass(usize),
    MotorGain(usize),
    DeadZone(usize),
    Saturation(usize),
    ActionNoise,
    ActionDelay,
    ObservationNoise,
    ObservationBias,
    ObservationDropout,
    ObservationDelay,
    Own(usize),
}

impl Knob {
    /// Changes the world. Motors and sensors ask for their value when they need it; a task has its own.
    pub(super) fn apply(self, value: f64, world: &mut World) {
        match self {
            Self::Gravity => world.set_gravity(value),
            Self::Friction(joint_idx) => world.set_joint_friction(joint_idx, value),
            Self::Damping(joint_idx) => world.set_joint_damping(joint_idx, value),
            Self::LinkMass(link_idx) => world.set_link_mass(link_idx, value),
            Self::MotorGain(_)
            | Self::DeadZone(_)
            | Self::Saturation(_)
            | Self::ActionNoise
            | Self::ActionDelay
            | Self::ObservationNoise
            | Self::ObservationBias
            | Self::ObservationDropout
            | Self::ObservationDelay
            | Self::Own(_) => {}
        }
    }
}

/// The value that is applied to `knob`, if the task offers it.
pub(super) fn value(knobs: &[Knob], applied: &[f64], knob: Knob) -> Option<f64> {
    knobs.iter().position(|&other| other == knob).map(|knob_idx| applied[knob_idx])
}

/// The parameters that a task offers.
pub(super) fn offered(design: &Design, own: &[OwnParam]) -> Vec<(Param, Knob)> {
    let mut offered = Vec::new();
    let mut offer = |name: String, unit: &str, [low, high]: [f64; 2], nominal: f64, knob: Knob| {
        let whole = matches!(knob, Knob::ObservationDelay | Knob::ActionDelay);
        let param = Param { name, unit: unit.to_owned(), low, high, nominal, value: nominal, whole };
        offered.push((param, knob));
    };
    if design.gravity_matters {
        offer("gravity".into(), "m/s²", [0.0, 30.0], STANDARD_GRAVITY, Knob::Gravity);
    }
    for (idx, link) in design.robot.links.iter().enumerate() {
        let joint = &link.joint;
        let resistances = [
            ("friction", joint.friction, ["N·m", "N"], Knob::Friction(idx)),
            ("damping", joint.damping, ["N·m·s/rad", "N·s/m"], Knob::Damping(idx)),
        ];
        for (kind, nominal, [of_hinge, of_slide], knob) in resistances {
            let unit = if joint.kind == JointKind::Hinge { of_hinge } else { of_slide };
            // Where there is none in the nominal world there is nothing to scale.
            if nominal > 0.0 {
                offer(format!("{kind}/{}", joint.name), unit, [0.0, 100.0 * nominal], nominal, knob);
            }
        }
    }
    for (idx, link) in design.robot.links.iter().enumerate() {
        offer(
            format!("link_mass/{}", link.name),
            "kg",
            [0.1 * link.mass_kg, 10.0 * link.mass_kg],
            link.mass_kg,
            Knob::LinkMass(idx),
        );
    }
    for (idx, motor) in design.robot.motors.iter().enumerate() {
        offer(format!("motor_gain/{}", motor.name), "1", [-2.0, 2.0], 1.0, Knob::MotorGain(idx));
    }
    for (idx, motor) in design.robot.motors.iter().enumerate() {
        offer(format!("motor_dead_zone/{}", motor.name), "1", [0.0, 1.0], 0.0, Knob::DeadZone(idx));
        offer(format!("motor_saturation/{}", motor.name), "1", [0.0, 1.0], 1.0, Knob::Saturation(idx));
    }
    offer("action_noise".into(), "1", [0.0, 2.0], 0.0, Knob::ActionNoise);
    offer("action_delay".into(), "steps", [0.0, MAX_DELAY_STEPS as f64], 0.0, Knob::ActionDelay);
    offer("observation_noise".into(), "1", [0.0, 2.0], 0.0, Knob::ObservationNoise);
    offer("observation_bias".into(), "1", [-2.0, 2.0], 0.0, Knob::ObservationBias);
    offer("observation_dropout".into(), "1", [0.0, 1.0], 0.0, Knob::ObservationDropout);
    offer("observation_delay".into(), "steps", [0.0, MAX_DELAY_STEPS as f64], 0.0, Knob::ObservationDelay);
    for (own_idx, own) in own.iter().enumerate() {
        offer(own.name.into(), own.unit, own.range, own.nominal, Knob::Own(own_idx));
    }
    offered
}
