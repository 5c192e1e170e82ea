//! Tests of the hunt through its public face.

mod queries;
mod support;
