//! One change, as it is written down.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use crate::{env::EnvError, params::Param};

/// Draws of a normal distribution are kept within this many standard deviations, so that its extremes can be checked.
const NORMAL_CUTOFF: f64 = 4.0;

/// A change of one parameter, or of all parameters of a kind.
///
/// Exactly one of `set`, `scale` and `add` says what happens; it acts on the nominal value.
/// A change of a kind draws once for all its parameters; to let them differ, write one change for each.
/// Times are control steps in the life of the robot, counted from 0 across episodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// A parameter, such as `motor_gain/elbow`, or a kind, such as `motor_gain` for all motors alike.
    pub parameter: String,
    /// The value itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Operand>,
    /// What the nominal value is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Operand>,
    /// What is added to the nominal value, in the unit of the parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<Operand>,
    /// First step under the change.
    #[serde(default)]
    pub at: u64,
    /// First step that is back at the nominal value; the change stays for good if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Draws anew every so many steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Reaches each new value linearly within so many steps, from the value before it, instead of at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp: Option<u64>,
    /// Acts for so many steps, rests for as many, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u64>,
    /// Standard deviation of a normal step that the operand takes in each control step, kept in the parameter's range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random_walk: Option<f64>,
}

/// A number, or what it is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, or one of { uniform = [low, high] }, { log_uniform = [low, high] }, { normal = [mean, sd] }"
)]
pub enum Operand {
    /// Always this.
    Number(f64),
    /// Drawn when the change begins, and anew as `every` says.
    Drawn(Distribution),
}

/// A distribution of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Evenly between the two.
    Uniform([f64; 2]),
    /// Evenly in the logarithm between the two, both above zero.
    LogUniform([f64; 2]),
    /// Mean and standard deviation; draws beyond four standard deviations are moved to there.
    Normal([f64; 2]),
}

/// What a change does to a nominal value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Set,
    Scale,
    Add,
}

impl Change {
    /// The operation and its operand.
    ///
    /// # Errors
    /// If there is not exactly one.
    pub(super) fn operation(&self) -> Result<(Operation, Operand), EnvError> {
        let mut given = [(Operation::Set, self.set), (Operation::Scale, self.scale), (Operation::Add, self.add)]
            .into_iter()
            .filter_map(|(operation, operand)| operand.map(|operand| (operation, operand)));
        match (given.next(), given.next()) {
            (Some(only), None) => Ok(only),
            (first, _) => Err(EnvError::OutOfRange {
                field: format!("number of operations on '{}'", self.parameter),
                value: if first.is_none() { 0.0 } else { 2.0 + given.count() as f64 },
                expected: "exactly one of set, scale and add".into(),
            }),
        }
    }

    /// Checks everything but the existence of the parameter: `param` is one that this change acts on.
    pub(super) fn check(&self, param: &Param) -> Result<(), EnvError> {
        let (operation, operand) = self.operation()?;
        for (name, n_steps) in [("every", self.every), ("ramp", self.ramp), ("cycle", self.cycle)] {
            if n_steps == Some(0) {
                return Err(self.refuse(name, 0.0, "a number of steps above zero"));
            }
        }
        if let Some(until) = self.until.filter(|&until| until <= self.at) {
            return Err(self.refuse("until", until as f64, &format!("a step after at = {}", self.at)));
        }
        if let Some(sd) = self.random_walk.filter(|sd| !(sd.is_finite() && *sd > 0.0)) {
            return Err(self.refuse("random_walk", sd, "a finite standard deviation above zero"));
        }
        operand.check().map_err(|(value, expected)| self.refuse(operation.name(), value, expected))?;
        if operation == Operation::Scale && param.nominal == 0.0 {
            return Err(self.refuse("nominal value", 0.0, "another value than zero where it is scaled"));
        }
        operand.extremes().into_iter().try_for_each(|extreme| {
            let value = operation.apply(param.nominal, extreme);
            let drawn = matches!(operand, Operand::Drawn(_));
            let value = if param.whole && drawn { value.round() } else { value };
            param.check(&format!("{} after '{}'", param.name, operation.name()), value)
        })
    }

    fn refuse(&self, field: &str, value: f64, expected: &str) -> EnvError {
        EnvError::OutOfRange { field: format!("{field} of '{}'", self.parameter), value, expected: expected.to_owned() }
    }
}

