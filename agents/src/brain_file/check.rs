//! What of a brain is refused for a task: roles that nobody has, sizes that do not fit, cells that no signal reaches.

use mesolimb_brain::{Dist, PortKind, PortSpec, ProjectionSpec};

use super::{Brain, MAX_TICKS, MEANS_AND_WIDTHS, TaskNumbers};

impl Brain {
    /// Refuses roles that nobody has, sizes that do not fit the task, and cells that no signal reaches.
    pub(super) fn check(&self, task: &TaskNumbers) -> Result<(), String> {
        let Self { network, roles, .. } = self;
        let known = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let ports: Vec<&str> = network.ports.iter().map(|port| port.name.as_str()).collect();
        let readouts: Vec<&str> = network.readouts.iter().map(|readout| readout.name.as_str()).collect();
        let modulators: Vec<&str> = network.modulators.iter().map(|modulator| modulator.name.as_str()).collect();
        let Some(port) = network.ports.iter().find(|port| port.name == roles.observation) else {
            let ports = known(ports);
            return Err(format!("roles.observation is '{}', expected a port (there are: {ports})", roles.observation));
        };
        if port.size != task.observations {
            let (name, size, n) = (&port.name, port.size, task.observations);
            return Err(format!("port.{name}.size is {size}, expected {n}, the observation channels of the task"));
        }
        let sizes = [
            ("value", &roles.value, 1, "one value"),
            ("policy", &roles.policy, 2 * task.actions, MEANS_AND_WIDTHS),
            ("policy_against", &roles.policy_against, 2 * task.actions, MEANS_AND_WIDTHS),
        ];
        for (role, names, size, what) in sizes {
            if names.is_empty() && role != "policy_against" {
                return Err(format!("roles.{role} is empty, expected a readout"));
            }
            for name in names {
                let Some(readout) = network.readouts.iter().find(|readout| readout.name == *name) else {
                    let readouts = known(readouts);
                    return Err(format!("roles.{role} is '{name}', expected a readout (there are: {readouts})"));
                };
                if readout.size != size {
                    return Err(format!("readout.{name}.size is {}, expected {size}: {what}", readout.size));
                }
            }
        }
        for (key, name) in roles.moved() {
            if !modulators.contains(&name) {
                let modulators = known(modulators);
                return Err(format!("roles.{key} has '{name}', expected a modulator (there are: {modulators})"));
            }
        }
        let told = |with_levels: bool| -> Vec<&str> {
            let levels = roles.level.keys().filter(|_| with_levels);
            roles.release.keys().chain(levels).chain(roles.drive.keys()).map(String::as_str).collect()
        };
        for (key, names, told) in
            [("reversed", &roles.reversed, told(false)), ("shuffled", &roles.shuffled, told(true))]
        {
            if let Some(name) = names.iter().find(|name| !told.contains(&name.as_str())) {
                let told = known(told);
                return Err(format!(
                    "roles.{key} has '{name}', expected one that is told something (there are: {told})"
                ));
            }
        }
        for name in &roles.policy_against {
            let rule =
                network.readouts.iter().find(|readout| readout.name == *name).and_then(|r| r.plasticity.as_ref());
            if let Some(rule) = rule.filter(|rule| rule.effect >= 0.0) {
                return Err(format!(
                    "readout.{name}.plasticity.effect is {}, expected a negative number: it is subtracted from the policy, and \
                     what holds back rightly has to grow where dopamine dips",
                    rule.effect
                ));
            }
        }
        if port.kind != PortKind::Values {
            return Err(format!("port.{}.kind is spikes, expected values", port.name));
        }
        for name in roles.drive.keys() {
            if !ports.contains(&name.as_str()) {
                let ports = known(ports);
                return Err(format!("roles.drive has '{name}', expected a port (there are: {ports})"));
            }
            let fits = |port: &&PortSpec| port.name == *name && port.size == 1 && port.kind == PortKind::Values;
            let heard = |p: &ProjectionSpec| {
                p.source == *name && network.populations.iter().any(|q| q.name == p.target && q.nucleus)
            };
            if !network.ports.iter().any(|port| fits(&port)) || !network.projections.iter().any(heard) {
                return Err(format!("roles.drive has '{name}', expected a port of one value that a nucleus hears"));
            }
        }
        if !(1..=MAX_TICKS).contains(&roles.answer_ticks) {
            let found = roles.answer_ticks;
            return Err(format!("roles.answer_ticks is {found}, expected a whole number from 1 to {MAX_TICKS}"));
        }
        self.check_reach()
    }

    /// Refuses a population that no signal reaches.
    fn check_reach(&self) -> Result<(), String> {
        let network = &self.network;
        let mut reached: Vec<&str> = vec![&self.roles.observation];
        reached.extend(self.roles.drive.keys().map(String::as_str));
        let alive = network.populations.iter().filter(|p| p.drive != Dist::Constant(0.0) || p.noise.is_some());
        reached.extend(alive.map(|p| p.name.as_str()));
        let mut next = 0;
        while let Some(&source) = reached.get(next) {
            let targets = network.projections.iter().filter(|p| p.source == source).map(|p| p.target.as_str());
            for target in targets {
                if !reached.contains(&target) {
                    reached.push(target);
                }
            }
            next += 1;
        }
        match network.populations.iter().find(|p| !reached.contains(&p.name.as_str())) {
            None => Ok(()),
            Some(p) => Err(format!(
                "no signal reaches population '{}', expected a projection onto it from what hears of port '{}', or a drive",
                p.name, self.roles.observation
            )),
        }
    }
}
