//! Request ids, trace ids and the like: never the same twice in one twin, the same for the same order of calls.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Gives ids in a sequence that depends on the tenant alone.
#[derive(Debug)]
pub(crate) struct IdSequence {
    seed: [u8; 32],
    next: AtomicU64,
}

impl IdSequence {
    pub(crate) fn new(seed_text: &str) -> Self {
        Self {
            seed: Sha256::digest(seed_text).into(),
            next: AtomicU64::new(0),
        }
    }

    /// A GUID as Entra and Graph print them: `0a1b2c3d-…`, lower case.
    pub(crate) fn guid(&self) -> String {
        self.uuid().to_string()
    }

    /// An activity id as the Defender API prints it in `error.target`: `|0a1b2c3d-4e5f607182930415.`.
    pub(crate) fn activity(&self) -> String {
        let hex = self.uuid().simple().to_string();
        let (first, rest) = hex.split_at(8);
        let (second, _) = rest.split_at(16);
        format!("|{first}-{second}.")
    }

    fn uuid(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        derived_uuid(&[&self.seed, &number.to_le_bytes()])
    }
}

/// A random-looking GUID that depends on `parts` alone.
pub(crate) fn derived_uuid(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_repeats_for_the_same_seed_only() {
        let (one, same, other) = (
            IdSequence::new("a"),
            IdSequence::new("a"),
            IdSequence::new("b"),
        );
        let first = one.guid();
        assert_eq!(first, same.guid());
        assert_ne!(first, other.guid());
        assert_ne!(first, one.guid());
    }

    #[test]
    fn an_activity_id_has_the_shape_seen_on_the_wire() {
        let id = IdSequence::new("a").activity();
        assert_eq!(
            (id.len(), &id[..1], &id[9..10], &id[26..]),
            (27, "|", "-", "."),
            "{id}"
        );
    }
}
