//! The relay's parts against tables of what clients send and see.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test helper that fails is a failed test, and takes what json! makes"
)]

mod auth;
mod cached;
mod client;
mod clock;
mod combined;
mod connections;
mod ctim;
mod failure;
mod observe;
mod openapi;
mod recent;
mod refer;
mod request;
mod respond;
mod server;
mod service;
mod sighting;
mod tenant;
