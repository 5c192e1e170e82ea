//! Tests of the crate from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in the functions that tests share"
)]

mod accepted;
mod corpus;
mod deep;
mod diagnostics;
mod laws;
mod literals;
mod trees;
