//! A Go/No-Go set shift without a signal, learned with dopamine alone and with dopamine and noradrenaline.
//!
//! Paper: Mei, Rodriguez-Garcia et al. 2026, arXiv:2501.06762v3, section 6 (architecture and task). It is a review that
//! gives no sizes, constants or numbers: all of them are choices here, swept on seeds from 1000 on.
//!
//! Stimuli have a colour and a shape of two values each. First one colour means Go and the other No-Go (*acquisition*);
//! then the colours change roles (*reversal*); then shape decides and colour means nothing (*extra-dimensional*). Nothing
//! tells of a shift but rewards that fail to come: 1 for the right choice, −1 for the wrong one.
//!
//! - Input: Poisson cells, a group for each colour and shape.
//! - Actor: Go and No-Go groups, each with excitatory and inhibitory cells that the other group excites. The larger net
//!   rate, excitatory less inhibitory, is the choice.
//! - Critic: excitatory and inhibitory cells, whose net rate is the value `V` of the stimulus.
//! - Dopamine is released by `δ = r − V` (a trial is one step, so no value follows); it gates the STDP of the synapses
//!   from the input onto the excitatory cells of actor and critic.
//! - Noradrenaline is released by surprise, `|δ|` above its running mean, which stands for the mismatch of a predictive
//!   network. Its receptors on the excitatory cells of the actor turn them from regular spiking to bursting
//!   (`c = −65 + 30 NA`, `d = 8 − 12 NA`). On the critic (`--na-critic 1`) they would raise its rate, hence the value.
//!
//! Arms: dopamine alone (noradrenaline held at 0); both; and both with the same releases of noradrenaline as in the
//! second arm, but shuffled over the trials of the phase, which tells timing from amount. Each at two learning rates.
//! Criterion: 9 of the last 10 trials right, all of them after the shift. Perseverative errors: errors before 5 of the
//! last 10 trials are right. All arms of a seed get the same stimuli, wiring and noise.
//!
//! Deviations: no predictive network of its own; no intra-dimensional shift.

use anyhow::Context as _;
use mesolimb_brain::{
    Baseline, CellSpec, Connectivity, Dist, DopamineStdpSpec, Izhikevich2003Spec, ModulatorId, ModulatorSpec, Network,
    NetworkSpec, NoiseSpec, Occupancy, PlasticitySpec, PoissonSpec, PopulationId, PopulationSpec, PortId, PortKind,
    PortSpec, ProjectionSpec, ReceptorForm, ReceptorSpec, SynapseSpec, Transmitter,
    rng::{Rng, stream},
};
use mesolimb_papers::{Args, BLUE, Dots, GREY, Line, ORANGE, Panel, Table, for_seeds, mean_ci, median_ci};
use rand::RngExt as _;

const PHASES: [&str; 3] = ["acquisition", "reversal", "extra-dimensional"];
const ARMS: [&str; 3] = ["DA", "DA + NA", "DA + NA shuffled"];
/// Input cells for each colour and shape, and their rates in Hz with and without it.
const PER_FEATURE: u32 = 15;
const RATE_ON_HZ: f64 = 40.0;
const RATE_OFF_HZ: f64 = 2.0;
/// Excitatory and inhibitory cells of a group.
const N_EXC: usize = 40;
const N_INH: usize = 10;
/// Groups: two of the actor, then the critic.
const GROUPS: [&str; 3] = ["go", "no_go", "critic"];
/// Duration of a stimulus, and of the time from the feedback to the next one, in ms.
const STIMULUS_MS: u32 = 300;
/// Last part of it, over which rates are read.
const READ_MS: u32 = 200;
const FEEDBACK_MS: u32 = 300;
/// Trials behind an entropy of choices.
const ENTROPY_TRIALS: usize = 40;

/// Learning rates: one at which dopamine alone is slow, and the one at which it was best.
const ETAS: [f64; 2] = [6e-4, 2e-3];

