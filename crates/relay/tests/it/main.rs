//! The relay's parts against tables of what clients send and see.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod request;
