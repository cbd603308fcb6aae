//! An audit passes what is honest, and fails each way of cheating for its own reason.

use super::*;
use crate::search::{
    Search, SearchConfig, Source,
    testing::{FakeEnv, LENGTH, Trick},
};

/// Searches a little and audits what is found.
fn audited(trick: Trick, episodes: u64) -> Audit {
    let make = || FakeEnv::make(trick);
    let mut search = Search::new(make, SearchConfig::default(), 0).unwrap();
    (0..20).for_each(|_| search.round());
    let config = AuditConfig { episodes, ..AuditConfig::default() };
    audit(&make, &search.policy().clone().into(), search.extremes(), &config).unwrap()
}

fn objections(audit: &Audit) -> Vec<&'static str> {
    let name = |finding: &Finding| match finding.what {
        Objection::Fault { .. } => "fault",
        Objection::StepGain => "step",
        Objection::EpisodeGain => "episode",
        Objection::FinerClock { kept } if kept.clock == 2 => "half",
        Objection::FinerClock { .. } => "quarter",
    };
    audit.findings.iter().map(name).collect()
}

#[test]
fn what_is_honest_passes() {
    let audit = audited(Trick::Honest, 5);
    assert!(audit.passed(), "{:?}", objections(&audit));
    assert!(audit.kept.iter().all(|kept| kept.beyond_zero && (kept.share - 1.0).abs() < 1e-12), "{:?}", audit.kept);
    assert_eq!(audit.replays[0].returns().len(), 5);
    let books = audit.replays[0].episodes[0].1.account.books;
    assert!((books.motors - 0.01 * f64::from(LENGTH)).abs() < 1e-12);
}

#[test]
fn energy_from_nowhere_fails_and_its_moment_is_shown() {
    let audit = audited(Trick::FreeEnergy, 5);
    assert_eq!(objections(&audit), ["step", "episode"]);
    let Finding { case, step, .. } = &audit.findings[0];
    let mut gain = 0.0;
    let again = live_again(&|| FakeEnv::make(Trick::FreeEnergy), case, |moment| {
        if moment.step == *step {
            gain = moment.gain.share;
        }
    });
    assert_eq!(again.unwrap(), case.lived);
    assert!(gain > 0.01 && gain == case.lived.account.worst_step.share, "{gain}");
    let text = audit.findings[0].to_string();
    assert!(text.contains("a step gained") && text.contains("without a source"), "{text}");
}

#[test]
fn a_return_that_does_not_survive_finer_steps_fails() {
    let audit = audited(Trick::CoarseStep, 5);
    assert_eq!(objections(&audit), ["half", "quarter"]);
    assert!(audit.kept[0].share.abs() < 0.1, "{:?}", audit.kept);
    let case = &audit.findings[0].case;
    assert_eq!((case.source, case.clock), (Source::Replay, 2));
}

#[test]
fn scatter_makes_an_audit_take_a_closer_look() {
    let audit = audited(Trick::Fickle, 2);
    let n = audit.zero_returns.len();
    assert!(n > 2 && audit.replays.iter().all(|replay| replay.episodes.len() == n), "{n} episodes");
    assert_eq!(objections(&audit), ["half", "quarter"], "{:?}", audit.kept);
}

#[test]
fn physics_that_break_fail() {
    let broken = audited(Trick::Breaks, 3);
    let finding = &broken.findings[0];
    assert_eq!(finding.what, Objection::Fault { fault: Fault::NonFiniteState });
    assert_eq!((finding.case.source, finding.step), (Source::Search, 10));
    let config = AuditConfig { episodes: 0, ..AuditConfig::default() };
    let zero = LinearPolicy::zero(FakeEnv::make(Trick::Honest).unwrap().spec()).unwrap().into();
    let nothing = audit(&|| FakeEnv::make(Trick::Honest), &zero, &Extremes::default(), &config);
    let error = nothing.unwrap_err().to_string();
    assert!(error.contains("audit.episodes is 0, expected at least 1"), "{error}");
}
