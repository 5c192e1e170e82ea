//! What a person sees. Views render values; they decide nothing.

pub(crate) mod apply;
pub(crate) mod assets;
pub(crate) mod diagnostics;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod hunt;
pub(crate) mod packs;
pub(crate) mod plan;
mod seen_on;
pub(crate) mod table;
pub(crate) mod waiting;
