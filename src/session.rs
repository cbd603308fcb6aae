//! A run under way: a rollout that knows how long it lasts and where it is kept.

use std::path::Path;

use anyhow::{Context as _, bail};
use mesolimb_agents::{
    Rollout, StepReport, registry,
    search::{Policy, Trained},
};
use mesolimb_envs::ChangeSchedule;

use crate::{
    checkpoint::{Checkpoint, replace_file},
    config::RunConfig,
    folder::{self, RunFolder},
    intervention::Intervention,
    live::Cast,
    record::Recorder,
    summary::{Scale, Summary},
};

/// A run under way.
pub struct Session {
    config: RunConfig,
    rollout: Rollout,
    /// Where it is kept; nowhere when somebody only looks.
    folder: Option<RunFolder>,
    recorder: Option<Recorder>,
    /// Step of the last checkpoint.
    saved_at: u64,
    /// What was changed by hand: parameters written, counted one by one.
    interventions: u64,
    /// How many of them the last checkpoint knows.
    interventions_saved: u64,
    /// It goes on without end, because somebody only looks.
    endless: bool,
    /// A step has failed half-way: what was saved before is all that can be trusted.
    broken: bool,
}

impl Session {
    /// Starts a run and its folder.
    ///
    /// # Errors
    /// If the run is not valid, or the folder exists or cannot be written; nothing is written unless all is well.
    pub fn create(config: &RunConfig, out: &Path) -> anyhow::Result<Self> {
        let mut config = config.clone();
        if config.body.is_some() {
            config.robot = Some(folder::ROBOT.to_owned());
        }
        config.read_brain()?;
        let mut session = Self::unkept(&config)?;
        let curve = RunFolder::empty_curve(session.rollout.agent().scalars());
        let first = session.checkpoint(curve.len() as u64, 0)?;
        session.folder = Some(RunFolder::create(out, &config, &curve, &first)?);
        session.start_recorder()?;
        Ok(session)
    }

    /// A run that is kept nowhere.
    ///
    /// # Errors
    /// If the run is not valid.
    pub fn unkept(config: &RunConfig) -> anyhow::Result<Self> {
        let env = config.make_env()?;
        let agent = registry::make(&config.agent, &config.settings, env.as_ref(), config.seed)?;
        let changes = ChangeSchedule::new(config.changes.clone(), env.params(), config.seed)?;
        let rollout = Rollout::new(env, agent, changes, config.seed);
        Ok(Self {
            config: config.clone(),
            rollout,
            folder: None,
            recorder: None,
            saved_at: 0,
            interventions: 0,
            interventions_saved: 0,
            endless: false,
            broken: false,
        })
    }

    /// Takes up the run in `path` at its newest checkpoint, or the one named.
    ///
    /// # Errors
    /// If there is no run, its checkpoint is damaged, or its run file was changed in what decides the outcome. Nothing is
    /// written then.
    pub fn resume(path: &Path, from: Option<&Path>, steps: Option<u64>) -> anyhow::Result<Self> {
        let mut config = folder::read_run(path)?;
        let mut folder = RunFolder::hold(path)?;
        let checkpoint = folder::read_checkpoint(path, from)?;
        let mut session = Self::restored(path, &config, &checkpoint)?;
        if let Some(steps) = steps {
            config.steps = steps;
            config.validate()?;
            if steps < session.saved_at {
                bail!("--steps is {steps}, expected at least {}: so many are done", session.saved_at);
            }
        }
        folder.go_back_to(&checkpoint, session.saved_at)?;
        if steps.is_some() {
            replace_file(&path.join("run.toml"), config.to_toml()?.as_bytes())?;
        }
        session.config = config;
        session.folder = Some(folder);
        session.start_recorder()?;
        Ok(session)
    }

    /// A copy of the run in `path` at its newest checkpoint, to look at: it goes on, but is kept nowhere.
    ///
    /// # Errors
    /// If there is no run, its checkpoint is damaged, or its run file was changed in what decides the outcome.
    pub fn look_at(path: &Path) -> anyhow::Result<Self> {
        let config = folder::read_run(path)?;
        let checkpoint = folder::read_checkpoint(path, None)?;
        let mut session = Self::restored(path, &config, &checkpoint)?;
        session.endless = true;
        Ok(session)
    }

    /// The run of the folder `path` as `checkpoint` left it, kept nowhere.
    fn restored(path: &Path, config: &RunConfig, checkpoint: &Checkpoint) -> anyhow::Result<Self> {
        if let Some(difference) = config.difference_in_outcome(&checkpoint.run()?) {
            bail!(
                "{}: {difference} in the run that was saved; only steps, checkpoint_every and record may change",
                path.join("run.toml").display()
            );
        }
        let mut session = Self::unkept(config)?;
        session.rollout.load(checkpoint.rollout.clone()).with_context(|| format!("the state of {}", path.display()))?;
        session.saved_at = session.rollout.progress().steps;
        session.interventions = checkpoint.interventions;
        session.interventions_saved = checkpoint.interventions;
        Ok(session)
    }

    fn start_recorder(&mut self) -> anyhow::Result<()> {
        if let (true, Some(folder)) = (self.config.record, &self.folder) {
            self.recorder = Some(Recorder::start(&folder.path().join("record"), &self.rollout)?);
        }
        Ok(())
    }

    /// One control step, and what is to be kept of it.
    ///
    /// # Errors
    /// If an observation, a reward or an action is not finite: the message says at which step. If something cannot be
    /// written. What was saved before is not touched, then or
    /// later: take the run up there again.
    pub fn step(&mut self) -> anyhow::Result<StepReport> {
        if self.broken {
            bail!("a step has failed before");
        }
        let report = self.live_and_keep();
        self.broken = report.is_err();
        report
    }

