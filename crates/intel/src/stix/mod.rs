//! STIX 2.1 (and what 2.0 shares with it): bundles, indicators, cyber-observable objects.
//!
//! Documents are read twice: the first time shows which version of each object counts, wherever it stands (`versions`); the
//! second gives items.
//!
//! Source: STIX Version 2.1, OASIS Standard.

mod bundle;
mod documents;
mod object;
pub mod pattern;
pub(crate) mod sco;
mod versions;

pub(crate) use bundle::{Envelope, damaged, read_objects};
pub(crate) use documents::{Documents, Role};
