//! Named random streams: one per concern, so that adding a draw in one place changes no other.

use rand::RngExt as _;
use rand_pcg::Pcg64;

/// The generator behind every random number of a run: small, fast, portable, and it can be saved.
pub type Rng = Pcg64;

/// The stream called `name` of the run with this seed. Different names give independent streams.
#[must_use]
pub fn stream(seed: u64, name: &str) -> Rng {
    // FNV-1a picks the stream of the generator; the seed picks the place in it.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    // SplitMix64 spreads neighbouring seeds over the whole state.
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let start = (u128::from(next()) << 64) | u128::from(next());
    Pcg64::new(start, u128::from(hash))
}

/// A standard normal number (Box and Muller); always two draws, so that streams stay in step.
pub fn standard_normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_and_seeds_give_equal_streams_and_others_do_not() {
        let draw = |seed, name| stream(seed, name).random::<u64>();
        assert_eq!(draw(1, "weights"), draw(1, "weights"));
        assert_ne!(draw(1, "weights"), draw(2, "weights"));
        assert_ne!(draw(1, "weights"), draw(1, "noise"));
    }
}
