//! Integration tests of the state crate: one binary, a module per subject.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod clock;
mod journal;
mod lock;
mod postgres_server;
mod processes;
mod quota_gate;
mod quota_ledger;
mod quota_simulation;
mod shared_laws;
mod shared_store;
