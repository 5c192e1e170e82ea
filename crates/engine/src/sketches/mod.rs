//! Sketches: what `hll()` and `tdigest()` make, kept in dynamics until other functions read them.
//!
//! The service's own representation is not published. A result that shows a sketch is therefore refused; everything that is made
//! from one is answered.

pub(crate) mod digest;

use crate::dynamic::Dynamic;

/// The one key of the bag that a set of distinct values is kept in; no JSON of the service begins a key so.
pub(crate) const HLL: &str = "\0hll";
/// The one key of the bag that values with weights are kept in.
const DIGEST: &str = "\0tdigest";

/// Whether a value is a sketch.
pub(crate) fn is_sketch(value: Dynamic<'_>) -> bool {
    let bag = value.as_bag();
    bag.is_some_and(|bag| {
        let mut keys = bag.iter().map(|(key, _)| key);
        keys.next().is_some_and(|key| key == HLL || key == DIGEST)
    })
}
