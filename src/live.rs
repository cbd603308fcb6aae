//! The simulation on its own thread, joined to whoever watches by two channels: frames out, commands in.
//!
//! The simulation never waits for a watcher. While the frame channel is full, what happens is gathered into the next
//! frame; a watcher that is slow or gone changes nothing in the run.

use std::{
    collections::VecDeque,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use crossbeam::channel::{Receiver, Sender, TryRecvError, TrySendError, bounded, unbounded};
use mesolimb_agents::{Episode, Scalar};
use mesolimb_brain::Network;
use mesolimb_envs::{EnvSpec, Params, Scene};

use crate::{intervention::Intervention, session::Session};

/// Frames that may wait for the watcher.
const FRAMES_WAITING: usize = 2;
/// Control steps that one frame can tell of; older ones are dropped from a frame that waits for long.
const SAMPLES_PER_FRAME: usize = 2_000;
/// Spikes that one frame can tell of.
const SPIKES_PER_FRAME: usize = 150_000;
/// Shortest time between two frames.
const FRAME_PERIOD: Duration = Duration::from_millis(15);

/// What stays the same throughout a run, told once.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Name of the agent.
    pub agent: String,
    /// Seed of the run.
    pub seed: u64,
    /// Control steps that the run is to last; none if it goes on without end.
    pub steps: Option<u64>,
    /// The task.
    pub env: EnvSpec,
    /// Names and sizes of the brain's populations, in the order in which spikes count cells; empty without a brain.
    pub populations: Vec<(String, usize)>,
    /// Seconds of a brain tick; zero without a brain.
    pub tick_secs: f64,
    /// What can be seen of the agent.
    pub scalars: &'static [Scalar],
}

/// What happened since the last frame, and what there is now.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Control steps of life.
    pub step: u64,
    /// Ticks of the brain's life.
    pub tick: u64,
    /// Shapes and poses now.
    pub scene: Scene,
    /// What was observed last.
    pub observation: Vec<f32>,
    /// What was done last.
    pub action: Vec<f32>,
    /// Parameters of the world now.
    pub params: Params,
    /// One sample for each control step since the last frame, oldest first.
    pub samples: VecDeque<Sample>,
    /// Spikes since the last frame, oldest first.
    pub spikes: VecDeque<TimedSpike>,
    /// Episodes that ended since the last frame.
    pub episodes: Vec<Episode>,
    /// Changes of the world since the last frame.
    pub marks: Vec<Mark>,
    /// Whether the simulation is paused.
    pub paused: bool,
    /// How fast it is to run.
    pub speed: Speed,
    /// Control steps a second, measured over the last second or so.
    pub steps_per_s: f64,
    /// How the run ended, once it has.
    pub ended: Option<String>,
}

/// One control step.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Control step of life.
    pub step: u64,
    /// Reward.
    pub reward: f64,
    /// What could be seen of the agent, in the order of [`Cast::scalars`].
    pub insight: Vec<f32>,
}

/// A spike at its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedSpike {
    /// Tick of the brain's life.
    pub tick: u64,
    /// Cell, counted through all populations.
    pub cell: u32,
    /// Size: 1 for a full burst.
    pub size: f32,
}

/// A moment at which the world changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Control step of life.
    pub step: u64,
    /// What changed, in words.
    pub what: String,
}

/// How fast the simulation is to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many seconds of the simulation a second.
    Times(f64),
    /// As fast as it can.
    Max,
}

/// What a watcher may ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Pause, or go on.
    Pause(bool),
    /// While paused: one control step.
    Step,
    /// Run at another speed.
    Speed(Speed),
    /// Change the world.
    Change(Intervention),
    /// Save and end.
    Quit,
}

/// A simulation that runs on its own thread.
pub struct Live {
    /// What stays the same.
    pub cast: Cast,
    /// Frames, newest last.
    pub frames: Receiver<Frame>,
    /// Commands.
    pub commands: Sender<Command>,
    /// Gives the session back when the thread ends: after [`Command::Quit`], or when the other end of `commands` is gone.
    /// An error, if a step or the evaluation has failed or the run could not be saved.
    pub thread: JoinHandle<anyhow::Result<Session>>,
}

