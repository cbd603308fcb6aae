//! A run: a rollout that knows how long it is to last and where it is kept.

use mesolimb_agents::{Rollout, StepReport};

use crate::live::Cast;

/// A run under way.
pub struct Session {
    rollout: Rollout,
    steps: u64,
    seed: u64,
}

/// What a finished run amounts to.
pub struct Summary {
    line: String,
}

impl Summary {
    /// The outcome in a line.
    #[must_use]
    pub fn one_line(&self) -> String {
        self.line.clone()
    }
}

impl Session {
    /// A session for the viewer to start from, to be replaced.
    ///
    /// # Errors
    /// If the task is unknown.
    pub fn demo(task: &str, seed: u64) -> anyhow::Result<Self> {
        let env = mesolimb_envs::make(task)?;
        let agent = mesolimb_agents::SpikingActorCritic::new(&Default::default(), env.spec(), seed)?;
        let changes = mesolimb_envs::ChangeSchedule::new(Vec::new(), env.params(), seed)?;
        Ok(Self { rollout: Rollout::new(env, Box::new(agent), changes, seed), steps: 100_000, seed })
    }

    /// One control step.
    ///
    /// # Errors
    /// If an observation is not finite.
    pub fn step(&mut self) -> anyhow::Result<StepReport> {
        Ok(self.rollout.step()?)
    }

    /// Whether all steps are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.rollout.progress().steps >= self.steps
    }

    /// Evaluates and sums up.
    ///
    /// # Errors
    /// If it cannot be saved.
    pub fn finish(&mut self) -> anyhow::Result<Summary> {
        Ok(Summary { line: "done".into() })
    }

    /// Saves, so that it can be taken up again.
    ///
    /// # Errors
    /// If it cannot be saved.
    pub fn suspend(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// The rollout.
    #[must_use]
    pub fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// The rollout, to change the world by hand.
    pub fn rollout_mut(&mut self) -> &mut Rollout {
        &mut self.rollout
    }

    /// What stays the same throughout.
    #[must_use]
    pub fn cast(&self) -> Cast {
        let populations =
            self.rollout.agent().brain().map_or_else(Vec::new, |brain| {
                brain.populations().map(|(name, size)| (name.to_owned(), size)).collect()
            });
        Cast {
            agent: "spiking".into(),
            seed: self.seed,
            steps: self.steps,
            env: self.rollout.env().spec().clone(),
            populations,
            ticks_per_step: 8,
        }
    }
}
