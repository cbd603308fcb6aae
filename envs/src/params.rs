//! Named physical parameters with a nominal value each, so that every change starts from it and can be undone.

use serde::{Deserialize, Serialize};

use crate::{env::EnvError, nearest::nearest};

/// The parameters of one environment, such as `gravity` or `motor_gain/shoulder`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// The task they belong to, for messages.
    task: String,
    entries: Vec<Param>,
    /// Counts the changes, so that an observer sees cheaply that there was one.
    version: u64,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Name: a kind, or `kind/part` where each part of the robot has its own.
    pub name: String,
    /// Unit in SI notation; `1` where there is none.
    pub unit: String,
    /// Smallest value allowed.
    pub low: f64,
    /// Largest value allowed.
    pub high: f64,
    /// Value in the unchanged world.
    pub nominal: f64,
    /// Value now.
    pub value: f64,
    /// Only whole numbers are allowed, as for a delay in steps.
    pub whole: bool,
}

/// What the kinds of parameters are: the part of the name before the slash, and a line.
#[must_use]
pub fn kinds() -> &'static [(&'static str, &'static str)] {
    &[
        ("gravity", "strength of gravity, downwards"),
        ("friction", "dry friction of a joint: the largest torque or force with which it resists motion"),
        ("damping", "viscous damping of a joint"),
        ("stiffness", "stiffness of the spring of a joint"),
        ("range", "factor of the range of a joint, about its middle"),
        ("lock", "1 locks a joint where it is"),
        (
            "ground_friction",
            "friction where robot and floor grip most; all other friction of contacts, on both sides, goes with it; the larger of two counts",
        ),
        ("slope", "slope of the floor: positive goes uphill along x"),
        ("roughness", "depth of the hollows of the floor"),
        (
            "step_height",
            "height of the steps between plateaus of the floor, a metre apart; a ramp of 25 cm leads over each",
        ),
        (
            "wind_x",
            "force on the hand of the robot, else on its root, or on its last link if the root is fixed, along x",
        ),
        ("wind_y", "and along y"),
        ("gust", "standard deviation of what is added to the wind, for half a second at a time"),
        ("curl_field", "force on the hand across its velocity, per velocity"),
        (
            "payload",
            "mass carried by the hand of the robot, else by its root, or by its last link if the root is fixed",
        ),
        ("link_mass", "mass of a link; its inertia grows with it, its centre of mass stays"),
        ("link_length", "factor of the length of a link; its mass stays"),
        ("centre_of_mass", "how far the centre of mass of a link is moved along its x axis"),
        ("leg_off", "1 takes a leg off"),
        ("motor_gain", "factor of what a motor does: 0 is dead, negative is reversed"),
        ("motor_dead_zone", "share of the limit of a motor below which it gives nothing"),
        ("motor_saturation", "share of the limit of a motor above which it gives no more"),
        ("action_noise", "standard deviation of what is added to each command, as a share of half its range"),
        ("action_delay", "control steps that a command takes to reach its motor"),
        ("action_repeat", "control steps for which a command is held before the next one is heard"),
        ("observation_noise", "standard deviation of what is added to each reading, in units of its scale"),
        ("observation_bias", "what is added to every reading, in units of its scale"),
        ("observation_dropout", "probability that a channel repeats its last reading"),
        (
            "observation_stuck",
            "probability that a channel gets stuck and repeats its last reading for ten control steps",
        ),
        ("observation_shift", "places by which the channels are exchanged in a ring"),
        ("reward_scale", "factor of the reward: negative turns the task around"),
        ("reward_delay", "control steps that a reward takes to be told; the end of an episode tells all that is due"),
        ("command_shift_x", "how far the commanded velocity of every episode is moved, forwards"),
        ("command_shift_y", "and to the left"),
        ("command_shift_yaw", "and about the vertical"),
        ("forward_weight", "factor of the speed in the reward: negative rewards running backwards"),
        ("platform_x", "where the middle of the hidden platform is, along x"),
        ("platform_y", "and along y"),
        ("food_x", "where the middle of the patch with food is, along x"),
        ("food_y", "and along y"),
        ("scent_range", "distance over which the scent of food falls to 1/e"),
        ("relevant_dimension", "which of the two features of a cue counts: 0 is the colour, 1 the shape"),
        ("reversed", "1 exchanges the values of the feature that call for a press and for none"),
        ("exemplars", "which pair of colours and of shapes is shown: 1 is a new one"),
        ("cursor_rotation", "turn of the observed and rewarded effector about the shoulder against the true one"),
        ("target_shift_x", "how far the target of every episode is moved along x"),
        ("target_shift_y", "and along y"),
        ("target_shift_z", "and upwards"),
        ("observation_delay", "age of what is observed, in control steps"),
    ]
}

impl Params {
    /// The parameters of `task`, at their nominal values.
    pub(crate) fn new(task: &str, entries: Vec<Param>) -> Self {
        debug_assert!(entries.iter().all(|p| p.check(&p.name, p.nominal).is_ok()), "a nominal value is refused");
        Self { task: task.to_owned(), entries, version: 0 }
    }

