//! The agents by name. To add one: its file, with a [`Kind`], and a line in the list here.

use std::collections::BTreeMap;

use mesolimb_envs::{Env, nearest::hint};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use toml::Table;

use crate::{
    Agent, AgentError, SpikingActorCritic,
    agent::{Kind, Settings as _},
    baseline::{Idle, IntentionalAc, Ppo, Random, Reference, StreamAc},
};

const AGENTS: &[AgentEntry] = &[
    entry::<SpikingActorCritic>(),
    entry::<StreamAc>(),
    entry::<IntentionalAc>(),
    entry::<Ppo>(),
    entry::<Random>(),
    entry::<Idle>(),
    entry::<Reference>(),
];

/// Short for the key of that name in the section of the spiking agent.
pub const BRAIN: &str = "brain";

/// An agent that was made, if it could be.
type Made = Result<Box<dyn Agent>, AgentError>;

/// An agent that can be made by name.
#[derive(Clone, Copy, Debug)]
pub struct AgentEntry {
    /// Name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    defaults: fn() -> Table,
    check: fn(Table) -> Result<(), AgentError>,
    make: fn(Table, &dyn Env, u64) -> Made,
}

const fn entry<K: Kind>() -> AgentEntry {
    AgentEntry {
        name: K::NAME,
        summary: K::SUMMARY,
        defaults: || to_table::<K>(&K::Settings::default()),
        check: |table| from_table::<K>(table).map(|_| ()),
        make: |table, env, seed| K::make(from_table::<K>(table)?, env, seed),
    }
}

/// All agents.
#[must_use]
pub fn agents() -> &'static [AgentEntry] {
    AGENTS
}

/// Makes the agent `name` for a task.
///
/// # Errors
/// If there is no such agent, it cannot do the task, or one of its settings is out of range.
pub fn make(name: &str, settings: &AgentSettings, env: &dyn Env, seed: u64) -> Made {
    (find(name)?.make)(settings.section(name), env, seed)
}

/// Refuses a name that no agent has.
///
/// # Errors
/// Names the nearest that exists, if any is near.
pub fn check_name(name: &str) -> Result<(), AgentError> {
    find(name).map(|_| ())
}

fn find(name: &str) -> Result<&'static AgentEntry, AgentError> {
    AGENTS.iter().find(|agent| agent.name == name).ok_or_else(|| AgentError::Unknown { name: name.to_owned() })
}

/// Settings of all agents: for each in which something can be set a section, complete.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AgentSettings(BTreeMap<String, Table>);

impl Default for AgentSettings {
    fn default() -> Self {
        let sections = AGENTS.iter().map(|agent| (section_of(agent.name), (agent.defaults)()));
        Self(sections.filter(|(_, table)| !table.is_empty()).collect())
    }
}

impl AgentSettings {
    /// Settings of one kind of agents.
    ///
    /// # Errors
    /// If they are out of range.
    pub fn of<K: Kind>(&self) -> Result<K::Settings, AgentError> {
        from_table::<K>(self.section(K::NAME))
    }

    /// Changes settings of one kind of agents.
    ///
    /// # Errors
    /// If they are out of range then; nothing is changed.
    pub fn change<K: Kind>(&mut self, change: impl FnOnce(&mut K::Settings)) -> Result<(), AgentError> {
        let mut settings = self.of::<K>()?;
        change(&mut settings);
        let table = to_table::<K>(&settings);
        from_table::<K>(table.clone())?;
        self.0.insert(section_of(K::NAME), table);
        Ok(())
    }

    /// Refuses settings that cannot run, of any agent: a slip in a section that is not used is a slip.
    ///
    /// # Errors
    /// Names the section, the field, its value and its range.
    pub fn validate(&self) -> Result<(), AgentError> {
        AGENTS.iter().try_for_each(|agent| (agent.check)(self.section(agent.name)))
    }