/// What is swept.
#[derive(Clone, Copy)]
struct Settings {
    trials: usize,
    /// Learning rate: tag of a pair of spikes.
    eta: f64,
    /// Net rate of the critic in Hz at `V = 0`, and per unit of value.
    critic_hz: [f64; 2],
    /// Rise of noradrenaline per unit of surprise, its time constant in ms, and its largest level.
    na_gain: f64,
    na_tau_ms: f64,
    na_max: f64,
    /// Part of the way that the running mean of `|δ|` goes in a trial.
    na_mean: f64,
    /// Density of the receptors of noradrenaline on the critic.
    na_critic: f64,
}

/// A trial as it went.
#[derive(Clone, Copy, Default)]
struct Trial {
    stimulus: usize,
    go: bool,
    right: bool,
    value: f64,
    /// Release of noradrenaline, and its level when the stimulus came.
    released: f64,
    noradrenaline: f64,
    rates_hz: [f64; 3],
}

fn main() -> anyhow::Result<()> {
    let known = ["trials", "eta", "critic-zero", "critic-unit", "na-gain", "na-tau", "na-max", "na-mean", "na-critic"];
    let args = Args::parse(20, &known)?;
    let settings = Settings {
        trials: args.option("trials", 150)?,
        eta: 0.0,
        critic_hz: [args.option("critic-zero", 15.0)?, args.option("critic-unit", 8.0)?],
        na_gain: args.option("na-gain", 0.2)?,
        na_tau_ms: args.option("na-tau", 2000.0)?,
        na_max: args.option("na-max", 0.6)?,
        na_mean: args.option("na-mean", 0.1)?,
        na_critic: args.option("na-critic", 0.0)?,
    };
    let given: f64 = args.option("eta", 0.0)?;
    let etas = if given > 0.0 { vec![given] } else { ETAS.to_vec() };
    let studies: Vec<Study> =
        etas.into_iter().map(|eta| Study::run(&args, Settings { eta, ..settings })).collect::<anyhow::Result<_>>()?;
    report(&args, &studies)?;
    picture(&args, &studies)
}

/// All arms with all seeds at one learning rate.
struct Study {
    settings: Settings,
    runs: Vec<[Vec<Trial>; 3]>,
}

impl Study {
    fn run(args: &Args, settings: Settings) -> anyhow::Result<Self> {
        let runs = for_seeds(&format!("set_shift, learning rate {}", settings.eta), args.seeds(), |seed| {
            let alone = live(seed, &settings, Noradrenaline::Held)?;
            let both = live(seed, &settings, Noradrenaline::Surprise)?;
            let mut releases: Vec<f64> = both.iter().map(|trial| trial.released).collect();
            let mut rng = stream(seed, "shuffle");
            for block in releases.chunks_mut(settings.trials) {
                (1..block.len()).rev().for_each(|k| block.swap(k, rng.random_range(0..=k)));
            }
            let shuffled = live(seed, &settings, Noradrenaline::Given(&releases))?;
            Ok([alone, both, shuffled])
        })?;
        Ok(Self { settings, runs })
    }

    /// The outcomes of an arm in a phase, over the seeds.
    fn outcomes(&self, arm: usize, phase: usize) -> Vec<Outcome> {
        let n = self.settings.trials;
        self.runs.iter().map(|run| Outcome::of(&run[arm][phase * n..(phase + 1) * n])).collect()
    }
}

/// Where noradrenaline comes from.
enum Noradrenaline<'a> {
    /// From nowhere.
    Held,
    /// From `|δ|` above its running mean.
    Surprise,
    /// From a list, a release for each trial.
    Given(&'a [f64]),
}

/// The network with its task.
struct Subject {
    network: Network,
    stimulus: PortId,
    /// Excitatory and inhibitory cells of each group.
    groups: [[PopulationId; 2]; 3],
    dopamine: ModulatorId,
    noradrenaline: ModulatorId,
}

