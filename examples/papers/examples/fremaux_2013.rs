//! A spiking actor-critic that learns by TD-LTP: first the critic alone on a linear track, then the whole in a water
//! maze with a hidden platform.
//!
//! Paper: Frémaux, Sprekeler, Gerstner 2013, PLoS Comput Biol 9:e1003024, doi 10.1371/journal.pcbi.1003024: learning of
//! the value on a linear track, and the navigation task, where the time to the goal falls over trials.
//!
//! On the track a rat runs from the start to a reward at constant speed. The value learns to rise towards the reward,
//! and the TD error moves from the reward to the start, where it becomes known that a reward is to come.
//!
//! In the maze the rat is put at random places near the rim of a pool, and swims until it finds the platform, for a
//! minute at the most. After half of the trials the platform moves to the other side. The control is the same rat with
//! dopamine kept at its tonic level; nothing else differs.
//!
//! What is as published: place cells, critic and actor all spike; the cells, their potentials (cancelled by a spike) and
//! the lateral weights of the actor; value, TD error and action as filtered spikes, with the kernel differentiated and
//! never a spike count; one rule, with one TD error, for actor and critic.
//!
//! Deviations:
//! - The pool is round and open, with the platform off its centre and random starts, after Morris; the paper has a
//!   square with the goal in its centre and an obstacle.
//! - The value is zero at the rate of a critic without input, so that there is nothing to expect while no place cell
//!   fires; rewards are 1 for the platform and -0.02 for the wall.
//! - The TD error acts as a concentration of dopamine, 1 + delta/(5 per s) within [0, 2]; it stays at 1 in the 600 ms
//!   after place cells begin to fire, while the filters that read the critic fill.
//! - 90 cells of the actor in place of 180, so that the actor wanders more and trials cost less; lateral weights of
//!   -100 and 60 in place of -60 and 30; learning rates and ranges of weights are ours.

use mesolimb_papers::{
    Args, BLACK, BLUE, Estimate, GREY, Legend, Line, ORANGE, Panel, Table, Tile, colour, for_seeds,
    fremaux_2013::{Maze, MazeSpec, Step, Track, TrackSpec, Trial},
    mean, median_ci, save,
};

/// Trials on the track.
const TRACK_TRIALS: usize = 100;
/// Those that are shown, counted from 1.
const TRACK_SHOWN: [usize; 4] = [1, 15, 30, 100];
/// Bins of the curves on the track in ms.
const BIN_MS: usize = 100;
/// Trials that are compared at the start and at the end of learning.
const COMPARED: usize = 5;

fn main() -> anyhow::Result<()> {
    let args = Args::parse(20, &["trials", "picture-seed"])?;
    let trials: usize = args.option("trials", 20)?;
    let tracks = for_seeds("linear track", args.seeds(), run_track)?;
    track_table(&args, &tracks)?;
    track_picture(&args, &tracks)?;
    let learned = for_seeds("maze with dopamine", args.seeds(), |seed| run_maze(seed, trials, 2 * trials, false))?;
    let control = for_seeds("maze without", args.seeds(), |seed| run_maze(seed, trials, trials, true))?;
    maze_table(&args, &learned, &control, trials)?;
    maze_picture(&args, &learned, &control, trials)?;
    map_picture(&args, trials, args.option("picture-seed", args.first_seed)?)
}

/// What a critic said in a trial, bin by bin.
#[derive(Clone, Default)]
struct Curve {
    value: Vec<f64>,
    delta: Vec<f64>,
}

fn run_track(seed: u64) -> anyhow::Result<Vec<Curve>> {
    let mut track = Track::new(&TrackSpec::default(), seed)?;
    let binned = |steps: &[Step], of: fn(&Step) -> f64| -> Vec<f64> {
        steps.chunks(BIN_MS).map(|bin| bin.iter().map(of).sum::<f64>() / bin.len() as f64).collect()
    };
    let trial = |_| {
        let steps = track.trial();
        Curve { value: binned(&steps, |step| step.value), delta: binned(&steps, |step| step.delta) }
    };
    Ok((0..TRACK_TRIALS).map(trial).collect())
}

/// Median over the seeds of one number of a trial.
fn over_seeds<T>(runs: &[Vec<T>], trial: usize, of: impl Fn(&T) -> f64) -> Estimate {
    median_ci(&runs.iter().map(|run| of(&run[trial])).collect::<Vec<_>>())
}