/// Starts the simulation of a session on a thread of its own.
#[must_use]
pub fn start(session: Session, speed: Speed) -> Live {
    let (frame_sender, frames) = bounded(FRAMES_WAITING);
    let (commands, command_receiver) = unbounded();
    let cast = session.cast();
    let simulation = Simulation {
        pending: Pending::new(&session),
        session,
        frames: frame_sender,
        commands: command_receiver,
        paused: false,
        single_steps: 0,
        speed,
        pace: Pace::new(),
        ended: None,
        failed: None,
    };
    let thread = std::thread::Builder::new()
        .name("simulation".into())
        .spawn(move || simulation.run())
        .expect("the system gives a thread");
    Live { cast, frames, commands, thread }
}

/// What an intervention changes, as the watcher reads it.
fn in_words(intervention: &Intervention) -> String {
    match intervention {
        Intervention::Scale { parameter, factor: 1.0 } => format!("{parameter} undone"),
        Intervention::Scale { parameter, factor } => format!("{parameter} × {factor}"),
        Intervention::Set { parameter, value } => format!("{parameter} = {}", rounded(*value)),
        Intervention::Undo => "all undone".to_owned(),
    }
}

struct Simulation {
    session: Session,
    frames: Sender<Frame>,
    commands: Receiver<Command>,
    pending: Pending,
    paused: bool,
    single_steps: u32,
    speed: Speed,
    pace: Pace,
    ended: Option<String>,
    /// Why the run ended before its time. What was saved before can be taken up again.
    failed: Option<anyhow::Error>,
}

impl Simulation {
    fn run(mut self) -> anyhow::Result<Session> {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Quit) | Err(TryRecvError::Disconnected) => break,
                Ok(command) => self.obey(command),
                Err(TryRecvError::Empty) => {}
            }
            let may_step = self.ended.is_none() && (!self.paused || self.single_steps > 0);
            if may_step && self.pace.is_due(self.speed, self.pending.control_dt_secs) {
                self.single_steps = self.single_steps.saturating_sub(1);
                self.step();
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
            self.send_frame();
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.session.suspend().context("the run cannot be saved")?;
        Ok(self.session)
    }

    fn fail(&mut self, error: anyhow::Error) {
        self.ended = Some(format!("stopped: {error:#}"));
        self.failed = Some(error);
    }

    fn step(&mut self) {
        match self.session.step() {
            Ok(report) => {
                self.pending.note_step(&self.session, report.reward);
                self.pending.episodes.extend(report.episode);
                if report.world_changed {
                    let what = self.pending.what_changed(&self.session);
                    self.pending.mark(&self.session, &what);
                }
            }
            Err(error) => self.fail(error),
        }
        if self.session.is_finished() && self.ended.is_none() {
            match self.session.finish(None) {
                Ok(summary) => self.ended = Some(summary.one_line()),
                Err(error) => self.fail(error),
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Pause(paused) => self.paused = paused,
            Command::Step => self.single_steps += 1,
            Command::Speed(speed) => self.speed = speed,
            Command::Change(intervention) => self.change(&intervention),
            Command::Quit => {}
        }
    }

    fn change(&mut self, intervention: &Intervention) {
        // What has been summed up, or has failed, is not changed any more.
        if self.ended.is_some() {
            return;
        }
        match self.session.intervene(intervention) {
            Ok(()) => self.pending.mark(&self.session, &in_words(intervention)),
            Err(error) if self.session.is_broken() => self.fail(error),
            Err(error) => tracing::warn!("{error:#}"),
        }
    }

    fn send_frame(&mut self) {
        if self.pending.last_sent.elapsed() < FRAME_PERIOD || self.frames.is_full() {
            return;
        }
        let frame =
            self.pending.take(&self.session, self.paused, self.speed, self.pace.steps_per_s, self.ended.clone());
        if let Err(TrySendError::Disconnected(_)) = self.frames.try_send(frame) {
            tracing::debug!("nobody watches any more");
        }
    }
}

/// What is gathered for the next frame.
struct Pending {
    control_dt_secs: f64,
    scene: Scene,
    samples: VecDeque<Sample>,
    spikes: VecDeque<TimedSpike>,
    episodes: Vec<Episode>,
    marks: Vec<Mark>,
    /// Values of the parameters when the world was last seen to change.
    known_values: Vec<f64>,
    last_sent: Instant,
}

