//! The built program, and the real client, against the real twin over loopback HTTP.

mod command_line;
mod examples;
mod garbage;
mod hunt;
mod kql;
mod quota;
mod resume;
mod secrets;
mod world;