/// Largest TD error, as the mean over three bins, in the 0.8 s after the start and after the goal.
fn peaks(curve: &Curve) -> [f64; 2] {
    let spec = TrackSpec::default();
    [spec.before_ms, spec.before_ms + spec.run_ms].map(|from| {
        let first = from as usize / BIN_MS;
        curve.delta[first..first + 800 / BIN_MS].windows(3).map(mean).fold(f64::NEG_INFINITY, f64::max)
    })
}

fn track_table(args: &Args, tracks: &[Vec<Curve>]) -> anyhow::Result<()> {
    let mut curves =
        Table::new(&["trial", "time_s", "value", "value_low", "value_high", "delta", "delta_low", "delta_high"]);
    for shown in TRACK_SHOWN {
        for bin in 0..tracks[0][0].value.len() {
            let value = over_seeds(tracks, shown - 1, |curve| curve.value[bin]);
            let delta = over_seeds(tracks, shown - 1, |curve| curve.delta[bin]);
            let numbers = [value.value, value.low, value.high, delta.value, delta.low, delta.high];
            let time = format!("{:.2}", track_seconds(bin));
            let start = [shown.to_string(), time];
            curves.row(start.into_iter().chain(numbers.map(|x| format!("{x:.4}"))));
        }
    }
    let note = format!("medians with 95 % bootstrap intervals over {} seeds from {}", tracks.len(), args.first_seed);
    curves.write(&args.file("fremaux_2013_track.csv"), &[&note, "time from the start; the goal is reached at 4 s"])?;
    let mut table =
        Table::new(&["track, trial", "TD error at the start, 1/s", "at the goal", "value 1 s before the goal"]);
    for shown in TRACK_SHOWN {
        let of = |of: &dyn Fn(&Curve) -> f64| over_seeds(tracks, shown - 1, of).show(2);
        let before = (TrackSpec::default().before_ms + TrackSpec::default().run_ms) as usize / BIN_MS - 10;
        table.row([shown.to_string(), of(&|c| peaks(c)[0]), of(&|c| peaks(c)[1]), of(&|c| c.value[before])]);
    }
    table.print();
    Ok(())
}

/// Time of the middle of a bin from the start of the run in s.
fn track_seconds(bin: usize) -> f64 {
    ((bin as f64 + 0.5) * BIN_MS as f64 - f64::from(TrackSpec::default().before_ms)) / 1000.0
}

fn track_picture(args: &Args, tracks: &[Vec<Curve>]) -> anyhow::Result<()> {
    let spec = TrackSpec::default();
    let curve = |k: usize, of: fn(&Curve) -> &Vec<f64>| {
        let bins = 0..tracks[0][0].value.len();
        let at: Vec<Estimate> =
            bins.clone().map(|bin| over_seeds(tracks, TRACK_SHOWN[k] - 1, |c| of(c)[bin])).collect();
        Line {
            label: format!("trial {}", TRACK_SHOWN[k]),
            colour: colour(k),
            points: bins.map(track_seconds).zip(&at).map(|(t, e)| (t, e.value)).collect(),
            band: at.iter().map(|e| (e.low, e.high)).collect(),
            scatter: None,
        }
    };
    let track = Track::new(&spec, 0)?;
    let expected = Line {
        label: "if learned perfectly".into(),
        colour: BLACK,
        points: (0..spec.before_ms + spec.run_ms + spec.after_ms)
            .map(|t| ((f64::from(t) - f64::from(spec.before_ms)) / 1000.0, track.expected(t)))
            .collect(),
        ..Line::default()
    };
    let panel = |title: &str, y_label: &str, y, legend, lines: Vec<Line>| Panel {
        title: title.into(),
        x_label: "time from the start in s (goal at 4 s)".into(),
        y_label: y_label.into(),
        x: Some(-0.5..5.5),
        y: Some(y),
        legend,
        marks: vec![0.0, f64::from(spec.run_ms) / 1000.0],
        lines,
        ..Panel::default()
    };
    let values = (0..4).map(|k| curve(k, |c| &c.value)).chain([expected]).collect();
    let deltas = (0..4).map(|k| curve(k, |c| &c.delta)).collect();
    let names = ["at the start", "at the goal"];
    let lines = (0..2).map(|k| {
        let at: Vec<Estimate> = (0..TRACK_TRIALS).map(|trial| over_seeds(tracks, trial, |c| peaks(c)[k])).collect();
        Line {
            label: names[k].into(),
            colour: [BLUE, ORANGE][k],
            points: at.iter().enumerate().map(|(trial, e)| (trial as f64 + 1.0, e.value)).collect(),
            band: at.iter().map(|e| (e.low, e.high)).collect(),
            scatter: None,
        }
    });
    let moves = Panel {
        title: "The error moves from the goal to the start".into(),
        x_label: "trial".into(),
        y_label: "peak of the TD error in 1/s".into(),
        lines: lines.collect(),
        legend: Legend::Right,
        ..Panel::default()
    };
    save(
        &args.file("fremaux_2013_track.svg"),
        3,
        &[
            panel("Value along the track", "value", -0.1..1.9, Legend::Left, values),
            panel("TD error along the track", "TD error in 1/s", -0.6..2.8, Legend::Middle, deltas),
            moves,
        ],
    )
}

