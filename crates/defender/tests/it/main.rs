//! Integration tests of the Defender client: one binary, a module per subject. Services are small axum
//! servers on this computer; time is a manual clock.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test helper that fails is a failed test"
)]

mod calls;
mod checkup;
mod credentials;
mod decoding;
mod entities;
mod exports;
mod hunting;
mod paging;
mod quota;
mod refusals;
mod retries;
mod secrets;
mod service;
mod shapes;
mod sign_in;
mod transport;
mod warnings;
mod writes;
