//! Saved states with an owner and a checksum, so that damage is noticed before anything is decoded.

use serde::{Serialize, de::DeserializeOwned};

use crate::agent::AgentError;

const CHECKSUM_BYTES: usize = 8;

/// Encodes `state` of the agent `owner`, whose name carries the version of its layout.
pub(super) fn seal(owner: &str, state: &impl Serialize) -> Vec<u8> {
    // Encoding plain data into a growing vector has no way to fail.
    let mut bytes = postcard::to_allocvec(&(owner, state)).expect("a state is plain data");
    bytes.extend(fnv1a(&bytes).to_le_bytes());
    bytes
}

/// Decodes what [`seal`] wrote for the same owner.
///
/// # Errors
/// If the bytes are damaged or belong to another agent.
pub(super) fn unseal<S: DeserializeOwned>(owner: &str, bytes: &[u8]) -> Result<S, AgentError> {
    let refuse = |reason: String| AgentError::State(reason);
    let split = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or_else(|| refuse("it is cut off".into()))?;
    let (payload, checksum) = bytes.split_at(split);
    if fnv1a(payload).to_le_bytes() != checksum {
        return Err(refuse("its checksum does not match".into()));
    }
    let (found, rest) = postcard::take_from_bytes::<String>(payload).map_err(|error| refuse(error.to_string()))?;
    if found != owner {
        return Err(refuse(format!("it belongs to '{found}', expected '{owner}'")));
    }
    let (state, rest) = postcard::take_from_bytes::<S>(rest).map_err(|error| refuse(error.to_string()))?;
    if rest.is_empty() { Ok(state) } else { Err(refuse(format!("{} bytes are left over", rest.len()))) }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_comes_back_only_for_its_owner_and_undamaged() {
        let bytes = seal("arm/1", &[1.5_f32, -2.0]);
        assert_eq!(unseal::<[f32; 2]>("arm/1", &bytes), Ok([1.5, -2.0]));
        assert!(unseal::<[f32; 2]>("arm/2", &bytes).is_err());
        for byte_idx in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[byte_idx] ^= 1;
            assert!(unseal::<[f32; 2]>("arm/1", &damaged).is_err());
            assert!(unseal::<[f32; 2]>("arm/1", &bytes[..byte_idx]).is_err());
        }
    }
}
