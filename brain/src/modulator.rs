//! Neuromodulators: one concentration each, with release, uptake and a level at rest.

use crate::spec::ModulatorSpec;

/// The concentration of one modulator in the volume that the network fills.
///
/// `level ← tonic + (level − tonic) exp(−tick/tau)` each tick; a release adds to it, within `[0, max]`.
/// Because a concentration cannot be negative, a dip is at most as deep as the tonic level.
#[derive(Clone, Debug)]
pub struct Modulator {
    tonic: f32,
    max: f32,
    decay: f32,
    clamped: bool,
    pub(crate) level: f32,
    /// 1 while somebody outside holds the concentration, else 0; a number, because it is part of the state.
    pub(crate) held: f32,
}

impl Modulator {
    pub(crate) fn new(spec: &ModulatorSpec, tick_ms: f64) -> Self {
        Self {
            tonic: spec.tonic as f32,
            max: spec.max as f32,
            decay: (-tick_ms / spec.uptake_tau_ms).exp() as f32,
            clamped: spec.clamped,
            level: spec.tonic as f32,
            held: 0.0,
        }
    }

    /// Concentration now; 1 is the usual unit.
    #[must_use]
    pub fn level(&self) -> f32 {
        self.level
    }

    /// Concentration at rest.
    #[must_use]
    pub fn tonic(&self) -> f32 {
        self.tonic
    }

    /// Concentration above rest: positive in a burst, negative in a dip.
    #[must_use]
    pub fn phasic(&self) -> f32 {
        self.level - self.tonic
    }

    /// Factor of the concentration above rest in a tick.
    pub(crate) fn decay(&self) -> f32 {
        if self.is_held() { 1.0 } else { self.decay }
    }

    /// Whether somebody outside holds the concentration where it is.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held > 0.0
    }

    pub(crate) fn hold(&mut self, level: f32) {
        (self.level, self.held) = (level.clamp(0.0, self.max), 1.0);
    }

    pub(crate) fn let_go(&mut self) {
        self.held = 0.0;
    }

    pub(crate) fn release(&mut self, amount: f32) {
        if !self.clamped && !self.is_held() {
            self.level = (self.level + amount).clamp(0.0, self.max);
        }
    }

    pub(crate) fn tick(&mut self) {
        self.level = self.tonic + (self.level - self.tonic) * self.decay();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dopamine(clamped: bool) -> Modulator {
        let spec = ModulatorSpec {
            name: "dopamine".into(),
            tonic: 1.0,
            uptake_tau_ms: 200.0,
            max: 2.0,
            clamped,
            sources: Vec::new(),
        };
        Modulator::new(&spec, 1.0)
    }

    #[test]
    fn a_burst_fades_with_the_uptake_time_constant() {
        let mut modulator = dopamine(false);
        modulator.release(0.8);
        (0..200).for_each(|_| modulator.tick());
        assert!((modulator.phasic() - 0.8 * (-1.0f32).exp()).abs() < 1e-4);
    }

    #[test]
    fn a_dip_ends_at_zero_and_a_burst_at_the_maximum() {
        let mut modulator = dopamine(false);
        modulator.release(-5.0);
        assert_eq!((modulator.level(), modulator.phasic()), (0.0, -1.0));
        modulator.release(9.0);
        assert_eq!(modulator.level(), 2.0);
    }

    #[test]
    fn a_clamped_modulator_stays_at_rest() {
        let mut modulator = dopamine(true);
        modulator.release(1.0);
        assert_eq!(modulator.phasic(), 0.0);
    }

    #[test]
    fn a_held_modulator_stays_where_it_is_until_it_is_let_go() {
        let mut modulator = dopamine(false);
        modulator.hold(1.5);
        modulator.release(0.3);
        (0..1000).for_each(|_| modulator.tick());
        assert_eq!(modulator.level(), 1.5);
        modulator.let_go();
        (0..200).for_each(|_| modulator.tick());
        assert!((modulator.phasic() - 0.5 * (-1.0f32).exp()).abs() < 1e-4);
    }
}
