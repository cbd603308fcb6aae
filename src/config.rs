//! What a run is: one TOML file, and `--set key=value` on top of it.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context as _, bail};
use mesolimb_agents::{
    AgentError, AgentSettings, BrainFile, Kind as _, SpikingActorCritic,
    registry::{BRAIN, merge},
};
use mesolimb_envs::{
    Change, ChangeSchedule, Env, EnvError, PositionsOnly, PresetCall, RobotSpec, nearest::nearest, robot_tasks,
};
use serde::{Deserialize, Serialize};

use crate::robot_file::{self, as_text};

/// Control steps for which a run may last at the most.
const MAX_STEPS: u64 = 1_000_000_000_000;

/// A run, resolved: everything that decides what happens in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    /// Task, by name.
    pub task: String,
    /// Agent, by name.
    pub agent: String,
    /// Seed of everything that is random.
    pub seed: u64,
    /// Control steps.
    pub steps: u64,
    /// Control steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Whether velocities are hidden: only positions are observed.
    pub partial: bool,
    /// Whether spikes and states are recorded.
    pub record: bool,
    /// Named lists of changes. Where a run is resolved they become changes, ahead of those that are written out.
    pub presets: Vec<PresetCall>,
    /// File of the robot, for a task for any robot: MJCF, URDF, or a description as TOML. Relative to the run file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot: Option<String>,
    /// Site or link that the task is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effector: Option<String>,
    /// The robot as it was read from that file: whatever becomes of the file, the run goes on with this one. Run files do
    /// not have it, checkpoints do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<RobotSpec>,
    /// How the world changes.
    pub changes: Vec<Change>,
    /// Settings of all agents, a section each. Whatever else stands in a run file is refused by them.
    #[serde(flatten)]
    pub settings: AgentSettings,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            task: "reacher".into(),
            agent: "spiking".into(),
            seed: 0,
            steps: 200_000,
            checkpoint_every: 20_000,
            partial: false,
            record: false,
            presets: Vec::new(),
            robot: None,
            effector: None,
            body: None,
            changes: Vec::new(),
            settings: AgentSettings::default(),
        }
    }
}

