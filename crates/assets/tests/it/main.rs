//! Tests of the asset graph through its public face.

#![expect(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod decisions;
mod laws;
mod mapping;
mod records;
mod sinks;
mod world;