/// All trials of all phases with a seed.
fn live(seed: u64, settings: &Settings, source: Noradrenaline<'_>) -> anyhow::Result<Vec<Trial>> {
    let mut subject = Subject::new(seed, settings)?;
    if matches!(source, Noradrenaline::Held) {
        subject.network.hold(subject.noradrenaline, 0.0);
    }
    let mut rng = stream(seed, "stimuli");
    let mut expected_surprise = 1.0;
    let mut trials = Vec::new();
    for phase in 0..PHASES.len() {
        for _ in 0..settings.trials {
            let mut trial = Trial { stimulus: rng.random_range(0..4), ..Trial::default() };
            subject.choose(&mut trial, settings, &mut rng);
            trial.right = trial.go == go_is_right(phase, trial.stimulus);
            let delta = if trial.right { 1.0 } else { -1.0 } - trial.value;
            let surprise = f64::max(delta.abs() - expected_surprise, 0.0);
            expected_surprise += settings.na_mean * (delta.abs() - expected_surprise);
            trial.released = match source {
                Noradrenaline::Held => 0.0,
                Noradrenaline::Surprise => settings.na_gain * surprise,
                Noradrenaline::Given(releases) => releases[trials.len()],
            };
            subject.learn(delta, trial.released);
            trials.push(trial);
        }
    }
    Ok(trials)
}

/// Colour and shape of a stimulus.
fn features(stimulus: usize) -> [usize; 2] {
    [stimulus / 2, stimulus % 2]
}

fn go_is_right(phase: usize, stimulus: usize) -> bool {
    let [colour, shape] = features(stimulus);
    [colour == 0, colour == 1, shape == 0][phase]
}

impl Subject {
    fn new(seed: u64, settings: &Settings) -> anyhow::Result<Self> {
        let network = Network::new(&network(settings), seed)?;
        let population = |name: String| network.population(&name).context(name);
        let group = |name: &str| Ok([population(format!("{name}_e"))?, population(format!("{name}_i"))?]);
        let groups: Vec<[PopulationId; 2]> = GROUPS.iter().map(|name| group(name)).collect::<anyhow::Result<_>>()?;
        Ok(Self {
            stimulus: network.port("stimulus").context("the stimulus")?,
            groups: groups.try_into().map_err(|_| anyhow::anyhow!("three groups"))?,
            dopamine: network.modulator_id("dopamine").context("dopamine")?,
            noradrenaline: network.modulator_id("noradrenaline").context("noradrenaline")?,
            network,
        })
    }

    /// Shows the stimulus and reads choice and value.
    fn choose(&mut self, trial: &mut Trial, settings: &Settings, rng: &mut Rng) {
        trial.noradrenaline = f64::from(self.network.modulator(self.noradrenaline).level());
        let mut shown = [0.0; 4];
        let [colour, shape] = features(trial.stimulus);
        (shown[colour], shown[2 + shape]) = (1.0, 1.0);
        self.network.set_port(self.stimulus, &shown);
        self.network.think(STIMULUS_MS - READ_MS);
        let before = self.counts();
        self.network.think(READ_MS);
        let after = self.counts();
        trial.rates_hz = std::array::from_fn(|group| {
            let [exc, inh] = std::array::from_fn(|kind| (after[group][kind] - before[group][kind]) as f64);
            (exc - inh) * 1000.0 / (N_EXC as f64 * f64::from(READ_MS))
        });

        let [go, no_go, critic] = trial.rates_hz;
        // Drawn in every trial, so that all arms see the same stimuli.
        let coin = rng.random::<bool>();
        trial.go = if go == no_go { coin } else { go > no_go };
        trial.value = (critic - settings.critic_hz[0]) / settings.critic_hz[1];
    }

    /// Feedback and the time until the next stimulus.
    fn learn(&mut self, delta: f64, noradrenaline: f64) {
        self.network.release(self.dopamine, delta as f32);
        self.network.release(self.noradrenaline, noradrenaline as f32);
        self.network.set_port(self.stimulus, &[0.0; 4]);
        self.network.think(FEEDBACK_MS);
    }

    fn counts(&self) -> [[u64; 2]; 3] {
        self.groups.map(|group| group.map(|population| self.network.spike_count(population)))
    }
}

