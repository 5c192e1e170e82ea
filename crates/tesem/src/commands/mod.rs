//! One file per command: its arguments, one call, one view, an exit code.

pub(crate) mod assets;
pub(crate) mod completions;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod feeds;
pub(crate) mod hunt;
pub(crate) mod indicators;
pub(crate) mod kql;
pub(crate) mod manual;
pub(crate) mod relay;
pub(crate) mod twin;
