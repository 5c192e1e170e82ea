//! Tests of the hunt through its public face.

mod backend;
mod queries;
mod run;
mod support;
