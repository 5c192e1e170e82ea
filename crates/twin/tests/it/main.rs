//! The twin over real HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod access;
mod actions;
mod alerts;
mod clock;
mod control;
mod data_directory;
mod entities;
mod fault;
mod generate;
mod generate_directory;
mod generated;
mod harness;
mod hunting;
mod hunting_error;
mod indicators;
mod machines;
mod openapi;
mod paging;
mod quota;
mod robustness;
mod security;
mod sign_in;
mod vulnerabilities;
mod wire_format;