    /// The parameter `name`, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.entries.iter().find(|param| param.name == name)
    }

    /// Gives the parameter `name` a value.
    ///
    /// # Errors
    /// If there is no such parameter, or the value is not finite, not whole where it must be, or out of range.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), EnvError> {
        let param_idx = self.index_of(name)?;
        self.set_at(param_idx, value)
    }

    /// Takes the parameter `name` back to its nominal value.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn reset(&mut self, name: &str) -> Result<(), EnvError> {
        let param_idx = self.index_of(name)?;
        self.set_at(param_idx, self.entries[param_idx].nominal)
    }

    /// Takes every parameter back to its nominal value.
    pub fn reset_all(&mut self) {
        for param in &mut self.entries {
            param.value = param.nominal;
        }
        self.version += 1;
    }

    /// All parameters, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.entries.iter()
    }

    /// The parameter called `name`, or all of the kind `name`: `motor_gain` matches every `motor_gain/...`.
    pub fn matching<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Param> {
        self.entries.iter().filter(move |param| param.is_called(name))
    }

    /// Takes the values, not the nominal values or ranges, of `other`, which must belong to the same task.
    ///
    /// # Errors
    /// If `other` has a parameter that is unknown here or a value that is refused here. Nothing is changed then.
    pub fn copy_values_from(&mut self, other: &Self) -> Result<(), EnvError> {
        let mut changed = self.clone();
        for param in &other.entries {
            changed.set(&param.name, param.value)?;
        }
        *self = changed;
        Ok(())
    }

    /// Whether every parameter has its nominal value.
    #[must_use]
    pub fn are_nominal(&self) -> bool {
        self.entries.iter().all(|param| param.value == param.nominal)
    }

    /// How often a value has been written; it never decreases.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn task(&self) -> &str {
        &self.task
    }

    pub(crate) fn at(&self, param_idx: usize) -> &Param {
        &self.entries[param_idx]
    }

    pub(crate) fn set_at(&mut self, param_idx: usize, value: f64) -> Result<(), EnvError> {
        let param = &mut self.entries[param_idx];
        param.check(&param.name, value)?;
        param.value = value;
        self.version += 1;
        Ok(())
    }

    /// Indices of the parameters that [`Params::matching`] yields.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn indices_of(&self, name: &str) -> Result<Vec<usize>, EnvError> {
        let indices: Vec<usize> = (0..self.entries.len()).filter(|&idx| self.entries[idx].is_called(name)).collect();
        if indices.is_empty() { Err(self.unknown(name)) } else { Ok(indices) }
    }

    /// Whether `other` describes the same parameters, whatever their values.
    pub(crate) fn same_layout(&self, other: &Self) -> bool {
        self.task == other.task
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(a, b)| {
                let a_with_value_of_b = Param { value: b.value, ..a.clone() };
                a_with_value_of_b == *b && b.check(&b.name, b.value).is_ok()
            })
    }

    fn index_of(&self, name: &str) -> Result<usize, EnvError> {
        self.entries.iter().position(|param| param.name == name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> EnvError {
        EnvError::UnknownParameter {
            task: self.task.clone(),
            name: name.to_owned(),
            nearest: nearest(name, self.entries.iter().flat_map(|param| [param.name.as_str(), param.kind()])),
        }
    }
}

impl Param {
    /// The part of the name before the slash: what kind of quantity this is.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.name.split_once('/').map_or(self.name.as_str(), |(kind, _)| kind)
    }

    /// Whether this parameter may take `value`; `field` is what a refusal calls it.
    pub(crate) fn check(&self, field: &str, value: f64) -> Result<(), EnvError> {
        let expected = if !(self.low..=self.high).contains(&value) {
            {
                let unit = if self.unit == "1" { String::new() } else { format!(" {}", self.unit) };
                format!("a value from {} to {}{unit}", self.low, self.high)
            }
        } else if self.whole && value.fract() != 0.0 {
            "a whole number".to_owned()
        } else {
            return Ok(());
        };
        Err(EnvError::OutOfRange { field: field.to_owned(), value, expected })
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.kind() == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_gains() -> Params {
        let gain = |name: &str| Param {
            name: name.into(),
            unit: "1".into(),
            low: -2.0,
            high: 2.0,
            nominal: 1.0,
            value: 1.0,
            whole: false,
        };
        Params::new("arm", vec![gain("motor_gain/shoulder"), gain("motor_gain/elbow")])
    }

    #[test]
    fn a_kind_matches_its_parts_and_a_prefix_of_a_kind_does_not() {
        let params = two_gains();
        assert_eq!(params.matching("motor_gain").count(), 2);
        assert_eq!(params.matching("motor_gain/elbow").count(), 1);
        assert_eq!(params.matching("motor").count(), 0);
    }

    #[test]
    fn a_refused_value_names_field_value_and_range() {
        let error = two_gains().set("motor_gain/elbow", 3.0).unwrap_err();
        assert_eq!(error.to_string(), "motor_gain/elbow is 3, expected a value from -2 to 2");
        assert!(two_gains().set("motor_gain/elbow", f64::NAN).is_err());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = two_gains().set("motor_gain/elbo", 0.5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "task 'arm' has no parameter 'motor_gain/elbo'; did you mean 'motor_gain/elbow'?"
        );
    }

    #[test]
    fn reset_undoes_a_change() {
        let mut params = two_gains();
        params.set("motor_gain/elbow", -1.0).unwrap();
        assert!(!params.are_nominal());
        params.reset("motor_gain/elbow").unwrap();
        assert!(params.are_nominal());
    }
}