impl RunConfig {
    /// Reads a run file.
    ///
    /// # Errors
    /// Names the file, the line and the key, and the nearest key that exists.
    pub fn read(path: &Path) -> anyhow::Result<toml::Table> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let table: toml::Table = toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
        check_keys(&table, &default_table(), "").with_context(|| path.display().to_string())?;
        // Read whole at once, so that a wrong value is shown in its line.
        let run: Self = toml::from_str(&text).map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
        run.validate().with_context(|| path.display().to_string())?;
        Ok(table)
    }

    /// The run that `table` describes, with `settings` of the form `key=value` on top.
    ///
    /// # Errors
    /// If a key is unknown (with the nearest one) or a value has the wrong type or range.
    pub fn resolve(mut table: toml::Table, settings: &[String]) -> anyhow::Result<Self> {
        spell_out_brain(&mut table);
        for setting in settings {
            set(&mut table, setting)?;
        }
        let mut config: Self =
            table.try_into().map_err(|e: toml::de::Error| anyhow::anyhow!("{}", e.to_string().trim()))?;
        config.validate()?;
        if config.robot.is_none() {
            config.spell_out()?;
        }
        Ok(config)
    }

    /// Turns presets into the changes that they stand for; what these are depends on the robot.
    ///
    /// # Errors
    /// If there is no such preset, or the task lacks what it changes.
    fn spell_out(&mut self) -> anyhow::Result<()> {
        if self.presets.is_empty() {
            return Ok(());
        }
        let env = self.open_env()?;
        let mut changes = Vec::new();
        for call in self.presets.drain(..) {
            changes.extend(call.changes(env.as_ref(), self.seed)?);
        }
        changes.append(&mut self.changes);
        self.changes = changes;
        Ok(())
    }

    /// Refuses numbers that no run can have. Changes are checked by the task that they are for.
    ///
    /// # Errors
    /// Names the field, its value and its range.
    pub fn validate(&self) -> anyhow::Result<()> {
        let check = |field: &str, value: u64| {
            if (1..=MAX_STEPS).contains(&value) {
                return Ok(());
            }
            bail!("{field} is {value}, expected a whole number from 1 to {MAX_STEPS}")
        };
        check("steps", self.steps)?;
        check("checkpoint_every", self.checkpoint_every)?;
        if self.seed > i64::MAX as u64 {
            bail!("seed is {}, expected a whole number from 0 to {}", self.seed, i64::MAX);
        }
        self.settings.validate()?;
        Ok(())
    }

    /// Refuses a task, an agent or a change of the world that does not exist.
    ///
    /// # Errors
    /// Names the nearest that exists, or the range of a change.
    pub fn check_names(&self) -> anyhow::Result<()> {
        let env = self.open_env()?;
        ChangeSchedule::new(self.changes.clone(), env.params(), self.seed)?;
        mesolimb_agents::registry::check_name(&self.agent)?;
        Ok(())
    }

    /// Reads the robot that the run names, relative to `folder`. Returns how many things its file says that are not read, or
    /// otherwise.
    ///
    /// # Errors
    /// If it cannot be read; the message has the file, the line and what was expected.
    pub fn read_robot(&mut self, folder: &Path) -> anyhow::Result<usize> {
        let Some(robot) = &self.robot else { return Ok(0) };
        let base = robot_tasks().iter().find(|task| task.name == self.task).map(|task| task.base).unwrap_or_default();
        let (body, n_notes) = robot_file::open_body(&folder.join(robot), base)?;
        self.body = Some(body);
        self.spell_out()?;
        Ok(n_notes)
    }

    /// Reads the brain that the run names, and resolves it for the task: from here on the run has this one. A run folder
    /// keeps it. A brain that is resolved already stays.
    ///
    /// # Errors
    /// If it cannot be read, or is not one for the task; the message has the file and the key.
    pub fn read_brain(&mut self) -> anyhow::Result<()> {
        let mut settings = self.settings.of::<SpikingActorCritic>()?;
        if self.agent != SpikingActorCritic::NAME || settings.brain.resolved.is_some() {
            return Ok(());
        }
        let env = self.open_env()?;
        let brain = if settings.brain.is_file() {
            let name = &settings.brain.name;
            let text = std::fs::read_to_string(name).with_context(|| format!("cannot read {name}"))?;
            let brain = BrainFile::parse(name, &text)?.resolve(&settings.numbers(env.spec()), &settings.brain)?;
            // Wherever the run is read from, it is this file.
            settings.brain.name = as_text(&std::path::absolute(name)?)?;
            brain
        } else {
            settings.brain(env.spec())?
        };
        brain.try_out().with_context(|| settings.brain.name.clone())?;
        settings.brain.resolved = Some(brain.to_toml()?);
        self.settings.change::<SpikingActorCritic>(|known| known.brain = settings.brain)?;
        Ok(())
    }

    /// Takes the brain that a run folder keeps, if it keeps one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_kept_brain(&mut self, folder: &Path) -> anyhow::Result<()> {
        let kept = folder.join(crate::folder::BRAIN);
        if kept.is_file() {
            let text = std::fs::read_to_string(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
            self.settings.change::<SpikingActorCritic>(|spiking| spiking.brain.resolved = Some(text))?;
        }
        Ok(())
    }

    /// The brain as it was resolved, if the agent has one.
    ///
    /// # Errors
    /// If the settings are not valid.
    pub fn resolved_brain(&self) -> Result<Option<String>, AgentError> {
        Ok(self.settings.of::<SpikingActorCritic>()?.brain.resolved)
    }

    /// The same run, of which the brain is not told.
    fn without_brain(&self) -> Self {
        let mut run = self.clone();
        // What was valid with it is valid without.
        let _ = run.settings.change::<SpikingActorCritic>(|spiking| spiking.brain.resolved = None);
        run
    }

    /// Makes the world, with its first episode started.
    ///
    /// # Errors
    /// If there is no such task, or it and the robot of the run do not fit.
    pub fn make_env(&self) -> Result<Box<dyn Env>, EnvError> {
        let env = match &self.body {
            Some(body) => mesolimb_envs::make_with(&self.task, body.clone(), self.effector.as_deref()),
            None => mesolimb_envs::make(&self.task),
        }?;
        Ok(if self.partial { Box::new(PositionsOnly::new(env)) } else { env })
    }

    /// The same, with what to do about the robot where it does not fit.
    ///
    /// # Errors
    /// As [`RunConfig::make_env`], and if there is an effector but no robot.
    pub fn open_env(&self) -> anyhow::Result<Box<dyn Env>> {
        if let (None, Some(effector)) = (&self.robot, &self.effector) {
            bail!("effector is '{effector}', expected none: task '{}' has no robot of your own", self.task);
        }
        self.make_env().map_err(|error| self.about_robot(error))
    }

    /// Names of the motors of its own robot that the task gives less than the file of the robot does.
    ///
    /// # Errors
    /// As [`RunConfig::make_env`].
    pub fn weakened_motors(&self) -> Result<Vec<String>, EnvError> {
        let Some(body) = &self.body else { return Ok(Vec::new()) };
        let env = self.make_env()?;
        let pairs = body.motors.iter().zip(&env.robot().motors);
        Ok(pairs.filter(|(file, now)| now.limit < file.limit).map(|(file, _)| file.name.clone()).collect())
    }

    /// `error` with what to do about the robot.
    fn about_robot(&self, error: EnvError) -> anyhow::Error {
        let needs_robot = matches!(error, EnvError::NeedsRobot { .. });
        match &self.robot {
            None if needs_robot => anyhow::anyhow!(
                "{error}; name its file, MJCF or URDF: mesolimb train {} --robot FILE, or robot = \"FILE\" in the run file",
                self.task
            ),
            Some(robot) if matches!(error, EnvError::Robot { .. }) => anyhow::Error::from(error).context(robot.clone()),
            _ => error.into(),
        }
    }

    /// The first setting in which this run and `other` differ, with both values, if they can come to different ends.
    #[must_use]
    pub fn difference_in_outcome(&self, other: &Self) -> Option<String> {
        if self.body != other.body {
            return Some("the robot is not the one".to_owned());
        }
        if self.resolved_brain().ok() != other.resolved_brain().ok() {
            return Some("the brain, brain.toml beside it, is not the one".to_owned());
        }
        let table = |run: &Self| toml::Table::try_from(run.without_brain()).unwrap_or_default();
        let (mut ours, mut theirs) = (table(self), table(other));
        // Whichever file the robot was read from, it is the same.
        for key in ["steps", "checkpoint_every", "record", "robot", "body"] {
            ours.remove(key);
            theirs.remove(key);
        }
        first_difference(&ours, &theirs, "")
    }

    /// The resolved run as a TOML file, which names robot and brain and does not hold them.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Self { body: None, ..self.without_brain() }.to_toml_with_body()
    }

    /// The resolved run as TOML, robot and brain included.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn to_toml_with_body(&self) -> anyhow::Result<String> {
        let mut text = format!("# mesolimb {}\n", env!("CARGO_PKG_VERSION"));
        write!(text, "{}", toml::to_string(self)?)?;
        Ok(text)
    }
}