fn run_maze(seed: u64, move_after: usize, trials: usize, clamped: bool) -> anyhow::Result<Vec<Trial>> {
    let mut spec = MazeSpec::default();
    spec.learner.clamped = clamped;
    let mut maze = Maze::new(&spec, seed)?;
    Ok((0..trials)
        .map(|trial| {
            if trial == move_after {
                maze.move_platform(spec.platform.map(|x| -x));
            }
            maze.trial()
        })
        .collect())
}

fn maze_table(args: &Args, learned: &[Vec<Trial>], control: &[Vec<Trial>], trials: usize) -> anyhow::Result<()> {
    let mut each = Table::new(&["seed", "dopamine", "trial", "seconds", "reached"]);
    for (name, runs) in [("on", learned), ("off", control)] {
        for (seed, run) in args.seeds().zip(runs) {
            for (trial, outcome) in run.iter().enumerate() {
                let reached = u8::from(outcome.reached).to_string();
                let seconds = format!("{:.3}", outcome.seconds);
                each.row([seed.to_string(), name.to_owned(), (trial + 1).to_string(), seconds, reached]);
            }
        }
    }
    let notes = [
        format!("the platform moves after trial {trials}; dopamine off: kept at its tonic level"),
        "seconds: time to the platform, 60 if it was not reached".to_owned(),
    ];
    each.write(&args.file("fremaux_2013_maze.csv"), &notes.each_ref().map(String::as_str))?;
    let mut table = Table::new(&["maze, trials", "dopamine", "s to the platform", "reached"]);
    let mut row = |name: &str, runs: &[Vec<Trial>], from: usize| {
        let trials = from..(from + COMPARED).min(runs[0].len());
        let seconds = |run: &Vec<Trial>| mean(&run[trials.clone()].iter().map(|t| t.seconds).collect::<Vec<_>>());
        let means: Vec<f64> = runs.iter().map(seconds).collect();
        let reached = runs.iter().flat_map(|run| &run[trials.clone()]).filter(|t| t.reached).count();
        table.row([
            format!("{}-{}", trials.start + 1, trials.end),
            name.to_owned(),
            median_ci(&means).show(1),
            format!("{:.0} %", 100.0 * reached as f64 / (runs.len() * trials.len()) as f64),
        ]);
    };
    let last = |n: usize| n.saturating_sub(COMPARED);
    row("on", learned, 0);
    row("on", learned, last(trials));
    row("on, platform moved", learned, trials);
    row("on, platform moved", learned, last(2 * trials));
    row("off", control, 0);
    row("off", control, last(trials));
    table.print();
    Ok(())
}

fn maze_picture(args: &Args, learned: &[Vec<Trial>], control: &[Vec<Trial>], trials: usize) -> anyhow::Result<()> {
    let curve = |label: &str, colour, runs: &[Vec<Trial>], of: fn(&Trial) -> f64, middle: fn(&[f64]) -> Estimate| {
        let at = |trial: usize| middle(&runs.iter().map(|run| of(&run[trial])).collect::<Vec<_>>());
        let at: Vec<Estimate> = (0..runs[0].len()).map(at).collect();
        Line {
            label: label.into(),
            colour,
            points: at.iter().enumerate().map(|(trial, e)| (trial as f64 + 1.0, e.value)).collect(),
            band: at.iter().map(|e| (e.low, e.high)).collect(),
            scatter: None,
        }
    };
    let panel = |title: &str, y_label: &str, of: fn(&Trial) -> f64, middle: fn(&[f64]) -> Estimate| Panel {
        title: title.into(),
        x_label: "trial (dashed: the platform moves)".into(),
        y_label: y_label.into(),
        y: Some(0.0..if title.contains("Time") { 80.0 } else { 130.0 }),
        marks: vec![trials as f64 + 0.5],
        lines: vec![
            curve("without dopamine", GREY, control, of, middle),
            curve("with dopamine", BLUE, learned, of, middle),
        ],
        ..Panel::default()
    };
    save(
        &args.file("fremaux_2013_maze.svg"),
        2,
        &[
            panel("Time to the hidden platform", "seconds, median of the rats", |t| t.seconds, median_ci),
            panel(
                "Rats that find it within a minute",
                "% of the rats",
                |t| 100.0 * f64::from(t.reached),
                mesolimb_papers::mean_ci,
            ),
        ],
    )
}

