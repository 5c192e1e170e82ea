//! The STIX patterning language.
//!
//! Source: STIX Version 2.1, OASIS Standard, section 9.

mod lexer;
mod observables;
mod parser;
mod tree;

pub(crate) use observables::recognised;
pub use observables::{PatternObservables, RefusedPart, RefusedTest, observables};
pub use parser::{PATTERN_BYTES_MAX, PatternError, parse};
pub use tree::{Comparison, Literal, Observation, Operator, Path, Qualifier, Step, Test};
