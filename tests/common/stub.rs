//! A world without physics that allocates nothing and breaks when it is told to.

use mesolimb_envs::{Books, Env, EnvError, EnvSpec, Fault, Params, RobotSpec, Scene, Step};

/// What goes wrong, for one step.
#[derive(Clone, Copy, Debug)]
pub enum Mishap {
    /// The last sensor reads this.
    Observation(f32),
    /// The reward is this.
    Reward(f64),
    /// The simulation says that it broke, with readings and reward that are not finite.
    Fault(Fault),
}

/// It looks like `cartpole`, never ends, and what is observed and rewarded depends on what is done.
pub struct StubEnv {
    real: Box<dyn Env>,
    /// What happens once so many steps have been lived.
    mishap: Option<(u64, Mishap)>,
    /// What is wrong now.
    now: Option<Mishap>,
    n_steps: u64,
    phase: f32,
}

impl StubEnv {
    pub fn new(mishap: Option<(u64, Mishap)>) -> Self {
        Self { real: mesolimb_envs::make("cartpole").unwrap(), mishap, now: None, n_steps: 0, phase: 0.0 }
    }

    /// Whether the mishap is due, now that as many steps have been lived.
    fn look_out(&mut self) {
        self.now = self.mishap.filter(|(when, _)| *when == self.n_steps).map(|(_, mishap)| mishap);
    }
}

impl Env for StubEnv {
    fn spec(&self) -> &EnvSpec {
        self.real.spec()
    }

    fn robot(&self) -> &RobotSpec {
        self.real.robot()
    }

    fn reset(&mut self, seed: u64) {
        self.phase = (seed % 7) as f32;
        self.now = None;
        if self.n_steps == 0 {
            self.look_out();
        }
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.look_out();
        self.n_steps += 1;
        self.phase += 0.1 + 0.001 * action[0];
        let reward = f64::from(self.phase.sin());
        let sound = Step { reward, terminated: false, truncated: false, fault: None };
        match self.now {
            Some(Mishap::Reward(reward)) => Step { reward, ..sound },
            Some(Mishap::Fault(fault)) => Step { reward: f64::NAN, fault: Some(fault), ..sound },
            _ => sound,
        }
    }

    fn observe(&self, out: &mut [f32]) {
        for (i, value) in out.iter_mut().enumerate() {
            *value = (self.phase * (1.0 + i as f32)).sin();
        }
        match (self.now, out.last_mut()) {
            (Some(Mishap::Observation(value)), Some(last)) => *last = value,
            (Some(Mishap::Fault(_)), Some(last)) => *last = f32::NAN,
            _ => {}
        }
    }

    fn params(&self) -> &Params {
        self.real.params()
    }

    fn params_mut(&mut self) -> &mut Params {
        self.real.params_mut()
    }

    fn books(&self) -> Books {
        self.real.books()
    }

    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError> {
        self.real.refine_clock(factor)
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
