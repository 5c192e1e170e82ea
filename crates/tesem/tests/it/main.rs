//! The built program, and the real client, against the real twin over loopback HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod assets;
mod command_line;
mod credentials;
mod devices;
mod doctor;
mod examples;
mod faults;
mod feeds;
mod garbage;
mod hunt;
mod indicators;
mod indicators_demo;
mod indicators_failures;
mod indicators_killed;
mod indicators_list;
mod indicators_scale;
mod killed;
mod kql;
mod outputs;
mod packs;
mod precision;
mod quota;
mod relay;
mod resume;
mod secrets;
mod several_tenants;
mod world;
