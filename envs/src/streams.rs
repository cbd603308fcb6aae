//! One random stream for each concern, so that more draws in one never shift another.

use rand_pcg::Pcg64;

/// The random stream of `concern` under `seed`.
pub(crate) fn stream(seed: u64, concern: &str) -> Pcg64 {
    let high = splitmix64(seed);
    let low = splitmix64(high);
    let state = (u128::from(high) << 64) | u128::from(low);
    Pcg64::new(state, u128::from(fnv1a(concern.as_bytes())))
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): a short hash whose value is the same on every machine.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One output of SplitMix64 (Steele et al. 2014), which spreads nearby seeds apart.
fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn streams_differ_by_seed_and_by_concern() {
        let first = |seed, concern| stream(seed, concern).random::<u64>();
        assert_eq!(first(0, "start"), first(0, "start"));
        assert_ne!(first(0, "start"), first(1, "start"));
        assert_ne!(first(0, "start"), first(0, "sensors"));
    }
}
