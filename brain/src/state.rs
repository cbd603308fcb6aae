//! The state of a network as one value: what changes while it runs. Parameters come from the spec and the seed.

use serde::{Deserialize, Serialize};

use crate::{BrainError, Network, history::Fired, rng::Rng};

/// Most ticks, or spikes of a kind, in a life: with a million a second, more than a hundred years.
const MAX_COUNT: u64 = 1 << 52;

/// Everything that changes while a network runs, bit-exact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkState {
    tick: u64,
    answered: u64,
    lived_ticks: u32,
    now_ticks: u32,
    reset_rng: Rng,
    /// The arrays, in the order in which [`Network`] shows them.
    arrays: Vec<Vec<f32>>,
    /// Spikes that may still be on their way: of each source and tick, cell and size.
    fired: Vec<Vec<Vec<Fired>>>,
    /// Spikes sent to each port for the next tick.
    sent: Vec<Vec<Fired>>,
    /// Spikes of each source and arrivals at each projection since the start of life.
    counts: Vec<u64>,
}

impl Network {
    /// Shows every state array with its name, always in the same order.
    fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        for port in &mut self.ports {
            visit(&port.name, &mut port.values);
            visit(&port.name, &mut port.lived);
            visit(&port.name, &mut port.next);
        }
        for named in &self.named {
            for part in &mut self.populations[named.parts.clone()] {
                part.visit(&mut |array, values| visit(&format!("{}: {array}", named.name), values));
            }
        }
        for projection in self.incoming.iter_mut().flatten() {
            visit(&projection.name, projection.synapses.weights.each_mut());
            if let Some(rule) = &mut projection.three_factor {
                rule.visit(&mut |values| visit(&projection.name, values));
            }
            if let Some(rule) = &mut projection.rule {
                rule.visit(&mut |array, values| visit(&format!("{}: {array}", projection.name), values));
            }
            if let Some(scaling) = &mut projection.scaling {
                scaling.visit(&mut |array, values| visit(&format!("{}: {array}", projection.name), values));
            }
        }
        for readout in &mut self.readouts {
            visit(&readout.name, &mut readout.weights);
            visit(&readout.name, &mut readout.values);
            visit(&readout.name, &mut readout.error);
            if let Some(rule) = &mut readout.three_factor {
                rule.visit(&mut |values| visit(&readout.name, values));
            }
        }
        for (modulator, name) in self.modulators.iter_mut().zip(&self.modulator_names) {
            visit(name, std::slice::from_mut(&mut modulator.level));
            visit(name, std::slice::from_mut(&mut modulator.held));
        }
    }

    /// The state now. The log of spikes is not part of it.
    pub fn save(&mut self) -> NetworkState {
        let mut arrays = Vec::new();
        self.visit(&mut |_, values| arrays.push(values.to_vec()));
        NetworkState {
            tick: self.tick,
            answered: self.answered,
            lived_ticks: self.lived_ticks,
            now_ticks: self.now_ticks,
            reset_rng: self.reset_rng.clone(),
            arrays,
            fired: self.histories.iter().map(|h| h.rows().to_vec()).collect(),
            sent: self.ports.iter().map(|p| p.sent.clone()).collect(),
            counts: self.counts().map(|count| *count).collect(),
        }
    }

    fn counts(&mut self) -> impl Iterator<Item = &mut u64> {
        let of_sources = self.histories.iter_mut().map(|h| &mut h.count);
        of_sources.chain(self.incoming.iter_mut().flatten().map(|p| &mut p.events))
    }

    /// What is wrong with the spikes of a saved state, if anything is.
    fn fault_of_spikes(&mut self, state: &NetworkState) -> Option<String> {
        let sizes = self.named.iter().map(|n| n.size);
        let sizes = sizes.chain(self.ports.iter().filter(|p| p.spiking.is_some()).map(|p| p.values.len()));
        let fits = |fired: &[Fired], size: usize| {
            fired.iter().all(|(cell, spike)| (*cell as usize) < size && spike.is_finite())
        };
        let fired_fits = state.fired.len() == self.histories.len()
            && self.histories.iter().zip(&state.fired).zip(sizes).all(|((history, saved), size)| {
                history.rows().len() == saved.len() && saved.iter().all(|row| fits(row, size))
            });
        let sent_fits = state.sent.len() == self.ports.len()
            && self.ports.iter().zip(&state.sent).all(|(port, sent)| fits(sent, port.values.len()));
        let counts_fit = state.counts.len() == self.counts().count();
        (!fired_fits || !sent_fits || !counts_fit).then(|| "its spikes belong to another network".to_owned())
    }

    /// What is wrong with the counters of a saved state, if anything is.
    fn fault_of_counters(state: &NetworkState) -> Option<String> {
        let [tick, largest] = [state.tick.max(state.answered), state.counts.iter().copied().max().unwrap_or(0)];
        let late = tick.max(largest) > MAX_COUNT;
        late.then(|| {
            format!("it has lived for {tick} ticks, expected at most {MAX_COUNT}, and no more spikes of a kind")
        })
    }

    /// Takes back a state of a network with the same spec.
    ///
    /// # Errors
    /// If an array is missing, has another length or holds a number that is not finite; nothing is changed then.
    pub fn load(&mut self, state: &NetworkState) -> Result<(), BrainError> {
        let mut arrays = state.arrays.iter();
        let mut fault = None;
        self.visit(&mut |name, values| {
            let problem = match arrays.next() {
                None => Some(format!("'{name}' is missing")),
                Some(saved) if saved.len() != values.len() => {
                    Some(format!("'{name}' has {} values, expected {}", saved.len(), values.len()))
                }
                Some(saved) if !saved.iter().all(|v| v.is_finite()) => Some(format!("'{name}' is not finite")),
                Some(_) => None,
            };
            fault = fault.take().or(problem);
        });
        if fault.is_none() && arrays.next().is_some() {
            fault = Some("there are more arrays than the network has".to_owned());
        }
        let fault = fault.or_else(|| self.fault_of_spikes(state)).or_else(|| Self::fault_of_counters(state));
        if let Some(fault) = fault {
            return Err(BrainError::State(fault));
        }
        let mut arrays = state.arrays.iter();
        self.visit(&mut |_, values| {
            if let Some(saved) = arrays.next() {
                values.copy_from_slice(saved);
            }
        });
        for (history, saved) in self.histories.iter_mut().zip(&state.fired) {
            history.rows_mut().clone_from_slice(saved);
        }
        for (port, sent) in self.ports.iter_mut().zip(&state.sent) {
            port.sent.clone_from(sent);
        }
        self.counts().zip(&state.counts).for_each(|(count, saved)| *count = *saved);
        // Effects of modulators are computed anew from their levels.
        self.populations.iter_mut().for_each(|population| population.receptors.forget());
        self.tick = state.tick;
        self.answered = state.answered;
        self.lived_ticks = state.lived_ticks;
        self.now_ticks = state.now_ticks;
        self.reset_rng = state.reset_rng.clone();
        self.spikes.clear();
        self.probes.iter_mut().for_each(crate::probe::Probe::forget);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{CellSpec, LifSpec, Network, NetworkSpec, PopulationSpec};

    /// Time that has nearly run out would end in the middle of a window.
    #[test]
    fn counters_beyond_all_use_are_refused() {
        let cells = PopulationSpec::new("cells", 2, CellSpec::Lif(LifSpec::default()));
        let spec = NetworkSpec { populations: vec![cells], ..NetworkSpec::new() };
        let mut network = Network::new(&spec, 0).unwrap();
        let good = network.save();
        let mut late = good.clone();
        late.tick = u64::MAX;
        let mut busy = good.clone();
        busy.counts[0] = u64::MAX;
        for bad in [late, busy] {
            let refusal = network.load(&bad).unwrap_err().to_string();
            assert!(refusal.contains("expected at most"), "{refusal}");
            assert_eq!(network.save(), good);
        }
    }
}