fn default_table() -> toml::Table {
    let named = |name: &str| Some(name.to_owned());
    // What is absent from the default run is a key all the same.
    let full = RunConfig { robot: named("robot.xml"), effector: named("hand"), ..RunConfig::default() };
    toml::Table::try_from(full).expect("the default run is valid TOML")
}

fn first_difference(ours: &toml::Table, theirs: &toml::Table, prefix: &str) -> Option<String> {
    ours.keys().chain(theirs.keys()).find_map(|key| match (ours.get(key), theirs.get(key)) {
        (Some(toml::Value::Table(ours)), Some(toml::Value::Table(theirs))) => {
            first_difference(ours, theirs, &format!("{prefix}{key}."))
        }
        (ours, theirs) if ours == theirs => None,
        (ours, theirs) => {
            let show = |value: Option<&toml::Value>| value.map_or_else(|| "absent".to_owned(), ToString::to_string);
            Some(format!("{prefix}{key} is {}, but {}", show(ours), show(theirs)))
        }
    })
}

/// Applies `key=value`; the value is read as TOML, or as a plain word.
fn set(table: &mut toml::Table, setting: &str) -> anyhow::Result<()> {
    let Some((key, value)) = setting.split_once('=') else {
        bail!("--set {setting}: expected key=value, such as steps=1000 or brain.cells=64");
    };
    let (key, value) = (key.trim(), value.trim());
    let parsed: Result<toml::Table, _> = toml::from_str(&format!("value = {value}"));
    let value = match parsed {
        Ok(mut parsed) => parsed.remove("value").unwrap_or_else(|| toml::Value::String(value.to_owned())),
        Err(_) if value.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c)) => toml::Value::String(value.into()),
        Err(error) => bail!("--set {key}: {error}"),
    };
    let mut nested = value;
    for part in key.rsplit('.') {
        nested = toml::Value::Table(toml::Table::from_iter([(part.to_owned(), nested)]));
    }
    let toml::Value::Table(mut nested) = nested else { unreachable!("a key has at least one part") };
    spell_out_brain(&mut nested);
    check_keys(&nested, &default_table(), "").with_context(|| format!("--set {setting}"))?;
    merge(table, nested);
    Ok(())
}