    /// The section of an agent, complete; empty if nothing can be set in it.
    #[must_use]
    pub fn section(&self, name: &str) -> Table {
        self.0.get(&section_of(name)).cloned().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for AgentSettings {
    /// Keys that are absent have their defaults.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Self::default();
        for (mut section, mut table) in BTreeMap::<String, toml::Value>::deserialize(deserializer)? {
            // The brain of the agent that has one.
            if section == BRAIN {
                table = toml::Value::Table(Table::from_iter([(BRAIN.to_owned(), table)]));
                section = section_of(SpikingActorCritic::NAME);
            }
            let Some(known) = settings.0.get_mut(&section) else {
                let hint = hint(&section, settings.0.keys().map(String::as_str));
                return Err(D::Error::custom(format!("unknown key '{section}'{hint}")));
            };
            let toml::Value::Table(table) = table else {
                return Err(D::Error::custom(format!("key '{section}' is {table}, expected a section")));
            };
            merge(known, table);
        }
        settings.validate().map_err(D::Error::custom)?;
        Ok(settings)
    }
}

/// Puts the values of one table over those of another, table by table.
pub fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// Name of the section of an agent.
fn section_of(name: &str) -> String {
    name.replace('-', "_")
}

fn to_table<K: Kind>(settings: &K::Settings) -> Table {
    Table::try_from(settings).expect("settings are plain data")
}

fn from_table<K: Kind>(table: Table) -> Result<K::Settings, AgentError> {
    let section = section_of(K::NAME);
    let settings: K::Settings = table.try_into().map_err(|error: toml::de::Error| {
        // The key, if there is one, stands at the end of the text and nowhere else.
        let text = error.to_string();
        let key = text.trim().rsplit_once("in `").and_then(|(_, key)| key.strip_suffix('`'));
        let field = key.map_or_else(|| section.clone(), |key| format!("{section}.{key}"));
        AgentError::Unreadable { field, reason: error.message().to_owned() }
    })?;
    settings.validate().map_err(|error| match error {
        AgentError::Setting { field, found, expected } => {
            AgentError::Setting { field: format!("{section}.{field}"), found, expected }
        }
        other => other,
    })?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_has_its_own_name_and_valid_defaults() {
        for (idx, agent) in AGENTS.iter().enumerate() {
            assert!(AGENTS[..idx].iter().all(|other| other.name != agent.name), "{} twice", agent.name);
        }
        AgentSettings::default().validate().unwrap();
    }

    #[test]
    fn a_section_takes_what_is_given_and_keeps_the_rest() {
        let settings: AgentSettings = toml::from_str("[spiking.recalibration]\nenabled = false").unwrap();
        let mut expected = AgentSettings::default();
        expected.change::<SpikingActorCritic>(|spiking| spiking.recalibration.enabled = false).unwrap();
        assert_eq!(settings, expected);
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(toml::from_str::<AgentSettings>(&text).unwrap(), settings);
    }

    #[test]
    fn refusals_name_section_and_field() {
        let refusal = |text: &str| toml::from_str::<AgentSettings>(text).unwrap_err().message().to_owned();
        assert_eq!(refusal("[spikin]"), "unknown key 'spikin'; did you mean 'spiking'?");
        assert_eq!(refusal("spiking = 3"), "key 'spiking' is 3, expected a section");
        let unknown = refusal("[spiking]\nhorzon = 3");
        assert!(unknown.starts_with("spiking: unknown field `horzon`"), "{unknown}");
        let kind = refusal("[spiking]\nhorizon = 'far'");
        assert_eq!(kind, "spiking.horizon: invalid type: string \"far\", expected f64");
        let parameter = refusal("brain = { cells = 1 }");
        assert_eq!(parameter, "spiking.brain.cells is 1, expected a number in [8, 4096]");
        assert_eq!(
            refusal("[stream_ac]\nsparsity = 1.5"),
            "stream_ac.sparsity is 1.5, expected a share from 0 to below 1"
        );
        let mut settings = AgentSettings::default();
        assert!(settings.change::<SpikingActorCritic>(|spiking| spiking.horizon = 0.0).is_err());
        assert_eq!(settings, AgentSettings::default());
    }
}
