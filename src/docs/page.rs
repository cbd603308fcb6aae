//! The page of a task: what its module says, and tables of what is compiled.

use std::fmt::Write as _;

use mesolimb_envs::{
    Channel, Env, Param, PresetCall, RobotSpec, TaskEntry,
    params::kinds,
    perturbation::presets,
    robot::{JointKind, JointSpec},
    task::Design,
};

use super::{
    MARK,
    prose::{self, Meaning},
};

/// Channels of one meaning and range that are told in one row.
const MANY: usize = 12;

/// The page.
pub fn page(task: &TaskEntry) -> String {
    let (env, design, documentation) = ((task.make)(), (task.design)(), task.documentation());
    let name = task.name;
    let mut text = format!("{MARK}\n\n# {}\n\n", prose::title(&documentation));
    let _ = writeln!(text, "{}\n\n![{name}, as an episode begins]({name}.png)\n", prose::lead(&documentation));
    let _ = writeln!(text, "```sh\nmesolimb train {name}\nmesolimb view {name}\n```\n");
    text.push_str(&prose::body(&documentation));
    let sections = [
        clocks(env.as_ref()),
        observations(env.as_ref(), &design, &prose::meanings(&documentation, "observation")),
        actions(env.as_ref(), &prose::meanings(&documentation, "action")),
        robot(env.robot()),
        changes(env.as_ref()),
    ];
    text + &sections.join("\n")
}

/// A duration in ms.
pub fn millis(secs: f64) -> String {
    format!("{} ms", short(1e3 * secs))
}

fn clocks(env: &dyn Env) -> String {
    let spec = env.spec();
    let n_physics_steps = (spec.control_dt_secs / spec.physics_dt_secs).round();
    format!(
        "## Clocks\n\nA control step takes {} and has {n_physics_steps} steps of the physics of {} each.\n\
         An episode has at most {} control steps: {} s.\n",
        millis(spec.control_dt_secs),
        millis(spec.physics_dt_secs),
        spec.time_limit_steps,
        short(f64::from(spec.time_limit_steps) * spec.control_dt_secs),
    )
}

fn observations(env: &dyn Env, design: &Design, meanings: &[Meaning]) -> String {
    let mut text = String::from(
        "## Observation\n\n\
         Ranges hold in the unchanged world; the scale is the typical size, and the unit of sensor noise.\n\n\
         | index | name | unit | range | scale | |\n|---|---|---|---|---|---|\n",
    );
    let channels = &env.spec().observations;
    let mut idx = 0;
    while idx < channels.len() {
        let meaning = meanings.iter().find(|meaning| meaning.idxs.first() == Some(&idx));
        let told = |idx: usize| (&channels[idx].unit, channels[idx].low, channels[idx].high, design.sensors[idx].scale);
        let of_one = meaning.map(|meaning| meaning.idxs.len()).unwrap_or(1).min(channels.len() - idx);
        let alike = (idx..idx + of_one).all(|other| told(other) == told(idx));
        let n = if of_one > MANY && alike { of_one } else { 1 };
        let last = idx + n - 1;
        let [idxs, names] = if n == 1 {
            [idx.to_string(), format!("`{}`", channels[idx].name)]
        } else {
            [format!("{idx} … {last}"), format!("`{}` … `{}`", channels[idx].name, channels[last].name)]
        };
        let (channel, scale) = (&channels[idx], short(design.sensors[idx].scale.into()));
        let said = meaning.map_or("", |meaning| meaning.text.as_str());
        let _ = writeln!(text, "| {idxs} | {names} | {} | {} | {scale} | {said} |", channel.unit, bounds_of(channel));
        idx += n;
    }
    text
}

fn actions(env: &dyn Env, meanings: &[Meaning]) -> String {
    let mut text = String::from("## Action\n\n| index | name | unit | range | |\n|---|---|---|---|---|\n");
    for (idx, channel) in env.spec().actions.iter().enumerate() {
        let meaning = meanings.iter().find(|meaning| meaning.idxs.first() == Some(&idx));
        let said = meaning.map_or("", |meaning| meaning.text.as_str());
        let _ = writeln!(text, "| {idx} | `{}` | {} | {} | {said} |", channel.name, channel.unit, bounds_of(channel));
    }
    text
}

fn robot(robot: &RobotSpec) -> String {
    let mut text =
        format!("## Robot\n\n`{}`, {} kg in {} links.\n\n", robot.name, short(robot.mass_kg()), robot.links.len());
    text.push_str(
        "| link | hangs on | joint | moves | position | resists with | mass, kg |\n|---|---|---|---|---|---|---|\n",
    );
    for link in &robot.links {
        let joint = &link.joint;
        let (moves, unit) = match joint.kind {
            JointKind::Hinge => ("turns", "rad"),
            JointKind::Slide => ("slides", "m"),
            JointKind::Planar => ("free in the plane of x and z", ""),
            JointKind::Free => ("free", ""),
        };
        let position = match joint.limits {
            Some(limits) => format!("{} {unit}", range(limits)),
            None => "any".to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | `{}` | {moves} | {position} | {} | {} |",
            link.name,
            link.parent.as_ref().map_or_else(|| "the world".to_owned(), |parent| format!("`{parent}`")),
            joint.name,
            resistance(joint),
            short(link.mass_kg),
        );
    }
    text.push_str("\n| motor | joint | at most | command |\n|---|---|---|---|\n");
    for motor in &robot.motors {
        let slides = robot.motor_joint(motor).is_some_and(|joint| joint.kind == JointKind::Slide);
        let (force, unit) = if slides { ("force", "N") } else { ("torque", "N·m") };
        let command = motor.servo.map_or_else(
            || force.to_owned(),
            |servo| format!("position; stiffness {}, damping {}", short(servo.stiffness), short(servo.damping)),
        );
        let _ = writeln!(text, "| `{}` | `{}` | {} {unit} | {command} |", motor.name, motor.joint, short(motor.limit));
    }
    text
}

