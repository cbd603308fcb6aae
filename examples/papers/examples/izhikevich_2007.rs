//! Instrumental conditioning of a synapse by dopamine-modulated STDP, with noradrenaline that turns regular spiking
//! cells into bursting ones.
//!
//! Paper: Izhikevich 2007, Cerebral Cortex 17:2443, figure 1 (a synapse is reinforced by delayed reward). The conditions
//! with bursting cells follow the framework of Rodriguez-Garcia et al. 2025, arXiv:2407.04525, and its public program.
//!
//! The network is [`published::izhikevich_da`]: 1000 cells, 100 targets each, noise alone drives them. One excitatory
//! synapse is *tagged* and starts at 0. When its source fires and its target fires within 20 ms after that, a reward
//! follows 1 to 3 s later: a rise of dopamine by 0.5. How long until the synapse is at its bound of 4 (*reach*), and how
//! much of the time afterwards does it stay at 3.5 or above (*retain*)?
//!
//! | condition | excitatory cells | at criterion |
//! |---|---|---|
//! | A | regular spiking, inhibition fast spiking | |
//! | B | regular spiking, inhibition regular spiking too | |
//! | C | bursting: noradrenaline held at 0.5 | |
//! | D | as C | noradrenaline and dopamine go |
//! | E | as C | noradrenaline goes |
//! | F | as C | dopamine goes |
//! | G | as A | dopamine goes |
//!
//! D, E and F go on from the state of C at its criterion, G from that of A, bit for bit, with the same noise.
//! The firing mode is an effect of noradrenaline on receptors: `c = −65 + 30 NA`, `d = 8 − 12 NA` (with NA = 0.5
//! chattering cells). "Dopamine goes" means that no reward releases any; its tonic level of 0.002 stays, as published.
//!
//! Deviations: all delays are 1 ms; continuous time in place of steps of the weights every 10 ms; the tagged synapse
//! joins two excitatory cells and is their only one; retention is that of a stated time after the criterion, not of what
//! is left of 3600 s. The numbers to compare with are those of a re-simulation of the public program with 4 seeds.

use mesolimb_papers::{
    Args, BLUE, Dots, Estimate, GREEN, GREY, Line, ORANGE, Panel, Table, for_seeds,
    izhikevich_2007::{Outcome, branch},
    median_ci,
};

/// Longest search for the criterion in s.
const SEARCH_S: u32 = 3600;
/// Time after the criterion over which retention is measured, in s.
const RETAIN_S: u32 = 600;

/// What is known of the conditions: letter, what they are, times to criterion and retention of the re-simulation.
const CONDITIONS: [(char, &str, &str, &str); 7] = [
    ('A', "RS", "626, 1099, 955, >3600", ".89 .90 .89"),
    ('B', "RS, inhibition RS", "694, 1074, 1819, 1492", ".91 .71 .99 .74"),
    ('C', "bursting", "343, 164, 206, 655", ".08 .07 .17 .09"),
    ('D', "bursting, then RS and DA off", "as C", "1.0 1.0 1.0 1.0"),
    ('E', "bursting, then RS", "as C", ".80 .95 .92 .89"),
    ('F', "bursting, then DA off", "as C", "1.0 1.0 .98 1.0"),
    ('G', "RS, then DA off", "as A", "1.0 1.0 1.0"),
];

fn main() -> anyhow::Result<()> {
    let args = Args::parse(20, &["search-s", "retain-s", "trace-seed"])?;
    let (search_s, retain_s) = (args.option("search-s", SEARCH_S)?, args.option("retain-s", RETAIN_S)?);
    let runs = for_seeds("izhikevich_2007", args.seeds(), |seed| {
        let mut outcomes = branch(seed, &['A', 'G'], search_s, retain_s)?;
        outcomes.extend(branch(seed, &['B'], search_s, retain_s)?);
        outcomes.extend(branch(seed, &['C', 'D', 'E', 'F'], search_s, retain_s)?);
        outcomes.sort_by_key(|(condition, _)| *condition);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>())
    })?;
    report(&args, &runs, search_s, retain_s)?;
    let trace_seed = args.option("trace-seed", args.first_seed)?;
    let Some(shown) = args.seeds().position(|seed| seed == trace_seed) else {
        anyhow::bail!("--trace-seed is {trace_seed}, expected one of the seeds {:?}", args.seeds());
    };
    picture(&args, &runs, shown, retain_s)
}

/// The values of a condition over the seeds.
fn column(runs: &[Vec<Outcome>], condition: usize, of: impl Fn(&Outcome) -> Option<f64>) -> Vec<f64> {
    runs.iter().filter_map(|outcomes| of(&outcomes[condition])).collect()
}

fn reaches(runs: &[Vec<Outcome>], condition: usize) -> Vec<f64> {
    column(runs, condition, |outcome| Some(outcome.reach_s))
}

fn retains(runs: &[Vec<Outcome>], condition: usize) -> Vec<f64> {
    column(runs, condition, |outcome| outcome.retain)
}

