//! Learning by the dendritic prediction of somatic spiking: what a teacher does to the soma, the dendrite learns to do
//! by itself.
//!
//! Paper: Urbanczik & Senn 2014, Neuron 81:521, doi 10.1016/j.neuron.2013.11.030, figures 1 and 2: a neuron whose
//! dendrite gets a pattern of spikes that repeats, and whose soma is driven by excitatory and inhibitory conductances;
//! after learning the potential follows its target without them.
//!
//! Three neurons get the same 400 inputs, Poisson patterns of 10 Hz that repeat every second, and each has a target of
//! its own: a sine, a sum of two, and steps. Teachers are excitatory and inhibitory conductances at the soma that share
//! 1 µS between them as the target wants it. Every tenth second the teachers are away for two periods, from which nothing
//! is learned: the error is the root mean square of what the somata are off their targets in the second. The control has
//! the same rule and never a teacher: its dendrites predict what they themselves make of the soma, and wander.
//!
//! Deviations: targets, numbers of cells and the learning rate are ours; no refractoriness; weights of either sign up to
//! 400 pA; ticks of 1 ms, in which a cell has one spike at the most (at the highest rates here 5 % fewer spikes than the
//! rate says, which the dendrite learns as half a millivolt less).

use mesolimb_papers::{
    Args, BLACK, BLUE, Estimate, GREY, Legend, Line, ORANGE, Panel, Table, for_seeds, median_ci, save,
    urbanczik_senn_2014::{NEURONS, Prediction, PredictionSpec, TICK_MS, target_mv},
};

/// Periods between two tests.
const BETWEEN: usize = 10;
/// Names of the targets.
const TARGETS: [&str; NEURONS] = ["a sine", "a sum of two", "steps"];

/// Error after every so many periods, in mV; potentials of the first and the last test.
struct Run {
    errors: Vec<f64>,
    before: Vec<[f64; NEURONS]>,
    after: Vec<[f64; NEURONS]>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse(20, &["periods"])?;
    let periods: usize = args.option("periods", 150)?;
    let run = |seed: u64, taught: bool| -> anyhow::Result<Run> {
        let mut prediction = Prediction::new(&PredictionSpec::default(), seed)?;
        let before = prediction.test();
        let mut errors = vec![prediction.error_mv()];
        for _ in 0..periods / BETWEEN {
            (0..BETWEEN).for_each(|_| drop(prediction.period(taught)));
            errors.push(prediction.error_mv());
        }
        Ok(Run { errors, before, after: prediction.test() })
    };
    let taught = for_seeds("with teachers", args.seeds(), |seed| run(seed, true))?;
    let control = for_seeds("without", args.seeds(), |seed| run(seed, false))?;
    report(&args, &taught, &control)?;
    picture(&args, &taught, &control)
}

fn at(runs: &[Run], test: usize) -> Estimate {
    median_ci(&runs.iter().map(|run| run.errors[test]).collect::<Vec<_>>())
}

fn report(args: &Args, taught: &[Run], control: &[Run]) -> anyhow::Result<()> {
    let mut csv =
        Table::new(&["periods", "taught_mv", "taught_low", "taught_high", "control_mv", "control_low", "control_high"]);
    let mut table = Table::new(&["periods", "error with teachers, mV", "without"]);
    for test in 0..taught[0].errors.len() {
        let [with, without] = [taught, control].map(|runs| at(runs, test));
        let numbers = [with.value, with.low, with.high, without.value, without.low, without.high];
        let periods = (test * BETWEEN).to_string();
        csv.row([periods.clone()].into_iter().chain(numbers.map(|x| format!("{x:.4}"))));
        if test % 3 == 0 {
            table.row([periods, with.show(2), without.show(2)]);
        }
    }
    let note = format!("medians with 95 % bootstrap intervals over {} seeds from {}", taught.len(), args.first_seed);
    csv.write(
        &args.file("urbanczik_senn_2014.csv"),
        &[&note, "root mean square error of three somata without teachers"],
    )?;
    table.print();
    Ok(())
}

fn picture(args: &Args, taught: &[Run], control: &[Run]) -> anyhow::Result<()> {
    let curve = |label: &str, colour, runs: &[Run]| {
        let at: Vec<Estimate> = (0..runs[0].errors.len()).map(|test| at(runs, test)).collect();
        Line {
            label: label.into(),
            colour,
            points: at.iter().enumerate().map(|(test, e)| ((test * BETWEEN) as f64, e.value)).collect(),
            band: at.iter().map(|e| (e.low, e.high)).collect(),
            scatter: None,
        }
    };
    let mut panels = vec![Panel {
        title: "Error of the somata, teachers away".into(),
        x_label: "periods of learning, 1 s each".into(),
        y_label: "root mean square error in mV".into(),
        y: Some(0.0..10.0),
        lines: vec![curve("never taught", GREY, control), curve("taught", BLUE, taught)],
        legend: Legend::Right,
        ..Panel::default()
    }];
    for (neuron, name) in TARGETS.into_iter().enumerate() {
        let seconds = |tick: usize| tick as f64 * TICK_MS / 1000.0;
        let course = |label: &str, colour, of: &dyn Fn(usize) -> f64| Line {
            label: label.into(),
            colour,
            points: (0..taught[0].before.len()).step_by(4).map(|tick| (seconds(tick), of(tick))).collect(),
            ..Line::default()
        };
        panels.push(Panel {
            title: format!("Neuron {}: {name}", neuron + 1),
            x_label: "time within the period in s".into(),
            y_label: "potential of the soma in mV".into(),
            y: Some(-72.0..-42.0),
            lines: vec![
                course("before", GREY, &|tick| taught[0].before[tick][neuron]),
                course("after, without teacher", ORANGE, &|tick| taught[0].after[tick][neuron]),
                course("target", BLACK, &|tick| target_mv(neuron, tick as f64 * TICK_MS)),
            ],
            legend: Legend::Right,
            ..Panel::default()
        });
    }
    save(&args.file("urbanczik_senn_2014.svg"), 2, &panels)
}
