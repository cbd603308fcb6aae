//! Set shift: press a lever or leave it, by a rule about one of two features of a cue. The rule may change without a sign.
//!
//! | index | observation | unit | range | scale |
//! |---|---|---|---|---|
//! | 0, 1 | `colour_1`, `colour_2` | 1 | ±1 | 1 |
//! | 2, 3 | `shape_1`, `shape_2` | 1 | ±1 | 1 |
//! | 4 | `cue`: 1 while the cue is on | 1 | 0 to 1 | 1 |
//! | 5 | `trial_phase`: share of the trial that is over | 1 | 0 to 1 | 0.5 |
//! | 6 | `lever_angle`, downwards | rad | −0.5 to 1.1 | 0.3 |
//! | 7 | `lever_velocity`, downwards | rad/s | ±25 | 5 |
//!
//! The two lines of a feature are (1, 1) for its value A and (−1, −1) for B, and zero while the cue is off.
//! New exemplars are orthogonal to the old ones: (1, −1) for A and (−1, 1) for B.
//!
//! | index | action | unit | range |
//! |---|---|---|---|
//! | 0 | `lever`: torque, downwards | N·m | ±0.4 |
//!
//! A trial takes 24 steps. The cue comes on after 6 to 10 of them and stays for 12, or until it is answered.
//! It is answered with Go by the step that brings the lever from above 0.3 rad to below while the cue is on: a lever
//! that is held down answers nothing. Colour and shape are drawn anew and apart for each trial.
//! The rule: Go where the relevant feature is A, No-Go where it is B; the other way round if the rule is reversed.
//!
//! Reward of a step: 1 for a Go that is right, −1 for one that is wrong, 0 for No-Go, right or wrong;
//! − 0.001 · (torque / limit)².
//! Termination: none. Time limit: 1200 steps of 40 ms, which is 50 trials.
//! Start: the lever at rest.
//! Parameters of its own, all 0 or 1 and 0 in the unchanged world: `relevant_dimension` (colour or shape), `reversed`,
//! `exemplars`. A reversal changes `reversed`; an intra-dimensional shift `exemplars`; an extra-dimensional shift
//! `relevant_dimension`, with or without new exemplars.
//!
//! Origin: ours, after the shifts of attention in arXiv:2501.06762, section 6, which gives no sizes.

use rand::RngExt;
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

use crate::{
    assets,
    env::EnvError,
    robot_env::RobotEnv,
    scene::{ALONG_X, Role, Shape},
    streams::stream,
    task::{Design, Outcome, OwnParam, Prop, Sensor, Task},
    world::World,
};

/// Trials in an episode.
pub const N_TRIALS: u32 = 50;
/// Control steps in a trial.
pub const TRIAL_STEPS: u32 = 24;
/// Control steps for which a cue stays if it is not answered.
pub const WINDOW_STEPS: u32 = 12;
/// From here on the lever is down, in rad.
pub const DOWN: f64 = 0.3;

const LEVER: usize = 0;
/// First and last step of a trial with which the cue may come on.
const ONSET: [u32; 2] = [6, 10];
const EFFORT_COST: f64 = 0.001;
const LEVER_LENGTH: f64 = 0.2;
const LEVER_HEIGHT: f64 = 0.2;
/// Where the features of the cue are shown, in m.
const PANEL_X: f32 = 0.5;
const ROWS_Z: [f32; 2] = [0.4, 0.28];
const RULE_Z: f32 = 0.16;
/// Distance of a value from the middle of the panel, for the first exemplars and for the new ones, in m.
const COLUMNS_Y: [f32; 2] = [0.06, 0.16];

/// Behaviour of the set shift: the rule, and where the trial stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetShift {
    rule: Rule,
    trial: Trial,
    /// The lever was down after the last step.
    was_down: bool,
    tally: Tally,
    /// Draws the next trials.
    rng: Pcg64,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Rule {
    on_shape: bool,
    is_reversed: bool,
    has_new_exemplars: bool,
}

/// One trial.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Trial {
    /// Steps that are over.
    n_steps: u32,
    /// Steps after which the cue comes on.
    onset: u32,
    /// Whether colour and shape have the value A.
    is_a: [bool; 2],
    is_answered: bool,
}

/// What became of the trials of an episode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Go where Go was right.
    pub n_hits: u32,
    /// No-Go where Go was right.
    pub n_misses: u32,
    /// Go where No-Go was right.
    pub n_false_alarms: u32,
    /// No-Go where No-Go was right.
    pub n_rejections: u32,
}

