//! The crate as its callers see it.

mod extract;
mod laws;
mod recognise;
mod report;
