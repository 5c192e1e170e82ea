//! What the operators of scalar expressions compute.
//!
//! The binder resolves types first and calls these with operands as documented on each function.

pub mod calendar;
pub mod cells;
pub mod convert;
pub mod dynamics;
pub(crate) mod fourier;
pub(crate) mod key_values;
pub mod rows;
pub mod strings;