impl Pending {
    fn new(session: &Session) -> Self {
        Self {
            control_dt_secs: session.rollout().env().spec().control_dt_secs,
            scene: Scene::default(),
            samples: VecDeque::new(),
            spikes: VecDeque::new(),
            episodes: Vec::new(),
            marks: Vec::new(),
            known_values: values(session),
            last_sent: Instant::now(),
        }
    }

    fn note_step(&mut self, session: &Session, reward: f64) {
        let rollout = session.rollout();
        let step = rollout.progress().steps;
        self.samples.push_back(Sample { step, reward, insight: rollout.agent().insight().to_vec() });
        if let Some(brain) = rollout.agent().brain() {
            let first_tick = brain.window_start();
            self.spikes.extend(brain.spikes().iter().map(|spike| TimedSpike {
                tick: first_tick + u64::from(spike.tick),
                cell: spike.cell,
                size: spike.size,
            }));
        }
        let excess = self.samples.len().saturating_sub(SAMPLES_PER_FRAME);
        self.samples.drain(..excess);
        let excess = self.spikes.len().saturating_sub(SPIKES_PER_FRAME);
        self.spikes.drain(..excess);
    }

    fn mark(&mut self, session: &Session, what: &str) {
        self.known_values = values(session);
        self.marks.push(Mark { step: session.rollout().progress().steps, what: what.to_owned() });
    }

    /// The parameters that have other values than when the world was last seen to change, in words.
    fn what_changed(&self, session: &Session) -> String {
        let params = session.rollout().env().params().iter().zip(&self.known_values);
        let changed: Vec<_> = params.filter(|(param, known)| param.value != **known).map(|(param, _)| param).collect();
        match changed[..] {
            [param] => format!("{} = {}", param.name, rounded(param.value)),
            [first, .., last] if changed.iter().all(|param| param.kind() == last.kind()) => {
                format!("{} = {} and {} more", first.name, rounded(first.value), changed.len() - 1)
            }
            [_, ..] => format!("{} parameters", changed.len()),
            [] => "the world changes".to_owned(),
        }
    }

    fn take(
        &mut self,
        session: &Session,
        paused: bool,
        speed: Speed,
        steps_per_s: f64,
        ended: Option<String>,
    ) -> Frame {
        self.last_sent = Instant::now();
        let rollout = session.rollout();
        rollout.env().scene(&mut self.scene);
        Frame {
            step: rollout.progress().steps,
            tick: rollout.agent().brain().map_or(0, Network::ticks),
            scene: self.scene.clone(),
            observation: rollout.observation().to_vec(),
            action: rollout.action().to_vec(),
            params: rollout.env().params().clone(),
            samples: std::mem::take(&mut self.samples),
            spikes: std::mem::take(&mut self.spikes),
            episodes: std::mem::take(&mut self.episodes),
            marks: std::mem::take(&mut self.marks),
            paused,
            speed,
            steps_per_s,
            ended,
        }
    }
}

/// The values of the parameters now, in their order.
fn values(session: &Session) -> Vec<f64> {
    session.rollout().env().params().iter().map(|param| param.value).collect()
}

/// A value as it is told of.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Keeps the simulation at its speed by the wall clock, and measures it. Its only effect on a run is when it happens.
struct Pace {
    next: Instant,
    window_start: Instant,
    window_steps: u32,
    steps_per_s: f64,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self { next: now, window_start: now, window_steps: 0, steps_per_s: 0.0 }
    }

    fn is_due(&mut self, speed: Speed, control_dt_secs: f64) -> bool {
        let now = Instant::now();
        if let Speed::Times(times) = speed {
            if now < self.next {
                return false;
            }
            let period = Duration::from_secs_f64(control_dt_secs / times.max(1e-3));
            // After a pause or a slow step it goes on from now, rather than catching up in a rush.
            self.next = (self.next + period).max(now - Duration::from_millis(100));
        }
        self.window_steps += 1;
        let elapsed = now - self.window_start;
        if elapsed >= Duration::from_millis(500) {
            self.steps_per_s = f64::from(self.window_steps) / elapsed.as_secs_f64();
            self.window_start = now;
            self.window_steps = 0;
        }
        true
    }
}
