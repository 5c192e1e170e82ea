//! Where request ids and jitter come from.

use std::fmt;

use uuid::Uuid;

/// A source of chance. Production passes [`SystemRandomness`]; a test passes a fixed sequence.
pub trait Randomness: fmt::Debug + Send + Sync {
    /// A new request id.
    fn request_id(&self) -> Uuid;

    /// A number from 0 to below 1, for spreading retries.
    fn fraction(&self) -> f64;
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn request_id(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn fraction(&self) -> f64 {
        // The last 32 bits of a version 4 UUID are all random.
        let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_stay_in_range_and_vary() {
        let fractions: Vec<f64> = (0..100).map(|_| SystemRandomness.fraction()).collect();
        assert!(
            fractions
                .iter()
                .all(|fraction| (0.0..1.0).contains(fraction))
        );
        assert!(fractions.windows(2).any(|pair| pair[0] < pair[1]));
    }
}
