//! The twin over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod access;
mod clock;
mod control;
mod data_directory;
mod fault;
mod harness;
mod hunting;
mod hunting_error;
mod quota;
mod robustness;
mod sign_in;
mod wire_format;