/// The whole architecture.
fn network(settings: &Settings) -> NetworkSpec {
    let input = CellSpec::Poisson(PoissonSpec { rate_hz: RATE_OFF_HZ.into() });
    let edges = (0..4 * PER_FEATURE).map(|cell| [cell / PER_FEATURE, cell]).collect();
    let shown = ProjectionSpec {
        connectivity: Connectivity::List(edges),
        ..ProjectionSpec::new("stimulus", "input", RATE_ON_HZ - RATE_OFF_HZ)
    };
    let modulator = |name: &str, tonic: f64, uptake_tau_ms: f64, max: f64| ModulatorSpec {
        name: name.into(),
        tonic,
        uptake_tau_ms,
        max,
        clamped: false,
        sources: Vec::new(),
    };
    let mut spec = NetworkSpec {
        ports: vec![PortSpec { name: "stimulus".into(), size: 4, kind: PortKind::Values, optional: false }],
        populations: vec![PopulationSpec::new("input", 4 * PER_FEATURE as usize, input)],
        projections: vec![shown],
        modulators: vec![
            modulator("dopamine", 2.0, 100.0, 10.0),
            modulator("noradrenaline", 0.0, settings.na_tau_ms, settings.na_max),
        ],
        ..NetworkSpec::new()
    };
    for name in GROUPS {
        spec.populations.extend(cells(name, settings));
        spec.projections.extend(synapses(name, settings));
    }
    spec
}

/// Excitatory and inhibitory cells of a group.
fn cells(group: &str, settings: &Settings) -> [PopulationSpec; 2] {
    let density = if group == "critic" { settings.na_critic } else { 1.0 };
    let receptor = |parameter: &str, effect: f64, range: Option<[f64; 2]>| ReceptorSpec {
        modulator: "noradrenaline".into(),
        parameter: parameter.into(),
        effect,
        density: density.into(),
        form: ReceptorForm::Add,
        occupancy: Occupancy::Level,
        range,
    };
    let cell = |a_per_ms: f64, d: f64| {
        CellSpec::Izhikevich2003(Izhikevich2003Spec { a_per_ms: a_per_ms.into(), d: d.into(), ..Default::default() })
    };
    let excitatory = PopulationSpec {
        transmitter: Some(Transmitter::Excitatory),
        noise: Some(NoiseSpec::Normal([0.0, 3.0])),
        receptors: vec![receptor("c_mv", 30.0, None), receptor("d", -12.0, Some([0.0, 8.0]))],
        ..PopulationSpec::new(format!("{group}_e"), N_EXC, cell(0.02, 8.0))
    };
    let inhibitory = PopulationSpec {
        transmitter: Some(Transmitter::Inhibitory),
        noise: Some(NoiseSpec::Normal([0.0, 1.0])),
        ..PopulationSpec::new(format!("{group}_i"), N_INH, cell(0.1, 2.0))
    };
    [excitatory, inhibitory]
}

/// Synapses onto the cells of a group.
fn synapses(group: &str, settings: &Settings) -> Vec<ProjectionSpec> {
    let [exc, inh] = ["e", "i"].map(|kind| format!("{group}_{kind}"));
    // The groups of the actor inhibit each other and keep themselves going; the critic inhibits itself a little.
    let (driver, drive, inhibition, recurrent) = match group {
        "go" => ("no_go_e", 6.0, 4.0, 0.04),
        "no_go" => ("go_e", 6.0, 4.0, 0.04),
        _ => ("critic_e", 1.0, 0.3, 0.0),
    };
    let onto = |source: &str, target: &str, weights: Dist, probability: f64, tau_ms: f64| ProjectionSpec {
        connectivity: Connectivity::Probability(probability),
        synapse: Some(SynapseSpec::Exponential { tau_ms }),
        ..ProjectionSpec::new(source, target, weights)
    };
    let rule = DopamineStdpSpec {
        baseline: Baseline::Tonic,
        a_plus: settings.eta,
        a_minus: 0.0,
        tau_c_ms: 300.0,
        w_max: 4.0,
        ..DopamineStdpSpec::default()
    };
    vec![
        ProjectionSpec {
            plasticity: Some(PlasticitySpec::DopamineStdp(rule)),
            ..onto("input", &exc, Dist::uniform(1.2, 1.6), 0.8, 5.0)
        },
        onto(driver, &inh, drive.into(), 0.5, 5.0),
        onto(&inh, &exc, (-inhibition).into(), 1.0, 10.0),
        onto(&exc, &exc, recurrent.into(), 1.0, 50.0),
    ]
}