fn report(args: &Args, runs: &[Vec<Outcome>], search_s: u32, retain_s: u32) -> anyhow::Result<()> {
    let mut each = Table::new(&["seed", "condition", "reach_s", "retain", "rate_hz", "mean_weight"]);
    for (seed, outcomes) in args.seeds().zip(runs) {
        for ((name, ..), outcome) in CONDITIONS.iter().zip(outcomes) {
            each.row([
                seed.to_string(),
                name.to_string(),
                outcome.reach_s.to_string(),
                outcome.retain.map_or(String::new(), |retain| format!("{retain:.4}")),
                format!("{:.3}", outcome.rate_hz),
                format!("{:.4}", outcome.mean_weight),
            ]);
        }
    }
    let notes = [
        format!("reach_s: time to criterion, inf if not within {search_s} s"),
        format!("retain: part of the {retain_s} s after it with the tagged weight at 3.5 or above"),
        "rate_hz: mean of all cells in that time; mean_weight: of the excitatory synapses at its end".to_owned(),
    ];
    each.write(&args.file("izhikevich_2007_seeds.csv"), &notes.each_ref().map(String::as_str))?;
    let columns =
        ["condition", "cells", "reached", "reach, s", "retain", "rate, Hz", "mean weight", "expected reach", "retain "];
    let mut table = Table::new(&columns);
    for (k, (name, what, reach, retain)) in CONDITIONS.into_iter().enumerate() {
        let reached = reaches(runs, k).into_iter().filter(|reach| reach.is_finite()).count();
        let of = |f: fn(&Outcome) -> f64| median_ci(&column(runs, k, |outcome| Some(f(outcome))));
        table.row([
            name.to_string(),
            what.to_owned(),
            format!("{reached}/{}", runs.len()),
            median_ci(&reaches(runs, k)).show(0),
            median_ci(&retains(runs, k)).show(2),
            of(|outcome| outcome.rate_hz).show(2),
            of(|outcome| outcome.mean_weight).show(2),
            reach.to_owned(),
            retain.to_owned(),
        ]);
    }
    table.print();
    let notes = [format!("medians with 95 % bootstrap intervals over {} seeds from {}", runs.len(), args.first_seed)];
    table.write(&args.file("izhikevich_2007.csv"), &[&notes[0]])?;
    verdict(runs).print();
    Ok(())
}

/// The relations that must hold between the conditions.
fn verdict(runs: &[Vec<Outcome>]) -> Table {
    let retain = |condition| median_ci(&retains(runs, condition)).value;
    let reach = |condition| median_ci(&reaches(runs, condition)).value;
    let mut table = Table::new(&["expected", "found", "holds"]);
    let mut claim =
        |what: &str, found: f64, holds: bool| table.row([what.to_owned(), format!("{found:.2}"), holds.to_string()]);
    claim("median reach of C / A < 1", reach(2) / reach(0), reach(2) < reach(0));
    claim("median retain of C < 0.3", retain(2), retain(2) < 0.3);
    claim("median retain of E > 0.7", retain(4), retain(4) > 0.7);
    claim("median retain of F > 0.9", retain(5), retain(5) > 0.9);
    table
}

fn picture(args: &Args, runs: &[Vec<Outcome>], of: usize, retain_s: u32) -> anyhow::Result<()> {
    let colours = [GREY, GREY, ORANGE, GREEN, BLUE, GREEN, GREY];
    let mut panels = Vec::new();
    for k in [2, 3, 4, 5] {
        let outcome = &runs[of][k];
        let points = outcome.trace.iter().enumerate().map(|(s, &w)| (s as f64 + 1.0, f64::from(w)));
        panels.push(Panel {
            title: format!("{}: {}", CONDITIONS[k].0, CONDITIONS[k].1),
            x_label: "time in s".into(),
            y_label: "tagged weight".into(),
            y: Some(-0.1..4.3),
            lines: vec![Line { colour: colours[k], points: points.collect(), ..Line::default() }],
            marks: vec![outcome.reach_s].into_iter().filter(|x| x.is_finite()).collect(),
            ..Panel::default()
        });
    }
    let dots = |values: fn(&[Vec<Outcome>], usize) -> Vec<f64>, conditions: &[usize]| {
        let column = |&k: &usize| {
            let values = values(runs, k);
            let estimate: Option<Estimate> = (!values.is_empty()).then(|| median_ci(&values));
            Dots { label: CONDITIONS[k].0.to_string(), colour: colours[k], values, estimate }
        };
        conditions.iter().map(column).collect::<Vec<_>>()
    };
    panels.push(Panel {
        title: "time to criterion".into(),
        y_label: "s".into(),
        y: Some(0.0..f64::from(SEARCH_S)),
        dots: dots(reaches, &[0, 1, 2]),
        ..Panel::default()
    });
    panels.push(Panel {
        title: format!("retained part of the next {retain_s} s"),
        y: Some(-0.03..1.05),
        dots: dots(retains, &[0, 1, 2, 3, 4, 5, 6]),
        ..Panel::default()
    });
    mesolimb_papers::save(&args.file("izhikevich_2007.svg"), 2, &panels)
}