fn resistance(joint: &JointSpec) -> String {
    let parts = [
        ("damping", joint.damping),
        ("friction", joint.friction),
        ("armature", joint.armature),
        ("stiffness", joint.stiffness),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, value)| *value != 0.0)
        .map(|(name, value)| format!("{name} {}", short(*value)))
        .collect();
    parts.join(", ")
}

fn changes(env: &dyn Env) -> String {
    let mut text = String::from(
        "## What can change\n\n| parameter | of | unit | nominal | range | |\n|---|---|---|---|---|---|\n",
    );
    let params: Vec<&Param> = env.params().iter().collect();
    for (kind, summary) in kinds() {
        let mut said = *summary;
        let of_kind: Vec<&&Param> = params.iter().filter(|param| param.kind() == *kind).collect();
        let mut told: Vec<&Param> = Vec::new();
        for param in &of_kind {
            if told.iter().any(|other| is_alike(other, param)) {
                continue;
            }
            told.push(param);
            let alike = of_kind.iter().filter(|other| is_alike(other, param));
            let parts: Vec<String> =
                alike.filter_map(|param| param.name.split_once('/')).map(|(_, part)| format!("`{part}`")).collect();
            let parts = if parts.len() > 4 && parts.len() == of_kind.len() {
                format!("all {}", parts.len())
            } else {
                parts.join(", ")
            };
            let whole = if param.whole { ", whole" } else { "" };
            let _ = writeln!(
                text,
                "| `{kind}` | {} | {} | {} | {}{whole} | {said} |",
                parts,
                param.unit,
                short(param.nominal),
                range([param.low, param.high]),
            );
            said = "";
        }
    }
    let offered = presets().iter().filter(|preset| PresetCall::new(preset.name).changes(env, 0).is_ok());
    let offered: Vec<String> = offered.map(|preset| format!("`{}`", preset.name)).collect();
    let _ = writeln!(text, "\nPresets (`mesolimb list changes` says what they are): {}.", offered.join(", "));
    text
}

fn is_alike(a: &Param, b: &Param) -> bool {
    let told = |param: &Param| [param.nominal, param.low, param.high].map(short);
    a.unit == b.unit && a.whole == b.whole && told(a) == told(b)
}

fn bounds_of(channel: &Channel) -> String {
    range([channel.low.into(), channel.high.into()])
}

fn range([low, high]: [f64; 2]) -> String {
    if low == -high && high > 0.0 {
        if high.is_finite() { format!("±{}", short(high)) } else { "any".to_owned() }
    } else {
        format!("{} to {}", short(low), short(high))
    }
}

/// A number with at most four significant digits.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string().replace('-', "−") };
    }
    let decimals = (3 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use mesolimb_envs::tasks;

    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, 1.0, -0.5, 6.25, 0.022_5, 100.0, 12_345.6, 2.0 / 3.0, -1e-5];
        let shown = ["0", "1", "−0.5", "6.25", "0.0225", "100", "12346", "0.6667", "−0.00001"];
        assert_eq!(numbers.map(short), shown);
        assert_eq!([range([-2.0, 2.0]), range([0.0, 0.1])], ["±2", "0 to 0.1"]);
    }

    #[test]
    fn a_page_tells_every_channel_link_motor_and_kind() {
        for task in tasks() {
            let (text, env) = (page(task), (task.make)());
            let ends = [env.spec().observations.first(), env.spec().observations.last()];
            let channels = ends.into_iter().flatten().chain(&env.spec().actions).map(|channel| &channel.name);
            let links = env.robot().links.iter().flat_map(|link| [&link.name, &link.joint.name]);
            for name in channels.chain(links) {
                assert!(text.contains(&format!("`{name}`")), "{}: {name}", task.name);
            }
            for param in env.params().iter() {
                assert!(text.contains(&format!("| `{}` |", param.kind())), "{}: {}", task.name, param.name);
            }
        }
    }

    /// What a module says of its channels is what there is.
    #[test]
    fn the_tables_of_every_module_cover_the_channels_that_are_compiled() {
        for task in tasks() {
            let env = (task.make)();
            let told: Vec<usize> =
                prose::meanings(&task.documentation(), "observation").into_iter().flat_map(|row| row.idxs).collect();
            let n_channels = env.spec().observations.len();
            assert_eq!(told, (0..n_channels).collect::<Vec<_>>(), "observations of {}", task.name);
        }
    }
}
