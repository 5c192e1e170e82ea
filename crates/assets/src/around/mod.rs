//! One thing of the graph with what it is joined to: what a person asks for by a name, and what is shown of it.
//!
//! [`Question`] becomes [`Found`], of which one [`Candidate`] becomes a [`Neighbourhood`], which can be shown as a [`Tree`]. The two steps
//! in between are a sink's: [`Lookup`](crate::sink::Lookup).

mod found;
mod neighbourhood;
mod spelled;
mod tree;
mod words;

pub use found::{Candidate, Found, Matched, Question};
pub(crate) use neighbourhood::other_end;
pub use neighbourhood::{Bounds, Category, Direction, Group, Neighbour, Neighbourhood};
pub(crate) use spelled::{FOLDED_MAX, Spelling, folded, spellings};
pub use tree::{Style, Tree};
