//! Tests of reports as files, through a real HTML parser and in a real browser.

#![expect(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod browser;
mod hostile;
mod large;
mod report;
mod world;
