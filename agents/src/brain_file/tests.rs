//! Brain files: what they make of a task, and what they refuse.

use mesolimb_brain::Network;

use super::*;

const REACHER: TaskNumbers =
    TaskNumbers { observations: 10, actions: 2, control_ms: 20.0, time_limit_steps: 150, gamma: 0.97 };

fn lean() -> &'static BrainFile {
    brain("lean").unwrap()
}

fn choice(variant: &[&str], parameters: &[(&str, f64)]) -> BrainChoice {
    let variant = variant.iter().map(|name| (*name).to_owned()).collect();
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    BrainChoice { variant, parameters, ..BrainChoice::default() }
}

#[test]
fn every_brain_and_every_variant_of_it_can_be_built() {
    for file in brains() {
        for variant in std::iter::once(None).chain(file.variants.keys().map(|name| Some(name.as_str()))) {
            let choice = BrainChoice { name: file.name.clone(), ..choice(variant.as_slice(), &[]) };
            let brain = file.resolve(&REACHER, &choice).unwrap();
            Network::new(&brain.network, 0).unwrap();
            let again = BrainFile::parse("again", &brain.to_toml().unwrap()).unwrap();
            assert_eq!(again.resolve(&REACHER, &BrainChoice::default()).unwrap(), brain, "{} {variant:?}", file.name);
        }
    }
}

#[test]
fn parameters_and_task_reach_their_places() {
    let brain = lean().resolve(&REACHER, &choice(&["homogeneous"], &[("cells", 64.0), ("actor_budget", 0.3)])).unwrap();
    assert!(brain.network.populations.iter().all(|p| p.size == 64));
    assert_eq!(brain.network.readouts[1].size, 4);
    let text = toml::to_string(&brain.network).unwrap();
    assert!(text.contains("budget = 0.4\n") && text.contains("budget = 0.1\n"), "{text}");
    assert!(!text.contains("log_uniform"), "cells are alike: {text}");
}

#[test]
fn slips_are_refused_with_file_key_and_what_was_expected() {
    let text = include_str!("../../../assets/brains/learner/lean.toml");
    let refusal = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let file = BrainFile::parse("own.toml", &text.replacen(from, to, 1));
        file.and_then(|file| file.resolve(&REACHER, &BrainChoice::default())).unwrap_err().to_string()
    };
    for (from, to, expected) in [
        ("value = \"value\"", "worth = \"value\"", "own.toml: roles.worth: unknown field `worth`"),
        ("value = \"value\"", "", "own.toml: roles.: missing field `value`"),
        (
            "policy = \"policy\"",
            "policy = \"plan\"",
            "own.toml: roles.policy is 'plan', expected a readout (there are: value, policy)",
        ),
        (
            "release = { dopamine",
            "release = { dopa",
            "own.toml: roles.release has 'dopa', expected a modulator (there are: dopamine",
        ),
        (
            "\"critic_error\"",
            "\"joy\"",
            "own.toml: roles.release.ventral dopamine: unknown variant `joy`, expected one of",
        ),
        ("size = \"=observations\"", "size = 3", "own.toml: port.observation.size is 3, expected 10"),
        (
            "size = \"=cells\"",
            "size = \"=cels\"",
            "own.toml: population.critic sensory.size = \"=cels\": unknown name 'cels'; did you mean 'cells'?",
        ),
        (
            "size = \"=cells\"",
            "size = \"=cells / 3\"",
            "own.toml: population.critic sensory.size: invalid type: floating point",
        ),
        ("size = \"=cells\"", "sise = \"=cells\"", "own.toml: population.critic sensory.sise: unknown field `sise`"),
        ("[[port]]", "[[prot]]", "own.toml: unknown key 'prot'; did you mean 'port'?"),
        ("ticks = 6", "ticks = 0", "own.toml: ticks"),
        ("ticks = 6", "", "own.toml: there is no 'ticks'"),
        (
            "cells = { value = 128",
            "cells = { value = 'many'",
            "own.toml: parameters.cells is \"many\", expected a number",
        ),
        ("synaptic_ms = \"=0.25 * control_ms\"", "synaptic_ms = \"=2 * synaptic_ms\"", "own.toml: synaptic_ms"),
        (
            "target = \"critic sensory\"",
            "target = \"actor sensory\"",
            "own.toml: no signal reaches population 'critic sensory'",
        ),
        ("ticks = 6", "ticks = 6 6", "own.toml: TOML parse error at line"),
    ] {
        let found = refusal(from, to);
        assert!(found.starts_with(expected), "{to}: got \"{found}\", expected \"{expected}\"");
    }
}

#[test]
fn what_a_brain_does_not_have_is_refused_by_name() {
    let refusal = |choice: &BrainChoice| lean().check(choice).unwrap_err().to_string();
    assert!(refusal(&choice(&["homogenous"], &[])).ends_with("; did you mean 'homogeneous'?"));
    assert!(refusal(&choice(&[], &[("cels", 3.0)])).ends_with("; did you mean 'cells'?"));
    assert_eq!(refusal(&choice(&[], &[("cells", 3.0)])), "brain.cells is 3, expected a number in [8, 4096]");
    assert!(brain("leen").unwrap_err().to_string().contains("did you mean 'lean'?"));
}

/// Every line away, and every value another: whatever becomes of a file, it is refused with a message, or it is a brain.
#[test]
fn no_slip_breaks_anything() {
    let text = include_str!("../../../assets/brains/learner/lean.toml");
    let lines: Vec<&str> = text.lines().collect();
    let (mut refused, mut read) = (0, 0);
    for (idx, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let key = line.split(" = ").next().unwrap_or_default();
        let others = ["-1", "1e300", "nan", "true", "\"=1 / 0\"", "\"=cells\"", "{}", "[]"]
            .map(|value| format!("{key} = {value}"));
        for other in others.iter().map(String::as_str).chain([""]) {
            let altered: Vec<&str> = lines.iter().enumerate().map(|(k, l)| if k == idx { other } else { *l }).collect();
            let brain = BrainFile::parse("own.toml", &altered.join("\n"))
                .and_then(|file| file.resolve(&REACHER, &BrainChoice::default()))
                .map_err(|error| error.to_string())
                .and_then(|brain| brain.network.check().map_err(|error| error.to_string()));
            match brain {
                Err(message) => {
                    assert!(!message.trim().is_empty(), "line {idx} as {other}");
                    refused += 1;
                }
                Ok(()) => read += 1,
            }
        }
    }
    assert!(refused > 500 && read > 100, "{refused} refused, {read} read");
}
