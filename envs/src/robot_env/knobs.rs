//! What each parameter of a robot acts on.

use crate::{
    late::{MAX_DELAY_STEPS, MAX_REWARD_DELAY_STEPS},
    motors::MAX_REPEAT_STEPS,
    params::Param,
    robot::{JointKind, LinkSpec, RobotSpec},
    scene::Shape,
    task::{Design, OwnParam},
    world::{STANDARD_GRAVITY, World},
};

/// What a parameter acts on; joints, links, motors, legs and the task's own parameters by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knob {
    Whole(Whole),
    Joint(JointKnob, usize),
    Link(LinkKnob, usize),
    Motor(MotorKnob, usize),
    Leg(usize),
    Own(usize),
}

/// What there is once in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Gravity,
    GroundFriction,
    Slope,
    Roughness,
    StepHeight,
    WindX,
    WindY,
    Gust,
    CurlField,
    Payload,
    ActionNoise,
    ActionDelay,
    ActionRepeat,
    ObservationNoise,
    ObservationBias,
    ObservationDropout,
    ObservationStuck,
    ObservationDelay,
    ObservationShift,
    RewardScale,
    RewardDelay,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JointKnob {
    Friction,
    Damping,
    Stiffness,
    Range,
    Lock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkKnob {
    Mass,
    Length,
    CentreOfMass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MotorKnob {
    Gain,
    DeadZone,
    Saturation,
}

/// The knobs of a task, in the order of its parameters, and where the often asked ones are.
#[derive(Clone, Debug)]
pub(super) struct Knobs {
    knobs: Vec<Knob>,
    whole: [Option<usize>; Whole::RewardDelay as usize + 1],
    /// Links of each leg.
    legs: Vec<Vec<usize>>,
    /// Link that wind blows on and that carries the payload.
    exposed_link: usize,
    /// Site on which a curl field acts.
    hand: Option<usize>,
}

impl Knobs {
    /// The parameters that a task offers, and what they act on.
    pub(super) fn offered(design: &Design, own: &[OwnParam], world: &World) -> (Vec<Param>, Self) {
        let mut offer = Offer { params: Vec::new(), knobs: Vec::new() };
        offer.surroundings(design, world);
        offer.joints(&design.robot);
        offer.links(design);
        offer.motors(&design.robot);
        offer.signals(design);
        for (own_idx, own) in own.iter().enumerate() {
            let add = if own.whole { Offer::add_whole } else { Offer::add };
            add(&mut offer, own.name.into(), own.unit, own.range, own.nominal, Knob::Own(own_idx));
        }
        let Offer { params, knobs } = offer;
        let mut whole = [None; Whole::RewardDelay as usize + 1];
        for (knob_idx, knob) in knobs.iter().enumerate() {
            if let Knob::Whole(knob) = knob {
                whole[*knob as usize] = Some(knob_idx);
            }
        }
        let robot = &design.robot;
        let of_leg = |leg: &String| robot.link_idx(leg).map(|idx| robot.branch(idx)).unwrap_or_default();
        let legs = design.legs.iter().map(of_leg).collect();
        let hand = design.hand.as_ref().and_then(|hand| design.robot.site_idx(hand));
        let exposed_link = exposed_link(design);
        (params, Self { knobs, whole, legs, exposed_link, hand })
    }

    pub(super) fn len(&self) -> usize {
        self.knobs.len()
    }

    pub(super) fn at(&self, knob_idx: usize) -> Knob {
        self.knobs[knob_idx]
    }

    /// Link that wind blows on.
    pub(super) fn exposed_link(&self) -> usize {
        self.exposed_link
    }

    /// The value that is applied to `knob`, if the task offers it.
    pub(super) fn value(&self, applied: &[f64], knob: Whole) -> Option<f64> {
        self.whole[knob as usize].map(|knob_idx| applied[knob_idx])
    }

    /// Changes the world. Commands, sensors and weather ask for their value when they need it; a task has its own.
    pub(super) fn apply(&self, knob: Knob, value: f64, world: &mut World) {
        match knob {
            Knob::Whole(knob) => self.apply_whole(knob, value, world),
            Knob::Joint(JointKnob::Friction, joint_idx) => world.set_joint_friction(joint_idx, value),
            Knob::Joint(JointKnob::Damping, joint_idx) => world.set_joint_damping(joint_idx, value),
            Knob::Joint(JointKnob::Stiffness, joint_idx) => world.set_joint_stiffness(joint_idx, value),
            Knob::Joint(JointKnob::Range, joint_idx) => world.set_joint_range(joint_idx, value),
            Knob::Joint(JointKnob::Lock, joint_idx) => world.set_joint_locked(joint_idx, value != 0.0),
            Knob::Link(LinkKnob::Mass, link_idx) => world.set_link_mass(link_idx, value),
            Knob::Link(LinkKnob::Length, link_idx) => world.set_link_length(link_idx, value),
            Knob::Link(LinkKnob::CentreOfMass, link_idx) => world.set_centre_shift(link_idx, value),
            Knob::Leg(leg_idx) => world.set_links_off(&self.legs[leg_idx], value != 0.0),
            Knob::Motor(MotorKnob::Gain, motor_idx) => world.set_motor_gain(motor_idx, value),
            Knob::Motor(MotorKnob::DeadZone, motor_idx) => world.set_motor_dead_zone(motor_idx, value),
            Knob::Motor(MotorKnob::Saturation, motor_idx) => world.set_motor_saturation(motor_idx, value),
            Knob::Own(_) => {}
        }
    }

    fn apply_whole(&self, knob: Whole, value: f64, world: &mut World) {
        match knob {
            Whole::Gravity => world.set_gravity(value),
            Whole::GroundFriction => world.set_contact_friction(value),
            Whole::Slope => world.set_slope(value),
            Whole::Roughness => world.set_roughness(value),
            Whole::StepHeight => world.set_step_height(value),
            Whole::CurlField => self.hand.into_iter().for_each(|hand| world.set_curl_field(hand, value)),
            Whole::Payload => world.set_payload(self.exposed_link, value),
            Whole::WindX
            | Whole::WindY
            | Whole::Gust
            | Whole::ActionNoise
            | Whole::ActionDelay
            | Whole::ActionRepeat
            | Whole::ObservationNoise
            | Whole::ObservationBias
            | Whole::ObservationDropout
            | Whole::ObservationStuck
            | Whole::ObservationDelay
            | Whole::ObservationShift
            | Whole::RewardScale
            | Whole::RewardDelay => {}
        }
    }
}

/// Parameters in the making.
struct Offer {
    params: Vec<Param>,
    knobs: Vec<Knob>,
}

impl Offer {
    fn add(&mut self, name: String, unit: &str, [low, high]: [f64; 2], nominal: f64, knob: Knob) {
        self.params.push(Param { name, unit: unit.to_owned(), low, high, nominal, value: nominal, whole: false });
        self.knobs.push(knob);
    }

    /// One that takes whole numbers only.
    fn add_whole(&mut self, name: String, unit: &str, range: [f64; 2], nominal: f64, knob: Knob) {
        self.add(name, unit, range, nominal, knob);
        self.params.iter_mut().rev().take(1).for_each(|param| param.whole = true);
    }

    fn surroundings(&mut self, design: &Design, world: &World) {
        let exposed = exposed_link(design);
        let moved_kg = moved_kg(&design.robot, exposed);
        if !design.is_horizontal {
            self.add("gravity".into(), "m/s²", [0.0, 30.0], STANDARD_GRAVITY, Knob::Whole(Whole::Gravity));
        }
        if design.floor.is_some() {
            if let Some(friction) = world.contact_friction() {
                let range = [0.01, friction.max(5.0)];
                self.add("ground_friction".into(), "1", range, friction, Knob::Whole(Whole::GroundFriction));
            }
            self.add("slope".into(), "rad", [-0.5, 0.5], 0.0, Knob::Whole(Whole::Slope));
            self.add("roughness".into(), "m", [0.0, 0.3], 0.0, Knob::Whole(Whole::Roughness));
            self.add("step_height".into(), "m", [0.0, 0.3], 0.0, Knob::Whole(Whole::StepHeight));
        }
        let strongest = moved_kg * STANDARD_GRAVITY;
        let mut blows = false;
        for (name, axis, knob) in [("wind_x", 0, Whole::WindX), ("wind_y", 1, Whole::WindY)] {
            if world.can_move(exposed, axis) {
                self.add(name.into(), "N", [-strongest, strongest], 0.0, Knob::Whole(knob));
                blows = true;
            }
        }
        if blows {
            self.add("gust".into(), "N", [0.0, strongest], 0.0, Knob::Whole(Whole::Gust));
        }
        if design.hand.is_some() {
            self.add("curl_field".into(), "N·s/m", [-30.0, 30.0], 0.0, Knob::Whole(Whole::CurlField));
        }
        self.add("payload".into(), "kg", [0.0, 2.0 * moved_kg], 0.0, Knob::Whole(Whole::Payload));
    }

    fn joints(&mut self, robot: &RobotSpec) {
        for (idx, joint) in robot.axial_joints() {
            let is_hinge = joint.kind == JointKind::Hinge;
            let unit = |of_hinge, of_slide| if is_hinge { of_hinge } else { of_slide };
            // Where there is no resistance in the nominal world there is nothing to scale.
            if joint.friction > 0.0 {
                let range = [0.0, 100.0 * joint.friction];
                let knob = Knob::Joint(JointKnob::Friction, idx);
                self.add(format!("friction/{}", joint.name), unit("N·m", "N"), range, joint.friction, knob);
            }
            if joint.damping > 0.0 {
                let range = [0.0, 100.0 * joint.damping];
                let knob = Knob::Joint(JointKnob::Damping, idx);
                self.add(format!("damping/{}", joint.name), unit("N·m·s/rad", "N·s/m"), range, joint.damping, knob);
            }
            let of_motor = robot.motors.iter().find(|motor| motor.joint == joint.name).map_or(0.0, |motor| motor.limit);
            // At the largest, a turn by 0.2 rad (m) holds the motor.
            let stiffest = (5.0 * of_motor).max(5.0 * joint.stiffness);
            if stiffest > 0.0 {
                let knob = Knob::Joint(JointKnob::Stiffness, idx);
                self.add(
                    format!("stiffness/{}", joint.name),
                    unit("N·m/rad", "N/m"),
                    [0.0, stiffest],
                    joint.stiffness,
                    knob,
                );
            }
            if joint.limits.is_some() {
                self.add(format!("range/{}", joint.name), "1", [0.0, 1.0], 1.0, Knob::Joint(JointKnob::Range, idx));
            }
            self.add_whole(format!("lock/{}", joint.name), "1", [0.0, 1.0], 0.0, Knob::Joint(JointKnob::Lock, idx));
        }
    }

    fn links(&mut self, design: &Design) {
        let robot = &design.robot;
        for (idx, link) in robot.links.iter().enumerate() {
            let (name, mass) = (&link.name, link.mass_kg);
            if mass > 0.0 {
                self.add(
                    format!("link_mass/{name}"),
                    "kg",
                    [0.1 * mass, 10.0 * mass],
                    mass,
                    Knob::Link(LinkKnob::Mass, idx),
                );
            }
            if !turns(robot, idx) {
                continue;
            }
            if reaches(robot, link) {
                self.add(format!("link_length/{name}"), "1", [0.5, 2.0], 1.0, Knob::Link(LinkKnob::Length, idx));
            }
            if mass > 0.0 {
                let furthest = extent(link);
                let knob = Knob::Link(LinkKnob::CentreOfMass, idx);
                self.add(format!("centre_of_mass/{name}"), "m", [-furthest, furthest], 0.0, knob);
            }
        }
        for (leg_idx, leg) in design.legs.iter().enumerate() {
            self.add_whole(format!("leg_off/{leg}"), "1", [0.0, 1.0], 0.0, Knob::Leg(leg_idx));
        }
    }

    fn motors(&mut self, robot: &RobotSpec) {
        for (idx, motor) in robot.motors.iter().enumerate() {
            let name = &motor.name;
            self.add(format!("motor_gain/{name}"), "1", [-2.0, 2.0], 1.0, Knob::Motor(MotorKnob::Gain, idx));
            self.add(format!("motor_dead_zone/{name}"), "1", [0.0, 1.0], 0.0, Knob::Motor(MotorKnob::DeadZone, idx));
            self.add(format!("motor_saturation/{name}"), "1", [0.0, 1.0], 1.0, Knob::Motor(MotorKnob::Saturation, idx));
        }
    }

    fn signals(&mut self, design: &Design) {
        let delays = [0.0, MAX_DELAY_STEPS as f64];
        let whole = Knob::Whole;
        self.add("action_noise".into(), "1", [0.0, 2.0], 0.0, whole(Whole::ActionNoise));
        self.add_whole("action_delay".into(), "steps", delays, 0.0, whole(Whole::ActionDelay));
        let repeats = [1.0, f64::from(MAX_REPEAT_STEPS)];
        self.add_whole("action_repeat".into(), "steps", repeats, 1.0, whole(Whole::ActionRepeat));
        self.add("observation_noise".into(), "1", [0.0, 2.0], 0.0, whole(Whole::ObservationNoise));
        self.add("observation_bias".into(), "1", [-2.0, 2.0], 0.0, whole(Whole::ObservationBias));
        self.add("observation_dropout".into(), "1", [0.0, 1.0], 0.0, whole(Whole::ObservationDropout));
        self.add("observation_stuck".into(), "1", [0.0, 1.0], 0.0, whole(Whole::ObservationStuck));
        self.add_whole("observation_delay".into(), "steps", delays, 0.0, whole(Whole::ObservationDelay));
        if design.sensors.len() > 1 {
            let shifts = [0.0, (design.sensors.len() - 1) as f64];
            self.add_whole("observation_shift".into(), "1", shifts, 0.0, whole(Whole::ObservationShift));
        }
        self.add("reward_scale".into(), "1", [-2.0, 2.0], 1.0, whole(Whole::RewardScale));
        let delays = [0.0, MAX_REWARD_DELAY_STEPS as f64];
        self.add_whole("reward_delay".into(), "steps", delays, 0.0, whole(Whole::RewardDelay));
    }
}

/// The link that wind blows on and that carries the payload: the hand, else the root of what moves freely, else the last
/// link.
fn exposed_link(design: &Design) -> usize {
    let robot = &design.robot;
    let hand = design.hand.as_ref().and_then(|hand| robot.site_idx(hand)).map(|site_idx| &robot.sites[site_idx].link);
    let is_loose = robot.links.first().is_some_and(|root| !root.joint.kind.is_axial());
    let otherwise = if is_loose { 0 } else { robot.links.len() - 1 };
    hand.and_then(|link| robot.link_idx(link)).unwrap_or(otherwise)
}

/// Mass by which wind and payload are measured, in kg: all of what moves freely, else that of the exposed link.
fn moved_kg(robot: &RobotSpec, exposed_link: usize) -> f64 {
    let exposed = &robot.links[exposed_link];
    if exposed.joint.kind.is_axial() { exposed.mass_kg } else { robot.mass_kg() }
}

/// Whether a link can change its orientation.
fn turns(robot: &RobotSpec, link_idx: usize) -> bool {
    robot.links[link_idx].joint.kind != JointKind::Slide
        || robot.parent_idx(link_idx).is_some_and(|parent| turns(robot, parent))
}

/// Whether a link becomes another one when it is stretched.
fn reaches(robot: &RobotSpec, link: &LinkSpec) -> bool {
    let has_length = |shape: Shape| !matches!(shape, Shape::Sphere { .. });
    let off_centre = |v: &[f64; 3]| v.iter().any(|&x| x != 0.0);
    let of_shapes = link.shapes.iter().any(|spec| has_length(spec.shape) || off_centre(&spec.translation));
    let of_children =
        robot.links.iter().any(|child| child.parent.as_ref() == Some(&link.name) && off_centre(&child.joint.anchor));
    of_children || (of_shapes && link.mass_kg > 0.0)
}

/// Half of the size of a link, in m.
fn extent(link: &LinkSpec) -> f64 {
    f64::from(link.shapes.iter().flat_map(|spec| spec.shape.half_extents()).fold(0.05, f32::max))
}