impl Tally {
    /// Trials that were decided.
    #[must_use]
    pub fn n_trials(&self) -> u32 {
        self.n_hits + self.n_misses + self.n_false_alarms + self.n_rejections
    }

    /// Share of them that was right.
    #[must_use]
    pub fn share_correct(&self) -> f64 {
        f64::from(self.n_hits + self.n_rejections) / f64::from(self.n_trials())
    }
}

impl Default for SetShift {
    fn default() -> Self {
        let mut rng = stream(0, "start");
        let trial = Trial::draw(&mut rng);
        Self { rule: Rule::default(), trial, was_down: false, tally: Tally::default(), rng }
    }
}

/// The environment.
///
/// # Errors
/// None for the robot and clocks as they are.
pub fn env() -> Result<RobotEnv<SetShift>, EnvError> {
    RobotEnv::new(SetShift::default(), design())
}

/// The task as it never changes.
#[must_use]
pub fn design() -> Design {
    let unit = [-1.0, 1.0];
    let slab = |half_extents| Shape::Cuboid { half_extents };
    let knob = Shape::Sphere { radius: 0.025 };
    Design {
        name: "set-shift",
        robot: assets::robot("lever"),
        sensors: vec![
            Sensor::new("colour_1", "1", unit, 1.0),
            Sensor::new("colour_2", "1", unit, 1.0),
            Sensor::new("shape_1", "1", unit, 1.0),
            Sensor::new("shape_2", "1", unit, 1.0),
            Sensor::new("cue", "1", [0.0, 1.0], 1.0),
            Sensor::new("trial_phase", "1", [0.0, 1.0], 0.5),
            Sensor::new("lever_angle", "rad", [-0.5, 1.1], 0.3),
            Sensor::new("lever_velocity", "rad/s", [-25.0, 25.0], 5.0),
        ],
        physics_dt_secs: 0.005,
        control_dt_secs: 0.04,
        time_limit_steps: N_TRIALS * TRIAL_STEPS,
        props: vec![
            Prop::fixed("panel", Role::Fixture, slab([0.01, 0.24, 0.2]), [PANEL_X + 0.03, 0.0, 0.29]),
            Prop::on_link(LEVER, "knob", Role::Effector, knob, [LEVER_LENGTH as f32, 0.0, 0.0]),
            // In the order of `target`.
            Prop::fixed("colour", Role::Target, Shape::Sphere { radius: 0.03 }, [0.0; 3]),
            Prop::fixed("shape", Role::Target, slab([0.025; 3]), [0.0; 3]),
            Prop::fixed("rule", Role::Target, Shape::Cylinder { radius: 0.02, half_length: 0.01 }, [0.0; 3])
                .turned(ALONG_X),
            Prop::fixed("wanted", Role::Target, Shape::Sphere { radius: 0.012 }, [0.0; 3]),
        ],
        ..Design::default()
    }
}

impl SetShift {
    /// What became of the trials of this episode until now.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether the rule calls for a press in this trial.
    fn wants_go(&self) -> bool {
        self.trial.is_a[usize::from(self.rule.on_shape)] != self.rule.is_reversed
    }

    /// The two lines of a feature.
    fn lines(&self, feature_idx: usize) -> [f32; 2] {
        if !self.trial.is_cue_on() {
            return [0.0; 2];
        }
        let sign = if self.trial.is_a[feature_idx] { 1.0 } else { -1.0 };
        [sign, if self.rule.has_new_exemplars { -sign } else { sign }]
    }

    /// Where on the panel the value of a feature is shown; behind it while the cue is off.
    fn shown(&self, feature_idx: usize) -> [f32; 3] {
        let side = if self.trial.is_a[feature_idx] { 1.0 } else { -1.0 };
        let y = side * COLUMNS_Y[usize::from(self.rule.has_new_exemplars)];
        let x = if self.trial.is_cue_on() { PANEL_X } else { PANEL_X + 0.1 };
        [x, y, ROWS_Z[feature_idx]]
    }
}

impl Trial {
    fn draw(rng: &mut Pcg64) -> Self {
        let [first, last] = ONSET;
        Self { n_steps: 0, onset: rng.random_range(first..=last), is_a: rng.random(), is_answered: false }
    }

    fn is_cue_on(&self) -> bool {
        !self.is_answered && (self.onset..self.onset + WINDOW_STEPS).contains(&self.n_steps)
    }
}

impl Task for SetShift {
    fn start(&mut self, _body: &World, _positions: &mut [f64], _velocities: &mut [f64], rng: &mut Pcg64) {
        self.trial = Trial::draw(rng);
        self.rng = rng.clone();
        self.was_down = false;
        self.tally = Tally::default();
    }

