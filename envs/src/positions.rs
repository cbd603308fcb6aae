//! A task of which only positions are observed: velocities are hidden, so that whoever acts has to remember.

use std::cell::RefCell;

use crate::{Books, Env, EnvError, EnvSpec, Params, RobotSpec, Scene, Step};

/// A task without the channels whose unit is one of a change in time (`…/s`).
pub struct PositionsOnly {
    inner: Box<dyn Env>,
    spec: EnvSpec,
    /// Where the channels that are left are found among all.
    kept: Vec<usize>,
    /// All channels.
    whole: RefCell<Vec<f32>>,
}

impl PositionsOnly {
    /// Hides the velocities of a task. Its name stays.
    #[must_use]
    pub fn new(inner: Box<dyn Env>) -> Self {
        let mut spec = inner.spec().clone();
        let n = spec.observations.len();
        let kept: Vec<usize> = (0..n).filter(|idx| !spec.observations[*idx].unit.ends_with("/s")).collect();
        spec.observations = kept.iter().map(|idx| spec.observations[*idx].clone()).collect();
        Self { inner, spec, kept, whole: RefCell::new(vec![0.0; n]) }
    }
}

impl Env for PositionsOnly {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn robot(&self) -> &RobotSpec {
        self.inner.robot()
    }

    fn reset(&mut self, seed: u64) {
        self.inner.reset(seed);
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.inner.step(action)
    }

    fn observe(&self, out: &mut [f32]) {
        assert_eq!(out.len(), self.kept.len(), "one value for each channel");
        let mut whole = self.whole.borrow_mut();
        self.inner.observe(&mut whole);
        for (out, idx) in out.iter_mut().zip(&self.kept) {
            *out = whole[*idx];
        }
    }

    fn params(&self) -> &Params {
        self.inner.params()
    }

    fn params_mut(&mut self) -> &mut Params {
        self.inner.params_mut()
    }

    fn books(&self) -> Books {
        self.inner.books()
    }

    fn forward_m(&self) -> Option<f64> {
        self.inner.forward_m()
    }

    fn refine_clock(&mut self, factor: u32) -> Result<(), EnvError> {
        self.inner.refine_clock(factor)?;
        self.spec.physics_dt_secs = self.inner.spec().physics_dt_secs;
        Ok(())
    }

    fn scene(&self, out: &mut Scene) {
        self.inner.scene(out);
    }

    fn save(&self) -> Vec<u8> {
        self.inner.save()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), EnvError> {
        self.inner.load(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::make;

    #[test]
    fn positions_stay_and_velocities_go() {
        for task in ["hopper", "walker", "half-cheetah"] {
            let mut whole = make(task).unwrap();
            let mut env = PositionsOnly::new(make(task).unwrap());
            let (n, n_kept) = (whole.spec().observations.len(), env.spec().observations.len());
            // Height and angles stay; their velocities and that of the way forward go.
            assert_eq!(n_kept, n / 2, "{task}: {n_kept} of {n}");
            let (mut all, mut seen) = (vec![0.0; n], vec![0.0; n_kept]);
            for env in [&mut env as &mut dyn Env, whole.as_mut()] {
                env.reset(3);
                env.step(&vec![0.3; env.spec().actions.len()]);
            }
            whole.observe(&mut all);
            env.observe(&mut seen);
            let named = |name: &str| whole.spec().observations.iter().position(|channel| channel.name == name).unwrap();
            for (channel, value) in env.spec().observations.iter().zip(&seen) {
                assert_eq!(*value, all[named(&channel.name)], "{task}: {}", channel.name);
                assert!(!channel.name.contains("velocity"), "{task}: {}", channel.name);
            }
        }
    }
}
