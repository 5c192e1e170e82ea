//! Reports for people: self-contained HTML that an auditor can keep.
//!
//! [`hunt_report::write`] writes the report of a hunt. Templates (`templates/`) are checked when the crate is compiled; every value in
//! them goes through one escaper (`escape.rs`), there is no other way in. A report makes no request: its content security policy
//! allows nothing but its own style and script, by their digests.

mod escape;
pub mod hunt_report;
