//! Tests of desired state through its public face.

#![expect(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod apply;
mod capacity;
mod compare;
mod fake;
mod laws;
mod lint;
mod model;
mod prevalence;
