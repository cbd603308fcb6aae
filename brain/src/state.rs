//! The state of a network as one value: what changes while it runs. Parameters come from the spec and the seed.

use serde::{Deserialize, Serialize};

use crate::{BrainError, Network, rng::Rng};

/// Everything that changes while a network runs, bit-exact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkState {
    tick: u64,
    lived_ticks: u32,
    now_ticks: u32,
    reset_rng: Rng,
    /// The arrays, in the order in which [`Network`] shows them.
    arrays: Vec<Vec<f32>>,
}

impl Network {
    /// Shows every state array with its name, always in the same order.
    fn visit(&mut self, visit: &mut dyn FnMut(&str, &mut [f32])) {
        for port in &mut self.ports {
            visit(&port.name, &mut port.values);
            visit(&port.name, &mut port.lived);
            visit(&port.name, &mut port.next);
        }
        for population in &mut self.populations {
            let name = population.name.clone();
            population.visit(&mut |array, values| visit(&format!("{name}: {array}"), values));
        }
        for projection in &mut self.projections {
            visit(&projection.name, &mut projection.current);
            visit(&projection.name, &mut projection.synapses.weights);
            if let Some(plastic) = &mut projection.plastic {
                visit(&projection.name, &mut plastic.trace);
                visit(&projection.name, std::slice::from_mut(&mut plastic.trace_l1));
            }
        }
        for readout in &mut self.readouts {
            visit(&readout.name, &mut readout.weights);
            visit(&readout.name, &mut readout.values);
            visit(&readout.name, &mut readout.error);
            if let Some(plastic) = &mut readout.plastic {
                visit(&readout.name, &mut plastic.trace);
                visit(&readout.name, std::slice::from_mut(&mut plastic.trace_l1));
            }
        }
        for (modulator, name) in self.modulators.iter_mut().zip(&self.modulator_names) {
            visit(name, std::slice::from_mut(&mut modulator.level));
        }
    }

    /// The state now. The log of spikes is not part of it.
    pub fn save(&mut self) -> NetworkState {
        let mut arrays = Vec::new();
        self.visit(&mut |_, values| arrays.push(values.to_vec()));
        NetworkState {
            tick: self.tick,
            lived_ticks: self.lived_ticks,
            now_ticks: self.now_ticks,
            reset_rng: self.reset_rng.clone(),
            arrays,
        }
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
        if let Some(fault) = fault {
            return Err(BrainError::State(fault));
        }
        let mut arrays = state.arrays.iter();
        self.visit(&mut |_, values| {
            if let Some(saved) = arrays.next() {
                values.copy_from_slice(saved);
            }
        });
        self.populations.iter_mut().for_each(crate::population::Population::refresh);
        self.tick = state.tick;
        self.lived_ticks = state.lived_ticks;
        self.now_ticks = state.now_ticks;
        self.reset_rng = state.reset_rng.clone();
        self.spikes.clear();
        Ok(())
    }
}
