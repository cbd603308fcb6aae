//! Slippery ground: friction that is drawn anew every so many steps.

use super::{PresetCall, PresetEntry, offered};
use crate::{
    env::Env,
    perturbation::{Change, Distribution, Operand},
};

/// Friction between robot and ground, log-uniform in [0.02, 2].
///
/// There a change comes at the first end of an episode after 2 000 000 steps, here at the step itself, every 200 000.
pub(super) const SLIPPERY: PresetEntry = PresetEntry {
    name: "slippery",
    summary: "friction of the ground log-uniform from 0.02 to 2",
    source: "Dohare et al. 2024 (Nature 632:768), slippery ant",
    arguments: &[["at", "first step", "0"], ["every", "steps between two draws", "200000"]],
    make: |call: &PresetCall, env: &dyn Env, _seed| {
        offered(env, FRICTION)?;
        Ok(vec![Change {
            parameter: FRICTION.to_owned(),
            set: Some(Operand::Drawn(Distribution::LogUniform([0.02, 2.0]))),
            at: call.at.unwrap_or(0),
            every: Some(call.every.unwrap_or(EVERY)),
            ..Change::default()
        }])
    },
};

const FRICTION: &str = "ground_friction";
const EVERY: u64 = 200_000;

#[cfg(test)]
mod tests {
    use crate::perturbation::preset::testing::{call, lived};

    #[test]
    fn friction_is_drawn_every_so_many_steps_over_two_decades() {
        let call = call("name = 'slippery'\nat = 10\nevery = 5");
        let frictions: Vec<f64> =
            lived("ant", &call, 0..5010).iter().map(|params| params.get("ground_friction").unwrap().value).collect();
        assert!(frictions[..10].iter().all(|friction| *friction == 1.0), "nothing happens before");
        let drawn = &frictions[10..];
        assert!(drawn.iter().all(|friction| (0.02..=2.0).contains(friction)));
        assert!(drawn.chunks(5).all(|block| block.iter().all(|friction| *friction == block[0])));
        // Half of what is drawn from a log-uniform distribution lies below the geometric mean of its bounds.
        let low = drawn.chunks(5).filter(|block| block[0] < 0.2).count();
        assert!((400..600).contains(&low), "{low} of 1000");
    }
}
