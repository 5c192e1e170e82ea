//! Stable digests for invented files.
//!
//! The files of the tenant have no content, so their three digests are cut from SHA-256 over a label. The same label gives the same
//! three everywhere, and two labels never share one.

use sha2::{Digest as _, Sha256};

/// The three digests of one file, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) sha1: String,
    pub(super) sha256: String,
    pub(super) md5: String,
}

impl Digests {
    /// The digests that stand for the file that `label` names.
    pub(super) fn of(label: &str) -> Self {
        Self {
            sha1: sha1(label),
            sha256: sha256(label),
            md5: hex(&digest("md5", label)[..16]),
        }
    }
}

/// 64 hex digits that stand for `label`.
pub(super) fn sha256(label: &str) -> String {
    hex(&digest("sha256", label))
}

/// 40 hex digits that stand for `label`; also used for device ids and certificate thumbprints.
pub(super) fn sha1(label: &str) -> String {
    hex(&digest("sha1", label)[..20])
}

fn digest(kind: &str, label: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(kind.as_bytes());
    hasher.update(b"\0");
    hasher.update(label.as_bytes());
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 0xf)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_their_lengths_and_differ() {
        let (one, other) = (Digests::of("a 1.0"), Digests::of("a 1.1"));
        assert_eq!(
            (one.sha1.len(), one.sha256.len(), one.md5.len()),
            (40, 64, 32)
        );
        assert_eq!(one, Digests::of("a 1.0"));
        assert_ne!(one.sha1, other.sha1);
        assert!(!one.sha256.starts_with(&one.sha1));
    }
}