/// What a phase amounts to.
struct Outcome {
    /// Trials until 9 of the last 10 are right; infinite if that never happens.
    to_criterion: f64,
    errors: f64,
    perseverative: f64,
    /// Bits of choice given the stimulus in the first and the last trials of the phase.
    entropy: [f64; 2],
    noradrenaline: f64,
}

impl Outcome {
    fn of(trials: &[Trial]) -> Self {
        let reached = |n: usize| {
            let right = |end: usize| trials[end - 10..end].iter().filter(|trial| trial.right).count();
            (10..=trials.len()).find(|&end| right(end) >= n)
        };
        let errors = |trials: &[Trial]| trials.iter().filter(|trial| !trial.right).count() as f64;
        let n = ENTROPY_TRIALS.min(trials.len());
        Self {
            to_criterion: reached(9).map_or(f64::INFINITY, |end| end as f64),
            errors: errors(trials),
            perseverative: errors(&trials[..reached(5).unwrap_or(trials.len())]),
            entropy: [entropy(&trials[..n]), entropy(&trials[trials.len() - n..])],
            noradrenaline: trials[..n].iter().map(|trial| trial.noradrenaline).sum::<f64>() / n as f64,
        }
    }
}

/// `H(A|C)` in bits.
fn entropy(trials: &[Trial]) -> f64 {
    let of = |stimulus: usize| {
        let choices: Vec<bool> = trials.iter().filter(|t| t.stimulus == stimulus).map(|t| t.go).collect();
        let p = choices.iter().filter(|go| **go).count() as f64 / choices.len().max(1) as f64;
        let bits = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
        choices.len() as f64 / trials.len() as f64 * (bits(p) + bits(1.0 - p))
    };
    (0..4).map(of).sum()
}

fn report(args: &Args, studies: &[Study]) -> anyhow::Result<()> {
    let columns = [
        "eta",
        "seed",
        "arm",
        "phase",
        "to_criterion",
        "errors",
        "perseverative",
        "h_first",
        "h_last",
        "noradrenaline",
    ];
    let mut each = Table::new(&columns);
    let columns = [
        "learning rate",
        "phase",
        "arm",
        "reached",
        "trials to criterion",
        "errors",
        "perseverative errors",
        "H(A|C) first 40",
        "last 40",
        "NA first 40",
        "errors less DA alone",
        "fewer in",
    ];
    let mut table = Table::new(&columns);
    for (study, phase) in studies.iter().flat_map(|study| (0..PHASES.len()).map(move |phase| (study, phase))) {
        let alone = study.outcomes(0, phase);
        for (arm, arm_name) in ARMS.into_iter().enumerate() {
            let outcomes = study.outcomes(arm, phase);
            for (seed, o) in args.seeds().zip(&outcomes) {
                let head = [study.settings.eta.to_string(), seed.to_string(), arm_name.into(), PHASES[phase].into()];
                let numbers = [o.to_criterion, o.errors, o.perseverative].map(|x| x.to_string());
                let more = [o.entropy[0], o.entropy[1], o.noradrenaline].map(|h| format!("{h:.4}"));
                each.row(head.into_iter().chain(numbers).chain(more));
            }
            let of = |f: &dyn Fn(&Outcome) -> f64| outcomes.iter().map(f).collect::<Vec<_>>();
            let reached = outcomes.iter().filter(|o| o.to_criterion.is_finite()).count();
            let paired: Vec<f64> = outcomes.iter().zip(&alone).map(|(o, alone)| o.errors - alone.errors).collect();
            let fewer = paired.iter().filter(|difference| **difference < 0.0).count();
            let compared = |text: String| if arm == 0 { String::new() } else { text };
            table.row([
                study.settings.eta.to_string(),
                PHASES[phase].to_owned(),
                arm_name.to_owned(),
                format!("{reached}/{}", outcomes.len()),
                median_ci(&of(&|o| o.to_criterion)).show(0),
                mean_ci(&of(&|o| o.errors)).show(1),
                mean_ci(&of(&|o| o.perseverative)).show(1),
                mean_ci(&of(&|o| o.entropy[0])).show(2),
                mean_ci(&of(&|o| o.entropy[1])).show(2),
                mean_ci(&of(&|o| o.noradrenaline)).show(2),
                compared(mean_ci(&paired).show(1)),
                compared(format!("{fewer}/{}", paired.len())),
            ]);
        }
    }
    table.print();
    let note = format!(
        "medians (trials to criterion) or means with 95 % bootstrap intervals over {} seeds from {}; {} trials a phase",
        args.seeds, args.first_seed, studies[0].settings.trials
    );
    table.write(&args.file("set_shift.csv"), &[&note])?;
    each.write(&args.file("set_shift_seeds.csv"), &["to_criterion: inf if not reached within the phase"])
}

