//! Changes of the world at the press of a button, offered where the task has the parameter.

use mesolimb_envs::{Param, Params};

use crate::intervention::Intervention;

/// A change at the press of a button.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// What the button says.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub tooltip: &'static str,
    /// Parameter or kind that it changes.
    parameter: String,
    change: Change,
}

/// What a button does with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// This many times the nominal value.
    Scale(f64),
    /// This value.
    Set(f64),
    /// This share of the largest value.
    Share(f64),
}

const SCALES: [(&str, &str, f64, &str); 7] = [
    ("motors reversed", "motor_gain", -1.0, "Every motor pushes the other way."),
    ("motors at half", "motor_gain", 0.5, "Every motor has half its strength."),
    ("gravity half", "gravity", 0.5, "Half of the nominal gravity."),
    ("gravity double", "gravity", 2.0, "Twice the nominal gravity."),
    ("links 3× heavier", "link_mass", 3.0, "Every link of the robot has three times its mass."),
    ("joints stiff", "friction", 20.0, "Twenty times the nominal friction in every joint."),
    ("ground slippery", "ground_friction", 0.3, "Less than a third of the grip."),
];

const SETTINGS: [(&str, &str, f64, &str); 2] = [
    ("noisy senses", "observation_noise", 0.1, "Noise on every sensor: a tenth of its typical range."),
    ("late senses", "observation_delay", 2.0, "Every sensor tells what was two control steps ago."),
];

/// The changes that make sense for these parameters.
pub fn offered(params: &Params) -> Vec<Preset> {
    let mut presets: Vec<Preset> = SCALES
        .iter()
        .map(|&(label, parameter, factor, tooltip)| preset(label, parameter, Change::Scale(factor), tooltip))
        .collect();
    let motors: Vec<&Param> = params.matching("motor_gain").collect();
    if let [.., last] = motors[..]
        && motors.len() > 1
    {
        presets.insert(2, preset("one motor dead", &last.name, Change::Set(0.0), "The last motor does nothing."));
    }
    presets.extend(
        SETTINGS
            .iter()
            .map(|&(label, parameter, value, tooltip)| preset(label, parameter, Change::Set(value), tooltip)),
    );
    presets.push(preset("wind", "wind_x", Change::Share(0.3), "Wind from behind, a third of the strongest."));
    presets.retain(|preset| preset.changes_something(params));
    presets
}

fn preset(label: &'static str, parameter: &str, change: Change, tooltip: &'static str) -> Preset {
    Preset { label, tooltip, parameter: parameter.to_owned(), change }
}

impl Preset {
    /// Whether the world is now as this button makes it.
    pub fn is_active(&self, params: &Params) -> bool {
        let mut matching = params.matching(&self.parameter).peekable();
        matching.peek().is_some() && matching.all(|param| is_close(param.value, self.value(param)))
    }

    /// What to ask for when the button is pressed: the change, or nominal values if it is active.
    pub fn pressed(&self, params: &Params) -> Intervention {
        let parameter = self.parameter.clone();
        match self.change {
            _ if self.is_active(params) => Intervention::Scale { parameter, factor: 1.0 },
            Change::Scale(factor) => Intervention::Scale { parameter, factor },
            Change::Set(value) => Intervention::Set { parameter, value },
            Change::Share(share) => {
                let largest = params.matching(&parameter).map(|param| param.high).fold(0.0, f64::max);
                Intervention::Set { parameter, value: share * largest }
            }
        }
    }

    fn changes_something(&self, params: &Params) -> bool {
        params.matching(&self.parameter).any(|param| !is_close(self.value(param), param.nominal))
    }

    fn value(&self, param: &Param) -> f64 {
        let value = match self.change {
            Change::Scale(factor) => factor * param.nominal,
            Change::Set(value) => value,
            Change::Share(share) => share * param.high,
        };
        value.clamp(param.low, param.high)
    }
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(task: &str) -> Vec<&'static str> {
        let env = mesolimb_envs::make(task).unwrap();
        offered(env.params()).iter().map(|preset| preset.label).collect()
    }

    #[test]
    fn a_task_offers_what_its_parameters_allow() {
        let reacher = labels("reacher");
        assert!(reacher.contains(&"motors reversed") && reacher.contains(&"one motor dead"), "{reacher:?}");
        assert!(!reacher.contains(&"gravity half"), "the arm moves in a horizontal plane");
        let hopper = labels("hopper");
        assert!(hopper.contains(&"ground slippery") && hopper.contains(&"wind"), "{hopper:?}");
        let cartpole = labels("cartpole");
        assert!(cartpole.contains(&"gravity double"), "{cartpole:?}");
        assert!(!cartpole.contains(&"one motor dead"), "there is one motor only");
    }

    #[test]
    fn pressing_twice_undoes() {
        for task in ["reacher", "cartpole"] {
            let mut params = mesolimb_envs::make(task).unwrap().params().clone();
            for preset in offered(&params) {
                assert!(!preset.is_active(&params), "{} in {task}", preset.label);
                preset.pressed(&params).apply(&mut params).unwrap();
                assert!(preset.is_active(&params), "{} in {task}", preset.label);
                preset.pressed(&params).apply(&mut params).unwrap();
                assert!(params.are_nominal(), "{} in {task}", preset.label);
            }
        }
    }
}