impl Operation {
    pub(super) fn apply(self, nominal: f64, operand: f64) -> f64 {
        match self {
            Self::Set => operand,
            Self::Scale => nominal * operand,
            Self::Add => nominal + operand,
        }
    }

    /// The operands that lead from `nominal` into a range.
    pub(super) fn operand_range(self, nominal: f64, [low, high]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Set => [low, high],
            Self::Scale if nominal < 0.0 => [high / nominal, low / nominal],
            Self::Scale => [low / nominal, high / nominal],
            Self::Add => [low - nominal, high - nominal],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Scale => "scale",
            Self::Add => "add",
        }
    }
}

impl Operand {
    pub(super) fn draw(self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Number(number) => number,
            Self::Drawn(Distribution::Uniform([low, high])) => rng.random_range(low..=high),
            Self::Drawn(Distribution::LogUniform([low, high])) => {
                rng.random_range(low.ln()..=high.ln()).exp().clamp(low, high)
            }
            Self::Drawn(Distribution::Normal([mean, sd])) => {
                let standard_normal: f64 = rng.sample(StandardNormal);
                mean + sd * standard_normal.clamp(-NORMAL_CUTOFF, NORMAL_CUTOFF)
            }
        }
    }

    /// The smallest and the largest value that can be drawn.
    fn extremes(self) -> [f64; 2] {
        match self {
            Self::Number(number) => [number, number],
            Self::Drawn(Distribution::Uniform(range) | Distribution::LogUniform(range)) => range,
            Self::Drawn(Distribution::Normal([mean, sd])) => [mean - NORMAL_CUTOFF * sd, mean + NORMAL_CUTOFF * sd],
        }
    }

    fn check(self) -> Result<(), (f64, &'static str)> {
        let numbers = match self {
            Self::Number(number) => [number, number],
            Self::Drawn(Distribution::Uniform(pair) | Distribution::LogUniform(pair) | Distribution::Normal(pair)) => {
                pair
            }
        };
        if let Some(number) = numbers.into_iter().find(|number| !number.is_finite()) {
            return Err((number, "finite numbers"));
        }
        match self {
            Self::Drawn(Distribution::Uniform([low, high])) if low > high => Err((high, "bounds in ascending order")),
            Self::Drawn(Distribution::LogUniform([low, _])) if low <= 0.0 => Err((low, "bounds above zero")),
            Self::Drawn(Distribution::LogUniform([low, high])) if low > high => {
                Err((high, "bounds in ascending order"))
            }
            Self::Drawn(Distribution::Normal([_, sd])) if sd < 0.0 => Err((sd, "a standard deviation of zero or more")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;

    #[test]
    fn a_change_fits_on_one_line() {
        let change: Change = toml::from_str(
            r#"parameter = "gravity"
            scale = { log_uniform = [0.5, 2.0] }
            at = 200"#,
        )
        .unwrap();
        assert_eq!(change.scale, Some(Operand::Drawn(Distribution::LogUniform([0.5, 2.0]))));
        assert_eq!((change.at, change.until), (200, None));
        let again: Change = toml::from_str(&toml::to_string(&change).unwrap()).unwrap();
        assert_eq!(again, change);
    }

    #[test]
    fn unknown_fields_and_operands_are_refused() {
        assert!(toml::from_str::<Change>("parameter = 'gravity'\nset = 1.0\nuntill = 3").is_err());
        let error = toml::from_str::<Change>("parameter = 'gravity'\nset = { unifrm = [1.0, 2.0] }").unwrap_err();
        assert!(error.to_string().contains("log_uniform"), "{error}");
    }

    #[test]
    fn draws_stay_within_the_extremes() {
        let mut rng = stream(3, "draws");
        let operands = [
            Distribution::Uniform([-1.0, 2.0]),
            Distribution::LogUniform([0.02, 2.0]),
            Distribution::Normal([1.0, 0.1]),
        ];
        for operand in operands.map(Operand::Drawn) {
            let [low, high] = operand.extremes();
            for _ in 0..10_000 {
                assert!((low..=high).contains(&operand.draw(&mut rng)));
            }
        }
    }
}