/// One rat, early and late, before and after the platform moved: what it expects where, how it swam, and where its
/// actor points.
fn map_picture(args: &Args, trials: usize, seed: u64) -> anyhow::Result<()> {
    let spec = MazeSpec::default();
    let mut maze = Maze::new(&spec, seed)?;
    let (mut maps, mut arrows, mut paths) = (Vec::new(), Vec::new(), Vec::new());
    let mut platform = spec.platform;
    for trial in 1..=2 * trials {
        if trial == trials + 1 {
            platform = platform.map(|x| -x);
            maze.move_platform(platform);
        }
        paths.push(maze.trial().path);
        if [3, trials, trials + 3, 2 * trials].contains(&trial) {
            let title = format!("Paths, trials {} to {trial}", trial - 2);
            maps.push(map(&mut maze, &spec, platform, &paths[paths.len() - 3..], title));
            arrows.push(compass(&maze, &spec, platform, format!("Actor after trial {trial}")));
        }
    }
    maps.extend(arrows);
    save(&args.file("fremaux_2013_maps.svg"), 4, &maps)
}

/// The grid that maps are drawn on: places within the pool, `step` apart.
fn places(spec: &MazeSpec, step: f64) -> Vec<[f64; 2]> {
    let n = (spec.radius / step) as i32;
    let along = move || (-n..=n).map(move |k| f64::from(k) * step);
    along().flat_map(|y| along().map(move |x| [x, y])).filter(|[x, y]| x.hypot(*y) <= spec.radius).collect()
}

fn circle(at: [f64; 2], radius: f64, colour: (u8, u8, u8)) -> Line {
    let on = |k: u32| f64::from(k) * std::f64::consts::TAU / 60.0;
    let points = (0..=60).map(|k| (at[0] + radius * on(k).cos(), at[1] + radius * on(k).sin())).collect();
    Line { colour, points, ..Line::default() }
}

fn pool(spec: &MazeSpec, platform: [f64; 2], title: String) -> Panel {
    Panel {
        title,
        x_label: "m".into(),
        y_label: "m".into(),
        x: Some(-1.1..1.1),
        y: Some(-1.1..1.1),
        lines: vec![circle([0.0; 2], spec.radius, GREY), circle(platform, spec.platform_radius, BLACK)],
        ..Panel::default()
    }
}

fn map(maze: &mut Maze, spec: &MazeSpec, platform: [f64; 2], paths: &[Vec<[f64; 2]>], title: String) -> Panel {
    let step = 0.1;
    let tile = |at: [f64; 2]| Tile { at: (at[0], at[1]), size: step, value: maze.value_at(at) };
    let mut panel = Panel {
        tiles: places(spec, step).into_iter().map(tile).collect(),
        x_label: "m (orange: value; dots: starts)".into(),
        ..pool(spec, platform, title)
    };
    for path in paths {
        let points: Vec<(f64, f64)> = path.iter().map(|p| (p[0], p[1])).collect();
        panel.lines.push(Line { colour: BLUE, points: points[..1].to_vec(), scatter: Some(4), ..Line::default() });
        panel.lines.push(Line { colour: BLUE, points, ..Line::default() });
    }
    panel
}

/// Where the actor points: a stroke that starts at a dot and is the longer the clearer the preference is.
fn compass(maze: &Maze, spec: &MazeSpec, platform: [f64; 2], title: String) -> Panel {
    let x_label = "m (from each dot, where the weights point)".into();
    let mut panel = Panel { x_label, ..pool(spec, platform, title) };
    for at in places(spec, 0.2) {
        let [x, y] = maze.preference_at(at);
        let scale = 0.18 / x.hypot(y).max(2.0);
        let end = (at[0] + scale * x, at[1] + scale * y);
        let dot = vec![(at[0], at[1])];
        panel.lines.push(Line { colour: BLUE, points: dot.clone(), scatter: Some(2), ..Line::default() });
        panel.lines.push(Line { colour: BLUE, points: vec![dot[0], end], ..Line::default() });
    }
    panel
}
