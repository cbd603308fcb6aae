//! A world without physics, to search and audit in, that cheats when it is told to.

use mesolimb_envs::{Books, Env, EnvError, EnvSpec, Fault, Params, RobotSpec, Scene, Step};

use crate::agent::AgentError;

/// How a world cheats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// It does not.
    Honest,
    /// Energy comes from nowhere where much is earned.
    FreeEnergy,
    /// With finer steps nothing is earned any more.
    CoarseStep,
    /// With finer steps nothing is earned in every other episode.
    Fickle,
    /// It breaks down in control step 10, whatever is done.
    Breaks,
}

/// Control steps of an episode.
pub(crate) const LENGTH: u32 = 20;

/// It has the channels of `cartpole`. What is observed swings whatever is done; who pushes along with what is observed first
/// earns.
pub(crate) struct FakeEnv {
    real: Box<dyn Env>,
    trick: Trick,
    clock: u32,
    seed: u64,
    step: u32,
    books: Books,
}

impl FakeEnv {
    pub(crate) fn make(trick: Trick) -> Result<Box<dyn Env>, AgentError> {
        let real = mesolimb_envs::make("cartpole")?;
        Ok(Box::new(Self { real, trick, clock: 1, seed: 0, step: 0, books: Books::default() }))
    }

    fn reading(&self, channel: usize) -> f32 {
        let phase = (self.seed % 17) as f32 + 0.7 * self.step as f32;
        2.0 + (phase * (1.0 + 0.3 * channel as f32)).sin()
    }
}

impl Env for FakeEnv {
    fn spec(&self) -> &EnvSpec {
        self.real.spec()
    }

    fn robot(&self) -> &RobotSpec {
        self.real.robot()
    }

    fn reset(&mut self, seed: u64) {
        (self.seed, self.step) = (seed, 0);
        self.books = Books { kinetic: 1.0, ..Books::default() };
    }

    fn step(&mut self, action: &[f32]) -> Step {
        let mut earned = f64::from(action[0] / self.spec().actions[0].high * (self.reading(0) - 2.0));
        self.step += 1;
        match self.trick {
            Trick::FreeEnergy => self.books.drift += 0.1 * earned.max(0.0),
            Trick::CoarseStep if self.clock > 1 => earned = 0.0,
            Trick::Fickle if self.clock > 1 && self.seed.is_multiple_of(2) => earned = 0.0,
            _ => {}
        }
        self.books.motors += 0.01;
        self.books.motors_gross += 0.01;
        self.books.damping -= 0.01;
        let fault = (self.trick == Trick::Breaks && self.step == 10).then_some(Fault::NonFiniteState);
        Step { reward: earned + 0.5, terminated: false, truncated: self.step == LENGTH, fault }
    }

    fn observe(&self, out: &mut [f32]) {
        out.iter_mut().enumerate().for_each(|(channel, out)| *out = self.reading(channel));
    }

    fn params(&self) -> &Params {
        self.real.params()
    }

    fn params_mut(&mut self) -> &mut Params {
        self.real.params_mut()
    }

    fn books(&self) -> Books {
        self.books
    }

    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError> {
        self.clock = factor;
        Ok(())
    }

    fn scene(&self, out: &mut Scene) {
        self.real.scene(out);
    }

    fn save(&self) -> Vec<u8> {
        self.real.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), EnvError> {
        self.real.load(state)
    }
}
