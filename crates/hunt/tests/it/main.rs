//! Tests of the hunt through its public face.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod append;
mod backend;
mod calls;
mod intake;
mod laws;
mod limits;
mod machines;
mod new_only;
mod pack_runs;
mod packs;
mod patterns;
mod queries;
mod resume;
mod run;
mod support;
