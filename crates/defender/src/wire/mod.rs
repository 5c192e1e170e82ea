//! Entities as services write them: reading that survives drift and refuses nonsense.
//!
//! A field that is missing, `null` or, as Graph writes some nulls, `{}` is absent. Numbers and booleans that come as
//! strings are read, because some endpoints write them so. Fields that no version of this program knows are kept in
//! `extra`. A value of another shape is an error that names the field.

mod entity;
mod open_enum;
mod problem;
mod value;

pub(crate) use entity::entity;
pub(crate) use open_enum::open_enum;
pub use problem::WireProblem;
pub(crate) use value::{Wire, take};

use serde_json::{Map, Value};

/// Something that a service lists.
pub trait Entity: Sized + Send + 'static {
    /// Reads an entity from the object that the service wrote.
    ///
    /// # Errors
    /// [`WireProblem`] names the field that has another shape than documented.
    fn read(object: Map<String, Value>) -> Result<Self, WireProblem>;

    /// What tells it from others of its kind, where it has such an id.
    fn key(&self) -> Option<&str> {
        None
    }
}
