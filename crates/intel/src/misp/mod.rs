//! MISP: its search API and its static feeds.

mod attribute;
mod event;
mod hashes;
mod rest;
mod statics;

pub use hashes::HashIndex;
pub use rest::{MispFeed, SearchIn};
pub use statics::MispStaticFeed;
