//! Learning in windows: errors run back, synapses are tagged, modulators turn tags into changes of weight.

use crate::{Network, ReadoutId, projection::Source, tag::ThreeFactor};

impl Network {
    /// Reads all outputs of the last window again, with today's weights.
    pub fn refresh_readouts(&mut self) {
        for readout in &mut self.readouts {
            if let Some(observed) = &self.populations[readout.source].observed {
                readout.refresh(&observed.now.rate);
            }
        }
    }

    /// Outputs of a readout after the last window.
    #[must_use]
    pub fn readout(&self, readout: ReadoutId) -> &[f32] {
        &self.readouts[readout.0].values
    }

    /// Filtered rates that a readout reads, after the last window: one for each cell of its source.
    #[must_use]
    pub fn rates_of_readout(&self, readout: ReadoutId) -> &[f32] {
        let source = &self.populations[self.readouts[readout.0].source];
        source.observed.as_ref().map_or(&[], |observed| &observed.now.rate[..source.len()])
    }

    /// Writes what a readout says of the lived window with today's weights.
    pub fn read_lived(&self, readout: ReadoutId, out: &mut [f32]) {
        let readout = &self.readouts[readout.0];
        if let Some(observed) = &self.populations[readout.source].observed {
            readout.read(&observed.lived.rate, out);
        }
    }

    /// Sets the error on the outputs of a readout in the lived window; it stays until it is set again.
    ///
    /// # Panics
    /// If `error` has another length than the readout.
    pub fn set_error(&mut self, readout: ReadoutId, error: &[f32]) {
        self.readouts[readout.0].error.copy_from_slice(error);
    }

    /// Learns from the lived window: learning signals reach the apical dendrites, synapses are tagged, and modulators
    /// turn tags into changes of weight. Allocates nothing.
    pub fn learn(&mut self) {
        self.signal();
        self.adapt();
    }

    /// Feeds the errors back, from the readouts through the populations in reverse order of the spec.
    fn signal(&mut self) {
        for population in self.populations.iter_mut().filter(|p| p.apical.is_some()) {
            population.signal.fill(0.0);
        }
        for readout in &self.readouts {
            if self.populations[readout.source].apical.is_some() {
                readout.feed_back(&mut self.populations[readout.source].signal);
            }
        }
        for target in (0..self.populations.len()).rev() {
            self.populations[target].settle_signal();
            let (before, rest) = self.populations.split_at_mut(target);
            if rest[0].apical.is_none() {
                continue;
            }
            for projection in &self.incoming[target] {
                let Source::Spikes(source) = projection.source else { continue };
                let Some(source) = self.named.get(source).map(|named| named.parts.start) else { continue };
                // Feedback runs against the order of the spec only: recurrent synapses carry none.
                if let Some(source) = before.get_mut(source).filter(|s| s.apical.is_some()) {
                    let weights = projection.feedback.as_deref().unwrap_or(projection.synapses.weights.each());
                    if !weights.is_empty() {
                        let turned = projection.three_factor.as_ref().map_or(1.0, ThreeFactor::effect);
                        projection.synapses.add_backward(weights, turned, &rest[0].signal, &mut source.signal);
                    }
                }
            }
        }
    }

    /// Eligibility traces fade and take up what the lived window did, and weights follow.
    fn adapt(&mut self) {
        let window_ms = f64::from(self.lived_ticks) * self.tick_ms;
        for (target, incoming) in self.populations.iter().zip(&mut self.incoming) {
            for projection in incoming.iter_mut().filter(|p| p.three_factor.is_some()) {
                let x = match projection.source {
                    Source::Port(port) => &self.ports[port].lived,
                    Source::Spikes(source) => {
                        let source = self.named.get(source).map(|named| &self.populations[named.parts.start]);
                        let Some(observed) = source.and_then(|s| s.observed.as_ref()) else { continue };
                        &observed.lived.mean_rate
                    }
                };
                projection.adapt(window_ms, x, &target.signal, &self.modulators);
            }
        }
        for readout in &mut self.readouts {
            if let Some(observed) = &self.populations[readout.source].observed {
                readout.adapt(window_ms, &observed.lived.rate, &self.modulators);
            }
        }
    }

    /// Moves the outputs of a readout in the lived window by about `factor · step`, through its weights: homeostasis, not reward.
    pub fn pull_readout(&mut self, readout: ReadoutId, factor: f32, step: &[f32]) {
        let readout = &mut self.readouts[readout.0];
        if let Some(observed) = &self.populations[readout.source].observed {
            readout.pull(factor, step, &observed.lived.rate);
        }
    }
}