    fn live_and_keep(&mut self) -> anyhow::Result<StepReport> {
        let step = self.rollout.progress().steps + 1;
        let begins = self.rollout.prepare().with_context(|| format!("at step {step}"))?;
        if let (true, Some(recorder)) = (begins, &mut self.recorder) {
            recorder.note_first_thought(&self.rollout)?;
        }
        let report = self.rollout.step().with_context(|| format!("at step {step}"))?;
        if let Some(recorder) = &mut self.recorder {
            recorder.note(&self.rollout, &report)?;
        }
        if let (Some(folder), Some(episode)) = (&mut self.folder, &report.episode) {
            folder.add_episode(episode, self.rollout.agent().insight())?;
        }
        let steps = self.rollout.progress().steps;
        if steps.is_multiple_of(self.config.checkpoint_every) || self.is_finished() {
            self.suspend()?;
        }
        Ok(report)
    }

    /// Changes the world by hand, and leaves a trace of it: in the folder of the run, if it has one, in its checkpoints
    /// and in its summary.
    ///
    /// # Errors
    /// If the intervention cannot be; nothing has changed then. If its trace cannot be written; the session is broken
    /// then.
    pub fn intervene(&mut self, intervention: &Intervention) -> anyhow::Result<()> {
        if self.broken {
            bail!("a step has failed before");
        }
        let written = intervention.apply(self.rollout.env_mut().params_mut())?;
        self.interventions += written.len() as u64;
        if let Some(folder) = &mut self.folder {
            let added = folder.add_intervention(self.rollout.progress().steps, &written);
            self.broken = added.is_err();
            added?;
        }
        Ok(())
    }

    /// Changes of the world by hand, in the whole life of the run.
    #[must_use]
    pub fn interventions(&self) -> u64 {
        self.interventions
    }

    /// Whether a step has failed: nothing more can be done here, and what was saved before can be taken up again.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether all steps are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.endless && self.rollout.progress().steps >= self.config.steps
    }

    /// Evaluates the run, on a scale that is measured unless it is known, and writes its summary.
    ///
    /// # Errors
    /// If a step has failed, the evaluation fails, or the summary cannot be written.
    pub fn finish(&mut self, scale: Option<Scale>) -> anyhow::Result<Summary> {
        if self.broken {
            bail!("a step has failed before");
        }
        self.suspend()?;
        let summary = Summary::of(self, scale)?;
        if let Some(folder) = &self.folder {
            let text = serde_json::to_string_pretty(&summary).context("the summary cannot be written")?;
            replace_file(&folder.path().join("summary.json"), (text + "\n").as_bytes())?;
        }
        Ok(summary)
    }

    /// Saves the run, if it is kept, has gone on or was changed by hand since it was saved last, and no
    /// step has failed.
    ///
    /// # Errors
    /// If it cannot be written; the last good checkpoint survives.
    pub fn suspend(&mut self) -> anyhow::Result<()> {
        let steps = self.rollout.progress().steps;
        let is_saved = steps == self.saved_at && self.interventions == self.interventions_saved;
        if is_saved || self.broken {
            return Ok(());
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        let (curve_bytes, interventions_bytes) = (folder.curve_bytes(), folder.interventions_bytes());
        if let Some(recorder) = &mut self.recorder {
            recorder.close_segment()?;
        }
        let checkpoint = self.checkpoint(curve_bytes, interventions_bytes)?;
        if let Some(folder) = &mut self.folder {
            folder.save(&checkpoint, steps)?;
        }
        self.saved_at = steps;
        self.interventions_saved = self.interventions;
        Ok(())
    }

    fn checkpoint(&mut self, curve_bytes: u64, interventions_bytes: u64) -> anyhow::Result<Checkpoint> {
        Ok(Checkpoint {
            run: self.config.to_toml_with_body()?,
            rollout: self.rollout.save(),
            curve_bytes,
            interventions: self.interventions,
            interventions_bytes,
        })
    }

    /// The run, resolved.
    #[must_use]
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Where the run is kept, if it is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.folder.as_ref().map(RunFolder::path)
    }

    /// The rollout.
    #[must_use]
    pub fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// The rollout, to save its agent. To change the world by hand, see [`Session::intervene`].
    pub fn rollout_mut(&mut self) -> &mut Rollout {
        &mut self.rollout
    }

    /// The agent as it is now, to be tried in episodes; it neither learns nor explores there.
    pub fn trained(&mut self) -> Policy {
        let (config, state) = (self.config.clone(), self.rollout.agent_mut().save());
        Policy::Trained(Trained::new(move || {
            let mut agent = registry::make(&config.agent, &config.settings, config.make_env()?.as_ref(), config.seed)?;
            agent.load(&state)?;
            Ok(agent)
        }))
    }

    /// What stays the same throughout the run.
    #[must_use]
    pub fn cast(&self) -> Cast {
        let brain = self.rollout.agent().brain();
        let populations = brain
            .map_or_else(Vec::new, |brain| brain.populations().map(|(name, size)| (name.to_owned(), size)).collect());
        Cast {
            agent: self.config.agent.clone(),
            seed: self.config.seed,
            steps: (!self.endless).then_some(self.config.steps),
            env: self.rollout.env().spec().clone(),
            populations,
            tick_secs: brain.map_or(0.0, |brain| 1e-3 * brain.tick_ms()),
            scalars: self.rollout.agent().scalars(),
        }
    }
}
