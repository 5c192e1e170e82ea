//! Tests of the crate from outside.

mod accepted;
mod corpus;
mod deep;
mod diagnostics;
mod laws;
mod literals;
mod trees;
