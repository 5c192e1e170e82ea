//! The twin over real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod access;
mod clock;
mod control;
mod data_directory;
mod fault;
mod generate;
mod generated;
mod harness;
mod hunting;
mod hunting_error;
mod quota;
mod robustness;
mod sign_in;
mod wire_format;
