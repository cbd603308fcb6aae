//! Bytes with a format version, an owner and a checksum, so that damage is noticed before anything is decoded.

use std::panic::catch_unwind;

use serde::{Serialize, de::DeserializeOwned};

use crate::{env::EnvError, streams::fnv1a};

/// Counts the changes to the layout of saved states.
const FORMAT: u8 = 3;
const CHECKSUM_BYTES: usize = 8;
/// No state of a single robot comes near this.
const MAX_BYTES: usize = 1 << 26;

/// Encodes `state` of `task`.
pub(crate) fn seal(task: &str, state: &impl Serialize) -> Vec<u8> {
    // Encoding plain data into a growing vector has no way to fail.
    let mut bytes = postcard::to_allocvec(&(FORMAT, task, state)).expect("a state is plain data");
    bytes.extend(fnv1a(&bytes).to_le_bytes());
    bytes
}

/// Decodes what [`seal`] wrote for the same task.
///
/// # Errors
/// If the bytes are damaged, of another format or of another task.
pub(crate) fn unseal<S: DeserializeOwned>(task: &str, bytes: &[u8]) -> Result<S, EnvError> {
    let refuse = |reason: String| EnvError::State { task: task.to_owned(), reason };
    if bytes.len() > MAX_BYTES {
        return Err(refuse(format!("it has {} bytes, expected at most {MAX_BYTES}", bytes.len())));
    }
    let split = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or_else(|| refuse("it is cut off".into()))?;
    let (payload, checksum) = bytes.split_at(split);
    if fnv1a(payload).to_le_bytes() != checksum {
        return Err(refuse("its checksum does not match".into()));
    }
    let (format, rest) = postcard::take_from_bytes::<u8>(payload).map_err(|error| refuse(error.to_string()))?;
    if format != FORMAT {
        return Err(refuse(format!("it has format {format}, expected {FORMAT}")));
    }
    let (owner, rest) = postcard::take_from_bytes::<String>(rest).map_err(|error| refuse(error.to_string()))?;
    if owner != task {
        return Err(refuse(format!("it belongs to task '{owner}'")));
    }
    // Matrices of Rapier with impossible sizes panic while they are decoded.
    let decoded = catch_unwind(|| postcard::take_from_bytes::<S>(rest));
    let decoded = decoded.map_err(|_| refuse("it cannot be decoded".into()))?;
    let (state, rest) = decoded.map_err(|error| refuse(error.to_string()))?;
    if rest.is_empty() { Ok(state) } else { Err(refuse(format!("{} bytes are left over", rest.len()))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_comes_back_only_for_its_owner_and_undamaged() {
        let bytes = seal("arm", &[1.5_f64, -2.0]);
        assert_eq!(unseal::<[f64; 2]>("arm", &bytes), Ok([1.5, -2.0]));
        assert!(unseal::<[f64; 2]>("leg", &bytes).is_err());
        for byte_idx in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[byte_idx] ^= 1;
            assert!(unseal::<[f64; 2]>("arm", &damaged).is_err());
            assert!(unseal::<[f64; 2]>("arm", &bytes[..byte_idx]).is_err());
        }
    }
}