/// `brain` is short for `spiking.brain`, and a name alone for a section with a name, so that variants and parameters can stand
/// beside it.
fn spell_out_brain(table: &mut toml::Table) {
    let spelled_out = |brain: toml::Value| match brain {
        name @ toml::Value::String(_) => toml::Value::Table(toml::Table::from_iter([("name".to_owned(), name)])),
        section => section,
    };
    if let Some(toml::Value::Table(spiking)) = table.get_mut("spiking")
        && let Some(brain) = spiking.remove(BRAIN)
    {
        spiking.insert(BRAIN.to_owned(), spelled_out(brain));
    }
    if let Some(brain) = table.remove(BRAIN) {
        let within = toml::Table::from_iter([(BRAIN.to_owned(), spelled_out(brain))]);
        merge(table, toml::Table::from_iter([("spiking".to_owned(), toml::Value::Table(within))]));
    }
}

/// Refuses keys that no run has, with the nearest one. What a brain has is known where it is read.
fn check_keys(table: &toml::Table, known: &toml::Table, prefix: &str) -> anyhow::Result<()> {
    for (key, value) in table.iter().filter(|(key, _)| *key != BRAIN) {
        match (known.get(key), value) {
            (None, _) => {
                let hint = nearest(key, known.keys().map(String::as_str));
                bail!(
                    "unknown key '{prefix}{key}'{}",
                    hint.map_or_else(String::new, |h| format!("; did you mean '{prefix}{h}'?"))
                );
            }
            (Some(toml::Value::Table(known)), toml::Value::Table(table)) => {
                check_keys(table, known, &format!("{prefix}{key}."))?;
            }
            (Some(toml::Value::Table(_)), other) => bail!("key '{prefix}{key}' is {other}, expected a section"),
            (Some(_), _) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mesolimb_agents::SpikingActorCritic;

    use super::*;

    fn refusal(setting: &str) -> String {
        format!("{:#}", RunConfig::resolve(toml::Table::new(), &[setting.to_owned()]).unwrap_err())
    }

    #[test]
    fn settings_reach_their_place() {
        let settings = [
            "steps=10",
            "agent=stream-ac",
            "spiking.recalibration.enabled=false",
            "changes=[{ parameter = \"motor_gain\", scale = -1.0, at = 5 }]",
        ];
        let config = RunConfig::resolve(toml::Table::new(), &settings.map(String::from)).unwrap();
        assert_eq!((config.steps, config.agent.as_str()), (10, "stream-ac"));
        assert!(!config.settings.of::<SpikingActorCritic>().unwrap().recalibration.enabled);
        assert_eq!(config.changes[0].at, 5);
    }

    #[test]
    fn a_resolved_run_reads_back_as_itself() {
        let config = RunConfig::resolve(toml::Table::new(), &["brain.cells=32".into()]).unwrap();
        assert_eq!(toml::from_str::<RunConfig>(&config.to_toml().unwrap()).unwrap(), config);
    }

    #[test]
    fn presets_become_changes_ahead_of_those_written_out() {
        let settings = [
            "task=ant",
            "presets=['slippery', { name = 'leg-damage-held-out', draws = 1 }]",
            "changes=[{ parameter = 'gravity', set = 5.0 }]",
        ];
        let config = RunConfig::resolve(toml::Table::new(), &settings.map(String::from)).unwrap();
        assert!(config.presets.is_empty());
        let changed: Vec<&str> = config.changes.iter().map(|change| change.parameter.as_str()).collect();
        assert_eq!(changed, ["ground_friction", "leg_off/back_left_hip", "gravity"]);
        assert_eq!(toml::from_str::<RunConfig>(&config.to_toml().unwrap()).unwrap(), config);
        assert_eq!(
            refusal("presets=['slippery']"),
            "preset 'slippery' needs the parameter 'ground_friction', which task 'reacher' does not offer"
        );
    }

    #[test]
    fn refusals_name_the_key_and_the_nearest_one() {
        assert_eq!(
            refusal("spiking.horzon=3"),
            "--set spiking.horzon=3: unknown key 'spiking.horzon'; did you mean 'spiking.horizon'?"
        );
        assert!(refusal("steps=0").contains("steps is 0, expected a whole number from 1"));
        assert!(refusal("steps").contains("expected key=value"));
        assert!(refusal("steps=many").contains("invalid type"), "{}", refusal("steps=many"));
    }
}
