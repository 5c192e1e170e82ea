//! Integration tests of the feeds: one binary, a module per subject. Services are small axum servers on this computer; time is a
//! manual clock.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod documents;
mod fetching;
mod json;
mod medallion;
mod memory;
mod misp;
mod patterns;
mod service;
mod shodan;
mod stix;
mod stops;
mod support;
mod taxii;
