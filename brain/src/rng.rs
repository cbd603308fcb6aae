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

/// Uniform random numbers without a state: each is a function of seed, name, cell, tick and count.
///
/// So they do not depend on who asks first, nor on how cells are shared between threads, and nothing has to be saved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uniforms {
    key: u64,
}

impl Uniforms {
    /// The numbers called `name` of the run with this seed.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        Self { key: stream(seed, name).random() }
    }

    /// Numbers `k` of a tick.
    #[inline]
    pub(crate) fn at(self, tick: u64, k: usize) -> Draws {
        let mut z = self.key ^ (tick << 2 | k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Draws { keys: [z as u32, (z >> 32) as u32] }
    }

    /// Number `k` of a cell in a tick, in `[0, 1)`.
    #[inline]
    pub(crate) fn draw(self, cell: usize, tick: u64, k: usize) -> f32 {
        self.at(tick, k).of(cell as u32)
    }
}

/// The uniform random numbers of all cells in a tick.
#[derive(Clone, Copy)]
pub(crate) struct Draws {
    keys: [u32; 2],
}

impl Draws {
    /// That of a cell, in `[0, 1)`: its number is mixed twice, each time with a key of its own, in words that a lane
    /// holds.
    #[inline(always)]
    pub(crate) fn of(self, cell: u32) -> f32 {
        let mut z = (cell ^ self.keys[0]).wrapping_mul(0x9e37_79b1);
        z = (z ^ (z >> 15)).wrapping_mul(0x85eb_ca77);
        z = (z ^ (z >> 13)).wrapping_add(self.keys[1]).wrapping_mul(0xc2b2_ae3d);
        z = (z ^ (z >> 16)).wrapping_mul(0x27d4_eb2f);
        ((z ^ (z >> 15)) >> 8) as i32 as f32 * (1.0 / (1u32 << 24) as f32)
    }
}

/// A standard normal number of a cell in a tick from two kinds of uniform ones (Box and Muller); none is beyond ±5.8.
#[inline]
pub(crate) fn normal_of([radii, angles]: [Draws; 2], cell: u32) -> f32 {
    let radius = (-2.0 * (1.0 - radii.of(cell)).ln()).sqrt();
    radius * (std::f32::consts::TAU * angles.of(cell)).cos()
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

    #[test]
    fn stateless_numbers_are_uniform_and_neighbours_are_independent() {
        let uniforms = Uniforms::new(0, "test");
        let draws = |k: usize| (0..200usize).flat_map(move |cell| (0..200u64).map(move |t| uniforms.draw(cell, t, k)));
        let n = 40_000.0;
        let mean = draws(0).map(f64::from).sum::<f64>() / n;
        let variance = draws(0).map(|u| (f64::from(u) - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.002, "{mean}, {variance}");
        let covariance = |a: &dyn Fn(usize, u64) -> f32, b: &dyn Fn(usize, u64) -> f32| {
            let product = |cell, t| f64::from(a(cell, t) - 0.5) * f64::from(b(cell, t) - 0.5);
            (0..200usize)
                .flat_map(|cell| (0..200u64).map(move |t| (cell, t)))
                .map(|(cell, t)| product(cell, t))
                .sum::<f64>()
                / n
        };
        let here = |cell, t| uniforms.draw(cell, t, 0);
        for (what, other) in [
            ("cell", &(|cell: usize, t: u64| uniforms.draw(cell + 1, t, 0)) as &dyn Fn(usize, u64) -> f32),
            ("tick", &|cell: usize, t: u64| uniforms.draw(cell, t + 1, 0)),
            ("count", &|cell, t| uniforms.draw(cell, t, 1)),
        ] {
            assert!(covariance(&here, other).abs() < 0.002, "the next {what} is independent");
        }
    }
}
