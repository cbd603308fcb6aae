//! A policy search finds nothing to profit from in our worlds, and finds it where the physics cheats on purpose.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows what was found")]

use mesolimb_agents::{
    AgentError,
    audit::{Audit, AuditConfig, audit},
    search::{Search, SearchConfig},
};
use mesolimb_envs::{
    Env, RobotEnv,
    half_cheetah::HalfCheetah,
    hopper::Hopper,
    locomotion::{self, Locomotion},
    task::Design,
    tasks,
    world::Contacts,
};

/// Searches for so many control steps and audits what was found.
fn audited(make: impl Fn() -> Box<dyn Env> + Sync, alive_bonus: f64, steps: u64) -> Audit {
    let make = || -> Result<Box<dyn Env>, AgentError> { Ok(make()) };
    let mut search = Search::new(make, SearchConfig { alive_bonus, ..SearchConfig::default() }, 1000).unwrap();
    while search.steps() < steps {
        search.round();
    }
    let config = AuditConfig { episodes: 4, ..AuditConfig::default() };
    let audit = audit(&make, &search.policy().clone().into(), search.extremes(), &config).unwrap();
    println!(
        "return {:.0}, at half the step {:.2} kept, at a quarter {:.2}; {:?}",
        audit.replays[0].mean_return(),
        audit.kept[0].share,
        audit.kept[1].share,
        audit.findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    audit
}

fn of_task(name: &str, steps: u64) -> Audit {
    let entry = tasks().iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("there is a task {name}"));
    audited(entry.make, (entry.design)().alive_bonus, steps)
}

#[test]
fn a_hopper_a_half_cheetah_and_an_arm_pass() {
    for (task, steps) in [("hopper", 120_000), ("half-cheetah", 240_000), ("reacher", 60_000)] {
        let audit = of_task(task, steps);
        assert!(audit.passed(), "{task} fails");
        assert!(audit.kept.iter().all(|kept| kept.beyond_zero), "{task}: the search found something");
    }
}

/// The half-cheetah as it was: hard contacts that are looked for in every second step of 12.5 ms.
#[test]
fn a_half_cheetah_with_skipped_looks_for_contacts_fails() {
    let cheating = || -> Box<dyn Env> {
        let contacts = Contacts::Rigid { skips: 1 };
        let design = Design { contacts, physics_dt_secs: 0.0125, ..locomotion::design::<HalfCheetah>() };
        Box::new(RobotEnv::new(Locomotion::<HalfCheetah>::default(), design).unwrap())
    };
    assert!(!audited(cheating, 0.0, 100_000).passed());
}

#[test]
fn a_hopper_whose_stops_kick_fails() {
    let kicking = || -> Box<dyn Env> {
        let design = Design { contacts: Contacts::KickingStops { gain: 20.0 }, ..locomotion::design::<Hopper>() };
        Box::new(RobotEnv::new(Locomotion::<Hopper>::default(), design).unwrap())
    };
    assert!(!audited(kicking, 1.0, 60_000).passed());
}