    fn observe(&self, world: &World, out: &mut [f32]) {
        let ([colour_1, colour_2], [shape_1, shape_2]) = (self.lines(0), self.lines(1));
        out.copy_from_slice(&[
            colour_1,
            colour_2,
            shape_1,
            shape_2,
            f32::from(u8::from(self.trial.is_cue_on())),
            self.trial.n_steps as f32 / TRIAL_STEPS as f32,
            world.joint_position(LEVER) as f32,
            world.joint_velocity(LEVER) as f32,
        ]);
    }

    fn evaluate(&mut self, world: &World, command: &[f32], design: &Design) -> Outcome {
        let is_down = world.joint_position(LEVER) >= DOWN;
        let is_pressed = is_down && !self.was_down;
        self.was_down = is_down;
        let mut reward = -EFFORT_COST * design.robot.motors[LEVER].share(command[LEVER].into()).powi(2);
        let was_cue_on = self.trial.is_cue_on();
        self.trial.n_steps += 1;
        if was_cue_on && is_pressed {
            self.trial.is_answered = true;
            let (worth, tally) = match self.wants_go() {
                true => (1.0, &mut self.tally.n_hits),
                false => (-1.0, &mut self.tally.n_false_alarms),
            };
            reward += worth;
            *tally += 1;
        } else if was_cue_on && !self.trial.is_cue_on() {
            *if self.wants_go() { &mut self.tally.n_misses } else { &mut self.tally.n_rejections } += 1;
        }
        if self.trial.n_steps == TRIAL_STEPS {
            self.trial = Trial::draw(&mut self.rng);
        }
        Outcome { reward, terminated: false }
    }

    /// Colour and shape on the panel; the rule below them, under A or B and larger for the shape; where the rule wants
    /// the end of the lever.
    fn target(&self, target_idx: usize) -> Option<[f32; 3]> {
        match target_idx {
            0 | 1 => Some(self.shown(target_idx)),
            2 => {
                let Rule { on_shape, is_reversed, .. } = self.rule;
                let y = if is_reversed { -COLUMNS_Y[0] } else { COLUMNS_Y[0] };
                Some([PANEL_X, y, if on_shape { RULE_Z - 0.05 } else { RULE_Z }])
            }
            _ => {
                let angle = if self.trial.is_cue_on() && self.wants_go() { DOWN } else { 0.0 };
                let (sin, cos) = angle.sin_cos();
                let [x, z] = [LEVER_LENGTH * cos, LEVER_HEIGHT - LEVER_LENGTH * sin];
                Some([x as f32, 0.05, z as f32])
            }
        }
    }

    fn own_params() -> Vec<OwnParam> {
        ["relevant_dimension", "reversed", "exemplars"].map(|name| OwnParam::whole(name, [0.0, 1.0], 0.0)).to_vec()
    }

    fn set_own_param(&mut self, own_idx: usize, value: f64) {
        let Rule { on_shape, is_reversed, has_new_exemplars } = &mut self.rule;
        *[on_shape, is_reversed, has_new_exemplars][own_idx] = value != 0.0;
    }

    fn is_valid(&self) -> bool {
        self.trial.n_steps < TRIAL_STEPS && (ONSET[0]..=ONSET[1]).contains(&self.trial.onset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Env;

    #[test]
    fn a_lever_that_is_held_down_answers_nothing() {
        let mut env = env().unwrap();
        let limit = env.spec().time_limit_steps;
        (0..limit).for_each(|_| assert_eq!(env.step(&[0.4]).fault, None));
        let Tally { n_hits, n_false_alarms, .. } = env.task().tally();
        assert_eq!((n_hits + n_false_alarms, env.task().tally().n_trials()), (0, N_TRIALS));
    }

    #[test]
    fn an_answer_ends_the_cue_and_is_rewarded_once() {
        let mut env = env().unwrap();
        let mut observation = [0.0; 8];
        let (mut n_cue_steps, mut rewards) = (0, Vec::new());
        for _ in 0..TRIAL_STEPS {
            env.observe(&mut observation);
            let is_cue_on = observation[4] == 1.0;
            n_cue_steps += u32::from(is_cue_on);
            let step = env.step(&[if is_cue_on { 0.4 } else { 0.0 }]);
            rewards.extend((step.reward.abs() > 0.5).then_some(step.reward));
        }
        assert_eq!(rewards.len(), 1, "{rewards:?}");
        assert!((1..=4).contains(&n_cue_steps), "answered after {n_cue_steps} steps");
        assert_eq!(env.task().tally().n_trials(), 1);
    }
}
