//! Tests of the asset graph through its public face.

#![expect(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod around;
mod car;
mod database;
mod decisions;
mod laws;
mod mapping;
#[path = "../../../state/tests/it/postgres_server.rs"]
#[allow(dead_code, reason = "each test binary uses what it needs of it")]
mod postgres_server;
mod records;
mod sinks;
mod world;