const COLOURS: [(u8, u8, u8); 3] = [GREY, BLUE, ORANGE];

/// The mean over 10 trials and all seeds of what trials of an arm have.
fn smoothed(study: &Study, arm: usize, of: &dyn Fn(&Trial) -> f64) -> Line {
    const WIDTH: usize = 10;
    let ends = (WIDTH..=PHASES.len() * study.settings.trials).step_by(3);
    let (points, band) = ends
        .map(|end| {
            let mean = |run: &[Vec<Trial>; 3]| run[arm][end - WIDTH..end].iter().map(of).sum::<f64>() / WIDTH as f64;
            let e = mean_ci(&study.runs.iter().map(mean).collect::<Vec<_>>());
            ((end as f64, e.value), (e.low, e.high))
        })
        .unzip();
    Line { label: ARMS[arm].into(), colour: COLOURS[arm], points, band, ..Line::default() }
}

fn picture(args: &Args, studies: &[Study]) -> anyhow::Result<()> {
    let right = |study: &Study| Panel {
        title: format!("learning rate {}: right choices", study.settings.eta),
        x_label: "trial".into(),
        y_label: "part of the last 10".into(),
        y: Some(0.0..1.3),
        lines: (0..2).map(|arm| smoothed(study, arm, &|trial| f64::from(u8::from(trial.right)))).collect(),
        marks: (1..PHASES.len()).map(|phase| (phase * study.settings.trials) as f64).collect(),
        ..Panel::default()
    };
    let noradrenaline = |study: &Study| Panel {
        title: "noradrenaline at the stimulus".into(),
        y_label: "level".into(),
        y: Some(0.0..0.6),
        lines: (1..3).map(|arm| smoothed(study, arm, &|trial| trial.noradrenaline)).collect(),
        ..right(study)
    };
    let errors = |study: &Study| {
        let dots = |arm: usize| {
            let values: Vec<f64> = study.outcomes(arm, 1).iter().map(|o| o.errors).collect();
            let estimate = Some(mean_ci(&values));
            Dots { label: ARMS[arm].into(), colour: COLOURS[arm], values, estimate }
        };
        let y = Some(0.0..study.settings.trials as f64 * 0.8);
        Panel { title: "errors after the reversal".into(), y, dots: (0..3).map(dots).collect(), ..Panel::default() }
    };
    let kinds: [&dyn Fn(&Study) -> Panel; 3] = [&right, &noradrenaline, &errors];
    let panels: Vec<Panel> = kinds.iter().flat_map(|kind| studies.iter().map(kind)).collect();
    mesolimb_papers::save(&args.file("set_shift.svg"), studies.len(), &panels)
}
