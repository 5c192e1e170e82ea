//! The crate as its callers see it.

mod extract;
mod recognise;
